"""Areas with counts of homes: each is one block, and its homes are rows like any others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from geodata import DataError, Problem, read_polygons
from geodata.boundaries import apply_boundaries, read_areas

X, Y = 529_000.0, 180_000.0


def write(folder: Path, columns: dict[str, Any], shapes: list[Any] | None = None) -> Path:
    """Areas side by side, 100 m wide, unless their shapes are given."""
    count = len(next(iter(columns.values())))
    shapes = shapes or [box(X + 100 * k, Y, X + 100 * k + 100, Y + 100) for k in range(count)]
    path = folder / "areas.gpkg"
    gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:27700").to_file(path)
    return path


def errors(path: Path, **options: Any) -> list[tuple[int | None, str | None, str]]:
    """Return (feature, column, reason) of each error."""
    with pytest.raises(DataError) as caught:
        read_areas(path, **options)
    return [(p.row, p.column, p.reason) for p in caught.value.problems if p.severity == "error"]


def test_each_area_is_a_block_and_each_home_counted_is_a_row(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        {
            "LSOA21CD": ["E2", "E1", "E3"],
            "LSOA21NM": ["Second", "First", None],
            "council_rented": [3, 2, 0],
            "leasehold": [1, None, 0],
            "sheltered": [1, 0, 0],
            "arrears": [2, 0, 0],
            "Estate": ["Elm Court", None, None],
            "patch": ["P02", "P01", None],
        },
    )
    found: list[Problem] = []
    stock = read_areas(path, problems=found)
    assert [p.severity for p in found] == ["warning"]  # which columns were recognised
    blocks = stock.blocks
    assert blocks.index.tolist() == ["E1", "E2", "E3"]
    assert blocks["block_name"].tolist() == ["First", "Second", "E3"]
    assert blocks["homes"].tolist() == [2, 5, 0]
    assert blocks["tenanted"].tolist() == [2, 3, 0]
    assert blocks["estate"].tolist() == [None, "Elm Court", None]
    assert blocks["patch"].tolist() == ["P01", "P02", None]
    homes = stock.homes.set_index("property_ref")
    assert homes.index.tolist() == ["E1/0001", "E1/0002", *(f"E2/000{k}" for k in range(1, 6))]
    assert homes["tenure"].tolist() == ["tenanted"] * 5 + ["sheltered", "leasehold"]
    assert homes["arrears"].tolist() == [False] * 2 + [True] * 2 + [False] * 3
    assert homes["patch"].tolist() == ["P01"] * 2 + ["P02"] * 5
    assert homes["row"].tolist() == [2, 2, 1, 1, 1, 1, 1]
    assert stock.areas is not None
    assert stock.areas.index.equals(blocks.index)
    assert stock.areas.contains(blocks.geometry).all()
    assert (homes["easting"].loc["E1/0001"], homes["northing"].loc["E1/0001"]) == (
        blocks.geometry["E1"].x,
        blocks.geometry["E1"].y,
    )


def test_the_columns_of_homes_are_those_that_a_homes_file_gives(
    tmp_path: Path, borough: Path
) -> None:
    from geodata import read_stock

    areas = read_areas(write(tmp_path, {"code": ["A"], "tenanted": [2]}))
    homes = read_stock(borough / "homes.csv")
    assert areas.homes.columns.tolist() == homes.homes.columns.tolist()
    assert areas.blocks.columns.tolist() == homes.blocks.columns.tolist()
    same = ["floor", "block_floors", "lift", "door_entry", "easting", "northing", "arrears", "row"]
    assert areas.homes[same].dtypes.tolist() == homes.homes[same].dtypes.tolist()
    assert areas.crs == homes.crs
    assert homes.areas is None


def test_homes_in_all_are_tenanted_but_for_the_rest(tmp_path: Path) -> None:
    path = write(tmp_path, {"code": ["A", "B"], "homes": [10, 5], "leasehold": [4, 0]})
    stock = read_areas(path)
    assert stock.blocks["tenanted"].tolist() == [6, 5]
    assert stock.blocks["homes"].tolist() == [10, 5]


def test_homes_that_do_not_add_up_are_warned_of(tmp_path: Path) -> None:
    path = write(tmp_path, {"code": ["A", "B"], "homes": [10, 5], "tenanted": [8, 5]})
    found: list[Problem] = []
    stock = read_areas(path, problems=found)
    assert stock.blocks["homes"].tolist() == [8, 5]
    assert [(p.row, p.value) for p in found if p.column == "homes"] == [(1, "10")]


def test_every_fault_is_named_with_its_feature(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        {
            "code": ["A", "A", None, "D", "E", "F", "G"],
            "tenanted": ["5", "5", "5", "-1", "many", "9999999", "3"],
            "damp": ["0", "0", "0", "0", "0", "0", "4"],
        },
    )
    assert errors(path) == [
        (2, "code", "is duplicated (first at row 1)"),
        (3, "code", "is blank"),
        (4, "tenanted", "is below zero"),
        (5, "tenanted", "is not a number"),
        (6, "tenanted", "is too many homes for one area"),
        (7, "damp", "is more than the area's 3 homes"),
    ]
    found: list[Problem] = []
    assert read_areas(path, problems=found).blocks.index.tolist() == ["A"]


def test_more_leasehold_homes_than_homes_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path, {"code": ["A"], "homes": [3], "leasehold": [4]})
    assert errors(path) == [(1, "homes", "is fewer than its leasehold and sheltered homes")]


def test_a_file_that_counts_no_homes_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, {"code": ["A"], "people": [3]})
    with pytest.raises(DataError, match="no column is known to count the homes"):
        read_areas(path)
    assert read_areas(path, columns={"tenanted": "people"}).blocks["homes"].tolist() == [3]
    path = write(tmp_path, {"code": ["A"], "tenanted": [0]})
    with pytest.raises(DataError, match="holds no home"):
        read_areas(path)
    found: list[Problem] = []
    with pytest.raises(DataError, match="no area with homes is left"):
        read_areas(path, problems=found)
    assert ["holds no home" in p.reason for p in found if p.severity == "error"] == [True]


def test_bad_shapes_are_mended_or_leave_their_area_out(tmp_path: Path) -> None:
    bow_tie = Polygon([(X, Y), (X + 10, Y + 10), (X + 10, Y), (X, Y + 10)])
    path = write(
        tmp_path,
        {"code": ["A", "B", "C"], "tenanted": [1, 1, 1]},
        [bow_tie, shapely.Point(X, Y), box(X + 20, Y, X + 30, Y + 10)],
    )
    found: list[Problem] = []
    stock = read_areas(path, problems=found)
    assert stock.blocks.index.tolist() == ["A", "C"]
    assert [(p.row, p.severity) for p in found if p.row] == [(1, "warning"), (2, "error")]
    assert stock.areas is not None
    assert stock.areas.intersects(stock.blocks.geometry).all()


def test_areas_that_overlap_are_warned_of(tmp_path: Path) -> None:
    shapes = [box(X, Y, X + 100, Y + 100), box(X + 50, Y, X + 150, Y + 100)]
    path = write(tmp_path, {"code": ["A", "B"], "tenanted": [1, 1]}, shapes)
    found: list[Problem] = []
    read_areas(path, problems=found)
    assert "2 areas that overlap a neighbour" in found[-1].reason
    assert found[-1].severity == "warning"


def test_patch_polygons_give_areas_their_patch_those_without_homes_too(tmp_path: Path) -> None:
    stock = read_areas(write(tmp_path, {"code": ["A", "B"], "tenanted": [2, 0]}))
    drawn = gpd.GeoDataFrame(
        {"patch": ["P1"]}, geometry=[box(X, Y, X + 200, Y + 100)], crs="EPSG:27700"
    )
    after, _ = apply_boundaries(stock, patches=drawn)
    assert after.blocks["patch"].tolist() == ["P1", "P1"]
    assert after.homes["patch"].tolist() == ["P1", "P1"]
    assert after.areas is stock.areas


def test_an_area_goes_whole_to_the_patch_that_covers_most_of_it(tmp_path: Path) -> None:
    shapes = [box(X + 100 * k, Y, X + 100 * k + 100, Y + 100) for k in range(4)]
    stock = read_areas(write(tmp_path, {"code": list("ABCD"), "tenanted": [10, 7, 0, 5]}, shapes))
    # P1 covers A, three tenths of B (its middle not) and a strip of C; nothing covers D.
    drawn = gpd.GeoDataFrame(
        {"patch": ["P1", "P2", "P2"]},
        geometry=[
            box(X, Y, X + 130, Y + 100),
            box(X + 130, Y, X + 203, Y + 100),
            box(X + 203, Y, X + 300, Y + 100),
        ],
        crs="EPSG:27700",
    )
    after, cases = apply_boundaries(stock, patches=drawn)
    assert after.blocks["patch"].tolist() == ["P1", "P2", "P2", "P2"]
    frame = cases.frame.set_index("case")
    assert (frame.loc["cut", "block_ref"], frame.loc["cut", "homes"]) == ("B", 7)
    assert frame.loc["cut", "polygon"] == "P1 (2), P2 (5)"
    assert (frame.loc["near", "block_ref"], frame.loc["near", "polygon"]) == ("D", "P2")


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(*[st.integers(0, 30)] * 4),
        min_size=1,
        max_size=8,
    ).filter(lambda counts: any(sum(c[:3]) for c in counts))
)
def test_no_home_is_lost_or_made_up(
    tmp_path_factory: pytest.TempPathFactory, counts: list[tuple[int, int, int, int]]
) -> None:
    names = ("tenanted", "leasehold", "sheltered")
    columns: dict[str, Any] = {name: [c[k] for c in counts] for k, name in enumerate(names)}
    columns["asb"] = [min(c[3], sum(c[:3])) for c in counts]
    columns["code"] = [f"A{k}" for k in range(len(counts))]
    stock = read_areas(write(tmp_path_factory.mktemp("areas"), columns))
    homes = stock.homes
    assert homes["property_ref"].is_unique
    for k, code in enumerate(columns["code"]):
        own = homes[homes["block_ref"] == code]
        for name in names:
            assert (own["tenure"] == name).sum() == columns[name][k]
        assert own["asb"].sum() == columns["asb"][k]
        assert stock.blocks["homes"][code] == len(own)


def test_westminster_has_as_many_homes_as_its_census_counts(westminster: Path) -> None:
    path = westminster / "lsoa_council_homes.geojson"
    stock = read_areas(path)
    raw = gpd.read_file(path).set_index("lsoa21_code")
    assert len(stock.blocks) == len(raw) == 123
    assert stock.blocks["homes"].to_dict() == raw["council_rented"].to_dict()
    assert len(stock.homes) == raw["council_rented"].sum() == 12_418
    assert stock.areas is not None
    assert stock.areas.contains(stock.blocks.geometry).all()
    assert shapely.coverage_is_valid(stock.areas.to_numpy())


def test_westminster_areas_lie_in_the_wards_that_the_census_says(westminster: Path) -> None:
    path = westminster / "lsoa_council_homes.geojson"
    wards = read_polygons(westminster / "wards.geojson", code="patch", problems=[])
    after, cases = apply_boundaries(read_areas(path, problems=[]), patches=wards)
    expected = gpd.read_file(path).set_index("lsoa21_code")["ward24_code"]
    assert after.blocks["patch"].to_dict() == expected.to_dict()
    assert set(cases.frame["case"]) == {"filled"}  # areas make up wards, so none is cut
