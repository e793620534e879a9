"""Changes to a partition that keep it contiguous, as compiled proposals.

- shift: a unit at a patch's edge, with the pieces that only hang on it, goes over
  to a neighbouring patch; perhaps another one comes back in the same way.
- recombine: two neighbouring patches are joined, a random spanning tree is drawn
  over them and cut where it costs least (ReCom; DeFord, Duchin and Solomon, 2021).
- exchange: two patches swap their slots.

Each lists the units that go from one patch to the other and those that come back;
`_accept` prices that and carries it out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from optimiser.districting.compiled import inner
from optimiser.districting.instance import Arrays, Int64s
from optimiser.districting.state import (
    State,
    apply_shift,
    cost_with,
    cut_off,
    shift_estates,
    violation,
)

__all__ = [
    "Scratch",
    "new_scratch",
    "propose_exchange",
    "propose_recombine",
    "propose_shift",
    "random_below",
]

Words = npt.NDArray[np.uint64]


class Scratch(NamedTuple):
    """What the proposals work in.

    `rng` is the state of the random numbers. `exact` holds the partition's cost
    units, workload outside limits, banned units and excess estate parts; `price`
    that of a unit of workload outside limits, and of a banned unit. The rest are
    lists and marks.
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
def _edge(a: Arrays, s: State, x: Scratch) -> tuple[int, int]:
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
def _touches(a: Arrays, s: State, v: int, k: int) -> bool:
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
def _accept(
    a: Arrays, s: State, x: Scratch, n_go: int, n_come: int, old: int, new: int, limit: float
) -> bool:
    """Carry the change out if it costs at most `limit` more; say whether it did."""
    go, come = x.go[:n_go], x.come[:n_come]
    w, d_move, d_ban = 0, 0, 0
    for y in go:
        w += a.weight[y]
        d_move += a.move[y, new] - a.move[y, old]
        d_ban += int(a.banned[y, new]) - int(a.banned[y, old])
    for y in come:
        w -= a.weight[y]
        d_move += a.move[y, old] - a.move[y, new]
        d_ban += int(a.banned[y, old]) - int(a.banned[y, new])
    d_over = (
        violation(a, old, s.load[old] - w)
        + violation(a, new, s.load[new] + w)
        - violation(a, old, s.load[old])
        - violation(a, new, s.load[new])
    )
    before = s.patch_cost[old] + s.patch_cost[new]
    partial = d_move + x.price[0] * d_over + x.price[1] * d_ban
    if partial - before > limit:
        return False
    _stamp(s, x, n_go, n_come)
    cost_old = cost_with(a, s, old, go, come)
    cost_new = cost_with(a, s, new, come, go)
    d_cost = cost_old + cost_new - before
    if partial + d_cost > limit:
        return False
    d_split = shift_estates(a, s, go, old, new) + shift_estates(a, s, come, new, old)
    if partial + d_cost + a.split_price * d_split > limit:
        shift_estates(a, s, come, old, new)
        shift_estates(a, s, go, new, old)
        return False
    apply_shift(a, s, go, old, new)
    apply_shift(a, s, come, new, old)
    s.patch_cost[old] = cost_old
    s.patch_cost[new] = cost_new
    x.exact[0] += d_cost + d_move
    x.exact[1] += d_over
    x.exact[2] += d_ban
    x.exact[3] += d_split
    return True


@inner
def propose_shift(a: Arrays, s: State, x: Scratch, limit: float, swap: bool) -> bool:
    """Shift a random edge unit if that costs at most `limit` more; say whether it did."""
    u, v = _edge(a, s, x)
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
    return _accept(a, s, x, n_go, n_come, old, new, limit)


@inner
def propose_exchange(a: Arrays, s: State, x: Scratch, limit: float) -> bool:
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
    return _accept(a, s, x, n_go, n_come, old, new, limit)


@inner
def _random_tree(a: Arrays, s: State, x: Scratch, one: int, two: int) -> int:
    """Grow a random tree over two patches; fill `tree` (parents first) and `parent`."""
    s.stamp[-1] += 1
    mark = s.stamp[-1]
    added = s.members[one, random_below(x.rng, s.units[one])]
    s.stamp[added] = mark
    x.tree[0] = added
    x.parent[added] = -1
    count, edges = 1, 0
    while added >= 0:
        for i in range(a.nbr_start[added], a.nbr_start[added + 1]):
            w = a.nbr[i]
            if s.stamp[w] != mark and (s.part[w] == one or s.part[w] == two):
                x.edges[edges, 0] = added
                x.edges[edges, 1] = w
                edges += 1
        added = -1
        while edges > 0 and added < 0:
            # Half of the time the newest edge, which makes longer branches.
            i = edges - 1 if random_below(x.rng, 2) == 0 else random_below(x.rng, edges)
            u, w = x.edges[i, 0], x.edges[i, 1]
            edges -= 1
            x.edges[i, 0] = x.edges[edges, 0]
            x.edges[i, 1] = x.edges[edges, 1]
            if s.stamp[w] != mark:
                s.stamp[w] = mark
                x.parent[w] = u
                x.tree[count] = w
                count += 1
                added = w
    return count


@inner
def propose_recombine(a: Arrays, s: State, x: Scratch, limit: float) -> bool:
    """Join two neighbouring patches and cut a random tree of them at least cost."""
    u, v = _edge(a, s, x)
    if u < 0:
        return False
    one, two = s.part[u], s.part[v]
    count = _random_tree(a, s, x, one, two)
    now = _sum_below(a, s, x, count, one, two)
    load, in_one, in_two = x.below[x.tree[0], 0], x.below[x.tree[0], 1], x.below[x.tree[0], 2]
    best, best_root, best_flip = limit, -1, 0
    for i in range(1, count):
        root = x.tree[i]
        part = x.below[root, 0]
        for flip in range(2):
            here, there = (one, two) if flip == 0 else (two, one)
            priced = x.price[0] * (violation(a, here, part) + violation(a, there, load - part))
            if flip == 0:
                priced += x.below[root, 1] + in_two - x.below[root, 2] - now
            else:
                priced += x.below[root, 2] + in_one - x.below[root, 1] - now
            if priced > best:
                continue
            priced += _cut_cost(a, x, count, root, here, there)
            if priced < best:
                best, best_root, best_flip = priced, root, flip
    if best_root < 0:
        return False
    _mark_side(x, count, best_root)
    # A literal 0 would make numba compile _accept a second time.
    n_go, n_come = int(np.int64(0)), int(np.int64(0))
    for i in range(count):
        y = x.tree[i]
        goal = one if x.side[y] != best_flip else two
        if goal == two and s.part[y] == one:
            x.go[n_go] = y
            n_go += 1
        elif goal == one and s.part[y] == two:
            x.come[n_come] = y
            n_come += 1
    return _accept(a, s, x, n_go, n_come, one, two, limit)


@inner
def _sum_below(a: Arrays, s: State, x: Scratch, count: int, one: int, two: int) -> float:
    """Set below[u] to the workload and the two slots' move costs of u's subtree.

    Return what the two patches cost now, breaking of limits and bans included.
    """
    over = violation(a, one, s.load[one]) + violation(a, two, s.load[two])
    now = s.patch_cost[one] + s.patch_cost[two] + x.price[0] * over
    for i in range(count):
        u = x.tree[i]
        now += a.move[u, s.part[u]] + x.price[1] * a.banned[u, s.part[u]]
        x.below[u, 0] = a.weight[u]
        x.below[u, 1] = a.move[u, one]
        x.below[u, 2] = a.move[u, two]
    for i in range(count - 1, 0, -1):
        u = x.tree[i]
        up = x.parent[u]
        for c in range(3):
            x.below[up, c] += x.below[u, c]
    return float(now)


@inner
def _mark_side(x: Scratch, count: int, root: int) -> None:
    """Set side[u] to 1 for units of root's subtree, else 0."""
    for i in range(count):
        u = x.tree[i]
        up = x.parent[u]
        x.side[u] = 1 if u == root or (up >= 0 and x.side[up] == 1) else 0


@inner
def _cut_cost(a: Arrays, x: Scratch, count: int, root: int, here: int, there: int) -> float:
    """Return the two patches' costs and price of bans if root's subtree is `here`."""
    _mark_side(x, count, root)
    best_here, best_there = 2**62, 2**62
    bans = 0
    for i in range(count):
        u = x.tree[i]
        slot = here if x.side[u] == 1 else there
        bans += int(a.banned[u, slot])
        for b in range(a.block_start[u], a.block_start[u + 1]):
            j = a.block_of[b]
            value = a.centre_cost[slot, j]
            for y in range(count):
                w = x.tree[y]
                if x.side[w] == x.side[u]:
                    value += a.cost[w, j]
            if x.side[u] == 1:
                best_here = min(best_here, value)
            else:
                best_there = min(best_there, value)
    return float(best_here + best_there + x.price[1] * bans)
