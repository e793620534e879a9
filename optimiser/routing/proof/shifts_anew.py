"""A plan's days made better: one shift's visits chosen anew, then those of two.

One shift is priced (`day_pricing`) over its own visits and those that nobody holds. Of two, the
second one's visits are offered to the first at their prices; the second is then priced over
what the two and nobody else hold. What is worth more is kept: a search in very large
neighbourhoods (Ahuja, Ergun, Orlin and Punnen, Discrete Applied Mathematics 123, 2002).
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from optimiser.routing.proof.day_pricing import DEAR, Pricer, scene_of
from optimiser.routing.proof.shift_days import Group, ShiftDays

if TYPE_CHECKING:
    from optimiser.routing.proof.bounds import F64

__all__ = ["ShiftsAnew"]

_CLOSE: Final = 0.01
"""Of a day's worth: what is left unproven above it."""
_DAYS: Final = 3
"""The first shift's best, from each of which the second's is worked out."""


@dataclass
class ShiftsAnew:
    """A plan under way.

    Attributes
    ----------
    shifts
        What each shift's days are made of.
    plan
        Visits in order, by shift.
    pairs
        Visits by two. Those in the plan stay with the shifts that hold them, where alone the
        days have a worth for them.
    prices
        (visits,) points that one is worth to whoever holds it.
    until
        When to end (`time.monotonic`).
    """

    shifts: Mapping[int, tuple[Group, ShiftDays]]
    plan: dict[int, tuple[int, ...]]
    pairs: frozenset[int]
    prices: F64
    until: float
    _pricer: Pricer = field(default_factory=Pricer)

    def work(self, seed: int) -> None:
        """Better the plan until time is over: each shift alone, then two by chance."""
        for s in self.plan:
            self._one(s)
        chance = random.Random(seed)
        shifts = list(self.plan)
        while len(shifts) > 1 and time.monotonic() < self.until:
            self._two(*chance.sample(shifts, 2))

    def _one(self, s: int) -> None:
        known = self._worth(s, self.plan[s])
        for day in self._days(s, self._costs({s}), known):
            if self._worth(s, day) > known:
                self.plan[s], known = day, self._worth(s, day)

    def _two(self, s: int, other: int) -> None:
        """Choose shift s anew, the other's visits at their prices, and then the other."""
        known = self._worth(s, self.plan[s])
        both = known + self._worth(other, self.plan[other])
        offered = self._costs({s, other})
        theirs = [v for v in self.plan[other] if v not in self.pairs]
        offered[theirs] = self.prices[theirs]
        for day in self._days(s, offered, known)[:_DAYS]:
            rest = self._costs({s, other}, day)
            least = both - self._worth(s, day)
            days = self._days(other, rest, max(least, 0.0))
            best = max(days, key=lambda x: self._worth(other, x), default=())
            if days and self._worth(other, best) > least + 1e-6:
                self.plan[s], self.plan[other] = day, best
                return

    def _days(self, s: int, costs: F64, known: float) -> list[tuple[int, ...]]:
        group, part = self.shifts[s]
        if time.monotonic() > self.until:
            return []
        scene = scene_of(group.walks, group, part, costs)
        days = self._pricer.prove(scene, known, _CLOSE * known, self.until).days
        kept = self.pairs.intersection(self.plan[s])
        return [day for day in days if kept.issubset(day)]

    def _costs(self, mine: set[int], held: tuple[int, ...] = ()) -> F64:
        """Return what visits cost these shifts: nothing, or too much where another holds them."""
        costs = np.zeros(len(self.prices))
        costs[list(held)] = DEAR
        for s, visits in self.plan.items():
            if s not in mine:
                costs[list(visits)] = DEAR
        planned = set().union(*self.plan.values())
        costs[list(self.pairs)] = DEAR
        costs[list(self.pairs & planned)] = 0.0
        return costs

    def _worth(self, s: int, day: tuple[int, ...]) -> float:
        group, part = self.shifts[s]
        return group.worth(part, day) or 0.0
