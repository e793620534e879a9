r"""A lower bound of the whole problem by Lagrangian relaxation.

The rule that every unit u is in exactly one patch is priced by multipliers
lambda_u. What remains falls apart into one problem for each slot k and centre j:

    V[k, j] = centre_cost[k, j] + min  sum_u (cost[u, j] + move[u, k] - lambda_u) x_u
              s.t.  lower_k <= sum_u weight_u x_u <= upper_k,  x of j's own unit = 1,
                    0 <= x_u <= 1,  x_u = 0 where banned or out of reach,

a two-sided fractional knapsack, solved by sorting. Slots have different centres,
so the bound is L(lambda) = sum_u lambda_u + the cheapest assignment of slots to
different centres at prices V; the volume algorithm (Barahona and Anbil, 2000)
raises it. A unit is out of reach of j if even the lightest chain of neighbours
between them is heavier than the patch may be. Contiguity is otherwise left out,
so L is valid for the whole problem at any lambda (Held and Karp, 1971; Fisher,
1981). Slots with the same limits, moves and bans share their V.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from optimiser.districting.instance import Arrays, Int32s, Int64s

__all__ = ["Lagrangian"]

Floats = npt.NDArray[np.float64]

_REACH_UNITS = 1500
"""Chains of neighbours are measured up to so many units; beyond, it takes too long."""

_SMALL_WORK = 3_000_000
"""Knapsack items up to which every centre is priced in every iteration."""


@dataclass
class _Volume:
    """State of the volume algorithm: step factor, averaging weight, failures in a row."""

    factor: float = 0.5
    weight: float = 0.1
    failures: int = 0


class Lagrangian:
    """The bound of one problem; `improve` may be called again and again."""

    def __init__(self, a: Arrays) -> None:
        self._a = a
        keys = [
            (int(a.lower[k]), int(a.upper[k]), a.move[:, k].tobytes(), a.banned[:, k].tobytes())
            for k in range(a.lower.size)
        ]
        number: dict[object, int] = {}
        self._group = np.array([number.setdefault(key, len(number)) for key in keys])
        first = np.array([int(np.argmax(self._group == g)) for g in range(len(number))])
        self._cost = np.ascontiguousarray(a.cost.T, dtype=np.float64)
        self._move = np.ascontiguousarray(a.move[:, first].T, dtype=np.float64)
        self._move[a.banned[:, first].T] = np.inf
        self._lower, self._upper = a.lower[first].astype(float), a.upper[first].astype(float)
        self._weight = a.weight.astype(np.float64)
        self._chain = _lightest_chains(a)
        self._centre = a.centre_cost.astype(np.float64)
        m, n = a.cost.shape
        self._all = np.tile(np.arange(n, dtype=np.int32), (len(number), 1))
        self._full = len(number) * m * n <= _SMALL_WORK
        self._candidates = self._all
        self._volume = _Volume()
        self._direction: Floats | None = None
        self.multipliers = np.zeros(m)
        self.value = -math.inf
        self._local = -math.inf
        self._since_full = 0

    @property
    def bound(self) -> int:
        """Return the best bound so far, in cost units, safe from rounding errors."""
        if not math.isfinite(self.value):
            return 0
        slack = 1e-9 * (float(np.abs(self.multipliers).sum()) + abs(self.value)) + 1e-3
        return max(0, math.ceil(self.value - slack))

    def start(self, part: Int32s, centres: Int64s) -> None:
        """Set the multipliers to what each unit costs in a known plan."""
        a = self._a
        units = np.arange(part.size)
        own = a.cost[units, centres[part]] + a.move[units, part]
        share = a.centre_cost[part, centres[part]] * a.weight / np.maximum(1, a.upper[part])
        self.multipliers = (own + share).astype(np.float64)
        self._local = -math.inf
        self._direction = None
        self._volume = _Volume()

    def improve(self, target: float, iterations: int) -> int:
        """Take `iterations` steps towards `target` (a plan's cost) and return the bound."""
        for _ in range(iterations):
            self._step(target)
        if not self._full:
            self._price_all()
        return self.bound

    def _price_all(self) -> None:
        value, _, table = self._evaluate(self.multipliers, self._all)
        self._record(value)
        self._local = value
        size = min(table.shape[1], 24 + 3 * int(np.bincount(self._group).max()))
        best = np.stack([table[self._group == g].min(axis=0) for g in range(len(self._all))])
        self._candidates = np.argpartition(best, size - 1, axis=1)[:, :size].astype(np.int32)
        self._since_full = 0

    def _record(self, value: float) -> None:
        if value > self.value:
            self.value = value

    def _step(self, target: float) -> None:
        if self._direction is None or (not self._full and self._since_full >= 25):
            if not self._full:
                self._price_all()
            value, gradient, _ = self._evaluate(self.multipliers, self._candidates)
            self._local = value
            if self._full:
                self._record(value)
            if self._direction is None:
                self._direction = gradient
        self._since_full += 1
        direction, volume = self._direction, self._volume
        norm = float(direction @ direction)
        if norm < 1e-12 or self._local >= target:
            return
        trial = self.multipliers + volume.factor * (target - self._local) / norm * direction
        value, gradient, _ = self._evaluate(trial, self._candidates)
        if self._full:
            self._record(value)
        weight = _averaging_weight(direction, gradient, volume.weight)
        self._direction = weight * gradient + (1 - weight) * direction
        if value > self._local:
            agrees = float(gradient @ direction) >= 0
            volume.factor = min(2.0, volume.factor * (1.1 if agrees else 1.0))
            volume.failures = 0
            self.multipliers, self._local = trial, value
            return
        volume.failures += 1
        if volume.failures >= 10:
            volume.failures = 0
            volume.factor = max(1e-4, volume.factor * 0.66)
            volume.weight = max(0.005, volume.weight * 0.9)

    def _evaluate(self, multipliers: Floats, centres: Int32s) -> tuple[float, Floats, Floats]:
        """Return the Lagrangian's value over `centres`, a subgradient and the slots' prices."""
        from scipy.optimize import linear_sum_assignment

        a = self._a
        n = a.cost.shape[1]
        price = np.full((len(self._all), n), np.inf)
        args = (self._cost, self._move, self._weight, self._lower, self._upper, self._chain)
        _price_centres(*args, a.block_unit, multipliers, centres, price)
        table = price[self._group] + self._centre
        finite = np.isfinite(table)
        big = 1e3 * (np.abs(table[finite]).max(initial=1.0) + 1.0)
        rows, columns = linear_sum_assignment(np.where(finite, table, big))
        gradient = np.ones(a.weight.size)
        for k, j in zip(rows, columns, strict=True):
            if finite[k, j]:
                _subtract(*args, a.block_unit, multipliers, self._group[k], j, gradient)
        chosen = table[rows, columns]
        value = float(multipliers.sum() + chosen.sum()) if np.isfinite(chosen).all() else math.inf
        return value, gradient, table


def _averaging_weight(direction: Floats, gradient: Floats, largest: float) -> float:
    """Return the weight of the new subgradient that makes the average shortest."""
    difference = gradient - direction
    length = float(difference @ difference)
    if length < 1e-12:
        return largest
    return float(np.clip(-(direction @ difference) / length, largest / 10, largest))


def _lightest_chains(a: Arrays) -> Floats:
    """Return (m, m) the workload of the lightest chain between two units, both included."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    m = a.weight.size
    if m > _REACH_UNITS or a.nbr.size == 0:
        return np.zeros((1, 1))
    source = np.repeat(np.arange(m), np.diff(a.nbr_start))
    entering = a.weight[a.nbr].astype(float) + 1e-9  # a stored zero would be no edge
    graph = coo_array((entering, (source, a.nbr)), shape=(m, m)).tocsr()
    chains: Floats = np.asarray(dijkstra(graph), dtype=np.float64)
    return chains + a.weight[:, None].astype(np.float64) - 1e-3


@njit(cache=True, nogil=True)
def _knapsack(
    reduced: Floats, weight: Floats, forced: int, lower: float, upper: float, share: Floats
) -> float:
    """Return the least sum of reduced costs within the limits; fill `share` with the x."""
    m = weight.size
    share[:] = 0.0
    share[forced] = 1.0
    value = float(reduced[forced])
    taken = float(weight[forced])
    if taken > upper or not np.isfinite(value):
        return np.inf
    count = 0
    for u in range(m):
        if u != forced and reduced[u] < 0.0:
            share[u] = 1.0
            taken += weight[u]
            value += reduced[u]
            count += 1
    if taken > upper:
        return _drop(reduced, weight, forced, upper, share, value, taken, count)
    while taken < lower:
        best, ratio = -1, np.inf
        for u in range(m):
            if share[u] == 0.0 and weight[u] > 0.0 and reduced[u] < ratio * weight[u]:
                best, ratio = u, reduced[u] / weight[u]
        if best < 0:
            return np.inf
        part = min(1.0, (lower - taken) / weight[best])
        share[best] = part
        value += part * reduced[best]
        taken += part * weight[best]
        if part < 1.0:
            break
    return value


@njit(cache=True, nogil=True)
def _drop(
    reduced: Floats,
    weight: Floats,
    forced: int,
    upper: float,
    share: Floats,
    value: float,
    taken: float,
    count: int,
) -> float:
    """Take out what is worth least for its weight until the patch is light enough."""
    items = np.empty(count, dtype=np.int64)
    ratio = np.empty(count)
    i = 0
    for u in range(weight.size):
        if u != forced and reduced[u] < 0.0:
            items[i] = u
            ratio[i] = reduced[u] / weight[u] if weight[u] > 0 else -np.inf
            i += 1
    for i in np.argsort(ratio)[::-1]:
        u = items[i]
        part = min(1.0, (taken - upper) / weight[u]) if weight[u] > 0 else 0.0
        share[u] = 1.0 - part
        value -= part * reduced[u]
        taken -= part * weight[u]
        if part < 1.0:
            break
    return value


@njit(cache=True, nogil=True)
def _reduced_costs(
    cost: Floats,
    move: Floats,
    chain: Floats,
    upper: float,
    own: int,
    multipliers: Floats,
    out: Floats,
) -> None:
    for u in range(out.size):
        out[u] = cost[u] + move[u] - multipliers[u]
    if chain.shape[0] > 1:
        for u in range(out.size):
            if chain[own, u] > upper:
                out[u] = np.inf


@njit(cache=True, nogil=True)
def _price_centres(
    cost: Floats,
    move: Floats,
    weight: Floats,
    lower: Floats,
    upper: Floats,
    chain: Floats,
    block_unit: Int32s,
    multipliers: Floats,
    centres: Int32s,
    price: Floats,
) -> None:
    """Fill price[g, j] for each of the group's `centres`."""
    reduced = np.empty(weight.size)
    share = np.empty(weight.size)
    for g in range(centres.shape[0]):
        for j in centres[g]:
            own = block_unit[j]
            _reduced_costs(cost[j], move[g], chain, upper[g], own, multipliers, reduced)
            price[g, j] = _knapsack(reduced, weight, own, lower[g], upper[g], share)


@njit(cache=True, nogil=True)
def _subtract(
    cost: Floats,
    move: Floats,
    weight: Floats,
    lower: Floats,
    upper: Floats,
    chain: Floats,
    block_unit: Int32s,
    multipliers: Floats,
    g: int,
    j: int,
    gradient: Floats,
) -> None:
    """Take the units of centre j's knapsack off the subgradient."""
    reduced = np.empty(weight.size)
    share = np.empty(weight.size)
    own = block_unit[j]
    _reduced_costs(cost[j], move[g], chain, upper[g], own, multipliers, reduced)
    _knapsack(reduced, weight, own, lower[g], upper[g], share)
    for u in range(share.size):
        gradient[u] -= share[u]
