from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from optimiser.bridge.requests import build_visits, stale_constraints
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


def build(*, genders=None, **changes):
    return build_visits(
        frame(**changes),
        monday=MONDAY,
        doors={"H1": Door(place=0, block_ref="B1")},
        block_of={"H1": "B1"},
        own_officer={"B1": "HO1"},
        types=load_visit_types(),
        rules=VisitRules(),
        genders=genders or {},
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
    assert due.statutory_value == 3000 * 6000
    assert (later.statutory_value, later.value) == (0, (4 * 100 + 150) * 6000)
    assert due.value - due.statutory_value == 4 * 150 * 6000


def test_late_at_all_statutory_visits_come_first():
    due = pd.Timestamp("2026-12-02 23:59:59")
    damp, door = (visit(visit_type=kind, due_by=due) for kind in ("damp_mould", "fire_door"))
    dearest = visit(visit_type="asb_new", due_by=due)
    assert damp.late_value == damp.value - damp.statutory_value
    assert dearest.late_value == 0.4 * dearest.value
    assert damp.late_value > door.late_value > dearest.late_value


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


def test_an_agreed_time_is_the_only_one_and_makes_the_appointment():
    agreed = pd.Timestamp("2026-12-02 14:30")
    planned = visit(pinned_at=agreed, appointment_only=True, days=(0,), window_start_s=NOON)
    assert [(w.date, w.earliest_s, w.latest_s) for w in planned.windows] == [
        (dt.date(2026, 12, 2), 52_200, 52_200)
    ]
    _, (aside,) = build(pinned_at=pd.Timestamp("2026-12-08 14:30"))
    assert aside.kind is UnplannedClass.IMPOSSIBLE
    assert "2026-12-08 14:30" in aside.evidence


def test_by_appointment_only_waits_for_an_appointment():
    _, (aside,) = build(appointment_only=True)
    assert aside.reason == "it is by appointment only, and none is made"
    assert visit(appointment_only=True, days=(2,)).windows


STAFF = {"HO1": "male", "HO2": "female", "HO3": ""}


@pytest.mark.parametrize(
    ("changes", "barred"),
    [
        ({}, set()),
        ({"pinned_officer": "HO3"}, {"HO1", "HO2"}),
        ({"pinned_officer": "HO3", "two_officers": True}, set()),
        ({"officer_gender": "female"}, {"HO1", "HO3"}),
        ({"officer_gender": "male", "excluded_officers": ("HO1",)}, {"HO1", "HO2", "HO3"}),
    ],
)
def test_who_may_not_go(changes, barred):
    assert visit(genders=STAFF, **changes).excluded_officers == barred


def test_a_request_for_someone_who_is_not_there_is_set_aside():
    _, (aside,) = build(genders=STAFF, pinned_officer="HO9")
    assert (aside.kind, "'HO9'" in aside.reason) == (UnplannedClass.BAD_DATA, True)
    _, (aside,) = build(genders={"HO1": "male", "HO3": ""}, officer_gender="female")
    assert aside.kind is UnplannedClass.IMPOSSIBLE
    assert aside.evidence.startswith("0 of 2 officers")


def test_an_unknown_visit_type_comes_with_the_nearest_and_the_known_ones():
    _, (aside,) = build(visit_type="tenancy_adit")
    assert aside.remedy.startswith("did you mean tenancy_audit? use one of emergency_hazard, ")
    _, (aside,) = build(visit_type="tea_party")
    assert aside.remedy.startswith("use one of ")


def test_constraints_past_their_review_are_said():
    rows = frame(review_by=pd.Timestamp("2026-11-29"))
    rows["review_by"] = pd.to_datetime(rows["review_by"])
    assert stale_constraints(rows, MONDAY) == (
        "Constraints that were to be reviewed before this week: V1.",
    )
    assert stale_constraints(frame(), MONDAY) == ()


@pytest.mark.parametrize("two", [True, False])
def test_a_named_officer_must_go_and_a_gender_is_asked_of_both(two):
    named = visit(genders=STAFF, pinned_officer="HO3", two_officers=two)
    assert named.required_officer == "HO3"
    assert visit(genders=STAFF, two_officers=two).required_officer is None
    asked = visit(genders=STAFF, officer_gender="female", two_officers=two)
    assert asked.excluded_officers == {"HO1", "HO3"}


def spans_after(*tried, window=(pd.NA, pd.NA), **changes):
    rows = frame(days=(1,), window_start_s=window[0], window_end_s=window[1], **changes)
    (only,), aside = build_visits(
        rows,
        monday=MONDAY,
        doors={"H1": Door(place=0, block_ref="B1")},
        block_of={"H1": "B1"},
        own_officer={},
        types=load_visit_types(),
        rules=VisitRules(),
        tries={"V1": tuple(pd.Timestamp(f"2026-11-{at}") for at in tried)},
    )
    assert aside == ()
    return [(w.earliest_s // 3600, w.latest_s // 3600) for w in only.windows]


@pytest.mark.parametrize(
    ("tried", "window", "spans"),
    [
        ((), (pd.NA, pd.NA), [(0, 23)]),
        (("25 10:00",), (pd.NA, pd.NA), [(12, 16), (17, 23)]),
        # Both parts of an office day were tried: another than the last one.
        (("24 10:00", "25 14:00"), (pd.NA, pd.NA), [(0, 11), (17, 23)]),
        # The resident's own window leaves no other part.
        (("25 10:00",), (NOON - 7200, NOON), [(10, 12)]),
    ],
)
def test_the_outcomes_tries_send_the_next_one_to_another_part(tried, window, spans):
    assert spans_after(*tried, window=window) == spans


def test_tries_in_the_outcomes_count_towards_the_appointment():
    three = ("23 10:00", "24 14:00", "25 10:00")
    (planned, aside) = build_visits(
        frame(previous_attempts=1),
        monday=MONDAY,
        doors={"H1": Door(place=0, block_ref="B1")},
        block_of={"H1": "B1"},
        own_officer={},
        types=load_visit_types(),
        rules=VisitRules(),
        tries={"V1": tuple(pd.Timestamp(f"2026-11-{at}") for at in three)},
    )
    assert planned == ()
    assert aside[0].reason.startswith("3 tries failed")
