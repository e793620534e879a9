"""Barriers of the settings keep blocks apart and shape the patches."""

from __future__ import annotations

import shutil
from pathlib import Path

import geopandas as gpd
import pytest

from geodata import DataError
from optimiser import Workspace


@pytest.fixture
def copy(borough: Path, tmp_path: Path) -> Path:
    """A copy of the synthetic borough's folder, to be spoiled."""
    return Path(shutil.copytree(borough, tmp_path / "copy"))


def name_barriers(folder: Path, setting: str) -> None:
    path = folder / "doorstep.toml"
    path.write_text(path.read_text().replace("[data]", f"[data]\nbarriers = {setting}", 1))


def test_barriers_of_the_settings_are_used(copy: Path) -> None:
    before = Workspace.open(copy)
    assert before.barriers is None
    # A wall all round one block.
    ref, point = before.blocks.index[0], before.blocks.geometry.iloc[0]
    drawn = gpd.GeoDataFrame(geometry=[point.buffer(1.0).boundary], crs=before.crs)
    drawn.to_file(copy / "walls.gpkg", layer="canals")
    drawn.translate(9000).to_frame("geometry").to_file(copy / "walls.gpkg", layer="others")
    name_barriers(copy, '{ file = "walls.gpkg", layer = "canals" }')
    after = Workspace.open(copy)
    assert after.barriers is not None
    assert after.barriers["kind"].tolist() == ["other"]
    assert not any(ref in note for note in before.adjacency_notes)
    assert any(ref in note for note in after.adjacency_notes)
    assert len(after.patch_shapes({ref: "P1", after.blocks.index[-1]: "P2"})) == 2


def test_a_barriers_file_that_is_not_there_is_bad_input(copy: Path) -> None:
    name_barriers(copy, '"walls.gpkg"')
    with pytest.raises(DataError, match=r"walls\.gpkg"):
        _ = Workspace.open(copy).adjacency
