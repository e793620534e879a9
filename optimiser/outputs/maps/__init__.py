"""The two maps, as Folium maps with their tables beside them."""

from optimiser.outputs.maps.patches import patch_map
from optimiser.outputs.maps.week import week_map

__all__ = ["patch_map", "week_map"]
