"""The search for a good plan: starts, annealing runs, and what they found.

Runs go in rounds of as many as there are workers, each with its own seed. Until a
valid plan is known, every run is a new start or goes on from the least broken
partition; after that, half of the runs reheat the best plan and half start anew:
where the patches lie as a whole is decided at the start, and no reheating undoes it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field

import numpy as np

from optimiser.districting.annealing import Annealed, anneal, penalised_cost
from optimiser.districting.construction import relabel
from optimiser.districting.dealing import dealt_start
from optimiser.districting.instance import Arrays, Instance, Int64s
from optimiser.districting.state import new_state

__all__ = ["Clock", "Incumbent", "search"]

log = logging.getLogger(__name__)

_FIRST_STEPS = 300_000
_STEPS_PER_UNIT = 400
_MOST_STEPS = 4_000_000

_PRICE = 3.0
"""Price of workload outside the limits at first, in average costs of workload."""

_REPAIR_PRICE = 90.0
"""The same where a partition that breaks limits is mended: little else counts then."""


class Clock:
    """Seconds since the start, and what is left of a limit."""

    def __init__(self, limit_s: float) -> None:
        self._start = time.monotonic()
        self._limit_s = limit_s
        self._forgiven_s = 0.0

    def seconds(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self._start

    def left(self) -> float:
        """Return the seconds until the limit, below 0 after it."""
        return self._limit_s + self._forgiven_s - self.seconds()

    def forgive(self, seconds: float) -> None:
        """Move the limit on by time that was not spent on this problem."""
        self._forgiven_s += seconds


@dataclass
class Incumbent:
    """The best valid partition so far, with its cost (price of splits included)."""

    part: Int64s | None = field(default=None, repr=False)
    cost: float = float("inf")
    broken: Int64s | None = field(default=None, repr=False)
    violation: int = 2**62

    def offer(self, found: Annealed) -> bool:
        """Take over a better partition; say whether it was one."""
        if found.best is not None and found.best_cost < self.cost:
            self.part, self.cost = found.best, found.best_cost
            return True
        if found.last_violation < self.violation:
            self.broken, self.violation = found.last, found.last_violation
        return False


@dataclass(frozen=True)
class _Run:
    """One annealing run: where from, how hot, how long."""

    start: Int64s
    hot: float
    cold: float
    price: float
    steps: int
    seed: int


def search(
    instance: Instance,
    *,
    seed: int,
    rounds: int | None,
    workers: Callable[[], int],
    executor: Executor,
    time_left: Callable[[], float],
    improved: Callable[[Incumbent], None],
    incumbent: Incumbent | None = None,
) -> Incumbent:
    """Anneal in rounds of `workers()` runs until `rounds` are done or no time is left.

    `improved` is told of each better plan. One round always runs.
    """
    rng = np.random.default_rng(seed)
    incumbent = incumbent or Incumbent()
    steps = first = min(_FIRST_STEPS, max(20_000, _STEPS_PER_UNIT * instance.units))
    number = 0
    while (rounds is None or number < rounds) and (number == 0 or time_left() > 0):
        began = time.monotonic()
        runs = [_next_run(instance, incumbent, number, i, steps, rng) for i in range(workers())]
        jobs = [executor.submit(_anneal, instance.arrays, run, incumbent.cost) for run in runs]
        better = [incumbent.offer(job.result()) for job in jobs]
        if any(better):
            improved(incumbent)
        spent = time.monotonic() - began
        log.debug("round %d: %d steps, %.2f s, %s", number, steps, spent, incumbent)
        number += 1
        steps = _next_steps(steps, first, spent, None if rounds is not None else time_left())
    return incumbent


def _anneal(a: Arrays, run: _Run, best_cost: float) -> Annealed:
    return anneal(
        a,
        run.start,
        steps=run.steps,
        hot=run.hot,
        cold=run.cold,
        price=run.price,
        seed=run.seed,
        best_cost=best_cost,
    )


def _next_run(
    instance: Instance,
    incumbent: Incumbent,
    number: int,
    worker: int,
    steps: int,
    rng: np.random.Generator,
) -> _Run:
    a = instance.arrays
    turn, price = number + worker, _PRICE
    if incumbent.part is not None and turn % 2:
        start, hot = relabel(a, incumbent.part), (0.3, 1.0, 0.1)[turn % 3]
    elif incumbent.part is None and number % 2 and incumbent.broken is not None:
        start, hot, price = incumbent.broken, 10.0, _REPAIR_PRICE
    else:
        start, hot = dealt_start(instance, rng, current=bool(rng.integers(2))), 3.0
    cost = penalised_cost(a, new_state(a, start))
    mean = cost / instance.units
    return _Run(
        start=start,
        hot=hot * mean,
        cold=0.03 * mean,
        price=price * cost / max(1, int(a.weight.sum())),
        steps=steps,
        seed=int(rng.integers(2**31)),
    )


def _next_steps(steps: int, first: int, spent_s: float, left_s: float | None) -> int:
    """Let runs grow, but not beyond the time that is left."""
    if left_s is None or spent_s <= 0:
        return first
    grown = min(_MOST_STEPS, int(1.5 * steps))
    return max(10_000, min(grown, int(0.9 * steps * max(0.0, left_s) / spent_s)))
