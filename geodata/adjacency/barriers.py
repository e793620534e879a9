"""What cannot be walked across but at a crossing: canals, rivers, railways, the largest roads.

What runs in a tunnel or under a cover is none; a canal below street level is
one, whatever its `layer`. Streets over or under a barrier are ways across: only
the straight way between a block and its street, or between two blocks, is held
against barriers. A road that is walked along as well has two pavements, see
`geodata.adjacency.pavements`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from geodata.errors import DataError, Problem
from geodata.files.features import layers_of, read_features, reprojected
from geodata.files.kinds import GEO_SUFFIXES, checked_file

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = [
    "assert_barriers",
    "barrier_shapes",
    "crosses_barrier",
    "crossings",
    "holds_barriers",
    "read_barriers",
]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

OPENSTREETMAP_SUFFIXES: Final = frozenset({".osm", ".pbf"})
_ROADS: Final = ("motorway", "motorway_link", "trunk", "trunk_link")
_OSM_LINES: Final = (
    "waterway IN ('canal', 'river') "
    "OR railway IN ('rail', 'light_rail', 'narrow_gauge', 'subway') "
    f"OR highway IN {_ROADS}"
)
_OSM_CROSSINGS: Final = "highway = 'crossing'"
_OSM_AREAS: Final = "\"natural\" = 'water'"
_LEAST_AREA_M2: Final = 1000.0
"""A smaller pond is walked round."""
_SHORT_M: Final = 0.05
"""A way that ends at a barrier does not cross it, whatever is lost in rounding."""
AT_CROSSING_M: Final = 50.0
"""A straight way this near a crossing of the barrier is taken over it; a modelling value."""
ON_BARRIER_M: Final = 2.0
"""A point or street this near a barrier is on it."""


def read_barriers(
    path: str | Path, crs: str = "EPSG:27700", *, layer: str | None = None
) -> gpd.GeoDataFrame:
    """Read barriers from an OpenStreetMap file by their tags, or from a layer drawn for it.

    Parameters
    ----------
    path
        .osm, .osm.pbf, or what GDAL reads.
    crs
        Coordinate system of the answer; metric.
    layer
        The layer of another file than OpenStreetMap's; by default `barriers`
        where it has one, else its only or first.

    Returns
    -------
    Columns kind and geometry, in `crs`; empty where the file has none. Lines and
    areas are barriers ("road", "railway", "water", "other"), points are where
    one can be crossed ("crossing"). Of a drawn layer all is taken, as "other".

    Raises
    ------
    DataError
        The file cannot be read, or does not say its coordinate system.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix in OPENSTREETMAP_SUFFIXES:
        return _of_openstreetmap(path, crs)
    if suffix not in GEO_SUFFIXES:
        checked_file(path)
        raise _unusable(path, "is not a kind of file that holds barriers")
    return _of_layer(path, crs, layer)


def _of_openstreetmap(path: Path, crs: str) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pandas as pd

    lines = read_features(path, layer="lines", where=_OSM_LINES)
    other = lines["other_tags"].astype("string")
    for tag in ("tunnel", "covered"):
        set_to = other.str.extract(rf'(?:^|,)"{tag}"=>"([^"]*)"', expand=False)
        lines = lines[set_to.fillna("no").eq("no")]
        other = other.loc[lines.index]
    road = lines["highway"].isin(_ROADS)
    lines["kind"] = np.select([road, lines["railway"].notna()], ["road", "railway"], "water")
    parts = [lines[["kind", "geometry"]].to_crs(crs)]
    areas = read_features(path, layer="multipolygons", where=_OSM_AREAS).to_crs(crs)
    areas = areas[areas.area >= _LEAST_AREA_M2]
    parts.append(areas.assign(kind="water")[["kind", "geometry"]])
    if road.any():
        points = read_features(path, layer="points", where=_OSM_CROSSINGS)
        parts.append(points.assign(kind="crossing")[["kind", "geometry"]].to_crs(crs))
    found = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return _tidy(gpd.GeoDataFrame(found, geometry="geometry", crs=crs))


def _of_layer(path: Path, crs: str, layer: str | None) -> gpd.GeoDataFrame:
    import shapely

    names = [name for name, _ in layers_of(path)]
    if layer is None and "barriers" in names:
        layer = "barriers"
    found = read_features(path, layer=layer)
    if "geometry" not in found or found.crs is None:
        raise _unusable(path, "holds no geometry with a coordinate system")
    found = reprojected(found[["geometry"]], crs, file=path.name).explode(ignore_index=True)
    point = shapely.get_dimensions(found.geometry.array) == 0
    return _tidy(found.assign(kind=np.where(point, "crossing", "other")))


def _tidy(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return what has a place, flat, on a RangeIndex; areas made valid."""
    import shapely

    shapes = found.geometry.array
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    there &= np.isfinite(found.bounds.to_numpy()).all(axis=1)
    found = found.loc[there, ["kind", "geometry"]].reset_index(drop=True)
    return found.set_geometry(shapely.make_valid(shapely.force_2d(found.geometry.array)))


def holds_barriers(path: str | Path) -> bool:
    """Tell whether a streets file gives barriers too: OpenStreetMap's, or a layer `barriers`.

    Raises
    ------
    DataError
        A GeoPackage cannot be read.
    """
    path = Path(path)
    if path.suffix.lower() in OPENSTREETMAP_SUFFIXES:
        return True
    return path.suffix.lower() == ".gpkg" and any(n == "barriers" for n, _ in layers_of(path))


def assert_barriers(barriers: gpd.GeoDataFrame | None, crs: Any) -> None:
    """Raise a ValueError if the barriers are in another coordinate system."""
    if barriers is not None and barriers.crs != crs:
        raise ValueError(f"barriers are in {barriers.crs}, points in {crs}")


def crosses_barrier(
    start: FloatArray, end: FloatArray, barriers: gpd.GeoDataFrame | None
) -> BoolArray:
    """Return which straight ways from (n, 2) to (n, 2) cross a barrier away from a crossing.

    A way that ends at a barrier does not cross it, nor one that meets it within
    `AT_CROSSING_M` of a crossing.
    """
    import shapely

    crossed = np.zeros(len(start), dtype=bool)
    if barriers is None or barriers.empty or not len(start):
        return crossed
    away = start - end
    metres = np.hypot(*away.T)
    known = np.flatnonzero(np.isfinite(metres) & (metres > 2 * _SHORT_M))
    share = (_SHORT_M / metres[known])[:, None]
    ends = np.stack([start[known], end[known] + share * away[known]], axis=1)
    ways: npt.NDArray[Any] = shapely.linestrings(ends)
    solid = barrier_shapes(barriers)
    way, barrier = shapely.STRtree(solid).query(ways, predicate="intersects")
    if len(way) and len(points := crossings(barriers)):
        meet = shapely.intersection(ways[way], solid[barrier])
        where, point = shapely.STRtree(points).query(
            meet, predicate="dwithin", distance=AT_CROSSING_M
        )
        on = shapely.dwithin(points[point], solid[barrier[where]], ON_BARRIER_M)
        blocked = np.ones(len(way), dtype=bool)
        blocked[where[on]] = False
        way = way[blocked]
    crossed[known[way]] = True
    return crossed


def barrier_shapes(barriers: gpd.GeoDataFrame) -> npt.NDArray[Any]:
    """Return the lines and areas that cannot be walked across."""
    import shapely

    found = barriers.geometry.to_numpy()
    return np.asarray(found[shapely.get_dimensions(found) > 0])


def crossings(barriers: gpd.GeoDataFrame) -> npt.NDArray[Any]:
    """Return the points at which barriers can be crossed."""
    import shapely

    found = barriers.geometry.to_numpy()
    return np.asarray(found[shapely.get_dimensions(found) == 0])


def _unusable(path: Path, reason: str) -> DataError:
    remedy = "give lines or areas as .gpkg, .geojson or .shp, or an .osm or .osm.pbf file"
    return DataError([Problem(file=path.name, reason=reason, remedy=remedy)])
