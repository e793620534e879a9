"""One cell's text to a date, or a date and time: day first, as Britain writes them."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from geodata.tables.parsing import BadCell
from geodata.tables.times import WEEKDAY_NAMES, parse_time

__all__ = [
    "END_OF_DAY",
    "MonthFirst",
    "parse_appointment",
    "parse_date",
    "parse_date_time",
    "parse_deadline",
    "slashed_parts",
]

END_OF_DAY: Final = dt.time(23, 59, 59)

# Excel counts days from here, its belief in 29 February 1900 included.
_EXCEL_EPOCH: Final = dt.datetime.combine(dt.date(1899, 12, 30), dt.time())
_EARLIEST_YEAR, _LATEST_YEAR = 1990, 2100

_ISO_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$")
_SLASHED = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](?:\d{4}|\d{2})(?!\d)")
_UK_DATE = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})$")
_NAMED_DATE = re.compile(
    r"(?:([A-Za-z]{2,9})\.?,? )?(\d{1,2})(?:st|nd|rd|th)?[-/. ]+(?:of )?([A-Za-z]{3,9})\.?[-/. ,]+"
    r"(\d{4}|\d{2})$"
)
_MONTH_FIRST_NAMED = re.compile(
    r"(?:([A-Za-z]{2,9})\.?,? )?([A-Za-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})$"
)
_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_SERIAL = re.compile(r"\d{5}(\.\d+)?$")
_ZONE = re.compile(r"(Z|UTC|GMT|BST|[+-]\d{2}(?::?\d{2})?)$", re.IGNORECASE)
_OFFSETS: Final = {"Z": "+00:00", "UTC": "+00:00", "GMT": "+00:00", "BST": "+01:00"}


class MonthFirst(BadCell):
    """A date that is none day first, and would be one month first."""

    def __init__(self) -> None:
        super().__init__(
            "is not a date with the day first, though it would be one month first",
            "write dates day first, as 30/11/2026, or as 2026-11-30",
        )


def _calendar_date(year: str, month: int, day: int) -> dt.date:
    full_year = int(year) + (_century(int(year)) if len(year) == 2 else 0)
    try:
        date = dt.date(full_year, month, day)
    except ValueError:
        raise BadCell(
            "is not a date in the calendar", "write a date that exists, as 30/11/2026, day first"
        ) from None
    if not _EARLIEST_YEAR <= date.year <= _LATEST_YEAR:
        raise BadCell(
            f"is a date outside {_EARLIEST_YEAR} to {_LATEST_YEAR}", "check the year of the date"
        )
    return date


def _century(year: int) -> int:
    """Return the century of a year of two digits, as Excel has it: 29 is 2029, 30 is 1930."""
    return 2000 if year < 30 else 1900


def slashed_parts(text: str) -> tuple[int, int] | None:
    """Return the first two numbers of a date such as 30/11/2026, whatever follows it."""
    match = _SLASHED.match(text)
    return (int(match[1]), int(match[2])) if match else None


def _month_number(name: str) -> int:
    for number, month in enumerate(_MONTHS, 1):
        if month.startswith(name.casefold()):
            return number
    raise BadCell("is not a date", "write dates as 30/11/2026")


def _named_date(weekday: str | None, year: str, month: str, day: str) -> dt.date:
    date = _calendar_date(year, _month_number(month), int(day))
    if weekday is not None and not WEEKDAY_NAMES[date.weekday()].startswith(weekday.casefold()[:3]):
        raise BadCell(
            f"is a date that falls on a {WEEKDAY_NAMES[date.weekday()].capitalize()}",
            "correct the date or the day of the week",
        )
    return date


def _date_part(text: str) -> dt.date:
    if match := _ISO_DATE.match(text):
        return _calendar_date(match[1], int(match[2]), int(match[3]))
    if match := _UK_DATE.match(text):
        day, month = int(match[1]), int(match[2])
        if 1 <= day <= 12 < month <= 31:
            _calendar_date(match[3], day, month)
            raise MonthFirst
        return _calendar_date(match[3], month, day)
    if match := _NAMED_DATE.match(text):
        return _named_date(match[1], match[4], match[3], match[2])
    if match := _MONTH_FIRST_NAMED.match(text):
        return _named_date(match[1], match[4], match[2], match[3])
    raise BadCell("is not a date", "write dates as 30/11/2026")


def _instant(text: str) -> tuple[dt.date, int | None]:
    """Return the date and, where the text has one, the second of that day."""
    if _SERIAL.match(text):
        moment = _EXCEL_EPOCH + dt.timedelta(minutes=round(float(text) * 24 * 60))
        date = _calendar_date(f"{moment.year:04d}", moment.month, moment.day)
        return date, (moment.hour * 3600 + moment.minute * 60 if "." in text else None)
    if (match := re.match(r"(\d{4}[-/]\d{1,2}[-/]\d{1,2})[T ](\d.*)$", text)) or (
        match := re.match(
            r"(.*\d),?\s+(?:at )?(\d{1,2}[:.]\d{2}.*|\d{1,2}\s*[ap]m)$", text, re.IGNORECASE
        )
    ):
        day, clock = match[1], match[2]
    else:
        return _date_part(text), None
    zone = _ZONE.search(clock)
    if zone and zone[0][0] == "-" and "T" not in text and clock.count(":", 0, zone.start()) < 2:
        zone = None  # two times with a dash between
    clock = clock[: zone.start()].strip() if zone else clock
    clock = re.sub(r"(:\d{2}[:.]\d{2})[.,]\d+$", r"\1", clock)  # parts of a second
    date, second = _date_part(day), parse_time(clock)
    return _london(date, second, zone[0].upper()) if zone else (date, second)


def _london(date: dt.date, second: int, zone: str) -> tuple[dt.date, int]:
    """Return the local date and second of an instant in a zone such as "Z" or "+0100"."""
    from zoneinfo import ZoneInfo

    offset = _OFFSETS.get(zone, zone)
    try:
        moment = dt.datetime.fromisoformat(f"{_at(date, second).isoformat()}{offset}")
        moment = moment.astimezone(ZoneInfo("Europe/London"))
    except (ValueError, OverflowError):
        raise BadCell("is not a date and time", "write it as 30/11/2026 14:30") from None
    return moment.date(), moment.hour * 3600 + moment.minute * 60 + moment.second


def parse_date(text: str) -> dt.date:
    """Return a date; a time of day beside it is dropped."""
    return _instant(text)[0]


def _at(date: dt.date, second: int) -> dt.datetime:
    return dt.datetime.combine(date, dt.time()) + dt.timedelta(seconds=second)


def parse_date_time(text: str) -> dt.datetime:
    """Return a local date and time; a date alone is its midnight."""
    date, second = _instant(text)
    return _at(date, second or 0)


def parse_deadline(text: str) -> dt.datetime:
    """Return a local date and time; a date alone is the end of that day.

    So is midnight: exports write 00:00 behind a date that has no time.
    """
    date, second = _instant(text)
    return _at(date, second) if second else dt.datetime.combine(date, END_OF_DAY)


def parse_appointment(text: str) -> dt.datetime:
    """Return a local date and time; both must be there."""
    date, second = _instant(text)
    if not second:
        raise BadCell("has no time of day", "write date and time, as 30/11/2026 14:30")
    return _at(date, second)
