"""Who may walk where, tag by tag."""

from __future__ import annotations

import geopandas as gpd
import pytest
from shapely import LineString

from geodata.streets.tags import effort, levels, private, walkable


def line(**tags: str | None) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {name: [value] for name, value in tags.items()},
        geometry=[LineString([(0, 0), (9, 0)])],
        crs="EPSG:27700",
    )


WALKABLE = [
    {"highway": "trunk"},
    {"highway": "cycleway"},
    {"highway": "bridleway"},
    {"highway": "steps"},
    {"highway": "corridor"},
    {"highway": "platform"},
    {"highway": "pedestrian"},
    {"highway": "residential", "sidewalk": "separate"},
    {"highway": "service", "motor_vehicle": "no"},
    {"highway": "service", "access": "no", "foot": "yes"},
    {"highway": "service", "access": "no", "foot": "designated"},
    {"highway": "service", "access": "private"},
    {"highway": "service", "access": "no", "foot": "private"},
    {"highway": "service", "access": "customers"},
    {"highway": "busway", "foot": "yes"},
    {"highway": "trunk", "motorroad": "yes", "foot": "yes"},
    {"highway": "['residential', 'path']"},
    {"highway": " Residential "},
    {"name": "a file that has no classes"},
    {"road_function": "Local Access Road", "form_of_way": "Roundabout"},
]
BARRED = [
    {"highway": "motorway"},
    {"highway": "motorway_link", "foot": "yes"},
    {"highway": "['primary', 'motorway_link']"},
    {"highway": "primary;motorway"},
    {"highway": "construction"},
    {"highway": "proposed"},
    {"highway": "abandoned"},
    {"highway": "busway"},
    {"highway": "bus_guideway"},
    {"highway": "residential", "foot": "no"},
    {"highway": "residential", "foot": "use_sidepath"},
    {"highway": "cycleway", "foot": "no"},
    {"highway": "service", "access": "no"},
    {"highway": "service", "access": "['no', 'yes']"},
    {"highway": "service", "access": "no", "foot": "['yes', 'no']"},
    {"highway": "trunk", "motorroad": "yes"},
    {"highway": None, "name": "no street"},
    {"highway": "", "name": "no street"},
    {"highway": None, "route": "ferry"},
    {"route": "ferry"},
    {"road_classification": "Motorway"},
    {"road_function": "Motorway"},
    {"form_of_way": "Guided Busway"},
]


@pytest.mark.parametrize("tags", WALKABLE, ids=str)
def test_one_may_walk(tags: dict[str, str | None]) -> None:
    assert walkable(line(**tags)).tolist() == [True]


@pytest.mark.parametrize("tags", BARRED, ids=str)
def test_one_may_not_walk(tags: dict[str, str | None]) -> None:
    assert walkable(line(**tags)).tolist() == [False]


@pytest.mark.parametrize(
    ("tags", "is_private"),
    [
        ({"access": "private"}, True),
        ({"access": "residents"}, True),
        ({"access": "['yes', 'private']"}, True),
        ({"foot": "private"}, True),
        ({"access": "private", "foot": "yes"}, False),
        ({"access": "private", "foot": "permissive"}, False),
        ({"access": "destination"}, False),
        ({"road_function": "Restricted Local Access Road"}, True),
    ],
    ids=str,
)
def test_private_ways_are_noted(tags: dict[str, str], is_private: bool) -> None:
    assert private(line(**tags)).tolist() == [is_private]


@pytest.mark.parametrize(
    ("tags", "level"),
    [
        ({}, 0),
        ({"bridge": "yes"}, 1),
        ({"bridge": "viaduct", "layer": "2"}, 2),
        ({"bridge": "no"}, 0),
        ({"tunnel": "yes"}, -1),
        ({"tunnel": "yes", "layer": "-3"}, -3),
        ({"tunnel": "building_passage"}, 0),
        ({"tunnel": "building_passage", "layer": "-1"}, 0),
        ({"tunnel": "covered"}, 0),
        ({"layer": "1.0"}, 1),
        ({"road_structure": "Road On Bridge"}, 1),
        ({"road_structure": "Road In Tunnel"}, -1),
    ],
    ids=str,
)
def test_bridges_and_tunnels_have_levels(tags: dict[str, str], level: int) -> None:
    assert levels(line(**tags)).tolist() == [level]


def test_steps_are_harder_even_where_they_are_part_of_a_way() -> None:
    assert effort(line(highway="steps")) == effort(line(highway="['footway', 'steps']")) > 1
    assert effort(line(highway="footway")) == effort(line(name="no class")) == 1
