"""The least that a stop adds to a day: half of the shortest leg into it and out of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from optimiser.routing.arrays.compiling import inner, outer
from optimiser.routing.arrays.tasks import (
    BLOCK,
    DAY,
    END_NODE,
    I32,
    I64,
    PLACE,
    SERVICE,
    START_NODE,
    TASK,
    WINDOW,
    WINDOWS,
    Net,
)
from optimiser.routing.search.kernels import leg, walk_of

__all__ = ["Near", "least_halves", "nearest_nodes"]

F64 = npt.NDArray[np.float64]

_NEAREST = 300
"""Nodes looked at around a place; beyond, the walk to the last of them bounds the leg."""


class Near:
    """Which nodes are near which, for the shortest legs.

    `out` and `into` (places, k) are the nearest from and to each place where somebody may be.
    """

    def __init__(self, net: Net, nodes: I64, *, there_and_back: bool) -> None:
        """Take from `nodes`; `there_and_back` says that both ways are as long everywhere."""
        sessions_and_ends = np.flatnonzero(net.node[:, TASK] < 0)
        around = np.unique(net.node[np.concatenate([nodes, sessions_and_ends]), PLACE])
        place = net.node[nodes, PLACE]
        self.out = nearest_nodes(net.walk, around, nodes, place)
        self.into = self.out
        if not there_and_back:
            self.into = nearest_nodes(net.walk.T, around, nodes, place)
        block = net.node[nodes, BLOCK]
        self.mates = nodes[np.argsort(block, kind="stable")]
        blocks = int(net.node[:, BLOCK].max(initial=-1)) + 1
        self.first = np.searchsorted(np.sort(block), np.arange(blocks + 1)).astype(np.int64)


def nearest_nodes(walk: I32, around: I64, nodes: I64, place: I64) -> I64:
    """Return (places, k) the nodes nearest to each place in `around`, the first of equals first.

    A place may have very many nodes, so that the nearest places are looked for first.
    """
    found = np.zeros((len(walk), min(_NEAREST, len(nodes))), dtype=np.int64)
    if not len(nodes):
        return found
    order = np.argsort(place, kind="stable")
    there, first, size = np.unique(place[order], return_index=True, return_counts=True)
    least = min(_NEAREST, len(there)) - 1
    for at in around.tolist():
        far = walk[at, there]
        near = np.flatnonzero(far <= np.partition(far, least)[least])
        count = size[near]
        begin = first[near] - np.cumsum(count) + count
        some = order[np.repeat(begin, count) + np.arange(count.sum())]
        by_walk = np.lexsort((some, np.repeat(far[near], count)))[: found.shape[1]]
        found[at] = nodes[some[by_walk]]
    return found


@outer
def least_halves(
    net: Net, s: int, nodes: I64, sessions: I64, into: I64, out: I64, mates: I64, first_mate: I64
) -> F64:
    """Return half the least seconds in and out, and half the least walk in and out, of nodes."""
    on_shift = np.zeros(net.node.shape[0], dtype=np.bool_)
    on_shift[nodes] = True
    first, last = net.shift[s, START_NODE], net.shift[s, END_NODE]
    on_shift[first] = on_shift[last] = False
    result = np.zeros((len(nodes), 4))
    for i in range(len(nodes)):
        node = nodes[i]
        for way in range(2):
            if (way == 0 and node == first) or (way == 1 and node == last):
                continue
            table = into if way == 0 else out
            at, block = net.node[node, PLACE], net.node[node, BLOCK]
            lo, hi = (0, 0) if block < 0 else (first_mate[block], first_mate[block + 1])
            ends = first if way == 0 else last
            count = 1 + len(sessions) + (hi - lo) + table.shape[1]
            best, least = 1e9, 1e9
            for j in range(count):
                k = j - 1 - len(sessions)
                if j == 0:
                    other = ends
                elif k < 0:
                    other = sessions[j - 1]
                elif k < hi - lo:
                    other = mates[lo + k]
                else:
                    other = table[at, k - (hi - lo)]
                a, b = (other, node) if way == 0 else (node, other)
                walk = float(net.walk[net.node[a, PLACE], net.node[b, PLACE]])
                if k >= hi - lo and walk >= best:
                    break
                if j + 1 == count and table.shape[1] == _NEAREST:
                    best, least = min(best, walk), min(least, walk)
                if j == 0:
                    if node in (first, last):
                        continue  # a route without stops is no route
                elif not _may_meet(net, s, on_shift, a, b):
                    continue
                best = min(best, leg(net.walk, net.node, net.floor_s, net.lift_s, a, b))
                least = min(least, walk_of(net.walk, net.node, a, b))
            least = min(least, best)
            result[i, way] = best / 2 if best < 1e9 else 0.0
            result[i, 2 + way] = least / 2 if least < 1e9 else 0.0
    return result


@inner
def _may_meet(net: Net, s: int, on_shift: npt.NDArray[np.bool_], a: int, b: int) -> bool:
    """Return whether b can come right after a on shift s, as far as their own times tell."""
    first, last = net.shift[s, START_NODE], net.shift[s, END_NODE]
    if not (on_shift[a] or a == first) or not (on_shift[b] or b == last):
        return False
    if a == b or (net.node[a, TASK] >= 0 and net.node[a, TASK] == net.node[b, TASK]):
        return False
    if a == first or b == last:
        return True
    ka, kb = a * net.days + net.shift[s, DAY], b * net.days + net.shift[s, DAY]
    shut = net.when[kb, WINDOW + 2 * net.when[kb, WINDOWS] - 1]
    return bool(
        net.when[ka, WINDOW]
        + net.node[a, SERVICE]
        + leg(net.walk, net.node, net.floor_s, net.lift_s, a, b)
        <= shut
    )
