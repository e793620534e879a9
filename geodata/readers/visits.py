"""Reads visit requests: what is to be done, by when, and what it must keep to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from geodata.errors import Problem
from geodata.findings import Findings, report
from geodata.readers.constraints import read_constraints
from geodata.readers.visit_types import VISIT_TYPES, nearest_visit_type, visit_type
from geodata.schema import VISITS
from geodata.tables import ObjectArray, Table, parse_column, read_table
from geodata.tables.columns import build_frame, integers, is_before, mark_repeats, parse_ids
from geodata.tables.date_columns import moments, parse_dates
from geodata.tables.dates import parse_appointment, parse_date_time, parse_deadline
from geodata.tables.parsing import (
    PRIORITY_WORDS,
    BadCell,
    parse_positive_whole,
    parse_priority,
    parse_whole,
    parse_words,
)
from geodata.tables.shown import like_a_code
from geodata.tables.times import WEEKDAY_NAMES, parse_days, parse_time, parse_window

__all__ = ["NOT_SHOWN", "read_visits"]

NOT_SHOWN: Final = "(not shown)"
"""Stands for a visit type that the rules do not have and that may be a reason for the visit."""


def read_visits(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    sheet: str | None = None,
    visit_types: Collection[str] | None = None,
    problems: list[Problem] | None = None,
) -> pd.DataFrame:
    """Read visit requests, one a row.

    Parameters
    ----------
    path, columns, sheet, problems
        As for `read_officers`.
    visit_types
        The names in the visit rules, of which any other is warned, and is
        `NOT_SHOWN` unless it looks like a code; by default the packaged names
        are recognised, and others let through.

    Returns
    -------
    frame
        visit_ref, property_ref, visit_type, raised_on, due_by (a date alone is
        its last second), minutes (NA: by type), days (empty: any),
        window_start_s, window_end_s (NA: any), two_officers, language (None:
        English), skill, previous_attempts, last_attempt_at, priority (1 to 5,
        the most urgent; NA: by type), excluded_officers, appointment_only,
        contact_first, no_card_left, officer_gender ("": any), review_by,
        pinned_officer, pinned_at, row. `attrs["ref_of_row"]` has every row's
        visit_ref as it stands, also of rows that cannot be used, and
        `attrs["home_of_refused"]` the property_ref of those.

    Raises
    ------
    DataError
        If the file cannot be used, or with `problems` None any row cannot.
    """
    table = read_table(path, VISITS, columns=columns, sheet=sheet)
    found = table.findings()
    _note_case_officer(table, found)
    refs = parse_ids(table, found, "visit_ref", required=True)
    mark_repeats(table, found, "visit_ref", refs, remedy="give each request its own reference")
    frame = build_frame(
        table,
        found,
        {
            "visit_ref": refs,
            "property_ref": parse_ids(table, found, "property_ref", required=True),
            "visit_type": _types(table, found, visit_types),
            **_times(table, found),
            "skill": parse_column(table, found, "skill", str.casefold, codes=()),
            "priority": integers(_priorities(table, found)),
            "excluded_officers": parse_column(
                table, found, "excluded_officers", parse_words, default=(), codes=()
            ),
            **_constraints(table, found),
            "pinned_officer": parse_ids(table, found, "pinned_officer"),
        },
    )
    homes = parse_ids(table, table.findings(), "property_ref")
    frame.attrs["home_of_refused"] = {
        int(row): home
        for row, home, bad in zip(found.rows, homes, found.bad, strict=True)
        if bad and home
    }
    frame.attrs["ref_of_row"] = dict(
        zip(map(int, table.rows), table.texts["visit_ref"], strict=True)
    )
    report(found.sorted(), problems)
    return frame


def _note_case_officer(table: Table, found: Findings) -> None:
    """Say that whose case it is does not decide who goes."""
    if (table.texts.get("officer_ref", np.array([], dtype=object)) != "").any():
        found.note(
            "is taken for whose case it is, and does not decide who goes",
            "where an officer must go and nobody else, name them in a column pinned_officer",
            column=table.heading("officer_ref"),
        )


def _types(table: Table, found: Findings, known: Collection[str] | None) -> ObjectArray:
    """Return the visit types under the rules' names; say which were spelt otherwise."""
    types = parse_column(
        table,
        found,
        "visit_type",
        lambda t: visit_type(t, known=known),
        required=True,
        codes=VISIT_TYPES if known is None else known,
    )
    heading, texts = table.heading("visit_type"), table.texts["visit_type"]
    pairs = dict.fromkeys(zip(texts, types, strict=True))
    other = [f"{text!r} as {name}" for text, name in pairs if name and _is_other(text, name)]
    if other:
        found.note(
            f"holds visit types read under our names: {', '.join(other)}",
            "if one is wrong, write the name that the visit rules have for it",
            column=heading,
        )
    return types if known is None else _known_types(found, heading, texts, types, known)


def _known_types(
    found: Findings, heading: str, texts: ObjectArray, types: ObjectArray, known: Collection[str]
) -> ObjectArray:
    """Return the types, unless what stands there may be a reason; warn of those not in `known`."""
    others = {name for name in types if name is not None} - set(known)
    near = {name: nearest_visit_type(name, known) for name in others}
    shown = {text: like_a_code(text, known) for text in set(texts)}
    remedies = {
        name: f"{f'did you mean {meant}? ' if meant else ''}the rules have {', '.join(known)}"
        for name, meant in near.items()
    }
    found.mark(
        [name in others for name in types],
        "is not a visit type of the visit rules; the request cannot be planned",
        [remedies.get(name, "") for name in types],
        column=heading,
        values=[
            text if near.get(name) else shown[text] for name, text in zip(types, texts, strict=True)
        ],
        severity="warning",
    )
    hidden = {
        name
        for name, text in zip(types, texts, strict=True)
        if name in others and not near[name] and shown[text] is None
    }
    return np.array([NOT_SHOWN if name in hidden else name for name in types], dtype=object)


def _is_other(text: str, name: str) -> bool:
    """Tell whether a type is written otherwise than with other signs between its words."""
    return "".join(filter(str.isalnum, text.casefold())) != name.replace("_", "")


def _times(table: Table, found: Findings) -> dict[str, pd.Series | ObjectArray]:
    """Return the columns that say when: asked for, due, possible, tried, agreed."""
    raised = parse_dates(table, found, "raised_on", parse_date_time)
    due = parse_dates(table, found, "due_by", parse_deadline)
    _warn_due_first(table, found, raised, due)
    starts, ends = _windows(table, found)
    attempts = parse_column(table, found, "previous_attempts", _attempts, default=0)
    tried = parse_dates(table, found, "last_attempt_at", parse_date_time)
    pinned = parse_dates(table, found, "pinned_at", parse_appointment)
    return {
        "raised_on": moments(raised),
        "due_by": moments(due),
        "minutes": integers(parse_column(table, found, "minutes", parse_positive_whole)),
        "days": parse_column(table, found, "days", parse_days, default=(), codes=WEEKDAY_NAMES),
        "window_start_s": integers(starts),
        "window_end_s": integers(ends),
        "previous_attempts": attempts.astype(np.int64),
        "last_attempt_at": moments(tried),
        "pinned_at": moments(pinned),
    }


def _constraints(table: Table, found: Findings) -> dict[str, pd.Series | ObjectArray]:
    columns = read_constraints(table, found)
    return columns | {"review_by": moments(columns["review_by"])}


def _priorities(table: Table, found: Findings) -> ObjectArray:
    """Return priorities from 1 to 5; where a landlord's column is of numbers, say which is top."""
    priorities = parse_column(table, found, "priority", parse_priority, codes=PRIORITY_WORDS)
    heading, texts = table.heading("priority"), table.texts.get("priority")
    if texts is not None and heading != "priority" and any(t.isdigit() for t in texts):
        found.note(
            "holds numbers, of which 5 is taken as the most urgent and 1 as the least",
            "if they run the other way, write P1 to P5",
            column=heading,
        )
    return priorities


def _attempts(text: str) -> int:
    value = parse_whole(text)
    if value < 0:
        raise BadCell("is below zero", "write how many tries there were, 0 for none")
    return value


def _windows(table: Table, found: Findings) -> tuple[ObjectArray, ObjectArray]:
    """Return the first and last second of each request's window, None for any."""
    pairs = parse_column(table, found, "window", parse_window, default=(None, None), codes=())
    starts = np.array([p[0] for p in pairs], dtype=object)
    ends = np.array([p[1] for p in pairs], dtype=object)
    if "window" in table.texts:
        return starts, ends
    starts = parse_column(table, found, "window_start", parse_time)
    ends = parse_column(table, found, "window_end", parse_time)
    found.mark(
        is_before(ends, starts),
        "is a window that ends before it starts",
        "write the earlier time first",
        column=table.heading("window_end"),
        values=table.texts.get("window_end"),
    )
    return starts, ends


def _warn_due_first(table: Table, found: Findings, raised: ObjectArray, due: ObjectArray) -> None:
    found.mark(
        is_before(due, raised),
        "is before the request was raised",
        "check both dates; they are read day first",
        column=table.heading("due_by"),
        values=table.texts.get("due_by"),
        severity="warning",
    )
