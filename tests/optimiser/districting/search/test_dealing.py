"""Dealt starts: contiguous, every slot used, and better to go on from than trees alone."""

from __future__ import annotations

import numpy as np
import pytest

from optimiser.districting.search.annealing import total_violation
from optimiser.districting.search.construction import tree_start
from optimiser.districting.search.dealing import dealt_start
from optimiser.districting.search.state import new_state
from optimiser.districting.units.instance import build_instance, connected_pieces


@pytest.fixture
def town(grid):
    """A 12 x 12 grid of equal blocks in nine patches of 16 blocks, give or take one."""
    return build_instance(
        grid(12, 12, 9, limits=(1500, 1700), current=[f"P{i // 48}" for i in range(144)])
    )


@pytest.mark.parametrize("current", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_a_dealt_start_is_contiguous_and_uses_every_slot(town, seed, current):
    part = dealt_start(town, np.random.default_rng(seed), current=current)
    assert np.unique(part).tolist() == list(range(9))
    for k in range(9):
        assert len(connected_pieces(town.arrays, np.flatnonzero(part == k))) == 1


def test_dealing_costs_less_walking_than_the_trees_it_began_with(town):
    a = town.arrays
    rng = np.random.default_rng(5)
    trees = [new_state(a, tree_start(town, rng)).patch_cost.sum() for _ in range(5)]
    assert new_state(a, dealt_start(town, rng, current=False)).patch_cost.sum() < min(trees)


def test_limits_are_all_but_kept_where_units_are_small(town):
    part = dealt_start(town, np.random.default_rng(2), current=False)
    a = town.arrays
    assert total_violation(a, new_state(a, part)) < 0.1 * a.weight.sum()


def test_the_same_random_numbers_give_the_same_start(town):
    one, two = (dealt_start(town, np.random.default_rng(3), current=True) for _ in range(2))
    assert np.array_equal(one, two)


def test_as_many_patches_as_blocks(grid):
    town = build_instance(grid(2, 3, 6, limits=(100, 100)))
    part = dealt_start(town, np.random.default_rng(0), current=True)
    assert sorted(part.tolist()) == list(range(6))


def test_banned_slots_and_blocks_without_work_are_dealt_too(grid):
    allowed = np.ones((16, 2), dtype=bool)
    allowed[:4, 1] = False
    problem = grid(4, 4, 2, workload=[0] * 4 + [100] * 12, limits=(500, 700), allowed=allowed)
    part = dealt_start(build_instance(problem), np.random.default_rng(0), current=True)
    assert set(part.tolist()) == {0, 1}
    assert (part[:4] == 0).all()
