"""Every fault planted in the messy export is told with its row and remedy; sound rows survive."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from folders import run

from geodata import read_visits

NAME = "visits_export_messy.xlsx"
HEADER_ROW = 4
PLANTED = {
    (8, "Property Ref", "113655"): "did you mean 00113655? Leading zeros were lost",
    (10, "Property Ref", "99999999"): "correct it, or add the home",
    (12, "Due By", "31/02/2027"): "write a date that exists, as 30/11/2026, day first",
    (14, "Mins", "-15"): "write a whole number of 1 or more",
    (16, "Mins", "half an hour"): "write it in figures",
    (18, "Window", "17:00-09:00"): "write the earlier time first",
    (20, "Days", "Funday"): "write days as Mon;Wed;Fri",
    (22, "Visit Ref", "V0075"): "give each request its own reference",
    (24, "Property Ref", None): "fill it in",
    (26, "Two Officers", "maybe"): "write Y or N",
    (30, "Language", "=cmd|' /C calc'!A0"): "replace it by its value",
}


@pytest.fixture(scope="module")
def folder(westminster: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Westminster with the messy export in place of its requests, and without streets."""
    settings = (westminster / "doorstep.toml").read_text(encoding="utf-8")
    settings = settings.replace("visits.csv", NAME)
    for line in settings.splitlines():
        if line.startswith("streets"):
            settings = settings.replace(line, "")
        elif ' = "' in line and (westminster / line.split('"')[1]).is_file():
            file = line.split('"')[1]
            settings = settings.replace(f'"{file}"', json.dumps(str(westminster / file)))
    made = tmp_path_factory.mktemp("messy")
    (made / "doorstep.toml").write_text(settings, encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def cells(westminster: Path) -> dict[tuple[int, str], Any]:
    """The workbook's cells by row and heading, read without doorstep."""
    sheet = openpyxl.load_workbook(westminster / NAME)["Export"]
    headings = [c.value for c in sheet[HEADER_ROW]]
    return {
        (row[0].row, heading): cell.value
        for row in sheet.iter_rows(min_row=HEADER_ROW + 1)
        for heading, cell in zip(headings, row, strict=True)
    }


def test_the_planted_cells_are_there(cells: dict[tuple[int, str], Any]) -> None:
    assert {key: cells[key[:2]] for key in PLANTED} == {key: key[2] for key in PLANTED}
    assert cells[28, "Visit Type"] == " Rent_Arrears "
    assert len({row for row, _ in cells}) == 60


def test_check_tells_each_fault_by_row_column_and_value(folder: Path) -> None:
    done = run("check", folder, "--json")
    assert done.exit_code == 2
    problems = json.loads(done.stdout)["problems"]
    assert {p["file"] for p in problems} == {NAME}
    errors = {(p["row"], p["column"], p["value"]): p for p in problems if p["severity"] == "error"}
    assert set(errors) == set(PLANTED)
    for key, remedy in PLANTED.items():
        assert errors[key]["remedy"].startswith(remedy)
        assert errors[key]["sheet"] == "Export"
    warnings = [p for p in problems if p["severity"] == "warning"]
    assert [(p["row"], p["reason"][:29]) for p in warnings] == [
        (HEADER_ROW, "columns read under our names:")
    ]


def test_the_sound_rows_survive_as_in_the_tidy_file(folder: Path, westminster: Path) -> None:
    done = run("check", folder, "--lenient", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["counts"]["requests"] == 60 - len(PLANTED)
    messy = read_visits(westminster / NAME, problems=[])
    bad = {row for row, _, _ in PLANTED}
    sound = messy[~messy["row"].isin(bad)].set_index("visit_ref").drop(columns="row")
    original = read_visits(westminster / "visits.csv").set_index("visit_ref").drop(columns="row")
    assert len(sound) == 49
    assert "rent_arrears" in sound.loc["V0109", "visit_type"]
    assert sound.equals(original.loc[sound.index])
    book = openpyxl.load_workbook(folder / "out" / "problems.xlsx")
    left_out = [
        row[0] for row in book["visits_export_messy"].iter_rows(min_row=2, values_only=True)
    ]
    assert left_out == sorted(bad)
