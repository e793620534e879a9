"""Contiguous patches around a centre whose price is low enough: all of them, or the best.

A patch grows from its centre's unit: a unit next to it is taken in, or left out for good.
What follows is drawn at each node until nothing changes:

- units out of reach, too heavy, over a measure's limit or kept apart from the patch
  are out;
- a piece of the rest of the map that is too light to be a patch is taken in whole, or
  rules the node out if a unit of it is out;
- at any price y of workload (y at least 0 with the upper limit, at most 0 with the
  lower) a patch below the node costs at least

      sum of r[u] + y w[u] over its units
      + sum of min(0, r[u] + y w[u]) over units that can still join it - y limit,

  the bound of the fractional knapsack (Dantzig, 1957) at the price of its last unit; a
  unit that lifts this over what a patch may cost is out.

Labels of a measure that span units are not looked at: who calls this does.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from optimiser.districting.compiled import entry, inner
from optimiser.districting.proof.knapsacks import Floats
from optimiser.districting.units.instance import Arrays, Bools, Int64s

__all__ = ["Rules", "compile_all", "grow_patches", "rules_of"]

_FREE, _IN, _OUT = 0, 1, 2


class Rules(NamedTuple):
    """What a patch of one slot must keep; m units, d further measures.

    `lower` and `upper` limit its workload, `lightest` and `heaviest` that of any patch.
    """

    nbr_start: Int64s
    nbr: Int64s
    weight: Floats
    lower: float
    upper: float
    lightest: float
    heaviest: float
    amount: Int64s
    least: Int64s
    most: Int64s
    apart_start: Int64s
    apart_of: Int64s


class _Node(NamedTuple):
    """Lists of the node in hand; `sums` is its workload, value, bound and price of workload."""

    reached: Int64s
    rest: Int64s
    seen: Bools
    edge: Bools
    held: Int64s
    sums: Floats


def rules_of(a: Arrays, k: int) -> Rules:
    """Return what a patch of slot k must keep."""
    # A label that spans units may make up for what they are short of.
    spanning = np.bincount(a.label_measure, minlength=a.least.shape[1]).astype(np.int64)
    return Rules(
        nbr_start=a.nbr_start,
        nbr=a.nbr,
        weight=a.weight.astype(np.float64),
        lower=float(a.lower[k]),
        upper=float(a.upper[k]),
        lightest=float(a.lower.min()),
        heaviest=float(a.upper.max()),
        amount=a.amount,
        least=a.least[k] - spanning,
        most=a.most[k].copy(),
        apart_start=a.apart_start,
        apart_of=a.apart_of,
    )


@entry
def grow_patches(
    r: Rules,
    reduced: Floats,
    order: Int64s,
    own: int,
    usable: Bools,
    most: float,
    most_nodes: int,
    improving: bool,
    found: Bools,
    found_value: Floats,
) -> tuple[int, int, float]:
    """Write patches of value at most `most` into `found` (rows, m), with their values.

    Returns how many, the nodes, and what a patch that was not met costs at least.
    `order` lists the units by reduced / weight. With `improving`, each patch must be
    cheaper by 1 than the one before, and rows are used again from the first on. Else the
    count is -1 where the rows do not suffice. Nodes are -1 where `most_nodes` did not.
    """
    m = r.weight.size
    state = np.empty((m + 1, m), dtype=np.int8)
    least = np.empty(m + 1)
    node = _new_node(m, r.amount.shape[1])
    for u in range(m):
        state[0, u] = _FREE if usable[u] else _OUT
    state[0, own] = _IN
    least[0] = -1e300
    depth, count, nodes, grown = 0, 0, 0, True
    while depth >= 0:
        nodes += 1
        if nodes > most_nodes:
            return count, -1, min(most, least[: depth + 1].min())
        s = state[depth]
        alive, fuller, size = _close(r, s, reduced, order, most, node)
        branch = -1
        if alive:
            if (grown or fuller) and _is_patch(r, s, node) and node.sums[1] <= most:
                if not improving and count == found.shape[0]:
                    return -1, nodes, -1e300
                found[count % found.shape[0]] = s == _IN
                found_value[count % found.shape[0]] = node.sums[1]
                count += 1
                if improving:
                    most = node.sums[1] - 1.0
            least[depth] = max(least[depth], node.sums[2])
            branch = _widest(s, reduced, r.weight, size, node)
        if branch < 0:
            depth, grown = depth - 1, False
            continue
        # First with the unit, one deeper; back here it is left out.
        state[depth + 1] = s
        state[depth + 1, branch] = _IN
        s[branch] = _OUT
        least[depth + 1] = least[depth]
        depth, grown = depth + 1, True
    return count, nodes, most


def compile_all() -> None:
    """Compile what Python calls here, or load it from the cache."""
    none, one = np.zeros(2, dtype=np.int64), np.ones(1)
    empty = np.empty((1, 0), dtype=np.int64)
    limits = np.empty(0, dtype=np.int64)
    rules = Rules(none, none, one, 1.0, 1.0, 1.0, 1.0, empty, limits, limits, none, none)
    yes = np.ones(1, dtype=np.bool_)
    grow_patches(rules, one, none[:1], 0, yes, 0.0, 1, True, np.ones((1, 1), dtype=np.bool_), one)


@inner
def _new_node(m: int, measures: int) -> _Node:
    return _Node(
        np.empty(m, dtype=np.int64),
        np.empty(m, dtype=np.int64),
        np.empty(m, dtype=np.bool_),
        np.empty(m, dtype=np.bool_),
        np.empty(measures, dtype=np.int64),
        np.zeros(4),
    )


@inner
def _close(
    r: Rules, s: Int64s, reduced: Floats, order: Int64s, most: float, node: _Node
) -> tuple[bool, bool, int]:
    """Draw what follows at a node; return whether it is open, has grown, and its reach."""
    fuller = False
    while True:
        if not _add_up(r, s, reduced, node):
            return False, fuller, 0
        room = r.upper - node.sums[0]
        inside, size = _reach(r, s, room, node)
        everything = node.sums[0]
        for i in range(inside, size):
            everything += r.weight[node.reached[i]]
        if everything < r.lower:
            return False, fuller, 0
        price, limit = _price(r, reduced, order, s, node)
        bound = node.sums[1] + price * (node.sums[0] - limit)
        for i in range(inside, size):
            u = node.reached[i]
            bound += min(0.0, reduced[u] + price * r.weight[u])
        if bound > most:
            return False, fuller, 0
        for i in range(inside, size):
            u = node.reached[i]
            if bound + max(0.0, reduced[u] + price * r.weight[u]) > most:
                s[u] = _OUT
        node.sums[2], node.sums[3] = bound, price
        forced = _take_in(r, s, room, node)
        if forced < 0:
            return False, fuller, 0
        if forced == 0:
            return True, fuller, size
        fuller = True


@inner
def _add_up(r: Rules, s: Int64s, reduced: Floats, node: _Node) -> bool:
    """Add up the patch's units; take out what cannot join them. False: they break a rule."""
    load, value = 0.0, 0.0
    node.held[:] = 0
    for u in range(s.size):
        if s[u] != _IN:
            continue
        load += r.weight[u]
        value += reduced[u]
        for e in range(r.apart_start[u], r.apart_start[u + 1]):
            if s[r.apart_of[e]] == _IN:
                return False
            s[r.apart_of[e]] = _OUT
        for c in range(node.held.size):
            node.held[c] += r.amount[u, c]
    node.sums[0], node.sums[1] = load, value
    for c in range(node.held.size):
        if node.held[c] > r.most[c]:
            return False
        for u in range(s.size):
            if s[u] == _FREE and node.held[c] + r.amount[u, c] > r.most[c]:
                s[u] = _OUT
    return load <= r.upper


@inner
def _reach(r: Rules, s: Int64s, room: float, node: _Node) -> tuple[int, int]:
    """List the patch's units, then those that can still join it; return both counts.

    The rest is out. `edge` are those next to the patch.
    """
    size = 0
    for u in range(s.size):
        node.seen[u], node.edge[u] = s[u] == _IN, False
        if node.seen[u]:
            node.reached[size] = u
            size += 1
    inside, at = size, 0
    while at < size:
        u = node.reached[at]
        for e in range(r.nbr_start[u], r.nbr_start[u + 1]):
            v = r.nbr[e]
            if not node.seen[v] and s[v] == _FREE and r.weight[v] <= room:
                node.seen[v] = True
                node.edge[v] = at < inside
                node.reached[size] = v
                size += 1
        at += 1
    for u in range(s.size):
        if not node.seen[u]:
            s[u] = _OUT
    return inside, size


@inner
def _price(r: Rules, reduced: Floats, order: Int64s, s: Int64s, node: _Node) -> tuple[float, float]:
    """Return the price of workload at the knapsack's last unit, and the limit it is for."""
    load = node.sums[0]
    for i in range(order.size):
        u = order[i]
        if s[u] != _FREE:
            continue
        if reduced[u] >= 0.0 and load >= r.lower:
            break
        load += r.weight[u]
        if reduced[u] < 0.0 and load >= r.upper:
            return -reduced[u] / max(r.weight[u], 1e-6), r.upper
        if reduced[u] >= 0.0 and load >= r.lower:
            return -reduced[u] / max(r.weight[u], 1e-6), r.lower
    return 0.0, r.upper


@inner
def _take_in(r: Rules, s: Int64s, room: float, node: _Node) -> int:
    """Take in pieces around the patch that are too light for one; return how many units.

    -1: one of them cannot be taken in, so that no plan has a patch of this node.
    """
    forced = 0
    for u in range(s.size):
        node.seen[u] = s[u] == _IN
    for start in range(s.size):
        if node.seen[start]:
            continue
        size, load = _flood(r, start, node)
        if load >= r.lightest:
            continue
        for i in range(size):
            if s[node.rest[i]] == _OUT or load > room:
                return -1
            s[node.rest[i]] = _IN
        room -= load
        forced += size
    return forced


@inner
def _flood(r: Rules, start: int, node: _Node) -> tuple[int, float]:
    """List what hangs together with `start` in `rest`; return its size and workload."""
    node.seen[start] = True
    node.rest[0] = start
    size, at, load = 1, 0, 0.0
    while at < size:
        u = node.rest[at]
        load += r.weight[u]
        for e in range(r.nbr_start[u], r.nbr_start[u + 1]):
            v = r.nbr[e]
            if not node.seen[v]:
                node.seen[v] = True
                node.rest[size] = v
                size += 1
        at += 1
    return size, load


@inner
def _is_patch(r: Rules, s: Int64s, node: _Node) -> bool:
    """Say whether the units in hand keep all limits, and the rest could be whole patches."""
    if node.sums[0] < r.lower:
        return False
    for c in range(node.held.size):
        if node.held[c] < r.least[c]:
            return False
    for u in range(s.size):
        node.seen[u] = s[u] == _IN
    for start in range(s.size):
        if not node.seen[start]:
            load = _flood(r, start, node)[1]
            if load < r.lightest:
                return False
            if r.lightest > 0.0 and np.floor(load / r.lightest) * r.heaviest < load:
                return False
    return True


@inner
def _widest(s: Int64s, reduced: Floats, weight: Floats, size: int, node: _Node) -> int:
    """Return the unit next to the patch that matters most for the bound, -1 for none."""
    branch, widest = -1, -1.0
    for i in range(size):
        u = node.reached[i]
        if s[u] == _FREE and node.edge[u]:
            matters = abs(reduced[u] + node.sums[3] * weight[u])
            if matters > widest:
                widest, branch = matters, u
    return branch
