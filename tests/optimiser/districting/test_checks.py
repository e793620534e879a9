"""Each rule of a patch plan: a valid plan passes, and breaking one rule names it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from optimiser.districting.checks import check_patches
from optimiser.model import (
    BlockAssignment,
    PatchBlock,
    PatchPlan,
    PatchProblem,
    PatchSlot,
    PatchSummary,
    Status,
)
from optimiser.model.patches import COST_UNITS_PER_MINUTE as MINUTE

PATCHES = ("P1", "P1", "P1", "P2", "P2", "P2")


@pytest.fixture
def problem() -> PatchProblem:
    """Six blocks in a row, b0-b1-...-b5, ten homes each; the first two are an estate that stays
    whole, b2 and b3 belong to an estate that may be split; b5 is pinned to P2. Walking costs a
    minute a step, the service centre is one minute from every block.
    """
    n = 6
    estates = ("Oak", "Oak", "Elm", "Elm", None, None)
    current = ("P1", "P1", "P1", "P1", "P2", None)
    step = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    moved = np.array([[0 if c in (None, p) else 4 for p in ("P1", "P2")] for c in current])
    allowed = np.ones((n, 2), dtype=bool)
    allowed[5, 0] = False
    return PatchProblem(
        blocks=tuple(
            PatchBlock(block_ref=f"b{i}", estate=e, homes=10, workload=1000, current_patch=c)
            for i, (e, c) in enumerate(zip(estates, current, strict=True))
        ),
        slots=(
            PatchSlot(patch="P1", officer_ref="HO1", target=3000, lower=2500, upper=3500),
            PatchSlot(patch="P2", service_centre="hub", target=3000, lower=2500, upper=3500),
        ),
        unit=[0, 0, 1, 2, 3, 4],
        edges=[(i, i + 1) for i in range(n - 1)],
        walk_cost=step * MINUTE,
        centre_cost=np.full((2, n), MINUTE),
        move_cost=moved * 2 * MINUTE,
        moved_homes=moved,
        allowed=allowed,
    )


def summary(patch: str, **changes: Any) -> PatchSummary:
    base: dict[str, Any] = {
        "patch": patch,
        "officer_ref": "HO1" if patch == "P1" else None,
        "service_centre": None if patch == "P1" else "hub",
        "centre_block": "b1" if patch == "P1" else "b4",
        "homes": 30,
        "blocks": 3,
        "workload": 30.0,
        "target": 30.0,
        "lower": 25.0,
        "upper": 35.0,
        "walk_minutes": 2.0,
    }
    return PatchSummary(**{**base, **changes})


@pytest.fixture
def plan(problem: PatchProblem) -> PatchPlan:
    """b0, b1, b2 to P1 and the others to P2: 4 minutes of walking, 2 to centres, b3 moves."""
    return PatchPlan(
        status=Status.FEASIBLE,
        objective=14.0,
        bound=7.0,
        gap=0.5,
        seed=1,
        seconds=0.1,
        assignments=assigned(problem, PATCHES),
        patches=(summary("P1"), summary("P2")),
        walk_minutes=4.0,
        centre_minutes=2.0,
        moved_minutes=8.0,
        homes_moved=4,
        balance=0.05,
        split_estates={"Elm": 2},
    )


def assigned(problem: PatchProblem, patches: tuple[str, ...]) -> tuple[BlockAssignment, ...]:
    return tuple(
        BlockAssignment(block_ref=b.block_ref, patch=p, old_patch=b.current_patch)
        for b, p in zip(problem.blocks, patches, strict=True)
    )


def rules(problem: PatchProblem, plan: PatchPlan) -> set[str]:
    return {violation.rule for violation in check_patches(problem, plan)}


def test_a_valid_plan_breaks_nothing(problem: PatchProblem, plan: PatchPlan) -> None:
    assert check_patches(problem, plan) == ()


def test_a_proven_plan_may_be_called_optimal(problem: PatchProblem, plan: PatchPlan) -> None:
    proven = plan.model_copy(update={"status": Status.OPTIMAL, "bound": 14.0, "gap": 0.0})
    assert check_patches(problem, proven) == ()


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("walk_minutes", {"walk_minutes": 4.001}),
        ("centre_minutes", {"centre_minutes": 3.0}),
        ("moved_minutes", {"moved_minutes": 0.0}),
        ("homes_moved", {"homes_moved": 5}),
        ("objective", {"objective": 13.9, "gap": 6.9 / 13.9}),
        ("objective", {"objective": float("nan"), "gap": 0.0}),
        ("split_estates", {"split_estates": {}}),
        ("split_estates", {"split_estates": {"Elm": 3}}),
        ("split_estates", {"split_estates": {"Elm": 2, "Oak": 2}}),
        ("bound", {"bound": 14.1, "gap": 0.0}),
        ("bound", {"bound": float("nan")}),
        ("gap", {"gap": 0.4}),
        ("gap", {"gap": -0.5}),
        ("status", {"status": Status.OPTIMAL}),
    ],
)
def test_a_wrong_figure_is_found_alone(
    problem: PatchProblem, plan: PatchPlan, rule: str, change: dict[str, Any]
) -> None:
    assert rule in rules(problem, plan.model_copy(update=change))


@pytest.mark.parametrize(
    "change",
    [
        {"homes": 31},
        {"blocks": 2},
        {"workload": 29.99},
        {"target": 31.0},
        {"lower": 20.0},
        {"upper": 40.0},
        {"walk_minutes": 1.0},
        {"officer_ref": "HO2"},
        {"service_centre": "other"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_wrong_summary_is_found(
    problem: PatchProblem, plan: PatchPlan, change: dict[str, Any]
) -> None:
    wrong = plan.model_copy(update={"patches": (summary("P1", **change), summary("P2"))})
    assert rules(problem, wrong) == {"summary"}


@pytest.mark.parametrize(
    ("rule", "patches"),
    [
        ("known_patch", ("P1", "P1", "P1", "P2", "P2", "P9")),
        ("patch_empty", ("P2",) * 6),
        ("unit_together", ("P1", "P2", "P2", "P2", "P2", "P2")),
        ("contiguity", ("P1", "P1", "P2", "P1", "P2", "P2")),
        ("workload", ("P1", "P1", "P2", "P2", "P2", "P2")),
        ("allowed", ("P2", "P2", "P2", "P1", "P1", "P1")),
        ("centre_in_patch", ("P2", "P2", "P2", "P1", "P1", "P1")),
    ],
)
def test_a_wrong_assignment_is_found(
    problem: PatchProblem, plan: PatchPlan, rule: str, patches: tuple[str, ...]
) -> None:
    wrong = plan.model_copy(update={"assignments": assigned(problem, patches)})
    assert rule in rules(problem, wrong)


Change = Callable[[tuple[BlockAssignment, ...]], tuple[BlockAssignment, ...]]


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("block_once", lambda a: a[:-1]),
        ("block_once", lambda a: (*a, a[0])),
        ("known_block", lambda a: (*a, a[0].model_copy(update={"block_ref": "b9"}))),
        ("old_patch", lambda a: (a[0].model_copy(update={"old_patch": "P2"}), *a[1:])),
    ],
    ids=["missing", "twice", "unknown", "old patch"],
)
def test_wrong_blocks_are_found(
    problem: PatchProblem, plan: PatchPlan, rule: str, change: Change
) -> None:
    wrong = plan.model_copy(update={"assignments": change(plan.assignments)})
    assert rule in rules(problem, wrong)


@pytest.mark.parametrize(
    ("rule", "patches"),
    [
        ("patch_once", (summary("P1"),)),
        ("patch_once", (summary("P1"), summary("P2"), summary("P2"))),
        ("patch_once", (summary("P1"), summary("P2"), summary("P7"))),
        ("centre_in_patch", (summary("P1", centre_block="b4"), summary("P2"))),
        ("centre_in_patch", (summary("P1", centre_block="nowhere"), summary("P2"))),
    ],
    ids=["missing", "twice", "unknown", "elsewhere", "no such block"],
)
def test_wrong_patches_are_found(
    problem: PatchProblem, plan: PatchPlan, rule: str, patches: tuple[PatchSummary, ...]
) -> None:
    assert rule in rules(problem, plan.model_copy(update={"patches": patches}))


def test_workload_limits_are_inclusive(problem: PatchProblem, plan: PatchPlan) -> None:
    tight = tuple(s.model_copy(update={"lower": 3000, "upper": 3000}) for s in problem.slots)
    summaries = tuple(s.model_copy(update={"lower": 30.0, "upper": 30.0}) for s in plan.patches)
    exact = problem.model_copy(update={"slots": tight})
    assert check_patches(exact, plan.model_copy(update={"patches": summaries})) == ()


def test_a_violation_says_where_and_what(problem: PatchProblem, plan: PatchPlan) -> None:
    cut = assigned(problem, ("P1", "P1", "P2", "P1", "P2", "P2"))
    found = check_patches(problem, plan.model_copy(update={"assignments": cut}))
    message = next(v for v in found if v.rule == "contiguity" and v.subject == "P1").message
    assert message == "1 of its 3 blocks is cut off: b3"
