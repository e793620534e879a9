"""Small weeks are proven optimal where nothing is relaxed, and larger ones are left alone."""

from __future__ import annotations

import numpy as np
import pytest
from week_brute_force import optimum, small_week

from optimiser.model import Status, VisitParams
from optimiser.model.visits import VALUE_UNITS_PER_POINT
from optimiser.routing import plan_visits
from optimiser.routing.arrays.tasks import compile_problem
from optimiser.routing.proof.bounds import all_bounds
from optimiser.routing.proof.proven import is_proven, is_small, prove_found
from optimiser.routing.search.annealing import Effort, anneal


def plain_week(tiny, seed):
    """A tiny week with nothing for two officers and no limit of walking."""
    problem = small_week(tiny, seed)
    shifts = tuple(s.model_copy(update={"walk_limit_s": None}) for s in problem.shifts)
    visits = tuple(
        v.model_copy(update={"two_officers": False, "due_at": None}) for v in problem.visits
    )
    return problem.model_copy(update={"shifts": shifts, "visits": visits})


@pytest.mark.parametrize("seed", range(15))
def test_a_plain_week_ends_optimal(tiny, seed):
    problem = plain_week(tiny, seed)
    plan = plan_visits(problem, params=VisitParams(iterations=200, workers=1))
    assert plan.objective == pytest.approx(optimum(problem))
    assert plan.bound == pytest.approx(plan.objective)
    assert plan.status is Status.OPTIMAL


def test_the_proof_betters_a_poor_plan(tiny):
    """From a plan without a visit, to the best one."""
    problem = plain_week(tiny, 4)
    compiled = compile_problem(problem)
    nothing = problem.model_copy(
        update={"visits": tuple(v.model_copy(update={"windows": ()}) for v in problem.visits)}
    )
    prices = np.ones(compiled.net.shifts, dtype=np.int64)
    poor = anneal(compile_problem(nothing), None, prices, Effort(0.0, 0), seed=1)
    found, bounds, routes = prove_found(compiled, poor, all_bounds(compiled), seconds=None)
    assert found.value / VALUE_UNITS_PER_POINT == pytest.approx(optimum(problem))
    assert found.value > poor.value
    assert is_proven(found, bounds)
    assert routes


def test_a_week_with_many_nodes_on_many_shifts_is_not_small(tiny):
    visits = tuple(tiny.visit(f"V{k}", 1 + k % 50) for k in range(60))
    shifts = tuple(tiny.shift(f"HO{k}") for k in range(6))
    assert is_small(compile_problem(tiny.week(visits=visits, shifts=shifts[:5])))
    assert not is_small(compile_problem(tiny.week(visits=visits, shifts=shifts)))
    assert not is_small(compile_problem(tiny.week(shifts=())))
    assert not is_small(compile_problem(tiny.week(visits=visits, shifts=shifts[:5])), timed=False)
    assert is_small(compile_problem(tiny.week(visits=visits[:9], shifts=shifts[:5])), timed=False)
