"""Points reach the streets on their own side of a canal, and walking and neighbours agree on it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from shapely import LineString

from geodata import StreetNetwork, block_adjacency
from geodata.adjacency.street_cells import street_cells
from geodata.streets.snapping import OWN_SIDE_M

CRS = "EPSG:27700"


def lines(*xy: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[LineString(line) for line in xy], crs=CRS)


SOUTH = [(0.0, 0.0), (400.0, 0.0)]
NORTH = [(0.0, 100.0), (400.0, 100.0)]
BRIDGE = [(400.0, 0.0), (400.0, 100.0)]
CANAL = lines([(-50.0, 20.0), (450.0, 20.0)])
BESIDE_THE_CANAL = (100.0, 30.0)


def test_a_home_beside_a_canal_is_walked_to_from_its_own_side() -> None:
    streets = lines(SOUTH, NORTH, BRIDGE)
    south, home = [(100.0, 0.0)], [BESIDE_THE_CANAL]
    assert StreetNetwork.from_lines(streets).walk_metres(south, home)[0, 0] == 30
    network = StreetNetwork.from_lines(streets, barriers=CANAL)
    assert network.walk_metres(south, home)[0, 0] == 300 + 100 + 300 + 70
    path = network.path(south[0], home[0])
    assert path.length == 770
    assert list(path.coords)[-2:] == [(100.0, 100.0), BESIDE_THE_CANAL]


def test_neighbours_start_where_walking_times_start() -> None:
    points = gpd.GeoSeries.from_xy(
        [100, 100, 300], [30, 5, 95], index=["home", "south", "north"], crs=CRS
    )
    streets = lines(SOUTH, NORTH, BRIDGE)
    network = StreetNetwork.from_lines(streets, barriers=CANAL)
    cells = street_cells(points.get_coordinates().to_numpy(), network)
    ends = shapely.get_point(network.legs(points).geometry.array, -1)
    assert_array_equal(cells.street_xy, shapely.get_coordinates(ends))
    # North and south meet at the bridge; the home is beside neither across the water.
    apart = block_adjacency(points, network)
    given = block_adjacency(points, StreetNetwork.from_lines(streets), barriers=CANAL)
    assert_array_equal(apart.edges, [[0, 2], [1, 2]])
    assert_array_equal(given.edges, apart.edges)


@pytest.mark.parametrize(("away", "leg"), [(OWN_SIDE_M - 1, OWN_SIDE_M - 1), (OWN_SIDE_M + 1, 30)])
def test_only_a_street_on_the_own_side_that_is_near_serves(away: float, leg: float) -> None:
    north = [(0.0, 30 + away), (400.0, 30 + away)]
    network = StreetNetwork.from_lines(lines(SOUTH, north), barriers=CANAL)
    assert network.snap([BESIDE_THE_CANAL]).leg_m == [leg]


def test_a_bridge_in_reach_and_a_point_without_a_place_are_left_alone() -> None:
    crossing = gpd.GeoDataFrame(geometry=[shapely.Point(100, 20)], crs=CRS)
    barriers = gpd.GeoDataFrame(geometry=[*CANAL.geometry, *crossing.geometry], crs=CRS)
    network = StreetNetwork.from_lines(lines(SOUTH, NORTH), barriers=barriers)
    found = network.snap([BESIDE_THE_CANAL, (np.nan, 0.0), (100.0, 5000.0)])
    assert_array_equal(found.leg_m, [30, np.inf, np.inf])
    assert_array_equal(found.edge[1:], [-1, -1])


def test_barriers_in_another_coordinate_system_are_refused() -> None:
    with pytest.raises(ValueError, match="barriers are in EPSG:4326, the streets in EPSG:27700"):
        StreetNetwork.from_lines(lines(SOUTH), barriers=CANAL.to_crs(4326))


coordinate = st.integers(0, 60).map(lambda k: 10.0 * k)
point = st.tuples(coordinate, coordinate)
line = st.lists(point, min_size=2, max_size=4, unique=True).map(list)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(line, min_size=1, max_size=8),
    st.lists(line, min_size=1, max_size=4),
    st.lists(st.tuples(st.floats(0, 600), st.floats(0, 600)), min_size=1, max_size=5),
)
def test_no_leg_crosses_where_one_need_not(
    streets: list[list[tuple[float, float]]],
    walls: list[list[tuple[float, float]]],
    points: list[tuple[float, float]],
) -> None:
    network = StreetNetwork.from_lines(lines(*streets), barriers=lines(*walls))
    barriers = shapely.union_all([LineString(wall) for wall in walls])
    graph = network.graph
    start, _ = graph.segments()
    ends = np.stack([graph.chain_xy[start], graph.chain_xy[start + 1]], axis=1)
    segments = shapely.linestrings(ends)
    at = gpd.GeoSeries.from_xy(*np.transpose(points), crs=CRS)
    for point, leg_m in zip(at, network.legs(at)["leg_m"], strict=True):
        ways = shapely.shortest_line(np.full(len(segments), point), segments)
        metres = shapely.length(ways)
        # Cut a little short of the street, as a way that ends at a barrier does not cross it.
        short = shapely.line_interpolate_point(ways, np.maximum(metres - 0.05, 0))
        cut = shapely.linestrings([[(point.x, point.y), (p.x, p.y)] for p in short])
        free = (metres <= 0.1) | ~shapely.intersects(cut, barriers)
        near = free & (metres <= OWN_SIDE_M)
        nearest = metres.min()
        ties = metres <= nearest + 1e-6
        if (ties & free).any() == (ties & ~free).any():
            continue  # one of two equally near places is across: either is the nearest
        own = nearest if (ties & free).any() or not near.any() else metres[near].min()
        assert_allclose(leg_m, own, atol=1e-5)
