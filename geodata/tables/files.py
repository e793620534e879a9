"""The bytes of a file to raw rows: CSV, Excel, and the geographic formats that GDAL reads."""

from __future__ import annotations

import csv
import datetime as dt
import io
import warnings
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from geodata.errors import DataError, Problem

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
    "read_excel",
    "read_geo",
    "read_text",
    "split_csv",
]

CSV_SUFFIXES: Final = frozenset({".csv", ".txt", ".tsv"})
EXCEL_SUFFIXES: Final = frozenset({".xlsx", ".xlsm"})
GEO_SUFFIXES: Final = frozenset({".geojson", ".json", ".gpkg", ".shp", ".fgb"})
DELIMITERS: Final = ",;\t|~^"


@dataclass(frozen=True)
class RawSheet:
    """Rows of one sheet as they stand, from its first row on; `name` is None for a CSV."""

    name: str | None
    rows: Sequence[Sequence[Any]]


def fatal(file: str, reason: str, remedy: str, *, sheet: str | None = None) -> DataError:
    """Return the error of a file that cannot be used at all."""
    return DataError([Problem(file=file, sheet=sheet, reason=reason, remedy=remedy)])


def checked_file(path: Path) -> None:
    """Refuse a path that is missing, a folder, or empty."""
    if not path.exists():
        raise fatal(
            path.name, "the file is not there", "check its name and folder in doorstep.toml"
        )
    if path.is_dir():
        raise fatal(path.name, "it is a folder", "name the file inside it")
    if path.stat().st_size == 0:
        raise fatal(path.name, "the file is empty", "export it again")


def read_text(path: Path) -> str:
    """Return a CSV's text: UTF-8 with or without BOM, UTF-16 with one, else Windows-1252.

    Raises
    ------
    DataError
        If the file is missing, empty or a workbook under another name.
    """
    checked_file(path)
    data, file = path.read_bytes(), path.name
    if data[:2] in (b"PK", b"\xd0\xcf"):
        raise fatal(file, "it is an Excel workbook with a CSV's name", "rename it to end in .xlsx")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def split_csv(text: str, delimiter: str) -> list[list[str]]:
    """Return the records of a CSV, blank lines included, so that row numbers hold."""
    csv.field_size_limit(10_000_000)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def _plain(value: Any) -> Any:
    """Return a workbook cell as text, except numbers, which stay numbers to be told apart."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        minutes = round(value.total_seconds() / 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"
    return value


def read_excel(path: Path, *, sheet: str | None = None) -> list[RawSheet]:
    """Return the sheets of a workbook; only `sheet` where one is named.

    Raises
    ------
    DataError
        If the file is missing, empty, damaged or of another kind.
    """
    checked_file(path)
    try:
        sheets = _excel_rows(path, sheet, values=False)
        if any(_is_formula(v) for s in sheets for row in s.rows for v in row):
            cached = _excel_rows(path, sheet, values=True)
            sheets = [_with_values(s, c) for s, c in zip(sheets, cached, strict=True)]
    except DataError:
        raise
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError, SyntaxError) as error:
        # openpyxl lets zip, XML (a SyntaxError) and missing-part errors through as they are.
        raise fatal(
            path.name,
            "it is damaged or not an Excel workbook",
            "open it in Excel, save it again as .xlsx, and copy it whole",
        ) from error
    return sheets


def _excel_rows(path: Path, sheet: str | None, *, values: bool) -> list[RawSheet]:
    import openpyxl

    with warnings.catch_warnings():
        # openpyxl warns of parts that it drops (styles, data validation); none holds data.
        warnings.simplefilter("ignore", UserWarning)
        book = openpyxl.load_workbook(path, read_only=True, data_only=values)
        try:
            names = [s.title for s in book.worksheets]
            if sheet is not None and sheet not in names:
                raise fatal(
                    path.name, f"it has no sheet {sheet!r}", f"name one of {', '.join(names)}"
                )
            sheets = []
            for work in book.worksheets:
                if sheet is None or work.title == sheet:
                    # Exporters often write a wrong size of the sheet; without it, rows are read.
                    work.reset_dimensions()
                    rows = [[_plain(v) for v in r] for r in work.iter_rows(values_only=True)]
                    sheets.append(RawSheet(work.title, rows))
        finally:
            book.close()
    return sheets


def _is_formula(value: object) -> bool:
    return isinstance(value, str) and value.startswith("=")


def _with_values(written: RawSheet, cached: RawSheet) -> RawSheet:
    """Return the rows with each formula's saved result, where the workbook holds one."""
    rows = [
        [
            result if _is_formula(value) and result is not None else value
            for value, result in zip(row, results, strict=True)
        ]
        for row, results in zip(written.rows, cached.rows, strict=True)
    ]
    return RawSheet(written.name, rows)


def read_geo(path: Path, *, crs: str, layer: str | None = None) -> gpd.GeoDataFrame:
    """Return the features of a geographic file, reprojected to `crs`.

    Raises
    ------
    DataError
        If the file is missing, unreadable, without features or without a CRS.
    """
    import pyogrio

    checked_file(path)
    if path.suffix.casefold() not in GEO_SUFFIXES:
        raise fatal(
            path.name,
            f"files ending in {path.suffix or 'nothing'!r} hold no shapes that are read",
            "use GeoJSON, GeoPackage or Shapefile",
        )
    try:
        frame = pyogrio.read_dataframe(path, layer=layer)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
        raise fatal(
            path.name, "it cannot be read as a geographic file", "export it again, whole"
        ) from error
    if "geometry" not in frame.columns:
        raise fatal(path.name, "its features have no geometry", "export it with its shapes")
    if frame.empty:
        raise fatal(path.name, "it has no features", "export it again")
    if frame.crs is None:
        raise fatal(
            path.name, "it does not say its CRS", "save it with its CRS, such as EPSG:27700"
        )
    bounds: Iterable[float] = frame.total_bounds
    if frame.crs.is_geographic and max(abs(b) for b in bounds) > 360:
        raise fatal(
            path.name,
            f"it says {frame.crs.to_string()}, but its coordinates are not degrees",
            "save it with the CRS that the coordinates are in, such as EPSG:27700",
        )
    return frame.to_crs(crs)
