"""Reads the service centres that officers work from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from geodata.errors import Problem
from geodata.findings import report
from geodata.places.locations import check_places
from geodata.places.places import parse_places
from geodata.schema import SERVICE_CENTRES
from geodata.tables import read_table
from geodata.tables.columns import build_frame, mark_repeats, parse_ids, parse_texts

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.gazetteer import Gazetteer

__all__ = ["read_service_centres"]

CENTRES_APART_M: Final = 50_000.0
"""A service centre this far from the others is named."""


def read_service_centres(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    sheet: str | None = None,
    crs: str = "EPSG:27700",
    gazetteer: Gazetteer | None = None,
    problems: list[Problem] | None = None,
) -> gpd.GeoDataFrame:
    """Read the service centres, one a row or point.

    Parameters as for `read_visits`; a geographic file is reprojected to `crs`, and
    `gazetteer` places a centre that has only a UPRN or postcode.

    Returns
    -------
    frame
        Index service_centre; name, row, geometry (points in `crs`).

    Raises
    ------
    DataError
        If the file cannot be used, or with `problems` None any row cannot.
    """
    import geopandas as gpd

    table = read_table(path, SERVICE_CENTRES, columns=columns, sheet=sheet, crs=crs)
    found = table.findings()
    refs = parse_ids(table, found, "service_centre", required=True)
    mark_repeats(table, found, "service_centre", refs, remedy="keep one row a centre")
    names = parse_texts(table, found, "name")
    places = parse_places(table, found, crs=crs, gazetteer=gazetteer)
    check_places(table, found, places, crs=crs, apart_m=CENTRES_APART_M)
    frame = build_frame(
        table,
        found,
        {
            "service_centre": refs,
            "name": np.array([n or r for n, r in zip(names, refs, strict=True)], dtype=object),
            "easting": places.xy[:, 0],
            "northing": places.xy[:, 1],
        },
    ).set_index("service_centre")
    report(found.sorted(), problems)
    points = gpd.points_from_xy(frame.pop("easting"), frame.pop("northing"), crs=crs)
    return gpd.GeoDataFrame(frame, geometry=points)
