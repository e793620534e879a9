"""Which blocks are neighbours on foot.

Every place on the streets belongs to the block that is nearest on foot; two
blocks are neighbours where their stretches of street meet. Blocks that share
one place on the street share its stretch, and so its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt

from geodata.barriers import crosses_barrier
from geodata.streets import StreetNetwork
from geodata.streets.routing import points_along

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geodata.streets.routing import SplitGraph
    from geodata.walking import WalkingNetwork

__all__ = ["Adjacency", "Join", "StreetCells", "block_adjacency", "street_cells"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

_TRIED: Final = 8
_LEAST_M: Final = 1e-6
"""Sparse graphs hold no edge of length 0."""


@dataclass(frozen=True, slots=True)
class Join:
    """Two blocks made neighbours though their stretches of street do not meet.

    `why` is "estate" (its grounds can be crossed) or "apart" (a piece with no
    way to the rest, attached to the nearest block).
    """

    block_ref: str
    other_ref: str
    metres: float
    why: Literal["estate", "apart"]

    def __str__(self) -> str:
        """Return the sentence for the report."""
        reason = "within their estate" if self.why == "estate" else "to the nearest block"
        return (
            f"{self.block_ref} is joined to {self.other_ref} {reason}, "
            f"{self.metres:,.0f} m as the crow flies"
        )


@dataclass(frozen=True)
class Adjacency:
    """`edges` (m, 2), i < j, positions in the points' index; connected overall.

    `joined` are the pairs added by rule, see `Join`.
    """

    edges: IntArray
    joined: tuple[Join, ...]


@dataclass(frozen=True)
class StreetCells:
    """The streets split at the blocks' places, and the block each node belongs to.

    `owner` (nodes,) is a position in the points, -1 where no block can walk to.
    `cell` (blocks,): blocks with the same number share a stretch of street; the
    number is the position of the block that owns it.
    """

    split: SplitGraph
    owner: IntArray
    cell: IntArray
    metres: FloatArray


def street_cells(xy: FloatArray, network: StreetNetwork) -> StreetCells:
    """Give every node of the streets to the block that is nearest on foot.

    A multi-source Dijkstra search from the blocks, their straight legs included.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    places = network.snap(xy)
    split = network.split(places)
    known = np.flatnonzero(places.edge >= 0)
    blocks = split.nodes + np.arange(len(known))
    legs = np.maximum(places.leg_m[known], _LEAST_M)
    streets = split.matrix().tocoo()
    size = split.nodes + len(known)
    links = coo_array(
        (
            np.concatenate([streets.data, legs]),
            (
                np.concatenate([streets.row, blocks]),
                np.concatenate([streets.col, split.place_node[known]]),
            ),
        ),
        shape=(size, size),
    ).tocsr()
    owner = np.full(split.nodes, -1, dtype=np.int64)
    metres = np.full(split.nodes, np.inf)
    cell = np.arange(len(xy))
    if len(known):
        far, _, source = dijkstra(links, indices=blocks, min_only=True, return_predecessors=True)
        reached = np.isfinite(far[: split.nodes])
        metres[reached] = far[: split.nodes][reached]
        owner[reached] = known[source[: split.nodes][reached] - split.nodes]
        cell[known] = owner[split.place_node[known]]
    return StreetCells(split, owner, cell, metres)


def block_adjacency(
    points: gpd.GeoSeries,
    network: WalkingNetwork,
    *,
    estates: pd.Series[Any] | None = None,
    barriers: gpd.GeoDataFrame | None = None,
) -> Adjacency:
    """Return which blocks are neighbours on foot; the graph of all blocks is connected.

    Parameters
    ----------
    points
        One point a block, index block_ref, in the network's coordinate system.
    network
        Streets, or straight lines (then: neighbours in the Delaunay triangulation).
    estates
        Each block's estate, None for no estate; blocks of one estate are made
        connected to each other by their nearest pairs. Same index as `points`.
    barriers
        What is crossed only where a street does, in the same coordinate system: a
        block beyond it from its street, and without streets a pair across it, are
        no neighbours. See `barriers.read_barriers`.

    Raises
    ------
    ValueError
        Points in another coordinate system than the network's, or an index that differs.
    """
    import shapely

    assert_crs(points, network)
    xy = shapely.get_coordinates(points.array)
    if len(xy) != len(points):
        raise ValueError("every block needs a point")
    if isinstance(network, StreetNetwork):
        cells = street_cells(xy, network)
        near, cell = _touching_cells(cells), cells.cell
    else:
        near, cell = _delaunay_cells(xy)
    near = _between_members(near, cell)
    if barriers is not None:
        if barriers.crs != points.crs:
            raise ValueError(f"barriers are in {barriers.crs}, points in {points.crs}")
        near = near[~_parted(near, xy, network, barriers)]
    refs = [str(ref) for ref in points.index]
    joins: list[Join] = []
    if estates is not None:
        if not estates.index.equals(points.index):
            raise ValueError("estates and points have different indexes")
        for members in estates.groupby(estates, sort=True).indices.values():
            near, added = _connect(near, xy, np.sort(members), barriers)
            joins += [_join(refs, xy, pair, "estate") for pair in added]
    near, added = _connect(near, xy, np.arange(len(xy)), barriers)
    joins += [_join(refs, xy, pair, "apart") for pair in added]
    return Adjacency(near, tuple(joins))


def assert_crs(points: gpd.GeoSeries, network: WalkingNetwork) -> None:
    """Raise if points and network do not share one coordinate system."""
    if points.crs is None or points.crs != network.crs:
        raise ValueError(f"points are in {points.crs}, the walking network in {network.crs}")


def _join(
    refs: list[str], xy: FloatArray, pair: tuple[int, int], why: Literal["estate", "apart"]
) -> Join:
    metres = float(np.hypot(*(xy[pair[0]] - xy[pair[1]])))
    return Join(refs[pair[0]], refs[pair[1]], metres, why)


def _touching_cells(cells: StreetCells) -> IntArray:
    owners = cells.owner[cells.split.pieces]
    return _unique_pairs(owners[(owners >= 0).all(axis=1)])


def _parted(
    near: IntArray, xy: FloatArray, network: WalkingNetwork, barriers: gpd.GeoDataFrame
) -> BoolArray:
    """Return which pairs a barrier keeps apart.

    On streets it is the way to the street that must not cross one; two blocks
    that both lie beyond, side by side, are not parted.
    """
    a, b = near.T
    across = crosses_barrier(xy[a], xy[b], barriers)
    if not isinstance(network, StreetNetwork):
        return across
    places = network.snap(xy)
    known = np.flatnonzero(places.edge >= 0)
    street = points_along(network.graph, places.edge[known], places.at_m[known])
    beyond = np.zeros(len(xy), dtype=bool)
    beyond[known] = crosses_barrier(xy[known], street, barriers)
    return np.asarray((beyond[a] != beyond[b]) | (beyond[a] & across), dtype=np.bool_)


def _delaunay_cells(xy: FloatArray) -> tuple[IntArray, IntArray]:
    """Return pairs of neighbouring distinct points, and each block's first block at its point."""
    import shapely

    distinct, first, which = np.unique(xy, axis=0, return_index=True, return_inverse=True)
    lines = shapely.delaunay_triangles(shapely.MultiPoint(distinct), only_edges=True)
    ends = shapely.get_coordinates(shapely.get_parts(lines))
    place = {(x, y): k for k, (x, y) in zip(first.tolist(), distinct.tolist(), strict=True)}
    pairs = np.array([place[x, y] for x, y in ends.tolist()], dtype=np.int64).reshape(-1, 2)
    return _unique_pairs(pairs), first[which.ravel()]


def _unique_pairs(pairs: IntArray) -> IntArray:
    pairs = np.sort(np.asarray(pairs, dtype=np.int64).reshape(-1, 2), axis=1)
    return np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)


def _between_members(cell_pairs: IntArray, cell: IntArray) -> IntArray:
    """Turn neighbouring cells into neighbouring blocks; blocks of one cell are neighbours too."""
    members = {int(c): np.flatnonzero(cell == c).tolist() for c in np.unique(cell)}
    pairs = [pair for group in members.values() for pair in combinations(group, 2)]
    pairs += [(i, j) for a, b in cell_pairs.tolist() for i in members[a] for j in members[b]]
    return _unique_pairs(np.array(pairs, dtype=np.int64))


def _connect(
    near: IntArray, xy: FloatArray, members: IntArray, barriers: gpd.GeoDataFrame | None
) -> tuple[IntArray, list[tuple[int, int]]]:
    """Connect the members among themselves: each piece, smallest first, by its nearest pair.

    A pair with no barrier between goes before a nearer one across it, among the
    `_TRIED` nearest of each block.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    position = np.full(len(xy), -1, dtype=np.int64)
    position[members] = np.arange(len(members))
    inside = position[near]
    inside = inside[(inside >= 0).all(axis=1)]
    added: list[tuple[int, int]] = []
    while True:
        links = coo_array(
            (np.ones(len(inside), dtype=np.int8), inside.T), shape=(len(members), len(members))
        )
        count, label = connected_components(links.tocsr(), directed=False)
        if count <= 1:
            break
        smallest = int(np.argmin(np.bincount(label)))
        own, rest = np.flatnonzero(label == smallest), np.flatnonzero(label != smallest)
        tried = range(1, min(_TRIED, len(rest)) + 1)
        metres, to = cKDTree(xy[members[rest]]).query(xy[members[own]], k=tried)
        left, right = np.repeat(own, len(tried)), rest[to.ravel()]
        barred = crosses_barrier(xy[members[left]], xy[members[right]], barriers)
        k = int(np.lexsort((metres.ravel(), barred))[0])
        i, j = int(left[k]), int(right[k])
        inside = np.concatenate([inside, [[i, j]]])
        added.append((int(members[i]), int(members[j])))
    if added:
        near = _unique_pairs(np.concatenate([near, np.array(added, dtype=np.int64)]))
    return near, added
