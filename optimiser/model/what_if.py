"""A problem's plan beside that of the problem with something changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import Field

from optimiser.model.base import Frozen
from optimiser.model.front import PointStatus, farthest_from_target
from optimiser.model.patches import COST_UNITS_PER_MINUTE, PatchPlan, PatchProblem

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NoPlan", "PlanFigures", "WhatIf", "plan_figures"]

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

_SAME: Final = 0.5
"""Minutes a week, or homes, below which a change is none in a sentence."""


class NoPlan(Frozen):
    """Why there is no plan: proven to be impossible, or none found in time."""

    status: PointStatus
    cause: str
    relaxation: str | None = None


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

    @property
    def minutes(self) -> float:
        """Return the walking a week, ways to and from service centres included."""
        return self.walk_minutes + self.centre_minutes


class WhatIf(Frozen):
    """Two plans side by side: of the problem as it is, and with the changes in `change`.

    Where one of them has no plan, it and its figures are None, and `why_not_before` or
    `why_not_after` says why and what would mend it.
    """

    change: str
    before: PatchPlan | None
    after: PatchPlan | None
    figures_before: PlanFigures | None
    figures_after: PlanFigures | None
    why_not_before: NoPlan | None = None
    why_not_after: NoPlan | None = None
    widens: bool = Field(False, description="every plan as it is stays valid, and costs no more")
    narrows: bool = Field(False, description="every plan with the change is one without, as dear")
    repriced: bool = Field(False, description="objectives differ by the price of a moved home")

    @property
    def best_change(self) -> tuple[float, float] | None:
        """Return between what the change moves the best objective there is, minutes a week.

        Proven by the two bounds: below 0 at both ends, the change pays for certain. None
        without two plans.
        """
        if self.before is None or self.after is None:
            return None
        low = self.after.bound - self.before.objective
        high = self.after.objective - self.before.bound
        return (max(0.0, low) if self.narrows else low, min(0.0, high) if self.widens else high)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a figure: figure, before, after, change; empty where there is no plan."""
        import pandas as pd

        rows: list[tuple[object, ...]] = []
        for name, words in _WORDS.items():
            old, new = (getattr(f, name, None) for f in (self.figures_before, self.figures_after))
            change = None if old is None or new is None else new - old
            rows.append((words, old, new, change))
        frame = pd.DataFrame(rows, columns=["figure", "before", "after", "change"])
        return frame.astype({"before": float, "after": float, "change": float})

    def sentences(self) -> tuple[str, ...]:
        """Return what the change brings and costs, for a manager to read."""
        said = []
        change = self.change[:1].upper() + self.change[1:]
        for when, why in (("As it is", self.why_not_before), (change, self.why_not_after)):
            if why is not None:
                said.append(_no_plan_words(when, why))
        if self.figures_before is None or self.figures_after is None:
            return tuple(said)
        old, new = self.figures_before, self.figures_after
        told = (
            f"{change}: {_instead(new.patches, old.patches, 'patches')}",
            f"A full-time officer has {_instead(new.homes_per_fte, old.homes_per_fte, 'homes')}",
            _more_or_less("Walking", old.minutes, new.minutes, "minutes a week"),
            _more_or_less(
                "Households that change patch", old.homes_moved, new.homes_moved, "homes"
            ),
        )
        # At another price the same plan has another objective: nothing to set side by side.
        return told if self.repriced else (*told, self._proof())

    def _proof(self) -> str:
        change = self.best_change
        assert change is not None
        low, high = change
        what = "counting the price of homes that change patch, the change"
        if high < 0:
            return f"Proven: {what} saves at least {-high:,.0f} minutes a week."
        if low > 0:
            return f"Proven: {what} costs at least {low:,.0f} minutes a week."
        saves, costs = max(0.0, -low) >= _SAME, max(0.0, high) >= _SAME
        if not saves and not costs:
            return f"Proven: {what} neither saves nor costs anything."
        if not costs:
            return f"Proven: {what} saves at most {-low:,.0f} minutes a week, and costs nothing."
        if not saves:
            return f"Proven: {what} costs at most {high:,.0f} minutes a week, and saves nothing."
        return (
            f"Not proven whether it pays: {what} saves at most {-low:,.0f} or costs at most "
            f"{high:,.0f} minutes a week; more time narrows it."
        )


def _no_plan_words(when: str, why: NoPlan) -> str:
    if why.status is PointStatus.INFEASIBLE:
        remedy = "" if why.relaxation is None else f" To mend it: {why.relaxation}."
        return f"{when}: proven to be impossible. {why.cause[:1].upper()}{why.cause[1:]}.{remedy}"
    return f"{when}: {why.cause}."


def _instead(new: float, old: float, unit: str) -> str:
    if abs(new - old) < _SAME:
        return f"{new:,.0f} {unit}, as without the change."
    return f"{new:,.0f} {unit} instead of {old:,.0f}."


def _more_or_less(what: str, old: float, new: float, unit: str) -> str:
    change = new - old
    if abs(change) < _SAME:
        return f"{what}: {new:,.0f} {unit}, as without the change."
    share = f" ({100 * change / old:+.0f} %)" if old > 0 else ""
    word = "more" if change > 0 else "fewer"
    return f"{what}: {new:,.0f} {unit} instead of {old:,.0f}, {abs(change):,.0f} {word}{share}."


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
