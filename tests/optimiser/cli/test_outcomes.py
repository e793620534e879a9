"""`doorstep outcomes`: a week's sheet, filled in, joins what the folder knows."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from folders import edit, everything, refused, run
from weeks import planned_copy, rows_of, week_folder

from optimiser import Workspace

Row = dict[str, Any]


@pytest.fixture
def folder(planned: Path, tmp_path: Path) -> Path:
    """A copy of the planned borough to change."""
    return planned_copy(planned, tmp_path)


@pytest.fixture
def sheet(folder: Path) -> Path:
    return week_folder(folder) / "visits.xlsx"


def fill(sheet: Path, filled: dict[int, Row]) -> list[Row]:
    """Fill in rows of the sheet Outcomes, numbered as the spreadsheet does; return all as read."""
    book = openpyxl.load_workbook(sheet)
    page = book["Outcomes"]
    header = [cell.value for cell in page[1]]
    for row, values in filled.items():
        for name, value in values.items():
            page.cell(row, header.index(name) + 1).value = value
    book.save(sheet)
    return [dict(zip(header, row, strict=True)) for row in page.iter_rows(2, values_only=True)]


def kinds(sheet: Path, kind: str) -> list[int]:
    """The rows of one kind."""
    return [n for n, row in enumerate(fill(sheet, {}), start=2) if row["kind"] == kind]


def record(folder: Path, file: Path, *more: object) -> dict[str, Any]:
    done = run("outcomes", folder, file, "--json", *more)
    assert done.exit_code == 0, done.output
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_a_filled_in_sheet_is_added_once(folder, sheet):
    visits, doors = kinds(sheet, "visit"), kinds(sheet, "round")
    rows = fill(
        sheet,
        {visits[0]: {"outcome": "done"}, visits[1]: {"outcome": "no answer"},
         doors[0]: {"outcome": "done"}, doors[1]: {"outcome": "no_answer"}},
    )  # fmt: skip
    before = rows_of(folder / "outcomes.csv")
    told = record(folder, sheet)
    assert (told["added"], told["already"]) == (4, 0)
    assert told["visits"] == {"done": 1, "no_answer": 1}
    assert (told["doors_knocked"], told["doors_answered"]) == (2, 1)
    assert told["to_set"] is None
    after = rows_of(folder / "outcomes.csv")
    assert after[: len(before)] == before
    added = after[len(before) :]
    assert [r["outcome"] for r in added] == ["done", "no_answer", "done", "no_answer"]
    first = rows[visits[0] - 2]
    assert added[0]["visit_ref"] == first["visit_ref"]
    assert dt.datetime.fromisoformat(added[0]["visited_at"]) == first["visited_at"]
    text = everything(folder)
    again = record(folder, sheet)
    assert (again["added"], again["already"]) == (0, 4)
    assert everything(folder) == text


def test_the_terminal_says_what_was_added(folder, sheet):
    fill(sheet, {kinds(sheet, "visit")[0]: {"outcome": "done"}})
    done = run("outcomes", folder, sheet)
    assert "1 visit (1 done)" in done.stdout
    assert "1 row there already" in run("outcomes", folder, sheet).stdout


def test_a_csv_will_do(folder, tmp_path):
    home = rows_of(folder / "homes.csv")[3]["property_ref"]
    file = tmp_path / "knocks.csv"
    file.write_text(
        "property_ref,visited_at,kind,outcome\n"
        f"{home},2026-11-26 10:15,round,Not in\n{home},2026-11-26 14:15,round,spoke\n"
    )
    assert record(folder, file)["doors"] == {"no_answer": 1, "done": 1}


def test_without_an_outcomes_file_one_is_made_and_the_setting_told(folder, sheet):
    edit(folder / "doorstep.toml", 'outcomes = "outcomes.csv"\n', "")
    (folder / "outcomes.csv").unlink()
    fill(sheet, {kinds(sheet, "visit")[0]: {"outcome": "done"}})
    done = run("outcomes", folder, sheet)
    assert done.exit_code == 0
    assert 'Put outcomes = "outcomes.csv" under [data] in doorstep.toml' in done.stdout
    assert len(rows_of(folder / "outcomes.csv")) == 1
    assert record(folder, sheet)["already"] == 1


def test_the_file_keeps_its_own_headings_and_line_ends(folder, sheet):
    path = folder / "outcomes.csv"
    text = "﻿Result,Officer,Prop Ref,Visited,Kind,Visit Ref,Remark\r\n"
    path.write_bytes(text.encode())
    rows = fill(sheet, {kinds(sheet, "visit")[0]: {"outcome": "done"}})
    record(folder, sheet)
    added = path.read_bytes().decode()
    assert added.startswith(text)
    line = added.removeprefix(text)
    first = rows[kinds(sheet, "visit")[0] - 2]
    assert line.startswith(f"done,{first['officer_ref']},{first['property_ref']},2026-")
    assert line.endswith(f",visit,{first['visit_ref']},\r\n")
    assert record(folder, sheet)["already"] == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"outcome": "gone fishing"}, "is not a known outcome; write one of done, no_answer"),
        ({"visit_ref": "V9999"}, "visit_ref 'V9999' is neither in the visits file nor"),
        ({"property_ref": "99999999"}, "property_ref '99999999' is not in the homes file"),
        ({"officer_ref": "HO99"}, "officer_ref 'HO99' is not in the officers file"),
        ({"visited_at": dt.datetime(2026, 12, 9, 10)},  # noqa: DTZ001
         "visited_at '2026-12-09 10:00' is not in the sheet's week from 2026-11-30"),
        ({"visited_at": None}, "visited_at is blank"),
        ({"visited_at": "tomorrow"}, "visited_at"),
        ({"hazard_seen": "yesterday"}, "hazard_seen"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_named_and_nothing_is_added(folder, sheet, wrong, said):
    good, bad = kinds(sheet, "visit")[:2]
    fill(sheet, {good: {"outcome": "done"}, bad: {"outcome": "done"} | wrong})
    told = refused(folder, "outcomes", folder, sheet)
    assert said in told
    assert f"visits.xlsx [Outcomes] row {bad}:" in told


def test_a_home_that_is_not_the_visits_own_is_named(folder, sheet):
    row = kinds(sheet, "visit")[0]
    other = rows_of(folder / "homes.csv")[-1]["property_ref"]
    fill(sheet, {row: {"outcome": "done", "property_ref": other}})
    assert f"'{other}' is not where V" in refused(folder, "outcomes", folder, sheet)


def test_a_visit_before_its_request_is_named_wherever_the_sheet_lies(folder, sheet, tmp_path):
    row = kinds(sheet, "visit")[0]
    fill(sheet, {row: {"outcome": "done", "visited_at": dt.datetime(2025, 11, 30, 10)}})  # noqa: DTZ001
    elsewhere = tmp_path / "filled in.xlsx"
    elsewhere.write_bytes(sheet.read_bytes())
    told = refused(folder, "outcomes", folder, elsewhere)
    assert f"row {row}: visited_at '2025-11-30 10:00' is before V" in told
    assert "correct the date, or raised_on in the visits file" in told


def test_a_sheet_that_is_not_there_is_named(folder):
    told = refused(folder, "outcomes", folder, folder / "nowhere.xlsx")
    assert "nowhere.xlsx: is no file; give the filled-in visits.xlsx" in told


def test_what_contradicts_itself_or_the_file_is_named(folder, sheet):
    first, second = kinds(sheet, "visit")[:2]
    rows = fill(sheet, {first: {"outcome": "done"}})
    same = {n: rows[first - 2][n] for n in ("property_ref", "visited_at", "visit_ref", "kind")}
    fill(sheet, {second: same | {"outcome": "refused"}})
    told = refused(folder, "outcomes", folder, sheet)
    assert f"row {second}: outcome 'refused' differs from row {first}" in told
    fill(sheet, {second: {"outcome": None}})
    record(folder, sheet)
    fill(sheet, {first: {"outcome": "refused"}})
    told = refused(folder, "outcomes", folder, sheet)
    assert "differs from what outcomes.csv has for the same visit and time (done)" in told


def test_nothing_is_later_than_the_time_given(folder, sheet):
    row = kinds(sheet, "visit")[-1]
    fill(sheet, {row: {"outcome": "done"}})
    at = ("--at", "2026-11-30 06:00")
    told = refused(folder, "outcomes", folder, sheet, *at)
    assert "is later than now, 2026-11-30 06:00" in told
    assert record(folder, sheet, "--at", "2026-12-05 18:00")["added"] == 1


def test_a_hazard_seen_starts_its_clock(folder, sheet):
    row = kinds(sheet, "visit")[0]
    seen = dt.datetime(2026, 12, 1, 10, 15)  # noqa: DTZ001
    rows = fill(sheet, {row: {"outcome": "done", "hazard_seen": seen}})
    (hazard,) = record(folder, sheet)["hazards"]
    # Ten working days from Tuesday 1 December; Christmas is after them.
    assert hazard == {
        "property_ref": rows[row - 2]["property_ref"],
        "visit_ref": rows[row - 2]["visit_ref"],
        "seen_at": "2026-12-01T10:15",
        "due_at": "2026-12-15T23:59",
        "emergency_by": "2026-12-02T10:15",
    }
    text = run("outcomes", folder, sheet).stdout  # as long as it stands there, it is said
    assert "1 hazard seen. Raise now:" in text
    assert "look into it by Tuesday 15 December 2026" in text


def test_an_outcomes_file_that_is_no_csv_is_refused(folder, sheet):
    edit(folder / "doorstep.toml", 'outcomes = "outcomes.csv"', 'outcomes = "outcomes.xlsx"')
    book = openpyxl.Workbook()
    book.active.append(["property_ref", "visited_at", "outcome"])
    home = rows_of(folder / "homes.csv")[0]["property_ref"]
    book.active.append([home, "2026-11-02", "done"])
    book.save(folder / "outcomes.xlsx")
    fill(sheet, {kinds(sheet, "visit")[0]: {"outcome": "done"}})
    said = refused(folder, "outcomes", folder, sheet)
    assert "rows are added to CSV only; save it as CSV and set outcomes" in said


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"a,b\n1,2\n", b"PK\x03\x04"])
def test_what_is_no_sheet_is_refused(folder, tmp_path, content):
    for name in ("sheet.csv", "sheet.xlsx"):
        (tmp_path / name).write_bytes(content)
        refused(folder, "outcomes", folder, tmp_path / name)
    refused(folder, "outcomes", folder, tmp_path / "nowhere.csv")


def test_the_next_plan_knows_what_came_of_this_one(folder, sheet):
    next_week = "2026-12-07"
    before = Workspace.open(folder).visit_problem(next_week)
    rows = fill(sheet, {})
    doors = kinds(sheet, "round")
    files = {row["visit_ref"]: row for row in rows_of(folder / "visits.csv")}
    visit = next(n for n in kinds(sheet, "visit") if _free(files[rows[n - 2]["visit_ref"]]))
    done = next(n for n in kinds(sheet, "visit") if n != visit)
    fill(
        sheet,
        {n: {"outcome": "no_answer"} for n in doors}
        | {visit: {"outcome": "no_answer"}, done: {"outcome": "done"}},
    )
    record(folder, sheet)
    after = Workspace.open(folder).visit_problem(next_week)
    knocked = {rows[n - 2]["property_ref"] for n in doors}
    worth = [
        {r.round_ref: max(o.value for o in r.options) for r in problem.rounds
         if knocked >= {*r.property_refs}}
        for problem in (before, after)
    ]  # fmt: skip
    shared = worth[0].keys() & worth[1].keys()
    assert all(worth[1][ref] < worth[0][ref] for ref in shared)
    assert sum(worth[1].values()) < sum(worth[0].values())
    ref = rows[visit - 2]["visit_ref"]
    windows = next(v for v in after.visits if v.visit_ref == ref).windows
    assert windows
    at = rows[visit - 2]["visited_at"]
    tried_s = at.hour * 3600 + at.minute * 60
    assert not any(w.earliest_s <= tried_s <= w.latest_s for w in windows)
    gone = rows[done - 2]["visit_ref"]
    assert gone in {v.visit_ref for v in before.visits}
    assert gone not in {v.visit_ref for v in after.visits}
    assert any("done or refused by the outcomes file" in n and gone in n for n in after.notes)


def _free(row: dict[str, str]) -> bool:
    """Whether a request may be visited at any time of any day, and has hardly been tried."""
    few = row["previous_attempts"] in ("", "0", "1")
    return few and not row["window"] and not row["days"]
