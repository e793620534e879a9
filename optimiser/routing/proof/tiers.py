"""The week's bounds worked out beside the search: tighter than the quick ones of `bounds`.

Rounds of one officer are seldom another's, so that the conversations' bound is the sum of the
most that each day can have, walks, windows and sessions kept, as if it were there for its rounds
alone (`relaxation` at prices of nothing). No plan has more in a tier, whatever it has in the
others; walking only takes off, so that the tiers' bounds together bound the whole.
"""

from __future__ import annotations

import time
from typing import Final

import numpy as np

from optimiser.model.visits import VALUE_UNITS_PER_POINT
from optimiser.routing.arrays.tasks import Compiled
from optimiser.routing.proof.bounds import Bounds, columns_of, tier_worth
from optimiser.routing.proof.relaxation import Relaxation, Stakes, joined_places

__all__ = ["tier_bounds"]

_MOST_SQUARES: Final = 30_000_000
"""Of the nodes that each shift may hold: some ten seconds."""

_MOST_CUBES: Final = 6e9
"""Of the places that days join: some ten seconds for the shortest ways between them."""


def tier_bounds(compiled: Compiled, quick: Bounds, *, seconds: float) -> Bounds:
    """Return bounds whose conversations see walks and times, and the whole no more than the sum.

    Parameters
    ----------
    compiled
        The week.
    quick
        What `all_bounds` returned.
    seconds
        Wall-clock seconds; where they do not suffice the conversations keep their quick bound.
    """
    until = time.monotonic() + seconds
    quick = quick._replace(whole=min(quick.whole, sum(quick.tiers.values())))
    if not compiled.net.shifts or not compiled.net.rounds:
        return quick
    columns, _ = quick.columns or columns_of(compiled)
    alone = tier_worth(compiled, columns)["conversations"]
    held = np.bincount(columns.shift[alone.value > 0], minlength=compiled.net.shifts)
    if int((held**2).sum()) > _MOST_SQUARES:
        return quick
    groups = joined_places(compiled, columns)
    if sum(float(len(group)) ** 3 for group in groups) > _MOST_CUBES:
        return quick
    relaxation = Relaxation(compiled, columns, groups)
    prices = np.zeros(relaxation.tasks)
    most = relaxation.price(prices, Stakes(alone.value, alone.own, 0), until)
    tiers = dict(quick.tiers)
    tiers["conversations"] = min(tiers["conversations"], most / VALUE_UNITS_PER_POINT)
    return quick._replace(whole=min(quick.whole, sum(tiers.values())), tiers=tiers)
