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
from optimiser.districting.units.instance import Arrays, Bools, Int64s

__all__ = [
    "Core",
    "State",
    "apply_shift",
    "core_of",
    "cost_with",
    "count_term",
    "cut_off",
    "new_state",
    "shift_estates",
    "swap_counts",
    "violation",
]


class Core(NamedTuple):
    """Those of `Arrays` that compiled code reads; each one more slows every call down."""

    cost: Int64s
    centre_cost: Int64s
    move: Int64s
    banned: Bools
    weight: Int64s
    lower: Int64s
    upper: Int64s
    block_start: Int64s
    block_of: Int64s
    nbr_start: Int64s
    nbr: Int64s
    estate: Int64s
    estate_parts: Int64s
    split_price: float
    term_start: Int64s
    terms: Int64s
    rule: Int64s


class State(NamedTuple):
    """A partition of m units into p patches, with what is derived from it.

    `members[k, : units[k]]` are patch k's units; `sums` (p, n) the walking cost
    of each patch from each block; `estate_in` the number of patches that each
    large estate is in; `held` (p + 2, counters) what each patch holds of further measures
    and other counters. The rest is scratch space, the last two rows of `held` too.
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
    held: Int64s
    stamp: Int64s
    queue: Int64s


def core_of(a: Arrays) -> Core:
    """Return what compiled code reads."""
    return Core(*(getattr(a, name) for name in Core._fields))


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
        held=np.zeros((p + 2, len(a.rule)), dtype=np.int64),
        stamp=np.zeros(m + 1, dtype=np.int64),
        queue=np.zeros(m, dtype=np.int64),
    )
    _fill(core_of(a), state)
    return state


@entry
def _fill(a: Core, s: State) -> None:
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
        for i in range(a.term_start[u], a.term_start[u + 1]):
            count_term(a, s.held[k], k, a.terms[i, 0], a.terms[i, 1])
    for k in range(s.load.size):
        s.patch_cost[k] = cost_with(a, s, k, s.queue[:0], s.queue[:0])


@inner
def cost_with(a: Core, s: State, k: int, out: Int64s, come: Int64s) -> int:
    """Return patch k's cost without units `out` (those stamped) and with `come`."""
    own, sums, ways = s.members[k, : s.units[k]], s.sums[k], a.centre_cost[k]
    return _least_cost(a.cost, a.block_start, a.block_of, s.stamp, own, sums, ways, out, come)


@inner
def _least_cost(
    cost: Int64s,
    block_start: Int64s,
    block_of: Int64s,
    stamp: Int64s,
    own: Int64s,
    sums: Int64s,
    ways: Int64s,
    out: Int64s,
    come: Int64s,
) -> int:
    best = 2**62
    for i in range(own.size + come.size):
        if i < own.size:
            u = own[i]
            if out.size > 0 and stamp[u] == stamp[-1]:
                continue
        else:
            u = come[i - own.size]
        for b in range(block_start[u], block_start[u + 1]):
            j = block_of[b]
            value = sums[j] + ways[j]
            for v in out:
                value -= cost[v, j]
            for v in come:
                value += cost[v, j]
            best = min(best, value)
    return int(best)


@inner
def violation(a: Core, k: int, load: int) -> int:
    """Return by how much `load` is outside patch k's limits."""
    if load > a.upper[k]:
        return int(load - a.upper[k])
    if load < a.lower[k]:
        return int(a.lower[k] - load)
    return 0


@inner
def cut_off(a: Core, s: State, u: int, out: Int64s) -> int:
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
def shift_estates(a: Core, s: State, units: Int64s, old: int, new: int) -> int:
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
def count_term(a: Core, held: Int64s, k: int, counter: int, amount: int) -> int:
    """Add to a counter of slot k, of those `held`; return the change in excess as workload."""
    before = held[counter]
    after = before + amount
    held[counter] = after
    measure = a.rule[counter, 1]
    if measure >= 0:
        # A label: its measure changes with the first and the last of its units.
        step = int(after > 0) - int(before > 0)
        if step == 0:
            return 0
        counter = measure
        before = held[counter]
        after = before + step
        held[counter] = after
    least, most = a.rule[counter, 2 + 2 * k], a.rule[counter, 3 + 2 * k]
    outside = max(after - most, least - after, 0) - max(before - most, least - before, 0)
    return int(a.rule[counter, 0] * outside)


@inner
def swap_counts(a: Core, s: State, go: Int64s, come: Int64s, old: int, new: int) -> int:
    """Count `go` in `new` and `come` in `old`; return the change in excess as workload."""
    change = 0
    for i in range(go.size + come.size):
        u, here, there = (go[i], old, new) if i < go.size else (come[i - go.size], new, old)
        for t in range(a.term_start[u], a.term_start[u + 1]):
            for side in range(2):
                k, sign = (here, -1) if side == 0 else (there, 1)
                change += count_term(a, s.held[k], k, a.terms[t, 0], sign * a.terms[t, 1])
    return int(change)


@inner
def apply_shift(a: Core, s: State, units: Int64s, old: int, new: int) -> None:
    """Move units from `old` to `new`, but for counts of estates and measures and for costs."""
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
