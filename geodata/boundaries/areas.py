"""Output areas as units: a landlord with only polygons and counts of homes.

Each area is one block that is never split. Its homes are rows like any others,
all at one point inside the area: which of them has which flag is not known, and
no figure depends on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geodata.boundaries.polygons import read_polygons
from geodata.errors import DataError, Problem
from geodata.findings import Findings, counted, report
from geodata.schema import AREAS
from geodata.stock.stock import FLAGS, Stock
from geodata.tables import Table, parse_column, read_table
from geodata.tables.columns import mark_repeats, parse_ids, parse_texts
from geodata.tables.parsing import BadCell, parse_whole

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["read_areas"]

MOST_HOMES: Final = 100_000
"""No output area has more; a column of other numbers was taken for homes."""

IntArray = npt.NDArray[np.int64]


def read_areas(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    layer: str | None = None,
    crs: str = "EPSG:27700",
    problems: list[Problem] | None = None,
) -> Stock:
    """Read areas with counts of homes: tenanted, or homes in all, and more where known.

    Parameters
    ----------
    path
        Polygons as GeoJSON, GeoPackage or Shapefile, one feature an area.
    columns
        Our column name -> the file's: area_ref, area_name, tenanted (or homes),
        leasehold, sheltered, the flags (introductory, arrears, asb, vulnerable,
        damp: how many homes), estate, patch.
    layer
        The layer to read; else the first.
    crs
        The metric CRS of the stock.
    problems
        Problems are appended here and the good areas returned; with None, any
        error raises.

    Returns
    -------
    stock
        Its blocks are the areas, those without homes too, so that patches hang
        together across them; its homes have references as "E01004650/0001";
        `areas` holds the polygons.

    Raises
    ------
    DataError
        If the file cannot be used, or with `problems` None any area cannot.
    """
    notes: list[Problem] = []
    shapes = read_polygons(path, layer=layer, crs=crs, problems=notes)
    table = read_table(path, AREAS, columns=columns, sheet=layer)
    found = table.findings()
    frame = _rows(table, found)
    frame = frame[found.good & np.isin(table.rows, shapes["row"])].sort_index()
    area = shapes.set_index("row").geometry.loc[frame["row"]].set_axis(frame.index)
    _mark_uneven(found, area)
    if not frame["homes"].sum() and not any(p.severity == "error" for p in found.problems):
        found.note("holds no home", "check which column counts the homes", severity="error")
    everything = sorted([*notes, *found.problems], key=lambda p: p.row or 0)
    report(everything, problems)
    if not frame["homes"].sum():
        raise DataError(everything if problems is None else [_nothing_left(found)])
    return _stock(frame, area, tuple(everything), found.file)


def _rows(table: Table, found: Findings) -> pd.DataFrame:
    """Return a row an area, also those with faults, by its reference."""
    refs = parse_ids(table, found, "area_ref", required=True)
    mark_repeats(table, found, "area_ref", refs, remedy="keep one feature an area")
    names = parse_texts(table, found, "area_name")
    columns: dict[str, npt.NDArray[Any]] = {
        "block_name": np.array([n or r for n, r in zip(names, refs, strict=True)], dtype=object),
        "estate": parse_texts(table, found, "estate"),
        "patch": parse_ids(table, found, "patch"),
        "row": table.rows,
        **_counts(table, found),
    }
    return _frame(columns).set_axis(pd.Index(refs, dtype=object, name="block_ref"))


def _count(text: str) -> int:
    count = parse_whole(text)
    if count < 0:
        raise BadCell("is below zero", "write how many homes there are, 0 for none")
    if count > MOST_HOMES:
        raise BadCell("is too many homes for one area", "check that this column counts homes")
    return count


def _counts(table: Table, found: Findings) -> dict[str, IntArray]:
    """Return (n,) homes in all, by tenure and by flag.

    Raises
    ------
    DataError
        If no column counts the homes.
    """
    given = {
        name: parse_column(table, found, name, _count, default=0).astype(np.int64)
        for name in ("homes", "tenanted", "leasehold", "sheltered", *FLAGS)
    }
    others = given["leasehold"] + given["sheltered"]
    if "tenanted" not in table.texts:
        if "homes" not in table.texts:
            raise DataError([_no_count(found)])
        given["tenanted"] = given["homes"] - others
        found.mark(
            given["tenanted"] < 0,
            "is fewer than its leasehold and sheltered homes",
            "correct the counts",
            column=table.heading("homes"),
            values=given["homes"],
        )
    total = given["tenanted"] + others
    if "homes" in table.texts:
        found.mark(
            total != given["homes"],
            [f"is not its homes by tenure, which are {n} and are used" for n in total],
            "correct the counts",
            column=table.heading("homes"),
            values=given["homes"],
            severity="warning",
        )
    given["homes"] = total
    for flag in FLAGS:
        found.mark(
            given[flag] > total,
            [f"is more than the area's {counted(n, 'home')}" for n in total.tolist()],
            "count each home once",
            column=table.heading(flag),
            values=given[flag],
        )
    return given


def _nothing_left(found: Findings) -> Problem:
    return Problem(
        file=found.file,
        sheet=found.sheet,
        reason="no area with homes is left",
        remedy="correct the problems above",
    )


def _no_count(found: Findings) -> Problem:
    return Problem(
        file=found.file,
        sheet=found.sheet,
        reason="no column is known to count the homes of each area",
        remedy='name it in doorstep.toml: [columns.areas] tenanted = "…"',
    )


def _mark_uneven(found: Findings, area: gpd.GeoSeries) -> None:
    """Note areas that overlap their neighbours or do not share corners with them."""
    import shapely

    shapes = area.to_numpy()
    uneven = ~shapely.is_empty(shapely.coverage_invalid_edges(shapes))
    if uneven.any():
        shown = ", ".join(map(str, area.index[uneven][:5])) + (", …" if uneven.sum() > 5 else "")
        found.note(
            f"has {counted(int(uneven.sum()), 'area')} that overlap a neighbour, or meet it "
            f"between corners: {shown}; patches' outlines may overlap there",
            "use polygons of one set, as the statistics office publishes them",
        )


def _stock(
    frame: pd.DataFrame, area: gpd.GeoSeries, problems: tuple[Problem, ...], file: str
) -> Stock:
    import geopandas as gpd

    points = area.representative_point()
    blocks = gpd.GeoDataFrame(
        {
            "block_name": frame["block_name"],
            "estate": frame["estate"],
            "homes": frame["homes"],
            "tenanted": frame["tenanted"],
            "block_floors": 1,
            "lift": False,
            "door_entry": False,
            "patch": frame["patch"],
        },
        geometry=points,
        crs=area.crs,
    )
    homes = _homes(frame, np.column_stack([points.x, points.y]))
    homes.attrs = {"file": file, "sheet": None, "headings": {}, "refused": []}
    return Stock(
        homes=homes,
        blocks=blocks,
        problems=problems,
        set_aside={},
        crs=area.crs.to_string(),
        placed={"geometry": len(homes)},
        areas=area,
    )


def _homes(frame: pd.DataFrame, xy: npt.NDArray[np.float64]) -> pd.DataFrame:
    """Return one row a home, the tenanted first in each area; flags are on the first ones."""
    count = frame["homes"].to_numpy()
    at = np.repeat(np.arange(len(frame)), count)
    place = np.arange(len(at)) - np.repeat(np.cumsum(count) - count, count)
    refs = frame.index.to_numpy()[at]
    width = max(4, len(str(int(count.max()))))
    tenanted = frame["tenanted"].to_numpy()[at]
    sheltered = frame["sheltered"].to_numpy()[at]
    tenure = np.where(
        place < tenanted,
        "tenanted",
        np.where(place < tenanted + sheltered, "sheltered", "leasehold"),
    )
    none = np.full(len(at), None, dtype=object)
    columns: dict[str, npt.NDArray[Any]] = {
        "property_ref": np.array(
            [f"{r}/{k:0{width}d}" for r, k in zip(refs, place + 1, strict=True)], dtype=object
        ),
        "uprn": none,
        "address": frame["block_name"].to_numpy()[at],
        "postcode": none,
        "block_ref": refs,
        "block_name": frame["block_name"].to_numpy()[at],
        "estate": frame["estate"].to_numpy()[at],
        "tenure": tenure.astype(object),
        "floor": np.zeros(len(at), dtype=np.int64),
        "block_floors": np.ones(len(at), dtype=np.int64),
        "lift": np.zeros(len(at), dtype=bool),
        "door_entry": np.zeros(len(at), dtype=bool),
        "easting": xy[at, 0],
        "northing": xy[at, 1],
        "placed_by": np.full(len(at), "geometry", dtype=object),
        "patch": frame["patch"].to_numpy()[at],
        **{flag: place < frame[flag].to_numpy()[at] for flag in FLAGS},
        "row": frame["row"].to_numpy()[at],
    }
    return _frame(columns)


def _frame(columns: Mapping[str, npt.NDArray[Any]]) -> pd.DataFrame:
    """Return the columns as a frame; texts stay objects, None where absent."""
    return pd.DataFrame(
        {name: pd.Series(values, dtype=values.dtype) for name, values in columns.items()}
    )
