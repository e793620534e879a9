r"""Prices of units and slots, the bound they give, and the patches that are cheap at them.

A column is a contiguous patch P within all limits, of one kind of slot k and served from
one centre j of a unit o. Multipliers lambda price the rule that each unit is in one
patch, mu that each kind has its number of slots n_k. Of all columns with o,

    s_o = min(0, min { cost(P) - sum_{u in P} lambda_u - mu_k }),

and since a unit holds the centre of one patch at most, no plan costs less than

    z = sum_u lambda_u + sum_k n_k mu_k + sum_o s_o,

at any lambda and mu: the dual of the linear program of set partitioning. The reduced
cost rc(P) = cost(P) - lambda(P) - mu_k - s_o is at least 0, and a plan costs z and the
reduced costs of its patches at least; so those of a plan of cost C add up to C - z at
most (Baldacci, Christofides and Mingozzi, 2008).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from optimiser.districting.proof.cover import Listed, listed
from optimiser.districting.proof.enumeration import grow_patches, rules_of
from optimiser.districting.proof.fixing import Choices
from optimiser.districting.proof.knapsacks import Floats
from optimiser.districting.units.instance import Arrays, Bools, Int64s
from optimiser.districting.units.measures import within_further

__all__ = ["Columns", "Priced", "Pricer", "Prices"]

_KEPT = 16
"""Patches kept of one centre in one round."""

_PACE_NODES = 1_000_000
"""Fewer say nothing about the time that a node takes: most of it went elsewhere."""

_ROUNDING = 1e-10


@dataclass(frozen=True)
class Prices:
    """The multipliers of units (m,) and of kinds of slot (kinds,)."""

    unit: Floats
    kind: Floats

    def towards(self, other: Prices, share: float) -> Prices:
        """Return the prices on the way to others."""
        return Prices(
            (1 - share) * self.unit + share * other.unit,
            (1 - share) * self.kind + share * other.kind,
        )


@dataclass(frozen=True)
class Columns:
    """Patches: their units (r, m), kinds (r,) and costs (r,) in cost units."""

    units: Bools
    kind: Int64s
    cost: Int64s


@dataclass(frozen=True)
class Priced:
    """The bound z at some prices, the s_o of each unit, and columns of reduced cost below 0.

    Not `exact`: some centre took too many nodes, so that z is lower than it need be.
    """

    prices: Prices
    bound: float
    short: Floats
    columns: Columns
    exact: bool


class Pricer:
    """Prices the patches of the choices left open."""

    def __init__(self, a: Arrays, choices: Choices) -> None:
        self._a = a
        self.number = np.array([len(slots) for slots in choices.slots], dtype=np.int64)
        self._first = [slots[0] for slots in choices.slots]
        self._rules = [rules_of(a, k) for k in self._first]
        self._kind, self._centre = choices.kind, choices.centre
        self._own = a.block_unit[choices.centre]
        self._usable = [
            np.ascontiguousarray(units & ~a.banned[:, self._first[kind]])
            for units, kind in zip(choices.units, choices.kind.tolist(), strict=True)
        ]
        self._found = np.zeros((_KEPT, a.weight.size), dtype=np.bool_)
        self._value = np.zeros(_KEPT)

    @property
    def units(self) -> int:
        """Return the number of units."""
        return int(self._a.weight.size)

    def price(self, prices: Prices, *, most_nodes: int) -> Priced:
        """Return the bound at the prices, looking at `most_nodes` a centre at most."""
        short = np.zeros(self.units)
        parts: list[Columns] = []
        exact = True
        for q in self._pairs():
            kind, own = int(self._kind[q]), int(self._own[q])
            most = float(prices.kind[kind]) - float(self._way(q))
            count, nodes, least = self._grow(
                q, prices, most + float(short[own]), most_nodes, True, self._found, self._value
            )
            if nodes < 0:
                exact = False
            kept = min(count, _KEPT)
            if kept:
                least = min(least, float(self._value[:kept].min()) - 1.0)
                allowed = within_further(self._a, self._found[:kept], self._first[kind])
                parts.append(self._columns(q, self._found[:kept][allowed]))
            short[own] = min(short[own], least - most)
        total = float(prices.unit.sum() + self.number @ prices.kind + short.sum())
        size = float(np.abs(prices.unit).sum() + self.number @ np.abs(prices.kind))
        bound = total - _ROUNDING * (size + float(-short.sum())) - 1.0
        return Priced(prices, bound, short, _joined(parts, self.units), exact)

    def cheap(
        self,
        priced: Priced,
        budget: float,
        *,
        most_listed: int,
        most_nodes: int,
        seconds_left: Callable[[], float],
    ) -> Listed | None:
        """Return every column of reduced cost up to `budget`; None: too many, or out of time."""
        found = np.zeros((most_listed, self.units), dtype=np.bool_)
        value = np.zeros(most_listed)
        parts: list[Columns] = []
        reduced: list[Floats] = []
        left, began = most_nodes, time.monotonic()
        for q in self._pairs():
            if math.isfinite(seconds_left()) and most_nodes - left >= _PACE_NODES:
                # As many as there is time for, going by those so far.
                pace = (most_nodes - left) / max(1e-3, time.monotonic() - began)
                left = min(left, int(pace * max(0.0, seconds_left())))
            kind, own = int(self._kind[q]), int(self._own[q])
            base = float(priced.prices.kind[kind] + priced.short[own])
            count, nodes, _ = self._grow(
                q, priced.prices, base + budget - float(self._way(q)) + 1.0, left, False,
                found, value,
            )  # fmt: skip
            left -= nodes
            if nodes < 0 or count < 0 or sum(part.cost.size for part in parts) > most_listed:
                return None
            keep = within_further(self._a, found[:count], self._first[kind])
            parts.append(self._columns(q, found[:count][keep]))
            reduced.append(np.maximum(0.0, value[:count][keep] + float(self._way(q)) - base))
        return _merged(_joined(parts, self.units), np.concatenate([np.empty(0), *reduced]))

    def columns_of(self, part: Int64s, choices: Choices) -> Columns:
        """Return the patches of a plan."""
        a, parts = self._a, []
        for kind, slots in enumerate(choices.slots):
            for k in slots:
                units = part == k
                blocks = np.flatnonzero(units[a.block_unit])
                walk = a.cost[units][:, blocks].sum(axis=0) + a.centre_cost[k, blocks]
                cost = np.array([walk.min() + a.move[units, k].sum()])
                parts.append(Columns(units[None], np.array([kind]), cost))
        return _joined(parts, self.units)

    def _pairs(self) -> Iterator[int]:
        for q, usable in enumerate(self._usable):
            if usable[self._own[q]]:
                yield q

    def _way(self, q: int) -> int:
        return int(self._a.centre_cost[self._first[self._kind[q]], self._centre[q]])

    def _grow(
        self,
        q: int,
        prices: Prices,
        most: float,
        most_nodes: int,
        improving: bool,
        found: Bools,
        value: Floats,
    ) -> tuple[int, int, float]:
        rules = self._rules[self._kind[q]]
        k, j = self._first[self._kind[q]], self._centre[q]
        reduced = self._a.cost[:, j] + self._a.move[:, k] - prices.unit
        order = np.argsort(reduced / np.maximum(rules.weight, 1e-6), kind="stable")
        most = min(most, 1e300)
        count, nodes, least = grow_patches(
            rules, reduced, order, int(self._own[q]), self._usable[q], most, most_nodes,
            improving, found, value,
        )  # fmt: skip
        return int(count), int(nodes), float(least)

    def _columns(self, q: int, units: Bools) -> Columns:
        kind = int(self._kind[q])
        cost = self._a.cost[:, self._centre[q]] + self._a.move[:, self._first[kind]]
        total = units.astype(np.int64) @ cost + self._way(q)
        return Columns(units.copy(), np.full(len(units), kind, dtype=np.int64), total)


def _joined(parts: list[Columns], units: int) -> Columns:
    return Columns(
        np.concatenate([np.zeros((0, units), dtype=np.bool_), *(c.units for c in parts)]),
        np.concatenate([np.empty(0, dtype=np.int64), *(c.kind for c in parts)]),
        np.concatenate([np.empty(0, dtype=np.int64), *(c.cost for c in parts)]),
    )


def _merged(columns: Columns, reduced: Floats) -> Listed:
    """Return each patch of a kind once, at the least of its costs and reduced costs."""
    if not reduced.size:
        return listed(columns.units, columns.kind, columns.cost, reduced)
    packed = np.packbits(columns.units, axis=1)
    kinds = columns.kind.astype(">u4")[:, None].view(np.uint8)
    keys = np.ascontiguousarray(np.concatenate([kinds, packed], axis=1))
    as_one = keys.view([("", np.void, keys.shape[1])]).ravel()
    _, first, group = np.unique(as_one, return_index=True, return_inverse=True)
    cost = np.full(first.size, np.iinfo(np.int64).max)
    least = np.full(first.size, math.inf)
    np.minimum.at(cost, group, columns.cost)
    np.minimum.at(least, group, reduced)
    return listed(columns.units[first], columns.kind[first], cost, least)
