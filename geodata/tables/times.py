"""One cell's text to days of the week, a time of the day, or a window of two times."""

from __future__ import annotations

import re
from typing import Final

from geodata.tables.parsing import BadCell, parse_text

__all__ = ["WEEKDAY_NAMES", "parse_days", "parse_time", "parse_window"]

WEEKDAY_NAMES: Final = (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
)  # fmt: skip
_DAY_S: Final = 24 * 3600
_DAY_GROUPS: Final = {
    "weekdays": (0, 1, 2, 3, 4),
    "weekends": (5, 6),
    "daily": (0, 1, 2, 3, 4, 5, 6),
    "any": (),
    "any day": (),
}


_TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?(?:[:.](\d{2})(?:\.0+)?)?\s*(am|pm)?$", re.IGNORECASE)
_DAY_ZERO = re.compile(r"^(?:1899-12-3[01]|1900-01-0[01]|3[01]/12/1899|0[01]/01/1900)[ T]")
"""Databases keep a time alone on the day from which they count."""
_COMPACT_TIME = re.compile(r"(\d{2})(\d{2})$")
_DAY_SHARE = re.compile(r"0?\.\d+$")
_DASH: Final = "[-\u2013\u2014]"


def _weekday(word: str) -> int:
    """Return the day that `word` starts, from three letters on: Mon, Tues, Weds, Thursdays."""
    start = word.casefold().rstrip("s.")
    for day, name in enumerate(WEEKDAY_NAMES):
        if len(start) >= 3 and name.startswith(start):
            return day
    raise BadCell("names no day of the week", "write days as Mon;Wed;Fri")


def parse_days(text: str) -> tuple[int, ...]:
    """Return days of the week in order, 0 for Monday: "Mon;Wed", "Mon-Thu", "weekdays"."""
    text = parse_text(text)
    if (group := _DAY_GROUPS.get(text.casefold())) is not None:
        return group
    found: set[int] = set()
    for part in re.split(r"[;,|/&\s]+|\band\b", re.sub(rf"\s*(?:{_DASH}|\bto\b)\s*", "-", text)):
        first, dash, last = part.partition("-")
        if not part:
            continue
        if not dash:
            found.add(_weekday(first))
            continue
        start, end = _weekday(first), _weekday(last)
        if end < start:
            raise BadCell("is a range of days that runs backwards", "write days as Fri;Sat;Mon")
        found.update(range(start, end + 1))
    return tuple(sorted(found))


def parse_time(text: str) -> int:
    """Return seconds after midnight: 9:00, 09:00, 9am, 9.30pm, 0900, or Excel's part of a day."""
    text = _DAY_ZERO.sub("", text)
    if _DAY_SHARE.match(text):
        return min(round(float(text) * 24 * 60) * 60, _DAY_S - 60)
    match = _COMPACT_TIME.match(text) or _TIME.match(text)
    bare = match is not None and re.fullmatch(r"\d{1,2}", text) is not None
    if match is None or bare:
        raise BadCell("is not a time", "write times as 09:00")
    hour, minute, second, half = (*match.groups(), None, None)[:4]
    hours = int(hour or 0)
    if half:
        if not 1 <= hours <= 12:
            raise BadCell("is not a time", "write times as 09:00")
        hours = hours % 12 + (12 if half.casefold() == "pm" else 0)
    seconds = hours * 3600 + int(minute or 0) * 60 + int(second or 0)
    if int(minute or 0) > 59 or int(second or 0) > 59 or seconds >= _DAY_S:
        raise BadCell("is not a time of the day", "write a time from 00:00 to 23:59")
    return seconds


def parse_window(text: str) -> tuple[int, int]:
    """Return the first and last second of a window: "09:00-12:00", "9am to noon", "AM", "PM"."""
    word = parse_text(text).casefold().replace("noon", "12:00")
    noon, last = _DAY_S // 2, _DAY_S - 60
    named = {"am": (0, noon), "morning": (0, noon), "pm": (noon, last), "afternoon": (noon, last)}
    if word in named:
        return named[word]
    parts = re.split(rf"\s*(?:{_DASH}|\bto\b|\buntil\b)\s*", word)
    if len(parts) != 2:
        raise BadCell("is not a time window", "write windows as 09:00-12:00")
    if re.fullmatch(r"\d{1,2}", parts[0]) and (half := re.search(r"[ap]m$", parts[1])):
        parts[0] += half[0]  # "9-11am"
    start, end = parse_time(parts[0]), parse_time(parts[1])
    if end < start:
        raise BadCell("is a window that ends before it starts", "write the earlier time first")
    return start, end
