"""Walking times against NetworkX, and what every network must keep."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from numpy.testing import assert_allclose, assert_array_equal

from geodata.streets import StreetNetwork
from geodata.streets.graph import join_vertices
from geodata.streets.loose_ends import join_loose_ends
from geodata.streets.tags import STEPS_EFFORT
from geodata.walking import StraightLines, WalkingNetwork


def grid(seed: int = 3) -> gpd.GeoDataFrame:
    """A 6 x 6 grid of bent streets, a fifth of them missing; junctions 100 m apart, shaken."""
    rng = np.random.default_rng(seed)
    at = 100.0 * np.stack(np.meshgrid(range(6), range(6), indexing="ij"), axis=-1)
    at += rng.uniform(-20, 20, at.shape) + np.array([529_000, 180_000])
    lines = []
    for i, j in np.ndindex(6, 6):
        for other in ((i + 1, j), (i, j + 1)):
            if max(other) < 6 and rng.random() < 0.8:
                bend = (at[i, j] + at[other]) / 2 + rng.uniform(-25, 25, 2)
                lines.append(shapely.LineString([at[i, j], bend, at[other]]))
    return gpd.GeoDataFrame(geometry=lines, crs="EPSG:27700")


def networkx_metres(lines: gpd.GeoDataFrame, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The same by NetworkX: every vertex a node, each point tied in by shapely, one at a time."""
    shared, _ = join_vertices(lines.geometry.array, np.zeros(len(lines), int))
    tied, _ = join_loose_ends(shared)
    graph = nx.Graph()
    for u, v in tied.segments.tolist():
        graph.add_edge(u, v, weight=float(np.hypot(*(tied.xy[u] - tied.xy[v]))))
    main = graph.subgraph(max(nx.connected_components(graph), key=len)).copy()
    pieces = [(u, v, shapely.LineString(tied.xy[[u, v]])) for u, v in main.edges]
    on_piece: dict[tuple[int, int], list[tuple[float, str]]] = {}
    for k, xy in enumerate(np.concatenate([a, b])):
        point = shapely.Point(xy)
        u, v, line = min(pieces, key=lambda piece: piece[2].distance(point))
        at = line.project(point)
        main.add_edge(f"point {k}", f"place {k}", weight=line.distance(point))
        main.add_edge(f"place {k}", u, weight=at)
        main.add_edge(f"place {k}", v, weight=line.length - at)
        for other_at, other in on_piece.setdefault((u, v), []):
            main.add_edge(f"place {k}", other, weight=abs(at - other_at))
        on_piece[u, v].append((at, f"place {k}"))
    out = np.full((len(a), len(b)), np.inf)
    for i in range(len(a)):
        far = nx.single_source_dijkstra_path_length(main, f"point {i}")
        out[i] = [far.get(f"point {len(a) + j}", np.inf) for j in range(len(b))]
    return out


def test_times_equal_networkx_on_a_grid() -> None:
    lines = grid()
    rng = np.random.default_rng(1)
    a, b = (rng.uniform([528_950, 179_950], [529_550, 180_550], (n, 2)) for n in (30, 40))
    network = StreetNetwork.from_lines(lines)
    assert_allclose(network.walk_metres(a, b), networkx_metres(lines, a, b), atol=1e-3)


def test_times_equal_networkx_on_a_real_file(westminster: Path) -> None:
    network = StreetNetwork.from_file(westminster / "streets" / "east_walk_bng.gpkg")
    rng = np.random.default_rng(2)
    box = network.lines.total_bounds
    a, b = (rng.uniform(box[:2] + 500, box[2:] - 500, (n, 2)) for n in (8, 25))
    far = network.snap(np.concatenate([a, b])).leg_m
    assert np.isfinite(far).all()
    assert_allclose(network.walk_metres(a, b), networkx_metres(network.lines, a, b), atol=0.01)


NETWORKS = {"streets": StreetNetwork.from_lines(grid()), "straight": StraightLines()}


@pytest.fixture(params=NETWORKS)
def network(request: pytest.FixtureRequest) -> WalkingNetwork:
    """Each kind of network on the same ground, 529000-529500 E, 180000-180500 N."""
    return NETWORKS[request.param]


@pytest.fixture
def points() -> np.ndarray:
    """Thirty points, two of them the same."""
    points = np.random.default_rng(5).uniform([529_000, 180_000], [529_500, 180_500], (30, 2))
    points[7] = points[3]
    return points


def test_there_and_back_take_exactly_as_long(network: WalkingNetwork, points: np.ndarray) -> None:
    seconds = network.walk_seconds(points, points)
    assert_array_equal(seconds, seconds.T)
    assert_array_equal(np.diag(seconds), 0)
    assert seconds[3, 7] == 0
    assert np.isfinite(seconds).all()
    assert seconds.max() > 100


def test_no_way_is_shorter_than_a_straight_line_or_a_detour_by_a_third_point(
    network: WalkingNetwork, points: np.ndarray
) -> None:
    metres = network.walk_metres(points, points)
    straight = np.hypot(*np.moveaxis(points[:, None] - points[None], 2, 0))
    assert (metres >= straight - 1e-6).all()
    assert (metres[:, None, :] <= metres[:, :, None] + metres[None] + 1e-6).all()


def test_seconds_are_metres_at_walking_speed(network: WalkingNetwork, points: np.ndarray) -> None:
    metres = network.walk_metres(points[:4], points[4:])
    assert metres.shape == (4, 26)
    assert_allclose(network.walk_seconds(points[:4], points[4:]) * 4.5 / 3.6, metres)


def test_a_path_begins_and_ends_at_the_points(network: WalkingNetwork, points: np.ndarray) -> None:
    lines = network.paths(points[:15], points[15:])
    assert len(lines) == 15
    for line, a, b in zip(lines, points[:15], points[15:], strict=True):
        assert_array_equal(shapely.get_coordinates(line)[[0, -1]], [a, b])
    assert_allclose(
        shapely.get_coordinates(network.path(points[0], points[15])),
        shapely.get_coordinates(lines[0]),
        atol=1e-6,
    )


def test_long_ways_among_short_ones_are_found_and_ways_to_other_pieces_are_not() -> None:
    """A bent road of 60 km and an island; most legs are a few hundred metres."""
    road = [(500.0 * k, 100.0 * (k % 2)) for k in range(121)]
    lines = [shapely.LineString(road[k : k + 2]) for k in range(120)]
    island = shapely.LineString([(30_000, 3_000), (30_400, 3_000)])
    frame = gpd.GeoDataFrame(geometry=[*lines, island], crs="EPSG:27700")
    network = StreetNetwork.from_lines(frame)
    start = np.array([*road[:20], road[0], road[60], road[3]])
    end = np.array([*road[1:21], road[120], road[66], (30_400, 3_000)])
    found = network.paths(start, end)
    step = np.hypot(500, 100)
    expected = [step] * 20 + [120 * step, 6 * step]
    assert_allclose([line.length for line in found[:22]], expected)
    assert found[22].is_empty


def test_points_without_coordinates_have_no_way(network: WalkingNetwork) -> None:
    nowhere, here = [(np.nan, np.nan)], [(529_100.0, 180_100.0)]
    assert np.isinf(network.walk_seconds(nowhere, here)).all()
    assert np.isinf(network.walk_seconds(here, nowhere)).all()
    assert network.path(nowhere[0], here[0]).is_empty
    assert network.walk_seconds([], here).shape == (0, 1)


def test_points_of_the_wrong_shape_are_refused(network: WalkingNetwork) -> None:
    with pytest.raises(ValueError, match=r"\(n, 2\)"):
        network.walk_seconds([1.0, 2.0], [[1.0, 2.0]])
    with pytest.raises(ValueError, match="2 origins but 1"):
        network.paths([[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.0]])


def test_a_path_is_as_long_as_the_walk_and_runs_along_the_streets(points: np.ndarray) -> None:
    network = StreetNetwork.from_lines(grid())
    lengths = [line.length for line in network.paths(points[:15], points[15:])]
    metres = network.walk_metres(points[:15], points[15:])
    assert_allclose(lengths, np.diag(metres), atol=1e-3)
    street = shapely.union_all(network.lines.geometry.array).buffer(0.01)
    way = shapely.get_coordinates(network.path(points[0], points[20]))[1:-1]
    assert len(way) > 2
    assert shapely.LineString(way).within(street)


def test_two_points_beside_one_street_go_directly_along_it() -> None:
    network = StreetNetwork.from_lines(
        gpd.GeoDataFrame(
            geometry=[shapely.LineString([(529_000, 180_000), (529_400, 180_000)])],
            crs="EPSG:27700",
        ),
        walking_kmh=3.6,
    )
    a, b = (529_100.0, 180_010.0), (529_130.0, 179_995.0)
    assert network.walk_seconds([a], [b])[0, 0] == pytest.approx(10 + 30 + 5)
    expected = [a, (529_100.0, 180_000.0), (529_130.0, 180_000.0), b]
    assert_allclose(shapely.get_coordinates(network.path(a, b)), expected)
    too_far = (529_100.0, 181_001.0)
    assert np.isinf(network.walk_seconds([a], [too_far])).all()
    assert np.isinf(network.walk_seconds([too_far], [too_far])).all()


def test_straight_lines_say_that_they_are_estimates() -> None:
    network = StraightLines(detour=1.5, walking_kmh=3.6)
    assert network.walk_seconds([[0, 0]], [[30, 40]])[0, 0] == pytest.approx(75)
    assert "estimated" in network.report.summary()
    assert network.lines.empty
    with pytest.raises(ValueError, match="detour"):
        StraightLines(detour=0.9)


def test_steps_take_longer_and_are_gone_round_where_that_is_quicker() -> None:
    # Steps of 100 m straight on, or 160 m round on the level.
    #
    #   +----60 m----+---40----+
    #   |   50            50   |  50
    #   A =======steps======== B
    lines = gpd.GeoDataFrame(
        {"highway": ["steps", "footway"]},
        geometry=[
            shapely.LineString([(0, 0), (60, 0), (100, 0)]),
            shapely.LineString([(0, 0), (0, 30), (100, 30), (100, 0)]),
        ],
        crs="EPSG:27700",
    )
    network = StreetNetwork.from_lines(lines, walking_kmh=3.6)
    a, b, half, quarter = (0.0, 0.0), (100.0, 0.0), (50.0, 0.0), (75.0, 0.0)
    assert network.walk_seconds([a], [b])[0, 0] == pytest.approx(160)
    assert network.walk_metres([a], [b])[0, 0] == pytest.approx(160)
    assert network.path(a, b).length == pytest.approx(160)
    assert network.walk_seconds([a, quarter], [half]).ravel() == pytest.approx(
        [50 * STEPS_EFFORT, 25 * STEPS_EFFORT]
    )
    assert network.walk_metres([a, quarter], [half]).ravel() == pytest.approx([50, 25])
    assert network.path(a, half).length == pytest.approx(50)


def test_times_and_metres_with_steps_equal_networkx() -> None:
    streets = grid(5)
    rng = np.random.default_rng(8)
    streets["highway"] = np.where(rng.random(len(streets)) < 0.4, "steps", "footway")
    network = StreetNetwork.from_lines(streets, walking_kmh=3.6)
    graph, joined = nx.Graph(), network.graph
    metre = joined.edge_m.tolist()
    hard = joined.chain_effort[joined.chain_start[1:] - 1].tolist()
    for (u, v), m, s in zip(joined.edge_nodes.tolist(), metre, hard, strict=True):
        if u != v and (not graph.has_edge(u, v) or graph[u][v]["s"] > s):
            graph.add_edge(u, v, m=m, s=s)
    assert sum(hard) > 1.2 * sum(metre)
    n = len(joined.node_xy)
    quickest = dict(nx.all_pairs_dijkstra_path(graph, weight="s"))
    seconds, metres = np.full((n, n), np.inf), np.full((n, n), np.inf)
    for u, ways in quickest.items():
        for v, way in ways.items():
            seconds[u, v] = nx.path_weight(graph, way, "s")
            metres[u, v] = nx.path_weight(graph, way, "m")
    at = joined.node_xy
    assert_allclose(network.walk_seconds(at, at), seconds, atol=1e-4)
    assert_allclose(network.walk_metres(at, at), metres, atol=1e-4)
    some = rng.integers(0, n, (2, 60))
    lengths = [way.length for way in network.paths(at[some[0]], at[some[1]])]
    assert_allclose(lengths, metres[some[0], some[1]], atol=1e-4)


def test_where_there_are_no_steps_metres_and_seconds_are_of_one_way() -> None:
    network = StreetNetwork.from_lines(grid(), walking_kmh=3.6)
    at = network.graph.node_xy
    assert_array_equal(network.walk_seconds(at, at), network.walk_metres(at, at))


def test_metres_with_steps_are_infinite_where_there_is_no_way() -> None:
    lines = gpd.GeoDataFrame(
        {"highway": ["steps", "steps"]},
        geometry=[shapely.LineString([(0, y), (50, y), (90, y)]) for y in (0, 50)],
        crs="EPSG:27700",
    )
    network = StreetNetwork.from_lines(lines)
    found = network.walk_metres([(0, 0), (0, 50)], [(90, 0), (90, 50), (np.nan, 0)])
    assert_array_equal(np.isfinite(found), [[True, False, False], [False, True, False]])


@pytest.mark.parametrize("chunk", [1, 7, 500])
@pytest.mark.parametrize("within_m", [0.0, 120.0, 350.0, 5000.0])
def test_ways_no_longer_than_asked_for_are_those_of_all_streets(
    within_m: float, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = StreetNetwork.from_lines(grid())
    points = np.add(np.random.default_rng(5).uniform(-20, 520, (40, 2)), (529_000, 180_000))
    points[3] = np.nan
    points[9] = 100_000
    all_ways = network.walks(points, points).metres
    monkeypatch.setattr("geodata.streets.routing._CHUNK", chunk)
    found = network.walks(points, points, within_m=within_m).metres
    near, known = np.isfinite(found), np.isfinite(all_ways)
    assert_array_equal(found[near], all_ways[near])
    assert known.sum() == 38 * 38
    assert near.all(where=known) == (within_m == 5000)
    # The way from a door to its street does not count, so that some are longer in all.
    assert near[all_ways <= within_m].all()
    assert (all_ways[near] <= within_m + 200).all()


def test_straight_lines_longer_than_asked_for_are_infinite() -> None:
    points = np.array([[0.0, 0.0], [100.0, 0.0], [1000.0, 0.0]])
    found = StraightLines(detour=1.0).walks(points[:1], points, within_m=100.0)
    assert found.metres.tolist() == [[0.0, 100.0, np.inf]]
    assert np.isinf(found.seconds).tolist() == [[False, False, True]]
