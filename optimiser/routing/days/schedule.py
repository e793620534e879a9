"""The forward timing of one officer's day: a given order of tasks becomes a timed route.

The order of the tasks is the caller's. The shift's sessions stand at their fixed
times and the break within its window; where among the tasks they go is decided here,
exactly, by labels over (tasks done, sessions done, break taken, where one stands).
A label is (time, busy seconds, cost, walk); one that is no better in any of the four than
another of the same state is dropped (Desrochers 1988). Starting as early as possible is
never worse: walks are constant over the day, so no later start lets one arrive earlier.

Who may do a visit (skill, exclusion, two officers) is not looked at here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from optimiser.model.visits import Shift, Visit, VisitProblem
from optimiser.model.week import Route
from optimiser.routing.days.stops import route_of
from optimiser.routing.days.timing import (
    Item,
    Label,
    Task,
    leg,
    place_item,
    seconds_on,
    session_item,
    task_item,
    vertical_s,
)

__all__ = ["Now", "Task", "Timer", "schedule_route", "schedule_value", "seconds_on", "vertical_s"]

_State = tuple[int, int, bool, bool]  # tasks done, sessions done, break taken, last was a task
_Layer = dict[_State, list[Label]]


def schedule_route(problem: VisitProblem, shift_index: int, tasks: Sequence[Task]) -> Route | None:
    """Time one officer's day, its tasks in the given order.

    Parameters
    ----------
    problem
        The week.
    shift_index
        Whose day, as an index of `problem.shifts`.
    tasks
        In the order of the day; sessions and the break are added.

    Returns
    -------
    The route worth the most (visits on time, rounds' options, less walking), and of
    those the one home earliest; None when the order cannot be done. With neither tasks
    nor sessions it is a route without stops, which does not belong in a plan.
    """
    return Timer(problem).route(shift_index, tasks)


def schedule_value(problem: VisitProblem, shift_index: int, tasks: Sequence[Task]) -> int | None:
    """Return the worth of `schedule_route`'s route, or None; quicker than timing it.

    In units of 1 / VALUE_UNITS_PER_POINT point: the visits' and rounds' values less the
    walking, own-officer values left out; a two-officer visit counts in full.
    """
    return Timer(problem).value(shift_index, tasks)


class Now(NamedTuple):
    """How far a day has got: what is fixed, and when the officer is free again.

    `done` are the tasks that stay first, in their order (whose starts the caller
    pins); nothing else is set out for before `at_s`, infinite when the day is over.
    A break begun at `break_s` stays there.
    """

    at_s: float
    done: tuple[tuple[str, int], ...] = ()
    break_s: int | None = None


@dataclass(frozen=True, slots=True)
class _Day:
    """A shift with the tasks to do, and the work still ahead after k tasks, s sessions."""

    shift: Shift
    items: tuple[Item, ...]
    sessions: tuple[Item, ...]
    origin: Item
    home: Item
    ahead_s: tuple[int, ...]
    sessions_ahead_s: tuple[int, ...]
    now: Now | None

    def standing(self, state: _State) -> Item:
        k, s, _, by_task = state
        if by_task:
            return self.items[k - 1]
        return self.sessions[s - 1] if s else self.origin

    def departs_s(self, label: Label, item: Item, state: _State) -> float:
        """Return when one can set out for `item`: at once, or when `now` allows it."""
        if self.now is None:
            return label.time_s
        if item.task is None:
            fixed = item.starts[0].earliest_s < self.now.at_s
        else:
            fixed = state[0] <= len(self.now.done)
        return label.time_s if fixed else max(label.time_s, self.now.at_s)

    def kept(self) -> bool:
        """Whether what is done stands first in the order."""
        if self.now is None:
            return True
        first = (i.task for i in self.items[: len(self.now.done)])
        return self.now.done == tuple((t.kind, t.index) for t in first if t is not None)


class Timer:
    """Times many orders of the same week; what it works out once it keeps.

    `attempts` counts the orders timed: a budget that is the same on every machine.
    `now` says of the days that have begun, by shift index, what of them stays.
    """

    def __init__(self, problem: VisitProblem, now: Mapping[int, Now] | None = None) -> None:
        self.problem = problem
        self.now: Mapping[int, Now] = now or {}
        self.attempts = 0
        self._items: dict[tuple[int, Task], Item] = {}
        self._ends: dict[int, tuple[Item, Item, tuple[Item, ...]]] = {}
        self._legs: dict[tuple[int, int], tuple[int, int, int]] = {}
        self._parent: Timer | None = None

    def fork(self, index: int, visit: Visit) -> Timer:
        """Return a timer of the same week with one visit changed, sharing what is known."""
        visits = list(self.problem.visits)
        visits[index] = visit
        changed = Timer(self.problem.model_copy(update={"visits": tuple(visits)}), self.now)
        key = ("visit", index)
        changed._items = {k: i for k, i in self._items.items() if (k[1].kind, k[1].index) != key}
        changed._ends = self._ends
        changed._parent = self
        return changed

    def route(self, shift_index: int, tasks: Sequence[Task]) -> Route | None:
        """Return what `schedule_route` returns."""
        shift = self.problem.shifts[shift_index]
        if not tasks and not shift.sessions:
            return route_of(self.problem, shift, [])
        last = self._best(self._day(shift_index, tasks))
        if last is None:
            return None
        events: list[Label] = []
        label: Label | None = last
        while label is not None and label.before is not None:
            events.append(label)
            label = label.before
        return route_of(self.problem, shift, events[::-1])

    def value(self, shift_index: int, tasks: Sequence[Task]) -> int | None:
        """Return what `schedule_value` returns."""
        if not tasks and not self.problem.shifts[shift_index].sessions:
            return 0 if self._day(shift_index, tasks).kept() else None
        last = self._best(self._day(shift_index, tasks))
        return None if last is None else -last.cost

    def starts(self, shift_index: int, tasks: Sequence[Task], position: int) -> tuple[int, ...]:
        """Return the soonest starts of the task at `position`, one per arrangement and window.

        Whatever start of that task is possible, one of these is possible at or before it
        and everything after it has the same room: to agree on a common start of two
        officers it is enough to try both officers' starts.
        """
        day = self._day(shift_index, tasks[:position])
        item = self._item(shift_index, tasks[position])
        found = set()
        for layer in self._layers(day):
            for state, labels in layer.items():
                if state[0] != position:
                    continue
                needs = sum(self._leg(day.standing(state), item))
                for label in labels:
                    ready = label.time_s + needs
                    found |= {max(ready, w.earliest_s) for w in item.starts if ready <= w.latest_s}
        return tuple(sorted(found))

    def _day(self, shift_index: int, tasks: Sequence[Task]) -> _Day:
        self.attempts += 1
        shift = self.problem.shifts[shift_index]
        if (ends := self._ends.get(shift_index)) is None:
            ordered = sorted(shift.sessions, key=lambda s: s.start_s)
            ends = (
                place_item(shift.start_place),
                place_item(shift.end_place),
                tuple(session_item(s) for s in ordered),
            )
            self._ends[shift_index] = ends
        items = tuple(self._item(shift_index, t) for t in tasks)
        ahead = self._ahead(ends, items), _work_ahead(ends[2])
        return _Day(shift, items, ends[2], *ends[:2], *ahead, self.now.get(shift_index))

    def _ahead(
        self, ends: tuple[Item, Item, tuple[Item, ...]], items: tuple[Item, ...]
    ) -> tuple[int, ...]:
        """Return the least seconds still ahead after the first k tasks.

        Without sessions in between, the legs from task to task and home are known.
        """
        ahead = _work_ahead(items)
        if ends[2] or not items:
            return ahead
        legs = [sum(self._leg(items[-1], ends[1]))]
        for here, there in zip(items[-2::-1], items[:0:-1], strict=True):
            legs.append(legs[-1] + sum(self._leg(here, there)))
        legs.append(legs[-1] + sum(self._leg(ends[0], items[0])))
        return tuple(a + b for a, b in zip(ahead, reversed(legs), strict=True))

    def _item(self, shift_index: int, task: Task) -> Item:
        if (item := self._items.get((shift_index, task))) is None:
            item = task_item(self.problem, self.problem.shifts[shift_index], task)
            self._items[shift_index, task] = item
        return item

    def _leg(self, here: Item, there: Item) -> tuple[int, int, int]:
        # Items live as long as the timer does, so their identities are theirs alone.
        key = (id(here), id(there))
        known = self._legs.get(key)
        if known is None and self._parent is not None:
            known = self._parent._legs.get(key)
        if known is None:
            known = self._legs[key] = leg(self.problem, here, there)
        return known

    def _layers(self, day: _Day) -> Iterator[_Layer]:
        """Yield the labels after 0, 1, 2... events, as far as any order gets."""
        shift = day.shift
        if not day.kept():
            return
        start = Label(shift.start_s, 0, 0, shift.start_s, None, None, None)
        layer: _Layer = {(0, 0, shift.break_s == 0, False): [start]}
        while layer:
            yield layer
            following: _Layer = {}
            for state, labels in layer.items():
                k, s, rested, by_task = state
                here = day.standing(state)
                for label in labels:
                    if k < len(day.items):
                        after = (k + 1, s, rested, True)
                        self._extend(following, day, label, here, day.items[k], after)
                    if s < len(day.sessions):
                        after = (k, s + 1, rested, False)
                        self._extend(following, day, label, here, day.sessions[s], after)
                    if not rested and (rest := _rest(day, label)) is not None:
                        _keep(following, (k, s, True, by_task), rest)
            layer = following

    def _extend(
        self, layer: _Layer, day: _Day, label: Label, here: Item, item: Item, state: _State
    ) -> None:
        """Add the label of each way to do `item` next: the earliest start of each."""
        leave, walk, access = self._leg(here, item)
        ready = day.departs_s(label, item, state) + leave + walk + access
        ahead = day.ahead_s[state[0]] + day.sessions_ahead_s[state[1]]
        walked = label.walk_s + walk
        if day.shift.walk_limit_s is not None and walked > day.shift.walk_limit_s:
            return
        end_limit = day.shift.end_s - ahead - (0 if state[2] else day.shift.break_s)
        busy = label.busy_s + leave + walk + access
        soonest: int | None = None  # of a visit, only the earliest start counts
        for way in item.starts:
            if ready > way.latest_s:
                continue
            start = max(int(ready), way.earliest_s)
            end = start + way.duration_s
            if end > end_limit:
                continue
            if busy + way.duration_s + ahead > day.shift.busy_limit_s:
                continue
            if item.task is not None and item.task.kind == "visit":
                if soonest is not None and soonest <= start:
                    continue
                soonest = start
            value = way.value if start <= way.due_s else way.late_value
            cost = label.cost + self.problem.walk_value * walk - value
            after = (end, busy + way.duration_s, cost, start, item, way, label, walked)
            _keep(layer, state, Label(*after))

    def _best(self, day: _Day) -> Label | None:
        """Return the label of the best whole day, its cost the way home included."""
        work = day.ahead_s[0] + day.sessions_ahead_s[0]
        length = day.shift.end_s - day.shift.start_s - day.shift.break_s
        if work > min(length, day.shift.busy_limit_s):
            return None
        whole = len(day.items) + len(day.sessions) + (day.shift.break_s > 0)
        most_walk = math.inf if day.shift.walk_limit_s is None else day.shift.walk_limit_s
        best: tuple[int, int] | None = None
        chosen = None
        for k, layer in enumerate(self._layers(day)):
            if k < whole:
                continue
            for state, labels in layer.items():
                leave, walk, _ = self._leg(day.standing(state), day.home)
                for label in labels:
                    end, busy = label.time_s + leave + walk, label.busy_s + leave + walk
                    cost = label.cost + self.problem.walk_value * walk
                    if end > day.shift.end_s or busy > day.shift.busy_limit_s:
                        continue
                    if label.walk_s + walk > most_walk:
                        continue
                    if best is None or (cost, end) < best:
                        best, chosen = (cost, end), label._replace(cost=cost)
        return chosen


def _work_ahead(items: Sequence[Item]) -> tuple[int, ...]:
    """Return the least seconds of work still ahead after the first k items."""
    ahead = [0]
    for item in reversed(items):
        ahead.append(ahead[-1] + min((w.duration_s for w in item.starts), default=0))
    return tuple(reversed(ahead))


def _rest(day: _Day, label: Label) -> Label | None:
    shift, now = day.shift, day.now
    start: float = max(label.time_s, shift.break_earliest_s)
    latest = shift.break_latest_s
    if now is not None and now.break_s is not None:
        start, latest = max(start, now.break_s), now.break_s
    elif now is not None and label.before is not None:
        start = max(start, now.at_s)  # at the start place it may have been taken already
    if start > latest or start + shift.break_s > shift.end_s:
        return None
    begun = int(start)
    end = begun + shift.break_s
    return Label(end, label.busy_s, label.cost, begun, None, None, label, label.walk_s)


def _keep(layer: _Layer, state: _State, new: Label) -> None:
    """Add a label unless another of its state is as good; drop those it beats."""
    labels = layer.setdefault(state, [])
    time, busy, cost, walk = new.time_s, new.busy_s, new.cost, new.walk_s
    for old in labels:
        if old.time_s <= time and old.busy_s <= busy and old.cost <= cost and old.walk_s <= walk:
            return
    labels[:] = [
        o for o in labels if o.time_s < time or o.busy_s < busy or o.cost < cost or o.walk_s < walk
    ]
    labels.append(new)
