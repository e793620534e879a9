"""What a visit must keep to, in a fixed vocabulary; never why.

Markers about people are what landlords guard most. The planner needs to know
that two officers go, not what happened; so that only these words are read, and
what is found in their place is never repeated in a message.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from geodata.findings import Findings
from geodata.readers.languages import parse_language
from geodata.tables import ObjectArray, Table, parse_column
from geodata.tables.date_columns import parse_dates
from geodata.tables.dates import parse_date
from geodata.tables.headings import spelling
from geodata.tables.parsing import BadCell, parse_yes_no, split_list

__all__ = ["VOCABULARY", "Constraints", "parse_constraints", "parse_gender", "read_constraints"]

VOCABULARY: Final = (
    "two_officers",
    "joint_visit",
    "appointment_only",
    "contact_first",
    "interpreter:<language>",
    "officer_gender:<female or male>",
    "no_card_left",
    "review_by:<date>",
)
_FLAGS: Final = ("two_officers", "appointment_only", "contact_first", "no_card_left")
_GENDERS: Final = {
    "female": ("f", "woman", "women", "female_only", "female_officer"),
    "male": ("m", "man", "men", "male_only", "male_officer"),
}
_NO_REASONS: Final = "and never the reason for it, nor anything about the resident"


@dataclass(frozen=True)
class Constraints:
    """One request's constraints; the defaults are none at all."""

    two_officers: bool = False
    appointment_only: bool = False
    contact_first: bool = False
    no_card_left: bool = False
    language: str | None = None
    officer_gender: str = ""
    review_by: dt.date | None = None


def parse_gender(text: str) -> str:
    """Return "female" or "male"; "" for any."""
    word = spelling(text)
    if word in ("any", "either", "no_preference"):
        return ""
    for gender, others in _GENDERS.items():
        if word == gender or word in others:
            return gender
    raise BadCell("is not a gender that is known here", f"write female or male, {_NO_REASONS}")


def parse_constraints(text: str) -> Constraints:
    """Return a list of constraints in one cell: "two_officers; interpreter:Bengali"."""
    given: dict[str, Any] = {}
    for part in split_list(text):
        word, _, what = part.replace("=", ":").partition(":")
        name = {"joint_visit": "two_officers"}.get(spelling(word), spelling(word))
        what = what.strip()
        if name in _FLAGS and not what:
            given[name] = True
        elif name == "interpreter" and what:
            given["language"] = parse_language(what)
        elif name == "officer_gender" and what:
            given["officer_gender"] = parse_gender(what)
        elif name == "review_by" and what:
            given["review_by"] = _review_date(what)
        else:
            raise BadCell(
                "holds words outside the constraint vocabulary",
                f"write only {', '.join(VOCABULARY)}, {_NO_REASONS}",
            )
    return Constraints(**given)


def _flag(text: str) -> bool:
    try:
        return parse_yes_no(text)
    except BadCell as fault:
        raise BadCell(fault.reason, f"write Y or N, {_NO_REASONS}") from None


def _review_date(text: str) -> dt.date:
    try:
        return parse_date(text)
    except BadCell as fault:
        raise BadCell(fault.reason, f"{fault.remedy}, {_NO_REASONS}") from None


def read_constraints(table: Table, found: Findings) -> dict[str, Any]:
    """Return the columns of a request's constraints, from their own columns and the list.

    Returns
    -------
    columns
        two_officers, appointment_only, contact_first, no_card_left (n,) bool;
        language (None: English), officer_gender ("", "female" or "male"),
        review_by (date or None).
    """
    lists = parse_column(
        table, found, "constraints", parse_constraints, default=Constraints(), private=True
    )
    columns: dict[str, Any] = {}
    for name in _FLAGS:
        flags = parse_column(table, found, name, _flag, default=False, private=True)
        columns[name] = flags.astype(bool) | np.array([getattr(c, name) for c in lists], dtype=bool)
    languages = parse_column(table, found, "language", parse_language, codes=())
    columns["language"] = _one(table, found, "language", languages, lists, None)
    genders = parse_column(table, found, "officer_gender", parse_gender, default="", private=True)
    columns["officer_gender"] = _one(table, found, "officer_gender", genders, lists, "")
    reviews = parse_dates(table, found, "review_by", _review_date, private=True)
    columns["review_by"] = np.array(
        [
            min((d for d in (own, c.review_by) if d is not None), default=None)
            for own, c in zip(reviews, lists, strict=True)
        ],
        dtype=object,
    )
    return columns


def _one(
    table: Table,
    found: Findings,
    name: str,
    values: ObjectArray,
    lists: ObjectArray,
    nothing: str | None,
) -> ObjectArray:
    """Return the column's value, else the list's; mark the rows where both say something else."""
    listed = [getattr(c, name) for c in lists]
    found.mark(
        [nothing not in (a, b) and a != b for a, b in zip(values, listed, strict=True)],
        f"contradicts the list in the column {table.heading('constraints')}",
        "keep one of the two",
        column=table.heading(name),
    )
    return np.array(
        [b if a == nothing else a for a, b in zip(values, listed, strict=True)], dtype=object
    )
