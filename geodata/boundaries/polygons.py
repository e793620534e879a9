"""Reads polygons: the boundary, and patches or estates under their codes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from geodata.errors import Problem
from geodata.files.plain import fatal, read_geo
from geodata.findings import Findings, report
from geodata.schema import ESTATE_POLYGONS, PATCH_POLYGONS, POLYGONS, TableSchema

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["read_polygons"]

CODED: Final = {"patch": PATCH_POLYGONS, "estate": ESTATE_POLYGONS}


def read_polygons(
    path: str | Path,
    *,
    code: Literal["patch", "estate"] | None = None,
    columns: Mapping[str, str] | None = None,
    layer: str | None = None,
    crs: str = "EPSG:27700",
    problems: list[Problem] | None = None,
) -> gpd.GeoDataFrame:
    """Read a boundary, patches or estates from GeoJSON, GeoPackage or Shapefile.

    Polygons that cross themselves are mended, with a warning.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage, Shapefile or FlatGeobuf.
    code
        Which code each polygon must carry. Without a column of a known name, the
        only column of texts that are all different is taken, with a warning.
    columns
        Our column name -> the file's, for names that are not recognised.
    layer
        The layer to read; else the first.
    crs
        What the polygons are reprojected to.
    problems
        Problems are appended here and the good polygons returned; with None,
        any error raises.

    Returns
    -------
    frame
        The file's columns, our names (`patch`, `estate`, `name`) for those
        recognised; row (the number of the feature, from 1), mended, and polygons
        and multipolygons in `crs`. With `code`, that column is text, None for a
        polygon without one, which is warned of.

    Raises
    ------
    DataError
        If the file cannot be used, or with `problems` None any feature cannot.
    """
    path = Path(path)
    frame = read_geo(path, crs=crs, layer=layer)
    found = Findings(path.name, np.arange(1, len(frame) + 1), sheet=layer)
    frame = _named(frame, found, code, dict(columns or {}))
    frame = _mended(frame, found)
    if code is not None:
        frame[code] = pd.Series(
            [_code_text(c) for c in frame[code]], index=frame.index, dtype=object
        )
        found.mark(
            frame[code].isna() & found.good,
            f"has no {code} code, so homes in it are given none",
            f"name the {code}",
            column=found.heading(code),
            severity="warning",
        )
    frame["row"] = found.rows
    report(found.sorted(), problems)
    result = frame[found.good].reset_index(drop=True)
    result.attrs = {"file": path.name, "sheet": layer}
    return result


def _named(
    frame: gpd.GeoDataFrame, found: Findings, code: str | None, columns: dict[str, str]
) -> gpd.GeoDataFrame:
    """Return the frame under our names; a code column must be found."""
    theirs = [str(c) for c in frame.columns if c != frame.geometry.name]
    shown = ", ".join(theirs) or "no column at all"
    schema = POLYGONS if code is None else CODED[code]
    for ours, name in columns.items():
        if name not in theirs:
            raise fatal(
                found.file,
                f"the settings say that its column {name!r} holds {ours}; it has {shown}",
                "correct the name in doorstep.toml",
            )
    named = {ours: theirs[at] for ours, at in _recognised(schema, theirs).items()} | columns
    if code is not None and code not in named:
        named[code] = _only_label(frame, found, code, theirs)
    other = [f"{name!r} as {ours}" for ours, name in named.items() if name != ours]
    if code is not None and other and code not in columns:
        found.note(
            f"columns read under our names: {', '.join(other)}",
            f"if one is wrong, map it under [columns.{schema.name}] in doorstep.toml",
        )
    # A column that already has one of our names, but is not what is meant by it, gives way.
    taken = [name for name in named if name in theirs and named[name] != name]
    frame = frame.drop(columns=taken).copy()
    for ours, name in named.items():
        if name in frame.columns:
            frame = frame.rename(columns={name: ours})
    return frame


def _recognised(schema: TableSchema, headings: Sequence[str]) -> dict[str, int]:
    """Return our name -> position; years in a heading say nothing: WD22CD is WDCD."""
    found = schema.recognise(headings)
    return schema.recognise([re.sub(r"\d+", "", heading) for heading in headings]) | found


def _only_label(frame: gpd.GeoDataFrame, found: Findings, code: str, theirs: Sequence[str]) -> str:
    """Return the only column of texts that are all different.

    Raises
    ------
    DataError
        If there is none, or more than one.
    """
    labels = []
    for name in theirs:
        values = frame[name].dropna()
        if len(values) and values.map(lambda v: isinstance(v, str)).all() and values.is_unique:
            labels.append(name)
    if len(labels) != 1:
        which = f"could be {', '.join(labels)}" if labels else f"is not among {', '.join(theirs)}"
        raise fatal(
            found.file,
            f"no column is known to hold the {code} of each polygon; it {which}",
            f'name it in doorstep.toml: [columns.{CODED[code].name}] {code} = "…"',
        )
    return labels[0]


def _mended(frame: gpd.GeoDataFrame, found: Findings) -> gpd.GeoDataFrame:
    """Return the frame with valid polygons and column `mended`; mark what is no polygon."""
    import shapely

    shapes = shapely.force_2d(frame.geometry.to_numpy())
    blank = shapely.get_num_coordinates(shapes) == 0
    polygons = np.isin(shapely.get_type_id(shapes), [3, 6])
    found.mark(
        blank,
        "the feature has no shape, or one off the grid of its coordinate system",
        "draw it, or check its coordinates and the CRS that the file names",
    )
    found.mark(
        ~blank & ~polygons, "the feature is not a polygon", "keep polygons only in this file"
    )
    crossing = polygons & ~shapely.is_valid(shapes)
    shapes[crossing] = shapely.make_valid(
        shapes[crossing], method="structure", keep_collapsed=False
    )
    flat = polygons & ~blank & ~(shapely.area(shapes) > 0)
    found.mark(flat, "the polygon has no area", "draw it, or remove the feature")
    found.mark(
        crossing & ~flat,
        "the polygon crosses itself and was mended",
        "check its shape",
        severity="warning",
    )
    frame["mended"] = crossing
    return frame.set_geometry(shapes, crs=frame.crs)


def _code_text(value: Any) -> str | None:
    """Return a code as text with single spaces, a whole number without its ".0"."""
    if value is None or value != value:
        return None
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        value = int(value)
    return " ".join(str(value).split()) or None
