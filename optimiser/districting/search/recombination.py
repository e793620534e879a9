"""Two neighbouring patches joined and divided anew, as a compiled proposal.

A random spanning tree is drawn over both and cut where it costs least (ReCom; DeFord,
Duchin and Solomon, 2021).
"""

from __future__ import annotations

import numpy as np

from optimiser.districting.compiled import inner
from optimiser.districting.search.moves import Scratch, accept, random_below, random_edge
from optimiser.districting.search.state import Core, State, count_term, violation

__all__ = ["propose_recombine"]


@inner
def _random_tree(a: Core, s: State, x: Scratch, one: int, two: int) -> int:
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
def propose_recombine(a: Core, s: State, x: Scratch, limit: float) -> bool:
    """Join two neighbouring patches and cut a random tree of them at least cost."""
    u, v = random_edge(a, s, x)
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
            priced += _cut_cost(a, s, x, count, root, here, there)
            if priced < best:
                best, best_root, best_flip = priced, root, flip
    if best_root < 0:
        return False
    _mark_side(x, count, best_root)
    # A literal 0 would make numba compile accept a second time.
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
    return accept(a, s, x, n_go, n_come, one, two, limit)


@inner
def _sum_below(a: Core, s: State, x: Scratch, count: int, one: int, two: int) -> float:
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
        x.side[u] = int(s.part[u] == one)
    now += _further_cost(a, s, x, count, one, two)
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
def _cut_cost(a: Core, s: State, x: Scratch, count: int, root: int, here: int, there: int) -> float:
    """Return the two patches' costs and price of bans if root's subtree is `here`.

    The price of further rules is part of it, that of workload outside limits is not.
    """
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
    return float(
        best_here + best_there + x.price[1] * bans + _further_cost(a, s, x, count, here, there)
    )


@inner
def _further_cost(a: Core, s: State, x: Scratch, count: int, here: int, there: int) -> float:
    """Return the price of further rules broken if units of side 1 are `here`, others `there`."""
    if a.terms.size == 0:
        return 0.0
    held = s.held[-2:]
    held[:] = 0
    excess = 0
    for c in range(a.rule.shape[0]):
        # What lacks of the least where nothing is held yet.
        if a.rule[c, 1] < 0:
            lacking = max(0, a.rule[c, 2 + 2 * here]) + max(0, a.rule[c, 2 + 2 * there])
            excess += a.rule[c, 0] * lacking
    for i in range(count):
        u = x.tree[i]
        k = here if x.side[u] == 1 else there
        for e in range(a.term_start[u], a.term_start[u + 1]):
            excess += count_term(a, held[x.side[u]], k, a.terms[e, 0], a.terms[e, 1])
    return float(x.price[0] * excess)
