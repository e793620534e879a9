"""Officers, absences and fixed sessions become the week's shifts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from optimiser.bridge.deadlines import bank_holidays
from optimiser.bridge.rows import rows_of
from optimiser.model.visits import Session, Shift

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.model.rules import VisitRules

__all__ = ["build_shifts", "seconds_of", "week_days"]

BREAK_AFTER_S = 6 * 3600
"""A break is due when working more than six hours: Working Time Regulations 1998, reg. 12."""


def seconds_of(time: dt.time) -> int:
    """Return a time of day as seconds after midnight."""
    return time.hour * 3600 + time.minute * 60 + time.second


def week_days(monday: dt.date) -> list[dt.date]:
    """Return the seven days of the week from Monday."""
    return [monday + dt.timedelta(days=k) for k in range(7)]


def _absent(absences: pd.DataFrame | None) -> dict[str, list[tuple[dt.date, dt.date]]]:
    spans: dict[str, list[tuple[dt.date, dt.date]]] = {}
    for row in rows_of(absences):
        spans.setdefault(row["officer_ref"], []).append((row["first_day"], row["last_day"]))
    return spans


def _closed(day: dt.date, rules: VisitRules) -> bool:
    return day in bank_holidays(day.year) and day not in rules.worked_bank_holidays


def _break_s(officer: Mapping[Any, Any], rules: VisitRules) -> int:
    if officer["shift_end_s"] - officer["shift_start_s"] <= BREAK_AFTER_S:
        return 0
    own = officer["break_minutes"]
    return int(rules.break_minutes if own is None else own) * 60


def build_shifts(
    officers: pd.DataFrame,
    *,
    monday: dt.date,
    absences: pd.DataFrame | None,
    fixed: pd.DataFrame | None,
    start_place: dict[str, int],
    session_place: dict[tuple[float, float], int],
    rules: VisitRules,
) -> tuple[tuple[Shift, ...], tuple[str, ...]]:
    """Return the week's shifts, and a note for each session that no shift can hold.

    `start_place` maps an officer to the place where the day starts and ends,
    `session_place` a session's (easting, northing) to its place.
    """
    away = _absent(absences)
    sessions: dict[tuple[str, dt.date], list[Mapping[Any, Any]]] = {}
    for row in rows_of(fixed):
        sessions.setdefault((row["officer_ref"], row["date"]), []).append(row)

    shifts: list[Shift] = []
    for officer in rows_of(officers):
        ref = officer["officer_ref"]
        for day in week_days(monday):
            if day.weekday() not in officer["working_days"] or _closed(day, rules):
                continue
            if any(first <= day <= last for first, last in away.get(ref, [])):
                continue
            held = [
                s
                for s in sessions.get((ref, day), [])
                if officer["shift_start_s"] <= s["start_s"] and s["end_s"] <= officer["shift_end_s"]
            ]
            shifts.append(_shift(officer, day, held, start_place[ref], session_place, rules))
    return tuple(shifts), _lost_sessions(shifts, sessions, monday)


def _shift(
    officer: Mapping[Any, Any],
    day: dt.date,
    sessions: list[Mapping[Any, Any]],
    place: int,
    session_place: dict[tuple[float, float], int],
    rules: VisitRules,
) -> Shift:
    start_s, end_s = int(officer["shift_start_s"]), int(officer["shift_end_s"])
    break_s = _break_s(officer, rules)
    most = rules.max_walk_minutes_day
    return Shift(
        officer_ref=officer["officer_ref"],
        date=day,
        start_s=start_s,
        end_s=end_s,
        start_place=place,
        end_place=place,
        break_s=break_s,
        break_earliest_s=max(seconds_of(rules.break_earliest), start_s),
        break_latest_s=min(seconds_of(rules.break_latest), end_s - break_s),
        busy_limit_s=int((end_s - start_s - break_s) * (1 - rules.slack)),
        walk_limit_s=None if most is None else round(most * 60),
        sessions=tuple(
            Session(
                kind=s["kind"],
                place=session_place[(s["easting"], s["northing"])],
                start_s=int(s["start_s"]),
                end_s=int(s["end_s"]),
            )
            for s in sorted(sessions, key=lambda s: int(s["start_s"]))
        ),
    )


def _lost_sessions(
    shifts: list[Shift],
    sessions: dict[tuple[str, dt.date], list[Mapping[Any, Any]]],
    monday: dt.date,
) -> tuple[str, ...]:
    held = {(s.officer_ref, s.date): len(s.sessions) for s in shifts}
    days = set(week_days(monday))
    return tuple(
        f"{ref} has a fixed session on {day:%A} {day.day} {day:%B %Y} but is not at work for "
        "all of it: find cover"
        for (ref, day), rows in sorted(sessions.items())
        if day in days and held.get((ref, day), 0) < len(rows)
    )
