"""An upper bound of a crowded week, and a plan near it: column generation over shifts' days.

Sets: visits i; shifts s; days r of shifts (`shift_days`), each visit at most once and at
its hours. Variable: x_r >= 0, how far day r is worked.

    maximise  sum_r c_r x_r
    subject to  sum_r a_ir x_r <= m_i    for each visit i, done by m_i officers (1 or 2),
                sum of x_r of s <= 1     for each shift s,

c_r the worth of the day's calls, half of a visit by two, and of the time it leaves at the
most that a second of rounds can be worth. At any prices u >= 0

    sum_i m_i u_i + sum_s max(0, the most profitable day of s at u)

is at least the value of every plan, and only this sum is returned. GLOP solves the program over
the days found so far; its prices are smoothed towards the best so far (Wentges, International
Transactions in Operational Research 4, 1997).

A plan is found by diving (Sadykov, Vanderbeck, Pessoa, Tahiri and Uchoa, INFORMS Journal on
Computing 31, 2019): the days with the greatest x are taken for good, the program solved and
priced again for the shifts that are left, and so on.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from optimiser.routing.proof.shift_days import Group, Priced, Pricer, Scene, ShiftDays

if TYPE_CHECKING:
    from collections.abc import Iterable

    from optimiser.routing.proof.bounds import F64

__all__ = ["DayKey", "DaysProgram"]

DayKey = tuple[int, tuple[int, ...]]
"""A shift, and a day's visits in order."""

_SMOOTH: Final = 0.7
_LEAST_SMOOTH: Final = 0.1
"""The share of the best bound's prices in those tried next: at first, and when to give up."""

_ENOUGH: Final = 5
"""So many days of a shift, and none worth less are looked for."""
_MIX: Final = 0.5
"""The share of the best bound's prices in those that days are first looked for at."""
_LABELS: Final = 60_000
"""Of one shift; where they run out, what the rest of a day may be worth is the bound."""

_MANY_DAYS: Final = 40
"""Taken from a shift each time, of different last visits."""
_BELOW_KNOWN: Final = 0.003
"""Days are looked for down to so far below the best one known, as a share of it."""

_ABOVE_KNOWN: Final = (0.6, 0.4, 0.25, 0.12, 0.05, 0.0)
"""Where days are looked for in turn, between the best one known and the most there may be."""
_SLOW, _PATIENT = 5e-4, 4
"""Looking ends after so many rounds in turn that better the program by a lesser share."""

_CLOSE: Final = 2e-4
_TAKEN, _SURE = 2, 0.9
"""A dive takes so many days at once, and all that the program takes as far as this."""

_NEAR: Final = 0.3
"""A dive begins with the days worth no less than their shift's best by more than this share."""

_DEAR: Final = 1e12


class DaysProgram:
    """Column generation under way: the best bound in points, its prices, and the program.

    `best` is the least sum of its own; `bound` at most what was known before, too.
    """

    def __init__(self, groups: list[Group], many: F64, *, bound: float, prices: F64) -> None:
        self.groups, self.many = groups, many
        self.bound, self.prices = bound, prices
        self.worth: dict[DayKey, float] = {}
        self.best, self._last, self._tried = math.inf, prices, prices
        self._pass_s = 0.0
        self._pricer = Pricer(labels=_LABELS)
        self._of = {part.shift: (group, part) for group in groups for part in group.shifts}
        self._start(many)
        for s in self._of:
            self.add((s, ()))

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
        self._visits = [self._solver.Constraint(low, float(m)) for m in left]
        self._shifts = {s: self._solver.Constraint(low, 1.0) for s in self._of}
        self._objective = self._solver.Objective()
        self._objective.SetMaximization()
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
        if key in self.worth or key[0] not in self._of:
            return False
        group, part = self._of[key[0]]
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
        self._shifts[key[0]].SetCoefficient(x, 1.0)
        for visit in key[1]:
            self._visits[visit].SetCoefficient(x, 1.0)
        self._x[key] = x

    def _solve(self) -> tuple[float, F64] | None:
        """Return the program's value and its prices of visits; None where it cannot be solved."""
        if self._solver.Solve() != self._lp.OPTIMAL:
            self._start(self._left, self._taken)  # Numbers went wrong on the way.
            if self._solver.Solve() != self._lp.OPTIMAL:
                return None
        self._last = np.array([max(0.0, row.dual_value()) for row in self._visits])
        return float(self._objective.Value()), self._last

    def collect(self, until: float) -> float:
        """Add days, without proof, until they hardly better the program; return its value."""
        value, turn, slow, mix = 0.0, 0, 0, _MIX
        while time.monotonic() < until:
            solved = self._solve()
            if solved is None:
                break
            better = solved[0] - value >= _SLOW * solved[0]
            slow = 0 if better else slow + 1
            mix = mix if better else mix / 2
            value, prices = solved
            new = self._look(mix * self.prices + (1 - mix) * prices, turn, until)
            if slow > _PATIENT or (not new and mix < _MIX / 8):
                break
            turn += 1
        return value

    def _look(self, prices: F64, turn: int, until: float) -> int:
        """Add days worth more than those known; of each group one shift in turn looks."""
        new = 0
        known = self._known_best(prices)
        for group in self.groups:
            parts = [part for part in group.shifts if part.shift not in self._taken]
            if not parts or time.monotonic() > until:
                continue
            part = parts[turn % len(parts)]
            scene = self._pricer.scene(group.walks, group, part, prices)
            priced = self._days_above(group, part, scene, prices, known[part.shift], loose=True)
            for day in priced.days[:_MANY_DAYS]:
                new += sum(self.add((other.shift, day)) for other in parts)
        return new

    def _known_best(self, prices: F64) -> dict[int, float]:
        """Return for each shift the most that a day known is worth at prices, or none at all."""
        best = dict.fromkeys(self._of, 0.0)
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

    def recentre(self, prices: F64) -> None:
        """Begin the next proof at these prices, and look for days nearer to them."""
        self.prices = self._tried = prices

    def prove(self, until: float, *, passes: int) -> None:
        """Better the bound until it is near the program's value, or time or passes are over.

        The first pass is made in any case, roughly where time is over.
        """
        smooth = _SMOOTH
        for _ in range(passes):
            before, begun = self.best, time.monotonic()
            if self._pass_s and begun + self._pass_s > until:
                return
            new = self._price(self._tried, until)
            self._pass_s = time.monotonic() - begun
            if (solved := self._solve()) is None:
                return
            value, found = solved
            if min(self.bound, self.best) - value <= _CLOSE * abs(value):
                return
            if not new and self.best >= before:
                if smooth < _LEAST_SMOOTH:
                    return
                smooth /= 2
            self._tried = smooth * self.prices + (1 - smooth) * found

    def _price(self, prices: F64, until: float) -> int:
        """Price all shifts, better the bound, and return how many days were new.

        Where time is over, what days could be worth at best takes the place of their best.
        """
        total, new = float(prices @ self.many), 0
        known = self._known_best(prices)
        for group in self.groups:
            for part in group.shifts:
                late = time.monotonic() > until
                walks = group.walks if late else group.fine
                scene = self._pricer.scene(walks, group, part, prices)
                if late:
                    total += max(scene.most, group.idle)
                    continue
                priced = self._days_above(
                    group, part, scene, prices, known[part.shift], loose=False
                )
                total += priced.most
                for day in priced.days[:_MANY_DAYS]:
                    new += sum(self.add((other.shift, day)) for other in group.shifts)
        if total < self.best:
            self.best, self.prices = total, prices
        self.bound = min(self.bound, total)
        return new

    def _days_above(
        self, group: Group, part: ShiftDays, scene: Scene, prices: F64, known: float, *,
        loose: bool,
    ) -> Priced:  # fmt: skip
        """Price one shift, looking lower and lower until days are found or labels run out."""
        most, days = scene.most, []
        known -= _BELOW_KNOWN * known
        for share in _ABOVE_KNOWN:
            cut = known + share * max(scene.most - known, 0.0)
            priced = self._pricer.price(group, part, scene, prices, cut, loose=loose)
            most, days = min(most, priced.most), priced.days
            if len(days) >= _ENOUGH or priced.cut_short:
                break
        return Priced(most, days, False)

    def dive(self, until: float, without: Iterable[int] = ()) -> dict[int, tuple[int, ...]]:
        """Return days that can be worked together, by shift.

        Parameters
        ----------
        until
            When to look for no more days; those known are taken to the end.
        without
            Visits to leave out.
        """
        left = self.many.copy()
        left[list(without)] = 0.0
        self._start(left, near=True)
        found: dict[int, tuple[int, ...]] = {}
        turn = 0
        while len(found) < len(self._of):
            solved = self._solve()
            if solved is None:
                break
            dear = np.where(self._left > 0, solved[1], _DEAR)
            if time.monotonic() < until and self._look(dear, turn, until):
                self._solve()
            used = sorted(((x.solution_value(), k) for k, x in self._x.items()), reverse=True)
            if not self._take(used, found):
                break
            turn += 1
        self._start(self.many)
        return found

    def _take(self, used: list[tuple[float, DayKey]], found: dict[int, tuple[int, ...]]) -> int:
        """Take the days most used for good, shut out all that hold the same; return how many."""
        count = 0
        for x, (s, visits) in used:
            if count >= _TAKEN and x < _SURE:
                break
            if s in self._taken or not all(self._left[v] > 0 for v in visits):
                continue
            found[s] = visits
            count += 1
            self._taken.add(s)
            self._shifts[s].SetUb(0.0)
            self._left[list(visits)] -= 1
            for v in visits:
                self._visits[v].SetUb(float(self._left[v]))
        for (s, visits), x in self._x.items():
            if s in self._taken or not all(self._left[v] > 0 for v in visits):
                x.SetUb(0.0)
        return count
