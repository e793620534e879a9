"""Column generation over officers' days: a tight bound, its prices, and days for the master.

Sets: classes C of like shifts, m_C of them; days r of classes; tasks t.
Variables: x_r >= 0, how often day r is worked.

    maximise  sum_r c_r x_r
    subject to  sum of a_tr x_r <= 1 for every task t (<= 2 for two officers, where each of
                the two days counts half the visit's value),
                sum of x_r over the days of C <= m_C for every class C (= m_C where it has
                sessions: they are kept with or without visits).

The master is solved by GLOP over the days found so far; its prices go to the labelling
(`labels`), smoothed towards those of the best bound (Wentges 1997). At any prices u >= 0

    sum_t u_t rhs_t + sum_C m_C (most profitable day of C at u, an empty one if it has no session)

is at least the value of every plan: the common start of two officers, and that their days
are of one date, are relaxed. Where the labelling is cut short, the best day with tasks twice
allowed takes its place, so that the bound holds whatever happens. Only this sum is shown,
never the master's own value.

Days may hold a task twice (ng-routes). Where such days carry the master's optimum, the
tasks in between learn to remember it, and the search for days goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from optimiser.routing.proof.grounds import BIT, Class

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from optimiser.routing.proof.pricing import Pricer

__all__ = ["Columns", "Generated", "Limits", "day_value", "generate", "is_single", "learn"]

F64 = npt.NDArray[np.float64]

Column = tuple[int, tuple[int, ...]]
"""A class and the rows of a day in order."""

_SMOOTH: Final = 0.7
_MOST_REMEMBERED: Final = 24
_DAYS_A_ROUND: Final = 40
_SCALE: Final = 1000.0


def day_value(part: Class, rows: Sequence[int]) -> float:
    """Return what a day adds to the plan, in units; half of a two-officer visit."""
    n = len(part.nodes)
    cost = part.forward.cost
    way = [n, *rows, n + 1]
    total = -sum(float(cost[a, b]) for a, b in pairwise(way))
    return total + sum(float(part.value[k]) for k in rows if k < part.held)


def is_single(part: Class, rows: Sequence[int]) -> bool:
    """Return whether a day holds no task twice."""
    tasks = [int(part.tasks[k]) for k in rows if k < part.held]
    return len(set(tasks)) == len(tasks)


@dataclass
class Limits:
    """When to stop: `rounds` of pricing, or where `over` says so.

    `goal` is enough as a bound; a bound this `close` to the master's value counts as equal.
    """

    over: Callable[[], bool]
    rounds: int | None = None
    goal: Callable[[], float] = float
    close: float = 0.0
    done: int = 0

    def reached(self) -> bool:
        """Whether time or rounds are over."""
        return self.over() or (self.rounds is not None and self.done >= self.rounds)


@dataclass
class Generated:
    """The best bound in units, its prices, and each class's most profitable day at them.

    `value` is the master's own: no plan, and no bound.
    """

    bound: float
    prices: F64
    most: list[float]
    value: float = 0.0
    converged: bool = False


@dataclass
class Columns:
    """The linear master over the days found so far, solved again from where it stood."""

    classes: list[Class]
    limits: F64
    known: dict[Column, Any] = field(default_factory=dict)
    worth: dict[Column, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        import ortools.linear_solver.pywraplp as lp

        self.solver: Any = lp.Solver.CreateSolver("GLOP")
        inf = self.solver.infinity()
        self.rows = [self.solver.Constraint(-inf, float(x)) for x in self.limits]
        self.shifts = [
            self.solver.Constraint(float(len(c.shifts)) if c.sessions else -inf, len(c.shifts))
            for c in self.classes
        ]
        self.objective = self.solver.Objective()
        self.objective.SetMaximization()

    def add(self, columns: Iterable[Column]) -> int:
        """Add days; return how many were new."""
        count = 0
        for key in columns:
            if key in self.known:
                continue
            count += 1
            c, rows = key
            part = self.classes[c]
            value = day_value(part, rows)
            x = self.solver.NumVar(0.0, self.solver.infinity(), "")
            self.objective.SetCoefficient(x, value / _SCALE)
            self.shifts[c].SetCoefficient(x, 1.0)
            tasks, times = np.unique(part.tasks[[k for k in rows if k < part.held]],
                                     return_counts=True)  # fmt: skip
            for t, k in zip(tasks.tolist(), times.tolist(), strict=True):
                self.rows[t].SetCoefficient(x, float(k))
            self.known[key], self.worth[key] = x, value
        return count

    def solve(self) -> tuple[float, F64, F64]:
        """Return the value, the tasks' prices and the classes' prices, in units."""
        self.solver.Solve()
        tasks = np.array([max(0.0, r.dual_value()) for r in self.rows]) * _SCALE
        least = [-np.inf if part.sessions else 0.0 for part in self.classes]
        shifts = np.maximum([r.dual_value() for r in self.shifts], least) * _SCALE
        return float(self.objective.Value()) * _SCALE, tasks, shifts

    def used(self) -> list[Column]:
        """Return the days in the master's optimum."""
        return [key for key, x in self.known.items() if x.solution_value() > 1e-6]

    def reduced(self, column: Column, prices: F64, shifts: F64) -> float:
        """Return what a day is worth beyond these prices."""
        c, rows = column
        part = self.classes[c]
        value = day_value(part, rows) - float(shifts[c])
        return value - sum(float(prices[part.tasks[k]]) for k in rows if k < part.held)

    def forget(self, columns: Iterable[Column]) -> None:
        """Shut days out for good."""
        for key in columns:
            self.known[key].SetUb(0.0)


def generate(columns: Columns, pricer: Pricer, limits: Limits, best: Generated) -> None:
    """Better the bound until it is the master's value, at most the goal, or time is over.

    Days found are in `columns`.
    """
    smooth = _SMOOTH if best.most else 0.0
    while not limits.reached() and best.bound > limits.goal():
        value, prices, shifts = columns.solve()
        best.value = value
        close = max(1e-6 * abs(value), limits.close)
        best.converged = best.bound - value <= close
        if best.converged:
            break
        tried = smooth * best.prices + (1 - smooth) * prices
        if _quick(columns, pricer, prices, tried, shifts, limits):
            continue
        new = _exact(columns, pricer, best, (prices, tried, shifts), limits)
        if new:
            smooth = _SMOOTH
        elif smooth == 0.0:
            best.converged = best.bound - value <= close
            break  # labels ran out
        else:
            smooth = 0.0


def _quick(
    columns: Columns, pricer: Pricer, prices: F64, tried: F64, shifts: F64, limits: Limits
) -> int:
    """Add days found without proof; return how many."""
    count = 0
    for c, part in enumerate(columns.classes):
        if limits.over():
            break
        priced = pricer.price(part, tried, float(shifts[c]), loose=True)
        count += _add(columns, c, priced.days, prices, shifts)
    limits.done += 1
    return count


def _add(columns: Columns, c: int, days: list[tuple[int, ...]], prices: F64, shifts: F64) -> int:
    found = [(c, rows) for rows in days[:_DAYS_A_ROUND]]
    least = 1e-6 * max(1.0, abs(float(shifts[c])))
    return columns.add(k for k in found if columns.reduced(k, prices, shifts) > least)


def _exact(
    columns: Columns, pricer: Pricer, best: Generated, at: tuple[F64, F64, F64], limits: Limits
) -> int:
    """Price all classes exactly, better the bound; return how many days were added."""
    prices, tried, shifts = at
    most, count = [], 0
    for c, part in enumerate(columns.classes):
        if limits.over():
            return count
        priced = pricer.price(part, tried, float(shifts[c]), loose=False)
        most.append(priced.most if part.sessions else max(0.0, priced.most))
        count += _add(columns, c, priced.days, prices, shifts)
    limits.done += 1
    bound = float(tried @ columns.limits)
    bound += sum(len(p.shifts) * m for p, m in zip(columns.classes, most, strict=True))
    if bound < best.bound:
        best.bound, best.prices, best.most = bound, tried, most
    return count


def learn(columns: Columns) -> bool:
    """Let tasks between two calls at one remember it; return whether any could."""
    learnt = False
    for c, rows in columns.used():
        part = columns.classes[c]
        near, bit = part.forward.near, part.forward.node[:, BIT]
        for i, j in _cycles(part, rows):
            mark = int(bit[rows[i]])
            word, one = mark >> 6, np.uint64(1) << np.uint64(mark & 63)
            between = rows[i + 1 : j]
            sizes = [sum(int(w).bit_count() for w in near[k]) for k in between]
            if max(sizes, default=0) >= _MOST_REMEMBERED:
                continue
            for k in between:
                learnt = learnt or not near[k, word] & one
                near[k, word] |= one
    if learnt:
        columns.forget([key for key in columns.known if _forgets(columns.classes[key[0]], key[1])])
    return learnt


def _cycles(part: Class, rows: Sequence[int]) -> list[tuple[int, int]]:
    """Return where a task comes again, and where it was last."""
    last: dict[int, int] = {}
    found = []
    for j, k in enumerate(rows):
        bit = int(part.forward.node[k, BIT])
        if bit >= 0 and bit in last:
            found.append((last[bit], j))
        last[bit] = j
    return found


def _forgets(part: Class, rows: Sequence[int]) -> bool:
    """Return whether the day calls twice at a task that every one in between remembers."""
    near, bit = part.forward.near, part.forward.node[:, BIT]
    for i, j in _cycles(part, rows):
        mark = int(bit[rows[i]])
        one = np.uint64(1) << np.uint64(mark & 63)
        if all(near[k, mark >> 6] & one for k in rows[i + 1 : j]):
            return True
    return False
