"""A problem's plan beside that of the problem with something changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from optimiser.model.base import Frozen
from optimiser.model.front import farthest_from_target
from optimiser.model.patches import COST_UNITS_PER_MINUTE, PatchPlan, PatchProblem

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PlanFigures", "WhatIf", "plan_figures"]

_WORDS: Final = {
    "patches": "patches",
    "fte": "full-time equivalents",
    "homes_per_patch": "homes a patch, mean",
    "homes_per_fte": "homes for a full-time officer, mean",
    "workload_per_fte": "workload for a full-time officer, points, mean",
    "farthest_percent": "farthest from target, percent",
    "walk_minutes": "walking within patches, minutes a week",
    "centre_minutes": "to and from service centres, minutes a week",
    "longest_centre_minutes": "the same, of the farthest patch",
    "homes_moved": "homes that change patch",
    "split_estates": "estates in more than one patch",
    "objective": "objective, minutes a week",
    "bound": "bound, minutes a week",
    "gap_percent": "gap, percent",
}


class PlanFigures(Frozen):
    """What managers compare of a plan; means are over all patches, minutes a week.

    `longest_centre_minutes` is the way between a patch and its service centre, there
    and back on each of its days, of the patch with the most; None without such ways.
    """

    patches: int
    fte: float
    homes_per_patch: float
    homes_per_fte: float
    workload_per_fte: float
    farthest_percent: float
    walk_minutes: float
    centre_minutes: float
    longest_centre_minutes: float | None
    homes_moved: int
    split_estates: int
    objective: float
    bound: float
    gap_percent: float


class WhatIf(Frozen):
    """Two plans side by side: of the problem as it is, and with the changes in `change`."""

    change: str
    before: PatchPlan
    after: PatchPlan
    figures_before: PlanFigures
    figures_after: PlanFigures

    @property
    def best_change(self) -> tuple[float, float]:
        """Return between what the change moves the best objective there is, minutes a week.

        Proven by the two bounds: below 0 at both ends, the change pays for certain.
        """
        return (
            self.after.bound - self.before.objective,
            self.after.objective - self.before.bound,
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row a figure: figure, before, after, change."""
        import pandas as pd

        rows = []
        for name, words in _WORDS.items():
            old, new = getattr(self.figures_before, name), getattr(self.figures_after, name)
            change = None if old is None or new is None else new - old
            rows.append((words, old, new, change))
        return pd.DataFrame(rows, columns=["figure", "before", "after", "change"])


def plan_figures(problem: PatchProblem, plan: PatchPlan) -> PlanFigures:
    """Return the figures of a plan of this problem."""
    number = {slot.patch: k for k, slot in enumerate(problem.slots)}
    block = {b.block_ref: i for i, b in enumerate(problem.blocks)}
    fte = sum(slot.fte for slot in problem.slots)
    homes = sum(s.homes for s in plan.patches)
    ways = [int(problem.centre_cost[number[s.patch], block[s.centre_block]]) for s in plan.patches]
    known = bool(problem.centre_cost.any())
    return PlanFigures(
        patches=len(plan.patches),
        fte=fte,
        homes_per_patch=homes / len(plan.patches),
        homes_per_fte=homes / fte,
        workload_per_fte=sum(s.workload for s in plan.patches) / fte,
        farthest_percent=100 * farthest_from_target(plan),
        walk_minutes=plan.walk_minutes,
        centre_minutes=plan.centre_minutes,
        longest_centre_minutes=max(ways) / COST_UNITS_PER_MINUTE if known else None,
        homes_moved=plan.homes_moved,
        split_estates=len(plan.split_estates),
        objective=plan.objective,
        bound=plan.bound,
        gap_percent=100 * plan.gap,
    )
