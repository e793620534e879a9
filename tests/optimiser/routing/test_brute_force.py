"""Tiny weeks against every plan there is: objective <= optimum <= bound."""

import itertools

import numpy as np
import pytest

from optimiser.model import VisitParams
from optimiser.model.visits import VALUE_UNITS_PER_POINT
from optimiser.routing import plan_visits
from optimiser.routing.checks import check_week
from optimiser.routing.schedule import schedule_value
from optimiser.routing.timing import Task

SINGLES = 4
GRID_S = 300


def tiny_week(tiny, seed):
    """Two officers from two ends of the street, four visits and one for both of them.

    Every figure is a multiple of five minutes, so that an optimal common start is one too.
    """
    random = np.random.default_rng(seed)
    limit = int(random.integers(20, 40)) * GRID_S
    far = int(random.integers(2, 6)) * 5
    shifts = (
        tiny.shift("HO1", busy_limit_s=limit),
        tiny.shift("HO2", busy_limit_s=limit, start_place=far, end_place=far),
    )
    visits = []
    for k in range(SINGLES + 1):
        minutes = int(random.integers(1, 7)) * 5
        hour = int(random.integers(9, 15))
        window = tiny.window(0, hour, hour + (1 if k == SINGLES else int(random.integers(1, 4))))
        changes = {"two_officers": True} if k == SINGLES else {}
        if random.random() < 0.5:
            changes |= {"own_officer": "HO2", "own_officer_value": 30_000}
        visits.append(
            tiny.visit(
                f"V{k}",
                minutes,
                door=tiny.door(minutes, entry_s=0),
                windows=(window,),
                service_s=int(random.integers(4, 13)) * GRID_S,
                value=int(random.integers(1, 12)) * 100_000,
                late_value=0,
                **changes,
            )
        )
    return tiny.week(shifts=shifts, visits=tuple(visits), walk_value=100)


def best_of(problem, shift, subset, start_s):
    """The best order of a set of visits on one shift, in units; None where none fits."""
    officer = problem.shifts[shift].officer_ref
    own = sum(
        problem.visits[v].own_officer_value
        for v in subset
        if problem.visits[v].own_officer == officer
    )
    tasks = [Task("visit", v) for v in subset]
    if start_s is not None:
        partner = problem.shifts[1 - shift].officer_ref
        tasks.append(Task("visit", SINGLES, start_s=start_s, with_officer=partner))
    values = [schedule_value(problem, shift, order) for order in itertools.permutations(tasks)]
    found = [value for value in values if value is not None]
    return max(found) + own if found else None


def optimum(problem):
    pair = problem.visits[SINGLES]
    window = pair.windows[0]
    starts = [None, *range(window.earliest_s, window.latest_s + 1, GRID_S)]
    subsets = [s for n in range(SINGLES + 1) for s in itertools.combinations(range(SINGLES), n)]
    best = 0
    for start in starts:
        on = [{s: best_of(problem, k, s, start) for s in subsets} for k in (0, 1)]
        extra = 0 if start is None else pair.own_officer_value * bool(pair.own_officer) - pair.value
        for one, two in itertools.product(subsets, subsets):
            if set(one) & set(two) or on[0][one] is None or on[1][two] is None:
                continue
            best = max(best, on[0][one] + on[1][two] + extra)
    return best / VALUE_UNITS_PER_POINT


@pytest.mark.parametrize("seed", range(5))
def test_plan_and_bound_enclose_the_optimum(tiny, seed):
    problem = tiny_week(tiny, seed)
    plan = plan_visits(problem, params=VisitParams(iterations=600, workers=1))
    best = optimum(problem)
    assert check_week(problem, plan) == ()
    assert plan.objective <= best + 1e-6
    assert best <= plan.bound + 1e-6
    assert plan.objective >= 0.97 * best, "tiny weeks are within reach of the search"
