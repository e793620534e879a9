"""Collects what is wrong with the rows of one file, then drops them or raises once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from geodata.errors import DataError, Problem, Severity

__all__ = ["Findings", "counted", "report"]


def counted(number: int, noun: str) -> str:
    """Return "1 home", "2,000 homes", "3 patches"."""
    ending = "" if number == 1 else "es" if noun.endswith("ch") else "s"
    return f"{number:,} {noun}{ending}"


class Findings:
    """Problems of one file or sheet, and which of its rows cannot be used.

    Parameters
    ----------
    file, sheet
        As the problems name them.
    rows
        (n,) row numbers as the spreadsheet shows them.
    headings
        Our column name -> the file's own.
    """

    def __init__(
        self,
        file: str,
        rows: npt.ArrayLike,
        *,
        sheet: str | None = None,
        headings: Mapping[str, str] | None = None,
    ) -> None:
        self._headings = dict(headings or {})
        self.file = file
        self.sheet = sheet
        self.rows = np.asarray(rows, dtype=np.int64)
        self.bad = np.zeros(len(self.rows), dtype=bool)
        self.problems: list[Problem] = []

    def heading(self, column: str) -> str:
        """Return the file's own name of our column."""
        return self._headings.get(column, column)

    def note(
        self,
        reason: str,
        remedy: str,
        *,
        column: str | None = None,
        value: object = None,
        severity: Severity = "warning",
    ) -> None:
        """Record something about the file as a whole."""
        self.problems.append(self._problem(reason, remedy, None, column, value, severity))

    def mark(
        self,
        where: npt.ArrayLike,
        reason: str | Sequence[str],
        remedy: str | Sequence[str],
        *,
        column: str | None = None,
        values: Sequence[Any] | npt.NDArray[Any] | None = None,
        severity: Severity = "error",
    ) -> None:
        """Record one problem for each row of `where`; an error makes the row unusable.

        `where` is an (n,) mask; `reason` and `remedy` are for all of these rows,
        or (n,) each.
        """
        places = np.flatnonzero(np.asarray(where, dtype=bool))
        if severity == "error":
            self.bad[places] = True
        self.problems.extend(
            self._problem(
                reason if isinstance(reason, str) else reason[i],
                remedy if isinstance(remedy, str) else remedy[i],
                int(self.rows[i]),
                column,
                None if values is None else values[i],
                severity,
            )
            for i in places.tolist()
        )

    def mark_rows(
        self,
        rows: npt.ArrayLike,
        reasons: Sequence[str],
        remedy: str,
        *,
        column: str | None = None,
        values: Sequence[Any] | None = None,
        severity: Severity = "error",
    ) -> None:
        """Record a problem for each of (k,) row numbers of the file, each with its own reason."""
        places = np.flatnonzero(np.isin(self.rows, rows))
        order = {int(row): k for k, row in enumerate(np.asarray(rows))}
        for i in places.tolist():
            k = order[int(self.rows[i])]
            value = None if values is None else values[k]
            self.problems.append(
                self._problem(reasons[k], remedy, int(self.rows[i]), column, value, severity)
            )
        if severity == "error":
            self.bad[places] = True

    def _problem(
        self,
        reason: str,
        remedy: str,
        row: int | None,
        column: str | None,
        value: object,
        severity: Severity,
    ) -> Problem:
        return Problem(
            file=self.file,
            sheet=self.sheet,
            row=row,
            column=column,
            value=None if value is None else str(value)[:80],
            reason=reason,
            remedy=remedy,
            severity=severity,
        )

    @property
    def good(self) -> npt.NDArray[np.bool_]:
        """(n,) True for the rows without an error."""
        return ~self.bad

    def sorted(self) -> list[Problem]:
        """Return the problems: of the whole file first, then by row."""
        return sorted(self.problems, key=lambda p: p.row or 0)


def report(found: list[Problem], problems: list[Problem] | None) -> None:
    """Append `found` to `problems`; with None raise if any is an error.

    Raises
    ------
    DataError
        With all of `found`.
    """
    if problems is not None:
        problems.extend(found)
    elif any(p.severity == "error" for p in found):
        raise DataError(found)
