"""A plan near a days program's value: its days are taken one after the other.

The day most used of the program's optimum is taken for good; the program is solved and priced
again for what is left, and so on (diving: Sadykov, Vanderbeck, Pessoa, Tahiri and Uchoa,
INFORMS Journal on Computing 31, 2019). Well priced after each day, it loses little of the
program's value: how well is told by the time there is.

A visit by two is half in the day of each, at any hour. Once its first day is taken, it is open
only to the others of that date at the hours at which that day can do it, and worth the whole;
once its second is, it stands at one instant for both. Where a visit has found no second, the
day it is taken from can, rarely, not be worked any more: the break had its place there.
"""

from __future__ import annotations

import math
import time
from bisect import bisect_left
from dataclasses import replace
from typing import Final

import numpy as np

from optimiser.routing.arrays.net import (
    DAY,
    LANGUAGE,
    OFFICER,
    PAIR,
    SKILLED,
    SPEAKS,
    Compiled,
)
from optimiser.routing.proof.day_pricing import DEAR
from optimiser.routing.proof.days_bound import DaysProgram
from optimiser.routing.proof.shift_days import as_worked

__all__ = ["Dive"]

_NEAR: Final = 0.3
"""Begun with: the days worth no less than their shift's best by more than this share."""
_SURE: Final = 0.9
"""All days that the program takes as far as this are taken at once."""
_MOST_TAKEN: Final = 3
"""Of days less sure, so many at once where time is short, else one."""
_QUIET: Final = 4e-5
"""Of the program's value: what a round of pricing gains that is hardly worth it."""
_QUIET_ROUNDS: Final = 3
"""So many of those, and the next day is taken."""


class Dive:
    """A plan under way.

    Attributes
    ----------
    program
        Its own: of days as plans have them, and of what is left for the shifts that are left.
    plan
        Visits in order, by shift: those of the days taken.
    starts
        Of each visit by two that stands in the plan: when, in seconds of the day.
    """

    def __init__(self, known: DaysProgram, compiled: Compiled) -> None:
        self.net = compiled.net
        self._groups = [as_worked(compiled, group) for group in known.groups]
        self.program = DaysProgram(
            self._groups, known.many, bound=math.inf, centre=known.centre, workers=known.workers
        )
        for key in known.near(_NEAR):
            self.program.add(key)
        self.plan: dict[int, tuple[int, ...]] = {}
        self.starts: dict[int, int] = {}
        self._first: dict[int, int] = {}  # of visits by two, the shift that holds it so far

    def work(self, until: float) -> None:
        """Take days until each shift has one: the less time is left, the more at once.

        What has found no second officer is left out then.
        """
        program, turn = self.program, 0
        while (rest := len(program.shifts) - len(self.plan)) > 0:
            begun = time.monotonic()
            # A turn takes the longer, the more shifts are left.
            fair = max((until - begun) * 2 / (rest + 1), 1e-3)
            turn, solved = self._price(turn, begun + fair)
            most = math.ceil((time.monotonic() - begun) / fair)
            if not solved or not self._take(min(most, _MOST_TAKEN)):
                break
        for visit, s in list(self._first.items()):
            self._leave_out(visit, s)

    def _price(self, turn: int, until: float) -> tuple[int, bool]:
        """Add days until that gains little, or the next round would end too late.

        Returns the turn of the groups' shifts come to, and whether the program was solved.
        """
        quiet, value, rounds, begun = 0, -math.inf, 0, time.monotonic()
        while (solved := self.program.solve()) is not None:
            quiet = 0 if solved[0] - value > _QUIET * abs(solved[0]) else quiet + 1
            now = time.monotonic()
            if quiet >= _QUIET_ROUNDS or (rounds and now + (now - begun) / rounds > until):
                return turn, True
            value, rounds, turn = solved[0], rounds + 1, turn + 1
            free = np.where(self.program.left > 0, solved[1], DEAR)
            self.program.look(self.program.one_of_each(turn), free)
        return turn, False

    def _take(self, most: int) -> int:
        """Take the days most used; return how many."""
        count = 0
        for x, key in self.program.used():
            if count >= most and x < _SURE:
                break
            if self.program.may_take(key):
                self.program.take(key)
                self.plan[key[0]] = key[1]
                count += 1
                for visit in key[1]:
                    if self.net.visit[visit, PAIR] and visit in self.plan[key[0]]:
                        self._pair(key[0], visit)
        return count

    def _pair(self, s: int, visit: int) -> None:
        """Open a visit to those who can be the second, or fix it where this is the second."""
        first = self._first.pop(visit, None)
        if first is None:
            self._first[visit] = s
            self._change(visit, self._hours(s, visit), (s,))
            return
        start = self._common_start((first, s), visit)
        if start is None:
            self._leave_out(visit, first, s)
            return
        self.starts[visit] = start
        self._change(visit, (start, start), (first, s))
        for other, holder in list(self._first.items()):
            if holder not in (first, s):
                continue
            self._change(other, self._hours(holder, other), (holder,))
            group, part = self.program.shifts[s]
            if group.worth(part, self.plan[s]) is None:  # It is to be the second of that, too.
                self._leave_out(other, holder, s)

    def _leave_out(self, visit: int, *holders: int) -> None:
        self._first.pop(visit, None)
        for s in holders:
            self.plan[s] = tuple(v for v in self.plan[s] if v != visit)

    def _change(self, visit: int, hours: tuple[int, int], holders: tuple[int, ...]) -> None:
        """Let a visit be at these hours only, for its holders and who can be its second officer."""
        date, groups = self.net.shift[holders[0], DAY], []
        for first, group in zip(self._groups, self.program.groups, strict=True):
            row = group.row(visit)
            if row is None:
                groups.append(group)
                continue
            parts = []
            for whole, part in zip(first.shifts, group.shifts, strict=True):
                value = part.value.copy()
                value[row] = self._halves(visit, holders, part.shift) * whole.value[row]
                parts.append(replace(part, value=value))
            if self.net.shift[group.walks.shifts[0], DAY] == date:
                group = group.at_hours(visit, *hours)
            groups.append(replace(group, shifts=tuple(parts)))
        self.program.change(groups, visit)

    def _halves(self, visit: int, holders: tuple[int, ...], s: int) -> int:
        """Return how many halves of a visit's worth a shift brings by holding it."""
        if len(holders) > 1:  # Without either of them it is lost.
            return 2 if s in holders else 0
        return 1 if s in holders else 2 if self._are_two(visit, s, holders[0]) else 0

    def _are_two(self, visit: int, s: int, other: int) -> bool:
        """Return whether the officers of two shifts can do a visit together, no interpreter by."""
        net = self.net
        one, two = net.shift[[s, other], OFFICER]
        same = net.shift[s, DAY] == net.shift[other, DAY]
        able = net.who[visit, [one, two], SKILLED].any()
        spoken = not net.visit[visit, LANGUAGE] or net.who[visit, [one, two], SPEAKS].any()
        return bool(same and one != two and able and spoken)

    def _hours(self, s: int, visit: int) -> tuple[int, int]:
        """Return the first and the last start of a visit on a day taken, its order kept."""
        group, _ = self.program.shifts[s]
        low, high = group.hours(visit)
        back = range(high - low)
        first = bisect_left(back, True, key=lambda x: self._can(s, visit, low, low + x))
        last = bisect_left(back, True, key=lambda x: self._can(s, visit, high - x, high))
        return low + first, high - last

    def _can(self, s: int, visit: int, low: int, high: int) -> bool:
        """Return whether a day taken can be worked with a visit begun between these hours."""
        group, part = self.program.shifts[s]
        return group.at_hours(visit, low, high).worth(part, self.plan[s]) is not None

    def _common_start(self, holders: tuple[int, ...], visit: int) -> int | None:
        """Return the earliest start of a visit that all these days have time for, to the minute."""
        low, high = self._hours(holders[-1], visit)
        starts: list[int] = [low, *range(low - low % 60 + 60, high + 1, 60)]
        for start in starts:
            if all(self._can(s, visit, start, start) for s in holders):
                return start
        return None
