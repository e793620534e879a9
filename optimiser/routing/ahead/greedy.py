"""A first plan of a patch's community days: along the chain of blocks, day after day."""

from __future__ import annotations

from typing import NamedTuple

from optimiser.model.quarter import QuarterPatch, QuarterRound
from optimiser.model.visits import PartOfDay

__all__ = ["Slot", "fill_days"]


class Slot(NamedTuple):
    """One try at one round: on which day (its number) and in which part of it."""

    round: int
    try_number: int
    day: int
    part: PartOfDay


class _Room:
    """What is left of each day."""

    def __init__(self, patch: QuarterPatch) -> None:
        self.patch = patch
        self.days = [day.capacity_s for day in patch.days]
        self.parts = [dict(day.parts) for day in patch.days]
        self.step = {b.block_ref: b.step_s for b in patch.blocks}
        self.there: set[tuple[int, str]] = set()

    def take(self, turn: QuarterRound, number: int, day: int, part: PartOfDay) -> bool:
        """Put the try there if it fits."""
        option = turn.option(number, part)
        if option is None or part not in self.parts[day]:
            return False
        block = (day, turn.block_ref)
        step = 0 if block in self.there else self.step[turn.block_ref]
        if self.parts[day][part] < option.load_s or self.days[day] < option.load_s + step:
            return False
        self.parts[day][part] -= option.load_s
        self.days[day] -= option.load_s + step
        self.there.add(block)
        return True


def fill_days(patch: QuarterPatch, weeks_apart: int) -> list[Slot]:
    """Return a plan of first tries, then of second ones where there is room.

    First along the chain; where that leaves homes without a turn, the best of that and of
    rounds by homes a second, each in the part of the day of the most conversations or of
    the least time.
    """
    rounds = list(range(len(patch.rounds)))
    best = _first_tries(patch, rounds, brief=False)
    if len(best) < len(rounds):
        dense = sorted(rounds, key=lambda r: -_homes_a_second(patch.rounds[r]))
        ways = [_first_tries(patch, rounds, brief=True)]
        ways += [_first_tries(patch, dense, brief=brief) for brief in (False, True)]
        best = max([best, *ways], key=lambda slots: _homes(patch, slots))
    room = _Room(patch)
    for slot in best:
        room.take(patch.rounds[slot.round], 1, slot.day, slot.part)
    found = list(best)
    for slot in sorted(best, key=lambda s: (s.day, s.round)):
        for day in range(slot.day + weeks_apart, len(patch.days)):
            turn = patch.rounds[slot.round]
            again = _in_day(room, slot.round, turn, 2, day, shunned=slot.part, brief=False)
            if again is not None:
                found.append(again)
                break
    return found


def _first_tries(patch: QuarterPatch, order: list[int], *, brief: bool) -> list[Slot]:
    room, found, at = _Room(patch), [], 0
    for r in order:
        # Rounds come in the chain's order: go on where the last one was put.
        for day in (*range(at, len(patch.days)), *range(at)):
            slot = _in_day(room, r, patch.rounds[r], 1, day, shunned=None, brief=brief)
            if slot is not None:
                found.append(slot)
                at = day
                break
    return found


def _homes(patch: QuarterPatch, slots: list[Slot]) -> int:
    return sum(len(patch.rounds[s.round].property_refs) for s in slots)


def _homes_a_second(turn: QuarterRound) -> float:
    loads = [o.load_s for o in turn.options if o.try_number == 1]
    return len(turn.property_refs) / min(loads) if loads else 0.0


def _in_day(
    room: _Room,
    r: int,
    turn: QuarterRound,
    number: int,
    day: int,
    *,
    shunned: PartOfDay | None,
    brief: bool,
) -> Slot | None:
    options = [o for o in turn.options if o.try_number == number and o.part is not shunned]
    options.sort(key=lambda o: (o.load_s if brief else -o.conversations, o.part))
    for option in options:
        if room.take(turn, number, day, option.part):
            return Slot(r, number, day, option.part)
    return None
