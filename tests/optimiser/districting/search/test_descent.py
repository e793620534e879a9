"""Single units settled: still valid, never dearer, and no unit left that could go back."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from patch_brute_force import plan_price
from patch_problems import planted_problem

from optimiser.districting.search.descent import settle_units
from optimiser.districting.units.instance import build_instance
from optimiser.model import PatchProblem


def worth(problem: PatchProblem, slot_of) -> tuple[int, int] | None:
    """Return a plan's cost and homes moved, None where it is not valid."""
    price = plan_price(problem, slot_of)
    moved = int(problem.moved_homes[np.arange(len(slot_of)), slot_of].sum())
    return None if price is None else (price, moved)


@settings(max_examples=25, deadline=None)
@given(st.integers(8, 14), st.integers(2, 4), st.integers(0, 10**6), st.booleans())
def test_no_unit_is_left_that_could_go_elsewhere(n, patches, seed, further):
    planted = planted_problem(n, patches, seed, further_rules=further)
    problem, instance = planted.problem, build_instance(planted.problem)
    part = np.zeros(instance.units, dtype=np.int64)
    part[instance.unit_of] = planted.slot_of
    slot_of = settle_units(instance, part)[instance.unit_of]
    settled = worth(problem, slot_of)
    assert settled is not None
    assert settled <= worth(problem, planted.slot_of)
    for unit in range(instance.units):
        for k in range(patches):
            other = worth(problem, np.where(instance.unit_of == unit, k, slot_of))
            assert other is None or other >= settled


def test_a_block_with_work_goes_where_the_walk_is_shorter(grid):
    problem = grid(1, 6, 2, limits=(100, 500))
    assert settle_units(build_instance(problem), np.array([0, 1, 1, 1, 1, 1])).tolist() == [
        0, 0, 0, 1, 1, 1,
    ]  # fmt: skip


def test_a_block_that_costs_the_same_goes_back(grid):
    problem = grid(1, 5, 2, current=["P0", "P0", "P0", "P1", "P1"], limits=(200, 300))
    assert settle_units(build_instance(problem), np.array([0, 0, 1, 1, 1])).tolist() == [
        0, 0, 0, 1, 1,
    ]  # fmt: skip


def test_bans_hold_where_no_block_has_work(grid):
    allowed = np.ones((4, 2), dtype=bool)
    allowed[2, 0] = False
    problem = grid(1, 4, 2, workload=[0] * 4, current=["P0"] * 4, moved_price=9, allowed=allowed)
    assert settle_units(build_instance(problem), np.array([0, 1, 1, 1])).tolist() == [0, 0, 1, 1]
