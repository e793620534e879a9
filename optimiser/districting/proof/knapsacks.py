"""Fractional knapsacks with two-sided limits, one a slot group and centre, compiled.

Each is: minimise sum_u (cost[u, j] - offer[g, u]) x_u subject to
lower_g <= sum_u weight_u x_u <= upper_g, 0 <= x_u <= 1, x = 1 for the centre's
own unit, x_u = 0 where the offer is -inf or u is out of reach of j.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from optimiser.districting.compiled import entry, inner
from optimiser.districting.units.instance import Int64s

__all__ = ["Floats", "Tables", "compile_all", "price_below", "price_pairs", "solve_pairs"]

Floats = npt.NDArray[np.float64]


class Tables(NamedTuple):
    """What the knapsacks of n centres, m units and some groups of equal slots share.

    `cost` (n, m), `weight` (m,), `lower` and `upper` (groups,), `chain` (m, m)
    the lightest chain between two units (or (1, 1): not known), `own` (n,) the
    unit of each centre.
    """

    cost: Floats
    weight: Floats
    lower: Floats
    upper: Floats
    chain: Floats
    own: Int64s


class _Work(NamedTuple):
    """Lists of one knapsack: items in question with their sort keys.

    `guess` is the price of workload to look up to first, and the price found.
    """

    items: Int64s
    key: Floats
    guess: Floats


@inner
def _work(m: int) -> _Work:
    return _Work(np.empty(m, dtype=np.int64), np.empty(m), np.ones(2))


@entry
def price_pairs(
    t: Tables, offer: Floats, groups: Int64s, centres: Int64s, price: Floats, dual: Floats
) -> None:
    """Set price[g, j] to the knapsack's value, for each pair g, j of the two lists.

    And dual[g, j] to an optimal price of workload: above 0 where the upper limit
    binds, below 0 where the lower one does; nan where nothing fits.
    """
    w = _work(t.weight.size)
    for i in range(groups.size):
        g, j = groups[i], centres[i]
        price[g, j] = _knapsack(t, offer[g], t.lower[g], t.upper[g], j, w)[0]
        dual[g, j] = w.guess[1] if np.isfinite(price[g, j]) else np.nan


@entry
def price_below(t: Tables, offer: Floats, dual: Floats, price: Floats) -> None:
    """Set every price[g, j] to at most the knapsack's value, by weak duality.

    At any price of workload y, here dual[g, j], the value is at least the sum of
    what is below 0 of cost - offer + y weight, less y times the limit that y is for.
    """
    groups, m = offer.shape
    items = np.empty(m, dtype=np.int64)
    best = np.empty(m)
    for u in range(m):
        best[u] = offer[:, u].max()
    for j in range(t.own.size):
        own, cost = t.own[j], t.cost[j]
        least = 0.0
        for g in range(groups):
            least = min(least, dual[g, j] if dual[g, j] < 0.0 else 0.0)
        # First the units that may count at y >= 0, then those that may at the least y.
        near = 0
        for u in range(m):
            if cost[u] < best[u] and u != own:
                items[near] = u
                near += 1
        every = near
        if least < 0.0:
            for u in range(m):
                if best[u] <= cost[u] < best[u] - least * t.weight[u] and u != own:
                    items[every] = u
                    every += 1
        for g in range(groups):
            y = dual[g, j]
            if np.isnan(y):
                price[g, j] = np.inf
                continue
            limit = t.upper[g] if y > 0.0 else t.lower[g]
            value = cost[own] - offer[g, own] + y * (t.weight[own] - limit)
            for i in range(near if y >= 0.0 else every):
                u = items[i]
                value += min(0.0, cost[u] - offer[g, u] + y * t.weight[u])
            price[g, j] = value


@entry
def solve_pairs(t: Tables, offer: Floats, groups: Int64s, centres: Int64s, share: Floats) -> None:
    """Set row i of `share` to the x of the i-th pair's knapsack."""
    w = _work(t.weight.size)
    share[:] = 0.0
    for i in range(groups.size):
        g, j = groups[i], centres[i]
        value, first, count, part = _knapsack(t, offer[g], t.lower[g], t.upper[g], j, w)
        share[i, t.own[j]] = 1.0
        if not np.isfinite(value):
            continue
        for c in range(first, count):
            share[i, w.items[c]] = 1.0
        if part < 1.0:
            # The marginal item: the first of those kept when dropping, else the last.
            share[i, w.items[first if first > 0 else count - 1]] = part


def compile_all() -> None:
    """Compile what Python calls here, or load it from the cache."""
    one, pair = np.ones((1, 1)), np.zeros(1, dtype=np.int64)
    tables = Tables(one, np.ones(1), np.ones(1), np.ones(1), one, pair)
    price_pairs(tables, one, pair, pair, one.copy(), one.copy())
    price_below(tables, one, one, one.copy())
    solve_pairs(tables, one, pair, pair, one.copy())


@inner
def sort_down(key: Floats, items: Int64s, count: int) -> None:
    """Sort the first `count` items by falling key, by Shell's method.

    It compiles in a tenth of the time of numpy's sort.
    """
    step = 1
    while step < count // 3:
        step = 3 * step + 1
    while step > 0:
        for i in range(step, count):
            item = items[i]
            at = i
            while at >= step and key[items[at - step]] < key[item]:
                items[at] = items[at - step]
                at -= step
            items[at] = item
        step //= 3


@inner
def _knapsack(
    t: Tables, offer: Floats, lower: float, upper: float, j: int, w: _Work
) -> tuple[float, int, int, float]:
    """Return the value, and which of `w.items` are taken: first to count, one in part.

    The part belongs to the item at `first` if first > 0, else to the last.
    """
    own = t.own[j]
    value = float(t.cost[j, own] - offer[own])
    load = float(t.weight[own])
    w.guess[1] = 0.0
    if load > upper or not np.isfinite(value):
        return np.inf, 0, 0, 1.0
    chained = t.chain.shape[0] > 1
    count = 0
    cost, items = t.cost[j], w.items
    for u in range(cost.size):
        if cost[u] < offer[u]:
            items[count] = u
            count += 1
    last, count = count, 0
    for i in range(last):
        u = items[i]
        if u != own and not (chained and t.chain[own, u] > upper):
            items[count] = u
            count += 1
            value += cost[u] - offer[u]
            load += t.weight[u]
    if load > upper:
        return _drop(t, offer, upper, j, w, value, load, count)
    if load < lower:
        return _extend(t, offer, lower, upper, j, w, value, load, count)
    return value, 0, count, 1.0


@inner
def _drop(
    t: Tables,
    offer: Floats,
    upper: float,
    j: int,
    w: _Work,
    value: float,
    load: float,
    count: int,
) -> tuple[float, int, int, float]:
    """Take out what is worth least for its workload until the patch is light enough."""
    for i in range(count):
        u = w.items[i]
        heavy = t.weight[u] > 0.0
        w.key[u] = (t.cost[j, u] - offer[u]) / t.weight[u] if heavy else -np.inf
    sort_down(w.key, w.items, count)
    for i in range(count):
        u = w.items[i]
        out = min(1.0, (load - upper) / t.weight[u]) if t.weight[u] > 0.0 else 0.0
        value -= out * (t.cost[j, u] - offer[u])
        load -= out * t.weight[u]
        if t.weight[u] > 0.0:
            w.guess[1] = -w.key[u]
        if out < 1.0:
            if i == 0:  # so that `first` tells where the part is
                w.items[0], w.items[count - 1] = w.items[count - 1], w.items[0]
                return value, 0, count, 1.0 - out
            return value, i, count, 1.0 - out
    return value, count, count, 1.0


@inner
def _extend(
    t: Tables,
    offer: Floats,
    lower: float,
    upper: float,
    j: int,
    w: _Work,
    value: float,
    load: float,
    count: int,
) -> tuple[float, int, int, float]:
    """Add what costs least for its workload until the patch is heavy enough."""
    own = t.own[j]
    chained = t.chain.shape[0] > 1
    cost, size, items = t.cost[j], t.weight, w.items
    most = w.guess[0]
    while True:
        last = count
        for u in range(size.size):
            reduced = cost[u] - offer[u]
            if 0.0 <= reduced <= most * size[u]:
                items[last] = u
                last += 1
        found, weight = count, load
        for i in range(count, last):
            u = items[i]
            if u != own and size[u] > 0.0 and not (chained and t.chain[own, u] > upper):
                items[found] = u
                w.key[u] = -(cost[u] - offer[u]) / size[u]
                found += 1
                weight += size[u]
        if weight >= lower or most > 1e200:
            break
        most = 8.0 * most + 1.0
    if weight < lower:
        return np.inf, 0, count, 1.0
    sort_down(w.key, w.items[count:], found - count)
    part = 1.0
    while load < lower and count < found:
        u = w.items[count]
        part = min(1.0, (lower - load) / t.weight[u])
        value -= part * w.key[u] * t.weight[u]
        load += part * t.weight[u]
        w.guess[0] = 1.5 - 2.0 * w.key[u]
        w.guess[1] = w.key[u]
        count += 1
        if part < 1.0:  # rounding may leave `load` a hair below, which is no second part
            break
    return value, 0, count, part
