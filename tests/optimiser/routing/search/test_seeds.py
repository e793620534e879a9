"""First plans by the routing solver: they keep every rule of a row."""

import numpy as np

from optimiser.model import Session
from optimiser.routing.arrays.tasks import compile_problem
from optimiser.routing.search.kernels import FIRST, NODE, new_state, refresh
from optimiser.routing.search.moves import load_rows, total_value
from optimiser.routing.search.seeds import seed_rows


def state_of(compiled, rows):
    state = new_state(compiled.net, compiled.row_length, compiled.sessions, 1)
    load_rows(compiled.net, state, rows)
    return state


def test_plain_week_is_planned_whole_over_its_days(tiny):
    visits = tuple(
        tiny.visit(f"V{k}", 3 + 4 * k, windows=(tiny.window(k % 5, 9 + k % 3, 12 + k % 3),))
        for k in range(10)
    )
    problem = tiny.week(shifts=tuple(tiny.shift(day=d) for d in range(5)), visits=visits)
    compiled = compile_problem(problem)
    state = state_of(compiled, seed_rows(compiled, seconds=None))
    assert all(refresh(compiled.net, state, s) for s in range(5))
    assert (state.task[:, FIRST] >= 0).all()


def test_sessions_breaks_and_limits_hold_where_not_all_fits(tiny):
    surgery = Session(kind="surgery", place=10, start_s=10 * 3600, end_s=13 * 3600)
    shifts = (tiny.shift(sessions=(surgery,), busy_limit_s=6 * 3600), tiny.shift(day=1))
    visits = tuple(tiny.visit(f"V{k}", 2 * k + 1) for k in range(25))
    compiled = compile_problem(tiny.week(shifts=shifts, visits=visits))
    rows = seed_rows(compiled, seconds=None)
    state = state_of(compiled, rows)
    assert all(refresh(compiled.net, state, s) for s in range(2))
    planned = int((state.task[:, FIRST] >= 0).sum())
    assert 8 <= planned < 25
    assert compiled.sessions[0][0] in rows[0, :, NODE]


def test_an_option_of_each_round_at_most(tiny):
    rounds = tuple(tiny.round(f"R{k}", 3 + k) for k in range(4))
    compiled = compile_problem(tiny.week(shifts=(tiny.shift(day=3),), rounds=rounds))
    rows = seed_rows(compiled, seconds=None)
    used = rows[0, :, NODE]
    for first in range(0, 8, 2):
        assert np.isin([first, first + 1], used[1:9]).sum() <= 1
    state = state_of(compiled, rows)
    assert refresh(compiled.net, state, 0)
    assert total_value(compiled.net, state) > 0


def test_two_officer_visits_are_left_to_the_search(tiny):
    problem = tiny.week(
        shifts=(tiny.shift("HO1"), tiny.shift("HO2")), visits=(tiny.visit("A", two_officers=True),)
    )
    compiled = compile_problem(problem)
    state = state_of(compiled, seed_rows(compiled, seconds=None))
    assert state.task[0, FIRST] == -1
