"""Proofs against every plan there is: the bound holds, and optimal is said only where true."""

import datetime as dt

import pytest
from day_brute_force import STEP, best_plan, random_week
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from week_brute_force import optimum, small_week

from optimiser.model import Session
from optimiser.model.visits import VALUE_UNITS_PER_POINT
from optimiser.routing.arrays.tasks import compile_problem
from optimiser.routing.proof.bounds import all_bounds
from optimiser.routing.proof.prove import prove
from optimiser.routing.search.kernels import new_state, refresh

AMPLE_S = 1_000.0
SETTINGS = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def some_week(tiny, seed):
    """A random week with its best value; None where a session cannot be kept."""
    problem = random_week(tiny, seed)
    return problem, best_plan(problem)


def workable(compiled, route):
    """Whether the search's own timing finds the route possible."""
    s, nodes = route
    length = max(compiled.row_length, len(nodes) + 3)
    state = new_state(compiled.net, length, compiled.sessions, 1)
    row = [int(state.row[s, 0]), *nodes, int(state.row[s, state.tally[s, 0] - 1])]
    state.row[s, : len(row)] = row
    state.tally[s, 0] = len(row)
    return refresh(compiled.net, state, s)


@SETTINGS
@given(seed=st.integers(0, 10**6))
def test_bound_and_plan_enclose_the_optimum(tiny, seed):
    problem, best = some_week(tiny, seed)
    if best is None:
        return
    proof = prove(compile_problem(problem), seconds=AMPLE_S, rounds=1_000)
    assert proof.bound >= best - 1e-6
    if proof.optimal:
        assert proof.bound == pytest.approx(best)


@SETTINGS
@given(seed=st.integers(0, 10**6))
def test_incumbent_is_called_optimal_only_where_it_is(tiny, seed):
    problem, best = some_week(tiny, seed)
    if best is None:
        return
    compiled = compile_problem(problem)
    proof = prove(compiled, incumbent=best, seconds=AMPLE_S, rounds=1_000)
    assert proof.bound >= best - 1e-6
    less = prove(compiled, incumbent=best - STEP, seconds=AMPLE_S, rounds=1_000)
    assert less.bound >= best - 1e-6
    assert not less.optimal or less.plan or best <= 0, "an empty plan is none"


@SETTINGS
@given(seed=st.integers(0, 10**6))
def test_routes_can_be_worked(tiny, seed):
    problem, best = some_week(tiny, seed)
    if best is None:
        return
    compiled = compile_problem(problem)
    proof = prove(compiled, seconds=AMPLE_S, rounds=1_000)
    assert all(workable(compiled, route) for route in proof.routes)
    assert set(proof.plan) <= proof.routes
    assert len({s for s, _ in proof.plan}) == len(proof.plan)


@SETTINGS
@given(seed=st.integers(0, 10**6))
def test_bound_holds_with_two_officers(tiny, seed):
    problem = small_week(tiny, seed, rounds_of_two=True)
    best = optimum(problem) * VALUE_UNITS_PER_POINT
    proof = prove(compile_problem(problem), incumbent=best, seconds=AMPLE_S, rounds=1_000)
    assert proof.bound >= best - 1e-6


def test_same_rounds_give_the_same_proof(tiny):
    compiled = compile_problem(random_week(tiny, 7))
    first = prove(compiled, seconds=AMPLE_S, rounds=3)
    again = prove(compiled, seconds=AMPLE_S, rounds=3)
    assert (first.bound, first.plan, first.routes) == (again.bound, again.plan, again.routes)


def test_stopped_at_once_the_simple_bound_is_left(tiny):
    compiled = compile_problem(random_week(tiny, 7))
    proof = prove(compiled, seconds=AMPLE_S, stop=lambda: True)
    simple = all_bounds(compiled).whole * VALUE_UNITS_PER_POINT
    assert simple - STEP <= proof.bound <= simple + 1e-6
    assert not proof.optimal


def test_a_packing_beyond_a_walking_limit_is_no_plan(tiny):
    """The best packing of this week's days walks too far for one officer."""
    problem = small_week(tiny, 124, rounds_of_two=True)
    best = optimum(problem) * VALUE_UNITS_PER_POINT
    proof = prove(compile_problem(problem), incumbent=best, seconds=AMPLE_S, rounds=1_000)
    assert proof.bound > best + 1
    assert not proof.optimal
    assert proof.plan == ()


def test_a_late_start_on_the_day_it_is_due_counts(tiny):
    """Due at ten, but at a surgery until half past: the visit is still worth its late value."""
    surgery = Session(kind="surgery", place=0, start_s=9 * 3600, end_s=10 * 3600 + 1800)
    visit = tiny.visit(
        "V1",
        windows=(tiny.window(0, 9, 12),),
        due_at=dt.datetime.combine(tiny.day(0), dt.time(10)),
        value=600_000,
        late_value=300_000,
    )
    problem = tiny.week(shifts=(tiny.shift(sessions=(surgery,)),), visits=(visit,))
    proof = prove(compile_problem(problem), seconds=AMPLE_S, rounds=1_000)
    best = optimum(problem) * VALUE_UNITS_PER_POINT
    assert 0 < best <= proof.bound
    assert proof.plan == ()
    assert proof.routes <= {(0, (1,))}, "the search knows the punctual starts only"
