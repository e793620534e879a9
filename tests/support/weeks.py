"""A small planned week in a folder of its own, for commands that go on from it."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

WEEK = "2026-11-30"


def planned_copy(planned: Path, into: Path) -> Path:
    """Return a copy of a folder with its planned week, to change."""
    return Path(shutil.copytree(planned, into / "borough"))


def week_folder(folder: Path) -> Path:
    return folder / "out" / f"week-{WEEK}"


def plan_json(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((week_folder(folder) / "plan.json").read_text())
    return document


def stops_of(folder: Path) -> dict[str, list[tuple[str, str, str]]]:
    """Return (officer, start, end) of each visit and round of the saved plan."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    for route in plan_json(folder)["routes"]:
        for stop in route["stops"]:
            ref = stop["visit_ref"] or stop["round_ref"]
            if ref:
                at = (route["officer_ref"], stop["start"], stop["end"])
                found.setdefault(ref, []).append(at)
    return found


def add_rows(path: Path, *rows: dict[str, str]) -> None:
    """Append rows to a CSV, blank where a row does not say."""
    with path.open(newline="", encoding="utf-8") as file:
        header = next(csv.reader(file))
    with path.open("a", newline="", encoding="utf-8") as file:
        csv.DictWriter(file, header, restval="", lineterminator="\n").writerows(rows)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def keep_rows(path: Path, keep: Any) -> None:
    """Leave only the rows of a CSV for which `keep` is true."""
    rows = rows_of(path)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(row for row in rows if keep(row))
