"""Neighbours equal those found by brute force on finely divided streets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations, pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point

from geodata.adjacency import block_adjacency
from geodata.adjacency.street_cells import street_cells
from geodata.streets import StreetNetwork

BLOCK_M = 100.0


def frame(*shapes: shapely.Geometry) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs="EPSG:27700")


def touching(graph: nx.Graph, reached: Sequence[tuple[object, float]]) -> set[tuple[int, int]]:
    """Return neighbours by definition: every node goes to the block nearest on foot.

    `reached` is each block's node and how far it is from there. Blocks whose own
    node is another's share all with it.
    """
    far = [
        {n: leg + m for n, m in nx.single_source_dijkstra_path_length(graph, node).items()}
        for node, leg in reached
    ]
    owner = {
        n: min(range(len(far)), key=lambda k: far[k].get(n, np.inf))
        for n in graph
        if any(n in f for f in far)
    }
    cell = [owner[node] for node, _ in reached]
    near = {frozenset((owner[a], owner[b])) for a, b in graph.edges if a in owner}
    return {
        (i, j)
        for i, j in combinations(range(len(reached)), 2)
        if cell[i] == cell[j] or frozenset((cell[i], cell[j])) in near
    }


def chain(graph: nx.Graph, nodes: Iterable[tuple[float, object]]) -> None:
    """Add a street through nodes given with their metres along it."""
    ordered = sorted(nodes, key=lambda pair: pair[0])
    for (m, a), (n, b) in pairwise(ordered):
        graph.add_edge(a, b, weight=n - m)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**31))
def test_cells_are_those_of_finely_divided_streets(seed: int) -> None:
    # A grid of streets with gaps; blocks up to 20 m beside them.
    rng = np.random.default_rng(seed)
    grid = nx.grid_2d_graph(4, 3)
    grid.remove_edges_from([e for e in sorted(grid.edges) if rng.random() < 0.2])
    streets = sorted(grid.edges)
    fine = nx.Graph()
    on: dict[int, list[tuple[float, object]]] = {
        k: [(m, (k, m) if 0 < m < BLOCK_M else ends[int(m > 0)]) for m in range(0, 101, 10)]
        for k, ends in enumerate(streets)
    }
    xy, reached = [], []
    for block in range(int(rng.integers(1, 9))):
        k, along, leg = int(rng.integers(len(streets))), rng.uniform(25, 75), rng.uniform(1, 20)
        a, b = (BLOCK_M * np.array(end) for end in streets[k])
        forward = (b - a) / BLOCK_M
        xy.append(a + along * forward + leg * rng.choice([-1, 1]) * forward[::-1] * [1, -1])
        on[k].append((along, ("block", block)))
        reached.append((("block", block), leg))
    for nodes in on.values():
        chain(fine, nodes)
    network = StreetNetwork.from_lines(
        frame(*(LineString(BLOCK_M * np.array(ends)) for ends in streets))
    )
    kept = StreetNetwork.from_lines(network.lines).snap(xy).leg_m
    legs = np.array([leg for _, leg in reached])
    if not np.allclose(kept, legs):
        return  # a block on a piece so small that it is left out
    points = gpd.GeoSeries(shapely.points(xy), crs="EPSG:27700")
    found = block_adjacency(points, network)
    made = {(int(j.block_ref), int(j.other_ref)) for j in found.joined}
    made |= {(j, i) for i, j in made}
    assert {tuple(e) for e in found.edges.tolist()} - made == touching(fine, reached)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**31))
def test_a_large_road_is_two_pavements_that_meet_at_crossings(seed: int) -> None:
    # A trunk road along y = 0 with side streets north and south of it, and marked crossings.
    rng = np.random.default_rng(seed)
    places = rng.permutation(np.arange(50, 1000, 50))
    north = set(places[:4].tolist())
    south = set(places[2 : 2 + int(rng.integers(0, 5))].tolist())
    marked = set(places[8 : 8 + int(rng.integers(0, 3))].tolist())
    open_at = (north & south) | marked
    lines = [LineString([(x, 0), (x + 50, 0)][:: rng.choice([-1, 1])]) for x in range(0, 1000, 50)]
    lines += [LineString([(x, 0), (x, 100)]) for x in north]
    lines += [LineString([(x, 0), (x, -100)]) for x in south]
    fine = nx.Graph()
    sides: dict[int, list[tuple[float, object]]] = {
        side: [(x, x if x in open_at else (x, side)) for x in range(0, 1001, 10)]
        for side in (1, -1)
    }
    xy, reached = [], []
    for block in range(int(rng.integers(2, 9))):
        side = int(rng.choice([-1, 1]))
        x = 50 * int(rng.integers(0, 20)) + rng.uniform(23, 27)
        leg = rng.uniform(1, 20)
        xy.append((x, side * leg))
        sides[side].append((x, ("block", block)))
        reached.append((("block", block), leg))
    for nodes in sides.values():
        chain(fine, nodes)
    for side, streets in ((1, north), (-1, south)):
        for x in streets:
            foot = x if x in open_at else (x, side)
            chain(fine, [(0, foot), *((m, (x, side * m)) for m in range(10, 101, 10))])
    network = StreetNetwork.from_lines(frame(*lines))
    barriers = frame(LineString([(0, 0), (1000, 0)]), *(Point(x, 0) for x in marked))
    points = gpd.GeoSeries(shapely.points(xy), crs="EPSG:27700")
    found = block_adjacency(points, network, barriers=barriers)
    made = {(int(j.block_ref), int(j.other_ref)) for j in found.joined}
    made |= {(j, i) for i, j in made}
    assert {tuple(e) for e in found.edges.tolist()} - made == touching(fine, reached) - made


def test_a_block_reaches_a_street_on_its_own_side_of_a_canal() -> None:
    # The street south of the canal is nearer, the one north of it can be reached.
    network = StreetNetwork.from_lines(frame(LineString([(0, 0), (200, 0), (200, 100), (0, 100)])))
    canal = frame(LineString([(-50, 20), (150, 20)]))
    xy = np.array([[50.0, 30.0]])
    free, held = street_cells(xy, network), street_cells(xy, network, canal)
    assert free.street_xy.tolist() == [[50.0, 0.0]]
    assert held.street_xy.tolist() == [[50.0, 100.0]]
    assert not held.beyond.any()
    far = street_cells(xy, network, frame(Point(50, 30).buffer(15).boundary))
    assert far.beyond.tolist() == [True]
    assert far.street_xy.tolist() == [[50.0, 0.0]]
