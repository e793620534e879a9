"""One row a tenant or a charge to one row a home."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geodata.findings import Findings, counted

__all__ = ["one_row_a_home"]

SAME_POINT_M: Final = 1.0
DECIDING: Final = ("tenure", "block_ref")
"""What two rows of a home must agree on: nobody can tell which is right."""
TELLING: Final = (
    "uprn", "address", "postcode", "block_name", "estate", "floor", "block_floors",
    "lift", "door_entry", "patch",
)  # fmt: skip


def one_row_a_home(
    found: Findings, homes: pd.DataFrame, *, flags: tuple[str, ...]
) -> tuple[pd.DataFrame, int]:
    """Return one row a property_ref, and how many rows were put into another.

    Parameters
    ----------
    found
        Takes what the rows of a home disagree about.
    homes
        One row a row of the file, with column `row`; None where a cell is blank.
    flags
        Columns that are true of a home if true of any of its rows.

    Returns
    -------
    homes
        In the order of their first rows; a cell that is blank there is the
        first of the home's other rows that is filled.
    collapsed
        Rows less homes.
    """
    ref = homes["property_ref"]
    again = ref.duplicated()
    if not again.any():
        return homes, 0
    _mark_differences(found, homes)
    groups = homes.groupby("property_ref", sort=False)
    result = homes[~again].copy()
    for column in homes.columns.drop(["property_ref", "row"]):
        if column in flags:
            values = groups[column].transform("any")
        else:
            filled = homes[column].where(homes[column].notna(), None)
            values = filled.groupby(ref, sort=False).transform("first")
            values = values.astype(homes[column].dtype)
            if values.dtype == object:
                values = values.where(values.notna(), None)
        result[column] = values[~again]
    collapsed = int(again.sum())
    first = int(homes.loc[again, "row"].iloc[0])
    found.note(
        f"is in more than one row for {counted(int(ref[again].nunique()), 'home')}: "
        f"{counted(collapsed, 'row')} put together with the home's first "
        f"(the first of them is row {first})",
        "this is right where the export has a row a tenant or a charge; else correct them",
        column=found.heading("property_ref"),
    )
    return result.reset_index(drop=True), collapsed


def _mark_differences(found: Findings, homes: pd.DataFrame) -> None:
    """Mark what a later row says otherwise than the first row of the same home that says it."""
    several = homes[homes["property_ref"].duplicated(keep=False)]
    for column in (*DECIDING, *TELLING):
        said = several[several[column].notna()]
        first = said.groupby("property_ref", sort=False)[column].transform("first")
        differs = (said[column].astype(str) != first.astype(str)).to_numpy()
        _mark(
            found,
            said,
            differs,
            found.heading(column),
            said[column].astype(str),
            first.astype(str),
            deciding=column in DECIDING,
        )
    # Two sources of a place, such as coordinates and a postcode, never agree to the metre.
    source = several["placed_by"]
    alike = source == source.groupby(several["property_ref"], sort=False).transform("first")
    said = several[alike].dropna(subset=["easting", "northing"])
    xy = said[["easting", "northing"]]
    first_xy = xy.groupby(said["property_ref"], sort=False).transform("first")
    apart = np.hypot(*(xy - first_xy).to_numpy().T) > SAME_POINT_M
    column = f"{found.heading('easting')}, {found.heading('northing')}"
    _mark(found, said, apart, column, _points(xy), _points(first_xy), deciding=True)


def _points(xy: pd.DataFrame) -> pd.Series:
    texts = [f"{x:.10g}, {y:.10g}" for x, y in xy.to_numpy()]
    return pd.Series(texts, index=xy.index, dtype=object)


def _mark(
    found: Findings,
    said: pd.DataFrame,
    differs: npt.NDArray[np.bool_],
    column: str,
    values: pd.Series,
    first: pd.Series,
    *,
    deciding: bool,
) -> None:
    """Mark the rows of `said` that differ; an error where nobody can tell which is right."""
    first_row = said.groupby("property_ref", sort=False)["row"].transform("first")
    later = said[differs]
    used = "" if deciding else "; row {} is used"
    found.mark_rows(
        later["row"],
        [
            f"is {what!r} in row {row} of the same home, {ref}{used.format(row)}"
            for what, row, ref in zip(
                first[differs], first_row[differs], later["property_ref"], strict=True
            )
        ],
        "correct one of the two rows",
        column=column,
        values=values[differs].tolist(),
        severity="error" if deciding else "warning",
    )
