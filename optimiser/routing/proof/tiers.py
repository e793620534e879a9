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
from optimiser.routing.bounds import (
    F64,
    Bounds,
    Columns,
    Worth,
    columns_of,
    tier_worth,
)
from optimiser.routing.kernels import legs_between
from optimiser.routing.proof.relaxation import Pace, Relaxation, Stakes
from optimiser.routing.tasks import NODE_OF, SERVICE, Compiled

__all__ = ["tier_bounds", "tight_bound"]

_HOUR_POINTS: Final = 160.0
_MOST_COLUMNS: Final = 500_000
_MOST_COLUMNS_UNTIMED: Final = 20_000
_MOST_SQUARES: Final = 30_000_000
"""Of the nodes that each shift may hold: some ten seconds."""

_TRIED: Final = 4
_ROUND_WALK_S: Final = 300.0
_NEIGHBOURS: Final = 3


def tight_bound(
    compiled: Compiled, quick: Bounds, *, seconds: float, passes: int | None = None
) -> Bounds:
    """Return bounds with that of the whole at most as high as the quick one.

    Parameters
    ----------
    compiled
        The week.
    quick
        What `all_bounds` returned.
    seconds
        Wall-clock seconds; not kept to where `passes` is given.
    passes
        Instead of the clock: how often the prices go round all the shifts.
    """
    net = compiled.net
    most = _MOST_COLUMNS if passes is None else _MOST_COLUMNS_UNTIMED
    if not net.shifts or not net.visits + net.rounds or net.shifts * net.visits > most:
        return quick
    pace = Pace(time.monotonic() + seconds, passes)
    columns, worth = columns_of(compiled)
    stakes = Stakes(worth.value, worth.own, net.walk_value)
    prices, relaxation = _first_prices(compiled, columns, worth), Relaxation(compiled, columns)
    if passes is None and _slow(relaxation, prices, stakes, pace):
        return quick
    whole = relaxation.descend(prices, stakes, quick.whole * VALUE_UNITS_PER_POINT, pace)
    return quick._replace(whole=whole / VALUE_UNITS_PER_POINT)


def _slow(relaxation: Relaxation, prices: F64, stakes: Stakes, pace: Pace) -> bool:
    """Return whether there is no time for one pass and its bound, after a few days' trial."""
    shifts = relaxation.net.shifts
    relaxation.day(0, prices, stakes)  # compiles on the first run
    begun = time.monotonic()
    for k in range(_TRIED):
        relaxation.day(k * shifts // _TRIED, prices, stakes)
    now = time.monotonic()
    return now + 2 * shifts * (now - begun) / _TRIED > pace.until


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
    columns, _ = columns_of(compiled)
    alone = tier_worth(compiled, columns)["conversations"]
    held = np.bincount(columns.shift[alone.value > 0], minlength=compiled.net.shifts)
    if int((held**2).sum()) > _MOST_SQUARES:
        return quick
    relaxation = Relaxation(compiled, columns)
    prices = np.zeros(relaxation.tasks)
    most = relaxation.price(prices, Stakes(alone.value, alone.own, 0), Pace(until))
    tiers = dict(quick.tiers)
    tiers["conversations"] = min(tiers["conversations"], most / VALUE_UNITS_PER_POINT)
    return quick._replace(whole=min(quick.whole, sum(tiers.values())), tiers=tiers)


def _first_prices(compiled: Compiled, columns: Columns, worth: Worth) -> F64:
    """Return prices to begin with: what a task is worth beyond the time that it takes.

    Its walk is taken to be the mean of the shortest legs beside it.
    """
    net = compiled.net
    tasks = net.visits + net.rounds
    walk = np.full(tasks, _ROUND_WALK_S)
    if net.visits > 1:
        legs = legs_between(net, net.trait[: net.visits, NODE_OF].copy()).astype(float)
        np.fill_diagonal(legs, np.inf)
        count = min(_NEIGHBOURS, net.visits - 1)
        walk[: net.visits] = np.sort(legs, axis=1)[:, :count].mean(axis=1)
    rate = _HOUR_POINTS * VALUE_UNITS_PER_POINT / 3600
    taken = net.node[columns.node, SERVICE] + walk[columns.task]
    prices = np.zeros(tasks)
    np.maximum.at(prices, columns.task, worth.value + worth.own - rate * taken)
    return prices
