"""The week's bounds after the search: tighter, and each tier given the tiers above it.

The bound of a tier is the most that any plan can have in it that is at least as good as
the given plan in every tier above. With V_h the plan's value in tier h, and B a bound of the
objective's sum, which nothing but walking lessens,

    tier k <= B - sum over h < k of V_h + the most that walking can take off,

and the tier's bound without regard to the others holds too; the less of all is taken. Summed
over the tiers up to k alone, the objective has a B of its own, and so has each weighting of
the tiers above: any weight w >= 0 makes

    tier k <= B(w times the tiers above + tier k) - w times the sum of their V_h.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import numpy as np

from optimiser.model.visits import VALUE_UNITS_PER_POINT
from optimiser.routing.bounds import (
    F64,
    Bounds,
    Columns,
    Worth,
    columns_of,
    dual_bound,
    shift_prices,
    tier_worth,
)
from optimiser.routing.kernels import legs_between
from optimiser.routing.proof.relaxation import Pace, Relaxation, Stakes
from optimiser.routing.tasks import LIMIT, NODE_OF, SERVICE, Compiled

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["tier_bounds", "tight_bound"]

_HOUR_POINTS: Final = 160.0
_WEIGHED: Final = ("conversations", "own_officer")
_WEIGHT: Final = 0.1
"""Tiers whose bound is worth a relaxation of their own, and the weight of those above."""

_NEAR: Final = 0.01
_MOST_COLUMNS: Final = 500_000
_MOST_COLUMNS_UNTIMED: Final = 20_000
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


def tier_bounds(
    compiled: Compiled, bounds: Bounds, units: Mapping[str, int], *, seconds: float | None = None
) -> Bounds:
    """Return bounds with each tier's given the tiers above it.

    Parameters
    ----------
    compiled
        The week.
    bounds
        What is known of the whole and of each tier alone.
    units
        What the plan has in each tier, in the tiers' order.
    seconds
        Wall-clock seconds after which no further relaxation is solved; None: all are.
    """
    net = compiled.net
    until = None if seconds is None else time.monotonic() + seconds
    tiers = dict(bounds.tiers)
    columns, alone = None, {}
    walked = net.walk_value * float(net.shift[:, LIMIT].sum()) / VALUE_UNITS_PER_POINT
    above, names = 0.0, list(units)
    for k, name in enumerate(names):
        value = units[name] / VALUE_UNITS_PER_POINT
        if name in tiers:
            tiers[name] = min(
                tiers[name], bounds.whole - above + (0.0 if name == "walking" else walked)
            )
        late = until is not None and time.monotonic() > until
        if name in _WEIGHED and net.shifts and not late and tiers[name] > value + _NEAR:
            if columns is None:
                columns, _ = columns_of(compiled)
                alone = tier_worth(compiled, columns)
            given = _given(compiled, columns, [alone[n] for n in names[: k + 1]], above)
            tiers[name] = min(tiers[name], given)
        above += value
    return bounds._replace(tiers=tiers)


def _given(compiled: Compiled, columns: Columns, tiers: list[Worth], above: float) -> float:
    """Return a bound of the last of these tiers, the others having `above` points together."""
    last = tiers[-1]
    value = last.value + _WEIGHT * sum(t.value for t in tiers[:-1])
    own = last.own + _WEIGHT * sum(t.own for t in tiers[:-1])
    worth = Worth(value, own, np.zeros(len(value)))
    prices = shift_prices(compiled.net, columns, worth.total)
    most = dual_bound(compiled.net, columns, worth, prices)
    return most / VALUE_UNITS_PER_POINT - _WEIGHT * above


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
