"""What is wrong with the files, as a workbook to hand to whoever mends them."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from geodata.errors import DataError, Problem

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.outputs.tables import Sheet

__all__ = ["PROBLEMS_NAME", "BadRows", "problems_frame", "write_problems"]

PROBLEMS_NAME: Final = "problems.xlsx"
COLUMNS: Final = ("file", "sheet", "row", "column", "value", "reason", "remedy", "severity")
BESIDE: Final = ("row", "what is wrong")


@dataclass(frozen=True)
class BadRows:
    """The rows of a file that were left out: its headings, and row number -> its cells."""

    file: str
    sheet: str | None
    headings: tuple[str, ...]
    cells: Mapping[int, Sequence[Any]]


def write_problems(
    folder: Path,
    problems: Iterable[Problem],
    *,
    title: str,
    notice: str = "",
    rows: Iterable[BadRows] = (),
) -> Path:
    """Write problems.xlsx into `folder`, errors first, and return its path.

    The first sheet lists the problems. A sheet a file has the rows left out as
    the file has them, what is wrong beside them and the cells at fault shaded,
    to be mended and pasted back. Cells that a spreadsheet would take for a
    formula are neutralised. An earlier problems.xlsx of ours gives way.

    Raises
    ------
    DataError
        If a file of that name is someone else's, or the folder cannot be written.
    """
    from optimiser.outputs.tables import Sheet, write_xlsx

    path = folder / PROBLEMS_NAME
    _refuse_foreign(path)
    ordered = list(problems)
    taken = {"Problems"}
    sheets = [_rows_sheet(bad, ordered, taken) for bad in rows]
    frame = problems_frame(ordered)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".problems.", dir=folder) as holder:
            new = Path(holder) / PROBLEMS_NAME
            write_xlsx(new, [Sheet("Problems", frame), *sheets], title=title, notice=notice)
            new.replace(path)
    except OSError as error:
        raise _refused(path, f"cannot be written ({error.strerror})") from error
    return path


def problems_frame(problems: Iterable[Problem]) -> pd.DataFrame:
    """Return one row a problem, errors first, rows as the spreadsheet numbers them."""
    import pandas as pd

    ordered = sorted(problems, key=lambda p: p.severity)
    frame = pd.DataFrame([p.to_dict() for p in ordered], columns=list(COLUMNS))
    frame["row"] = frame["row"].astype("Int64")
    return frame


def _rows_sheet(bad: BadRows, problems: Iterable[Problem], taken: set[str]) -> Sheet:
    import pandas as pd

    from optimiser.outputs.tables import Sheet

    wrong: dict[int, list[Problem]] = {row: [] for row in bad.cells}
    for p in problems:
        same = p.file == bad.file and (bad.sheet is None or p.sheet in (None, bad.sheet))
        if same and p.severity == "error" and p.row in wrong:
            wrong[p.row].append(p)
    headings: list[str] = []
    for k, heading in enumerate(bad.headings):
        name = heading or f"column {k + 1}"
        headings.append(name if name not in (*headings, *BESIDE) else f"{name} ({k + 1})")
    records = []
    marked = set()
    for i, (row, cells) in enumerate(bad.cells.items()):
        what = "; ".join(f"{p.column or ''} {p.reason}: {p.remedy}".strip() for p in wrong[row])
        padded = [*cells, *[None] * len(headings)][: len(headings)]
        records.append([row, what, *padded])
        at_fault = {name for p in wrong[row] for name in (p.column or "").split(", ")}
        marked |= {
            (i, name)
            for name, heading in zip(headings, bad.headings, strict=True)
            if heading in at_fault
        }
    frame = pd.DataFrame(records, columns=[*BESIDE, *headings], dtype=object)
    return Sheet(_sheet_name(bad, taken), frame, marked=frozenset(marked))


def _sheet_name(bad: BadRows, taken: set[str]) -> str:
    """Return a name that Excel takes: at most 31 characters, no signs of its own, not used yet."""
    base = re.sub(r"[\[\]:*?/\\']", " ", Path(bad.file).stem).strip()[:28] or "rows"
    name, k = base, 2
    while name.casefold() in {t.casefold() for t in taken}:
        name, k = f"{base} {k}", k + 1
    taken.add(name)
    return name


def _refuse_foreign(path: Path) -> None:
    from openpyxl import load_workbook

    if not path.exists():
        return
    try:
        book = load_workbook(path, read_only=True)
        ours = book.properties.creator == "doorstep"
        book.close()
    except Exception:  # openpyxl lets zip, XML and missing-part errors through as they are
        ours = False
    if not ours:
        raise _refused(path, "is a file that doorstep did not write")


def _refused(path: Path, reason: str) -> DataError:
    remedy = "close or move it, or choose another folder with --out"
    return DataError([Problem(file=str(path), reason=reason, remedy=remedy)])
