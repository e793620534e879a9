"""A week's walks are the same whether the blocks' own served or not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from geodata.walking import WalkingNetwork, Walks
from optimiser.workspace import Workspace
from optimiser.workspace.on_foot import between_places


@pytest.fixture
def workspace(borough: Path) -> Workspace:
    return Workspace.open(borough)


def places(ws: Workspace, blocks: int) -> np.ndarray:
    """Some blocks, out of order, among points that are none."""
    rng = np.random.default_rng(3)
    others = ws.block_xy[:4] + rng.uniform(20, 200, (4, 2))
    some = ws.block_xy[rng.permutation(len(ws.block_xy))[:blocks]]
    return rng.permutation(np.concatenate([some, others]))


@pytest.mark.parametrize("share", [1.0, 0.6, 0.2])
def test_walks_are_those_of_the_streets_to_the_bit(workspace: Workspace, share: float) -> None:
    xy = places(workspace, int(share * len(workspace.blocks)))
    found = between_places(workspace, xy)
    assert_array_equal(found.seconds, workspace.network.walk_seconds(xy, xy))
    assert_array_equal(found.metres, workspace.network.walk_metres(xy, xy))


def test_between_blocks_no_street_is_searched(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    xy = places(workspace, len(workspace.blocks))
    expected = between_places(workspace, xy)
    asked: list[int] = []
    search = type(workspace.network).walks

    def count(network: WalkingNetwork, a: np.ndarray, b: np.ndarray) -> Walks:
        asked.append(min(len(a), len(b)))
        return search(network, a, b)

    monkeypatch.setattr(type(workspace.network), "walks", count)
    assert_array_equal(between_places(workspace, xy), expected)
    assert asked == [4]
