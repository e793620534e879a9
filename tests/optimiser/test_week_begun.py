"""A week whose outcomes are recorded already: its plan is mended, or what is left is planned."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest
from folders import refused
from weeks import WEEK, add_rows, planned_copy, rows_of

from geodata import DataError
from optimiser import Workspace, plan_visits
from optimiser.model import VisitParams
from optimiser.workspace.week_begun import refuse_planned, rest_of_week

QUICK = VisitParams(iterations=50, workers=1)


def recorded(folder: Path, *when: str) -> Workspace:
    """The folder with doors knocked at the given times."""
    home = rows_of(folder / "homes.csv")[0]["property_ref"]
    for at in when:
        row = {"property_ref": home, "visited_at": at, "kind": "round", "outcome": "no_answer"}
        add_rows(folder / "outcomes.csv", row)
    return Workspace.open(folder)


@pytest.fixture
def folder(borough: Path, tmp_path: Path) -> Path:
    """The small borough to add outcomes to; no week of it is planned."""
    return Path(shutil.copytree(borough, tmp_path / "borough"))


def test_a_plan_of_a_week_under_way_is_not_made_anew(planned, tmp_path):
    folder = planned_copy(planned, tmp_path)
    recorded(folder, "2026-11-30T09:40", "2026-12-01T10:30")
    said = refused(folder, "plan", folder, "--week", WEEK, "--seconds", 1)
    assert "2 outcomes of it are recorded, the last of Tuesday 1 December at 10:30am" in said
    assert f'doorstep replan … --week {WEEK} --at "2026-12-01 10:30"' in said


@pytest.mark.parametrize("at", ["2026-11-29T23:59", "2026-12-07T00:00"])
def test_outcomes_of_other_weeks_are_no_matter(planned, tmp_path, at):
    folder = planned_copy(planned, tmp_path)
    ws = recorded(folder, at)
    refuse_planned(ws, WEEK, folder / "out" / f"week-{WEEK}")
    problem = ws.visit_problem(WEEK)
    assert rest_of_week(ws, problem) is problem


def test_what_is_left_is_planned_from_the_last_outcome_on(folder):
    ws = recorded(folder, "2026-11-30T15:00", "2026-12-01T10:30")
    problem = rest_of_week(ws, ws.visit_problem(WEEK))
    assert "1 December at 10:30am. It is planned from then on." in problem.notes[-1]
    plan = plan_visits(problem, params=QUICK, time_limit_s=20)
    assert plan.violations == ()
    starts = [
        dt.datetime.combine(r.date, dt.time()) + dt.timedelta(seconds=s.arrive_s - s.walk_s)
        for r in plan.routes
        for s in r.stops
    ]
    first = dt.datetime.fromisoformat("2026-12-01T10:30")
    assert first <= min(starts) < first + dt.timedelta(hours=1)
    assert {r.date for r in plan.routes} == {dt.date(2026, 12, day) for day in (1, 2, 3, 4)}


@pytest.mark.parametrize(
    ("at", "start_s", "break_s"), [("10:30", 37_800, 2_700), ("15:00", 54_000, 0)]
)
def test_a_day_begun_has_the_time_left_and_its_break_if_that_is_to_come(
    folder, at, start_s, break_s
):
    ws = recorded(folder, f"2026-12-01T{at}")
    whole = ws.visit_problem(WEEK)
    today = dt.date(2026, 12, 1)
    for shift in rest_of_week(ws, whole).shifts:
        if shift.date == today:
            assert (shift.start_s, shift.break_s) == (start_s, break_s)
            length = shift.end_s - start_s - break_s
            assert shift.busy_limit_s == int(length * (1 - whole.rules.slack))
            assert all(s.start_s >= start_s for s in shift.sessions)
        else:
            assert shift in whole.shifts


def test_a_week_that_is_over_is_refused(folder):
    ws = recorded(folder, "2026-12-05T12:00")
    with pytest.raises(DataError) as error:
        rest_of_week(ws, ws.visit_problem(WEEK))
    (problem,) = error.value.problems
    assert "is over: 1 outcome of it is recorded, of Saturday 5 December" in problem.reason
    assert problem.remedy == "plan the next week"
