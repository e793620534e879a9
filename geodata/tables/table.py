"""A file to a table of text under our column names: header row, column mapping, cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geodata.errors import Problem
from geodata.findings import Findings
from geodata.schema import TableSchema
from geodata.tables.files import GEO_SUFFIXES, RawSheet, fatal, read_geo
from geodata.tables.headers import check_columns, find_header, positions
from geodata.tables.parsing import BadCell

__all__ = ["Table", "parse_column", "read_table"]

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
        found = positions(schema, raw.rows[0], columns)
        first_row = 1
    else:
        raw, header, found = find_header(path, schema, columns, sheet)
        first_row = header + 2
    check_columns(path.name, raw, header, schema, columns, found)
    return _table(path.name, raw, header, first_row, found, points, schema.name)


def _attribute(value: Any) -> Any:
    if value is None or value is pd.NaT or value != value:
        return None
    return str(value) if isinstance(value, (bool, np.bool_, pd.Timestamp)) else value


def _table(
    file: str,
    raw: RawSheet,
    header: int,
    first_row: int,
    found: Mapping[str, int],
    points: npt.NDArray[np.float64] | None,
    kind: str,
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
    notes = _spelling_notes(file, raw.name, header, headings, kind)
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
    file: str, sheet: str | None, header: int, headings: Mapping[str, str], kind: str
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
    # Keyed by type too: 1 and 1.0 and True are the same key otherwise.
    kinds = set(map(type, cells))
    cleaned = {kind: {c: _cell_text(c) for c in set(cells) if type(c) is kind} for kind in kinds}
    texts = np.empty(len(cells), dtype=object)
    texts[:] = [cleaned[type(cell)][cell] for cell in cells]
    if kinds <= {str, type(None)}:
        return texts, np.zeros(len(cells), dtype=bool)
    return texts, np.array([not isinstance(c, (str, type(None))) for c in cells], dtype=bool)


def _cell_text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return _clean_text(cell)
    whole = float(cell).is_integer() and abs(cell) < 1e15
    return str(int(cell)) if whole else repr(float(cell))


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
        values[:] = [default] * len(values)
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
    values[:] = [parsed[text] for text in texts]
    heading = table.heading(column)
    for (reason, remedy), wrong in faults.items():
        where = pd.Series(texts, dtype=object).isin(wrong).to_numpy()
        found.mark(where, reason, remedy, column=heading, values=texts)
    if required:
        found.mark(texts == "", "is blank", "fill it in", column=heading)
    return values


def _refuse_formula(text: str) -> None:
    if text.startswith("="):
        raise BadCell("is a formula without a result", "replace it by its value")
    if text.upper() in _EXCEL_ERRORS:
        raise BadCell("is a spreadsheet's error mark", "correct the formula in the spreadsheet")
