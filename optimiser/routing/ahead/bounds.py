"""What no plan of a patch's community days can better: knapsacks over all days together.

Every plan keeps, for each part of the day p, with L its load of p and L' that of the rest,

    L + L' <= sum_d Q[d]        and        L <= sum_d Q[d,p]

and so, for any w >= 0, (1 + w) L + L' <= sum Q[d] + w sum Q[d,p]: one knapsack. A round
takes at least its share of the walk to its block: of a block with m rounds of which k are
knocked, somebody comes there once or more, and k / m of a step is no more than that. The
linear relaxation of the multiple-choice knapsack in which each round is left out, tried
once or tried twice (Sinha and Zoltners, 1979) is solved exactly in fractions, for a few w,
and the least is taken.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Final

from optimiser.model.quarter import QuarterPatch, QuarterRound, TurnOption

__all__ = ["SCALE", "most_conversations", "most_homes"]

SCALE: Final = 1000
"""Conversations are counted in thousandths, rounded up."""

_UNIT: Final = 100
_WEIGHTS: Final = (0, 2, 4, 6, 8, 10, 15, 20, 30)
"""w in hundredths: what the parts of the day differ by in load and conversations."""

_Load = Callable[[TurnOption], int]


def most_homes(patch: QuarterPatch) -> int:
    """Return how many homes can have a turn, at most."""

    def choices(turn: QuarterRound, load: _Load, step: int) -> list[tuple[int, int]]:
        loads = [load(o) + step for o in turn.options if o.try_number == 1]
        return [(min(loads), len(turn.property_refs))] if loads else []

    return math.floor(min((_filled(patch, *way, choices) for way in _ways(patch)), default=0))


def most_conversations(patch: QuarterPatch) -> int:
    """Return how many thousandths of a conversation there can be, at most."""

    def choices(turn: QuarterRound, load: _Load, step: int) -> list[tuple[int, int]]:
        found = []
        for one in (o for o in turn.options if o.try_number == 1):
            first = (load(one) + step, math.ceil(SCALE * one.conversations))
            found.append(first)
            for two in (o for o in turn.options if o.try_number == 2 and o.part is not one.part):
                more = math.ceil(SCALE * two.conversations)
                found.append((first[0] + load(two) + step, first[1] + more))
        return found

    return math.ceil(min((_filled(patch, *way, choices) for way in _ways(patch)), default=0))


def _ways(patch: QuarterPatch) -> Iterator[tuple[_Load, int]]:
    """Yield loads of an option and the room there is, in hundredths, for a few weights."""
    whole = _UNIT * sum(day.capacity_s for day in patch.days)
    parts = sorted({part for day in patch.days for part in day.parts})
    for part in parts:
        room = sum(day.parts.get(part, 0) for day in patch.days)
        for w in _WEIGHTS:

            def load(option: TurnOption, part: str = part, w: int = w) -> int:
                return option.load_s * (_UNIT + (w if option.part == part else 0))

            yield load, whole + w * room


def _filled(
    patch: QuarterPatch,
    load: _Load,
    room: int,
    choices: Callable[[QuarterRound, _Load, int], list[tuple[int, int]]],
) -> Fraction:
    """Return the most that the rounds' choices (load, worth) are worth in the room, in parts."""
    step = {b.block_ref: b.step_s for b in patch.blocks}
    rounds = Counter(turn.block_ref for turn in patch.rounds)
    steps: list[tuple[int, int]] = []
    for turn in patch.rounds:
        share = _UNIT * step[turn.block_ref] // rounds[turn.block_ref]
        steps += _hull_steps(sorted({(0, 0), *choices(turn, load, share)}))
    total = Fraction(0)
    for taken, worth in sorted(steps, key=lambda s: Fraction(s[1], s[0]), reverse=True):
        if taken > room:
            return total + Fraction(worth * room, taken)
        room -= taken
        total += worth
    return total


def _hull_steps(choices: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the steps (load, talks) of the choices' upper hull from (0, 0), steepest first."""
    hull: list[tuple[int, int]] = []
    for load, talks in choices:
        if hull and talks <= hull[-1][1]:
            continue
        if hull and load == hull[-1][0]:
            hull.pop()
        while len(hull) > 1:
            (l0, t0), (l1, t1) = hull[-2:]
            if (t1 - t0) * (load - l1) > (talks - t1) * (l1 - l0):
                break
            hull.pop()
        hull.append((load, talks))
    return [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(hull)]
