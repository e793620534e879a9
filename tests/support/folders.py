"""Runs commands in a landlord's folder, and spoils its files."""

from __future__ import annotations

import csv
from pathlib import Path

import geopandas as gpd
import pandas as pd
from typer.testing import CliRunner, Result

from optimiser.cli import app


def run(*args: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in args])


def everything(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def refused(folder: Path, *args: object, code: int = 2) -> str:
    """Run a command that must fail with one report and no trace; return the report."""
    before = everything(folder)
    done = run(*args)
    assert done.exit_code == code, done.output
    assert isinstance(done.exception, SystemExit)
    assert "Traceback" not in done.output
    assert done.stdout == ""
    assert everything(folder) == before
    return " ".join(done.stderr.split())


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def add_setting(folder: Path, line: str) -> None:
    """Put a line under [rules.patches]."""
    edit(folder / "doorstep.toml", "[rules.patches]\n", f"[rules.patches]\n{line}\n")


def set_cells(path: Path, row: int, **values: str) -> None:
    """Change cells of a CSV, the row as a spreadsheet numbers it."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    for column, value in values.items():
        rows[row - 1][rows[0].index(column)] = value
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def cell(path: Path, row: int, column: str) -> str:
    return str(pd.read_csv(path, dtype=str).loc[row - 2, column])


def swap_axes(folder: Path) -> None:
    homes = pd.read_csv(folder / "homes.csv", dtype=str, keep_default_na=False)
    homes[["easting", "northing"]] = homes[["northing", "easting"]].to_numpy()
    homes.to_csv(folder / "homes.csv", index=False)


def cut_streets(folder: Path) -> None:
    """Leave the streets of the western half."""
    streets = gpd.read_file(folder / "streets.gpkg")
    west, _, east, _ = streets.total_bounds
    (folder / "streets.gpkg").unlink()
    streets[streets.bounds["maxx"] < (west + east) / 2].to_file(folder / "streets.gpkg")


def write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    """Write a CSV of all columns that any of the rows has."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def add_visit_rule(folder: Path, line: str) -> None:
    """Put a line under [rules.visits]."""
    edit(folder / "doorstep.toml", "[rules.visits]\n", f"[rules.visits]\n{line}\n")
