"""Blocks that the rest cannot be walked to from are named, by cause."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely
from shapely import LineString

from geodata.streets import StreetNetwork
from geodata.streets.pieces import blocks_apart
from geodata.walking import StraightLines


def points(*xy: tuple[float, float]) -> gpd.GeoSeries:
    index = [chr(65 + k) for k in range(len(xy))]
    return gpd.GeoSeries(shapely.points(xy), index=index, crs="EPSG:27700")


def network(*lines: list[tuple[float, float]]) -> StreetNetwork:
    shapes = [LineString(line) for line in lines]
    return StreetNetwork.from_lines(gpd.GeoDataFrame(geometry=shapes, crs="EPSG:27700"))


LONG = [(float(x), 0.0) for x in range(0, 1001, 10)]


def test_each_case_is_named_with_its_blocks() -> None:
    other = [(float(x), 500.0) for x in range(0, 501, 10)]
    streets = network(LONG, other, [(300, 100), (340, 100)])
    found = blocks_apart(
        points((0, 5), (100, 505), (900, 0), (320, 99), (50, 490), (500, 9000), (800, -101)),
        streets,
    )
    assert [(case.why, case.blocks) for case in found] == [
        ("network", ("B", "E")),
        ("left out", ("D",)),
        ("far", ("G",)),
        ("no street", ("F",)),
    ]
    assert str(found[0]) == "2 blocks on streets with no way on foot to the rest: B, E"
    assert "1 block more than 100 m from the nearest street" in str(found[2])
    assert "1 block farther than 1,000 m from every street: F" in str(found[3])


def test_the_network_with_most_blocks_is_the_rest() -> None:
    short = [(float(x), 500.0) for x in range(0, 101, 10)]
    found = blocks_apart(points((0, 500), (50, 500), (500, 0)), network(LONG, short))
    assert [(case.why, case.blocks) for case in found] == [("network", ("C",))]


def test_nobody_is_apart_on_one_network_or_none() -> None:
    assert blocks_apart(points((0, 5), (900, 5)), network(LONG)) == ()
    assert blocks_apart(points((0, 5), (900, 5)), StraightLines()) == ()


def test_westminster_names_the_blocks_at_streets_left_out(westminster: Path) -> None:
    homes = pd.read_csv(westminster / "homes.csv", dtype=str)
    at = homes.groupby("block_ref")[["easting", "northing"]].first().astype(float)
    blocks = gpd.GeoSeries.from_xy(at["easting"], at["northing"], index=at.index, crs="EPSG:27700")
    streets = StreetNetwork.from_file(westminster / "streets" / "walk_merged.gpkg")
    found = blocks_apart(blocks, streets)
    named = {case.why: case.blocks for case in found}
    assert set(named) == {"left out", "far"}
    leg = streets.legs(blocks)["leg_m"]
    for ref in named["left out"]:
        assert streets.lines.distance(blocks[ref]).min() < leg[ref] - 5
    assert tuple(leg.index[leg > 100]) == named["far"]
