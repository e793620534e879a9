"""A Folium map that a notebook shows without the network."""

from __future__ import annotations

import html
from typing import Any, Final

import folium

from optimiser.outputs.offline import page_html

__all__ = ["OfflineMap"]

HEIGHT: Final = "44rem"


class OfflineMap(folium.Map):
    """A map whose page in a notebook is the self-contained one that a file would hold."""

    def _repr_html_(self, **_: Any) -> str:
        page = html.escape(page_html(self, title="Map"))
        return (
            f'<iframe srcdoc="{page}" title="Map with its tables" '
            f'style="width: 100%; height: {HEIGHT}; border: 0"></iframe>'
        )
