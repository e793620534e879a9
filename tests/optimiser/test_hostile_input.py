"""Input made to harm whoever reads it: each fault is listed, none does anything."""

from __future__ import annotations

import csv
import json
import os
import shutil
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from optimiser.cli import app

HOSTILE = (
    *('=HYPERLINK("http://x")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\uff1d1"),
    *("\x00", "a\x07\x1b[31mred\x1b[0m", "\uffff\ufffe", "\u202eright", "x" * 40_000, "a\r\nb\nc"),
    *("[/red]", "[bold]x", "'", '"', "</t><c>", "_x0041_", "&amp;", "🏠" * 200, "\u2028", "%s{0}"),
)


@pytest.fixture
def spoilt(borough: Path, tmp_path: Path) -> Path:
    """The small borough with a hostile cell in each column of its requests and officers."""
    folder = shutil.copytree(borough, tmp_path / "copy")
    for name, columns in {
        "visits.csv": ("property_ref", "due_by", "minutes", "two_officers", "window_start"),
        "officers.csv": ("fte", "working_days", "shift_start"),
    }.items():
        with (folder / name).open(newline="", encoding="utf-8") as file:
            header, *rows = list(csv.reader(file))
        for k, cell in enumerate(HOSTILE):
            row = dict(zip(header, rows[k % len(rows)], strict=True))
            row[header[0]] = f"X{k}"
            row[columns[k % len(columns)]] = cell
            rows.append([row[c] for c in header])
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *rows])
    return folder


def run(*args: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, [str(a) for a in args])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert "Traceback" not in done.output
    return done.exit_code, done.stdout, done.stderr


def test_hostile_cells_are_listed_and_do_nothing(spoilt: Path) -> None:
    code, said, _ = run("check", spoilt, "--json")
    assert code == 2
    found = json.loads(said)["problems"]
    rows = {p["row"] for p in found if p["file"] == "visits.csv" and p["severity"] == "error"}
    assert len(rows) >= len(HOSTILE) - 6
    assert all(len(p["value"] or "") <= 100 and len(p["reason"]) <= 1000 for p in found)

    code, _, shown = run("check", spoilt)
    assert code == 2
    assert all(c.isprintable() or c == "\n" for c in shown)

    code, *_ = run("check", spoilt, "--lenient")
    assert code == 0
    book = openpyxl.load_workbook(spoilt / "out" / "problems.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert len(cells) > len(HOSTILE)
    assert not any(cell.data_type == "f" for cell in cells)
    texts = [cell.value for cell in cells if isinstance(cell.value, str)]
    assert not any(text.startswith(("=", "+", "-", "@", "\t", "\uff1d")) for text in texts)
    assert not any("\uffff" in text or "\x1b" in text for text in texts)


def test_a_hostile_heading_and_file_name_are_shown_as_text(spoilt: Path) -> None:
    name = "visits\x1b[2J [red]é.csv"
    (spoilt / "visits.csv").rename(spoilt / name)
    settings = spoilt / "doorstep.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace('"visits.csv"', '"visits\\u001b[2J [red]é.csv"'), encoding="utf-8"
    )
    table = (spoilt / name).read_text(encoding="utf-8")
    (spoilt / name).write_text(
        table.replace("property_ref", "=[/bold]\x1b[1m" + "h" * 9000, 1), encoding="utf-8"
    )
    code, _, shown = run("check", spoilt)
    assert code == 2
    assert "[red]" in shown
    assert all(c.isprintable() or c == "\n" for c in shown)
    code, said, _ = run("check", spoilt, "--json")
    assert code == 2
    assert any(p["file"] == name for p in json.loads(said)["problems"])


@pytest.mark.parametrize(
    "body",
    [
        "x = " + "[" * 100_000,
        "x = " + "9" * 5000,
        'x = "\0"',
        "#" * 2_000_000,
        '[data]\nhomes = "'
        + "n" * 5000
        + '"\nofficers = "o\\u0000"\nstreets = "'
        + "s" * 5000
        + '"',
    ],
)
def test_hostile_settings_are_refused_in_words(borough: Path, tmp_path: Path, body: str) -> None:
    (tmp_path / "doorstep.toml").write_text(body, encoding="utf-8")
    code, _, shown = run("check", tmp_path)
    assert code == 2
    assert "to mend" in shown
    folder = shutil.copytree(borough, tmp_path / "copy")
    (folder / "types.toml").write_text(body, encoding="utf-8")
    settings = folder / "doorstep.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace("[data]", '[data]\nvisit_rules = "types.toml"'), encoding="utf-8"
    )
    assert run("check", folder)[0] in (0, 2)
    (folder / "types.toml").unlink()
    os.mkfifo(folder / "types.toml")
    code, said, _ = run("check", folder, "--json")
    assert code == 2
    assert "no ordinary file" in said


def test_a_folder_of_no_possible_name_is_refused(tmp_path: Path) -> None:
    assert run("check", tmp_path / ("n" * 300))[0] == 2
