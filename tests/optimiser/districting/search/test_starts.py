"""Searches that begin from a known plan."""

from __future__ import annotations

import numpy as np
import pytest

from optimiser.districting import allocate_patches
from optimiser.districting.search.starts import incumbent_from
from optimiser.districting.units.instance import build_instance
from optimiser.model import PatchParams

FIXED = PatchParams(iterations=0, workers=1)
HALVES = {"B0": "P0", "B1": "P0", "B2": "P1", "B3": "P1"}


def test_valid_start_is_the_first_incumbent_at_its_own_cost(grid):
    problem = grid(1, 4, 2, current=["P0", "P1", "P1", "P1"], moved_price=7)
    found = incumbent_from(build_instance(problem), HALVES)
    assert found.part.tolist() == [0, 0, 1, 1]
    assert found.cost == 100 * 100 * 2 + 10 * 7  # two blocks walked to; one block's homes moved


@pytest.mark.parametrize(
    ("change", "limits"),
    [
        ({}, (150, 190)),  # each half is 200
        ({"B0": "P1", "B1": "P1"}, (0, 400)),  # leaves P0 empty
        ({"B1": "P1", "B2": "P0"}, (0, 400)),  # not contiguous
        ({"B3": "P7"}, (0, 400)),  # no such patch
    ],
)
def test_start_that_breaks_a_rule_is_passed_over(grid, change, limits):
    problem = grid(1, 4, 2, limits=limits)
    assert incumbent_from(build_instance(problem), HALVES | change).part is None


def test_start_that_splits_a_unit_or_misses_a_block_is_passed_over(grid):
    together = grid(1, 4, 2, unit=[0, 1, 1, 2])
    assert incumbent_from(build_instance(together), HALVES).part is None
    partly = {"B0": "P0", "B1": "P0", "B2": "P1"}
    assert incumbent_from(build_instance(grid(1, 4, 2)), partly).part is None


def test_plan_found_is_never_worse_than_its_start(grid):
    rng = np.random.default_rng(5)
    problem = grid(3, 4, 2, workload=rng.integers(50, 150, 12).tolist(), limits=(400, 800))
    good = allocate_patches(problem, params=PatchParams(iterations=1, workers=1))
    again = allocate_patches(problem, params=FIXED, seed=9, start=good)
    assert again.violations == ()
    assert again.objective <= good.objective
    from_mapping = allocate_patches(problem, params=FIXED, seed=9, start=good.patch_of())
    assert from_mapping.patch_of() == again.patch_of()
