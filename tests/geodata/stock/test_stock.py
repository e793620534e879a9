"""Homes to blocks: tenures, places, floors, and what a messy homes file says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
from shapely import Point, box

from geodata import DataError, Problem, Stock, read_stock

COLUMNS = (
    "property_ref,uprn,address,postcode,block_ref,block_name,estate,tenure,floor,block_floors,"
    "lift,door_entry,easting,northing,patch,introductory,arrears,asb,vulnerable,damp"
)
BOUNDARY = gpd.GeoDataFrame(geometry=[box(529_000, 178_000, 530_000, 179_000)], crs="EPSG:27700")


def home(number: int, **cells: object) -> str:
    """A tidy tenanted home on block B1's point, with some cells changed."""
    row: dict[str, object] = dict.fromkeys(COLUMNS.split(","), "")
    row |= {
        "property_ref": f"{number:08d}",
        "uprn": f"99900000{number:04d}",
        "address": f"Flat {number} Elm Court",
        "postcode": "SW1V 3DJ",
        "block_ref": "B1",
        "block_name": "Elm Court",
        "estate": "Elms",
        "tenure": "Secure tenancy",
        "floor": 1,
        "block_floors": 4,
        "lift": "Y",
        "door_entry": "N",
        "easting": 529_500,
        "northing": 178_500,
        "patch": "P01",
    }
    return ",".join(f'"{v}"' for v in (row | cells).values())


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., tuple[Stock, list[Problem]]]:
    """Read homes given as lines of a CSV; the problems come beside the stock."""

    def read_homes(*lines: str, **options: object) -> tuple[Stock, list[Problem]]:
        path = tmp_path / "homes.csv"
        path.write_text("\n".join([COLUMNS, *lines]) + "\n", encoding="utf-8")
        found: list[Problem] = []
        return read_stock(path, problems=found, **options), found  # type: ignore[arg-type]

    return read_homes


Read = Callable[..., tuple[Stock, list[Problem]]]


def brief(found: list[Problem]) -> list[tuple[str, int | None, str | None]]:
    return [(p.severity, p.row, p.column) for p in found]


def test_flats_of_a_block_on_one_point_are_normal(read: Read) -> None:
    stock, found = read(home(1), home(2, tenure="Leaseholder"), home(3, arrears="yes"))
    assert found == []
    block = stock.blocks.loc["B1"]
    assert (block["homes"], block["tenanted"], block["block_floors"]) == (3, 2, 4)
    assert (block["patch"], block["estate"], block["block_name"]) == ("P01", "Elms", "Elm Court")
    assert block["lift"]
    assert not block["door_entry"]
    assert block.geometry == Point(529_500, 178_500)
    assert stock.blocks.crs == stock.crs == "EPSG:27700"
    assert stock.homes["tenure"].tolist() == ["tenanted", "leasehold", "tenanted"]
    assert stock.homes["arrears"].tolist() == [False, False, True]
    assert stock.homes["row"].tolist() == [2, 3, 4]


def test_blank_texts_are_none_and_blank_flags_false(read: Read) -> None:
    stock, _ = read(home(1, estate="", block_name=" ", patch="", lift=""))
    first = stock.homes.iloc[0]
    assert first["estate"] is first["patch"] is first["block_name"] is None
    assert not first["lift"]
    assert stock.blocks["estate"].tolist() == [None]


def test_a_tie_of_patches_goes_to_the_first_code(read: Read) -> None:
    stock, _ = read(home(1, patch="P09"), home(2, patch="P02"))
    assert stock.blocks["patch"].tolist() == ["P02"]


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"property_ref": ""}, "property_ref", "is blank"),
        ({"property_ref": "1.00E+11"}, "property_ref", "rounded"),
        ({"tenure": "Timeshare"}, "tenure", "not a known tenure"),
        ({"tenure": ""}, "tenure", "is blank"),
        ({"floor": "up"}, "floor", "not a number"),
        ({"block_floors": "0"}, "block_floors", "not a number of floors"),
        ({"lift": "maybe"}, "lift", "neither yes nor no"),
        ({"easting": ""}, "easting, northing", "no coordinates"),
        ({"easting": 0, "northing": 0}, "easting, northing", "no coordinates"),
        ({"easting": "here"}, "easting", "not a number"),
        ({"easting": -0.14, "northing": 51.49}, "easting, northing", "longitude and latitude"),
        ({"easting": 51.49, "northing": -0.14}, "easting, northing", "longitude and latitude"),
        ({"easting": 178_500, "northing": 529_500}, "easting, northing", "wrong way round"),
        ({"easting": 535_000}, "easting, northing", "5.0 km outside the boundary"),
    ],
)
def test_each_fault_is_one_error_in_its_row(
    read: Read, cells: dict[str, object], column: str, reason: str
) -> None:
    stock, found = read(home(1), home(2, **cells), home(3), boundary=BOUNDARY)
    assert brief(found) == [("error", 3, column)]
    assert reason in found[0].reason
    assert stock.homes["property_ref"].tolist() == ["00000001", "00000003"]


@pytest.mark.parametrize(
    ("uprn", "reason"), [("1.00E+11", "rounded"), ("1234567890123", "not a UPRN")]
)
def test_a_home_can_do_without_a_spoilt_uprn(read: Read, uprn: str, reason: str) -> None:
    stock, found = read(home(1), home(2, uprn=uprn))
    assert brief(found) == [("warning", 3, "uprn")]
    assert reason in found[0].reason
    assert stock.homes["uprn"].tolist() == ["999000000001", None]


def test_two_homes_of_one_uprn_are_an_error(read: Read) -> None:
    stock, found = read(home(1), home(2), home(3, uprn="999000000002"))
    assert brief(found) == [("error", 4, "uprn")]
    assert "first at row 3" in found[0].reason
    assert len(stock.homes) == 2


def test_swapped_axes_are_found_without_a_boundary(read: Read) -> None:
    _, found = read(home(1), home(2), home(3, easting=178_500, northing=529_500))
    assert brief(found) == [("error", 4, "easting, northing")]
    assert "wrong way round" in found[0].reason


def test_a_home_just_outside_the_boundary_is_a_warning(read: Read) -> None:
    stock, found = read(home(1), home(2, block_ref="B2", easting=530_300), boundary=BOUNDARY)
    assert brief(found) == [("warning", 3, "easting, northing")]
    assert len(stock.homes) == 2


def test_latitude_and_longitude_columns_are_reprojected(tmp_path: Path) -> None:
    path = tmp_path / "homes.csv"
    path.write_text("prop_ref,tenure,lat,long\n1,secure,51.4915,-0.1360\n")
    stock = read_stock(path)
    assert stock.blocks.geometry.iloc[0].distance(Point(529_500, 178_500)) < 200


def test_points_of_a_geopackage_give_the_places(tmp_path: Path) -> None:
    path = tmp_path / "homes.gpkg"
    gpd.GeoDataFrame(
        {"prop_ref": ["0001", "0002"], "tenure": ["secure", "garage"], "u_block_floors": [3, None]},
        geometry=[Point(529_500, 178_500), Point(529_501, 178_500)],
        crs="EPSG:27700",
    ).to_crs("EPSG:4326").to_file(path)
    stock = read_stock(path)
    assert stock.homes["property_ref"].tolist() == ["0001"]
    assert stock.blocks.geometry.iloc[0].distance(Point(529_500, 178_500)) < 0.01
    assert stock.set_aside == {"garages": 1}


def test_garages_are_set_aside_and_counted(read: Read) -> None:
    stock, found = read(home(1), home(2, tenure="Garage"), home(3, tenure="Shed"), home(4))
    assert stock.set_aside == {"garages": 1, "sheds and stores": 1}
    assert stock.homes["row"].tolist() == [2, 5]
    assert brief(found) == [("warning", None, "tenure")]


def test_homes_far_from_their_block_are_named_once_a_block(read: Read) -> None:
    _, found = read(home(1), home(2), home(3), home(4, easting=529_900), home(5, easting=529_950))
    assert brief(found) == [("warning", 5, "block_ref")]
    assert "2 of its homes more than 250 m" in found[0].reason


def test_a_block_in_two_estates_is_named(read: Read) -> None:
    stock, found = read(home(1), home(2), home(3, estate="Oaks"))
    assert brief(found) == [("warning", 2, "block_ref")]
    assert stock.blocks["estate"].tolist() == ["Elms"]


def test_a_block_with_two_patches_is_named_and_its_homes_keep_their_codes(read: Read) -> None:
    stock, found = read(home(1), home(2, patch="P02"), home(3, patch="P02"), home(4, patch=""))
    assert brief(found) == [("warning", 2, "block_ref")]
    assert found[0].reason == "is a block in more than one patch; the commonest was taken"
    assert stock.blocks["patch"].tolist() == ["P02"]
    assert stock.homes["patch"].tolist() == ["P01", "P02", "P02", None]


def test_homes_without_a_block_are_grouped_by_building_and_point(read: Read) -> None:
    none = {"block_ref": ""}
    stock, found = read(
        home(1, **none),
        home(2, **none),
        home(3, address="12A Oak Road", **none),
        home(4, address="12B Oak Road", **none),
        home(5, address="14 Oak Road", **none),
        home(6, address="", **none),
        home(7, address="", **none),
        home(8, easting=529_900, **none),
    )
    assert stock.homes["block_ref"].tolist() == [
        "H-00000001",
        "H-00000001",
        "H-00000003",
        "H-00000003",
        "H-00000005",
        "H-00000006",
        "H-00000007",
        "H-00000008",
    ]
    assert "blank for 8 homes, made into 6 blocks" in found[0].reason


def test_blocks_do_not_depend_on_the_order_of_rows(read: Read) -> None:
    homes = [home(i, block_ref="", easting=529_500 + i % 2) for i in range(1, 7)]
    one, _ = read(*homes)
    other, _ = read(*reversed(homes))
    columns = ["homes", "patch", "geometry"]
    assert one.blocks.index.tolist() == ["H-00000001", "H-00000002"]
    assert one.blocks[columns].equals(other.blocks[columns])


def test_blank_floors_are_told_and_blank_storeys_filled(read: Read) -> None:
    stock, found = read(
        home(1, floor="G", block_floors=""),
        home(2, floor="3rd", block_floors=""),
        home(3, floor="", block_floors=""),
    )
    assert stock.homes["floor"].tolist() == [0, 3, 0]
    assert stock.homes["block_floors"].tolist() == [4, 4, 4]
    assert brief(found) == [("warning", None, "floor")]


def test_a_floor_above_the_roof_and_odd_postcodes_are_warnings(read: Read) -> None:
    stock, found = read(home(1, floor=4), home(2, postcode="sw1v3dj"), home(3, postcode="HN1 0"))
    assert brief(found) == [("warning", 2, "floor"), ("warning", 4, "postcode")]
    assert stock.homes["postcode"].tolist() == ["SW1V 3DJ", "SW1V 3DJ", "HN1 0"]


def test_a_reference_that_lost_its_zeros_is_a_warning(read: Read) -> None:
    _, found = read(*(home(i) for i in range(1, 20)), home(20, property_ref="20"))
    assert brief(found) == [("warning", 21, "property_ref")]


def test_no_usable_home_is_an_error_even_with_a_list(read: Read) -> None:
    with pytest.raises(DataError, match="no usable home"):
        read(home(1, tenure="Garage"))
    with pytest.raises(DataError, match="no usable home"):
        read()
