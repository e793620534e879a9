"""The search for a good plan: starts, annealing runs, and what they found."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimiser.districting.annealing import Annealed, anneal, penalised_cost
from optimiser.districting.construction import current_start, relabel, tree_start
from optimiser.districting.instance import Instance, Int32s
from optimiser.districting.state import new_state

__all__ = ["Clock", "Incumbent", "search"]

log = logging.getLogger(__name__)

_FIRST_STEPS = 400_000
_MOST_STEPS = 8_000_000


class Clock:
    """Seconds since the start, and what is left of a limit."""

    def __init__(self, limit_s: float) -> None:
        self._start = time.monotonic()
        self._limit_s = limit_s

    def seconds(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self._start

    def left(self) -> float:
        """Return the seconds until the limit, below 0 after it."""
        return self._limit_s - self.seconds()


@dataclass
class Incumbent:
    """The best valid partition so far, with its cost (price of splits included)."""

    part: Int32s | None = None
    cost: float = float("inf")

    def offer(self, found: Annealed) -> bool:
        """Take over a better partition; say whether it was one."""
        if found.best is None or found.best_cost >= self.cost:
            return False
        self.part, self.cost = found.best, found.best_cost
        return True


def search(
    instance: Instance,
    *,
    seed: int,
    runs: int | None,
    time_left: Callable[[], float],
    improved: Callable[[Incumbent], None],
) -> Incumbent:
    """Anneal from many starts until `runs` are done or no time is left."""
    a = instance.arrays
    rng = np.random.default_rng(seed)
    incumbent = Incumbent()
    steps = _FIRST_STEPS
    start = current_start(instance, rng)
    run = 0
    while (runs is None or run < runs) and time_left() > 0:
        if incumbent.part is not None and run % 3:
            start = relabel(a, incumbent.part)
        elif start is None or run:
            start = current_start(instance, rng) if run % 2 == 0 else None
            start = tree_start(instance, rng) if start is None else start
        cost = penalised_cost(a, new_state(a, start))
        mean = cost / instance.units
        hot = 3.0 * mean if run % 3 == 0 or incumbent.part is None else 0.5 * mean
        began = time.monotonic()
        found = anneal(
            a,
            start,
            steps=steps,
            hot=hot,
            cold=0.03 * mean,
            price=3.0 * cost / max(1, int(a.weight.sum())),
            seed=int(rng.integers(2**31)),
            best_cost=incumbent.cost,
        )
        spent = time.monotonic() - began
        log.debug("run %d: %d steps, %.2f s, cost %s", run, steps, spent, found.best_cost)
        if incumbent.offer(found):
            improved(incumbent)
        run += 1
        steps = _next_steps(steps, spent, None if runs is not None else time_left())
    return incumbent


def _next_steps(steps: int, spent_s: float, left_s: float | None) -> int:
    """Let runs grow, but never beyond the time that is left."""
    grown = min(_MOST_STEPS, 2 * steps)
    if left_s is None or spent_s <= 0:
        return min(grown, 4 * _FIRST_STEPS)
    return max(10_000, min(grown, int(0.9 * steps * max(0.0, left_s) / spent_s)))
