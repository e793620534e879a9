"""Areas as the shapes that patches are made of: neighbours by shared edge, outlines by union."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from geodata.adjacency.adjacency import Adjacency, Join, assert_crs
from geodata.adjacency.barriers import barrier_shapes
from geodata.adjacency.joining import connect
from geodata.streets import StreetNetwork

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geodata.stock import Stock
    from geodata.walking import WalkingNetwork

__all__ = ["area_adjacency", "area_spots", "dissolve_areas"]

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Shapes = npt.NDArray[Any]

TOUCH_M: Final = 1.0
"""Edges drawn apart by no more are one edge."""
LEAST_EDGE_M: Final = 10.0
"""Areas that meet at a corner only are no neighbours."""
STREET_M: Final = 15.0
"""A street this near to the edge leads to both sides of it."""
BARRIER_M: Final = 15.0
"""An edge this near to a barrier runs along it: canals and railways are about so wide."""
LEAST_SHARE: Final = 0.05
"""A polygon that covers less of an area is taken to be drawn along its edge."""
BRIDGE_M: Final = 3.0
"""A street that stays this near to a barrier is the barrier (a trunk road), not a crossing."""


def area_adjacency(
    areas: gpd.GeoSeries,
    network: WalkingNetwork,
    *,
    estates: pd.Series[Any] | None = None,
    barriers: gpd.GeoDataFrame | None = None,
) -> Adjacency:
    """Return which areas are neighbours: they share an edge that can be walked across.

    An edge can be walked across where a street crosses it, or runs along it with
    no barrier there; without streets, wherever no barrier runs along it.

    Parameters
    ----------
    areas
        Polygons, index block_ref, in the network's coordinate system.
    network
        Streets, or straight lines.
    estates
        Each area's estate, None for no estate; areas of one estate are made
        connected to each other. Same index as `areas`.
    barriers
        What is crossed only where a street does, in the same coordinate system.

    Raises
    ------
    ValueError
        If coordinate systems or indexes differ.
    """
    import shapely

    assert_crs(areas, network)
    if barriers is not None and barriers.crs != areas.crs:
        raise ValueError(f"barriers are in {barriers.crs}, areas in {areas.crs}")
    shapes = areas.to_numpy()
    pairs, edges = _shared_edges(shapes)
    streets = network.lines.geometry.to_numpy() if isinstance(network, StreetNetwork) else None
    walls = np.empty(0, dtype=object) if barriers is None else barrier_shapes(barriers)
    near = pairs[_walkable(edges, streets, walls)]
    refs = [str(ref) for ref in areas.index]
    xy = shapely.get_coordinates(areas.representative_point().array)
    joins: list[Join] = []
    if estates is not None:
        if not estates.index.equals(areas.index):
            raise ValueError("estates and areas have different indexes")
        for members in estates.groupby(estates, sort=True).indices.values():
            near, added = _connect(near, shapes, xy, np.sort(members))
            joins += [Join(refs[i], refs[j], _metres(xy, i, j), "estate") for i, j in added]
    near, added = _connect(near, shapes, xy, np.arange(len(shapes)))
    joins += [Join(refs[i], refs[j], _metres(xy, i, j), "apart") for i, j in added]
    return Adjacency(near, tuple(joins))


def dissolve_areas(areas: gpd.GeoSeries, patch: pd.Series[Any]) -> gpd.GeoDataFrame:
    """Return columns patch and geometry: the exact union of each patch's areas, by patch.

    `patch` has the same index as `areas`.
    """
    import geopandas as gpd
    import shapely

    if not patch.index.equals(areas.index):
        raise ValueError("patch and areas have different indexes")
    shapes = areas.to_numpy()
    # Only a coverage without overlaps may be joined by dropping its inner edges.
    union = shapely.coverage_union_all if shapely.coverage_is_valid(shapes) else shapely.union_all
    members = patch.astype(str).groupby(patch.to_numpy(), sort=True).indices
    polygons = [union(shapes[positions]) for positions in members.values()]
    names = np.array([str(name) for name in members], dtype=object)
    return gpd.GeoDataFrame({"patch": names}, geometry=polygons, crs=areas.crs)


def area_spots(stock: Stock, polygons: Shapes) -> pd.DataFrame:
    """Return where the homes of areas stand in respect of other polygons.

    One row for each piece of an area that a polygon covers, or none does:
    block_ref, easting and northing of a point in it, and homes, as many as its
    share of the ground. Pieces below `LEAST_SHARE` are left out.
    """
    import pandas as pd
    import shapely

    if stock.areas is None:
        raise ValueError("the stock has no areas")
    areas = stock.areas.to_numpy()
    area, polygon = shapely.STRtree(polygons).query(areas, predicate="intersects")
    bare = shapely.difference(areas, shapely.union_all(polygons))
    pieces = np.concatenate([shapely.intersection(areas[area], polygons[polygon]), bare])
    area = np.concatenate([area, np.arange(len(areas))])
    share = shapely.area(pieces) / shapely.area(areas)[area]
    largest = np.zeros(len(areas))
    np.maximum.at(largest, area, share)
    kept = (share >= LEAST_SHARE) | (share == largest[area])
    pieces, area, share = pieces[kept], area[kept], share[kept]
    order = np.lexsort((-share, area))
    pieces, area, share = pieces[order], area[order], share[order]
    # Running totals are rounded, so that each area keeps the homes that it has.
    total = np.bincount(area, share, minlength=len(areas))
    before = np.concatenate([[0.0], np.cumsum(total)[:-1]])
    until = (np.cumsum(share) - before[area]) / total[area]
    homes = stock.blocks["homes"].to_numpy()[area]
    upto = np.rint(until * homes).astype(np.int64)
    first = np.concatenate([[True], area[1:] != area[:-1]])
    points = shapely.get_coordinates(shapely.point_on_surface(pieces))
    return pd.DataFrame(
        {
            "block_ref": stock.areas.index.to_numpy()[area],
            "easting": points[:, 0],
            "northing": points[:, 1],
            "homes": upto - np.where(first, 0, np.concatenate([[0], upto[:-1]])),
        }
    )


def _metres(xy: npt.NDArray[np.float64], i: int, j: int) -> float:
    return float(np.hypot(*(xy[i] - xy[j])))


def _shared_edges(shapes: Shapes) -> tuple[IntArray, Shapes]:
    """Return (m, 2) pairs i < j of areas that meet along a line, and that line."""
    import shapely

    left, right = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=TOUCH_M)
    pairs = np.column_stack([left, right])[left < right]
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))].astype(np.int64)
    outlines, grown = shapely.boundary(shapes), shapely.buffer(shapes, TOUCH_M)
    edges = shapely.intersection(outlines[pairs[:, 0]], grown[pairs[:, 1]])
    # A corner alone gives up to TOUCH_M of each of the two edges that end there.
    along = shapely.length(edges) > LEAST_EDGE_M
    return pairs[along], edges[along]


def _walkable(edges: Shapes, streets: Shapes | None, barriers: Shapes) -> BoolArray:
    """Return (m,) True where one can walk from one side of the edge to the other."""
    import shapely

    free = edges
    if len(barriers):
        tree = shapely.STRtree(barriers)
        edge, barrier = tree.query(edges, predicate="dwithin", distance=BARRIER_M)
        free = edges.copy()
        for k in np.unique(edge):
            wall = shapely.union_all(shapely.buffer(barriers[barrier[edge == k]], BARRIER_M))
            free[k] = shapely.difference(edges[k], wall)
    unbarred = np.asarray(shapely.length(free) > LEAST_EDGE_M, dtype=np.bool_)
    if streets is None:
        return unbarred
    if len(barriers):
        walls = shapely.union_all(shapely.buffer(barriers, BRIDGE_M))
        shapely.prepare(walls)
        streets = streets[~shapely.covers(walls, streets)]
    tree = shapely.STRtree(streets)
    open_ = np.zeros(len(edges), dtype=bool)
    open_[np.unique(tree.query(edges, predicate="intersects")[0])] = True
    along = tree.query(free[unbarred], predicate="dwithin", distance=STREET_M)[0]
    open_[np.flatnonzero(unbarred)[np.unique(along)]] = True
    return open_


def _connect(
    near: IntArray, shapes: Shapes, xy: npt.NDArray[np.float64], members: IntArray
) -> tuple[IntArray, list[tuple[int, int]]]:
    """Connect the members among themselves, each piece to its nearest area."""
    import shapely

    def nearest(own: IntArray, rest: IntArray) -> tuple[int, int]:
        (a, b), metres = shapely.STRtree(shapes[rest]).query_nearest(
            shapes[own], return_distance=True
        )
        left, right = own[a], rest[b]
        apart = np.hypot(*(xy[left] - xy[right]).T)
        k = int(np.lexsort((right, left, apart, metres))[0])
        i, j = sorted((int(left[k]), int(right[k])))
        return i, j

    return connect(near, members, nearest)
