"""Two columns of a file that could be the same one of ours: which is read, what is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from geodata.errors import Problem, Severity
from geodata.tables.headers import Header
from geodata.tables.headings import TableSchema

__all__ = ["settle_rivals"]

BY_PREFERENCE: Final = frozenset(
    {"address", "block_name", "name", "area_ref", "area_name", "place", "reason", "kind"}
)
"""Columns on which nothing hangs: the best spelling is read, with a warning."""

NEVER_WITHOUT: Final = frozenset(
    {
        *("two_officers", "excluded_officers", "constraints", "officer_gender"),
        *("appointment_only", "contact_first", "no_card_left"),
    }
)
"""Columns that keep people safe: better no plan than one that does not know of them."""

ObjectArray = npt.NDArray[np.object_]


def settle_rivals(
    file: str, header: Header, schema: TableSchema, cells: Callable[[int], ObjectArray]
) -> tuple[dict[str, list[int]], list[Problem], bool]:
    """Return which columns to read where several fit, and what to say of it.

    Columns that agree wherever both are filled are one: the fullest is read, and
    where it is blank the next. Others are an error and none is read, or for
    `BY_PREFERENCE` a warning.

    Parameters
    ----------
    cells
        Position -> (n,) stripped text of that column.

    Returns
    -------
    settled
        Our name -> the positions to read, the first that is filled.
    problems
        A problem for each that differ, and for each that is read from several.
    stops
        Whether the file cannot be read without one of them.
    """
    settled: dict[str, list[int]] = {}
    problems: list[Problem] = []
    stops = False
    for ours, places in header.rivals.items():
        texts = [cells(at) for at in places]
        where: dict[str, Any] = {"file": file, "sheet": header.sheet.name, "column": ours}
        if (difference := _first_difference(texts)) is None:
            settled[ours], note = _as_one(header, places, texts)
            if note:
                remedy = f"map one of them under [columns.{schema.name}], if that is wrong"
                problems.append(Problem(**where, reason=note, remedy=remedy, severity="warning"))
            continue
        first, other, row = difference
        optional = ours not in schema.required and ours not in NEVER_WITHOUT
        settled[ours] = places[:1] if ours in BY_PREFERENCE else []
        stops |= not settled[ours] and not optional
        one, two = header.texts[places[first]], header.texts[places[other]]
        reason, remedy = _which(schema, ours, one, two, header.first_row + row)
        if settled[ours]:
            reason += f"; {header.texts[places[0]]!r} is read"
        elif optional:
            reason += "; neither is read"
        severity: Severity = "warning" if settled[ours] else "error"
        problems.append(Problem(**where, reason=reason, remedy=remedy, severity=severity))
    return settled, problems, stops


def _first_difference(texts: list[ObjectArray]) -> tuple[int, int, int] | None:
    """Return the first two columns that contradict each other, and in which row."""
    said, by = texts[0].copy(), np.zeros(len(texts[0]), dtype=np.int64)
    for i, other in enumerate(texts[1:], 1):
        unlike = np.flatnonzero((said != other) & (said != "") & (other != ""))
        if len(unlike):
            return int(by[unlike[0]]), i, int(unlike[0])
        fresh = (said == "") & (other != "")
        said[fresh], by[fresh] = other[fresh], i
    return None


def _as_one(
    header: Header, places: list[int], texts: list[ObjectArray]
) -> tuple[list[int], str | None]:
    """Return the columns to read, the fullest first, and a note if it takes more than one."""
    order = sorted(range(len(places)), key=lambda i: (-int((texts[i] != "").sum()), i))
    read, filled = [order[0]], texts[order[0]] != ""
    for i in order[1:]:
        if ((texts[i] != "") & ~filled).any():
            read.append(i)
            filled |= texts[i] != ""
    names = [repr(header.texts[places[i]]) for i in read]
    note = f"is read from {names[0]}, and where that is blank from {' and '.join(names[1:])}"
    return [places[i] for i in read], note if len(read) > 1 else None


def _which(schema: TableSchema, ours: str, one: str, two: str, row: int) -> tuple[str, str]:
    """Return the reason and the remedy of two columns that differ in `row`."""
    if one == two:
        reason = f"could be either of two columns named {one!r}, which differ in row {row}"
        return reason, "rename or remove one of them"
    return (
        f"could be {one!r} or {two!r}, which differ in row {row}",
        f'say which under [columns.{schema.name}] in doorstep.toml: {ours} = "{one}"',
    )
