"""A file to a table of text under our column names: header row, column mapping, cells."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geodata.errors import DataError, Problem
from geodata.files import (
    CSV_SUFFIXES,
    DELIMITERS,
    EXCEL_SUFFIXES,
    GEO_SUFFIXES,
    RawSheet,
    checked_file,
    fatal,
    read_excel,
    read_geo,
    read_text,
    split_csv,
)
from geodata.findings import Findings
from geodata.parsing import BadCell
from geodata.schema import TableSchema

__all__ = ["Table", "parse_column", "read_table"]

logger = logging.getLogger(__name__)

HEADER_ROWS: Final = 30
"""The header is looked for in so many rows from the top."""

_BLANKS: Final = frozenset({"", "null", "<null>", "none", "nan", "nat", "n/a", "-", "(blank)"})
_EXCEL_ERRORS: Final = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!"}
)
_ZERO_WIDTH: Final = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d"))

ObjectArray = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Table:
    """A file's rows under our names.

    `texts` holds, for each of our columns that the file has, (n,) stripped text
    with "" for blank; `numeric` (n,) True where the workbook held a number.
    `headings` are the file's own names. `points` (n, 2) is from geometry, in
    the CRS asked for, NaN where a feature has none.
    """

    file: str
    sheet: str | None
    rows: npt.NDArray[np.int64]
    texts: Mapping[str, ObjectArray]
    numeric: Mapping[str, npt.NDArray[np.bool_]]
    headings: Mapping[str, str]
    points: npt.NDArray[np.float64] | None = None
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
        CSV or XLSX, or with `crs` also a geographic file.
    columns
        Our name -> the file's name, for names that are not recognised.
    sheet
        The sheet or layer; else the first that has a header.
    crs
        What the points of a geographic file are turned into.

    Raises
    ------
    DataError
        If the file cannot be read or lacks a header or a required column.
    """
    path = Path(path)
    columns = dict(columns or {})
    if unknown := sorted(set(columns) - set(schema.columns)):
        raise fatal(
            path.name,
            f"[columns.{schema.name}] names {', '.join(unknown)}, which {schema.name} do not have",
            f"use the names {', '.join(schema.columns)}",
        )
    points = None
    if crs is not None and path.suffix.casefold() in GEO_SUFFIXES:
        frame = read_geo(path, crs=crs, layer=sheet)
        centres = frame.geometry.representative_point()
        points = np.column_stack([centres.x, centres.y]).astype(float)
        attributes = frame.drop(columns=frame.geometry.name)
        rows = [[_attribute(v) for v in r] for r in attributes.itertuples(index=False, name=None)]
        raw, header = RawSheet(sheet, [list(attributes.columns), *rows]), 0
        found = _positions(schema, raw.rows[0], columns)
        first_row = 1
    else:
        raw, header, found = _find_header(path, schema, columns, sheet)
        first_row = header + 2
    _check_columns(path.name, raw, header, schema, columns, found)
    return _table(path.name, raw, header, first_row, found, points)


def _attribute(value: Any) -> Any:
    if value is None or value is pd.NaT or value != value:
        return None
    return str(value) if isinstance(value, (bool, np.bool_, pd.Timestamp)) else value


def _positions(
    schema: TableSchema, headings: Sequence[Any], columns: Mapping[str, str]
) -> dict[str, int]:
    """Return our name -> position in `headings`; the mapping wins over recognition."""
    texts = ["" if h is None else str(h).strip() for h in headings]
    mapped = {ours: texts.index(theirs) for ours, theirs in columns.items() if theirs in texts}
    taken = set(mapped.values())
    free = ["" if i in taken else text for i, text in enumerate(texts)]
    found = schema.recognise(free)
    return found | mapped


def _sheets(
    path: Path, schema: TableSchema, columns: Mapping[str, str], sheet: str | None
) -> list[RawSheet]:
    """Return a file's sheets. The usual delimiter that shows the most headings splits a CSV."""
    suffix = path.suffix.casefold()
    if suffix in EXCEL_SUFFIXES:
        return read_excel(path, sheet=sheet)
    if suffix in CSV_SUFFIXES:
        text = read_text(path)
        head = "".join(text.splitlines(keepends=True)[: 2 * HEADER_ROWS])
        known = {d: len(_best_row(schema, columns, split_csv(head, d))[1]) for d in DELIMITERS}
        return [RawSheet(None, split_csv(text, max(DELIMITERS, key=lambda d: known[d])))]
    checked_file(path)
    if suffix == ".xls":
        raise fatal(path.name, "the old .xls format is not read", "save it as .xlsx or CSV")
    raise fatal(
        path.name,
        f"files ending in {suffix or 'nothing'!r} are not read",
        "use CSV or XLSX, for homes and service centres also GeoJSON or GeoPackage",
    )


def _find_header(
    path: Path, schema: TableSchema, columns: Mapping[str, str], sheet: str | None
) -> tuple[RawSheet, int, dict[str, int]]:
    """Return the sheet, row and columns of the row that holds the most known headings."""
    candidates = _sheets(path, schema, columns, sheet)
    for candidate in candidates:
        header, found = _best_row(schema, columns, candidate.rows)
        if found:
            return candidate, header, found
    if not any(v not in (None, "") for s in candidates for row in s.rows for v in row):
        raise fatal(path.name, "the file is empty", "export it again")
    names = ", ".join(schema.required or schema.columns)
    raise fatal(
        path.name,
        f"no header row was found in the first {HEADER_ROWS} rows",
        f"name the columns, at least {names}; or map them under [columns.{schema.name}]",
    )


def _best_row(
    schema: TableSchema, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]
) -> tuple[int, dict[str, int]]:
    best: tuple[int, dict[str, int]] = (0, {})
    for i, row in enumerate(rows[:HEADER_ROWS]):
        found = _positions(schema, row, columns)
        if len(found) > len(best[1]):
            best = (i, found)
    return best


def _check_columns(
    file: str,
    raw: RawSheet,
    header: int,
    schema: TableSchema,
    columns: Mapping[str, str],
    found: Mapping[str, int],
) -> None:
    texts = [str(h).strip() for h in raw.rows[header] if h not in (None, "")]
    has = ", ".join(texts[:30])
    problems = [
        Problem(
            file=file,
            sheet=raw.name,
            row=header + 1,
            column=theirs,
            reason=f"the column is not in the file, though [columns.{schema.name}] "
            f"says that it holds {ours}",
            remedy=f"correct the name; the file has {has}",
        )
        for ours, theirs in columns.items()
        if theirs not in texts
    ]
    problems += [
        Problem(
            file=file,
            sheet=raw.name,
            row=header + 1,
            column=name,
            reason="the column is missing",
            remedy=f"add it, or say under [columns.{schema.name}] which it is; the file has {has}",
        )
        for name in schema.required
        if name not in found and name not in columns
    ]
    if problems:
        raise DataError(problems)


def _table(
    file: str,
    raw: RawSheet,
    header: int,
    first_row: int,
    found: Mapping[str, int],
    points: npt.NDArray[np.float64] | None,
) -> Table:
    headings = {ours: str(raw.rows[header][at]).strip() for ours, at in found.items()}
    body = raw.rows[header + 1 :]
    by_position = list(zip_longest(*body)) if body else []
    texts: dict[str, ObjectArray] = {}
    numeric: dict[str, npt.NDArray[np.bool_]] = {}
    for ours, at in found.items():
        cells = by_position[at] if at < len(by_position) else [None] * len(body)
        texts[ours], numeric[ours] = _clean(cells)
    filled = np.zeros(len(body), dtype=bool)
    for column in texts.values():
        filled |= column != ""
    footer = _footer(body, filled)
    keep = np.flatnonzero(filled if footer is None else filled & (np.arange(len(body)) != footer))
    notes = _spelling_notes(file, raw.name, header, headings)
    if footer is not None:
        notes.append(
            Problem(
                file=file,
                sheet=raw.name,
                row=first_row + footer,
                reason="the last row is a total, not data, and is left out",
                remedy="remove it from the export",
                severity="warning",
            )
        )
    return Table(
        file=file,
        sheet=raw.name,
        rows=keep + first_row,
        texts={name: column[keep] for name, column in texts.items()},
        numeric={name: column[keep] for name, column in numeric.items()},
        headings=headings,
        points=None if points is None else points[keep],
        notes=tuple(notes),
    )


def _spelling_notes(
    file: str, sheet: str | None, header: int, headings: Mapping[str, str]
) -> list[Problem]:
    other = [f"{theirs!r} as {ours}" for ours, theirs in headings.items() if theirs != ours]
    if not other:
        return []
    return [
        Problem(
            file=file,
            sheet=sheet,
            row=header + 1,
            reason=f"columns read under our names: {', '.join(other)}",
            remedy="if one is wrong, map it under [columns.…] in doorstep.toml",
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
    seen: dict[Any, str] = {}
    texts = np.empty(len(cells), dtype=object)
    numbers = np.zeros(len(cells), dtype=bool)
    for i, cell in enumerate(cells):
        if isinstance(cell, str):
            text = seen.get(cell)
            if text is None:
                text = seen[cell] = _clean_text(cell)
            texts[i] = text
        elif cell is None:
            texts[i] = ""
        else:
            numbers[i] = True
            whole = float(cell).is_integer() and abs(cell) < 1e15
            texts[i] = str(int(cell)) if whole else repr(float(cell))
    return texts, numbers


def _clean_text(cell: str) -> str:
    text = cell.translate(_ZERO_WIDTH).strip()
    if text.startswith('="') and text.endswith('"'):  # how exports keep leading zeros in a CSV
        text = text[2:-1].strip()
    return "" if text.casefold() in _BLANKS else text


def parse_column(
    table: Table,
    found: Findings,
    column: str,
    parser: Callable[[str], Any],
    *,
    default: Any = None,
    required: bool = False,
) -> ObjectArray:
    """Return (n,) values of a column; what `parser` refuses is marked in `found`.

    A blank cell, a refused one and an absent column give `default`; with
    `required`, a blank cell is a problem too.
    """
    values = np.empty(len(table.rows), dtype=object)
    texts = table.texts.get(column)
    if texts is None:
        for i in range(len(values)):
            values[i] = default
        return values
    parsed: dict[str, Any] = {"": default}
    faults: dict[tuple[str, str], list[str]] = {}
    for text in dict.fromkeys(texts):
        if text == "":
            continue
        parsed[text] = default
        try:
            _refuse_formula(text)
            parsed[text] = parser(text)
        except BadCell as fault:
            faults.setdefault((fault.reason, fault.remedy), []).append(text)
    for i, text in enumerate(texts):
        values[i] = parsed[text]
    heading = table.heading(column)
    for (reason, remedy), wrong in faults.items():
        where = pd.Series(texts, dtype=object).isin(wrong).to_numpy()
        found.mark(where, reason, remedy, column=heading, values=texts)
    if required:
        found.mark(texts == "", "is blank", "fill it in", column=heading, values=texts)
    return values


def _refuse_formula(text: str) -> None:
    if text.startswith("="):
        raise BadCell("is a formula without a result", "replace it by its value")
    if text.upper() in _EXCEL_ERRORS:
        raise BadCell("is a spreadsheet's error mark", "correct the formula in the spreadsheet")
