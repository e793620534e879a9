"""The same streets in every format give the same network."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from shapely import LineString

from geodata.streets import StreetNetwork

SUFFIXES = (".osm", ".osm.pbf", ".gpkg", ".geojson", ".shp", ".fgb", ".graphml")


@dataclass(frozen=True)
class Streets:
    """Nodes at longitude and latitude; ways as the nodes that they run through, with their tags."""

    nodes: dict[int, tuple[float, float]]
    ways: list[tuple[list[int], dict[str, str]]] = field(default_factory=list)

    def write(self, path: Path) -> Path:
        """Write a file in the format of its suffix, and return its path."""
        name = path.name
        if name.endswith(".pbf"):
            xml = path.with_name(f"{name}.xml.osm")
            self._osm(xml)
            to_pbf(xml, path)
        elif name.endswith(".osm"):
            self._osm(path)
        elif name.endswith(".graphml"):
            self._graphml(path)
        else:
            self._frame().to_file(path)
        return path

    def _osm(self, path: Path) -> None:
        nodes = [
            f'<node id="{k}" version="1" lat="{y:.7f}" lon="{x:.7f}"/>'
            for k, (x, y) in self.nodes.items()
        ]
        ways = []
        for number, (refs, tags) in enumerate(self.ways, 1):
            body = "".join(f'<nd ref="{k}"/>' for k in refs) + _tags(tags)
            ways.append(f'<way id="{number}" version="1">{body}</way>')
        path.write_text(f'<?xml version="1.0"?>\n<osm version="0.6">{_lines(nodes + ways)}</osm>')

    def _frame(self) -> gpd.GeoDataFrame:
        names = sorted({tag for _, tags in self.ways for tag in tags})
        columns = {name: [tags.get(name) for _, tags in self.ways] for name in names}
        shapes = [shapely.LineString([self.nodes[k] for k in refs]) for refs, _ in self.ways]
        return gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326")

    def _graphml(self, path: Path) -> None:
        """As OSMnx does: nodes where ways meet or end, and each edge there and back."""
        names = ["crs", "x", "y", "geometry", *sorted({t for _, tags in self.ways for t in tags})]
        keys = [f'<key id="{name}" attr.name="{name}"/>' for name in names]
        nodes = [
            f'<node id="{k}"><data key="x">{x}</data><data key="y">{y}</data></node>'
            for k, (x, y) in self.nodes.items()
        ]
        edges = []
        for refs, tags in self._between_junctions():
            data = "".join(f"<data key={quoteattr(k)}>{v}</data>" for k, v in tags.items())
            for way in (refs, refs[::-1]):
                line = shapely.LineString([self.nodes[k] for k in way])
                shape = f'<data key="geometry">{shapely.to_wkt(line, rounding_precision=-1)}</data>'
                edges.append(f'<edge source="{way[0]}" target="{way[-1]}">{data}{shape}</edge>')
        body = _lines([*keys, '<graph><data key="crs">epsg:4326</data>', *nodes, *edges])
        path.write_text(f'<?xml version="1.0"?>\n<graphml>{body}</graph></graphml>')

    def _between_junctions(self) -> list[tuple[list[int], dict[str, str]]]:
        met = Counter(k for refs, _ in self.ways for k in refs)
        junctions = {k for k, times in met.items() if times > 1}
        junctions |= {k for refs, _ in self.ways for k in (refs[0], refs[-1])}
        parts = []
        for refs, tags in self.ways:
            at = [i for i, k in enumerate(refs) if k in junctions]
            parts += [(refs[a : b + 1], tags) for a, b in pairwise(at)]
        return parts


def to_pbf(xml: Path, path: Path) -> None:
    """Write an OpenStreetMap XML file as PBF."""
    import osmium

    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for item in osmium.FileProcessor(str(xml)):
            writer.add(item)


def _tags(tags: dict[str, str]) -> str:
    return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())


def _lines(parts: list[str]) -> str:
    return "\n".join(parts)


SIDE = 5
TAGS: tuple[dict[str, str], ...] = (
    {"highway": "residential"},
    {"highway": "footway", "name": "Ann's “Way”"},
    {"highway": "steps"},
    {"highway": "service", "access": "private"},
    {"highway": "footway", "bridge": "yes", "layer": "1"},
    {"highway": "residential", "foot": "no"},
    {"highway": "motorway"},
)


@st.composite
def districts(draw: st.DrawFn) -> Streets:
    """Ways between the points of a shaken grid, 100 m apart, some with every tag that matters."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    at = np.stack(np.meshgrid(range(SIDE), range(SIDE)), axis=-1).reshape(-1, 2) * [0.0014, 0.0009]
    at = np.round(at + rng.uniform(-2e-4, 2e-4, at.shape) + [-0.14, 51.5], 7)
    move = st.sampled_from([(1, 0), (0, 1), (-1, 0), (0, -1)])
    cell = st.integers(0, SIDE - 1)
    ways = []
    for _ in range(draw(st.integers(2, 14))):
        x, y = draw(cell), draw(cell)
        refs = [y * SIDE + x]
        for dx, dy in draw(st.lists(move, min_size=1, max_size=6)):
            x, y = min(max(x + dx, 0), SIDE - 1), min(max(y + dy, 0), SIDE - 1)
            if y * SIDE + x != refs[-1]:
                refs.append(y * SIDE + x)
        # A closed way could be read as an area; and one that turns back is none.
        if len(refs) > 1 and len(set(refs)) == len(refs):
            ways.append(([k + 1 for k in refs], draw(st.sampled_from(TAGS))))
    nodes = {k + 1: (float(x), float(y)) for k, (x, y) in enumerate(at)}
    assume(any(tags["highway"] != "motorway" and "foot" not in tags for _, tags in ways))
    return Streets(nodes, ways)


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(streets=districts(), seed=st.integers(0, 1000))
def test_every_format_gives_the_same_walking_times(
    tmp_path: Path, streets: Streets, seed: int
) -> None:
    pytest.importorskip("osmium")
    networks = {s: StreetNetwork.from_file(streets.write(tmp_path / f"d{s}")) for s in SUFFIXES}
    west, south, east, north = networks[".gpkg"].lines.total_bounds
    points = np.random.default_rng(seed).uniform([west, south], [east, north], (12, 2))
    expected = networks[".gpkg"].walk_seconds(points, points)
    assert np.isfinite(expected).any()
    for suffix, network in networks.items():
        found = network.walk_seconds(points, points)
        assert_allclose(found, expected, atol=0.01, err_msg=suffix)
        assert network.report.joined_ends == networks[".gpkg"].report.joined_ends, suffix


def test_openstreetmap_s_two_formats_are_read_alike(westminster: Path, tmp_path: Path) -> None:
    pytest.importorskip("osmium")
    xml = westminster / "streets" / "marylebone.osm"
    to_pbf(xml, tmp_path / "streets.osm.pbf")
    one, other = StreetNetwork.from_file(xml), StreetNetwork.from_file(tmp_path / "streets.osm.pbf")
    assert other.report.summary().replace("streets.osm.pbf", xml.name) == one.report.summary()
    points = np.random.default_rng(4).uniform(*one.lines.total_bounds.reshape(2, 2), (60, 2))
    assert_allclose(other.walk_seconds(points, points), one.walk_seconds(points, points), atol=0.01)


SQUARE = Streets(
    {
        1: (-0.1400, 51.5000),
        2: (-0.1390, 51.5000),
        3: (-0.1390, 51.5006),
        4: (-0.1400, 51.5006),
        5: (-0.1410, 51.5000),
        6: (-0.1380, 51.5006),
    },
    [
        ([1, 2, 3, 4, 1], {"highway": "pedestrian", "area": "yes", "name": "The Square"}),
        ([5, 1], {"highway": "footway"}),
        ([3, 6], {"highway": "footway"}),
    ],
)


@pytest.mark.parametrize("suffix", [".osm", ".osm.pbf"])
def test_one_walks_round_a_square_that_is_an_area(tmp_path: Path, suffix: str) -> None:
    if suffix.endswith(".pbf"):
        pytest.importorskip("osmium")
    network = StreetNetwork.from_file(SQUARE.write(tmp_path / f"square{suffix}"))
    assert network.report.components == 1
    assert set(network.lines["name"].dropna()) == {"The Square"}
    ends = gpd.GeoSeries.from_xy(*np.array([SQUARE.nodes[5], SQUARE.nodes[6]]).T, crs=4326)
    a, b = ends.to_crs(27700).get_coordinates().to_numpy()
    # 69 m, along two sides of 69 and 67 m, 69 m.
    assert network.walk_metres([a], [b])[0, 0] == pytest.approx(69.4 * 3 + 66.7, abs=1)


def os_open_roads(**columns: list[str]) -> gpd.GeoDataFrame:
    """A street of three links, and an A road over it that has a bend right above a junction.

        m
        |
    a---x---b---c     a-x, x-b, b-c: minor roads
        |   |         m-n: A road, its bend at x
        n   d         b-d: restricted road
    """
    at = {"a": (0, 0), "x": (100, 0), "b": (200, 0), "c": (300, 0), "d": (200, -90)}
    links = [[at["a"], at["x"]], [at["x"], at["b"]], [at["b"], at["c"]], [at["b"], at["d"]]]
    over = [(100, 150), at["x"], (100, -150)]
    shapes = [LineString(np.add(line, (529_000, 180_000))) for line in (*links, over)]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:27700")


SPELLINGS = {
    "gpkg": ("road_classification", "road_function", "road_structure", "start_node", "end_node"),
    "shp": ("class", "function", "structure", "startNode", "endNode"),
}


@pytest.mark.parametrize("kind", SPELLINGS)
def test_os_open_roads_joins_at_nodes_only(tmp_path: Path, kind: str) -> None:
    class_, function, structure, start, end = SPELLINGS[kind]
    frame = os_open_roads(
        **{
            class_: ["Unclassified"] * 3 + ["Unknown", "A Road"],
            function: ["Minor Road"] * 3 + ["Restricted Local Access Road", "A Road"],
            structure: [""] * 4 + ["Road On Bridge"],
            start: ["a", "x", "b", "b", "m"],
            end: ["x", "b", "c", "d", "n"],
        }
    )
    path = tmp_path / f"roads.{kind}"
    options = {"layer": "road_link"} if kind == "gpkg" else {}
    if kind == "gpkg":
        nodes = gpd.GeoDataFrame(geometry=frame.geometry.centroid, crs=frame.crs)
        nodes.to_file(path, layer="road_node")
    frame.to_file(path, **options)
    network = StreetNetwork.from_file(path)
    here, up = (529_100.0, 180_000.0), (529_100.0, 180_100.0)
    assert network.report.joined_ends == 0
    assert network.report.private == 1
    assert network.lines["level"].tolist() == [0, 0, 0, 0, 1]
    # The A road is a network of its own: there is no way up to it.
    assert np.isinf(network.walk_metres([(529_050.0, 180_000.0)], [up])[0, 0])
    assert network.walk_metres([(529_000.0, 180_000.0)], [(529_200.0, 179_910.0)]) == 290
    assert here not in map(tuple, network.graph.node_xy.tolist())


@pytest.mark.parametrize("column", ["class", "road_classification", "function", "road_function"])
def test_motorways_of_os_open_roads_are_out_by_class_or_function(
    tmp_path: Path, column: str
) -> None:
    frame = os_open_roads(**{column: ["Minor Road"] * 4 + ["Motorway"]})
    frame.to_file(tmp_path / "roads.gpkg")
    assert StreetNetwork.from_file(tmp_path / "roads.gpkg").report.not_walkable == 1
