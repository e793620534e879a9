"""The homes.csv of a patches output, read back."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, Final

import pandas as pd

from geodata import DataError, Problem

__all__ = ["homes_file", "no_output", "read_output"]

COLUMNS: Final = ("block_ref", "new_patch", "officer_ref")
REMEDY: Final = "give the folder that `doorstep patches` wrote for this data"


def homes_file(path: Path) -> Path:
    """Return the homes.csv of an output, given as its folder or as that file."""
    return path / "homes.csv" if path.is_dir() else path


def read_output(file: Path) -> pd.DataFrame:
    """Return a row a home: property_ref, block_ref, new_patch, officer_ref; None where blank.

    Raises
    ------
    DataError
        If it is not there, or no homes.csv of a patches output.
    """
    if not file.is_file():  # a pipe would never end
        raise no_output(file, "the file is not there")
    try:
        with warnings.catch_warnings():
            # Cells beyond the header would be taken for an index, and every column shifted.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(file, dtype=str, encoding="utf-8-sig", index_col=False)
        rows = frame[list(COLUMNS)].dropna(subset=["block_ref"])
    except (OSError, ValueError, KeyError, pd.errors.ParserWarning) as error:
        reason = f"it is no patches output: a homes.csv with {', '.join(COLUMNS)}"
        raise no_output(file, reason) from error
    homes = frame["property_ref"] if "property_ref" in frame else pd.Series(dtype=object)
    rows = rows.assign(property_ref=homes.reindex(rows.index)).map(_as_before).astype(object)
    return rows.where(rows.notna(), None)


def no_output(file: Path, reason: str) -> DataError:
    """Return the error of a file that is no patches output of this data."""
    return DataError([Problem(file=str(file), reason=reason, remedy=REMEDY)])


def _as_before(value: Any) -> Any:
    """Return a cell without blanks around it and the apostrophe that kept it from a formula."""
    from optimiser.outputs.tables import safe_text

    value = value.strip() or None if isinstance(value, str) else value
    if isinstance(value, str) and value.startswith("'") and safe_text(value[1:]) == value:
        return value[1:]
    return value
