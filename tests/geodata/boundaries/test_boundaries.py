"""Polygons give homes their codes; every doubt is listed, and no code given is changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from shapely import Polygon, box

from geodata import Problem, Stock, read_polygons, read_stock
from geodata.boundaries import apply_boundaries
from geodata.boundaries.cases import NEAR_M, BoundaryCases
from geodata.errors import problem_lines
from geodata.stock.blocks import build_blocks

X, Y = 529_000.0, 180_000.0
"""The corner from which the tests count metres."""

Home = tuple[str, float, float, str | None]


def stock_of(*homes: Home, estates: list[str | None] | None = None) -> Stock:
    """Homes as (block, metres east, metres north, patch code), one a row."""
    columns: dict[str, Any] = {
        "property_ref": [f"{k:04d}" for k in range(len(homes))],
        "block_ref": [h[0] for h in homes],
        "block_name": None,
        "estate": estates or [None] * len(homes),
        "tenure": "tenanted",
        "block_floors": 1,
        "lift": False,
        "door_entry": False,
        "easting": [X + h[1] for h in homes],
        "northing": [Y + h[2] for h in homes],
        "patch": [h[3] for h in homes],
    }
    frame = pd.DataFrame(columns, dtype=object).astype(
        {"easting": float, "northing": float, "block_floors": int}
    )
    blocks = build_blocks(frame, crs="EPSG:27700")
    return Stock(frame, blocks, problems=(), set_aside={}, crs="EPSG:27700")


def polygons_of(
    shapes: Sequence[tuple[str | None, Polygon]], *, what: str = "patch"
) -> gpd.GeoDataFrame:
    """Polygons with corners in metres from the tests' corner."""
    geometry = gpd.GeoSeries([s for _, s in shapes], crs="EPSG:27700").translate(X, Y)
    frame = gpd.GeoDataFrame({what: [c for c, _ in shapes]}, geometry=geometry)
    frame.attrs = {"file": "drawn.geojson"}
    return frame


WEST, EAST = ("P01", box(0, 0, 100, 100)), ("P02", box(100, 0, 200, 100))


def listed(cases: BoundaryCases, *, filled: bool = False) -> list[tuple[object, ...]]:
    """Return (case, block, homes, given, polygon) of each case."""
    frame = cases.frame[(cases.frame["case"] != "filled") | filled]
    columns = ["case", "block_ref", "homes", "given", "polygon"]
    return list(frame[columns].itertuples(index=False, name=None))


def codes(stock: Stock) -> list[str | None]:
    return stock.homes["patch"].tolist()


def test_a_block_that_lies_where_its_code_says_is_no_case() -> None:
    stock = stock_of(("B1", 50, 50, "P01"), ("B2", 150, 50, "P02"))
    after, cases = apply_boundaries(stock, patches=polygons_of([WEST, EAST]))
    assert cases.frame.empty
    assert cases.problems == ()
    assert cases.summary == ("drawn.geojson: 2 patches; 2 of 2 blocks lie where their code says",)
    assert_frame_equal(after.homes, stock.homes)
    assert_frame_equal(after.blocks, stock.blocks)


def test_homes_and_blocks_without_a_code_take_their_polygon() -> None:
    stock = stock_of(("B1", 50, 50, None), ("B2", 150, 50, "P02"))
    after, cases = apply_boundaries(stock, patches=polygons_of([WEST, EAST]))
    assert codes(after) == ["P01", "P02"]
    assert after.blocks["patch"].tolist() == ["P01", "P02"]
    assert listed(cases, filled=True) == [("filled", "B1", 1, None, "P01")]
    assert [p.severity for p in cases.problems] == ["warning"]
    assert "1 home in 1 block" in cases.problems[0].reason
    assert stock.homes["patch"].tolist() == [None, "P02"]  # the stock that came in is unchanged


def test_the_other_homes_of_a_block_come_before_the_polygon() -> None:
    stock = stock_of(("B1", 50, 50, "P02"), ("B1", 50, 50, None))
    after, cases = apply_boundaries(stock, patches=polygons_of([WEST, EAST]))
    assert codes(after) == ["P02", "P02"]
    assert listed(cases, filled=True) == [
        ("disagrees", "B1", 2, "P02", "P01"),
        ("filled", "B1", 1, "P02", "P01"),
    ]
    assert "other homes" in cases.frame["rule"].iloc[1]


def test_the_code_in_the_file_stays_where_the_polygon_disagrees() -> None:
    stock = stock_of(("B1", 150, 50, "P01"), ("B1", 150, 50, "P01"))
    after, cases = apply_boundaries(stock, patches=polygons_of([WEST, EAST]))
    assert codes(after) == ["P01", "P01"]
    assert listed(cases) == [("disagrees", "B1", 2, "P01", "P02")]
    assert "code in the homes file stays" in cases.frame["rule"].iloc[0]
    (problem,) = cases.problems
    assert str(problem) == (
        "drawn.geojson: patch 'B1 (2 homes): P01, polygon P02' lies elsewhere than its code says; "
        "the code in the homes file stays; correct the code or the polygon"
    )


def test_a_cut_block_goes_whole_to_the_polygon_with_most_of_its_homes() -> None:
    three = [("B1", 90.0, 50.0), ("B1", 110.0, 50.0), ("B1", 112.0, 50.0)]
    stock = stock_of(*((*home, None) for home in three))
    after, cases = apply_boundaries(stock, patches=polygons_of([WEST, EAST]))
    assert codes(after) == ["P02"] * 3
    assert listed(cases) == [("cut", "B1", 3, None, "P01 (1), P02 (2)")]
    assert "never split" in cases.frame["rule"].iloc[0]
    stock = stock_of(*((*home, "P01") for home in three))
    after, cases = apply_boundaries(stock, patches=polygons_of([WEST, EAST]))
    assert codes(after) == ["P01"] * 3
    assert [row[0] for row in listed(cases)] == ["disagrees", "cut"]
    assert set(cases.frame["rule"]) == {"the code in the homes file stays"}


def test_a_block_cut_into_halves_goes_where_its_middle_lies() -> None:
    stock = stock_of(("B1", 95, 50, None), ("B1", 120, 50, None))
    after, _ = apply_boundaries(stock, patches=polygons_of([WEST, EAST]))
    assert codes(after) == ["P02", "P02"]


@pytest.mark.parametrize(("east", "code"), [(98, "P01"), (102, "P02"), (100, "P01")])
def test_a_block_near_an_edge_is_listed_where_only_the_polygon_tells(east: int, code: str) -> None:
    after, cases = apply_boundaries(
        stock_of(("B1", east, 50, None)), patches=polygons_of([WEST, EAST])
    )
    assert codes(after) == [code]
    other = {"P01": "P02", "P02": "P01"}[code]
    assert listed(cases) == [("edge", "B1", 1, None, f"{code} (beside {other})")]
    _, cases = apply_boundaries(stock_of(("B1", east, 50, code)), patches=polygons_of([WEST, EAST]))
    assert cases.frame.empty


def test_the_outer_edge_leaves_no_doubt() -> None:
    _, cases = apply_boundaries(stock_of(("B1", 1, 50, None)), patches=polygons_of([WEST, EAST]))
    assert listed(cases) == []


def test_where_polygons_overlap_the_smaller_counts_unless_the_code_is_given() -> None:
    drawn = polygons_of([("P01", box(0, 0, 200, 100)), ("P02", box(80, 0, 120, 100))])
    after, cases = apply_boundaries(stock_of(("B1", 100, 50, None)), patches=drawn)
    assert codes(after) == ["P02"]
    assert listed(cases) == [("overlap", "B1", 1, None, "P02 (also P01)")]
    assert "smallest" in cases.frame["rule"].iloc[0]
    for given_code in ("P01", "P02"):
        after, cases = apply_boundaries(stock_of(("B1", 100, 50, given_code)), patches=drawn)
        assert codes(after) == [given_code]
        assert [row[0] for row in listed(cases)] == ["overlap"]
    after, cases = apply_boundaries(stock_of(("B1", 100, 50, "P09")), patches=drawn)
    assert codes(after) == ["P09"]
    assert [row[0] for row in listed(cases)] == ["disagrees", "overlap"]


def test_a_home_in_a_gap_takes_the_nearest_patch_but_only_a_near_one() -> None:
    stock = stock_of(
        ("B0", 50, 50, None),
        ("B1", 50, 100 + NEAR_M - 1, None),
        ("B2", 50, 100 + NEAR_M + 1, None),
    )
    after, cases = apply_boundaries(stock, patches=polygons_of([WEST, EAST]))
    assert codes(after) == ["P01", "P01", None]
    assert after.blocks["patch"].tolist() == ["P01", "P01", None]
    assert listed(cases) == [
        ("near", "B1", 1, None, "P01"),
        ("gap", "B2", 1, None, None),
    ]


def test_a_home_in_a_gap_keeps_its_code() -> None:
    stock = stock_of(("B0", 50, 50, "P01"), ("B1", 50, 120, "P02"), ("B2", 50, 190, "P02"))
    after, cases = apply_boundaries(stock, patches=polygons_of([WEST, EAST]))
    assert codes(after) == ["P01", "P02", "P02"]
    assert [row[:2] for row in listed(cases)] == [("near", "B1"), ("gap", "B2")]
    assert set(cases.frame["rule"]) == {"the code in the homes file stays"}


def test_a_home_in_a_gap_goes_with_its_block() -> None:
    stock = stock_of(("B1", 150, 50, None), ("B1", 90, 130, None), ("B1", 90, 400, None))
    after, cases = apply_boundaries(stock, patches=polygons_of([WEST, EAST]))
    assert codes(after) == ["P02"] * 3
    assert [row[0] for row in listed(cases)] == ["near", "gap"]
    assert cases.frame["rule"].iloc[1] == "it goes with the rest of its block"


def test_two_polygons_of_one_code_are_one_patch_and_it_is_said() -> None:
    drawn = polygons_of([WEST, EAST, ("P01", box(300, 0, 400, 100))])
    stock = stock_of(("B1", 50, 50, None), ("B2", 350, 50, None))
    after, cases = apply_boundaries(stock, patches=drawn)
    assert codes(after) == ["P01", "P01"]
    assert listed(cases) == [("parts", None, 2, None, "P01")]
    assert "one" in cases.frame["rule"].iloc[0]
    # Two parts that overlap are no overlap of patches.
    drawn = polygons_of([WEST, ("P01", box(50, 0, 150, 100))])
    _, cases = apply_boundaries(stock_of(("B1", 75, 50, None)), patches=drawn)
    assert [row[0] for row in listed(cases)] == ["parts"]


def test_a_polygon_without_a_code_gives_none() -> None:
    drawn = polygons_of([WEST, (None, box(100, 0, 200, 100))])
    stock = stock_of(("B1", 50, 50, None), ("B2", 110, 50, None), ("B3", 150, 50, "P07"))
    after, cases = apply_boundaries(stock, patches=drawn)
    assert codes(after) == ["P01", None, "P07"]
    assert listed(cases) == [("no code", "B2", 1, None, None), ("no code", "B3", 1, "P07", None)]


def test_a_mended_polygon_counts_and_is_said() -> None:
    drawn = polygons_of([WEST, EAST])
    drawn["mended"] = [False, True]
    after, cases = apply_boundaries(stock_of(("B1", 150, 50, None)), patches=drawn)
    assert codes(after) == ["P02"]
    assert listed(cases) == [("mended", None, 1, None, "P02")]
    assert not any("mended" in p.reason for p in cases.problems)  # the reader warns of it


def test_polygons_elsewhere_are_one_error_not_a_case_a_block() -> None:
    far = polygons_of([("P01", box(90_000, 0, 90_100, 100))])
    stock = stock_of(("B1", 50, 50, None), ("B2", 150, 50, "P02"))
    after, cases = apply_boundaries(stock, patches=far)
    assert codes(after) == [None, "P02"]
    assert cases.frame.empty
    assert [(p.severity, p.file) for p in cases.problems] == [("error", "drawn.geojson")]
    assert "none of the 2 homes" in cases.problems[0].reason
    assert "CRS" in cases.problems[0].remedy


def test_polygons_in_another_crs_than_the_homes_are_refused() -> None:
    drawn = polygons_of([WEST]).to_crs("EPSG:4326")
    with pytest.raises(ValueError, match="4326"):
        apply_boundaries(stock_of(("B1", 50, 50, None)), patches=drawn)


def test_a_home_keeps_a_code_that_is_not_its_blocks() -> None:
    stock = stock_of(*(("B1", 50, 50, code) for code in ("P01", "P01", "P02", None)))
    after, _ = apply_boundaries(stock, patches=polygons_of([WEST, EAST]))
    assert codes(after) == ["P01", "P01", "P02", "P01"]


def test_the_commonest_spelling_is_filled_in_and_no_other_is_at_odds() -> None:
    drawn = polygons_of([("ELM", box(0, 0, 100, 100)), ("OAK", box(50, 0, 100, 100))])
    stock = stock_of(
        ("B1", 10, 50, "elm"), ("B2", 20, 50, "Elm"), ("B3", 30, 50, "Elm"), ("B4", 40, 50, None)
    )
    after, cases = apply_boundaries(stock, patches=drawn)
    assert codes(after) == ["elm", "Elm", "Elm", "Elm"]
    assert listed(cases) == []
    assert "3 of 3 blocks" in cases.summary[0]
    # In an overlap, too, the code given is the one there, whatever its capitals.
    _, cases = apply_boundaries(stock_of(("B1", 75, 50, "elm")), patches=drawn)
    assert [row[0] for row in listed(cases)] == ["overlap"]


def test_codes_that_differ_in_capitals_only_are_the_same() -> None:
    drawn = polygons_of([("elm court", box(0, 0, 100, 100))], what="estate")
    stock = stock_of(("B1", 50, 50, None), ("B2", 60, 50, None), estates=["Elm Court", None])
    after, cases = apply_boundaries(stock, estates=drawn)
    assert after.homes["estate"].tolist() == ["Elm Court", "Elm Court"]
    assert listed(cases) == []


def test_a_home_outside_every_estate_is_normal_but_not_one_outside_its_own() -> None:
    drawn = polygons_of([("Elm Court", box(0, 0, 100, 100))], what="estate")
    stock = stock_of(
        ("B0", 50, 50, None),
        ("B1", 102, 50, None),
        ("B2", 130, 50, None),
        ("B3", 150, 50, None),
        estates=[None, None, "Elm Court", "Oak Court"],
    )
    after, cases = apply_boundaries(stock, estates=drawn)
    assert after.homes["estate"].tolist() == ["Elm Court", None, "Elm Court", "Oak Court"]
    assert listed(cases) == [("disagrees", "B2", 1, "Elm Court", None)]


def test_a_block_without_homes_takes_its_polygon_too() -> None:
    stock = stock_of(("B1", 50, 50, "P01"), ("B2", 150, 50, None))
    homes = stock.homes[stock.homes["block_ref"] == "B1"]
    stock = dataclasses.replace(stock, homes=homes)
    after, cases = apply_boundaries(stock, patches=polygons_of([WEST, EAST]))
    assert after.blocks["patch"].tolist() == ["P01", "P02"]
    assert listed(cases, filled=True) == [("filled", "B2", 0, None, "P02")]


def test_the_report_counts_each_case_and_shows_the_first() -> None:
    stock = stock_of(*((f"B{k:02d}", 150, 50, "P01") for k in range(30)), ("B99", 50, 50, "P01"))
    _, cases = apply_boundaries(stock, patches=polygons_of([WEST, EAST]))
    lines = cases.lines(most=10)
    said = "drawn.geojson: 2 patches; 1 of 31 blocks lie where their code says: few, so check that "
    assert lines[0] == said + "these are the polygons of the homes file's codes"
    assert lines[1].startswith("Patch: 30 blocks (30 homes) lie elsewhere than their code says")
    assert lines[2] == "  B00 (1 home): P01 in the homes file, P02 on the map"
    assert lines[-1] == "  and 20 more"
    assert len(lines) == 13
    assert len(cases.problems) == 30
    assert len(problem_lines(cases.problems)) == 6  # alike ones are counted


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 4),
    st.integers(1, 4),
    st.lists(
        st.tuples(
            st.integers(0, 7),
            st.integers(1, 399),
            st.integers(1, 399),
            st.sampled_from([None, None, "c0", "c5", "other"]),
        ),
        min_size=1,
        max_size=25,
    ),
    st.integers(0, 15),
    st.booleans(),
)
def test_on_any_grid_codes_stay_and_a_block_in_one_polygon_gets_it(
    columns: int,
    rows: int,
    homes: list[tuple[int, int, int, str | None]],
    left_out: int,
    twice: bool,
) -> None:
    cells = [
        (f"c{k}", box(i * 100, j * 100, i * 100 + 100, j * 100 + 100))
        for k, (i, j) in enumerate((i, j) for i in range(columns) for j in range(rows))
        if k != left_out or columns * rows == 1
    ]
    if twice:
        cells.append(("c0", cells[0][1].buffer(30)))
    stock = stock_of(*((f"B{b}", x, y, code) for b, x, y, code in homes))
    after, cases = apply_boundaries(stock, patches=polygons_of(cells))
    before = stock.homes["patch"]
    assert after.homes["patch"][before.notna()].tolist() == before.dropna().tolist()
    assert after.homes.drop(columns="patch").equals(stock.homes.drop(columns="patch"))
    if any(p.severity == "error" for p in cases.problems):
        assert after.homes["patch"].equals(before)
        return
    # Nothing is left split or half filled by what is added.
    for ref, block in after.homes.groupby("block_ref"):
        own = stock.homes.loc[block.index, "patch"]
        added = set(block["patch"][own.isna()])
        assert len(added) <= 1
        assert own.isna().all() or added <= {stock.blocks["patch"][ref]}
        # Independently of the code: which cells hold each home.
        around = [
            {c for c, s in cells if s.buffer(1e-6).contains(point)}
            for point in gpd.points_from_xy(block["easting"] - X, block["northing"] - Y)
        ]
        if own.isna().all() and all(len(c) == 1 for c in around) and len(set.union(*around)) == 1:
            assert added == set.union(*around)
        if own.isna().all() and any(around):
            assert added <= set.union(*around)
            assert None not in added
    assert set(cases.frame["block_ref"].dropna()) <= set(stock.blocks.index)


def test_westminster_disagreements_are_those_of_a_plain_spatial_join(westminster: Path) -> None:
    stock = read_stock(westminster / "homes.csv")
    patches = read_polygons(westminster / "patches.geojson", code="patch")
    after, cases = apply_boundaries(stock, patches=patches)
    drawn = gpd.read_file(westminster / "patches.geojson").to_crs("EPSG:27700")
    homes = pd.read_csv(westminster / "homes.csv", dtype=str)
    points = gpd.points_from_xy(homes["easting"], homes["northing"], crs="EPSG:27700")
    joined = gpd.GeoDataFrame(homes, geometry=points).sjoin(drawn, rsuffix="drawn")
    other = joined[joined["patch_left"] != joined["patch_drawn"]]
    disagrees = cases.frame[cases.frame["case"] == "disagrees"]
    assert set(disagrees["block_ref"]) == set(other["block_ref"])
    assert disagrees["homes"].sum() == len(other)
    assert 0.12 < len(disagrees) / len(stock.blocks) < 0.14
    assert after.homes["patch"].equals(stock.homes["patch"])


def test_westminster_wards_are_patches_where_homes_have_no_code(westminster: Path) -> None:
    stock = read_stock(westminster / "homes.csv")
    bare = dataclasses.replace(
        stock,
        homes=stock.homes.assign(patch=pd.Series(None, index=stock.homes.index, dtype=object)),
        blocks=stock.blocks.assign(patch=pd.Series(None, index=stock.blocks.index, dtype=object)),
    )
    found: list[Problem] = []
    wards = read_polygons(
        westminster / "wards.geojson",
        code="patch",
        columns={"patch": "ward24_name"},
        problems=found,
    )
    assert found == []
    after, cases = apply_boundaries(bare, patches=wards)
    plain = gpd.read_file(westminster / "wards.geojson").to_crs("EPSG:27700")
    joined = stock.blocks[["geometry"]].sjoin(plain)
    assert len(joined) == len(stock.blocks)
    expected = joined["ward24_name"].loc[after.blocks.index]
    assert after.blocks["patch"].tolist() == expected.tolist()
    assert after.homes["patch"].tolist() == expected.loc[after.homes["block_ref"]].tolist()
    counts = cases.frame["case"].value_counts()
    assert counts["filled"] == len(stock.blocks)
    edges = cases.frame[cases.frame["case"] == "edge"]["block_ref"]
    near = [
        np.sort(plain.distance(point))[1] <= 5.0 for point in stock.blocks.geometry.loc[list(edges)]
    ]
    assert all(near)
    assert len(edges) == 2
