"""Homes to blocks: buildings without a reference, block figures, homes far from their block."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geodata.findings import Findings, counted
from geodata.tables import ObjectArray

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["BLOCK_SPREAD_M", "build_blocks", "commonest", "fill_block_refs", "mark_spread"]

BLOCK_SPREAD_M: Final = 250.0
"""Homes of one block this far from its middle are named."""

_DOOR = re.compile(
    r"^(?:flat|apartment|apt|unit|room|maisonette|studio)\s+\w+\s*,?\s*", re.IGNORECASE
)
_HOUSE_LETTER = re.compile(r"^(\d+)[a-z]\b", re.IGNORECASE)


def building_of(address: str) -> str:
    """Return the address without its flat: "Flat 3, 12 Elm Road" and "12B Elm Road" agree."""
    rest = _DOOR.sub("", address.strip())
    return _HOUSE_LETTER.sub(r"\1", rest).casefold()


def fill_block_refs(
    found: Findings,
    refs: ObjectArray,
    property_refs: ObjectArray,
    addresses: ObjectArray,
    postcodes: ObjectArray,
    places: npt.NDArray[np.float64],
) -> ObjectArray:
    """Return `refs` with a reference of its own for each building that has none.

    Homes without a block are one building when address (without the flat),
    postcode and point agree; the building is named after its first property_ref.
    """
    missing = np.array([r is None for r in refs], dtype=bool) & found.good
    if not missing.any():
        return refs
    groups: dict[tuple[Any, ...], list[int]] = {}
    for i in np.flatnonzero(missing):
        building = building_of(addresses[i] or "")
        own = property_refs[i] if not building else None  # nothing says who shares the building
        point = (round(places[i, 0]), round(places[i, 1]))
        groups.setdefault((building, postcodes[i], point, own), []).append(int(i))
    filled = refs.copy()
    taken = {r for r in refs if r is not None}
    for members in groups.values():
        name = f"H-{min(property_refs[i] for i in members)}"
        while name in taken:
            name += "-"
        taken.add(name)
        filled[members] = name
    found.note(
        f"is blank for {counted(int(missing.sum()), 'home')}, made into "
        f"{counted(len(groups), 'block')} "
        "by address and point",
        "fill in block_ref where homes share a building",
        column="block_ref",
    )
    return filled


def commonest(groups: npt.NDArray[np.int64], values: pd.Series, count: int) -> ObjectArray:
    """Return (count,) each group's commonest value, None where all are absent.

    Ties go to the value that sorts first.
    """
    table = pd.DataFrame({"group": groups, "value": values.to_numpy()}).dropna()
    result = np.empty(count, dtype=object)
    if table.empty:
        return result
    sizes = table.groupby(["group", "value"], sort=True).size().reset_index(name="n")
    best = sizes.sort_values(["group", "n"], ascending=[True, False], kind="stable")
    best = best.drop_duplicates("group")
    for group, value in zip(best["group"], best["value"], strict=True):
        result[group] = value
    return result


def build_blocks(homes: pd.DataFrame, *, crs: str) -> gpd.GeoDataFrame:
    """Return one row a block, in order of its reference, at the mean point of its homes."""
    import geopandas as gpd

    codes, refs = pd.factorize(homes["block_ref"].astype(object), sort=True)
    count = len(refs)
    columns = {
        name: commonest(codes, homes[name], count)
        for name in ("block_name", "estate", "lift", "door_entry", "patch")
    }
    homes_in = np.bincount(codes, minlength=count)

    def mean(name: str) -> npt.NDArray[np.float64]:
        values = homes[name].to_numpy(dtype=float)
        first = np.zeros(count)
        first[codes[::-1]] = values[::-1]
        # Differences from the first home, so that homes on one point give that very point.
        return first + np.bincount(codes, values - first[codes], minlength=count) / homes_in

    frame = pd.DataFrame(
        {
            "block_name": pd.Series(columns["block_name"], dtype=object),
            "estate": pd.Series(columns["estate"], dtype=object),
            "homes": homes_in.astype(np.int64),
            "tenanted": np.bincount(
                codes, homes["tenure"].eq("tenanted").to_numpy(), minlength=count
            ).astype(np.int64),
            "block_floors": homes.groupby(codes, sort=True)["block_floors"].max().to_numpy(),
            "lift": columns["lift"].astype(bool),
            "door_entry": columns["door_entry"].astype(bool),
            "patch": pd.Series(columns["patch"], dtype=object),
        }
    )
    frame.index = pd.Index(list(refs), dtype=object, name="block_ref")
    points = gpd.points_from_xy(mean("easting"), mean("northing"), crs=crs)
    return gpd.GeoDataFrame(frame, geometry=points)


def mark_spread(found: Findings, homes: pd.DataFrame) -> None:
    """Warn of blocks with homes far from the block's middle, and of blocks in two estates."""
    xy = homes[["easting", "northing"]]
    middle = xy.groupby(homes["block_ref"]).transform("median")
    away = np.hypot(*(xy - middle).to_numpy().T)
    far = homes[away > BLOCK_SPREAD_M]
    if not far.empty:
        first = ~far["block_ref"].duplicated()
        counts = far["block_ref"].value_counts()
        names = far["block_ref"][first].tolist()
        _warn_rows(
            found,
            far["row"][first],
            [
                f"is a block with {counts[n]} of its homes more than {BLOCK_SPREAD_M:.0f} m "
                "from its middle"
                for n in names
            ],
            "check their coordinates and block_ref",
            names,
        )
    estates = homes.dropna(subset=["estate"]).groupby("block_ref")["estate"].nunique()
    mixed = list(estates.index[estates > 1])
    if mixed:
        rows = homes.drop_duplicates("block_ref").set_index("block_ref")["row"].loc[mixed]
        _warn_rows(
            found,
            rows,
            ["is a block in more than one estate; the commonest was taken"] * len(mixed),
            "give all its homes one estate",
            mixed,
        )


def _warn_rows(
    found: Findings, rows: pd.Series, reasons: list[str], remedy: str, values: list[str]
) -> None:
    at = np.searchsorted(found.rows, rows.to_numpy())
    where = np.zeros(len(found.rows), dtype=bool)
    where[at] = True
    every_reason = [""] * len(found.rows)
    every_value: list[Any] = [None] * len(found.rows)
    for i, reason, value in zip(at, reasons, values, strict=True):
        every_reason[i], every_value[i] = reason, value
    found.mark(
        where, every_reason, remedy, column="block_ref", values=every_value, severity="warning"
    )
