"""Overdue visits earlier in the week, where that costs nothing."""

from __future__ import annotations

import datetime as dt

import pytest

from optimiser.model import VisitParams
from optimiser.routing import plan_visits
from optimiser.routing.days.schedule import Task, schedule_route
from optimiser.routing.late_first import late_first
from optimiser.routing.levelling import level
from optimiser.routing.metrics import tier_units

OVERDUE = {"due_at": dt.datetime.fromisoformat("2026-11-20T23:59:59")}


def week_of(tiny, *visits, **monday):
    return tiny.week(shifts=(tiny.shift(**monday), tiny.shift(day=1)), visits=visits)


def routes_of(problem, monday, tuesday):
    """HO1's two days, given as visit numbers."""
    orders = (monday, tuesday)
    return [schedule_route(problem, k, [Task("visit", v) for v in orders[k]]) for k in (0, 1)]


def days_of(routes):
    return [[s.visit_ref for s in r.stops if s.kind == "visit"] for r in routes]


@pytest.mark.parametrize("improve", [late_first, level])
def test_two_days_change_over_where_the_second_has_the_late_visit(tiny, improve):
    problem = week_of(tiny, tiny.visit("V1", 5), tiny.visit("V2", 7, **OVERDUE))
    routes = routes_of(problem, [0], [1])
    after = improve(problem, routes)
    assert days_of(after) == [["V2"], ["V1"]]
    assert tier_units(problem, after) == tier_units(problem, routes)


def test_a_late_visit_comes_sooner_by_itself_where_one_goes_anyway(tiny):
    stays = tiny.visit("V3", 9, windows=(tiny.window(1),))
    problem = week_of(tiny, tiny.visit("V1", 9), tiny.visit("V2", 9, **OVERDUE), stays)
    after = late_first(problem, routes_of(problem, [0], [1, 2]))
    assert sorted(map(sorted, days_of(after))) == [["V1", "V2"], ["V3"]]


def test_where_the_first_day_is_full_another_visit_gives_way(tiny, clock):
    stays = tiny.visit("V3", 9, windows=(tiny.window(1),))
    visits = (tiny.visit("V1", 9), tiny.visit("V2", 9, **OVERDUE), stays)
    problem = week_of(tiny, *visits, end_s=clock("9:50"), break_s=0)
    after = late_first(problem, routes_of(problem, [0], [1, 2]))
    assert days_of(after)[0] == ["V2"]
    assert sorted(days_of(after)[1]) == ["V1", "V3"]


def test_a_longer_walk_or_a_lost_deadline_is_not_worth_it(tiny, clock):
    near = tiny.visit("V1", 1, windows=(tiny.window(0),))
    stays = tiny.visit("V3", 9, windows=(tiny.window(1),))
    problem = week_of(tiny, near, tiny.visit("V2", 9, **OVERDUE), stays)
    routes = routes_of(problem, [0], [1, 2])
    assert late_first(problem, routes) == routes
    due = {"due_at": dt.datetime.fromisoformat("2026-11-30T23:59:59")}
    visits = (tiny.visit("V1", 5, **due), tiny.visit("V2", 7, **OVERDUE))
    problem = week_of(tiny, *visits, end_s=clock("9:50"), break_s=0)  # one visit and no more
    routes = routes_of(problem, [0], [1])
    assert late_first(problem, routes) == routes


def test_nothing_late_or_no_time_nothing_changes(tiny):
    problem = week_of(tiny, tiny.visit("V1", 5), tiny.visit("V2", 7))
    routes = routes_of(problem, [0], [1])
    assert late_first(problem, routes) == routes
    problem = week_of(tiny, tiny.visit("V1", 5), tiny.visit("V2", 7, **OVERDUE))
    assert late_first(problem, routes, attempts=0) == routes


def test_a_plan_has_its_late_visits_first(tiny):
    """Six visits in one block over two short days: the three late ones are Monday's."""
    visits = [tiny.visit(f"V{k}", 5, **(OVERDUE if k % 2 else {})) for k in range(6)]
    short = {"end_s": 11 * 3600 + 1200, "break_s": 0}
    shifts = (tiny.shift(**short), tiny.shift(day=1, **short))
    problem = tiny.week(shifts=shifts, visits=tuple(visits))
    plan = plan_visits(problem, params=VisitParams(iterations=300, workers=1))
    assert plan.violations == ()
    late = {s.visit_ref for s in plan.routes[0].stops if s.late}
    assert len(late) == min(3, len(plan.routes[0].stops))
