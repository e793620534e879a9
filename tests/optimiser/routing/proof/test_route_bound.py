"""Walks that may call twice: never below the best plan, and below the bound without walks."""

from __future__ import annotations

import numpy as np
import pytest
from day_brute_force import best_plan, random_week
from week_brute_force import optimum, small_week

from optimiser.model import VisitProblem
from optimiser.model.visits import VALUE_UNITS_PER_POINT
from optimiser.routing.arrays.tasks import compile_problem
from optimiser.routing.proof.bounds import Bounds, all_bounds
from optimiser.routing.proof.route_bound import route_bounds
from optimiser.routing.proof.walks import entered_alike


def alone(problem: VisitProblem) -> Bounds:
    """Return the bounds of walks, as if nothing else were known."""
    compiled = compile_problem(problem)
    quick = all_bounds(compiled)
    known = quick._replace(whole=1e9, tiers={**quick.tiers, "requests": 1e9})
    return route_bounds(compiled, known)


@pytest.mark.parametrize("two", [False, True], ids=["rounds of one", "rounds of two"])
@pytest.mark.parametrize("seed", range(25))
def test_no_plan_of_a_tiny_week_is_worth_more(tiny, seed: int, two: bool) -> None:
    problem = small_week(tiny, seed, rounds_of_two=two)

    assert optimum(problem) <= alone(problem).whole + 1e-6


@pytest.mark.parametrize("seed", range(40))
def test_breaks_windows_sessions_and_uneven_walks_do_not_make_it_too_low(tiny, seed: int) -> None:
    problem = random_week(tiny, seed)
    best = best_plan(problem)
    if best is not None:
        assert best <= (alone(problem).whole + 1e-6) * VALUE_UNITS_PER_POINT


def couples(tiny, **changes) -> VisitProblem:
    """Return one long day, and eight places half an hour from each other with two visits each."""
    walk = np.full((61, 61), 1800, dtype=np.int32)
    np.fill_diagonal(walk, 0)
    visits = [tiny.visit(f"V{k}{n}", 1 + k) for k in range(8) for n in range(2)]
    return tiny.week(visits=tuple(visits), walk_s=walk, walk_m=walk, **changes)


def test_walks_between_couples_are_seen(tiny) -> None:
    compiled = compile_problem(couples(tiny))
    quick = all_bounds(compiled)

    bounds = route_bounds(compiled, quick)

    # A couple takes 30 + 1 + 2 x 30 minutes; beside the break eight visits and the way home fit.
    assert 800 <= bounds.whole < 900 < quick.whole
    assert bounds.tiers["requests"] < quick.tiers["requests"]


def test_the_clock_may_stop_it_at_once(tiny) -> None:
    compiled = compile_problem(couples(tiny))
    quick = all_bounds(compiled)

    bounds = route_bounds(compiled, quick, seconds=0.0)

    assert 800 <= bounds.whole <= quick.whole


def test_homes_entered_differently_in_one_block_are_left_to_other_bounds(tiny) -> None:
    door = tiny.door(5, entry_s=0)
    visits = (tiny.visit("V1"), tiny.visit("V2", door=door))

    assert not entered_alike(compile_problem(tiny.week(visits=visits)).net)
    assert entered_alike(compile_problem(tiny.week(visits=visits[:1])).net)


def test_a_window_that_opens_late_costs_the_time_before_it(tiny) -> None:
    """Two visits of 30 minutes from 4pm, or from 9am, half an hour from each other and home."""
    walk = np.full((61, 61), 1800, dtype=np.int32)
    np.fill_diagonal(walk, 0)

    def bound(opens: int) -> float:
        windows = (tiny.window(0, opens, 17),)
        visits = tuple(tiny.visit(f"V{k}", 1 + k, windows=windows) for k in range(2))
        return alone(tiny.week(visits=visits, walk_s=walk, walk_m=walk)).whole

    assert bound(9) >= 200
    assert bound(16) < 200


def test_an_officer_who_may_only_knock_counts_too(tiny) -> None:
    shifts = (tiny.shift("HO1"), tiny.shift("HO2"))
    visit = tiny.visit("V1", excluded_officers=("HO2",))
    knocking = tiny.round("R1", day=0, officers=("HO2",))
    problem = tiny.week(shifts=shifts, visits=(visit,), rounds=(knocking,))

    assert alone(problem).whole >= 140 - 1e-6


def test_a_round_between_two_visits_saves_the_lift_from_one_to_the_other(tiny) -> None:
    """The round goes down a floor in less time than the lift would take."""
    floors = [tiny.door(5, floor=floor, lift=True) for floor in (3, 2)]
    visits = tuple(tiny.visit(f"V{k}", door=door) for k, door in enumerate(floors))
    option = tiny.option("morning", 9, 12, 3.0, 60_000).model_copy(update={"service_s": 20})
    knocking = tiny.round("R1", day=0, door=floors[0], last_floor=2, options=(option,))
    problem = tiny.week(visits=visits, rounds=(knocking,))
    walk, entry, lift = 2 * 300, 60, problem.rules.lift_seconds
    busy = walk + entry + 2 * lift + 2 * visits[0].service_s + option.service_s
    shift = tiny.shift(busy_limit_s=busy)
    best = best_plan(problem.model_copy(update={"shifts": (shift,)}))

    assert best == best_plan(problem)
    assert best <= alone(problem.model_copy(update={"shifts": (shift,)})).whole * 6_000
    short = problem.model_copy(update={"shifts": (tiny.shift(busy_limit_s=busy - 1),)})
    assert best_plan(short) < best


def test_without_rounds_the_lift_between_visits_is_counted(tiny) -> None:
    doors = [tiny.door(5, floor=floor, lift=True) for floor in (3, 2)]
    visits = tuple(tiny.visit(f"V{k}", door=door) for k, door in enumerate(doors))
    busy = 2 * 300 + 60 + 3 * tiny.week().rules.lift_seconds + 2 * visits[0].service_s

    def bound(limit: int) -> float:
        return alone(tiny.week(visits=visits, shifts=(tiny.shift(busy_limit_s=limit),))).whole

    assert bound(busy) >= 200 - 1e-6
    assert bound(busy - 60) < 200
