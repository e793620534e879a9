"""Shortest ways between places on the streets.

For one call, the places become nodes that split their edges, so that the way
between two places on one edge runs directly along it, and partial edges count
in full precision.
Lengths are multiples of 2**-20 m, so that a way is exactly as long in both
directions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from geodata.streets.graph import StreetGraph, exact
from geodata.streets.snapping import Snapped

__all__ = ["SplitGraph", "points_along", "split_at"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_CHUNK: Final = 256
_SQUARE_M: Final = 2_000.0
_SPARE_M: Final = 1_000.0
"""Ways from one square of the map are looked for together, and so much beyond twice their middle
distance first."""
_FARTHER: Final = 4.0
"""Times as far, each time, for ways that are longer."""
_SPARE: Final = 1.02
"""How much farther nodes are kept than a way of the wanted length could lead in a straight line."""


@dataclass(frozen=True)
class SplitGraph:
    """The street graph with some places as nodes of their own.

    Nodes 0..k-1 are the street graph's. `place_node` is the node of each place
    asked for (-1 where it has none). Piece i is the stretch `low[i]..high[i]`
    of edge `edge[i]` between the nodes `pieces[i]`; the quickest between two nodes only.
    """

    graph: StreetGraph
    nodes: int
    place_node: IntArray
    pieces: IntArray
    edge: IntArray
    low: FloatArray
    high: FloatArray

    def matrix(self) -> Any:
        """Return the symmetric sparse matrix of effort between nodes: metres, steps for more."""
        return self._matrix(_efforts(self.graph, self.edge, self.low, self.high))

    def _matrix(self, metres: FloatArray) -> Any:
        from scipy.sparse import coo_array

        a, b = self.pieces.T
        both = (np.tile(metres, 2), (np.concatenate([a, b]), np.concatenate([b, a])))
        return coo_array(both, shape=(self.nodes, self.nodes)).tocsr()

    def node_xy(self) -> FloatArray:
        """Return the coordinates of every node."""
        xy = np.full((self.nodes, 2), np.nan)
        k = len(self.graph.node_xy)
        xy[:k] = self.graph.node_xy
        # A place's piece begins or ends at it, whichever side is not a street node.
        for side, at in ((0, self.low), (1, self.high)):
            node = self.pieces[:, side]
            new = np.flatnonzero(node >= k)
            xy[node[new]] = points_along(self.graph, self.edge[new], at[new])
        return xy

    def walks(
        self, origins: IntArray, destinations: IntArray, within_m: float = np.inf
    ) -> tuple[FloatArray, FloatArray]:
        """Return `effort`, and the (n, m) metres along the same ways."""
        if self.graph.level_throughout:
            effort = self.effort(origins, destinations, within_m)
            return effort, effort
        from scipy.sparse.csgraph import dijkstra

        start, end = self.place_node[origins], self.place_node[destinations]
        nodes = self._without_dead_ends(np.concatenate([start, end]))
        matrix = self.matrix()[nodes][:, nodes]
        lengths = self._matrix(self.high - self.low)[nodes][:, nodes]
        at_end = np.where(end >= 0, np.searchsorted(nodes, end), 0)
        effort = np.full((len(start), len(end)), np.inf)
        metres = effort.copy()
        for node in np.unique(start[start >= 0]).tolist():
            source = int(np.searchsorted(nodes, node))
            far, before = dijkstra(matrix, indices=source, return_predecessors=True, limit=within_m)
            effort[start == node] = far[at_end]
            metres[start == node] = _along_tree(before, source, lengths)[at_end]
        effort[:, end < 0] = metres[:, end < 0] = np.inf
        return effort, metres

    def effort(
        self, origins: IntArray, destinations: IntArray, within_m: float = np.inf
    ) -> FloatArray:
        """Return the (n, m) metres on the level that the quickest ways are as long as.

        Infinite where that is more than `within_m`; less of the streets is looked at then.
        """
        from scipy.sparse.csgraph import dijkstra

        out = np.full((len(origins), len(destinations)), np.inf)
        start, row = np.unique(self.place_node[origins], return_inverse=True)
        end, column = np.unique(self.place_node[destinations], return_inverse=True)
        if len(end) < len(start):
            return self.effort(destinations, origins, within_m).T.copy()
        if not len(start) or not len(end):
            return out
        between = np.full((len(start), len(end)), np.inf)
        # A quarter of the search is saved where no dead end is looked into.
        nodes = self._without_dead_ends(np.concatenate([start, end]))
        matrix = self.matrix()[nodes][:, nodes]
        known = np.flatnonzero(start >= 0)
        if not len(known):
            return between[row.ravel()][:, column.ravel()]
        if np.isfinite(within_m):
            xy = self.node_xy()
            known = known[_by_square(xy[start[known]], within_m)]
        near, part = nodes, matrix
        for chunk in np.split(known, np.arange(_CHUNK, len(known), _CHUNK)):
            if np.isfinite(within_m):
                # Each search begins by clearing all nodes, so that far ones cost time too.
                inside = _in_box(xy[nodes], xy[start[chunk]], _SPARE * within_m)
                near, part = nodes[inside], matrix[inside][:, inside]
            far = dijkstra(part, indices=np.searchsorted(near, start[chunk]), limit=within_m)
            there = np.flatnonzero(np.isin(end, near))
            between[np.ix_(chunk, there)] = far[:, np.searchsorted(near, end[there])]
        return between[row.ravel()][:, column.ravel()]

    def _without_dead_ends(self, needed: IntArray) -> IntArray:
        """Return the nodes, in order, but for dead ends in which none of the needed lies."""
        keep = np.zeros(self.nodes, dtype=bool)
        keep[needed[needed >= 0]] = True
        pieces = self.pieces
        while True:
            degree = np.bincount(pieces.ravel(), minlength=self.nodes)
            dead = ((degree == 1) & ~keep)[pieces].any(axis=1)
            if not dead.any():
                return np.flatnonzero((degree > 0) | keep)
            pieces = pieces[~dead]

    def ways(self, origins: IntArray, destinations: IntArray) -> list[FloatArray | None]:
        """Return the points of each way along the streets, None where there is none."""
        from scipy.sparse.csgraph import connected_components

        start, end = self.place_node[origins], self.place_node[destinations]
        matrix, step = self.matrix(), self._steps()
        _, piece = connected_components(matrix, directed=False)
        out: list[FloatArray | None] = [None] * len(start)
        legs = np.flatnonzero((start >= 0) & (end >= 0) & (piece[start] == piece[end]))
        if not len(legs):
            return out
        xy = self.node_xy()
        sources = np.unique(start[legs])
        sources = sources[_by_square(xy[sources], _SQUARE_M)]
        for chunk in np.split(sources, np.arange(_CHUNK, len(sources), _CHUNK)):
            left = legs[np.isin(start[legs], chunk)]
            apart = np.hypot(*(xy[start[left]] - xy[end[left]]).T)
            within_m = _SPARE_M + 2 * float(np.median(apart))
            while len(left):
                # Most ways are short and near; those that are not are looked for ever farther.
                found = self._ways_within(matrix, xy, within_m, start[left], end[left], step)
                for k, way in zip(left.tolist(), found, strict=True):
                    out[k] = way
                left = left[[way is None for way in found]]
                within_m *= _FARTHER
        return out

    def _ways_within(
        self,
        matrix: Any,
        xy: FloatArray,
        within_m: float,
        start: IntArray,
        end: IntArray,
        step: dict[tuple[int, int], int],
    ) -> list[FloatArray | None]:
        """Return the points of ways no longer than `within_m`, None where they are longer."""
        from scipy.sparse.csgraph import dijkstra

        sources, row = np.unique(start, return_inverse=True)
        near = _in_box(xy, xy[sources], _SPARE * within_m)
        far, before = dijkstra(
            matrix[near][:, near],
            indices=np.searchsorted(near, sources),
            limit=within_m,
            return_predecessors=True,
        )
        at = np.minimum(np.searchsorted(near, end), len(near) - 1)
        there = (near[at] == end) & np.isfinite(far[row, at])
        return [
            self._way(before[i], near, a, b, step) if found else None
            for i, a, b, found in zip(
                row.tolist(), np.searchsorted(near, start).tolist(), at.tolist(), there, strict=True
            )
        ]

    def _steps(self) -> dict[tuple[int, int], int]:
        return {(a, b): k for k, (a, b) in enumerate(self.pieces.tolist())}

    def _way(
        self,
        before: npt.NDArray[Any],
        near: npt.NDArray[np.intp],
        start: int,
        end: int,
        step: dict[tuple[int, int], int],
    ) -> FloatArray:
        """Return the points of the way that `before` leads back; all nodes are places in `near`."""
        if start == end:
            return self._place_xy(int(near[start]))
        # Backwards from the end: edge, and where along it the way leaves and enters it.
        stretches: list[tuple[int, float, float]] = []
        node = end
        while node != start:
            previous = int(before[node])
            here, there = int(near[node]), int(near[previous])
            k = step.get((here, there))
            if k is None:
                k = step[there, here]
                edge, leave, enter = int(self.edge[k]), float(self.high[k]), float(self.low[k])
            else:
                edge, leave, enter = int(self.edge[k]), float(self.low[k]), float(self.high[k])
            # Places of other points on the way are no bends of it.
            if stretches and stretches[-1][0] == edge and stretches[-1][2] == leave:
                stretches[-1] = (edge, stretches[-1][1], enter)
            else:
                stretches.append((edge, leave, enter))
            node = previous
        parts = [self._stretch(*s) for s in stretches]
        return np.concatenate([*(p[:-1] for p in parts[:-1]), parts[-1]])[::-1]

    def _stretch(self, edge: int, start_m: float, end_m: float) -> FloatArray:
        if start_m <= end_m:
            return self.graph.piece(edge, start_m, end_m)
        return self.graph.piece(edge, end_m, start_m)[::-1]

    def _place_xy(self, node: int) -> FloatArray:
        if node < len(self.graph.node_xy):
            return self.graph.node_xy[[node]]
        k = int(np.flatnonzero((self.pieces == node).any(axis=1))[0])
        at = self.low[k] if self.pieces[k, 0] == node else self.high[k]
        return points_along(self.graph, self.edge[[k]], np.array([at]))


def _by_square(xy: FloatArray, side: float) -> IntArray:
    """Return the order in which points of one square of the map follow each other."""
    square = np.floor(xy / max(side, 1.0))
    order: IntArray = np.lexsort((xy[:, 1], xy[:, 0], square[:, 1], square[:, 0]))
    return order


def _in_box(xy: FloatArray, around: FloatArray, margin: float) -> npt.NDArray[np.intp]:
    """Return which points lie in the box around others."""
    low, high = around.min(axis=0) - margin, around.max(axis=0) + margin
    return np.flatnonzero(((xy >= low) & (xy <= high)).all(axis=1))


def _along_tree(before: npt.NDArray[Any], source: int, lengths: Any) -> FloatArray:
    """Return the length of the way from the source to each node of its search tree.

    Each round doubles the number of steps that are added up.
    """
    known = np.flatnonzero(before >= 0)
    towards = np.arange(len(before))
    towards[known] = before[known]
    metres = np.full(len(before), np.inf)
    metres[source] = 0.0
    metres[known] = lengths[before[known], known]
    while (towards[known] != source).any():
        metres[known] += np.where(towards[known] == source, 0.0, metres[towards[known]])
        towards = towards[towards]
    return metres


def _efforts(graph: StreetGraph, edge: IntArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Return the effort of walking each edge from `low` to `high` metres along it."""
    if graph.level_throughout:
        return high - low
    base, axis = _one_axis(graph)
    start, end = (np.interp(m + base[edge], axis, graph.chain_effort) for m in (low, high))
    # Ends of an edge are read off, so that a neighbour on the axis has no part in them.
    start = np.where(low <= 0.0, 0.0, start)
    end = np.where(
        high >= graph.edge_m[edge], graph.chain_effort[graph.chain_start[edge + 1] - 1], end
    )
    return exact(end - start)


def _one_axis(graph: StreetGraph) -> tuple[FloatArray, FloatArray]:
    """Return one increasing axis through all chains, and where on it each begins."""
    base = np.concatenate([[0.0], np.cumsum(graph.edge_m + 1.0)])[:-1]
    chain_edge = np.repeat(np.arange(len(graph.edge_m)), np.diff(graph.chain_start))
    return base, graph.chain_m + base[chain_edge]


def points_along(graph: StreetGraph, edge: IntArray, at_m: FloatArray) -> FloatArray:
    """Return the point `at_m` metres along each edge."""
    base, axis = _one_axis(graph)
    where = at_m + base[edge]
    return np.column_stack([np.interp(where, axis, graph.chain_xy[:, i]) for i in (0, 1)])


def split_at(graph: StreetGraph, places: Snapped) -> SplitGraph:
    """Return the graph with every place as a node."""
    k = len(graph.node_xy)
    known = np.flatnonzero(places.edge >= 0)
    edge, at_m = places.edge[known], places.at_m[known]
    node = np.full(len(places), -1, dtype=np.int64)
    at_start, at_end = at_m <= 0.0, at_m >= graph.edge_m[edge]
    node[known[at_end]] = graph.edge_nodes[edge[at_end], 1]
    node[known[at_start]] = graph.edge_nodes[edge[at_start], 0]
    between = ~at_start & ~at_end
    distinct, which = np.unique(
        np.column_stack([edge[between], at_m[between]]), axis=0, return_inverse=True
    )
    node[known[between]] = k + which.ravel()
    new_edge, new_at = distinct[:, 0].astype(np.int64), distinct[:, 1]
    edges = np.concatenate([np.arange(len(graph.edge_m)), new_edge])
    low = np.concatenate([np.zeros(len(graph.edge_m)), new_at])
    first = np.concatenate([graph.edge_nodes[:, 0], k + np.arange(len(distinct))])
    order = np.lexsort((low, edges))
    edges, low, first = edges[order], low[order], first[order]
    last, high = graph.edge_nodes[edges, 1].copy(), graph.edge_m[edges].copy()
    goes_on = np.flatnonzero(edges[1:] == edges[:-1])
    last[goes_on], high[goes_on] = first[goes_on + 1], low[goes_on + 1]
    return _shortest_pieces(graph, k + len(distinct), node, (first, last, edges, low, high))


def _shortest_pieces(
    graph: StreetGraph,
    nodes: int,
    place_node: IntArray,
    pieces: tuple[IntArray, IntArray, IntArray, FloatArray, FloatArray],
) -> SplitGraph:
    """Keep one piece between two nodes, the quickest, and no piece from a node to itself."""
    first, last, edge, low, high = pieces
    a, b = np.minimum(first, last), np.maximum(first, last)
    order = np.lexsort((_efforts(graph, edge, low, high), b, a))
    a, b = a[order], b[order]
    keep = a != b
    keep[1:] &= (a[1:] != a[:-1]) | (b[1:] != b[:-1])
    kept = order[keep]
    ends = np.column_stack([first[kept], last[kept]])
    return SplitGraph(graph, nodes, place_node, ends, edge[kept], low[kept], high[kept])
