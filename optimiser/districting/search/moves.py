"""Changes to a partition that keep it contiguous, as compiled proposals.

- shift: a unit at a patch's edge, with the pieces that only hang on it, goes over
  to a neighbouring patch; perhaps another one comes back in the same way.
- exchange: two patches swap their slots.
- recombine: two patches are joined and divided anew (`recombination`).

Each lists the units that go from one patch to the other and those that come back;
`accept` prices that and carries it out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from optimiser.districting.compiled import inner
from optimiser.districting.search.state import (
    Core,
    State,
    apply_shift,
    cost_with,
    cut_off,
    shift_estates,
    swap_counts,
    violation,
)
from optimiser.districting.units.instance import Arrays, Int64s

__all__ = [
    "Scratch",
    "accept",
    "new_scratch",
    "propose_exchange",
    "propose_shift",
    "random_below",
    "random_edge",
]

Words = npt.NDArray[np.uint64]


class Scratch(NamedTuple):
    """What the proposals work in.

    `rng` is the state of the random numbers. `exact` holds the partition's cost
    units, workload outside limits (the excess of further rules as so much workload),
    banned units and excess estate parts; `price` that of a unit of workload outside
    limits, and of a banned unit. The rest are lists and marks.
    """

    rng: Words
    exact: Int64s
    price: npt.NDArray[np.float64]
    go: Int64s
    come: Int64s
    tree: Int64s
    parent: Int64s
    edges: Int64s
    below: Int64s
    side: Int64s


def new_scratch(a: Arrays, seed: int, exact: list[int], price: float) -> Scratch:
    """Return scratch space for the instance; the seed starts the random numbers."""
    m = a.weight.size
    start = (seed * 0x9E3779B97F4A7C15 + 0x1234567) % 2**64 | 1
    return Scratch(
        rng=np.array([start], dtype=np.uint64),
        exact=np.array(exact, dtype=np.int64),
        price=np.array([price, price * 2.0 * float(a.weight.mean())]),
        go=np.zeros(m, dtype=np.int64),
        come=np.zeros(m, dtype=np.int64),
        tree=np.zeros(m, dtype=np.int64),
        parent=np.zeros(m, dtype=np.int64),
        edges=np.zeros((a.nbr.size + 1, 2), dtype=np.int64),
        below=np.zeros((m, 3), dtype=np.int64),
        side=np.zeros(m, dtype=np.int64),
    )


@inner
def random_below(rng: Words, below: int) -> int:
    """Return a random integer in [0, below), by xorshift64*."""
    x = rng[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    rng[0] = x
    return int(np.int64((x * np.uint64(2685821657736338717)) >> np.uint64(33)) % below)


@inner
def random_edge(a: Core, s: State, x: Scratch) -> tuple[int, int]:
    """Return a random unit and a neighbour of it in another patch, or -1, -1."""
    for _ in range(20):
        u = random_below(x.rng, s.part.size)
        degree = a.nbr_start[u + 1] - a.nbr_start[u]
        if degree > 0:
            v = a.nbr[a.nbr_start[u] + random_below(x.rng, degree)]
            if s.part[v] != s.part[u]:
                return u, v
    return -1, -1


@inner
def _touches(a: Core, s: State, v: int, k: int) -> bool:
    """Say whether v has a neighbour in patch k that stays there."""
    for i in range(a.nbr_start[v], a.nbr_start[v + 1]):
        w = a.nbr[i]
        if s.part[w] == k and s.stamp[w] != s.stamp[-1]:
            return True
    return False


@inner
def _stamp(s: State, x: Scratch, n_go: int, n_come: int) -> None:
    """Stamp the units that change patch."""
    s.stamp[-1] += 1
    for i in range(n_go):
        s.stamp[x.go[i]] = s.stamp[-1]
    for i in range(n_come):
        s.stamp[x.come[i]] = s.stamp[-1]


@inner
def accept(
    a: Core, s: State, x: Scratch, n_go: int, n_come: int, old: int, new: int, limit: float
) -> bool:
    """Carry the change out if it costs at most `limit` more; say whether it did."""
    go, come = x.go[:n_go], x.come[:n_come]
    w, d_move, d_over, d_ban = 0, 0, 0, 0
    for y in go:
        w += a.weight[y]
        d_move += a.move[y, new] - a.move[y, old]
        d_ban += int(a.banned[y, new]) - int(a.banned[y, old])
    for y in come:
        w -= a.weight[y]
        d_move += a.move[y, old] - a.move[y, new]
        d_ban += int(a.banned[y, old]) - int(a.banned[y, new])
    if a.terms.size > 0:
        d_over += swap_counts(a, s, go, come, old, new)
    d_over += (
        violation(a, old, s.load[old] - w)
        + violation(a, new, s.load[new] + w)
        - violation(a, old, s.load[old])
        - violation(a, new, s.load[new])
    )
    before = s.patch_cost[old] + s.patch_cost[new]
    partial = d_move + x.price[0] * d_over + x.price[1] * d_ban
    if partial - before <= limit:
        _stamp(s, x, n_go, n_come)
        cost_old = cost_with(a, s, old, go, come)
        cost_new = cost_with(a, s, new, come, go)
        d_cost = cost_old + cost_new - before
        if partial + d_cost <= limit:
            d_split = shift_estates(a, s, go, old, new) + shift_estates(a, s, come, new, old)
            if partial + d_cost + a.split_price * d_split <= limit:
                apply_shift(a, s, go, old, new)
                apply_shift(a, s, come, new, old)
                s.patch_cost[old] = cost_old
                s.patch_cost[new] = cost_new
                x.exact[0] += d_cost + d_move
                x.exact[1] += d_over
                x.exact[2] += d_ban
                x.exact[3] += d_split
                return True
            shift_estates(a, s, come, old, new)
            shift_estates(a, s, go, new, old)
    if a.terms.size > 0:
        swap_counts(a, s, come, go, old, new)
    return False


@inner
def propose_shift(a: Core, s: State, x: Scratch, limit: float, swap: bool) -> bool:
    """Shift a random edge unit if that costs at most `limit` more; say whether it did."""
    u, v = random_edge(a, s, x)
    if u < 0:
        return False
    old, new = s.part[u], s.part[v]
    n_go = cut_off(a, s, u, x.go)
    n_come = 0
    if swap:
        n_come = cut_off(a, s, s.members[new, random_below(x.rng, s.units[new])], x.come)
    if n_go == 0 or (swap and n_come == 0):
        return False
    if swap:
        _stamp(s, x, n_go, n_come)
        if not (_touches(a, s, x.come[0], old) and _touches(a, s, u, new)):
            return False
    return accept(a, s, x, n_go, n_come, old, new, limit)


@inner
def propose_exchange(a: Core, s: State, x: Scratch, limit: float) -> bool:
    """Swap the slots of two random patches if that costs at most `limit` more."""
    p = s.load.size
    if p < 2:
        return False
    old = random_below(x.rng, p)
    new = (old + 1 + random_below(x.rng, p - 1)) % p
    n_go, n_come = s.units[old], s.units[new]
    for i in range(n_go):
        x.go[i] = s.members[old, i]
    for i in range(n_come):
        x.come[i] = s.members[new, i]
    return accept(a, s, x, n_go, n_come, old, new, limit)
