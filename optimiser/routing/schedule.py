"""The forward timing of one officer's day: a given order of tasks becomes a timed route.

The order of the tasks is the caller's. The shift's sessions stand at their fixed
times and the break within its window; where among the tasks they go is decided here,
exactly, by labels over (tasks done, sessions done, break taken, where one stands).
A label is (time, busy seconds, value); one that is no better in any of the three than
another of the same state is dropped (Desrochers 1988). Starting as early as possible is
never worse: walks are constant over the day, so no later start lets one arrive earlier.

Who may do a visit (skill, exclusion, two officers) is not looked at here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from optimiser.model.visits import Door, Session, Shift, VisitProblem
from optimiser.model.week import Route, Stop

__all__ = ["Task", "schedule_route", "schedule_value", "seconds_on", "vertical_s"]


@dataclass(frozen=True, slots=True)
class Task:
    """A visit or a round on one officer's route.

    `index` is its position in `problem.visits` or `problem.rounds`. A round's
    `option` is chosen for the most value where None; `start_s` fixes the start
    to the second; `with_officer` is the second officer of a two-officer visit.
    """

    kind: Literal["visit", "round"]
    index: int
    option: int | None = None
    start_s: int | None = None
    with_officer: str | None = None


class _Start(NamedTuple):
    """One way to start: within `earliest_s`..`latest_s`, for `value` (less after `due_s`)."""

    earliest_s: int
    latest_s: int
    duration_s: int
    value: int
    late_value: int
    due_s: float
    option: int = 0


class _Item(NamedTuple):
    """A task, a session or the start place, as the timing sees it."""

    place: int
    block_ref: str | None
    first_floor: int
    last_floor: int
    lift: bool
    entry_s: int
    starts: tuple[_Start, ...]
    task: Task | None = None
    kind: str | None = None
    interpreter: bool = False


class _Label(NamedTuple):
    """A partial day, and the event (item, start, or the break when None) that ended it."""

    time_s: int
    busy_s: int
    cost: int
    start_s: int
    item: _Item | None
    way: _Start | None
    before: _Label | None


_State = tuple[int, int, bool, bool]  # tasks done, sessions done, break taken, last was a task


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
    shift = problem.shifts[shift_index]
    if not tasks and not shift.sessions:
        return _route_of(problem, shift, [])
    last = _best_label(problem, shift, tasks)
    if last is None:
        return None
    events: list[_Label] = []
    label: _Label | None = last
    while label is not None and label.before is not None:
        events.append(label)
        label = label.before
    return _route_of(problem, shift, events[::-1])


def schedule_value(problem: VisitProblem, shift_index: int, tasks: Sequence[Task]) -> int | None:
    """Return the worth of `schedule_route`'s route, or None; quicker than timing it.

    In units of 1 / VALUE_UNITS_PER_POINT point: the visits' and rounds' values less the
    walking, own-officer values left out; a two-officer visit counts in full.
    """
    shift = problem.shifts[shift_index]
    if not tasks and not shift.sessions:
        return 0
    last = _best_label(problem, shift, tasks)
    if last is None:
        return None
    return -last.cost


def vertical_s(problem: VisitProblem, *, lift: bool, from_floor: int, to_floor: int) -> int:
    """Return the seconds between two floors, by lift where there is one."""
    if from_floor == to_floor:
        return 0
    if lift:
        return problem.rules.lift_seconds
    return problem.rules.stairs_seconds_floor * abs(from_floor - to_floor)


def seconds_on(date: dt.date, instant: dt.datetime | None) -> float:
    """Return an instant as seconds after midnight of `date`; infinite for None."""
    if instant is None:
        return float("inf")
    midnight = dt.datetime.combine(date, dt.time(), tzinfo=instant.tzinfo)
    return (instant - midnight).total_seconds()


def _best_label(problem: VisitProblem, shift: Shift, tasks: Sequence[Task]) -> _Label | None:
    items = [_task_item(problem, shift, task) for task in tasks]
    sessions = [_session_item(s) for s in sorted(shift.sessions, key=lambda s: s.start_s)]
    origin = _Item(shift.start_place, None, 0, 0, False, 0, ())
    home = _Item(shift.end_place, None, 0, 0, False, 0, ())
    start = _Label(shift.start_s, 0, 0, shift.start_s, None, None, None)
    layer: dict[_State, list[_Label]] = {(0, 0, shift.break_s == 0, False): [start]}
    for _ in range(len(items) + len(sessions) + (shift.break_s > 0)):
        following: dict[_State, list[_Label]] = {}
        for (k, s, rested, by_task), labels in layer.items():
            here = items[k - 1] if by_task else sessions[s - 1] if s else origin
            for label in labels:
                if k < len(items):
                    state = (k + 1, s, rested, True)
                    for reached in _extend(problem, shift, label, here, items[k]):
                        _keep(following, state, reached)
                if s < len(sessions):
                    state = (k, s + 1, rested, False)
                    for reached in _extend(problem, shift, label, here, sessions[s]):
                        _keep(following, state, reached)
                if not rested and (rest := _rest(shift, label)) is not None:
                    _keep(following, (k, s, True, by_task), rest)
        layer = following
    best: tuple[int, int] | None = None
    chosen = None
    for (k, s, _, by_task), labels in layer.items():
        here = items[k - 1] if by_task else sessions[s - 1] if s else origin
        for label in labels:
            leave, walk, _ = _leg(problem, here, home)
            end, busy = label.time_s + leave + walk, label.busy_s + leave + walk
            cost = label.cost + problem.walk_value * walk
            if end > shift.end_s or busy > shift.busy_limit_s:
                continue
            if best is None or (cost, end) < best:
                best, chosen = (cost, end), label._replace(cost=cost)
    return chosen


def _extend(
    problem: VisitProblem, shift: Shift, label: _Label, here: _Item, item: _Item
) -> Iterator[_Label]:
    """Yield the label for each way to do `item` next: the earliest start of each."""
    leave, walk, access = _leg(problem, here, item)
    ready = label.time_s + leave + walk + access
    soonest: tuple[int, int] | None = None  # of a visit, only the earliest start counts
    for way in item.starts:
        start = max(ready, way.earliest_s)
        end = start + way.duration_s
        busy = label.busy_s + leave + walk + access + way.duration_s
        if start > way.latest_s or end > shift.end_s or busy > shift.busy_limit_s:
            continue
        if item.task is not None and item.task.kind == "visit":
            if soonest is not None and soonest <= (start, end):
                continue
            soonest = (start, end)
        value = way.value if start <= way.due_s else way.late_value
        cost = label.cost + problem.walk_value * walk - value
        yield _Label(end, busy, cost, start, item, way, label)


def _rest(shift: Shift, label: _Label) -> _Label | None:
    start = max(label.time_s, shift.break_earliest_s)
    if start > shift.break_latest_s or start + shift.break_s > shift.end_s:
        return None
    return _Label(start + shift.break_s, label.busy_s, label.cost, start, None, None, label)


def _keep(layer: dict[_State, list[_Label]], state: _State, new: _Label) -> None:
    """Add a label unless another of its state is as good; drop those it beats."""
    labels = layer.setdefault(state, [])
    time, busy, cost = new.time_s, new.busy_s, new.cost
    for old in labels:
        if old.time_s <= time and old.busy_s <= busy and old.cost <= cost:
            return
    labels[:] = [o for o in labels if o.time_s < time or o.busy_s < busy or o.cost < cost]
    labels.append(new)


def _leg(problem: VisitProblem, here: _Item, there: _Item) -> tuple[int, int, int]:
    """Return the seconds of leaving, walking and access from one item to the next."""
    if here.block_ref is not None and here.block_ref == there.block_ref:
        inside = vertical_s(
            problem, lift=there.lift, from_floor=here.last_floor, to_floor=there.first_floor
        )
        return 0, 0, inside
    down = vertical_s(problem, lift=here.lift, from_floor=here.last_floor, to_floor=0)
    up = vertical_s(problem, lift=there.lift, from_floor=0, to_floor=there.first_floor)
    return down, int(problem.walk_s[here.place, there.place]), there.entry_s + up


def _task_item(problem: VisitProblem, shift: Shift, task: Task) -> _Item:
    if task.kind == "round":
        turn = problem.rounds[task.index]
        ways = [
            _Start(o.earliest_s, o.latest_s, o.service_s, o.value, o.value, float("inf"), k)
            for k, o in enumerate(turn.options)
            if task.option in (None, k) and turn.date == shift.date
        ]
        return _door_item(turn.door, turn.last_floor, ways, task)
    visit = problem.visits[task.index]
    interpreter = visit.language is not None and not any(
        visit.language in o.languages
        for o in problem.officers
        if o.officer_ref in (shift.officer_ref, task.with_officer)
    )
    duration = visit.interpreter_service_s if interpreter else visit.service_s
    due_s = seconds_on(shift.date, visit.due_at)
    ways = [
        _Start(w.earliest_s, w.latest_s, duration, visit.value, visit.late_value, due_s)
        for w in visit.windows
        if w.date == shift.date
    ]
    item = _door_item(visit.door, visit.door.floor, ways, task)
    return item._replace(interpreter=interpreter)


def _door_item(door: Door, last_floor: int, ways: Sequence[_Start], task: Task) -> _Item:
    at = task.start_s
    if at is not None:
        fits = [w for w in ways if w.earliest_s <= at <= w.latest_s]
        ways = [w._replace(earliest_s=at, latest_s=at) for w in fits]
    return _Item(
        door.place,
        door.block_ref,
        door.floor,
        last_floor,
        door.lift,
        door.entry_s,
        tuple(ways),
        task,
    )


def _session_item(session: Session) -> _Item:
    length = session.end_s - session.start_s
    way = _Start(session.start_s, session.start_s, length, 0, 0, float("inf"))
    return _Item(session.place, None, 0, 0, False, 0, (way,), None, session.kind)


def _route_of(problem: VisitProblem, shift: Shift, events: Sequence[_Label]) -> Route:
    """Turn the events of a day into stops, leaving the start place just in time."""
    home = _Item(shift.end_place, None, 0, 0, False, 0, ())
    here = _Item(shift.start_place, None, 0, 0, False, 0, ())
    stops: list[Stop] = []
    leaver: int | None = None  # the stop that the next leave belongs to
    clock = shift.start_s
    if events:
        first = events[0]
        needs = sum(_leg(problem, here, first.item)) if first.item else 0
        clock = first.start_s - needs
    start_s = clock
    for event in events:
        if event.item is None:
            stops.append(_break_stop(problem, here, clock, event))
        else:
            leave, walk, access = _leg(problem, here, event.item)
            if leaver is not None and leave:
                stops[leaver] = stops[leaver].model_copy(update={"leave_s": leave})
            walk_m = _walk_m(problem, here, event.item)
            stops.append(_stop(problem, event, clock + leave + walk, walk, walk_m, access))
            here, leaver = event.item, len(stops) - 1
        clock = event.time_s
    leave, walk, _ = _leg(problem, here, home)
    if leaver is not None and leave:
        stops[leaver] = stops[leaver].model_copy(update={"leave_s": leave})
    if not events:
        leave = walk = 0
    return Route(
        officer_ref=shift.officer_ref,
        date=shift.date,
        start_s=start_s,
        end_s=clock + leave + walk,
        start_place=problem.places[shift.start_place],
        end_place=problem.places[shift.end_place],
        stops=tuple(stops),
        home_walk_s=walk,
        home_walk_m=_walk_m(problem, here, home) if events else 0,
    )


def _walk_m(problem: VisitProblem, here: _Item, there: _Item) -> int:
    if here.block_ref is not None and here.block_ref == there.block_ref:
        return 0
    return int(problem.walk_m[here.place, there.place])


def _break_stop(problem: VisitProblem, here: _Item, arrive_s: int, event: _Label) -> Stop:
    place = problem.places[here.place]
    return Stop(
        kind="break",
        block_ref=here.block_ref,
        place=here.place,
        easting=place.easting,
        northing=place.northing,
        arrive_s=arrive_s,
        start_s=event.start_s,
        end_s=event.time_s,
    )


def _stop(
    problem: VisitProblem, event: _Label, arrive_s: int, walk_s: int, walk_m: int, access_s: int
) -> Stop:
    item, way = event.item, event.way
    assert item is not None
    assert way is not None
    place = problem.places[item.place]
    plain = Stop(
        kind="surgery",
        name=item.kind,
        place=item.place,
        easting=place.easting,
        northing=place.northing,
        arrive_s=arrive_s,
        start_s=event.start_s,
        end_s=event.time_s,
        walk_s=walk_s,
        walk_m=walk_m,
        access_s=access_s,
    )
    task = item.task
    if task is None:
        return plain
    if task.kind == "round":
        turn = problem.rounds[task.index]
        own = {
            "kind": "round",
            "round_ref": turn.round_ref,
            "property_refs": turn.property_refs,
            "block_ref": turn.block_ref,
            "conversations": turn.options[way.option].conversations,
        }
        return plain.model_copy(update=own)
    visit = problem.visits[task.index]
    own = {
        "kind": "visit",
        "visit_ref": visit.visit_ref,
        "property_refs": (visit.property_ref,),
        "block_ref": visit.block_ref,
        "with_officer": task.with_officer,
        "late": event.start_s > way.due_s,
        "interpreter": item.interpreter,
    }
    return plain.model_copy(update=own)
