"""The sheets of an Excel workbook as raw rows, whatever the file claims or holds."""

from __future__ import annotations

import datetime as dt
import re
import warnings
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

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

if TYPE_CHECKING:
    from openpyxl.reader.excel import ExcelReader

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
        return _sheets(path, sheet)
    except DataError:
        raise
    except MemoryError as error:
        raise fatal(path.name, "takes more memory than there is", _SLIM) from error
    except Exception as error:  # openpyxl lets zip, XML and any other errors through as they are
        raise fatal(path.name, _DAMAGED, _SAVE_AGAIN) from error


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
    minutes = round(value.total_seconds() / 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _sheets(path: Path, sheet: str | None) -> list[RawSheet]:
    from openpyxl.reader.excel import ExcelReader
    from openpyxl.styles.stylesheet import apply_stylesheet
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    # openpyxl would leave a damaged file open.
    with path.open("rb") as stream, warnings.catch_warnings():
        # openpyxl warns of parts that it drops (styles, data validation); none holds data.
        warnings.simplefilter("ignore")
        # What `load_workbook` does, without the parts that hold no rows. It would also read
        # each sheet an extra time that does not say its size.
        book = ExcelReader(stream, read_only=True, data_only=True, keep_links=False)
        book.read_manifest()
        book.read_strings()
        book.read_workbook()
        apply_stylesheet(book.archive, book.wb)
        listed = [
            (each, part.target)
            for each, part in book.parser.find_sheets()
            if part.target in book.valid_files and "chartsheet" not in part.Type
        ]
        names = [each.name for each, _ in listed]
        if sheet is not None and sheet not in names:
            raise fatal(path.name, f"it has no sheet {sheet!r}", f"name one of {', '.join(names)}")
        # One part under many names would be read as often.
        if len(names) > MAX_SHEETS or len({part for _, part in listed}) < len(names):
            raise fatal(path.name, "it has more sheets than any workbook needs", _SLIM)
        sheets, left = [], MAX_CELLS
        for each, part in listed:
            if sheet is None or each.name == sheet:
                rows = _sheet_rows(path, book, part, each.name, left)
                left -= sum(map(len, rows))
                hidden = each.state != "visible"
                from_1904 = book.wb.epoch == CALENDAR_MAC_1904
                sheets.append(RawSheet(each.name, rows, hidden=hidden, from_1904=from_1904))
    return sheets


def _sheet_rows(
    path: Path, book: ExcelReader, part: str, title: str, most_cells: int
) -> list[list[Any]]:
    from geodata.files.sheet_cells import SheetCells

    rows: list[list[Any]] = []
    cells = 0
    nothing: list[Any] = []
    with book.archive.open(part) as stream:
        parser = SheetCells(
            stream,
            book.shared_strings,
            data_only=True,
            epoch=book.wb.epoch,
            date_formats=book.wb._date_formats,
            timedelta_formats=book.wb._timedelta_formats,
        )
        for number, row in parser.parse():
            filled = {cell["column"]: cell["value"] for cell in row if cell["value"] is not None}
            if not filled or number <= len(rows):
                continue
            end = max(filled)
            cells += end
            if number > MAX_SHEET_ROWS or end > MAX_COLUMNS or cells > most_cells:
                raise fatal(path.name, "it holds more than a workbook can", _SLIM, sheet=title)
            rows.extend([nothing] * (number - 1 - len(rows)))
            values: list[Any] = [None] * end
            for column, value in filled.items():
                values[column - 1] = _plain(value)
            rows.append(values)
    return rows
