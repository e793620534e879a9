"""What a file is, whatever its name says, and whether it is safe to hand to a reader.

GDAL goes by what it finds in a file, not by the name, and some of what it then
finds names other files or fetches them; so each suffix is held to its own kind.
What is no ordinary file is refused before it is opened: a pipe would never end.
"""

from __future__ import annotations

import re
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Final

from geodata.errors import DataError, Problem
from geodata.files.limits import MAX_GEO_BYTES

__all__ = [
    "GEO_SUFFIXES",
    "assert_kind",
    "assert_stored",
    "checked_file",
    "fatal",
    "known_as",
    "read_head",
    "refuse_entities",
]

GEO_SUFFIXES: Final = frozenset({".geojson", ".json", ".gpkg", ".shp", ".fgb"})
_GEOJSON: Final = (rb"(\xef\xbb\xbf)?\s*\{", "GeoJSON")
_BEGINS: Final = {
    ".gpkg": (rb"SQLite format 3\x00", "a GeoPackage"),
    ".geojson": _GEOJSON,
    ".json": _GEOJSON,
    ".shp": (rb"\x00\x00\x27\x0a", "a shapefile"),
    ".fgb": (rb"fgb", "FlatGeobuf"),
    ".dbf": (rb"[\x02-\x05\x30\x31\x43\x83\x8b\x8c\xcb\xf5]", "a dBase table"),
    ".osm": (rb"(\xef\xbb\xbf)?\s*(?>(<\?[^>]*>|<!--.*?-->)\s*)*<osm\b", "OpenStreetMap XML"),
    ".pbf": (rb".{4}\x0a\x09OSMHeader", "OpenStreetMap PBF"),
    ".graphml": (rb"", "GraphML"),
    ".xml": (rb"", "GraphML"),
}
"""How a file of each kind begins."""
_KNOWN: Final = (
    (rb"PK\x03\x04.{26}mimetypeapplication/vnd\.oasis", "an OpenDocument spreadsheet"),
    (rb"PK", "an Excel workbook or another zip file"),
    (rb"\xd0\xcf\x11\xe0", "an old .xls workbook, or one protected by a password"),
    (rb"%PDF", "a PDF document"),
    (rb"SQLite format 3\x00", "a database or GeoPackage"),
    (rb"\x1f\x8b", "a gzip file"),
    (rb"(\xef\xbb\xbf)?\s*(<!doctype html|<html|<table|<meta|<head)", "a web page"),
    (rb"(\xef\xbb\xbf)?\s*<\?xml", "an XML file"),
    (rb"(\xef\xbb\xbf)?\s*\{\s*\"", "a JSON file"),
)
_HEAD_BYTES: Final = 4096
_SCAN_BYTES: Final = 2**20
_COMPUTED: Final = (
    "SELECT DISTINCT m.name FROM sqlite_master AS m, pragma_table_xinfo(m.name) AS c "
    "WHERE m.type = 'table' AND m.sql NOT LIKE 'create virtual%' AND c.hidden IN (2, 3)"
)
_POINTS_ELSEWHERE: Final = b"gdal_streamed_alg"
"""The mark of a JSON file that is a command for GDAL."""


def fatal(file: str, reason: str, remedy: str, *, sheet: str | None = None) -> DataError:
    """Return the error of a file that cannot be used at all."""
    return DataError([Problem(file=file, sheet=sheet, reason=reason, remedy=remedy)])


def checked_file(path: Path, *, most_bytes: int = MAX_GEO_BYTES) -> None:
    """Refuse a path that is missing, a folder, no ordinary file, empty, too large or locked.

    Raises
    ------
    DataError
        With the reason and what to do.
    """
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise fatal(
            path.name, "the file is not there", "check its name and folder in doorstep.toml"
        ) from error
    except (OSError, ValueError) as error:  # a ValueError for a name with a NUL in it
        raise _locked(path, error) from error
    if stat.S_ISDIR(status.st_mode):
        raise fatal(path.name, "it is a folder", "name the file inside it")
    if not stat.S_ISREG(status.st_mode):
        raise fatal(path.name, "it is no ordinary file", "name a file that is saved on disk")
    if status.st_size == 0:
        raise fatal(path.name, "the file is empty", "export it again")
    if status.st_size > most_bytes:
        raise fatal(
            path.name,
            f"it is larger than {most_bytes / 2**20:,.0f} MB, the most that is read",
            "export only the rows and columns that are needed",
        )


def _locked(path: Path, error: Exception) -> DataError:
    why = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return fatal(
        path.name, f"it cannot be opened ({why})", "check its name, and that you may read it"
    )


def read_head(path: Path, count: int = _HEAD_BYTES) -> bytes:
    """Return the first bytes of a file.

    Raises
    ------
    DataError
        If it may not be read, or has gone.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(count)
    except OSError as error:
        raise _locked(path, error) from error


def known_as(head: bytes) -> str | None:
    """Return what a file of another kind is, by its first bytes: "a PDF document"."""
    for begins, kind in _KNOWN:
        if re.match(begins, head, re.DOTALL | re.IGNORECASE):
            return kind
    return None


def assert_kind(path: Path) -> None:
    """Refuse a geographic or street file that is not of the kind that its suffix says.

    Raises
    ------
    DataError
        With what it is instead, where that can be told.
    """
    checked_file(path)
    suffix = path.suffix.casefold()
    begins, kind = _BEGINS[suffix]
    head = read_head(path)
    if not re.match(begins, head, re.DOTALL):
        other = known_as(head)
        raise fatal(
            path.name,
            f"cannot be read (it is {other}, not {kind}, which its name says)"
            if other
            else f"cannot be read (it is not {kind}, which its name says)",
            "give the file under the name that it was saved with, or export it again",
        )
    if begins == _GEOJSON[0] and _POINTS_ELSEWHERE in read_head(path, _SCAN_BYTES):
        raise fatal(path.name, "it is a command, not GeoJSON", "give the features themselves")
    if suffix == ".gpkg":
        assert_stored(path)
    elif suffix == ".shp":
        _assert_index(path)
    elif suffix in (".osm", ".graphml", ".xml"):
        refuse_entities(path)


def assert_stored(path: Path, *, file: str | None = None) -> None:
    """Refuse a GeoPackage that computes its rows: a view can run for ever.

    `file` is what problems call it, if not its own name.

    Raises
    ------
    DataError
        With the layer that is computed, or what is wrong with the file.
    """
    file = file or path.name
    uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as base:
            made = base.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
            listed = {str(row[0]).casefold() for row in _contents(base)}
            computed = {str(row[0]) for row in base.execute(_COMPUTED).fetchall()}
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise fatal(
            file,
            "cannot be read: it is damaged or not a GeoPackage",
            "check that the file is whole; export it again",
        ) from error
    for kind, name, sql in made:
        text = " ".join(str(sql or "").casefold().split())
        view = kind == "view" and str(name).casefold() in listed
        foreign = text.startswith("create virtual table") and "using rtree" not in text
        if view or foreign or name in computed:
            raise fatal(
                file,
                f"its layer {name} is computed, not stored",
                "export its rows into a new GeoPackage",
            )


def _contents(base: sqlite3.Connection) -> list[tuple[object, ...]]:
    try:
        return base.execute("SELECT table_name FROM gpkg_contents").fetchall()
    except sqlite3.OperationalError:  # no GeoPackage; GDAL reads other databases too
        return base.execute("SELECT name FROM sqlite_master").fetchall()


def _assert_index(path: Path) -> None:
    """Refuse a shapefile without its index, which GDAL needs, or with another file's table.

    GDAL would give as many features as the shorter of the two has, each with the other's row.
    """
    index, table = (_beside(path, suffix) for suffix in (".shx", ".dbf"))
    if index is None:
        raise fatal(
            path.name,
            "comes without the .shx file of the same name",
            "copy all its files into the folder: .shp, .shx, .dbf and .prj",
        )
    if table is None:
        return
    try:
        shapes = (index.stat().st_size - 100) // 8
    except OSError as error:
        raise _locked(path, error) from error
    rows = int.from_bytes(read_head(table, 8)[4:8], "little")
    if rows != shapes:
        raise fatal(
            path.name,
            f"its .dbf holds {rows:,} rows, and its .shx {shapes:,} shapes: one is another file's",
            "copy all its files again, at once: .shp, .shx, .dbf and .prj",
        )


def _beside(path: Path, suffix: str) -> Path | None:
    found = (path.with_suffix(s) for s in (suffix, suffix.upper()))
    return next((part for part in found if part.exists()), None)


def refuse_entities(path: Path) -> None:
    """Refuse XML that defines entities: map files have none, and they can swell without end."""
    marks = [m.encode(c) for m in ("<!DOCTYPE", "<!ENTITY") for c in ("ascii", "utf-16-le")]
    tail = b""
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_SCAN_BYTES):
                seen = tail + chunk
                if any(mark in seen for mark in marks):
                    raise fatal(
                        path.name,
                        "defines XML entities, which no street file needs",
                        "export it again",
                    )
                tail = seen[-32:]
    except OSError as error:
        raise _locked(path, error) from error
