"""Pieces of a graph are joined by rule until it hangs together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

__all__ = ["connect"]

IntArray = npt.NDArray[np.int64]


def connect(
    near: IntArray, members: IntArray, nearest: Callable[[IntArray, IntArray], tuple[int, int]]
) -> tuple[IntArray, list[tuple[int, int]]]:
    """Connect the members among themselves: each piece, smallest first, to the rest of them.

    Parameters
    ----------
    near
        Neighbours, (m, 2).
    members
        Which are to hang together.
    nearest
        The pair by which a piece is joined: given the members of it and the others.

    Returns
    -------
    All neighbours, and the pairs that were added, of the piece and the rest.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    position = np.full(max(near.max(initial=-1), members.max(initial=-1)) + 1, -1, dtype=np.int64)
    position[members] = np.arange(len(members))
    inside = position[near]
    inside = inside[(inside >= 0).all(axis=1)]
    added: list[tuple[int, int]] = []
    while True:
        links = coo_array(
            (np.ones(len(inside), dtype=np.int8), inside.T), shape=(len(members), len(members))
        )
        count, label = connected_components(links.tocsr(), directed=False)
        if count <= 1:
            break
        own = label == int(np.argmin(np.bincount(label)))
        pair = nearest(members[own], members[~own])
        inside = np.concatenate([inside, position[np.array([pair])]])
        added.append(pair)
    if added:
        pairs = np.sort(np.array(added, dtype=np.int64), axis=1)
        near = np.unique(np.concatenate([near, pairs]), axis=0)
    return near, added
