"""A place for a request that others make way for: they move, and none is lost.

The room for the request is made by tasks that have a place elsewhere; then each of them
is put there, one after the other, into the days as they are by then. So what is offered
has been done, move by move.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from optimiser.routing.days.fits import Fit
from optimiser.routing.reasons.crowding import Key, Room, Rooms

__all__ = ["Moved", "make_way", "movable"]


@dataclass(frozen=True, slots=True)
class Moved:
    """A request's place, where the others go instead, and what all that gains, in units."""

    room: Room
    moves: tuple[Fit, ...]
    gain: int


def movable(firm: Rooms, keys: Iterable[Key]) -> frozenset[Key]:
    """Return the planned visits of one officer that have another place, all else as it is.

    `firm` are the days, of which nothing may be pushed out.
    """
    problem = firm.problem
    fixed = {key for state in firm.timer.now.values() for key in state.done}
    found = set()
    for key in sorted(keys):
        kind, index = key
        if kind == "round" or problem.visits[index].two_officers or key in fixed:
            continue
        if _other_place(firm, key) is not None:
            found.add(key)
    return frozenset(found)


def _other_place(firm: Rooms, key: Key) -> Room | None:
    """Return the best place of a visit on another officer-day than its own."""
    (home,) = (s for s, tasks in firm.days.items() if any((t.kind, t.index) == key for t in tasks))
    return firm.cheapest(key[1], without=frozenset({home}))


def make_way(
    rooms: Rooms, firm: Rooms, index: int, worth: Mapping[Key, int], *, budget: int
) -> Moved | None:
    """Return a place for a visit where all that is in the way moves, or None.

    `rooms` are the days at the price that moving has: little for what is `movable`, and
    none, so that it stays, for all else; `worth` is what each is really worth.
    """
    room = rooms.cheapest(index, budget=budget)
    if room is None or not room.pushed:
        return None
    gain = room.gain + sum(rooms.worth[k] - worth[k] for k in room.pushed)
    days, moves = room.days, []
    after = firm.changed(days)
    for _, k in sorted(room.pushed, key=lambda key: (-worth[key], key)):
        placed = after.cheapest(k)
        if placed is None:
            return None
        moves.append(placed.fit)
        days, gain = placed.days, gain + placed.gain
        after = after.changed(days)
    return Moved(replace(room, pushed=(), cost=0, gain=gain, days=days), tuple(moves), gain)
