"""Cells of a homes file: UPRNs, postcodes, floors, and codes spelt in two ways."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import numpy as np

from geodata.findings import Findings, counted
from geodata.tables import ObjectArray, Table, parse_column
from geodata.tables.columns import parse_ids, parse_texts
from geodata.tables.parsing import BadCell, parse_whole

__all__ = ["look_alike", "mark_spellings", "parse_floor", "postcodes", "storeys", "uprns"]

_POSTCODE = re.compile(r"^([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})$")
_FLOOR_WORDS: Final = {
    "g": 0, "gf": 0, "ground": 0, "ground floor": 0, "b": -1, "basement": -1, "lg": -1,
    "lower ground": -1, "first": 1, "second": 2, "third": 3,
}  # fmt: skip


def uprns(table: Table, found: Findings) -> ObjectArray:
    """Return (n,) UPRNs as text, None where blank or spoilt.

    One that a spreadsheet has rounded is a warning: a home with a place can do
    without it, and one without is told so for its place.
    """
    own = Findings(found.file, found.rows, sheet=found.sheet)
    values = parse_ids(table, own, "uprn")
    own.mark(
        [u is not None and not (u.isdecimal() and len(u) <= 12) for u in values],
        "is not a UPRN",
        "write up to 12 digits, as text",
        column=table.heading("uprn"),
        values=values,
    )
    found.problems += [
        replace(p, reason=f"{p.reason}; the home is read without it", severity="warning")
        if p.severity == "error"
        else p
        for p in own.problems
    ]
    return np.array([None if b else u for u, b in zip(values, own.bad, strict=True)], dtype=object)


def postcodes(table: Table, found: Findings, crs: str) -> ObjectArray:
    """Return postcodes as "SW1V 3DJ"; those that are none are warned of, in Britain."""
    texts = table.texts.get("postcode")
    values = parse_texts(table, found, "postcode")
    if texts is None or crs.upper() != "EPSG:27700":
        return values
    spelt: dict[str, str] = {}
    odd: set[str] = set()
    for text in {v for v in values if v is not None}:
        match = _POSTCODE.match(re.sub(r"\s", "", text).upper())
        spelt[text] = f"{match[1]} {match[2]}" if match else text.upper()
        if not match:
            odd.add(text)
    found.mark(
        np.array([v in odd for v in values], dtype=bool),
        "is not a full postcode",
        "write it as SW1V 3DJ",
        column=table.heading("postcode"),
        values=texts,
        severity="warning",
    )
    return np.array([None if v is None else spelt[v] for v in values], dtype=object)


def parse_floor(text: str) -> int:
    """Return a floor, 0 for the ground floor: "G", "1st", "2"."""
    word = text.casefold()
    if word in _FLOOR_WORDS:
        return _FLOOR_WORDS[word]
    floor = parse_whole(re.sub(r"(?<=\d)(?:st|nd|rd|th)?(?:\s*floor)?$", "", word))
    if not -5 <= floor <= 100:
        raise BadCell("is not a floor", "write 0 for the ground floor, 1 for the first")
    return floor


def storeys(table: Table, found: Findings) -> ObjectArray:
    """Return (n,) how many floors the block has, None where blank."""
    return parse_column(table, found, "block_floors", _storeys)


def _storeys(text: str) -> int:
    floors = parse_whole(text)
    if not 1 <= floors <= 100:
        raise BadCell("is not a number of floors", "write how many floors the block has, from 1")
    return floors


def look_alike(code: str) -> str:
    """Return a code as two spellings of it share it: "HN1 0" and "hn10", "00123" and "123"."""
    return re.sub(r"[\W_]", "", code).casefold().lstrip("0")


def mark_spellings(table: Table, found: Findings, column: str, values: ObjectArray) -> None:
    """Warn of a code that differs from a commoner one by spaces, case or signs only."""
    counts: dict[str, int] = {}
    for value in values[found.good]:
        if value is not None:
            counts[value] = counts.get(value, 0) + 1
    usual: dict[str, str] = {}
    for value in sorted(counts, key=lambda v: (-counts[v], v)):
        usual.setdefault(_squeezed(value), value)
    for value, count in counts.items():
        meant = usual[_squeezed(value)]
        if meant != value:
            found.note(
                f"is in {counted(count, 'home')}, where {counted(counts[meant], 'home')} "
                f"{'has' if counts[meant] == 1 else 'have'} {meant!r}; they count as two",
                "write it one way, if they are the same",
                column=table.heading(column),
                value=value,
            )


def _squeezed(code: str) -> str:
    return re.sub(r"[\W_]", "", code).casefold()
