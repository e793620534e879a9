"""Problems in the landlord's files, and the error that carries all of them at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final, Literal

__all__ = ["SHOWN_ALIKE", "DataError", "Problem", "Severity", "problem_lines"]

Severity = Literal["error", "warning"]

SHOWN_ALIKE: Final = 5
"""So many problems of one kind are listed one by one to a reader; the rest is a count."""

_ROWS_SHOWN: Final = 5
"""So many row numbers of problems that are otherwise the same are listed."""

_LONGEST: Final = {"column": 100, "value": 100, "sheet": 100, "reason": 1000, "remedy": 1000}


def _shown(text: str) -> str:
    """Return one line that a terminal shows as it is: names come from files, and files may lie."""
    return "".join(c if c.isprintable() else " " for c in text)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with, or assumed about, an input file.

    `row` is numbered as the spreadsheet shows it (the header is usually row 1);
    None where the problem is not in one row. `value` is what the file holds.
    What comes out of a file is cut where it is longer than anyone would read.
    """

    file: str
    reason: str
    remedy: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    sheet: str | None = None
    severity: Severity = "error"

    def __post_init__(self) -> None:
        """Cut the texts to what can be read."""
        for name, most in _LONGEST.items():
            text = getattr(self, name)
            if isinstance(text, str) and len(text) > most:
                object.__setattr__(self, name, f"{text[: most - 1]}\u2026")

    def __str__(self) -> str:
        """Return one line: where, what, why and what to do."""
        return self._line("" if self.row is None else f" row {self.row}")

    def _line(self, rows: str) -> str:
        where = f"{self.file} [{self.sheet}]" if self.sheet else self.file
        what = self.column or ""
        if self.value is not None:
            what = f"{what} {self.value!r}".strip()
        return _shown(f"{where}{rows}: {what + ' ' if what else ''}{self.reason}; {self.remedy}")

    def to_dict(self) -> dict[str, str | int | None]:
        """Return the keys that `doorstep check --json` prints."""
        return asdict(self)


class DataError(Exception):
    """The input cannot be used as it is.

    Parameters
    ----------
    problems
        Everything found, errors and warnings; never empty.
    """

    def __init__(self, problems: list[Problem] | tuple[Problem, ...]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        errors = [p for p in self.problems if p.severity == "error"]
        lines = problem_lines(errors)
        shown = "\n".join(f"  {line}" for line in lines[:20])
        more = f"\n  and {len(lines) - 20} more" if len(lines) > 20 else ""
        count = "1 problem" if len(errors) == 1 else f"{len(errors):,} problems"
        super().__init__(f"{count} in the input files\n{shown}{more}")


def problem_lines(problems: Iterable[Problem], *, alike: int = SHOWN_ALIKE) -> list[str]:
    """Return a line a problem; of one kind, after the first few, one line with their number.

    Of one kind are problems of one file, column and reason, whatever its numbers.
    Those that differ in nothing but their rows share a line.
    """
    kinds: dict[tuple[object, ...], dict[Problem, list[Problem]]] = {}
    for problem in problems:
        reason = re.sub(r"[\d.,]+", "0", problem.reason)
        key = (problem.file, problem.sheet, problem.column, problem.severity, reason)
        kinds.setdefault(key, {}).setdefault(replace(problem, row=None), []).append(problem)
    lines: list[str] = []
    for kind in kinds.values():
        same = list(kind.values())
        # A count of one would not be shorter than the problem.
        shown = same if len(same) <= alike + 1 else same[:alike]
        lines += map(_line_of, shown)
        if rest := [p for those in same[len(shown) :] for p in those]:
            rows = [p.row for p in rest if p.row is not None]
            where = f", the next in row {min(rows)}" if rows else ""
            column = f"{rest[0].column} " if rest[0].column else ""
            lines.append(f"{rest[0].file}: {column}has this in {len(rest):,} more{where}")
    return lines


def _line_of(same: Sequence[Problem]) -> str:
    """Return the line of problems that differ in nothing but their rows."""
    rows = sorted({p.row for p in same if p.row is not None})
    if len(rows) < 2:
        return str(same[0])
    shown = rows if len(rows) <= _ROWS_SHOWN + 1 else rows[:_ROWS_SHOWN]
    listed = ", ".join(map(str, shown))
    more = f" and {len(rows) - len(shown):,} more" if len(rows) > len(shown) else ""
    return same[0]._line(f" rows {listed}{more}")
