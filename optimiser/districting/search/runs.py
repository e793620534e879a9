"""The search for a good plan: starts, annealing runs, and what they found.

Runs go in rounds of as many as there are workers, each with its own seed. Until a
valid plan is known, runs are short, and each is a new start or goes on from the least
broken partition. After that rounds of new starts and of the best plan, reheated a
little, take turns, each run as long as the time allows: one slow cooling finds what
many fast ones miss.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field

import numpy as np

from optimiser.districting.search.annealing import Annealed, anneal, penalised_cost
from optimiser.districting.search.construction import relabel
from optimiser.districting.search.dealing import dealt_start
from optimiser.districting.units.instance import Instance, Int64s

__all__ = ["Clock", "Incumbent", "search"]

log = logging.getLogger(__name__)

_FIRST_STEPS = 300_000
_STEPS_PER_UNIT = 400
_MOST_STEPS_PER_UNIT = 10_000
"""More would keep the search of a small problem from hearing that its plan is proven."""

_FEWEST_STEPS, _GROWTH = 10_000, 1.5
_FIRST_SHARE, _START_SHARE, _REHEAT_SHARE = 0.9, 0.45, 0.3
"""Shares of the time left for a round: with no plan known, of new starts, of reheats."""

_START_HOT, _REHEAT_HOT = (3.0, 1.0), (0.3, 0.1)
"""Temperatures at first, in average costs of a unit: of new starts while no plan is known
and after; of reheats, where hotter loses the plan and seldom finds as good a one again."""

_COLD = 0.03
"""Temperature at last."""

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
    """One annealing run: from `part` or else a new start, how hot, how long."""

    part: Int64s | None
    current: bool
    hot: float
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
    steps = min(_FIRST_STEPS, max(20_000, _STEPS_PER_UNIT * instance.units))
    number = 0
    # Rounds with, or without, a plan known. With one from the start, the first is a short
    # reheat, which tells how long a step takes.
    turn = 0 if incumbent.part is None else -1
    while (rounds is None or number < rounds) and (number == 0 or time_left() > 0):
        began, without = time.monotonic(), incumbent.part is None
        runs = [_next_run(instance, incumbent, turn, i, steps, rng) for i in range(workers())]
        jobs = [executor.submit(_carry_out, instance, run, incumbent.cost) for run in runs]
        done = [job.result() for job in jobs]
        better = [incumbent.offer(found) for found, _ in done]
        if any(better):
            improved(incumbent)
        spent, step_s = time.monotonic() - began, max(s for _, s in done) / steps
        log.debug("round %d: %d steps, %.2f s, %s", number, steps, spent, incumbent)
        number += 1
        turn = 0 if without and incumbent.part is not None else turn + 1
        if rounds is None:
            most = _MOST_STEPS_PER_UNIT * instance.units
            if incumbent.part is None:
                most = min(most, int(_GROWTH * steps))
            allowed_s = time_left() * _share(incumbent, turn)
            steps = max(_FEWEST_STEPS, min(most, int(allowed_s / max(1e-9, step_s))))
    return incumbent


def _carry_out(instance: Instance, run: _Run, best_cost: float) -> tuple[Annealed, float]:
    """Return what a run found, and the seconds that its steps took."""
    a, start = instance.arrays, run.part
    if start is None:
        start = dealt_start(instance, np.random.default_rng(run.seed), current=run.current)
    cost = penalised_cost(a, start)
    mean = cost / instance.units
    began = time.monotonic()
    found = anneal(
        a,
        start,
        steps=run.steps,
        hot=run.hot * mean,
        cold=_COLD * mean,
        price=run.price * cost / max(1, int(a.weight.sum())),
        seed=run.seed,
        best_cost=best_cost,
    )
    return found, time.monotonic() - began


def _next_run(
    instance: Instance,
    incumbent: Incumbent,
    turn: int,
    worker: int,
    steps: int,
    rng: np.random.Generator,
) -> _Run:
    price, odd = _PRICE, (turn // 2 + worker) % 2
    if incumbent.part is not None and _reheats(turn):
        part, hot = relabel(instance.arrays, incumbent.part), _REHEAT_HOT[odd]
    elif incumbent.part is None and turn % 2 and incumbent.broken is not None:
        part, hot, price = incumbent.broken, 10.0, _REPAIR_PRICE
    else:
        part, hot = None, _START_HOT[incumbent.part is not None]
    return _Run(
        part=part,
        current=odd == 1,
        hot=hot,
        price=price,
        steps=steps,
        seed=int(rng.integers(2**31)),
    )


def _reheats(turn: int) -> bool:
    """Say whether a round with a plan known is of reheats."""
    return turn % 2 == 1


def _share(incumbent: Incumbent, turn: int) -> float:
    """Return the share of the time left that a round may take."""
    if incumbent.part is None:
        return _FIRST_SHARE
    return _REHEAT_SHARE if _reheats(turn) else _START_SHARE
