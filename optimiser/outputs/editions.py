"""What an officer's sheet says of its edition: which version, what is off, new or moved.

Who holds Monday's sheet on Wednesday must see which of the two counts. Why a stop
moved is not said: that somebody is ill is nothing for a paper that is carried about.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from optimiser.model import Appointment, Change, VisitPlan
from optimiser.outputs.stops import StopLine
from optimiser.outputs.wording import long_date, short_date, time_of_day

__all__ = ["DaySheet", "day_sheets"]

_GONE: Final = {"cancelled": "cancelled", "dropped": "put off, with no time left this week"}


@dataclass(frozen=True)
class DaySheet:
    """What is on one officer's sheet of one day.

    `lines` are the stops still to make, `marks` what is otherwise about them by their
    position, and `notice` what stands above them, its first line as a heading.
    """

    officer_ref: str
    date: dt.date
    lines: tuple[StopLine, ...]
    marks: Mapping[int, str] = field(default_factory=dict)
    notice: tuple[str, ...] = ()


def day_sheets(plan: VisitPlan, lines: Sequence[StopLine]) -> list[DaySheet]:
    """Return a sheet for each officer and day with something to do or to take off.

    What a mended plan had begun by then is not to do any more: it is named, not listed.
    """
    ordered = sorted(lines, key=lambda x: (x.officer_ref, x.date, x.position))
    held = {k: tuple(v) for k, v in groupby(ordered, key=lambda x: (x.officer_ref, x.date))}
    gone = _taken_off(plan)
    sheets = []
    for key in sorted(held.keys() | gone.keys()):
        begun = tuple(line for line in held.get(key, ()) if _begun(plan, line))
        left = held.get(key, ())[len(begun) :]
        if all(line.stop.kind == "break" for line in left):
            left = ()
        if left or key in gone:
            marks = _marks(plan, left)
            notice = _notice(plan, begun, gone.get(key, []), changed=bool(marks), left=bool(left))
            officer, date = key
            sheets.append(DaySheet(officer, date, left, marks, notice))
    return sheets


def _begun(plan: VisitPlan, line: StopLine) -> bool:
    return _past(plan, line.date, line.stop.start_s)


def _past(plan: VisitPlan, date: dt.date, start_s: int) -> bool:
    if plan.replanned_at is None:
        return False
    start = dt.datetime.combine(date, dt.time()) + dt.timedelta(seconds=start_s)
    return start < plan.replanned_at


def _taken_off(plan: VisitPlan) -> dict[tuple[str, dt.date], list[str]]:
    """Return what each officer's day had and has no longer, together where one became of it."""
    found: dict[tuple[str, dt.date], dict[str, list[str]]] = {}
    for change in sorted(plan.changes, key=lambda c: c.before.start_s if c.before else 0):
        was = change.before
        if was is None or _past(plan, was.date, was.start_s):
            continue
        for officer in was.officers:
            now = change.after
            if now is None or now.date != was.date or officer not in now.officers:
                alike = found.setdefault((officer, was.date), {})
                alike.setdefault(_where(change, officer), []).append(
                    f"{_named(change)} at {time_of_day(was.start_s)}"
                )
    return {
        key: [f"{', '.join(names)} ({where})" for where, names in alike.items()]
        for key, alike in found.items()
    }


def _named(change: Change) -> str:
    # Of a round the older sheet says when it is, and no reference.
    return change.ref if change.what == "visit" else "community round"


def _where(change: Change, officer: str) -> str:
    now, was = change.after, change.before
    if now is None or was is None:
        return _GONE.get(change.kind, change.kind)
    if officer in now.officers:
        return f"now {short_date(now.date)} at {time_of_day(now.start_s)}, with you"
    others = " and ".join(now.officers)
    when = "" if now.date == was.date else f" on {short_date(now.date)}"
    return f"now with {others}{when}"


def _marks(plan: VisitPlan, lines: Sequence[StopLine]) -> dict[int, str]:
    changes = {change.ref: change for change in plan.changes if change.after is not None}
    marks = {}
    for line in lines:
        change = changes.get(line.stop.visit_ref or line.stop.round_ref or "")
        if change is not None:
            marks[line.position] = _mark(change.before, line)
    return marks


def _mark(was: Appointment | None, line: StopLine) -> str:
    """Return the words beside a stop that is new on the sheet or otherwise than before."""
    if was is None:
        return "NEW"
    day = "" if was.date == line.date else f"{short_date(was.date)} at "
    time = time_of_day(was.start_s)
    if line.officer_ref not in was.officers:
        return f"NEW: was with {' and '.join(was.officers)}, {day}{time}"
    old = [f"{day}{time}"] if day or was.start_s != line.stop.start_s else []
    beside = [other for other in was.officers if other != line.officer_ref]
    if beside != ([line.stop.with_officer] if line.stop.with_officer else []):
        old.append(f"with {' and '.join(beside)}" if beside else "alone")
    return f"CHANGED: was {', '.join(old)}" if old else "CHANGED"


def _notice(
    plan: VisitPlan,
    begun: Sequence[StopLine],
    gone: Sequence[str],
    *,
    changed: bool,
    left: bool,
) -> tuple[str, ...]:
    if plan.replanned_at is None and plan.version == 1:
        return ()
    at = plan.replanned_at
    if at is None:
        return (f"Version {plan.version}: use this sheet in place of every earlier one.",)
    clock = time_of_day(at.hour * 3600 + at.minute * 60)
    said = [f"Version {plan.version}, mended on {long_date(at.date())} at {clock}"]
    if plan.version > 1:
        said.append("Use this sheet in place of every earlier one for this day.")
    if gone:
        said.append(f"Taken off this day: {'; '.join(gone)}.")
    if begun:
        names = [
            line.stop.visit_ref or f"{line.task.lower()} at {time_of_day(line.stop.start_s)}"
            for line in begun
            if line.stop.kind in ("visit", "round")
        ]
        listed = f": {', '.join(names)}" if names else ""
        said.append(f"Begun before {clock} and not listed{listed}. Outcomes go on the old sheet.")
    if changed:
        said.append("What is otherwise than before is marked NEW or CHANGED.")
    elif not gone:
        said.append("What is left of this day is as it was.")
    if not left:
        said.append("Nothing is left to do on this day.")
    return tuple(said)
