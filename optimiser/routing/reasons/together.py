"""Room for a two-officer visit on two days of one date: what each start costs on each.

What the visit itself loses by a start is left to the pair, so each day is searched with
the visit at no worth. Every start that a cheapest way to it on either day has is tried on
both, with all that the two officers do together either out or kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import chain, combinations
from typing import TYPE_CHECKING

from optimiser.routing.days.eligibility import can_pair, eligible_shifts
from optimiser.routing.days.fits import Key, key_of, value_at
from optimiser.routing.days.schedule import Task
from optimiser.routing.days.timing import Item, task_item
from optimiser.routing.reasons.one_day import NEVER, Cleared, Way

if TYPE_CHECKING:
    from optimiser.routing.reasons.crowding import Rooms

__all__ = ["Together", "subsets"]


class Together:
    """One two-officer visit's search: what is known of each day at each start is kept."""

    def __init__(self, rooms: Rooms, index: int) -> None:
        self.rooms, self.index = rooms, index
        self.problem = rooms.problem
        self.visit = rooms.problem.visits[index]
        self.people = {o.officer_ref: o for o in self.problem.officers}
        self._alone: dict[tuple[int, bool], int] = {}

    def pairs(self) -> Iterator[tuple[int, int, int, frozenset[Key]]]:
        """Yield each pair of days with a lower bound of its price and the tasks of both."""
        by_date: dict[dt.date, list[int]] = {}
        for k in eligible_shifts(self.problem, self.visit):
            by_date.setdefault(self.problem.shifts[k].date, []).append(k)
        for there in by_date.values():
            for a, b in combinations(there, 2):
                one, other = (self.people[self.problem.shifts[k].officer_ref] for k in (a, b))
                if not can_pair(self.visit, one, other):
                    continue
                least = [self._least(k, self._partner(a, b, k)) for k in (a, b)]
                if max(least) >= NEVER:
                    continue
                keys = [{key_of(t) for t in self.rooms.days.get(k, ())} for k in (a, b)]
                refs = (one.officer_ref, other.officer_ref)
                short = self.rooms.short_of_own(self.visit, refs)
                both = frozenset(keys[0] & keys[1])
                twice = sum(self.rooms.worth.get(k, 0) for k in both)
                yield sum(least) + short - twice, a, b, both

    def ways(
        self,
        a: int,
        b: int,
        pushed: tuple[Key, ...],
        keep: frozenset[Key],
        best: Way | None,
        budget: int,
    ) -> Iterator[Way]:
        """Yield ever cheaper ways on two days, given which of the tasks of both go."""
        rooms, gone = self.rooms, frozenset(pushed)
        days = [rooms.day(k, keep, gone) for k in (a, b)]
        items = [self._item(k, self._partner(a, b, k)) for k in (a, b)]
        refs = [self.problem.shifts[k].officer_ref for k in (a, b)]
        ground = sum(rooms.worth.get(k, NEVER) for k in pushed)
        ground += rooms.short_of_own(self.visit, refs) - sum(d.walk for d in days)
        most = NEVER if best is None else best.price
        if ground >= most:
            return
        task = Task("visit", self.index)
        alone = []
        for k, day, item in zip((a, b), days, items, strict=True):
            if not pushed and not keep:
                alone.append(self._least(k, self._partner(a, b, k)) + day.walk)
                continue
            found = rooms.search(day, task, item, most - ground)
            if found is None:
                return
            alone.append(found.cost)
        if ground + sum(alone) >= most:
            return
        starts: set[int] = set()
        for k in (0, 1):
            before = days[k].room.steps
            cutoff = min(most - ground - alone[1 - k], NEVER)
            starts.update(days[k].room.starts(items[k], cutoff))
            rooms.steps += days[k].room.steps - before
        for start in sorted(starts):
            if rooms.steps >= budget and most < NEVER:
                return
            late = self._late_s(a, start)
            cleared: list[Cleared] = []
            left = most - ground - late
            for k in (0, 1):
                other = alone[1] if k == 0 else cleared[0].cost
                fixed = Task("visit", self.index, start_s=start, with_officer=refs[1 - k])
                found = rooms.search(days[k], fixed, _at(items[k], start), left - other)
                if found is None:
                    break
                cleared.append(found)
            if len(cleared) < 2:
                continue
            most = ground + late + cleared[0].cost + cleared[1].cost
            keys = {*pushed, *(key_of(t) for c in cleared for t in c.pushed)}
            yield Way(most, (a, b), tuple(cleared), tuple(sorted(keys)))

    def _partner(self, a: int, b: int, shift: int) -> str:
        return self.problem.shifts[b if shift == a else a].officer_ref

    def _late_s(self, shift: int, start: int) -> int:
        visit = self.visit
        now = value_at(self.problem, Task("visit", self.index), shift, start)
        return max(visit.value, visit.late_value) - now

    def _item(self, shift: int, partner: str) -> Item:
        """Return the visit on one of the days, its own worth left to the pair."""
        task = Task("visit", self.index, with_officer=partner)
        item = task_item(self.problem, self.problem.shifts[shift], task)
        ways = tuple(w._replace(value=0, late_value=0) for w in item.starts)
        return item._replace(starts=ways)

    def _least(self, shift: int, partner: str) -> int:
        """Return what it costs one of the days when the other allows any start."""
        item = self._item(shift, partner)
        key = (shift, item.interpreter)
        if key not in self._alone:
            day = self.rooms.day(shift)
            task = Task("visit", self.index, with_officer=partner)
            found = self.rooms.search(day, task, item, NEVER)
            self._alone[key] = NEVER if found is None else found.cost - day.walk
        return self._alone[key]


def _at(item: Item, start: int) -> Item:
    ways = [w for w in item.starts if w.earliest_s <= start <= w.latest_s]
    fixed = tuple(w._replace(earliest_s=start, latest_s=start) for w in ways[:1])
    return item._replace(starts=fixed)


def subsets(keys: frozenset[Key]) -> Iterator[tuple[Key, ...]]:
    """Yield every set of the tasks that both officers do; there are hardly ever two."""
    ordered = sorted(keys)
    yield from chain.from_iterable(combinations(ordered, n) for n in range(len(ordered) + 1))
