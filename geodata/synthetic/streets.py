"""Invented streets and footpaths around given places: one connected walking network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geodata.synthetic.facts import (
    BOUNDARY,
    BRIDGES,
    CANAL,
    PARKS,
    STREET_KINDS,
    WORDS,
)

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["Network", "Site", "build_network", "place_blocks", "street_points"]

SPACING_M = 112.0
BLOCK_SPACING_M = 62.0
CHUNK = 9  # crossings that share one street name
TURN = 0.21  # radians that the grid is turned by

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Site:
    """An estate or group on the ground: `doors` (n, 2) are where its paths end."""

    name: str
    centre: tuple[float, float]
    doors: Floats


@dataclass(frozen=True, slots=True)
class Network:
    """Crossings, the streets between them as (i, j), names by street and estate paths."""

    nodes: Floats
    edges: Ints
    street: tuple[str, ...]
    highway: tuple[str, ...]
    paths: tuple[tuple[str, Floats], ...]

    def to_frame(self) -> gpd.GeoDataFrame:
        """Return one line a named stretch of street and one a path: highway, name, geometry."""
        import geopandas as gpd
        from shapely import LineString

        rows: list[tuple[str, str | None, LineString]] = []
        run: list[int] = []
        for k, (i, j) in enumerate(self.edges.tolist()):
            follows = bool(run) and run[-1] == i and self.street[k] == self.street[k - 1]
            if run and not follows:
                rows.append((self.highway[k - 1], self.street[k - 1], _line(self.nodes[run])))
                run = []
            run = [*run, j] if run else [i, j]
        rows.append((self.highway[-1], self.street[-1], _line(self.nodes[run])))
        rows += [("footway", None, _line(points)) for _, points in self.paths]
        frame = gpd.GeoDataFrame(rows, columns=["highway", "name", "geometry"])
        return frame.set_geometry("geometry").set_crs("EPSG:27700")


def _line(points: Floats) -> Any:
    from shapely import LineString

    return LineString(np.round(points, 1))


def place_blocks(
    rng: np.random.Generator, sites: Sequence[tuple[str, tuple[float, float], int]]
) -> list[Site]:
    """Give each site (name, centre, number of blocks) its nearest free places on a lattice.

    Places lie inside the boundary, off the canal and on the site's side of it.

    Raises
    ------
    ValueError
        No place is left for a site.
    """
    import shapely

    area = shapely.Polygon(BOUNDARY).buffer(-30)
    canal = shapely.LineString(CANAL)
    low, high = np.array(area.bounds[:2]), np.array(area.bounds[2:])
    across, up = (np.ceil((high - low) / BLOCK_SPACING_M)).astype(int).tolist()
    grid = np.array(
        [(c + 0.5 * (r % 2), 0.9 * r) for r in range(int(up / 0.9)) for c in range(across)]
    )
    free = low + grid * BLOCK_SPACING_M + rng.uniform(-9, 9, grid.shape)
    free = free[shapely.contains_xy(area, free[:, 0], free[:, 1])]
    free = free[shapely.distance(shapely.points(free), canal) > 25]
    placed = []
    for name, centre, count in sites:
        order = np.argsort(np.hypot(*(free - centre).T), kind="stable")
        near = order[: 3 * count + 20]
        rays = shapely.linestrings([[centre, point] for point in free[near]])
        taken = near[~shapely.intersects(rays, canal)][:count]
        if not len(taken):
            raise ValueError(f"there is no room left for {name}; choose a smaller scale")
        placed.append(Site(name, centre, free[taken]))
        free = np.delete(free, taken, axis=0)
    return placed


def build_network(rng: np.random.Generator, sites: Sequence[Site]) -> Network:
    """Lay an irregular grid with gaps, a canal with few bridges and paths into every site."""
    lattice, nodes = _crossings(rng, sites)
    edges, street, highway = _candidate_streets(rng, lattice)
    kept = _drop_canal_crossings(nodes, edges)
    edges, street, highway = edges[kept], street[kept], highway[kept]
    kept = _thin_but_connected(rng, edges, len(nodes))
    edges, street, highway = edges[kept], street[kept], highway[kept]
    used = np.unique(edges)
    index = np.full(len(nodes), -1)
    index[used] = np.arange(len(used))
    nodes, edges = nodes[used], index[edges]
    names = _street_names(rng, street)
    paths = [(site.name, path) for site in sites for path in _paths(rng, site, nodes)]
    return Network(nodes, edges, names, tuple(highway.tolist()), tuple(paths))


def _crossings(rng: np.random.Generator, sites: Sequence[Site]) -> tuple[Ints, Floats]:
    """Return the (row, column) and the position of every crossing outside parks and estates."""
    import shapely
    from scipy.spatial import KDTree

    area = shapely.Polygon(BOUNDARY)
    middle = np.array(area.centroid.coords[0])
    half = int(np.hypot(*np.subtract(area.bounds[2:], area.bounds[:2])) / 2 / SPACING_M) + 1
    lattice = np.array([(r, c) for r in range(-half, half + 1) for c in range(-half, half + 1)])
    flat = lattice[:, ::-1] * SPACING_M
    flat = flat + 38 * np.sin(flat[:, ::-1] / 610)
    turn = np.array([[np.cos(TURN), np.sin(TURN)], [-np.sin(TURN), np.cos(TURN)]])
    nodes = middle + flat @ turn + rng.normal(0, 12, flat.shape).clip(-26, 26)
    keep = shapely.contains_xy(area.buffer(-15), nodes[:, 0], nodes[:, 1])
    for park in PARKS:
        keep &= ~shapely.contains_xy(shapely.Polygon(park), nodes[:, 0], nodes[:, 1])
    keep &= shapely.distance(shapely.points(nodes), shapely.LineString(CANAL)) > 12
    doors = np.vstack([site.doors for site in sites])
    keep &= KDTree(doors).query(nodes)[0] > 42
    return lattice[keep], nodes[keep]


def _candidate_streets(rng: np.random.Generator, lattice: Ints) -> tuple[Ints, Ints, Any]:
    """Return grid and some diagonal streets, in order along each street, with its key and class."""
    at = {(r, c): k for k, (r, c) in enumerate(lattice.tolist())}
    found: list[tuple[int, int, int, int, str]] = []
    for (r, c), k in sorted(at.items()):
        if (r, c + 1) in at:
            found.append((r * 1000 + c // CHUNK, c, k, at[r, c + 1], _highway(r)))
    for (r, c), k in sorted(at.items(), key=lambda item: item[0][::-1]):
        if (r + 1, c) in at:
            found.append((500_000 + c * 1000 + r // CHUNK, r, k, at[r + 1, c], _highway(c)))
    slanted = rng.random(len(at)) < 0.05
    for (r, c), k in sorted(at.items()):
        if slanted[k] and (r + 1, c + 1) in at:
            found.append((900_000 + k, 0, k, at[r + 1, c + 1], "residential"))
    edges = np.array([(i, j) for _, _, i, j, _ in found])
    return edges, np.array([key for key, *_ in found]), np.array([h for *_, h in found])


def _highway(line: int) -> str:
    if line % 11 == 0:
        return "primary"
    return "tertiary" if line % 4 == 0 else "residential"


def _drop_canal_crossings(nodes: Floats, edges: Ints) -> npt.NDArray[np.bool_]:
    """Mark the streets to keep: those off the canal, and the nearest one at each bridge."""
    import shapely

    lines = shapely.linestrings(nodes[edges])
    crosses = shapely.intersects(lines, shapely.LineString(CANAL))
    keep: npt.NDArray[np.bool_] = ~crosses
    over = np.flatnonzero(crosses)
    for bridge in BRIDGES:
        keep[over[np.argmin(shapely.distance(lines[over], shapely.Point(bridge)))]] = True
    return keep


def _thin_but_connected(rng: np.random.Generator, edges: Ints, n: int) -> npt.NDArray[np.bool_]:
    """Mark the streets of the largest connected part, a seventh of its loops left out."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

    weight = rng.uniform(1, 2, len(edges))
    graph = coo_array((weight, (edges[:, 0], edges[:, 1])), shape=(n, n)).tocsr()
    tree = minimum_spanning_tree(graph).tocoo()
    in_tree = {frozenset(pair) for pair in zip(tree.row.tolist(), tree.col.tolist(), strict=True)}
    _, part = connected_components(graph, directed=False)
    largest = np.argmax(np.bincount(part))
    spared = rng.random(len(edges)) > 1 / 7
    needed = np.array([frozenset(edge) in in_tree for edge in edges.tolist()])
    kept: npt.NDArray[np.bool_] = (needed | spared) & (part[edges[:, 0]] == largest)
    return kept


def _street_names(rng: np.random.Generator, street: Ints) -> tuple[str, ...]:
    pool = [f"{word} {kind}" for word in WORDS for kind in STREET_KINDS]
    order = rng.permutation(len(pool)).tolist()
    _, number = np.unique(street, return_inverse=True)
    return tuple(pool[order[k % len(pool)]] for k in number.tolist())


def _paths(rng: np.random.Generator, site: Site, nodes: Floats) -> list[Floats]:
    """Return a site's footpaths: between its doors, and out to a street on up to four sides."""
    import shapely
    from scipy.sparse.csgraph import minimum_spanning_tree
    from scipy.spatial.distance import cdist

    doors, canal = site.doors, shapely.LineString(CANAL)
    apart = cdist(doors, doors)
    tree = minimum_spanning_tree(apart).toarray() > 0
    loops = (apart < 1.2 * BLOCK_SPACING_M) & (rng.random(apart.shape) < 0.4)
    pairs = np.argwhere(np.triu(tree | tree.T | loops, 1))
    paths: list[Floats] = [doors[pair] for pair in pairs]
    near = nodes[np.argsort(np.hypot(*(nodes - site.centre).T), kind="stable")[:120]]
    links = np.array([(door, node) for door in doors for node in near])
    dry = ~shapely.intersects(shapely.linestrings(links), canal)
    links = links[dry]
    length = np.hypot(*(links[:, 0] - links[:, 1]).T)
    out = links[:, 1] - site.centre
    quarter = (np.arctan2(out[:, 1], out[:, 0]) // (np.pi / 2)).astype(int)
    paths.append(links[np.argmin(length)])
    for side in np.unique(quarter):
        mine = np.flatnonzero(quarter == side)
        best = mine[np.argmin(length[mine])]
        if length[best] < 180 and not np.array_equal(links[best], paths[-1]):
            paths.append(links[best])
    return paths


def street_points(
    rng: np.random.Generator, network: Network, anchors: Floats, count: int
) -> list[tuple[str, float, float]]:
    """Return (street, easting, northing) of `count` buildings on different streets, by anchors."""
    import shapely
    from scipy.spatial.distance import cdist

    ends = network.nodes[network.edges]
    middle = ends.mean(axis=1)
    pull = np.exp(-((cdist(middle, anchors) / 600) ** 2)).sum(axis=1) + 0.02
    pull[shapely.distance(shapely.linestrings(ends), shapely.LineString(CANAL)) < 25] = 0
    chosen = rng.choice(len(middle), size=count, replace=False, p=pull / pull.sum())
    along = ends[chosen, 1] - ends[chosen, 0]
    aside = np.column_stack([-along[:, 1], along[:, 0]]) / np.hypot(*along.T)[:, None]
    side = rng.choice([-9.0, 9.0], size=(count, 1))
    points = ends[chosen, 0] + rng.uniform(0.25, 0.75, (count, 1)) * along + side * aside
    return [
        (network.street[e], float(x), float(y))
        for e, (x, y) in zip(chosen.tolist(), points, strict=True)
    ]
