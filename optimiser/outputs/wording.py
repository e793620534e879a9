"""Words for people: GOV.UK style dates and times, and neutral names of visits.

What an officer carries or a calendar shows must not give away why a visit is
made, so every type that hints at debt, behaviour or vulnerability has a neutral
label, and an unknown type has the most neutral one.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from optimiser.model import WorkspaceView

__all__ = [
    "assumptions",
    "change_label",
    "class_label",
    "counted",
    "duration",
    "headed",
    "in_number_order",
    "iso_time",
    "long_date",
    "notices",
    "sentence",
    "short_date",
    "stop_label",
    "time_of_day",
    "true_minus",
    "visit_label",
    "walks_note",
]

_DAY_S: Final = 86_400

_VISIT_LABELS: Final = {
    "damp_mould": "Damp and mould visit",
    "mutual_exchange": "Home exchange visit",
    "pcfra": "Fire safety visit",
    "peep": "Fire safety visit",
    "fire_door": "Fire door check",
    "settling_in": "Settling-in visit",
    "introductory_review": "Tenancy visit",
    "tenancy_audit": "Tenancy visit",
    "rent_arrears": "Tenancy visit",
    "asb_new": "Tenancy visit",
    "asb_follow_up": "Tenancy visit",
    "abandonment_check": "Tenancy visit",
    "welfare_visit": "Home visit",
    "resident_request": "Home visit",
}
_STOP_LABELS: Final = {
    "round": "Community round",
    "break": "Break",
    "surgery": "Surgery",
}
_CLASS_LABELS: Final = {
    "impossible": "Cannot be done this week",
    "crowded_out": "No room this week",
    "not_found": "Could be done, no place found",
    "escalate": "Outside the planner: escalate",
    "bad_data": "The request cannot be read",
}


def time_of_day(seconds: int) -> str:
    """Return seconds after midnight as "9am", "9:15am", "midday" or "5:30pm"."""
    minutes = int(seconds) % _DAY_S // 60
    hour, minute = divmod(minutes, 60)
    if minute == 0 and hour in (0, 12):
        return "midnight" if hour == 0 else "midday"
    clock = f"{(hour - 1) % 12 + 1}" + (f":{minute:02d}" if minute else "")
    return f"{clock}{'am' if hour < 12 else 'pm'}"


def long_date(date: dt.date) -> str:
    """Return "Tuesday 1 December 2026", whatever the machine's locale."""
    day = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    month = ("January", "February", "March", "April", "May", "June", "July", "August")
    months = (*month, "September", "October", "November", "December")
    return f"{day[date.weekday()]} {date.day} {months[date.month - 1]} {date.year}"


def short_date(date: dt.date) -> str:
    """Return "Tue 1 Dec"."""
    name, number, month, _ = long_date(date).split()
    return f"{name[:3]} {number} {month[:3]}"


def iso_time(date: dt.date, seconds: int) -> str:
    """Return local ISO time, to the minute unless there are seconds: "2026-12-03T10:15"."""
    moment = dt.datetime.combine(date, dt.time()) + dt.timedelta(seconds=int(seconds))
    return moment.isoformat(timespec="seconds" if moment.second else "minutes")


def duration(seconds: float) -> str:
    """Return whole minutes as "50 minutes" or "1 hour 5 minutes"."""
    hours, minutes = divmod(round(seconds / 60), 60)
    parts = [counted(hours, "hour")] if hours else []
    if minutes or not hours:
        parts.append(counted(minutes, "minute"))
    return " ".join(parts)


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """Return "1 home" or "1,234 homes"."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def in_number_order(name: str) -> list[tuple[int, int, str]]:
    """Return a key that sorts "9 Elm Row" before "12 Elm Row"."""
    parts = re.findall(r"\d+|\D+", name)
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p.casefold()) for p in parts]


def true_minus(shown: str) -> str:
    """Return a number's text with a minus sign instead of the hyphen."""
    return shown.replace("-", "\N{MINUS SIGN}")


def visit_label(visit_type: str | None) -> str:
    """Return neutral words for a type of visit; "Home visit" for one not known."""
    return _VISIT_LABELS.get((visit_type or "").strip().lower(), "Home visit")


def stop_label(kind: str, visit_type: str | None = None) -> str:
    """Return neutral words for any stop of a route."""
    return visit_label(visit_type) if kind == "visit" else _STOP_LABELS.get(kind, "Appointment")


def sentence(text: str) -> str:
    """Return text with a capital first letter, the rest as it is."""
    return text[:1].upper() + text[1:]


def class_label(kind: str) -> str:
    """Return a plain heading for a class of requests left out."""
    return _CLASS_LABELS.get(kind, kind)


def change_label(kind: str) -> str:
    """Return a plain word for a change of a mended week: "No place any more", "Moved"."""
    return "No place any more" if kind == "dropped" else sentence(kind)


def assumptions(notes: Iterable[str], caveats: Iterable[str]) -> list[str]:
    """Return what a plan and its input say was assumed, each once."""
    return list(dict.fromkeys((*notes, *caveats)))


def headed(text: str, title: str) -> str:
    """Return a page's heading: what it is and, where that is known, whose."""
    return f"{text}: {title}" if title else text


def notices(synthetic: bool, title: str, caveats: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the notices that belong on every output, the synthetic one first."""
    name = f" ({title})" if title else ""
    notice = f"Synthetic data{name}: homes, people and requests are invented."
    return ((notice,) if synthetic else ()) + tuple(caveats)


def walks_note(view: WorkspaceView) -> str:
    """Return what belongs beside a walking time that follows no street; else nothing."""
    if view.street_lines is not None:
        return ""
    return "Walking times are estimates from straight lines: no streets were given."
