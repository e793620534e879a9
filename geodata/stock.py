"""The landlord's homes and the blocks that they make up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geodata.blocks import build_blocks, fill_block_refs, mark_spread
from geodata.errors import DataError, Problem
from geodata.findings import Findings, counted, report
from geodata.locations import check_places
from geodata.schema import HOMES
from geodata.tables import ObjectArray, Table, parse_column, read_table
from geodata.tables.columns import (
    build_frame,
    mark_repeats,
    mark_short_ids,
    parse_ids,
    parse_places,
    parse_texts,
)
from geodata.tables.parsing import BadCell, parse_whole, parse_yes_no
from geodata.tenures import parse_tenure, set_aside_kind

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["FLAGS", "Stock", "read_stock"]

FLAGS: Final = ("introductory", "arrears", "asb", "vulnerable", "damp")

_POSTCODE = re.compile(r"^([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})$")
_FLOOR_WORDS: Final = {
    "g": 0, "gf": 0, "ground": 0, "ground floor": 0, "b": -1, "basement": -1, "lg": -1,
    "lower ground": -1, "first": 1, "second": 2, "third": 3,
}  # fmt: skip


@dataclass(frozen=True)
class Stock:
    """Homes and blocks, ready to use.

    Attributes
    ----------
    homes
        One row a home: property_ref, uprn, address, postcode, block_ref,
        block_name, estate, tenure, floor, block_floors, lift, door_entry,
        easting, northing, patch, the five flags, and row, its row in the file.
    blocks
        Index block_ref: block_name, estate, homes, tenanted, block_floors, lift,
        door_entry, patch (its homes' commonest), geometry (a point in `crs`).
    problems
        What was found in the file, warnings too.
    set_aside
        How many rows are no occupied home, by kind (garages and so on).
    crs
        The metric CRS of all coordinates.
    """

    homes: pd.DataFrame
    blocks: gpd.GeoDataFrame
    problems: tuple[Problem, ...]
    set_aside: dict[str, int]
    crs: str


def read_stock(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    sheet: str | None = None,
    crs: str = "EPSG:27700",
    boundary: gpd.GeoDataFrame | None = None,
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
    table, set_aside = _set_aside(table, found)
    kept = Findings(found.file, table.rows, sheet=found.sheet)
    kept.problems = found.problems
    homes = _homes(table, kept, crs, boundary)
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
    )


def _nothing_left(found: Findings) -> Problem:
    return Problem(
        file=found.file,
        sheet=found.sheet,
        reason="no usable home is left",
        remedy="correct the problems above",
    )


def _set_aside(table: Table, found: Findings) -> tuple[Table, dict[str, int]]:
    """Return the table without garages, sheds and the like, and how many there were."""
    kinds: list[str | None] = [None] * len(table.rows)
    for column in ("tenure", "property_type"):
        texts = table.texts.get(column)
        if texts is None:
            continue
        known = {t: set_aside_kind(t) for t in set(texts)}
        kinds = [k or known[t] for k, t in zip(kinds, texts, strict=True)]
    counts = dict(sorted(Counter(k for k in kinds if k).items()))
    if not counts:
        return table, {}
    what = ", ".join(f"{n} {kind}" for kind, n in counts.items())
    found.note(
        f"shows {counted(sum(counts.values()), 'row')} of no occupied home, set aside: {what}",
        "if that is wrong, correct their tenure or property type",
        column=table.heading("tenure"),
    )
    return table.take(np.array([k is None for k in kinds], dtype=bool)), counts


def _homes(
    table: Table, found: Findings, crs: str, boundary: gpd.GeoDataFrame | None
) -> pd.DataFrame:
    refs = parse_ids(table, found, "property_ref", required=True)
    mark_repeats(
        table, found, "property_ref", refs, remedy="keep one row a home, not one a tenant or charge"
    )
    mark_short_ids(table, found, "property_ref", refs)
    uprns = _uprns(table, found)
    tenures = parse_column(table, found, "tenure", parse_tenure, required=True)
    places, _ = parse_places(table, found, crs=crs)
    check_places(table, found, places, crs=crs, boundary=boundary)
    addresses = parse_texts(table, found, "address")
    postcodes = _postcodes(table, found, crs)
    floors, block_floors = _floors(table, found)
    flags = {
        name: parse_column(table, found, name, parse_yes_no, default=False).astype(bool)
        for name in ("lift", "door_entry", *FLAGS)
    }
    block_refs = parse_ids(table, found, "block_ref")
    columns = {
        "property_ref": refs,
        "uprn": uprns,
        "address": np.array([a or "" for a in addresses], dtype=object),
        "postcode": postcodes,
        "block_ref": fill_block_refs(found, block_refs, refs, addresses, postcodes, places),
        "block_name": parse_texts(table, found, "block_name"),
        "estate": parse_texts(table, found, "estate"),
        "tenure": tenures,
        "floor": floors,
        "block_floors": block_floors,
        "lift": flags.pop("lift"),
        "door_entry": flags.pop("door_entry"),
        "easting": places[:, 0],
        "northing": places[:, 1],
        "patch": parse_ids(table, found, "patch"),
        **flags,
    }
    homes = build_frame(table, found, columns)
    # A reference to one of these is not unknown: its home is to be mended.
    homes.attrs["refused"] = sorted({r for r in refs[found.bad] if r} - set(homes["property_ref"]))
    return _with_block_floors(homes)


def _uprns(table: Table, found: Findings) -> ObjectArray:
    uprns = parse_ids(table, found, "uprn")
    wrong = np.array([u is not None and not re.fullmatch(r"\d{1,12}", u) for u in uprns])
    found.mark(
        wrong.astype(bool),
        "is not a UPRN",
        "write up to 12 digits, as text",
        column=table.heading("uprn"),
        values=uprns,
    )
    mark_repeats(table, found, "uprn", uprns, remedy="keep one")
    return uprns


def _postcodes(table: Table, found: Findings, crs: str) -> ObjectArray:
    """Return postcodes as "SW1V 3DJ"; those that are none are warned of, in Britain."""
    texts = table.texts.get("postcode")
    values = parse_texts(table, found, "postcode")
    if texts is None or crs.upper() != "EPSG:27700":
        return values
    spelt: dict[str, str] = {}
    odd: set[str] = set()
    for text in {v for v in values if v is not None}:
        match = _POSTCODE.match(re.sub(r"\s", "", text).upper())
        spelt[text] = f"{match[1]} {match[2]}" if match else text.upper()
        if not match:
            odd.add(text)
    found.mark(
        np.array([v in odd for v in values], dtype=bool),
        "is not a full postcode",
        "write it as SW1V 3DJ",
        column=table.heading("postcode"),
        values=texts,
        severity="warning",
    )
    return np.array([None if v is None else spelt[v] for v in values], dtype=object)


def _floor(text: str) -> int:
    word = text.casefold()
    if word in _FLOOR_WORDS:
        return _FLOOR_WORDS[word]
    floor = parse_whole(re.sub(r"(?<=\d)(?:st|nd|rd|th)?(?:\s*floor)?$", "", word))
    if not -5 <= floor <= 100:
        raise BadCell("is not a floor", "write 0 for the ground floor, 1 for the first")
    return floor


def _storeys(text: str) -> int:
    storeys = parse_whole(text)
    if not 1 <= storeys <= 100:
        raise BadCell("is not a number of floors", "write how many floors the block has, from 1")
    return storeys


def _floors(table: Table, found: Findings) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return (n,) floors, 0 where blank, and storeys of the block, 0 where blank."""
    floors = parse_column(table, found, "floor", _floor, default=0).astype(np.int64)
    storeys = parse_column(table, found, "block_floors", _storeys, default=0).astype(np.int64)
    texts = table.texts.get("floor")
    blank = len(table.rows) if texts is None else int((texts == "").sum())
    if blank:
        found.note(
            f"is blank for {counted(blank, 'home')}, taken to be on the ground floor",
            "fill it in, so that stairs and lifts are counted",
            column=table.heading("floor"),
        )
    found.mark(
        (storeys > 0) & (floors >= storeys),
        "is above the block's top floor",
        "check floor (0 is the ground floor) and block_floors",
        column=table.heading("floor"),
        values=floors,
        severity="warning",
    )
    return floors, storeys


def _with_block_floors(homes: pd.DataFrame) -> pd.DataFrame:
    """Fill blank storeys with the block's own, at least as many as its homes need."""
    if homes.empty:
        return homes
    grouped = homes.groupby("block_ref")
    known = grouped["block_floors"].transform("max")
    needed = (grouped["floor"].transform("max") + 1).clip(lower=1)
    homes["block_floors"] = homes["block_floors"].where(
        homes["block_floors"] > 0, known.where(known > 0, needed)
    )
    return homes
