"""Walking times of a week's places, those between blocks taken from the blocks' own matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from optimiser.workspace.workspace import Workspace

__all__ = ["walk_seconds"]

FloatArray = npt.NDArray[np.float64]


def walk_seconds(ws: Workspace, origins: FloatArray, destinations: FloatArray) -> FloatArray:
    """Return (n, m) walking seconds between (n, 2) and (m, 2) coordinates.

    The times between the blocks, which are kept on disk, serve where the points
    are half of the blocks or more; for fewer the search is quicker.
    """
    xy = ws.blocks.get_coordinates().to_numpy()
    number = {point: k for k, point in enumerate(map(tuple, xy.tolist()))}
    row, column = (
        np.array([number.get(p, -1) for p in map(tuple, points.tolist())], dtype=np.int64)
        for points in (origins, destinations)
    )
    if 2 * min((row >= 0).sum(), (column >= 0).sum()) < len(xy):
        return ws.network.walk_seconds(origins, destinations)
    out = ws.block_walk_s[np.ix_(row, column)]
    out[row < 0] = ws.network.walk_seconds(origins[row < 0], destinations)
    out[:, column < 0] = ws.network.walk_seconds(origins, destinations[column < 0])
    return out
