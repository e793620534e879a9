"""The estate's geometry and the files it arrives in."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geodata.adjacency import Adjacency, block_adjacency
    from geodata.barriers import read_barriers
    from geodata.errors import DataError, Problem
    from geodata.gazetteer import Gazetteer
    from geodata.people import read_absences, read_fixed, read_officers
    from geodata.polygons import read_polygons
    from geodata.readers import read_outcomes, read_service_centres
    from geodata.stock import Stock, read_stock
    from geodata.streets import StreetNetwork
    from geodata.tessellation import patch_polygons
    from geodata.validation import cross_check
    from geodata.visits import read_visits
    from geodata.walking import StraightLines, WalkingNetwork

__all__ = [
    "Adjacency",
    "DataError",
    "Gazetteer",
    "Problem",
    "Stock",
    "StraightLines",
    "StreetNetwork",
    "WalkingNetwork",
    "block_adjacency",
    "cross_check",
    "patch_polygons",
    "read_absences",
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
    "DataError": "geodata.errors",
    "Gazetteer": "geodata.gazetteer",
    "Problem": "geodata.errors",
    "Stock": "geodata.stock",
    "StraightLines": "geodata.walking",
    "StreetNetwork": "geodata.streets",
    "WalkingNetwork": "geodata.walking",
    "block_adjacency": "geodata.adjacency",
    "cross_check": "geodata.validation",
    "patch_polygons": "geodata.tessellation",
    "read_absences": "geodata.people",
    "read_barriers": "geodata.barriers",
    "read_fixed": "geodata.people",
    "read_officers": "geodata.people",
    "read_outcomes": "geodata.readers",
    "read_polygons": "geodata.polygons",
    "read_service_centres": "geodata.readers",
    "read_stock": "geodata.stock",
    "read_visits": "geodata.visits",
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
