"""How causes and contradictions put numbers and names."""

from __future__ import annotations

from optimiser.model.patches import WORKLOAD_UNITS_PER_POINT

__all__ = ["in_points", "listed", "points"]

_SHOWN = 5


def points(workload: int) -> str:
    """Return a workload as a number of points."""
    return f"{workload / WORKLOAD_UNITS_PER_POINT:,.1f}"


def in_points(workload: int) -> str:
    """Return the same with the word."""
    return f"{points(workload)} points"


def listed(names: list[str]) -> str:
    """Return the first names, and how many more there are."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
