"""Street files as lines: OpenStreetMap, OSMnx GraphML, and what GDAL reads as lines.

Whatever the file, the answer is one frame of LineStrings with the tags that
decide who may walk there and at which level: see `TAGS`.
"""

from __future__ import annotations

import os
import re
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree

from geodata.errors import DataError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

__all__ = ["TAGS", "assert_osm", "read_street_lines"]

TAGS: Final = (
    "highway",
    "name",
    "foot",
    "access",
    "motorroad",
    "bridge",
    "tunnel",
    "layer",
    "road_classification",
)
"""Columns kept; `road_classification` is OS Open Roads' own for the class of a road."""

_RENAMED: Final = {"class": "road_classification", "name_1": "name", "name1": "name"}
_LINE_TYPES: Final = ("LineString", "MultiLineString", "Unknown", "GeometryCollection")
_FORMATS: Final = ".osm, .osm.pbf, .graphml, .gpkg, .geojson or .shp"
_GEOJSON: Final = (rb"(\xef\xbb\xbf)?\s*\{", "GeoJSON")
_BEGINS: Final = {
    ".gpkg": (rb"SQLite format 3\x00", "a GeoPackage"),
    ".geojson": _GEOJSON,
    ".json": _GEOJSON,
    ".shp": (rb"\x00\x00\x27\x0a", "a shapefile"),
    ".fgb": (rb"fgb", "FlatGeobuf"),
    ".osm": (rb"(\xef\xbb\xbf)?\s*(<\?[^>]*>\s*|<!--.*?-->\s*)*<osm\b", "OpenStreetMap XML"),
    ".pbf": (rb".{4}\x0a\x09OSMHeader", "OpenStreetMap PBF"),
}
"""How a file of each kind begins. GDAL goes by what it finds, not by the name, and some of what
it then finds fetches other files; so each suffix is held to its own kind."""
_SCAN_BYTES: Final = 2**20


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
    if not path.is_file():
        raise _error(path, "is not there", "correct the path of the streets file")
    if name.endswith((".osm", ".pbf")):
        assert_osm(path)
        lines = _read_gdal(path, "lines", where="highway IS NOT NULL")
        lines = _with_other_tags(lines)
    elif name.endswith((".graphml", ".graphml.xml")):
        _refuse_entities(path)
        lines = _read_graphml(path)
    elif path.suffix.lower() in _BEGINS:
        _assert_kind(path)
        _assert_complete(path)
        lines = _read_gdal(path, layer or _line_layer(path))
    else:
        raise _error(path, "is not a kind of street file that is known", f"give a {_FORMATS}")
    return _tidy(lines, path)


def _error(path: Path, reason: str, remedy: str) -> DataError:
    return DataError([Problem(file=path.name, reason=reason, remedy=remedy)])


def assert_osm(path: Path) -> None:
    """Raise a DataError unless the file is OpenStreetMap's and defines no entities."""
    if not path.is_file():
        raise _error(path, "is not there", "correct its path")
    _assert_kind(path)
    if path.suffix.lower() == ".osm":
        _refuse_entities(path)


def _assert_kind(path: Path) -> None:
    begins, kind = _BEGINS[path.suffix.lower()]
    with path.open("rb") as stream:
        head = stream.read(4096)
    if not head:
        raise _error(path, "cannot be read (it is empty)", "export it again")
    if not re.match(begins, head, re.DOTALL):
        raise _error(
            path,
            f"cannot be read (it is not {kind}, which its name says)",
            f"give a {_FORMATS} file under the name that it was saved with",
        )


def _assert_complete(path: Path) -> None:
    """Refuse a shapefile without its index, which GDAL needs."""
    if path.suffix.lower() == ".shp" and not any(
        path.with_suffix(s).exists() for s in (".shx", ".SHX")
    ):
        raise _error(
            path,
            "comes without the .shx file of the same name",
            "copy all its files into the folder: .shp, .shx, .dbf and .prj",
        )


def _refuse_entities(path: Path) -> None:
    """Refuse XML that defines entities: street files have none, and they can swell without end."""
    marks = [m.encode(c) for m in ("<!DOCTYPE", "<!ENTITY") for c in ("ascii", "utf-16-le")]
    tail = b""
    with path.open("rb") as stream:
        while chunk := stream.read(_SCAN_BYTES):
            seen = tail + chunk
            if any(mark in seen for mark in marks):
                raise _error(
                    path, "defines XML entities, which no street file needs", "export it again"
                )
            tail = seen[-32:]


def _line_layer(path: Path) -> str | None:
    import pyogrio

    try:
        layers = pyogrio.list_layers(path)
    except Exception as error:  # GDAL's drivers raise many kinds for a damaged file
        raise _unreadable(path, error) from error
    names = [str(name) for name, kind in layers if kind and str(kind).startswith(_LINE_TYPES)]
    if not names:
        raise _error(path, "holds no layer of lines", "give a file of street centre lines")
    usual = ("edges", "lines", "road_link", "roadlink", "roads", "streets")
    return min(names, key=lambda n: usual.index(n.lower()) if n.lower() in usual else len(usual))


def _unreadable(path: Path, error: Exception) -> DataError:
    said = str(error).replace(f"{path.parent}{os.sep}", "").strip()
    first = said.splitlines()[0][:200] if said else "it is damaged"
    return _error(
        path, f"cannot be read ({first})", "check that the file is whole; export it again"
    )


def _read_gdal(path: Path, layer: str | None, *, where: str | None = None) -> gpd.GeoDataFrame:
    import warnings

    import pyogrio

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            lines = pyogrio.read_dataframe(path, layer=layer, where=where)
        except Exception as error:  # GDAL's drivers raise many kinds for a damaged file
            raise _unreadable(path, error) from error
    # Some drivers hand over what they read before the damage, with no more than a warning.
    for warning in caught:
        text = str(warning.message)
        if re.search(r"pars(e|ing) |truncat|corrupt|malformed", text, re.IGNORECASE):
            raise _unreadable(path, Exception(text))
    if "geometry" not in lines:
        raise _error(path, "holds no geometry", "give a file of street centre lines")
    return lines


def _with_other_tags(lines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Lift the tags needed out of GDAL's `other_tags` column (hstore: "key"=>"value",...)."""
    if "other_tags" not in lines:
        return lines
    other = lines["other_tags"].astype("string")
    for key in TAGS:
        if key not in lines:
            lines[key] = other.str.extract(rf'(?:^|,)"{key}"=>"([^"]*)"', expand=False)
    return lines


def _tidy(lines: gpd.GeoDataFrame, path: Path) -> gpd.GeoDataFrame:
    import shapely

    lines.columns = [_RENAMED.get(c.lower(), c.lower()) for c in lines.columns]
    lines = lines.loc[:, ~lines.columns.duplicated()]
    lines = lines[[*(t for t in TAGS if t in lines), "geometry"]]
    lines = lines[lines.geometry.notna() & ~lines.geometry.is_empty]
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
    except (ElementTree.ParseError, KeyError, ValueError, shapely.errors.GEOSException) as error:
        raise _unreadable(path, error) from error
    if not rows:
        raise _error(path, "holds no edges", "give an OSMnx graph of streets")
    columns = {t: [row.get(t) for row in rows] for t in TAGS if any(t in row for row in rows)}
    try:
        return gpd.GeoDataFrame(columns, geometry=geometry, crs=crs)
    except Exception as error:  # pyproj's error for a coordinate system it does not know
        raise _unreadable(path, error) from error


def _graphml_elements(path: Path) -> Iterator[ElementTree.Element]:
    """Give keys, nodes, edges and the graph's own data, each freed after use."""
    depth_of_owner = 0
    for event, element in ElementTree.iterparse(path, events=("start", "end")):
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
