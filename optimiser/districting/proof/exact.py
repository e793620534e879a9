"""Small problems solved to the proven optimum, or proven to have no plan.

The model of Hess et al. (1965) over the choices that `fixing` leaves: x[u, q] = 1 if
unit u is in the patch of pair q (a kind of slot and its centre j). SCIP solves it, not
HiGHS, which returned a wrong optimum of the flow model.
Where a patch falls into pieces, cuts join it and the model is solved again: unit u of
a piece C is in the patch of centre j only with a unit of a set S between them,

    x[u, q] <= sum_{v in S} x[v, q]   (Validi, Buchanan and Lykhovyd, 2022).

Where that takes too many rounds, or no plan is known, contiguity is stated in full
instead: each centre sends a unit of flow to each unit of its patch, over its patch
(Shirabe, 2009). Every model on the way is a relaxation, so its bound holds for the
whole problem.
"""

from __future__ import annotations

import datetime as dt
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimiser.districting.proof.fixing import Choices
from optimiser.districting.units.instance import Arrays, Int64s
from optimiser.districting.units.measures import apart_pairs, label_units, within_further
from optimiser.model.patches import COST_UNITS_PER_MINUTE

__all__ = ["MOST_CHOICES", "Proof", "prove"]

log = logging.getLogger(__name__)

MOST_CHOICES = 6_000
"""Unit choices up to which the model is worth building."""

_MOST_ARCS = 10_000
"""Arcs up to which contiguity is stated by flows."""

_FEW_ARCS = 3_000
"""Arcs up to which that is done at once, even with a plan to cut branches."""

_CUT_ROUNDS = 3
"""Rounds of cuts before flows are tried."""

_MARGIN = 4e-7
"""Share taken off a bound for the solver's tolerances; below `OPTIMAL_GAP`."""

_COST = float(COST_UNITS_PER_MINUTE)


@dataclass(frozen=True)
class Proof:
    """What came out: a bound in cost units (inf: no plan at all), perhaps a best plan."""

    bound: float
    part: Int64s | None = None


def prove(
    a: Arrays,
    choices: Choices,
    *,
    plan_known: bool,
    seconds_left: Callable[[], float] | None,
) -> Proof:
    """Solve over `choices` until contiguous, proven impossible or out of time.

    `seconds_left` None means without a clock: a fixed number of nodes a model, so
    that the result is reproducible.
    """
    from ortools.math_opt.python import mathopt

    model = _Model(a, choices)
    if model.arcs <= (_FEW_ARCS if plan_known else _MOST_ARCS):
        model.add_flow()
    best, rounds = -math.inf, 0
    while seconds_left is None or seconds_left() > 0.5:
        limit: dict[str, Any] = {"node_limit": 2000}
        if seconds_left is not None:
            limit = {"time_limit": dt.timedelta(seconds=seconds_left())}
        params = mathopt.SolveParameters(relative_gap_tolerance=1e-8, **limit)
        result = mathopt.solve(model.model, mathopt.SolverType.GSCIP, params=params)
        reason = result.termination.reason
        if reason == mathopt.TerminationReason.INFEASIBLE:
            return Proof(math.inf)
        dual = result.termination.objective_bounds.dual_bound
        if math.isfinite(dual):
            best = max(best, dual * _COST * (1 - _MARGIN))
        if not result.has_primal_feasible_solution():
            break
        part, pieces = model.read(result.variable_values())
        if not pieces:
            log.debug("exact model: %s, bound %.0f", reason, best)
            return Proof(best, part)
        rounds += 1
        if rounds == _CUT_ROUNDS and model.arcs <= _MOST_ARCS:
            model.add_flow()
        else:
            model.join(pieces)
    return Proof(best)


class _Model:
    """The integer program and how its variables are laid out."""

    def __init__(self, a: Arrays, choices: Choices) -> None:
        from ortools.math_opt.python import mathopt

        self._a, self._choices = a, choices
        self.model = mathopt.Model()
        self._next = [
            {int(v) for v in a.nbr[a.nbr_start[u] : a.nbr_start[u + 1]]}
            for u in range(a.weight.size)
        ]
        self._own = [int(a.block_unit[j]) for j in choices.centre]
        self._x: list[dict[int, Any]] = []
        for q, own in enumerate(self._own):
            units = np.flatnonzero(choices.units[q])
            self._x.append({int(u): self.model.add_binary_variable() for u in units})
            if own not in self._x[q]:
                self._x[q] = {}
        self._add_objective()
        self._add_assignment()
        self._add_slots()
        for q in range(len(self._x)):
            if self._x[q]:
                self._add_balance(q)
                self._add_measures(q)
                self._add_apart(q)
                self._add_centre_and_neighbours(q)

    def _add_objective(self) -> None:
        a = self._a
        terms = []
        for q, x in enumerate(self._x):
            k, j = self._choices.slots[self._choices.kind[q]][0], self._choices.centre[q]
            for u, var in x.items():
                cost = a.cost[u, j] + a.move[u, k]
                if u == self._own[q]:
                    cost += a.centre_cost[k, j]
                terms.append(float(cost) / _COST * var)
        self.model.minimize(_sum(terms))

    def _add_assignment(self) -> None:
        of: list[list[Any]] = [[] for _ in range(self._a.weight.size)]
        for x in self._x:
            for u, var in x.items():
                of[u].append(var)
        for variables in of:
            self.model.add_linear_constraint(_sum(variables) == 1)

    def _add_slots(self) -> None:
        for number, slots in enumerate(self._choices.slots):
            pairs = np.flatnonzero(self._choices.kind == number)
            served = [self._x[q][self._own[q]] for q in pairs if self._x[q]]
            self.model.add_linear_constraint(_sum(served) == len(slots))

    def _add_balance(self, q: int) -> None:
        a = self._a
        k = self._choices.slots[self._choices.kind[q]][0]
        scale = max(1.0, float(a.upper[k]))
        load = _sum([int(a.weight[u]) / scale * var for u, var in self._x[q].items()])
        centre = self._x[q][self._own[q]]
        self.model.add_linear_constraint(load <= int(a.upper[k]) / scale * centre)
        self.model.add_linear_constraint(load >= int(a.lower[k]) / scale * centre)

    def _add_measures(self, q: int) -> None:
        """Hold each further measure within its limits; a spanning label counts once."""
        a, x = self._a, self._x[q]
        k = self._choices.slots[self._choices.kind[q]][0]
        centre = x[self._own[q]]
        terms = [
            [int(a.amount[u, c]) * var for u, var in x.items() if a.amount[u, c]]
            for c in range(a.rate.size)
        ]
        for label, units in enumerate(label_units(a)):
            inside = [x[u] for u in units.tolist() if u in x]
            if inside:
                present = self.model.add_variable(lb=0.0, ub=1.0)
                terms[a.label_measure[label]].append(present)
                self.model.add_linear_constraint(present <= _sum(inside))
                for var in inside:
                    self.model.add_linear_constraint(present >= var)
        for c, held in enumerate(terms):
            self.model.add_linear_constraint(_sum(held) <= int(a.most[k, c]) * centre)
            self.model.add_linear_constraint(_sum(held) >= int(a.least[k, c]) * centre)

    def _add_apart(self, q: int) -> None:
        x = self._x[q]
        for u, v in apart_pairs(self._a).tolist():
            if u in x and v in x:
                self.model.add_linear_constraint(x[u] + x[v] <= x[self._own[q]])

    def _add_centre_and_neighbours(self, q: int) -> None:
        own, x = self._own[q], self._x[q]
        for u, var in x.items():
            if u == own:
                continue
            self.model.add_linear_constraint(var <= x[own])
            if own not in self._next[u]:
                self._add_cut(q, u, self._next[u])

    @property
    def arcs(self) -> int:
        """Return how many arcs the flows would have."""
        return sum(len(self._next[u] & x.keys()) for x in self._x for u in x)

    def add_flow(self) -> None:
        """State contiguity in full."""
        for q, x in enumerate(self._x):
            if x:
                self._add_flow(q)

    def _add_flow(self, q: int) -> None:
        """Send a unit of flow from the centre to each unit of its patch, over its patch."""
        own, x = self._own[q], self._x[q]
        most = float(len(x) - 1)
        inflow: dict[int, list[Any]] = {u: [] for u in x}
        outflow: dict[int, list[Any]] = {u: [] for u in x}
        for u in x:
            for v in self._next[u]:
                if v in x and v != own:
                    flow = self.model.add_variable(lb=0.0, ub=most)
                    outflow[u].append(flow)
                    inflow[v].append(flow)
        for u, var in x.items():
            if u != own:
                self.model.add_linear_constraint(_sum(inflow[u]) - _sum(outflow[u]) == var)
                self.model.add_linear_constraint(_sum(inflow[u]) <= most * var)

    def _add_cut(self, q: int, u: int, between: set[int]) -> None:
        x = self._x[q]
        self.model.add_linear_constraint(x[u] <= _sum([x[v] for v in between if v in x]))

    def read(self, values: dict[Any, float]) -> tuple[Int64s | None, list[tuple[int, set[int]]]]:
        """Return the partition (None: not within the exact limits) and pieces cut off."""
        a = self._a
        part = np.full(a.weight.size, -1, dtype=np.int64)
        pieces = []
        free = [list(slots) for slots in self._choices.slots]
        for q, x in enumerate(self._x):
            if not x or values[x[self._own[q]]] < 0.5:
                continue
            k = free[self._choices.kind[q]].pop()
            units = {u for u, var in x.items() if values[var] > 0.5}
            part[list(units)] = k
            pieces += [(q, piece) for piece in self._cut_off(units, self._own[q])]
        load = np.bincount(part[part >= 0], weights=a.weight[part >= 0], minlength=a.lower.size)
        valid = bool((part >= 0).all() and (load >= a.lower).all() and (load <= a.upper).all())
        valid &= all(within_further(a, part[None] == k, k).all() for k in range(a.lower.size))
        return (part if valid else None), pieces

    def _cut_off(self, units: set[int], own: int) -> list[set[int]]:
        left = set(units)
        _flood(self._next, {own}, left)
        pieces = []
        while left:
            pieces.append(_flood(self._next, {min(left)}, left))
        return pieces

    def join(self, pieces: list[tuple[int, set[int]]]) -> None:
        """Add cuts for each piece, for its own pair with a smaller set, and for all others."""
        for q, piece in pieces:
            around = set().union(*(self._next[u] for u in piece)) - piece
            for other, own in enumerate(self._own):
                if not self._x[other] or own in piece:
                    continue
                between = self._between(around, own) if other == q else around
                for u in piece:
                    if u in self._x[other]:
                        self._add_cut(other, u, between)

    def _between(self, around: set[int], own: int) -> set[int]:
        """Return the units of `around` that can be reached from `own` without crossing it."""
        if own in around:
            return {own} | around
        reached = _flood(self._next, {own}, set(range(len(self._next))) - around)
        return {v for v in around if self._next[v] & reached}


def _flood(neighbours: list[set[int]], start: set[int], within: set[int]) -> set[int]:
    """Take what can be reached from `start` out of `within` and return it."""
    within -= start
    reached, front = set(start), set(start)
    while front:
        front = set().union(*(neighbours[u] for u in front)) & within
        within -= front
        reached |= front
    return reached


def _sum(terms: list[Any]) -> Any:
    from ortools.math_opt.python import mathopt

    return mathopt.fast_sum(terms) if terms else mathopt.LinearExpression()
