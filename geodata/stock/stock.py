"""The landlord's homes and the blocks that they make up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from geodata.errors import DataError, Problem
from geodata.findings import Findings, counted, report
from geodata.places.locations import check_places
from geodata.places.places import SOURCES, parse_places
from geodata.schema import HOMES
from geodata.stock.blocks import build_blocks, mark_spread, with_blocks
from geodata.stock.cells import mark_spellings, parse_floor, postcodes, storeys, uprns
from geodata.stock.occupancy import split_unoccupied
from geodata.stock.repeats import one_row_a_home
from geodata.stock.tenures import parse_tenure
from geodata.tables import Table, parse_column, read_table
from geodata.tables.columns import (
    build_frame,
    mark_short_ids,
    parse_flags,
    parse_ids,
    parse_texts,
)
from geodata.tables.parsing import parse_yes_no

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.gazetteer import Gazetteer

__all__ = ["FLAGS", "Stock", "read_stock"]

FLAGS: Final = ("introductory", "arrears", "asb", "vulnerable", "damp")


@dataclass(frozen=True)
class Stock:
    """Homes and blocks, ready to use.

    Attributes
    ----------
    homes
        One row a home: property_ref, uprn, address, postcode, block_ref,
        block_name, estate, tenure, floor, block_floors, lift, door_entry,
        easting, northing, placed_by (the source of these two, see `placed`), patch,
        the five flags, and row, its row in the file.
    blocks
        Index block_ref: block_name, estate, homes, tenanted, block_floors, lift,
        door_entry, patch (its homes' commonest), geometry (a point in `crs`).
    problems
        What was found in the file, warnings too.
    set_aside
        How many rows are no occupied home, by kind (garages, ended tenancies …).
    crs
        The metric CRS of all coordinates.
    collapsed
        How many rows repeated a home (one row a tenant or a charge).
    placed
        Where the homes' places are from -> homes: "easting_northing",
        "latitude_longitude", "geometry", "uprn", "postcode"; those that occur.
    areas
        Polygons by block_ref where the blocks are areas, see `areas.read_areas`; else None.
    """

    homes: pd.DataFrame
    blocks: gpd.GeoDataFrame
    problems: tuple[Problem, ...]
    set_aside: dict[str, int]
    crs: str
    collapsed: int = 0
    placed: dict[str, int] = field(default_factory=dict)
    areas: gpd.GeoSeries | None = None


def read_stock(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    sheet: str | None = None,
    crs: str = "EPSG:27700",
    boundary: gpd.GeoDataFrame | None = None,
    service_centres: gpd.GeoDataFrame | None = None,
    gazetteer: Gazetteer | None = None,
    as_of: dt.date | None = None,
    problems: list[Problem] | None = None,
) -> Stock:
    """Read the landlord's homes and group them into blocks.

    Parameters
    ----------
    path
        CSV, XLSX, or points as GeoJSON, GeoPackage or Shapefile.
    columns
        Our column name -> the file's, for names that are not recognised.
    sheet
        The sheet or layer to read; else the first with a header.
    crs
        Metric CRS of eastings and northings in the file; geometry is reprojected to it.
    boundary
        Polygons in `crs`; homes outside are problems.
    service_centres
        Points in `crs`: without a boundary, homes far from them all and from the
        other homes are named.
    gazetteer
        Gives homes without coordinates the place of their UPRN or postcode, and is
        compared with those that have them.
    as_of
        The day of the export: tenancies that ended before it are set aside.
    problems
        Problems are appended here and the good homes returned; with None, any
        error raises.

    Raises
    ------
    DataError
        If the file cannot be used, or with `problems` None any row cannot.
    """
    table = read_table(path, HOMES, columns=columns, sheet=sheet, crs=crs)
    found = table.findings()
    table, set_aside, kind_of = split_unoccupied(table, found, as_of=as_of)
    kept = Findings(found.file, table.rows, sheet=found.sheet, headings=table.headings)
    kept.problems = found.problems
    homes, collapsed = _homes(table, kept, crs, gazetteer, boundary, service_centres)
    homes.attrs["set_aside"] = kind_of
    if homes.empty and not any(p.severity == "error" for p in kept.problems):
        kept.note("no home is left", "check that this is the homes file", severity="error")
    mark_spread(kept, homes)
    everything = kept.sorted()
    report(everything, problems)
    if homes.empty:
        raise DataError(everything if problems is None else [_nothing_left(kept)])
    return Stock(
        homes=homes,
        blocks=build_blocks(homes, crs=crs),
        problems=tuple(everything),
        set_aside=set_aside,
        crs=crs,
        collapsed=collapsed,
        placed={s: n for s in SOURCES if (n := int((homes["placed_by"] == s).sum()))},
    )


def _nothing_left(found: Findings) -> Problem:
    return Problem(
        file=found.file,
        sheet=found.sheet,
        reason="no usable home is left",
        remedy="correct the problems above",
    )


def _homes(
    table: Table,
    found: Findings,
    crs: str,
    gazetteer: Gazetteer | None,
    boundary: gpd.GeoDataFrame | None,
    service_centres: gpd.GeoDataFrame | None,
) -> tuple[pd.DataFrame, int]:
    """Return one row a home, and how many rows repeated a home."""
    refs = parse_ids(table, found, "property_ref", required=True)
    mark_short_ids(table, found, "property_ref", refs)
    places = parse_places(table, found, crs=crs, gazetteer=gazetteer)
    check_places(table, found, places, crs=crs, boundary=boundary, service_centres=service_centres)
    estates = parse_texts(table, found, "estate")
    patches = parse_ids(table, found, "patch")
    columns = {
        "property_ref": refs,
        "uprn": uprns(table, found),
        "address": parse_texts(table, found, "address"),
        "postcode": postcodes(table, found, crs),
        "block_ref": parse_ids(table, found, "block_ref"),
        "block_name": parse_texts(table, found, "block_name"),
        "estate": estates,
        "tenure": parse_column(table, found, "tenure", parse_tenure, required=True),
        "floor": parse_column(table, found, "floor", parse_floor),
        "block_floors": storeys(table, found),
        "lift": parse_column(table, found, "lift", parse_yes_no),
        "door_entry": parse_column(table, found, "door_entry", parse_yes_no),
        "easting": places.xy[:, 0],
        "northing": places.xy[:, 1],
        "placed_by": places.source,
        "patch": patches,
        **{name: parse_flags(table, found, name) for name in FLAGS},
    }
    homes, collapsed = one_row_a_home(found, build_frame(table, found, columns), flags=FLAGS)
    _mark_repeated_uprns(found, homes)
    homes = homes[~homes["row"].isin(found.rows[found.bad])].reset_index(drop=True)
    # A reference to one of these is not unknown: its home is to be mended.
    homes.attrs["refused"] = sorted({r for r in refs[found.bad] if r} - set(homes["property_ref"]))
    mark_spellings(table, found, "estate", estates)
    mark_spellings(table, found, "patch", patches)
    homes = with_blocks(found, homes)
    homes["address"] = homes["address"].where(homes["address"].notna(), "").astype(object)
    return _with_floors(found, homes), collapsed


def _mark_repeated_uprns(found: Findings, homes: pd.DataFrame) -> None:
    known = homes.dropna(subset=["uprn"])
    if known["uprn"].is_unique:
        return
    first = known.groupby("uprn", sort=False)["row"].transform("first")
    later = known[known["uprn"].duplicated()]
    found.mark_rows(
        later["row"],
        [f"is duplicated (first at row {row})" for row in first[later.index]],
        "keep one, or correct the other",
        column=found.heading("uprn"),
        values=later["uprn"].tolist(),
    )


def _with_floors(found: Findings, homes: pd.DataFrame) -> pd.DataFrame:
    """Fill blank floors, lifts and storeys; a block has at least as many as its homes need."""
    if homes.empty:
        return homes
    blank = int(homes["floor"].isna().sum())
    if blank:
        found.note(
            f"is blank for {counted(blank, 'home')}, taken to be on the ground floor",
            "fill it in, so that stairs and lifts are counted",
            column=found.heading("floor"),
        )
    for column in ("floor", "block_floors"):
        homes[column] = [0 if v is None or v != v else int(v) for v in homes[column]]
    for column in ("lift", "door_entry"):
        homes[column] = [v is True for v in homes[column]]
    above = homes[(homes["block_floors"] > 0) & (homes["floor"] >= homes["block_floors"])]
    found.mark_rows(
        above["row"],
        ["is above the block's top floor"] * len(above),
        "check floor (0 is the ground floor) and block_floors",
        column=found.heading("floor"),
        values=above["floor"].tolist(),
        severity="warning",
    )
    grouped = homes.groupby("block_ref")
    known = grouped["block_floors"].transform("max")
    needed = (grouped["floor"].transform("max") + 1).clip(lower=1)
    homes["block_floors"] = homes["block_floors"].where(
        homes["block_floors"] > 0, known.where(known > 0, needed)
    )
    return homes
