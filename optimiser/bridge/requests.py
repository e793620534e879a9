"""Rows of the visits file become visits, or requests set aside with a reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from optimiser.bridge.deadlines import due_at, end_of
from optimiser.bridge.rounds import PARTS_OF_DAY, part_of
from optimiser.bridge.rows import rows_of
from optimiser.bridge.shifts import week_days
from optimiser.model.visits import (
    VALUE_UNITS_PER_POINT,
    Door,
    TimeWindow,
    Unplanned,
    UnplannedClass,
    Visit,
)

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.model.rules import VisitRules, VisitValues
    from optimiser.model.visit_types import VisitType, VisitTypes

__all__ = ["build_visits"]

LAST_SECOND_S = 24 * 3600 - 1
OFFICE_CLOSES_S = 17 * 3600
"""An evening alone is not another part of the day that can be offered."""


def build_visits(
    rows: pd.DataFrame,
    *,
    monday: dt.date,
    doors: dict[str, Door],
    block_of: dict[str, str],
    own_officer: dict[str, str],
    types: VisitTypes,
    rules: VisitRules,
) -> tuple[tuple[Visit, ...], tuple[Unplanned, ...]]:
    """Return what can be planned, and what is set aside with its reason.

    `doors` and `block_of` are keyed by property_ref, `own_officer` by block_ref.
    """
    visits: list[Visit] = []
    aside: list[Unplanned] = []
    for row in rows_of(rows):
        kind = types.types.get(row["visit_type"])
        reason = _set_aside(row, kind, doors, rules)
        if reason is not None:
            aside.append(reason)
            continue
        assert kind is not None
        officer = own_officer.get(block_of[row["property_ref"]])
        visits.append(_visit(row, kind, monday, doors, block_of, officer, rules))
    return tuple(visits), tuple(aside)


def _set_aside(
    row: Mapping[Any, Any], kind: VisitType | None, doors: dict[str, Door], rules: VisitRules
) -> Unplanned | None:
    ref = row["visit_ref"]
    if kind is None:
        return Unplanned(
            visit_ref=ref,
            kind=UnplannedClass.BAD_DATA,
            reason=f"visit type {row['visit_type']!r} is not in the visit rules",
            evidence=f"row {row['row']} of the visits file",
            remedy="use a known visit type, or add this one to the visit rules",
        )
    if row["property_ref"] not in doors:
        return Unplanned(
            visit_ref=ref,
            kind=UnplannedClass.BAD_DATA,
            reason=f"property {row['property_ref']!r} is not in the homes file",
            evidence=f"row {row['row']} of the visits file",
            remedy="correct the property reference",
        )
    if kind.escalate:
        return Unplanned(
            visit_ref=ref,
            kind=UnplannedClass.ESCALATE,
            reason="an emergency is outside the planner: escalate it today",
            evidence=kind.source,
            remedy="send someone now by the emergency procedure, not by the weekly plan",
        )
    failed = int(row["previous_attempts"] or 0)
    appointed = row["window_start_s"] is not None or row["days"]
    if failed >= rules.attempts_before_appointment and not appointed:
        return Unplanned(
            visit_ref=ref,
            kind=UnplannedClass.IMPOSSIBLE,
            reason=f"{failed} tries failed: the next is by appointment, and none is made",
            evidence=f"attempts_before_appointment = {rules.attempts_before_appointment}",
            remedy="agree a day or time with the resident and put it in the visits file",
        )
    return None


def _visit(
    row: Mapping[Any, Any],
    kind: VisitType,
    monday: dt.date,
    doors: dict[str, Door],
    block_of: dict[str, str],
    officer: str | None,
    rules: VisitRules,
) -> Visit:
    minutes = int(row["minutes"] or kind.minutes)
    due = _due(row, kind)
    priority = int(row["priority"] or kind.priority)
    statutory, request = _points(kind, priority, due, monday, rules.values)
    language = row["language"] or None
    return Visit(
        visit_ref=row["visit_ref"],
        visit_type=row["visit_type"],
        property_ref=row["property_ref"],
        block_ref=block_of[row["property_ref"]],
        door=doors[row["property_ref"]],
        service_s=minutes * 60,
        interpreter_service_s=round(minutes * 60 * (rules.interpreter_factor if language else 1)),
        windows=_windows(row, monday),
        due_at=due,
        statutory=kind.statutory,
        priority=priority,
        two_officers=bool(row["two_officers"]) or kind.two_officers,
        language=language,
        skill=row["skill"] or None,
        own_officer=officer,
        excluded_officers=frozenset(row.get("excluded_officers") or ()),
        value=round((statutory + request) * VALUE_UNITS_PER_POINT),
        late_value=round(request * rules.values.late * VALUE_UNITS_PER_POINT),
        own_officer_value=round(rules.values.own_officer * VALUE_UNITS_PER_POINT) if officer else 0,
        statutory_value=round(statutory * VALUE_UNITS_PER_POINT),
    )


def _due(row: Mapping[Any, Any], kind: VisitType) -> dt.datetime | None:
    if row["due_by"] is not None:
        due: dt.datetime = row["due_by"].to_pydatetime()
        return due
    raised = row["raised_on"]
    return due_at(raised.date() if raised is not None else None, kind.deadline)


def _points(
    kind: VisitType, priority: int, due: dt.datetime | None, monday: dt.date, values: VisitValues
) -> tuple[float, float]:
    """Return the points for a statutory visit in time, and for the request itself."""
    this_week = due is not None and due <= end_of(week_days(monday)[-1])
    statutory = 0.0
    if kind.statutory:
        statutory = values.statutory_on_time * (1 if this_week else values.statutory_not_yet_due)
    return statutory, values.request * priority * (values.due_this_week if this_week else 1)


def _windows(row: Mapping[Any, Any], monday: dt.date) -> tuple[TimeWindow, ...]:
    """Return when the visit may start, on each allowed day.

    The next try goes to another part of the day than the last one, unless the
    resident's own window leaves no other.
    """
    earliest = 0 if row["window_start_s"] is None else int(row["window_start_s"])
    latest = LAST_SECOND_S if row["window_end_s"] is None else int(row["window_end_s"])
    spans = [(earliest, latest)]
    last_try = row["last_attempt_at"]
    if int(row["previous_attempts"] or 0) > 0 and last_try is not None:
        tried = part_of(last_try.hour * 3600 + last_try.minute * 60)
        others = [
            (max(earliest, first), min(latest, last))
            for part, (first, last) in PARTS_OF_DAY.items()
            if part is not tried
        ]
        others = [(first, last) for first, last in others if first < last]
        if any(first < OFFICE_CLOSES_S for first, _ in others):
            spans = others
    days = row["days"] or tuple(range(7))
    return tuple(
        TimeWindow(date=day, earliest_s=first, latest_s=last)
        for day in week_days(monday)
        if day.weekday() in days
        for first, last in spans
    )
