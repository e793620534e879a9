"""Patch polygons that tile the boundary, each around its blocks and their streets.

Points sampled along the streets go to the block that is nearest on foot, as do
the blocks' own points; the edges of their Voronoi cells that separate two
patches, together with the outline, cut the area into faces. Faces share every
vertex of their borders, so the polygons have neither gaps nor overlaps, and are
simplified together to keep it so. Then their edges move to the streets that run
between the blocks. Where the blocks' neighbours are given, corridors join the
pieces of a patch whose blocks are neighbours, see `geodata.tessellation.corridors`.

>>> import geopandas as gpd, pandas as pd
>>> from geodata import StraightLines, patch_polygons
>>> from shapely import box
>>> blocks = gpd.GeoSeries.from_xy([10, 30, 90], [5, 5, 5], index=list("ABC"), crs="EPSG:27700")
>>> patch = pd.Series(["P1", "P1", "P2"], index=list("ABC"))
>>> area = gpd.GeoDataFrame(geometry=[box(0, 0, 100, 10)], crs="EPSG:27700")
>>> patch_polygons(blocks, patch, boundary=area, network=StraightLines()).area.tolist()
[600.0, 400.0]
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import numpy.typing as npt

from geodata.adjacency.adjacency import assert_crs
from geodata.adjacency.barriers import assert_barriers
from geodata.streets import StreetNetwork
from geodata.streets.edges import align_to_streets
from geodata.streets.tags import carriageway
from geodata.tessellation.corridors import CellGraph, join_pieces
from geodata.tessellation.notes import Drawing, notes, pieces
from geodata.tessellation.seeds import ground_seeds, seeds_around

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import shapely
    from scipy.spatial import Voronoi

    from geodata.adjacency import Adjacency
    from geodata.walking import WalkingNetwork

__all__ = ["Ground", "patch_polygons"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_log = logging.getLogger(__name__)

HULL_MARGIN_M: Final = 150.0
OUTSIDE_MARGIN_M: Final = 25.0
SIMPLIFY_M: Final = 30.0
ALIGNED_SIMPLIFY_M: Final = 8.0
"""Along streets less is simplified, so that the edge keeps to the street round a bend."""
LEAST_SIMPLIFY_M: Final = 1.0
PLOT_M: Final = 6.0
LEAST_PLOT_M: Final = 0.5
"""Edges keep this clear of a block where there is room."""
_GRID_M: Final = 0.0001


@dataclass
class Ground:
    """The area cut into cells, each of one block, whatever patches the blocks are in.

    `block` (cells,) is each cell's block by position; the cells are those of the points
    less `origin`.
    """

    area: shapely.Geometry
    cells: Voronoi
    origin: FloatArray
    block: IntArray

    @classmethod
    def of(
        cls,
        points: gpd.GeoSeries,
        *,
        boundary: gpd.GeoDataFrame | None,
        network: WalkingNetwork,
        barriers: gpd.GeoDataFrame | None,
        around: bool,
    ) -> Self:
        """Return the cells of the blocks at `points`; see `patch_polygons`.

        With `around` the cells about a block are small, so that corridors can pass it.
        """
        import shapely

        xy = shapely.get_coordinates(points.array)
        area = _area(xy, boundary, network.crs)
        seeds, block = ground_seeds(xy, network, barriers)
        if around:
            seeds, block = seeds_around(xy, seeds, block)
        return cls(area, *_voronoi(seeds, area), block)

    @cached_property
    def graph(self) -> CellGraph:
        """Which cells touch."""
        return CellGraph.from_voronoi(self.cells, len(self.block), _moved(self.area, -self.origin))


def patch_polygons(
    points: gpd.GeoSeries,
    patch: pd.Series[Any],
    *,
    boundary: gpd.GeoDataFrame | None,
    network: WalkingNetwork,
    barriers: gpd.GeoDataFrame | None = None,
    adjacency: Adjacency | None = None,
    ground: Ground | None = None,
) -> gpd.GeoDataFrame:
    """Return a polygon for every patch; together they tile the boundary.

    Parameters
    ----------
    points
        One point a block, index block_ref, in the network's coordinate system.
    patch
        Each block's patch; same index.
    boundary
        The area to tile; None for the hull of the points with a margin. Where a
        block lies outside, the area is extended to it.
    network
        Streets, or straight lines (then: nearest block as the crow flies).
    barriers
        What is not walked across; see `read_barriers`. Along a large road the
        pavements are drawn with the blocks on their side.
    adjacency
        Which blocks are neighbours, of the same points; see `block_adjacency`. Blocks
        of a patch that hang together then lie in one piece, wherever a corridor
        can join them that takes no block's ground and parts no other patch.
    ground
        The cells of the same points, boundary, network and barriers, where patches are
        drawn several times; None to find them.

    Returns
    -------
    Columns patch, pieces (how many parts with a block) and geometry, sorted by
    patch. Every block lies in its patch's polygon, unless a block of another patch
    has the very same point: then the first of them in `points` has the ground, and
    a patch without any ground of its own is left out. `attrs["notes"]` says so, and
    what else a reader of the map should know, as sentences.

    Raises
    ------
    ValueError
        Coordinate systems or indexes that differ, a block without a point or
        patch, or a boundary without area.
    """
    import geopandas as gpd
    import shapely

    assert_crs(points, network)
    assert_barriers(barriers, points.crs)
    if not patch.index.equals(points.index):
        raise ValueError("patch and points have different indexes")
    if patch.isna().any():
        raise ValueError("every block needs a patch")
    xy = shapely.get_coordinates(points.array)
    if len(xy) != len(points) or not len(xy):
        raise ValueError("every block needs a point")
    names, code = np.unique(patch.astype(str).to_numpy(dtype=object), return_inverse=True)
    code = np.asarray(code, dtype=np.int64)
    ground = ground or Ground.of(
        points,
        boundary=boundary,
        network=network,
        barriers=barriers,
        around=adjacency is not None,
    )
    area, label = ground.area, code[ground.block]
    group = None if adjacency is None else _groups(adjacency.edges, code)
    if group is not None and len(np.unique(group)) < len(group):
        home = _homes(xy)
        own = label[home] == code
        label = join_pieces(ground.graph, label, home[own], group[own])
    faces, face_code = _faces(area, ground.cells, ground.origin, label)
    face_code = _give_empty_faces_away(faces, face_code, xy, code)
    shapes = {
        c: shapely.coverage_union_all(faces[face_code == c]) for c in np.unique(face_code).tolist()
    }
    holds = _Holds(list(shapes), xy, code)
    polygons = _simplify(np.array(list(shapes.values()), dtype=object), holds, SIMPLIFY_M)
    if isinstance(network, StreetNetwork):
        polygons = align_to_streets(polygons, _streets(network), holds.points)
        polygons = _simplify(polygons, holds, ALIGNED_SIMPLIFY_M)
    drawing = Drawing(points, names, code, group, list(shapes), polygons)
    found = gpd.GeoDataFrame(
        {"patch": names[list(shapes)], "pieces": pieces(drawing)},
        geometry=polygons,
        crs=network.crs,
    )
    found.attrs["notes"] = notes(drawing, network, None if boundary is None else area, adjacency)
    return found


def _groups(edges: IntArray, code: IntArray) -> IntArray:
    """Return each block's group: blocks of one patch that hang together as neighbours."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    a, b = edges[code[edges[:, 0]] == code[edges[:, 1]]].T
    links = coo_array((np.ones(len(a)), (a, b)), shape=(len(code), len(code)))
    return np.asarray(connected_components(links.tocsr(), directed=False)[1], dtype=np.int64)


def _homes(xy: FloatArray) -> IntArray:
    """Return the seed at each block's point: the blocks' distinct points come first in order."""
    _, first, which = np.unique(xy, axis=0, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[which.ravel()], dtype=np.int64)


def _moved(shape: shapely.Geometry, by: FloatArray) -> shapely.Geometry:
    import shapely

    return shapely.transform(shape, lambda xy: xy + by)


def _streets(network: StreetNetwork) -> npt.NDArray[Any]:
    """Return the streets between buildings, those that patches may end at."""
    return np.asarray(network.lines.geometry.array[carriageway(network.lines)])


def _area(xy: FloatArray, boundary: gpd.GeoDataFrame | None, crs: str) -> shapely.Geometry:
    """Return the area to tile: the boundary, and a strip to each block outside it."""
    import shapely

    if boundary is None:
        return shapely.convex_hull(shapely.multipoints(xy)).buffer(HULL_MARGIN_M)
    if boundary.crs is None or boundary.crs != crs:
        raise ValueError(f"the boundary is in {boundary.crs}, the walking network in {crs}")
    area = shapely.union_all(shapely.make_valid(boundary.geometry.array))
    area = shapely.union_all([p for p in shapely.get_parts(area) if p.area > 0])
    if area.is_empty:
        raise ValueError("the boundary has no area")
    shapely.prepare(area)
    points = shapely.points(xy)
    outside = points[~shapely.contains_properly(area, points)]
    if len(outside):
        _log.info("%d blocks outside the boundary: it is extended to them", len(outside))
        strips = shapely.buffer(shapely.shortest_line(outside, area), OUTSIDE_MARGIN_M)
        area = shapely.union_all([area, *strips])
    return area


def _voronoi(seeds: FloatArray, area: shapely.Geometry) -> tuple[Voronoi, FloatArray]:
    """Return the cells of the seeds, less the origin; four corners far away close those within."""
    from scipy.spatial import Voronoi

    west, south, east, north = area.bounds
    far = 10.0 * max(east - west, north - south, 1.0)
    corners = [(west - far, south - far), (west - far, north + far)]
    corners += [(east + far, south - far), (east + far, north + far)]
    origin = np.array([(west + east) / 2, (south + north) / 2])
    return Voronoi(np.concatenate([seeds, corners]) - origin), origin


def _faces(
    area: shapely.Geometry, cells: Voronoi, origin: FloatArray, code: IntArray
) -> tuple[npt.NDArray[Any], IntArray]:
    """Cut the area along the Voronoi edges between patches; return the faces and their patch."""
    import shapely
    from scipy.spatial import cKDTree

    left, right = cells.ridge_points.T
    real = np.maximum(left, right) < len(code)
    ridge = np.flatnonzero(real)[code[left[real]] != code[right[real]]]
    ends = np.array([cells.ridge_vertices[k] for k in ridge], dtype=np.int64).reshape(-1, 2)
    ends = ends[(ends >= 0).all(axis=1)]
    lines = shapely.linestrings(cells.vertices[ends] + origin)
    lines = lines[shapely.intersects(lines, area)]
    noded = shapely.union_all([*lines, area.boundary], grid_size=_GRID_M)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inside = shapely.point_on_surface(faces)
    shapely.prepare(area)
    kept = shapely.contains(area, inside)
    faces, inside = faces[kept], inside[kept]
    seeds = cells.points[: len(code)]
    _, nearest = cKDTree(seeds).query(shapely.get_coordinates(inside) - origin)
    return faces, code[nearest]


def _give_empty_faces_away(
    faces: npt.NDArray[Any], face_code: IntArray, xy: FloatArray, code: IntArray
) -> IntArray:
    """Give a face without a block of its patch to the neighbour with the longest common border.

    A face that touches no other (an island of the boundary) keeps its patch.
    """
    import shapely

    tree = shapely.STRtree(faces)
    point, face = tree.query(shapely.points(xy), predicate="intersects")
    settled = np.zeros(len(faces), dtype=bool)
    settled[face[code[point] == face_code[face]]] = True
    empty = np.flatnonzero(~settled)
    k, other = tree.query(faces[empty], predicate="intersects")
    face = empty[k]
    apart = face != other
    face, other = face[apart], other[apart]
    border = shapely.length(shapely.intersection(faces[face], faces[other]))
    order = np.lexsort((other, face, -border))
    out = face_code.copy()
    while True:
        # The longest border of an empty face with one that has its patch, until none is left.
        open_pairs = order[(border[order] > 0) & ~settled[face[order]] & settled[other[order]]]
        if not len(open_pairs):
            return out
        best = open_pairs[0]
        out[face[best]] = out[other[best]]
        settled[face[best]] = True


class _Holds:
    """Keeps blocks in the polygon of their patch."""

    def __init__(self, codes: list[int], xy: FloatArray, code: IntArray) -> None:
        import shapely

        position = np.full(int(code.max()) + 1, -1, dtype=np.int64)
        position[codes] = np.arange(len(codes))
        known = position[code] >= 0
        self.points = shapely.points(xy[known])
        self._polygon = position[code[known]]

    def __call__(self, polygons: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Tell which blocks lie in the polygon of their patch."""
        import shapely

        return np.asarray(shapely.covers(polygons[self._polygon], self.points), dtype=np.bool_)

    def plots(self, polygons: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], IntArray]:
        """Return the ground round the blocks inside their polygons, and each plot's polygon.

        A diamond of `PLOT_M` where there is room; those that overlap are one.
        """
        import shapely

        room = shapely.distance(self.points, shapely.boundary(polygons)[self._polygon])
        free = (room > LEAST_PLOT_M) & self(polygons)
        half = np.minimum(PLOT_M, 0.8 * room[free])
        around = shapely.buffer(self.points[free], half, quad_segs=1)
        plots, owner = [], []
        for k in np.unique(self._polygon[free]).tolist():
            here = shapely.get_parts(shapely.union_all(around[self._polygon[free] == k]))
            plots += list(shapely.polygons(shapely.get_exterior_ring(here)))
            owner += [k] * len(here)
        return np.array(plots, dtype=object), np.array(owner, dtype=np.int64)


def _simplify(polygons: npt.NDArray[Any], holds: _Holds, tolerance_m: float) -> npt.NDArray[Any]:
    """Simplify the common edges together, with every block's plot cut out, so that none is lost.

    Where that fails, less and less until every block stays inside.
    """
    import shapely

    before = holds(polygons)
    plots, owner = holds.plots(polygons)
    cut = polygons.copy()
    for k in np.unique(owner).tolist():
        cut[k] = shapely.difference(polygons[k], shapely.multipolygons(plots[owner == k]))
    while tolerance_m >= LEAST_SIMPLIFY_M:
        simpler = shapely.coverage_simplify(
            np.concatenate([cut, plots]), tolerance_m, simplify_boundary=False
        )
        whole = simpler[: len(polygons)].copy()
        for k in np.unique(owner).tolist():
            parts = [whole[k], *simpler[len(polygons) :][owner == k]]
            whole[k] = shapely.coverage_union_all(parts)
        sound = shapely.is_valid(whole).all() and shapely.coverage_is_valid(whole)
        if sound and (holds(whole) >= before).all():
            return np.asarray(whole)
        tolerance_m *= 0.75
    return polygons
