"""Patch polygons tile the boundary and hold their blocks."""

from __future__ import annotations

import doctest
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon

from geodata.adjacency import Adjacency, block_adjacency
from geodata.streets import StreetNetwork
from geodata.tessellation import Ground, patch_polygons, tessellation
from geodata.walking import StraightLines, WalkingNetwork

# Streets every 100 m in a square kilometre.
GRID = StreetNetwork.from_lines(
    gpd.GeoDataFrame(
        geometry=[
            LineString([(x, y), (x + dx, y + dy)])
            for x in range(0, 1000, 100)
            for y in range(0, 1000, 100)
            for dx, dy in ((100, 0), (0, 100))
        ],
        crs="EPSG:27700",
    )
)
SQUARE = Polygon([(-20, -20), (1020, -20), (1020, 1020), (-20, 1020)])


def frame(*shapes: shapely.Geometry) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs="EPSG:27700")


def blocks(xy: np.ndarray) -> gpd.GeoSeries:
    index = [f"B{k:03d}" for k in range(len(xy))]
    return gpd.GeoSeries(shapely.points(xy), index=index, crs="EPSG:27700")


def assert_tiles(found: gpd.GeoDataFrame, area: Polygon) -> None:
    assert shapely.coverage_is_valid(found.geometry.array)
    assert found.geometry.is_valid.all()
    assert shapely.union_all(found.geometry.array).symmetric_difference(area).area < 1.0


def assert_holds(found: gpd.GeoDataFrame, points: gpd.GeoSeries, patch: pd.Series) -> None:
    shapes = found.set_index("patch").geometry.loc[patch]
    assert shapely.covers(shapes.array, points.array).all()


def blocks_in_parts(
    found: gpd.GeoDataFrame, points: gpd.GeoSeries, patch: pd.Series, name: str
) -> int:
    """Count the parts of a patch that hold a block of it."""
    parts = shapely.get_parts(found.set_index("patch").geometry[name])
    return sum(bool(shapely.intersects(part, points.array[patch == name]).any()) for part in parts)


@pytest.mark.parametrize("network", [GRID, StraightLines()], ids=["streets", "straight"])
@pytest.mark.parametrize("mixed", [False, True], ids=["by place", "mixed"])
@pytest.mark.parametrize("seed", range(4))
def test_polygons_tile_the_boundary_and_hold_their_blocks(
    network: WalkingNetwork, mixed: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 1000, (60, 2)).round()
    points = blocks(xy)
    number = rng.integers(0, 6, 60) if mixed else (xy[:, 0] // 350 + 3 * (xy[:, 1] // 500))
    patch = pd.Series([f"P{int(k)}" for k in number], index=points.index)
    found = patch_polygons(points, patch, boundary=frame(SQUARE), network=network)
    assert list(found["patch"]) == sorted(set(patch))
    assert found.crs == "EPSG:27700"
    assert_tiles(found, SQUARE)
    assert_holds(found, points, patch)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**31))
def test_whatever_the_boundary_the_blocks_and_the_patches_the_area_is_tiled(seed: int) -> None:
    # A star-shaped boundary, perhaps with a hole and an island; blocks inside it and outside.
    rng = np.random.default_rng(seed)
    turn = np.linspace(0, 2 * np.pi, int(rng.integers(3, 20)), endpoint=False)
    reach = rng.uniform(150, 700, len(turn))
    around = np.column_stack([500 + reach * np.cos(turn), 500 + reach * np.sin(turn)])
    area = Polygon(around)
    if rng.random() < 0.3:
        area = area.difference(Point(rng.uniform(200, 800, 2)).buffer(60))
    if rng.random() < 0.3:
        area = area.union(shapely.box(1300, 0, 1400, 90))
    xy = rng.uniform(50, 950, (int(rng.integers(1, 40)), 2)).round(int(rng.integers(0, 3)))
    points = blocks(np.unique(xy, axis=0))
    patch = pd.Series(rng.choice(["A", "B", "C", "D"], len(points)), index=points.index)
    network: WalkingNetwork = GRID if rng.random() < 0.5 else StraightLines()
    trunk = frame(LineString([(0, 500), (900, 500)])) if rng.random() < 0.3 else None
    adjacency = block_adjacency(points, network, barriers=trunk) if rng.random() < 0.7 else None
    found = patch_polygons(
        points,
        patch,
        boundary=frame(area),
        network=network,
        barriers=trunk,
        adjacency=adjacency,
    )
    parts = found["patch"].map(lambda p: blocks_in_parts(found, points, patch, p))
    assert list(found["pieces"]) == list(parts)
    assert list(found["patch"]) == sorted(set(patch))
    assert shapely.coverage_is_valid(found.geometry.array)
    assert found.geometry.is_valid.all()
    assert_holds(found, points, patch)
    tiled = shapely.union_all(found.geometry.array)
    assert area.difference(tiled).area < 1.0
    if points.covered_by(area).all():
        assert tiled.difference(area).area < 0.01 * area.area


@pytest.mark.parametrize("network", [GRID, StraightLines()], ids=["streets", "straight"])
def test_of_two_patches_on_one_point_the_first_has_the_ground_and_it_is_said(
    network: WalkingNetwork,
) -> None:
    points = blocks(np.array([[100.0, 120.0], [100.0, 120.0], [800.0, 800.0]]))
    patch = pd.Series(["P2", "P1", "P3"], index=points.index)
    found = patch_polygons(points, patch, boundary=frame(SQUARE), network=network)
    assert list(found["patch"]) == ["P2", "P3"]
    assert_tiles(found, SQUARE)
    assert found.attrs["notes"] == (
        "Patch P1 has no ground on the map: its block B001 stands on the same point as B000 of P2.",
    )


def test_edges_keep_clear_of_blocks_where_there_is_room() -> None:
    rng = np.random.default_rng(12)
    xy = np.stack(np.meshgrid(np.arange(30, 1000, 60), np.arange(30, 1000, 60)), -1).reshape(-1, 2)
    points = blocks(xy + rng.uniform(-12, 12, xy.shape))
    patch = pd.Series(rng.choice(["A", "B", "C"], len(points)), index=points.index)
    found = patch_polygons(points, patch, boundary=frame(SQUARE), network=StraightLines())
    lines = shapely.union_all(shapely.boundary(found.geometry.array))
    assert shapely.distance(lines, points.array).min() > 2.0


def test_the_sides_of_a_large_road_are_drawn_apart() -> None:
    #  W and E stand north of the road, M between them on its south side.
    road = LineString([(0, 0), (600, 0)])
    network = StreetNetwork.from_lines(frame(road))
    points = blocks(np.array([[100.0, 20.0], [300.0, -20.0], [500.0, 20.0]]))
    patch = pd.Series(["N", "S", "N"], index=points.index)
    area = frame(shapely.box(-20, -100, 620, 100))
    (north, south) = patch_polygons(
        points, patch, boundary=area, network=network, barriers=frame(road)
    ).geometry
    assert north.geom_type == south.geom_type == "Polygon"
    assert north.symmetric_difference(shapely.box(-20, 0, 620, 100)).area < 2000
    mixed = patch_polygons(points, patch, boundary=area, network=network)
    assert mixed.geometry[0].symmetric_difference(shapely.box(-20, 0, 620, 100)).area > 10_000


def test_the_example_runs() -> None:
    tried = doctest.testmod(tessellation)
    assert tried.attempted > 4
    assert not tried.failed


def test_ground_goes_to_the_block_nearest_on_foot() -> None:
    # Two parallel streets that meet only in the west; A is on the lower one, far in the east.
    #
    #   +----------------?      y = 60
    #   B                       (0, 30)
    #   +----------------A      y = 0
    lines = [LineString([(500, 60), (0, 60), (0, 0), (500, 0)])]
    network = StreetNetwork.from_lines(gpd.GeoDataFrame(geometry=lines, crs="EPSG:27700"))
    points = blocks(np.array([[490.0, 0.0], [0.0, 30.0]]))
    patch = pd.Series(["A", "B"], index=points.index)
    area = frame(Polygon([(-50, -50), (550, -50), (550, 110), (-50, 110)]))
    found = patch_polygons(points, patch, boundary=area, network=network)
    assert list(found["patch"][found.covers(Point(495, 60))]) == ["B"]
    straight = patch_polygons(points, patch, boundary=area, network=StraightLines())
    assert list(straight["patch"][straight.covers(Point(495, 60))]) == ["A"]


def test_the_edge_runs_along_the_street_between_two_patches() -> None:
    rng = np.random.default_rng(3)
    xy = rng.uniform(0, 1000, (80, 2)).round()
    points = blocks(xy)
    patch = pd.Series(np.where(xy[:, 0] < 400, "W", "E"), index=points.index)
    found = patch_polygons(points, patch, boundary=frame(SQUARE), network=GRID)
    west = found.set_index("patch").geometry["W"]
    # The streets reach from 0 to 900; beyond them the ground is open.
    between_streets = shapely.clip_by_rect(west, -20, 0, 1020, 900)
    assert between_streets.equals(shapely.box(-20, 0, 400, 900))


def test_an_islet_without_a_block_goes_to_its_surroundings() -> None:
    # Blocks of A and B alternate across the grid: some ground in between is cut off from both.
    rng = np.random.default_rng(9)
    points = blocks(rng.uniform(0, 1000, (40, 2)).round())
    patch = pd.Series(rng.choice(["A", "B", "C"], 40), index=points.index)
    found = patch_polygons(points, patch, boundary=frame(SQUARE), network=GRID)
    for name, shape in zip(found["patch"], found.geometry, strict=True):
        for part in shapely.get_parts(shape):
            assert points[patch == name].covered_by(part).any()


def test_a_boundary_in_pieces_with_a_hole_is_tiled() -> None:
    hole = [(400, 400), (600, 400), (600, 600), (400, 600)]
    area = SQUARE.difference(Polygon(hole))
    island = Polygon([(1100, 0), (1200, 0), (1200, 100), (1100, 100)])
    points = blocks(np.array([[100.0, 100.0], [900.0, 900.0]]))
    patch = pd.Series(["P1", "P2"], index=points.index)
    found = patch_polygons(points, patch, boundary=frame(area, island), network=GRID)
    assert_tiles(found, shapely.union_all([area, island]))


def test_the_area_reaches_blocks_outside_the_boundary() -> None:
    points = blocks(np.array([[100.0, 100.0], [1100.0, 500.0]]))
    patch = pd.Series(["P1", "P2"], index=points.index)
    found = patch_polygons(points, patch, boundary=frame(SQUARE), network=GRID)
    assert_holds(found, points, patch)
    assert shapely.coverage_is_valid(found.geometry.array)


def test_without_a_boundary_the_hull_is_tiled() -> None:
    points = blocks(np.array([[100.0, 100.0], [900.0, 500.0], [300.0, 800.0]]))
    patch = pd.Series(["P1", "P2", "P2"], index=points.index)
    found = patch_polygons(points, patch, boundary=None, network=GRID)
    assert_holds(found, points, patch)
    assert shapely.union_all(found.geometry.array).covers(shapely.MultiPoint(points.array))
    (note,) = found.attrs["notes"]
    assert note.startswith("No boundary file: the patches end 150 m beyond the outermost blocks")


def test_one_block_alone_gets_everything() -> None:
    points = blocks(np.array([[100.0, 100.0]]))
    patch = pd.Series(["P1"], index=points.index)
    for network in (GRID, StraightLines()):
        found = patch_polygons(points, patch, boundary=frame(SQUARE), network=network)
        assert_tiles(found, SQUARE)


# A bridge takes the way from A to C over that from B to D; they share no vertex.
#
#         C
#         |
#   B ----+---- D
#         |
#         A
CROSSING = StreetNetwork.from_lines(
    frame(LineString([(0, 300), (600, 300)]), LineString([(300, 0), (300, 600)]))
)
CROSSED = blocks(np.array([[300.0, 60.0], [60.0, 300.0], [300.0, 540.0], [540.0, 300.0]]))


def crossed(patches: str, network: WalkingNetwork, points: gpd.GeoSeries) -> gpd.GeoDataFrame:
    adjacency = Adjacency(np.array([[0, 2], [1, 3]]), ())
    return patch_polygons(
        points,
        pd.Series(list(patches), index=points.index),
        boundary=frame(shapely.box(0, 0, 600, 600)),
        network=network,
        adjacency=adjacency,
    )


def test_of_two_patches_that_cross_on_a_bridge_one_is_in_pieces_and_it_is_said() -> None:
    found = crossed("NENE", CROSSING, CROSSED)
    assert_tiles(found, shapely.box(0, 0, 600, 600))
    assert sorted(found["pieces"]) == [1, 2]
    (torn,) = found["patch"][found["pieces"] == 2]
    (other,) = found["patch"][found["pieces"] == 1]
    (note,) = found.attrs["notes"]
    assert note.startswith(f"Patch {torn} is drawn in 2 pieces: the way from B")
    assert note.endswith(f"crosses the ground of {other}.")


def test_ways_that_cross_part_no_patch_that_can_go_round() -> None:
    # B and D are of two patches: each can do without the ground beneath the bridge.
    found = crossed("NWNE", CROSSING, CROSSED)
    assert list(found["pieces"]) == [1, 1, 1]
    assert found.attrs["notes"] == ()
    assert_holds(found, CROSSED, pd.Series(list("NWNE"), index=CROSSED.index))


def test_a_corridor_passes_a_block_that_stands_on_the_street() -> None:
    # M's own ground lies across the only street between A and C.
    street = StreetNetwork.from_lines(frame(LineString([(0, 100), (600, 100)])))
    points = blocks(np.array([[60.0, 100.0], [300.0, 100.0], [540.0, 100.0]]))
    patch = pd.Series(["N", "M", "N"], index=points.index)
    area = shapely.box(0, 0, 600, 200)

    def drawn(edges: list[list[int]]) -> gpd.GeoDataFrame:
        adjacency = Adjacency(np.array(edges).reshape(-1, 2), ())
        return patch_polygons(
            points, patch, boundary=frame(area), network=street, adjacency=adjacency
        )

    apart, joined = drawn([[0, 1], [1, 2]]), drawn([[0, 2]])
    assert list(apart["pieces"]) == [1, 2]
    assert apart.attrs["notes"] == (
        "Drawn in pieces because their blocks are not all neighbours on foot: patches N (2).",
    )
    assert list(joined["pieces"]) == [1, 1]
    assert joined.attrs["notes"] == ()
    assert_tiles(joined, area)
    assert_holds(joined, points, patch)


def test_neighbours_by_a_way_outside_the_boundary_are_drawn_apart_and_it_is_said() -> None:
    # The street leaves one island of the boundary for the other.
    street = StreetNetwork.from_lines(frame(LineString([(0, 50), (600, 50)])))
    points = blocks(np.array([[50.0, 50.0], [550.0, 50.0]]))
    found = patch_polygons(
        points,
        pd.Series(["N", "N"], index=points.index),
        boundary=frame(shapely.box(0, 0, 100, 100), shapely.box(500, 0, 600, 100)),
        network=street,
        adjacency=Adjacency(np.array([[0, 1]]), ()),
    )
    assert list(found["pieces"]) == [2]
    assert found.attrs["notes"] == (
        "Patch N is drawn in 2 pieces: the way from B000 to B001 leaves the boundary.",
    )


def test_what_does_not_fit_together_is_refused() -> None:
    points = blocks(np.array([[100.0, 100.0]]))
    patch = pd.Series(["P1"], index=points.index)
    elsewhere = frame(SQUARE).set_crs(3857, allow_override=True)
    with pytest.raises(ValueError, match="boundary is in"):
        patch_polygons(points, patch, boundary=elsewhere, network=GRID)
    with pytest.raises(ValueError, match="no area"):
        patch_polygons(points, patch, boundary=frame(LineString([(0, 0), (9, 9)])), network=GRID)
    with pytest.raises(ValueError, match="different indexes"):
        patch_polygons(points, patch.set_axis(["X"]), boundary=None, network=GRID)
    with pytest.raises(ValueError, match="needs a patch"):
        patch_polygons(points, patch.where(patch.eq("")), boundary=None, network=GRID)


def test_westminster_is_tiled_by_its_current_patches(westminster: Path) -> None:
    homes = pd.read_csv(westminster / "homes.csv", dtype=str)
    by_block = homes.groupby("block_ref")
    at = by_block[["easting", "northing"]].first().astype(float)
    points = gpd.GeoSeries.from_xy(at["easting"], at["northing"], index=at.index, crs="EPSG:27700")
    boundary = gpd.read_file(westminster / "boundary.geojson").to_crs("EPSG:27700")
    network = StreetNetwork.from_file(westminster / "streets" / "walk_merged.gpkg")
    patch = by_block["patch"].agg(lambda codes: codes.mode()[0])
    found = patch_polygons(points, patch, boundary=boundary, network=network)
    assert len(found) == patch.nunique()
    assert shapely.coverage_is_valid(found.geometry.array)
    assert_holds(found, points, patch)
    area = shapely.union_all(boundary.geometry.array)
    assert shapely.union_all(found.geometry.array).symmetric_difference(area).area < 5.0

    # Drawn afresh, each around one of 20 blocks: a patch whose blocks hang together is one piece.
    centres = np.random.default_rng(1).choice(len(points), 20, replace=False)
    xy = shapely.get_coordinates(points.array)
    nearest = np.argmin(np.hypot(*(xy[:, None] - xy[None, centres]).transpose(2, 0, 1)), axis=1)
    patch = pd.Series([f"P{k:02d}" for k in nearest], index=points.index)
    adjacency = block_adjacency(points, network)
    found = patch_polygons(points, patch, boundary=boundary, network=network, adjacency=adjacency)
    graph = nx.Graph(adjacency.edges.tolist())
    pieces = {
        name: nx.number_connected_components(graph.subgraph(np.flatnonzero(patch == name).tolist()))
        for name in found["patch"]
    }
    assert sum(count == 1 for count in pieces.values()) >= 5
    for name, shape in zip(found["patch"], found.geometry, strict=True):
        assert shapely.get_num_geometries(shape) <= pieces[name]


def test_the_same_cells_serve_any_patches() -> None:
    rng = np.random.default_rng(3)
    points = blocks(rng.uniform(0, 1000, (40, 2)).round())
    area = {"boundary": frame(SQUARE), "network": GRID, "barriers": None}
    adjacency = block_adjacency(points, GRID)
    ground = Ground.of(points, **area, around=True)
    for number in (rng.integers(0, 5, 40), np.arange(40)):
        patch = pd.Series([f"P{k:02d}" for k in number], index=points.index)
        alone = patch_polygons(points, patch, **area, adjacency=adjacency)
        shared = patch_polygons(points, patch, **area, adjacency=adjacency, ground=ground)
        assert shared.geometry.to_list() == alone.geometry.to_list()
        assert shared.attrs == alone.attrs
        assert_tiles(shared, SQUARE)
