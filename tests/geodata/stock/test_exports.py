"""Homes as a housing system's report would export them give the same stock as the tidy file."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest

from geodata import Problem, Stock, read_stock

AS_OF = dt.date(2026, 11, 27)
UNIVERSAL_HOUSING = {
    "property_ref": "prop_ref",
    "uprn": "u_uprn",
    "address": "short_address",
    "postcode": "post_code",
    "block_ref": "u_block",
    "block_name": "block_description",
    "estate": "u_estate",
    "tenure": "tenure_type",
    "floor": "u_floor",
    "block_floors": "u_block_floors",
    "lift": "u_lift_available",
    "door_entry": "u_door_entry",
    "easting": "easting",
    "northing": "northing",
    "patch": "arr_patch",
    "introductory": "introductory",
    "arrears": "arrears_case",
    "asb": "asb_case",
    "vulnerable": "vulnerable",
    "damp": "damp_case",
}
BLOCK_CELLS = ["u_block", "block_description", "u_estate"]


def tidy(path: Path) -> pd.DataFrame:
    """The homes as text; one block has a name that only Windows-1252 or UTF-8 can write."""
    homes = pd.read_csv(path, dtype=str, keep_default_na=False)
    first = homes["block_name"][homes["block_name"] != ""].iloc[0]
    return homes.replace({"block_name": {first: "Café Court"}})


def reported(homes: pd.DataFrame) -> pd.DataFrame:
    """The rows of a report: a row a tenant and charge, garages, sheds, ended tenancies, padding."""
    rows = homes.rename(columns=UNIVERSAL_HOUSING)
    rows["eot"] = "01/01/1900"
    rows["charge_code"] = "RENT"
    rows["post_code"] = rows["post_code"].str.replace(" ", "").str.lower()
    rows["block_description"] = "  " + rows["block_description"].str.replace(" ", "  ") + " "
    # The report merges the cells of a block, so that only its first row has them.
    rows.loc[rows["u_block"].duplicated(), BLOCK_CELLS] = ""
    second = rows[::7].assign(charge_code="SERVICE", **dict.fromkeys(BLOCK_CELLS, ""))
    second.index += 0.3
    # The arrears are noted in one of a home's rows only.
    rows.loc[::7, "arrears_case"] = "N"
    ended = rows[3::50].assign(eot="31/03/2024", arrears_case="Y", asb_case="Y")
    ended.index += 0.1
    garages = rows[5::90].assign(tenure_type="Garage licence", u_floor="", short_address="Garage 1")
    garages["prop_ref"] = [f"G{i:05d}" for i in range(len(garages))]
    garages.index += 0.5
    sheds = rows[6::120].assign(tenure_type="Pram shed", easting="", northing="")
    sheds["prop_ref"] = [f"S{i:05d}" for i in range(len(sheds))]
    sheds.index += 0.6
    return pd.concat([rows, second, ended, garages, sheds]).sort_index().reset_index(drop=True)


def as_csv(rows: pd.DataFrame, folder: Path) -> Path:
    """Semicolons and Windows-1252 below two titles and a blank row; UPRNs as Excel shows them."""
    path = folder / "export.csv"
    body = rows.assign(u_uprn="1.00E+11").to_csv(index=False, sep=";")
    path.write_bytes(f"Property list\nRun on 27/11/2026 16:42\n\n{body}".encode("cp1252"))
    return path


def as_workbook(rows: pd.DataFrame, folder: Path) -> Path:
    """Titles above the header; numbers are numbers, dates are serials or dates."""
    path = folder / "export.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    for line in (["Property list"], ["Run on", "27/11/2026 16:42"], []):
        sheet.append(line)
    sheet.append(list(rows.columns))
    serial = {"01/01/1900": 1, "31/03/2024": 45382}
    numbers = {"u_uprn", "u_floor", "u_block_floors", "easting", "northing"}
    for row in rows.to_dict("records"):
        row["eot"] = serial[row["eot"]]
        sheet.append([int(v) if k in numbers and v != "" else v or None for k, v in row.items()])
    book.save(path)
    return path


def as_geopackage(rows: pd.DataFrame, folder: Path) -> Path:
    """Points in degrees, blank for what has no place."""
    path = folder / "export.gpkg"
    xy = rows[["easting", "northing"]].replace("", None).astype(float)
    points = gpd.GeoSeries.from_xy(xy["easting"], xy["northing"], crs="EPSG:27700")
    points[xy["easting"].isna()] = None
    frame = gpd.GeoDataFrame(rows.drop(columns=["easting", "northing"]), geometry=points)
    frame.to_crs("EPSG:4326").to_file(path, layer="property", engine="pyogrio")
    return path


Export = Callable[[pd.DataFrame, Path], Path]
ROUNDED = ("warning", "u_uprn", "is an id that a spreadsheet has rounded; the home is read without")
EXPECTED = {
    ("warning", None, "columns read under our names: 'prop_ref' as property_ref"),
    (
        "warning",
        "tenure_type",
        "shows 0 rows where nobody lives, set aside: 0 ended tenancies",
    ),
    ("warning", "eot", "is before 0 November 0 in 0 rows, taken as ended"),
    ("warning", "prop_ref", "is in more than one row for 0 homes: 0 rows put together"),
    ("warning", "u_block", "is blank for 0 homes, 0 homes put into the block at their address"),
    ("warning", "block_description", "is blank for 0 homes whose block has one, taken from there"),
    ("warning", "u_estate", "is blank for 0 homes whose block has one, taken from there"),
}


def kinds(problems: list[Problem]) -> set[tuple[str, str | None, str]]:
    """What was found, whatever the numbers in it."""
    return {(p.severity, p.column, re.sub(r"[\d,]*\d", "0", p.reason)) for p in problems}


def assert_only(problems: list[Problem], expected: set[tuple[str, str | None, str]]) -> None:
    found = kinds(problems)
    unexpected = [
        f for f in found if not any(f[:2] == e[:2] and f[2].startswith(e[2]) for e in expected)
    ]
    missing = [
        e for e in expected if not any(f[:2] == e[:2] and f[2].startswith(e[2]) for f in found)
    ]
    assert (unexpected, missing) == ([], [])


def assert_same(stock: Stock, tidy_stock: Stock, *, but: tuple[str, ...] = ()) -> None:
    away = ["row", "placed_by", *but]
    ours = stock.homes.drop(columns=away)
    theirs = tidy_stock.homes.drop(columns=away)
    pd.testing.assert_frame_equal(ours, theirs, check_exact=False, atol=0.01)
    pd.testing.assert_index_equal(stock.blocks.index, tidy_stock.blocks.index)
    pd.testing.assert_frame_equal(
        pd.DataFrame(stock.blocks.drop(columns="geometry")),
        pd.DataFrame(tidy_stock.blocks.drop(columns="geometry")),
    )
    assert stock.blocks.geometry.distance(tidy_stock.blocks.geometry).max() < 0.01


def check_export(source: Path, folder: Path, export: Export) -> tuple[Stock, list[Problem]]:
    """Export the homes of `source`, read them, and compare with the tidy file."""
    homes = tidy(source)
    homes.to_csv(folder / "tidy.csv", index=False)
    rows = reported(homes)
    found: list[Problem] = []
    stock = read_stock(export(rows, folder), as_of=AS_OF, problems=found)
    assert_same(
        stock,
        read_stock(folder / "tidy.csv"),
        but=("uprn",) if export is as_csv else (),
    )
    aside = {
        "ended tenancies": (rows["eot"] == "31/03/2024"),
        "garages": rows["tenure_type"] == "Garage licence",
        "sheds and stores": rows["tenure_type"] == "Pram shed",
    }
    assert stock.set_aside == {kind: int(where.sum()) for kind, where in aside.items()}
    assert stock.collapsed == len(rows) - len(homes) - sum(stock.set_aside.values())
    return stock, found


@pytest.mark.parametrize("export", [as_csv, as_workbook, as_geopackage])
def test_an_export_of_the_synthetic_borough(borough: Path, tmp_path: Path, export: Export) -> None:
    stock, found = check_export(borough / "homes.csv", tmp_path, export)
    assert_only(found, EXPECTED | ({ROUNDED} if export is as_csv else set()))
    lost = [p.row for p in found if p.column == "u_uprn"]
    assert len(lost) == (len(stock.homes) + stock.collapsed if export is as_csv else 0)
    # Below two titles, a blank row and the header.
    assert stock.homes["row"].iloc[0] == (1 if export is as_geopackage else 5)


def test_an_export_of_westminster(westminster: Path, tmp_path: Path) -> None:
    homes = pd.read_csv(westminster / "homes.csv", dtype=str, keep_default_na=False)
    some = homes[homes["block_ref"].isin(homes["block_ref"].unique()[::4])]
    some.to_csv(tmp_path / "homes.csv", index=False)
    stock, found = check_export(tmp_path / "homes.csv", tmp_path, as_csv)
    assert_only(found, EXPECTED | {ROUNDED})
    assert (len(stock.homes), len(stock.blocks)) == (len(some), 276)


def test_houses_and_a_house_in_flats_of_a_street(tmp_path: Path) -> None:
    path = tmp_path / "street.csv"
    path.write_text(
        "Property Ref;Address;Post Code;Tenure;Floor;Easting;Northing\n"
        "0001;12 Elm Road ;sw1v3dj;Secure;0;529500;178500\n"
        "0002;12A Elm Road;SW1V 3DJ;Secure;1;529500;178500\n"
        "0003;14 Elm Road;SW1V 3DJ;Secure;0;529508;178500\n"
        "0004;Flat 2, 16 Elm Road;SW1V 3DJ;Secure;1;529516;178500\n"
        "0005;Flat 1, 16 Elm Road;SW1V 3DJ;Leaseholder;0;529516;178500\n"
    )
    stock = read_stock(path)
    blocks = stock.homes["block_ref"].tolist()
    assert blocks == ["H-0001", "H-0001", "H-0003", "H-0004", "H-0004"]
    assert stock.homes["estate"].isna().all()
