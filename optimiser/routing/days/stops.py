"""A timed day as the route of a plan: stops with their walks, access and leave."""

from __future__ import annotations

from collections.abc import Sequence

from optimiser.model.visits import Shift, VisitProblem
from optimiser.model.week import Route, Stop
from optimiser.routing.days.timing import Item, Label, leg, place_item

__all__ = ["route_of"]


def route_of(problem: VisitProblem, shift: Shift, events: Sequence[Label]) -> Route:
    """Turn the events of a day into stops, leaving the start place just in time."""
    home = place_item(shift.end_place)
    here = place_item(shift.start_place)
    stops: list[Stop] = []
    leaver: int | None = None  # the stop that the next leave belongs to
    clock = shift.start_s
    if events:
        first = events[0]
        needs = sum(leg(problem, here, first.item)) if first.item else 0
        clock = first.start_s - needs
    start_s = clock
    for event in events:
        if event.item is None:
            stops.append(_break_stop(problem, here, clock, event))
        else:
            leave, walk, access = leg(problem, here, event.item)
            if leaver is not None and leave:
                stops[leaver] = stops[leaver].model_copy(update={"leave_s": leave})
            walk_m = _walk_m(problem, here, event.item)
            stops.append(_stop(problem, event, clock + leave + walk, walk, walk_m, access))
            here, leaver = event.item, len(stops) - 1
        clock = event.time_s
    leave, walk, _ = leg(problem, here, home)
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


def _walk_m(problem: VisitProblem, here: Item, there: Item) -> int:
    if here.block_ref is not None and here.block_ref == there.block_ref:
        return 0
    return int(problem.walk_m[here.place, there.place])


def _break_stop(problem: VisitProblem, here: Item, arrive_s: int, event: Label) -> Stop:
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
    problem: VisitProblem, event: Label, arrive_s: int, walk_s: int, walk_m: int, access_s: int
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
            "with_officer": task.with_officer,
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
