"""Whole calls of allocate_patches on small grids."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from optimiser.districting import allocate_patches
from optimiser.errors import Infeasible, InvalidProblem, NoSolutionInTime
from optimiser.model import PatchParams, PatchPlan, PatchProblem, Progress, Status
from optimiser.model.patches import COST_UNITS_PER_MINUTE

FIXED = PatchParams(iterations=0, workers=2)


def solve(problem: PatchProblem, **options) -> PatchPlan:
    plan = allocate_patches(problem, params=FIXED, **options)
    assert plan.violations == ()
    assert plan.bound <= plan.objective
    return plan


def test_one_patch_takes_everything(grid):
    plan = solve(grid(2, 3, 1))
    assert set(plan.patch_of().values()) == {"P0"}
    assert plan.status is Status.OPTIMAL


def test_one_block_a_patch(grid):
    plan = solve(grid(1, 3, 3))
    assert sorted(plan.patch_of().values()) == ["P0", "P1", "P2"]
    assert plan.objective == 0


@pytest.mark.parametrize("patches", [2, 3])
def test_optimum_of_eight_units_is_found(grid, brute_force, patches):
    problem = grid(2, 4, patches, workload=[3, 1, 4, 1, 5, 9, 2, 6], limits=(5, 20))
    best = brute_force(problem)
    plan = solve(problem)
    assert round(plan.objective * COST_UNITS_PER_MINUTE) == best.cost
    assert plan.status is Status.OPTIMAL


def test_balance_is_kept_at_the_cost_of_walking(grid):
    work = [90, 10, 10, 10, 10, 10, 10, 30]
    plan = solve(grid(1, 8, 2, workload=work, limits=(85, 95)))
    assert plan.patch_of() == {"B0": plan.patch_of()["B0"]} | {
        f"B{i}": plan.patch_of()["B1"] for i in range(1, 8)
    }


def test_balance_that_no_contiguous_plan_has_is_infeasible(grid):
    # Equal halves exist (the ends against the middle), but not as contiguous patches.
    with pytest.raises(Infeasible) as error:
        solve(grid(1, 4, 2, workload=[30, 20, 30, 40], limits=(60, 60)))
    assert "contiguous" in error.value.cause
    assert "balance" in error.value.relaxation


def test_a_unit_stays_whole(grid):
    free = grid(1, 6, 2, limits=(300, 300))
    assert len({solve(free).patch_of()[f"B{i}"] for i in (2, 3)}) == 2
    whole = grid(1, 6, 2, limits=(200, 400), unit=[0, 1, 2, 2, 3, 4])
    assert len({solve(whole).patch_of()[f"B{i}"] for i in (2, 3)}) == 1


def test_a_pin_holds(grid):
    allowed = np.ones((6, 2), dtype=bool)
    allowed[0, 0] = False
    allowed[5, 1] = False
    patch_of = solve(grid(1, 6, 2, limits=(200, 400), allowed=allowed)).patch_of()
    assert (patch_of["B0"], patch_of["B5"]) == ("P1", "P0")


def test_pins_that_contiguity_rules_out_are_infeasible(grid):
    allowed = np.ones((3, 2), dtype=bool)
    allowed[[0, 2], 1] = False
    allowed[1, 0] = False
    with pytest.raises(Infeasible):
        solve(grid(1, 3, 2, allowed=allowed))


def test_residents_keep_their_officer_when_moving_is_dear(grid):
    current = ["P1", "P1", "P1", "P0", "P0", "P0"]
    dear = grid(1, 6, 2, current=current, moved_price=10**6)
    plan = solve(dear)
    assert plan.homes_moved == 0
    assert [a.patch for a in plan.assignments] == current


def test_unequal_slots_get_their_own_sizes(grid):
    plan = solve(grid(2, 5, 2, limits=[(300, 300), (700, 700)]))
    assert [s.workload for s in plan.patches] == [3.0, 7.0]


def test_centre_is_near_its_service_centre_when_that_is_dear(grid):
    centre_cost = np.zeros((1, 5))
    centre_cost[0] = [0, 10**7, 10**7, 10**7, 10**7]
    plan = solve(grid(1, 5, 1, centre_cost=centre_cost))
    assert plan.patches[0].centre_block == "B0"


def test_an_estate_too_large_lies_in_as_few_patches_as_it_can(grid):
    estate = ["Mozart"] * 6 + [None] * 6
    plan = solve(grid(2, 6, 4, limits=(300, 300), estate=estate))
    assert plan.split_estates == {"Mozart": 2}


def test_an_executor_changes_nothing(grid):
    problem = grid(4, 5, 3, limits=(500, 800))
    with ThreadPoolExecutor(1) as executor:
        other = allocate_patches(problem, executor=executor, params=FIXED)
    assert other.assignments == solve(problem).assignments


def test_progress_never_gets_worse_and_ends_with_the_plan(grid):
    told: list[Progress] = []
    plan = allocate_patches(
        grid(5, 6, 4, limits=(600, 900)), time_limit_s=1.0, progress=told.append
    )
    costs = [item.objective for item in told]
    assert costs == sorted(costs, reverse=True)
    assert told[-1].objective == pytest.approx(plan.objective)


def test_out_of_time_is_not_infeasible(grid):
    # Too large to be solved exactly, and no division is as even as asked.
    work = np.random.default_rng(1).integers(10**6, 2 * 10**6, 196).tolist()
    share = sum(work) // 14
    problem = grid(14, 14, 14, workload=work, limits=(share, share + 1))
    with pytest.raises(NoSolutionInTime, match=r"the nearest breaks \d+ rules? \(P\d+: workload"):
        allocate_patches(problem, time_limit_s=1.0)


def test_blocks_that_no_edge_joins_are_named(grid):
    problem = grid(1, 4, 2)
    apart = problem.model_copy(update={"edges": problem.edges[[0, 2]]})
    with pytest.raises(InvalidProblem, match="B2"):
        solve(apart)
