"""The estate's geometry and the files it arrives in."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geodata.errors import DataError, Problem
    from geodata.gazetteer import Gazetteer
    from geodata.people import read_absences, read_fixed, read_officers
    from geodata.polygons import read_polygons
    from geodata.readers import read_outcomes, read_service_centres
    from geodata.stock import Stock, read_stock
    from geodata.streets import StreetNetwork
    from geodata.validation import cross_check
    from geodata.visits import read_visits
    from geodata.walking import StraightLines, WalkingNetwork

__all__ = [
    "DataError",
    "Gazetteer",
    "Problem",
    "Stock",
    "StraightLines",
    "StreetNetwork",
    "WalkingNetwork",
    "cross_check",
    "read_absences",
    "read_fixed",
    "read_officers",
    "read_outcomes",
    "read_polygons",
    "read_service_centres",
    "read_stock",
    "read_visits",
]

_HOME = {
    "DataError": "geodata.errors",
    "Gazetteer": "geodata.gazetteer",
    "Problem": "geodata.errors",
    "Stock": "geodata.stock",
    "StraightLines": "geodata.walking",
    "StreetNetwork": "geodata.streets",
    "WalkingNetwork": "geodata.walking",
    "cross_check": "geodata.validation",
    "read_absences": "geodata.people",
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
