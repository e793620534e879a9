"""Closing the gap: list every day that a better plan could hold, and pack the best of them.

At prices u with bound B = sum_t u_t rhs_t + sum_C m_C M_C (M_C: the most profitable day of C,
or 0), a plan worth V or more holds no day of class C worth less than M_C - (B - V) at u:
every other day of it is worth at most its class's M. So with these days listed (`listing`),
the best packing of them is the best plan worth V or more, if there is one at all; else no
plan is worth more than V - step.

    maximise  sum_r c_r x_r, x_r whole, under the master's constraints.

The packing is solved by SCIP. Plans with visits for two officers stay relaxed as in
`columns`, so that the packing bounds them and need not be a plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from optimiser.routing.proof.columns import day_value

if TYPE_CHECKING:
    from optimiser.routing.proof.columns import Column, Columns, Generated
    from optimiser.routing.proof.pricing import Pricer

__all__ = ["Packed", "list_columns", "pack"]


class Packed(NamedTuple):
    """The best packing (empty where none is worth enough) and a bound on every packing."""

    value: float
    bound: float
    chosen: list[Column]


def list_columns(
    columns: Columns, pricer: Pricer, found: Generated, value: float, *, most: int
) -> list[Column] | None:
    """Return the days that a plan worth `value` or more can hold; None where too many."""
    kept: dict[tuple[int, frozenset[int]], tuple[float, Column]] = {}
    width = max(0.0, found.bound - value) + 1e-8 * max(1.0, abs(found.bound))
    for c, part in enumerate(columns.classes):
        listed = pricer.days_above(part, found.prices, found.most[c], width, most=most)
        if not listed.complete:
            return None
        for rows in listed.days:
            worth = day_value(part, rows)
            tasks = frozenset(int(part.tasks[k]) for k in rows if k < part.held)
            key = (c, tasks)
            if key not in kept or worth > kept[key][0]:
                kept[key] = (worth, (c, rows))
    return [column for _, column in kept.values()]


def pack(columns: Columns, days: list[Column], *, least: float, seconds: float) -> Packed:
    """Return the best packing of these days, if it is worth `least` or more."""
    from ortools.linear_solver.python import model_builder_helper as builder
    from scipy.sparse import csr_matrix

    if not days:
        return Packed(-np.inf, -np.inf, [])
    classes = columns.classes
    tasks = [sorted({int(classes[c].tasks[k]) for k in rows if k < classes[c].held})
             for c, rows in days]  # fmt: skip
    row = [len(columns.limits) + c for c, _ in days] + [t for found in tasks for t in found]
    at = [*range(len(days)), *(k for k, found in enumerate(tasks) for _ in found)]
    high = np.concatenate([columns.limits, [float(len(part.shifts)) for part in classes]])
    most = np.array([1.0 if found else float(len(classes[c].shifts))
                     for (c, _), found in zip(days, tasks, strict=True)])  # fmt: skip
    low = np.full(len(high), -np.inf)
    for c, part in enumerate(classes):
        if part.sessions:
            low[len(columns.limits) + c] = len(part.shifts)
    matrix = csr_matrix((np.ones(len(at)), (row, at)), shape=(len(high), len(days)))
    worth = np.array([day_value(classes[c], rows) for c, rows in days])
    scale = max(1.0, float(np.abs(worth).max()) / 1000.0)
    model: Any = builder.ModelBuilderHelper()
    model.fill_model_from_sparse_data(
        np.zeros(len(days)), most, worth / scale, low, high, matrix,
    )  # fmt: skip
    for k in range(len(days)):
        model.set_var_integrality(k, True)
    model.set_maximize(True)
    solver = builder.ModelSolverHelper("scip")
    solver.set_time_limit_in_seconds(max(0.01, seconds))
    solver.solve(model)
    if not solver.has_solution():
        return Packed(-np.inf, np.inf, [])
    bound = float(solver.best_objective_bound()) * scale
    bound += 1e-6 * abs(bound)
    times = np.rint(solver.variable_values()).astype(int)
    chosen = [day for day, k in zip(days, times.tolist(), strict=True) for _ in range(k)]
    value = sum(columns.worth.get(day) or day_value(classes[day[0]], day[1]) for day in chosen)
    if value < least - 1e-9 * abs(least):
        return Packed(-np.inf, bound, [])
    return Packed(value, bound, chosen)
