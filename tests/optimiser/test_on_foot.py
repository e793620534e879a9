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


def test_very_many_places_are_walked_between_a_part_at_a_time(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    xy = places(workspace, len(workspace.blocks))
    expected = workspace.network.walks(xy, xy)
    far = float(np.median(expected.metres))
    for name, value in (("_MANY_PLACES", 10), ("_PART", 7)):
        monkeypatch.setattr(f"optimiser.workspace.on_foot.{name}", value)
    found = between_places(workspace, xy, far * 3.6 / workspace.network.walking_kmh)
    near = np.isfinite(found.metres)
    # Half of the ways are longer; the way from the street to a door does not count.
    assert 0.4 < near.mean() < 0.7
    assert near[expected.metres <= far].all()
    for whole, exact in zip(found, expected, strict=True):
        assert_array_equal(whole[near], np.rint(exact[near]))
