"""Water and parks, to be drawn under a map; nothing is decided by them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from geodata.files.features import read_features

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["KINDS", "ground_of_openstreetmap", "merged_ground"]

KINDS: Final = ("park", "water")
"""From below: a pond lies in its park."""
_WATER: Final = "\"natural\" = 'water' OR landuse IN ('reservoir', 'basin')"
_PARKS: Final = (
    "leisure IN ('park', 'garden', 'golf_course', 'nature_reserve', 'recreation_ground') "
    "OR landuse IN ('recreation_ground', 'village_green', 'cemetery', 'forest') "
    "OR \"natural\" = 'wood'"
)
_PUBLIC: Final = '(other_tags IS NULL OR other_tags NOT LIKE \'%"access"=>"private"%\')'
_LEAST_M2: Final = 500.0
"""What is smaller does not show on a map of a borough."""


def ground_of_openstreetmap(path: str | Path, crs: str = "EPSG:27700") -> gpd.GeoDataFrame:
    """Read water and parks from an OpenStreetMap file by their tags.

    Private gardens are left out, and what is smaller than 500 m2.

    Parameters
    ----------
    path
        .osm or .osm.pbf.
    crs
        Coordinate system of the answer; metric.

    Returns
    -------
    Columns kind ("park" or "water") and geometry (polygons), one row a kind; none
    where the file has none.

    Raises
    ------
    DataError
        The file cannot be read.
    """
    where = {"park": f"({_PARKS}) AND {_PUBLIC}", "water": _WATER}
    found = {
        kind: read_features(Path(path), layer="multipolygons", where=chosen).to_crs(crs)
        for kind, chosen in where.items()
    }
    large = {kind: frame[frame.area >= _LEAST_M2] for kind, frame in found.items()}
    return merged_ground(large, crs)


def merged_ground(parts: dict[str, gpd.GeoDataFrame], crs: str) -> gpd.GeoDataFrame:
    """Return one row a kind of `parts`: its polygons as one shape.

    Parameters
    ----------
    parts
        Polygons by kind; kinds without any are left out.
    crs
        Their coordinate system.
    """
    import geopandas as gpd
    import shapely

    shapes = {
        kind: shapely.union_all(shapely.make_valid(shapely.force_2d(parts[kind].geometry.array)))
        for kind in KINDS
        if kind in parts and len(parts[kind])
    }
    return gpd.GeoDataFrame(
        {"kind": list(shapes)}, geometry=np.array([*shapes.values()], dtype=object), crs=crs
    )
