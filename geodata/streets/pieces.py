"""Which blocks lie on streets that have no way on foot to the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from geodata.adjacency.adjacency import assert_crs
from geodata.streets.network import SNAP_LIMIT_M, StreetNetwork

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.walking import WalkingNetwork

__all__ = ["BlocksApart", "blocks_apart"]

NEARER_M: Final = 10.0
"""A street left out matters to a block where it is so much nearer than the one used."""
FAR_M: Final = 100.0
"""Homes stand beside streets: where a block is farther off, a street or its place is missing."""
_NAMED: Final = 10

_REASONS: Final = {
    "network": "on streets with no way on foot to the rest",
    "left out": "at streets left out for having no way to the rest; walked to from the next street",
    "far": f"more than {FAR_M:,.0f} m from the nearest street, and walked to straight from there",
    "no street": f"farther than {SNAP_LIMIT_M:,.0f} m from every street",
}


@dataclass(frozen=True, slots=True)
class BlocksApart:
    """Blocks in one case: a network of their own, a piece left out, a street far off, or none."""

    why: Literal["network", "left out", "far", "no street"]
    blocks: tuple[str, ...]

    @property
    def reason(self) -> str:
        """What is so about them, in words."""
        return _REASONS[self.why]

    def __str__(self) -> str:
        """Return the sentence for the report."""
        named = ", ".join(self.blocks[:_NAMED])
        more = f" and {len(self.blocks) - _NAMED:,} more" if len(self.blocks) > _NAMED else ""
        count = "1 block" if len(self.blocks) == 1 else f"{len(self.blocks):,} blocks"
        return f"{count} {self.reason}: {named}{more}"


def blocks_apart(points: gpd.GeoSeries, network: WalkingNetwork) -> tuple[BlocksApart, ...]:
    """Return the blocks that are not simply on the network with most blocks; none is good.

    Parameters
    ----------
    points
        One point a block, index block_ref, in the network's coordinate system.
    network
        Straight lines leave nobody apart.

    Returns
    -------
    Each network of its own, most blocks first; then the blocks at streets left
    out; then those far from their street; then those without one. Blocks in the
    order of `points`.
    """
    if not isinstance(network, StreetNetwork):
        return ()
    import shapely
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    assert_crs(points, network)
    refs = np.array([str(ref) for ref in points.index], dtype=object)
    places = network.snap(points.get_coordinates().to_numpy())
    on_street = places.edge >= 0
    a, b = network.graph.edge_nodes.T
    n = len(network.graph.node_xy)
    links = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(n, n))
    _, component = connected_components(links.tocsr(), directed=False)
    number = component[a[places.edge[on_street]]]
    size = np.bincount(number)
    others = [k for k in np.argsort(-size, kind="stable")[1:].tolist() if size[k]]
    found = [BlocksApart("network", tuple(refs[on_street][number == k])) for k in others]
    every_street = shapely.STRtree(network.lines.geometry.array)
    shapes = np.asarray(points.array)[on_street]
    (block, _), metres = every_street.query_nearest(shapes, all_matches=False, return_distance=True)
    beside = block[metres < places.leg_m[on_street][block] - NEARER_M]
    if len(beside):
        found.append(BlocksApart("left out", tuple(refs[on_street][np.sort(beside)])))
    far = on_street & (places.leg_m > FAR_M)
    if far.any():
        found.append(BlocksApart("far", tuple(refs[far])))
    if not on_street.all():
        found.append(BlocksApart("no street", tuple(refs[~on_street])))
    return tuple(found)
