"""The rules of one officer's day, stated again without the solver.

Times are seconds after midnight. Between two stops there are, in this order: the
leave of the earlier stop, the walk, the access of the later one; inside one building
only the floors between. A break stands where the stop before it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from optimiser.model.outcome import Violation
from optimiser.model.visits import Door, Place, Round, Shift, Visit, VisitProblem
from optimiser.model.week import Route, Stop

__all__ = ["Day", "busy_seconds", "check_day", "follows_option", "subject_of"]


@dataclass(frozen=True, slots=True)
class Day:
    """A route beside the shift that it belongs to, and what its stops may name."""

    problem: VisitProblem
    route: Route
    shift: Shift
    visits: Mapping[str, Visit]
    rounds: Mapping[str, Round]

    def visit(self, stop: Stop) -> Visit | None:
        """Return the visit that a stop makes; None for another or an unknown one."""
        return self.visits.get(stop.visit_ref or "") if stop.kind == "visit" else None

    def round(self, stop: Stop) -> Round | None:
        """Return the round that a stop knocks; None for another or an unknown one."""
        return self.rounds.get(stop.round_ref or "") if stop.kind == "round" else None

    def door(self, stop: Stop) -> Door | None:
        """Return the door of a visit or round; None for another stop."""
        task = self.visit(stop) or self.round(stop)
        return None if task is None else task.door

    def last_floor(self, stop: Stop) -> int:
        """Return the floor on which a stop ends; 0, the ground, outside blocks."""
        turn, door = self.round(stop), self.door(stop)
        if turn is not None:
            return turn.last_floor
        return 0 if door is None else door.floor

    def floors_s(self, lift: bool, start: int, end: int) -> int:
        """Return the seconds from one floor to another of a building."""
        rules = self.problem.rules
        if start == end:
            return 0
        return rules.lift_seconds if lift else rules.stairs_seconds_floor * abs(start - end)


def check_day(day: Day) -> Iterator[Violation]:
    """Yield every rule that one day breaks by itself."""
    yield from _check_ends(day)
    yield from _check_legs(day)
    yield from _check_order(day)
    yield from _check_places(day)
    yield from _check_sessions(day)
    yield from _check_break(day)
    yield from _check_rounds(day)
    yield from _check_belongs(day)
    yield from _check_busy(day)
    yield from _check_walk_limit(day)


def subject_of(route: Route, stop: Stop | None = None) -> str:
    """Return whose day it is, and which stop."""
    name = f"{route.officer_ref} {route.date}"
    if stop is None:
        return name
    return f"{name} {stop.visit_ref or stop.round_ref or stop.kind}"


def busy_seconds(route: Route) -> int:
    """Return the seconds of walking, access, visits, rounds and sessions of a day."""
    moving = sum(stop.walk_s + stop.access_s + stop.leave_s for stop in route.stops)
    doing = sum(stop.end_s - stop.start_s for stop in route.stops if stop.kind != "break")
    return moving + doing + route.home_walk_s


def follows_option(turn: Round, stop: Stop) -> list[int]:
    """Return the values of the round's options that fit a stop's start, length and talks."""
    return [
        option.value
        for option in turn.options
        if option.earliest_s <= stop.start_s <= option.latest_s
        and option.service_s == stop.end_s - stop.start_s
        and abs(option.conversations - stop.conversations) <= 1e-6
    ]


def _check_ends(day: Day) -> Iterator[Violation]:
    """Require a start and an end within the shift, at its places, and a walk home in time."""
    route, shift, who = day.route, day.shift, subject_of(day.route)
    if route.start_s < shift.start_s:
        message = f"leaves at {route.start_s}, the shift begins at {shift.start_s}"
        yield Violation(rule="shift_start", subject=who, message=message)
    if route.end_s > shift.end_s:
        message = f"is home at {route.end_s}, the shift ends at {shift.end_s}"
        yield Violation(rule="shift_end", subject=who, message=message)
    for place, index in (
        (route.start_place, shift.start_place),
        (route.end_place, shift.end_place),
    ):
        if place != day.problem.places[index]:
            message = f"{place.name} is not the shift's {day.problem.places[index].name}"
            yield Violation(rule="route_place", subject=who, message=message)
    if not route.stops:
        yield Violation(rule="route_empty", subject=who, message="the route has no stop")
        return
    here = _standing(day, len(route.stops))
    walk_s, walk_m = _walk(day, here, shift.end_place)
    if (route.home_walk_s, route.home_walk_m) != (walk_s, walk_m):
        stated = f"{route.home_walk_s} s, {route.home_walk_m} m"
        message = f"the walk home is given as {stated}, and takes {walk_s} s, {walk_m} m"
        yield Violation(rule="home_walk", subject=who, message=message)
    leave_s = 0 if here is None else here.leave_s
    earliest = route.stops[-1].end_s + leave_s + walk_s
    if route.end_s < earliest:
        message = f"is home at {route.end_s}, not before {earliest} from the last stop"
        yield Violation(rule="route_end", subject=who, message=message)


def _standing(day: Day, position: int) -> Stop | None:
    """Return the stop, breaks left out, before a position; None at the start place."""
    before = [stop for stop in day.route.stops[:position] if stop.kind != "break"]
    return before[-1] if before else None


def _walk(day: Day, here: Stop | None, place: int) -> tuple[int, int]:
    """Return seconds and metres from a stop, or from the start place, to a place."""
    origin = day.shift.start_place if here is None else here.place
    if not (0 <= origin < len(day.problem.places) and 0 <= place < len(day.problem.places)):
        return -1, -1
    return int(day.problem.walk_s[origin, place]), int(day.problem.walk_m[origin, place])


def _leg(day: Day, here: Stop | None, there: Stop | None) -> tuple[int, int, int, int]:
    """Return (leave, walk seconds, walk metres, access) that lead from one stop to the next."""
    from_door = None if here is None else day.door(here)
    to_door = None if there is None else day.door(there)
    floor = 0 if here is None else day.last_floor(here)
    if (
        from_door is not None
        and to_door is not None
        and from_door.block_ref is not None
        and from_door.block_ref == to_door.block_ref
    ):
        return 0, 0, 0, day.floors_s(to_door.lift, floor, to_door.floor)
    leave = 0 if from_door is None else day.floors_s(from_door.lift, floor, 0)
    access = 0
    if to_door is not None:
        access = to_door.entry_s + day.floors_s(to_door.lift, 0, to_door.floor)
    walk_s, walk_m = _walk(day, here, day.shift.end_place if there is None else there.place)
    return leave, walk_s, walk_m, access


def _check_legs(day: Day) -> Iterator[Violation]:
    """Require walk, access and leave of each stop to be those of the way that is taken."""
    for position, stop in enumerate(day.route.stops):
        who = subject_of(day.route, stop)
        if stop.kind == "break":
            stated = (stop.leave_s, stop.walk_s, stop.walk_m, stop.access_s)
            if any(stated):
                message = f"leave, walk, metres and access of a break are {stated}, not 0"
                yield Violation(rule="break_moves", subject=who, message=message)
            continue
        _, walk_s, walk_m, access_s = _leg(day, _standing(day, position), stop)
        after = [s for s in day.route.stops[position + 1 :] if s.kind != "break"]
        leave_s = _leg(day, stop, after[0] if after else None)[0]
        for rule, stated_s, needed_s in (
            ("walk_s", stop.walk_s, walk_s),
            ("walk_m", stop.walk_m, walk_m),
            ("access", stop.access_s, access_s),
            ("leave", stop.leave_s, leave_s),
        ):
            if stated_s != needed_s:
                message = f"given as {stated_s}, it is {needed_s}"
                yield Violation(rule=rule, subject=who, message=message)


def _check_order(day: Day) -> Iterator[Violation]:
    """Require each stop to begin after the one before it, the way between and the access."""
    free_s, leave_s = day.route.start_s, 0
    for stop in day.route.stops:
        who = subject_of(day.route, stop)
        on_the_way = 0 if stop.kind == "break" else leave_s + stop.walk_s
        if stop.arrive_s < free_s + on_the_way:
            message = f"arrives at {stop.arrive_s}, not possible before {free_s + on_the_way}"
            yield Violation(rule="arrival", subject=who, message=message)
        if stop.start_s < stop.arrive_s + stop.access_s:
            message = f"starts at {stop.start_s}, at the door {stop.arrive_s + stop.access_s}"
            yield Violation(rule="start", subject=who, message=message)
        if stop.end_s < stop.start_s:
            message = f"ends at {stop.end_s}, before its start {stop.start_s}"
            yield Violation(rule="order", subject=who, message=message)
        free_s = stop.end_s
        leave_s = leave_s if stop.kind == "break" else stop.leave_s


def _check_places(day: Day) -> Iterator[Violation]:
    """Require each stop where its door is, and the homes and block of its visit or round."""
    places = day.problem.places
    for position, stop in enumerate(day.route.stops):
        who = subject_of(day.route, stop)
        if not 0 <= stop.place < len(places):
            yield Violation(rule="place", subject=who, message=f"no place {stop.place}")
            continue
        place: Place = places[stop.place]
        if (stop.easting, stop.northing) != (place.easting, place.northing):
            message = f"coordinates are not those of {place.name}"
            yield Violation(rule="place", subject=who, message=message)
        if stop.kind == "break":
            here = _standing(day, position)
            expected = day.shift.start_place if here is None else here.place
            if stop.place != expected:
                message = "a break is where the stop before it is"
                yield Violation(rule="break_place", subject=who, message=message)
        door = day.door(stop)
        if door is not None and stop.place != door.place:
            message = f"it is at place {door.place}, not {stop.place}"
            yield Violation(rule="place", subject=who, message=message)
        yield from _check_homes(day, stop, who)


def _check_homes(day: Day, stop: Stop, who: str) -> Iterator[Violation]:
    """Require the homes and the block of the visit or round that a stop names."""
    visit, turn = day.visit(stop), day.round(stop)
    homes: tuple[str, ...]
    if visit is not None:
        homes, block = (visit.property_ref,), visit.block_ref
    elif turn is not None:
        homes, block = turn.property_refs, turn.block_ref
    else:
        return
    if stop.property_refs != homes or stop.block_ref != block:
        message = f"homes and block should be {', '.join(homes)} in {block}"
        yield Violation(rule="homes", subject=who, message=message)


def _check_sessions(day: Day) -> Iterator[Violation]:
    """Require every session of the shift at its time and place, and no other."""
    wanted = Counter((s.place, s.start_s, s.end_s) for s in day.shift.sessions)
    held = Counter((s.place, s.start_s, s.end_s) for s in day.route.stops if s.kind == "surgery")
    for place, start_s, end_s in (wanted - held) | (held - wanted):
        kept = "missing" if (place, start_s, end_s) in wanted else "not in the shift"
        message = f"session {start_s} to {end_s} at place {place} is {kept}"
        yield Violation(rule="session", subject=subject_of(day.route), message=message)


def _check_break(day: Day) -> Iterator[Violation]:
    """Require one break of the shift's length, started within its bounds; or none."""
    shift, who = day.shift, subject_of(day.route)
    breaks = [stop for stop in day.route.stops if stop.kind == "break"]
    wanted = 1 if shift.break_s > 0 else 0
    if len(breaks) != wanted:
        message = f"{len(breaks)} breaks, should be {wanted}"
        yield Violation(rule="break_once", subject=who, message=message)
    for stop in breaks:
        if stop.end_s - stop.start_s != shift.break_s:
            message = f"the break lasts {stop.end_s - stop.start_s}, should be {shift.break_s}"
            yield Violation(rule="break_length", subject=who, message=message)
        if not shift.break_earliest_s <= stop.start_s <= shift.break_latest_s:
            bounds = f"{shift.break_earliest_s} to {shift.break_latest_s}"
            message = f"the break starts at {stop.start_s}, outside {bounds}"
            yield Violation(rule="break_window", subject=who, message=message)


_PLAIN: Final = {
    "visit_ref": None,
    "round_ref": None,
    "property_refs": (),
    "name": None,
    "with_officer": None,
    "late": False,
    "interpreter": False,
    "conversations": 0.0,
}
"""Fields of a stop as they are where they say nothing."""

_BELONGS: Final = {
    "visit": {"visit_ref", "property_refs", "with_officer", "late", "interpreter"},
    "round": {"round_ref", "property_refs", "with_officer", "conversations"},
    "surgery": {"name"},
    "break": set[str](),
}


def _check_belongs(day: Day) -> Iterator[Violation]:
    """Require of a stop nothing said that its kind does not have; a surgery by its own name."""
    names = {(s.place, s.start_s, s.end_s): s.kind for s in day.shift.sessions}
    for position, stop in enumerate(day.route.stops):
        who = subject_of(day.route, stop)
        for field in _PLAIN.keys() - _BELONGS[stop.kind]:
            if getattr(stop, field) != _PLAIN[field]:
                message = f"a {stop.kind} has no {field}"
                yield Violation(rule="belongs", subject=who, message=message)
        block = stop.block_ref
        if stop.kind == "break":
            here = _standing(day, position)
            block = None if here is None else here.block_ref
        elif stop.kind == "surgery":
            block = None
            name = names.get((stop.place, stop.start_s, stop.end_s), stop.name)
            if stop.name != name:
                message = f"called {stop.name}, it is the {name}"
                yield Violation(rule="belongs", subject=who, message=message)
        if stop.block_ref != block:
            message = f"block {stop.block_ref}, it is in {block}"
            yield Violation(rule="belongs", subject=who, message=message)


def _check_rounds(day: Day) -> Iterator[Violation]:
    """Require a round's own date and officer, and one of its options."""
    for stop in day.route.stops:
        if stop.kind != "round":
            continue
        who = subject_of(day.route, stop)
        turn = day.round(stop)
        if turn is None:
            yield Violation(rule="known_round", subject=who, message="no such round")
            continue
        if day.route.date != turn.date:
            message = f"the round is of {turn.date}"
            yield Violation(rule="round_date", subject=who, message=message)
        if day.route.officer_ref not in turn.officers:
            message = "the officer may not knock it"
            yield Violation(rule="round_officer", subject=who, message=message)
        if not follows_option(turn, stop):
            message = "no option has this start, length and expected conversations"
            yield Violation(rule="round_option", subject=who, message=message)


def _check_busy(day: Day) -> Iterator[Violation]:
    """Require work and walking within the shift's limit, so that break and slack remain."""
    busy_s, limit_s = busy_seconds(day.route), day.shift.busy_limit_s
    if busy_s > limit_s:
        message = f"busy for {busy_s} s, the limit is {limit_s} s"
        yield Violation(rule="busy_limit", subject=subject_of(day.route), message=message)


def _check_walk_limit(day: Day) -> Iterator[Violation]:
    """Require no more walking than the shift allows."""
    walked_s = day.route.home_walk_s + sum(stop.walk_s for stop in day.route.stops)
    limit_s = day.shift.walk_limit_s
    if limit_s is not None and walked_s > limit_s:
        message = f"on foot for {walked_s} s, the limit is {limit_s} s"
        yield Violation(rule="walk_limit", subject=subject_of(day.route), message=message)
