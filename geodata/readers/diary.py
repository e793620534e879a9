"""Reads what officers' diaries hold already: fixed engagements and absences."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import Problem
from geodata.findings import report
from geodata.places.places import parse_places
from geodata.schema import ABSENCES, FIXED
from geodata.tables import parse_column, read_table
from geodata.tables.columns import build_frame, is_before, mark_backwards, parse_ids, parse_texts
from geodata.tables.date_columns import parse_dates
from geodata.tables.dates import parse_date
from geodata.tables.parsing import parse_text
from geodata.tables.times import parse_time

if TYPE_CHECKING:
    import pandas as pd

    from geodata.gazetteer import Gazetteer

__all__ = ["read_absences", "read_fixed"]


def read_fixed(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    sheet: str | None = None,
    crs: str = "EPSG:27700",
    gazetteer: Gazetteer | None = None,
    problems: list[Problem] | None = None,
) -> pd.DataFrame:
    """Read surgeries, duty desks and other fixed engagements, one a row.

    Parameters as for `read_officers`. Eastings and northings are in `crs`;
    `gazetteer` places what has only a UPRN or postcode.

    Returns
    -------
    frame
        officer_ref, date, start_s, end_s, kind, place, easting, northing (NaN
        where blank: `cross_check` looks the place up), row.

    Raises
    ------
    DataError
        If the file cannot be used, or with `problems` None any row cannot.
    """
    table = read_table(path, FIXED, columns=columns, sheet=sheet, crs=crs)
    found = table.findings()
    starts = parse_column(table, found, "start", parse_time, default=0, required=True)
    ends = parse_column(table, found, "end", parse_time, default=1, required=True)
    both = (table.texts["start"] != "") & (table.texts["end"] != "") & ~found.bad
    mark_backwards(table, found, "end", both & (starts >= ends))
    places = parse_places(table, found, crs=crs, gazetteer=gazetteer, required=False)
    kinds = parse_texts(table, found, "kind")
    names = parse_texts(table, found, "place")
    frame = build_frame(
        table,
        found,
        {
            "officer_ref": parse_ids(table, found, "officer_ref", required=True),
            "date": parse_dates(table, found, "date", parse_date, required=True),
            "start_s": starts.astype(np.int64),
            "end_s": ends.astype(np.int64),
            "kind": np.array([k or "surgery" for k in kinds], dtype=object),
            "place": np.array([n or "" for n in names], dtype=object),
            "easting": places.xy[:, 0],
            "northing": places.xy[:, 1],
        },
    )
    report(found.sorted(), problems)
    return frame


def read_absences(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    sheet: str | None = None,
    problems: list[Problem] | None = None,
) -> pd.DataFrame:
    """Read officers' leave, training and sickness, one spell a row.

    Parameters as for `read_officers`.

    Returns
    -------
    frame
        officer_ref, first_day, last_day (both absent), reason, row.

    Raises
    ------
    DataError
        If the file cannot be used, or with `problems` None any row cannot.
    """
    table = read_table(path, ABSENCES, columns=columns, sheet=sheet)
    found = table.findings()
    firsts = parse_dates(table, found, "first_day", parse_date, required=True)
    lasts = parse_dates(table, found, "last_day", parse_date, required=True)
    found.mark(
        is_before(lasts, firsts),
        "is before the first day",
        "check both dates; they are read day first",
        column=table.heading("last_day"),
        values=table.texts["last_day"],
    )
    frame = build_frame(
        table,
        found,
        {
            "officer_ref": parse_ids(table, found, "officer_ref", required=True),
            "first_day": firsts,
            "last_day": lasts,
            "reason": parse_column(table, found, "reason", parse_text, private=True),
        },
    )
    report(found.sorted(), problems)
    return frame
