"""A file to a table of text under our column names: header row, column mapping, cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geodata.errors import DataError, Problem
from geodata.files.kinds import fatal
from geodata.files.layers import LAYER_SUFFIXES, read_layer
from geodata.files.limits import MAX_CELL_CHARS
from geodata.findings import Findings
from geodata.tables.headers import Header, column_problems, find_header
from geodata.tables.headings import TableSchema
from geodata.tables.parsing import BadCell
from geodata.tables.rivals import settle_rivals
from geodata.tables.shown import harmless, like_a_code

__all__ = ["Table", "parse_column", "read_table"]

_BLANKS: Final = frozenset({"", "null", "<null>", "none", "nan", "nat", "n/a", "-", "(blank)"})
_EXCEL_ERRORS: Final = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!"}
)
_UNSEEN: Final = dict.fromkeys(
    [
        *map(ord, "\ufeff\u200b\u200c\u200d\ufffe\uffff"),
        *(c for c in [*range(32), *range(127, 160)] if chr(c) not in "\t\n\r\x85"),
        *range(0xD800, 0xE000),
    ]
)
"""Signs without width, control characters and halves of characters: no spreadsheet shows them,
and some cannot be written into one."""

_APOSTROPHE: Final = re.compile(r"'(?!\s*=)(?:\d+$| *[-+@\t\r\n\uff1d\uff0b\uff0d\uff20])")
"""How spreadsheets and our own files mark that a number or sign is text."""
_QUOTED_FORMULA: Final = re.compile(r"'\s*=")
"""What looks like a formula and is text, in our own files; `_clean_text` leaves it as it is,
for without the apostrophe nothing would tell the two apart."""

ObjectArray = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Table:
    """A file's rows under our names.

    `texts` holds, for each of our columns that the file has, (n,) stripped text
    with "" for blank; `numeric` (n,) True where the workbook held a number.
    `headings` are the file's own names. `points` (n, 2) is from geometry, in
    the CRS asked for, NaN where a feature has none. `from_1904`: the workbook
    counts days from 1904.
    """

    file: str
    sheet: str | None
    rows: npt.NDArray[np.int64]
    texts: Mapping[str, ObjectArray]
    numeric: Mapping[str, npt.NDArray[np.bool_]]
    headings: Mapping[str, str]
    points: npt.NDArray[np.float64] | None = None
    from_1904: bool = False
    notes: tuple[Problem, ...] = field(default=())

    def findings(self) -> Findings:
        """Return an empty collection of problems for these rows, with the file's notes in it."""
        found = Findings(self.file, self.rows, sheet=self.sheet)
        found.problems.extend(self.notes)
        return found

    def take(self, keep: npt.NDArray[np.bool_]) -> Table:
        """Return the rows where `keep` (n,) is True."""
        return replace(
            self,
            rows=self.rows[keep],
            texts={name: column[keep] for name, column in self.texts.items()},
            numeric={name: column[keep] for name, column in self.numeric.items()},
            points=None if self.points is None else self.points[keep],
        )

    def heading(self, column: str) -> str:
        """Return the file's own name of our column."""
        return self.headings.get(column, column)


def read_table(
    path: str | Path,
    schema: TableSchema,
    *,
    columns: Mapping[str, str] | None = None,
    sheet: str | None = None,
    crs: str | None = None,
) -> Table:
    """Read a file and find the columns of `schema` in it.

    Parameters
    ----------
    path
        CSV, XLSX, GeoJSON, GeoPackage, Shapefile or a dBase table.
    columns
        Our name -> the file's name, for names that are not recognised.
    sheet
        The sheet or layer; else the first that has the required columns.
    crs
        What the points of a geographic file are turned into; with None, its
        shapes are not read.

    Raises
    ------
    DataError
        If the file cannot be read, lacks a header or a required column, or has
        two that could be the same one of ours, which it cannot do without.
    """
    path = Path(path)
    columns = dict(columns or {})
    if unknown := sorted(set(columns) - set(schema.columns)):
        raise fatal(
            path.name,
            f"[columns.{schema.name}] names {', '.join(unknown)}, which {schema.name} do not have",
            f"use the names {', '.join(schema.columns)}",
        )
    if path.suffix.casefold() in LAYER_SUFFIXES:
        header = read_layer(path, schema, columns, layer=sheet, crs=crs)
    else:
        header = find_header(path, schema, columns, sheet)
    return _table(path.name, header, schema, columns)


def _table(file: str, header: Header, schema: TableSchema, columns: Mapping[str, str]) -> Table:
    body = header.sheet.rows[header.at + 1 :]
    cleaned: dict[int, tuple[ObjectArray, npt.NDArray[np.bool_]]] = {}

    shortest = min(map(len, body), default=0)

    def cells(at: int) -> tuple[ObjectArray, npt.NDArray[np.bool_]]:
        if at not in cleaned:
            there = at < shortest
            cleaned[at] = _clean(
                [row[at] for row in body]
                if there
                else [row[at] if at < len(row) else None for row in body]
            )
        return cleaned[at]

    missing = column_problems(file, header, schema, columns)
    settled, notes, stops = settle_rivals(file, header, schema, lambda at: cells(at)[0])
    if missing or stops:
        raise DataError([*missing, *notes])
    places = {ours: [at] for ours, at in header.found.items()} | settled
    read = {ours: _merged([cells(at) for at in of]) for ours, of in places.items() if of}
    headings = {ours: header.texts[places[ours][0]] for ours in read}
    texts = {ours: column for ours, (column, _) in read.items()}
    numeric = {ours: numbers for ours, (_, numbers) in read.items()}
    filled = np.zeros(len(body), dtype=bool)
    for column in texts.values():
        filled |= column != ""
    footer = _footer(body, filled)
    keep = np.flatnonzero(filled if footer is None else filled & (np.arange(len(body)) != footer))
    notes = [*header.notes, *_spelling_notes(file, header, headings, schema.name), *notes]
    if footer is not None:
        notes.append(
            Problem(
                file=file,
                sheet=header.sheet.name,
                row=header.first_row + footer,
                reason="the last row is a total, not data, and is left out",
                remedy="remove it from the export",
                severity="warning",
            )
        )
    return Table(
        file=file,
        sheet=header.sheet.name,
        rows=keep + header.first_row,
        texts={name: column[keep] for name, column in texts.items()},
        numeric={name: column[keep] for name, column in numeric.items()},
        headings=headings,
        points=None if header.points is None else header.points[keep],
        from_1904=header.sheet.from_1904,
        notes=tuple(notes),
    )


def _merged(
    columns: list[tuple[ObjectArray, npt.NDArray[np.bool_]]],
) -> tuple[ObjectArray, npt.NDArray[np.bool_]]:
    """Return text and numbers of the first column, where blank of the next."""
    texts, numeric = columns[0]
    for other, numbers in columns[1:]:
        numeric = np.where(texts == "", numbers, numeric)
        texts = np.where(texts == "", other, texts)
    return texts, numeric


def _spelling_notes(
    file: str, header: Header, headings: Mapping[str, str], kind: str
) -> list[Problem]:
    other = [f"{theirs!r} as {ours}" for ours, theirs in headings.items() if theirs != ours]
    if not other:
        return []
    return [
        Problem(
            file=file,
            sheet=header.sheet.name,
            row=header.first_row - 1 or None,
            reason=f"columns read under our names: {', '.join(other)}",
            remedy=f"if one is wrong, map it under [columns.{kind}] in doorstep.toml",
            severity="warning",
        )
    ]


def _footer(body: Sequence[Sequence[Any]], filled: npt.NDArray[np.bool_]) -> int | None:
    """Return the place of a last row such as "Total: 60", where there is one."""
    if not filled.any():
        return None
    last = int(np.flatnonzero(filled)[-1])
    cells = [str(v).strip().casefold() for v in body[last] if v not in (None, "")]
    words = ("total", "grand total", "end of report", "records", "count")
    return last if len(cells) <= 2 and cells[0].startswith(words) else None


def _clean(cells: Sequence[Any]) -> tuple[ObjectArray, npt.NDArray[np.bool_]]:
    """Return (n,) stripped text, and where the cell was a number."""
    texts = np.empty(len(cells), dtype=object)
    kinds = set(map(type, cells))
    if kinds <= {str, type(None)}:
        words = {cell: _cell_text(cell) for cell in set(cells)}
        texts[:] = [words[cell] for cell in cells]
        return texts, np.zeros(len(cells), dtype=bool)
    # Keyed by type too: 1 and 1.0 and True are the same key otherwise.
    cleaned = {kind: {c: _cell_text(c) for c in set(cells) if type(c) is kind} for kind in kinds}
    texts[:] = [cleaned[type(cell)][cell] for cell in cells]
    return texts, np.array([not isinstance(c, (str, type(None))) for c in cells], dtype=bool)


def _cell_text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return _clean_text(cell)
    if abs(cell) < 1e15 and float(cell).is_integer():
        return str(int(cell))
    return repr(float(cell))


def _clean_text(cell: str) -> str:
    # Most cells are plain; asking first takes a fraction of the time.
    text = (cell if cell.isprintable() else cell.translate(_UNSEEN)).strip()
    if text.startswith('="') and text.endswith('"'):  # how exports keep leading zeros in a CSV
        text = text[2:-1].strip()
    if text.startswith("'") and _APOSTROPHE.match(text):
        text = text[1:].strip()
    return "" if text.casefold() in _BLANKS else text


def parse_column(
    table: Table,
    found: Findings,
    column: str,
    parser: Callable[[str], Any],
    *,
    default: Any = None,
    required: bool = False,
    private: bool = False,
    codes: Collection[str] | None = None,
) -> ObjectArray:
    """Return (n,) values of a column; what `parser` refuses is marked in `found`.

    A blank cell, a refused one and an absent column give `default`; with
    `required`, a blank cell is a problem too. What stands in a `private` column
    is not repeated in a problem: it may be about a person. Of a column of
    `codes`, only what looks like one is.
    """
    values = np.empty(len(table.rows), dtype=object)
    texts = table.texts.get(column)
    if texts is None:
        values[:] = [default] * len(values)
        return values
    parsed: dict[str, Any] = {"": default}
    faults: dict[tuple[str, str], list[str]] = {}
    for text in dict.fromkeys(texts):
        if text == "":
            continue
        try:
            _refuse_unread(text)
            parsed[text] = parser(_unquoted(text))
        except BadCell as fault:
            parsed[text] = default
            faults.setdefault((fault.reason, fault.remedy), []).append(text)
    values[:] = [parsed[text] for text in texts]
    heading = table.heading(column)
    for (reason, remedy), wrong in faults.items():
        where = pd.Series(texts, dtype=object).isin(wrong).to_numpy()
        shown = {text: _shown(text, private, codes) for text in wrong}
        values_shown = [shown.get(text) for text in texts]
        found.mark(where, reason, remedy, column=heading, values=values_shown)
    if required:
        found.mark(texts == "", "is blank", "fill it in", column=heading)
    return values


def _unquoted(text: str) -> str:
    """Return text that only looks like a formula without the apostrophe that says so."""
    if text.startswith("'") and _QUOTED_FORMULA.match(text):
        return text[1:].strip()
    return text


def _shown(text: str, private: bool, codes: Collection[str] | None) -> str | None:
    if private:
        return harmless(text)
    return text if codes is None else like_a_code(text, codes)


def _refuse_unread(text: str) -> None:
    if len(text) > MAX_CELL_CHARS:
        raise BadCell(
            f"is longer than {MAX_CELL_CHARS:,} characters", "check the quotation marks around it"
        )
    if text.startswith("="):
        raise BadCell("is a formula without a result", "replace it by its value")
    if text.startswith("#") and text.upper() in _EXCEL_ERRORS:
        raise BadCell("is a spreadsheet's error mark", "correct the formula in the spreadsheet")
