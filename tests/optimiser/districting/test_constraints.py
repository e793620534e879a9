"""Each rule of a patch problem: a trivial, an infeasible (its cause named) and a feasible case.

All on a row of six blocks, B0 to B5, of 1 point and 10 homes each, unless the case says
otherwise; two patches P0 and P1. A feasible case says which of the plans that walking
alone would choose the rule leaves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from patch_brute_force import plan_price

from optimiser.districting import allocate_patches
from optimiser.errors import Infeasible, InvalidProblem
from optimiser.model import PatchParams, PatchProblem
from optimiser.model.patches import COST_UNITS_PER_MINUTE, PatchMeasure

FIXED = PatchParams(iterations=0, workers=1)


def measure(
    name: str, amount: list[int], lower: list[int], upper: list[int], *, distinct: bool = False
) -> PatchMeasure:
    return PatchMeasure(
        name=name,
        amount=np.array(amount),
        lower=np.array(lower),
        upper=np.array(upper),
        distinct=distinct,
    )


def only(banned: list[tuple[int, int]]) -> np.ndarray:
    """Return `allowed` of six blocks and two patches, but for some pairs of them."""
    allowed = np.ones((6, 2), dtype=bool)
    for i, k in banned:
        allowed[i, k] = False
    return allowed


HOMES = [10] * 6
ESTATES = [0, 0, 1, 1, 2, -1]


@dataclass(frozen=True)
class Case:
    """A problem and what comes of it: how P0 and P1 look, or words of the cause."""

    rule: str
    kind: str
    grid: dict[str, Any]
    rules: dict[str, Any] = field(default_factory=dict)
    groups: set[str] | None = None
    patches: str | None = None
    cause: tuple[str, ...] = ()
    remedy: str = ""

    def problem(self, grid: Callable[..., PatchProblem]) -> PatchProblem:
        return grid(1, 6, 2, **self.grid).model_copy(update=self.rules)


CASES = [
    # Workload limits.
    Case("workload", "trivial", {"limits": (0, 600)}, groups={"012", "345"}),
    Case(
        "workload",
        "infeasible",
        {"limits": (0, 250)},
        cause=("all blocks together are 6.0 points", "only 5.0 points"),
        remedy="raise the upper limits by 20.0 %",
    ),
    Case(
        "workload",
        "feasible",
        {"limits": [(200, 200), (400, 400)], "allowed": only([(5, 0)])},
        patches="001111",
    ),
    # Contiguity: equal halves exist, but not of blocks that join.
    Case("contiguity", "trivial", {"limits": (300, 300)}, groups={"012", "345"}),
    Case(
        "contiguity",
        "infeasible",
        {"workload": [30, 20, 30, 40, 0, 0], "limits": (60, 60)},
        cause=("block B3 (0.4 points) fits into no contiguous patch",),
        remedy="raise the balance to 16.7 %, where a plan exists",
    ),
    Case(
        "contiguity",
        "feasible",
        {"workload": [30, 20, 30, 40, 0, 0], "limits": (50, 70)},
        groups={"01", "2345"},
    ),
    # Blocks that stay together.
    Case("unit", "trivial", {"unit": [0, 0, 0, 1, 1, 1]}, groups={"012", "345"}),
    Case(
        "unit",
        "infeasible",
        {"unit": [0, 0, 0, 0, 1, 2], "estate": ["Mozart"] * 4 + [None] * 2, "limits": (200, 350)},
        cause=("Mozart alone is 14.3 % above the limit",),
        remedy="split it",
    ),
    Case("unit", "feasible", {"unit": [0, 1, 2, 2, 2, 3]}, groups={"01", "2345"}),
    # Pins, bans and reach: all come as pairs of block and patch that are not allowed.
    Case("allowed", "trivial", {"allowed": only([(0, 1)])}, patches="000111"),
    Case(
        "allowed",
        "infeasible",
        {"allowed": only([(2, 0), (2, 1)])},
        cause=("block B2 may go to no patch",),
        remedy="remove one of the rules",
    ),
    Case("allowed", "feasible", {"allowed": only([(0, 0), (4, 1)])}, patches="111000"),
    Case(
        "reach",
        "trivial",
        {"allowed": only([(5, 0), (0, 1)])},
        patches="000111",
    ),
    Case(
        "reach",
        "infeasible",
        {"allowed": only([(i, 1) for i in range(5)]), "limits": (200, 600)},
        cause=("patch P1 needs 2.0 points", "only 1.0 points"),
        remedy="relax its pins, bans or reach",
    ),
    Case("reach", "feasible", {"allowed": only([(i, 1) for i in range(4)])}, patches="000011"),
    Case(
        "locked",
        "trivial",
        {"allowed": only([(i, int(i < 3)) for i in range(6)])},
        patches="000111",
    ),
    Case(
        "locked",
        "infeasible",
        {"allowed": only([(i, int(i < 5)) for i in range(6)]), "limits": (100, 400)},
        cause=("only patch P0 may take are 5.0 points", "4.0 points"),
        remedy="pin fewer blocks",
    ),
    Case(
        "locked",
        "feasible",
        {"allowed": only([(i, int(i < 2)) for i in range(6)])},
        patches="001111",
    ),
    # A cap on homes.
    Case(
        "homes",
        "trivial",
        {},
        rules={"measures": (measure("homes", HOMES, [0, 0], [60, 60]),)},
        groups={"012", "345"},
    ),
    Case(
        "homes",
        "infeasible",
        {},
        rules={"measures": (measure("homes", HOMES, [0, 0], [20, 30]),)},
        cause=("all blocks together have 60 homes", "allow only 50"),
        remedy="raise the upper limits on homes by 20.0 %",
    ),
    Case(
        "homes",
        "feasible",
        {},
        rules={"measures": (measure("homes", [20, 10, 10, 10, 10, 10], [0, 0], [60, 10]),)},
        groups={"01234", "5"},
    ),
    # A lower limit.
    Case(
        "lower",
        "trivial",
        {},
        rules={"measures": (measure("open cases", [5, 0, 0, 0, 0, 5], [1, 1], [9, 9]),)},
        groups={"012", "345"},
    ),
    Case(
        "lower",
        "infeasible",
        {},
        rules={"measures": (measure("open cases", [5, 0, 0, 0, 0, 1], [3, 4], [9, 9]),)},
        cause=("have only 6 open cases", "ask for 7"),
        remedy="lower the lower limits on open cases by 14.3 %",
    ),
    Case(
        "lower",
        "feasible",
        {},
        rules={"measures": (measure("open cases", [5, 5, 0, 0, 0, 0], [1, 1], [9, 9]),)},
        groups={"0", "12345"},
    ),
    # One block, or what only one patch may take, against a limit.
    Case(
        "one block",
        "infeasible",
        {},
        rules={"measures": (measure("homes", [40, 0, 0, 0, 0, 0], [0, 0], [30, 35]),)},
        cause=("block B0 alone has 40 homes", "patch P1 may hold at most 35"),
        remedy="raise the limit on homes to 40",
    ),
    Case(
        "pinned",
        "infeasible",
        {"allowed": only([(0, 1), (1, 1), (2, 1)])},
        rules={"measures": (measure("homes", HOMES, [0, 0], [20, 60]),)},
        cause=("only patch P0 may take have 30 homes", "limit of 20"),
        remedy="raise its limit on homes to 30",
    ),
    Case(
        "out of reach",
        "infeasible",
        {"allowed": only([(i, 1) for i in range(4)])},
        rules={"measures": (measure("homes", HOMES, [0, 30], [60, 60]),)},
        cause=("patch P1 needs 30 homes", "have only 20"),
        remedy="lower its limit on homes",
    ),
    Case(
        "limits crossed",
        "infeasible",
        {},
        rules={"measures": (measure("homes", HOMES, [0, 30], [60, 20]),)},
        cause=("patch P1 must hold at least 30 and at most 20 homes",),
        remedy="lower the lower limit",
    ),
    # Found out by trying every combination.
    Case(
        "proven",
        "infeasible",
        {},
        rules={"measures": (measure("homes", [10, 40, 10, 10, 40, 10], [30, 0], [30, 99]),)},
        cause=("the limit on homes rules out every plan", "without it a plan exists"),
        remedy="each way",
    ),
    Case(
        "proven cap",
        "infeasible",
        {"limits": (300, 300)},
        rules={"measures": (measure("homes", [30, 30, 20, 10, 10, 10], [0, 0], [60, 60]),)},
        cause=("the limit on homes rules out every plan",),
        remedy="raise it to 80, where a plan exists (up to 79 none does)",
    ),
    # Different estates in a patch.
    Case(
        "estates",
        "trivial",
        {},
        rules={"measures": (measure("estates", ESTATES, [0, 0], [3, 3], distinct=True),)},
        groups={"012", "345"},
    ),
    Case(
        "estates",
        "infeasible",
        {},
        rules={"measures": (measure("estates", ESTATES, [0, 0], [1, 1], distinct=True),)},
        cause=("all blocks together have 3 estates", "allow only 2"),
        remedy="raise the upper limits on estates by 50.0 %",
    ),
    Case(
        "estates",
        "feasible",
        {},
        rules={
            "measures": (measure("estates", [0, 0, 0, 0, 1, 2], [0, 0], [1, 2], distinct=True),)
        },
        groups={"0123", "45"},
    ),
    Case(
        "estates whole",
        "feasible",
        {"unit": [0, 0, 1, 1, 2, 3]},
        rules={
            "measures": (measure("estates", [0, 0, 1, 1, 2, 3], [1, 1], [2, 2], distinct=True),)
        },
        groups={"0123", "45"},
    ),
    # Blocks kept apart.
    Case("apart", "trivial", {}, rules={"apart": np.array([[0, 5]])}, groups={"012", "345"}),
    Case(
        "apart",
        "infeasible",
        {"limits": (300, 300)},
        rules={"apart": np.array([[1, 2]])},
        cause=("block B1 and block B2 cannot be kept apart",),
        remedy="let block B1 and block B2 share a patch",
    ),
    Case("apart", "feasible", {}, rules={"apart": np.array([[0, 1]])}, groups={"0", "12345"}),
    Case(
        "apart in a unit",
        "infeasible",
        {"unit": [0, 0, 1, 2, 3, 4], "estate": ["Mozart"] * 2 + [None] * 4},
        rules={"apart": np.array([[0, 1]])},
        cause=("blocks B0 and B1 are to be kept apart, but belong to Mozart",),
        remedy="be split",
    ),
    Case(
        "apart but pinned",
        "infeasible",
        {"allowed": only([(0, 1), (1, 1)])},
        rules={"apart": np.array([[0, 1]])},
        cause=("block B0 and block B1 are to be kept apart, but both may only go to patch P0",),
        remedy="let them share a patch",
    ),
    Case(
        "apart, all of three",
        "infeasible",
        {},
        rules={"apart": np.array([[0, 2], [2, 4], [0, 4]])},
        cause=("3 groups of blocks are all to be kept apart", "only 2 patches"),
        remedy="ask for more patches",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[f"{c.rule}-{c.kind}" for c in CASES])
def test_each_rule(grid, case):
    problem = case.problem(grid)
    if case.kind == "infeasible":
        with pytest.raises(Infeasible) as error:
            allocate_patches(problem, params=FIXED)
        assert [words for words in case.cause if words not in error.value.cause] == []
        assert case.remedy in error.value.relaxation
        return
    plan = allocate_patches(problem, params=FIXED)
    assert plan.violations == ()
    of = "".join(a.patch[1] for a in plan.assignments)
    groups = {"".join(str(i) for i in range(6) if of[i] == k) for k in "01"}
    assert case.groups is None or groups == case.groups
    assert case.patches is None or of == case.patches
    assert plan_price(problem, [int(k) for k in of]) == round(
        plan.objective * COST_UNITS_PER_MINUTE
    )


def test_a_block_apart_from_itself_is_refused(grid):
    problem = grid(1, 3, 2).model_copy(update={"apart": np.array([[1, 1]])})
    with pytest.raises(InvalidProblem, match="block B1 is to be kept apart from itself"):
        allocate_patches(problem, params=FIXED)


def test_limits_that_say_nothing_may_be_huge(grid):
    huge = measure("homes", HOMES, [-(2**62), 0], [2**62, 2**62])
    problem = grid(1, 6, 2).model_copy(update={"measures": (huge,)})
    assert allocate_patches(problem, params=FIXED).violations == ()
