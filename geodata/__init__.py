"""The estate's geometry and the files it arrives in."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geodata.adjacency import Adjacency, block_adjacency, read_barriers
    from geodata.boundaries import BoundaryCases, apply_boundaries, read_areas, read_polygons
    from geodata.errors import DataError, Problem
    from geodata.gazetteer import Gazetteer
    from geodata.readers import (
        read_absences,
        read_fixed,
        read_officers,
        read_outcomes,
        read_service_centres,
        read_visits,
    )
    from geodata.stock import Stock, read_stock
    from geodata.streets import StreetNetwork
    from geodata.tessellation import patch_polygons
    from geodata.validation import cross_check
    from geodata.walking import StraightLines, WalkingNetwork

__all__ = [
    "Adjacency",
    "BoundaryCases",
    "DataError",
    "Gazetteer",
    "Problem",
    "Stock",
    "StraightLines",
    "StreetNetwork",
    "WalkingNetwork",
    "apply_boundaries",
    "block_adjacency",
    "cross_check",
    "patch_polygons",
    "read_absences",
    "read_areas",
    "read_barriers",
    "read_fixed",
    "read_officers",
    "read_outcomes",
    "read_polygons",
    "read_service_centres",
    "read_stock",
    "read_visits",
]

_HOME = {
    "Adjacency": "geodata.adjacency",
    "BoundaryCases": "geodata.boundaries",
    "DataError": "geodata.errors",
    "Gazetteer": "geodata.gazetteer",
    "Problem": "geodata.errors",
    "Stock": "geodata.stock",
    "StraightLines": "geodata.walking",
    "StreetNetwork": "geodata.streets",
    "WalkingNetwork": "geodata.walking",
    "apply_boundaries": "geodata.boundaries",
    "block_adjacency": "geodata.adjacency",
    "cross_check": "geodata.validation",
    "patch_polygons": "geodata.tessellation",
    "read_absences": "geodata.readers",
    "read_areas": "geodata.boundaries",
    "read_barriers": "geodata.adjacency",
    "read_fixed": "geodata.readers",
    "read_officers": "geodata.readers",
    "read_outcomes": "geodata.readers",
    "read_polygons": "geodata.boundaries",
    "read_service_centres": "geodata.readers",
    "read_stock": "geodata.stock",
    "read_visits": "geodata.readers",
}


def __getattr__(name: str) -> Any:
    """Import a public name when first used: `import geodata` alone loads no GDAL."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
