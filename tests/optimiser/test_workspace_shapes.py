"""Barriers of the settings keep blocks apart and shape the patches."""

from __future__ import annotations

import shutil
from pathlib import Path

import geopandas as gpd
import pytest

from geodata import DataError
from geodata.tessellation import Ground
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


def test_all_patches_of_the_same_blocks_lie_in_the_same_cells(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    of = Ground.of
    monkeypatch.setattr(Ground, "of", lambda *a, **k: made.append(1) or of(*a, **k))
    ws = Workspace.open(copy)
    refs = [str(ref) for ref in ws.blocks.index]
    whole = ws.patch_shapes(dict.fromkeys(refs, "P1"))
    apart = ws.patch_shapes({ref: ref for ref in refs})
    assert (len(whole), len(apart)) == (1, len(refs))
    assert whole.union_all().symmetric_difference(apart.union_all()).area < 1.0
    assert made == [1]
    ws.patch_shapes(dict.fromkeys(refs[1:], "P1"))  # the first block's ground goes to others
    assert made == [1, 1]
