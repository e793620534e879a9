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
from optimiser.districting.instance import Int64s

__all__ = ["Floats", "Tables", "compile_all", "largest_gain", "price_pairs", "solve_pairs"]

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


@entry
def price_pairs(t: Tables, offer: Floats, groups: Int64s, centres: Int64s, price: Floats) -> None:
    """Set price[g, j] to the knapsack's value, for each pair g, j of the two lists."""
    reduced = np.empty(t.weight.size)
    share = np.empty(t.weight.size)
    for i in range(groups.size):
        g, j = groups[i], centres[i]
        _reduced_costs(t, offer[g], t.upper[g], j, reduced)
        price[g, j] = _knapsack(reduced, t.weight, t.own[j], t.lower[g], t.upper[g], share)


@entry
def solve_pairs(t: Tables, offer: Floats, groups: Int64s, centres: Int64s, share: Floats) -> None:
    """Set row i of `share` to the x of the i-th pair's knapsack."""
    reduced = np.empty(t.weight.size)
    for i in range(groups.size):
        g, j = groups[i], centres[i]
        _reduced_costs(t, offer[g], t.upper[g], j, reduced)
        _knapsack(reduced, t.weight, t.own[j], t.lower[g], t.upper[g], share[i])


@entry
def largest_gain(t: Tables, offer: Floats, before: Floats, gain: Floats) -> None:
    """Set gain[g] to the most that any knapsack of group g can fall from `before` to `offer`."""
    m = t.weight.size
    ratio = np.empty(m)
    order = np.empty(m, dtype=np.int64)
    for g in range(gain.size):
        total, room = 0.0, t.upper[g]
        for u in range(m):
            rise = offer[g, u] - before[g, u]
            if not rise > 0.0:
                ratio[u] = 0.0
            elif t.weight[u] > 0.0:
                ratio[u] = rise / t.weight[u]
            else:
                total += rise
                ratio[u] = 0.0
        for i in range(m):
            order[i] = i
        sort_down(ratio, order, m)
        for i in range(m):
            u = order[i]
            if room <= 0.0 or ratio[u] <= 0.0:
                break
            taken = min(room, t.weight[u])
            total += ratio[u] * taken
            room -= taken
        gain[g] = total


def compile_all() -> None:
    """Compile what Python calls here, or load it from the cache."""
    one, pair = np.ones((1, 1)), np.zeros(1, dtype=np.int64)
    tables = Tables(one, np.ones(1), np.ones(1), np.ones(1), one, pair)
    price_pairs(tables, one, pair, pair, one.copy())
    solve_pairs(tables, one, pair, pair, one.copy())
    largest_gain(tables, one, one, np.ones(1))


@inner
def _reduced_costs(t: Tables, offer: Floats, upper: float, j: int, out: Floats) -> None:
    for u in range(out.size):
        out[u] = t.cost[j, u] - offer[u]
    if t.chain.shape[0] > 1:
        chain = t.chain[t.own[j]]
        for u in range(out.size):
            if chain[u] > upper:
                out[u] = np.inf


@inner
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
        if reduced[u] < 0.0 and u != forced:
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
    ratio = np.empty(weight.size)
    i = 0
    for u in range(weight.size):
        if reduced[u] < 0.0 and u != forced:
            items[i] = u
            ratio[u] = reduced[u] / weight[u] if weight[u] > 0 else -np.inf
            i += 1
    sort_down(ratio, items, count)
    for i in range(count):
        u = items[i]
        part = min(1.0, (taken - upper) / weight[u]) if weight[u] > 0 else 0.0
        share[u] = 1.0 - part
        value -= part * reduced[u]
        taken -= part * weight[u]
        if part < 1.0:
            break
    return value
