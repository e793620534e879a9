"""Which blocks are neighbours on foot.

Every place on the streets belongs to the block that is nearest on foot; two
blocks are neighbours where their stretches of street meet. Blocks that share
one place on the street share its stretch, and so its neighbours. Blocks of one
estate are neighbours too where only its own ground lies between them.

No barrier is crossed but by a street or at a crossing:

>>> import geopandas as gpd
>>> from geodata import StreetNetwork, block_adjacency
>>> from shapely import LineString
>>> def lines(*xy):
...     return gpd.GeoDataFrame(geometry=[LineString(line) for line in xy], crs="EPSG:27700")
>>> streets = StreetNetwork.from_lines(lines([(0, 0), (200, 0)]))
>>> blocks = gpd.GeoSeries.from_xy([10, 90, 180], [5, 5, 40], index=list("ABC"), crs="EPSG:27700")
>>> block_adjacency(blocks, streets).edges.tolist()
[[0, 1], [1, 2]]

North of a canal without a bridge, C has no way to the street. So that patches
can be drawn at all it is attached to the nearest block, and that is said:

>>> found = block_adjacency(blocks, streets, barriers=lines([(-50, 20), (250, 20)]))
>>> [str(join) for join in found.joined]
['C is joined to B to the nearest block, 97 m as the crow flies']
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt

from geodata.adjacency.barriers import assert_barriers, crosses_barrier
from geodata.adjacency.joining import connect
from geodata.adjacency.street_cells import StreetCells, street_cells
from geodata.streets import StreetNetwork

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geodata.walking import WalkingNetwork

__all__ = ["Adjacency", "Join", "block_adjacency"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

_TRIED: Final = 8
GROUND_M: Final = 100.0
"""Blocks of an estate farther apart are no neighbours over its ground; a modelling value."""


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

    def among(self, chosen: BoolArray) -> Adjacency:
        """Return the neighbours among the chosen blocks (n,), numbered in their order."""
        position = np.where(chosen, np.cumsum(chosen) - 1, -1)
        edges = position[self.edges]
        return Adjacency(edges[(edges >= 0).all(axis=1)], self.joined)


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
        Each block's estate, None for no estate; same index as `points`. Blocks of
        one estate within `GROUND_M` are neighbours where the straight way between
        them crosses no barrier and no stretch of street that belongs to others.
        If that leaves the estate in pieces, their nearest pairs are joined by rule.
    barriers
        What is crossed only where a street does or at a crossing, in the same
        coordinate system, see `read_barriers`; by default the network's. A block
        beyond a barrier from all streets, and without streets a pair across it, are
        no neighbours. A street that is itself a barrier has a pavement on either
        side, each with its own blocks; they meet at crossings.

    Raises
    ------
    ValueError
        Points or barriers in another coordinate system than the network's, an
        index that differs, or a block without a point.
    """
    import shapely

    assert_crs(points, network)
    assert_barriers(barriers, points.crs)
    xy = shapely.get_coordinates(points.array)
    if len(xy) != len(points):
        raise ValueError("every block needs a point")
    estate = None
    if estates is not None:
        if not estates.index.equals(points.index):
            raise ValueError("estates and points have different indexes")
        estate, _ = estates.factorize(sort=True)
    if isinstance(network, StreetNetwork):
        barriers = network.barriers if barriers is None else barriers
        near = _on_streets(xy, network, estate, barriers)
    else:
        near = _between_members(*_delaunay_cells(xy))
        near = near[~crosses_barrier(xy[near[:, 0]], xy[near[:, 1]], barriers)]
    refs = [str(ref) for ref in points.index]
    joins: list[Join] = []
    for k in range(0 if estate is None else estate.max(initial=-1) + 1):
        near, added = _connect(near, xy, np.flatnonzero(estate == k), barriers)
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


def _on_streets(
    xy: FloatArray,
    network: StreetNetwork,
    estate: IntArray | None,
    barriers: gpd.GeoDataFrame | None,
) -> IntArray:
    cells = street_cells(xy, network, barriers)
    near = _between_members(_unique_pairs(cells.touching()), cells.cell)
    # Two blocks that both lie beyond a barrier from all streets, side by side, are not parted.
    a, b = near.T
    beyond = cells.beyond
    across = crosses_barrier(xy[a], xy[b], barriers)
    near = near[(beyond[a] == beyond[b]) & ~(beyond[a] & across)]
    if estate is None:
        return np.asarray(near)
    return _unique_pairs(np.concatenate([near, _over_grounds(xy, cells, estate, barriers)]))


def _over_grounds(
    xy: FloatArray, cells: StreetCells, estate: IntArray, barriers: gpd.GeoDataFrame | None
) -> IntArray:
    """Return the pairs of an estate's blocks that have nothing but its own ground between them.

    Of the pairs whose ground touches as the crow flies (in the Delaunay
    triangulation of all blocks).
    """
    import shapely

    pairs = _between_members(*_delaunay_cells(xy))
    a, b = pairs.T
    near = (estate[a] >= 0) & (estate[a] == estate[b])
    near &= np.hypot(*(xy[a] - xy[b]).T) <= GROUND_M
    pairs = pairs[near]
    ways: npt.NDArray[Any] = shapely.linestrings(xy[pairs])
    crossed = crosses_barrier(xy[pairs[:, 0]], xy[pairs[:, 1]], barriers)
    way, piece = shapely.STRtree(cells.lines()).query(ways, predicate="intersects")
    owner = cells.owner[cells.split.pieces[piece]]
    ours = (owner < 0) | (estate[owner] == estate[pairs[way, :1]])
    crossed[way[~ours.all(axis=1)]] = True
    way, block = shapely.STRtree(cells.legs(xy)).query(ways, predicate="intersects")
    crossed[way[estate[block] != estate[pairs[way, 0]]]] = True
    return np.asarray(pairs[~crossed])


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
    """Connect the members among themselves, each piece by its nearest pair.

    A pair with no barrier between goes before a nearer one across it, among the
    `_TRIED` nearest of each block.
    """
    from scipy.spatial import cKDTree

    def nearest(own: IntArray, rest: IntArray) -> tuple[int, int]:
        tried = range(1, min(_TRIED, len(rest)) + 1)
        metres, to = cKDTree(xy[rest]).query(xy[own], k=tried)
        left, right = np.repeat(own, len(tried)), rest[to.ravel()]
        barred = crosses_barrier(xy[left], xy[right], barriers)
        k = int(np.lexsort((metres.ravel(), barred))[0])
        return int(left[k]), int(right[k])

    return connect(near, members, nearest)
