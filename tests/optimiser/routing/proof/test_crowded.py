"""Days priced one by one: never below the best plan, and a plan near them."""

from __future__ import annotations

import time

import numpy as np
import pytest
from day_brute_force import best_plan, random_week
from week_brute_force import optimum, small_week

from optimiser.model import Session, VisitParams, VisitProblem
from optimiser.model.visits import VALUE_UNITS_PER_POINT
from optimiser.routing import plan_visits, solve
from optimiser.routing.arrays.tasks import compile_problem
from optimiser.routing.proof.bounds import Bounds, all_bounds
from optimiser.routing.proof.crowded import Crowded
from optimiser.routing.proof.route_bound import route_bounds
from optimiser.routing.search.annealing import days_of_rows
from optimiser.routing.search.seeds import sound_rows


def alone(problem: VisitProblem, seconds: float = 60.0) -> Bounds:
    """Return the bounds of days, as if nothing else were known."""
    compiled = compile_problem(problem)
    quick = all_bounds(compiled)
    known = quick._replace(whole=1e9, tiers={**quick.tiers, "requests": 1e9})
    if not Crowded.suits(compiled):
        return known
    crowd = Crowded(compiled, known)
    until = time.monotonic() + seconds
    crowd.walk(until, until)
    crowd.plan([], until)
    return crowd.prove(until)


@pytest.mark.parametrize("two", [False, True], ids=["rounds of one", "rounds of two"])
@pytest.mark.parametrize("seed", range(20))
def test_no_plan_of_a_tiny_week_is_worth_more(tiny, seed: int, two: bool) -> None:
    problem = small_week(tiny, seed, rounds_of_two=two)

    assert optimum(problem) <= alone(problem).whole + 1e-6


@pytest.mark.parametrize("seed", range(40))
def test_breaks_windows_sessions_and_uneven_walks_do_not_make_it_too_low(tiny, seed: int) -> None:
    problem = random_week(tiny, seed)
    best = best_plan(problem)
    if best is not None:
        assert best <= (alone(problem).whole + 1e-6) * VALUE_UNITS_PER_POINT


def scattered(tiny, **of_first) -> VisitProblem:
    """Return two officers' long day and forty visits, up to three quarters of an hour apart."""
    rng = np.random.default_rng(3)
    at = rng.integers(0, 1_500, (61, 2))
    walk = 300 + np.abs(at[:, None] - at[None, :]).sum(axis=2).astype(np.int32)
    np.fill_diagonal(walk, 0)
    visits = [tiny.visit(f"V{k:02}", 1 + k, value=6_000 * (60 + 7 * (k % 11))) for k in range(40)]
    shifts = (tiny.shift("HO1", **of_first), tiny.shift("HO2"))
    return tiny.week(visits=tuple(visits), shifts=shifts, walk_s=walk, walk_m=walk)


def test_days_bound_no_worse_than_walks_and_the_dive_comes_near(tiny) -> None:
    compiled = compile_problem(scattered(tiny))
    quick = all_bounds(compiled)
    walks = route_bounds(compiled, quick)
    crowd = Crowded(compiled, quick)
    until = time.monotonic() + 10

    crowd.walk(until, until)
    routes = crowd.plan([], until)
    bounds = crowd.prove(until)

    assert bounds.whole <= walks.whole + 1e-6
    rows = sound_rows(compiled, routes)
    held = [n for _, nodes, _ in days_of_rows(compiled, rows) for n in nodes]
    assert sorted(held) == sorted(v for row in routes.values() for v in row)
    assert len(set(held)) == len(held)
    value = sum(compiled.problem.visits[v].value for v in held) / VALUE_UNITS_PER_POINT
    assert 0.95 * bounds.whole <= value <= bounds.whole


def test_walking_taken_off_the_whole_does_not_lower_the_requests_bound(tiny) -> None:
    problem = scattered(tiny).model_copy(update={"walk_value": 1_000_000})
    compiled = compile_problem(problem)
    quick = all_bounds(compiled)
    crowd = Crowded(compiled, quick)
    until = time.monotonic() + 3

    crowd.walk(until, until)
    crowd.plan([], until)
    bounds = crowd.prove(until)

    # One visit is planned by whoever does not mind the walk.
    assert quick.whole < problem.visits[0].value / VALUE_UNITS_PER_POINT <= bounds.tiers["requests"]


@pytest.mark.parametrize("surgery", [False, True], ids=["free", "with a surgery"])
def test_a_crowded_week_is_planned_by_the_clock(tiny, caplog, monkeypatch, surgery: bool) -> None:
    """Days dived for can be timed as they are, sessions among them: nothing is said to be left."""
    dives = []
    plan = Crowded.plan
    monkeypatch.setattr(solve, "is_small", lambda *_, **__: False)
    monkeypatch.setattr(Crowded, "plan", lambda *a: dives.append(plan(*a)) or dives[-1])
    desk = Session(kind="surgery", place=9, start_s=36_000, end_s=39_600)
    problem = scattered(tiny, sessions=(desk,) if surgery else ())

    found = plan_visits(problem, time_limit_s=6, params=VisitParams(workers=1))

    assert len(dives) == 1
    assert not caplog.records
    assert found.violations == ()
    assert 0.9 * found.bound <= found.objective <= found.bound


def test_no_time_leaves_what_was_known(tiny) -> None:
    problem = scattered(tiny)
    quick = all_bounds(compile_problem(problem))

    assert alone(problem, seconds=0.0).whole >= quick.whole * 0.5
    assert Crowded(compile_problem(problem), quick).bounds.whole == quick.whole
