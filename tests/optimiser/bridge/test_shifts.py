from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from optimiser.bridge.shifts import build_shifts
from optimiser.model import VisitRules

MONDAY = dt.date(2026, 11, 30)


def officers(**changes):
    row = {
        "officer_ref": "HO1",
        "working_days": (0, 1, 2, 3, 4),
        "shift_start_s": 9 * 3600,
        "shift_end_s": 17 * 3600,
        "break_minutes": pd.NA,
    } | changes
    return pd.DataFrame({name: pd.Series([value], dtype=object) for name, value in row.items()})


def build(frame=None, *, monday=MONDAY, absences=None, fixed=None, **rules):
    return build_shifts(
        officers() if frame is None else frame,
        monday=monday,
        absences=absences,
        fixed=fixed,
        start_place={"HO1": 3},
        session_place={(1.0, 2.0): 5},
        rules=VisitRules(**rules),
    )


def session(day, start=10, end=13):
    return pd.DataFrame(
        {
            "officer_ref": ["HO1"],
            "date": [day],
            "start_s": [start * 3600],
            "end_s": [end * 3600],
            "kind": ["surgery"],
            "place": ["Soho"],
            "easting": [1.0],
            "northing": [2.0],
        }
    )


def test_a_full_week_with_break_and_slack():
    shifts, lost = build()
    assert [s.date.weekday() for s in shifts] == [0, 1, 2, 3, 4]
    assert lost == ()
    assert {s.start_place for s in shifts} == {3}
    assert shifts[0].break_s == 45 * 60
    assert shifts[0].busy_limit_s == int((8 * 3600 - 45 * 60) * 0.85)


def test_the_officers_own_break_wins_and_short_shifts_have_none():
    assert build(officers(break_minutes=30))[0][0].break_s == 30 * 60
    assert build(officers(shift_end_s=15 * 3600))[0][0].break_s == 0


def test_absences_and_bank_holidays_leave_no_shift():
    away = pd.DataFrame(
        {
            "officer_ref": ["HO1"],
            "first_day": [dt.date(2026, 12, 1)],
            "last_day": [dt.date(2026, 12, 2)],
            "reason": ["leave"],
        }
    )
    assert [s.date.weekday() for s in build(absences=away)[0]] == [0, 3, 4]
    christmas, _ = build(monday=dt.date(2026, 12, 21))
    assert [s.date.weekday() for s in christmas] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("monday", "weekdays"),
    [
        ("2026-12-21", [0, 1, 2, 3]),  # Christmas Day is a Friday
        ("2026-12-28", [1, 2, 3]),  # Boxing Day's substitute on Monday, New Year on Friday
        ("2027-03-22", [0, 1, 2, 3]),  # Good Friday
        ("2027-03-29", [1, 2, 3, 4]),  # Easter Monday
    ],
)
def test_bank_holidays_are_free_unless_the_rules_say_otherwise(monday, weekdays):
    first = dt.date.fromisoformat(monday)
    assert [s.date.weekday() for s in build(monday=first)[0]] == weekdays
    worked = tuple(first + dt.timedelta(days=k) for k in range(5) if k not in weekdays)
    assert len(build(monday=first, worked_bank_holidays=worked)[0]) == 5


def test_sessions_stand_on_their_day():
    shifts, lost = build(fixed=session(dt.date(2026, 12, 1)))
    assert lost == ()
    assert [len(s.sessions) for s in shifts] == [0, 1, 0, 0, 0]
    assert shifts[1].sessions[0].place == 5


def test_a_session_outside_the_shift_is_noted_never_dropped_in_silence():
    shifts, lost = build(fixed=session(dt.date(2026, 12, 1), 16, 18))
    assert not any(s.sessions for s in shifts)
    assert len(lost) == 1
    assert lost[0].startswith("HO1 has a fixed session on Tuesday 1 December 2026 but")
