"""Reads visit requests, outcomes and service centres."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from geodata.errors import Problem
from geodata.findings import Findings, report
from geodata.languages import parse_language
from geodata.locations import check_places
from geodata.places import parse_places
from geodata.schema import OUTCOMES, SERVICE_CENTRES, VISITS, spelling
from geodata.tables import ObjectArray, Table, parse_column, read_table
from geodata.tables.columns import build_frame, mark_repeats, parse_ids, parse_texts
from geodata.tables.parsing import (
    BadCell,
    parse_date_time,
    parse_days,
    parse_deadline,
    parse_positive_whole,
    parse_time,
    parse_whole,
    parse_window,
    parse_words,
    parse_yes_no,
)

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.gazetteer import Gazetteer

__all__ = ["read_outcomes", "read_service_centres", "read_visits"]

CENTRES_APART_M: Final = 50_000.0
"""A service centre this far from the others is named."""
OUTCOME_CODES: Final = {
    "done": ("completed", "complete", "visited", "seen", "spoke", "contact_made", "success"),
    "no_answer": ("no_reply", "no_access", "not_in", "out", "noanswer", "no_contact"),
    "refused": ("refusal", "declined"),
    "by_appointment": ("appointment", "appointment_needed", "appointment_only"),
    "not_safe": ("not_safe_to_enter", "unsafe"),
    "abandoned": ("may_be_abandoned", "possibly_abandoned", "suspected_abandoned"),
    "other": (),
}


def read_visits(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    sheet: str | None = None,
    problems: list[Problem] | None = None,
) -> pd.DataFrame:
    """Read visit requests, one a row.

    Parameters
    ----------
    path
        CSV or XLSX.
    columns
        Our column name -> the file's, for names that are not recognised.
    sheet
        The sheet to read; else the first with a header.
    problems
        Problems are appended here and the good rows returned; with None, any
        error raises.

    Returns
    -------
    frame
        visit_ref, property_ref, visit_type, raised_on, due_by (a date alone is
        its last second), minutes (NA: by type), days (empty: any),
        window_start_s, window_end_s (NA: any), two_officers, language (None:
        English), skill, previous_attempts, last_attempt_at, priority (NA: by
        type), excluded_officers, row. `attrs["ref_of_row"]` has every row's
        visit_ref as it stands, also of rows that cannot be used, and
        `attrs["home_of_refused"]` the property_ref of those.

    Raises
    ------
    DataError
        If the file cannot be used, or with `problems` None any row cannot.
    """
    table = read_table(path, VISITS, columns=columns, sheet=sheet)
    found = table.findings()
    refs = parse_ids(table, found, "visit_ref", required=True)
    mark_repeats(table, found, "visit_ref", refs, remedy="give each request its own reference")
    raised = parse_column(table, found, "raised_on", parse_date_time)
    due = parse_column(table, found, "due_by", parse_deadline)
    _warn_due_first(table, found, raised, due)
    starts, ends = _windows(table, found)
    frame = build_frame(
        table,
        found,
        {
            "visit_ref": refs,
            "property_ref": parse_ids(table, found, "property_ref", required=True),
            "visit_type": parse_column(table, found, "visit_type", spelling, required=True),
            "raised_on": _moments(raised),
            "due_by": _moments(due),
            "minutes": _integers(parse_column(table, found, "minutes", parse_positive_whole)),
            "days": parse_column(table, found, "days", parse_days, default=()),
            "window_start_s": _integers(starts),
            "window_end_s": _integers(ends),
            "two_officers": _flags(table, found, "two_officers"),
            "language": parse_column(table, found, "language", parse_language),
            "skill": parse_column(table, found, "skill", str.casefold),
            "previous_attempts": parse_column(
                table, found, "previous_attempts", _attempts, default=0
            ).astype(np.int64),
            "last_attempt_at": _moments(
                parse_column(table, found, "last_attempt_at", parse_date_time)
            ),
            "priority": _integers(parse_column(table, found, "priority", parse_positive_whole)),
            "excluded_officers": parse_column(
                table, found, "excluded_officers", parse_words, default=()
            ),
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


def _moments(values: ObjectArray) -> pd.Series:
    return pd.Series(pd.to_datetime(pd.Series(values, dtype=object)), dtype="datetime64[ns]")


def _integers(values: ObjectArray) -> pd.Series:
    return pd.Series(values, dtype="Int64")


def _flags(table: Table, found: Findings, column: str) -> np.ndarray:
    return parse_column(table, found, column, parse_yes_no, default=False).astype(bool)


def _attempts(text: str) -> int:
    value = parse_whole(text)
    if value < 0:
        raise BadCell("is below zero", "write how many tries there were, 0 for none")
    return value


def _windows(table: Table, found: Findings) -> tuple[ObjectArray, ObjectArray]:
    """Return the first and last second of each request's window, None for any."""
    pairs = parse_column(table, found, "window", parse_window, default=(None, None))
    starts = np.array([p[0] for p in pairs], dtype=object)
    ends = np.array([p[1] for p in pairs], dtype=object)
    if "window" in table.texts:
        return starts, ends
    starts = parse_column(table, found, "window_start", parse_time)
    ends = parse_column(table, found, "window_end", parse_time)
    backwards = [
        a is not None and b is not None and b < a for a, b in zip(starts, ends, strict=True)
    ]
    found.mark(
        backwards,
        "is a window that ends before it starts",
        "write the earlier time first",
        column=table.heading("window_end"),
        values=table.texts.get("window_end"),
    )
    return starts, ends


def _warn_due_first(table: Table, found: Findings, raised: ObjectArray, due: ObjectArray) -> None:
    wrong = [a is not None and b is not None and b < a for a, b in zip(raised, due, strict=True)]
    found.mark(
        wrong,
        "is before the request was raised",
        "check both dates; they are read day first",
        column=table.heading("due_by"),
        values=table.texts.get("due_by"),
        severity="warning",
    )


def read_outcomes(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    sheet: str | None = None,
    problems: list[Problem] | None = None,
) -> pd.DataFrame:
    """Read what came of earlier visits and door-knocking, one knock a row.

    Parameters as for `read_visits`.

    Returns
    -------
    frame
        property_ref, visited_at, kind ("visit" or "round"; where blank, a visit
        if it has a visit_ref), visit_ref, outcome (a key of `OUTCOME_CODES`),
        officer_ref, row.

    Raises
    ------
    DataError
        If the file cannot be used, or with `problems` None any row cannot.
    """
    table = read_table(path, OUTCOMES, columns=columns, sheet=sheet)
    found = table.findings()
    visit_refs = parse_ids(table, found, "visit_ref")
    kinds = parse_column(table, found, "kind", _outcome_kind)
    frame = build_frame(
        table,
        found,
        {
            "property_ref": parse_ids(table, found, "property_ref", required=True),
            "visited_at": _moments(
                parse_column(table, found, "visited_at", parse_date_time, required=True)
            ),
            "kind": np.array(
                [
                    kind or ("round" if ref is None else "visit")
                    for kind, ref in zip(kinds, visit_refs, strict=True)
                ],
                dtype=object,
            ),
            "visit_ref": visit_refs,
            "outcome": parse_column(table, found, "outcome", _outcome, required=True),
            "officer_ref": parse_ids(table, found, "officer_ref"),
        },
    )
    report(found.sorted(), problems)
    return frame


def _outcome_kind(text: str) -> str:
    kind = {"door_knocking": "round", "round": "round", "visit": "visit"}.get(spelling(text))
    if kind is None:
        raise BadCell("is neither a visit nor a round", "write visit or round")
    return kind


def _outcome(text: str) -> str:
    word = spelling(text)
    for code, others in OUTCOME_CODES.items():
        if word == code or word in others:
            return code
    raise BadCell("is not a known outcome", f"write one of {', '.join(OUTCOME_CODES)}")


def read_service_centres(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    sheet: str | None = None,
    crs: str = "EPSG:27700",
    gazetteer: Gazetteer | None = None,
    problems: list[Problem] | None = None,
) -> gpd.GeoDataFrame:
    """Read the service centres, one a row or point.

    Parameters as for `read_visits`; a geographic file is reprojected to `crs`, and
    `gazetteer` places a centre that has only a UPRN or postcode.

    Returns
    -------
    frame
        Index service_centre; name, row, geometry (points in `crs`).

    Raises
    ------
    DataError
        If the file cannot be used, or with `problems` None any row cannot.
    """
    import geopandas as gpd

    table = read_table(path, SERVICE_CENTRES, columns=columns, sheet=sheet, crs=crs)
    found = table.findings()
    refs = parse_ids(table, found, "service_centre", required=True)
    mark_repeats(table, found, "service_centre", refs, remedy="keep one row a centre")
    names = parse_texts(table, found, "name")
    places = parse_places(table, found, crs=crs, gazetteer=gazetteer)
    check_places(table, found, places, crs=crs, apart_m=CENTRES_APART_M)
    frame = build_frame(
        table,
        found,
        {
            "service_centre": refs,
            "name": np.array([n or r for n, r in zip(names, refs, strict=True)], dtype=object),
            "easting": places.xy[:, 0],
            "northing": places.xy[:, 1],
        },
    ).set_index("service_centre")
    report(found.sorted(), problems)
    points = gpd.points_from_xy(frame.pop("easting"), frame.pop("northing"), crs=crs)
    return gpd.GeoDataFrame(frame, geometry=points)
