"""Patch polygons: ground for every block, joined into patches that tile the boundary."""

from geodata.tessellation.notes import without_ground
from geodata.tessellation.tessellation import Ground, patch_polygons

__all__ = ["Ground", "patch_polygons", "without_ground"]
