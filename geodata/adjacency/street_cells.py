"""Which stretch of street belongs to which block: the one that is nearest on foot.

Blocks reach the streets where walking times begin, see
`geodata.streets.snapping`; a large road that is a barrier itself has two pavements.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from geodata.adjacency.barriers import crosses_barrier
from geodata.adjacency.pavements import split_with_pavements
from geodata.streets.routing import points_along

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.streets import StreetNetwork
    from geodata.streets.routing import SplitGraph
    from geodata.streets.snapping import Snapped

__all__ = ["StreetCells", "street_cells"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

_LEAST_M: Final = 1e-6
"""Sparse graphs hold no edge of length 0."""


@dataclass(frozen=True)
class StreetCells:
    """The streets split at the blocks' places, and the block each node belongs to.

    - `split`: large roads have a node and a piece for each side; `side` (pieces,)
      is 1 on the left pavement along the piece, -1 on the right one, else 0.
    - `owner` (nodes,): a position in the points, -1 where no block can walk to;
      `metres` (nodes,) how far it is from that block.
    - `cell` (blocks,): blocks with the same number share a stretch of street; the
      number is the position of the block that owns it.
    - `street_xy` (blocks, 2): where each block reaches the streets, NaN if nowhere;
      `beyond` (blocks,): a barrier lies on that way.
    """

    split: SplitGraph
    side: IntArray
    owner: IntArray
    cell: IntArray
    metres: FloatArray
    street_xy: FloatArray
    beyond: BoolArray

    def touching(self) -> IntArray:
        """Return the owners of the two ends of every piece that has both, (n, 2)."""
        owners = self.owner[self.split.pieces]
        return owners[(owners >= 0).all(axis=1)]

    def legs(self, xy: FloatArray) -> npt.NDArray[Any]:
        """Return the straight way of every block to the streets; None where there is none."""
        import shapely

        out = np.full(len(xy), None, dtype=object)
        known = np.isfinite(self.street_xy[:, 0])
        out[known] = shapely.linestrings(np.stack([xy[known], self.street_xy[known]], axis=1))
        return out

    def lines(self) -> npt.NDArray[Any]:
        """Return the line of every piece, as LineStrings (pieces,)."""
        import shapely

        split = self.split
        stretches = zip(split.edge.tolist(), split.low.tolist(), split.high.tolist(), strict=True)
        parts = [split.graph.piece(*stretch) for stretch in stretches]
        which = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
        return np.asarray(shapely.linestrings(np.concatenate(parts), indices=which))


def street_cells(
    xy: FloatArray, network: StreetNetwork, barriers: gpd.GeoDataFrame | None = None
) -> StreetCells:
    """Give every node of the streets to the block that is nearest on foot.

    A multi-source Dijkstra search from the blocks, their straight legs included.

    Parameters
    ----------
    xy
        The blocks' points, (n, 2), metres.
    network
        The streets.
    barriers
        What the straight legs do not cross, see `geodata.adjacency.barriers`; by
        default the network's own.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    barriers = network.barriers if barriers is None else barriers
    places = network.snap(xy, barriers=barriers)
    street_xy = _street_xy(places, network)
    beyond = crosses_barrier(xy, street_xy, barriers)
    ways = split_with_pavements(xy, places, network, barriers)
    split = ways.split
    known = np.flatnonzero(places.edge >= 0)
    block = np.full(len(xy), -1, dtype=np.int64)
    block[known] = split.nodes + np.arange(len(known))
    legs = np.maximum(places.leg_m[ways.point], _LEAST_M)
    streets = split.matrix().tocoo()
    size = split.nodes + len(known)
    links = coo_array(
        (
            np.concatenate([streets.data, legs]),
            (
                np.concatenate([streets.row, block[ways.point]]),
                np.concatenate([streets.col, ways.node]),
            ),
        ),
        shape=(size, size),
    ).tocsr()
    owner = np.full(split.nodes, -1, dtype=np.int64)
    metres = np.full(split.nodes, np.inf)
    cell = np.arange(len(xy))
    if len(known):
        far, _, source = dijkstra(
            links, indices=block[known], min_only=True, return_predecessors=True
        )
        reached = np.isfinite(far[: split.nodes])
        metres[reached] = far[: split.nodes][reached]
        owner[reached] = known[source[: split.nodes][reached] - split.nodes]
        cell[ways.point] = owner[ways.node]
    return StreetCells(split, ways.side, owner, cell, metres, street_xy, beyond)


def _street_xy(places: Snapped, network: StreetNetwork) -> FloatArray:
    known = np.flatnonzero(places.edge >= 0)
    out = np.full((len(places), 2), np.nan)
    out[known] = points_along(network.graph, places.edge[known], places.at_m[known])
    return out
