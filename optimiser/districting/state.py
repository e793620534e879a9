"""A partition while it changes: loads, members and centre sums, compiled by numba.

A patch's cost is the least over its own blocks j of (walking cost of its units
from j + centre cost of j). The sums for every j are kept, so that a move is
priced by one pass over the blocks of the two patches that it touches.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from optimiser.districting.instance import Arrays, Int32s, Int64s

__all__ = [
    "State",
    "apply_change",
    "connected_after",
    "cost_after",
    "new_state",
    "split_excess",
    "violation",
]


class State(NamedTuple):
    """A partition of m units into p patches, with what is derived from it."""

    part: Int32s
    load: Int64s
    units: Int32s
    members: Int32s
    position: Int32s
    sums: Int64s
    patch_cost: Int64s
    estate_count: Int32s
    stamp: Int64s
    queue: Int32s


def new_state(a: Arrays, part: npt.NDArray[np.integer]) -> State:
    """Return the state of the partition `part` (m,): unit -> patch."""
    m, n = a.cost.shape
    p = a.lower.size
    state = State(
        part=np.array(part, dtype=np.int32),
        load=np.zeros(p, dtype=np.int64),
        units=np.zeros(p, dtype=np.int32),
        members=np.zeros((p, m), dtype=np.int32),
        position=np.zeros(m, dtype=np.int32),
        sums=np.zeros((p, n), dtype=np.int64),
        patch_cost=np.zeros(p, dtype=np.int64),
        estate_count=np.zeros((max(1, a.estate_parts.size), p), dtype=np.int32),
        stamp=np.zeros(m + 1, dtype=np.int64),
        queue=np.zeros(m, dtype=np.int32),
    )
    _fill(a, state)
    return state


@njit(cache=True, nogil=True)
def _fill(a: Arrays, s: State) -> None:
    for u in range(s.part.size):
        k = s.part[u]
        s.load[k] += a.weight[u]
        s.members[k, s.units[k]] = u
        s.position[u] = s.units[k]
        s.units[k] += 1
        s.sums[k] += a.cost[u]
        if a.estate[u] >= 0:
            s.estate_count[a.estate[u], k] += 1
    for k in range(s.load.size):
        s.patch_cost[k] = cost_after(a, s, k, -1, -1)


@njit(cache=True, nogil=True)
def cost_after(a: Arrays, s: State, k: int, out: int, come: int) -> int:
    """Return patch k's cost without unit `out` and with unit `come` (-1: none)."""
    best = np.int64(2**62)
    for i in range(s.units[k]):
        u = s.members[k, i]
        if u == out:
            continue
        for b in range(a.block_start[u], a.block_start[u + 1]):
            j = a.block_of[b]
            value = s.sums[k, j] + a.centre_cost[k, j]
            if out >= 0:
                value -= a.cost[out, j]
            if come >= 0:
                value += a.cost[come, j]
            best = min(best, value)
    if come >= 0:
        for b in range(a.block_start[come], a.block_start[come + 1]):
            j = a.block_of[b]
            value = s.sums[k, j] + a.centre_cost[k, j] + a.cost[come, j]
            if out >= 0:
                value -= a.cost[out, j]
            best = min(best, value)
    return int(best)


@njit(cache=True, nogil=True)
def violation(a: Arrays, k: int, load: int) -> int:
    """Return by how much `load` is outside patch k's limits."""
    if load > a.upper[k]:
        return int(load - a.upper[k])
    if load < a.lower[k]:
        return int(a.lower[k] - load)
    return 0


@njit(cache=True, nogil=True)
def split_excess(a: Arrays, s: State, u: int, old: int, new: int) -> int:
    """Return the change in parts above the fewest if unit u went from `old` to `new`."""
    e = a.estate[u]
    if e < 0:
        return 0
    parts = 0
    for k in range(s.load.size):
        if s.estate_count[e, k] > 0:
            parts += 1
    after = parts
    if s.estate_count[e, old] == 1:
        after -= 1
    if s.estate_count[e, new] == 0:
        after += 1
    least = a.estate_parts[e]
    return int(max(0, after - least) - max(0, parts - least))


@njit(cache=True, nogil=True)
def connected_after(a: Arrays, s: State, k: int, out: int, come: int) -> bool:
    """Say whether patch k stays contiguous without `out` and with `come` (-1: none)."""
    want = s.units[k]
    if out >= 0:
        want -= 1
    if come >= 0:
        want += 1
    if want == 0:
        return False
    first = come
    if first < 0:
        first = s.members[k, 0]
        if first == out:
            first = s.members[k, 1]
    s.stamp[-1] += 1
    mark = s.stamp[-1]
    s.stamp[first] = mark
    s.queue[0] = first
    head, tail = 0, 1
    while head < tail:
        u = s.queue[head]
        head += 1
        for i in range(a.nbr_start[u], a.nbr_start[u + 1]):
            v = a.nbr[i]
            if s.stamp[v] == mark or v == out or (s.part[v] != k and v != come):
                continue
            s.stamp[v] = mark
            s.queue[tail] = v
            tail += 1
    return bool(tail == want)


@njit(cache=True, nogil=True)
def apply_change(a: Arrays, s: State, u: int, new: int) -> None:
    """Move unit u to patch `new`; the two patches' costs are left to the caller."""
    old = s.part[u]
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
    if a.estate[u] >= 0:
        s.estate_count[a.estate[u], old] -= 1
        s.estate_count[a.estate[u], new] += 1
    s.part[u] = new
