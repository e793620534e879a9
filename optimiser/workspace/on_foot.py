"""A folder's streets, barriers and ground, and the walks and neighbours they give."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.adjacency import Adjacency
    from geodata.walking import WalkingNetwork, Walks
    from optimiser.workspace.workspace import Workspace

__all__ = [
    "between_blocks",
    "between_places",
    "neighbours",
    "read_ground",
    "read_network",
    "read_ws_barriers",
]

FloatArray = npt.NDArray[np.float64]

_MANY_PLACES: Final = 3_000
"""More places than this are walked between a part at a time, and no farther than `_FAR_M`."""
_PART: Final = 1_500
_FAR_M: Final = 22_500.0
"""Five hours on foot at 4.5 km/h: there and back fills more than a day."""
_LEAST_SHARE: Final = 0.5
"""Where fewer of the blocks are asked for, a search is quicker than all their walks."""


def read_network(ws: Workspace) -> WalkingNetwork:
    """Return the walking network of the streets file, else straight lines with a detour."""
    from geodata import StreetNetwork
    from geodata.walking import StraightLines

    data = ws.settings.data
    kmh = ws.settings.rules.visits.walking_kmh
    if data.streets is None:
        return StraightLines(crs=ws.crs, walking_kmh=kmh)
    return StreetNetwork.from_file(
        ws.folder / data.streets,
        crs=ws.crs,
        walking_kmh=kmh,
        layer=data.sheets.get("streets"),
        barriers=ws.barriers,
    )


def read_ws_barriers(ws: Workspace) -> gpd.GeoDataFrame | None:
    """Return the barriers of `[data] barriers`, else the streets file's own, if it has any."""
    from geodata.adjacency.barriers import holds_barriers, read_barriers

    data = ws.settings.data
    if data.barriers is not None:
        return read_barriers(ws.folder / data.barriers, ws.crs, layer=data.sheets.get("barriers"))
    if data.streets is None or not holds_barriers(ws.folder / data.streets):
        return None
    return read_barriers(ws.folder / data.streets, ws.crs)


def read_ground(ws: Workspace) -> gpd.GeoDataFrame | None:
    """Return the water and parks of `[data]`, else those of an OpenStreetMap streets file."""
    from geodata.adjacency.barriers import OPENSTREETMAP_SUFFIXES
    from geodata.boundaries.ground import ground_of_openstreetmap, merged_ground

    data, inputs = ws.settings.data, ws.inputs
    given = {"park": inputs.parks, "water": inputs.water}
    parts = {kind: frame for kind, frame in given.items() if frame is not None}
    if parts:
        found = merged_ground(parts, ws.crs)
    elif data.streets is None or Path(data.streets).suffix.lower() not in OPENSTREETMAP_SUFFIXES:
        return None
    else:
        found = ground_of_openstreetmap(ws.folder / data.streets, ws.crs)
    return None if found.empty else found


def neighbours(ws: Workspace) -> Adjacency:
    """Return which blocks are neighbours on foot."""
    from geodata.adjacency import block_adjacency
    from geodata.boundaries.area_shapes import area_adjacency

    areas, estates = ws.inputs.stock.areas, ws.blocks["estate"]
    if areas is not None:
        return area_adjacency(areas, ws.network, estates=estates, barriers=ws.barriers)
    return block_adjacency(ws.blocks.geometry, ws.network, estates=estates, barriers=ws.barriers)


def between_blocks(ws: Workspace) -> Walks:
    """Return the (n, n) walks between the n blocks, in their order; kept on disk."""
    from platformdirs import user_cache_path

    from geodata.walking_cache import cached_walks

    data, xy = ws.settings.data, ws.block_xy
    if data.streets is None:
        return ws.network.walks(xy, xy)
    return cached_walks(
        ws.folder / data.streets,
        xy,
        network=lambda: ws.network,
        crs=ws.crs,
        walking_kmh=ws.settings.rules.visits.walking_kmh,
        layer=data.sheets.get("streets"),
        barriers=None if data.barriers is None else ws.folder / data.barriers,
        barriers_layer=data.sheets.get("barriers"),
        cache_dir=user_cache_path("doorstep"),
    )


def between_places(ws: Workspace, xy: FloatArray, reach_s: float = math.inf) -> Walks:
    """Return the (n, n) walks between a week's places, (n, 2).

    The walks between the blocks, which are kept on disk, serve where the places
    are half of the blocks or more. Very many places are walked between anew, and
    no farther than anyone walks in `reach_s`.
    """
    from geodata.walking import Walks

    if len(xy) > _MANY_PLACES:
        return _walks_of_many(ws, xy, min(_FAR_M, reach_s * ws.network.walking_kmh / 3.6))
    number = {point: k for k, point in enumerate(map(tuple, ws.block_xy.tolist()))}
    block = np.array([number.get(point, -1) for point in map(tuple, xy.tolist())], dtype=np.int64)
    other = block < 0
    if (~other).sum() < _LEAST_SHARE * len(ws.block_xy):
        return ws.network.walks(xy, xy)
    known = (part[np.ix_(block, block)] for part in ws.block_walks)
    out = []
    for part, rest in zip(known, ws.network.walks(xy[other], xy), strict=True):
        part[other], part[:, other] = rest, rest.T  # there and back are as long
        out.append(part)
    return Walks(*out)


def _walks_of_many(ws: Workspace, xy: FloatArray, within_m: float) -> Walks:
    """Return whole seconds and metres in little memory: single precision holds them exactly."""
    from geodata.walking import Walks

    single: Any = np.float32
    out = Walks(*(np.empty((len(xy), len(xy)), dtype=single) for _ in range(2)))
    for first in range(0, len(xy), _PART):
        rows = slice(first, first + _PART)
        part = ws.network.walks(xy[rows], xy, within_m=within_m)
        for whole, found in zip(out, part, strict=True):
            np.rint(found, out=whole[rows], casting="same_kind")
    return out
