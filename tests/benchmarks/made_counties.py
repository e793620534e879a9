"""Made instances like the public ones of US counties: a seed in, an instance out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["made_counties"]

WIDTH_KM, DEPTH_KM = 500.0, 400.0


def made_counties(
    units: int, patches: int, seed: int, *, tolerance: float = 0.005
) -> dict[str, Any]:
    """Return a state of counties around random seats, with limits of total / patches -+ tolerance.

    Populations are lognormal and larger near a few cities, so that the largest county
    holds a good part of a patch, as real ones do. Whether a plan exists is not known.
    """
    rng = np.random.default_rng([units, patches, seed])
    xy = _spread_points(rng, units)
    cities = rng.choice(units, size=max(1, patches // 2), replace=False)
    from_city = np.linalg.norm(xy[:, None] - xy[cities], axis=2).min(axis=1)
    weight = np.exp(9.6 + 0.7 * rng.normal(size=units) + 1.8 * np.exp(-from_city / 40))
    # No county is too large for a patch: that would be no puzzle.
    most = 0.9 * weight.sum() / patches
    weight = np.rint(np.minimum(weight, most)).astype(np.int64)
    share = int(weight.sum()) / patches
    return {
        "name": f"made-{units}-{patches}-{seed}",
        "weight": weight.tolist(),
        "easting_northing_m": (1000 * xy).tolist(),
        "distance_km": np.rint(np.linalg.norm(xy[:, None] - xy, axis=2)).tolist(),
        "edges": _neighbours(xy),
        "patches": patches,
        "lower": math.ceil(share * (1 - tolerance)),
        "upper": math.floor(share * (1 + tolerance)),
    }


def _spread_points(rng: np.random.Generator, count: int) -> np.ndarray[Any, Any]:
    """Return points at random, each the one of ten that is farthest from those before it."""
    size = np.array([WIDTH_KM, DEPTH_KM])
    points = rng.random((1, 2)) * size
    while len(points) < count:
        tried = rng.random((10, 2)) * size
        apart = np.linalg.norm(tried[:, None] - points, axis=2).min(axis=1)
        points = np.vstack([points, tried[apart.argmax()]])
    return points


def _neighbours(xy: np.ndarray[Any, Any]) -> list[list[int]]:
    """Return the Delaunay edges without the tenth that is longest, so far as all stay joined."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import minimum_spanning_tree
    from scipy.spatial import Delaunay

    corners = Delaunay(xy).simplices
    sides = np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]])
    edges = np.unique(np.sort(sides, axis=1), axis=0)
    length = np.linalg.norm(xy[edges[:, 0]] - xy[edges[:, 1]], axis=1)
    graph = coo_array((length, (edges[:, 0], edges[:, 1])), shape=(len(xy), len(xy)))
    tree = minimum_spanning_tree(graph).tocoo()
    needed = set(zip(tree.row.tolist(), tree.col.tolist(), strict=True))
    short = length <= np.quantile(length, 0.9)
    return [e for e, kept in zip(edges.tolist(), short, strict=True) if kept or tuple(e) in needed]
