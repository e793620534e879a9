"""Whatever bytes a street file holds, it is read or refused in words, and soon."""

from __future__ import annotations

import io
import struct
import tempfile
import zipfile
import zlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from shapely import LineString

from geodata.errors import DataError
from geodata.streets import StreetNetwork
from geodata.streets.files import TAGS, read_street_lines

SUFFIXES = (".gpkg", ".geojson", ".shp", ".fgb", ".osm", ".graphml")
FUZZED = (
    *SUFFIXES,
    pytest.param(
        ".osm.pbf",
        marks=pytest.mark.skipif(find_spec("osmium") is None, reason="osmium writes the file"),
    ),
)
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
NODES = [("1", 51.5000, -0.1400), ("2", 51.5010, -0.1400), ("3", 51.5010, -0.1380)]


def frame() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "highway": ["residential", "steps", "footway"],
            "name": ["Élan's Road", None, "“Quoted” & <Co>"],
            "foot": ["yes", None, "designated"],
            "access": [None, "private", None],
            "bridge": ["yes", None, None],
            "layer": ["1", None, "-1"],
        },
        geometry=[
            LineString([(529_000, 180_000), (529_050.25, 180_010), (529_100, 180_000)]),
            LineString([(529_100, 180_000), (529_100, 180_080)]),
            LineString([(529_100, 180_080), (529_000, 180_000)]),
        ],
        crs="EPSG:27700",
    )


@cache
def content(suffix: str) -> bytes:
    """A sound file of three lines."""
    if suffix == ".osm":
        nodes = "".join(f'<node id="{k}" version="1" lat="{y}" lon="{x}"/>' for k, y, x in NODES)
        ways = "".join(
            f'<way id="{k}" version="1"><nd ref="{a}"/><nd ref="{b}"/>'
            f'<tag k="highway" v="footway"/></way>'
            for k, (a, b) in enumerate(((1, 2), (2, 3), (3, 1)), 1)
        )
        return f'{XML}<osm version="0.6">{nodes}{ways}</osm>'.encode()
    if suffix == ".osm.pbf":
        import osmium

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "streets.osm"
            path.write_bytes(content(".osm"))
            with osmium.SimpleWriter(str(path.with_suffix(".pbf"))) as writer:
                for item in osmium.FileProcessor(str(path)):
                    writer.add(item)
            return path.with_suffix(".pbf").read_bytes()
    if suffix == ".graphml":
        keys = "".join(f'<key id="{k}" attr.name="{k}"/>' for k in ("crs", "x", "y", "highway"))
        nodes = "".join(
            f'<node id="{k}"><data key="x">{x}</data><data key="y">{y}</data></node>'
            for k, y, x in NODES
        )
        edges = "".join(
            f'<edge source="{a}" target="{b}"><data key="highway">path</data></edge>'
            for a, b in ((1, 2), (2, 3), (3, 1))
        )
        graph = f'<graph><data key="crs">epsg:4326</data>{nodes}{edges}</graph>'
        return f"{XML}<graphml>{keys}{graph}</graphml>".encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"streets{suffix}"
        written = frame() if suffix in (".gpkg", ".shp", ".fgb") else frame().to_crs(4326)
        written.to_file(path)
        return path.read_bytes()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("streets")


def read_or_refuse(path: Path) -> gpd.GeoDataFrame | None:
    """Build the network; a refusal must name the file and a remedy."""
    try:
        return StreetNetwork.from_file(path).lines
    except DataError as error:
        for problem in error.problems:
            assert problem.file == path.name
            assert problem.reason
            assert problem.remedy
            assert str(path.parent) not in str(problem)
        return None


@pytest.mark.parametrize("suffix", FUZZED)
def test_the_sound_file_is_read(folder: Path, suffix: str) -> None:
    path = folder / f"sound{suffix}"
    if suffix == ".shp":
        frame().to_file(path)
    else:
        path.write_bytes(content(suffix))
    lines = read_or_refuse(path)
    assert lines is not None
    assert len(lines) == 3


FUZZ = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.mark.parametrize("suffix", FUZZED)
@FUZZ
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused(folder: Path, suffix: str, data: st.DataObject) -> None:
    whole = bytearray(content(suffix))
    cut = data.draw(st.one_of(st.just(len(whole)), st.integers(0, len(whole))), label="cut")
    del whole[cut:]
    if whole:
        for _ in range(data.draw(st.integers(0, 6), label="spots")):
            at = data.draw(st.integers(0, len(whole) - 1))
            whole[at] = data.draw(st.integers(0, 255))
    path = folder / f"damaged{suffix}"
    if suffix == ".shp" and not path.exists():
        frame().to_file(path)
    path.write_bytes(bytes(whole))
    read_or_refuse(path)


def test_a_shapefile_alone_is_told_what_it_lacks(folder: Path) -> None:
    path = folder / "alone.shp"
    path.write_bytes(content(".shp"))
    with pytest.raises(DataError, match=r"without the \.shx"):
        StreetNetwork.from_file(path)


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".osm.pbf", ".json"])
@FUZZ
@given(body=st.binary(max_size=300))
@example(b"")
@example(b"{}")
@example(b"\x00")
@example(b'{"type": "FeatureCollection", "features": [1, null]}')
@example(b"<osm/>")
@example(b"<graphml/>")
@example(b'<graphml><key id="x"/><graph><data key="x">9</data><edge/></graph></graphml>')
def test_any_bytes_are_read_or_refused(folder: Path, suffix: str, body: bytes) -> None:
    path = folder / f"any{suffix}"
    path.write_bytes(body)
    assert read_or_refuse(path) is None


@pytest.mark.parametrize("held", SUFFIXES)
def test_a_file_under_the_wrong_suffix_is_refused(folder: Path, held: str) -> None:
    for said in {*SUFFIXES, ".osm.pbf"} - {held}:
        path = folder / f"wrong{said}"
        path.write_bytes(content(held))
        assert read_or_refuse(path) is None


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".shp", ".fgb", ".osm"])
def test_a_file_that_points_to_other_files_is_refused(folder: Path, suffix: str) -> None:
    other = folder / "other.gpkg"
    other.write_bytes(content(".gpkg"))
    path = folder / f"points{suffix}"
    source = f"<SrcDataSource>{other}</SrcDataSource>"
    path.write_text(
        f'<OGRVRTDataSource><!-- <osm --><OGRVRTLayer name="lines">{source}'
        "<SrcLayer>other</SrcLayer></OGRVRTLayer></OGRVRTDataSource>"
    )
    assert read_or_refuse(path) is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("padding", [0, 2_000_000])
@pytest.mark.parametrize("suffix", [".osm", ".graphml"])
def test_entities_are_refused_wherever_they_are_defined(
    folder: Path, suffix: str, padding: int, encoding: str
) -> None:
    laughs = '<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{k} "{f"&a{k - 1};" * 10}">' for k in range(1, 12)
    )
    root = suffix[1:]
    body = f"{XML}<!--{' ' * padding}--><!DOCTYPE x [{laughs}]><{root}>&a11;</{root}>"
    path = folder / f"laughs{suffix}"
    path.write_bytes(body.replace("UTF-8", encoding).encode(encoding))
    with pytest.raises(DataError) as caught:
        StreetNetwork.from_file(path)
    (problem,) = caught.value.problems
    assert ("entities" in problem.reason) or ("its name says" in problem.reason)


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".osm.pbf"])
def test_a_zip_bomb_is_refused_unopened(folder: Path, suffix: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr(f"streets{suffix}", b" " * 20_000_000)
    path = folder / f"bomb{suffix}"
    path.write_bytes(packed.getvalue())
    assert read_or_refuse(path) is None


def test_a_pbf_that_swells_or_lies_about_its_size_is_refused(folder: Path) -> None:
    def varint(n: int) -> bytes:
        return bytes([n & 127 | 128]) + varint(n >> 7) if n > 127 else bytes([n])

    squeezed = zlib.compress(b"\0" * 30_000_000)
    for told in (2**31 - 1, 30_000_000):
        blob = b"\x10" + varint(told) + b"\x1a" + varint(len(squeezed)) + squeezed
        head = b"\x0a\x09OSMHeader\x18" + varint(len(blob))
        path = folder / "swells.osm.pbf"
        path.write_bytes(struct.pack(">I", len(head)) + head + blob)
        assert read_or_refuse(path) is None
    path.write_bytes(struct.pack(">I", 2**31 - 1) + b"\x0a\x09OSMHeader" + b"x" * 99)
    assert read_or_refuse(path) is None


@pytest.mark.parametrize("body", ['{"type":"FeatureCollection","features":' + "[" * 50_000])
def test_deep_nesting_is_refused(folder: Path, body: str) -> None:
    (folder / "deep.geojson").write_text(body)
    assert read_or_refuse(folder / "deep.geojson") is None
    (folder / "deep.graphml").write_text("<graphml>" + "<node>" * 50_000)
    assert read_or_refuse(folder / "deep.graphml") is None


@pytest.mark.parametrize("layer", ["inf", "nan", "9" * 30, "-1e308", "two"])
def test_a_layer_that_is_no_level_is_the_ground(folder: Path, layer: str) -> None:
    lines = frame()
    lines["layer"], lines["bridge"] = layer, None
    assert StreetNetwork.from_lines(lines).report.lines_read == 3


@pytest.mark.parametrize("value", ["nan", "inf", "x"])
def test_a_graph_with_a_node_nowhere_is_refused(folder: Path, value: str) -> None:
    path = folder / "nowhere.graphml"
    path.write_bytes(content(".graphml").replace(b"-0.138", value.encode()))
    assert read_or_refuse(path) is None


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".fgb"])
def test_what_is_written_is_read_back_whole(folder: Path, suffix: str) -> None:
    written = frame().rename(columns={"highway": "Highway"})
    path = folder / f"round{suffix}"
    written.to_file(path)
    found = read_street_lines(path)
    assert found.crs == written.crs
    assert set(found.columns) == {*TAGS, "geometry"} & {c.lower() for c in written.columns}
    order = [
        int(np.flatnonzero(shapely.dwithin(found.geometry.array, line, 0.01))[0])
        for line in written.geometry.array.interpolate(0.5, normalized=True)
    ]
    back = found.iloc[order].reset_index(drop=True)
    # GeoJSON says centimetres in degrees: seven decimals.
    assert shapely.equals_exact(back.geometry.array, written.geometry.array, 0.02).all()
    for column in ("name", "foot", "access", "bridge", "layer"):
        assert back[column].fillna("").tolist() == written[column].fillna("").tolist(), column
