"""A partition while it changes: loads, members and centre sums, compiled by numba.

A patch's cost is the least over its own blocks j of (walking cost of its units
from j + centre cost of j). The sums for every j are kept, so that a change is
priced by one pass over the blocks of the two patches that it touches.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from optimiser.districting.compiled import entry, inner
from optimiser.districting.instance import Arrays, Int64s

__all__ = [
    "State",
    "apply_shift",
    "cost_with",
    "cut_off",
    "new_state",
    "shift_estates",
    "violation",
]


class State(NamedTuple):
    """A partition of m units into p patches, with what is derived from it.

    `members[k, : units[k]]` are patch k's units; `sums` (p, n) the walking cost
    of each patch from each block; `estate_in` the number of patches that each
    large estate is in. The rest is scratch space.
    """

    part: Int64s
    load: Int64s
    units: Int64s
    members: Int64s
    position: Int64s
    sums: Int64s
    patch_cost: Int64s
    estate_units: Int64s
    estate_in: Int64s
    stamp: Int64s
    queue: Int64s


def new_state(a: Arrays, part: npt.NDArray[np.integer]) -> State:
    """Return the state of the partition `part` (m,): unit -> patch."""
    m, n = a.cost.shape
    p = a.lower.size
    estates = max(1, a.estate_parts.size)
    state = State(
        part=np.array(part, dtype=np.int64),
        load=np.zeros(p, dtype=np.int64),
        units=np.zeros(p, dtype=np.int64),
        members=np.zeros((p, m), dtype=np.int64),
        position=np.zeros(m, dtype=np.int64),
        sums=np.zeros((p, n), dtype=np.int64),
        patch_cost=np.zeros(p, dtype=np.int64),
        estate_units=np.zeros((estates, p), dtype=np.int64),
        estate_in=np.zeros(estates, dtype=np.int64),
        stamp=np.zeros(m + 1, dtype=np.int64),
        queue=np.zeros(m, dtype=np.int64),
    )
    _fill(a, state)
    return state


@entry
def _fill(a: Arrays, s: State) -> None:
    for u in range(s.part.size):
        k = s.part[u]
        s.load[k] += a.weight[u]
        s.members[k, s.units[k]] = u
        s.position[u] = s.units[k]
        s.units[k] += 1
        s.sums[k] += a.cost[u]
        e = a.estate[u]
        if e >= 0:
            s.estate_in[e] += s.estate_units[e, k] == 0
            s.estate_units[e, k] += 1
    for k in range(s.load.size):
        s.patch_cost[k] = cost_with(a, s, k, s.queue[:0], s.queue[:0])


@inner
def cost_with(a: Arrays, s: State, k: int, out: Int64s, come: Int64s) -> int:
    """Return patch k's cost without units `out` (those stamped) and with `come`."""
    best = 2**62
    for i in range(s.units[k] + come.size):
        if i < s.units[k]:
            u = s.members[k, i]
            if out.size > 0 and s.stamp[u] == s.stamp[-1]:
                continue
        else:
            u = come[i - s.units[k]]
        for b in range(a.block_start[u], a.block_start[u + 1]):
            j = a.block_of[b]
            value = s.sums[k, j] + a.centre_cost[k, j]
            for v in out:
                value -= a.cost[v, j]
            for v in come:
                value += a.cost[v, j]
            best = min(best, value)
    return int(best)


@inner
def violation(a: Arrays, k: int, load: int) -> int:
    """Return by how much `load` is outside patch k's limits."""
    if load > a.upper[k]:
        return int(load - a.upper[k])
    if load < a.lower[k]:
        return int(a.lower[k] - load)
    return 0


@inner
def cut_off(a: Arrays, s: State, u: int, out: Int64s) -> int:
    """List u and the pieces of its patch that only hang on u; return how many units.

    The heaviest piece of the patch stays. 0 if nothing would stay.
    """
    k = s.part[u]
    if s.units[k] == 1:
        return 0
    s.stamp[-1] += 1
    mark = s.stamp[-1]
    s.stamp[u] = mark
    tail = 0
    keep_from, keep_to, keep_load = 0, 0, -1
    for first in range(a.nbr_start[u], a.nbr_start[u + 1]):
        w = a.nbr[first]
        if s.part[w] != k or s.stamp[w] == mark:
            continue
        head = begin = tail
        s.stamp[w] = mark
        s.queue[tail] = w
        tail += 1
        load = 0
        while head < tail:
            x = s.queue[head]
            head += 1
            load += a.weight[x]
            for i in range(a.nbr_start[x], a.nbr_start[x + 1]):
                y = a.nbr[i]
                if s.part[y] == k and s.stamp[y] != mark:
                    s.stamp[y] = mark
                    s.queue[tail] = y
                    tail += 1
        if load > keep_load:
            keep_from, keep_to, keep_load = begin, tail, load
    out[0] = u
    count = 1
    for i in range(tail):
        if i < keep_from or i >= keep_to:
            out[count] = s.queue[i]
            count += 1
    return count


@inner
def shift_estates(a: Arrays, s: State, units: Int64s, old: int, new: int) -> int:
    """Move the units' estate counts from `old` to `new`; return the change in excess parts."""
    change = 0
    for u in units:
        e = a.estate[u]
        if e < 0:
            continue
        before = max(0, s.estate_in[e] - a.estate_parts[e])
        s.estate_units[e, old] -= 1
        if s.estate_units[e, old] == 0:
            s.estate_in[e] -= 1
        if s.estate_units[e, new] == 0:
            s.estate_in[e] += 1
        s.estate_units[e, new] += 1
        change += max(0, s.estate_in[e] - a.estate_parts[e]) - before
    return int(change)


@inner
def apply_shift(a: Arrays, s: State, units: Int64s, old: int, new: int) -> None:
    """Move units from `old` to `new`, but for estate counts and the patches' costs."""
    for u in units:
        s.load[old] -= a.weight[u]
        s.load[new] += a.weight[u]
        s.units[old] -= 1
        last = s.members[old, s.units[old]]
        s.members[old, s.position[u]] = last
        s.position[last] = s.position[u]
        s.members[new, s.units[new]] = u
        s.position[u] = s.units[new]
        s.units[new] += 1
        s.sums[old] -= a.cost[u]
        s.sums[new] += a.cost[u]
        s.part[u] = new
