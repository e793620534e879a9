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
    rounds, or whole blocks, by homes a second, each in the part of the day of the most
    conversations or of the least time.
    """
    rounds = list(range(len(patch.rounds)))
    best = _first_tries(patch, rounds, brief=False)
    if len(best) < len(rounds):
        orders = (rounds, _by_round(patch), _by_block(patch))
        ways = [_first_tries(patch, order, brief=b) for order in orders for b in (False, True)]
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


def _by_round(patch: QuarterPatch) -> list[int]:
    """Return the rounds by homes a second."""
    pace = [len(turn.property_refs) / _least_s(turn) for turn in patch.rounds]
    return sorted(range(len(patch.rounds)), key=lambda r: -pace[r])


def _by_block(patch: QuarterPatch) -> list[int]:
    """Return the rounds block by block, by the block's homes a second."""
    homes: dict[str, float] = {}
    seconds = {b.block_ref: float(b.step_s) for b in patch.blocks}
    for turn in patch.rounds:
        homes[turn.block_ref] = homes.get(turn.block_ref, 0) + len(turn.property_refs)
        seconds[turn.block_ref] += _least_s(turn)
    pace = {block: homes[block] / seconds[block] for block in homes}
    blocks = {b.block_ref: k for k, b in enumerate(patch.blocks)}
    of = [turn.block_ref for turn in patch.rounds]
    return sorted(range(len(of)), key=lambda r: (-pace[of[r]], blocks[of[r]], r))


def _least_s(turn: QuarterRound) -> float:
    return min((o.load_s for o in turn.options if o.try_number == 1), default=1e9)


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
