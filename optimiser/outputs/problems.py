"""What is wrong with the files, as a workbook to hand to whoever mends them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from geodata.errors import DataError, Problem

__all__ = ["PROBLEMS_NAME", "write_problems"]

PROBLEMS_NAME: Final = "problems.xlsx"
COLUMNS: Final = ("file", "sheet", "row", "column", "value", "reason", "remedy", "severity")


def write_problems(
    folder: Path, problems: Iterable[Problem], *, title: str, notice: str = ""
) -> Path:
    """Write problems.xlsx into `folder`, errors first, and return its path.

    Cells that a spreadsheet would take for a formula are neutralised. An
    earlier problems.xlsx of ours gives way.

    Raises
    ------
    DataError
        If a file of that name is someone else's, or the folder cannot be written.
    """
    import pandas as pd

    from optimiser.outputs.tables import Sheet, write_xlsx

    path = folder / PROBLEMS_NAME
    _refuse_foreign(path)
    ordered = sorted(problems, key=lambda p: p.severity)
    frame = pd.DataFrame([p.to_dict() for p in ordered], columns=list(COLUMNS))
    frame["row"] = frame["row"].astype("Int64")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".problems.", dir=folder) as holder:
            new = Path(holder) / PROBLEMS_NAME
            write_xlsx(new, [Sheet("Problems", frame)], title=title, notice=notice)
            new.replace(path)
    except OSError as error:
        raise _refused(path, f"cannot be written ({error.strerror})") from error
    return path


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
