"""Closing the gap: list every day that a better plan could hold, and pack the best of them.

At prices u with bound B = sum_t u_t rhs_t + sum_C m_C M_C (M_C: the most profitable day of C,
or 0), a plan worth V or more holds no day of class C worth less than M_C - (B - V) at u:
every other day of it is worth at most its class's M. So with these days listed (`listing`),
the best packing of them is the best plan worth V or more, if there is one at all; else no
plan is worth more than V - step.

    maximise  sum_r c_r x_r, x_r whole, under the master's constraints.

The packing is solved by CP-SAT. Plans with visits for two officers stay relaxed as in
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
    columns: Columns, pricer: Pricer, found: Generated, value: float
) -> list[Column] | None:
    """Return the days that a plan worth `value` or more can hold; None where too many."""
    kept: dict[tuple[int, frozenset[int]], tuple[float, Column]] = {}
    slip = 1e-9 * max(1.0, abs(found.bound))
    for c, part in enumerate(columns.classes):
        cut = found.most[c] - (found.bound - value) - slip
        listed = pricer.days_above(part, found.prices, cut)
        if not listed.complete:
            return None
        for rows in listed.days:
            worth = day_value(part, rows)
            tasks = frozenset(int(part.tasks[k]) for k in rows if k < part.held)
            key = (c, tasks)
            if key not in kept or worth > kept[key][0]:
                kept[key] = (worth, (c, rows))
    return [column for _, column in kept.values()]


def pack(
    columns: Columns, days: list[Column], *, least: float, step: float, seconds: float
) -> Packed:
    """Return the best packing of these days worth `least` or more."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    x = []
    of_task: dict[int, list[Any]] = {}
    of_class: dict[int, list[Any]] = {}
    for c, rows in days:
        part = columns.classes[c]
        var = model.new_bool_var("")
        x.append(var)
        of_class.setdefault(c, []).append(var)
        for t in {int(part.tasks[k]) for k in rows if k < part.held}:
            of_task.setdefault(t, []).append(var)
    for t, found in of_task.items():
        model.add(sum(found) <= int(columns.limits[t]))
    for c, found in of_class.items():
        model.add(sum(found) <= len(columns.classes[c].shifts))
    unit = step / 2  # halves of two-officer visits
    worth = [round(day_value(columns.classes[c], rows) / unit) for c, rows in days]
    total = sum(w * v for w, v in zip(worth, x, strict=True))
    model.add(total >= int(np.ceil(least / unit - 1e-6)))
    model.maximize(total)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.linearization_level = 2
    solver.parameters.max_time_in_seconds = max(0.01, seconds)
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return Packed(-np.inf, least - step, [])
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Packed(-np.inf, np.inf, [])
    chosen = [day for day, v in zip(days, x, strict=True) if solver.boolean_value(v)]
    return Packed(solver.objective_value * unit, solver.best_objective_bound * unit, chosen)
