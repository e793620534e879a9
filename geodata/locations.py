"""Are the points where they can be? Blank, swapped, degrees for metres, outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from geodata.findings import Findings
from geodata.tables import Table

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["check_places"]

BOUNDARY_SLACK_M: Final = 50.0
"""Boundaries are drawn along streets; a point this little outside says nothing."""
NEAR_OUTSIDE_M: Final = 1_000.0
"""Up to here outside is a warning: landlords do own homes just over the border."""
FAR_AWAY_M: Final = 50_000.0
"""A point this far from the middle of all others is named, where there is no boundary."""
BRITAIN: Final = (0.0, 0.0, 700_000.0, 1_300_000.0)
"""The extent of the British National Grid in metres."""


def check_places(
    table: Table,
    found: Findings,
    places: npt.NDArray[np.float64],
    *,
    crs: str,
    boundary: gpd.GeoDataFrame | None = None,
) -> None:
    """Mark each row whose point is blank, or cannot be right; one problem a row.

    `places` is (n, 2) in `crs`; `boundary` is in `crs` too.
    """
    geometry = table.points is not None
    column = "geometry" if geometry else f"{table.heading('easting')}, {table.heading('northing')}"
    values = np.array([f"{x:.10g}, {y:.10g}" for x, y in places], dtype=object)
    blank = ~np.isfinite(places).all(axis=1) | (places == 0).all(axis=1)
    found.mark(
        blank & ~_unreadable(table, places),
        "has no coordinates",
        "give its easting and northing",
        column=column,
    )
    left = ~blank
    degrees = left & (np.abs(places[:, 0]) <= 180) & (np.abs(places[:, 1]) <= 180)
    found.mark(
        degrees & (not geometry),
        "looks like longitude and latitude, not metres",
        "name the columns longitude and latitude, or give eastings and northings",
        column=column,
        values=values,
    )
    left &= ~degrees
    swapped = left & _swapped(places, left, boundary)
    found.mark(
        swapped,
        "has easting and northing the wrong way round",
        "swap the two",
        column=column,
        values=values,
    )
    left &= ~swapped
    if boundary is not None:
        _mark_outside(found, places, left, boundary, column, values)
    else:
        _mark_stray(found, places, left, crs, column, values)


def _unreadable(table: Table, places: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Return where both cells hold something that is no number: they are marked already."""
    x, y = table.texts.get("easting"), table.texts.get("northing")
    if table.points is not None or x is None or y is None:
        return np.zeros(len(places), dtype=bool)
    no_number = ~np.isfinite(places).all(axis=1)
    return np.asarray((x != "") & (y != "") & no_number, dtype=bool)


def _swapped(
    places: npt.NDArray[np.float64],
    left: npt.NDArray[np.bool_],
    boundary: gpd.GeoDataFrame | None,
) -> npt.NDArray[np.bool_]:
    """Return which points would fit if turned round, and do not as they are."""
    if not left.any():
        return left
    if boundary is not None:
        west, south, east, north = boundary.total_bounds
    else:
        middle = np.median(places[left], axis=0)
        (west, south), (east, north) = middle - FAR_AWAY_M, middle + FAR_AWAY_M

    def inside(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        m = NEAR_OUTSIDE_M
        fits = (x >= west - m) & (x <= east + m) & (y >= south - m) & (y <= north + m)
        return np.asarray(fits, dtype=bool)

    x, y = places[:, 0], places[:, 1]
    return ~inside(x, y) & inside(y, x)


def _mark_outside(
    found: Findings,
    places: npt.NDArray[np.float64],
    left: npt.NDArray[np.bool_],
    boundary: gpd.GeoDataFrame,
    column: str,
    values: npt.NDArray[np.object_],
) -> None:
    import shapely

    area = boundary.geometry.union_all()
    # The homes of a block share a point, so each point is measured once.
    points, which = np.unique(np.where(left[:, None], places, 0.0), axis=0, return_inverse=True)
    distance = np.where(left, shapely.distance(shapely.points(points), area)[which.ravel()], 0.0)
    outside = distance > BOUNDARY_SLACK_M
    reasons = [f"is {d / 1000:.1f} km outside the boundary" for d in distance]
    for where, severity in (
        (outside & (distance > NEAR_OUTSIDE_M), "error"),
        (outside & (distance <= NEAR_OUTSIDE_M), "warning"),
    ):
        found.mark(
            where,
            reasons,
            "correct the coordinates; or leave the boundary out, if the home is rightly there",
            column=column,
            values=values,
            severity="error" if severity == "error" else "warning",
        )


def _mark_stray(
    found: Findings,
    places: npt.NDArray[np.float64],
    left: npt.NDArray[np.bool_],
    crs: str,
    column: str,
    values: npt.NDArray[np.object_],
) -> None:
    """Without a boundary: outside Britain is an error, far from the others a warning."""
    x, y = places[:, 0], places[:, 1]
    if crs.upper() == "EPSG:27700":
        west, south, east, north = BRITAIN
        off = left & ~((x >= west) & (x <= east) & (y >= south) & (y <= north))
        found.mark(
            off,
            "is not on the British National Grid",
            "give eastings and northings in metres (EPSG:27700)",
            column=column,
            values=values,
        )
        left = left & ~off
    if left.any():
        away = np.hypot(*(places - np.median(places[left], axis=0)).T)
        found.mark(
            left & (away > FAR_AWAY_M),
            "is more than 50 km from the middle of all points",
            "check its coordinates",
            column=column,
            values=values,
            severity="warning",
        )
