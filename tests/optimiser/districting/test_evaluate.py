"""A given assignment: its figures, what it breaks, and how far from the best it may be."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from patch_brute_force import Best, plan_price

from optimiser.districting import evaluate_patches
from optimiser.errors import InvalidProblem
from optimiser.model import PatchProblem
from optimiser.model.patches import COST_UNITS_PER_MINUTE

HALVES = {"B0": "P0", "B1": "P0", "B2": "P0", "B3": "P1", "B4": "P1", "B5": "P1"}
MakeGrid = Callable[..., PatchProblem]


@pytest.fixture
def rows(grid: MakeGrid) -> PatchProblem:
    """Two rows of three blocks of 100; a patch may hold 200 to 400."""
    return grid(2, 3, 2, limits=(200, 400), current=["P0"] * 6, moved_price=5)


def rules(problem: PatchProblem, patch_of: dict[str, str]) -> set[tuple[str, str]]:
    plan = evaluate_patches(problem, patch_of, time_limit_s=0)
    return {(v.rule, v.subject) for v in plan.violations}


def test_a_valid_assignment_has_figures_and_a_bound(
    rows: PatchProblem, brute_force: Callable[[PatchProblem], Best]
) -> None:
    plan = evaluate_patches(rows, HALVES, time_limit_s=None)
    cost = plan_price(rows, [0, 0, 0, 1, 1, 1])
    best = brute_force(rows).cost
    assert cost is not None
    assert best is not None
    assert plan.violations == ()
    assert plan.patch_of() == HALVES
    assert plan.objective * COST_UNITS_PER_MINUTE == pytest.approx(cost)
    assert plan.homes_moved == 30
    assert 0 < plan.bound * COST_UNITS_PER_MINUTE <= best * (1 + 1e-9)


def test_a_plan_evaluates_to_itself(rows: PatchProblem) -> None:
    plan = evaluate_patches(rows, HALVES, time_limit_s=0)
    again = evaluate_patches(rows, plan, time_limit_s=0)
    assert again.assignments == plan.assignments
    assert again.objective == plan.objective


def test_what_is_broken_is_named_and_no_bound_is_shown(rows: PatchProblem) -> None:
    heavy = HALVES | {"B4": "P0", "B5": "P0"}
    plan = evaluate_patches(rows, heavy)
    assert {(v.rule, v.subject) for v in plan.violations} == {
        ("workload", "P0"),
        ("workload", "P1"),
    }
    assert plan.bound == 0
    assert plan.gap == 1
    assert plan.status.value == "feasible"
    assert rules(rows, HALVES | {"B0": "P1", "B5": "P0"}) == set()
    assert ("contiguity", "P0") in rules(rows, HALVES | {"B1": "P1"})


def test_an_estate_kept_whole_and_a_ban(grid: MakeGrid) -> None:
    allowed = np.ones((6, 2), dtype=bool)
    allowed[3, 1] = False
    problem = grid(2, 3, 2, unit=[0, 1, 2, 0, 3, 4], estate=["Oak", *"123", "4", "5"][:6],
                   allowed=allowed)  # fmt: skip
    assert rules(problem, HALVES) == {("unit_together", "Oak"), ("allowed", "B3")}


def test_a_patch_without_a_block_is_named_beside_the_rest(rows: PatchProblem) -> None:
    plan = evaluate_patches(rows, dict.fromkeys(HALVES, "P0"))
    assert {(v.rule, v.subject) for v in plan.violations} == {
        ("patch_empty", "P1"),
        ("workload", "P0"),
    }
    assert [s.patch for s in plan.patches] == ["P0"]
    assert plan.objective > 0


@pytest.mark.parametrize(
    ("patch_of", "message"),
    [
        ({"B0": "P0"}, "no patch is given for block B1, B2, B3, B4, B5"),
        (HALVES | {"X": "P0"}, "no block X"),
        (HALVES | {"B0": "P9"}, "no patch P9"),
    ],
)
def test_an_assignment_of_another_problem(
    rows: PatchProblem, patch_of: dict[str, str], message: str
) -> None:
    with pytest.raises(InvalidProblem, match=message):
        evaluate_patches(rows, patch_of)


def test_every_assignment_is_judged_as_by_brute_force(grid: MakeGrid) -> None:
    problem = grid(2, 3, 2, workload=[100, 50, 70, 100, 80, 100], limits=(150, 350),
                   unit=[0, 0, 1, 2, 3, 4], current=["P0", "P1"] * 3, moved_price=7)  # fmt: skip
    for slots in product(range(2), repeat=6):
        patch_of = {f"B{i}": f"P{k}" for i, k in enumerate(slots)}
        plan = evaluate_patches(problem, patch_of, time_limit_s=0)
        cost = plan_price(problem, slots)
        assert (plan.violations == ()) == (cost is not None)
        if cost is not None:
            assert plan.objective * COST_UNITS_PER_MINUTE == pytest.approx(cost)
