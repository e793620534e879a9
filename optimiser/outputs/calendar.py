"""An iCalendar file per officer, with neutral subjects and no names (RFC 5545).

Wall-clock times become UTC through the time zone's own rules, so that a plan on
either side of a clock change is right in every calendar program. UIDs are
stable: the same request with the same officer in the same week keeps its UID
when its time changes, and a higher SEQUENCE. Places are blocks; the door is on the
officer's sheet.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from optimiser.model import VisitPlan, WorkspaceView
from optimiser.outputs.stops import StopLine
from optimiser.outputs.wording import counted, notices, walks_note

if TYPE_CHECKING:
    from icalendar import Calendar, Event

__all__ = ["calendar_file_name", "officer_calendars", "utc_time", "write_calendars"]

TIME_ZONE: Final = "Europe/London"


def officer_calendars(
    view: WorkspaceView,
    plan: VisitPlan,
    lines: Iterable[StopLine],
    *,
    before: Mapping[str, bytes] = MappingProxyType({}),
) -> dict[str, bytes]:
    """Return officer_ref -> the text of the officer's .ics.

    Parameters
    ----------
    view, plan, lines
        The week.
    before
        officer_ref -> the .ics that the officer had. An event that is otherwise than
        there has a higher SEQUENCE; one that is gone stays as CANCELLED, for a calendar
        program takes away only what it is told to.

    Returns
    -------
    For officers with a route, and those who had one.
    """
    ordered = sorted(lines, key=lambda x: (x.officer_ref, x.date, x.position))
    held = {who: list(own) for who, own in groupby(ordered, key=lambda line: line.officer_ref)}
    return {
        officer: _calendar(
            view, plan, officer, held.get(officer, ()), _events_of(before.get(officer))
        ).to_ical()
        for officer in sorted(held.keys() | before.keys())
    }


def write_calendars(
    view: WorkspaceView, plan: VisitPlan, lines: Iterable[StopLine], folder: Path, *, before: Path
) -> None:
    """Write `folder`/<officer_ref>.ics, going on from those in the folder `before`, if any."""
    earlier = {
        unquote(path.stem): path.read_bytes()
        for path in (sorted(before.glob("*.ics")) if before.is_dir() else ())
    }
    folder.mkdir()
    for officer, text in officer_calendars(view, plan, lines, before=earlier).items():
        (folder / calendar_file_name(officer)).write_bytes(text)


def calendar_file_name(officer_ref: str) -> str:
    """Return a file name that is safe on every system: "HO/01" gives "HO%2F01.ics"."""
    return f"{quote(officer_ref, safe='')}.ics"


def utc_time(date: dt.date, seconds: int) -> dt.datetime:
    """Return the instant at which clocks in London show a time of day, in UTC."""
    from zoneinfo import ZoneInfo

    wall = dt.datetime.combine(date, dt.time()) + dt.timedelta(seconds=seconds)
    return wall.replace(tzinfo=ZoneInfo(TIME_ZONE)).astimezone(dt.UTC)


def _calendar(
    view: WorkspaceView,
    plan: VisitPlan,
    officer: str,
    lines: Iterable[StopLine],
    before: Mapping[str, Event],
) -> Calendar:
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//doorstep//week plan//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    suffix = " (synthetic data)" if view.synthetic else ""
    calendar.add("x-wr-calname", f"{officer} week of {plan.week.isoformat()}{suffix}")
    here = set()
    for line in lines:
        event = _event(view, plan, line)
        here.add(str(event["uid"]))
        calendar.add_component(_following(event, before.get(str(event["uid"]))))
    for uid in sorted(before.keys() - here):
        calendar.add_component(_cancelled(before[uid], plan))
    return calendar


def _events_of(text: bytes | None) -> dict[str, Event]:
    """Return the events of an earlier .ics by UID; none of one that a person has spoilt."""
    from icalendar import Calendar, Event

    if text is None:
        return {}
    try:
        events = [e for e in Calendar.from_ical(text).walk("VEVENT") if isinstance(e, Event)]
        return {str(e["uid"]): e for e in events if int(e.get("sequence", 0)) >= 0}
    except (ValueError, KeyError, TypeError):
        return {}


def _following(event: Event, before: Event | None) -> Event:
    """Return the event, numbered after the one of the same UID that went out before."""
    if before is None:
        return event
    number = int(before.get("sequence", 0))
    if _said(event) == _said(before):
        event["sequence"], event["dtstamp"] = before["sequence"], before["dtstamp"]
    else:
        _number(event, number + 1)
    return event


def _said(event: Event) -> dict[str, bytes]:
    """Return what an event says, apart from which edition it is."""
    return {
        name: value.to_ical()
        for name, value in event.items()
        if name not in ("SEQUENCE", "DTSTAMP")
    }


def _cancelled(before: Event, plan: VisitPlan) -> Event:
    """Return the event as taken out; one that was already is left as it is."""
    if str(before.get("status", "")) == "CANCELLED":
        return before
    event = before.copy()
    for name in ("summary", "status", "dtstamp"):
        event.pop(name, None)
    # A program that shows what is cancelled as if it were not still shows the words.
    event.add("summary", f"Cancelled: {before.get('summary', '')}")
    event.add("status", "CANCELLED")
    event.add("dtstamp", _stamp(plan))
    event["transp"] = "TRANSPARENT"
    _number(event, int(before.get("sequence", 0)) + 1)
    return event


def _number(event: Event, number: int) -> None:
    event.pop("sequence", None)
    event.add("sequence", number)


def _stamp(plan: VisitPlan) -> dt.datetime:
    """Return when the plan was made, as far as it says: the same plan gives the same file."""
    if plan.replanned_at is None:
        return dt.datetime.combine(plan.week, dt.time(), tzinfo=dt.UTC)
    at = plan.replanned_at
    return utc_time(at.date(), at.hour * 3600 + at.minute * 60 + at.second)


def _event(view: WorkspaceView, plan: VisitPlan, line: StopLine) -> Event:
    from icalendar import Event

    stop = line.stop
    event = Event()
    event.add("uid", _uid(plan, line))
    event.add("dtstamp", _stamp(plan))
    event.add("sequence", 0)
    event.add("status", "CONFIRMED")
    # To the minute, as on the sheet.
    event.add("dtstart", utc_time(line.date, stop.start_s // 60 * 60))
    event.add("dtend", utc_time(line.date, stop.end_s // 60 * 60))
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
    # Breaks and surgeries have no reference: a day has one break, a surgery its hour.
    at = line.date.isoformat() + (f"/{stop.end_s}" if stop.kind == "surgery" else "")
    ref = stop.visit_ref or stop.round_ref or at
    key = f"doorstep/{plan.week.isoformat()}/{line.officer_ref}/{stop.kind}/{ref}"
    return f"{uuid.uuid5(uuid.NAMESPACE_URL, key)}@doorstep.invalid"
