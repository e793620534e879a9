"""Words for a manager: days, times, points and lists, in GOV.UK style."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

from optimiser.model.visits import VALUE_UNITS_PER_POINT, VisitProblem

__all__ = ["clock", "counted", "day_name", "joined", "listed_days", "points", "task_name"]

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def clock(seconds: int) -> str:
    """Return seconds after midnight as "9am", "9:15am" or "midday"; seconds are dropped."""
    hour, minute = divmod(int(seconds) // 60 % 1440, 60)
    if minute == 0 and hour in (0, 12):
        return "midday" if hour else "midnight"
    return f"{(hour - 1) % 12 + 1}{f':{minute:02d}' if minute else ''}{'am' if hour < 12 else 'pm'}"


def day_name(date: dt.date) -> str:
    """Return "Wednesday 2 December"."""
    return f"{_DAYS[date.weekday()]} {date.day} {_MONTHS[date.month - 1]}"


def points(units: int) -> str:
    """Return units as "100 points", with a decimal only where it matters."""
    value = round(units / VALUE_UNITS_PER_POINT, 1)
    number = f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"
    return f"{number} point" if number == "1" else f"{number} points"


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return "1 visit" or "2 visits"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def joined(words: Iterable[str], *, last: str = "and", most: int = 6) -> str:
    """Return "a, b and c"; after `most` the rest is counted."""
    words = list(words)
    if len(words) > most:
        words = [*words[: most - 1], f"{len(words) - most + 1} more"]
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def listed_days(dates: Sequence[dt.date]) -> str:
    """Return the days as "Monday 30 November or Tuesday 1 December"."""
    return joined((day_name(d) for d in dates), last="or", most=7)


def task_name(problem: VisitProblem, key: tuple[str, int]) -> str:
    """Return a visit's reference, or "12 doors of B0123" for a round."""
    kind, index = key
    if kind == "visit":
        return problem.visits[index].visit_ref
    turn = problem.rounds[index]
    return f"{counted(len(turn.property_refs), 'door')} of {turn.block_ref}"
