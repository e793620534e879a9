"""Whether a division exists is decided exactly, and what rules it out is named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimiser.districting.impossible.causes import explain_impossible
from optimiser.districting.impossible.feasibility import Answer, divide
from optimiser.districting.units.instance import build_instance, connected_pieces
from optimiser.model import PatchProblem


def decide(problem: PatchProblem) -> Answer:
    """Divide, and check any division against the rules."""
    a = build_instance(problem).arrays
    found = divide(a, seconds_left=None)
    if found.part is not None:
        load = np.bincount(found.part, weights=a.weight, minlength=a.lower.size)
        assert (load >= a.lower).all()
        assert (load <= a.upper).all()
        assert not a.banned[np.arange(found.part.size), found.part].any()
        for k in range(a.lower.size):
            assert len(connected_pieces(a, np.flatnonzero(found.part == k))) == 1
    return found.answer


def cause_of(problem: PatchProblem) -> tuple[str, str]:
    error = explain_impossible(build_instance(problem), None, None)
    return error.cause, error.relaxation


def test_a_division_is_found(grid):
    assert decide(grid(2, 4, 2, limits=(400, 400))) is Answer.POSSIBLE


def test_halves_that_only_blocks_apart_would_make_are_impossible(grid):
    problem = grid(1, 4, 2, workload=[30, 20, 30, 40], limits=(60, 60))
    assert decide(problem) is Answer.IMPOSSIBLE
    apart = divide(build_instance(problem).arrays, contiguous=(), seconds_left=None)
    assert apart.answer is Answer.POSSIBLE


@st.composite
def eight_units(draw):
    """Return 2 x 4 units, some with limits around a plan, so that both answers are common."""
    patches = draw(st.integers(1, 4))
    work = draw(st.lists(st.integers(0, 12), min_size=8, max_size=8))
    slot_of = draw(st.lists(st.integers(0, patches - 1), min_size=8, max_size=8))
    load = np.bincount(slot_of, weights=work, minlength=patches).astype(int).tolist()
    slack = draw(st.integers(0, 3))
    if draw(st.booleans()):
        load = [int(sum(work) / patches)] * patches
    limits = [(max(0, x - slack), x + slack) for x in load]
    allowed = np.ones((8, patches), dtype=bool)
    if draw(st.booleans()):
        banned = draw(st.lists(st.booleans(), min_size=8 * patches, max_size=8 * patches))
        allowed = ~np.array(banned).reshape(8, patches)
    return patches, work, limits, allowed


@settings(max_examples=25, deadline=None)
@given(eight_units())
def test_the_answer_is_that_of_brute_force(grid, brute_force, case):
    patches, work, limits, allowed = case
    problem = grid(2, 4, patches, workload=work, limits=limits, allowed=allowed)
    plan = brute_force(problem).cost
    assert decide(problem) is (Answer.IMPOSSIBLE if plan is None else Answer.POSSIBLE)


def test_the_unit_that_fits_into_no_patch_is_named(grid):
    problem = grid(1, 5, 2, workload=[20, 60, 90, 60, 20], limits=(110, 140))
    cause, relaxation = cause_of(problem)
    assert "block B2 (0.9 points) fits into no contiguous patch" in cause
    assert relaxation == "raise the balance to 36.0 %, where a plan exists (up to 35.9 % none does)"


def test_workloads_that_no_division_balances_are_said_to_be_so(grid):
    cause, _ = cause_of(grid(2, 2, 2, workload=[70, 70, 70, 10], limits=(100, 120)))
    assert "not even of blocks far apart" in cause


@pytest.mark.parametrize("broken", [[0, 0, 1, 0], [0, 0, 1, 1]])
def test_a_division_in_pieces_is_no_relaxation(grid, broken):
    problem = grid(1, 4, 2, workload=[30, 20, 30, 40], limits=(60, 60))
    error = explain_impossible(build_instance(problem), np.array(broken), None)
    assert "raise the balance to 16.7 %, where a plan exists" in error.relaxation


def test_where_no_balance_helps_the_other_rules_are_to_blame(grid):
    allowed = np.ones((3, 2), dtype=bool)
    allowed[[0, 2], 1] = False
    allowed[1, 0] = False
    _, relaxation = cause_of(grid(1, 3, 2, allowed=allowed, limits=(50, 250)))
    assert relaxation.startswith("remove pins or bans")


def test_a_locked_patch_says_nothing_about_the_balance(grid):
    allowed = np.array([[True, True, False]] * 4 + [[False, False, True]])
    limits = [(54, 66), (54, 66), (25, 25)]
    problem = grid(1, 5, 3, workload=[30, 20, 30, 40, 25], limits=limits, allowed=allowed)
    slots = [s.model_copy(update={"target": (s.lower + s.upper) // 2}) for s in problem.slots]
    problem = problem.model_copy(update={"slots": tuple(slots), "locked": ("P2",)})
    error = explain_impossible(build_instance(problem), None, lambda: 0.0)
    assert error.relaxation == "raise the balance far enough: up to 10.0 % none does"
