"""The ground under every map: outline, water, parks, streets and service centres.

All are the input's own, streets in grey; nothing is fetched from the web but tiles that
were asked for, in whose place water and parks are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from optimiser.model import WorkspaceView

if TYPE_CHECKING:
    import folium
    import geopandas as gpd
    import numpy as np
    import numpy.typing as npt

    from optimiser.outputs.maps.offline_map import OfflineMap

__all__ = [
    "add_boundary",
    "add_ground",
    "add_service_centres",
    "add_streets",
    "feature_collection",
    "new_map",
]

WGS84: Final = "EPSG:4326"
DECIMALS: Final = 5  # about a metre
SIMPLIFY_M: Final = 2.0
MARGIN_M: Final = 500.0
MAJOR: Final = ("motorway", "trunk", "primary", "secondary")
STREET_STYLES: Final[Mapping[str, dict[str, Any]]] = {
    "minor": {"color": "#555555", "opacity": 0.28, "weight": 1},
    "major": {"color": "#444444", "opacity": 0.38, "weight": 2.5},
}
GROUND_STYLES: Final[Mapping[str, dict[str, Any]]] = {
    "park": {"fillColor": "#cfe3c4", "fillOpacity": 1, "stroke": False},
    "water": {"fillColor": "#bcd6ea", "fillOpacity": 1, "stroke": False},
}
# Under the patches' outlines and over their fills; see the panes of `new_map`.
BASE_PANE: Final = "base"
GROUND_PANE: Final = "ground"


def new_map(view: WorkspaceView, *, basemap: bool = False) -> OfflineMap:
    """Return a map of the view's area without streets or data on it.

    With `basemap`, web tiles lie under everything, else nothing.

    Its panes from below: `ground` (water, parks), `patches` (areas), `base` (streets),
    then Leaflet's own.
    """
    from folium.map import CustomPane, FitBounds

    from optimiser.outputs.maps.offline_map import OfflineMap

    west, south, east, north = _extent(view).to_crs(WGS84).total_bounds
    result = OfflineMap(
        location=[(south + north) / 2, (west + east) / 2],
        zoom_start=13,
        prefer_canvas=True,
        font_size="0.875rem",
        basemap=basemap,
        zoom_snap=0.25,
    )
    result.options["min_zoom"], result.options["max_zoom"] = 9, 19
    CustomPane(GROUND_PANE, z_index=230).add_to(result)
    CustomPane("patches", z_index=240).add_to(result)
    CustomPane(BASE_PANE, z_index=250).add_to(result)
    fit = FitBounds([[south, west], [north, east]], padding=(8, 8))
    # At once: else the page opens with a zoom, and what goes by the zoom is done twice.
    fit.options["animate"] = False
    fit.add_to(result)
    return result


def add_boundary(target: folium.Map, view: WorkspaceView) -> None:
    """Draw the area's outline, dashed."""
    import folium

    if view.boundary is None or view.boundary.empty:
        return
    lines = view.boundary.geometry.boundary.simplify(SIMPLIFY_M).to_crs(WGS84)
    folium.GeoJson(
        feature_collection(lines.to_numpy(), [{}] * len(lines)),
        style_function=lambda _: {"color": "#505a5f", "weight": 2, "dashArray": "6 5"},
        pane=BASE_PANE,
        interactive=False,
        control=False,
    ).add_to(target)


def add_ground(target: OfflineMap, view: WorkspaceView) -> None:
    """Draw water and parks, as far as the map opens."""
    import folium
    import shapely

    ground = view.ground
    if ground is None or target.loads_from:
        return
    near = shapely.box(*_extent(view).total_bounds).buffer(MARGIN_M, cap_style="square")
    shapes = ground.geometry.intersection(near).simplify(SIMPLIFY_M).to_crs(WGS84)
    there = ~shapes.is_empty.to_numpy()
    kinds = [{"kind": str(kind)} for kind in ground["kind"].to_numpy()[there]]
    folium.GeoJson(
        feature_collection(shapes.to_numpy()[there], kinds),
        style_function=lambda feature: GROUND_STYLES[feature["properties"]["kind"]],
        pane=GROUND_PANE,
        interactive=False,
        control=False,
    ).add_to(target)


def add_streets(target: folium.Map, view: WorkspaceView) -> None:
    """Draw the streets, main roads wider, simplified to about two metres."""
    import folium
    import geopandas as gpd
    import shapely

    streets = view.street_lines
    if streets is None or streets.empty:
        return
    near = shapely.box(*_extent(view).total_bounds).buffer(MARGIN_M, cap_style="square")
    streets = streets[streets.intersects(near)]
    # Classes arrive as "primary", "trunk_link" or a printed list of several.
    classes = (
        streets["highway"].astype("string").fillna("")
        if "highway" in streets
        else streets.index.to_series().astype("string")
    )
    is_major = classes.str.contains("|".join(MAJOR)).to_numpy(dtype=bool)
    for name, chosen in (("minor", ~is_major), ("major", is_major)):
        parts = shapely.get_parts(streets.geometry.to_numpy()[chosen])
        if not len(parts):
            continue
        merged = shapely.line_merge(shapely.multilinestrings(parts))
        # One way at a time: kept clear of each other they take many times as long.
        ways = shapely.simplify(shapely.get_parts(merged), SIMPLIFY_M)
        simple = gpd.GeoSeries([shapely.multilinestrings(ways)], crs=view.crs).to_crs(WGS84)
        folium.GeoJson(
            feature_collection(simple.to_numpy(), [{}]),
            style_function=lambda _, style=STREET_STYLES[name]: style,
            pane=BASE_PANE,
            interactive=False,
            control=False,
        ).add_to(target)


def add_service_centres(target: folium.Map, view: WorkspaceView) -> None:
    """Mark the service centres by name."""
    import folium
    from folium.utilities import JsCode

    centres = view.service_centres
    if centres is None or centres.empty:
        return
    names = [{"name": str(name)} for name in centres["name"]]
    folium.GeoJson(
        feature_collection(centres.geometry.to_crs(WGS84).to_numpy(), names),
        name="Service centres",
        point_to_layer=JsCode("function(f, at) { return doorstep.centre(f.properties.name, at); }"),
    ).add_to(target)


def feature_collection(
    shapes: npt.NDArray[np.object_], properties: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return WGS84 shapes and their properties as GeoJSON with few decimals."""
    import numpy as np
    import shapely

    rounded = shapely.transform(shapes, lambda xy: np.round(xy, DECIMALS))
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": str(k),
                "properties": dict(values),
                "geometry": shapely.geometry.mapping(shape),
            }
            for k, (shape, values) in enumerate(zip(rounded, properties, strict=True))
        ],
    }


def _extent(view: WorkspaceView) -> gpd.GeoSeries:
    """Return what the map opens on: the blocks, or all of the outline around them."""
    import pandas as pd

    parts = [view.blocks.geometry]
    if view.boundary is not None and not view.boundary.empty:
        parts.append(view.boundary.geometry)
    return pd.concat(parts)
