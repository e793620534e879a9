"""One cell's text to one value: ids, numbers, shares, priorities, lists, yes and no.

Every parser takes text that is stripped and not empty, and either returns the
value or raises `BadCell`. Times are in `times`, dates in `dates`.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = [
    "PRIORITY_WORDS",
    "BadCell",
    "parse_id",
    "parse_number",
    "parse_positive_whole",
    "parse_priority",
    "parse_share",
    "parse_text",
    "parse_whole",
    "parse_words",
    "parse_yes_no",
    "split_list",
]

_LARGEST: Final = 10**9

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
    if text.isalpha() or text.isdecimal():  # most are, and it is told sooner
        return text
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
        raise BadCell("is not a number", "write it in figures")
    return value


def parse_whole(text: str) -> int:
    """Return a whole number; "3.0" counts as one."""
    value = parse_number(text)
    if value != int(value):
        raise BadCell("is not a whole number", "write it without a fraction, such as 45")
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
