"""The bytes of a file to raw rows: CSV, and the geographic formats that GDAL reads."""

from __future__ import annotations

import codecs
import csv
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from geodata.errors import DataError
from geodata.files.features import read_features, reprojected, unreadable
from geodata.files.kinds import GEO_SUFFIXES, checked_file, fatal, known_as, read_head
from geodata.files.limits import MAX_CELLS, MAX_COLUMNS, MAX_LINE_BYTES, MAX_ROWS, MAX_TEXT_BYTES

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = [
    "CSV_SUFFIXES",
    "DELIMITERS",
    "EXCEL_SUFFIXES",
    "GEO_SUFFIXES",
    "RawSheet",
    "checked_file",
    "fatal",
    "read_csv",
    "read_geo",
    "text_encoding",
]

CSV_SUFFIXES: Final = frozenset({".csv", ".txt", ".tsv"})
EXCEL_SUFFIXES: Final = frozenset({".xlsx", ".xlsm"})
DELIMITERS: Final = ",;\t|~^"

_CHUNK: Final = 2**20
_END_MARK: Final = "\x1eend of file"
"""A line put after the last: where it lands in a cell, a quotation mark is open."""


@dataclass(frozen=True)
class RawSheet:
    """Rows of one sheet as they stand, from its first row on; `name` is None for a CSV.

    `hidden` sheets are only read where nothing else holds the table. `from_1904`:
    the workbook counts its days from 1904, as old Macs did.
    """

    name: str | None
    rows: Sequence[Sequence[Any]]
    hidden: bool = False
    from_1904: bool = False


def text_encoding(path: Path) -> str:
    """Return a CSV's encoding: UTF-8 with or without BOM, UTF-16, else Windows-1252.

    Raises
    ------
    DataError
        If the file is missing, empty, too large, of another kind, or one endless line.
    """
    checked_file(path, most_bytes=MAX_TEXT_BYTES)
    head = read_head(path)
    if other := known_as(head):
        raise fatal(
            path.name,
            f"it is {other} with a CSV's name",
            "rename it to end in .xlsx if Excel opens it; else save it as CSV",
        )
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif head.count(0) > len(head) // 8:
        encoding = _unmarked(path, head)
    else:
        encoding = "utf-8-sig"
    return encoding if _decodes(path, encoding) else "cp1252"


def _unmarked(path: Path, head: bytes) -> str:
    """Return which UTF-16 it is, without its first mark: half of each character is empty."""
    first, second = head[::2].count(0), head[1::2].count(0)
    if min(first, second) > max(first, second) // 4:
        raise fatal(path.name, "it is no text file", "export it as CSV")
    return "utf-16-le" if second > first else "utf-16-be"


def _decodes(path: Path, encoding: str) -> bool:
    """Tell whether the whole file is in the encoding; refuse one with an endless line."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    fits, line = True, 0
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
                line = line + len(chunk) if last < 0 else len(chunk) - last
                if line > MAX_LINE_BYTES:
                    raise fatal(
                        path.name,
                        "it has a line that is too long for a table",
                        "export it again as CSV, a line each row",
                    )
                fits = fits and _decoded(decoder, chunk)
    except OSError as error:
        raise unreadable(path, error.strerror) from error
    # What looks like UTF-16 is not Windows-1252 if it is damaged.
    return (fits and _decoded(decoder, b"", final=True)) or encoding.startswith("utf-16")


def _decoded(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def read_csv(
    path: Path, *, encoding: str, delimiter: str, most: int | None = None
) -> list[list[str]]:
    """Return the records of a CSV, blank lines included, so that row numbers hold.

    Parameters
    ----------
    path, encoding, delimiter
        The encoding as `text_encoding` tells it.
    most
        How many records to read, whatever their quotation marks; by default all of them.

    Raises
    ------
    DataError
        If a quotation mark is never closed, or there is more than can be read.
    """
    records: list[list[str]] = []
    try:
        with path.open(encoding=encoding, errors="replace", newline="") as lines:
            reader = csv.reader(itertools.chain(lines, [_END_MARK]), delimiter=delimiter)
            cells = 0
            for record in itertools.islice(reader, most):
                cells += len(record)
                _assert_size(path, len(records), len(record), cells)
                records.append(record)
    except csv.Error as error:  # a cell beyond the module's limit of 131,072 characters
        if most is None:
            raise _unclosed(path, len(records) + 1) from error
        return records
    except MemoryError as error:
        raise _too_large(path, "takes more memory than there is") from error
    except OSError as error:
        raise unreadable(path, error.strerror) from error
    if records and records[-1] == [_END_MARK]:
        records.pop()
    elif most is None:
        raise _unclosed(path, len(records))
    return records


def _assert_size(path: Path, rows: int, columns: int, cells: int) -> None:
    if columns > MAX_COLUMNS:
        raise _too_large(path, f"has more than {MAX_COLUMNS:,} columns in row {rows + 1}")
    if rows > MAX_ROWS:
        raise _too_large(path, f"has more than {MAX_ROWS:,} rows")
    if cells > MAX_CELLS:
        raise _too_large(path, f"has more than {MAX_CELLS:,} cells")


def _too_large(path: Path, reason: str) -> DataError:
    return fatal(path.name, reason, "export only the rows and columns that are needed")


def _unclosed(path: Path, row: int) -> DataError:
    return fatal(
        path.name,
        f"a quotation mark in row {row:,} is opened and never closed",
        "remove it, or export the file again",
    )


def read_geo(path: Path, *, crs: str, layer: str | None = None) -> gpd.GeoDataFrame:
    """Return the features of a geographic file, reprojected to `crs`.

    Raises
    ------
    DataError
        If the file is missing, unreadable, without features or without a CRS.
    """
    checked_file(path)
    if path.suffix.casefold() not in GEO_SUFFIXES:
        raise fatal(
            path.name,
            f"files ending in {path.suffix or 'nothing'!r} hold no shapes that are read",
            "use GeoJSON, GeoPackage or Shapefile",
        )
    frame = read_features(path, layer=layer)
    if "geometry" not in frame.columns:
        raise fatal(path.name, "its features have no geometry", "export it with its shapes")
    if frame.empty:
        raise fatal(path.name, "it has no features", "export it again")
    if frame.crs is None:
        raise fatal(
            path.name, "it does not say its CRS", "save it with its CRS, such as EPSG:27700"
        )
    if frame.crs.is_geographic and (np.abs(_coordinates(frame)[0]) > 360).any():
        raise fatal(
            path.name,
            f"it says {frame.crs.to_string()}, but its coordinates are not degrees",
            "save it with the CRS that the coordinates are in, such as EPSG:27700",
        )
    frame = reprojected(frame, crs, file=path.name)
    # What has no place in the CRS asked for has no shape there.
    xy, feature = _coordinates(frame)
    off = np.zeros(len(frame), dtype=bool)
    off[feature[~np.isfinite(xy).all(axis=1)]] = True
    if off.any():
        frame.loc[off, "geometry"] = None
    return frame


def _coordinates(
    frame: gpd.GeoDataFrame,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return (n, 2) coordinates, and the place of the feature of each."""
    import shapely

    xy, feature = shapely.get_coordinates(frame.geometry.array, return_index=True)
    return xy, feature
