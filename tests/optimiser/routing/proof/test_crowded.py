"""Days priced one by one: never below the best plan, and a plan near them."""

from __future__ import annotations

import time

import numpy as np
import pytest
from day_brute_force import best_plan, random_week
from week_brute_force import optimum, requests_alone, small_week

from optimiser.model import Session, VisitParams, VisitProblem
from optimiser.model.visits import VALUE_UNITS_PER_POINT
from optimiser.routing import plan_visits, solve
from optimiser.routing.arrays.tasks import compile_problem
from optimiser.routing.proof.bounds import Bounds, all_bounds
from optimiser.routing.proof.crowded import Crowded, crowded_week
from optimiser.routing.proof.route_bound import route_bounds
from optimiser.routing.proof.shifts_anew import ShiftsAnew
from optimiser.routing.search.annealing import days_of_rows


def alone(problem: VisitProblem, seconds: float = 60.0) -> Bounds:
    """Return the bounds of days, as if nothing else were known."""
    compiled = compile_problem(problem)
    quick = all_bounds(compiled)
    known = quick._replace(whole=1e9, tiers={**quick.tiers, "requests": 1e9})
    crowd = crowded_week(compiled, known, seconds=60)
    return known if crowd is None else worked(crowd, seconds)[1]


def worked(crowd: Crowded, seconds: float) -> tuple[list[int], Bounds]:
    """Return the visits of the plan dived for, and the bounds."""
    until = time.monotonic() + seconds
    crowd.collect([], until)
    # Random pairs of shifts are tried till the end.
    rows = crowd.better(crowd.dive(until), min(until, time.monotonic() + 0.5))
    held = [n for _, nodes, _ in days_of_rows(crowd.compiled, rows) for n in nodes]
    return held, crowd.prove(until)


@pytest.mark.parametrize("two", [False, True], ids=["rounds of one", "rounds of two"])
@pytest.mark.parametrize("seed", range(20))
def test_no_plan_of_a_tiny_week_is_worth_more(tiny, seed: int, two: bool) -> None:
    problem = small_week(tiny, seed, rounds_of_two=two)

    visits = [v.model_copy(update={"statutory_value": v.value // 2}) for v in problem.visits]
    problem = problem.model_copy(update={"visits": tuple(visits)})

    bounds = alone(problem)

    assert optimum(problem) <= bounds.whole + 1e-6
    assert optimum(requests_alone(problem)) <= bounds.tiers["requests"] + 1e-6


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
    crowd = crowded_week(compiled, quick, seconds=60)

    held, bounds = worked(crowd, 10)

    assert bounds.whole <= walks.whole + 1e-6
    assert len(set(held)) == len(held)
    value = sum(compiled.problem.visits[v].value for v in held) / VALUE_UNITS_PER_POINT
    assert 0.95 * bounds.whole <= value <= bounds.whole


def test_walking_taken_off_the_whole_does_not_lower_the_requests_bound(tiny) -> None:
    problem = scattered(tiny).model_copy(update={"walk_value": 1_000_000})
    compiled = compile_problem(problem)
    quick = all_bounds(compiled)

    bounds = worked(crowded_week(compiled, quick, seconds=60), 3)[1]

    # One visit is planned by whoever does not mind the walk.
    assert quick.whole < problem.visits[0].value / VALUE_UNITS_PER_POINT <= bounds.tiers["requests"]


@pytest.mark.parametrize(("due", "share", "near"), [(600, 8, 1.1), (30, 2, 1.2)])
def test_what_other_tiers_hold_is_taken_off_the_requests_bound_and_no_more(
    tiny, due: int, share: int, near: float
) -> None:
    problem = scattered(tiny)
    units = due * VALUE_UNITS_PER_POINT
    visits = [
        v.model_copy(update={"value": v.value + units, "statutory_value": units})
        if k % share == 0
        else v
        for k, v in enumerate(problem.visits)
    ]
    problem = problem.model_copy(update={"visits": tuple(visits)})
    compiled = compile_problem(requests_alone(problem))
    crowd = crowded_week(compiled, all_bounds(compiled), seconds=60)
    held, best = worked(crowd, 10)
    value = sum(compiled.problem.visits[v].value for v in held)

    bounds = alone(problem, 10)

    assert value / VALUE_UNITS_PER_POINT <= bounds.tiers["requests"] < near * best.whole
    assert bounds.tiers["requests"] < bounds.whole - 100


@pytest.mark.parametrize("surgery", [False, True], ids=["free", "with a surgery"])
def test_a_crowded_week_is_planned_by_the_clock(tiny, caplog, monkeypatch, surgery: bool) -> None:
    """Days dived for can be timed as they are, sessions among them: nothing is said to be left."""
    dives = []
    better = Crowded.better
    monkeypatch.setattr(solve, "is_small", lambda *_, **__: False)
    monkeypatch.setattr(Crowded, "better", lambda *a: dives.append(better(*a)) or dives[-1])
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
    assert crowded_week(compile_problem(problem), quick, seconds=60).bounds.whole == quick.whole


def test_shifts_are_chosen_anew_only_for_the_better(tiny) -> None:
    compiled = compile_problem(scattered(tiny))
    crowd = crowded_week(compiled, all_bounds(compiled), seconds=60)
    shifts = crowd._program.shifts
    start = {0: (0, 1), 1: (2, 3)}
    anew = ShiftsAnew(shifts, dict(start), frozenset({10, 2}), np.zeros(40), time.monotonic() + 3)

    anew.work(seed=1)

    def worth(plan: dict[int, tuple[int, ...]]) -> float:
        return sum(shifts[s][0].worth(shifts[s][1], visits) for s, visits in plan.items())

    held = [v for visits in anew.plan.values() for v in visits]
    assert worth(anew.plan) > 1.5 * worth(start)
    assert len(set(held)) == len(held)
    assert 10 not in held
    assert 2 in anew.plan[1]


def test_a_week_too_large_for_its_time_is_left_to_the_search(tiny) -> None:
    compiled = compile_problem(scattered(tiny))
    quick = all_bounds(compiled)

    assert crowded_week(compiled, quick, seconds=0.01) is None
    assert crowded_week(compiled, quick, seconds=60) is not None
