"""Are the points where they can be? Swapped, in another CRS, outside, far from all others.

Every check gives the row, what it holds and what to do; none changes a point.
A point that cannot be right is an error even where the row's UPRN or postcode
would give another: which of them is wrong is for the landlord to say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from geodata.findings import Findings
from geodata.places.places import SOURCES, Places, Reading
from geodata.tables import Table

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.places.neighbourhood import Area

__all__ = ["check_places"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

BOUNDARY_SLACK_M: Final = 50.0
"""Boundaries are drawn along streets; a point this little outside says nothing."""
NEAR_OUTSIDE_M: Final = 1_000.0
"""Up to here outside is a warning: landlords do own homes just over the border."""
APART_M: Final = 15_000.0
"""A home this far from every service centre and from the other homes is named."""
AGREE_M: Final = 100.0
"""Two exact sources of one place that are farther apart than this disagree."""
AGREE_POSTCODE_M: Final = 1_000.0
"""As `AGREE_M`, from the centre of the postcode."""
_GRIDS: Final = {
    "EPSG:3857": "Web Mercator",
    "EPSG:27700": "the British National Grid",
    "EPSG:29903": "the Irish Grid",
    "EPSG:2157": "Irish Transverse Mercator",
    "EPSG:32630": "UTM zone 30",
    "EPSG:32631": "UTM zone 31",
    "EPSG:3035": "the European LAEA grid",
}
"""What metres in British and Irish files are in, where not in the CRS that was told."""


def check_places(
    table: Table,
    found: Findings,
    places: Places,
    *,
    crs: str,
    boundary: gpd.GeoDataFrame | None = None,
    service_centres: gpd.GeoDataFrame | None = None,
    apart_m: float = APART_M,
) -> None:
    """Mark each row whose point cannot be right, one problem a row, and sources that disagree.

    A point that does not fit, but would if read in another way (axes swapped,
    degrees, another grid), is named as that. Otherwise, with a `boundary`, what is
    outside is marked. Without one, a point off the grid of the CRS is an error, and
    a warning goes to one that is more than `apart_m` from every service centre and
    also from its third nearest other building; where the landlord's buildings are
    wide apart, three times the distance that is usual among them counts instead.
    So a town of its own is never marked, and a lone mistyped home is.

    `boundary` and `service_centres` are in `crs`.
    """
    from geodata.places.neighbourhood import Area

    check = _Check(table, found, places, crs)
    check.degrees()
    area = Area(
        places.xy[check.left],
        crs=crs,
        boundary=boundary,
        centres=service_centres,
        apart_m=apart_m,
        slack_m=NEAR_OUTSIDE_M,
    )
    check.misread(area)
    if boundary is not None:
        check.outside(boundary)
    else:
        check.stray(area)
    check.disagreeing()


class _Check:
    """The rows of one table whose points are still to be looked at (`left`)."""

    def __init__(self, table: Table, found: Findings, places: Places, crs: str) -> None:
        self.found, self.places, self.crs = found, places, crs
        self.in_file = table.points is not None
        self.left = np.isfinite(places.xy).all(axis=1) & found.good

    def mark(
        self,
        where: BoolArray,
        reason: str | list[str],
        remedy: str,
        *,
        warn: bool = False,
    ) -> None:
        """Record a problem for rows of each source, with that source's column and values.

        "{what}" in `remedy` is what the place came from.
        """
        for reading in self.places.readings:
            rows = where & (self.places.source == reading.source)
            looked_up = reading.source in ("uprn", "postcode")
            self.found.mark(
                rows,
                reason,
                remedy.replace("{what}", SOURCES[reading.source] if looked_up else "coordinates"),
                column=reading.column,
                values=reading.values,
                severity="warning" if warn else "error",
            )
        if not warn:
            self.left = self.left & ~where

    def degrees(self) -> None:
        """Mark metres that are degrees."""
        for reading in self.places.readings:
            if reading.source == "easting_northing" or (
                reading.source == "geometry" and not self.in_file
            ):
                small = (np.abs(reading.raw) <= 180).all(axis=1)
                self.mark(
                    self.left & small & (self.places.source == reading.source),
                    "looks like longitude and latitude, not metres",
                    "name the columns longitude and latitude, or give eastings and northings",
                )

    def misread(self, area: Area) -> None:
        """Mark points that fit only when read in another way, and name it."""
        for reading in self.places.readings:
            if reading.source in ("uprn", "postcode"):
                continue
            for reason, remedy, read in _other_readings(reading, self.crs, self.in_file):
                rows = np.flatnonzero(self.left & (self.places.source == reading.source))
                rows = rows[area.doubtful(self.places.xy[rows], alone="looks like" in reason)]
                if not len(rows):
                    continue
                other = read(reading.raw[rows])
                where = np.zeros(len(self.left), dtype=bool)
                where[rows[area.fits_better(other, self.places.xy[rows])]] = True
                self.mark(where, reason, remedy)

    def outside(self, boundary: gpd.GeoDataFrame) -> None:
        """Mark points outside the boundary: a warning near it, an error beyond."""
        import shapely

        shape = boundary.geometry.union_all()
        # The homes of a block share a point, so each point is measured once.
        xy = np.where(self.left[:, None], self.places.xy, 0.0)
        points, which = np.unique(xy, axis=0, return_inverse=True)
        away = shapely.distance(shapely.points(points), shape)[which.ravel()]
        away = np.where(self.left, away, 0.0)
        reasons = [f"is {d / 1000:.1f} km outside the boundary" for d in away]
        remedy = "correct the {what}; or leave the boundary out, if the home is rightly there"
        near = (away > BOUNDARY_SLACK_M) & (away <= NEAR_OUTSIDE_M)
        self.mark(away > NEAR_OUTSIDE_M, reasons, remedy)
        self.mark(near, reasons, remedy, warn=True)

    def stray(self, area: Area) -> None:
        """Mark points off the grid, and points far from all others."""
        off = self.left.copy()
        off[self.left] = ~area.on_grid(self.places.xy[self.left])
        grid = "the British National Grid" if self.crs.upper() == "EPSG:27700" else self.crs
        self.mark(
            off,
            f"is not on {grid}",
            "give eastings and northings in metres"
            + (" (EPSG:27700)" if self.crs.upper() == "EPSG:27700" else f" in {self.crs}"),
        )
        rows = np.flatnonzero(self.left)
        rows = rows[area.stray(self.places.xy[rows])]
        if not len(rows):
            return
        reasons = [""] * len(self.left)
        xy = self.places.xy[rows]
        for row, near, centre, rest in zip(rows, *area.distances(xy), area.gaps(xy), strict=True):
            reasons[row] = (
                f"is {near / 1000:.0f} km from the nearest other homes"
                if near > APART_M
                else f"is, with the few beside it, {rest / 1000:.0f} km from the other homes"
            ) + (
                f" and {centre / 1000:.0f} km from the nearest service centre"
                if np.isfinite(centre)
                else ""
            )
        where = np.zeros(len(self.left), dtype=bool)
        where[rows] = True
        self.mark(
            where, reasons, "check its location; if it is rightly there, nothing is lost", warn=True
        )

    def disagreeing(self) -> None:
        """Warn where another source of the row's place is far from the one that was used."""
        for reading in self.places.readings:
            limit = AGREE_POSTCODE_M if reading.source == "postcode" else AGREE_M
            apart = np.hypot(*(reading.xy - self.places.xy).T)
            where = self.left & reading.known & (apart > limit)
            if not where.any():
                continue
            reasons, used = [""] * len(where), {r.source: r for r in self.places.readings}
            for i in np.flatnonzero(where):
                other = used[self.places.source[i]]
                x, y = reading.xy[i]
                reasons[i] = (
                    f"is at {x:.0f}, {y:.0f}, {_metres(float(apart[i]))} from the row's "
                    f"{SOURCES[other.source]} {other.values[i]}, which was used"
                )
            self.found.mark(
                where,
                reasons,
                "check which of the two is right",
                column=reading.column,
                values=reading.values,
                severity="warning",
            )


def _metres(distance: float) -> str:
    return f"{distance:.0f} m" if distance < 1000 else f"{distance / 1000:.1f} km"


Reader = Callable[[FloatArray], FloatArray]


def _other_readings(reading: Reading, crs: str, in_file: bool) -> list[tuple[str, str, Reader]]:
    """Return how the file's numbers may be meant instead: reason, remedy, how to read them so."""
    if reading.source == "latitude_longitude":
        return [
            (
                "has latitude and longitude the wrong way round",
                "swap the two",
                lambda raw: _turned(raw[:, ::-1], "EPSG:4326", crs),
            ),
            (
                "seems to have lost the minus sign of its longitude",
                "write the longitude with its minus sign, west of Greenwich",
                lambda raw: _turned(raw * [-1, 1], "EPSG:4326", crs),
            ),
        ]
    metres = reading.source == "easting_northing" or not in_file
    readings: list[tuple[str, str, Reader]] = [
        (
            "has easting and northing the wrong way round",
            "swap the two",
            lambda raw: raw[:, ::-1],
        )
    ]
    if reading.source == "geometry" and in_file:
        readings.append(
            (
                "has latitude and longitude the wrong way round",
                "save the file with longitude first",
                lambda raw: _turned(_turned(raw, crs, "EPSG:4326")[:, ::-1], "EPSG:4326", crs),
            )
        )
    for code, name in _GRIDS.items():
        if code == crs.upper():
            continue
        readings.append(
            (
                f"looks like {name} ({code}), not {crs}",
                f"export the coordinates in {crs}, or give latitude and longitude"
                if metres
                else f"save the file with the CRS that it is in, {code}",
                lambda raw, code=code: _turned(raw, code, crs),  # type: ignore[misc]
            )
        )
    return readings


def _turned(xy: FloatArray, source: str, target: str) -> FloatArray:
    from pyproj import Transformer

    turn = Transformer.from_crs(source, target, always_xy=True)
    turned = np.column_stack(turn.transform(xy[:, 0], xy[:, 1]))
    turned[~np.isfinite(turned).all(axis=1)] = np.nan
    return turned
