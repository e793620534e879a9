"""A week's visits, round options, sessions and shift ends as nodes, in their order.

Windows are merged and sorted, one run per node and day; a visit due within a day keeps only
its punctual windows of that day, where it has any.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from optimiser.model import Door, Visit, VisitProblem

__all__ = ["Nodes"]


class Nodes:
    """Collects the nodes in their order."""

    def __init__(self, problem: VisitProblem) -> None:
        self.dates = sorted({s.date for s in problem.shifts})
        self.day_of = {date: k for k, date in enumerate(self.dates)}
        self.blocks: dict[str, int] = {}
        self.place: list[int] = []
        self.block: list[int] = []
        self.floors: list[tuple[int, int]] = []
        self.lift: list[bool] = []
        self.entry: list[int] = []
        self.service: list[int] = []
        self.windows: list[dict[int, list[tuple[int, int]]]] = []
        self.task_of: list[int] = []
        self.two: list[bool] = []
        self.value: list[dict[int, int]] = []
        self.option_first: list[int] = []
        for v, visit in enumerate(problem.visits):
            windows, values = self._visit_windows(visit)
            self._door(visit.door, visit.door.floor, visit.service_s, windows)
            self.task_of[-1], self.value[-1] = v, values
            self.two[-1] = visit.two_officers
        for r, item in enumerate(problem.rounds):
            self.option_first.append(len(self.place))
            for option in item.options:
                windows = {}
                if item.date in self.day_of and option.earliest_s <= option.latest_s:
                    windows[self.day_of[item.date]] = [(option.earliest_s, option.latest_s)]
                self._door(item.door, item.last_floor, option.service_s, windows)
                self.task_of[-1] = len(problem.visits) + r
                self.two[-1] = item.two_officers
                self.value[-1] = dict.fromkeys(windows, option.value)
        self.option_first.append(len(self.place))
        self.sessions: list[list[int]] = []
        for shift in problem.shifts:
            day = self.day_of[shift.date]
            row = []
            for session in sorted(shift.sessions, key=lambda x: x.start_s):
                row.append(len(self.place))
                length = session.end_s - session.start_s
                self._point(session.place, length, {day: [(session.start_s, session.start_s)]})
            self.sessions.append(row)
        for shift in problem.shifts:
            self._point(shift.start_place, 0, {})
        for shift in problem.shifts:
            self._point(shift.end_place, 0, {self.day_of[shift.date]: [(0, shift.end_s)]})

    def _door(
        self, door: Door, last_floor: int, service: int, windows: dict[int, list[tuple[int, int]]]
    ) -> None:
        self._point(door.place, service, windows)
        if door.block_ref is not None:
            self.block[-1] = self.blocks.setdefault(door.block_ref, len(self.blocks))
        self.floors[-1] = (door.floor, last_floor)
        self.lift[-1] = door.lift
        self.entry[-1] = door.entry_s

    def _point(self, place: int, service: int, windows: dict[int, list[tuple[int, int]]]) -> None:
        self.place.append(place)
        self.block.append(-1)
        self.floors.append((0, 0))
        self.lift.append(False)
        self.entry.append(0)
        self.service.append(service)
        self.windows.append(windows)
        self.task_of.append(-1)
        self.two.append(False)
        self.value.append({})

    def _visit_windows(
        self, visit: Visit
    ) -> tuple[dict[int, list[tuple[int, int]]], dict[int, int]]:
        """Return the windows of each day, and what a start in them is worth."""
        windows: dict[int, list[tuple[int, int]]] = {}
        for w in visit.windows:
            if w.date in self.day_of and w.earliest_s <= w.latest_s:
                windows.setdefault(self.day_of[w.date], []).append((w.earliest_s, w.latest_s))
        values = {}
        for day, runs in windows.items():
            windows[day], values[day] = _by_due(visit, self.dates[day], _merge(runs))
        return windows, values


def _merge(runs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for lo, hi in sorted(runs):
        if merged and lo <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(hi, merged[-1][1]))
        else:
            merged.append((lo, hi))
    return merged


def _by_due(
    visit: Visit, date: dt.date, runs: list[tuple[int, int]]
) -> tuple[list[tuple[int, int]], int]:
    """Return the windows to use on `date` and what a start in them is worth."""
    if visit.due_at is None or date < visit.due_at.date():
        return runs, visit.value
    if date > visit.due_at.date():
        return runs, visit.late_value
    at = visit.due_at
    due_s = at.hour * 3600 + at.minute * 60 + at.second
    punctual = [(lo, min(hi, due_s)) for lo, hi in runs if lo <= due_s]
    if punctual and visit.value >= visit.late_value:
        return punctual, visit.value
    return runs, visit.late_value
