"""An iCalendar file per officer, with neutral subjects and no names (RFC 5545).

Wall-clock times become UTC through the time zone's own rules, so that a plan on
either side of a clock change is right in every calendar program. UIDs are
stable: the same request with the same officer in the same week keeps its UID
when its time changes. Places are blocks; the door is on the officer's sheet.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from optimiser.model import VisitPlan, WorkspaceView
from optimiser.outputs.stops import StopLine
from optimiser.outputs.wording import counted, notices, walks_note

if TYPE_CHECKING:
    from icalendar import Calendar, Event

__all__ = ["calendar_file_name", "officer_calendars", "utc_time"]

TIME_ZONE: Final = "Europe/London"


def officer_calendars(
    view: WorkspaceView, plan: VisitPlan, lines: Iterable[StopLine]
) -> dict[str, bytes]:
    """Return officer_ref -> the text of the officer's .ics, for officers with a route."""
    ordered = sorted(lines, key=lambda x: (x.officer_ref, x.date, x.position))
    return {
        officer: _calendar(view, plan, officer, group).to_ical()
        for officer, group in groupby(ordered, key=lambda line: line.officer_ref)
    }


def calendar_file_name(officer_ref: str) -> str:
    """Return a file name that is safe on every system: "HO/01" gives "HO%2F01.ics"."""
    return f"{quote(officer_ref, safe='')}.ics"


def utc_time(date: dt.date, seconds: int) -> dt.datetime:
    """Return the instant at which clocks in London show a time of day, in UTC."""
    from zoneinfo import ZoneInfo

    wall = dt.datetime.combine(date, dt.time()) + dt.timedelta(seconds=seconds)
    return wall.replace(tzinfo=ZoneInfo(TIME_ZONE)).astimezone(dt.UTC)


def _calendar(
    view: WorkspaceView, plan: VisitPlan, officer: str, lines: Iterable[StopLine]
) -> Calendar:
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//doorstep//week plan//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    suffix = " (synthetic data)" if view.synthetic else ""
    calendar.add("x-wr-calname", f"{officer} week of {plan.week.isoformat()}{suffix}")
    for line in lines:
        calendar.add_component(_event(view, plan, line))
    return calendar


def _event(view: WorkspaceView, plan: VisitPlan, line: StopLine) -> Event:
    from icalendar import Event

    stop = line.stop
    event = Event()
    event.add("uid", _uid(plan, line))
    # The week, not the clock: the same plan gives the same file.
    event.add("dtstamp", dt.datetime.combine(plan.week, dt.time(), tzinfo=dt.UTC))
    event.add("sequence", 0)
    event.add("dtstart", utc_time(line.date, stop.start_s))
    event.add("dtend", utc_time(line.date, stop.end_s))
    event.add("summary", _subject(line))
    if line.building and stop.kind != "break":
        event.add("location", line.building)
    event.add("description", "\n".join(_details(view, line)))
    event.add("transp", "TRANSPARENT" if stop.kind == "break" else "OPAQUE")
    return event


def _subject(line: StopLine) -> str:
    with_officer = line.stop.with_officer
    return f"{line.task} with {with_officer}" if with_officer else line.task


def _details(view: WorkspaceView, line: StopLine) -> Iterable[str]:
    if line.stop.visit_ref:
        yield f"Reference {line.stop.visit_ref}. The address is on the day's sheet."
    if line.stop.kind == "round":
        yield f"{counted(len(line.doors), 'door')}, listed on the day's sheet."
    if line.stop.interpreter:
        yield f"Interpreter: {line.language}" if line.language else "Interpreter"
    yield from notices(view.synthetic, view.title, filter(None, [walks_note(view)]))


def _uid(plan: VisitPlan, line: StopLine) -> str:
    stop = line.stop
    # Breaks and surgeries have no reference: their place in the day names them.
    ref = stop.visit_ref or stop.round_ref or f"{line.date.isoformat()}/{line.position}"
    key = f"doorstep/{plan.week.isoformat()}/{line.officer_ref}/{stop.kind}/{ref}"
    return f"{uuid.uuid5(uuid.NAMESPACE_URL, key)}@doorstep.invalid"
