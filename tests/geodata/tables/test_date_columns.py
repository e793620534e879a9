"""Columns of dates as a whole: which way round they are written, and from when they count."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from geodata import Problem, read_absences, read_visits

HEADER = "visit_ref,property_ref,visit_type,raised_on\n"


def read(tmp_path: Path, *dates: str) -> tuple[list[object], list[Problem]]:
    path = tmp_path / "visits.csv"
    rows = "".join(f"V{i},{i},pcfra,{date}\n" for i, date in enumerate(dates))
    path.write_text(HEADER + rows)
    found: list[Problem] = []
    visits = read_visits(path, problems=found)
    return [day.date() for day in visits["raised_on"]], found


def test_a_month_first_column_is_refused_with_all_that_it_casts_doubt_on(tmp_path: Path) -> None:
    days, found = read(tmp_path, "11/03/2026", "11/26/2026", "12/12/2026", "2026-11-05")
    assert days == [dt.date(2026, 12, 12), dt.date(2026, 11, 5)]
    assert [(p.row, p.value, p.severity) for p in found] == [
        (2, "11/03/2026", "error"),
        (3, "11/26/2026", "error"),
    ]
    assert "as row 3 of the column is; 1 other date" in found[0].reason
    assert "would be one month first" in found[1].reason


def test_where_another_date_proves_day_first_the_doubt_is_a_warning(tmp_path: Path) -> None:
    days, found = read(tmp_path, "03/11/2026", "11/26/2026", "25/11/2026")
    assert days == [dt.date(2026, 11, 3), dt.date(2026, 11, 25)]
    assert sorted((p.severity, p.row or 0) for p in found) == [("error", 3), ("warning", 0)]
    assert "1 other date" in next(p.reason for p in found if p.row is None)


def test_a_date_that_is_none_either_way_says_nothing_of_the_others(tmp_path: Path) -> None:
    days, found = read(tmp_path, "03/11/2026", "31/02/2026", "13/13/2026")
    assert days == [dt.date(2026, 11, 3)]
    assert [p.row for p in found] == [3, 4]


def workbook(tmp_path: Path, days: list[object], *, epoch: object = None) -> Path:
    book = openpyxl.Workbook()
    if epoch:
        book.epoch = epoch
    book.active.append(("officer_ref", "first_day", "last_day"))
    for day in days:
        book.active.append(("HO1", day, day))
    path = tmp_path / "book.xlsx"
    book.save(path)
    return path


def test_a_workbook_that_counts_from_1904(tmp_path: Path) -> None:
    day = dt.date(2026, 11, 30)
    serial = (day - dt.date(1904, 1, 1)).days
    path = workbook(tmp_path, [day, serial, "30/11/2026"], epoch=CALENDAR_MAC_1904)
    assert read_absences(path)["first_day"].tolist() == [day] * 3
    path = workbook(tmp_path, [day, serial + 1462], epoch=None)
    assert read_absences(path)["first_day"].tolist() == [day] * 2


@pytest.mark.parametrize(("swapped", "warned"), [(True, True), (False, False)])
def test_dates_that_an_american_spreadsheet_has_swapped(
    tmp_path: Path, swapped: bool, warned: bool
) -> None:
    held = [dt.date(2026, month, 11 if swapped else 20) for month in range(1, 7)]
    written = [f"{day}/11/2026" for day in range(20, 26)]
    found: list[Problem] = []
    read_absences(workbook(tmp_path, [*held, *written]), problems=found)
    assert any("swapped days and months" in p.reason for p in found) == warned
