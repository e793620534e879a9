"""The cheapest way to fit one more request: which planned tasks it would push out.

The way is sought on one officer's day (two officers' days of one date for a visit of
two), with whatever else is on those days in its order. It is the one that costs the plan
least on balance: the worth of what is pushed out, what others lose by being late, what
the request falls short of its best (late, or not by its own officer), and walking. Every
day is searched exactly (`one_day`), so it is the cheapest there is unless the budget of
search steps was used up, which `Room.proven` says. Days come in the order of a lower
bound on their cost, and those that cannot be cheaper are left out.

A two-officer task pushed out goes from both days, at its worth once; the walk that its
other officer then saves is not counted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from optimiser.model.visits import Visit, VisitProblem
from optimiser.model.week import Route
from optimiser.routing.days.eligibility import eligible_shifts
from optimiser.routing.days.fits import Days, Fit, Key, Place, key_of
from optimiser.routing.days.insertion import apply_fit, round_time
from optimiser.routing.days.schedule import Task, Timer
from optimiser.routing.days.timing import Item, task_item
from optimiser.routing.metrics import planned_visits, round_option
from optimiser.routing.reasons.one_day import NEVER, Cleared, DayRoom, Legs, Way, order_of
from optimiser.routing.reasons.together import Together, subsets

__all__ = ["Key", "Room", "Rooms", "cheapest_room", "key_of", "worth_of"]


@dataclass(frozen=True, slots=True)
class Room:
    """A way to fit a visit: where, and what goes for it.

    `cost` are the units lost by what is `pushed` and by what is then late (`delayed`);
    `gain` is the change of the whole objective. `days` are all days afterwards.
    `proven` says that nothing cheaper exists on one officer's day, or a pair's.
    """

    fit: Fit
    pushed: tuple[Key, ...]
    delayed: tuple[Key, ...]
    cost: int
    gain: int
    days: dict[int, tuple[Task, ...]]
    proven: bool = True


def worth_of(problem: VisitProblem, routes: Iterable[Route]) -> dict[Key, int]:
    """Return the units that each planned visit and round brings to the plan."""
    routes = tuple(routes)
    visits = {v.visit_ref: k for k, v in enumerate(problem.visits)}
    rounds = {r.round_ref: k for k, r in enumerate(problem.rounds)}
    worth: dict[Key, int] = {}
    for ref, planned in planned_visits(problem, routes).items():
        units = planned.visit.late_value if planned.late else planned.visit.value
        units += planned.visit.own_officer_value if planned.own_officer else 0
        worth["visit", visits[ref]] = units
    for route in routes:
        for stop in route.stops:
            if stop.kind == "round" and stop.round_ref is not None:
                k = rounds[stop.round_ref]
                worth["round", k] = round_option(problem.rounds[k], stop).value
    return worth


def cheapest_room(
    timer: Timer, days: Days, index: int, worth: Mapping[Key, int], *, budget: int
) -> Room | None:
    """Return the cheapest way found to fit a visit by pushing tasks out.

    Parameters
    ----------
    timer, days
        The week and its days.
    index
        Of the visit, in `problem.visits`.
    worth
        Units of each planned task.
    budget
        Steps of the search at most; see `Room.proven`.
    """
    return Rooms(timer, days, worth).cheapest(index, budget=budget)


class _Day(NamedTuple):
    """A day's search and what its walking is worth as it stands."""

    room: DayRoom
    walk: int
    late: frozenset[Key]


class Rooms:
    """The days of a week as they stand; what is found out about each is kept.

    Parameters
    ----------
    timer, days
        The week and its days.
    worth
        What pushing each task out costs; what has no price stays. None: all stays.
    """

    def __init__(self, timer: Timer, days: Days, worth: Mapping[Key, int] | None = None) -> None:
        self.timer, self.days, self.worth = timer, days, worth or {}
        self.problem = timer.problem
        self._legs = Legs(timer.problem)
        self._days: dict[tuple[int, frozenset[Key], frozenset[Key]], _Day] = {}
        self.steps = 0  # of the last search
        self.all_steps = 0

    def fork(self, index: int, visit: Visit) -> Rooms:
        """Return the same days with one visit, which none of them holds, changed."""
        changed = Rooms(self.timer.fork(index, visit), self.days, self.worth)
        changed._legs, changed._days = self._legs, self._days
        return changed

    def changed(self, days: Days) -> Rooms:
        """Return other days, keeping what is known of those that are the same."""
        after = Rooms(self.timer, days, self.worth)
        after._legs = self._legs
        after._days = {
            key: day
            for key, day in self._days.items()
            if self.days.get(key[0], ()) == days.get(key[0], ())
        }
        return after

    def cheapest(
        self, index: int, *, budget: int = NEVER, without: Collection[int] = ()
    ) -> Room | None:
        """Return the cheapest way to fit a visit, or the cheapest found with the budget.

        `without` are shifts in which a visit of one officer is not sought.
        """
        self.steps = 0
        if self.problem.visits[index].two_officers:
            way = self._of_two(index, budget)
        else:
            way = self._of_one(index, budget, without)
        self.all_steps += self.steps
        return None if way is None else self._room(index, way, self.steps < budget)

    def day(
        self,
        shift: int,
        keep: frozenset[Key] = frozenset(),
        gone: frozenset[Key] = frozenset(),
    ) -> _Day:
        """Return a day's search: `keep` may not be pushed out, `gone` is out already."""
        found = self._days.get((shift, keep, gone))
        if found is None:
            tasks = self.days.get(shift, ())
            route = self.timer.route(shift, tasks)
            walk = 0
            late: frozenset[Key] = frozenset()
            if route is not None:
                walk = route.home_walk_s + sum(s.walk_s for s in route.stops)
                refs = {s.visit_ref for s in route.stops if s.late}
                late = frozenset(
                    key_of(t)
                    for t in tasks
                    if t.kind == "visit" and self.problem.visits[t.index].visit_ref in refs
                )
            prices = {k: w for k, w in self.worth.items() if k not in keep}
            left = [t for t in tasks if key_of(t) not in gone]
            now = self.timer.now.get(shift)
            order = order_of(self.problem, shift, left, prices, late=late, now=now)
            found = _Day(DayRoom(self._legs, order), walk * self.problem.walk_value, late)
            self._days[shift, keep, gone] = found
        return found

    def search(self, day: _Day, task: Task, item: Item, cutoff: int) -> Cleared | None:
        """Return the cheapest way on one day, None where it costs `cutoff` or more."""
        before = day.room.steps
        found = day.room.cheapest(task, item, min(cutoff, NEVER))
        self.steps += day.room.steps - before
        return found

    # Visits of one officer

    def _of_one(self, index: int, budget: int, without: Collection[int]) -> Way | None:
        visit = self.problem.visits[index]
        task = Task("visit", index)
        shifts = [s for s in eligible_shifts(self.problem, visit) if s not in without]
        ranked = sorted((self.least(s, task), s) for s in shifts)
        best: Way | None = None
        for least, shift in ranked:
            most = NEVER if best is None else best.price
            if least >= most or self.steps >= budget:
                break
            day = self.day(shift)
            short = self.short_of_own(visit, (self.problem.shifts[shift].officer_ref,))
            item = task_item(self.problem, self.problem.shifts[shift], task)
            cleared = self.search(day, task, item, most - short + day.walk)
            if cleared is not None:
                price = cleared.cost - day.walk + short
                pushed = tuple(sorted(key_of(t) for t in cleared.pushed))
                best = Way(price, (shift,), (cleared,), pushed)
        return best

    def short_of_own(self, visit: Visit, officers: Iterable[str]) -> int:
        """Return what it loses by not being done by its own officer."""
        return 0 if visit.own_officer in set(officers) else visit.own_officer_value

    def least(self, shift: int, task: Task) -> int:
        """Return a lower bound of what fitting the visit into a day costs.

        Room for its minutes must be made: a fractional knapsack over the tasks of the day,
        each giving at most its minutes and the ways to and from it.
        """
        day = self.day(shift)
        order = day.room.order
        item = task_item(self.problem, order.shift, task)
        officers = (order.shift.officer_ref,)
        if not item.starts:
            return NEVER
        stops = (order.origin, *order.items, order.home)
        ways = [self._legs.between(a, b)[0] for a, b in pairwise(stops)]
        limit = min(
            order.shift.busy_limit_s,
            order.shift.end_s - order.shift.start_s - order.shift.break_s,
        )
        own = task.with_officer is None
        short = self.short_of_own(self.problem.visits[task.index], officers) if own else 0
        least = short - day.walk
        if order.sessions:
            return least
        work = [i.starts[0].duration_s if i.starts else 0 for i in order.items]
        need = sum(work) + sum(ways) + min(w.duration_s for w in item.starts) - limit
        need -= max(ways, default=0)
        gives = [
            (order.drop[k] / (work[k] + ways[k] + ways[k + 1]), work[k] + ways[k] + ways[k + 1])
            for k in range(len(work))
            if work[k] + ways[k] + ways[k + 1] > 0
        ]
        cost = 0.0
        for price, seconds in sorted(gives):
            if need > 0 and price * seconds < NEVER / 2:
                cost += price * min(seconds, need)
                need -= seconds
        if need > 0:
            return NEVER
        return least + int(cost) - 1

    # Visits of two officers

    def _of_two(self, index: int, budget: int) -> Way | None:
        search = Together(self, index)
        best: Way | None = None
        for least, a, b, shared in sorted(search.pairs()):
            if best is not None and least >= best.price:
                break
            for pushed in subsets(shared):
                for way in search.ways(a, b, pushed, shared - set(pushed), best, budget):
                    best = way
            if self.steps >= budget:
                break
        return best

    def _room(self, index: int, way: Way, proven: bool) -> Room:
        problem, gone = self.problem, set(way.pushed)
        reduced = {
            s: tuple(t for t in tasks if key_of(t) not in gone) for s, tasks in self.days.items()
        }
        places = tuple(Place(s, c.position) for s, c in zip(way.shifts, way.cleared, strict=True))
        start = way.cleared[0].start_s
        visit = problem.visits[index]
        task = Task("visit", index, start_s=start if visit.two_officers else None)
        best = max(visit.value, visit.late_value) + visit.own_officer_value
        fit = Fit(task, places, start if visit.two_officers else -1, best - way.price)
        fit = round_time(self.timer, reduced, fit)
        after = apply_fit(self.timer, reduced, fit)
        delayed = self._delayed(index, way.shifts, after)
        cost = sum(self.worth.get(k, 0) for k in way.pushed)
        cost += sum(_lost_by_delay(problem, k) for k in delayed)
        return Room(fit, way.pushed, delayed, cost, fit.gain, after, proven)

    def _delayed(self, index: int, shifts: Iterable[int], after: Days) -> tuple[Key, ...]:
        """Return the visits of these days that were on time and are late afterwards."""
        visits = {v.visit_ref: k for k, v in enumerate(self.problem.visits)}
        found: set[Key] = set()
        for shift in shifts:
            was = self.day(shift).late
            route = self.timer.route(shift, after[shift])
            assert route is not None
            keys: set[Key] = {
                ("visit", visits[s.visit_ref]) for s in route.stops if s.late and s.visit_ref
            }
            found |= keys - was - {("visit", index)}
        return tuple(sorted(found))


def _lost_by_delay(problem: VisitProblem, key: Key) -> int:
    visit = problem.visits[key[1]]
    return max(0, visit.value - visit.late_value)
