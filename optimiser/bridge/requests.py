"""Rows of the visits file become visits, or requests set aside with a reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from geodata.readers.visit_types import nearest_visit_type
from optimiser.bridge.contacts import PARTS_OF_DAY, part_of
from optimiser.bridge.deadlines import due_at, end_of
from optimiser.bridge.rows import rows_of
from optimiser.bridge.shifts import seconds_of, week_days
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

__all__ = ["build_visits", "stale_constraints"]

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
    genders: Mapping[str, str] = MappingProxyType({}),
    tries: Mapping[str, tuple[dt.datetime, ...]] = MappingProxyType({}),
) -> tuple[tuple[Visit, ...], tuple[Unplanned, ...]]:
    """Return what can be planned, and what is set aside with its reason.

    `doors` and `block_of` are keyed by property_ref, `own_officer` by block_ref;
    `genders` by officer_ref, with "" where not said; `tries` by visit_ref, when
    the outcomes say that nobody was in.
    """
    visits: list[Visit] = []
    aside: list[Unplanned] = []
    for row in (_with_tries(row, tries) for row in rows_of(rows)):
        kind = types.types.get(row["visit_type"])
        reason = (
            _set_aside(row, kind, types, doors)
            or _no_appointment(row, monday, rules)
            or _no_officer(row, genders)
        )
        if reason is not None:
            aside.append(reason)
            continue
        assert kind is not None
        officer = own_officer.get(block_of[row["property_ref"]])
        visits.append(_visit(row, kind, monday, doors, block_of, officer, rules, genders))
    return tuple(visits), tuple(aside)


def _with_tries(
    row: Mapping[Any, Any], tries: Mapping[str, tuple[dt.datetime, ...]]
) -> dict[Any, Any]:
    """Return the row with every try that is known: the file's own last one, and the outcomes'."""
    own = row["last_attempt_at"]
    known = {*tries.get(row["visit_ref"], ()), *([] if own is None else [own])}
    failed = max(int(row["previous_attempts"] or 0), len(known))
    return dict(row) | {"previous_attempts": failed, "tried_at": tuple(sorted(known))}


def _set_aside(
    row: Mapping[Any, Any], kind: VisitType | None, types: VisitTypes, doors: dict[str, Door]
) -> Unplanned | None:
    ref = row["visit_ref"]
    if kind is None:
        return Unplanned(
            visit_ref=ref,
            kind=UnplannedClass.BAD_DATA,
            reason=f"visit type {row['visit_type']!r} is not in the visit rules",
            evidence=f"row {row['row']} of the visits file",
            remedy=_known_type(row["visit_type"], types),
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
    return None


def _known_type(name: str, types: VisitTypes) -> str:
    """Return what to do about a visit type that the rules do not have."""
    near = nearest_visit_type(name, types.types)
    meant = f"did you mean {near}? " if near else ""
    return f"{meant}use one of {', '.join(types.types)}, or add this one to the visit rules"


def _no_appointment(row: Mapping[Any, Any], monday: dt.date, rules: VisitRules) -> Unplanned | None:
    """Return why a visit by appointment cannot be in this week."""
    failed = int(row["previous_attempts"] or 0)
    pinned = row.get("pinned_at")
    if pinned is not None and pinned.date() not in week_days(monday):
        return Unplanned(
            visit_ref=row["visit_ref"],
            kind=UnplannedClass.IMPOSSIBLE,
            reason="its appointment is not in this week",
            evidence=f"agreed for {pinned:%Y-%m-%d %H:%M}",
            remedy="plan it in that week, or agree another time with the resident",
        )
    if pinned is not None or row["window_start_s"] is not None or row["days"]:
        return None
    if failed >= rules.attempts_before_appointment:
        reason = f"{failed} tries failed: the next is by appointment, and none is made"
        evidence = f"attempts_before_appointment = {rules.attempts_before_appointment}"
    elif row.get("appointment_only"):
        reason = "it is by appointment only, and none is made"
        evidence = f"appointment_only in row {row['row']} of the visits file"
    else:
        return None
    return Unplanned(
        visit_ref=row["visit_ref"],
        kind=UnplannedClass.IMPOSSIBLE,
        reason=reason,
        evidence=evidence,
        remedy="agree a day or time with the resident and put it in the visits file",
    )


def _no_officer(row: Mapping[Any, Any], genders: Mapping[str, str]) -> Unplanned | None:
    """Return why nobody may go, where the request names who, or which gender."""
    pinned, gender = row.get("pinned_officer"), row.get("officer_gender")
    if pinned and pinned not in genders:
        return Unplanned(
            visit_ref=row["visit_ref"],
            kind=UnplannedClass.BAD_DATA,
            reason=f"officer {pinned!r}, who is to go, is not in the officers file",
            evidence=f"row {row['row']} of the visits file",
            remedy="correct the reference, or leave it out for any officer",
        )
    if gender and gender not in genders.values():
        return Unplanned(
            visit_ref=row["visit_ref"],
            kind=UnplannedClass.IMPOSSIBLE,
            reason=f"it asks for a {gender} officer, and the officers file names none",
            evidence=f"0 of {len(genders)} officers have {gender} as their gender there",
            remedy="fill in the column gender of the officers file",
        )
    return None


def _barred(row: Mapping[Any, Any], two: bool, genders: Mapping[str, str]) -> frozenset[str]:
    """Return who may not go: those excluded, all but the one named, those of another gender.

    Of a pair, one is named (`required_officer`) and the other is free, so that the name
    bars nobody. A gender is asked of both: it says who may come to the door, unlike a
    skill or a language, which one of the two brings for both.
    """
    barred = set(row.get("excluded_officers") or ())
    if (pinned := row.get("pinned_officer")) and not two:
        barred |= genders.keys() - {pinned}
    if wanted := row.get("officer_gender"):
        barred |= {officer for officer, gender in genders.items() if gender != wanted}
    return frozenset(barred)


def stale_constraints(rows: pd.DataFrame | None, monday: dt.date) -> tuple[str, ...]:
    """Return a note on constraints that were to be reviewed before this week."""
    if rows is None or "review_by" not in rows:
        return ()
    past = rows.loc[rows["review_by"] < str(monday), "visit_ref"].tolist()
    if not past:
        return ()
    shown = ", ".join(past[:8]) + (", …" if len(past) > 8 else "")
    return (f"Constraints that were to be reviewed before this week: {shown}.",)


def _visit(
    row: Mapping[Any, Any],
    kind: VisitType,
    monday: dt.date,
    doors: dict[str, Door],
    block_of: dict[str, str],
    officer: str | None,
    rules: VisitRules,
    genders: Mapping[str, str],
) -> Visit:
    minutes = int(row["minutes"] or kind.minutes)
    due = _due(row, kind)
    priority = int(row["priority"] or kind.priority)
    statutory, request = _points(kind, priority, due, monday, rules.values)
    # Late at all, statutory ones come first.
    late = request * (1.0 if kind.statutory else rules.values.late)
    language = row["language"] or None
    two = bool(row["two_officers"]) or kind.two_officers
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
        two_officers=two,
        language=language,
        skill=row["skill"] or None,
        own_officer=officer,
        excluded_officers=_barred(row, two, genders),
        required_officer=row.get("pinned_officer") or None,
        value=round((statutory + request) * VALUE_UNITS_PER_POINT),
        late_value=round(late * VALUE_UNITS_PER_POINT),
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
    request = values.request * priority * (values.due_this_week if this_week else 1)
    if not kind.statutory:
        return 0.0, request
    if this_week:
        return values.statutory_on_time, request
    # No due date is kept or missed this week: it is a request like others, a little dearer.
    return 0.0, request + values.statutory_on_time * values.statutory_not_yet_due


def _windows(row: Mapping[Any, Any], monday: dt.date) -> tuple[TimeWindow, ...]:
    """Return when the visit may start, on each allowed day.

    An agreed time is the only one.
    """
    if (agreed := row.get("pinned_at")) is not None:
        at_s = agreed.hour * 3600 + agreed.minute * 60 + agreed.second
        return (TimeWindow(date=agreed.date(), earliest_s=at_s, latest_s=at_s),)
    earliest = 0 if row["window_start_s"] is None else int(row["window_start_s"])
    latest = LAST_SECOND_S if row["window_end_s"] is None else int(row["window_end_s"])
    spans = _another_part(earliest, latest, row["tried_at"])
    days = row["days"] or tuple(range(7))
    return tuple(
        TimeWindow(date=day, earliest_s=first, latest_s=last)
        for day in week_days(monday)
        if day.weekday() in days
        for first, last in spans
    )


def _another_part(
    earliest: int, latest: int, tried_at: tuple[dt.datetime, ...]
) -> list[tuple[int, int]]:
    """Return the spans for the next try: other parts of the day than those tried.

    Where all that the office is open for have been tried, another than the last one; where
    the resident's own window leaves no other, the whole of it.
    """
    # A date without a time of day is midnight, and says nothing about the part.
    parts = [part_of(seconds_of(at.time())) for at in tried_at if at.time() != dt.time()]
    for shunned in (set(parts), set(parts[-1:])):
        spans = [
            (max(earliest, first), min(latest, last))
            for part, (first, last) in PARTS_OF_DAY.items()
            if part not in shunned
        ]
        spans = [(first, last) for first, last in spans if first < last]
        if shunned and any(first < OFFICE_CLOSES_S for first, _ in spans):
            return spans
    return [(earliest, latest)]
