"""The search for the best routes: annealing in parallel, the days met joined, and again.

The search runs in phases. In each, every worker anneals from one of the best plans so far,
by its own seed. After each, CP-SAT looks for the best plan among all days met by any
worker (`master`); the next phase starts from that plan. The first phase settles the
requests, the last one what is worth far less: the doors to knock, the own officers and
the walking.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Final

from optimiser.routing.arrays.tasks import I64, TWO, Compiled
from optimiser.routing.search.annealing import (
    Day,
    Effort,
    Found,
    RouteKey,
    anneal,
    days_of_rows,
    first_heats,
    last_heats,
)
from optimiser.routing.search.master import best_of_pool

__all__ = ["search_routes"]

_FIRST_SHARE: Final = 0.5
"""The first phase's share of the effort, where something is worth far less than requests."""

_WARM, _WARM_SHARE = 0.05, 0.75
"""Where a good plan is to be kept: what the first temperature is times, and the first share."""

_ONE_TIER: Final = ((0.75, 1.0, 1.0), (0.25, 0.3, 0.1))
"""Elsewhere: each phase's share, and what its first and last temperatures are times. Busy
seconds cost nothing there: paying for them was worth 0.6 % less on orienteering cases."""

_MASTER_SHARE: Final = 0.06
_MASTER_S: Final = 10.0
_MASTER_UNITS: Final = 2.0
"""CP-SAT's own measure of work, where no clock may decide."""

_MOST_DAYS: Final = 6_000
_SHOW_S: Final = 0.5


def search_routes(
    compiled: Compiled,
    prices: I64,
    *,
    seconds: float,
    iterations: int | None = None,
    workers: int = 2,
    seed: int = 1,
    firsts: Sequence[I64 | None] = (None,),
    columns: Callable[[], Iterable[RouteKey]] | None = None,
    executor: Executor | None = None,
    report: Callable[[int], None] | None = None,
    stop: Callable[[], bool] | None = None,
    warm: bool = False,
) -> Found:
    """Return the best plan found, with the days met.

    Parameters
    ----------
    compiled
        The problem as arrays.
    prices
        (shifts,) What a second of each shift is worth, in units: what a bound's multipliers
        say, at least the walking's value. They steer where a task is put.
    seconds
        Wall-clock seconds, all phases and CP-SAT included.
    iterations
        Of each worker, instead of the clock: the same seed and number of workers then
        give the same routes.
    workers, seed
        How many anneal side by side, and where their random numbers start.
    firsts
        First plans in the form of `State.best`, None for a greedy one; workers take the
        last ones first.
    columns
        Asked before each join for more routes, such as column generation finds; each must
        be one that can be worked; those with tasks for two officers are left out. For a
        reproducible run it has to be reproducible itself.
    executor
        Where the workers run; by default threads of this process.
    report
        Told the best value so far, in units.
    stop
        Asked often, in threads; True ends the search early.
    warm
        Whether the first plans are too good to be taken far apart.
    """
    job = _Search(
        compiled,
        prices,
        seconds,
        iterations,
        workers,
        seed,
        columns or tuple,
        report or _silent,
        stop,
        warm,
    )
    own = ThreadPoolExecutor(workers) if executor is None else nullcontext(executor)
    with own as threads:
        return job.run(list(firsts), threads)


def _phases(compiled: Compiled, *, warm: bool) -> list[tuple[float, Effort]]:
    """Return each phase's share of the effort, and how it searches."""
    hot, cold = first_heats(compiled)
    last = last_heats(compiled)
    if warm:
        hot = max(cold, _WARM * hot)
    if last is not None:
        first = _WARM_SHARE if warm else _FIRST_SHARE
        heats = [(first, (hot, cold)), (1 - first, last)]
        return [(share, Effort(0.0, heats=pair)) for share, pair in heats]
    return [
        (share, Effort(0.0, heats=(hot * h, max(1.0, cold * c)), guide=0.0))
        for share, h, c in _ONE_TIER
    ]


def _silent(_: int) -> None:
    """Report to nobody."""


@dataclass
class _Search:
    """One call: what it may use, and the best so far."""

    compiled: Compiled
    prices: I64
    seconds: float
    iterations: int | None
    workers: int
    seed: int
    columns: Callable[[], Iterable[RouteKey]]
    report: Callable[[int], None]
    stop: Callable[[], bool] | None = None
    warm: bool = False
    begun: float = field(default_factory=time.monotonic)
    best: Found | None = None
    pool: dict[Day, None] = field(default_factory=dict)

    def run(self, firsts: list[I64 | None], threads: Executor) -> Found:
        starts, over = firsts, 0.0
        for phase, (share, plain) in enumerate(_phases(self.compiled, warm=self.warm)):
            over += share
            effort = replace(
                plain,
                seconds=self._until(over),
                iterations=None if self.iterations is None else round(share * self.iterations),
            )
            founds = self._anneal(starts, effort, phase, threads)
            self._keep(founds)
            if self.stop is not None and self.stop():
                break
            self._join()
            assert self.best is not None
            starts = [self.best.rows]
        assert self.best is not None
        return replace(self.best, pool=tuple(self.pool))

    def _until(self, share: float) -> float:
        """Return the seconds left until this share of the time is over, a join's kept."""
        left = self.begun + share * self.seconds - time.monotonic()
        return max(left - self._join_s(), 0.02)

    def _join_s(self) -> float:
        return min(_MASTER_SHARE * self.seconds, _MASTER_S)

    def _anneal(
        self,
        starts: Sequence[I64 | None],
        effort: Effort,
        phase: int,
        threads: Executor,
    ) -> list[Found]:
        """Anneal once per worker, each from its own seed."""
        shown: list[list[int]] = [[] for _ in range(self.workers)]
        jobs = [
            threads.submit(
                anneal,
                self.compiled,
                starts[-1 - k % len(starts)],
                self.prices,
                effort,
                seed=self.seed * 1_000 + 100 * phase + k,
                shown=shown[k],
                stop=self.stop,
            )
            for k in range(self.workers)
        ]
        self._watch(jobs, shown)
        return [job.result() for job in jobs]

    def _watch(self, jobs: list[Future[Found]], shown: list[list[int]]) -> None:
        """Report the best value while the jobs run; jobs of other processes show nothing."""
        best = None if self.best is None else self.best.value
        while wait(jobs, timeout=_SHOW_S).not_done:
            seen = [values[-1] for values in shown if values]
            if seen and (best is None or max(seen) > best):
                best = max(seen)
                self.report(best)

    def _keep(self, founds: list[Found]) -> None:
        """Keep the best, and all days met in the order of last meeting."""
        for found in founds:
            for key in found.pool:
                self.pool.pop(key, None)
                self.pool[key] = None
            if self.best is None or found.value > self.best.value:
                self.best = found
        while len(self.pool) > _MOST_DAYS:
            del self.pool[next(iter(self.pool))]

    def _join(self) -> None:
        """Look for a better plan among the days met."""
        assert self.best is not None
        two = self.compiled.net.node[:, TWO]
        more = [(s, nodes, ()) for s, nodes in self.columns() if not two[list(nodes)].any()]
        joined = best_of_pool(
            self.compiled,
            [*self.pool, *more],
            days_of_rows(self.compiled, self.best.rows),
            seconds=self._join_s() if self.iterations is None else _MASTER_UNITS,
            seed=self.seed,
            workers=self.workers,
            deterministic=self.iterations is not None,
        )
        if joined is not None and joined[1] > self.best.value:
            self.best = Found(joined[0], joined[1], ())
            self.report(joined[1])
