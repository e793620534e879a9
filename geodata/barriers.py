"""What cannot be walked across but at a crossing: canals, rivers, railways, the largest roads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from geodata.errors import DataError, Problem
from geodata.streets.files import assert_osm
from geodata.streets.tags import levels

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["crosses_barrier", "read_barriers"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_OSM_BARRIERS: Final = (
    "waterway IN ('canal', 'river') OR railway IN ('rail', 'light_rail', 'narrow_gauge') "
    "OR highway IN ('motorway', 'motorway_link', 'trunk', 'trunk_link')"
)
_SHORT_M: Final = 0.05
"""A way that ends at a barrier does not cross it, whatever is lost in rounding."""


def read_barriers(
    path: str | Path, crs: str = "EPSG:27700", *, layer: str | None = None
) -> gpd.GeoDataFrame:
    """Read barriers from an OpenStreetMap file by their tags, or from a layer of lines or areas.

    Parameters
    ----------
    path
        .osm, .osm.pbf, or what GDAL reads.
    crs
        Coordinate system of the answer.
    layer
        The layer of another file than OpenStreetMap's; by default `barriers`
        where it has one, else its only or first.

    Returns
    -------
    Geometry alone, in `crs`; empty where the file has none. What runs in a tunnel is none.

    Raises
    ------
    DataError
        The file cannot be read, or does not say its coordinate system.
    """
    import pyogrio

    path = Path(path)
    try:
        if path.name.lower().endswith((".osm", ".pbf")):
            assert_osm(path)
            lines = pyogrio.read_dataframe(path, layer="lines", where=_OSM_BARRIERS)
        else:
            names = [str(name) for name, _ in pyogrio.list_layers(path)]
            lines = pyogrio.read_dataframe(
                path, layer=layer or ("barriers" if "barriers" in names else None)
            )
    except DataError:
        raise
    except Exception as error:  # GDAL's drivers raise many kinds for a damaged file
        raise _unusable(path, "cannot be read as barriers") from error
    if "geometry" not in lines or lines.crs is None:
        raise _unusable(path, "holds no geometry with a coordinate system")
    if "other_tags" in lines:
        for tag in ("tunnel", "layer"):
            lines[tag] = lines["other_tags"].str.extract(rf'"{tag}"=>"([^"]*)"', expand=False)
    there = lines.geometry.notna() & ~lines.geometry.is_empty & (levels(lines) >= 0)
    return lines.loc[there, ["geometry"]].to_crs(crs).reset_index(drop=True)


def crosses_barrier(
    start: FloatArray, end: FloatArray, barriers: gpd.GeoDataFrame | None
) -> BoolArray:
    """Return which straight ways from (n, 2) to (n, 2) cross a barrier; ending at one is not."""
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
    found, _ = shapely.STRtree(barriers.geometry.array).query(ways, predicate="intersects")
    crossed[known[found]] = True
    return crossed


def _unusable(path: Path, reason: str) -> DataError:
    remedy = "give a whole file of lines, or an OpenStreetMap file"
    return DataError([Problem(file=path.name, reason=reason, remedy=remedy)])
