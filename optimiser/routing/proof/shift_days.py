"""One shift's days, visits once each at their own hours: what `days_bound` prices.

As `walks`, but of one officer, with each visit's windows, the break, and no visit twice. Left
out are sessions and rounds (their time apart), a cap on walking, and a partner's hours. So
each day of a plan, its visits alone, is one of these, and they are days that can mostly be worked.

What a day is worth at the most is found with visits twice allowed where the first is forgotten
on the way (`day_labels`); from the best such days it is learnt what not to forget, until the best
one has each visit once (Roberti and Mingozzi, Transportation Science 48, 2014).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

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
    Labels,
    best_days,
    last_of,
    new_labels,
    replay,
    traced,
)
from optimiser.routing.proof.late_starts import with_late_starts
from optimiser.routing.proof.q_routes import best_rests
from optimiser.routing.proof.walks import Gains, Walks
from optimiser.routing.search.kernels import legs_between

__all__ = [
    "DEAR",
    "Group",
    "Priced",
    "Pricer",
    "Scene",
    "ShiftDays",
    "as_worked",
    "groups_of",
    "scene_of",
]

DEAR: Final = 1e12
"""A price at which a visit is not worth a call."""
_NEVER: Final = -1e18

_LABELS, _FEW_LABELS = 200_000, 30_000
"""Of one shift: where its best is proven, and where days are only looked for."""

_ENOUGH: Final = 5
"""So many days of a shift, and none worth less are looked for."""
_BELOW_KNOWN: Final = 0.003
"""Days are looked for down to so far below the best one known, as a share of it."""
_SLACKS_S: Final = (150, 600, 2400)
"""Of labels, where days are looked for: the more, the fewer labels."""
_LOOKED_AT: Final = (0.4, 0.1, 0.0)
_PROVEN_AT: Final = (0.5, 0.2, 0.0)
"""Where days are sought in turn, between the best one known and the most there may be: high up
there are few, and what makes days of visits twice is learnt from them cheaply."""

_NEAREST: Final = 6
"""Visits remembered at each to begin with."""
_LEARNT_FROM: Final = 20
"""Of the best days, of different last visits."""

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


class Priced(NamedTuple):
    """Days of one shift at prices, visits in order: none is worth more than `most`."""

    most: float
    days: list[tuple[int, ...]]


class _Route(NamedTuple):
    """A day found: what it is worth, and its visits as rows of a scene, some maybe twice."""

    worth: float
    rows: list[int]

    @property
    def is_day(self) -> bool:
        return len(set(self.rows)) == len(self.rows)


@dataclass
class Scene:
    """A shift at prices: its visits with a profit, and the best rests of a day."""

    group: Group
    visits: I64
    gain: F64
    service: I64
    way: I64
    home: I64
    window: I64
    width: int
    tables: tuple[F64, F64, I64]

    @property
    def most(self) -> float:
        """No day is worth more."""
        return max(float(self.tables[0][-1, 0]), self.group.idle)

    def days(self, routes: list[_Route]) -> list[tuple[int, ...]]:
        """Return those that have each visit once, as visits."""
        return [tuple(self.visits[route.rows].tolist()) for route in routes if route.is_day]


def scene_of(walks: Walks, group: Group, part: ShiftDays, prices: F64, least: float = 0.0) -> Scene:
    """Return a shift at prices, in steps as these walks have them.

    Visits that gain less than `least` for each second at the door are left out.
    """
    gain = np.where(part.value > 0, part.value - prices[walks.visits], 0.0)
    use = np.flatnonzero(gain > max(least, 0.0) * part.service)
    at = np.append(use, len(walks.visits))
    step, shut = walks.step[np.ix_(at, use)], walks.shut[np.ix_(at, use)]
    left = walks.size - 1 - np.arange(walks.size) - walks.home[at][:, None]
    end = np.where(left >= 0, (left + 1) * walks.spare, _NEVER)
    least = int(step.min(initial=walks.size))
    return Scene(
        group=group,
        visits=walks.visits[use],
        gain=gain[use],
        service=part.service[use],
        way=walks.way[np.ix_(at, use)],
        home=walks.back[at],
        window=group.window[use],
        width=walks.width,
        tables=best_rests(gain[use], step, shut, walks.opened[use], end, least),
    )


class Pricer:
    """Prices shifts, also in several threads at once, each with room of its own for labels."""

    def __init__(self) -> None:
        self._rooms: dict[int, list[Labels]] = {}

    def look(self, scene: Scene, known: float) -> list[tuple[int, ...]]:
        """Return days worth about as much as the best one known, or more; the best may be missed.

        Looks lower and lower until days are found or labels run out.
        """
        low = known - _BELOW_KNOWN * abs(known)
        days: list[tuple[int, ...]] = []
        for share in _LOOKED_AT:
            cut = low + share * max(scene.most - low, 0.0)
            for slack_s in _SLACKS_S:
                routes, all_made = self._routes(scene, cut, slack_s)
                if all_made:
                    break
            days = scene.days(routes)
            if len(days) >= _ENOUGH or slack_s > _SLACKS_S[0]:
                break
        return days

    def prove(self, scene: Scene, known: float, close: float, until: float) -> Priced:
        """Return the most that a day is worth, some of the best ones, and what could be proven.

        Parameters
        ----------
        scene
            The shift.
        known
            What a day is worth.
        close
            Points above that which need not be looked at.
        until
            When to leave it at what is proven (`time.monotonic`).
        """
        most = scene.most
        days: list[tuple[int, ...]] = []
        for share in _PROVEN_AT:
            while most > known + close and time.monotonic() < until:
                cut = known + close + share * (most - known - close)
                routes, all_made = self._routes(scene, cut)
                if not all_made:
                    return Priced(most, days)
                if not routes:
                    most = cut
                    break
                most = min(most, routes[0].worth)
                days += scene.days(routes)
                if routes[0].is_day:
                    return Priced(most, days)
                known = max([known, *(route.worth for route in routes if route.is_day)])
                _remember(scene, routes[:_LEARNT_FROM])
        return Priced(most, days)

    def _routes(self, scene: Scene, cut: float, slack_s: int = 0) -> tuple[list[_Route], bool]:
        """Return the best day of each last visit worth more than `cut`, best first.

        And whether all labels could be made: where not, there are none. Of the loose, none comes
        to a visit twice.
        """
        v, group = len(scene.visits), scene.group
        if not v or scene.most <= max(cut, group.idle):
            return [], True
        words = -(-v // 64)
        near = np.full((v, words), ~np.uint64(0))
        if not slack_s:
            near = _bits(group.near[np.ix_(scene.visits, scene.visits)], words)
        rooms = self._rooms.setdefault(words, [])
        labels = rooms.pop() if rooms else new_labels(_LABELS, 64 * words)
        count = best_days(
            scene.gain, near, scene.way, scene.service, scene.home, scene.window, group.times,
            *scene.tables, scene.width, cut, slack_s, labels, _FEW_LABELS if slack_s else _LABELS,
        )  # fmt: skip
        routes = _routes_of(scene, labels, cut) if count >= 0 or slack_s else []
        rooms.append(labels)
        return routes, count >= 0


def _routes_of(scene: Scene, labels: Labels, cut: float) -> list[_Route]:
    group = scene.group
    best, label = last_of(labels, scene.home, group.spare, group.walks.most)
    order = [k for k in np.argsort(-best, kind="stable").tolist() if best[k] > cut]
    return [_Route(float(best[k]), traced(labels, int(label[k])).tolist()) for k in order]


def _bits(flags: Near, words: int) -> npt.NDArray[np.uint64]:
    """Return (v, words) the flags of each row as bits."""
    wide = np.zeros((len(flags), 64 * words), dtype=bool)
    wide[:, : flags.shape[1]] = flags
    packed = np.packbits(wide, axis=1, bitorder="little").view("<u8")
    return packed.astype(np.uint64)


def _remember(scene: Scene, routes: list[_Route]) -> None:
    """Let no day again come to a visit twice as these do: those between remember it."""
    near = scene.group.near
    for route in routes:
        visits = scene.visits[route.rows].tolist()
        last: dict[int, int] = {}
        for place, visit in enumerate(visits):
            if visit in last:
                near[visits[last[visit] + 1 : place], visit] = True
            last[visit] = place
