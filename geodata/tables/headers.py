"""Which row of a file is its header, and which of its columns are ours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from geodata.errors import DataError, Problem
from geodata.files.plain import (
    CSV_SUFFIXES,
    DELIMITERS,
    EXCEL_SUFFIXES,
    RawSheet,
    checked_file,
    fatal,
    read_csv,
    text_encoding,
)
from geodata.files.workbook import read_excel
from geodata.tables.headings import CUT_AT, TableSchema

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Header", "column_problems", "find_header", "match_columns", "missing_columns"]

HEADER_ROWS: Final = 30
"""The header is looked for in so many rows from the top."""


@dataclass(frozen=True)
class Header:
    """A sheet, the place of its header, and which of its columns are ours.

    `found` is our name -> position; `rivals` our name -> all positions that could be
    meant, where there are several. `first_row` is the number of the row below the
    header, as the spreadsheet shows it. `points` (n, 2) is from geometry.
    """

    sheet: RawSheet
    at: int
    first_row: int
    found: Mapping[str, int]
    rivals: Mapping[str, list[int]]
    points: npt.NDArray[np.float64] | None = None
    notes: tuple[Problem, ...] = field(default=())

    @property
    def texts(self) -> list[str]:
        """The headings as the file has them."""
        return [_heading(cell) for cell in self.sheet.rows[self.at]]


def _heading(cell: Any) -> str:
    return "" if cell is None else " ".join(str(cell).split())


def match_columns(
    schema: TableSchema, headings: Sequence[Any], columns: Mapping[str, str], *, cut: bool = False
) -> tuple[dict[str, int], dict[str, list[int]]]:
    """Return our name -> position in `headings`, and the positions where several fit.

    The mapping `columns` wins over recognition. With `cut`, headings may be cut
    short as in a Shapefile.
    """
    texts = [_heading(h) for h in headings]
    mapped = {}
    for ours, theirs in columns.items():
        wanted = (theirs, _heading(theirs), theirs[:CUT_AT] if cut else theirs)
        places = [i for i, text in enumerate(texts) if text in wanted]
        if places:
            mapped[ours] = places
    taken = {place for places in mapped.values() for place in places}
    free = ["" if i in taken else text for i, text in enumerate(texts)]
    places_of = schema.candidates(free, cut=cut) | mapped
    found = {ours: places[0] for ours, places in places_of.items()}
    return found, {ours: places for ours, places in places_of.items() if len(places) > 1}


def _sheets(
    path: Path, schema: TableSchema, columns: Mapping[str, str], sheet: str | None
) -> list[RawSheet]:
    """Return a file's sheets. The usual delimiter that shows the most headings splits a CSV."""
    suffix = path.suffix.casefold()
    if suffix in EXCEL_SUFFIXES:
        return read_excel(path, sheet=sheet)
    if suffix in CSV_SUFFIXES:
        code = text_encoding(path)
        heads = {
            d: read_csv(path, encoding=code, delimiter=d, most=HEADER_ROWS) for d in DELIMITERS
        }
        if said := _said_delimiter(heads[DELIMITERS[0]]):
            # Excel does not show this line, and its numbers of rows do not count it.
            return [RawSheet(None, read_csv(path, encoding=code, delimiter=said)[1:])]
        known = {d: len(_best_row(schema, columns, head)[1]) for d, head in heads.items()}
        best = max(DELIMITERS, key=lambda d: known[d])
        return [RawSheet(None, read_csv(path, encoding=code, delimiter=best))]
    checked_file(path)
    if suffix == ".xls":
        raise fatal(path.name, "the old .xls format is not read", "save it as .xlsx or CSV")
    if suffix == ".zip":
        raise fatal(
            path.name,
            "an archive is not read",
            "unzip it, and give the file in it, such as the .shp beside its .dbf, .shx and .prj",
        )
    raise fatal(
        path.name,
        f"files ending in {suffix or 'nothing'!r} are not read",
        "use CSV, XLSX, GeoJSON, GeoPackage or Shapefile",
    )


def _said_delimiter(rows: Sequence[Sequence[str]]) -> str | None:
    """Return the delimiter that a first line such as "sep=;" names to Excel."""
    first = DELIMITERS[0].join(rows[0]) if rows else ""
    match = re.fullmatch(r"\s*sep=(.),*", first, re.IGNORECASE | re.DOTALL)
    return match[1] if match else None


def find_header(
    path: Path, schema: TableSchema, columns: Mapping[str, str], sheet: str | None
) -> Header:
    """Return the sheet, row and columns of the row that holds the most known headings.

    A sheet with all required columns comes before one without, one that is shown
    before a hidden one, one with more of the columns before one with fewer.

    Raises
    ------
    DataError
        If no sheet has a header.
    """
    sheets = _sheets(path, schema, columns, sheet)
    rated = [(*_best_row(schema, columns, candidate.rows), candidate) for candidate in sheets]
    fits = [
        (not missing_columns(schema, columns, found), not candidate.hidden, len(found))
        for _, found, candidate in rated
    ]
    best = max(range(len(rated)), key=lambda i: (fits[i], -i), default=None)
    if best is None or not fits[best][2]:
        raise _no_header(path, schema, sheets)
    at, found, raw = rated[best]
    notes = []
    if not fits[best][0] and (over := _over_two_rows(schema, columns, raw)):
        at, raw = over
        found = match_columns(schema, raw.rows[at], columns)[0]
        notes.append(_two_rows(path.name, raw.name, at, schema.name))
    # A sheet with far fewer of the columns is another table, which shares the reference.
    also = [
        rated[i][2].name
        for i, (whole, shown, count) in enumerate(fits)
        if i != best and whole and shown and 2 * count > fits[best][2]
    ]
    if also:
        notes.append(_other_sheets(path.name, raw.name, also, schema.name))
    rivals = match_columns(schema, raw.rows[at], columns)[1]
    return Header(raw, at, at + 2, found, rivals, notes=tuple(notes))


def _over_two_rows(
    schema: TableSchema, columns: Mapping[str, str], raw: RawSheet
) -> tuple[int, RawSheet] | None:
    """Return the sheet with a header that goes over two rows put into the lower one, and where.

    A cell of the upper row goes on to the right where it is blank, as merged cells do.
    """
    for at in range(1, min(HEADER_ROWS, len(raw.rows))):
        lower, above, headings = raw.rows[at], "", []
        for i, cell in enumerate(lower):
            upper = raw.rows[at - 1][i] if i < len(raw.rows[at - 1]) else None
            above = _heading(upper) or above
            both = f"{above} {_heading(cell)}".strip()
            headings.append(both if match_columns(schema, [both], columns)[0] else _heading(cell))
        if not missing_columns(schema, columns, match_columns(schema, headings, columns)[0]):
            return at, replace(raw, rows=[*raw.rows[:at], headings, *raw.rows[at + 1 :]])
    return None


def _two_rows(file: str, sheet: str | None, at: int, kind: str) -> Problem:
    return Problem(
        file=file,
        sheet=sheet,
        row=at + 1,
        reason="the header goes over two rows, which were read together",
        remedy=f"check what was read as what; or map the columns under [columns.{kind}]",
        severity="warning",
    )


def _other_sheets(file: str, sheet: str | None, also: Sequence[str | None], kind: str) -> Problem:
    names = ", ".join(repr(name) for name in also)
    return Problem(
        file=file,
        sheet=sheet,
        reason=f"is the sheet that was read; {names} could hold {kind} too",
        remedy=f'to read another, set in doorstep.toml {kind} = {{ file = "{file}", sheet = "…" }}',
        severity="warning",
    )


def _no_header(path: Path, schema: TableSchema, sheets: Sequence[RawSheet]) -> DataError:
    if not any(str(v or "").strip() for s in sheets for row in s.rows for v in row):
        return fatal(path.name, "the file is empty", "export it again")
    names = ", ".join(schema.required or schema.columns)
    return fatal(
        path.name,
        f"no header row was found in the first {HEADER_ROWS} rows",
        f"name the columns, at least {names}; or map them under [columns.{schema.name}]",
    )


def _best_row(
    schema: TableSchema, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]
) -> tuple[int, dict[str, int]]:
    best: tuple[int, dict[str, int]] = (0, {})
    for i, row in enumerate(rows[:HEADER_ROWS]):
        found, _ = match_columns(schema, row, columns)
        if len(found) > len(best[1]):
            best = (i, found)
    return best


def missing_columns(
    schema: TableSchema, columns: Mapping[str, str], found: Mapping[str, int]
) -> list[str]:
    """Return our names of the columns that are required or mapped, and not there."""
    return [name for name in dict.fromkeys((*schema.required, *columns)) if name not in found]


def column_problems(
    file: str, header: Header, schema: TableSchema, columns: Mapping[str, str]
) -> list[Problem]:
    """Return a problem for every mapped or required column that the header lacks."""
    has = ", ".join([text for text in header.texts if text][:30])
    problems = []
    for name in missing_columns(schema, columns, header.found):
        mapped = name in columns
        problems.append(
            Problem(
                file=file,
                sheet=header.sheet.name,
                row=header.first_row - 1 or None,
                column=columns[name] if mapped else name,
                reason=f"is not in the file, though [columns.{schema.name}] says that it holds "
                f"{name}"
                if mapped
                else "is a column that the file lacks",
                remedy=f"correct the name; the file has {has}"
                if mapped
                else f"add it, or say under [columns.{schema.name}] which it is; "
                f"the file has {has}",
            )
        )
    return problems
