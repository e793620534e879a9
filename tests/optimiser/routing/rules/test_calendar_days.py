"""Bank holidays and clock changes: who works, when requests are due, what the clock says."""

from __future__ import annotations

import datetime as dt
import json
import shutil

import pytest
from folders import edit, write_rows

from optimiser import Workspace
from optimiser.model import VisitParams
from optimiser.outputs.calendar import officer_calendars
from optimiser.outputs.documents import plan_document
from optimiser.outputs.stops import stop_lines
from optimiser.routing import plan_visits
from optimiser.routing.checks.rules import check_week

RAISED = ["2026-12-11", "2026-12-24", "2027-03-12", "2027-03-24", "2027-04-26", "2027-10-22"]


@pytest.fixture(scope="module")
def folder(borough, tmp_path_factory):
    """HO01 works every day, HO02 Monday to Friday; one damp request raised on each of `RAISED`."""
    path = tmp_path_factory.mktemp("days") / "borough"
    shutil.copytree(borough, path)
    usual = {"service_centre": "bayswater", "fte": "1.0", "shift_start": "09:00",
             "shift_end": "17:00", "break_minutes": "45"}  # fmt: skip
    officers = [
        {"officer_ref": "HO01", "working_days": "Mon;Tue;Wed;Thu;Fri;Sat;Sun", "patch": "P01"},
        {"officer_ref": "HO02", "working_days": "Mon;Tue;Wed;Thu;Fri", "patch": "P02"},
    ]
    write_rows(path / "officers.csv", [usual | row for row in officers])
    visits = [
        {"visit_ref": f"raised {day}", "property_ref": f"0010000{k}", "raised_on": day,
         "visit_type": "damp_mould"}
        for k, day in enumerate(RAISED)
    ]  # fmt: skip
    visits.append(
        {"visit_ref": "Sunday", "property_ref": "00100007", "visit_type": "tenancy_audit",
         "raised_on": "2026-12-01", "days": "Sun", "window": "11:00-11:00"}
    )  # fmt: skip
    write_rows(path / "visits.csv", visits)
    for name in ("absences.csv", "fixed.csv"):
        edit(path / "doorstep.toml", f'{name[:-4]} = "{name}"\n', "")
    return path


@pytest.fixture(scope="module")
def week_of(folder):
    workspace = Workspace.open(folder)
    known = {}

    def problem(monday):
        if monday not in known:
            known[monday] = workspace.visit_problem(week=monday)
        return known[monday]

    problem.workspace = workspace
    return problem


@pytest.mark.parametrize(
    ("monday", "off"),
    [
        ("2026-12-21", {"2026-12-25"}),
        ("2026-12-28", {"2026-12-28", "2027-01-01"}),
        ("2027-03-22", {"2027-03-26"}),
        ("2027-03-29", {"2027-03-29"}),
        ("2027-05-03", {"2027-05-03"}),
        ("2027-05-31", {"2027-05-31"}),
        ("2027-10-25", set()),
    ],
    ids=["Christmas", "New Year", "Good Friday", "Easter Monday", "early May", "Whitsun", "none"],
)
def test_nobody_works_on_a_bank_holiday(week_of, monday, off):
    first = dt.date.fromisoformat(monday)
    days = [str(first + dt.timedelta(days=k)) for k in range(7)]
    worked = {s.date.isoformat() for s in week_of(monday).shifts if s.officer_ref == "HO02"}
    assert worked == set(days[:5]) - off


def test_a_saturday_bank_holiday_is_kept_beside_its_substitute(week_of):
    """26 December 2026 is a Saturday: Monday 28 stands in for it."""
    worked = {s.date.isoformat() for s in week_of("2026-12-21").shifts if s.officer_ref == "HO01"}
    assert worked == {"2026-12-21", "2026-12-22", "2026-12-23", "2026-12-24", "2026-12-27"}


@pytest.mark.parametrize(
    ("raised", "due"),
    [
        ("2026-12-11", "2026-12-29"),  # Christmas Day and the substitute for Boxing Day left out
        ("2026-12-24", "2027-01-12"),  # and New Year's Day
        ("2027-03-12", "2027-03-30"),  # Good Friday and Easter Monday; the clocks go forward
        ("2027-03-24", "2027-04-09"),
        ("2027-04-26", "2027-05-11"),  # the early May bank holiday
        ("2027-10-22", "2027-11-05"),  # the clocks go back
    ],
)
def test_ten_working_days(week_of, raised, due):
    found = {v.visit_ref: v.due_at for v in week_of("2026-12-21").visits}
    expected = dt.datetime.combine(dt.date.fromisoformat(due), dt.time(23, 59, 59))
    assert found[f"raised {raised}"] == expected


def test_no_doors_are_knocked_on_a_bank_holiday(folder, week_of, tmp_path):
    """Thursday 24 December is worked; a Friday of doors would be Christmas Day."""
    assert week_of("2026-12-21").rounds
    shutil.copytree(folder, tmp_path / "friday")
    edit(tmp_path / "friday" / "doorstep.toml", 'community_day = "Thu"', 'community_day = "Fri"')
    friday = Workspace.open(tmp_path / "friday").visit_problem(week="2026-12-21")
    assert friday.rounds == ()
    assert any("25 December" in note for note in friday.notes)


@pytest.mark.parametrize(
    ("monday", "sunday", "utc"),
    [
        ("2027-03-15", "2027-03-21", "20270321T110000Z"),
        ("2027-03-22", "2027-03-28", "20270328T100000Z"),
        ("2027-10-18", "2027-10-24", "20271024T100000Z"),
        ("2027-10-25", "2027-10-31", "20271031T110000Z"),
    ],
    ids=["the Sunday before", "clocks forward", "the Sunday before", "clocks back"],
)
def test_eleven_is_what_the_clock_says(week_of, monday, sunday, utc):
    """plan.json has local times; a calendar has the instant, an hour earlier in summer."""
    problem = week_of(monday)
    plan = plan_visits(problem, params=VisitParams(iterations=200, workers=1))
    assert check_week(problem, plan) == ()
    view = week_of.workspace
    document = json.loads(json.dumps(plan_document(view, plan)))
    stops = [s for r in document["routes"] for s in r["stops"] if s["visit_ref"] == "Sunday"]
    assert [s["start"] for s in stops] == [f"{sunday}T11:00"]
    calendars = officer_calendars(view, plan, stop_lines(view, plan))
    assert f"DTSTART:{utc}".encode() in calendars["HO01"]
