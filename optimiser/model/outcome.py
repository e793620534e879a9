"""What every plan says about itself: status, objective, bound, gap, violations."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from optimiser.model.base import Frozen

__all__ = [
    "OPTIMAL_GAP",
    "Outcome",
    "Progress",
    "ProgressCallback",
    "Status",
    "Violation",
    "cost_gap",
    "status_of",
    "value_gap",
]

OPTIMAL_GAP: Final = 1e-6


class Status(StrEnum):
    """How much is proven of a plan."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"


class Violation(Frozen):
    """One rule that a plan breaks, as found by the independent checker."""

    rule: str
    subject: str
    message: str


class Outcome(Frozen):
    """The part that every plan has.

    `bound` holds for the whole problem: no valid plan is better. `gap` is a
    fraction, see `cost_gap` and `value_gap`. `violations` comes from the
    independent checker and is empty for every plan a solver returns.
    """

    status: Status
    objective: float
    bound: float
    gap: float
    seed: int
    seconds: float
    violations: tuple[Violation, ...] = ()


class Progress(Frozen):
    """A solver's state while it runs."""

    stage: str
    seconds: float
    objective: float | None = None
    bound: float | None = None


ProgressCallback = Callable[[Progress], None]


def cost_gap(objective: float, bound: float) -> float:
    """Return (objective - bound) / objective of a minimisation, never below 0."""
    if objective <= bound:
        return 0.0
    return (objective - bound) / objective


def value_gap(objective: float, bound: float) -> float:
    """Return (bound - objective) / bound of a maximisation, never below 0.

    Where nothing is worth anything (sessions to walk to, and no more), a share of the loss.
    """
    if objective >= bound:
        return 0.0
    return (bound - objective) / (bound if bound > 0 else -objective)


def status_of(gap: float) -> Status:
    """Return optimal for a gap of at most `OPTIMAL_GAP`, else feasible."""
    return Status.OPTIMAL if gap <= OPTIMAL_GAP else Status.FEASIBLE
