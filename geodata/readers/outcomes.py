"""Reads the outcomes of earlier visits, and the service centres."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from geodata.errors import Problem
from geodata.findings import counted, report
from geodata.places.locations import check_places
from geodata.places.places import parse_places
from geodata.schema import OUTCOMES, SERVICE_CENTRES, spelling
from geodata.tables import parse_column, read_table
from geodata.tables.columns import build_frame, mark_repeats, parse_ids, parse_texts
from geodata.tables.dates import moments, parse_dates
from geodata.tables.parsing import BadCell, parse_date_time

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geodata.gazetteer import Gazetteer

__all__ = ["read_outcomes", "read_service_centres"]

CENTRES_APART_M: Final = 50_000.0
"""A service centre this far from the others is named."""
OUTCOME_CODES: Final = {
    "done": ("completed", "complete", "visited", "seen", "spoke", "contact_made", "success"),
    "no_answer": (
        *("no_reply", "no_access", "not_in", "out", "noanswer", "no_contact", "not_home"),
        *("not_at_home", "carded", "card_left", "no_answer_card_left"),
    ),
    "refused": ("refusal", "declined"),
    "by_appointment": ("appointment", "appointment_needed", "appointment_only"),
    "not_safe": ("not_safe_to_enter", "unsafe"),
    "abandoned": ("may_be_abandoned", "possibly_abandoned", "suspected_abandoned"),
    "other": (),
}


def read_outcomes(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    sheet: str | None = None,
    problems: list[Problem] | None = None,
) -> pd.DataFrame:
    """Read what came of earlier visits and door-knocking, one knock a row.

    Parameters as for `read_visits`. The sheet "Outcomes" of a week's visits.xlsx
    is read as it is filled in: rows without an outcome are left out, and counted.

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
    blank = table.texts["outcome"] == ""
    table = table.take(~blank)
    found = table.findings()
    if blank.any():
        found.note(
            f"is blank in {counted(int(blank.sum()), 'row')}, taken as not visited and left out",
            "fill it in where there was a visit",
            column=table.heading("outcome"),
        )
    visit_refs = parse_ids(table, found, "visit_ref")
    kinds = parse_column(table, found, "kind", _outcome_kind)
    frame = build_frame(
        table,
        found,
        {
            "property_ref": parse_ids(table, found, "property_ref", required=True),
            "visited_at": moments(
                parse_dates(table, found, "visited_at", parse_date_time, required=True)
            ),
            "kind": np.array(
                [
                    kind or ("round" if ref is None else "visit")
                    for kind, ref in zip(kinds, visit_refs, strict=True)
                ],
                dtype=object,
            ),
            "visit_ref": visit_refs,
            "outcome": parse_column(table, found, "outcome", _outcome),
            "officer_ref": parse_ids(table, found, "officer_ref"),
        },
    )
    report(found.sorted(), problems)
    return frame


def _outcome_kind(text: str) -> str:
    kind = {
        "door_knocking": "round",
        "door_knock": "round",
        "round": "round",
        "visit": "visit",
    }.get(spelling(text))
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
