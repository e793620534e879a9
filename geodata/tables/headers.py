"""Which row of a file is its header, and which of its columns are ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from geodata.errors import DataError, Problem
from geodata.schema import TableSchema
from geodata.tables.files import (
    CSV_SUFFIXES,
    DELIMITERS,
    EXCEL_SUFFIXES,
    RawSheet,
    checked_file,
    fatal,
    read_excel,
    read_text,
    split_csv,
)

__all__ = ["check_columns", "find_header", "positions"]

HEADER_ROWS: Final = 30
"""The header is looked for in so many rows from the top."""


def positions(
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


def find_header(
    path: Path, schema: TableSchema, columns: Mapping[str, str], sheet: str | None
) -> tuple[RawSheet, int, dict[str, int]]:
    """Return the sheet, row and columns of the row that holds the most known headings."""
    candidates = _sheets(path, schema, columns, sheet)
    for candidate in candidates:
        header, found = _best_row(schema, columns, candidate.rows)
        if found:
            return candidate, header, found
    if not any(str(v or "").strip() for s in candidates for row in s.rows for v in row):
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
        found = positions(schema, row, columns)
        if len(found) > len(best[1]):
            best = (i, found)
    return best


def check_columns(
    file: str,
    raw: RawSheet,
    header: int,
    schema: TableSchema,
    columns: Mapping[str, str],
    found: Mapping[str, int],
) -> None:
    """Raise with every mapped or required column that the header lacks."""
    texts = [str(h).strip() for h in raw.rows[header] if h not in (None, "")]
    has = ", ".join(texts[:30])
    problems = [
        Problem(
            file=file,
            sheet=raw.name,
            row=header + 1,
            column=theirs,
            reason=f"is not in the file, though [columns.{schema.name}] says that it holds {ours}",
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
            reason="is a column that the file lacks",
            remedy=f"add it, or say under [columns.{schema.name}] which it is; the file has {has}",
        )
        for name in schema.required
        if name not in found and name not in columns
    ]
    if problems:
        raise DataError(problems)
