"""A large road that is walked along has two pavements, joined only at its crossings.

Where a barrier (a trunk road, say) is itself a street, its nodes are split into
one for each side, and so are the stretches between them: blocks and side
streets hang on the side where they are. The sides stay one node

- where streets lead away to more than one side, or large roads cross;
- at a crossing that the barriers name (`highway=crossing`);
- where the road ends in another street.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from geodata.adjacency.barriers import ON_BARRIER_M, barrier_shapes, crossings
from geodata.streets.routing import SplitGraph, points_along

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.streets import StreetNetwork
    from geodata.streets.snapping import Snapped

__all__ = ["Pavements", "split_with_pavements"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

_AHEAD_M: Final = 2.0
"""A street's direction at a junction is that of its first metres."""
_ON_ROAD_M: Final = 0.5
"""A point this near the middle of a road stands on neither side: it hangs on both."""


@dataclass(frozen=True)
class Pavements:
    """Streets split at the places of points, large roads into their two sides.

    - `point`, `node` (links,): the node on which each point hangs; on both
      sides where it stands in the middle of a large road.
    - `side` (pieces,): 1 for the left pavement along the piece, -1 for the
      right one, 0 for a street that is one.
    """

    split: SplitGraph
    point: IntArray
    node: IntArray
    side: IntArray


def split_with_pavements(
    xy: FloatArray, places: Snapped, network: StreetNetwork, barriers: gpd.GeoDataFrame | None
) -> Pavements:
    """Return the network split at the places of points `xy` (n, 2), and its pavements."""
    from geodata.streets.snapping import Snapped

    plain = network.split(places)
    known = np.flatnonzero(places.edge >= 0)
    one = Pavements(plain, known, plain.place_node[known], np.zeros(len(plain.pieces), np.int64))
    if barriers is None or not _on_barrier(plain, barriers).any():
        return one
    import shapely

    over = network.snap(shapely.get_coordinates(crossings(barriers)))
    near = np.flatnonzero(over.leg_m <= ON_BARRIER_M)
    twins = _parallel(network)
    split = network.split(
        Snapped(
            np.concatenate([places.edge, over.edge[near], twins]),
            np.concatenate([places.at_m, over.at_m[near], network.graph.edge_m[twins] / 2]),
            np.concatenate([places.leg_m, over.leg_m[near], np.zeros(len(twins))]),
        )
    )
    road = _on_barrier(split, barriers)
    marked = split.place_node[len(xy) : len(xy) + len(near)]
    junctions = _Junctions(split, road, set(marked.tolist()))
    street = points_along(network.graph, places.edge[known], places.at_m[known])
    away = xy[known] - street
    links = [
        (int(k), node)
        for k, start, (dx, dy) in zip(
            known, split.place_node[known].tolist(), away.tolist(), strict=True
        )
        for node in junctions.nodes_towards(start, dx, dy)
    ]
    point, node = np.array(links, dtype=np.int64).reshape(-1, 2).T
    return _in_two(split, road, junctions, point, node)


def _parallel(network: StreetNetwork) -> IntArray:
    """Return the edges that share both ends with another.

    A split keeps the quickest piece between two nodes only; but a way under a
    large road may share its ends with the road. Cut in the middle it is kept.
    """
    ends = np.sort(network.graph.edge_nodes, axis=1)
    _, which, count = np.unique(ends, axis=0, return_inverse=True, return_counts=True)
    return np.flatnonzero(count[which.ravel()] > 1)


def _on_barrier(split: SplitGraph, barriers: gpd.GeoDataFrame) -> BoolArray:
    """Return which pieces run along a barrier: they are its two pavements."""
    import shapely

    solid = barrier_shapes(barriers)
    tree = shapely.STRtree(solid[shapely.get_dimensions(solid) == 1])
    along = np.ones(len(split.pieces), dtype=bool)
    for share in (0.25, 0.5, 0.75):
        at = split.low + share * (split.high - split.low)
        points = shapely.points(points_along(split.graph, split.edge, at))
        here = np.zeros(len(along), dtype=bool)
        here[tree.query(points, predicate="dwithin", distance=ON_BARRIER_M)[0]] = True
        along &= here
    return along


class _Junctions:
    """The nodes of large roads, each split into one for every side of the roads there.

    The roads that leave a node part the ground round it into sectors; sector k
    lies to the left of road k, looking away from the node.
    """

    def __init__(self, split: SplitGraph, road: BoolArray, crossing: set[int]) -> None:
        self.nodes = split.nodes
        self.angle = _angles(split)
        self._roads: dict[int, list[float]] = {}
        self._nodes: dict[int, list[int]] = {}
        at = split.pieces.tolist()
        for k in np.flatnonzero(road).tolist():
            for end in (0, 1):
                self._roads.setdefault(at[k][end], []).append(float(self.angle[k, end]))
        streets: dict[int, set[int]] = {}
        for angles in self._roads.values():
            angles.sort()
        beside = ~road & np.isin(split.pieces, list(self._roads)).any(axis=1)
        for k in np.flatnonzero(beside).tolist():
            for end in (0, 1):
                if at[k][end] in self._roads:
                    sector = self._sector(at[k][end], float(self.angle[k, end]))
                    streets.setdefault(at[k][end], set()).add(sector)
        for node, angles in sorted(self._roads.items()):
            beside_it = len(streets.get(node, ()))
            ends = len(angles) == 1 and beside_it > 0
            if not ends and beside_it < 2 and len(angles) < 4 and node not in crossing:
                # Where the road just stops, at the edge of the map, it still has two sides.
                new = range(self.nodes, self.nodes + max(len(angles), 2) - 1)
                self._nodes[node] = [node, *new]
                self.nodes += len(new)

    def _sector(self, node: int, angle: float) -> int:
        roads = self._roads[node]
        return (int(np.searchsorted(roads, angle, side="right")) - 1) % len(roads)

    def node(self, node: int, angle: float, turn: int = 0) -> int:
        """Return the node on the side of an angle, `turn` sectors to the left."""
        if node not in self._nodes:
            return node
        sides = self._nodes[node]
        return sides[(self._sector(node, angle) + turn) % len(sides)]

    def nodes_towards(self, node: int, dx: float, dy: float) -> list[int]:
        """Return the node on the side of a point; all, if it is in the middle or at the end."""
        if node not in self._nodes:
            return [node]
        if np.hypot(dx, dy) <= _ON_ROAD_M or len(self._roads[node]) == 1:
            return list(self._nodes[node])
        return [self.node(node, float(np.arctan2(dy, dx)))]


def _angles(split: SplitGraph) -> FloatArray:
    """Return the direction in which each piece leaves its first and its second node, (n, 2)."""
    ahead = np.minimum(_AHEAD_M, (split.high - split.low) / 2)
    low = points_along(split.graph, split.edge, split.low)
    high = points_along(split.graph, split.edge, split.high)
    first = points_along(split.graph, split.edge, split.low + ahead) - low
    last = points_along(split.graph, split.edge, split.high - ahead) - high
    return np.column_stack(
        [np.arctan2(first[:, 1], first[:, 0]), np.arctan2(last[:, 1], last[:, 0])]
    )


def _in_two(
    split: SplitGraph, road: BoolArray, junctions: _Junctions, point: IntArray, node: IntArray
) -> Pavements:
    """Return every road's piece twice, a pavement each; the others at their side of it."""
    ends: list[tuple[int, int]] = []
    which: list[int] = []
    side: list[int] = []
    angle: list[Any] = junctions.angle.tolist()
    for k, (a, b) in enumerate(split.pieces.tolist()):
        if not road[k]:
            ends.append((junctions.node(a, angle[k][0]), junctions.node(b, angle[k][1])))
            which.append(k)
            side.append(0)
            continue
        # Left along the piece is left of it at its first node, and right of it at its second.
        left = (junctions.node(a, angle[k][0]), junctions.node(b, angle[k][1], -1))
        right = (junctions.node(a, angle[k][0], -1), junctions.node(b, angle[k][1]))
        ends += [left, right] if left != right else [left]
        which += [k, k] if left != right else [k]
        side += [1, -1] if left != right else [0]
    at = np.array(which, dtype=np.int64)
    doubled = SplitGraph(
        graph=split.graph,
        nodes=junctions.nodes,
        place_node=split.place_node,
        pieces=np.array(ends, dtype=np.int64).reshape(-1, 2),
        edge=split.edge[at],
        low=split.low[at],
        high=split.high[at],
    )
    return Pavements(doubled, point, node, np.array(side, dtype=np.int64))
