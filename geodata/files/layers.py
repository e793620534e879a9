"""A layer of a geographic file, or a table without shapes, to rows and points."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from geodata.files.features import fields_of, layers_of, read_features
from geodata.files.kinds import fatal
from geodata.files.plain import GEO_SUFFIXES, RawSheet, read_geo
from geodata.tables.headers import Header, match_columns, missing_columns
from geodata.tables.headings import TableSchema

__all__ = ["LAYER_SUFFIXES", "read_layer"]

LAYER_SUFFIXES: Final = GEO_SUFFIXES | {".dbf"}
_CUT_SUFFIXES: Final = frozenset({".shp", ".dbf"})


def read_layer(
    path: Path,
    schema: TableSchema,
    columns: Mapping[str, str],
    *,
    layer: str | None = None,
    crs: str | None = None,
) -> Header:
    """Return a layer's features as rows; the first is number 1.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage, Shapefile, FlatGeobuf, or a dBase table.
    columns
        Our name -> the file's.
    layer
        Its name; else the layer that has the most of the required columns.
    crs
        What points are turned into; with None, shapes are not read.

    Raises
    ------
    DataError
        If the file cannot be read or has no such layer.
    """
    cut = path.suffix.casefold() in _CUT_SUFFIXES
    kinds = dict(layers_of(path))
    name = _layer_name(path, schema, columns, list(kinds), layer, cut)
    points = None
    if crs is not None and kinds[name] is not None:
        shapes = read_geo(path, crs=crs, layer=name)
        points = _points(shapes)
        attributes = pd.DataFrame(shapes.drop(columns="geometry"))
    else:
        frame = read_features(path, layer=name)
        attributes = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    rows = [[_attribute(v) for v in r] for r in attributes.itertuples(index=False, name=None)]
    headings = [str(c) for c in attributes.columns]
    found, rivals = match_columns(schema, headings, columns, cut=cut)
    shown = name if layer is not None or len(kinds) > 1 else None
    return Header(RawSheet(shown, [headings, *rows]), 0, 1, found, rivals, points)


def _layer_name(
    path: Path,
    schema: TableSchema,
    columns: Mapping[str, str],
    names: list[str],
    layer: str | None,
    cut: bool,
) -> str:
    if layer is not None:
        if layer not in names:
            raise fatal(path.name, f"it has no layer {layer!r}", f"name one of {', '.join(names)}")
        return layer
    if not names:
        raise fatal(path.name, "it has no layer", "export it again")
    if len(names) == 1:
        return names[0]
    found = {
        name: match_columns(schema, fields_of(path, layer=name), columns, cut=cut)[0]
        for name in names
    }
    return min(
        names, key=lambda n: (len(missing_columns(schema, columns, found[n])), -len(found[n]))
    )


def _points(shapes: Any) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    """Return (n, 2) points within the shapes, NaN where there is none; None without any shape."""
    if shapes.geometry.isna().all():
        return None
    centres = shapes.geometry.representative_point()
    return np.column_stack([centres.x, centres.y]).astype(float)


def _attribute(value: Any) -> Any:
    """Return a number, text, or None; of several values in one field, a list in words."""
    if isinstance(value, (list, tuple, np.ndarray)):
        return ";".join(str(part) for part in value)
    if isinstance(value, (str, int, float, np.number)) and not isinstance(value, bool):
        return None if value != value else value
    return None if value is None or value is pd.NaT or value is pd.NA else str(value)
