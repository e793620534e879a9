"""What a reader of the patch map should know about how the polygons were drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geodata.streets import StreetNetwork

if TYPE_CHECKING:
    import geopandas as gpd
    import shapely

    from geodata.adjacency import Adjacency
    from geodata.walking import WalkingNetwork

__all__ = ["Drawing", "notes", "pieces", "without_ground"]

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Drawing:
    """The patches as drawn.

    `points` of the blocks; `names` of all patches, each block's `code` among them
    and its `group`, see `join_pieces` (None where neighbours are not known); the
    `drawn` patches and their `polygons`.
    """

    points: gpd.GeoSeries
    names: npt.NDArray[Any]
    code: IntArray
    group: IntArray | None
    drawn: list[int]
    polygons: npt.NDArray[Any]

    def parts(self) -> IntArray:
        """Return the part in which each block lies, -1 for one outside its patch's polygon."""
        import shapely

        parts, polygon = shapely.get_parts(self.polygons, return_index=True)
        block, part = shapely.STRtree(parts).query(self.points.array, predicate="intersects")
        own = np.array(self.drawn)[polygon[part]] == self.code[block]
        out = np.full(len(self.code), -1, dtype=np.int64)
        out[block[own]] = part[own]
        return out


def pieces(drawing: Drawing) -> list[int]:
    """Return how many parts with a block each drawn patch has."""
    part, code = drawing.parts(), drawing.code
    return [len(np.unique(part[(code == k) & (part >= 0)])) for k in drawing.drawn]


def notes(
    drawing: Drawing,
    network: WalkingNetwork,
    area: shapely.Geometry | None,
    adjacency: Adjacency | None,
) -> tuple[str, ...]:
    """Return sentences on what is not as one would expect; `area` is None without a boundary."""
    out = []
    if area is None:
        out.append(
            "No boundary file: the patches end 150 m beyond the outermost blocks, "
            "which is no one's boundary."
        )
    out += without_ground(drawing.points, drawing.names[drawing.code])
    if adjacency is None or drawing.group is None:
        return tuple(out)
    part, apart = drawing.parts(), []
    for k in drawing.drawn:
        here = (drawing.code == k) & (part >= 0)
        count = len(np.unique(part[here]))
        groups = len(np.unique(drawing.group[here]))
        if count > groups:
            why = _why(drawing, part, here, network, area, adjacency)
            out.append(f"Patch {drawing.names[k]} is drawn in {count} pieces: {why}.")
        elif count > 1:
            apart.append(f"{drawing.names[k]} ({count})")
    if apart:
        out.append(
            "Drawn in pieces because their blocks are not all neighbours on foot: patches "
            f"{', '.join(apart)}."
        )
    return tuple(out)


def without_ground(points: gpd.GeoSeries, patch: npt.NDArray[Any]) -> tuple[str, ...]:
    """Return sentences on patches whose every block stands where another's has the ground.

    Of blocks on one point the first has it; `patch` (blocks,) names each one's patch.
    """
    xy = points.get_coordinates().to_numpy()
    _, first, which = np.unique(xy, axis=0, return_index=True, return_inverse=True)
    owner = first[which.ravel()]
    lost = sorted(set(patch.tolist()) - set(patch[owner].tolist()))
    out = []
    for name in lost:
        block = int(np.argmax(patch == name))
        out.append(
            f"Patch {name} has no ground on the map: its block {points.index[block]} stands on "
            f"the same point as {points.index[owner[block]]} of {patch[owner[block]]}."
        )
    return tuple(out)


def _why(
    drawing: Drawing,
    part: IntArray,
    here: npt.NDArray[np.bool_],
    network: WalkingNetwork,
    area: shapely.Geometry | None,
    adjacency: Adjacency,
) -> str:
    """Return why two neighbouring blocks of a patch lie in two parts, for the nearest two."""
    import shapely

    edges = adjacency.edges[here[adjacency.edges].all(axis=1)]
    edges = edges[part[edges[:, 0]] != part[edges[:, 1]]]
    xy = drawing.points.get_coordinates().to_numpy()
    a, b = edges[np.argmin(np.hypot(*(xy[edges[:, 0]] - xy[edges[:, 1]]).T))]
    first, second = drawing.points.index[a], drawing.points.index[b]
    if any({join.block_ref, join.other_ref} == {first, second} for join in adjacency.joined):
        return f"no street joins {first} and {second}, which count as neighbours by rule"
    way = shapely.linestrings(xy[[a, b]])
    if isinstance(network, StreetNetwork) and np.hypot(*(xy[a] - xy[b])) > 0:
        way = network.paths(xy[[a]], xy[[b]])[0]
    if area is not None and shapely.length(shapely.difference(way, area)) > 1.0:
        return f"the way from {first} to {second} leaves the boundary"
    crossed = shapely.length(shapely.intersection(drawing.polygons, way)) > 1.0
    others = [
        str(drawing.names[k])
        for k, crosses in zip(drawing.drawn, crossed, strict=True)
        if crosses and k != drawing.code[a]
    ]
    return f"the way from {first} to {second} crosses the ground of {' and '.join(others)}"
