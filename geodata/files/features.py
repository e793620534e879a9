"""Features of a geographic file through GDAL: checked first, bounded, refused in words."""

from __future__ import annotations

import codecs
import os
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata.errors import DataError
from geodata.files.kinds import assert_kind, fatal
from geodata.files.limits import MAX_FEATURES, MAX_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

__all__ = ["fields_of", "layers_of", "read_features", "reprojected", "unreadable"]


def unreadable(path: Path, error: object) -> DataError:
    """Return the error of a damaged file, with what its reader said of it."""
    said = str(error).replace(f"{path.absolute().parent}{os.sep}", "")
    said = " ".join(said.replace(f"{path.parent}{os.sep}", "").split())
    return fatal(
        path.name,
        f"cannot be read ({said[:200] or 'it is damaged'})",
        "check that the file is whole; export it again",
    )


def layers_of(path: Path) -> list[tuple[str, str | None]]:
    """Return the name and geometry type of each layer; the type is None for a plain table.

    Raises
    ------
    DataError
        If the file is not what its name says, or damaged.
    """
    import pyogrio

    assert_kind(path)
    layers = _ask(path, pyogrio.list_layers)
    return [(str(name), None if kind is None else str(kind)) for name, kind in layers]


def fields_of(path: Path, *, layer: str | None = None) -> list[str]:
    """Return the names of a layer's columns.

    Raises
    ------
    DataError
        If the file is not what its name says, or damaged.
    """
    import pyogrio

    assert_kind(path)
    info = _ask(path, lambda p: pyogrio.read_info(p, layer=layer))
    return [str(name) for name in info["fields"]]


def read_features(
    path: Path, *, layer: str | None = None, where: str | None = None
) -> gpd.GeoDataFrame:
    """Return all features of a layer in the file's own CRS; without shapes, a plain frame.

    Raises
    ------
    DataError
        If the file is not what its name says, damaged, or too large.
    """
    import pyogrio

    assert_kind(path)
    if path.suffix.casefold() not in (".osm", ".pbf"):  # whose columns are always the same
        info = _ask(path, lambda p: pyogrio.read_info(p, layer=layer))
        if len(info["fields"]) > MAX_FIELDS:
            raise fatal(
                path.name,
                f"has {len(info['fields']):,} columns, more than the {MAX_FIELDS:,} that are read",
                "export only the columns that are needed",
            )
        # Counted before: `max_features` makes room for as many at once.
        if info["features"] > MAX_FEATURES:
            raise _too_many(path)
    encoding = "utf-8" if _is_silent_utf8(path) else None
    frame = _ask(
        path, lambda p: pyogrio.read_dataframe(p, layer=layer, where=where, encoding=encoding)
    )
    if len(frame) > MAX_FEATURES:
        raise _too_many(path)
    return frame


def _is_silent_utf8(path: Path) -> bool:
    """Tell whether a Shapefile or dBase table that does not say its encoding is in UTF-8."""
    table = path.with_suffix(".dbf" if path.suffix != ".SHP" else ".DBF")
    said = any(path.with_suffix(end).exists() for end in (".cpg", ".CPG", ".cst"))
    if path.suffix.casefold() not in (".shp", ".dbf") or said or not table.is_file():
        return False
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with table.open("rb") as file:
            head = file.read(32)
            if len(head) < 32 or head[29]:  # its code page
                return False
            file.seek(int.from_bytes(head[8:10], "little"))
            while chunk := file.read(1 << 20):
                decoder.decode(chunk)
    except (OSError, UnicodeDecodeError):
        return False
    return True


def _too_many(path: Path) -> DataError:
    return fatal(
        path.name,
        f"has more than {MAX_FEATURES:,} features, the most that are read",
        "export only the area that is needed",
    )


def reprojected(frame: gpd.GeoDataFrame, crs: Any, *, file: str) -> gpd.GeoDataFrame:
    """Return the features in `crs`.

    Raises
    ------
    DataError
        If their own CRS has no place on Earth, or the shapes cannot follow.
    """
    try:
        return frame.to_crs(crs)
    except Exception as error:  # pyproj's for such a CRS, GEOS's for odd shapes
        raise fatal(
            file,
            f"its coordinates in {frame.crs.name} cannot be turned into those that are needed",
            "save it with the CRS that the coordinates are in, such as EPSG:27700",
        ) from error


def _ask(path: Path, question: Callable[[str], Any]) -> Any:
    """Return GDAL's answer; what it only warns of is an error where it tells of damage."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            answer = question(_vsi_path(path))
        except MemoryError as error:
            raise fatal(
                path.name, "takes more memory than there is", "export only the area that is needed"
            ) from error
        except Exception as error:  # GDAL's drivers raise many kinds for a damaged file
            raise unreadable(path, error) from error
    # Some drivers hand over what they read before the damage, with no more than a warning.
    for warning in caught:
        text = str(warning.message)
        if re.search(r"pars(e|ing) |truncat|corrupt|malformed", text, re.IGNORECASE):
            raise unreadable(path, text)
    return answer


def _vsi_path(path: Path) -> str:
    """Return the path as GDAL is to take it, whatever signs are in it.

    From the root on it is never taken for an address or a connection. pyogrio
    would cut it at signs that part an archive from its member.
    """
    whole = str(path.absolute())
    if whole.startswith("/vsi"):
        whole = f"/{whole}"
    return f"/vsisubfile/0,{whole}" if any(sign in whole for sign in "!;?") else whole
