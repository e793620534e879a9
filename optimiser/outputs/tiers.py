"""The tiers of a week's objective for people: their names, their gaps and what is proven of each.

Points mean little to a reader, so where a tier's points are so many of something that
is counted (requests with their own officer, minutes on foot), that is said too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from optimiser.model import Tier, VisitPlan
from optimiser.outputs.wording import counted, sentence

__all__ = ["TierLine", "tier_label", "tier_lines"]

_LABELS: Final = {
    "statutory": "Statutory visits on time",
    "requests": "Requests, by priority",
    "conversations": "Conversations expected at the doors",
    "own_officer": "Requests with their own officer",
    "walking": "Walking, taken off",
}
_NEAR: Final = 1e-6


@dataclass(frozen=True)
class TierLine:
    """One tier: its place in the order, points, bound, gap to it and what that means.

    `bound` is None where none is known; `gap` is a fraction of the bound, None
    where that says nothing: no bound, or one of nothing.
    """

    position: int
    label: str
    value: float
    bound: float | None
    gap: float | None
    words: str


def tier_label(name: str) -> str:
    """Return a tier's name for people."""
    return _LABELS.get(name) or sentence(name.replace("_", " "))


def tier_lines(plan: VisitPlan) -> list[TierLine]:
    """Return the plan's tiers in the order of the objective."""
    return [_line(plan, tier, k) for k, tier in enumerate(plan.tiers, start=1)]


def _line(plan: VisitPlan, tier: Tier, position: int) -> TierLine:
    bound = tier.bound if tier.bound is not None and math.isfinite(tier.bound) else None
    gap = None
    if bound is not None and bound > _NEAR:
        gap = max(0.0, (bound - tier.value) / bound)
    words = _words(plan, tier, bound, first=position == 1)
    return TierLine(position, tier_label(tier.name), tier.value, bound, gap, words)


def _words(plan: VisitPlan, tier: Tier, bound: float | None, *, first: bool) -> str:
    who = "No plan" if first else "No plan that does as well in everything above"
    if bound is None or (tier.name == "walking" and bound > -_NEAR):
        # That nobody can walk less than not at all goes without saying.
        return "How much better another plan could do here is not known."
    if bound <= tier.value + _NEAR:
        return (
            f"{who} could do better." if tier.value or bound else "There is nothing to gain here."
        )
    return f"{who} could {_more(plan, tier, bound)}."


def _more(plan: VisitPlan, tier: Tier, bound: float) -> str:
    """Return what a plan could not do, in what is counted where the points are that."""
    values = plan.rules.values
    if tier.name == "own_officer" and _same(tier.value, plan.own_officer * values.own_officer):
        most = math.floor(bound / values.own_officer + _NEAR)
        return f"have more than {counted(most, 'such request')}; this one has {plan.own_officer:,}"
    if tier.name == "walking" and _same(-tier.value, plan.walk_hours * 60 * values.walk_minute):
        least = max(0.0, -bound) / values.walk_minute / 60
        now = f"this one has {plan.walk_hours:,.1f}"
        return f"walk less than {least:,.1f} hours; {now}"
    shown = f"{bound:,.0f}" if bound >= 1000 else f"{bound:,.1f}"
    return f"have more than {shown} points"


def _same(value: float, other: float) -> bool:
    return value > 0 and math.isclose(value, other, rel_tol=1e-6)
