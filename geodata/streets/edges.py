"""Move the edges between patches to the streets that run between their blocks.

The ground is cut along the streets and along the patches' edges into faces. A
face without a block goes over to the patch beside it where that makes the
edges cheaper: a metre along a street costs `ALONG_STREET` of a metre through
the buildings between streets. Each move makes the edges strictly cheaper, takes
no patch apart, and leaves every block where it is, so that the search ends and
the polygons keep what they held.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import shapely

__all__ = ["ALONG_STREET", "align_to_streets"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

ALONG_STREET: Final = 0.25
"""Cost of a metre of edge along a street, of one between streets 1; a modelling value."""
_GRID_M: Final = 0.0001
_ON_STREET_M: Final = 0.01
_LEAST_GAIN: Final = 1e-6


def align_to_streets(
    polygons: npt.NDArray[Any], streets: npt.NDArray[Any], points: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """Return the polygons with their common edges moved to streets.

    Parameters
    ----------
    polygons
        A valid coverage.
    streets
        LineStrings.
    points
        Points that stay in the polygon which covers them.

    Returns
    -------
    Polygons in the same order, a valid coverage of the same area.
    """
    import shapely

    area = shapely.union_all(polygons)
    shapely.prepare(area)
    streets = streets[shapely.intersects(streets, area)]
    if len(polygons) < 2 or not len(streets):
        return polygons
    faces = _faces(polygons, streets, area)
    label = _labels(faces, polygons)
    borders = _borders(faces, streets)
    label = _settle(label, _pinned(faces, points), borders)
    return np.array(
        [shapely.coverage_union_all(faces[label == k]) for k in range(len(polygons))], dtype=object
    )


def _faces(
    polygons: npt.NDArray[Any], streets: npt.NDArray[Any], area: shapely.Geometry
) -> npt.NDArray[Any]:
    import shapely

    lines = [*shapely.boundary(polygons), *streets]
    noded = shapely.union_all(lines, grid_size=_GRID_M)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    return np.asarray(faces[shapely.contains(area, shapely.point_on_surface(faces))])


def _labels(faces: npt.NDArray[Any], polygons: npt.NDArray[Any]) -> IntArray:
    import shapely

    label = np.zeros(len(faces), dtype=np.int64)
    inside = shapely.point_on_surface(faces)
    face, polygon = shapely.STRtree(polygons).query(inside, predicate="intersects")
    label[face] = polygon
    return label


def _pinned(faces: npt.NDArray[Any], points: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return which faces hold a point; one on an edge is held by all the faces there."""
    import shapely

    held = np.zeros(len(faces), dtype=bool)
    held[shapely.STRtree(faces).query(points, predicate="dwithin", distance=_ON_STREET_M)[1]] = True
    return held


@dataclass(frozen=True)
class _Borders:
    """Cost of the border with each neighbour of each face; the faces that no street parts."""

    cost: list[dict[int, float]]
    together: list[list[int]]


def _borders(faces: npt.NDArray[Any], streets: npt.NDArray[Any]) -> _Borders:
    """Faces share every vertex of their borders: each straight bit is in one ring or two."""
    import shapely

    rings, face = shapely.get_rings(faces, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    start = np.flatnonzero(ring[1:] == ring[:-1])
    ends = np.round(np.stack([xy[start], xy[start + 1]], axis=1) / _GRID_M).astype(np.int64)
    swap = (ends[:, 0, 0] > ends[:, 1, 0]) | (
        (ends[:, 0, 0] == ends[:, 1, 0]) & (ends[:, 0, 1] > ends[:, 1, 1])
    )
    ends[swap] = ends[swap][:, ::-1]
    owner = face[ring[start]]
    _, which, count = np.unique(
        ends.reshape(-1, 4), axis=0, return_inverse=True, return_counts=True
    )
    order = np.argsort(which.ravel(), kind="stable")
    order = order[count[which.ravel()[order]] == 2].reshape(-1, 2)
    a, b = owner[order].T
    first = start[order[:, 0]]
    metres = np.hypot(*(xy[first + 1] - xy[first]).T)
    middle = shapely.points((xy[first] + xy[first + 1]) / 2)
    tree = shapely.STRtree(streets)
    along = np.zeros(len(order), dtype=bool)
    along[tree.query(middle, predicate="dwithin", distance=_ON_STREET_M)[0]] = True
    metres = np.where(along, ALONG_STREET * metres, metres)
    cost: list[dict[int, float]] = [{} for _ in range(len(faces))]
    for i, j, m in zip(a.tolist(), b.tolist(), metres.tolist(), strict=True):
        if i != j:
            cost[i][j] = cost[i].get(j, 0.0) + m
            cost[j][i] = cost[j].get(i, 0.0) + m
    return _Borders(cost, _between_streets(len(faces), a[~along], b[~along]))


def _between_streets(n: int, a: IntArray, b: IntArray) -> list[list[int]]:
    """Return for each face all the faces of its ground between streets."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(n, n))
    _, ground = connected_components(links.tocsr(), directed=False)
    members: dict[int, list[int]] = {}
    for face, k in enumerate(ground.tolist()):
        members.setdefault(k, []).append(face)
    return [members[k] for k in ground.tolist()]


def _settle(label: IntArray, pinned: npt.NDArray[np.bool_], borders: _Borders) -> IntArray:
    """Move faces, one or all of one patch between streets, until none makes the edges cheaper."""
    out, fixed = label.tolist(), pinned.tolist()
    waiting = deque(k for k in range(len(out)) if not fixed[k])
    queued = [not f for f in fixed]
    while waiting:
        face = waiting.popleft()
        queued[face] = False
        beside = [k for k in borders.together[face] if out[k] == out[face] and not fixed[k]]
        for group in ([face], beside):
            if (patch := _cheaper(group, out, borders)) is None:
                continue
            for k in group:
                out[k] = patch
            for k in sorted({k for member in group for k in borders.cost[member]}):
                if not fixed[k] and not queued[k]:
                    queued[k] = True
                    waiting.append(k)
            break
    return np.asarray(out, dtype=np.int64)


def _cheaper(group: list[int], label: list[int], borders: _Borders) -> int | None:
    """Return the patch that the faces of one patch had better belong to, if there is one."""
    inside = set(group)
    beside: dict[int, float] = {}
    for face in group:
        for other, cost in borders.cost[face].items():
            if other not in inside:
                beside[label[other]] = beside.get(label[other], 0.0) + cost
    own = beside.pop(label[group[0]], 0.0)
    if not beside:
        return None
    best = min(beside, key=lambda k: (-beside[k], k))
    if beside[best] <= own + _LEAST_GAIN or _would_cut(inside, label, borders):
        return None
    return best


def _would_cut(group: set[int], label: list[int], borders: _Borders) -> bool:
    """Tell whether the patch would hang together no longer without the faces."""
    own = label[next(iter(group))]
    needed = {k for face in group for k in borders.cost[face] if label[k] == own} - group
    if len(needed) < 2:
        return False
    stack = [needed.pop()]
    seen = group | set(stack)
    while stack and needed:
        for other in borders.cost[stack.pop()]:
            if label[other] == own and other not in seen:
                seen.add(other)
                needed.discard(other)
                stack.append(other)
    return bool(needed)
