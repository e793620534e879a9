"""An upper bound of a crowded week, and a plan near it: column generation over shifts' days.

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

A plan is found by diving (Sadykov, Vanderbeck, Pessoa, Tahiri and Uchoa, INFORMS Journal on
Computing 31, 2019): the days with the greatest x are taken for good, the program solved and
priced again for the shifts that are left, and so on.
"""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optimiser.routing.proof.shift_days import Group, Pricer, ShiftDays, scene_of

if TYPE_CHECKING:
    from collections.abc import Iterable

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

_CLOSE: Final = 2e-4
"""Of the program's value: near enough to it."""
_FIRST_CLOSE, _DAY_CLOSE = 1e-3, 1e-4
"""Of the best day known: what is left unproven above it in the first pass, and later."""

_LATER_PASS: Final = 0.5
"""Of the time of the pass before, what the next one takes at least: less is to be learnt."""

_SURE: Final = 0.9
"""A dive takes all that the program takes as far as this."""
_MOST_TAKEN: Final = 3
"""Of days less sure, so many at once where time is short, else one."""

_NEAR: Final = 0.3
"""A dive begins with the days worth no less than their shift's best by more than this share."""

_DEAR: Final = 1e12


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
    """

    def __init__(
        self, groups: list[Group], many: F64, *, bound: float, centre: F64, workers: int
    ) -> None:
        self.groups, self.many, self.workers = groups, many, workers
        self.bound, self.best, self.prices = bound, math.inf, centre
        self.worth: dict[DayKey, float] = {}
        self._pricer = Pricer()
        self.shifts = {part.shift: (group, part) for group in groups for part in group.shifts}
        self.recentre(centre)
        self._start(many)
        for s in self.shifts:
            self.add((s, ()))

    def recentre(self, centre: F64) -> None:
        """Try prices around these."""
        self.centre = self._last = centre
        self._width = _BOX * float(centre.mean()) if len(centre) else 0.0

    def _start(self, left: F64, taken: Iterable[int] = (), *, near: bool = False) -> None:
        """Begin the program anew: visits may be held so often, days of shifts taken not.

        With `near`, without days that are far from being worth their visits' prices.
        """
        import ortools.linear_solver.pywraplp as lp

        keys = self._near() if near else list(self.worth)
        self._left, self._taken = left.copy(), set(taken)
        self._lp: Any = lp.Solver
        self._solver: Any = lp.Solver.CreateSolver("GLOP")
        low = -self._solver.infinity()
        self._visit_rows = [self._solver.Constraint(low, float(m)) for m in left]
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
        for key in keys:
            self._put(key)

    def _near(self) -> list[DayKey]:
        """Return the days worth nearly as much as the best of their shift, at the last prices."""
        best = self._known_best(self._last)
        return [k for k, profit in zip(self.worth, self._profits(self._last).tolist(), strict=True)
                if profit >= (1 - _NEAR) * best[k[0]]]  # fmt: skip

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
        if key[0] in self._taken or not all(self._left[v] > 0 for v in key[1]):
            return
        x = self._solver.NumVar(0.0, self._solver.infinity(), "")
        self._objective.SetCoefficient(x, self.worth[key])
        self._shift_rows[key[0]].SetCoefficient(x, 1.0)
        for visit in key[1]:
            self._visit_rows[visit].SetCoefficient(x, 1.0)
        self._x[key] = x

    def _solve(self, *, boxed: bool = False) -> tuple[float, F64] | None:
        """Return the program's value and its prices of visits; None where it cannot be solved.

        With `boxed`, of prices around the centre; the value is the least that L can be there.
        """
        self._box(boxed=boxed)
        if self._solver.Solve() != self._lp.OPTIMAL:
            self._start(self._left, self._taken)  # Numbers went wrong on the way.
            self._box(boxed=boxed)
            if self._solver.Solve() != self._lp.OPTIMAL:
                return None
        self._last = np.array([max(0.0, row.dual_value()) for row in self._visit_rows])
        return float(self._objective.Value()), self._last

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

    def collect(self, until: float) -> None:
        """Add days, without proof, and better the centre, until there is nothing to gain."""
        parts = [(group, part) for group in self.groups for part in group.shifts]
        self._look(parts, self.centre)
        while time.monotonic() < until:
            solved = self._solve(boxed=True)
            if solved is None:
                return
            least, prices = solved
            new = self._look(parts, prices)
            here, there = self._value(self.centre), self._value(prices)
            if not self._move(here, there, prices, least) and not new:
                return

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

    def _look(self, parts: list[tuple[Group, ShiftDays]], prices: F64) -> int:
        """Add days of these shifts worth about as much as those known, or more; return how many."""
        known = self._known_best(prices)

        def days_of(case: tuple[Group, ShiftDays]) -> list[tuple[int, ...]]:
            group, part = case
            scene = scene_of(group.walks, group, part, prices)
            return self._pricer.look(scene, known[part.shift])[:_MANY_DAYS]

        with ThreadPoolExecutor(self.workers) as workers:
            found = list(workers.map(days_of, parts))
        return sum(
            self.add((other.shift, day))
            for (group, _), days in zip(parts, found, strict=True)
            for day in days
            for other in group.shifts
            if other.shift not in self._taken
        )

    def _known_best(self, prices: F64) -> dict[int, float]:
        """Return for each shift the most that a day known is worth at prices, or none at all."""
        best = dict.fromkeys(self.shifts, 0.0)
        for (s, _), most in zip(self.worth, self._profits(prices).tolist(), strict=True):
            best[s] = max(best[s], most)
        return best

    def _profits(self, prices: F64) -> F64:
        """Return what each day known is worth beyond its visits' prices."""
        rows = np.full((len(self.worth), max(len(v) for _, v in self.worth) or 1), len(prices))
        for k, (_, visits) in enumerate(self.worth):
            rows[k, : len(visits)] = visits
        worth = np.fromiter(self.worth.values(), dtype=np.float64)
        profits: F64 = worth - np.append(prices, 0.0)[rows].sum(axis=1)
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
            if time.monotonic() > until or (solved := self._solve()) is None:
                return
            if min(self.bound, self.best) - solved[0] <= _CLOSE * abs(solved[0]):
                return
            if (solved := self._solve(boxed=True)) is None:
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

    def dive(self, until: float, without: Iterable[int] = ()) -> dict[int, tuple[int, ...]]:
        """Return days that can be worked together, by shift.

        Parameters
        ----------
        until
            When to be done: the less time is left, the more days are taken at once.
        without
            Visits to leave out.
        """
        left = self.many.copy()
        left[list(without)] = 0.0
        self._start(left, near=True)
        found: dict[int, tuple[int, ...]] = {}
        turn = 0
        while (rest := len(self.shifts) - len(found)) > 0:
            begun = time.monotonic()
            solved = self._solve()
            if solved is None:
                break
            dear = np.where(self._left > 0, solved[1], _DEAR)
            if self._look(self._next(turn), dear):
                self._solve()
            turn += 1
            # A turn takes the longer, the more shifts are left.
            now = time.monotonic()
            needed = (now - begun) * rest / 2.5
            most = min(math.ceil(needed / max(until - now, 1e-3)), _MOST_TAKEN)
            used = sorted(((x.solution_value(), k) for k, x in self._x.items()), reverse=True)
            if not self._take(used, found, most):
                break
        self._start(self.many)
        return found

    def _next(self, turn: int) -> list[tuple[Group, ShiftDays]]:
        """Return one shift of each group, of those not taken."""
        free = [[p for p in group.shifts if p.shift not in self._taken] for group in self.groups]
        return [
            (group, parts[turn % len(parts)])
            for group, parts in zip(self.groups, free, strict=True)
            if parts
        ]

    def _take(
        self, used: list[tuple[float, DayKey]], found: dict[int, tuple[int, ...]], most: int
    ) -> int:
        """Take the days most used for good, shut out all that hold the same; return how many."""
        count = 0
        for x, (s, visits) in used:
            if count >= most and x < _SURE:
                break
            if s in self._taken or not all(self._left[v] > 0 for v in visits):
                continue
            found[s] = visits
            count += 1
            self._taken.add(s)
            self._shift_rows[s].SetUb(0.0)
            self._left[list(visits)] -= 1
            for v in visits:
                self._visit_rows[v].SetUb(float(self._left[v]))
        for (s, visits), x in self._x.items():
            if s in self._taken or not all(self._left[v] > 0 for v in visits):
                x.SetUb(0.0)
        return count
