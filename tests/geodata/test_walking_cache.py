"""Walks from the cache are those that were worked out, or are worked out again."""

from __future__ import annotations

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from shapely import LineString

from geodata import DataError, walking_cache
from geodata.streets import StreetNetwork
from geodata.walking import Walks
from geodata.walking_cache import cached_walks

POINTS = np.array([[0.0, 0.0], [100.0, 0.0], [50.0, 20.0], [np.nan, 0.0]])


class Streets:
    """A street file and its cache; counts how often the network was asked for."""

    def __init__(self, folder: Path, suffix: str = ".gpkg") -> None:
        self.path, self.cache, self.asked = folder / f"s{suffix}", folder / "deep" / "cache", 0
        self.write(100)

    def write(self, length: float) -> None:
        line = LineString([(0, 0), (length / 2, 1), (length, 0)])
        gpd.GeoDataFrame(geometry=[line], crs="EPSG:27700").to_file(self.path)

    def network(self) -> StreetNetwork:
        self.asked += 1
        return StreetNetwork.from_file(self.path)

    def walks(self, points: np.ndarray = POINTS, **options: object) -> Walks:
        given: dict[str, object] = {"network": self.network, "cache_dir": self.cache} | options
        return cached_walks(self.path, points, **given)  # type: ignore[arg-type]

    def entry(self) -> Path:
        (found,) = self.cache.iterdir()
        return found


@pytest.fixture
def streets(tmp_path: Path) -> Streets:
    return Streets(tmp_path)


def test_the_second_time_comes_from_the_cache_to_the_bit(streets: Streets) -> None:
    first = streets.walks()
    assert_array_equal(streets.walks(), first)
    assert_array_equal(first.seconds, streets.network().walk_seconds(POINTS, POINTS))
    assert_array_equal(first.metres, streets.network().walk_metres(POINTS, POINTS))
    assert streets.asked == 3


def test_whatever_changes_is_worked_out_again(streets: Streets) -> None:
    streets.walks()
    streets.walks(POINTS[::-1])
    streets.walks(walking_kmh=4.0)
    streets.walks(crs="EPSG:3857")
    streets.walks(layer="s")
    assert streets.asked == 5
    before = streets.walks().seconds[0, 1]
    assert streets.asked == 5
    streets.write(98)
    assert streets.walks().seconds[0, 1] != before


def test_other_barriers_are_worked_out_again(streets: Streets, tmp_path: Path) -> None:
    barriers = tmp_path / "barriers.geojson"
    barriers.write_text("one")
    streets.walks()
    streets.walks(barriers=barriers)
    assert streets.asked == 2
    streets.walks(barriers=barriers)
    streets.walks()
    assert streets.asked == 2
    barriers.write_text("two")
    streets.walks(barriers=barriers)
    streets.walks(barriers=barriers, barriers_layer="canals")
    assert streets.asked == 4


def test_another_part_of_a_shapefile_is_another_file(tmp_path: Path) -> None:
    streets = Streets(tmp_path, ".shp")
    streets.walks()
    streets.walks()
    assert streets.asked == 1
    with streets.path.with_suffix(".dbf").open("ab") as stream:
        stream.write(b" ")
    streets.walks()
    assert streets.asked == 2


def test_without_a_folder_nothing_is_kept(streets: Streets) -> None:
    streets.walks(cache_dir=None)
    streets.walks(cache_dir=None)
    assert streets.asked == 2
    assert not streets.cache.exists()


@pytest.mark.parametrize("kind", ["empty", "short", "bit", "long", "other shape", "pipe"])
def test_a_damaged_entry_is_worked_out_again_and_mended(streets: Streets, kind: str) -> None:
    first = streets.walks()
    entry = streets.entry()
    whole = entry.read_bytes()
    flipped = bytearray(whole)
    flipped[-3] ^= 4
    if kind == "pipe":
        entry.unlink()
        os.mkfifo(entry)
    elif kind == "other shape":
        walking_cache._store(entry, Walks(np.zeros((3, 3)), np.zeros((3, 3))))
    else:
        spoilt = {"empty": b"", "short": whole[:100], "bit": bytes(flipped), "long": whole + b"x"}
        entry.write_bytes(spoilt[kind])
    assert_array_equal(streets.walks(), first)
    assert streets.asked == 2
    assert entry.read_bytes() == whole


def test_streets_that_are_a_pipe_are_not_waited_for(streets: Streets) -> None:
    streets.path.unlink()
    os.mkfifo(streets.path)
    with pytest.raises(DataError, match="no ordinary file"):
        streets.walks()


def test_a_folder_that_cannot_be_written_is_no_harm(streets: Streets, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    found = streets.walks(cache_dir=tmp_path / "file" / "cache")
    assert_array_equal(found, streets.walks(cache_dir=None))


def test_the_oldest_entries_go(streets: Streets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking_cache, "KEPT_FILES", 3)
    for k in range(5):
        streets.walks(POINTS[:3] + k)
    assert len(list(streets.cache.iterdir())) == 3


def test_a_missing_street_file_is_the_network_s_to_tell(streets: Streets, tmp_path: Path) -> None:
    streets.path = tmp_path / "gone.gpkg"
    with pytest.raises(Exception, match="is not there"):
        streets.walks()
