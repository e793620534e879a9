"""A Folium map that needs no network, in files and notebooks, unless web tiles are asked for."""

from __future__ import annotations

import html
from typing import Any, Final

import folium

from optimiser.outputs.offline import page_html

__all__ = ["OfflineMap"]

HEIGHT: Final = "48rem"
TILES: Final = "https://tile.openstreetmap.org"
TILES_BY: Final = (
    '&copy; <a href="https://www.openstreetmap.org/copyright">OpenStreetMap</a> contributors'
)


class OfflineMap(folium.Map):
    """A map whose page in a notebook is the self-contained one that a file would hold.

    With `basemap`, OpenStreetMap's web tiles lie under everything: the one thing that such
    a page may load, and without the network the map is drawn on plain ground.
    """

    def __init__(self, *, basemap: bool = False, **options: Any) -> None:
        super().__init__(tiles=None, attribution_control=basemap, **options)
        self.loads_from: tuple[str, ...] = (TILES,) if basemap else ()
        if basemap:
            folium.TileLayer(
                f"{TILES}/{{z}}/{{x}}/{{y}}.png", attr=TILES_BY, max_zoom=19, control=False
            ).add_to(self)

    def _repr_html_(self, **_: Any) -> str:
        page = html.escape(page_html(self, title="Map"))
        return (
            f'<iframe srcdoc="{page}" title="Map with its tables" '
            f'style="width: 100%; height: {HEIGHT}; border: 0"></iframe>'
        )
