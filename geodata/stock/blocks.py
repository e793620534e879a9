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

__all__ = ["BLOCK_SPREAD_M", "build_blocks", "commonest", "mark_spread", "with_blocks"]

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


def with_blocks(found: Findings, homes: pd.DataFrame) -> pd.DataFrame:
    """Return `homes`, every one with a block_ref, and no estate blank that its block has.

    A home below a merged cell (no block or address of its own, on the very
    point of the row above) is of that row's block. Others without a block are
    one building when address (without the flat), postcode and point agree; the
    building is named after its first property_ref.
    """
    if homes.empty:
        return homes
    homes = _below_merged_cells(found, homes)
    homes = _by_building(found, homes)
    return _as_their_block(found, homes)


def _below_merged_cells(found: Findings, homes: pd.DataFrame) -> pd.DataFrame:
    points = homes[["easting", "northing"]].to_numpy()
    blank = homes[["block_ref", "block_name", "address"]].isna().all(axis=1).tolist()
    postcodes = homes["postcode"].tolist()
    # All homes of a postcode share its point, which says nothing of their building.
    rough = (homes["placed_by"] == "postcode").tolist()
    head = list(range(len(homes)))
    for i in range(1, len(homes)):
        above = head[i - 1]
        if (
            blank[i]
            and not blank[above]
            and not rough[i]
            and postcodes[i] in (None, postcodes[above])
            and (points[i] == points[above]).all()
        ):
            head[i] = above
    below = [i for i, above in enumerate(head) if above != i]
    if not below:
        return homes
    homes = homes.copy()
    for column in ("block_ref", "block_name", "estate", "postcode", "address"):
        values = homes[column].tolist()
        for i in below:
            if column == "address" and _is_one_door(values[head[i]]):
                continue
            values[i] = values[head[i]] if values[i] is None else values[i]
        homes[column] = pd.Series(values, dtype=object)
    found.note(
        f"is blank, as the address is, for {counted(len(below), 'home')} on the very point of "
        "the row above, as below a merged cell: taken to be in that row's block "
        f"(first in row {homes['row'].iloc[below[0]]})",
        "unmerge the cells and fill them down, if that is wrong",
        column=found.heading("block_ref"),
    )
    return homes


def _is_one_door(address: str | None) -> bool:
    """Return whether an address is a flat's own, not its building's."""
    return address is None or building_of(address) != address.strip().casefold()


def _by_building(found: Findings, homes: pd.DataFrame) -> pd.DataFrame:
    missing = homes["block_ref"].isna().to_numpy()
    if not missing.any():
        return homes
    refs = homes["block_ref"].tolist()
    groups: dict[tuple[Any, ...], list[int]] = {}
    known: dict[tuple[Any, ...], set[str]] = {}
    for i, (ref, address, postcode, x, y, own) in enumerate(
        zip(
            refs,
            homes["address"],
            homes["postcode"],
            homes["easting"],
            homes["northing"],
            homes["property_ref"],
            strict=True,
        )
    ):
        building = building_of(address or "")
        key = (building, postcode, round(x), round(y), None if building else own)
        if ref is None:
            groups.setdefault(key, []).append(i)
        elif building:
            known.setdefault(key, set()).add(ref)
    taken = {r for r in refs if r is not None}
    joined = made = 0
    for key, members in groups.items():
        there = known.get(key, set())
        if len(there) == 1:
            (name,) = there
            joined += len(members)
        else:
            made += 1
            name = f"H-{min(homes['property_ref'].iloc[i] for i in members)}"
            while name in taken:
                name += "-"
            taken.add(name)
        for i in members:
            refs[i] = name
    what = [f"made into {counted(made, 'block')} by address and point"] if made else []
    if joined:
        what.append(f"{counted(joined, 'home')} put into the block at their address and point")
    found.note(
        f"is blank for {counted(int(missing.sum()), 'home')}, {'; '.join(what)}",
        "fill in block_ref where homes share a building",
        column=found.heading("block_ref"),
    )
    return homes.assign(block_ref=pd.Series(refs, dtype=object, index=homes.index))


def _as_their_block(found: Findings, homes: pd.DataFrame) -> pd.DataFrame:
    """Fill blank names and estates where the block's other homes have one and the same."""
    for column in ("block_name", "estate"):
        blank = homes[column].isna()
        if not blank.any() or blank.all():
            continue
        values = homes.dropna(subset=[column]).groupby("block_ref")[column]
        only = values.first()[values.nunique() == 1]
        fill = homes.loc[blank, "block_ref"].map(only).dropna()
        if fill.empty:
            continue
        cells = homes[column].copy()
        cells[fill.index] = fill
        homes = homes.assign(**{column: cells.astype(object).where(cells.notna(), None)})
        found.note(
            f"is blank for {counted(len(fill), 'home')} whose block has one, taken from there",
            "fill it in, if that is wrong",
            column=found.heading(column),
        )
    return homes


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
        found.mark_rows(
            far["row"][first],
            [
                f"is a block with {counts[n]} of its homes more than {BLOCK_SPREAD_M:.0f} m "
                "from its middle"
                for n in names
            ],
            "check their coordinates and block_ref",
            column="block_ref",
            values=names,
            severity="warning",
        )
    for what in ("estate", "patch"):
        codes = homes.dropna(subset=[what]).groupby("block_ref")[what].nunique()
        mixed = list(codes.index[codes > 1])
        rows = homes.drop_duplicates("block_ref").set_index("block_ref")["row"].loc[mixed]
        found.mark_rows(
            rows,
            [f"is a block in more than one {what}; the commonest was taken"] * len(mixed),
            f"give all its homes one {what}",
            column="block_ref",
            values=mixed,
            severity="warning",
        )
