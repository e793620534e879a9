from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from optimiser.bridge.requests import build_visits
from optimiser.model import Door, UnplannedClass, VisitRules
from optimiser.model.visit_types import load_visit_types

MONDAY = dt.date(2026, 11, 30)
NOON, DAY_END = 12 * 3600, 24 * 3600 - 1


def frame(**changes):
    row = {
        "visit_ref": "V1",
        "property_ref": "H1",
        "visit_type": "rent_arrears",
        "raised_on": pd.Timestamp("2026-11-20"),
        "due_by": pd.NaT,
        "minutes": pd.NA,
        "days": (),
        "window_start_s": pd.NA,
        "window_end_s": pd.NA,
        "two_officers": False,
        "language": None,
        "skill": None,
        "previous_attempts": 0,
        "last_attempt_at": pd.NaT,
        "priority": pd.NA,
        "excluded_officers": (),
        "row": 2,
    } | changes
    columns = {name: pd.Series([value], dtype=object) for name, value in row.items()}
    for name in ("raised_on", "due_by", "last_attempt_at"):
        columns[name] = pd.to_datetime(columns[name])
    return pd.DataFrame(columns)


def build(**changes):
    return build_visits(
        frame(**changes),
        monday=MONDAY,
        doors={"H1": Door(place=0, block_ref="B1")},
        block_of={"H1": "B1"},
        own_officer={"B1": "HO1"},
        types=load_visit_types(),
        rules=VisitRules(),
    )


def visit(**changes):
    (only,), aside = build(**changes)
    assert aside == ()
    return only


def test_minutes_and_priority_come_from_the_type_where_the_row_has_none():
    assert visit().service_s == 25 * 60
    assert visit(minutes=40).service_s == 40 * 60
    assert visit().value == 2 * 100 * 6000
    assert visit(priority=5).value == 5 * 100 * 6000


def test_an_interpreter_takes_half_as_long_again():
    assert visit(language="Somali").interpreter_service_s == 25 * 90
    assert visit().interpreter_service_s == 25 * 60


def test_due_by_in_the_file_wins_over_the_rule():
    ruled = visit(visit_type="damp_mould", raised_on=pd.Timestamp("2026-11-26"))
    assert ruled.due_at.date() == dt.date(2026, 12, 10)
    given = visit(visit_type="damp_mould", due_by=pd.Timestamp("2026-12-02 23:59:59"))
    assert given.due_at.date() == dt.date(2026, 12, 2)


def test_statutory_visits_due_this_week_come_first():
    due = visit(visit_type="damp_mould", due_by=pd.Timestamp("2026-12-02 23:59:59"))
    later = visit(visit_type="damp_mould", due_by=pd.Timestamp("2026-12-20 23:59:59"))
    assert due.statutory_value == 1000 * 6000
    assert later.statutory_value == 100 * 6000
    assert due.value - due.statutory_value == 4 * 150 * 6000
    assert due.late_value == 4 * 75 * 6000


def test_days_and_window_bound_the_start():
    windows = visit(days=(0, 2), window_start_s=9 * 3600, window_end_s=NOON).windows
    assert [w.date.isoformat() for w in windows] == ["2026-11-30", "2026-12-02"]
    assert {(w.earliest_s, w.latest_s) for w in windows} == {(9 * 3600, NOON)}


@pytest.mark.parametrize(
    ("tried", "window", "spans"),
    [
        ("15:40", (None, None), {(0, NOON - 1), (17 * 3600, DAY_END)}),
        ("10:00", (None, None), {(NOON, 17 * 3600 - 1), (17 * 3600, DAY_END)}),
        # The resident's own window leaves no other part of the day.
        ("15:40", (NOON, 17 * 3600), {(NOON, 17 * 3600)}),
    ],
)
def test_the_next_try_goes_to_another_part_of_the_day(tried, window, spans):
    found = visit(
        days=(1,),
        previous_attempts=1,
        last_attempt_at=pd.Timestamp(f"2026-11-25 {tried}"),
        window_start_s=pd.NA if window[0] is None else window[0],
        window_end_s=pd.NA if window[1] is None else window[1],
    ).windows
    assert {(w.earliest_s, w.latest_s) for w in found} == spans


@pytest.mark.parametrize(
    ("changes", "kind", "word"),
    [
        ({"visit_type": "emergency_hazard"}, UnplannedClass.ESCALATE, "escalate"),
        ({"visit_type": "chat"}, UnplannedClass.BAD_DATA, "'chat'"),
        ({"property_ref": "H9"}, UnplannedClass.BAD_DATA, "'H9'"),
        ({"previous_attempts": 3}, UnplannedClass.IMPOSSIBLE, "appointment"),
    ],
)
def test_what_cannot_be_planned_is_set_aside_with_its_reason(changes, kind, word):
    visits, (aside,) = build(**changes)
    assert visits == ()
    assert aside.kind is kind
    assert word in aside.reason
    assert aside.remedy


def test_a_fourth_try_by_appointment_is_planned():
    assert visit(previous_attempts=3, days=(1,)).visit_ref == "V1"
