r"""The cheapest partition into listed patches, by search, compiled.

Patches carry a reduced cost of at least 0, and the reduced costs of a plan's patches
may not exceed a budget. The search takes the unit that the fewest patches left can
cover, and tries these one by one, cheapest first; a patch that is left keeps clear of
those taken and costs no more than what the budget leaves (exact cover in Knuth's sense,
2000). A branch ends where the units left cost more than that:

    sum over units u left of min { rc(P) / |P| : P left covers u },

as each patch pays its reduced cost by equal parts to its units.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from optimiser.districting.compiled import entry, inner
from optimiser.districting.proof.knapsacks import Floats
from optimiser.districting.units.instance import Bools, Int64s

__all__ = ["Listed", "cheapest_cover", "compile_all", "listed"]

_TOLERANCE = 1.0
"""In cost units, so that rounding cuts off nothing."""


class Listed(NamedTuple):
    """N patches by rising reduced cost; their units as bits, and one after the other."""

    bits: npt.NDArray[np.uint64]
    start: Int64s
    member: Int64s
    kind: Int64s
    cost: Int64s
    reduced: Floats


class _Search(NamedTuple):
    """What the search keeps for each patch taken: the patches left and the branch it is in.

    `taken` are the patches of the branch, `best` those of the cheapest partition.
    """

    left: npt.NDArray[np.int32]
    kept: Int64s
    at: Int64s
    unit: Int64s
    covered: Bools
    places: Int64s
    taken: Int64s
    best: Int64s
    cover: Int64s
    share: Floats


def listed(units: Bools, kind: Int64s, cost: Int64s, reduced: Floats) -> Listed:
    """Return the patches, of which `units` (N, m) says what they hold, in order."""
    order = np.argsort(reduced, kind="stable")
    units = units[order]
    size, m = units.shape
    padded = np.zeros((size, 64 * max(1, -(-m // 64))), dtype=np.bool_)
    padded[:, :m] = units
    bits = np.packbits(padded, axis=1, bitorder="little").view(np.uint64)
    start = np.concatenate([[0], np.cumsum(units.sum(axis=1))]).astype(np.int64)
    member = np.nonzero(units)[1].astype(np.int64)
    return Listed(bits, start, member, kind[order], cost[order], reduced[order])


def cheapest_cover(
    patches: Listed,
    number: Int64s,
    units: int,
    *,
    base: float,
    below: int,
    budget: float,
    most_work: int,
) -> tuple[int, Int64s, bool]:
    """Return the cost of the cheapest partition below a cost, its patches, and if it is proven.

    `number` is how many patches of each kind there are; a plan costs `base` and its
    reduced costs, at least. The cost is `below` where there is no such partition. Not
    proven: `most_work` looks at patches did not suffice.
    """
    p, size = int(number.sum()), patches.cost.size
    search = _Search(
        left=np.empty((p + 1, size), dtype=np.int32),
        kept=np.zeros(p + 1, dtype=np.int64),
        at=np.zeros(p + 1, dtype=np.int64),
        unit=np.zeros(p + 1, dtype=np.int64),
        covered=np.zeros(units, dtype=np.bool_),
        places=number.astype(np.int64),
        taken=np.zeros(p + 1, dtype=np.int64),
        best=np.zeros(p, dtype=np.int64),
        cover=np.zeros(units, dtype=np.int64),
        share=np.zeros(units),
    )
    cost, done = _search(patches, search, p, base, below, budget + _TOLERANCE, most_work)
    return int(cost), search.best, bool(done)


def compile_all() -> None:
    """Compile what Python calls here, or load it from the cache."""
    one, zero = np.ones(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    patches = listed(np.ones((1, 1), dtype=np.bool_), zero, one, np.ones(1))
    cheapest_cover(patches, one, 1, base=0.0, below=2, budget=2.0, most_work=10)


@entry
def _search(
    c: Listed, x: _Search, p: int, base: float, below: int, budget: float, most_work: int
) -> tuple[int, bool]:
    """Go through the partitions, depth by depth; return the least cost and if all were seen."""
    n = c.cost.size
    x.kept[0] = n
    for i in range(n):
        x.left[0, i] = i
    depth, work, spent, cost = 0, n, 0.0, 0
    budget = min(budget, below - base)
    x.at[0] = -1
    x.unit[0] = _hardest(c, x, 0, budget)
    while depth >= 0:
        if work > most_work:
            return below, False
        if x.at[depth] >= 0:
            # Back from a branch: give its patch up.
            taken = x.taken[depth]
            _mark(c, x, taken, False)
            spent -= c.reduced[taken]
            cost -= c.cost[taken]
        i = _next(c, x, depth, budget - spent)
        if i < 0:
            depth -= 1
            continue
        taken = x.left[depth, i]
        x.at[depth], x.taken[depth] = i, taken
        _mark(c, x, taken, True)
        spent += c.reduced[taken]
        cost += c.cost[taken]
        if depth + 1 == p:
            work += 1
            if cost < below and x.covered.all():
                below = cost
                budget = min(budget, below - base)
                x.best[:] = x.taken[:p]
            continue
        work += _keep(c, x, depth, taken, budget - spent)
        unit = _hardest(c, x, depth + 1, budget - spent)
        if unit >= 0:
            depth += 1
            x.at[depth], x.unit[depth] = -1, unit
    return below, True


@inner
def _mark(c: Listed, x: _Search, taken: int, covered: bool) -> None:
    for e in range(c.start[taken], c.start[taken + 1]):
        x.covered[c.member[e]] = covered
    x.places[c.kind[taken]] += -1 if covered else 1


@inner
def _next(c: Listed, x: _Search, depth: int, room: float) -> int:
    """Return where the next patch left is that covers the branch's unit, -1 for none."""
    unit = x.unit[depth]
    if unit < 0:
        return -1
    word, bit = unit >> 6, np.uint64(1) << np.uint64(unit & 63)
    for i in range(x.at[depth] + 1, x.kept[depth]):
        patch = x.left[depth, i]
        if c.reduced[patch] > room:
            return -1
        if c.bits[patch, word] & bit:
            return i
    return -1


@inner
def _keep(c: Listed, x: _Search, depth: int, taken: int, room: float) -> int:
    """List the patches left one deeper; return how many were looked at."""
    kept = 0
    for i in range(x.kept[depth]):
        patch = x.left[depth, i]
        if c.reduced[patch] > room:
            break
        clear = x.places[c.kind[patch]] > 0
        for w in range(c.bits.shape[1]):
            if c.bits[patch, w] & c.bits[taken, w]:
                clear = False
                break
        if clear:
            x.left[depth + 1, kept] = patch
            kept += 1
    x.kept[depth + 1] = kept
    return int(x.kept[depth])


@inner
def _hardest(c: Listed, x: _Search, depth: int, room: float) -> int:
    """Return the unit left that the fewest patches cover; -1: they cannot within the budget."""
    x.cover[:] = 0
    x.share[:] = 0.0
    for i in range(x.kept[depth]):
        patch = x.left[depth, i]
        first, last = c.start[patch], c.start[patch + 1]
        for e in range(first, last):
            u = c.member[e]
            if x.cover[u] == 0:
                x.share[u] = 1e300
            x.cover[u] += 1
            x.share[u] = min(x.share[u], c.reduced[patch] / (last - first))
    unit, least = -1, 0.0
    for u in range(x.cover.size):
        if x.covered[u]:
            continue
        if x.cover[u] == 0:
            return -1
        least += x.share[u]
        if unit < 0 or x.cover[u] < x.cover[unit]:
            unit = u
    return unit if least <= room else -1
