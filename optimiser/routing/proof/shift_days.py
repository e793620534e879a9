"""One shift's days, visits once each at their own hours: what `days_bound` prices.

As `walks`, but of one officer, with each visit's windows, the break, and no visit twice. Left
out are sessions and rounds (their time apart), a cap on walking, and a partner's hours. So
each day of a plan, its visits alone, is one of these, and they are days that can mostly be worked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from optimiser.routing.arrays.net import (
    BREAK,
    BREAK_HI,
    BREAK_LO,
    DAY,
    END,
    END_NODE,
    I64,
    OFFICER,
    PAIR,
    SERVICE,
    SERVICE_S,
    START,
    START_NODE,
    WINDOW,
    WINDOWS,
    Compiled,
)
from optimiser.routing.proof.bounds import F64, Columns
from optimiser.routing.proof.day_labels import (
    replay,
)
from optimiser.routing.proof.late_starts import with_late_starts
from optimiser.routing.proof.walks import Gains, Walks
from optimiser.routing.search.kernels import legs_between

__all__ = ["Group", "Near", "ShiftDays", "as_worked", "groups_of"]

_NEAREST: Final = 6
"""Visits remembered at each to begin with."""

Near = npt.NDArray[np.bool_]
"""(visits, visits): which ones a day remembers at each."""


@dataclass(frozen=True)
class ShiftDays:
    """What one shift of a group gives for its group's visits.

    Attributes
    ----------
    shift
        Its number.
    value
        (v,) points of the officer's call; 0 where there may be none.
    service
        (v,) seconds at the door.
    """

    shift: int
    value: F64
    service: I64


@dataclass(frozen=True)
class Group:
    """The shifts of a class of `walks`, each with its own days.

    Attributes
    ----------
    walks, fine
        The class in long steps and in short ones: visits, ways, and the best rests of a day.
    times
        (6,) as `day_labels` names them.
    window
        (v, 1 + 2 w) the visits' windows of the day.
    shifts
        Its shifts.
    near
        The week's, of all visits; more of it is set as is learnt.
    """

    walks: Walks
    fine: Walks
    times: I64
    window: I64
    shifts: tuple[ShiftDays, ...]
    near: Near

    @property
    def spare(self) -> float:
        """Points that a second of time left over is worth at most."""
        return float(self.walks.spare / self.walks.width)

    @property
    def idle(self) -> float:
        """What a shift without visits is worth at most."""
        return float(self.spare * self.walks.most)

    def row(self, visit: int) -> int | None:
        """Return a visit's row, None where it is none of the group's."""
        row = int(np.searchsorted(self.walks.visits, visit))
        inside = row < len(self.walks.visits) and self.walks.visits[row] == visit
        return row if inside else None

    def hours(self, visit: int) -> tuple[int, int]:
        """Return the first and the last start of one of its visits, the breaks between left out."""
        windows = self.window[self.row(visit)].ravel()
        return int(windows[1]), int(windows[2 * windows[0]])

    def at_hours(self, visit: int, low: int, high: int) -> Group:
        """Return the group with one of its visits from the one start to the other only."""
        window, row = self.window.copy(), self.row(visit)
        before = self.window[row].ravel()
        first = np.maximum(before[1 : 1 + 2 * before[0] : 2], low)
        last = np.minimum(before[2 : 2 + 2 * before[0] : 2], high)
        few = np.column_stack([first, last])[first <= last]
        window[row, 0], window[row, 1 : 1 + few.size] = len(few), few.ravel()
        return replace(self, window=window)

    def worth(self, part: ShiftDays, visits: tuple[int, ...]) -> float | None:
        """Return what a day is worth, the time it leaves included; None where it is none."""
        walks = self.walks
        rows = np.searchsorted(walks.visits, visits)
        inside = rows < len(walks.visits)
        if not inside.all() or (walks.visits[rows] != visits).any() or len(set(visits)) < len(rows):
            return None
        if not (part.value[rows] > 0).all():
            return None
        busy = replay(rows, walks.way, part.service, walks.back, self.window, self.times)
        if busy < 0:
            return None
        return float(part.value[rows].sum() + self.spare * (walks.most - busy))


def groups_of(
    compiled: Compiled, columns: Columns, gains: Gains, coarse: list[Walks], fine: list[Walks]
) -> list[Group]:
    """Return the days of each class's shifts."""
    net = compiled.net
    when = with_late_starts(compiled)[0]
    mine = columns.node < net.visits
    worth = np.zeros((net.shifts, net.visits))
    worth[columns.shift[mine], columns.node[mine]] = gains.call[mine]
    near = np.eye(net.visits, dtype=bool)
    found = []
    for walks, short in zip(coarse, fine, strict=True):
        shift, visits = net.shift[walks.shifts[0]], walks.visits
        window = _windows(when, visits * net.days + shift[DAY])
        times = [*shift[[START, END]], walks.most, *shift[[BREAK, BREAK_LO, BREAK_HI]]]
        parts = []
        for s in walks.shifts:
            alone = net.who[visits, net.shift[s, OFFICER], SERVICE_S]
            service = np.where(net.visit[visits, PAIR] == 1, net.node[visits, SERVICE], alone)
            parts.append(ShiftDays(s, worth[s, visits], service.astype(np.int64)))
        _nearest(near, walks)
        times_of = np.array(times, dtype=np.int64)
        found.append(Group(walks, short, times_of, window, tuple(parts), near))
    return found


def as_worked(compiled: Compiled, group: Group) -> Group:
    """Return the days as plans without rounds have them: no late start, no way that a round saves.

    Where sessions are to go between the visits, none by two is held: its hour could not be told.
    What days are worth at most stays as it was, which is too much rather than too little.
    """
    net, walks = compiled.net, group.walks
    shift, visits, v = net.shift[walks.shifts[0]], walks.visits, len(walks.visits)
    legs = legs_between(net, np.append(visits, shift[[START_NODE, END_NODE]]))
    worked = replace(walks, way=legs[: v + 1, :v], back=legs[: v + 1, v + 1])
    window = _windows(net.when, visits * net.days + shift[DAY])
    alone = np.where(net.visit[visits, PAIR] == 1, 0.0, 1.0)
    parts = (
        replace(p, value=alone * p.value) if compiled.sessions[p.shift] else p for p in group.shifts
    )
    return replace(group, walks=worked, window=window, shifts=tuple(parts))


def _windows(when: I64, rows: I64) -> I64:
    """Return of these rows how many windows, and the first and last start of each."""
    few = when[rows]
    return np.ascontiguousarray(few[:, WINDOWS : WINDOW + 2 * few[:, WINDOWS].max(initial=1)])


def _nearest(near: Near, walks: Walks) -> None:
    """Let each visit's nearest be remembered at it."""
    v = len(walks.visits)
    way = np.minimum(walks.way[:v], walks.way[:v].T)
    closest = np.argsort(way, axis=1, kind="stable")[:, :_NEAREST]
    near[walks.visits[:, None], walks.visits[closest]] = True
