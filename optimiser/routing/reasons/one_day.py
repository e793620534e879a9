"""The cheapest tasks of one day to leave out so that a visit fits, the rest in its order.

Exact for one day: labels (time, busy seconds, cost) over states (tasks passed, sessions
done, break taken, visit placed, what one stands at) go through the day's tasks in their
order and may pass any of them by, at the cost of what it is worth. A label no better
in any of the three than another of its state is dropped, and so is one that costs more
than the best way known elsewhere. The cost is in units of the objective: tasks passed by,
what others lose by starting late, what the visit itself falls short of its best, walking.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from optimiser.model.visits import Shift, VisitProblem
from optimiser.routing.days.schedule import Now
from optimiser.routing.days.timing import (
    Item,
    Start,
    Task,
    leg,
    place_item,
    session_item,
    task_item,
)

__all__ = ["NEVER", "Cleared", "DayRoom", "Legs", "Order", "Way", "order_of"]

NEVER: Final = 1 << 60
"""The cost of passing by what may not be left out."""

_ORIGIN, _TASK, _SESSION, _VISIT = range(4)


class Legs:
    """The seconds between items, each pair worked out once; keeps the items alive."""

    def __init__(self, problem: VisitProblem) -> None:
        self.problem = problem
        self._known: dict[tuple[int, int], tuple[int, int]] = {}
        self._items: dict[int, Item] = {}

    def between(self, here: Item, there: Item) -> tuple[int, int]:
        """Return the seconds of leaving, walking and access, and those on foot alone."""
        key = (id(here), id(there))
        known = self._known.get(key)
        if known is None:
            leave, walk, access = leg(self.problem, here, there)
            known = self._known[key] = (leave + walk + access, walk)
            self._items[key[0]], self._items[key[1]] = here, there
        return known


@dataclass(frozen=True, slots=True)
class Order:
    """One day's tasks in their order, and what passing each by costs (`NEVER`: it stays).

    `worth_now` is what each brings at present, so that a start that makes it late costs
    the difference. `must_s` are the seconds of work still to do after the first k tasks,
    of those that stay. The first `fixed` are done or under way.
    """

    shift_index: int
    shift: Shift
    tasks: tuple[Task, ...]
    items: tuple[Item, ...]
    drop: tuple[int, ...]
    worth_now: tuple[int, ...]
    must_s: tuple[int, ...]
    sessions: tuple[Item, ...]
    origin: Item
    home: Item
    now: Now | None = None
    fixed: int = 0


def order_of(
    problem: VisitProblem,
    shift_index: int,
    tasks: Sequence[Task],
    drop: Mapping[tuple[str, int], int],
    *,
    late: Collection[tuple[str, int]] = (),
    now: Now | None = None,
) -> Order:
    """Return a day's order; tasks without a price in `drop`, and done ones, stay.

    `late` are those that are late already, who lose nothing by it.
    """
    shift = problem.shifts[shift_index]
    fixed = len(now.done) if now else 0
    items = tuple(task_item(problem, shift, t) for t in tasks)
    prices = [drop.get((t.kind, t.index), NEVER) for t in tasks]
    prices = [NEVER if k < fixed else p for k, p in enumerate(prices)]
    sessions = sorted(shift.sessions, key=lambda s: s.start_s)
    must_s = [0]
    for item, price in zip(reversed(items), reversed(prices), strict=True):
        least = min((w.duration_s for w in item.starts), default=0)
        must_s.append(must_s[-1] + (least if price >= NEVER else 0))
    return Order(
        shift_index,
        shift,
        tuple(tasks),
        items,
        tuple(prices),
        tuple(
            max((w.late_value if key in late else w.value for w in i.starts), default=0)
            for key, i in zip(((t.kind, t.index) for t in tasks), items, strict=True)
        ),
        tuple(reversed(must_s)),
        tuple(session_item(s) for s in sessions),
        place_item(shift.start_place),
        place_item(shift.end_place),
        now,
        fixed,
    )


class _State(NamedTuple):
    passed: int
    sessions: int
    rested: bool
    placed: bool
    last: int


class _Label(NamedTuple):
    time_s: int
    busy_s: int
    cost: int
    walk_s: int  # 0 where no limit makes it matter
    event: int  # index of a task, -1 the visit, -2 a session or the break
    start_s: int
    before: _Label | None


@dataclass(frozen=True, slots=True)
class Cleared:
    """A day with the visit in it: where, when, what was passed by, at which cost.

    `cost` counts the walking of the whole day.
    """

    position: int
    start_s: int
    tasks: tuple[Task, ...]
    pushed: tuple[Task, ...]
    cost: int


class Way(NamedTuple):
    """A way found, `price` being the units that the plan loses on balance."""

    price: int
    shifts: tuple[int, ...]
    cleared: tuple[Cleared, ...]
    pushed: tuple[tuple[str, int], ...]


@dataclass(slots=True)
class DayRoom:
    """The search for the cheapest room in one day's order; `steps` counts its labels."""

    legs: Legs
    order: Order
    steps: int = field(default=0)
    visit_s: int = field(default=0, init=False)
    most: int = field(default=NEVER, init=False)

    def cheapest(self, task: Task, item: Item, cutoff: int) -> Cleared | None:
        """Return the cheapest way to fit a visit, None where it costs `cutoff` or more."""
        order = self.order
        best: _Label | None = None
        self.most = cutoff
        for layer in self._layers(item):
            for state, labels in layer.items():
                if state.placed and state.rested and state.sessions == len(order.sessions):
                    for label in labels:
                        cost = self._whole_cost(state, label, item)
                        if cost < self.most:
                            self.most, best = cost, label
        return None if best is None else self._read(task, self.most, best)

    def _whole_cost(self, state: _State, label: _Label, item: Item) -> int:
        """Return the cost of a day that ends here; `NEVER` where it cannot."""
        shift = self.order.shift
        way, walk = self.legs.between(self._standing(state, item), self.order.home)
        if label.time_s + way > shift.end_s or label.busy_s + way > shift.busy_limit_s:
            return NEVER
        if shift.walk_limit_s is not None and label.walk_s + walk > shift.walk_limit_s:
            return NEVER
        passed = sum(self.order.drop[state.passed :])
        return label.cost + passed + walk * self.legs.problem.walk_value

    def starts(self, item: Item, cutoff: int) -> tuple[int, ...]:
        """Return the soonest starts of the visit, one per way of getting there.

        Whatever start is possible below the cutoff, one of these is possible at or before
        it with the same tasks kept: for two officers' common start both days' are enough.
        """
        found: set[int] = set()
        self.most = cutoff
        for layer in self._layers(item):
            for state, labels in layer.items():
                if state.placed and state.last == _VISIT:
                    found.update(label.start_s for label in labels)
        return tuple(sorted(found))

    def _standing(self, state: _State, visit: Item) -> Item:
        if state.last == _TASK:
            return self.order.items[state.passed - 1]
        if state.last == _SESSION:
            return self.order.sessions[state.sessions - 1]
        return visit if state.last == _VISIT else self.order.origin

    def _layers(self, visit: Item) -> Iterator[dict[_State, list[_Label]]]:
        """Yield the labels after 0, 1, 2... events."""
        order, shift = self.order, self.order.shift
        self.visit_s = min((w.duration_s for w in visit.starts), default=0)
        first = _State(0, 0, shift.break_s == 0, False, _ORIGIN)
        layer = {first: [_Label(shift.start_s, 0, 0, 0, -2, shift.start_s, None)]}
        while layer:
            yield layer
            after: dict[_State, list[_Label]] = {}
            for state, labels in layer.items():
                here = self._standing(state, visit)
                for label in labels:
                    self.steps += 1
                    self._tasks(after, state, label, here)
                    if not state.placed and state.passed >= order.fixed:
                        target = _State(state[0], state[1], state[2], True, _VISIT)
                        self._extend(after, label, here, visit, target, -1, 0)
                    if state.sessions < len(order.sessions):
                        there = order.sessions[state.sessions]
                        target = _State(state[0], state[1] + 1, state[2], state[3], _SESSION)
                        self._extend(after, label, here, there, target, -2, 0)
                    if not state.rested and (rest := self._rest(label)) is not None:
                        rested = _State(state[0], state[1], True, state[3], state[4])
                        _keep(after, rested, rest)
            layer = after

    def _tasks(
        self,
        layer: dict[_State, list[_Label]],
        state: _State,
        label: _Label,
        here: Item,
    ) -> None:
        """Go to each later task, passing those between by."""
        order = self.order
        passed = 0
        for k in range(state.passed, len(order.items)):
            if label.cost + passed >= self.most:
                return
            target = _State(k + 1, state[1], state[2], state[3], _TASK)
            self._extend(layer, label, here, order.items[k], target, k, passed)
            passed += order.drop[k]

    def _extend(
        self,
        layer: dict[_State, list[_Label]],
        label: _Label,
        here: Item,
        item: Item,
        state: _State,
        event: int,
        passed: int,
    ) -> None:
        """Add the label of doing `item` next, started as soon as can be."""
        order = self.order
        way, walk = self.legs.between(here, item)
        busy = label.busy_s + way
        ready = self._departs_s(label, item, event) + way
        chosen: tuple[int, Start] | None = None
        for start in item.starts:
            if ready <= start.latest_s:
                at = max(ready, start.earliest_s)
                if chosen is None or at < chosen[0]:
                    chosen = (at, start)
        if chosen is None:
            return
        at, start = chosen
        end, busy = at + start.duration_s, busy + start.duration_s
        must = order.must_s[state.passed] + (0 if state.placed else self.visit_s)
        if state.sessions == len(order.sessions):
            must += self.legs.between(item, order.home)[0]
        rest = must if state.rested else must + order.shift.break_s
        if end + rest > order.shift.end_s or busy + must > order.shift.busy_limit_s:
            return
        value = start.value if at <= start.due_s else start.late_value
        if event >= 0:
            lost = max(0, order.worth_now[event] - value)
        else:
            lost = 0 if event == -2 else max(start.value, start.late_value) - value
        cost = label.cost + passed + lost + walk * self.legs.problem.walk_value
        if cost >= self.most:
            return
        walked = 0
        if order.shift.walk_limit_s is not None:
            walked = label.walk_s + walk
            if walked > order.shift.walk_limit_s:
                return
        _keep(layer, state, _Label(end, busy, cost, walked, event, at, label))

    def _departs_s(self, label: _Label, item: Item, event: int) -> int:
        now = self.order.now
        if now is None:
            return label.time_s
        if event == -2:
            stays = item.starts[0].earliest_s < now.at_s
        else:
            stays = 0 <= event < self.order.fixed
        if stays or now.at_s <= label.time_s:
            return label.time_s
        return int(min(now.at_s, 10**9))

    def _rest(self, label: _Label) -> _Label | None:
        shift, now = self.order.shift, self.order.now
        start: float = max(label.time_s, shift.break_earliest_s)
        latest = shift.break_latest_s
        if now is not None and now.break_s is not None:
            start, latest = max(start, now.break_s), now.break_s
        elif now is not None and label.before is not None:
            start = max(start, now.at_s)
        if start > latest or start + shift.break_s > shift.end_s:
            return None
        begun = int(start)
        end = begun + shift.break_s
        return _Label(end, label.busy_s, label.cost, label.walk_s, -2, begun, label)

    def _read(self, task: Task, cost: int, label: _Label) -> Cleared:
        events: list[_Label] = []
        at: _Label | None = label
        while at is not None:
            events.append(at)
            at = at.before
        done = [e for e in reversed(events) if e.event != -2]
        position = next(k for k, e in enumerate(done) if e.event == -1)
        kept = {e.event for e in done}
        tasks = self.order.tasks
        return Cleared(
            position,
            done[position].start_s,
            tuple(task if e.event == -1 else tasks[e.event] for e in done),
            tuple(t for k, t in enumerate(tasks) if k not in kept),
            cost,
        )


def _keep(layer: dict[_State, list[_Label]], state: _State, new: _Label) -> None:
    """Add a label unless another of its state is as good; drop those it beats."""
    labels = layer.get(state)
    if labels is None:
        layer[state] = [new]
        return
    time, busy, cost, walk = new.time_s, new.busy_s, new.cost, new.walk_s
    for old in labels:
        if old.time_s <= time and old.busy_s <= busy and old.cost <= cost and old.walk_s <= walk:
            return
    labels[:] = [
        o for o in labels if o.time_s < time or o.busy_s < busy or o.cost < cost or o.walk_s < walk
    ]
    labels.append(new)
