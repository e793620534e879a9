"""A canal parts neighbours but at a bridge; barriers are read by OpenStreetMap's tags."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString

from geodata.adjacency import block_adjacency
from geodata.adjacency.barriers import (
    barrier_shapes,
    crosses_barrier,
    crossings,
    holds_barriers,
    read_barriers,
)
from geodata.errors import DataError
from geodata.streets import StreetNetwork
from geodata.walking import StraightLines


def frame(*lines: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[LineString(line) for line in lines], crs="EPSG:27700")


def pairs(xy: list[tuple[float, float]], network: object, **options: object) -> set[str]:
    """Neighbours as two letters, those made by rule with a star."""
    names = [chr(65 + k) for k in range(len(xy))]
    points = gpd.GeoSeries(shapely.points(xy), index=names, crs="EPSG:27700")
    found = block_adjacency(points, network, **options)  # type: ignore[arg-type]
    made = {join.block_ref + join.other_ref for join in found.joined}
    made |= {pair[::-1] for pair in made}
    told = [names[i] + names[j] for i, j in found.edges.tolist()]
    return {pair + "*" * (pair in made) for pair in told}


# A canal between two streets, at y = 50, and a bridge in the east.
CANAL = frame([(-50, 50), (250, 50)])
BANKS = StreetNetwork.from_lines(frame([(0, 0), (200, 0), (200, 100), (0, 100)]))
BLOCKS = [(0.0, 0.0), (190.0, 0.0), (190.0, 100.0), (0.0, 100.0)]


def test_a_bridge_makes_neighbours_across_a_canal() -> None:
    assert pairs(BLOCKS, BANKS, barriers=CANAL) == {"AB", "BC", "CD"}


def test_straight_lines_do_not_cross_a_canal() -> None:
    west = [(0.0, 0.0), (20.0, 30.0), (190.0, 0.0), (10.0, 90.0), (190.0, 95.0)]
    bridge = frame([(-50, 50), (180, 50)])
    assert "BD" in pairs(west, StraightLines())
    found = pairs(west, StraightLines(), barriers=bridge)
    assert "BD" not in found
    assert "CE" in found


def test_a_block_beyond_a_canal_from_its_street_is_no_neighbour() -> None:
    # C lies north of the canal, but the only street is south of it.
    street = StreetNetwork.from_lines(frame([(0, 0), (200, 0)]))
    canal = frame([(-50, 20), (250, 20)])
    xy = [(0.0, 5.0), (80.0, 5.0), (160.0, 40.0)]
    assert pairs(xy, street) == {"AB", "BC"}
    # Every block must hang on somewhere: C is attached by rule, and said to be.
    assert pairs(xy, street, barriers=canal) == {"AB", "BC*"}


def test_two_blocks_beyond_the_same_canal_stay_neighbours() -> None:
    street = StreetNetwork.from_lines(frame([(0, 0), (200, 0)]))
    canal = frame([(-50, 20), (250, 20)])
    xy = [(0.0, 5.0), (80.0, 5.0), (120.0, 40.0), (180.0, 40.0)]
    found = pairs(xy, street, barriers=canal)
    assert "CD" in found
    assert "BC" not in found


def test_what_hangs_loose_is_attached_on_its_own_side() -> None:
    # C is nearest to B, across the canal; D is farther, on C's side.
    lines = frame([(0, 0), (200, 0), (300, 100), (200, 200), (0, 200)], [(90, 60), (110, 60)])
    canal = frame([(-50, 40), (200, 40)])
    xy = [(0.0, 0.0), (100.0, 0.0), (100.0, 60.0), (100.0, 200.0)]
    network = StreetNetwork.from_lines(lines)
    assert "BC*" in pairs(xy, network)
    found = pairs(xy, network, barriers=canal)
    assert "CD*" in found
    assert not {"BC", "BC*"} & found


def test_barriers_elsewhere_change_nothing() -> None:
    rng = np.random.default_rng(2)
    xy = [tuple(p) for p in rng.uniform(0, 200, (12, 2))]
    far = frame([(5000, 0), (5000, 100)])
    for network in (BANKS, StraightLines()):
        assert pairs(xy, network, barriers=far) == pairs(xy, network)
    with pytest.raises(ValueError, match="barriers are in"):
        pairs(xy, BANKS, barriers=CANAL.set_crs(3857, allow_override=True))


def test_a_way_that_ends_at_a_barrier_does_not_cross_it() -> None:
    start = np.array([[0.0, 0.0], [0.0, 0.0], [0.0, 50.0], [np.nan, 0.0]])
    end = np.array([[0.0, 50.0], [0.0, 50.1], [0.0, 50.0], [0.0, 90.0]])
    assert crosses_barrier(start, end, CANAL).tolist() == [False, True, False, False]


OSM_WAYS = {
    "canal": '<tag k="waterway" v="canal"/><tag k="layer" v="-1"/>',
    "railway": '<tag k="railway" v="rail"/>',
    "underground": '<tag k="railway" v="rail"/><tag k="tunnel" v="yes"/>',
    "covered": '<tag k="railway" v="subway"/><tag k="covered" v="yes"/>',
    "cutting": '<tag k="railway" v="subway"/><tag k="layer" v="-2"/><tag k="tunnel" v="no"/>',
    "motorway": '<tag k="highway" v="motorway"/>',
    "trunk": '<tag k="highway" v="trunk"/>',
    "street": '<tag k="highway" v="residential"/>',
    "fence": '<tag k="barrier" v="fence"/>',
    "tram": '<tag k="railway" v="abandoned"/>',
}


def osm_file(path: Path, ways: dict[str, str], *, more: str = "") -> Path:
    """Write ways of two nodes, a thousandth of a degree apart from south to north."""
    nodes = lines = ""
    for k, tags in enumerate(ways.values()):
        for end in (0, 1):
            at = f'lat="{51.5 + 0.001 * k}" lon="{-0.14 - 0.001 * end}"'
            nodes += f'<node id="{10 * k + end + 1}" version="1" {at}/>'
        refs = f'<nd ref="{10 * k + 1}"/><nd ref="{10 * k + 2}"/>'
        lines += f'<way id="{k + 1}" version="1">{refs}{tags}</way>'
    path.write_text(f'<osm version="0.6">{nodes}{more}{lines}</osm>')
    return path


def test_barriers_are_read_by_openstreetmap_s_tags(tmp_path: Path) -> None:
    # What is below its surroundings but open is a barrier, what is in a tunnel or covered is none.
    found = read_barriers(osm_file(tmp_path / "map.osm", OSM_WAYS))
    assert found.crs == "EPSG:27700"
    which = np.round((found.to_crs(4326).bounds["miny"] - 51.5) * 1000).astype(int)
    kinds = {list(OSM_WAYS)[k]: kind for k, kind in zip(which, found["kind"], strict=True)}
    assert kinds == {
        "canal": "water",
        "railway": "railway",
        "cutting": "railway",
        "motorway": "road",
        "trunk": "road",
    }


def test_lakes_and_crossings_are_read_too(tmp_path: Path) -> None:
    nodes = '<node id="701" version="1" lat="51.5" lon="-0.1405"><tag k="highway" v="crossing"/>'
    nodes += "</node>"
    refs = ""
    for k, (dx, dy) in enumerate([(0, 0), (1, 0), (1, 1), (0, 1), (20, 0), (20, 20), (0, 20)]):
        at = f'lat="{51.4 + 0.0001 * dy}" lon="{-0.14 + 0.0001 * dx}"'
        nodes += f'<node id="{800 + k}" version="1" {at}/>'
    for way, ring in ((801, (0, 1, 2, 3, 0)), (802, (0, 4, 5, 6, 0))):  # 77 m2, and 31,000
        inside = "".join(f'<nd ref="{800 + k}"/>' for k in ring)
        refs += f'<way id="{way}" version="1">{inside}<tag k="natural" v="water"/></way>'
    path = osm_file(tmp_path / "map.osm", {"trunk": OSM_WAYS["trunk"]}, more=nodes)
    path.write_text(path.read_text().replace("</osm>", f"{refs}</osm>"))
    found = read_barriers(path)
    assert sorted(found["kind"]) == ["crossing", "road", "water"]
    shapes = found.set_index("kind").geometry
    assert shapes["water"].area == pytest.approx(31_000, rel=0.01)
    assert shapes["crossing"].distance(shapes["road"]) < 0.1


def test_at_a_crossing_a_straight_way_leads_over_the_barrier() -> None:
    xy = [(0.0, 0.0), (200.0, 10.0), (10.0, 90.0), (190.0, 100.0)]
    wall = [*CANAL.geometry]
    far = gpd.GeoDataFrame(geometry=[*wall, shapely.Point(5, 52)], crs=CANAL.crs)
    # In the west there is a crossing, in the east none; one of another barrier helps nobody.
    assert "AC" in pairs(xy, StraightLines(), barriers=far)
    assert "BD" not in pairs(xy, StraightLines(), barriers=far)
    other = gpd.GeoDataFrame(geometry=[*wall, shapely.Point(5, 60)], crs=CANAL.crs)
    assert "AC" not in pairs(xy, StraightLines(), barriers=other)


def test_points_of_a_drawn_layer_are_crossings(tmp_path: Path) -> None:
    drawn = gpd.GeoDataFrame(
        geometry=[
            LineString([(529_000, 180_000), (529_300, 180_050)]),
            shapely.MultiPoint([(529_100, 180_020), (529_200, 180_030)]),
            shapely.box(530_000, 180_000, 530_100, 180_100),
        ],
        crs="EPSG:27700",
    )
    drawn.to_file(tmp_path / "walls.geojson")
    found = read_barriers(tmp_path / "walls.geojson")
    assert found["kind"].tolist() == ["other", "crossing", "crossing", "other"]
    assert len(barrier_shapes(found)) == len(crossings(found)) == 2


def test_a_streets_file_may_hold_barriers(tmp_path: Path) -> None:
    path = tmp_path / "streets.gpkg"
    frame([(0, 0), (9, 9)]).to_file(path, layer="roads")
    assert not holds_barriers(path)
    frame([(0, 0), (9, 9)]).to_file(path, layer="barriers")
    assert holds_barriers(path)
    assert holds_barriers("map.osm.pbf")
    assert not holds_barriers("streets.graphml")


def test_a_barriers_layer_is_read_from_beside_the_streets(tmp_path: Path) -> None:
    path = tmp_path / "streets.gpkg"
    canal = frame([(529_000, 180_000), (529_300, 180_050)])
    frame([(529_000, 180_100), (529_200, 180_100)]).to_file(path, layer="roads")
    canal.to_crs(4326).to_file(path, layer="barriers")
    found = read_barriers(path)
    assert found.crs == canal.crs
    assert shapely.equals_exact(found.geometry.array, canal.geometry.array, 0.01).all()
    assert StreetNetwork.from_file(path).report.lines_read == 1


@pytest.mark.parametrize(
    "name", ["bad.gpkg", "bad.osm", "missing.osm", "missing.gpkg", "bad.txt", "missing.txt"]
)
def test_a_bad_file_is_refused(tmp_path: Path, name: str) -> None:
    if name.startswith("bad"):
        (tmp_path / name).write_bytes(b"hello")
    with pytest.raises(DataError) as caught:
        read_barriers(tmp_path / name)
    assert caught.value.problems[0].file == name
