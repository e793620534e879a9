"""Allocate patches to housing officers and plan their week's visits."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optimiser.districting import allocate_patches, compare_patches, explore, what_if
    from optimiser.errors import Infeasible, InvalidProblem, NoSolutionInTime
    from optimiser.model import PatchPlan, PatchProblem, VisitPlan, VisitProblem
    from optimiser.routing import offer_slots, plan_visits, replan_visits
    from optimiser.workspace import Workspace

__all__ = [
    "Infeasible",
    "InvalidProblem",
    "NoSolutionInTime",
    "PatchPlan",
    "PatchProblem",
    "VisitPlan",
    "VisitProblem",
    "Workspace",
    "allocate_patches",
    "compare_patches",
    "explore",
    "offer_slots",
    "plan_visits",
    "replan_visits",
    "what_if",
]

_HOME = {
    "Infeasible": "optimiser.errors",
    "InvalidProblem": "optimiser.errors",
    "NoSolutionInTime": "optimiser.errors",
    "PatchPlan": "optimiser.model",
    "PatchProblem": "optimiser.model",
    "VisitPlan": "optimiser.model",
    "VisitProblem": "optimiser.model",
    "Workspace": "optimiser.workspace",
    "allocate_patches": "optimiser.districting",
    "compare_patches": "optimiser.districting",
    "explore": "optimiser.districting",
    "offer_slots": "optimiser.routing",
    "plan_visits": "optimiser.routing",
    "replan_visits": "optimiser.routing",
    "what_if": "optimiser.districting",
}


def __getattr__(name: str) -> Any:
    """Import a public name when first used: `import optimiser` alone loads no solver."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
