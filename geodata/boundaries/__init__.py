"""Polygons in: the boundary, patches and estates that give codes, and areas as units."""

from geodata.boundaries.areas import read_areas
from geodata.boundaries.boundaries import apply_boundaries
from geodata.boundaries.cases import BoundaryCases
from geodata.boundaries.polygons import read_polygons

__all__ = ["BoundaryCases", "apply_boundaries", "read_areas", "read_polygons"]
