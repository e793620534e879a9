"""A week with more requests than time: a plan near its bound, and the bound, in three turns.

Walks' prices (`route_bound`) are found beside all else. Days that a search has met, and those
looked for at the program's prices, make a plan (`days_bound`), for the search to go on from.
Last, beside that search, days are priced to the end, which is the bound.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

import numpy as np

from optimiser.routing.arrays.net import PAIR, Compiled
from optimiser.routing.proof.bounds import F64, Bounds, Worth, columns_of, tier_worth
from optimiser.routing.proof.days_bound import DaysProgram
from optimiser.routing.proof.route_bound import Start, Week, fits_walks
from optimiser.routing.proof.shift_days import groups_of
from optimiser.routing.proof.walks import Ways

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optimiser.routing.search.annealing import RouteKey

__all__ = ["Crowded"]

_STEP_S, _FINE_S = 120, 30
_STEPS: Final = ((_STEP_S, 5e-3), (60, 1e-3), (_FINE_S, 2e-4))
_COLLECT_SHARE: Final = 0.52
"""Of a plan's time: what looks for days; the rest dives."""
_PASSES: Final = 20
_MOST_VISITS, _MOST_SHIFTS = 500, 150
"""With more, days cannot be priced often enough in a minute."""


class Crowded:
    """One week, its days program and what is known of it; for one thread at a time."""

    def __init__(self, compiled: Compiled, bounds: Bounds) -> None:
        self.compiled, self.bounds = compiled, bounds
        self._columns, self._worth = bounds.columns or columns_of(compiled)
        self._week = Week(compiled, self._columns, Ways(compiled))
        prices = self._week.first_prices(self._worth, bounds.prices)
        self._program = self._program_of(self._worth, bounds.whole, prices)
        self._walked, self._dived = threading.Event(), threading.Event()

    @staticmethod
    def suits(compiled: Compiled) -> bool:
        """Return whether the week can be bounded so, and is small enough to gain by it."""
        net = compiled.net
        return fits_walks(compiled) and net.visits <= _MOST_VISITS and net.shifts <= _MOST_SHIFTS

    @property
    def ready(self) -> bool:
        """Whether there is a program, its tables being not too large."""
        return self._program is not None

    def walk(self, first: float, until: float) -> None:
        """Find the walks' prices, in long steps until `first`, then in shorter and shorter ones.

        Times are of `time.monotonic`, here and below; `plan` may run beside.
        """
        try:
            if self._program is not None:
                self.bounds = self.bounds._replace(whole=self._walk(self._program, first, until))
        finally:
            self._walked.set()

    def _walk(self, program: DaysProgram, first: float, until: float) -> float:
        whole, start = self.bounds.whole, Start(program.prices, [])
        for step in _STEPS:
            limit = until if self._walked.is_set() else first
            whole, start = self._week.bound(self._worth, start, whole, limit, (step,))
            program.recentre(start.prices)
            self._walked.set()
        return whole

    def _program_of(self, worth: Worth, known: float, prices: F64) -> DaysProgram | None:
        gains = self._week.gains(worth)
        coarse = self._week.classes(gains, step_s=_STEP_S)
        fine = self._week.classes(gains, step_s=_FINE_S)
        if not coarse or not fine:
            return None
        groups = groups_of(self.compiled, self._columns, gains, coarse, fine)
        return DaysProgram(groups, self._week.many, bound=known - gains.free, prices=prices)

    def plan(self, routes: Iterable[RouteKey], until: float) -> dict[int, list[int]]:
        """Return routes of visits by one officer, by shift, near the best; `routes` are known.

        Shifts with sessions, which these days leave out, are left to a search. Waits for the
        first prices.
        """
        self._walked.wait()
        try:
            return self._plan(routes, until)
        finally:
            self._dived.set()

    def _plan(self, routes: Iterable[RouteKey], until: float) -> dict[int, list[int]]:
        program, net = self._program, self.compiled.net
        if program is None:
            return {}
        for s, nodes in routes:
            program.add((s, tuple(n for n in nodes if n < net.visits)))
        now = time.monotonic()
        program.collect(now + _COLLECT_SHARE * (until - now))
        found = program.dive(until, np.flatnonzero(net.visit[:, PAIR]).tolist())
        sessions = self.compiled.sessions
        return {s: list(visits) for s, visits in found.items() if not sessions[s]}

    def prove(self, until: float) -> Bounds:
        """Return the bounds with those of the whole and of the requests' tier as days have them.

        Waits for `walk` and `plan`.
        """
        self._dived.wait()
        program = self._program
        if program is None:
            return self.bounds
        program.prove(until, passes=1)
        tiers = dict(self.bounds.tiers)
        tiers["requests"] = self._requests(program, tiers["requests"], until)
        program.prove(until, passes=_PASSES)
        free = self._week.gains(self._worth).free
        whole = min(self.bounds.whole, program.bound + free)
        # Walking costs nothing in the program, and no tier there is less than nothing. What was
        # known of the whole has its walking taken off, and is no bound of the requests alone.
        tiers["requests"] = min(tiers["requests"], program.best + free)
        return self.bounds._replace(whole=whole, tiers=tiers)

    def _requests(self, program: DaysProgram, known: float, until: float) -> float:
        """Return a bound of the requests' tier, from the whole's prices less the other tiers'."""
        worth = tier_worth(self.compiled, self._columns)["requests"]
        whole, alone = self._week.gains(self._worth), self._week.gains(worth)
        mine = self._columns.node < self.compiled.net.visits
        more = np.zeros(len(program.prices))
        np.maximum.at(more, self._columns.node[mine], (whole.call - alone.call)[mine])
        prices = np.maximum(program.prices - more, 0.0)
        tier = self._program_of(worth, known, prices)
        if tier is None:
            return known
        for key in program.worth:
            tier.add(key)
        tier.prove(until, passes=1)
        return min(known, tier.bound + alone.free)
