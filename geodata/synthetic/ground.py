"""Invented parks and ponds: in the open ground that the invented streets leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from geodata.synthetic.facts import BOUNDARY

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["parks_and_water"]

PARKS: Final = 8
PONDS: Final = 3
FROM_STREETS_M: Final = 25.0
ROUNDED_M: Final = 30.0
LEAST_RADIUS_M: Final = 60.0
POND_SHARE: Final = 0.35
"""Of the radius of the largest circle in its park."""
SIDES: Final = 4
"""Corners a quarter of a pond's outline."""


def parks_and_water(streets: gpd.GeoDataFrame) -> tuple[list[Any], list[Any]]:
    """Return polygons of parks and of ponds in them, the widest first, in the streets' metres."""
    import shapely

    outline = shapely.Polygon(BOUNDARY)
    taken = shapely.union_all(shapely.buffer(streets.geometry.to_numpy(), FROM_STREETS_M))
    # Shrunk and grown again: no narrow arms, and round corners.
    free = outline.difference(taken).buffer(-ROUNDED_M).buffer(ROUNDED_M)
    pieces = shapely.get_parts(free)
    middles = [shapely.maximum_inscribed_circle(piece, tolerance=1.0) for piece in pieces]
    widest = sorted(zip(middles, pieces, strict=True), key=lambda pair: -pair[0].length)[:PARKS]
    chosen = [(middle, piece) for middle, piece in widest if middle.length >= LEAST_RADIUS_M]
    ponds = [
        shapely.Point(middle.coords[0]).buffer(POND_SHARE * middle.length, quad_segs=SIDES)
        for middle, _ in chosen[:PONDS]
    ]
    return [piece.simplify(2.0) for _, piece in chosen], ponds
