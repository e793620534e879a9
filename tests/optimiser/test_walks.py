"""A week's walking times are the same whether the blocks' matrix served or not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from optimiser.workspace import Workspace
from optimiser.workspace.walks import walk_seconds


@pytest.fixture
def workspace(borough: Path) -> Workspace:
    return Workspace.open(borough)


def places(ws: Workspace, blocks: int) -> np.ndarray:
    """Some blocks, out of order, among points that are none."""
    xy = ws.blocks.get_coordinates().to_numpy()
    rng = np.random.default_rng(3)
    others = xy[:4] + rng.uniform(20, 200, (4, 2))
    return rng.permutation(np.concatenate([xy[rng.permutation(len(xy))[:blocks]], others]))


@pytest.mark.parametrize("share", [1.0, 0.6, 0.2])
def test_times_are_those_of_the_streets_to_the_bit(workspace: Workspace, share: float) -> None:
    xy = places(workspace, int(share * len(workspace.blocks)))
    expected = workspace.network.walk_seconds(xy, xy)
    assert_array_equal(walk_seconds(workspace, xy, xy), expected)
    assert_array_equal(walk_seconds(workspace, xy[:-5], xy[3:]), expected[:-5, 3:])


def test_between_blocks_no_street_is_searched(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    xy = places(workspace, len(workspace.blocks))
    expected = walk_seconds(workspace, xy, xy)
    asked: list[int] = []
    search = type(workspace.network).walk_seconds

    def count(network: object, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        asked.append(min(len(a), len(b)))
        return search(network, a, b)

    monkeypatch.setattr(type(workspace.network), "walk_seconds", count)
    assert_array_equal(walk_seconds(workspace, xy, xy), expected)
    assert asked == [4, 4]
