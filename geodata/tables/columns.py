"""Columns that several files share: ids, texts, and frames built from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geodata.findings import Findings, counted
from geodata.tables import ObjectArray, Table, parse_column
from geodata.tables.parsing import parse_id, parse_text, parse_yes_no

__all__ = [
    "build_frame",
    "integers",
    "is_before",
    "mark_backwards",
    "mark_repeats",
    "mark_short_ids",
    "parse_flags",
    "parse_ids",
    "parse_texts",
]


def parse_ids(table: Table, found: Findings, column: str, *, required: bool = False) -> ObjectArray:
    """Return (n,) ids as text, None where blank; ids that a workbook made numbers are marked."""
    values = parse_column(table, found, column, parse_id, required=required)
    numeric = table.numeric.get(column)
    if numeric is None or not numeric.any():
        return values
    heading, texts = table.heading(column), table.texts[column]
    broken = numeric & np.array([not t.isdigit() or len(t) > 15 for t in texts])
    found.mark(
        broken & np.array([v is not None for v in values], dtype=bool),
        "is an id that the spreadsheet holds as a rounded or negative number",
        "format the column as Text and export it again",
        column=heading,
        values=texts,
    )
    zeros = any(t.startswith("0") for t in texts[~numeric])
    whole = numeric & ~broken
    if zeros:
        found.mark(
            whole,
            "is a number among ids with leading zeros, so its own zeros may be lost",
            "format the column as Text and export it again",
            column=heading,
            values=texts,
        )
    elif whole.any() and column != "uprn":  # a UPRN is a number by nature
        found.note(
            f"holds {counted(int(whole.sum()), 'id')} as numbers, so leading zeros would be lost",
            "format the column as Text if the ids have any",
            column=heading,
        )
    return values


def parse_texts(table: Table, found: Findings, column: str) -> ObjectArray:
    """Return (n,) text with single spaces, None where blank or absent."""
    return parse_column(table, found, column, parse_text)


def parse_flags(table: Table, found: Findings, column: str) -> npt.NDArray[np.bool_]:
    """Return (n,) yes or no, False where blank or absent."""
    return parse_column(table, found, column, parse_yes_no, default=False).astype(bool)


def integers(values: ObjectArray) -> pd.Series:
    """Return whole numbers as a series of Int64, NA where there is none."""
    return pd.Series(values, dtype="Int64")


def is_before(values: ObjectArray, others: ObjectArray) -> list[bool]:
    """Tell row by row whether a value comes before the other, where there are both."""
    return [a is not None and b is not None and a < b for a, b in zip(values, others, strict=True)]


def mark_repeats(
    table: Table, found: Findings, column: str, values: ObjectArray, *, remedy: str
) -> None:
    """Mark every row whose id was in an earlier row, naming that row."""
    first: dict[str, int] = {}
    reasons = [""] * len(values)
    repeated = np.zeros(len(values), dtype=bool)
    for i, value in enumerate(values):
        if value is None:
            continue
        if value in first:
            repeated[i] = True
            reasons[i] = f"is duplicated (first at row {first[value]})"
        else:
            first[value] = int(found.rows[i])
    found.mark(repeated, reasons, remedy, column=table.heading(column), values=values)


def mark_short_ids(table: Table, found: Findings, column: str, values: ObjectArray) -> None:
    """Warn of all-digit ids shorter than nearly all others, which have leading zeros."""
    lengths = Counter(len(v) for v in values if v is not None and v.isdigit())
    if not lengths:
        return
    usual, count = lengths.most_common(1)[0]
    zeros = any(v is not None and len(v) == usual and v.startswith("0") for v in values)
    if not zeros or count < 0.9 * len(values):
        return
    short = np.array([v is not None and v.isdigit() and len(v) < usual for v in values], dtype=bool)
    found.mark(
        short,
        f"has fewer than the usual {usual} digits; leading zeros may be lost",
        "check it against the housing system",
        column=table.heading(column),
        values=values,
        severity="warning",
    )


def build_frame(
    table: Table,
    found: Findings,
    columns: Mapping[str, npt.NDArray[Any] | pd.Series[Any]],
) -> pd.DataFrame:
    """Return the good rows as a frame with column `row`; texts stay objects, None where absent."""
    series = {
        name: values if isinstance(values, pd.Series) else pd.Series(values, dtype=values.dtype)
        for name, values in columns.items()
    }
    frame = pd.DataFrame(series)
    frame["row"] = found.rows
    frame = frame[found.good].reset_index(drop=True)
    frame.attrs = {
        "file": found.file,
        "sheet": found.sheet,
        "headings": dict(table.headings),
    }
    return frame


def mark_backwards(table: Table, found: Findings, column: str, where: object) -> None:
    """Mark an end that is not after its start."""
    found.mark(
        np.asarray(where, dtype=bool),
        "is not after the start",
        "check both times",
        column=table.heading(column),
        values=table.texts.get(column),
    )
