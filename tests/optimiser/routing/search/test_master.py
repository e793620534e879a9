"""Joining days of different plans; two-officer visits only where two days agree."""

import numpy as np
import pytest

from optimiser.model import Session, VisitOfficer
from optimiser.routing.arrays.tasks import compile_problem
from optimiser.routing.search.annealing import Effort, anneal, days_of_rows
from optimiser.routing.search.kernels import new_state, refresh
from optimiser.routing.search.master import best_of_pool, day_value
from optimiser.routing.search.moves import load_rows, total_value


def value_of(compiled, rows):
    state = new_state(compiled.net, compiled.row_length, compiled.sessions, 1)
    load_rows(compiled.net, state, rows)
    assert all(refresh(compiled.net, state, s) for s in range(compiled.net.shifts))
    return total_value(compiled.net, state)


def join(compiled, pool, hint=()):
    return best_of_pool(compiled, pool, hint, seconds=2.0, seed=1, deterministic=True)


def test_best_days_of_two_plans_are_joined(tiny):
    shifts = (tiny.shift("HO1"), tiny.shift("HO2", start_place=20, end_place=20))
    problem = tiny.week(shifts=shifts, visits=tuple(tiny.visit(f"V{k}", 5 * k) for k in range(4)))
    compiled = compile_problem(problem)
    near, far = (0, (0, 1), ()), (1, (2, 3), ())
    crossed = [(0, (2,), ()), (1, (0, 1), ())]
    rows, value = join(compiled, [near, far, *crossed], crossed)
    assert set(days_of_rows(compiled, rows)) == {near, far}
    assert value == day_value(compiled.net, near) + day_value(compiled.net, far)
    assert value == value_of(compiled, rows)


def test_walks_to_the_sessions_of_an_idle_day_count(tiny):
    surgery = Session(kind="surgery", place=10, start_s=36_000, end_s=39_600)
    shifts = (tiny.shift("HO1"), tiny.shift("HO2", sessions=(surgery,)))
    compiled = compile_problem(tiny.week(shifts=shifts, visits=(tiny.visit("A"),)))
    rows, value = join(compiled, [(0, (0,), ())])
    assert value == value_of(compiled, rows)
    assert value < day_value(compiled.net, (0, (0,), ()))


def test_days_that_share_a_visit_are_not_joined(tiny):
    problem = tiny.week(
        shifts=(tiny.shift("HO1"), tiny.shift("HO2")), visits=(tiny.visit("A"), tiny.visit("B"))
    )
    compiled = compile_problem(problem)
    rows, _ = join(compiled, [(0, (0, 1), ()), (1, (0,), ()), (1, (1,), ())])
    days = days_of_rows(compiled, rows)
    assert sorted(n for _, nodes, _ in days for n in nodes) == [0, 1]


@pytest.mark.parametrize(("other", "planned"), [(36_000, True), (37_800, False)])
def test_two_officers_need_days_with_one_start(tiny, other, planned):
    pair = tiny.visit("A", two_officers=True, own_officer="HO2", own_officer_value=30_000)
    problem = tiny.week(shifts=(tiny.shift("HO1"), tiny.shift("HO2")), visits=(pair,))
    compiled = compile_problem(problem)
    pool = [(0, (0,), ((0, 36_000, 1800),)), (1, (0,), ((0, other, 1800),))]
    rows, value = join(compiled, pool)
    assert bool(days_of_rows(compiled, rows)) == planned
    assert value == value_of(compiled, rows)
    assert (value > 600_000) == planned


def test_the_skill_of_a_pair_is_held_by_one(tiny):
    officers = (VisitOfficer(officer_ref="HO1"), VisitOfficer(officer_ref="HO2"))
    pair = tiny.visit("A", two_officers=True, skill="damp")
    problem = tiny.week(
        shifts=(tiny.shift("HO1"), tiny.shift("HO2")), officers=officers, visits=(pair,)
    )
    compiled = compile_problem(problem)
    rows, _ = join(compiled, [(s, (0,), ((0, 36_000, 1800),)) for s in (0, 1)])
    assert days_of_rows(compiled, rows) == []


def test_never_less_than_the_hint(tiny):
    shifts = tuple(tiny.shift(f"HO{k}") for k in (1, 2, 3))
    visits = tuple(
        tiny.visit(f"V{k}", 1 + (7 * k) % 25, two_officers=k % 5 == 0) for k in range(25)
    )
    compiled = compile_problem(tiny.week(shifts=shifts, visits=visits))
    prices = np.full(3, 10)
    found = [anneal(compiled, None, prices, Effort(1.0, 300), seed=s) for s in (1, 2)]
    best = max(found, key=lambda f: f.value)
    rows, value = join(compiled, found[0].pool + found[1].pool, days_of_rows(compiled, best.rows))
    assert value >= best.value
    assert value == value_of(compiled, rows)


@pytest.mark.parametrize(("knockers", "planned"), [((0, 2), True), ((1, 2), False)])
def test_the_first_officer_of_a_round_for_two_is_one_of_them(tiny, knockers, planned):
    refs = ("HO1", "HO2", "HO3")
    turn = tiny.round("R", officers=refs, two_officers=True)
    problem = tiny.week(shifts=tuple(tiny.shift(ref, 3) for ref in refs), rounds=(turn,))
    compiled = compile_problem(problem)
    rows, _ = join(compiled, [(s, (0,), ((0, 36_000, 2400),)) for s in knockers])
    assert bool(days_of_rows(compiled, rows)) == planned
