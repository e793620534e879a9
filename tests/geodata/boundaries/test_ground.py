"""Water and parks to draw under a map."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
from shapely import box

from geodata import DataError
from geodata.boundaries.ground import ground_of_openstreetmap, merged_ground

# Some 140 m by 110 m each, from west to east, at 51.5 degrees north.
WAYS = {
    "park": [("leisure", "park")],
    "lake": [("natural", "water")],
    "yard": [("leisure", "garden"), ("access", "private")],
    "house": [("building", "yes")],
}


def write_osm(path: Path, ways: dict[str, list[tuple[str, str]]], side: float = 0.001) -> Path:
    nodes, parts = [], []
    for k, tags in enumerate(ways.values()):
        west, south = -0.15 + 0.003 * k, 51.5
        corners = [(0, 0), (2 * side, 0), (2 * side, side), (0, side)]
        ids = [10 * k + n + 1 for n in range(4)]
        nodes += [
            f'<node id="{i}" lat="{south + dy}" lon="{west + dx}" version="1"/>'
            for i, (dx, dy) in zip(ids, corners, strict=True)
        ]
        refs = "".join(f'<nd ref="{i}"/>' for i in [*ids, ids[0]])
        said = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags)
        parts.append(f'<way id="{k + 1}" version="1">{refs}{said}</way>')
    path.write_text(f'<osm version="0.6">{"".join(nodes)}{"".join(parts)}</osm>', encoding="utf-8")
    return path


def test_parks_and_water_are_told_by_their_tags(tmp_path: Path) -> None:
    ground = ground_of_openstreetmap(write_osm(tmp_path / "a.osm", WAYS))

    assert ground["kind"].tolist() == ["park", "water"]
    assert ground.crs == "EPSG:27700"
    park, water = ground.geometry
    assert park.area == pytest.approx(139 * 111, rel=0.02)
    assert park.centroid.x < water.centroid.x
    assert park.distance(water) > 50


def test_what_is_too_small_to_be_seen_is_left_out(tmp_path: Path) -> None:
    assert ground_of_openstreetmap(write_osm(tmp_path / "a.osm", WAYS, side=0.0001)).empty


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a\.osm"):
        ground_of_openstreetmap(tmp_path / "a.osm")


def test_shapes_of_a_kind_become_one_and_parks_come_first() -> None:
    parts = {
        "water": gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)], crs=27700),
        "park": gpd.GeoDataFrame(geometry=[box(0, 0, 2, 2), box(1, 1, 3, 3)], crs=27700),
    }

    ground = merged_ground(parts, "EPSG:27700")

    assert ground["kind"].tolist() == ["park", "water"]
    assert ground.area.tolist() == [7.0, 1.0]
