"""Street files as lines: OpenStreetMap, OSMnx GraphML, and what GDAL reads as lines.

Whatever the file, the answer is one frame of LineStrings with the tags that
decide who may walk there and at which level: see `TAGS`.
"""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree

from geodata.errors import DataError, Problem
from geodata.files.features import layers_of, read_features, unreadable
from geodata.files.kinds import GEO_SUFFIXES, assert_kind, checked_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

__all__ = ["TAGS", "read_street_lines"]

_OSM_TAGS: Final = (
    "highway",
    "name",
    "foot",
    "access",
    "motorroad",
    "route",
    "bridge",
    "tunnel",
    "layer",
)
TAGS: Final = (
    *_OSM_TAGS,
    "road_classification",
    "road_function",
    "form_of_way",
    "road_structure",
    "start_node",
    "end_node",
)
"""Columns kept: OpenStreetMap's tags, OS Open Roads' own, and the nodes that a line runs between
in files which say them (they join at these nodes only)."""

_RENAMED: Final = {
    # OS Open Roads' names in its shapefiles, and in those that GDAL cuts to ten letters.
    "class": "road_classification",
    "road_class": "road_classification",
    "function": "road_function",
    "road_funct": "road_function",
    "formofway": "form_of_way",
    "form_of_wa": "form_of_way",
    "structure": "road_structure",
    "road_struc": "road_structure",
    "startnode": "start_node",
    "endnode": "end_node",
    "name_1": "name",
    "name1": "name",
    # OSMnx's.
    "u": "start_node",
    "v": "end_node",
}
_LINE_TYPES: Final = ("LineString", "MultiLineString", "Unknown", "GeometryCollection")
_FORMATS: Final = ".osm, .osm.pbf, .graphml, .gpkg, .geojson or .shp"


def read_street_lines(path: str | Path, *, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read every line of a street file, in the file's own coordinate system.

    Parameters
    ----------
    path
        A file whose suffix tells its format.
    layer
        The layer of a file with several; by default the one that holds lines.

    Returns
    -------
    LineStrings with those of `TAGS` that the file has, on a RangeIndex.

    Raises
    ------
    DataError
        Missing, unreadable, or without lines or coordinate system.
    """
    path = Path(path)
    name = path.name.lower()
    checked_file(path)
    if name.endswith((".osm", ".pbf")):
        lines = _read_osm(path)
    elif name.endswith((".graphml", ".graphml.xml")):
        assert_kind(path)
        lines = _read_graphml(path)
    elif path.suffix.lower() in GEO_SUFFIXES:
        lines = _read_lines(path, layer or _line_layer(path))
    else:
        raise _error(path, "is not a kind of street file that is known", f"give a {_FORMATS}")
    return _tidy(lines, path)


def _error(path: Path, reason: str, remedy: str) -> DataError:
    return DataError([Problem(file=path.name, reason=reason, remedy=remedy)])


def _read_lines(path: Path, layer: str | None, *, where: str | None = None) -> gpd.GeoDataFrame:
    lines = read_features(path, layer=layer, where=where)
    if "geometry" not in lines:
        raise _error(path, "holds no geometry", "give a file of street centre lines")
    return lines


def _line_layer(path: Path) -> str | None:
    names = [name for name, kind in layers_of(path) if kind and kind.startswith(_LINE_TYPES)]
    if not names:
        raise _error(path, "holds no layer of lines", "give a file of street centre lines")
    usual = ("edges", "lines", "road_link", "roadlink", "roads", "streets")
    return min(names, key=lambda n: usual.index(n.lower()) if n.lower() in usual else len(usual))


def _read_osm(path: Path) -> gpd.GeoDataFrame:
    """Read the ways, and the edges of squares: GDAL gives closed ways of `area=yes` as polygons."""
    import pandas as pd

    lines = _with_other_tags(_read_lines(path, "lines", where="highway IS NOT NULL"))
    is_way = "other_tags LIKE '%\"highway\"=>%'"
    areas = _with_other_tags(_read_lines(path, "multipolygons", where=is_way))
    if areas.empty:
        return lines
    kept = [c for c in (*_OSM_TAGS, "geometry") if c in lines]
    return pd.concat([lines[kept], areas[kept]], ignore_index=True)


def _with_other_tags(lines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Lift the tags needed out of GDAL's `other_tags` column (hstore: "key"=>"value",...)."""
    if "other_tags" not in lines:
        return lines
    other = lines["other_tags"].astype("string")
    for key in _OSM_TAGS:
        if key not in lines:
            lines[key] = other.str.extract(rf'(?:^|,)"{key}"=>"([^"]*)"', expand=False)
    return lines


def _tidy(lines: gpd.GeoDataFrame, path: Path) -> gpd.GeoDataFrame:
    import shapely

    lines.columns = [_RENAMED.get(c.lower(), c.lower()) for c in lines.columns]
    lines = lines.loc[:, ~lines.columns.duplicated()]
    lines = lines[[*(t for t in TAGS if t in lines), "geometry"]]
    shapes = lines.geometry.array
    lines = lines[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    if "highway" in lines:
        # One walks along the edge of a square as along a street.
        square = lines.geom_type.isin(("Polygon", "MultiPolygon")) & lines["highway"].notna()
        lines.loc[square, "geometry"] = lines.loc[square, "geometry"].boundary
    lines = lines.explode(ignore_index=True)
    lines = lines[lines.geom_type == "LineString"].reset_index(drop=True)
    if lines.empty:
        raise _error(path, "holds no street lines", "give a file of street centre lines")
    if lines.crs is None:
        raise _error(
            path,
            "does not say its coordinate system",
            "save it with one (a shapefile needs its .prj beside it)",
        )
    lines["geometry"] = shapely.force_2d(lines.geometry.array)
    return lines


def _read_graphml(path: Path) -> gpd.GeoDataFrame:
    """Read an OSMnx graph: nodes at x, y; edges with tags and, if bent, a WKT geometry."""
    import geopandas as gpd
    import shapely

    keys: dict[str, str] = {}
    nodes: dict[str, tuple[float, float]] = {}
    rows: list[dict[str, str]] = []
    crs: str | None = None
    try:
        for element in _graphml_elements(path):
            tag = _local(element.tag)
            if tag == "key":
                keys[element.get("id", "")] = element.get("attr.name", "")
                continue
            data = {keys.get(d.get("key", ""), ""): d.text or "" for d in element}
            if tag == "node":
                x, y = float(data["x"]), float(data["y"])
                if not (isfinite(x) and isfinite(y)):
                    raise ValueError(f"node {element.get('id', '')} has no place")
                nodes[element.get("id", "")] = (x, y)
            elif tag == "edge":
                ends = {"source": element.get("source", ""), "target": element.get("target", "")}
                rows.append(data | ends)
            elif "crs" in keys.values():
                crs = element.text if keys.get(element.get("key", "")) == "crs" else crs
        geometry = [_edge_geometry(row, nodes) for row in rows]
    except (ElementTree.ParseError, LookupError, ValueError, shapely.errors.GEOSException) as error:
        raise unreadable(path, error) from error
    except MemoryError as error:
        raise unreadable(path, "it takes more memory than there is") from error
    if not rows:
        raise _error(path, "holds no edges", "give an OSMnx graph of streets")
    for row in rows:
        row["start_node"], row["end_node"] = row["source"], row["target"]
    columns = {t: [row.get(t) for row in rows] for t in TAGS if any(t in row for row in rows)}
    try:
        return gpd.GeoDataFrame(columns, geometry=geometry, crs=crs)
    except Exception as error:  # pyproj's error for a coordinate system it does not know
        raise unreadable(path, error) from error


def _graphml_elements(path: Path) -> Iterator[ElementTree.Element]:
    """Give keys, nodes, edges and the graph's own data, each freed after use."""
    from defusedxml.ElementTree import iterparse

    depth_of_owner = 0
    for event, element in iterparse(path, events=("start", "end"), forbid_dtd=True):
        tag = _local(element.tag)
        if tag in ("node", "edge"):
            depth_of_owner += 1 if event == "start" else -1
        if event == "end" and (
            tag in ("key", "node", "edge") or (tag == "data" and not depth_of_owner)
        ):
            yield element
            element.clear()


def _local(tag: Any) -> str:
    return str(tag).rsplit("}", 1)[-1]


def _edge_geometry(row: dict[str, str], nodes: dict[str, tuple[float, float]]) -> Any:
    """Return the edge's line, its ends exactly at its nodes so that edges join there."""
    import shapely

    ends = [nodes[row["source"]], nodes[row["target"]]]
    if not row.get("geometry"):
        return shapely.LineString(ends)
    line = shapely.from_wkt(row["geometry"])
    return shapely.LineString([ends[0], *shapely.get_coordinates(line)[1:-1].tolist(), ends[1]])
