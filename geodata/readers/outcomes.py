"""Reads what came of earlier visits and door-knocking."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from geodata.errors import Problem
from geodata.findings import counted, report
from geodata.schema import OUTCOMES, spelling
from geodata.tables import parse_column, read_table
from geodata.tables.columns import build_frame, parse_ids
from geodata.tables.date_columns import moments, parse_dates
from geodata.tables.dates import parse_date_time
from geodata.tables.parsing import BadCell

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_outcomes"]

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


_WORDS: Final = [word for code, others in OUTCOME_CODES.items() for word in (code, *others)]


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
            "outcome": parse_column(table, found, "outcome", _outcome, codes=_WORDS),
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
