"""Officers' loads levelled: what may move moves, and nothing above evenness is lost."""

from __future__ import annotations

import datetime as dt

import pytest
from week_brute_force import small_week

from optimiser.model import VisitOfficer, VisitParams
from optimiser.routing import plan_visits, solve
from optimiser.routing.checks.rules import check_week
from optimiser.routing.days.schedule import Task, schedule_route
from optimiser.routing.levelling import level
from optimiser.routing.metrics import build_plan, busy_shares, tier_units


def spread(problem, routes):
    shares = list(busy_shares(problem, routes).values())
    return max(shares) - min(shares)


def days(problem, **orders):
    """Routes of HO1's and HO2's Monday, given as visit numbers."""
    return [
        schedule_route(problem, k, [Task("visit", v) for v in orders.get(f"HO{k + 1}", ())])
        for k in (0, 1)
    ]


def two_days(tiny, visits, **changes):
    shifts = (tiny.shift("HO1"), tiny.shift("HO2", **changes))
    return tiny.week(shifts=shifts, visits=tuple(visits))


def test_a_visit_in_the_same_block_goes_to_who_has_less(tiny):
    """HO1 has three of block B5's four visits: each has two afterwards, and walks as before."""
    problem = two_days(tiny, [tiny.visit(f"V{k}", 5) for k in range(4)])
    routes = days(problem, HO1=(0, 1, 2), HO2=(3,))
    after = level(problem, routes)
    assert sorted(len([s for s in r.stops if s.kind == "visit"]) for r in after) == [2, 2]
    assert tier_units(problem, after) == tier_units(problem, routes)
    assert spread(problem, after) == 0


def test_a_longer_walk_is_not_worth_it(tiny):
    """HO2 has nothing to do, but would have to walk out for it."""
    problem = two_days(tiny, [tiny.visit(f"V{k}", 5) for k in range(3)])
    routes = days(problem, HO1=(0, 1, 2))
    assert level(problem, routes) == [routes[0]]


def test_visits_change_hands_where_moving_one_is_too_much(tiny):
    """40 and 30 minutes with HO1, 30 and 20 with HO2: the 40 goes against a 30."""
    lengths = (40, 30, 30, 20)
    problem = two_days(tiny, [tiny.visit(f"V{k}", 5, service_s=m * 60) for k, m in
                              enumerate(lengths)])  # fmt: skip
    after = level(problem, days(problem, HO1=(0, 1), HO2=(2, 3)))
    assert spread(problem, after) == 0


def test_whole_days_change_hands(tiny):
    """HO1's Monday and Tuesday are full, HO2's empty: a day each, no step more."""
    shifts = tuple(tiny.shift(o, d) for o in ("HO1", "HO2") for d in (0, 1))
    visits = tuple(tiny.visit(f"V{k}", 5, windows=(tiny.window(k // 2),)) for k in range(4))
    problem = tiny.week(shifts=shifts, visits=visits)
    routes = [
        schedule_route(problem, d, [Task("visit", 2 * d), Task("visit", 2 * d + 1)]) for d in (0, 1)
    ]
    after = level(problem, routes)
    assert {r.officer_ref for r in after} == {"HO1", "HO2"}
    assert spread(problem, after) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"own_officer": "HO1", "own_officer_value": 3_000},
        {"excluded_officers": frozenset({"HO2"})},
        {"skill": "damp"},
        {"required_officer": "HO1"},
    ],
    ids=["own officer", "excluded", "skill", "required"],
)
def test_who_may_and_who_should_go_stays(tiny, changes):
    officers = (
        VisitOfficer(officer_ref="HO1", skills=frozenset({"damp"})),
        VisitOfficer(officer_ref="HO2"),
    )
    visits = [tiny.visit(f"V{k}", 5, **(changes if k < 3 else {})) for k in range(4)]
    problem = two_days(tiny, visits).model_copy(update={"officers": officers})
    routes = days(problem, HO1=(0, 1, 2), HO2=(3,))
    assert level(problem, routes) == routes


def test_nothing_becomes_late(tiny):
    """HO2 starts at noon, when what is with HO1 is due."""
    due = {"due_at": dt.datetime.combine(tiny.monday, dt.time(12))}
    visits = [tiny.visit(f"V{k}", 5, **(due if k < 3 else {})) for k in range(4)]
    problem = two_days(tiny, visits, start_s=12 * 3600)
    routes = days(problem, HO1=(0, 1, 2), HO2=(3,))
    assert level(problem, routes) == routes


def test_a_part_timer_has_a_part(tiny):
    """Of 8 and 4 hours, 6 visits of the same length are shared 4 to 2."""
    problem = two_days(
        tiny, [tiny.visit(f"V{k}", 0, service_s=2400, door=tiny.door(0)) for k in range(6)],
        end_s=13 * 3600, break_s=0, busy_limit_s=4 * 3600,
    )  # fmt: skip
    after = level(problem, days(problem, HO1=range(3), HO2=range(3, 6)))
    stops = {r.officer_ref: sum(s.kind == "visit" for s in r.stops) for r in after}
    assert stops == {"HO1": 4, "HO2": 2}


def test_timings_are_bounded_and_none_changes_nothing(tiny):
    problem = two_days(tiny, [tiny.visit(f"V{k}", 5) for k in range(4)])
    routes = days(problem, HO1=(0, 1, 2), HO2=(3,))
    assert level(problem, routes, attempts=0) == routes
    assert level(problem, []) == []


@pytest.mark.parametrize("seed", range(20))
def test_any_plan_keeps_its_rules_and_its_tiers(tiny, seed, monkeypatch):
    problem = small_week(tiny, seed)
    monkeypatch.setattr(solve, "level", lambda _, routes, **__: routes)
    plan = plan_visits(problem, params=VisitParams(iterations=60, workers=1))
    again = level(problem, plan.routes)
    figures = {"bound": plan.bound, "tier_bounds": {}, "seed": 1, "seconds": 0.0}
    checked = build_plan(problem, again, plan.unplanned, **figures)
    assert check_week(problem, checked) == ()
    before, after = tier_units(problem, plan.routes), tier_units(problem, again)
    assert all(after[name] >= before[name] for name in before)
    assert checked.busy_spread <= plan.busy_spread + 1e-12
