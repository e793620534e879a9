"""Starts and annealing: contiguous throughout, and figures that add up."""

from __future__ import annotations

import numpy as np
import pytest

from optimiser.districting.metrics import best_centres, plan_cost
from optimiser.districting.search.annealing import anneal, penalised_cost, total_violation
from optimiser.districting.search.construction import current_start, relabel, tree_start
from optimiser.districting.search.state import new_state
from optimiser.districting.units.instance import build_instance


def contiguous(instance, part) -> bool:
    a = instance.arrays
    for k in np.unique(part):
        left = set(np.flatnonzero(part == k).tolist())
        front = {min(left)}
        while front:
            left -= front
            front = {int(v) for u in front for v in a.nbr[a.nbr_start[u] : a.nbr_start[u + 1]]}
            front &= left
        if left:
            return False
    return True


@pytest.fixture
def town(grid):
    """A 9 x 10 grid in six patches, four of them today's, a few blocks stray."""
    rng = np.random.default_rng(0)
    current = [f"P{(i % 10) // 3}" if rng.uniform() > 0.1 else "P2" for i in range(90)]
    work = rng.integers(10, 200, 90).tolist()
    share = sum(work) // 6
    allowed = rng.uniform(size=(90, 6)) > 0.05
    allowed[:, 0] = True
    return build_instance(
        grid(
            9,
            10,
            6,
            workload=work,
            current=current,
            moved_price=50_000,
            limits=(int(share * 0.9), int(share * 1.1)),
            allowed=allowed,
        )
    )


@pytest.mark.parametrize("seed", range(5))
def test_starts_are_contiguous_and_use_every_slot(town, seed):
    rng = np.random.default_rng(seed)
    for part in (tree_start(town, rng), current_start(town, rng)):
        assert sorted(set(part.tolist())) == list(range(6))
        assert contiguous(town, part)


def test_start_keeps_most_homes_where_they_are(town):
    rng = np.random.default_rng(1)
    everywhere = np.ones_like(town.problem.allowed)
    town = build_instance(town.problem.model_copy(update={"allowed": everywhere}))
    a = town.arrays
    units = np.arange(town.units)
    kept = a.move[units, current_start(town, rng)].sum()
    assert kept < 0.7 * np.mean([a.move[units, tree_start(town, rng)].sum() for _ in range(5)])


def test_no_current_patches_no_current_start(grid):
    assert current_start(build_instance(grid(2, 3, 2)), np.random.default_rng(0)) is None


def test_annealing_finds_a_valid_partition_and_prices_it_right(town):
    start = tree_start(town, np.random.default_rng(2))
    a = town.arrays
    cost = penalised_cost(a, start)
    found = anneal(a, start, steps=60_000, hot=cost / 90, cold=cost / 9000, price=500.0, seed=4)
    assert found.best is not None
    for part in (found.best, found.last):
        assert contiguous(town, part)
    state = new_state(a, found.best)
    assert total_violation(a, state) == 0
    assert penalised_cost(a, state.part) == found.best_cost < cost
    slot_of = found.best[town.unit_of]
    assert sum(plan_cost(town.problem, slot_of, best_centres(town.problem, slot_of))) == (
        found.best_cost
    )


def test_annealing_repeats_itself(town):
    start = tree_start(town, np.random.default_rng(2))
    runs = [
        anneal(town.arrays, start, steps=5_000, hot=1e5, cold=1e3, price=10.0, seed=7)
        for _ in range(2)
    ]
    assert np.array_equal(runs[0].last, runs[1].last)


def test_relabelling_hands_out_slots_at_least_cost(grid):
    instance = build_instance(grid(1, 4, 2, current=["P1", "P1", "P0", "P0"], moved_price=1000))
    assert relabel(instance.arrays, np.array([0, 0, 1, 1])).tolist() == [1, 1, 0, 0]
