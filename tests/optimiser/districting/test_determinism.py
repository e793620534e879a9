"""The same seed and iteration limit give the same plan, wherever and however it is solved."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from patch_problems import planted_problem

from optimiser.districting import allocate_patches
from optimiser.model import PatchParams, PatchPlan

SUPPORT = Path(__file__).parents[2] / "support"

PRINT_A_PLAN = """
from patch_problems import planted_problem
from optimiser.districting import allocate_patches
from optimiser.model import PatchParams
problem = planted_problem(30, 4, seed=2).problem
plan = allocate_patches(problem, seed=3, params=PatchParams(iterations=2, workers=1))
print(plan.model_copy(update={"seconds": 0.0}).model_dump_json())
"""


def plan_with(workers: int, *, time_limit_s: float = 60.0) -> PatchPlan:
    problem = planted_problem(30, 4, seed=2).problem
    params = PatchParams(iterations=2, workers=workers)
    plan = allocate_patches(problem, seed=3, params=params, time_limit_s=time_limit_s)
    return plan.model_copy(update={"seconds": 0.0})


@pytest.fixture(scope="module")
def plan() -> PatchPlan:
    """One call with one worker."""
    return plan_with(1)


def test_a_second_call_gives_the_same_plan(plan):
    assert plan_with(1) == plan


def test_two_workers_give_the_same_plan(plan):
    assert plan_with(2) == plan


def test_the_clock_changes_nothing(plan):
    assert plan_with(1, time_limit_s=0.001) == plan


def test_another_process_gives_the_same_plan(plan):
    # Sets of strings are ordered by a seed of the process's own.
    hash_seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    path = os.pathsep.join([str(SUPPORT), *filter(None, sys.path)])
    told = subprocess.run(
        [sys.executable, "-c", PRINT_A_PLAN],
        env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert PatchPlan.model_validate_json(told.stdout) == plan
