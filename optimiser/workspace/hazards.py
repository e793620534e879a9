"""Hazards seen on a visit: each starts a statutory clock of its own."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from geodata import DataError, Problem
from geodata.schema import OUTCOMES, TableSchema
from geodata.tables import read_table
from geodata.tables.columns import parse_ids
from geodata.tables.date_columns import parse_dates
from geodata.tables.dates import parse_date_time
from optimiser.bridge.deadlines import due_at
from optimiser.model.visit_types import VisitTypes

__all__ = ["Hazard", "hazards_seen"]

HAZARD_TYPE: Final = "damp_mould"
"""The visit type whose deadline a significant hazard has."""
EMERGENCY: Final = dt.timedelta(hours=24)
"""An emergency hazard is made safe within 24 hours: SI 2025/1042, Awaab's Law."""

_SCHEMA: Final = TableSchema(
    name="outcomes",
    columns={
        "property_ref": OUTCOMES.columns["property_ref"],
        "visit_ref": OUTCOMES.columns["visit_ref"],
        "hazard_seen": "hazard hazard_seen_at hazard_date",
    },
    required=("property_ref", "hazard_seen"),
)


@dataclass(frozen=True)
class Hazard:
    """A hazard seen at a home, and by when it must be looked into."""

    property_ref: str
    visit_ref: str | None
    seen_at: dt.datetime
    row: int
    due_at: dt.datetime | None

    @property
    def emergency_by(self) -> dt.datetime:
        """By when it must be made safe if it is an emergency."""
        return self.seen_at + EMERGENCY


def hazards_seen(sheet: Path, types: VisitTypes) -> tuple[tuple[Hazard, ...], list[Problem]]:
    """Return the hazards that a sheet of outcomes names, and what is wrong with them.

    A sheet without a column hazard_seen names none.
    """
    try:
        table = read_table(sheet, _SCHEMA)
    except DataError:
        return (), []
    table = table.take(table.texts["hazard_seen"] != "")
    found = table.findings()
    found.problems.clear()  # what is to be said of the sheet, its outcomes have said
    homes = parse_ids(table, found, "property_ref", required=True)
    refs = parse_ids(table, found, "visit_ref")
    seen = parse_dates(table, found, "hazard_seen", parse_date_time, required=True)
    kind = types.types.get(HAZARD_TYPE)
    hazards = tuple(
        Hazard(home, ref, at, int(row), due_at(at.date(), kind.deadline) if kind else None)
        for home, ref, at, row, bad in zip(homes, refs, seen, table.rows, found.bad, strict=True)
        if not bad
    )
    return hazards, found.sorted()
