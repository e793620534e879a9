"""A week with more requests than time: a plan near its bound, and the bound.

Walks' prices (`route_bound`) come first; around them, days are looked for beside those that a
search has met (`days_bound`). From there, a plan is dived for (`days_dive`) and bettered shift by
shift (`shifts_anew`), for the search to go on from; beside that, days are priced to the end,
which is the bound.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import numpy as np

from optimiser.routing.arrays.net import I64, PAIR, SERVICE, Compiled
from optimiser.routing.proof.bounds import F64, Bounds, Worth, columns_of, tier_worth
from optimiser.routing.proof.days_bound import DaysProgram
from optimiser.routing.proof.days_dive import Dive
from optimiser.routing.proof.route_bound import Start, Week, fits_walks
from optimiser.routing.proof.shift_days import groups_of
from optimiser.routing.proof.shifts_anew import ShiftsAnew
from optimiser.routing.proof.walks import Ways
from optimiser.routing.search.seeds import sound_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optimiser.routing.search.annealing import RouteKey

__all__ = ["Crowded", "crowded_week"]

_STEP_S, _FINE_S = 120, 30
"""Of walks: where days are looked for, and where they are proven."""
_WALKS_CLOSE: Final = 1e-3
_WALK_SHARE: Final = 0.3
"""Of the time for days: what the walks' prices may take."""
_PASSES: Final = 20
_WORK_PER_S: Final = 3e7
"""Steps of the shifts' tables, for each pair of visits: of weeks with more to the second, a search
found better plans, and walks a better bound, than there was time for here."""


def crowded_week(
    compiled: Compiled, bounds: Bounds, *, seconds: float, workers: int = 1
) -> Crowded | None:
    """Return a week to be planned so, None where it cannot be, or is too large to gain by it.

    Parameters
    ----------
    compiled, bounds
        The week, and what is known of it.
    seconds
        The wall-clock time for all of its plan.
    workers
        Threads that look for days.
    """
    if not fits_walks(compiled):
        return None
    columns, worth = bounds.columns or columns_of(compiled)
    week = Week(compiled, columns, Ways(compiled))
    gains = week.gains(worth)
    coarse = week.classes(gains, step_s=_STEP_S)
    work = sum(len(part.shifts) * len(part.visits) ** 2 * part.most for part in coarse) / _FINE_S
    fine = week.classes(gains, step_s=_FINE_S) if work <= _WORK_PER_S * seconds else []
    if not coarse or not fine:
        return None
    program = DaysProgram(
        groups_of(compiled, columns, gains, coarse, fine),
        week.many,
        bound=bounds.whole - gains.free,
        centre=week.first_prices(worth, bounds.prices),
        workers=workers,
    )
    return Crowded(week, worth, bounds, program)


class Crowded:
    """One week, its days program, and its plan: `collect`, `dive`, then `better` and `prove`."""

    def __init__(self, week: Week, worth: Worth, bounds: Bounds, program: DaysProgram) -> None:
        """Prefer `crowded_week`."""
        self.compiled, self.bounds = week.compiled, bounds
        self._week, self._worth, self._gains = week, worth, week.gains(worth)
        self._program = program

    def collect(self, routes: Iterable[RouteKey], until: float) -> None:
        """Find prices, and days near the best; `routes` are known.

        `until` is of `time.monotonic`, here and below.
        """
        program, net = self._program, self.compiled.net
        begun = time.monotonic()
        start, steps = Start(program.centre, []), ((_STEP_S, _WALKS_CLOSE),)
        whole, start = self._week.bound(
            self._worth, start, self.bounds.whole, begun + _WALK_SHARE * (until - begun), steps,
            workers=program.workers,
        )  # fmt: skip
        self.bounds = self.bounds._replace(whole=whole)
        program.recentre(start.prices)
        for s, nodes in routes:
            program.add((s, tuple(n for n in nodes if n < net.visits)))
        program.collect(until)

    def dive(self, until: float) -> Dive:
        """Return a plan among days near the best, visits by two in it."""
        dive = Dive(self._program, self.compiled)
        dive.work(until)
        return dive

    def better(self, dive: Dive, until: float) -> I64:
        """Return a plan's rows, bettered; `prove` may run beside.

        Shifts with sessions, which these days leave out, are left to a search.
        """
        net, sessions = self.compiled.net, self.compiled.sessions
        pairs = frozenset(np.flatnonzero(net.visit[:, PAIR]).tolist())
        anew = ShiftsAnew(dive.program.shifts, dive.plan, pairs, self._program.centre, until)
        anew.work(seed=1)
        routes = {s: list(visits) for s, visits in anew.plan.items() if not sessions[s]}
        fixed = {v: (start, int(net.node[v, SERVICE])) for v, start in dive.starts.items()}
        return sound_rows(self.compiled, routes, fixed)

    def prove(self, until: float) -> Bounds:
        """Return the bounds with those of the whole and of the requests' tier as days have them.

        The first pass over the shifts takes what it takes, roughly where time is over.
        """
        program = self._program
        program.prove(until, passes=_PASSES)
        tiers = dict(self.bounds.tiers)
        tiers["requests"] = min(tiers["requests"], self._requests(program))
        whole = min(self.bounds.whole, program.bound + self._gains.free)
        return self.bounds._replace(whole=whole, tiers=tiers)

    def _requests(self, program: DaysProgram) -> float:
        """Return a bound of the requests' tier alone: from the whole's, without its best known.

        Each visit's price is lowered by what it is worth to the other tiers whoever comes, or
        to nothing. Then no column is worth more beyond its price than it was, or it is worth
        nothing; nor is time left over. So no shift's best day is, and the sum falls by what the
        prices did. What was known of the whole has its walking taken off, and is no bound here.
        """
        columns, visits = self._week.columns, self.compiled.net.visits
        alone = self._week.gains(tier_worth(self.compiled, columns)["requests"])
        mine = columns.node < visits
        node, prices = columns.node[mine], program.prices
        less: F64 = prices.copy()
        most = np.maximum(self._gains.call[mine], prices[node])
        np.minimum.at(less, node, most - alone.call[mine])
        return program.best - float(less @ self._week.many) + alone.free
