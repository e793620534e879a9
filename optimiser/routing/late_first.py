"""Overdue visits earlier in the week, where that costs nothing.

A late visit is worth the same on every day, so that nothing draws it to the front. Here an
officer's own days change work: all their visits, one late visit alone, or one for another
that is not late. A change is kept only if the late visits come sooner, by their values, and
no tier of the objective is less than it was, walking in seconds included. So the order of
the tiers, the bounds and the proof stand, and an officer's week is no longer than before.
What two officers do together stays, and so do rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from optimiser.routing.days.fits import days_of, put_in
from optimiser.routing.days.schedule import Task, Timer
from optimiser.routing.metrics import busy_s, planned_visits, tier_units

if TYPE_CHECKING:
    from optimiser.model import Route, VisitProblem

__all__ = ["late_first"]

_ATTEMPTS: Final = 2_000

_Orders = tuple[tuple[Task, ...], tuple[Task, ...]]


def late_first(
    problem: VisitProblem,
    routes: Iterable[Route],
    *,
    attempts: int = _ATTEMPTS,
    stop: Callable[[], bool] = lambda: False,
) -> list[Route]:
    """Return routes at least as good in every tier, with late visits sooner.

    Parameters
    ----------
    problem
        The week.
    routes
        A plan's, as the timing makes them.
    attempts
        Most days to time.
    stop
        Asked often; True ends it.
    """
    routes = list(routes)
    if not any(p.late for p in planned_visits(problem, routes).values()):
        return routes
    week = _Days(problem, routes)
    for kind in (_whole_days, _one_visit):
        improved = True
        while improved:
            improved = False
            for a, b in week.pairs():
                for orders in kind(week.days.get(a, ()), week.days.get(b, ()), week.late):
                    if stop() or week.timer.attempts >= attempts:
                        return week.all()
                    if week.make(a, b, orders):
                        improved = True
                        break
    return week.all()


def _whole_days(
    first: tuple[Task, ...], second: tuple[Task, ...], _late: frozenset[int]
) -> Iterator[_Orders]:
    """Yield the two days' orders changed over."""
    if all(_may_move(t) for t in (*first, *second)):
        yield second, first


def _one_visit(
    first: tuple[Task, ...], second: tuple[Task, ...], late: frozenset[int]
) -> Iterator[_Orders]:
    """Yield the orders of two days with a late visit of the second one in the first."""
    for j, task in enumerate(second):
        if task.index not in late or not _may_move(task):
            continue
        rest = (*second[:j], *second[j + 1 :])
        for position in range(len(first) + 1):
            yield put_in(first, task, position), rest
        for i, other in enumerate(first):
            if _may_move(other) and other.index not in late:
                yield (*first[:i], task, *first[i + 1 :]), put_in(rest, other, j)


def _may_move(task: Task) -> bool:
    return task.kind == "visit" and task.with_officer is None


class _Days:
    """The days as they stand."""

    def __init__(self, problem: VisitProblem, routes: Sequence[Route]) -> None:
        self.problem = problem
        self.timer = Timer(problem)
        at = {(s.officer_ref, s.date): k for k, s in enumerate(problem.shifts)}
        self.routes = {at[r.officer_ref, r.date]: r for r in routes if r.stops}
        self.days = days_of(problem, self.routes.values())
        known = {v.visit_ref: k for k, v in enumerate(problem.visits)}
        planned = planned_visits(problem, self.routes.values())
        self.late = frozenset(known[ref] for ref, p in planned.items() if p.late)

    def all(self) -> list[Route]:
        """Return the routes in the order of the shifts."""
        return [route for _, route in sorted(self.routes.items())]

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Yield two days of one officer, the second later and with a late visit."""
        days: dict[str, list[int]] = {}
        for k in sorted(range(len(self.problem.shifts)), key=lambda k: self.problem.shifts[k].date):
            days.setdefault(self.problem.shifts[k].officer_ref, []).append(k)
        for shifts in days.values():
            for number, b in enumerate(shifts):
                for a in shifts[:number]:
                    if any(
                        t.kind == "visit" and t.index in self.late for t in self.days.get(b, ())
                    ):
                        yield a, b

    def make(self, a: int, b: int, orders: _Orders) -> bool:
        """Make a change if it is one for the better; return whether it was."""
        new = [self.timer.route(k, order) for k, order in zip((a, b), orders, strict=True)]
        found = [route for route in new if route is not None]
        old = [self.routes[k] for k in (a, b) if k in self.routes]
        if len(found) < 2 or not self._better(old, found):
            return False
        for k, order, route in zip((a, b), orders, found, strict=True):
            self.days[k] = order
            self.routes.pop(k, None)
            if route.stops:
                self.routes[k] = route
        return True

    def _better(self, old: Sequence[Route], new: Sequence[Route]) -> bool:
        if self._waiting(new) >= self._waiting(old):
            return False
        if sum(map(busy_s, new)) > sum(map(busy_s, old)) or _walk_s(new) > _walk_s(old):
            return False
        before, after = tier_units(self.problem, old), tier_units(self.problem, new)
        return all(after[name] >= before[name] for name in before)

    def _waiting(self, routes: Sequence[Route]) -> int:
        """Return the days that late visits wait, each times its value."""
        return sum(
            p.visit.late_value * (p.route.date - self.problem.week).days
            for p in planned_visits(self.problem, routes).values()
            if p.late
        )


def _walk_s(routes: Iterable[Route]) -> int:
    return sum(r.home_walk_s + sum(s.walk_s for s in r.stops) for r in routes)
