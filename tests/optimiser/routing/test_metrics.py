"""A plan's figures against sums done by hand."""

from __future__ import annotations

import datetime as dt

import pytest

from optimiser.errors import InvalidProblem
from optimiser.model import Session, Status, Unplanned, UnplannedClass, VisitOfficer
from optimiser.routing.checks.rules import check_week
from optimiser.routing.days.schedule import Task, schedule_route
from optimiser.routing.metrics import (
    TIERS,
    build_plan,
    busy_s,
    busy_shares,
    objective_units,
    tier_units,
)

NONE = dict.fromkeys(TIERS)


@pytest.fixture
def week(tiny):
    """Three officer-days: a statutory visit on time, a late one by a pair, one round.

    Worth in points: V1 200 + 1,000 statutory + 5 own officer; V2 50 late; the round 40.
    Walks: HO1 to V1 at 5 and on to V2 at 10 and home: 20 minutes; HO2 to V2 and home: 20;
    HO1 on Thursday to 5 and home: 10. At 10 units a second: 3,000 s = 5 points.
    """
    shifts = tuple(tiny.shift(o, d, break_s=0) for o, d in [("HO1", 0), ("HO2", 0), ("HO1", 3)])
    visits = (
        tiny.visit(
            "V1",
            5,
            statutory=True,
            value=1200 * 6000,
            statutory_value=1000 * 6000,
            own_officer="HO1",
            own_officer_value=5 * 6000,
        ),
        tiny.visit(
            "V2",
            10,
            two_officers=True,
            value=100 * 6000,
            late_value=50 * 6000,
            due_at=dt.datetime.combine(tiny.monday, dt.time(9, 30)),
        ),
        tiny.visit("V3", 10),
    )
    aside = Unplanned(
        visit_ref="V9",
        kind=UnplannedClass.ESCALATE,
        reason="emergency",
        evidence="type",
        remedy="now",
    )
    return tiny.week(
        shifts=shifts, visits=visits, rounds=(tiny.round("R1"),), set_aside=(aside,), notes=("a",)
    )


@pytest.fixture
def routes(week, clock):
    at = clock("10:00")
    return [
        schedule_route(week, 2, [Task("round", 0, option=1)]),
        schedule_route(week, 1, [Task("visit", 1, start_s=at, with_officer="HO1")]),
        schedule_route(
            week, 0, [Task("visit", 0), Task("visit", 1, start_s=at, with_officer="HO2")]
        ),
    ]


def test_tiers_by_hand(week, routes):
    units = tier_units(week, routes)
    assert list(units) == list(TIERS)
    points = [u / 6000 for u in units.values()]
    assert points == [1000, 200 + 50, 40, 5, -5]
    assert objective_units(week, routes) == 1290 * 6000


def test_figures_by_hand(week, routes):
    plan = build_plan(
        week, routes, (), bound=1720.0, tier_bounds=NONE, seed=3, seconds=1.5, notes=("b",)
    )
    assert plan.objective == 1290
    assert plan.gap == pytest.approx(430 / 1720)
    assert plan.status is Status.FEASIBLE
    assert (plan.requests, plan.planned, plan.late, plan.own_officer) == (4, 2, 1, 1)
    assert (plan.doors, plan.conversations) == (2, 4.0)
    assert plan.walk_hours == pytest.approx(50 / 60)
    assert sum(t.value for t in plan.tiers) == plan.objective
    assert plan.notes == ("a", "b")
    assert (plan.seed, plan.seconds, plan.week) == (3, 1.5, week.week)
    assert [(r.date.day, r.officer_ref) for r in plan.routes] == [
        (30, "HO1"),
        (30, "HO2"),
        (3, "HO1"),
    ]


def test_evenness_is_between_officers_shares_of_their_time(week, routes):
    # Busy minutes: HO1 20 walk + 2 entry + 60 = 82; HO2 20 + 1 + 30 = 51; Thursday 10 + 1 + 40
    assert sorted(busy_s(r) / 60 for r in routes) == [51, 51, 82]
    plan = build_plan(week, routes, (), bound=1290, tier_bounds=NONE, seed=1, seconds=0)
    one, other = (82 + 51) / (2 * 480), 51 / 480  # HO1 works two days of eight hours, HO2 one
    assert plan.busy_share == pytest.approx((one + other) / 2)
    assert plan.busy_spread == pytest.approx(abs(one - other) / 2)
    idle = build_plan(week, [], (), bound=0, tier_bounds=NONE, seed=1, seconds=0)
    assert (idle.busy_share, idle.busy_spread) == (0, 0)


def test_who_does_not_work_is_not_uneven(tiny, week, routes):
    away = (*week.officers, VisitOfficer(officer_ref="HO9"))
    wider = week.model_copy(update={"officers": away})
    assert busy_shares(wider, routes).keys() == {"HO1", "HO2"}
    nothing = tiny.week(shifts=(tiny.shift(busy_limit_s=0),))
    assert busy_shares(nothing, ()) == {}


def test_a_round_of_two_counts_once(tiny):
    turn = tiny.round("R1", day=0, officers=("HO1", "HO2"), two_officers=True)
    shifts = (tiny.shift("HO1"), tiny.shift("HO2"))
    week = tiny.week(shifts=shifts, rounds=(turn,))
    routes = [schedule_route(week, k, [Task("round", 0, 0, 36_000, f"HO{2 - k}")]) for k in (0, 1)]
    plan = build_plan(week, routes, (), bound=30, tier_bounds=NONE, seed=1, seconds=0)
    assert (plan.doors, plan.conversations) == (2, 3.0)
    assert tier_units(week, routes)["conversations"] == 180_000
    assert [s.with_officer for r in plan.routes for s in r.stops if s.round_ref] == ["HO2", "HO1"]
    assert check_week(week, plan) == ()


def test_breaks_are_not_busy_time(tiny):
    problem = tiny.week(visits=(tiny.visit("V1"),))
    assert busy_s(schedule_route(problem, 0, [Task("visit", 0)])) == (10 + 1 + 30) * 60


def test_a_bound_is_lifted_over_rounding_and_no_further(week, routes):
    options = {"seed": 1, "seconds": 0.0}
    plan = build_plan(week, routes, (), bound=1289.999, tier_bounds=NONE, **options)
    assert (plan.bound, plan.gap, plan.status) == (1290, 0, Status.OPTIMAL)
    with pytest.raises(ValueError, match="above its bound"):
        build_plan(week, routes, (), bound=1200, tier_bounds=NONE, **options)
    with pytest.raises(ValueError, match="tier requests"):
        build_plan(week, routes, (), bound=1290, tier_bounds={"requests": 100.0}, **options)


def test_tier_bounds_are_reported_where_known(week, routes):
    plan = build_plan(
        week, routes, (), bound=1300, tier_bounds={"statutory": 1000.0}, seed=1, seconds=0
    )
    assert [t.bound for t in plan.tiers] == [1000.0, None, None, None, None]


def test_a_plan_of_another_problem_is_refused(tiny, routes):
    with pytest.raises(InvalidProblem, match="V1"):
        objective_units(tiny.week(), routes[2:])
    with pytest.raises(InvalidProblem, match="R1"):
        objective_units(tiny.week(), routes[:1])


def test_a_loss_below_a_bound_of_nothing_is_not_called_optimal(tiny):
    """Ten minutes' walk to a session and back cost something: proven only by a bound as low."""
    desk = Session(kind="surgery", place=10, start_s=36_000, end_s=39_600)
    week = tiny.week(shifts=(tiny.shift(sessions=(desk,)),))
    routes = [schedule_route(week, 0, ())]
    options = {"tier_bounds": NONE, "seed": 1, "seconds": 0.0}
    loose = build_plan(week, routes, (), bound=0.0, **options)
    assert (loose.objective, loose.gap, loose.status) == (-2, 1, Status.FEASIBLE)
    proven = build_plan(week, routes, (), bound=-2.0, **options)
    assert (proven.gap, proven.status) == (0, Status.OPTIMAL)
    assert check_week(week, loose) == check_week(week, proven) == ()
