"""Reads the housing officers: who, when they work, what they can do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from geodata.errors import Problem
from geodata.findings import Findings, counted, report
from geodata.readers.constraints import parse_gender
from geodata.readers.languages import parse_languages
from geodata.schema import OFFICERS, spelling
from geodata.tables import Table, parse_column, read_table
from geodata.tables.columns import build_frame, integers, mark_backwards, mark_repeats, parse_ids
from geodata.tables.parsing import parse_share, parse_whole, parse_words
from geodata.tables.times import parse_days, parse_time

__all__ = ["read_officers"]

WEEKDAYS: Final = (0, 1, 2, 3, 4)
_VACANT: Final = frozenset({"vacant", "vacancy", "vacant_post", "vacant_patch", "unfilled"})
OPENS_S: Final = 9 * 3600
CLOSES_S: Final = 17 * 3600


def read_officers(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    sheet: str | None = None,
    problems: list[Problem] | None = None,
) -> pd.DataFrame:
    """Read the housing officers, one a row.

    Parameters
    ----------
    path
        CSV, XLSX, GeoJSON, GeoPackage, Shapefile or dBase table.
    columns
        Our column name -> the file's, for names that are not recognised.
    sheet
        The sheet or layer to read; else the first with the required columns.
    problems
        Problems are appended here and the good rows returned; with None, any
        error raises.

    Returns
    -------
    frame
        officer_ref, fte, service_centre, working_days (0 is Monday),
        shift_start_s, shift_end_s, break_minutes (NA: as the rules say),
        languages, skills, patch, gender ("": not said), row. Blank: full time,
        Monday to Friday, 9am to 5pm.

    Raises
    ------
    DataError
        If the file cannot be used, or with `problems` None any row cannot.
    """
    table = read_table(path, OFFICERS, columns=columns, sheet=sheet)
    found = table.findings()
    refs = parse_ids(table, found, "officer_ref", required=True)
    patches = parse_ids(table, found, "patch")
    vacant = np.array([spelling(ref or "") in _VACANT for ref in refs], dtype=bool)
    found.mark(
        vacant,
        "is a vacant post, not an officer",
        [
            "remove the row; a redraw plans its patch with vacant_posts = "
            f"{{ {patch or 'PATCH'} = 1.0 }} under [rules.patches]"
            for patch in patches
        ],
        column=table.heading("officer_ref"),
        values=refs,
    )
    named = refs.copy()
    named[vacant] = None
    mark_repeats(table, found, "officer_ref", named, remedy="keep one row an officer")
    starts = parse_column(table, found, "shift_start", parse_time, default=OPENS_S)
    ends = parse_column(table, found, "shift_end", parse_time, default=CLOSES_S)
    mark_backwards(table, found, "shift_end", starts >= ends)
    breaks = parse_column(table, found, "break_minutes", parse_whole)
    wrong = np.array([b is not None and not 0 <= b <= 180 for b in breaks], dtype=bool)
    found.mark(
        wrong,
        "is not a break of 0 to 180 minutes",
        "write the break in minutes, such as 45",
        column=table.heading("break_minutes"),
        values=breaks,
    )
    _note_assumed(table, found)
    frame = build_frame(
        table,
        found,
        {
            "officer_ref": refs,
            "fte": parse_column(table, found, "fte", parse_share, default=1.0).astype(float),
            "service_centre": parse_ids(table, found, "service_centre"),
            "working_days": parse_column(
                table, found, "working_days", _some_days, default=WEEKDAYS
            ),
            "shift_start_s": starts.astype(np.int64),
            "shift_end_s": ends.astype(np.int64),
            "break_minutes": integers(breaks),
            "languages": parse_column(table, found, "languages", parse_languages, default=()),
            "skills": parse_column(table, found, "skills", _skills, default=()),
            "patch": patches,
            "gender": parse_column(table, found, "gender", parse_gender, default="", private=True),
        },
    )
    # A reference to one of these is not unknown: the officer's row is to be mended.
    frame.attrs["refused"] = sorted({r for r in refs[found.bad] if r} - set(frame["officer_ref"]))
    report(found.sorted(), problems)
    return frame


def _some_days(text: str) -> tuple[int, ...]:
    return parse_days(text) or WEEKDAYS


def _skills(text: str) -> tuple[str, ...]:
    return parse_words(text.casefold())


def _note_assumed(table: Table, found: Findings) -> None:
    """Say what was taken for officers without a working pattern."""
    assumed = {
        "fte": "full time",
        "working_days": "Monday to Friday",
        "shift_start": "from 9am",
        "shift_end": "until 5pm",
    }
    for column, what in assumed.items():
        texts = table.texts.get(column)
        blank = len(table.rows) if texts is None else int((texts == "").sum())
        if blank:
            found.note(
                f"is blank for {counted(blank, 'officer')}, taken as {what}",
                "fill it in where that is wrong",
                column=table.heading(column),
            )
