from __future__ import annotations

import datetime as dt

import pytest

from optimiser.bridge.deadlines import add_working_days, due_at
from optimiser.model.visit_types import Deadline, load_visit_types


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        ("2026-11-23", 1, "2026-11-24"),
        # Day 1 of a Saturday is the Monday.
        ("2026-11-21", 1, "2026-11-23"),
        ("2026-11-26", 10, "2026-12-10"),
        # Christmas Day 2026 is a Friday; Boxing Day is taken on Monday the 28th.
        ("2026-12-24", 1, "2026-12-29"),
        ("2026-12-31", 1, "2027-01-04"),
        # Good Friday and Easter Monday 2027.
        ("2027-03-25", 1, "2027-03-30"),
    ],
)
def test_working_days_leave_out_weekends_and_bank_holidays(day, count, expected):
    assert add_working_days(dt.date.fromisoformat(day), count) == dt.date.fromisoformat(expected)


def test_due_at_the_end_of_the_day():
    raised = dt.date(2026, 11, 20)
    assert due_at(raised, Deadline(days=42)) == dt.datetime(2027, 1, 1, 23, 59, 59)  # noqa: DTZ001
    assert due_at(raised, None) is None
    assert due_at(None, Deadline(days=42)) is None


def test_packaged_types_cite_a_source_and_escalate_emergencies():
    types = load_visit_types().types
    assert all(t.source for t in types.values())
    assert [name for name, t in types.items() if t.escalate] == ["emergency_hazard"]
    assert types["damp_mould"].deadline == Deadline(working_days=10)
    assert types["damp_mould"].statutory
