"""Where points beside the streets reach them: at the nearest place along a street.

A straight leg does not lead across a barrier where a street on the point's own
side lies within `OWN_SIDE_M`. Walking times, paths and neighbours all hold to
this one rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from geodata.streets.graph import StreetGraph, exact

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["OWN_SIDE_M", "Snapped", "Snapper"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

OWN_SIDE_M: Final = 250.0
"""How far a street on the point's own side of a barrier is looked for; a modelling value."""
_NEARER_M: Final = 50.0
"""Looked at first, so that few points are held against all streets of the neighbourhood."""


@dataclass(frozen=True)
class Snapped:
    """Points and their places on the streets: `edge` (-1: too far), `at_m` along it, `leg_m`."""

    edge: IntArray
    at_m: FloatArray
    leg_m: FloatArray

    def __len__(self) -> int:
        return len(self.edge)


class _Places(NamedTuple):
    """The place of point `who` nearest on a segment: its share of it, where it is, how far."""

    who: IntArray
    segment: IntArray
    share: FloatArray
    xy: FloatArray
    leg_m: FloatArray

    def only(self, which: npt.NDArray[np.integer | np.bool_]) -> _Places:
        return _Places(*(part[which] for part in self))


class Snapper:
    """Finds the nearest place along an edge."""

    def __init__(self, graph: StreetGraph, limit_m: float) -> None:
        import shapely

        self._graph = graph
        self._limit_m = limit_m
        self._start, self._edge = graph.segments()
        ends = np.stack([graph.chain_xy[self._start], graph.chain_xy[self._start + 1]], axis=1)
        self._tree = shapely.STRtree(shapely.linestrings(ends))

    def snap(self, points: FloatArray, barriers: gpd.GeoDataFrame | None = None) -> Snapped:
        """Return each point's nearest place, on its own side of every barrier if there is one.

        A point without coordinates, or too far from every street, has none.
        """
        # The adjacency package is built upon this one.
        from geodata.adjacency.barriers import crosses_barrier

        n = len(points)
        found = Snapped(np.full(n, -1, dtype=np.int64), np.zeros(n), np.full(n, np.inf))
        places = self._nearest(points)
        self._enter(found, places)
        if barriers is not None and not barriers.empty:
            beyond = crosses_barrier(points[places.who], places.xy, barriers)
            self._enter(found, self._own_side(points, places.who[beyond], barriers))
        return found

    def _nearest(self, points: FloatArray) -> _Places:
        import shapely

        known = np.flatnonzero(np.isfinite(points).all(axis=1))
        found, segment = self._tree.query_nearest(
            shapely.points(points[known]), max_distance=self._limit_m, all_matches=False
        )
        return self._places(points, known[found], segment)

    def _own_side(self, points: FloatArray, who: IntArray, barriers: gpd.GeoDataFrame) -> _Places:
        """Return the nearest place to which no barrier is crossed, for those that have one.

        The nearest place of each straight segment is tried.
        """
        import shapely

        from geodata.adjacency.barriers import crosses_barrier

        found = []
        for reach_m in (_NEARER_M, OWN_SIDE_M):
            near, segment = self._tree.query(
                shapely.points(points[who]), predicate="dwithin", distance=reach_m
            )
            places = self._places(points, who[near], segment)
            places = places.only(~crosses_barrier(points[places.who], places.xy, barriers))
            order = np.lexsort((places.segment, places.leg_m, places.who))
            done, first = np.unique(places.who[order], return_index=True)
            found.append(places.only(order[first]))
            who = np.setdiff1d(who, done)
        return _Places(*(np.concatenate(parts) for parts in zip(*found, strict=True)))

    def _places(self, points: FloatArray, who: IntArray, segment: IntArray) -> _Places:
        start = self._start[segment]
        a, b = self._graph.chain_xy[start], self._graph.chain_xy[start + 1]
        share = ((points[who] - a) * (b - a)).sum(axis=1) / ((b - a) ** 2).sum(axis=1)
        share = np.clip(share, 0.0, 1.0)
        xy = a + share[:, None] * (b - a)
        return _Places(who, segment, share, xy, exact(np.hypot(*(xy - points[who]).T)))

    def _enter(self, found: Snapped, places: _Places) -> None:
        start, m = self._start[places.segment], self._graph.chain_m
        low, high = m[start], m[start + 1]
        found.edge[places.who] = self._edge[places.segment]
        found.at_m[places.who] = np.clip(exact(low + places.share * (high - low)), low, high)
        found.leg_m[places.who] = places.leg_m
