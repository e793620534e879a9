"""Polygons under their codes: whose column that is, and what becomes of bad shapes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import pytest
from shapely import MultiPolygon, Polygon, box

from geodata import DataError, Problem, read_polygons


def write(path: Path, columns: dict[str, Any], shapes: list[Any]) -> Path:
    gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:27700").to_file(path)
    return path


SQUARES = [box(0, 0, 10, 10), box(10, 0, 20, 10)]


@pytest.mark.parametrize(
    ("headings", "patch", "estate"),
    [
        (["patch", "name"], "patch", "name"),
        (["PATCH_CODE", "label"], "PATCH_CODE", "label"),
        (["WD22CD", "WD22NM"], "WD22CD", "WD22NM"),
        (["ward24_code", "ward24_name"], "ward24_code", "ward24_name"),
        (["osm_id", "NAME"], "NAME", "NAME"),
        (["Estate Name", "Housing patch"], "Housing patch", "Estate Name"),
    ],
)
def test_the_column_of_codes_is_recognised(
    tmp_path: Path, headings: list[str], patch: str, estate: str
) -> None:
    columns = {h: [f"{h} 1", f"{h} 2"] for h in headings}
    path = write(tmp_path / "drawn.gpkg", columns, SQUARES)
    codes: dict[Literal["patch", "estate"], str] = {"patch": patch, "estate": estate}
    for code, heading in codes.items():
        found: list[Problem] = []
        frame = read_polygons(path, code=code, problems=found)
        assert frame[code].tolist() == columns[heading]
        assert all(p.severity == "warning" for p in found)
        assert any(repr(heading) in p.reason for p in found) == (heading != code)


def test_the_only_column_of_different_texts_is_taken_and_said(tmp_path: Path) -> None:
    columns = {"gebiet": ["Nord", "Süd"], "borough": ["W", "W"], "n": [1, 2]}
    path = write(tmp_path / "drawn.gpkg", columns, SQUARES)
    found: list[Problem] = []
    assert read_polygons(path, code="patch", problems=found)["patch"].tolist() == ["Nord", "Süd"]
    assert ["'gebiet' as patch" in p.reason for p in found] == [True]
    assert "[columns.patches]" in found[0].remedy


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"gebiet": ["Nord", "Süd"], "kürzel": ["N", "S"]}, "could be gebiet, kürzel"),
        ({"borough": ["W", "W"], "n": [1, 2]}, "is not among borough, n"),
    ],
)
def test_without_a_column_of_codes_the_settings_must_name_it(
    tmp_path: Path, columns: dict[str, Any], words: str
) -> None:
    path = write(tmp_path / "drawn.gpkg", columns, SQUARES)
    with pytest.raises(DataError, match=words) as caught:
        read_polygons(path, code="estate")
    assert "[columns.estates] estate" in caught.value.problems[0].remedy
    first = next(iter(columns))
    frame = read_polygons(path, code="estate", columns={"estate": first})
    assert frame["estate"].tolist() == columns[first]


def test_a_mapped_column_beats_one_with_our_name_and_must_be_there(tmp_path: Path) -> None:
    path = write(tmp_path / "drawn.gpkg", {"patch": ["old", "old"], "new": ["A", "B"]}, SQUARES)
    frame = read_polygons(path, code="patch", columns={"patch": "new"})
    assert frame["patch"].tolist() == ["A", "B"]
    with pytest.raises(DataError, match="'newer' holds patch; it has patch, new"):
        read_polygons(path, code="patch", columns={"patch": "newer"})


def test_codes_are_text_and_a_blank_one_is_warned_of(tmp_path: Path) -> None:
    path = write(tmp_path / "drawn.gpkg", {"patch": [1.0, None]}, SQUARES)
    found: list[Problem] = []
    frame = read_polygons(path, code="patch", problems=found)
    assert frame["patch"].tolist() == ["1", None]
    assert [(p.row, p.severity) for p in found] == [(2, "warning")]
    assert "no patch code" in found[0].reason
    path = write(tmp_path / "spaced.gpkg", {"patch": [" P 1 ", "  "]}, SQUARES)
    assert read_polygons(path, code="patch", problems=[])["patch"].tolist() == ["P 1", None]


def test_shapes_are_mended_or_refused_each_with_its_feature(tmp_path: Path) -> None:
    bow_tie = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    flat = Polygon([(0, 0), (10, 0), (20, 0)])
    # A part that lies within another, and a spike, leave a polygon and no stray line.
    nested = MultiPolygon([box(0, 0, 10, 10), box(2, 2, 4, 4)])
    spike = Polygon([(0, 0), (10, 0), (10, 30), (10, 10), (0, 10)])
    shapes = [box(0, 0, 1, 1), bow_tie, flat, nested, spike, None]
    path = write(tmp_path / "drawn.gpkg", {"patch": list("abcdef")}, shapes)
    found: list[Problem] = []
    frame = read_polygons(path, code="patch", problems=found)
    assert [(p.row, p.severity) for p in found] == [
        (2, "warning"),
        (3, "error"),
        (4, "warning"),
        (5, "warning"),
        (6, "error"),
    ]
    assert frame["patch"].tolist() == ["a", "b", "d", "e"]
    assert frame["row"].tolist() == [1, 2, 4, 5]
    assert frame["mended"].tolist() == [False, True, True, True]
    assert frame.geometry.is_valid.all()
    assert set(frame.geom_type) <= {"Polygon", "MultiPolygon"}
    assert frame.area.tolist() == pytest.approx([1, 50, 100, 100])


def test_heights_are_left_out(tmp_path: Path) -> None:
    tall = Polygon([(0, 0, 5), (10, 0, 5), (10, 10, 5)])
    path = write(tmp_path / "drawn.gpkg", {"patch": ["a"]}, [tall])
    assert not read_polygons(path, code="patch").has_z.any()


def test_degrees_off_the_globe_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "drawn.geojson"
    path.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"patch":"a"},'
        '"geometry":{"type":"Polygon","coordinates":'
        "[[[51.5,181],[51.6,181],[51.6,182],[51.5,181]]]}}]}"
    )
    with pytest.raises(DataError, match="off the grid of its coordinate system"):
        read_polygons(path, code="patch")
