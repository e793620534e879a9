"""The search in phases: reproducible, never below where it starts, told when to stop."""

import numpy as np
import pytest

from optimiser.routing.arrays.tasks import NODE_OF, TASK, TWO, compile_problem
from optimiser.routing.search.annealing import Effort, anneal, days_of_rows, first_heats, last_heats
from optimiser.routing.search.phases import search_routes


@pytest.fixture
def week(tiny):
    """Two officers on a Thursday, too many visits for them, two of these for both; rounds."""
    shifts = (tiny.shift("HO1", 3), tiny.shift("HO2", 3, start_place=20, end_place=20))
    visits = tuple(
        tiny.visit(f"V{k}", 1 + (7 * k) % 29, two_officers=k % 9 == 0, value=300_000 + 40_000 * k)
        for k in range(18)
    )
    rounds = (tiny.round("R"), tiny.round("S", 9, officers=("HO1", "HO2"), two_officers=True))
    return compile_problem(tiny.week(shifts=shifts, visits=visits, rounds=rounds))


def run(week, iterations=300, **options):
    prices = np.full(2, 20, dtype=np.int64)
    return search_routes(week, prices, seconds=1.0, iterations=iterations, **options)


def test_same_seed_iterations_and_workers_give_the_same_routes(week):
    first, second = (run(week, workers=2, seed=5) for _ in range(2))
    assert np.array_equal(first.rows, second.rows)
    assert first.pool == second.pool


def test_never_worse_than_a_first_plan(week):
    first = anneal(week, None, np.full(2, 20), Effort(0.0, 400), seed=3)
    assert run(week, 0, firsts=(first.rows,)).value >= first.value
    assert run(week, 200, firsts=(None, first.rows)).value >= first.value


def test_the_best_plan_is_among_the_days_met(week):
    found = run(week, workers=1)
    assert set(days_of_rows(week, found.rows)) <= set(found.pool)


def test_stop_ends_the_search_and_leaves_a_plan(week):
    found = run(week, 10**9, workers=1, stop=lambda: True)
    assert found.value > 0


def test_columns_found_elsewhere_are_joined(week):
    rich = run(week, 2_000)
    alone = [day for day in rich.pool if not week.net.node[list(day[1]), TWO].any()]
    poor = run(week, 0, columns=lambda: [(s, nodes) for s, nodes, _ in alone])
    assert poor.value >= run(week, 0).value
    assert set(days_of_rows(week, poor.rows)) <= set(poor.pool) | set(alone)


def test_rounds_for_two_are_marked_like_visits_for_two(week):
    net = week.net
    two = net.node[net.trait[:, NODE_OF]][:, [TASK, TWO]]
    assert two[two[:, 1] == 1][:, 0].tolist() == [0, 9, 19]


class TestHeats:
    """A point of a request is far more than a door to knock or the own officer."""

    def week(self, tiny, **visit):
        visits = tuple(tiny.visit(f"V{k}", 1 + 5 * k, value=600_000, **visit) for k in range(4))
        return compile_problem(tiny.week(shifts=(tiny.shift("HO1", 3),), visits=visits))

    def test_all_worth_the_same_is_settled_at_once(self, tiny):
        assert last_heats(self.week(tiny)) is None

    def test_the_own_officer_is_settled_last(self, tiny):
        compiled = self.week(tiny, own_officer="HO1", own_officer_value=3_000)
        hot, cold = last_heats(compiled)
        assert cold < hot <= 3_000
        assert hot < first_heats(compiled)[0]
        # A whole number would have the search compiled once more.
        assert {type(heat) for heat in (hot, cold, *first_heats(compiled))} == {float}

    def test_what_counts_like_a_request_is_no_lesser_tier(self, tiny):
        assert last_heats(self.week(tiny, own_officer="HO1", own_officer_value=500_000)) is None

    def test_nothing_to_gain(self, tiny):
        compiled = compile_problem(tiny.week(shifts=(tiny.shift("HO1", 3),), visits=()))
        assert first_heats(compiled) == (1.0, 1.0)
        assert last_heats(compiled) is None
