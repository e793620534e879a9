"""Which sheet, which row, which delimiter: what spreadsheets and exports do to a table."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from geodata import DataError, Problem, read_absences, read_officers, read_outcomes, read_visits
from optimiser.outputs.tables import Sheet, write_xlsx


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;"])
def test_a_line_that_names_the_delimiter_has_no_row_number(tmp_path: Path, line: str) -> None:
    path = tmp_path / "officers.csv"
    path.write_text(f"{line}\r\nofficer_ref;fte;languages\r\nHO1;9;Farsi,Urdu\r\n")
    found: list[Problem] = []
    read_officers(path, problems=found)
    assert [p.row for p in found if p.severity == "error"] == [2]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_line_ends_of_every_kind(tmp_path: Path, ending: str, encoding: str) -> None:
    path = tmp_path / "absences.csv"
    lines = [
        "Officer,From,To,Reason",
        "HO1,30/11/2026,04/12/2026,Zo\u00eb",
        'HO2,1/12/26,2/12/26,"a',
    ]
    path.write_bytes(ending.join([*lines, 'b"', ""]).encode(encoding))
    absences = read_absences(path)
    assert absences["reason"].tolist() == ["Zo\u00eb", "a b"]
    assert absences["last_day"].tolist() == [dt.date(2026, 12, 4), dt.date(2026, 12, 2)]


def workbook(tmp_path: Path, **sheets: tuple[list[tuple[object, ...]], str]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, (rows, state) in sheets.items():
        sheet = book.create_sheet(title)
        sheet.sheet_state = state
        for row in rows:
            sheet.append(row)
    path = tmp_path / "book.xlsx"
    book.save(path)
    return path


def test_a_hidden_sheet_is_read_only_if_it_is_named_or_nothing_else_fits(tmp_path: Path) -> None:
    old, new = [("officer_ref", "fte"), ("HO1", 1)], [("officer_ref",), ("HO2",)]
    path = workbook(tmp_path, Old=(old, "hidden"), New=(new, "visible"))
    assert read_officers(path)["officer_ref"].tolist() == ["HO2"]
    assert read_officers(path, sheet="Old")["officer_ref"].tolist() == ["HO1"]
    path = workbook(tmp_path, Old=(old, "hidden"), Notes=([("hello",)], "visible"))
    assert read_officers(path)["officer_ref"].tolist() == ["HO1"]


def test_of_two_sheets_that_fit_the_other_is_named(tmp_path: Path) -> None:
    rows = [("officer_ref", "fte"), ("HO1", 1)]
    path = workbook(tmp_path, North=(rows, "visible"), South=(rows, "visible"))
    found: list[Problem] = []
    read_officers(path, problems=found)
    said = [p for p in found if "'South' could hold officers too" in p.reason]
    assert [p.sheet for p in said] == ["North"]
    assert 'officers = { file = "book.xlsx", sheet = "…" }' in said[0].remedy


def test_titles_in_merged_cells_above_the_header(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Housing officers"])
    book.active.merge_cells("A1:D2")
    book.active["A3"], book.active["A4"] = "Officer\nRef", "HO1"
    path = tmp_path / "book.xlsx"
    book.save(path)
    officers = read_officers(path)
    assert officers[["officer_ref", "row"]].to_numpy().tolist() == [["HO1", 4]]


def test_a_header_over_two_rows_is_read_together_and_said(tmp_path: Path) -> None:
    rows = [
        ("Weekly list",),
        ("Visit", None, "Property", "Due", "Two"),
        ("Ref", "Type", "Ref", "Date", "Officers"),
        ("V1", "pcfra", "0042", "1/12/2026", "Y"),
    ]
    found: list[Problem] = []
    visits = read_visits(workbook(tmp_path, Week=(rows, "visible")), problems=found)
    columns = ["visit_ref", "visit_type", "property_ref", "two_officers", "row"]
    assert visits[columns].to_numpy().tolist() == [["V1", "pcfra", "0042", True, 4]]
    assert visits["due_by"].dt.day.tolist() == [1]
    assert [(p.row, p.severity) for p in found] == [(3, "warning")] * 2
    assert "goes over two rows" in found[0].reason


def test_a_column_that_is_missing_is_not_made_of_the_rows_below(tmp_path: Path) -> None:
    rows = [("Visit Ref", "Visit Type"), ("Property", "Ref"), ("V1", "pcfra")]
    with pytest.raises(DataError, match="property_ref is a column that the file lacks"):
        read_visits(workbook(tmp_path, Week=(rows, "visible")))


def test_the_outcomes_sheet_of_a_plan_is_read_as_it_is_filled_in(tmp_path: Path) -> None:
    outcomes = pd.DataFrame(
        {
            "property_ref": ["0042", "0043", "0044"],
            "visited_at": [dt.datetime(2026, 12, 1, 9, 30)] * 3,  # noqa: DTZ001
            "kind": ["visit", "round", "round"],
            "visit_ref": ["V1", None, None],
            "outcome": ["done", None, "no_answer"],
            "officer_ref": ["HO1"] * 3,
            "address": ["=1 Elm Road", "", ""],
        }
    )
    plan = pd.DataFrame({"officer_ref": ["HO1"], "visit_ref": ["V1"], "start": ["9:30am"]})
    path = tmp_path / "visits.xlsx"
    write_xlsx(path, [Sheet("Plan", plan), Sheet("Outcomes", outcomes)], title="", notice="")
    found: list[Problem] = []
    read = read_outcomes(path, problems=found)
    assert read["property_ref"].tolist() == ["0042", "0044"]
    assert read["outcome"].tolist() == ["done", "no_answer"]
    assert read["visit_ref"].tolist() == ["V1", None]
    assert read["row"].tolist() == [2, 4]
    assert [(p.severity, p.sheet) for p in found] == [("warning", "Outcomes")]
    assert found[0].reason == "is blank in 1 row, taken as not visited and left out"
    assert read_outcomes(path, sheet="Outcomes", problems=[]).equals(read)
