"""An upper bound of a crowded week: column generation over walks that may call twice.

Sets: visits i; classes g of shifts alike in all but the officer, K_g of them (`walks`); walks
r of classes (`q_routes`). Variable: x_r >= 0, how often walk r is worked.

    maximise  sum_r c_r x_r
    subject to  sum_r a_ir x_r <= m_i     for each visit i, done by m_i officers (1 or 2),
                sum_r of g x_r <= K_g     for each class g,

a_ir how often walk r calls at visit i, c_r the worth of its calls, and of the time it leaves
at the most that a second of the day's rounds can be worth. At any prices u >= 0

    sum_i m_i u_i + sum_g K_g max(0, the most profitable walk of g at u)

is at least the value of every plan (Lagrangian duality), and only this sum is returned; the
linear program over the walks found so far (GLOP) gives the prices to try, smoothed towards
the best so far (Wentges, International Transactions in Operational Research 4, 1997).

Every day of a plan is a walk of its class, and worth no more. Which of a class's officers it
is, where sessions and rounds are, windows within a day other than the first start and the last
one, and the second officer's coming at the same time are relaxed; walking costs nothing.
"""

from __future__ import annotations

import math
import time
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from optimiser.model.visits import VALUE_UNITS_PER_POINT
from optimiser.routing.arrays.tasks import I64, PAIR, Compiled
from optimiser.routing.proof.bounds import F64, Bounds, Columns, Worth, columns_of, tier_worth
from optimiser.routing.proof.glop import growing_program
from optimiser.routing.proof.q_routes import best_rests, trace
from optimiser.routing.proof.walks import Gains, Walks, Ways, entered_alike, gains_of, walks_of

__all__ = ["Start", "Week", "fits_walks", "route_bounds"]

_SMOOTH: Final = 0.6
_LEAST_SMOOTH: Final = 0.05
_STEPS: Final = ((120, 5e-3), (30, 2e-4))
"""Seconds of a step, and the share of the bound within which the linear program's value is near
enough. Long steps give good prices soon; of a crowded week, steps of 60 seconds gave a bound
0.4 % above those of 30."""

_MOST_ROUNDS: Final = 80
_WHOLE_SHARE: Final = 0.7
"""The whole's share of the time; the rest is the requests', which begins where it ended."""

_MOST_WORK: Final = 1e9
"""Steps of the tables, for each pair of visits, filled in one round: some three seconds."""

_MOST_VISITS: Final = 1_000
"""More than this, and the tables take longer than the bound is worth."""

_WALKS: Final = 30
"""Taken from a class each time, of different first visits."""

_NEVER: Final = -1e18
_UNLIMITED_S: Final = 1e6


def route_bounds(compiled: Compiled, bounds: Bounds, *, seconds: float | None = None) -> Bounds:
    """Return bounds with those of the whole and of the requests' tier as walks have them.

    Parameters
    ----------
    compiled
        The week.
    bounds
        What is known; no bound becomes higher.
    seconds
        Wall-clock seconds; None: until no better prices are found.
    """
    if not fits_walks(compiled):
        return bounds
    given = _UNLIMITED_S if seconds is None else seconds
    begun = time.monotonic()
    columns, worth = bounds.columns or columns_of(compiled)
    week = Week(compiled, columns, Ways(compiled))
    start = Start(week.first_prices(worth, bounds.prices), [])
    whole, start = week.bound(worth, start, bounds.whole, begun + _WHOLE_SHARE * given)
    requests = tier_worth(compiled, columns)["requests"]
    tiers = dict(bounds.tiers)
    tiers["requests"], _ = week.bound(requests, start, tiers["requests"], begun + given)
    return bounds._replace(whole=whole, tiers=tiers)


def fits_walks(compiled: Compiled) -> bool:
    """Return whether walks are a bound of such a week, and their tables not too large."""
    net = compiled.net
    return 0 < net.visits <= _MOST_VISITS and net.shifts > 0 and entered_alike(net)


class Start(NamedTuple):
    """Prices of visits, and walks met: a shift of the class, and its visits."""

    prices: F64
    walks: list[tuple[int, tuple[int, ...]]]


@dataclass(frozen=True)
class Week:
    """The week, whatever is bounded."""

    compiled: Compiled
    columns: Columns
    ways: Ways

    def first_prices(self, worth: Worth, seconds: F64) -> F64:
        """Return what visits are worth beyond their time, at prices of each shift's seconds."""
        columns, visits = self.columns, self.compiled.net.visits
        gains = self.gains(worth)
        mine = columns.node < visits
        busy = seconds[columns.shift] * columns.seconds / VALUE_UNITS_PER_POINT
        prices = np.zeros(visits)
        np.maximum.at(prices, columns.node[mine], (gains.call - busy)[mine])
        return prices

    @property
    def many(self) -> F64:
        """(visits,) officers of each."""
        return 1.0 + self.compiled.net.visit[:, PAIR].astype(np.float64)

    def classes(self, gains: Gains, *, step_s: int) -> list[Walks]:
        """Return the classes in steps of so many seconds; none where tables would be too large."""
        classes = walks_of(self.compiled, self.columns, gains, self.ways, step_s=step_s)
        work = sum(len(c.visits) ** 2 * c.size for c in classes)
        return classes if work <= _MOST_WORK else []

    def bound(
        self, worth: Worth, start: Start, known: float, until: float,
        steps: tuple[tuple[int, float], ...] = _STEPS, *, workers: int = 1,
    ) -> tuple[float, Start]:  # fmt: skip
        """Return a bound in points, at most the known, and where to begin a like one.

        Classes are priced by so many workers at once.
        """
        gains = self.gains(worth)
        known -= gains.free
        for step_s, close in steps:
            classes = self.classes(gains, step_s=step_s)
            if not classes:
                break
            job = _Generation(classes, self.many, known)
            with ThreadPoolExecutor(workers) as threads:
                job.work(start, close, until, threads)
            known, start = job.bound, job.end()
        return known + gains.free, start

    def gains(self, worth: Worth) -> Gains:
        """Return what the week's columns are worth to walks."""
        value, own = worth.value / VALUE_UNITS_PER_POINT, worth.own / VALUE_UNITS_PER_POINT
        return gains_of(self.compiled, self.columns, value, own)


class _Generation:
    """Column generation under way: the best bound, its prices, and the linear program."""

    def __init__(self, classes: list[Walks], many: F64, known: float) -> None:
        self.classes, self.many, self.bound = classes, many, known
        self.prices = np.zeros(len(many))
        self._best = math.inf
        self._solver: Any = growing_program()
        low = -self._solver.infinity()
        self._visits = [self._solver.Constraint(low, float(m)) for m in many]
        self._shifts = [self._solver.Constraint(low, float(len(c.shifts))) for c in classes]
        self._objective = self._solver.Objective()
        self._objective.SetMaximization()
        self._known: set[tuple[int, tuple[int, ...]]] = set()

    def work(self, start: Start, close: float, until: float, workers: Executor) -> None:
        """Better the bound until the program's value is this close, or time is over."""
        self.prices = prices = start.prices
        smooth = _SMOOTH
        number = {s: g for g, part in enumerate(self.classes) for s in part.shifts}
        for g in range(len(self.classes)):
            self._add(g, np.zeros(0, dtype=np.int64))  # Time left alone is worth something.
        for shift, visits in start.walks:
            if shift in number:
                rows = _rows(self.classes[number[shift]], visits)
                if rows is not None:
                    self._add(number[shift], rows)
        for _ in range(_MOST_ROUNDS):
            new = self._price(prices, until, workers)
            if new is None:
                return
            solved = self._solve()
            if solved is None:
                return
            value, found = solved
            if min(self.bound, self._best) - value <= close * value:
                return
            if new:
                smooth = _SMOOTH
            elif smooth == 0.0:
                return
            else:
                smooth = smooth / 2 if smooth > _LEAST_SMOOTH else 0.0
            prices = smooth * self.prices + (1 - smooth) * found

    def end(self) -> Start:
        """Return the best prices, and all walks met."""
        walks = []
        for g, rows in sorted(self._known):
            part = self.classes[g]
            walks.append((part.shifts[0], tuple(part.visits[list(rows)].tolist())))
        return Start(self.prices, walks)

    def _price(self, prices: F64, until: float, workers: Executor) -> int | None:
        """Price all classes; return how many walks were new, None where time was over."""

        def priced(part: Walks) -> tuple[float, list[I64]] | None:
            return None if time.monotonic() > until else _priced(part, prices)

        total, new = float(prices @ self.many), 0
        for g, result in enumerate(workers.map(priced, self.classes)):
            if result is None:
                return None
            most, found = result
            total += len(self.classes[g].shifts) * max(0.0, most)
            new += sum(self._add(g, rows) for rows in found)
        if total < self._best:
            self._best, self.prices = total, prices
        self.bound = min(self.bound, total)
        return new

    def _add(self, g: int, rows: I64) -> bool:
        """Add a walk to the program unless it is there."""
        key = (g, tuple(rows.tolist()))
        if key in self._known:
            return False
        self._known.add(key)
        part = self.classes[g]
        x = self._solver.NumVar(0.0, self._solver.infinity(), "")
        self._objective.SetCoefficient(x, _worth(part, rows))
        self._shifts[g].SetCoefficient(x, 1.0)
        visits, calls = np.unique(part.visits[rows], return_counts=True)
        for visit, count in zip(visits.tolist(), calls.tolist(), strict=True):
            self._visits[visit].SetCoefficient(x, float(count))
        return True

    def _solve(self) -> tuple[float, F64] | None:
        """Return the program's value and its prices of visits; None where numbers went wrong."""
        if self._solver.Solve() != self._solver.OPTIMAL:
            return None
        prices = np.array([max(0.0, row.dual_value()) for row in self._visits])
        return float(self._objective.Value()), prices


def _priced(part: Walks, prices: F64) -> tuple[float, list[I64]]:
    """Return what the most profitable walk is worth, and the rows of some good ones in order."""
    gain = part.value - prices[part.visits]
    use = np.flatnonzero(gain > 0)
    at = np.append(use, len(part.visits))
    step, shut = part.step[np.ix_(at, use)], part.shut[np.ix_(at, use)]
    left = part.size - 1 - np.arange(part.size) - part.home[at][:, None]
    # Rounded down, up to a step more is left.
    end = np.where(left >= 0, (left + 1) * part.spare, _NEVER)
    inputs = (gain[use], step, shut, part.opened[use], end)
    tables = best_rests(*inputs, int(step.min(initial=part.size)))
    ends = np.maximum(step[-1], inputs[3])
    may = np.flatnonzero((shut[-1] >= 0) & (ends < part.size))
    worth = inputs[0][may] + tables[0][may, ends[may]]
    begin = may[np.argsort(-worth, kind="stable")][:_WALKS]
    found = trace(*inputs, *tables, begin, part.size)
    return float(tables[0][-1, 0]), [use[row[row >= 0]] for row in found]


def _rows(part: Walks, visits: tuple[int, ...]) -> I64 | None:
    """Return the rows of a walk's visits, None where the class has no time for it."""
    row = {visit: k for k, visit in enumerate(part.visits.tolist())}
    if not all(visit in row for visit in visits):
        return None
    rows = np.array([row[visit] for visit in visits], dtype=np.int64)
    return rows if _left(part, rows) > 0 else None


def _worth(part: Walks, rows: I64) -> float:
    """Return what a walk is worth, the time it leaves included."""
    return float(part.value[rows].sum()) + _left(part, rows) * part.spare


def _left(part: Walks, rows: I64) -> int:
    """Return the steps that a walk leaves, a begun one included; 0 where it is too long."""
    here, at = len(part.visits), 0
    for j in rows.tolist():
        if at > part.shut[here, j]:
            return 0
        at, here = max(at + int(part.step[here, j]), int(part.opened[j])), j
    return max(part.size - at - int(part.home[here]), 0)
