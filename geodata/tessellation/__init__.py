"""Patch polygons: ground for every block, joined into patches that tile the boundary."""

from geodata.tessellation.notes import without_ground
from geodata.tessellation.tessellation import patch_polygons

__all__ = ["patch_polygons", "without_ground"]
