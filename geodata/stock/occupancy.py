"""Rows of a homes file where nobody lives: garages, sheds, ended tenancies, empty homes.

They are set aside before anything else is read of them: a garage need have no
floor. An empty home is set aside too, for it has no resident to visit and no
tenancy to weigh; its block keeps its patch through its other homes.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Final

import numpy as np
import numpy.typing as npt

from geodata.findings import Findings, counted
from geodata.stock.tenures import set_aside_kind
from geodata.tables import Table
from geodata.tables.dates import parse_date
from geodata.tables.parsing import BadCell, parse_id

__all__ = ["ENDED", "split_unoccupied"]

ENDED: Final = "ended tenancies"
KIND_COLUMNS: Final = ("tenure", "property_type", "tenancy_status")

_NEVER: Final = ("1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "01/01/1900", "0", "1")
"""What housing systems write for no date."""


def split_unoccupied(
    table: Table, found: Findings, *, as_of: dt.date | None
) -> tuple[Table, dict[str, int], dict[str, str]]:
    """Return the rows of homes that someone lives in, and what the others are.

    Parameters
    ----------
    as_of
        A tenancy that ended before this day is over; None: end dates say nothing.

    Returns
    -------
    table
        The other rows.
    counts
        Kind -> rows set aside, by kind in alphabetical order.
    kind_of
        property_ref -> kind, of homes that have no row left.
    """
    kinds: list[str | None] = [None] * len(table.rows)
    for column in KIND_COLUMNS:
        texts = table.texts.get(column)
        if texts is not None:
            known = {t: set_aside_kind(t) for t in set(texts)}
            kinds = [k or known[t] for k, t in zip(kinds, texts, strict=True)]
    over = _ended(table, found, as_of)
    kinds = [k or (ENDED if e else None) for k, e in zip(kinds, over, strict=True)]
    keep = np.array([k is None for k in kinds], dtype=bool)
    if keep.all():
        return table, {}, {}
    counts = dict(sorted(Counter(k for k in kinds if k).items()))
    what = ", ".join(f"{n:,} {kind}" for kind, n in counts.items())
    found.note(
        f"shows {counted(int((~keep).sum()), 'row')} where nobody lives, set aside: {what}",
        "if that is wrong, correct their tenure, property type, status or end date",
        column=table.heading("tenure"),
    )
    refs = [_plain_id(text) for text in table.texts["property_ref"]]
    lived_in = {ref for ref, k in zip(refs, kinds, strict=True) if k is None}
    kind_of = {r: k for r, k in zip(refs, kinds, strict=True) if r and k and r not in lived_in}
    return table.take(keep), counts, kind_of


def _plain_id(text: str) -> str:
    try:
        return parse_id(text) if text else ""
    except BadCell:
        return ""


def _ended(table: Table, found: Findings, as_of: dt.date | None) -> npt.NDArray[np.bool_]:
    """Return (n,) True where the tenancy's end date is before `as_of`."""
    texts = table.texts.get("tenancy_end")
    over = np.zeros(len(table.rows), dtype=bool)
    if texts is None or not (texts != "").any():
        return over
    heading = table.heading("tenancy_end")
    if as_of is None:
        found.note(
            "holds dates that were not compared with a day, so no tenancy counts as ended",
            "give the day of the export as as_of under [data]",
            column=heading,
        )
        return over
    ends: dict[str, dt.date | None] = {}
    unread: set[str] = set()
    for text in set(texts):
        try:
            none = not text or text.split("T")[0].split(" ")[0] in _NEVER or "9999" in text
            ends[text] = None if none else parse_date(text)
        except BadCell:
            ends[text] = None
            unread.add(text)
    found.mark(
        [t in unread for t in texts],
        "is no date that can be read; the tenancy is taken to go on",
        "write dates as 30/11/2026, or leave it blank",
        column=heading,
        values=texts,
        severity="warning",
    )
    over[:] = [end is not None and end < as_of for end in (ends[t] for t in texts)]
    if over.any():
        found.note(
            f"is before {as_of.day} {as_of:%B %Y} in {counted(int(over.sum()), 'row')}, "
            "taken as ended",
            "give another day as as_of under [data] if the export is of another day",
            column=heading,
        )
    return over
