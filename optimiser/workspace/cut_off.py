"""Places that the streets join to no other: found before solving, and named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from geodata import DataError, Problem

if TYPE_CHECKING:
    from geodata.walking import WalkingNetwork
    from optimiser.model.view import Point
    from optimiser.workspace.workspace import Workspace

__all__ = ["cut_off", "cut_off_note", "require_blocks", "require_starts"]

SHOWN: Final = 12


def cut_off(network: WalkingNetwork, xy: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Return (n,) True for places outside the largest group that can walk to each other.

    `xy` is (n, 2). One search finds a whole group, so that few are needed.
    """
    group = np.full(len(xy), -1)
    batch = 1
    while (left := np.flatnonzero(group < 0)).size:
        sources = left[:batch]
        reached = np.isfinite(network.walk_seconds(xy[sources], xy[left]))
        for source, row in zip(sources, reached, strict=True):
            if group[source] < 0:
                group[left[row]] = source
                group[source] = source
        batch *= 2
    outside: npt.NDArray[np.bool_] = group != np.bincount(group).argmax()
    return outside


def require_blocks(ws: Workspace) -> None:
    """Refuse to draw patches where blocks have no way to each other.

    Raises
    ------
    DataError
        Naming them.
    """
    names = ws.blocks["block_name"]
    labels = [
        f"{ref} ({names[ref]})" if isinstance(names[ref], str) and names[ref] else ref
        for ref in ws.unreachable_blocks
    ]
    _refuse(ws, "block", labels, len(ws.blocks))


def require_starts(ws: Workspace, *, sessions: bool) -> None:
    """Refuse service centres, and sessions too, from which the blocks cannot be walked to.

    Raises
    ------
    DataError
        Naming them.
    """
    centres, fixed = ws.service_centres, ws.inputs.fixed
    if centres is not None:
        points = {str(r): (p.x, p.y) for r, p in zip(centres.index, centres.geometry, strict=True)}
        _require(ws, "service centre", points)
    if sessions and fixed is not None:
        rows = zip(fixed["place"], fixed["easting"], fixed["northing"], strict=True)
        _require(ws, "session place", {str(place): (x, y) for place, x, y in rows})


def cut_off_note(ws: Workspace) -> tuple[str, ...]:
    """Return what a week's plan says of blocks without a way to the others."""
    lost = ws.unreachable_blocks
    if not lost:
        return ()
    shown = ", ".join(lost[:5]) + (", …" if len(lost) > 5 else "")
    return (f"No street leads to {len(lost)} blocks, so nobody is sent there: {shown}.",)


def _require(ws: Workspace, what: str, places: Mapping[str, Point]) -> None:
    if not places:
        return
    reachable = ~ws.blocks.index.isin(ws.unreachable_blocks)
    block = ws.blocks.get_coordinates().to_numpy()[reachable][:1]
    seconds = ws.network.walk_seconds(np.array(list(places.values())), block)[:, 0]
    lost = [name for name, s in zip(places, seconds, strict=True) if not np.isfinite(s)]
    _refuse(ws, what, lost, len(places))


def _refuse(ws: Workspace, what: str, lost: Sequence[str], total: int) -> None:
    if not lost:
        return
    shown = ", ".join(lost[:SHOWN])
    if len(lost) > SHOWN:
        shown += f" and {len(lost) - SHOWN} more"
    verb = "has" if len(lost) == 1 else "have"
    problem = Problem(
        file=Path(ws.settings.data.streets or "streets").name,
        reason=f"{len(lost):,} of {total:,} {what}s {verb} no way on foot to most blocks: {shown}",
        remedy="give a streets file of the whole area, or correct the coordinates;"
        " without a streets file, walks are straight lines with a detour",
    )
    raise DataError([problem])
