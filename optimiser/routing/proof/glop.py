"""Linear programs that grow: GLOP, gone on from where it stood."""

from __future__ import annotations

from typing import Any

__all__ = ["growing_program"]


def growing_program() -> Any:
    """Return a solver that begins with its last basis: preprocessing would lose it."""
    import ortools.linear_solver.pywraplp as lp

    solver = lp.Solver.CreateSolver("GLOP")
    solver.SetSolverSpecificParametersAsString("use_preprocessing: false")
    return solver
