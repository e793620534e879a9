"""Problems in the landlord's files, and the error that carries all of them at once."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

__all__ = ["DataError", "Problem", "Severity"]

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with, or assumed about, an input file.

    `row` is numbered as the spreadsheet shows it (the header is usually row 1);
    None where the problem is not in one row. `value` is what the file holds.
    """

    file: str
    reason: str
    remedy: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    sheet: str | None = None
    severity: Severity = "error"

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
        return f"{where}: {what + ' ' if what else ''}{self.reason}; {self.remedy}"

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
        shown = "\n".join(f"  {p}" for p in errors[:20])
        more = f"\n  and {len(errors) - 20} more" if len(errors) > 20 else ""
        count = "1 problem" if len(errors) == 1 else f"{len(errors)} problems"
        super().__init__(f"{count} in the input files\n{shown}{more}")
