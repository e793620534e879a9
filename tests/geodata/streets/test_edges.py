"""Edges of patches move to the streets between their blocks, and take nothing with them."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely import LineString, MultiPoint, Point, box

from geodata.streets.edges import align_to_streets


def aligned(
    polygons: list[shapely.Polygon],
    streets: list[list[tuple[float, float]]],
    *points: tuple[float, float],
) -> np.ndarray:
    before = np.array(polygons, dtype=object)
    lines = np.array([LineString(street) for street in streets], dtype=object)
    after = align_to_streets(before, lines, shapely.points(points))
    assert shapely.coverage_is_valid(after)
    area = shapely.union_all(before)
    assert shapely.union_all(after).symmetric_difference(area).area < 1e-6 * area.area
    return after


# Two patches with their edge at x = 140, through the buildings east of the street at x = 100.
WEST, EAST = box(0, 0, 140, 100), box(140, 0, 300, 100)
STREET = [(100.0, -10.0), (100.0, 110.0)]


def test_an_edge_moves_to_the_street_between_the_blocks() -> None:
    west, east = aligned([WEST, EAST], [STREET], (50, 50), (200, 50))
    assert west.equals(box(0, 0, 100, 100))
    assert east.equals(box(100, 0, 300, 100))


def test_a_block_keeps_its_ground_beyond_the_street() -> None:
    west, _ = aligned([WEST, EAST], [STREET], (50, 50), (120, 50), (200, 50))
    assert west.equals(WEST)


def test_a_block_on_the_street_stays_covered() -> None:
    west, _ = aligned([WEST, EAST], [STREET], (100, 50), (200, 50))
    assert west.covers(Point(100, 50))


def test_a_street_that_ends_before_the_other_side_cuts_nothing() -> None:
    west, _ = aligned([WEST, EAST], [[(100, -10), (100, 90)]], (50, 50), (200, 50))
    assert west.equals(WEST)


def test_no_patch_is_taken_apart_to_save_edge() -> None:
    # A lane of patch A leads between two grounds of B; without it A would be in two pieces.
    #
    #   +-----+---------+-----+
    #   |     |    B    |     |
    #   |  A  +=========+  A  |
    #   |     |    B    |     |
    #   +-----+---------+-----+
    lane = box(100, 45, 200, 55)
    a = shapely.union_all([box(0, 0, 100, 100), lane, box(200, 0, 300, 100)])
    b = box(100, 0, 200, 100).difference(lane)
    streets = [[(100.0, -10.0), (100.0, 110.0)], [(200.0, -10.0), (200.0, 110.0)]]
    found, _ = aligned([a, b], streets, (50, 50), (250, 50), (150, 20), (150, 80))
    assert shapely.get_num_geometries(found) == 1


def test_ground_between_streets_moves_as_one() -> None:
    # The ground g holds no block and is half A's, half B's. Each half alone is best off with
    # the other; together they belong to C, which has two of the streets around.
    #
    #   +---+-------+---+---+
    #   | C    C    |   |   |
    #   |   +-------+ B | A |
    #   |   |g A    |   |   |
    #   | C |g B    |   |   |
    #   +---+-------+---+---+
    upper, lower = box(100, 50, 200, 100), box(100, 0, 200, 50)
    a = shapely.union_all([upper, box(300, 0, 400, 200)])
    b = shapely.union_all([lower, box(200, 0, 300, 200)])
    west = [box(0, 0, 100, 50), box(0, 50, 100, 100), box(0, 100, 100, 200)]
    c = shapely.coverage_union_all([*west, box(100, 100, 200, 200)])
    streets = [[(x, -10.0), (x, 210.0)] for x in (100.0, 200.0, 300.0)]
    streets.append([(100.0, 100.0), (200.0, 100.0)])
    *_, found = aligned([a, b, c], streets, (350, 50), (250, 50), (50, 50), (150, 150))
    assert found.equals(box(0, 0, 200, 200))


@pytest.mark.parametrize("seed", range(3))
def test_any_tiling_stays_a_tiling_that_holds_its_points(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 1000, (40, 2))
    cells = shapely.get_parts(
        shapely.voronoi_polygons(MultiPoint(points), extend_to=box(0, 0, 1000, 1000), ordered=True)
    )
    code = rng.integers(0, 5, 40)
    before = [shapely.coverage_union_all(cells[code == k]) for k in range(5)]
    streets = [[tuple(p) for p in rng.uniform(0, 1000, (2, 2))] for _ in range(30)]
    after = aligned(before, streets, *points)
    assert shapely.covers(after[code], shapely.points(points)).all()
    pieces = shapely.get_num_geometries(np.array(before, dtype=object))
    assert (shapely.get_num_geometries(after) <= pieces).all()
