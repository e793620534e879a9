"""Contradictions are proven before search, and named with their numbers."""

from __future__ import annotations

import numpy as np
import pytest

from optimiser.districting.impossible.diagnosis import require_possible, rules_left_broken
from optimiser.districting.units.instance import build_instance
from optimiser.errors import Infeasible


def cause_of(problem) -> Infeasible:
    with pytest.raises(Infeasible) as error:
        require_possible(build_instance(problem))
    return error.value


def test_a_possible_problem_passes(grid):
    require_possible(build_instance(grid(2, 3, 2, limits=(200, 400))))


def test_estate_heavier_than_every_patch_may_be(grid):
    problem = grid(1, 4, 2, unit=[0, 0, 0, 1], estate=["Mozart"] * 3 + [None], limits=(100, 250))
    error = cause_of(problem)
    assert "Mozart alone is 20.0 % above the limit" in error.cause
    assert "split it, or raise the balance to 50 %" in error.relaxation


def test_too_much_work_for_all_patches_together(grid):
    error = cause_of(grid(1, 4, 2, limits=(0, 150)))
    assert "4.0 points" in error.cause
    assert "3.0 points" in error.cause
    assert "33.3 %" in error.relaxation


def test_too_little_work_for_all_lower_limits(grid):
    assert "lower limits" in cause_of(grid(1, 4, 2, limits=(300, 400))).cause


def test_more_patches_than_units(grid):
    assert "3 patches, but only 2 groups" in cause_of(grid(1, 3, 3, unit=[0, 0, 1])).cause


def test_a_block_allowed_nowhere(grid):
    allowed = np.ones((3, 2), dtype=bool)
    allowed[1] = False
    assert "block B1 may go to no patch" in cause_of(grid(1, 3, 2, allowed=allowed)).cause


def test_a_patch_that_cannot_be_filled(grid):
    allowed = np.ones((4, 2), dtype=bool)
    allowed[1:, 1] = False
    error = cause_of(grid(1, 4, 2, allowed=allowed, limits=(200, 300)))
    assert "patch P1 needs 2.0 points" in error.cause


def test_a_patch_pinned_too_full(grid):
    allowed = np.ones((4, 2), dtype=bool)
    allowed[:3, 1] = False
    error = cause_of(grid(1, 4, 2, allowed=allowed, limits=(100, 250)))
    assert "only patch P0 may take are 3.0 points" in error.cause


def test_limits_that_cross(grid):
    assert "patch P0" in cause_of(grid(1, 2, 1, limits=(300, 200))).cause


def test_what_the_nearest_partition_breaks_is_told(grid):
    allowed = np.ones((4, 2), dtype=bool)
    allowed[3, 1] = False
    instance = build_instance(grid(1, 4, 2, allowed=allowed, limits=(100, 300)))
    near = rules_left_broken(instance, np.array([0, 0, 1, 1]))
    assert near == "the nearest breaks 1 rule (B3: it may not be in patch P1); "
    assert rules_left_broken(instance, np.array([1, 1, 0, 0])) == ""
    assert rules_left_broken(instance, None) == ""
