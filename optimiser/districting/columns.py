"""Small problems solved over whole patches: list every patch of a cheaper plan, and choose.

At the best multipliers the Lagrangian says how dear the patch of each pair of slot kind
and centre may be in a plan that costs no more than a known one. Where these patches are
few, they are listed (`enumeration`), and the cheapest partition into them is the optimum
(Baldacci, Christofides and Mingozzi, 2008).
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable

import numpy as np

from optimiser.districting.enumeration import grow_patches
from optimiser.districting.exact import Proof
from optimiser.districting.fixing import Choices
from optimiser.districting.instance import Arrays
from optimiser.districting.measures import within_further

__all__ = ["choose_patches", "list_patches"]

log = logging.getLogger(__name__)

_MOST_LISTED = 20_000
_MOST_NODES = 2_000_000
"""Together, over all pairs."""

_FIXED_EFFORT = 5.0
"""Deterministic seconds of CP-SAT where results must not depend on the clock."""

Patches = dict[tuple[int, bytes], int]


def list_patches(a: Arrays, choices: Choices) -> Patches | None:
    """Return the cost of every patch that the choices allow, by kind and units.

    None: there are too many to list.
    """
    weight = a.weight.astype(np.float64)
    found = np.zeros((_MOST_LISTED, weight.size), dtype=np.bool_)
    patches: Patches = {}
    nodes_left = _MOST_NODES
    for q, j in enumerate(choices.centre.tolist()):
        kind = int(choices.kind[q])
        k, own = choices.slots[kind][0], int(a.block_unit[j])
        if not choices.units[q, own]:
            continue
        cost = a.cost[:, j] + a.move[:, k]
        usable = np.ascontiguousarray(choices.units[q] & ~a.banned[:, k])
        reduced = np.where(usable, a.cost[:, j] - choices.offer[kind], 0.0)
        order = np.argsort(reduced / np.maximum(weight, 1e-6))
        count, nodes = grow_patches(
            a.nbr_start, a.nbr, weight, float(a.lower[k]), float(a.upper[k]), reduced, order,
            own, usable, float(choices.most[q]), nodes_left,
            float(a.lower.min()), float(a.upper.max()), found,
        )  # fmt: skip
        if count < 0 or nodes < 0 or len(patches) + count > _MOST_LISTED:
            return None
        nodes_left -= nodes
        for units in found[:count][within_further(a, found[:count], k)]:
            key = kind, units.tobytes()
            total = int(cost[units].sum() + a.centre_cost[k, j])
            patches[key] = min(total, patches.get(key, total))
    return patches


def choose_patches(
    a: Arrays,
    choices: Choices,
    patches: Patches,
    *,
    seconds_left: Callable[[], float] | None,
) -> Proof:
    """Return the cheapest partition into the patches; bound inf where there is none."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    of_unit: list[list[cp_model.IntVar]] = [[] for _ in range(a.weight.size)]
    of_kind: list[list[cp_model.IntVar]] = [[] for _ in choices.slots]
    chosen = []
    for kind, units in patches:
        var = model.new_bool_var("")
        chosen.append(var)
        of_kind[kind].append(var)
        for u in np.flatnonzero(np.frombuffer(units, dtype=np.bool_)):
            of_unit[u].append(var)
    for variables in of_unit:
        model.add_exactly_one(variables)
    for slots, variables in zip(choices.slots, of_kind, strict=True):
        model.add(sum(variables) == len(slots))
    model.minimize(sum(c * var for c, var in zip(patches.values(), chosen, strict=True)))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    if seconds_left is None:
        solver.parameters.max_deterministic_time = _FIXED_EFFORT
    else:
        solver.parameters.max_time_in_seconds = max(0.1, seconds_left() / 2)
    status = solver.solve(model)
    log.debug("%d patches: %s", len(patches), solver.status_name(status))
    if status == cp_model.INFEASIBLE:
        return Proof(math.inf)
    if status != cp_model.OPTIMAL:
        return Proof(-math.inf)
    part = np.empty(a.weight.size, dtype=np.int64)
    free = [list(slots) for slots in choices.slots]
    for (kind, units), var in zip(patches, chosen, strict=True):
        if solver.value(var):
            part[np.frombuffer(units, dtype=np.bool_)] = free[kind].pop()
    return Proof(float(round(solver.objective_value)), part)
