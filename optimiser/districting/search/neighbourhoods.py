r"""Exact neighbourhoods: CP-SAT re-optimises two or three neighbouring patches at a time.

**Sets.** The slots Q of a few patches that touch, and the units U they hold now.

**Variables.** x[u, k] = 1 if unit u is in patch k of Q; c[k, j] = 1 if block j is k's
centre, among the blocks nearest to today's; cost_k >= 0.

**Objective.** Minimise sum_k cost_k + sum_{u, k} move[u, k] x[u, k].

**Constraints.** Each unit once; workload and further measures within the limits (a label
that spans units counts once a patch); banned pairs 0; pairs kept apart in one patch 0;
one centre a patch, among its own units; and, where c[k, j] = 1,
cost_k >= centre_cost[k, j] + sum_u cost[u, j] x[u, k].
Contiguity by cuts: a piece C that hangs loose in patch k asks, for each unit u of C,

    x[u, k] <= sum_{v next to C} x[v, k] + sum_{j in C} c[k, j],

and the model is solved again (Validi, Buchanan and Lykhovyd, 2022). The result is a
better plan or none; what CP-SAT proves of a neighbourhood is no bound of the whole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from optimiser.districting.search.annealing import penalised_cost
from optimiser.districting.units.instance import Arrays, Int64s, connected_pieces
from optimiser.districting.units.measures import add_further

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

__all__ = ["improve_exactly"]

_MOST_UNITS = 120
"""Units up to which a neighbourhood is worth a model."""
_CENTRES = 16
_CUT_ROUNDS = 12
_UNITS_OF_WORK = 2.0
"""CP-SAT's deterministic time of one solve, where the clock must not decide."""


def improve_exactly(
    a: Arrays,
    part: Int64s,
    *,
    rng: np.random.Generator,
    size: int,
    seconds: float,
    most: int | None,
    time_left: Callable[[], float],
    improved: Callable[[Int64s, float], None],
) -> Int64s:
    """Re-optimise sets of touching patches until none is left to try or time runs out.

    Parameters
    ----------
    a
        The problem on units.
    part
        (m,) a valid partition: unit -> slot.
    rng
        Orders the sets.
    size
        Most patches in a set, at least 2.
    seconds
        Limit of one solve.
    most
        Number of sets to try, by CP-SAT's deterministic time; None: by the clock.
    time_left
        Seconds until the search must end.
    improved
        Told of each better partition and its cost.
    """
    best = part.copy()
    cost = penalised_cost(a, best)
    tried: set[frozenset[int]] = set()
    count = 0
    while time_left() > 0 and (most is None or count < most):
        slots = _next_set(a, best, tried, size, rng)
        if slots is None:
            break
        count += 1
        limit = None if most is not None else min(seconds, max(0.1, time_left()))
        found = _reoptimise(a, best, slots, limit)
        new_cost = cost if found is None else penalised_cost(a, found)
        if found is not None and new_cost < cost:
            best, cost = found, new_cost
            improved(best, cost)
            # A set that shares a patch with the changed ones may now do better.
            tried = {other for other in tried if other.isdisjoint(slots)}
        tried.add(frozenset(slots))
    return best


def _next_set(
    a: Arrays, part: Int64s, tried: set[frozenset[int]], size: int, rng: np.random.Generator
) -> list[int] | None:
    """Return touching slots not tried since they changed, pairs first; None if all have been."""
    source = np.repeat(np.arange(part.size), np.diff(a.nbr_start))
    pairs = np.unique(np.stack([part[source], part[a.nbr]], axis=1), axis=0)
    touching: dict[int, list[int]] = {}
    for one, other in pairs[pairs[:, 0] != pairs[:, 1]].tolist():
        touching.setdefault(one, []).append(other)
    held = np.bincount(part, minlength=a.lower.size)
    sets = [[int(k)] for k in rng.permutation(sorted(touching))]
    for _ in range(size - 1):
        sets = [
            [*slots, int(k)]
            for slots in sets
            for k in rng.permutation(sorted({n for one in slots for n in touching[one]}))
            if k not in slots and held[[*slots, k]].sum() <= _MOST_UNITS
        ]
        for slots in sets:
            if frozenset(slots) not in tried:
                return slots
    return None


def _reoptimise(a: Arrays, part: Int64s, slots: list[int], seconds: float | None) -> Int64s | None:
    """Return the partition with these slots' units dealt anew, None if none better is found."""
    from ortools.sat.python import cp_model

    model = _Model(a, part, slots)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    for _ in range(_CUT_ROUNDS):
        if seconds is None:
            solver.parameters.max_deterministic_time = _UNITS_OF_WORK
        else:
            solver.parameters.max_time_in_seconds = seconds
        status = solver.solve(model.model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        found = model.read(solver)
        if np.array_equal(found, part):
            return None
        if not model.add_contiguity(found):
            return found
        if seconds is not None:
            seconds -= solver.wall_time
            if seconds <= 0:
                return None
    return None


class _Model:
    """The CP-SAT model of one neighbourhood."""

    def __init__(self, a: Arrays, part: Int64s, slots: list[int]) -> None:
        from ortools.sat.python import cp_model

        self._a, self._part, self._slots = a, part, slots
        self._units = np.flatnonzero(np.isin(part, slots))
        self.model = cp_model.CpModel()
        self._x = {
            (int(u), k): self.model.new_bool_var(f"x{u}_{k}") for u in self._units for k in slots
        }
        self._centre: dict[tuple[int, int], cp_model.IntVar] = {}
        self._add_assignment()
        self._add_workload_balance()
        for k in slots:
            column = {int(u): self._x[int(u), k] for u in self._units}
            add_further(self.model, a, column, a.least[k], a.most[k])
        costs = [self._add_centre(k) for k in slots]
        moves = [int(a.move[u, k]) * x for (u, k), x in self._x.items() if a.move[u, k]]
        self.model.minimize(sum(costs) + sum(moves))

    def _add_assignment(self) -> None:
        for u in self._units.tolist():
            self.model.add_exactly_one(self._x[u, k] for k in self._slots)
            for k in self._slots:
                self.model.add_hint(self._x[u, k], bool(self._part[u] == k))
                if self._a.banned[u, k]:
                    self.model.add(self._x[u, k] == 0)

    def _add_workload_balance(self) -> None:
        for k in self._slots:
            load = sum(int(self._a.weight[u]) * self._x[u, k] for u in self._units.tolist())
            self.model.add_linear_constraint(load, int(self._a.lower[k]), int(self._a.upper[k]))

    def _add_centre(self, k: int) -> cp_model.IntVar:
        """Choose the patch's centre, and return its cost with it."""
        a, units = self._a, self._units.tolist()
        blocks = np.flatnonzero(np.isin(a.block_unit, self._units))
        own = np.flatnonzero(self._part == k)
        now = a.cost[own][:, blocks].sum(axis=0) + a.centre_cost[k, blocks]
        inside = np.isin(a.block_unit[blocks], own)
        current = blocks[int(np.argmin(np.where(inside, now, now.max() + 1)))]
        # Other candidates: where today's patch would be served from at least cost.
        nearest = blocks[np.argsort(now, kind="stable")[:_CENTRES]]
        candidates = sorted({int(current), *nearest.tolist()})
        most = int(a.cost[self._units][:, candidates].sum(axis=0).max())
        most += int(a.centre_cost[k, candidates].max())
        cost = self.model.new_int_var(0, most, f"cost{k}")
        for j in candidates:
            chosen = self.model.new_bool_var(f"c{k}_{j}")
            self._centre[k, j] = chosen
            self.model.add_hint(chosen, bool(j == current))
            self.model.add_implication(chosen, self._x[int(a.block_unit[j]), k])
            walk = sum(int(a.cost[u, j]) * self._x[u, k] for u in units)
            self.model.add(cost >= walk + int(a.centre_cost[k, j])).only_enforce_if(chosen)
        self.model.add_exactly_one(self._centre[k, j] for j in candidates)
        return cost

    def read(self, solver: cp_model.CpSolver) -> Int64s:
        """Return the whole partition as the solver left it."""
        found = self._part.copy()
        for (u, k), x in self._x.items():
            if solver.boolean_value(x):
                found[u] = k
        return found

    def add_contiguity(self, found: Int64s) -> bool:
        """Cut off the pieces that hang loose in `found`; say whether there were any."""
        cut = False
        for k in self._slots:
            pieces = connected_pieces(self._a, np.flatnonzero(found == k))
            for piece in sorted(pieces, key=len)[:-1]:
                self._join(set(piece.tolist()), k)
                cut = True
        return cut

    def _join(self, piece: set[int], k: int) -> None:
        a = self._a
        around = {
            int(v)
            for u in piece
            for v in a.nbr[a.nbr_start[u] : a.nbr_start[u + 1]]
            if int(v) not in piece and (int(v), k) in self._x
        }
        centres = [c for (q, j), c in self._centre.items() if q == k and a.block_unit[j] in piece]
        way_out = sum(self._x[v, k] for v in sorted(around)) + sum(centres)
        for u in sorted(piece):
            self.model.add(self._x[u, k] <= way_out)
