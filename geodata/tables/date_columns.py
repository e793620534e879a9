"""Columns of dates: day first, and a column that cannot be is a problem, never a guess."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geodata.findings import Findings, counted
from geodata.tables.dates import slashed_parts
from geodata.tables.table import ObjectArray, Table, parse_column

__all__ = ["moments", "parse_dates"]

_DAYS_TO_1904: Final = 1462
"""From the day on which most workbooks start counting to that of old Macs'."""
_TELLING: Final = 5
"""So many dates of each kind say that a spreadsheet has swapped days and months."""


def parse_dates(
    table: Table,
    found: Findings,
    column: str,
    parser: Callable[[str], dt.date],
    *,
    required: bool = False,
    private: bool = False,
) -> ObjectArray:
    """Return (n,) dates or instants, None where blank.

    Where a date of the column is only possible month first, the others that
    can be read either way may be month first as well. Unless another date of
    the column proves that it is written day first, these are marked too.

    Parameters
    ----------
    parser
        Such as `parse_date`, `parse_date_time`, `parse_deadline`.
    """
    table = _from_1904(table, column)
    values = parse_column(table, found, column, parser, required=required, private=private)
    texts = table.texts.get(column)
    if texts is not None:
        first, second = _parts(texts)
        shown = None if private else texts
        _mark_month_first(table, found, column, first, second, shown)
        _warn_swapped(table, found, column, first)
    return values


def moments(values: ObjectArray) -> pd.Series:
    """Return dates and times as a series of datetime64, NaT where there is none."""
    return pd.Series(pd.to_datetime(pd.Series(values, dtype=object)), dtype="datetime64[ns]")


def _from_1904(table: Table, column: str) -> Table:
    """Return the table with day numbers counted as in other workbooks."""
    numeric = table.numeric.get(column)
    if not table.from_1904 or numeric is None or not numeric.any():
        return table
    texts = table.texts[column].copy()
    for i in np.flatnonzero(numeric):
        number = float(texts[i]) + _DAYS_TO_1904
        texts[i] = str(int(number)) if number.is_integer() else repr(number)
    return replace(table, texts={**table.texts, column: texts})


def _mark_month_first(
    table: Table,
    found: Findings,
    column: str,
    first: npt.NDArray[np.int64],
    second: npt.NDArray[np.int64],
    shown: ObjectArray | None,
) -> None:
    month_first = (first >= 1) & (first <= 12) & (second > 12) & (second <= 31)
    if not month_first.any():
        return
    either = (first >= 1) & (first <= 12) & (second >= 1) & (second <= 12) & (first != second)
    day_first = (first > 12) & (second <= 12)
    heading, row = table.heading(column), int(found.rows[np.flatnonzero(month_first)[0]])
    count = counted(int(either.sum()), "other date")
    if not either.any():
        return
    if day_first.any():
        found.note(
            f"has {count} that could be read either way, taken as day first; they may be month "
            f"first too, as row {row} is",
            "check them in the system that they are from",
            column=heading,
        )
        return
    found.mark(
        either,
        f"may be month first, as row {row} of the column is; {count} of it could be "
        "read either way",
        "export the dates as 30/11/2026 or 2026-11-30",
        column=heading,
        values=shown,
    )


def _parts(texts: ObjectArray) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return (n,) the first and second number of dates with slashes, 0 where there is none."""
    parts = {text: slashed_parts(text) or (0, 0) for text in set(texts)}
    pairs = np.array([parts[text] for text in texts], dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _warn_swapped(table: Table, found: Findings, column: str, first: npt.NDArray[np.int64]) -> None:
    """Warn where a spreadsheet took dates for month first when it opened the export.

    It then holds as dates only what has a day of 12 at most, days and months
    swapped, and leaves the rest as text.
    """
    texts, written = table.texts[column], first > 0
    if written.sum() < _TELLING:
        return
    held = np.zeros(len(texts), dtype=bool)
    days: list[int] = []
    for i in np.flatnonzero(~written & (texts != "")):
        try:
            days.append(dt.date.fromisoformat(texts[i][:10]).day)
            held[i] = True
        except ValueError:
            continue
    if min(written.sum(), len(days)) < _TELLING or max(days) > 12 or (first[written] <= 12).any():
        return
    found.note(
        f"holds {counted(len(days), 'date')} whose day is never above 12, and as text "
        f"{counted(int(written.sum()), 'date')} whose day always is: a spreadsheet has probably "
        "swapped days and months in the former",
        "export again, and do not open the file in a spreadsheet set to American dates",
        column=table.heading(column),
    )
