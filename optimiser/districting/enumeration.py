"""Every contiguous patch around a centre whose price is low enough.

A patch grows from its centre: a unit next to it is taken in, or left out for good.
The rest of a branch costs at least, at any price y of workload (y at least 0 with the
upper limit, at most 0 with the lower),

    sum of r[u] + y w[u] over units in the patch
    + sum of min(0, r[u] + y w[u]) over units that can still join it - y limit,

the bound of the fractional knapsack (Dantzig, 1957) at the price of its last unit.
"""

from __future__ import annotations

import numpy as np

from optimiser.districting.compiled import entry, inner
from optimiser.districting.instance import Bools, Int64s
from optimiser.districting.knapsacks import Floats

__all__ = ["grow_patches"]

_FREE, _IN, _OUT = 0, 1, 2


@inner
def _rest_divides(
    nbr_start: Int64s,
    nbr: Int64s,
    weight: Floats,
    state: Int64s,
    final: bool,
    least: float,
    most: float,
    reached: Int64s,
    seen: Bools,
) -> bool:
    """Say whether what is left around a patch can still be whole patches.

    A piece of it that will stay must be at least one patch; a `final` one, any whole
    number of patches.
    """
    m = weight.size
    for u in range(m):
        seen[u] = state[u] == _IN
    for start in range(m):
        if seen[start] or (state[start] == _FREE and not final):
            continue
        seen[start] = True
        reached[0] = start
        size, at, load = 1, 0, 0.0
        while at < size:
            u = reached[at]
            load += weight[u]
            for e in range(nbr_start[u], nbr_start[u + 1]):
                v = nbr[e]
                if not seen[v]:
                    seen[v] = True
                    reached[size] = v
                    size += 1
            at += 1
        if load < least:
            return False
        if final and least > 0.0 and np.floor(load / least) * most < load:
            return False
    return True


@inner
def _reach(
    nbr_start: Int64s,
    nbr: Int64s,
    weight: Floats,
    state: Int64s,
    room: float,
    reached: Int64s,
    seen: Bools,
    edge: Bools,
) -> tuple[int, int]:
    """List the patch's units, then those that can still join it; return both counts.

    `edge` are those next to the patch.
    """
    size = 0
    for u in range(weight.size):
        seen[u], edge[u] = state[u] == _IN, False
        if seen[u]:
            reached[size] = u
            size += 1
    inside, at = size, 0
    while at < size:
        u = reached[at]
        for e in range(nbr_start[u], nbr_start[u + 1]):
            v = nbr[e]
            if not seen[v] and state[v] == _FREE and weight[v] <= room:
                seen[v] = True
                edge[v] = at < inside
                reached[size] = v
                size += 1
        at += 1
    return inside, size


@inner
def _price(
    weight: Floats,
    lower: float,
    upper: float,
    reduced: Floats,
    order: Int64s,
    state: Int64s,
    seen: Bools,
    load: float,
) -> tuple[float, float]:
    """Return the price of workload at the knapsack's last unit, and the limit it is for."""
    for i in range(order.size):
        u = order[i]
        if state[u] != _FREE or not seen[u]:
            continue
        if reduced[u] >= 0.0 and load >= lower:
            break
        load += weight[u]
        if reduced[u] < 0.0 and load >= upper:
            return -reduced[u] / max(weight[u], 1e-6), upper
        if reduced[u] >= 0.0 and load >= lower:
            return -reduced[u] / max(weight[u], 1e-6), lower
    return 0.0, upper


@entry
def grow_patches(
    nbr_start: Int64s,
    nbr: Int64s,
    weight: Floats,
    lower: float,
    upper: float,
    reduced: Floats,
    order: Int64s,
    own: int,
    usable: Bools,
    most: float,
    most_nodes: int,
    least_load: float,
    most_load: float,
    found: Bools,
) -> tuple[int, int]:
    """Write patches of value at most `most` into `found` (rows, m); return how many and nodes.

    `order` lists the units by reduced / weight; `least_load` and `most_load` limit the
    other patches. The count is -1 where the rows do not suffice, nodes are -1 where
    `most_nodes` did not.
    """
    m = weight.size
    state = np.empty((m + 1, m), dtype=np.int8)
    load, value = np.zeros(m + 1), np.zeros(m + 1)
    reached, rest = np.empty(m, dtype=np.int64), np.empty(m, dtype=np.int64)
    seen, edge = np.empty(m, dtype=np.bool_), np.empty(m, dtype=np.bool_)
    for u in range(m):
        state[0, u] = _FREE if usable[u] else _OUT
    state[0, own] = _IN
    load[0], value[0] = weight[own], reduced[own]
    depth, count, nodes, grown = 0, 0, 0, True
    while depth >= 0:
        nodes += 1
        if nodes > most_nodes:
            return count, -1
        s = state[depth]
        if (
            grown
            and lower <= load[depth] <= upper
            and value[depth] <= most
            and _rest_divides(nbr_start, nbr, weight, s, True, least_load, most_load, rest, seen)
        ):
            if count == found.shape[0]:
                return -1, nodes
            for u in range(m):
                found[count, u] = s[u] == _IN
            count += 1
        room = upper - load[depth]
        inside, size = _reach(nbr_start, nbr, weight, s, room, reached, seen, edge)
        price, limit = _price(weight, lower, upper, reduced, order, s, seen, load[depth])
        least = value[depth] + price * (load[depth] - limit)
        everything = load[depth]
        for i in range(inside, size):
            u = reached[i]
            least += min(0.0, reduced[u] + price * weight[u])
            everything += weight[u]
        branch, widest = -1, -1.0
        if (
            least <= most
            and everything >= lower
            and _rest_divides(nbr_start, nbr, weight, s, False, least_load, most_load, rest, seen)
        ):
            for i in range(inside, size):
                u = reached[i]
                priced = reduced[u] + price * weight[u]
                if least + max(0.0, priced) > most:
                    s[u] = _OUT
                elif edge[u] and abs(priced) > widest:
                    widest, branch = abs(priced), u
        if branch < 0:
            depth -= 1
            grown = False
            continue
        # First with the unit, one deeper; back here it is left out.
        state[depth + 1] = s
        state[depth + 1, branch] = _IN
        s[branch] = _OUT
        load[depth + 1] = load[depth] + weight[branch]
        value[depth + 1] = value[depth] + reduced[branch]
        depth += 1
        grown = True
    return count, nodes
