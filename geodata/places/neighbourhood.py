"""Where the landlord's homes are, so that a point that is far from them stands out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["Area"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

BRITAIN: Final = (0.0, 0.0, 700_000.0, 1_300_000.0)
"""The extent of the British National Grid in metres."""
BUILDING_M: Final = 100.0
"""Points in one square of this size count as one building."""
NEIGHBOURS: Final = 3
USUAL_SHARE: Final = 0.9
TIMES_USUAL: Final = 3.0
FITS_M: Final = 2_000.0
"""A point read in another way fits when it is this near to other homes ..."""
MOVED_M: Final = 50_000.0
"""... and this far from where it stands as it is."""
REGION_SHARE: Final = 2 / 3
"""With so many homes within `MOVED_M` of their middle, a landlord is of one region."""


class Area:
    """The places where a point can be: the boundary, else near other homes or a service centre.

    Parameters
    ----------
    xy
        (n, 2) the points of all homes in `crs`, wrong ones too.
    boundary, centres
        In `crs`; the service centres only count without a boundary.
    apart_m
        A point this far from its third nearest other building is far from all,
        unless three times the usual such distance is more.
    slack_m
        So far outside the boundary's box still fits.
    """

    def __init__(
        self,
        xy: FloatArray,
        *,
        crs: str,
        boundary: gpd.GeoDataFrame | None = None,
        centres: gpd.GeoDataFrame | None = None,
        apart_m: float,
        slack_m: float,
    ) -> None:
        from scipy.spatial import cKDTree

        self._grid = _grid_extent(crs)
        self._box: FloatArray | None = None
        if boundary is not None:
            self._box = boundary.total_bounds + np.array([-1, -1, 1, 1]) * slack_m
        sound = xy[self.on_grid(xy)]
        _, first, self._homes = np.unique(
            sound // BUILDING_M, axis=0, return_index=True, return_counts=True
        )
        self._buildings = sound[first]
        self._tree = cKDTree(self._buildings) if len(first) else None
        spread = np.repeat(self._buildings, self._homes, axis=0)
        self._middle = np.median(spread, axis=0) if len(spread) else np.zeros(2)
        near = _apart(spread, self._middle) <= MOVED_M
        self._one_region = bool(near.sum() >= REGION_SHARE * len(spread))
        self._centres = None
        if centres is not None and len(centres):
            self._centres = cKDTree(np.column_stack([centres.geometry.x, centres.geometry.y]))
        # With few buildings a third neighbour would be the mistyped one.
        self._neighbours = min(NEIGHBOURS, (len(first) - 1) // 2)
        self._apart_m, self._limit_m = apart_m, np.inf
        if self._neighbours > 0:
            gaps = np.sort(self.gaps(self._buildings))
            usual = gaps[int(USUAL_SHARE * (len(gaps) - 1))]
            self._limit_m = max(apart_m, TIMES_USUAL * usual)

    def on_grid(self, xy: FloatArray) -> BoolArray:
        """Return (n,) whether the points are where the CRS is meant for."""
        return _within(xy, np.array(self._grid))

    def doubtful(self, xy: FloatArray, *, alone: bool) -> BoolArray:
        """Return (n,) whether the points may be misread: another reading is worth a try.

        With `alone` only those off the grid or far from all others, else without a
        boundary also those with others around them: a batch may be wrong together.
        """
        if self._box is not None:
            return ~_within(xy, self._box)
        if alone:
            return ~self.on_grid(xy) | self.stray(xy)
        return np.asarray(self.distances(xy)[1] > self._apart_m, dtype=bool)

    def fits_better(self, other: FloatArray, xy: FloatArray) -> BoolArray:
        """Return (n,) whether `other` is where homes are, and `xy` is not.

        Without a boundary, a point that is off the grid or alone fits near a
        service centre or other homes. One among others may be in a town of its own,
        and with many towns one will mirror another; so it counts as misread only if
        most homes are in one region and `other` is among them and `xy` is not, or
        if half of all homes or more would be near service centres when read so.
        """
        if self._box is not None:
            return _within(other, self._box)
        there = _within(other, np.array(self._grid)) & (_apart(other, xy) > MOVED_M)
        safe = np.where(there[:, None], other, 0.0)
        at_centre: BoolArray = there & (self.distances(safe)[1] <= self._apart_m)
        off = ~self.on_grid(xy)
        if self._tree is None:
            return there & (at_centre | off)
        at_homes: BoolArray = there & (self._tree.query(safe)[0] <= FITS_M)
        candidates = np.flatnonzero(at_homes & ~off)
        at_homes[candidates] = self._around(safe[candidates]) > self._around(xy[candidates])
        among = _apart(xy, self._middle) > MOVED_M
        among &= self._one_region & at_homes & (_apart(safe, self._middle) <= MOVED_M)
        if at_centre.sum() >= self._homes.sum() / 2:
            among |= at_centre
        return np.where(off | self.stray(xy), at_centre | at_homes, among)

    def stray(self, xy: FloatArray) -> BoolArray:
        """Return (n,) whether the points are far from every service centre and the other homes."""
        if self._neighbours < 1:
            return np.zeros(len(xy), dtype=bool)
        _, centre_m = self.distances(xy)
        return np.asarray((self.gaps(xy) > self._limit_m) & (centre_m > self._apart_m))

    def distances(self, xy: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return (n,) metres to the nearest other building and service centre, inf for none."""
        others, centre = np.full(len(xy), np.inf), np.full(len(xy), np.inf)
        if self._tree is not None and len(xy):
            near = _nearest(self._tree, xy, 2)
            # The nearest one of all is the point's own building.
            others = np.where(near[:, 0] <= BUILDING_M * np.sqrt(2), near[:, 1], near[:, 0])
        if self._centres is not None and len(xy):
            centre = _nearest(self._centres, xy, 1)
        return others, centre

    def gaps(self, xy: FloatArray) -> FloatArray:
        """Return (n,) metres to the third nearest other building, or second or first of few."""
        assert self._tree is not None
        # The first is the point's own.
        gaps = _nearest(self._tree, xy, [self._neighbours + 1])
        return np.asarray(gaps[:, 0], dtype=np.float64)

    def _around(self, xy: FloatArray) -> npt.NDArray[np.int64]:
        """Return (n,) how many homes are within `apart_m`."""
        assert self._tree is not None
        if not len(xy):
            return np.zeros(0, dtype=np.int64)
        # The homes of a building share a point, so each point is counted once.
        points, which = np.unique(xy, axis=0, return_inverse=True)
        near = self._tree.query_ball_point(points, self._apart_m)
        counts = np.array([self._homes[buildings].sum() for buildings in near], dtype=np.int64)
        return counts[which.ravel()]


def _grid_extent(crs: str) -> tuple[float, float, float, float]:
    """Return the west, south, east and north of where a CRS is meant for, in it."""
    if crs.upper() == "EPSG:27700":
        return BRITAIN
    from pyproj import CRS, Transformer

    area = CRS.from_user_input(crs).area_of_use
    everywhere = (-np.inf, -np.inf, np.inf, np.inf)
    if area is None or area.west > area.east:
        return everywhere
    turn = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    west, south, east, north = turn.transform_bounds(area.west, area.south, area.east, area.north)
    extent = (float(west), float(south), float(east), float(north))
    return extent if np.isfinite(extent).all() else everywhere


def _apart(one: FloatArray, other: FloatArray) -> FloatArray:
    """Return (n,) metres between two sets of points, or between points and one point."""
    across = one - other
    return np.asarray(np.hypot(across[:, 0], across[:, 1]), dtype=np.float64)


def _nearest(tree: Any, xy: FloatArray, k: int | list[int]) -> FloatArray:
    """Return metres to the nearest of `tree`, each point asked for once: flats share theirs."""
    codes, points = pd.factorize(xy[:, 0] + 1j * xy[:, 1])
    metres: FloatArray = tree.query(np.column_stack([points.real, points.imag]), k=k)[0][codes]
    return metres


def _within(xy: FloatArray, box: FloatArray) -> BoolArray:
    west, south, east, north = box
    x, y = xy[:, 0], xy[:, 1]
    return np.asarray((x >= west) & (x <= east) & (y >= south) & (y <= north), dtype=bool)
