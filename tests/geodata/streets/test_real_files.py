"""Walking times on real street files against NetworkX, built from the file by other means.

Only the ties of loose ends are taken from the network, which shows them as lines.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from numpy.testing import assert_allclose
from pyproj import Transformer

from geodata.streets import StreetNetwork

Way = tuple[list[object], np.ndarray, dict[str, str]]
"""What its vertices are joined by, their coordinates, its tags."""

FILES = ["walk_merged.gpkg", "east_walk_bng.gpkg", "marylebone.osm", "drive_osmnx.graphml"]
TO_METRES = Transformer.from_crs("EPSG:4326", "EPSG:27700", always_xy=True)


def in_metres(lon_lat: np.ndarray) -> np.ndarray:
    return np.column_stack(TO_METRES.transform(*lon_lat.T))


def ways_of_gpkg(path: Path) -> Iterator[Way]:
    """Joined where they have a point in common to the centimetre."""
    lines = gpd.read_file(path).to_crs(27700).explode(ignore_index=True)
    for shape, highway in zip(lines.geometry, lines["highway"], strict=True):
        xy = shapely.get_coordinates(shape)
        yield [tuple(v) for v in np.round(xy * 100).astype(int).tolist()], xy, {"highway": highway}


def ways_of_osm(path: Path) -> Iterator[Way]:
    """Joined where they have a node of OpenStreetMap in common."""
    root = ElementTree.parse(path).getroot()
    ids = [node.get("id") for node in root.iter("node")]
    at = np.array([(float(n.get("lon")), float(n.get("lat"))) for n in root.iter("node")])
    place = dict(zip(ids, in_metres(at), strict=True))
    for way in root.iter("way"):
        tags = {tag.get("k"): tag.get("v") for tag in way.iter("tag")}
        refs = [nd.get("ref") for nd in way.iter("nd") if nd.get("ref") in place]
        if "highway" in tags and len(refs) > 1:
            yield refs, np.array([place[r] for r in refs]), tags


def ways_of_graphml(path: Path) -> Iterator[Way]:
    """Joined where they have a node of the graph in common."""
    graph = nx.read_graphml(path)
    at = in_metres(np.array([(float(d["x"]), float(d["y"])) for _, d in graph.nodes(data=True)]))
    place = dict(zip(graph.nodes, at, strict=True))
    for u, v, tags in graph.edges(data=True):
        bends = np.empty((0, 2))
        if "geometry" in tags:
            bends = in_metres(shapely.get_coordinates(shapely.from_wkt(tags["geometry"])))[1:-1]
        inner = [(frozenset((u, v)), *np.round(bend, 2)) for bend in bends]
        yield [u, *inner, v], np.array([place[u], *bends, place[v]]), tags


READERS = {".gpkg": ways_of_gpkg, ".osm": ways_of_osm, ".graphml": ways_of_graphml}


def may_walk(tags: dict[str, str]) -> bool:
    """All the cases that these four files have."""
    if tags["highway"] in ("proposed", "construction", "motorway") or tags.get("foot") == "no":
        return False
    return "no" not in tags.get("access", "") or tags.get("foot") == "yes"


class Reference:
    """Every vertex a node; a place on a piece becomes a node between its ends."""

    def __init__(self, ways: Iterator[Way], ties: np.ndarray) -> None:
        self.graph = nx.Graph()
        self.xy: dict[object, np.ndarray] = {}
        for keys, xy, tags in ways:
            if may_walk(tags):
                for key, place in zip(keys, xy, strict=True):
                    self.xy.setdefault(key, place)
                self.add_way(keys, 2.0 if tags["highway"] == "steps" else 1.0)
        self.pieces = list(self.graph.edges)
        self.pace = [self.graph.edges[piece]["pace"] for piece in self.pieces]
        self.lines = shapely.linestrings([(self.xy[u], self.xy[v]) for u, v in self.pieces])
        self.on: dict[int, list[tuple[float, object]]] = defaultdict(list)
        self.tie(ties)
        main = max(nx.connected_components(self.graph), key=len)
        self.left_out = np.array([u not in main for u, _ in self.pieces])

    def add_way(self, keys: list[object], pace: float) -> None:
        for u, v in pairwise(keys):
            if u != v and self.graph.edges.get((u, v), {"pace": 9.0})["pace"] > pace:
                self.step(u, v, float(np.hypot(*(self.xy[u] - self.xy[v]))), pace)

    def step(self, u: object, v: object, metres: float, pace: float = 1.0) -> None:
        self.graph.add_edge(u, v, seconds=metres * pace / 1.25, pace=pace)

    def tie(self, ties: np.ndarray) -> None:
        names = list(self.xy)
        vertices = shapely.STRtree(shapely.points(np.array(list(self.xy.values()))))
        lines = shapely.STRtree(self.lines)
        for end, place in ties:
            loose = names[int(vertices.nearest(shapely.Point(end)))]
            near = lines.query(shapely.Point(place), predicate="dwithin", distance=0.001)
            piece = next(k for k in near.tolist() if loose not in self.pieces[k])
            self.put(piece, ("tie", *place), place)
            self.step(loose, ("tie", *place), float(np.hypot(*(place - end))))
            self.pieces.append((loose, ("tie", *place)))
            self.pace.append(1.0)
        self.lines = np.concatenate([self.lines, shapely.linestrings(ties)])

    def put(self, piece: int, name: object, xy: np.ndarray) -> None:
        """Make a node of the place of the piece nearest to a point."""
        u, v = self.pieces[piece]
        at = float(shapely.line_locate_point(self.lines[piece], shapely.Point(xy)))
        for where, other in [(0.0, u), (float(self.lines[piece].length), v), *self.on[piece]]:
            self.step(name, other, abs(where - at), self.pace[piece])
        self.on[piece].append((at, name))

    def snap(self, name: object, xy: np.ndarray) -> float:
        """Put a point on the nearest piece; return how far that is."""
        gap = np.where(self.left_out, np.inf, shapely.distance(self.lines, shapely.Point(xy)))
        self.put(int(gap.argmin()), name, xy)
        return float(gap.min()) if gap.min() <= 1000 else np.inf

    def seconds(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        start = [self.snap(("from", i), xy) / 1.25 for i, xy in enumerate(a)]
        end = [self.snap(("to", j), xy) / 1.25 for j, xy in enumerate(b)]
        out = np.add.outer(start, end)
        for i in range(len(a)):
            far = nx.single_source_dijkstra_path_length(self.graph, ("from", i), weight="seconds")
            out[i] += [far.get(("to", j), np.inf) for j in range(len(b))]
        return out


@pytest.mark.parametrize("name", FILES)
def test_walking_times_equal_networkx(westminster: Path, name: str) -> None:
    path = westminster / "streets" / name
    network = StreetNetwork.from_file(path, walking_kmh=4.5)
    ties = shapely.get_coordinates(network.joins.geometry.array).reshape(-1, 2, 2)
    reference = Reference(READERS[path.suffix](path), ties)
    low, high = network.lines.total_bounds.reshape(2, 2)
    margin = 0.15 * (high - low)
    a, b = (np.random.default_rng(n).uniform(low + margin, high - margin, (n, 2)) for n in (6, 40))
    steps = network.lines[network.lines["steps"] & network.lines["kept"]]
    b[: len(steps)] = steps.geometry.interpolate(0.4, normalized=True).get_coordinates()
    found = network.walk_seconds(a, b)
    assert np.isfinite(found).mean() > 0.9
    assert_allclose(found, reference.seconds(a, b), atol=0.05)
