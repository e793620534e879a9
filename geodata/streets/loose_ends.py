"""Tie loose ends of streets to the street beside them.

Files merged from several sources, and clipped ones, leave ends that stop a few
metres short of the street which they meet on the ground.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from geodata.streets.graph import VertexGraph, component_labels, segment_lengths

__all__ = ["REACH_M", "join_loose_ends"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

REACH_M: Final = 10.0
ALREADY_NEAR_M: Final = 50.0
_TOUCH_M: Final = 0.01
_SQUARE_M: Final = 1_000.0
"""Ends in one square are looked at together."""


def join_loose_ends(graph: VertexGraph) -> tuple[VertexGraph, FloatArray]:
    """Tie each loose end to the nearest line within `REACH_M`.

    A line that can be reached within `ALREADY_NEAR_M` along the streets needs no
    tie. An end on a bridge or in a tunnel is tied only to a line of its own level
    or to an end that goes on from it, never to what passes below or above.

    Returns
    -------
    The graph, its vertices as before and new ones where a segment was split after them; and
    the ties as (t, 2, 2) coordinates: the loose end, the place on the line.
    """
    ends, pairs = _candidates(graph)
    chosen = _choose(graph, ends, pairs) if len(pairs.end) else []
    if not chosen:
        return graph, np.empty((0, 2, 2))
    at, segment = pairs.at[chosen], graph.segments[pairs.segment[chosen]]
    a, b = graph.xy[segment[:, 0]], graph.xy[segment[:, 1]]
    places = np.stack([graph.xy[ends[pairs.end[chosen]]], a + at[:, None] * (b - a)], axis=1)
    return _tie(graph, ends, pairs, chosen), places


class _Pairs:
    """Loose ends and the segments within reach: `end`, `segment`, place `at` (0-1), `gap`."""

    def __init__(self, end: IntArray, segment: IntArray, at: FloatArray, gap: FloatArray) -> None:
        self.end, self.segment, self.at, self.gap = end, segment, at, gap

    def where(self, mask: npt.NDArray[Any]) -> _Pairs:
        return _Pairs(self.end[mask], self.segment[mask], self.at[mask], self.gap[mask])


def _candidates(graph: VertexGraph) -> tuple[IntArray, _Pairs]:
    import shapely

    degree = np.bincount(graph.segments.ravel(), minlength=len(graph.xy))
    ends = np.flatnonzero(degree == 1)
    tree = shapely.STRtree(shapely.linestrings(graph.xy[graph.segments]))
    points = shapely.points(graph.xy[ends])
    end, segment = tree.query(points, predicate="dwithin", distance=REACH_M)
    a, b = graph.xy[graph.segments[segment, 0]], graph.xy[graph.segments[segment, 1]]
    point = graph.xy[ends[end]]
    length2 = ((b - a) ** 2).sum(axis=1)
    at = np.clip(((point - a) * (b - a)).sum(axis=1) / length2, 0.0, 1.0)
    gap = np.hypot(*(a + at[:, None] * (b - a) - point).T)
    length = np.sqrt(length2)
    at = np.where(at * length < _TOUCH_M, 0.0, np.where((1 - at) * length < _TOUCH_M, 1.0, at))
    own = (graph.segments[segment] == ends[end][:, None]).any(axis=1)
    pairs = _Pairs(end.astype(np.int64), segment.astype(np.int64), at, gap)
    return ends, pairs.where(~own & _levels_agree(graph, ends, pairs, degree))


def _levels_agree(
    graph: VertexGraph, ends: IntArray, pairs: _Pairs, degree: IntArray
) -> npt.NDArray[np.bool_]:
    level = np.zeros(len(graph.xy), dtype=np.int64)
    level[graph.segments.ravel()] = np.repeat(graph.level, 2)
    same = level[ends[pairs.end]] == graph.level[pairs.segment]
    target = graph.segments[pairs.segment, np.rint(pairs.at).astype(np.int64)]
    end_to_end = np.isin(pairs.at, (0.0, 1.0)) & (degree[target] == 1)
    inward = np.zeros_like(graph.xy)
    a, b = graph.segments.T
    inward[a], inward[b] = graph.xy[b] - graph.xy[a], graph.xy[a] - graph.xy[b]
    # A subway that ends below the end of a street runs beside it, not on from it.
    goes_on = (inward[ends[pairs.end]] * inward[target]).sum(axis=1) < 0
    return np.asarray(same | (end_to_end & goes_on), dtype=np.bool_)


def _choose(graph: VertexGraph, ends: IntArray, pairs: _Pairs) -> list[int]:
    """Go through the pairs by gap: tie what joins two pieces, and each end once otherwise."""
    labels = component_labels(graph)
    piece_of_end = labels[ends[pairs.end]]
    piece_of_line = labels[graph.segments[pairs.segment, 0]]
    apart = piece_of_end != piece_of_line
    far = apart.copy()
    far[~apart] = _far_along_streets(graph, ends, pairs.where(~apart))
    parent = list(range(int(labels.max()) + 1))

    def root(piece: int) -> int:
        while parent[piece] != piece:
            parent[piece] = parent[parent[piece]]
            piece = parent[piece]
        return piece

    chosen: list[int] = []
    tied = np.zeros(len(graph.xy), dtype=bool)
    beside = _ends_beside(graph, ends, pairs)
    met: set[tuple[int, int]] = set()
    for k in np.lexsort((pairs.segment, pairs.end, pairs.gap)).tolist():
        a, b = root(int(piece_of_end[k])), root(int(piece_of_line[k]))
        end = int(ends[pairs.end[k]])
        if (end, beside[k]) in met:
            continue
        if far[k] and (a != b or not tied[end]):
            parent[max(a, b)] = min(a, b)
            tied[end] = True
            met.add((beside[k], end))
            if pairs.at[k] in (0.0, 1.0):
                tied[graph.segments[pairs.segment[k], int(pairs.at[k])]] = True
            chosen.append(k)
    return chosen


def _ends_beside(graph: VertexGraph, ends: IntArray, pairs: _Pairs) -> list[int]:
    """Return the loose end of each pair's segment within reach of the pair's own end, else -1.

    Two such ends need one tie, though the nearest place on the other's line may
    be a little way along it.
    """
    loose = np.zeros(len(graph.xy), dtype=bool)
    loose[ends] = True
    segment = graph.segments[pairs.segment]
    gap = graph.xy[segment] - graph.xy[ends[pairs.end]][:, None]
    metres = np.where(loose[segment], np.hypot(gap[..., 0], gap[..., 1]), np.inf)
    nearer = metres.argmin(axis=1)
    row = np.arange(len(segment))
    near = metres[row, nearer] <= REACH_M
    found: list[int] = np.where(near, segment[row, nearer], -1).tolist()
    return found


def _far_along_streets(graph: VertexGraph, ends: IntArray, pairs: _Pairs) -> npt.NDArray[np.bool_]:
    """Return whether the segment cannot be reached from the end within `ALREADY_NEAR_M`."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    n = len(graph.xy)
    a, b = graph.segments.T
    links = coo_array((segment_lengths(graph), (a, b)), shape=(n, n)).tocsr()
    far = np.ones(len(pairs.end), dtype=bool)
    if not len(pairs.end):
        return far
    needed = np.unique(pairs.end)
    square = np.floor(graph.xy[ends[needed]] / _SQUARE_M)
    needed = needed[np.lexsort((needed, *square.T))]
    local = np.full(n, -1)
    for chunk in np.array_split(needed, max(1, len(needed) // 100)):
        # A way of that length stays near, and all of a country's streets need not be looked at.
        xy = graph.xy[ends[chunk]]
        low, high = xy.min(axis=0) - ALREADY_NEAR_M, xy.max(axis=0) + ALREADY_NEAR_M
        near = np.flatnonzero(((graph.xy >= low) & (graph.xy <= high)).all(axis=1))
        local[near] = np.arange(len(near))
        reach = dijkstra(
            links[near][:, near], directed=False, indices=local[ends[chunk]], limit=ALREADY_NEAR_M
        )
        mine = np.flatnonzero(np.isin(pairs.end, chunk))
        at = np.argsort(chunk)
        row = at[np.searchsorted(chunk, pairs.end[mine], sorter=at)]
        targets = local[graph.segments[pairs.segment[mine]]]
        there = np.isfinite(reach[row[:, None], targets]) & (targets >= 0)
        far[mine] = ~there.any(axis=1)
        local[near] = -1
    return far


def _tie(graph: VertexGraph, ends: IntArray, pairs: _Pairs, chosen: list[int]) -> VertexGraph:
    """Add a segment from each chosen end to its line, splitting the line there."""
    new_xy: list[FloatArray] = []
    splits: dict[int, list[tuple[float, int]]] = defaultdict(list)
    ties: list[tuple[int, int, int, float]] = []
    for k in chosen:
        segment, at = int(pairs.segment[k]), float(pairs.at[k])
        u, v = graph.segments[segment].tolist()
        end = int(ends[pairs.end[k]])
        if at in (0.0, 1.0):
            ties.append((end, v if at else u, int(graph.level[segment]), 1.0))
        elif pairs.gap[k] < _TOUCH_M:
            splits[segment].append((at, end))
        else:
            vertex = len(graph.xy) + len(new_xy)
            new_xy.append(graph.xy[u] + at * (graph.xy[v] - graph.xy[u]))
            splits[segment].append((at, vertex))
            ties.append((end, vertex, int(graph.level[segment]), 1.0))
    rows = list(ties)
    for segment, inner in splits.items():
        u, v = graph.segments[segment].tolist()
        stops = [u, *(vertex for _, vertex in sorted(inner)), v]
        level, effort = int(graph.level[segment]), float(graph.effort[segment])
        rows += [(p, q, level, effort) for p, q in pairwise(stops)]
    added = np.array([row[:3] for row in rows], dtype=np.int64)
    added_effort = np.array([row[3] for row in rows])
    whole = np.ones(len(graph.segments), dtype=bool)
    whole[list(splits)] = False
    segments = np.concatenate([graph.segments[whole], np.sort(added[:, :2], axis=1)])
    level_all = np.concatenate([graph.level[whole], added[:, 2]])
    effort_all = np.concatenate([graph.effort[whole], added_effort])
    segments, first = np.unique(segments, axis=0, return_index=True)
    xy = np.concatenate([graph.xy, np.array(new_xy).reshape(-1, 2)])
    return VertexGraph(xy, segments, level_all[first], effort_all[first])
