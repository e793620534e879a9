"""Join the pieces of a patch whose blocks are neighbours by corridors of cells.

Ground goes to the block that is nearest on foot, cell by cell. Where the ways of
two patches cross (at a bridge, in an alley, at a door that two blocks share) the
cells of one can part the other's. Then the cheapest corridor of cells between the
parted pieces changes hands, if it takes no block's own cell and parts no other
patch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import shapely
    from scipy.spatial import Voronoi

__all__ = ["CellGraph", "join_pieces"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

LEAST_NECK_M: Final = 2.0
"""A corridor is nowhere narrower."""
LONGEST_CORRIDOR_M: Final = 300.0
"""A longer one through other patches would be a snake that nobody reads as one patch."""
_TRIES: Final = 16
_LEAST_M: Final = 1e-6
_FREE: Final = 1e-3
"""What a metre through the patch's own cells costs; through those of others 1."""


@dataclass(frozen=True)
class CellGraph:
    """Which cells touch within the area.

    Each pair both ways, sorted, as `start` and `to` (m,); `metres` between their
    seeds; `neck`, the length of their common border; `xy` (cells, 2), the seeds; `row`
    (cells + 1,), where each cell's pairs begin.
    """

    start: npt.NDArray[np.int32]
    to: npt.NDArray[np.int32]
    metres: FloatArray
    neck: FloatArray
    xy: FloatArray
    row: IntArray

    @property
    def size(self) -> int:
        """The number of cells."""
        return len(self.xy)

    @classmethod
    def from_voronoi(cls, cells: Voronoi, size: int, area: shapely.Geometry) -> Self:
        """Return the graph of the first `size` cells."""
        import shapely

        pairs = cells.ridge_points.astype(np.int64)
        ends = np.array(cells.ridge_vertices, dtype=np.int64).reshape(-1, 2)
        real = (pairs < size).all(axis=1) & (ends >= 0).all(axis=1)
        pairs, ends = pairs[real], ends[real]
        xy = cells.vertices
        neck = np.hypot(*(xy[ends[:, 0]] - xy[ends[:, 1]]).T)
        shapely.prepare(area)
        part = np.flatnonzero(~shapely.contains_xy(area, xy)[ends].all(axis=1))
        lines = shapely.linestrings(xy[ends[part]])
        neck[part] = 0.0
        meets = shapely.intersects(area, lines)
        neck[part[meets]] = shapely.length(shapely.intersection(lines[meets], area))
        pairs, neck = pairs[neck > _LEAST_M], neck[neck > _LEAST_M]
        metres = np.hypot(*(cells.points[pairs[:, 0]] - cells.points[pairs[:, 1]]).T)
        both = np.concatenate([pairs, pairs[:, ::-1]])
        order = np.lexsort(both.T[::-1])
        twice = np.tile(np.arange(len(pairs)), 2)[order]
        start, to = np.ascontiguousarray(both[order].T, dtype=np.int32)
        row = np.searchsorted(start, np.arange(size + 1))
        metres = np.maximum(metres, _LEAST_M)[twice]
        return cls(start, to, metres, neck[twice], cells.points[:size], row)

    def pieces(self, label: IntArray) -> IntArray:
        """Return each cell's piece: cells of one patch that hang together."""
        return self.pieces_among(np.ones(self.size, dtype=bool), label)

    def pieces_among(self, kept: npt.NDArray[np.bool_], label: IntArray) -> IntArray:
        """Return the piece of each kept cell, among these alone; -1 for the others."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        # Each pair is there both ways: strong pieces are all pieces, and quicker to find.
        cells = np.flatnonzero(kept)
        place = np.full(self.size, -1, dtype=np.int32)
        place[cells] = np.arange(len(cells))
        pair = self._pairs_from(cells)
        a, b = self.start[pair], self.to[pair]
        same = kept[b] & (label[a] == label[b])
        links = coo_array(
            (self.metres[pair[same]], (place[a[same]], place[b[same]])),
            shape=(len(cells), len(cells)),
        )
        out = np.full(self.size, -1, dtype=np.int64)
        out[cells] = connected_components(links.tocsr(), connection="strong")[1]
        return out

    def nearest_way(
        self, start: IntArray, goal: IntArray, price: FloatArray, limit: float
    ) -> IntArray | None:
        """Return the cells of the cheapest way from any start to any goal, None if there is none.

        `price` (cells,) is what a metre into each cell costs, inf where it is closed.
        Only within the cheapest cells (those at `_FREE`) may borders be narrow.
        """
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import dijkstra

        # Most cells are closed or too far: the way is sought among the others alone.
        inside = np.isfinite(price)
        inside[start] = True
        cells = np.flatnonzero(inside)
        place = np.full(self.size, -1, dtype=np.int32)
        place[cells] = np.arange(len(cells))
        pair = self._pairs_from(cells)
        a, b = self.start[pair], self.to[pair]
        narrow = (self.neck[pair] < LEAST_NECK_M) & ~((price[a] == _FREE) & (price[b] == _FREE))
        open_ = np.isfinite(price[b]) & ~narrow
        pair, a, b = pair[open_], a[open_], b[open_]
        row = np.searchsorted(place[a], np.arange(len(cells) + 1))
        ways = csr_array(
            (self.metres[pair] * price[b], place[b], row.astype(np.int32)),
            shape=(len(cells), len(cells)),
        )
        cost, came, _ = dijkstra(
            ways, indices=place[start], min_only=True, return_predecessors=True, limit=limit
        )
        ends = place[goal[inside[goal]]]
        if not len(ends) or not np.isfinite(cost[ends]).any():
            return None
        way = [int(ends[np.argmin(cost[ends])])]
        while (before := int(came[way[-1]])) >= 0:
            way.append(before)
        return np.asarray(cells[way], dtype=np.int64)

    def _pairs_from(self, cells: IntArray) -> IntArray:
        """Return the pairs that start in the cells, which are in order."""
        first, count = self.row[cells], self.row[cells + 1] - self.row[cells]
        shift = np.repeat(first - np.cumsum(count) + count, count)
        return np.asarray(np.arange(len(shift)) + shift, dtype=np.int64)

    def near(self, cells: npt.NDArray[np.bool_], metres: float) -> npt.NDArray[np.bool_]:
        """Return the cells within a box around some cells, so much larger on each side."""
        low = self.xy[cells].min(axis=0) - metres
        high = self.xy[cells].max(axis=0) + metres
        return np.asarray(((self.xy >= low) & (self.xy <= high)).all(axis=1), dtype=np.bool_)


def join_pieces(graph: CellGraph, label: IntArray, home: IntArray, group: IntArray) -> IntArray:
    """Return the cells' patches with every group of blocks in one piece where that can be.

    Parameters
    ----------
    graph
        The cells.
    label
        Each cell's patch.
    home, group
        Of each block its own cell, which stays, and its group: blocks of one patch
        that hang together.
    """
    out = label.copy()
    given_up: set[int] = set()
    while True:
        piece = graph.pieces(out)
        torn = next((k for k in _torn(piece[home], group) if k not in given_up), None)
        if torn is None:
            return out
        cells = home[group == torn]
        corridor = _corridor(graph, out, piece, home, cells)
        if corridor is None:
            given_up.add(torn)
        else:
            out[corridor] = out[cells[0]]


def _torn(piece: IntArray, group: IntArray) -> list[int]:
    """Return the groups whose blocks lie in several pieces."""
    known = np.unique(np.column_stack([group, piece]), axis=0)[:, 0]
    groups, count = np.unique(known, return_counts=True)
    return [int(k) for k in groups[count > 1]]


def _corridor(
    graph: CellGraph, label: IntArray, piece: IntArray, home: IntArray, cells: IntArray
) -> IntArray | None:
    """Return the cheapest cells to take between the group's smallest piece and another.

    A way that parts another patch is tried again without the cells by which that
    patch hangs together.
    """
    own = label[cells[0]]
    pieces, count = np.unique(piece[cells], return_counts=True)
    price = np.where(label == own, _FREE, 1.0)
    price[home[label[home] != own]] = np.inf
    # Through the patch's own cells the way is all but free, through others it has a limit.
    price[~graph.near(label == own, LONGEST_CORRIDOR_M)] = np.inf
    for small in pieces[np.argsort(count, kind="stable")][:-1].tolist():
        start = np.flatnonzero(piece == small)
        goal = np.flatnonzero(np.isin(piece, pieces[pieces != small]))
        for _ in range(_TRIES):
            way = graph.nearest_way(start, goal, price, LONGEST_CORRIDOR_M)
            if way is None:
                break
            taken: IntArray = way[label[way] != own]
            needed = _needed(graph, piece, home, taken)
            if needed is None:
                return taken
            price[needed] = np.inf
    return None


def _needed(graph: CellGraph, piece: IntArray, home: IntArray, taken: IntArray) -> IntArray | None:
    """Return cells by which another patch's blocks hang together and no longer would."""
    kept = np.isin(piece, piece[taken])
    kept[taken] = False
    now = graph.pieces_among(kept, piece)
    needed = []
    for old in np.unique(piece[taken]).tolist():
        blocks = home[piece[home] == old]
        first = now[blocks] == now[blocks[:1]]
        if not first.all():
            price = np.where(piece == old, _FREE, np.inf)
            way = graph.nearest_way(blocks[first], blocks[~first], price, np.inf)
            needed.append(way if way is not None else taken)
    return np.concatenate(needed) if needed else None
