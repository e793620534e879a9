"""Problems in the landlord's files, and the error that carries all of them at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final, Literal

__all__ = ["SHOWN_ALIKE", "DataError", "Problem", "Severity", "problem_lines"]

Severity = Literal["error", "warning"]

SHOWN_ALIKE: Final = 5
"""So many problems of one kind are listed one by one to a reader; the rest is a count."""

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
        where = self.file
        if self.sheet:
            where += f" [{self.sheet}]"
        if self.row is not None:
            where += f" row {self.row}"
        what = self.column or ""
        if self.value is not None:
            what = f"{what} {self.value!r}".strip()
        return _shown(f"{where}: {what + ' ' if what else ''}{self.reason}; {self.remedy}")

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
    """
    kinds: dict[tuple[object, ...], list[Problem]] = {}
    for problem in problems:
        reason = re.sub(r"[\d.,]+", "0", problem.reason)
        key = (problem.file, problem.sheet, problem.column, problem.severity, reason)
        kinds.setdefault(key, []).append(problem)
    lines: list[str] = []
    for kind in kinds.values():
        # A count of one would not be shorter than the problem.
        shown = kind if len(kind) <= alike + 1 else kind[:alike]
        lines += map(str, shown)
        if rest := kind[len(shown) :]:
            rows = [p.row for p in rest if p.row is not None]
            where = f", the next in row {rows[0]}" if rows else ""
            column = f"{rest[0].column} " if rest[0].column else ""
            lines.append(f"{rest[0].file}: {column}has this in {len(rest):,} more{where}")
    return lines
