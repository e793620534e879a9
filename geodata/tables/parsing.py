"""One cell's text to one value: ids, numbers, dates, times, days, windows, yes and no.

Every parser takes text that is stripped and not empty, and either returns the
value or raises `BadCell`. Dates are read day first, as Britain writes them.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

__all__ = [
    "END_OF_DAY",
    "PRIORITY_WORDS",
    "BadCell",
    "MonthFirst",
    "parse_appointment",
    "parse_date",
    "parse_date_time",
    "parse_days",
    "parse_deadline",
    "parse_id",
    "parse_number",
    "parse_positive_whole",
    "parse_priority",
    "parse_share",
    "parse_text",
    "parse_time",
    "parse_whole",
    "parse_window",
    "parse_words",
    "parse_yes_no",
    "slashed_parts",
    "split_list",
]

END_OF_DAY: Final = dt.time(23, 59, 59)
_DAY_S: Final = 24 * 3600
_LARGEST: Final = 10**9

# Excel counts days from here, its belief in 29 February 1900 included.
_EXCEL_EPOCH: Final = dt.datetime.combine(dt.date(1899, 12, 30), dt.time())
_EARLIEST_YEAR, _LATEST_YEAR = 1990, 2100

_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_GROUPS: Final = {
    "weekdays": (0, 1, 2, 3, 4),
    "weekends": (5, 6),
    "daily": (0, 1, 2, 3, 4, 5, 6),
    "any": (),
    "any day": (),
}

_PRIORITIES: Final = {
    1: ("low", "lowest", "minor", "planned"),
    2: ("normal", "routine", "standard", "below normal"),
    3: ("medium", "moderate", "med"),
    4: ("high", "important"),
    5: ("urgent", "very high", "highest", "critical", "emergency", "immediate"),
}
PRIORITY_WORDS: Final = frozenset(word for words in _PRIORITIES.values() for word in words)
_YES: Final = frozenset({"y", "yes", "true", "t", "1", "1.0"})
_NO: Final = frozenset({"n", "no", "false", "f", "0", "0.0"})

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
_TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?(?:[:.](\d{2})(?:\.0+)?)?\s*(am|pm)?$", re.IGNORECASE)
_DAY_ZERO = re.compile(r"^(?:1899-12-3[01]|1900-01-0[01]|3[01]/12/1899|0[01]/01/1900)[ T]")
"""Databases keep a time alone on the day from which they count."""
_COMPACT_TIME = re.compile(r"(\d{2})(\d{2})$")
_DAY_SHARE = re.compile(r"0?\.\d+$")
_DASH: Final = "[-\u2013\u2014]"
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:\.\d+[eE][+-]?|[eE]\+)\d+$")  # "01E9" may be an id
_FLOATED = re.compile(r"\d+\.0+$")


class BadCell(ValueError):
    """A cell that cannot be read: `reason` finishes "the value …", `remedy` says what to do."""

    def __init__(self, reason: str, remedy: str) -> None:
        self.reason = reason
        self.remedy = remedy
        super().__init__(f"{reason}; {remedy}")


def parse_text(text: str) -> str:
    """Return `text` with runs of white space made single spaces."""
    return " ".join(text.split())


def parse_id(text: str) -> str:
    """Return an id as text, leading zeros kept; refuse what a spreadsheet made of a number."""
    if _SCIENTIFIC.match(text):
        raise BadCell(
            "is an id that a spreadsheet has rounded",
            "format the column as Text and export it again",
        )
    if _FLOATED.match(text):
        raise BadCell(
            "is an id that a spreadsheet has turned into a number",
            "format the column as Text and export it again",
        )
    return parse_text(text)


def parse_number(text: str) -> float:
    """Return a finite number; commas between thousands are allowed."""
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        value = float("nan")
    if value - value != 0.0:  # NaN and the infinities
        raise BadCell("is not a number", "write digits only")
    return value


def parse_whole(text: str) -> int:
    """Return a whole number; "3.0" counts as one."""
    value = parse_number(text)
    if value != int(value):
        raise BadCell("is not a whole number", "write a whole number")
    if abs(value) > _LARGEST:
        raise BadCell("is too large a number", "check how many digits it has")
    return int(value)


def parse_positive_whole(text: str) -> int:
    """Return a whole number of at least 1."""
    value = parse_whole(text)
    if value < 1:
        raise BadCell("is not above zero", "write a whole number of 1 or more")
    return value


def parse_priority(text: str) -> int:
    """Return 1 (lowest) to 5 (most urgent): a number, a word, or P1 (most urgent) to P5."""
    word = " ".join(re.split(r"[\W_]+", text.casefold())).strip()
    word = word.removesuffix(" priority")
    if code := re.fullmatch(r"p(?:riority)? ?([1-5])(?: .*)?", word):
        return 6 - int(code[1])
    for priority, words in _PRIORITIES.items():
        if word in words:
            return priority
    value = parse_number(text) if re.fullmatch(r"[\d.]+", text) else 0.0
    if value not in (1, 2, 3, 4, 5):
        raise BadCell(
            "is not a priority",
            "write 1 (lowest) to 5 (most urgent), a word from low to urgent, or P1 (most urgent) "
            "to P5",
        )
    return int(value)


def parse_share(text: str) -> float:
    """Return a full-time share: 0.8 or 80%, above 0 and at most 1.5."""
    value = parse_number(text.rstrip("% ")) / (100 if text.endswith("%") else 1)
    if not 0 < value <= 1.5:
        raise BadCell("is not a share of full time", "write 1.0 for full time, 0.6 for three days")
    return value


def parse_yes_no(text: str) -> bool:
    """Return True for Y, yes, true, 1; False for N, no, false, 0."""
    word = text.casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise BadCell("is neither yes nor no", "write Y or N")


def split_list(text: str) -> list[str]:
    """Return the parts of a list within one cell: semicolons, commas, bars or new lines."""
    return [part for part in (parse_text(p) for p in re.split(r"[;,|\n]", text)) if part]


def parse_words(text: str) -> tuple[str, ...]:
    """Return a list of words, each once, in the order written."""
    return tuple(dict.fromkeys(split_list(text)))


def _weekday(word: str) -> int:
    """Return the day that `word` starts, from three letters on: Mon, Tues, Weds, Thursdays."""
    start = word.casefold().rstrip("s.")
    for day, name in enumerate(_DAYS):
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
        return round(float(text) * 24 * 60) * 60
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


class MonthFirst(BadCell):
    """A date that is none day first, and would be one month first."""

    def __init__(self) -> None:
        super().__init__(
            "is no date read day first, though it would be one month first",
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
    if weekday is not None and not _DAYS[date.weekday()].startswith(weekday.casefold()[:3]):
        raise BadCell(
            f"is a date that falls on a {_DAYS[date.weekday()].capitalize()}",
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
