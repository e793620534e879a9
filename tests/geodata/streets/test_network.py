"""Street files become one walking graph: what joins, what stays apart, what is refused."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString

from geodata.errors import DataError
from geodata.streets import StreetNetwork

E0, N0 = 529_000.0, 180_000.0


def streets(*lines: list[tuple[float, float]], **tags: list[str | None]) -> gpd.GeoDataFrame:
    """Lines in metres east and north of a corner in Westminster."""
    shapes = [LineString([(E0 + x, N0 + y) for x, y in line]) for line in lines]
    return gpd.GeoDataFrame(tags, geometry=shapes, crs="EPSG:27700")


def metres(network: StreetNetwork, a: tuple[float, float], b: tuple[float, float]) -> float:
    start, end = ([(E0 + x, N0 + y)] for x, y in (a, b))
    return float(network.walk_metres(start, end)[0, 0])


def test_lines_that_cross_without_a_shared_vertex_do_not_join() -> None:
    # A bridge over a street: the way round is by the vertex both share at (300, 0).
    network = StreetNetwork.from_lines(
        streets(
            [(0, 0), (300, 0)],
            [(100, -100), (100, 100)],
            [(100, 100), (300, 100), (300, 0)],
        )
    )
    assert metres(network, (100, 50), (50, 0)) == pytest.approx(50 + 200 + 100 + 250)


def test_lines_join_where_they_share_a_vertex() -> None:
    network = StreetNetwork.from_lines(
        streets([(0, 0), (100, 0), (300, 0)], [(100, -100), (100, 0), (100, 100)])
    )
    assert metres(network, (100, 50), (50, 0)) == pytest.approx(100)
    assert network.report.components == 1
    assert network.report.joined_ends == 0


def test_lines_that_say_their_nodes_join_there_only() -> None:
    # Both bend at the same place, one above the other; and the third begins at a node of the first.
    cross = [(0, 0), (100, 0), (300, 0)], [(100, -90), (100, 0), (100, 90)], [(300, 0), (300, 90)]
    plain = StreetNetwork.from_lines(streets(*cross))
    nodes = {"start_node": ["a", "c", "b"], "end_node": ["b", "d", "e"]}
    told = StreetNetwork.from_lines(streets(*cross, **nodes))
    assert (plain.report.components, told.report.components) == (1, 2)
    assert metres(told, (0, 0), (300, 90)) == pytest.approx(390)
    # A line drawn into such a file by hand, without nodes, joins wherever it meets another's end.
    nodes = {"start_node": ["a", None, "b"], "end_node": ["b", None, "e"]}
    assert StreetNetwork.from_lines(streets(*cross, **nodes)).report.components == 2


def test_a_street_in_both_directions_is_one() -> None:
    there = [(0, 0), (50, 30), (100, 0)]
    both = streets(there, there[::-1], start_node=["a", "b"], end_node=["b", "a"])
    network = StreetNetwork.from_lines(both)
    assert len(network.graph.edge_m) == 1
    assert network.report.vertices == 3


@pytest.mark.parametrize(("gap", "joined"), [(9.0, 1), (0.0, 1), (11.0, 0)])
def test_a_loose_end_is_tied_to_a_line_within_ten_metres(gap: float, joined: int) -> None:
    network = StreetNetwork.from_lines(
        streets([(0, 0), (300, 0)], [(100, gap), (100, 90), (200, 90)])
    )
    assert network.report.joined_ends == joined
    assert network.report.components == 2 - joined
    if joined:
        assert metres(network, (50, 0), (100, 90)) == pytest.approx(50 + 90)
    else:
        assert np.isinf(metres(network, (50, 0), (100, 90)))


def test_loose_ends_of_a_large_town_are_tied_as_if_each_were_alone() -> None:
    """More side streets than are looked at together; every third can be reached anyway."""
    lines = [[(25.0 * k, 0), (25.0 * k + 25, 0)] for k in range(250)]
    lines += [[(25.0 * k, 5), (25.0 * k, 12), (25.0 * k, 60)] for k in range(1, 250)]
    lines += [[(25.0 * k, 12), (25.0 * k + 12, 12), (25.0 * k, 0)] for k in range(3, 250, 3)]
    network = StreetNetwork.from_lines(streets(*lines))
    assert network.report.joined_ends == 249 - 83
    assert network.report.components == 1


def test_two_loose_ends_are_tied_once() -> None:
    network = StreetNetwork.from_lines(streets([(0, 0), (100, 0)], [(105, 0), (200, 0)]))
    assert network.report.joined_ends == 1
    assert metres(network, (0, 0), (200, 0)) == pytest.approx(200)


def test_a_short_spur_is_not_tied_to_the_street_it_leaves() -> None:
    network = StreetNetwork.from_lines(streets([(0, 0), (100, 0), (300, 0)], [(100, 0), (102, 8)]))
    assert network.report.joined_ends == 0


def test_a_loose_end_on_a_bridge_is_not_tied_to_the_street_below() -> None:
    below_and_bridge = [(0, 0), (300, 0)], [(100, 5), (100, 90), (200, 90)]
    plain = StreetNetwork.from_lines(streets(*below_and_bridge))
    bridge = StreetNetwork.from_lines(streets(*below_and_bridge, bridge=[None, "yes"]))
    layer = StreetNetwork.from_lines(streets(*below_and_bridge, layer=[None, "1"]))
    assert plain.report.joined_ends == 1
    assert bridge.report.joined_ends == layer.report.joined_ends == 0


def test_a_subway_is_not_tied_to_the_end_of_the_street_above() -> None:
    # Both end here and come from the north: the one runs below the other.
    below = streets(
        [(0, 0), (0, 300), (90, 300)],
        [(3, -6), (0, 90), (60, 90)],
        tunnel=[None, "yes"],
        layer=[None, "-1"],
    )
    assert StreetNetwork.from_lines(below).report.joined_ends == 0


def test_a_bridge_is_tied_to_the_end_of_the_street_that_goes_on() -> None:
    on = streets([(0, 0), (0, 300)], [(3, -6), (0, -90)], bridge=[None, "yes"])
    assert StreetNetwork.from_lines(on).report.joined_ends == 1


def test_two_ends_beside_each_other_s_lines_are_tied_once() -> None:
    # The nearest place on each line is a little way along it.
    corner = streets([(0, 0), (300, 20)], [(-1, 5), (20, 300)])
    assert StreetNetwork.from_lines(corner).report.joined_ends == 1


def test_a_small_piece_apart_is_dropped_and_points_snap_to_the_main_one() -> None:
    main = [(float(x), 0.0) for x in range(0, 1000, 10)]
    network = StreetNetwork.from_lines(streets(main, [(500, 40), (500, 60)]))
    assert (network.report.components, network.report.dropped) == (2, 1)
    assert network.report.dropped_vertices == 2
    assert network.report.main_share == pytest.approx(100 / 102)
    assert metres(network, (500, 50), (600, 0)) == pytest.approx(50 + 100)
    assert "1 small piece apart" in network.report.summary()


def test_two_large_pieces_stay_with_no_way_between_them() -> None:
    network = StreetNetwork.from_lines(streets([(0, 0), (300, 0)], [(0, 200), (300, 200)]))
    assert network.report.kept == 2
    assert np.isinf(metres(network, (10, 0), (10, 200)))
    assert metres(network, (10, 200), (30, 200)) == pytest.approx(20)


def test_only_walkable_ways_are_used() -> None:
    lines = [[(0.0, 20.0 * k), (300.0, 20.0 * k)] for k in range(9)]
    frame = streets(
        *lines,
        highway=[
            "residential",
            "motorway",
            "trunk_link",
            "service",
            "path",
            "['primary', 'unclassified']",
            None,
            "footway",
            "trunk",
        ],
        foot=[None, None, "no", None, "yes", None, None, None, "yes"],
        access=["private", None, None, "no", "no", None, None, None, None],
        motorroad=[None] * 8 + ["yes"],
    )
    network = StreetNetwork.from_lines(frame)
    kept = sorted(network.lines.geometry.bounds["miny"].sub(N0).div(20).round().astype(int))
    assert kept == [0, 4, 5, 7, 8]
    assert network.report.not_walkable == 4
    assert network.report.private == 1
    assert list(network.lines["highway"])[:2] == ["residential", "path"]


def test_a_ring_and_two_ways_between_the_same_junctions_keep_their_own_lengths() -> None:
    network = StreetNetwork.from_lines(
        streets(
            [(0, 0), (100, 0)],
            [(0, 0), (0, 50), (100, 50), (100, 0)],
            [(100, 0), (200, 0), (200, -100), (100, -100), (100, 0)],
        )
    )
    assert metres(network, (0, 0), (100, 0)) == pytest.approx(100)
    assert metres(network, (50, 50), (0, 0)) == pytest.approx(100)
    assert metres(network, (200, -50), (100, -50)) == pytest.approx(200)


def test_motorways_of_os_open_roads_are_out() -> None:
    frame = streets(
        [(0, 0), (300, 0)], [(0, 50), (300, 50)], road_classification=["Motorway", "B Road"]
    )
    network = StreetNetwork.from_lines(frame)
    assert network.report.not_walkable == 1
    assert network.lines.geometry.iloc[0].coords[0] == (E0, N0 + 50)


def test_what_was_done_to_the_file_can_be_drawn() -> None:
    main = [(float(x), 0.0) for x in range(0, 1000, 10)]
    network = StreetNetwork.from_lines(
        streets(
            main,
            [(300, 4), (300, 90)],
            [(500, 40), (500, 60)],
            [(990, 0), (990, 50)],
            [(0, 300), (900, 300)],
            highway=["residential", "steps", "service", "footway", "motorway"],
            access=[None, None, None, "private", None],
            bridge=[None, None, "yes", None, None],
        )
    )
    lines = network.lines
    assert lines["component"].tolist() == [0, 0, 1, 0]
    assert lines["kept"].tolist() == [True, True, False, True]
    assert lines["private"].tolist() == [False, False, False, True]
    assert lines["steps"].tolist() == [False, True, False, False]
    assert lines["level"].tolist() == [0, 0, 1, 0]
    assert len(network.joins) == network.report.joined_ends == 1
    assert network.joins["gap_m"].tolist() == [4.0]
    assert list(network.joins.geometry[0].coords) == [(E0 + 300, N0 + 4), (E0 + 300, N0)]
    assert lines.crs == network.joins.crs == "EPSG:27700"


def test_legs_go_from_the_points_to_the_street() -> None:
    network = StreetNetwork.from_lines(streets([(0, 0), (100, 0)]))
    points = gpd.GeoSeries.from_xy(
        [E0 + 30, E0, E0 - 4],
        [N0 + 9, N0 + 2000, N0 + 3],
        index=["a", "far", "b"],
        crs="EPSG:27700",
    )
    legs = network.legs(points)
    assert legs.index.tolist() == ["a", "far", "b"]
    assert legs["leg_m"].tolist() == [9.0, np.inf, 5.0]
    assert list(legs.geometry["a"].coords) == [(E0 + 30, N0 + 9), (E0 + 30, N0)]
    assert legs.geometry["far"].is_empty
    with pytest.raises(ValueError, match="the points are in"):
        network.legs(points.to_crs(4326))


def test_steps_that_lie_on_a_level_way_cost_no_more() -> None:
    both = streets([(0, 0), (90, 0)], [(0, 0), (90, 0)], highway=["steps", "footway"])
    network = StreetNetwork.from_lines(both, walking_kmh=3.6)
    assert network.walk_seconds([(E0, N0)], [(E0 + 90, N0)])[0, 0] == pytest.approx(90)


def test_a_passage_through_a_building_is_tied_to_the_street_beside_it() -> None:
    frame = streets(
        [(0, 0), (300, 0)],
        [(100, 5), (100, 90), (200, 90)],
        tunnel=[None, "building_passage"],
        layer=[None, "-1"],
    )
    assert StreetNetwork.from_lines(frame).report.joined_ends == 1


OSM = """<?xml version="1.0"?>
<osm version="0.6">
 <node id="1" version="1" lat="51.5000" lon="-0.1400"/>
 <node id="2" version="1" lat="51.5010" lon="-0.1400"/>
 <node id="3" version="1" lat="51.5020" lon="-0.1400"/>
 <node id="4" version="1" lat="51.5010" lon="-0.1380"/>
 <node id="5" version="1" lat="51.5010" lon="-0.1420"/>
 <way id="10" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/>
  <tag k="highway" v="residential"/><tag k="name" v="High Street"/></way>
 <way id="11" version="1"><nd ref="2"/><nd ref="4"/>
  <tag k="highway" v="service"/><tag k="foot" v="no"/></way>
 <way id="12" version="1"><nd ref="2"/><nd ref="5"/>
  <tag k="highway" v="footway"/><tag k="access" v="private"/></way>
 <way id="13" version="1"><nd ref="5"/><nd ref="1"/><tag k="railway" v="rail"/></way>
</osm>
"""

GRAPHML = """<?xml version="1.0"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="d0" for="graph" attr.name="crs" attr.type="string"/>
<key id="d1" for="node" attr.name="y" attr.type="string"/>
<key id="d2" for="node" attr.name="x" attr.type="string"/>
<key id="d3" for="edge" attr.name="highway" attr.type="string"/>
<key id="d4" for="edge" attr.name="geometry" attr.type="string"/>
<graph edgedefault="directed"><data key="d0">epsg:27700</data>
<node id="1"><data key="d1">180000</data><data key="d2">529000</data></node>
<node id="2"><data key="d1">180000</data><data key="d2">529100</data></node>
<node id="3"><data key="d1">180080</data><data key="d2">529100</data></node>
<edge source="1" target="2" id="0"><data key="d3">residential</data>
 <data key="d4">LINESTRING (529000 180000, 529050 180030, 529100 180000)</data></edge>
<edge source="2" target="1" id="0"><data key="d3">residential</data>
 <data key="d4">LINESTRING (529100 180000, 529050 180030, 529000 180000)</data></edge>
<edge source="2" target="3" id="0"><data key="d3">footway</data></edge>
</graph></graphml>
"""


def test_raw_openstreetmap_is_read_with_its_tags(tmp_path: Path) -> None:
    path = tmp_path / "map.osm"
    path.write_text(OSM)
    network = StreetNetwork.from_file(path)
    assert network.report.lines_read == 3
    assert network.report.not_walkable == 1
    assert network.report.private == 1
    assert set(network.lines["name"].dropna()) == {"High Street"}


def test_graphml_is_read_with_its_bends(tmp_path: Path) -> None:
    path = tmp_path / "graph.graphml"
    path.write_text(GRAPHML)
    network = StreetNetwork.from_file(path)
    bend = 2 * np.hypot(50, 30)
    assert metres(network, (0, 0), (100, 80)) == pytest.approx(bend + 80)


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp"])
def test_what_gdal_writes_is_read_back_in_metres(tmp_path: Path, suffix: str) -> None:
    frame = streets([(0, 0), (100, 0)], [(100, 0), (100, 70)], highway=["path", "steps"])
    path = tmp_path / f"streets{suffix}"
    frame.to_crs(4326).to_file(path)
    assert metres(StreetNetwork.from_file(path), (0, 0), (100, 70)) == pytest.approx(170, abs=0.05)


BAD_FILES = {
    "missing.gpkg": (None, "is not there"),
    "streets.xlsx": (b"PK", "not a kind of street file"),
    "empty.gpkg": (b"", "empty"),
    "broken.geojson": (b'{"type": "FeatureCollection", "features": [{"ty', "cannot be read"),
    "nolines.geojson": (b'{"type": "FeatureCollection", "features": []}', "holds no"),
    "truncated.osm": (OSM[:600].encode(), "cannot be read"),
    "notxml.osm": (b"hello", "cannot be read"),
    "truncated.graphml": (GRAPHML[:800].encode(), "cannot be read"),
    "entities.graphml": (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x/>', "entities"),
    "wrong.pbf": (b"hello", "cannot be read"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_a_data_error_that_names_it(tmp_path: Path, name: str) -> None:
    content, reason = BAD_FILES[name]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as caught:
        StreetNetwork.from_file(tmp_path / name)
    (problem,) = caught.value.problems
    assert problem.file == name
    assert reason in problem.reason
    assert problem.remedy


def test_streets_without_a_coordinate_system_or_elsewhere_are_refused() -> None:
    with pytest.raises(DataError, match="coordinate system"):
        StreetNetwork.from_lines(streets([(0, 0), (9, 9)]).set_crs(None, allow_override=True))
    with pytest.raises(ValueError, match="in metres"):
        StreetNetwork.from_lines(streets([(0, 0), (9, 9)]), "EPSG:4326")
    motorway = streets([(0, 0), (99, 9)], highway=["motorway"])
    with pytest.raises(DataError, match="walked"):
        StreetNetwork.from_lines(motorway)


FILES = {
    "walk_merged.gpkg": (11_503, 0.988),
    "east_walk_bng.gpkg": (4_899, 0.999),
    "marylebone.osm": (287, 0.98),
    "drive_osmnx.graphml": (7_478, 0.999),
}


@pytest.mark.parametrize("name", FILES)
def test_every_real_street_file_gives_a_graph(westminster: Path, name: str) -> None:
    lines, share = FILES[name]
    report = StreetNetwork.from_file(westminster / "streets" / name).report
    assert report.lines_read == lines
    assert report.main_share >= share
    assert report.kept == 1
