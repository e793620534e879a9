r"""A lower bound of the whole problem by Lagrangian relaxation.

The rule that every unit u is in exactly one patch is priced by multipliers
lambda_u. What remains falls apart into one fractional knapsack for each slot k
and centre j (`knapsacks`), of value V[k, j] including the way to the centre.
Slots have different centres, so the bound is

    L = sum_u lambda_u + cheapest assignment of slots to different centres at prices V,

raised by subgradient steps.

Contiguity enters twice. A unit is out of reach of j if even the lightest chain of
neighbours between them is heavier than the patch may be. And where a set S of
units weighs less than a patch must, a patch with u of S also has a neighbour of S:

    x[u, k] <= sum_{v next to S} x[v, k];

such cuts are found at the pieces that the knapsacks' solutions fall into, and
priced like the assignment rule, by multipliers mu >= 0 ("relax and cut"). The
rest of contiguity is left out, so L is valid for the whole problem at any
lambda and mu (Held and Karp, 1971; Fisher, 1981). Slots with the same limits,
moves and bans share their knapsacks.

Not every V is worked out in every step: by weak duality, a knapsack's price of
workload when it was last worked out gives a lower value today, which stands for V
unless the assignment picks it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array

from optimiser.districting.proof.knapsacks import (
    Floats,
    Tables,
    price_below,
    price_pairs,
    solve_pairs,
)
from optimiser.districting.units.instance import Arrays, Int64s, connected_pieces

__all__ = ["Lagrangian"]

_REACH_UNITS = 1500
"""Chains of neighbours are measured up to so many units; beyond, it takes too long."""

_SMALL_WORK = 3_000_000
"""Knapsack items up to which every centre is priced in every step."""

_MORE_CENTRES = 12
"""Each group's likeliest centres, worked out in every step, are so many and two for each slot."""

_LAZY_ROUNDS = 8
_SEPARATION_STEPS = 5
_MOST_CUTS = 20_000
_MOMENTUM, _MEMORY = 0.9, 0.99


class Lagrangian:
    """The bound of one problem; `improve` may be called again and again."""

    def __init__(self, a: Arrays) -> None:
        keys = [
            (int(a.lower[k]), int(a.upper[k]), a.move[:, k].tobytes(), a.banned[:, k].tobytes())
            for k in range(a.lower.size)
        ]
        number: dict[object, int] = {}
        self._group = np.array([number.setdefault(key, len(number)) for key in keys])
        first = np.array([int(np.argmax(self._group == g)) for g in range(len(number))])
        self._move = np.ascontiguousarray(a.move[:, first].T, dtype=np.float64)
        self._move[a.banned[:, first].T] = np.inf
        self._tables = Tables(
            cost=np.ascontiguousarray(a.cost.T, dtype=np.float64),
            weight=a.weight.astype(np.float64),
            lower=a.lower[first].astype(np.float64),
            upper=a.upper[first].astype(np.float64),
            chain=_lightest_chains(a),
            own=a.block_unit,
        )
        self._arrays = a
        self._cuts = _Cuts(a, self._tables.lower)
        self._point = np.zeros(a.weight.size)
        self._unit_step = self._mean = self._square = self._point
        self._steps = 0
        self._best = -math.inf
        self._best_size = 0.0
        self._best_point = np.zeros(a.weight.size)
        self._dual = np.empty((len(first), a.block_unit.size))
        self._priced = False
        self._likely = np.minimum(a.block_unit.size, _MORE_CENTRES + 2 * np.bincount(self._group))
        self._way = np.stack([a.centre_cost[self._group == g].min(axis=0) for g in number.values()])

    @property
    def bound(self) -> int:
        """Return the best bound so far, in cost units, safe from rounding errors."""
        if not math.isfinite(self._best):
            return 0
        return max(0, math.ceil(self._best - 1e-10 * self._best_size - 1e-3))

    @property
    def group_of(self) -> Int64s:
        """Return (p,) the number of each slot's group of equal knapsacks."""
        return self._group

    @property
    def unit_prices(self) -> Floats:
        """Return (m,) the best multipliers of the units."""
        return self._best_point[: self._arrays.weight.size].astype(np.float64)

    def at_best(self) -> tuple[Floats, Floats, float]:
        """Return offers (groups, m), exact prices (groups, n) and L at the best multipliers."""
        m = self._arrays.weight.size
        offer = self._best_point[None, :m] - self._move
        if self._best_point.size > m:
            offer = offer - self._cuts.charge(self._best_point[m:])
        price = np.empty((offer.shape[0], self._tables.cost.shape[0]))
        every = np.indices(price.shape, dtype=np.int64).reshape(2, -1)
        price_pairs(self._tables, offer, every[0], every[1], price, np.empty_like(price))
        return offer, price, self._best

    def rises(self, offer: Floats, group: int, centre: int) -> Floats:
        """Return (m,) by how much the knapsack gets dearer at least if u must be in it."""
        t = self._tables
        share = np.empty((1, t.weight.size))
        pair = np.array([group], dtype=np.int64), np.array([centre], dtype=np.int64)
        solve_pairs(t, offer, *pair, share)
        reduced = t.cost[centre] - offer[group]
        own = t.own[centre]
        if t.chain.shape[0] > 1:
            reduced = np.where(t.chain[own] > t.upper[group], np.inf, reduced)
        return _rises(reduced, t.weight, own, t.lower[group], t.upper[group], share[0])

    def start(self, part: Int64s, centres: Int64s, *, times: float = 1.0) -> None:
        """Set the multipliers to what each unit costs in a known plan, or some times that."""
        a = self._arrays
        own = a.cost[np.arange(part.size), centres[part]] + a.move[np.arange(part.size), part]
        share = a.centre_cost[part, centres[part]] * a.weight / np.maximum(1, a.upper[part])
        self._point = np.zeros(a.weight.size + self._cuts.count)
        self._point[: a.weight.size] = times * (own + share)
        self._unit_step = np.sqrt(a.weight / max(1.0, float(a.weight.mean())) + 0.01)
        self._unit_step *= max(1.0, float((own + share).mean())) / float(self._unit_step.mean())
        self._mean = np.zeros(self._point.size)
        self._square = np.zeros(self._point.size)
        self._steps = 0

    def improve(
        self,
        done: Callable[[int], float],
        *,
        first_rate: float = 0.1,
        last_rate: float = 1e-3,
    ) -> int:
        """Take steps, their length falling between two rates; return the bound.

        `done(step)` tells how much of the work is done, as a fraction; at 1 it ends.
        The steps are Adam's (Kingma and Ba, 2015): each multiplier's own length
        follows how steadily its rule is broken. On badly scaled problems that
        converged several times faster here than the volume algorithm.
        """
        step = 0
        while (fraction := done(step)) < 1.0:
            rate = first_rate * (last_rate / first_rate) ** max(0.0, fraction)
            cut = fraction > 0.2 and step % _SEPARATION_STEPS == 0
            _, gradient = self._evaluate(self._point, separate=cut)
            self._move_point(rate, gradient)
            step += 1
        self._evaluate(self._point, separate=False)
        return self.bound

    def _move_point(self, rate: float, gradient: Floats) -> None:
        """Step along the averaged subgradient; new cuts start at multiplier 0."""
        m = self._arrays.weight.size
        size = m + self._cuts.count
        gradient, self._mean = _padded(gradient, size), _padded(self._mean, size)
        self._square, self._point = _padded(self._square, size), _padded(self._point, size)
        self._steps += 1
        self._mean += (1 - _MOMENTUM) * (gradient - self._mean)
        self._square += (1 - _MEMORY) * (gradient * gradient - self._square)
        ahead = self._mean / (1 - _MOMENTUM**self._steps)
        spread = np.sqrt(self._square / (1 - _MEMORY**self._steps) + 1e-4)
        length = np.concatenate([self._unit_step, self._unit_step[self._cuts.units()]])
        self._point = self._point + rate * length * ahead / spread
        self._point[m:] = np.maximum(0.0, self._point[m:])

    def _evaluate(self, point: Floats, *, separate: bool) -> tuple[float, Floats]:
        """Return the Lagrangian's value (or a safe bit less) and a subgradient."""
        m = self._arrays.weight.size
        offer = point[None, :m] - self._move
        if self._cuts.count:
            offer = offer - self._cuts.charge(point[m:])
        price, exact = self._prices(offer)
        slots, centres = self._assign(offer, price, exact)
        chosen = price[self._group[slots], centres] + self._arrays.centre_cost[slots, centres]
        value = float(point[:m].sum() + chosen.sum())
        if math.isfinite(value) and value > self._best:
            self._best = value
            self._best_size = float(np.abs(point).sum() + np.abs(chosen).sum())
            self._best_point = point
        share = np.empty((slots.size, m))
        groups = self._group[slots].astype(np.int64)
        solve_pairs(self._tables, offer, groups, centres.astype(np.int64), share)
        by_group = np.zeros_like(offer)
        np.add.at(by_group, groups, share)
        if separate and self._cuts.count < _MOST_CUTS:
            self._cuts.separate(groups, share)
        gradient = np.concatenate([1.0 - share.sum(axis=0), self._cuts.excess(by_group)])
        return value, gradient

    def _prices(self, offer: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Return lower values of V (groups, centres) and which of them are exact."""
        groups, n = self._dual.shape
        price, exact = np.empty((groups, n)), np.zeros((groups, n), dtype=np.bool_)
        if not self._priced or groups * offer.shape[1] * n <= _SMALL_WORK:
            self._priced = True
            pairs = np.indices(price.shape, dtype=np.int64).reshape(2, -1)
        else:
            price_below(self._tables, offer, self._dual, price)
            likely = [
                np.argpartition(row, size - 1)[:size]
                for row, size in zip(price + self._way, self._likely, strict=True)
            ]
            of = np.repeat(np.arange(groups), self._likely)
            pairs = np.stack([of, np.concatenate(likely)])
        self._price(offer, pairs, price, exact)
        return price, exact

    def _price(
        self, offer: Floats, pairs: Int64s, price: Floats, exact: npt.NDArray[np.bool_]
    ) -> None:
        """Work out V of the pairs (2, pairs) of group and centre."""
        price_pairs(self._tables, offer, pairs[0], pairs[1], price, self._dual)
        exact[pairs[0], pairs[1]] = True

    def _assign(
        self, offer: Floats, price: Floats, exact: npt.NDArray[np.bool_]
    ) -> tuple[Int64s, Int64s]:
        """Give each slot its own centre at least price, pricing exactly what is picked."""
        from scipy.optimize import linear_sum_assignment

        # After the last round a pick may be priced too low still, which is safe.
        for last in (False,) * _LAZY_ROUNDS + (True,):
            table = price[self._group] + self._arrays.centre_cost
            finite = np.isfinite(table)
            big = 1e3 * (np.abs(table[finite]).max(initial=1.0) + 1.0)
            slots, centres = linear_sum_assignment(np.where(finite, table, big))
            groups = self._group[slots].astype(np.int64)
            stale = ~exact[groups, centres]
            if last or not stale.any():
                break
            pairs = np.stack([groups[stale], centres[stale].astype(np.int64)])
            self._price(offer, pairs, price, exact)
        return slots, centres


def _rises(
    reduced: Floats, weight: Floats, own: int, lower: float, upper: float, share: Floats
) -> Floats:
    """Return the rise of one knapsack's value if u must be in it, for every u.

    For any price y of workload the value is at least the sum of what each unit
    adds, less y times the limit; with u forced in, that grows by u's priced cost if
    positive. Where y is not optimal the shortfall is taken off, so that the rise
    holds for any y: at a limit met by whole units there is no unit in part to give it.
    """
    usable = np.isfinite(reduced) & (np.arange(weight.size) != own)
    value = float(reduced[share > 0] @ share[share > 0])
    marginal = usable & (weight > 0)
    with np.errstate(invalid="ignore"):
        ratio = np.where(marginal, -reduced / np.maximum(weight, 1e-300), np.nan)
    best, best_price = -np.inf, 0.0
    edge = [ratio[marginal & (share > 0)].min(initial=np.inf)]
    edge.append(ratio[marginal & (share < 1)].max(initial=-np.inf))
    for price in (0.0, *(float(y) for y in edge if np.isfinite(y))):
        priced = reduced + price * weight
        limit = upper if price >= 0 else lower
        least = float(priced[own] + np.minimum(0.0, priced[usable]).sum() - price * limit)
        if least > best:
            best, best_price = least, price
    rise = np.maximum(0.0, reduced + best_price * weight) - max(0.0, value - best)
    rise[own] = 0.0
    return np.maximum(0.0, rise)


def _padded(vector: Floats, size: int) -> Floats:
    return np.concatenate([vector, np.zeros(size - vector.size)])


class _Cuts:
    """Contiguity cuts x[u, k] <= sum of x[v, k] over the neighbours v of a set around u."""

    def __init__(self, a: Arrays, lower: Floats) -> None:
        self._a = a
        self._lower = lower
        self._known: set[tuple[int, int, frozenset[int]]] = set()
        self._rows: list[tuple[int, int, npt.NDArray[np.int64]]] = []
        self._matrix: csr_array | None = None

    @property
    def count(self) -> int:
        """Return the number of cuts."""
        return len(self._rows)

    def units(self) -> npt.NDArray[np.int64]:
        """Return the unit that each cut keeps from being alone."""
        return np.array([u for _, u, _ in self._rows], dtype=np.int64)

    def charge(self, multipliers: Floats) -> Floats:
        """Return (groups, m) what the cuts take off what a unit is worth to a group."""
        matrix = self._sparse()
        shape = (self._lower.size, self._a.weight.size)
        return np.asarray(matrix[: multipliers.size].T @ multipliers).reshape(shape)

    def excess(self, by_group: Floats) -> Floats:
        """Return by how much each cut is broken."""
        if not self._rows:
            return np.empty(0)
        return np.asarray(self._sparse() @ by_group.ravel())

    def _sparse(self) -> csr_array:
        m, size = self._a.weight.size, self._lower.size * self._a.weight.size
        if self._matrix is None or self._matrix.shape[0] < len(self._rows):
            row, column, value = [], [], []
            for i, (g, u, around) in enumerate(self._rows):
                row += [i] * (1 + len(around))
                column += [g * m + u, *(g * m + around)]
                value += [1.0] + [-1.0] * len(around)
            self._matrix = coo_array((value, (row, column)), shape=(len(self._rows), size)).tocsr()
        return self._matrix

    def separate(self, groups: Int64s, share: Floats) -> None:
        """Add the cuts that the slots' solutions break at pieces without a neighbour."""
        a = self._a
        for g, x in zip(groups, share, strict=True):
            for piece in connected_pieces(a, np.flatnonzero(x > 0.01)):
                if a.weight[piece].sum() >= self._lower[g]:
                    continue
                u = int(piece[np.argmax(x[piece])])
                key = (int(g), u, frozenset(piece.tolist()))
                if x[u] < 0.5 or key in self._known:
                    continue
                ends = np.concatenate([a.nbr[a.nbr_start[v] : a.nbr_start[v + 1]] for v in piece])
                around = np.setdiff1d(ends, piece).astype(np.int64)
                self._known.add(key)
                self._rows.append((int(g), u, around))


def _lightest_chains(a: Arrays) -> Floats:
    """Return (m, m) the workload of the lightest chain between two units, both included."""
    from scipy.sparse.csgraph import dijkstra

    m = a.weight.size
    if m > _REACH_UNITS or a.nbr.size == 0:
        return np.zeros((1, 1))
    source = np.repeat(np.arange(m), np.diff(a.nbr_start))
    entering = a.weight[a.nbr].astype(float) + 1e-9  # a stored zero would be no edge
    graph = coo_array((entering, (source, a.nbr)), shape=(m, m)).tocsr()
    chains: Floats = np.asarray(dijkstra(graph), dtype=np.float64)
    return chains + a.weight[:, None].astype(np.float64) - 1e-3
