"""The sheets of an Excel workbook as raw rows, whatever the file claims or holds."""

from __future__ import annotations

import datetime as dt
import re
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from geodata.errors import DataError
from geodata.files.kinds import checked_file, fatal, known_as, read_head
from geodata.files.limits import (
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_PART_BYTES,
    MAX_SHEET_ROWS,
    MAX_SHEETS,
    MAX_STRING_TAGS,
    MAX_UNPACKED_BYTES,
    MAX_WORKBOOK_BYTES,
)
from geodata.files.plain import RawSheet

__all__ = ["read_excel"]

_CHUNK: Final = 2**20
_SHEETS: Final = "xl/worksheets/"
_STRINGS: Final = "xl/sharedStrings.xml"
_NOT_READ: Final = re.compile(
    "xl/(media/|embeddings/|pivotCache/|drawings/|charts/|externalLinks/|comments|calcChain|vba)"
)
_DAMAGED: Final = "it is damaged or not an Excel workbook"
_SAVE_AGAIN: Final = "open it in Excel, save it again as .xlsx, and copy it whole"
_SLIM: Final = "copy the columns that are needed into a new workbook, or save the sheet as CSV"


def read_excel(path: Path, *, sheet: str | None = None) -> list[RawSheet]:
    """Return the sheets of a workbook; only `sheet` where one is named.

    Rows end at their last filled cell; empty rows after the last filled one are
    left out.

    Raises
    ------
    DataError
        If the file is missing, empty, damaged, of another kind, or unpacks to
        more than can be read.
    """
    checked_file(path, most_bytes=MAX_WORKBOOK_BYTES)
    _assert_packed(path)
    try:
        _assert_parts(path)
        sheets = _excel_rows(path, sheet, values=False)
        if any(_is_formula(v) for s in sheets for row in s.rows for v in row):
            cached = _excel_rows(path, sheet, values=True)
            sheets = [_with_values(s, c) for s, c in zip(sheets, cached, strict=True)]
    except DataError:
        raise
    except MemoryError as error:
        raise fatal(path.name, "takes more memory than there is", _SLIM) from error
    except Exception as error:  # openpyxl lets zip, XML and any other errors through as they are
        raise fatal(path.name, _DAMAGED, _SAVE_AGAIN) from error
    return sheets


def _assert_packed(path: Path) -> None:
    """Refuse what is no zip file, and say what it is instead."""
    head = read_head(path)
    other = known_as(head)
    if head[:4] == b"PK\x03\x04" and other != "an OpenDocument spreadsheet":
        return
    if head[:4] == b"\xd0\xcf\x11\xe0":
        remedy = "open it in Excel, take off the password, and save it as .xlsx"
    else:
        remedy = "open it in Excel, and save it as .xlsx; or give it the name that it had"
    reason = f"it is {other}, not an Excel workbook" if other else _DAMAGED
    raise fatal(path.name, reason, remedy)


def _assert_parts(path: Path) -> None:
    """Refuse a workbook that unpacks to more than can be read.

    zipfile unpacks no more of a part than its entry says, so that what the entries say is a
    bound, whether it is true or not.
    """
    with zipfile.ZipFile(path) as book:
        parts = book.infolist()
        large = [p for p in parts if p.filename.startswith(_SHEETS) or p.filename == _STRINGS]
        small = {p for p in parts if not _NOT_READ.match(p.filename)} - set(large)
        if sum(p.file_size for p in large) > MAX_UNPACKED_BYTES or any(
            p.file_size > MAX_PART_BYTES for p in small
        ):
            raise fatal(path.name, "it unpacks to more than any workbook needs", _SLIM)
        if not all(_fits(book, part) for part in large):
            raise fatal(path.name, "it unpacks to more than any workbook needs", _SLIM)


def _fits(book: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Tell whether a part has few enough marks, and its rows or texts come often enough."""
    strings = part.filename == _STRINGS
    mark = b"si" if strings else b"row"
    tags = since = 0
    with book.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            tags += chunk.count(b"<")
            last = chunk.rfind(mark)
            since = since + len(chunk) if last < 0 else len(chunk) - last
            if since > MAX_PART_BYTES or (strings and tags > MAX_STRING_TAGS):
                return False
    return True


def _plain(value: Any) -> Any:
    """Return a workbook cell as text, except numbers, which stay numbers to be told apart."""
    if value is None or isinstance(value, (str, float)):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return value if abs(value) < 10**18 else float(value)
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        minutes = round(value.total_seconds() / 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"
    # A formula over several cells comes as an object of its own.
    return f"={getattr(value, 'text', None) or ''}".replace("==", "=", 1)


def _excel_rows(path: Path, sheet: str | None, *, values: bool) -> list[RawSheet]:
    import openpyxl
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    # openpyxl would leave a damaged file open.
    with path.open("rb") as stream, warnings.catch_warnings():
        # openpyxl warns of parts that it drops (styles, data validation); none holds data.
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(stream, read_only=True, data_only=values, keep_links=False)
        names = [s.title for s in book.worksheets]
        if sheet is not None and sheet not in names:
            raise fatal(path.name, f"it has no sheet {sheet!r}", f"name one of {', '.join(names)}")
        # One part under many names would be read as often.
        kept = {s._worksheet_path for s in book.worksheets}
        if len(names) > MAX_SHEETS or len(kept) < len(names):
            raise fatal(path.name, "it has more sheets than any workbook needs", _SLIM)
        sheets, left = [], MAX_CELLS
        for work in book.worksheets:
            if sheet is None or work.title == sheet:
                rows = _sheet_rows(path, work, left)
                left -= sum(map(len, rows))
                sheets.append(
                    RawSheet(
                        work.title,
                        rows,
                        hidden=work.sheet_state != "visible",
                        from_1904=book.epoch == CALENDAR_MAC_1904,
                    )
                )
    return sheets


def _sheet_rows(path: Path, work: Any, most_cells: int) -> list[list[Any]]:
    # Exporters often write a wrong size of the sheet; without it, rows are read.
    work.reset_dimensions()
    rows: list[list[Any]] = []
    filled = cells = 0
    nothing: list[Any] = []
    for number, row in enumerate(work.iter_rows(values_only=True), 1):
        end = len(row)
        while end and row[end - 1] is None:
            end -= 1
        cells += end
        if number > MAX_SHEET_ROWS or end > MAX_COLUMNS or cells > most_cells:
            raise fatal(path.name, "it holds more than a workbook can", _SLIM, sheet=work.title)
        rows.append([_plain(v) for v in row[:end]] if end else nothing)
        if end:
            filled = number
    return rows[:filled]


def _is_formula(value: object) -> bool:
    return isinstance(value, str) and value.startswith("=")


def _with_values(written: RawSheet, cached: RawSheet) -> RawSheet:
    """Return the rows with each formula's saved result, where the workbook holds one."""
    results = [*cached.rows, *[[]] * (len(written.rows) - len(cached.rows))]
    rows = [
        [
            result[i] if _is_formula(v) and i < len(result) and result[i] is not None else v
            for i, v in enumerate(row)
        ]
        for row, result in zip(written.rows, results, strict=True)
    ]
    return replace(written, rows=rows)
