"""An upper bound of a crowded week: column generation over shifts' days.

Sets: visits i; shifts s; days r of shifts (`shift_days`), each visit at most once and at
its hours. Variable: x_r >= 0, how far day r is worked.

    maximise  sum_r c_r x_r
    subject to  sum_r a_ir x_r <= m_i    for each visit i, done by m_i officers (1 or 2),
                sum of x_r of s <= 1     for each shift s,

c_r the worth of the day's calls, half of a visit by two, and of the time it leaves at the
most that a second of rounds can be worth. At any prices u >= 0

    L(u) = sum_i m_i u_i + sum_s max(0, the most profitable day of s at u)

is at least the value of every plan, and only this sum is returned. GLOP solves the program over
the days found so far, its prices kept in a box around the best so far (boxstep: Marsten, Hogan
and Blankenship, Operations Research 23, 1975): free prices are so uneven that new days are poor
and hard to find. Around which prices is told by L as the days known have it, a little too
low; what is proven comes last, at those prices, and takes a hundred times as long.
"""

from __future__ import annotations

import itertools
import math
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optimiser.routing.proof.day_pricing import Pricer, scene_of
from optimiser.routing.proof.glop import growing_program
from optimiser.routing.proof.shift_days import Group, ShiftDays

if TYPE_CHECKING:
    from optimiser.routing.proof.bounds import F64

__all__ = ["DayKey", "DaysProgram"]

DayKey = tuple[int, tuple[int, ...]]
"""A shift, and a day's visits in order."""

_BOX: Final = 0.06
"""Half of the box's width at first, as a share of the mean price."""
_NARROWER, _WIDER = 0.6, 4.0
"""What becomes of it where the prices found are no better, and where they are the box's best."""

_MANY_DAYS: Final = 40
"""Taken from a shift each time, of different last visits."""

_NEVER: Final = -1e18
"""The worth of a day that cannot be worked any more."""

_CLOSE: Final = 2e-4
"""Of the program's value: near enough to it."""
_FIRST_CLOSE, _DAY_CLOSE = 1e-3, 1e-4
"""Of the best day known: what is left unproven above it in the first pass, and later."""

_LATER_PASS: Final = 0.5
"""Of the time of the pass before, what the next one takes at least: less is to be learnt."""


class DaysProgram:
    """Column generation under way.

    Attributes
    ----------
    best, prices
        The least L proven, in points, and its prices.
    bound
        The same, or what was known before.
    centre
        The prices around which others are tried.
    shifts
        What each shift's days are made of.
    left, taken
        (visits,) officers still open of each, and the shifts no longer free: see `take`.
    """

    def __init__(
        self, groups: list[Group], many: F64, *, bound: float, centre: F64, workers: int
    ) -> None:
        self.groups, self.many, self.workers = groups, many, workers
        self.bound, self.best, self.prices = bound, math.inf, centre
        self.worth: dict[DayKey, float] = {}
        self._table = np.zeros((0, 0), dtype=np.int64)  # of each day, its visits and the pad
        self._pricer = Pricer()
        self.shifts = {part.shift: (group, part) for group in groups for part in group.shifts}
        self.recentre(centre)
        self.left, self.taken = many.copy(), set[int]()
        self._start()
        for s in self.shifts:
            self.add((s, ()))

    def recentre(self, centre: F64) -> None:
        """Try prices around these."""
        self.centre = centre
        self._width = _BOX * float(centre.mean()) if len(centre) else 0.0

    def _start(self) -> None:
        """Begin the program anew with the days known."""
        self._solver: Any = growing_program()
        low = -self._solver.infinity()
        self._visit_rows = [self._solver.Constraint(low, float(m)) for m in self.left]
        self._shift_rows = {s: self._solver.Constraint(low, 1.0) for s in self.shifts}
        self._objective = self._solver.Objective()
        self._objective.SetMaximization()
        self._sides: list[tuple[Any, Any]] = []
        for row in self._visit_rows:
            above, below = (self._solver.NumVar(0.0, 0.0, "") for _ in range(2))
            row.SetCoefficient(above, -1.0)
            row.SetCoefficient(below, 1.0)
            self._sides.append((above, below))
        self._x: dict[DayKey, Any] = {}
        for key in self.worth:
            self._put(key)

    def near(self, share: float) -> list[DayKey]:
        """Return the days worth their shift's best at the centre, or that share less."""
        best = self._known_best(self.centre)
        return [k for k, profit in zip(self.worth, self._profits(self.centre).tolist(), strict=True)
                if profit >= (1 - share) * best[k[0]]]  # fmt: skip

    def add(self, key: DayKey) -> bool:
        """Add a day unless it is there, or cannot be worked."""
        if key in self.worth or key[0] not in self.shifts:
            return False
        group, part = self.shifts[key[0]]
        worth = group.worth(part, key[1])
        if worth is None:
            return False
        self.worth[key] = worth
        self._put(key)
        return True

    def _put(self, key: DayKey) -> None:
        if not self.may_take(key):
            return
        x = self._solver.NumVar(0.0, self._solver.infinity(), "")
        self._objective.SetCoefficient(x, self.worth[key])
        self._shift_rows[key[0]].SetCoefficient(x, 1.0)
        for visit in key[1]:
            self._visit_rows[visit].SetCoefficient(x, 1.0)
        self._x[key] = x

    def solve(self, *, boxed: bool = False) -> tuple[float, F64] | None:
        """Return the program's value and its prices of visits; None where it cannot be solved.

        With `boxed`, of prices around the centre; the value is the least that L can be there.
        """
        self._box(boxed=boxed)
        if self._solver.Solve() != self._solver.OPTIMAL:
            self._start()  # Numbers went wrong on the way.
            self._box(boxed=boxed)
            if self._solver.Solve() != self._solver.OPTIMAL:
                return None
        prices = np.array([max(0.0, row.dual_value()) for row in self._visit_rows])
        return float(self._objective.Value()), prices

    def _box(self, *, boxed: bool) -> None:
        """Let visits be bought and sold at the sides of the box, so that prices stay within."""
        most = self._solver.infinity() if boxed else 0.0
        low = np.maximum(self.centre - self._width, 0.0).tolist()
        high = (self.centre + self._width).tolist()
        for (above, below), sell, buy in zip(self._sides, low, high, strict=True):
            self._objective.SetCoefficient(above, -buy)
            self._objective.SetCoefficient(below, sell)
            above.SetUb(most)
            below.SetUb(most if sell > 0 else 0.0)

    def used(self) -> list[tuple[float, DayKey]]:
        """Return how far each day is taken by the program, the most used first."""
        taken = ((x.solution_value(), key) for key, x in self._x.items())
        return sorted((case for case in taken if case[0] > 0), reverse=True)

    def may_take(self, key: DayKey) -> bool:
        """Return whether a day can be worked still."""
        free = key[0] not in self.taken and self.worth[key] > _NEVER
        return free and bool(self.left[list(key[1])].all())

    def take(self, key: DayKey) -> None:
        """Have a day worked for good: neither its shift nor what it holds is free any more."""
        self.taken.add(key[0])
        self.left[list(key[1])] -= 1
        self._shift_rows[key[0]].SetUb(0.0)
        for v in key[1]:
            self._visit_rows[v].SetUb(float(self.left[v]))
        for other in [other for other in self._x if not self.may_take(other)]:
            self._x.pop(other).SetUb(0.0)

    def change(self, groups: list[Group], visit: int) -> None:
        """Take over what has become of the groups, which differ in this visit."""
        self.groups = groups
        self.shifts = {part.shift: (group, part) for group in groups for part in group.shifts}
        for key in [k for k in self.worth if visit in k[1] and k[0] not in self.taken]:
            group, part = self.shifts[key[0]]
            worth = group.worth(part, key[1])
            self.worth[key] = worth if worth is not None else _NEVER
            if key in self._x and worth is not None:
                self._objective.SetCoefficient(self._x[key], worth)
            elif key in self._x:
                self._x.pop(key).SetUb(0.0)

    def collect(self, until: float) -> None:
        """Add days, without proof, and better the centre, until there is nothing to gain."""
        self.look(self.one_of_each(0), self.centre)
        quiet, most = 0, max((len(group.shifts) for group in self.groups), default=0)
        for turn in itertools.count(1):
            if quiet >= most or time.monotonic() > until:
                return
            if (solved := self.solve(boxed=True)) is None:
                return
            least, prices = solved
            new = self.look(self.one_of_each(turn), prices)
            here, there = self._value(self.centre), self._value(prices)
            quiet = 0 if self._move(here, there, prices, least) or new else quiet + 1

    def _move(self, here: float, there: float, prices: F64, least: float) -> bool:
        """Move the box to better prices, or change its width; False where that gains no more.

        `least` is the least value in the box, as far as the days known tell.
        """
        if there < here:
            self.centre = prices
            return True
        if here - least > _CLOSE * abs(here):
            self._width *= _NARROWER
            return True
        self._width *= _WIDER
        return self._width < float(self.centre.max(initial=0.0))

    def _value(self, prices: F64) -> float:
        """Return L as the days known have it."""
        return float(prices @ self.many) + sum(self._known_best(prices).values())

    def look(self, parts: list[tuple[Group, ShiftDays]], prices: F64) -> int:
        """Add days of these shifts worth about as much as those known, or more; return how many."""
        known = self._known_best(prices)

        def days_of(case: tuple[Group, ShiftDays]) -> list[tuple[int, ...]]:
            group, part = case
            # The best days' visits gain more for their time than the day does.
            least = known[part.shift] / max(group.walks.most, 1)
            scene = scene_of(group.walks, group, part, prices, least)
            return self._pricer.look(scene, known[part.shift])[:_MANY_DAYS]

        with ThreadPoolExecutor(self.workers) as workers:
            found = list(workers.map(days_of, parts))
        return sum(
            self.add((other.shift, day))
            for (group, _), days in zip(parts, found, strict=True)
            for day in days
            for other in group.shifts
            if other.shift not in self.taken
        )

    def one_of_each(self, turn: int) -> list[tuple[Group, ShiftDays]]:
        """Return one shift of each group, of those not taken: the others gain from its days."""
        free = [[p for p in group.shifts if p.shift not in self.taken] for group in self.groups]
        return [
            (group, parts[turn % len(parts)])
            for group, parts in zip(self.groups, free, strict=True)
            if parts
        ]

    def _known_best(self, prices: F64) -> dict[int, float]:
        """Return for each shift the most that a day known is worth at prices, or none at all."""
        best = dict.fromkeys(self.shifts, 0.0)
        for (s, _), most in zip(self.worth, self._profits(prices).tolist(), strict=True):
            best[s] = max(best[s], most)
        return best

    def _profits(self, prices: F64) -> F64:
        """Return what each day known is worth beyond its visits' prices."""
        known = len(self._table)
        if known < len(self.worth):
            new = [visits for _, visits in itertools.islice(self.worth, known, None)]
            wide = max(self._table.shape[1], *(len(visits) for visits in new))
            table = np.full((len(self.worth), wide), len(prices))
            table[:known, : self._table.shape[1]] = self._table
            for k, visits in enumerate(new, known):
                table[k, : len(visits)] = visits
            self._table = table
        worth = np.fromiter(self.worth.values(), dtype=np.float64)
        profits: F64 = worth - np.append(prices, 0.0)[self._table].sum(axis=1)
        return profits

    def prove(self, until: float, *, passes: int) -> None:
        """Better the bound until it is near the program's value, or time or passes are over.

        The first pass is made in any case, roughly where time is over.
        """
        tried, least, pass_s = self.centre, -math.inf, 0.0
        self._width *= _NARROWER
        for number in range(passes):
            before, begun = self.best, time.monotonic()
            if number and begun + _LATER_PASS * pass_s > until:
                return
            new = self._price(tried, until, _DAY_CLOSE if number else _FIRST_CLOSE)
            pass_s = time.monotonic() - begun
            if number and not self._move(before, self.best, tried, least) and not new:
                return
            if time.monotonic() > until or (solved := self.solve()) is None:
                return
            if min(self.bound, self.best) - solved[0] <= _CLOSE * abs(solved[0]):
                return
            if (solved := self.solve(boxed=True)) is None:
                return
            least, tried = solved

    def _price(self, prices: F64, until: float, close: float) -> int:
        """Price all shifts, better the bound, and return how many days were new.

        Where time is over, a first bound takes what days could be worth at best; a later one is
        given up.
        """
        total, new = float(prices @ self.many), 0
        known = self._known_best(prices)
        for group in self.groups:
            for part in group.shifts:
                late = time.monotonic() > until
                if late and math.isfinite(self.best):
                    return new
                scene = scene_of(group.walks if late else group.fine, group, part, prices)
                best = known[part.shift]
                priced = self._pricer.prove(scene, best, close * best, until)
                total += max(priced.most, group.idle)
                for day in priced.days[:_MANY_DAYS]:
                    new += sum(self.add((other.shift, day)) for other in group.shifts)
        if total < self.best:
            self.best, self.prices = total, prices
        self.bound = min(self.bound, total)
        return new
