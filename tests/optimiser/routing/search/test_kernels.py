"""The compiled timing against the pure one, on random days."""

import itertools

import numpy as np
import pytest

from optimiser.model import Session, TimeWindow
from optimiser.routing.arrays.tasks import BREAK, compile_problem
from optimiser.routing.days.schedule import schedule_route
from optimiser.routing.days.timing import Task
from optimiser.routing.metrics import busy_s
from optimiser.routing.search.annealing import as_rows
from optimiser.routing.search.kernels import BUSY, FIRST, SIZE, fit, new_state, refresh
from optimiser.routing.search.moves import load_rows, total_value


def random_day(tiny, seed):
    """One officer, a session now and then, seven visits with one or two windows on Monday."""
    random = np.random.default_rng(seed)
    sessions = ()
    if random.random() < 0.5:
        at = int(random.integers(10, 15)) * 3600
        place = int(random.integers(0, 20))
        sessions = (Session(kind="surgery", place=place, start_s=at, end_s=at + 5400),)
    changes = {} if random.random() < 0.8 else {"break_s": 0}
    shift = tiny.shift(sessions=sessions, busy_limit_s=int(random.integers(4, 8)) * 3600, **changes)
    visits = []
    for k in range(7):
        minutes = int(random.integers(1, 25))
        door = tiny.door(minutes, floor=int(random.integers(0, 6)), lift=bool(minutes % 2))
        starts = sorted(random.choice(np.arange(18, 33), size=2, replace=False) * 1800)
        windows = tuple(
            TimeWindow(date=tiny.monday, earliest_s=int(s), latest_s=int(s) + 2400) for s in starts
        )
        if random.random() < 0.5:
            windows = (tiny.window(),)
        service = int(random.integers(10, 60)) * 60
        visits.append(tiny.visit(f"V{k}", minutes, door=door, windows=windows, service_s=service))
    return tiny.week(shifts=(shift,), visits=tuple(visits))


def row_state(compiled, nodes):
    state = new_state(compiled.net, compiled.row_length, compiled.sessions, 1)
    load_rows(compiled.net, state, as_rows(compiled, {0: nodes}))
    return state


def with_sessions(compiled, order):
    """Every way to put the sessions among the visits, each in its own order."""
    own = list(compiled.sessions[0])
    for cuts in itertools.combinations_with_replacement(range(len(order) + 1), len(own)):
        nodes = list(order)
        for node, cut in reversed(list(zip(own, cuts, strict=True))):
            nodes.insert(cut, node)
        yield nodes


@pytest.mark.parametrize("seed", range(12))
def test_rows_are_feasible_exactly_when_the_timing_finds_a_route(tiny, seed):
    problem = random_day(tiny, seed)
    compiled = compile_problem(problem)
    random = np.random.default_rng(seed)
    for size in (1, 2, 3, 4, 5):
        order = random.permutation(7)[:size].tolist()
        route = schedule_route(problem, 0, [Task("visit", v) for v in order])
        sound = [
            bool(refresh(compiled.net, row_state(compiled, nodes), 0))
            for nodes in with_sessions(compiled, order)
        ]
        assert any(sound) == (route is not None)


@pytest.mark.parametrize("seed", range(12))
def test_fit_agrees_with_inserting_and_looking(tiny, seed):
    problem = random_day(tiny, seed)
    compiled = compile_problem(problem)
    net = compiled.net
    prices = np.zeros(1, dtype=np.int64)
    random = np.random.default_rng(seed)
    order = random.permutation(7)[:4].tolist()
    sound = []
    while not sound:  # an empty day fits, so this ends
        rows = with_sessions(compiled, order)
        sound = [n for n in rows if refresh(net, row_state(compiled, n), 0)]
        order = order if sound else order[:-1]
    state = row_state(compiled, sound[0])
    refresh(net, state, 0)
    base = total_value(net, state)
    for v in set(range(7)) - set(order):
        cost, _, at = fit(net, state, 0, v, prices)
        best = None
        for k in range(int(state.tally[0, SIZE]) - 1):
            other = row_state(compiled, [*sound[0][:k], v, *sound[0][k:]])
            if refresh(net, other, 0):
                gain = total_value(net, other) - base
                best = gain if best is None else max(best, gain)
        assert (at >= 0) == (best is not None)
        if best is not None:
            assert best == problem.visits[v].value - cost


def test_busy_seconds_and_value_are_those_of_the_timed_route(tiny):
    problem = tiny.week(visits=(tiny.visit("A", 5), tiny.visit("B", 12)))
    compiled = compile_problem(problem)
    state = row_state(compiled, [0, 1])
    assert refresh(compiled.net, state, 0)
    route = schedule_route(problem, 0, [Task("visit", 0), Task("visit", 1)])
    assert state.tally[0, BUSY] == busy_s(route)
    assert total_value(compiled.net, state) == 2 * 600_000 - 10 * 24 * 60
    assert state.task[0, FIRST] == 0
    assert compiled.net.shift[0, BREAK] == 45 * 60
