"""Rules that are read from a landlord's files: from visits.csv to the plan.

One small folder, its visits and officers written here, planned once for each week.
"""

from __future__ import annotations

import csv
import datetime as dt
import shutil

import pytest
from folders import add_visit_rule, write_rows

from optimiser import Workspace

MONDAY = "2026-11-30"
HOUR = 3600

OFFICERS = [
    # Full time, with the patch of most homes; a man.
    {"officer_ref": "HO01", "working_days": "Mon;Tue;Wed;Thu;Fri", "patch": "P01",
     "gender": "male", "languages": "French", "skills": "damp"},
    # Three days, short ones; a woman.
    {"officer_ref": "HO02", "working_days": "Mon;Tue;Fri", "patch": "P02", "gender": "female",
     "shift_start": "09:30", "shift_end": "14:30", "languages": "", "skills": ""},
    # Away from Tuesday on.
    {"officer_ref": "HO03", "working_days": "Mon;Tue;Wed;Thu;Fri", "patch": "", "gender": "",
     "languages": "", "skills": ""},
]  # fmt: skip

VISITS = [
    {"visit_ref": "plain"},
    {"visit_ref": "woman", "officer_gender": "female"},
    {"visit_ref": "pair of women", "officer_gender": "female", "two_officers": "Y"},
    {"visit_ref": "tried in the morning", "previous_attempts": "1",
     "last_attempt_at": "27/11/2026 10:15"},
    {"visit_ref": "tried in the afternoon", "previous_attempts": "1",
     "last_attempt_at": "27/11/2026 14:15"},
    {"visit_ref": "tried three times", "previous_attempts": "3",
     "last_attempt_at": "27/11/2026 10:15"},
    {"visit_ref": "tried three times, agreed", "previous_attempts": "3", "days": "Wed",
     "last_attempt_at": "27/11/2026 10:15"},
    {"visit_ref": "by appointment", "appointment_only": "Y"},
    {"visit_ref": "by appointment, made", "appointment_only": "Y", "window": "10:00-11:00"},
    {"visit_ref": "agreed time", "pinned_at": "02/12/2026 13:40"},
    {"visit_ref": "agreed for another week", "pinned_at": "09/12/2026 13:40"},
    {"visit_ref": "named officer", "pinned_officer": "HO02"},
    {"visit_ref": "unknown officer", "pinned_officer": "HO99"},
    {"visit_ref": "named of a pair", "pinned_officer": "HO03", "two_officers": "Y"},
    {"visit_ref": "not HO01", "excluded_officers": "HO01", "days": "Tue"},
    {"visit_ref": "emergency", "visit_type": "emergency_hazard"},
    {"visit_ref": "unknown home", "property_ref": "99999999"},
    {"visit_ref": "unknown kind", "visit_type": "picnic"},
    {"visit_ref": "Wednesday afternoon", "days": "Wed", "window": "13:00-15:00"},
    {"visit_ref": "overdue", "due_by": "20/11/2026"},
    {"visit_ref": "due on Tuesday", "due_by": "01/12/2026"},
    {"visit_ref": "speaks Bengali", "language": "Bengali"},
    {"visit_ref": "speaks French", "language": "French"},
    {"visit_ref": "ten working days", "visit_type": "damp_mould", "raised_on": "17/11/2026"},
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(borough, tmp_path_factory):
    """The small borough with these officers and visits, at homes of P01 with a lift or low."""
    path = tmp_path_factory.mktemp("rules") / "borough"
    shutil.copytree(borough, path)
    with (path / "homes.csv").open(newline="", encoding="utf-8") as file:
        homes = [r["property_ref"] for r in csv.DictReader(file) if r["patch"] == "P01"]
    usual = {"service_centre": "bayswater", "fte": "1.0", "shift_start": "09:00",
             "shift_end": "17:00", "break_minutes": "45"}  # fmt: skip
    write_rows(path / "officers.csv", [usual | row for row in OFFICERS])
    row = {"visit_type": "tenancy_audit", "raised_on": "23/11/2026"}
    visits = [row | {"property_ref": homes[5 * k]} | more for k, more in enumerate(VISITS)]
    write_rows(path / "visits.csv", visits)
    away = {"officer_ref": "HO03", "first_day": "2026-12-01", "last_day": "2026-12-31",
            "reason": "leave"}  # fmt: skip
    write_rows(path / "absences.csv", [away])
    desk = {"officer_ref": "HO01", "date": "2026-12-01", "start": "10:00", "end": "13:00",
            "kind": "surgery", "place": "Soho",
            "easting": "529400", "northing": "181100"}  # fmt: skip
    write_rows(path / "fixed.csv", [desk])
    return path


@pytest.fixture(scope="module")
def problem(folder):
    return Workspace.open(folder, lenient=True).visit_problem(week=MONDAY)


@pytest.fixture(scope="module")
def answer(problem, solve_all):
    return solve_all(problem)


def why(answer, ref):
    return next((u.kind.value, u.reason) for u in answer.plan.unplanned if u.visit_ref == ref)


def hour(answer, ref):
    return answer.start(ref) / HOUR


def test_every_request_is_planned_or_explained(answer):
    left = {u.visit_ref for u in answer.plan.unplanned}
    assert left | answer.visits == {row["visit_ref"] for row in VISITS}
    assert left == {
        "tried three times", "by appointment", "agreed for another week", "unknown officer",
        "emergency", "unknown home", "unknown kind", "pair of women",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("ref", "kind", "reason"),
    [
        ("emergency", "escalate", "outside the planner"),
        ("unknown home", "bad_data", "not in the homes file"),
        ("unknown kind", "bad_data", "not in the visit rules"),
        ("unknown officer", "bad_data", "not in the officers file"),
        ("by appointment", "impossible", "by appointment only, and none is made"),
        ("tried three times", "impossible", "3 tries failed"),
        ("agreed for another week", "impossible", "not in this week"),
        ("pair of women", "impossible", "no two who may do it"),
    ],
)
def test_what_cannot_be_planned_says_why(answer, ref, kind, reason):
    found = why(answer, ref)
    assert found[0] == kind
    assert reason in found[1]


def test_part_timers_days_and_hours(problem):
    own = [s for s in problem.shifts if s.officer_ref == "HO02"]
    assert [s.date.weekday() for s in own] == [0, 1, 4]
    assert {(s.start_s, s.end_s, s.break_s) for s in own} == {(34_200, 52_200, 0)}


def test_absences(problem):
    assert [s.date.isoformat() for s in problem.shifts if s.officer_ref == "HO03"] == [MONDAY]


def test_sessions_at_their_place(problem, answer):
    held = [s for r in answer.plan.routes for s in r.stops if s.kind == "surgery"]
    assert [(s.start_s, s.end_s, s.easting) for s in held] == [(36_000, 46_800, 529_400.0)]


def test_slack_and_walking_limit_of_the_rules(folder, problem):
    """Eight hours less 45 minutes, 15 % of that kept free."""
    shift = next(s for s in problem.shifts if s.officer_ref == "HO01")
    assert (shift.busy_limit_s, shift.walk_limit_s) == (int(0.85 * 435 * 60), None)
    capped = folder.parent / "capped"
    shutil.copytree(folder, capped)
    add_visit_rule(capped, "max_walk_minutes_day = 37.5")
    limits = {
        s.walk_limit_s
        for s in Workspace.open(capped, lenient=True).visit_problem(week=MONDAY).shifts
    }
    assert limits == {2_250}


def test_gender(answer):
    assert answer.who("woman") == ["HO02"]


def test_the_next_try_is_in_another_part_of_the_day(answer):
    assert hour(answer, "tried in the morning") >= 12
    assert hour(answer, "tried in the afternoon") < 12


def test_appointments(answer):
    assert 10 <= hour(answer, "by appointment, made") <= 11
    assert answer.day("tried three times, agreed") == 2
    assert (answer.day("agreed time"), hour(answer, "agreed time")) == (2, 13 + 40 / 60)


def test_windows_of_the_day(answer):
    assert answer.day("Wednesday afternoon") == 2
    assert 13 <= hour(answer, "Wednesday afternoon") <= 15


def test_named_and_excluded_officers(answer):
    assert answer.who("named officer") == ["HO02"]
    assert "HO03" in answer.who("named of a pair")
    assert answer.day("named of a pair") == 0
    assert answer.who("not HO01") == ["HO02"]


def test_languages(answer):
    assert answer.stop("speaks Bengali").interpreter
    french = answer.stop("speaks French")
    assert french.interpreter is (answer.who("speaks French") != ["HO01"])


def test_due_dates(problem, answer):
    assert answer.stop("overdue").late
    assert not answer.stop("due on Tuesday").late
    assert answer.day("due on Tuesday") <= 1
    damp = next(v for v in problem.visits if v.visit_ref == "ten working days")
    assert damp.due_at == dt.datetime.combine(dt.date(2026, 12, 1), dt.time(23, 59, 59))
    assert not answer.stop("ten working days").late
    assert answer.plan.late == 1
