"""One shift's days, visits once each at their own hours: what `days_bound` prices.

As `walks`, but of one officer, with each visit's windows, the break, and no visit twice. Left
out are sessions and rounds (their time apart), a cap on walking, and a partner's hours. So
each day of a plan, its visits alone, is one of these, and they are days that can mostly be worked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from optimiser.routing.arrays.net import (
    BREAK,
    BREAK_HI,
    BREAK_LO,
    DAY,
    END,
    I64,
    OFFICER,
    PAIR,
    SERVICE,
    SERVICE_S,
    START,
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

__all__ = ["Group", "Priced", "Pricer", "Scene", "ShiftDays", "groups_of"]

_NEVER: Final = -1e18
_FEW: Final = 30_000
"""Labels where days are looked for without proof."""


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
    """

    walks: Walks
    fine: Walks
    times: I64
    window: I64
    shifts: tuple[ShiftDays, ...]

    @property
    def spare(self) -> float:
        """Points that a second of time left over is worth at most."""
        return float(self.walks.spare / self.walks.width)

    @property
    def idle(self) -> float:
        """What a shift without visits is worth at most."""
        return float(self.spare * self.walks.most)

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
    found = []
    for walks, short in zip(coarse, fine, strict=True):
        shift, visits = net.shift[walks.shifts[0]], walks.visits
        rows = when[visits * net.days + shift[DAY]]
        times = [*shift[[START, END]], walks.most, *shift[[BREAK, BREAK_LO, BREAK_HI]]]
        parts = []
        for s in walks.shifts:
            alone = net.who[visits, net.shift[s, OFFICER], SERVICE_S]
            service = np.where(net.visit[visits, PAIR] == 1, net.node[visits, SERVICE], alone)
            parts.append(ShiftDays(s, worth[s, visits], service.astype(np.int64)))
        window = np.ascontiguousarray(
            rows[:, WINDOWS : WINDOW + 2 * rows[:, WINDOWS].max(initial=1)]
        )
        found.append(Group(walks, short, np.array(times, dtype=np.int64), window, tuple(parts)))
    return found


class Priced(NamedTuple):
    """Days of one shift at prices: none is worth more than `most`; visits in order, best first."""

    most: float
    days: list[tuple[int, ...]]
    cut_short: bool


@dataclass
class Scene:
    """A shift at prices: its group's rows with a profit, and the best rests of a day."""

    use: I64
    way: I64
    home: I64
    window: I64
    width: int
    tables: tuple[F64, F64, I64]

    @property
    def most(self) -> float:
        """No day is worth more."""
        return float(self.tables[0][-1, 0])


class Pricer:
    """Prices groups' shifts one after the other; of use to one thread at a time."""

    def __init__(self, *, labels: int) -> None:
        self._labels: dict[int, Labels] = {}
        self._most = labels

    def scene(self, walks: Walks, group: Group, part: ShiftDays, prices: F64) -> Scene:
        """Return a shift at prices, in steps as these walks have them."""
        gain = np.where(part.value > 0, part.value - prices[walks.visits], 0.0)
        use = np.flatnonzero(gain > 0)
        at = np.append(use, len(walks.visits))
        step, shut = walks.step[np.ix_(at, use)], walks.shut[np.ix_(at, use)]
        left = walks.size - 1 - np.arange(walks.size) - walks.home[at][:, None]
        end = np.where(left >= 0, (left + 1) * walks.spare, _NEVER)
        least = int(step.min(initial=walks.size))
        tables = best_rests(gain[use], step, shut, walks.opened[use], end, least)
        return Scene(
            use, walks.way[np.ix_(at, use)], walks.back[at], group.window[use], walks.width, tables
        )

    def price(
        self, group: Group, part: ShiftDays, scene: Scene, prices: F64, cut: float, *, loose: bool
    ) -> Priced:
        """Return days of a shift worth more than `cut`; of the loose, none or not the best."""
        walks, use = group.walks, scene.use
        gain = part.value[use] - prices[walks.visits[use]]
        rows = np.flatnonzero((gain > 0) & (part.value[use] > 0))
        root = scene.most
        idle = group.idle
        if root <= max(cut, idle) or not len(rows):
            return Priced(max(min(root, cut), idle), [], False)
        words = max(1, -(-len(use) // 64))
        if words not in self._labels:
            self._labels[words] = new_labels(self._most, 64 * words)
        labels = self._labels[words]
        head = np.full(len(use), -1, dtype=np.int64)
        most_labels = min(_FEW, self._most) if loose else self._most
        count = best_days(
            gain, rows, scene.way, part.service[use], scene.home, scene.window, group.times,
            *scene.tables, scene.width, cut, loose, labels, head, most_labels,
        )  # fmt: skip
        best, label = last_of(labels, head, scene.home, group.spare, walks.most)
        order = [k for k in np.argsort(-best, kind="stable").tolist() if best[k] > cut]
        days = [tuple(walks.visits[use[traced(labels, int(label[k]))]].tolist()) for k in order]
        most = root if count < 0 else float(best[order[0]]) if order else cut
        return Priced(max(most, idle), days, count < 0)
