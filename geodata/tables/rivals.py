"""Two columns of a file that could be the same one of ours: which is read, what is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from geodata.errors import Problem
from geodata.tables.headers import Header
from geodata.tables.headings import TableSchema

__all__ = ["settle_rivals"]

BY_PREFERENCE: Final = frozenset(
    {"address", "block_name", "name", "area_ref", "area_name", "place", "reason", "kind"}
)
"""Columns on which nothing hangs: the best spelling is read, with a warning."""

ObjectArray = npt.NDArray[np.object_]


def settle_rivals(
    file: str, header: Header, schema: TableSchema, cells: Callable[[int], ObjectArray]
) -> tuple[dict[str, int], list[Problem]]:
    """Return our name -> the column to read where several fit, and what to say of it.

    Columns that agree wherever both are filled are one: the fullest is read.
    Others are an error, or for `BY_PREFERENCE` a warning.

    Parameters
    ----------
    cells
        Position -> (n,) stripped text of that column.
    """
    settled: dict[str, int] = {}
    problems: list[Problem] = []
    for ours, places in header.rivals.items():
        texts = [cells(at) for at in places]
        other, row = _first_difference(texts)
        if other is None:
            fullest = max(range(len(places)), key=lambda i: (int((texts[i] != "").sum()), -i))
            settled[ours] = places[fullest]
            continue
        theirs = [header.texts[at] for at in places]
        number = header.first_row + row
        problems.append(_problem(file, header, schema, ours, theirs[0], theirs[other], number))
    return settled, problems


def _first_difference(texts: list[ObjectArray]) -> tuple[int | None, int]:
    """Return the first column that contradicts the first one, and in which row."""
    for i, other in enumerate(texts[1:], 1):
        unlike = np.flatnonzero((texts[0] != other) & (texts[0] != "") & (other != ""))
        if len(unlike):
            return i, int(unlike[0])
    return None, 0


def _problem(
    file: str, header: Header, schema: TableSchema, ours: str, first: str, other: str, row: int
) -> Problem:
    warning = ours in BY_PREFERENCE
    where: dict[str, Any] = {"file": file, "sheet": header.sheet.name, "column": ours}
    if first == other:
        return Problem(
            **where,
            reason=f"could be either of two columns named {first!r}, which differ in row {row}",
            remedy="rename or remove one of them",
            severity="warning" if warning else "error",
        )
    return Problem(
        **where,
        reason=f"was read from {first!r}; {other!r} could be it too, and differs in row {row}"
        if warning
        else f"could be {first!r} or {other!r}, which differ in row {row}",
        remedy=f'say which under [columns.{schema.name}] in doorstep.toml: {ours} = "{first}"',
        severity="warning" if warning else "error",
    )
