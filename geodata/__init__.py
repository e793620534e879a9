"""The estate's geometry and the files it arrives in.

Read the landlord's files with `read_stock` (homes, grouped into blocks), `read_areas`
(areas with counts of homes instead), `read_officers`, `read_visits`,
`read_service_centres`, `read_fixed`, `read_absences` and `read_outcomes`; `cross_check`
compares them with each other. `Gazetteer` places homes that have only a UPRN or a
postcode. `read_polygons` reads a boundary, patches or estates, and `apply_boundaries`
fills in blank codes from them.

`StreetNetwork.from_file` makes a walking network of a street file (`StraightLines` does
without); both walk as `WalkingNetwork` says. `block_adjacency` says which blocks are
neighbours on foot, `read_barriers` what they cannot walk across, and `patch_polygons`
draws patches of blocks.

All coordinates are in one metric CRS, EPSG:27700 unless another is given; ids are
strings; a blank is None. Every reader collects what is wrong as `Problem`s: with
`problems=None` an error raises `DataError` with all of them; a list takes them, and the
good rows are returned.

Examples
--------
A small synthetic borough stands in for the landlord's folder:

>>> from pathlib import Path
>>> from tempfile import mkdtemp
>>> from geodata.synthetic import write_borough
>>> folder = write_borough(Path(mkdtemp()) / "borough", scale=0.15)

Homes become blocks, and whatever was found in the file is listed:

>>> problems = []
>>> boundary = read_polygons(folder / "boundary.geojson")
>>> stock = read_stock(folder / "homes.csv", boundary=boundary, problems=problems)
>>> len(stock.homes), len(stock.blocks), problems
(1254, 49, [])
>>> stock.blocks.loc["B0001", ["block_name", "homes", "patch"]].to_dict()
{'block_name': 'Burdock Lodge', 'homes': 31, 'patch': 'P02'}

Walking times in seconds, as (n, m), from the service centres; and one of the ways:

>>> streets = StreetNetwork.from_file(folder / "streets.gpkg")
>>> centres = read_service_centres(folder / "service_centres.csv")
>>> start, blocks = (f.get_coordinates().to_numpy() for f in (centres, stock.blocks))
>>> seconds = streets.walk_seconds(start, blocks)
>>> seconds.shape
(4, 49)
>>> nearest = seconds[:, 0].argmin()
>>> way = streets.path(start[nearest], blocks[0])
>>> way.geom_type, bool(60 < seconds[nearest, 0] < 3600)
('LineString', True)

Which blocks are neighbours, and the patches that their codes make:

>>> neighbours = block_adjacency(stock.blocks.geometry, streets, estates=stock.blocks["estate"])
>>> len(neighbours.edges) >= len(stock.blocks) - 1  # all hang together
True
>>> patches = patch_polygons(
...     stock.blocks.geometry, stock.blocks["patch"], boundary=boundary, network=streets
... )
>>> patches["patch"].tolist(), patches.crs.to_epsg()
(['P01', 'P02'], 27700)

`lines` and `joins` of the streets are GeoDataFrames, so a map of what was joined and
what was left out takes a few lines:

>>> import folium
>>> layers = {"black": streets.lines, "red": streets.lines[~streets.lines["kept"]]}
>>> layers["blue"] = streets.joins.set_geometry(streets.joins.buffer(5))
>>> page = folium.Map()
>>> for color, layer in layers.items():
...     look = lambda _, color=color: {"color": color, "weight": 2}
...     _ = folium.GeoJson(layer.to_crs(4326), style_function=look).add_to(page)
>>> page.save(folder / "joins.html")
"""

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
