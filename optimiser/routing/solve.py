"""plan_visits: seeds, search, bound, explanations, one after the other."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from optimiser.model.outcome import Progress
from optimiser.model.visits import VALUE_UNITS_PER_POINT, VisitParams
from optimiser.routing.arrays.tasks import I64, Compiled, compile_problem
from optimiser.routing.checks.rules import check_week
from optimiser.routing.days.timetable import check_sessions, routes_of, tasks_of
from optimiser.routing.levelling import level
from optimiser.routing.metrics import build_plan
from optimiser.routing.proof.bounds import Bounds, all_bounds
from optimiser.routing.proof.crowded import Crowded, crowded_week
from optimiser.routing.proof.prove import compile_proof
from optimiser.routing.proof.proven import is_proven, is_small, prove_found
from optimiser.routing.proof.route_bound import route_bounds
from optimiser.routing.proof.tiers import tier_bounds
from optimiser.routing.reasons.explain import explain_unplanned
from optimiser.routing.search.annealing import (
    Effort,
    Found,
    anneal,
    compile_kernels,
    days_of_rows,
)
from optimiser.routing.search.phases import search_routes
from optimiser.routing.search.seeds import seed_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Executor

    from optimiser.model import Route, VisitPlan, VisitProblem
    from optimiser.model.outcome import ProgressCallback
    from optimiser.routing.search.annealing import RouteKey

__all__ = ["plan_visits"]

_log = logging.getLogger(__name__)

_EXPLAIN_SHARES: Final = (0.05, 0.001, 0.25)
"""Of the time: at least, for each request that the first plan leaves out, and at most."""

_SEED_SHARE: Final = 0.07
_QUICK_SHARE, _LEAST_QUICK_S = 0.1, 2.0
_LEVEL_SHARE: Final = 0.05
_RESERVE_S: Final = 1.0
_BEFORE_PROOF: Final = 0.2
_PROOF_SHARE: Final = 0.5
_BOUNDS_SHARE: Final = 0.9
_ROUTES_OF_BOUNDS: Final = 0.8
"""Of the time left for the search: what goes before a small week's proof, what it takes,
and what a larger week's bounds take beside it, most of it the walks'."""


_CROWDED: Final = 0.03
"""Of the requests: with more left out by the first plan, days are priced."""
_MEET_SHARE: Final = 0.06
"""Of the time: the search that shows whether a week is crowded, and whose days are priced."""
_AS_GOOD: Final = 0.97
"""The plan dived for, not searched yet, is gone on from where it is worth this share at least."""
_COLLECT_SHARE, _DIVE_SHARE, _PLAN_SHARE = 0.38, 0.86, 0.93
"""Of a crowded week's time after that: when days are collected, when a plan of them is due, and
when it is bettered."""
_PROOF_OF_LEFT: Final = 0.9
"""Of the time left then: what the proof may take, the last step begun not counted."""


@dataclass
class _Run:
    """One call: its limits, its clock and where progress goes."""

    time_limit_s: float
    seed: int
    params: VisitParams
    progress: ProgressCallback | None
    begun: float = field(default_factory=time.monotonic)
    compiled_s: float = 0.0
    left_out: int = 0

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.begun

    def is_crowded(self, compiled: Compiled) -> bool:
        """Return whether many requests will be left out, so that days are worth pricing."""
        many = self.left_out > _CROWDED * compiled.net.visits
        return many and self.params.iterations is None

    @property
    def left_s(self) -> float:
        return self.time_limit_s + self.compiled_s - self.seconds

    @property
    def search_s(self) -> float:
        """The seconds left for the search."""
        least, each, most = _EXPLAIN_SHARES
        explain = min(least + each * self.left_out, most)
        return self.left_s - (explain + _LEVEL_SHARE) * self.time_limit_s - _RESERVE_S

    def compile(self, compiled: Compiled) -> None:
        """Compile what is used, the first time on a machine; its seconds are not counted."""
        before = self.seconds
        compile_kernels(compiled)
        if is_small(compiled, timed=self.params.iterations is None):
            compile_proof(compiled)
        self.compiled_s = self.seconds - before

    def report(self, stage: str, objective: int | None = None, bound: float | None = None) -> None:
        if self.progress is not None:
            points = None if objective is None else objective / VALUE_UNITS_PER_POINT
            self.progress(
                Progress(stage=stage, seconds=self.seconds, objective=points, bound=bound)
            )


def plan_visits(
    problem: VisitProblem,
    *,
    time_limit_s: float = 60,
    seed: int = 1,
    progress: ProgressCallback | None = None,
    executor: Executor | None = None,
    params: VisitParams | None = None,
) -> VisitPlan:
    """Plan the week: who visits whom, when and in what order.

    Parameters
    ----------
    problem
        The week.
    time_limit_s
        Wall-clock seconds for everything, compiling on the first run left out. A limit too
        short for the bound and the explanations is overrun by them.
    seed
        Of everything random.
    progress
        Called with what is known so far, objective and bound in points.
    executor
        Where the searches run; by default threads of this process.
    params
        How hard to search. With `iterations`, the same seed gives the same plan.

    Returns
    -------
    The best plan found; its `violations`, from the independent checker, are empty.

    Raises
    ------
    Infeasible
        If a shift's fixed sessions contradict each other or the shift.
    """
    run = _Run(time_limit_s, seed, params or VisitParams(), progress)
    check_sessions(problem)
    compiled = compile_problem(problem)
    run.compile(compiled)
    run.report("prepare")
    first = _first_plan(run, compiled)
    run.report("seeds", first.value)
    run.left_out = compiled.net.visits - _planned(compiled, first)
    quick_s = max(_QUICK_SHARE * time_limit_s, _LEAST_QUICK_S)
    clocked = run.params.iterations is None
    bounds = all_bounds(compiled, seconds=quick_s if clocked else None)
    run.report("bound", first.value, bounds.whole)
    with ThreadPoolExecutor(1) as beside:
        found, proof = _best(run, compiled, first, bounds, executor, beside)
        routes = routes_of(problem, tasks_of(compiled, found.rows))
        clock = None if run.params.iterations is not None else _LEVEL_SHARE * time_limit_s
        routes = level(problem, routes, seconds=clock)
        run.report("explain", found.value, bounds.whole)
        return _finish(run, problem, routes, proof)


def _first_plan(run: _Run, compiled: Compiled) -> Found:
    """Return a plan to start from: OR-Tools' for each officer, and what else fits into it."""
    rows = None
    if compiled.net.visits and compiled.net.shifts:
        limit = None if run.params.iterations is not None else _SEED_SHARE * run.time_limit_s
        rows = seed_rows(compiled, seconds=limit)
    plain = np.full(compiled.net.shifts, compiled.net.walk_value, dtype=np.int64)
    return anneal(compiled, rows, plain, Effort(0.0, 0), seed=run.seed)


def _planned(compiled: Compiled, found: Found) -> int:
    """Return how many visits a plan holds."""
    days = days_of_rows(compiled, found.rows)
    return len({node for _, nodes, _ in days for node in nodes if node < compiled.net.visits})


def _best(
    run: _Run, compiled: Compiled, first: Found, bounds: Bounds, executor: Executor | None,
    beside: Executor,
) -> tuple[Found, Callable[[], Bounds]]:  # fmt: skip
    """Search, a bound beside it; or look half-way whether a small week can be better at all.

    Returns the best plan found, and what waits for the bounds.
    """
    most = run.params.iterations
    small = is_small(compiled, timed=most is None)
    prices = _steering(compiled, bounds)

    def search(
        share: float, start: Found, routes: Iterable[RouteKey] = (), *, warm: bool = False
    ) -> Found:
        return search_routes(
            compiled,
            prices,
            seconds=max(share * run.search_s, 0.2),
            iterations=None if most is None else round(share * most),
            workers=max(1, run.params.workers - warm),  # One core is the proof's then.
            seed=run.seed,
            firsts=(None, start.rows),
            columns=lambda: routes,
            executor=executor,
            report=lambda value: run.report("search", value, bounds.whole),
            warm=warm,
        )

    if not small and run.is_crowded(compiled):
        # A first plan may leave much out of a week that is not crowded.
        first = max(first, search(_MEET_SHARE, first), key=lambda x: x.value)
        run.left_out = compiled.net.visits - _planned(compiled, first)
        crowd = None
        if run.is_crowded(compiled):
            crowd = crowded_week(
                compiled, bounds, seconds=run.time_limit_s, workers=run.params.workers
            )
        if crowd is not None:
            return _best_of_crowded(run, crowd, first, search, beside)
    if not small:
        clock = None if most is not None else _BOUNDS_SHARE * run.search_s
        tighter = beside.submit(_tighter, run, compiled, bounds, clock)
        return search(1.0, first), tighter.result
    found = search(_BEFORE_PROOF, first)
    clock = None if most is not None else _PROOF_SHARE * run.search_s
    found, bounds, routes = prove_found(compiled, found, bounds, seconds=clock)
    if not is_proven(found, bounds):
        more = search(1.0 if most is None else 1 - _BEFORE_PROOF, found, routes)
        found = max(found, more, key=lambda x: x.value)
    return found, lambda: bounds


def _best_of_crowded(
    run: _Run, crowd: Crowded, met: Found, search: Callable[..., Found], beside: Executor
) -> tuple[Found, Callable[[], Bounds]]:
    """Dive for a plan among days priced, and search on from the better one beside its proof.

    The proof goes on beside the explanations, too, which are one core's.
    """
    compiled, begun, seconds = crowd.compiled, time.monotonic(), run.search_s
    crowd.collect(((s, nodes) for s, nodes, _ in met.pool), begun + _COLLECT_SHARE * seconds)
    dive = crowd.dive(begun + _DIVE_SHARE * seconds)
    proof = beside.submit(crowd.prove, time.monotonic() + _PROOF_OF_LEFT * run.left_s)
    rows = crowd.better(dive, begun + _PLAN_SHARE * seconds)
    plain = np.full(compiled.net.shifts, compiled.net.walk_value, dtype=np.int64)
    dived = anneal(compiled, rows, plain, Effort(0.0, 0), seed=run.seed)
    start = dived if dived.value > _AS_GOOD * met.value else met
    found = max(met, dived, search(1.0, start, warm=True), key=lambda x: x.value)
    return found, proof.result


def _tighter(run: _Run, compiled: Compiled, bounds: Bounds, seconds: float | None) -> Bounds:
    """Return a larger week's bounds, better than the quick ones; conversations' by the clock.

    Where all requests fit into the first plan, walks cannot better the requests' bound.
    """
    until = time.monotonic() + (seconds or 0.0)
    if run.left_out:
        share = None if seconds is None else _ROUTES_OF_BOUNDS * seconds
        bounds = route_bounds(compiled, bounds, seconds=share)
    if seconds is None:
        return bounds
    return tier_bounds(compiled, bounds, seconds=until - time.monotonic())


def _steering(compiled: Compiled, bounds: Bounds) -> I64:
    """Return what a second of each shift is taken to be worth: the bound's own prices.

    At least the walking's value, so that time is never wasted.
    """
    return np.maximum(bounds.prices, compiled.net.walk_value).astype(np.int64)


def _finish(
    run: _Run, problem: VisitProblem, routes: list[Route], proof: Callable[[], Bounds]
) -> VisitPlan:
    guard = 600.0 if run.params.iterations is not None else max(run.left_s, 1.0)
    unplanned = explain_unplanned(problem, routes, time_limit_s=guard)
    bounds = proof()
    plan = build_plan(
        problem,
        routes,
        unplanned,
        bound=bounds.whole,
        tier_bounds=bounds.tiers,
        seed=run.seed,
        seconds=run.seconds,
        notes=(),
    )
    violations = check_week(problem, plan)
    for violation in violations:
        _log.error("%s: %s: %s", violation.rule, violation.subject, violation.message)
    run.report("done", round(plan.objective * VALUE_UNITS_PER_POINT), plan.bound)
    return plan.model_copy(update={"violations": violations})
