"""Points that stand for the ground of each block: its own, and those along its ways and streets.

Points sampled along the streets go to the block that is nearest on foot; those
along the straight way from a block to its street go to the block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from geodata.adjacency.street_cells import StreetCells, street_cells
from geodata.streets import StreetNetwork
from geodata.streets.routing import points_along

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.walking import WalkingNetwork

__all__ = ["ground_seeds", "seeds_around"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

SAMPLE_M: Final = 25.0
LEG_SAMPLE_M: Final = 10.0
PAVEMENT_M: Final = 3.0
"""How far beside the middle of a large road its pavements are taken to be."""
CLEAR_M: Final = 8.0
"""No sample of another block this near one, so that the block keeps ground of its own."""
_TINY_M: Final = 0.1
AROUND: Final = 6
"""Points round a block at `CLEAR_M`, so that its own cell is small and others can pass it."""
_APART_M: Final = 3.0


def ground_seeds(
    xy: FloatArray,
    network: WalkingNetwork,
    barriers: gpd.GeoDataFrame | None,
) -> tuple[FloatArray, IntArray]:
    """Return points, the blocks' own first, and the block that each belongs to."""
    from scipy.spatial import cKDTree

    _, first = np.unique(xy, axis=0, return_index=True)
    block = np.sort(first).astype(np.int64)
    if not isinstance(network, StreetNetwork):
        return xy[block], block
    cells = street_cells(xy, network, barriers)
    known = np.flatnonzero(np.isfinite(cells.street_xy[:, 0]) & (cells.cell == np.arange(len(xy))))
    on_legs, whose = _between(xy[known], cells.street_xy[known])
    on_streets, street_block = _street_samples(cells)
    samples = np.concatenate([on_legs, on_streets])
    owner = np.concatenate([known[whose], street_block])
    metres, near = cKDTree(xy[block]).query(samples)
    keep = (metres > CLEAR_M) | (block[near] == owner)
    samples, owner = samples[keep], owner[keep]
    _, first = np.unique(np.round(samples, 2), axis=0, return_index=True)
    return np.concatenate([xy[block], samples[first]]), np.concatenate([block, owner[first]])


def seeds_around(xy: FloatArray, seeds: FloatArray, block: IntArray) -> tuple[FloatArray, IntArray]:
    """Return the seeds with more around the blocks at `xy`, each for the block nearest there."""
    from scipy.spatial import cKDTree

    turn = 2 * np.pi * (np.arange(AROUND) + 0.25) / AROUND
    ring = CLEAR_M * np.column_stack([np.cos(turn), np.sin(turn)])
    around = (np.unique(xy, axis=0)[:, None] + ring).reshape(-1, 2)
    metres, near = cKDTree(seeds).query(around)
    free = metres > _APART_M
    return np.concatenate([seeds, around[free]]), np.concatenate([block, block[near[free]]])


def _street_samples(cells: StreetCells) -> tuple[FloatArray, IntArray]:
    """Return points about every `SAMPLE_M` along the streets and their nearest block on foot."""
    split = cells.split
    a, b = split.pieces.T
    owned = np.flatnonzero((cells.owner[a] >= 0) & (cells.owner[b] >= 0))
    length = (split.high - split.low)[owned]
    count = np.ceil(length / SAMPLE_M).astype(np.int64)
    which = np.repeat(np.arange(len(owned)), count)
    step = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    along = (step + 0.5) * (length / count)[which]
    piece = owned[which]
    a, b = a[piece], b[piece]
    from_a = cells.metres[a] + along
    from_b = cells.metres[b] + length[which] - along
    owner = np.where(from_a <= from_b, cells.owner[a], cells.owner[b])
    at = split.low[piece] + along
    ahead = points_along(split.graph, split.edge[piece], at + _TINY_M)
    ahead -= points_along(split.graph, split.edge[piece], at - _TINY_M)
    left = ahead[:, ::-1] * [-1.0, 1.0] / np.maximum(np.hypot(*ahead.T), _TINY_M)[:, None]
    between = points_along(split.graph, split.edge[piece], at)
    between += PAVEMENT_M * cells.side[piece, None] * left
    # The junctions too, so that ground on both sides of one hangs together; but not those
    # of a large road's two sides.
    junctions = split.node_xy()
    _, which, same = np.unique(
        np.nan_to_num(junctions), axis=0, return_inverse=True, return_counts=True
    )
    node = np.flatnonzero((cells.owner >= 0) & (same[which.ravel()] == 1))
    samples = np.concatenate([junctions[node], between])
    return samples, np.concatenate([cells.owner[node], owner])


def _between(start: FloatArray, end: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return points at most `LEG_SAMPLE_M` apart on straight ways, the ends too, and whose."""
    metres = np.hypot(*(end - start).T)
    count = np.floor(metres / LEG_SAMPLE_M).astype(np.int64) + 1
    which = np.repeat(np.arange(len(start)), count)
    step = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count) + 1
    share = (step / count[which])[:, None]
    return start[which] * (1 - share) + end[which] * share, which
