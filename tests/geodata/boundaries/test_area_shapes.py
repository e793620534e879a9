"""Areas are neighbours along an edge that can be walked across; patches are their union."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Polygon, box

from geodata import StraightLines, StreetNetwork
from geodata.boundaries import read_areas
from geodata.boundaries.area_shapes import area_adjacency, dissolve_areas

CRS = "EPSG:27700"
NO_STREETS = StraightLines(crs=CRS)


def areas_of(*shapes: Polygon) -> gpd.GeoSeries:
    refs = pd.Index([f"A{k}" for k in range(len(shapes))], dtype=object, name="block_ref")
    return gpd.GeoSeries(list(shapes), index=refs, crs=CRS)


def lines_of(*lines: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[LineString(line) for line in lines], crs=CRS)


def streets_of(folder: Path, *lines: list[tuple[float, float]]) -> StreetNetwork:
    path = folder / "streets.gpkg"
    lines_of(*lines).to_file(path)
    return StreetNetwork.from_file(path, crs=CRS)


def grid(columns: int, rows: int, side: float = 100.0) -> gpd.GeoSeries:
    """Squares, numbered from the bottom left, row by row."""
    return areas_of(
        *(
            box(i * side, j * side, (i + 1) * side, (j + 1) * side)
            for j in range(rows)
            for i in range(columns)
        )
    )


def pairs(edges: np.ndarray) -> list[tuple[int, int]]:
    return [(int(a), int(b)) for a, b in edges]


def test_squares_of_a_grid_meet_along_edges_not_at_corners() -> None:
    # 2 3
    # 0 1
    found = area_adjacency(grid(2, 2), NO_STREETS)
    assert pairs(found.edges) == [(0, 1), (0, 2), (1, 3), (2, 3)]
    assert found.joined == ()


def test_edges_drawn_apart_by_less_than_a_metre_are_one() -> None:
    found = area_adjacency(areas_of(box(0, 0, 100, 100), box(100.5, 0, 200, 100)), NO_STREETS)
    assert pairs(found.edges) == [(0, 1)]
    assert found.joined == ()


def test_an_area_apart_is_joined_to_the_nearest_and_named() -> None:
    shapes = areas_of(box(0, 0, 100, 100), box(100, 0, 200, 100), box(500, 0, 600, 100))
    found = area_adjacency(shapes, NO_STREETS)
    assert pairs(found.edges) == [(0, 1), (1, 2)]
    assert [str(join) for join in found.joined] == [
        "A1 is joined to A2 to the nearest block, 400 m as the crow flies"
    ]


def test_areas_of_one_estate_are_made_connected() -> None:
    shapes = grid(3, 1)
    estates = pd.Series(["E", None, "E"], index=shapes.index, dtype=object)
    found = area_adjacency(shapes, NO_STREETS, estates=estates)
    assert pairs(found.edges) == [(0, 1), (0, 2), (1, 2)]
    assert [(j.block_ref, j.other_ref, j.why) for j in found.joined] == [("A0", "A2", "estate")]


def test_a_barrier_along_the_edge_parts_but_not_one_across_it() -> None:
    # The canal runs along the edge between 0 and 1, and across that between 0 and 2.
    # 2 3
    # 0 1
    canal = lines_of([(100, 0), (100, 100), (50, 100), (50, 200)])
    shapes = grid(2, 2)
    found = area_adjacency(shapes, NO_STREETS, barriers=canal)
    assert pairs(found.edges) == [(0, 2), (1, 3), (2, 3)]
    beside = lines_of([(110, -50), (110, 100)])
    assert (0, 1) not in pairs(area_adjacency(shapes, NO_STREETS, barriers=beside).edges)
    far = lines_of([(130, -50), (130, 100)])
    assert (0, 1) in pairs(area_adjacency(shapes, NO_STREETS, barriers=far).edges)


def test_a_bridge_crosses_a_barrier_and_the_barrier_is_no_bridge(tmp_path: Path) -> None:
    # 0 | 1 with a trunk road along the edge, itself a street; then a street over it.
    trunk = [(100.0, -50.0), (100.0, 150.0)]
    lanes = [[(20.0, 20.0), (80.0, 20.0)], [(120.0, 20.0), (180.0, 20.0)]]
    shapes = grid(2, 1)
    walls = lines_of(trunk)
    without = streets_of(tmp_path, trunk, *lanes, [(20, -50), (20, 20)])
    found = area_adjacency(shapes, without, barriers=walls)
    assert [join.why for join in found.joined] == ["apart"]
    assert area_adjacency(shapes, without).joined == ()
    bridge = streets_of(tmp_path, trunk, *lanes, [(80, 20), (120, 20)])
    found = area_adjacency(shapes, bridge, barriers=walls)
    assert pairs(found.edges) == [(0, 1)]
    assert found.joined == ()


def test_an_edge_that_no_street_reaches_is_not_walked_across(tmp_path: Path) -> None:
    # 2 3     Streets cross from 0 to 1, and run beside the edge between 1 and 3;
    # 0 1     nothing comes near the edges of 2.
    network = streets_of(
        tmp_path, [(50, 30), (150, 30)], [(150, 30), (150, 90)], [(130, 90), (190, 90)]
    )
    found = area_adjacency(grid(2, 2), network)
    assert {(0, 1), (1, 3)} <= set(pairs(found.edges))
    assert [(j.block_ref, j.other_ref) for j in found.joined] == [("A0", "A2")]
    assert (2, 3) not in pairs(found.edges)


def test_frames_of_another_crs_are_refused() -> None:
    shapes = grid(2, 1)
    with pytest.raises(ValueError, match="walking network in"):
        area_adjacency(shapes.to_crs("EPSG:3857"), NO_STREETS)
    with pytest.raises(ValueError, match="barriers are in"):
        area_adjacency(shapes, NO_STREETS, barriers=lines_of([(0, 0), (1, 1)]).to_crs(3857))
    with pytest.raises(ValueError, match="different indexes"):
        area_adjacency(shapes, NO_STREETS, estates=pd.Series(["E", "E"]))
    with pytest.raises(ValueError, match="different indexes"):
        dissolve_areas(shapes, pd.Series(["P1", "P2"]))


def test_a_patch_is_the_union_of_its_areas_even_where_they_overlap() -> None:
    shapes = grid(3, 1)
    patch = pd.Series(["P2", "P1", "P2"], index=shapes.index, dtype=object)
    drawn = dissolve_areas(shapes, patch)
    assert drawn["patch"].tolist() == ["P1", "P2"]
    assert drawn.area.tolist() == [10_000, 20_000]
    assert drawn.crs == CRS
    over = areas_of(box(0, 0, 100, 100), box(50, 0, 150, 100))
    (polygon,) = dissolve_areas(over, pd.Series(["P1", "P1"], index=over.index)).geometry
    assert polygon.equals(box(0, 0, 150, 100))


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 5),
    st.integers(1, 5),
    st.lists(st.integers(0, 24), max_size=10),
    st.lists(st.integers(0, 2), min_size=25, max_size=25),
)
def test_on_any_grid_areas_are_connected_and_patches_tile_them(
    columns: int, rows: int, left_out: list[int], codes: list[int]
) -> None:
    whole = grid(columns, rows)
    kept = [k for k in range(len(whole)) if k not in left_out] or [0]
    shapes = whole.iloc[kept]
    found = area_adjacency(shapes, NO_STREETS)
    expected = {
        (a, b)
        for a, i in enumerate(kept)
        for b, j in enumerate(kept)
        if a < b and abs(i % columns - j % columns) + abs(i // columns - j // columns) == 1
    }
    joined = {(j.block_ref, j.other_ref) for j in found.joined}
    refs = list(shapes.index)
    assert {(a, b) for a, b in pairs(found.edges) if (refs[a], refs[b]) not in joined} == expected
    reached, edge = {0}, pairs(found.edges)
    for _ in kept:
        reached |= {b for a, b in edge if a in reached} | {a for a, b in edge if b in reached}
    assert reached == set(range(len(kept)))
    patch = pd.Series([f"P{codes[k]}" for k in kept], index=shapes.index)
    drawn = dissolve_areas(shapes, patch)
    assert shapely.coverage_is_valid(drawn.geometry.to_numpy())
    for code, polygon in zip(drawn["patch"], drawn.geometry, strict=True):
        assert polygon.area == 10_000 * (patch == code).sum()
        assert shapely.covers(polygon, shapes[patch == code].to_numpy()).all()


def test_westminster_areas_are_neighbours_where_they_touch(westminster: Path) -> None:
    stock = read_areas(westminster / "lsoa_council_homes.geojson")
    assert stock.areas is not None
    found = area_adjacency(stock.areas, NO_STREETS)
    shapes = stock.areas.to_numpy()
    # Independently: a coverage's neighbours share a line exactly.
    touching = {
        (i, j)
        for i in range(len(shapes))
        for j in range(i + 1, len(shapes))
        if shapely.touches(shapes[i], shapes[j])
        and shapely.intersection(shapes[i], shapes[j]).length > 10.0
    }
    corners = set(pairs(found.edges)) ^ touching
    assert len(touching) > 300
    assert len(corners) <= 3, corners
    assert found.joined == ()
