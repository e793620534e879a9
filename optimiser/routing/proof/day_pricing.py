"""The days of one shift that are worth most at given prices.

What a day is worth at the most is found with visits twice allowed where the first is forgotten
on the way (`day_labels`); from the best such days it is learnt what not to forget, until the best
one has each visit once (Roberti and Mingozzi, Transportation Science 48, 2014).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from optimiser.routing.arrays.net import I64
from optimiser.routing.proof.bounds import F64
from optimiser.routing.proof.day_labels import Labels, best_days, last_of, new_labels, traced
from optimiser.routing.proof.q_routes import best_rests
from optimiser.routing.proof.shift_days import Group, Near, ShiftDays
from optimiser.routing.proof.walks import Walks

__all__ = ["DEAR", "Priced", "Pricer", "Scene", "scene_of"]

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

_LEARNT_FROM: Final = 20
"""Of the best days, of different last visits."""


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
