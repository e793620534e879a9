"""Large roads: who is on which side, and where one gets across."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString, Point

from geodata.adjacency import block_adjacency
from geodata.streets import StreetNetwork

# A trunk road, a side street north of it at x = 300 and a street across it at x = 600.
TRUNK = LineString([(0, 0), (300, 0), (600, 0), (900, 0)])
SIDE = LineString([(300, 0), (300, 100)])
ACROSS = LineString([(600, -100), (600, 0), (600, 100)])
ELSEWHERE = LineString([(0, 5000), (900, 5000)])


def frame(*shapes: shapely.Geometry) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs="EPSG:27700")


def neighbours(
    *barriers: shapely.Geometry, streets: tuple[LineString, ...], **at: tuple[float, float]
) -> set[str]:
    points = gpd.GeoSeries([Point(xy) for xy in at.values()], index=list(at), crs="EPSG:27700")
    network = StreetNetwork.from_lines(frame(*streets))
    found = block_adjacency(points, network, barriers=frame(*barriers))
    made = {frozenset((j.block_ref, j.other_ref)) for j in found.joined}
    pairs = [points.index[edge] for edge in found.edges]
    return {"".join(pair) for pair in pairs if frozenset(pair) not in made}


OPPOSITE = {"A": (100, 9), "B": (140, -9), "C": (180, 9), "D": (220, -9)}


@pytest.mark.parametrize("turn", [1, -1])
def test_the_sides_of_a_large_road_are_neighbours_only_along_their_own(turn: int) -> None:
    road = LineString(TRUNK.coords[::turn])
    assert neighbours(ELSEWHERE, streets=(road,), **OPPOSITE) == {"AB", "BC", "CD"}
    assert neighbours(TRUNK, streets=(road,), **OPPOSITE) == {"AC", "BD"}


def test_the_sides_meet_where_a_street_crosses_but_not_at_a_side_street() -> None:
    assert neighbours(TRUNK, streets=(TRUNK, SIDE), **OPPOSITE) == {"AC", "BD"}
    assert neighbours(TRUNK, streets=(TRUNK, SIDE, ACROSS), **OPPOSITE) == {"AC", "BD", "CD"}


def test_the_sides_meet_at_a_marked_crossing() -> None:
    assert neighbours(TRUNK, Point(350, 0.5), streets=(TRUNK, SIDE), **OPPOSITE) == {
        "AC",
        "BD",
        "CD",
    }
    assert neighbours(TRUNK, Point(115, 0), streets=(TRUNK,), **OPPOSITE) == {"AC", "BD", "AB"}


def test_a_block_in_a_side_street_is_on_its_side() -> None:
    at = {"A": (280, 9), "B": (309, 60), "C": (330, -9)}
    assert neighbours(TRUNK, streets=(TRUNK, SIDE), **at) == {"AB"}
    assert neighbours(ELSEWHERE, streets=(TRUNK, SIDE), **at) == {"AB", "AC"}


def test_a_block_in_the_middle_of_the_road_hangs_on_both_sides() -> None:
    at = {"A": (100, 9), "B": (140, 0), "C": (180, -9)}
    assert neighbours(TRUNK, streets=(TRUNK,), **at) == {"AB", "BC"}


def test_round_the_end_of_the_large_road_one_gets_across() -> None:
    at = {"A": (850, 9), "B": (850, -9)}
    assert neighbours(TRUNK, streets=(TRUNK,), **at) == set()
    onwards = LineString([(900, 0), (1000, 0)])
    assert neighbours(TRUNK, streets=(TRUNK, onwards), **at) == {"AB"}


def test_a_subway_under_the_road_is_a_way_across() -> None:
    # It shares no vertex with the road; a street on either side leads down to it.
    subway = LineString([(300, 100), (320, -100)])
    south = LineString([(320, -100), (320, 0)])
    road = LineString([(0, 0), (300, 0), (320, 0), (900, 0)])
    at = {"A": (200, 9), "B": (420, -9)}
    assert neighbours(TRUNK, streets=(road, SIDE, south), **at) == set()
    assert neighbours(TRUNK, streets=(road, SIDE, south, subway), **at) == {"AB"}


def test_a_canal_beside_a_towpath_does_not_make_it_two() -> None:
    towpath = LineString([(0, 5), (900, 5)])
    at = {"A": (100, 14), "B": (140, 9), "C": (180, 14)}
    assert neighbours(TRUNK, streets=(towpath,), **at) == {"AB", "BC"}


def test_a_bent_road_has_the_same_neighbours_whichever_way_it_is_drawn() -> None:
    rng = np.random.default_rng(5)
    xy = np.column_stack([np.arange(0, 1000, 50), rng.uniform(-40, 40, 20)])
    road = LineString(xy)
    middle = road.segmentize(20)
    at = {}
    for k in range(12):
        line = shapely.offset_curve(middle, 6 * rng.choice([-1, 1]))
        at[chr(65 + k)] = tuple(line.interpolate(rng.uniform(30, 900)).coords[0])
    once = neighbours(road, streets=(road,), **at)
    parts = [LineString(xy[k : k + 2][:: 1 - 2 * (k % 2)]) for k in range(len(xy) - 1)]
    assert neighbours(road, streets=tuple(parts), **at) == once
    sides = {name: bool(_left(road, point)) for name, point in at.items()}
    assert once
    assert all(sides[pair[0]] == sides[pair[1]] for pair in once)


def _left(road: LineString, point: tuple[float, float]) -> bool:
    at = road.project(Point(point))
    a, b = (np.array(road.interpolate(at + d).coords[0]) for d in (-0.01, 0.01))
    dx, dy = b - a
    px, py = np.array(point) - a
    return bool(dx * py - dy * px > 0)
