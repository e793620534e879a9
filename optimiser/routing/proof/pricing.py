"""The most profitable days of a class of shifts at given prices, and all that are nearly so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from optimiser.routing.proof.grounds import BUCKETS, HORIZON, WIDTH, Class, Ground
from optimiser.routing.proof.labels import AT, BEFORE, Room, grow, join, new_room, reach
from optimiser.routing.proof.listing import list_days

if TYPE_CHECKING:
    from collections.abc import Callable

    from optimiser.routing.arrays.tasks import I64

__all__ = ["Listed", "Priced", "Pricer"]

F64 = npt.NDArray[np.float64]

_HASHES: Final = 1 << 18
_STEPS_A_SECOND: Final = 3e7
_STEPS_A_LABEL: Final = 300
_LOOSE: Final = 2
"""Buckets of time that do not count where days are looked for without proof."""
_EVEN: Final = 1.5
"""Where one half of the day makes so many times the labels of the other, the middle moves."""


class Priced(NamedTuple):
    """What pricing gave: no day of the class is worth more than `most` at these prices.

    Days are rows of the class in order, the best first; `proven` is False where labels
    ran out, and `most` then a weaker bound.
    """

    most: float
    proven: bool
    days: list[tuple[int, ...]]


class Listed(NamedTuple):
    """All days worth more than the cut; `complete` is False where they were too many."""

    complete: bool
    days: list[tuple[int, ...]]


@dataclass
class _Scene:
    """One class at prices."""

    gain: F64
    use: I64
    rest: F64
    following: I64


class Pricer:
    """Prices classes one after the other; of use to one thread at a time."""

    def __init__(self, classes: list[Class], *, labels: int, left: Callable[[], float]) -> None:
        words = max(part.forward.near.shape[1] for part in classes)
        nodes = max(len(part.nodes) for part in classes)
        buckets = max(int(part.forward.fixed[BUCKETS]) for part in classes)
        self._rooms = {w: (new_room(labels, w, nodes, buckets), new_room(labels, w, nodes, buckets))
                       for w in {part.forward.near.shape[1] for part in classes}}  # fmt: skip
        self._half = {id(p): int(p.forward.fixed[HORIZON]) // 2 for p in classes}
        self.most = labels
        self._left = left
        self.words = words

    def price(self, part: Class, prices: F64, known: float, *, loose: bool) -> Priced:
        """Return the best days of a class.

        Parameters
        ----------
        part
            The class.
        prices
            Of each task, in units; taken off its value (off each half of a pair's).
        known
            Only days worth more than this are looked for.
        loose
            Quickly and without proof: for more columns, not for a bound.
        """
        ahead, behind = self._rooms[part.forward.near.shape[1]]
        forward, backward = part.forward, part.backward
        if loose:
            everything = np.full_like(forward.near, ~np.uint64(0))
            forward = forward._replace(near=everything)
            backward = backward._replace(near=everything)
        there = _scene(part, forward, prices)
        root = float(there.rest[-1, 0, 0])
        if root <= known:
            return Priced(known, True, [])
        back = _scene(part, backward, prices)
        half = self._half[id(part)]
        horizon = int(forward.fixed[HORIZON])
        one = self._grow(forward, there, ahead, half, known, loose=loose)
        two = self._grow(backward, back, behind, horizon - half, known, loose=loose)
        if max(one, two) > self.most:
            return Priced(max(root, known), False, [])
        if not loose and max(one, two) > 1_000:
            move = int(np.sign(two - one)) if max(one, two) > _EVEN * min(one, two) else 0
            self._half[id(part)] = min(max(0, half + move * horizon // 20), horizon)
        best, pair = join(forward, there.use, ahead, behind, half, known)
        order = [k for k in np.argsort(-best, kind="stable") if pair[k, 0] >= 0]
        days = [_day(ahead, behind, pair[k], len(part.nodes)) for k in order]
        most = float(best[order[0]]) if order else known
        return Priced(most, not loose, days)

    def days_above(
        self, part: Class, prices: F64, top: float, width: float, *, most: int
    ) -> Listed:
        """Return every day worth more than `top - width`, where none is worth more than `top`.

        Of each set of tasks the best order at least. Tasks of no profit are not left out:
        days differ by them, and only one that loses more than `width` is in none.
        """
        cut = top - width
        ahead, behind = self._rooms[part.forward.near.shape[1]]
        forward, backward = part.forward, part.backward
        there = _scene(part, forward, prices, loss=width)
        if float(there.rest[-1, 0, 0]) <= cut:
            return Listed(True, [])
        back = _scene(part, backward, prices, loss=width)
        horizon = int(forward.fixed[HORIZON])
        if self._grow(backward, back, behind, horizon, cut, loose=False) > self.most:
            return Listed(False, [])
        behind.steps[:] = 0, min(self._steps() // 4, _STEPS_A_LABEL * most)
        table = np.full(_HASHES, -1, dtype=np.int64)
        count, ends = list_days(
            forward, there.gain, there.use, there.rest, there.following, ahead, behind, table,
            cut, min(most, self.most),
        )  # fmt: skip
        if count > min(most, self.most):
            return Listed(False, [])
        return Listed(True, [_trace(ahead, int(x), len(part.nodes)) for x in ends])

    def _steps(self) -> int:
        """Return how many comparisons the time left allows."""
        return int(_STEPS_A_SECOND * max(0.0, self._left()))

    def _grow(
        self, g: Ground, scene: _Scene, room: Room, half: int, known: float, *, loose: bool
    ) -> int:
        room.steps[:] = 0, self._steps()
        return int(
            grow(g, scene.gain, scene.use, scene.rest, scene.following, room, half, known,
                 _LOOSE * int(g.fixed[WIDTH]) if loose else 0, self.most)
        )  # fmt: skip


def _scene(part: Class, ground: Ground, prices: F64, *, loss: float = 0.0) -> _Scene:
    """Return the class at prices, without tasks that lose so much wherever they are."""
    profit = part.value - prices[part.tasks]
    chosen = np.flatnonzero(profit + part.slack > -loss)
    sessions = np.arange(part.held, len(part.nodes))
    gain = np.concatenate([profit, np.zeros(len(sessions))])
    use = np.concatenate([chosen, sessions]).astype(np.int64)
    rest, following = reach(ground, gain, use)
    return _Scene(gain, use, rest, following)


def _trace(room: Room, x: int, nodes: int) -> tuple[int, ...]:
    """Return the rows on the way to label x, oldest first."""
    found: list[int] = []
    while x >= 0:
        at = int(room.entry[x, AT])
        if at < nodes:
            found.append(at)
        x = int(room.entry[x, BEFORE])
    return tuple(reversed(found))


def _day(ahead: Room, behind: Room, pair: I64, nodes: int) -> tuple[int, ...]:
    return _trace(ahead, int(pair[0]), nodes) + _trace(behind, int(pair[1]), nodes)[::-1]
