"""Requests that cannot be read: they stay in the week's list, with what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from optimiser.model.visits import Unplanned, UnplannedClass

if TYPE_CHECKING:
    import pandas as pd

    from geodata import Problem

__all__ = ["refused_requests"]


def refused_requests(visits: pd.DataFrame, problems: Iterable[Problem]) -> tuple[Unplanned, ...]:
    """Return each row of the visits file that was left out as a request set aside.

    Parameters
    ----------
    visits
        The good rows, as `geodata.read_visits` returns them.
    problems
        Of all files.

    Returns
    -------
    requests
        By row. One without a reference, or with another request's, is told
        apart by its row: "row 7", "V0001 (row 7)".
    """
    ref_of_row: dict[int, str] = visits.attrs.get("ref_of_row", {})
    where = (visits.attrs.get("file"), visits.attrs.get("sheet"))
    by_row: dict[int, list[Problem]] = {}
    for problem in problems:
        row = problem.row
        if problem.severity == "error" and (problem.file, problem.sheet) == where and row:
            by_row.setdefault(row, []).append(problem)
    taken = set(visits["visit_ref"])
    refused: list[Unplanned] = []
    for row in sorted(by_row.keys() & ref_of_row.keys()):
        ref = ref_of_row[row] or f"row {row}"
        if ref in taken:
            ref = f"{ref} (row {row})"
        taken.add(ref)
        refused.append(
            Unplanned(
                visit_ref=ref,
                kind=UnplannedClass.BAD_DATA,
                reason="; ".join(_what(p) for p in by_row[row]),
                evidence=f"row {row} of {where[0]}",
                remedy="; ".join(dict.fromkeys(p.remedy for p in by_row[row])),
            )
        )
    return tuple(refused)


def _what(problem: Problem) -> str:
    value = "" if problem.value is None else repr(problem.value)
    return " ".join(part for part in (problem.column, value, problem.reason) if part)
