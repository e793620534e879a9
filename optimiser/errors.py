"""Why a solver returned no plan."""

from __future__ import annotations

__all__ = ["DoorstepError", "Infeasible", "InvalidProblem", "NoSolutionInTime"]


class DoorstepError(Exception):
    """Base of the solvers' errors."""


class InvalidProblem(DoorstepError):
    """The problem contradicts itself before any solving; the message names where."""


class Infeasible(DoorstepError):
    """No plan can exist, and this has been proven.

    Parameters
    ----------
    cause
        What makes it impossible, by name and number.
    relaxation
        The cheapest change known to remove that cause.
    """

    def __init__(self, cause: str, relaxation: str) -> None:
        self.cause = cause
        self.relaxation = relaxation
        super().__init__(f"{cause}; {relaxation}")


class NoSolutionInTime(DoorstepError):
    """Time ran out before a first valid plan; says nothing about whether one exists."""
