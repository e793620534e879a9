"""From lines to a graph: shared vertices join ways, loose ends are tied, chains contracted.

Vertices are the points of the lines; two lines share a vertex where they have a
point in common to the centimetre, and cross without joining everywhere else.
Walking needs only the vertices where ways meet or end (nodes) and the chains
between them (edges), which keep every bend for snapping and drawing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["StreetGraph", "VertexGraph", "component_labels", "contract", "exact", "join_vertices"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

VERTEX_GRID_M: Final = 0.01
_UNIT: Final = 2.0**20


def exact(metres: FloatArray) -> FloatArray:
    """Round to 2**-20 m (a micrometre), so that sums are exact in whatever order they are added."""
    return np.round(metres * _UNIT) / _UNIT


@dataclass(frozen=True)
class VertexGraph:
    """Every vertex `xy` (n, 2) and the straight `segments` (s, 2) between them.

    `level` (s,) and `effort` (s,) of each segment: the metres on the level that a
    metre of it is as long as, see `tags.effort`.
    """

    xy: FloatArray
    segments: IntArray
    level: IntArray
    effort: FloatArray


@dataclass(frozen=True)
class StreetGraph:
    """Nodes and the chains of vertices between them.

    - `node_xy` (k, 2): where ways meet or end.
    - `edge_nodes` (e, 2), `edge_m` (e,): the chains' end nodes and lengths.
    - `chain_start` (e + 1,): chain i has the points `chain_start[i]:chain_start[i + 1]`
      of `chain_xy`, which lie `chain_m` metres along it; walking there from its start
      is as long as `chain_effort` metres on the level.
    - `vertices`: number of street vertices that the chains came from.
    """

    node_xy: FloatArray
    edge_nodes: IntArray
    edge_m: FloatArray
    chain_start: IntArray
    chain_xy: FloatArray
    chain_m: FloatArray
    chain_effort: FloatArray
    vertices: int

    @property
    def level_throughout(self) -> bool:
        """Whether a metre is a metre on every street."""
        return np.array_equal(self.chain_m, self.chain_effort)

    def segments(self) -> tuple[IntArray, IntArray]:
        """Return the position in `chain_xy` where each straight segment begins, and its edge."""
        edge = np.repeat(np.arange(len(self.edge_m)), np.diff(self.chain_start))
        inner = np.ones(len(self.chain_xy), dtype=bool)
        inner[self.chain_start[1:] - 1] = False
        start = np.flatnonzero(inner)
        return start, edge[start]

    def piece(self, edge: int, low: float, high: float) -> FloatArray:
        """Return the points of an edge from `low` to `high` metres along it."""
        here = slice(self.chain_start[edge], self.chain_start[edge + 1])
        m, xy = self.chain_m[here], self.chain_xy[here]
        if low <= 0.0 and high >= m[-1]:
            return xy
        inside = xy[(m > low) & (m < high)]
        ends = [
            np.array([[np.interp(at, m, xy[:, 0]), np.interp(at, m, xy[:, 1])]])
            for at in (low, high)
        ]
        return np.concatenate([ends[0], inside, ends[1]])


def join_vertices(
    lines: npt.NDArray[Any],
    level: IntArray,
    effort: FloatArray | None = None,
    *,
    ends_only: npt.NDArray[np.bool_] | None = None,
) -> tuple[VertexGraph, IntArray]:
    """Join LineStrings where they share a vertex, and those of `ends_only` only at their ends.

    Returns
    -------
    The vertices and segments; the first vertex of every line.
    """
    import shapely

    xy, line = shapely.get_coordinates(lines, return_index=True)
    first_of_line = np.searchsorted(line, np.arange(len(lines)))
    key = np.round(xy / VERTEX_GRID_M).astype(np.int64)
    if ends_only is not None and ends_only.any():
        inner = ends_only[line]
        inner[first_of_line] = False
        inner[np.append(first_of_line[1:], len(line)) - 1] = False
        own = np.where(inner, _which_way(lines)[line] + 1, 0)
        key = np.column_stack([key, own])
    _, first, vertex = np.unique(key, axis=0, return_index=True, return_inverse=True)
    vertex = vertex.ravel()
    same_line = line[1:] == line[:-1]
    segments = np.sort(np.column_stack([vertex[:-1], vertex[1:]])[same_line], axis=1)
    of_line = line[1:][same_line]
    hard = np.ones(len(lines)) if effort is None else effort
    # Where lines lie on one another, the one that is quickest to walk counts.
    order = np.argsort(hard[of_line], kind="stable")
    order = order[segments[order, 0] != segments[order, 1]]
    segments, keep = np.unique(segments[order], axis=0, return_index=True)
    of_segment = of_line[order][keep]
    graph = VertexGraph(xy[first], segments, level[of_segment], hard[of_segment])
    return graph, vertex[first_of_line].astype(np.int64)


def _which_way(lines: npt.NDArray[Any]) -> IntArray:
    """Return a number for each line, the same for one that runs there and back."""
    import shapely

    shapes = shapely.to_wkb(shapely.normalize(lines))
    return np.asarray(np.unique(shapes, return_inverse=True)[1].ravel(), dtype=np.int64)


def segment_lengths(graph: VertexGraph) -> FloatArray:
    """Return the length of every segment in metres."""
    ends = graph.xy[graph.segments]
    return np.asarray(np.hypot(*(ends[:, 0] - ends[:, 1]).T), dtype=np.float64)


def component_labels(graph: VertexGraph) -> IntArray:
    """Return the connected component of every vertex, the one with most vertices as 0."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(graph.xy)
    a, b = graph.segments.T
    links = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(n, n))
    count, labels = connected_components(links.tocsr(), directed=False)
    by_size = np.argsort(-np.bincount(labels, minlength=count), kind="stable")
    rank = np.empty(count, dtype=np.int64)
    rank[by_size] = np.arange(count)
    return np.asarray(rank[labels], dtype=np.int64)


def contract(graph: VertexGraph, keep: npt.NDArray[np.bool_]) -> StreetGraph:
    """Contract the vertices of `keep` (whole components) to nodes and chains."""
    kept = keep[graph.segments[:, 0]]
    segments, effort = graph.segments[kept], graph.effort[kept]
    chains = _chains(segments, len(graph.xy))
    sizes = np.fromiter((len(c) for c in chains), dtype=np.int64, count=len(chains))
    start = np.concatenate([[0], np.cumsum(sizes)])
    points = np.concatenate([np.asarray(c, dtype=np.int64) for c in chains])
    xy = graph.xy[points]
    step = np.zeros(len(points))
    step[1:] = exact(np.hypot(*np.diff(xy, axis=0).T))
    step[start[:-1]] = 0.0
    hard = step.copy()
    hard[1:] = exact(hard[1:] * _efforts(segments, effort, points))
    along, uphill = (_from_chain_start(m, start) for m in (step, hard))
    ends = np.column_stack([points[start[:-1]], points[start[1:] - 1]])
    nodes, edge_nodes = np.unique(ends, return_inverse=True)
    return StreetGraph(
        node_xy=graph.xy[nodes],
        edge_nodes=edge_nodes.reshape(-1, 2).astype(np.int64),
        edge_m=along[start[1:] - 1],
        chain_start=start,
        chain_xy=xy,
        chain_m=along,
        chain_effort=uphill,
        vertices=int(keep.sum()),
    )


def _from_chain_start(step: FloatArray, start: IntArray) -> FloatArray:
    along = np.cumsum(step)
    return np.asarray(along - np.repeat(along[start[:-1]], np.diff(start)))


def _efforts(segments: IntArray, effort: FloatArray, points: IntArray) -> FloatArray:
    """Return the effort of the segment between each point and the next; 1 where there is none."""
    factor = np.ones(len(points) - 1)
    hard = effort != 1.0
    if hard.any():
        size = int(points.max()) + 1
        key = segments[hard, 0] * size + segments[hard, 1]
        order = np.argsort(key)
        pair = np.sort(np.column_stack([points[:-1], points[1:]]), axis=1)
        wanted = pair[:, 0] * size + pair[:, 1]
        at = np.minimum(np.searchsorted(key[order], wanted), len(key) - 1)
        factor = np.where(key[order][at] == wanted, effort[hard][order][at], 1.0)
    return factor


def _chains(segments: IntArray, n: int) -> list[list[int]]:
    """Follow the segments through vertices of degree 2; every segment is in one chain."""
    ends = segments.ravel()
    order = np.argsort(ends, kind="stable")
    first = np.searchsorted(ends[order], np.arange(n + 1)).tolist()
    segment = (order // 2).tolist()
    other = segments[order // 2, 1 - order % 2].tolist()
    degree = np.bincount(ends, minlength=n)
    is_node = (degree != 2).tolist()
    done = bytearray(len(segments))
    chains: list[list[int]] = []

    def follow(start: int, half: int) -> None:
        chain = [start]
        while True:
            done[segment[half]] = 1
            vertex = other[half]
            chain.append(vertex)
            if is_node[vertex]:
                break
            two = first[vertex]
            half = two if segment[two] != segment[half] else two + 1
        chains.append(chain)

    # Rings without a junction come last and begin at their first vertex.
    starts = [*np.flatnonzero((degree != 2) & (degree > 0)), *np.flatnonzero(degree == 2)]
    for start in map(int, starts):
        for half in range(first[start], first[start + 1]):
            if not done[segment[half]]:
                is_node[start] = True
                follow(start, half)
    return chains
