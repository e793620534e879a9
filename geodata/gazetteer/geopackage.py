"""Rows of a GeoPackage's layer by key, through SQLite, without reading the whole into memory."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from geodata.files.kinds import assert_stored, fatal

__all__ = ["find_layer", "geopackage_file", "point_of", "rows_with"]

SQLITE_MAGIC: Final = b"SQLite format 3\x00"
_ENVELOPE_BYTES: Final = (0, 32, 48, 48, 64)


@contextmanager
def geopackage_file(path: Path, member: str | None) -> Iterator[Path]:
    """Give the GeoPackage itself, or that member of a zip, unpacked for as long as it is needed.

    Raises
    ------
    DataError
        If the member is no GeoPackage, or there is no room for it.
    """
    if member is None:
        assert_stored(path)
        yield path
        return
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as archive:
        room = shutil.disk_usage(folder).free
        if archive.getinfo(member).file_size > room:
            raise fatal(
                path.name,
                "there is no room on the disk to unpack it",
                "unpack it elsewhere, and name the .gpkg file",
            )
        target = Path(folder) / "unpacked.gpkg"
        with archive.open(member) as source, target.open("wb") as out:
            first = source.read(len(SQLITE_MAGIC))
            if first != SQLITE_MAGIC:
                raise fatal(path.name, f"{member} is not a GeoPackage", "download it again, whole")
            out.write(first)
            shutil.copyfileobj(source, out, 2**20)
        assert_stored(target, file=path.name)
        yield target


def find_layer(path: Path, needed: Sequence[str], *, file: str) -> tuple[str, list[str], str]:
    """Return a layer that has the columns `needed`, their spelling there, and its geometry column.

    `file` is what problems call the GeoPackage.

    Raises
    ------
    DataError
        If the file is damaged or has no such layer.
    """
    with _reading(path, file) as connection:
        layers = connection.execute(
            "SELECT table_name, column_name FROM gpkg_geometry_columns ORDER BY table_name"
        ).fetchall()
        for layer, geometry in layers:
            columns = connection.execute(f"PRAGMA table_info({_quoted(layer)})").fetchall()
            spelt = {str(column[1]).casefold(): str(column[1]) for column in columns}
            if all(name.casefold() in spelt for name in needed):
                return layer, [spelt[name.casefold()] for name in needed], geometry
    raise fatal(
        file,
        f"none of its layers has the columns {', '.join(needed)}",
        "give the GeoPackage as the Ordnance Survey ships it",
    )


def rows_with(
    path: Path,
    layer: str,
    columns: Sequence[str],
    *,
    key: str,
    wanted: Iterable[object],
    file: str,
) -> list[tuple[Any, ...]]:
    """Return `columns` of the rows of `layer` where the SQL expression `key` is one of `wanted`.

    Raises
    ------
    DataError
        If the file is damaged.
    """
    with _reading(path, file) as connection:
        connection.execute("CREATE TEMP TABLE wanted (value PRIMARY KEY) WITHOUT ROWID")
        connection.executemany("INSERT OR IGNORE INTO wanted VALUES (?)", ((w,) for w in wanted))
        chosen = ", ".join(map(_quoted, columns))
        return connection.execute(
            f"SELECT {chosen} FROM {_quoted(layer)} WHERE {key} IN (SELECT value FROM wanted)"
        ).fetchall()


@contextmanager
def _reading(path: Path, file: str) -> Iterator[sqlite3.Connection]:
    # Immutable: a file on a read-only share has no room for SQLite's journal beside it.
    address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            yield connection
    except (sqlite3.DatabaseError, OverflowError, UnicodeDecodeError) as error:
        raise fatal(
            file, "it is damaged or not a GeoPackage", "download it again, whole"
        ) from error


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def point_of(blob: object) -> tuple[float, float] | None:
    """Return the point of a GeoPackage geometry, None where it has none.

    The header before the WKB is that of the GeoPackage standard (OGC 12-128r19, 2.1.3).
    """
    import shapely

    if not isinstance(blob, bytes) or len(blob) < 8 or blob[:2] != b"GP":
        return None
    envelope = blob[3] >> 1 & 0b111
    if envelope >= len(_ENVELOPE_BYTES):
        return None
    shape = shapely.from_wkb(blob[8 + _ENVELOPE_BYTES[envelope] :], on_invalid="ignore")
    if shape is None or shape.is_empty or shape.geom_type != "Point":
        return None
    return float(shape.x), float(shape.y)
