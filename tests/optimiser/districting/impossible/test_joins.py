"""Blocks bound to a patch must hang together in what the patch may take; no plan is ruled out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patch_brute_force import cheapest
from patch_problems import connected_edges, planted_problem, random_problem

from optimiser.districting.impossible.joins import require_joined
from optimiser.districting.units.instance import build_instance
from optimiser.errors import Infeasible
from optimiser.model import PatchProblem


def cause_of(problem: PatchProblem) -> str:
    with pytest.raises(Infeasible) as error:
        require_joined(build_instance(problem))
    return error.value.cause


def row(*places: str) -> np.ndarray:
    """Return which of the patches each block may go to: row("01", "0") for two blocks."""
    return np.array([[str(k) in place for k in range(3)] for place in places])


def test_without_bans_all_hangs_together(grid):
    require_joined(build_instance(grid(1, 3, 2)))


def test_two_blocks_bound_to_a_patch_with_others_between(grid):
    allowed = row("0", "12", "0", "12", "12")
    cause = cause_of(grid(1, 5, 3, allowed=allowed))
    assert cause.startswith("block B0 and block B2 can only be in patch P0, and no way on foot")


def test_they_may_be_joined_by_what_the_patch_may_take(grid):
    allowed = row("0", "01", "0", "12", "12")
    require_joined(build_instance(grid(1, 5, 3, allowed=allowed)))


def test_a_block_pinned_to_a_patch_that_may_take_nothing_beside_it(grid):
    allowed = row("012", "012", "12", "0", "12")
    cause = cause_of(grid(1, 5, 3, allowed=allowed, limits=(150, 300)))
    assert "block B3 can only be in patch P0, and is cut off from what else" in cause
    assert "comes to 1.0 points, below its lower limit of 1.5 points" in cause


def test_a_patch_that_may_take_enough_only_in_pieces(grid):
    allowed = row("02", "12", "02", "12", "02")
    cause = cause_of(grid(1, 5, 3, allowed=allowed, limits=(150, 300)))
    assert cause.startswith("no blocks in one piece that patch P0 may take come to more than 1.0")


def test_one_cut_leads_to_the_next(grid):
    # P0 is bound to the left, so that B3 is left to P1, which lies beyond P2's B4.
    allowed = row("0", "012", "12", "01", "2", "12", "1")
    cause = cause_of(grid(1, 7, 3, allowed=allowed))
    assert cause.startswith("block B3 and block B6 can only be in patch P1")


def test_a_way_between_that_is_too_much(grid):
    allowed = row("0", "01", "0", "12", "12")
    cause = cause_of(grid(1, 5, 3, allowed=allowed, limits=(0, 250)))
    assert "the least that joins them brings it to 3.0 points, above its limit of 2.5" in cause


def narrowed(problem: PatchProblem, seed: int) -> PatchProblem:
    """Return the problem with many pins and bans."""
    rng = np.random.default_rng(seed)
    allowed = rng.random(problem.allowed.shape) > 0.2
    pinned = rng.random(len(allowed)) < 0.3
    only = rng.integers(allowed.shape[1], size=len(allowed))
    allowed[pinned] = only[pinned, None] == np.arange(allowed.shape[1])
    return problem.model_copy(update={"allowed": allowed})


@settings(max_examples=60, deadline=None)
@given(st.integers(4, 8), st.integers(2, 3), st.integers(0, 10**6))
def test_what_is_refused_has_no_plan_by_brute_force(n, patches, seed):
    edges = connected_edges(np.random.default_rng(seed), n, further=0.5)
    problem = narrowed(random_problem(edges, n, patches, seed), seed)
    try:
        require_joined(build_instance(problem))
    except Infeasible:
        assert cheapest(problem).cost is None


@settings(max_examples=40, deadline=None)
@given(st.integers(20, 60), st.integers(2, 8), st.integers(0, 10**6))
def test_a_planted_plan_is_never_ruled_out(n, patches, seed):
    planted = planted_problem(n, patches, seed)
    rng = np.random.default_rng(seed)
    allowed = np.array(planted.problem.allowed)
    pinned = rng.random(n) < 0.4
    allowed[pinned] = planted.slot_of[pinned, None] == np.arange(patches)
    require_joined(build_instance(planted.problem.model_copy(update={"allowed": allowed})))
