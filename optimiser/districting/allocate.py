"""`allocate_patches`: the whole way from a problem to a checked plan."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TYPE_CHECKING

from optimiser.districting.search.runs import Incumbent
from optimiser.errors import NoSolutionInTime
from optimiser.model import PatchParams, PatchPlan, PatchProblem, Progress, ProgressCallback
from optimiser.model.patches import COST_UNITS_PER_MINUTE

if TYPE_CHECKING:
    from optimiser.districting.search.runs import Clock
    from optimiser.districting.units.instance import Instance, Int64s

__all__ = ["allocate_patches"]

log = logging.getLogger(__name__)

_SEARCH_ALONE = 0.3
"""Share of the time that all workers search; then one of them raises the bound."""

_EXACT_SHARE = 0.1
"""Share of the time at the end in which CP-SAT re-optimises a few patches at a time."""

_FEW_UNITS, _ALONE_S = 300, 8.0
"""Up to so many units, at most so many seconds."""

_FINISH_SHARE = 0.02
_FIRST_ROUNDS = 6
_FIXED_RUNS = 2
"""Runs a round where results must not depend on the number of workers."""


def allocate_patches(
    problem: PatchProblem,
    *,
    time_limit_s: float = 60,
    seed: int = 1,
    progress: ProgressCallback | None = None,
    executor: Executor | None = None,
    params: PatchParams = PatchParams(),  # noqa: B008 - frozen
    start: PatchPlan | Mapping[str, str] | None = None,
) -> PatchPlan:
    """Return the best patches found in time, with a bound valid for the whole problem.

    Parameters
    ----------
    problem
        Blocks, slots, costs and rules.
    time_limit_s
        Wall-clock seconds, for search and bound together. The very first call
        after installation compiles for some seconds more.
    seed
        Of every random choice; with `params.iterations` the plan is reproducible.
    progress
        Called with each better plan, and with the bound.
    executor
        Runs the pieces of the search; None: threads of this process.
    params
        How hard to search.
    start
        A plan, or block_ref -> patch, to begin from; passed over where it is not valid.

    Raises
    ------
    InvalidProblem
        Where the problem contradicts its own contract.
    Infeasible
        Where no plan can exist, with the cause.
    NoSolutionInTime
        Where no valid plan was found in time; one may exist.
    """
    import numpy as np

    from optimiser.districting.impossible.diagnosis import require_possible
    from optimiser.districting.search.construction import with_split_price
    from optimiser.districting.search.runs import Clock
    from optimiser.districting.search.starts import incumbent_from
    from optimiser.districting.units.instance import build_instance

    clock = Clock(time_limit_s)
    instance = build_instance(problem)
    require_possible(instance)
    clock.forgive(_compile(instance))
    instance = with_split_price(instance, np.random.default_rng(seed))
    known = incumbent_from(instance, start)
    job = _Job(instance, clock, time_limit_s, seed, progress, params, known)
    if executor is not None:
        return job.run(executor)
    with ThreadPoolExecutor(max_workers=params.workers) as threads:
        return job.run(threads)


def _compile(instance: Instance) -> float:
    """Compile, or load from the cache, what the search needs; return the seconds it took."""
    import numpy as np

    from optimiser.districting.proof import prover
    from optimiser.districting.search.annealing import anneal
    from optimiser.districting.search.descent import settle_units

    began = time.monotonic()
    part = np.arange(instance.units) % instance.slots
    anneal(instance.arrays, part, steps=1, hot=1.0, cold=1.0, price=1.0, seed=1)
    settle_units(instance, np.zeros(instance.units, dtype=np.int64))  # one patch: none to go to
    prover.compile_all()
    return time.monotonic() - began


class _Job:
    """One call of `allocate_patches`."""

    def __init__(
        self,
        instance: Instance,
        clock: Clock,
        time_limit_s: float,
        seed: int,
        progress: ProgressCallback | None,
        params: PatchParams,
        known: Incumbent,
    ) -> None:
        from optimiser.districting.proof.prover import Prover

        self._instance, self._clock, self._params = instance, clock, params
        self._limit_s, self._seed, self._progress = time_limit_s, seed, progress
        self._prover, self._known = Prover(instance), known

    def run(self, executor: Executor) -> PatchPlan:
        """Search and prove, by turns or side by side; then build the plan and check it."""
        self._require_not_boxed_in(executor)
        if self._params.iterations is not None:
            rounds = _FIRST_ROUNDS + self._params.iterations
            incumbent = self._search(executor, self._known, rounds=rounds)
            self._prover.find(incumbent, None)
            self._polish(incumbent, most=self._params.iterations)
            self._prover.run(incumbent, None)
        elif self._params.workers == 1:
            until = 1 - _SEARCH_ALONE
            incumbent = self._search(executor, self._known, until=until - _EXACT_SHARE)
            self._prover.find(incumbent, self._left)
            self._polish(incumbent, until=until)
            self._prover.run(incumbent, self._left)
        else:
            incumbent = self._search(executor, self._known, until=self._alone())
            self._prover.find(incumbent, self._left)
            prover = threading.Thread(target=self._prover.run, args=(incumbent, self._left))
            prover.start()
            until = 1 - 2 * _FINISH_SHARE
            incumbent = self._search(executor, incumbent, until=until - _EXACT_SHARE, beside=prover)
            self._polish(incumbent, until=until)
            prover.join()
        incumbent = self._prover.settle(incumbent)
        if incumbent.part is None:
            from optimiser.districting.impossible.diagnosis import rules_left_broken

            raise NoSolutionInTime(
                f"no plan within all limits was found in {self._clock.seconds():.0f} s; "
                f"{rules_left_broken(self._instance, incumbent.broken)}this "
                "does not prove that none exists: allow more time or raise the balance"
            )
        self._settle_units(incumbent)
        self._report("done", incumbent)
        return self._plan(incumbent)

    def _settle_units(self, incumbent: Incumbent) -> None:
        """Leave no unit where a person would see at once that it is better elsewhere."""
        from optimiser.districting.search.annealing import penalised_cost
        from optimiser.districting.search.descent import settle_units

        assert incumbent.part is not None
        if self._prover.decides(incumbent):
            return
        arrays = self._instance.arrays
        incumbent.part = settle_units(self._instance, incumbent.part)
        incumbent.cost = penalised_cost(arrays, incumbent.part)

    def _require_not_boxed_in(self, executor: Executor) -> None:
        """Raise Infeasible where a unit fits into no patch; a short search finds what would do."""
        from optimiser.districting.impossible.boxed_in import boxed_in
        from optimiser.districting.impossible.causes import explain_impossible

        cause = boxed_in(self._instance)
        if cause is None:
            return
        fixed = self._params.iterations is not None
        rounds = _FIRST_ROUNDS if fixed else None
        found = self._search(executor, self._known, rounds=rounds, until=_SEARCH_ALONE)
        left = None if fixed else self._left
        raise explain_impossible(self._instance, found.broken, left, cause=cause)

    def _polish(self, incumbent: Incumbent, *, most: int | None = None, until: float = 1.0) -> None:
        """Let CP-SAT mend what annealing leaves: the best deal among a few patches."""
        import numpy as np

        from optimiser.districting.search.neighbourhoods import improve_exactly

        def improved(part: Int64s, cost: float) -> None:
            incumbent.part, incumbent.cost = part, cost
            self._report("exact", incumbent)

        def left() -> float:
            if self._prover.decides(incumbent):
                return 0.0
            if most is not None:
                return math.inf
            return self._clock.left() - (1 - until) * self._limit_s

        if incumbent.part is None:
            return
        improve_exactly(
            self._instance.arrays,
            incumbent.part,
            rng=np.random.default_rng(self._seed),
            size=self._params.neighbourhood_patches,
            seconds=self._params.neighbourhood_seconds,
            most=most,
            time_left=left,
            improved=improved,
        )

    def _alone(self) -> float:
        """Return the share of the time before proving starts; small problems need little."""
        few = self._instance.units <= _FEW_UNITS
        return min(_SEARCH_ALONE, _ALONE_S / max(1e-9, self._limit_s)) if few else _SEARCH_ALONE

    def _left(self) -> float:
        return self._clock.left() - 2 * _FINISH_SHARE * self._limit_s

    def _search(
        self,
        executor: Executor,
        incumbent: Incumbent,
        *,
        rounds: int | None = None,
        until: float = 1.0,
        beside: threading.Thread | None = None,
    ) -> Incumbent:
        from optimiser.districting.search.runs import search

        def workers() -> int:
            if rounds is not None:
                return _FIXED_RUNS
            busy = beside is not None and beside.is_alive()
            return max(1, self._params.workers - busy)

        def left() -> float:
            if beside is not None and self._prover.decides(incumbent):
                return 0.0
            if rounds is not None:
                return math.inf
            return self._clock.left() - (1 - until) * self._limit_s

        return search(
            self._instance,
            seed=self._seed + (0 if beside is None else 1_000_003),
            rounds=rounds,
            workers=workers,
            executor=executor,
            time_left=left,
            improved=lambda found: self._report("search", found),
            incumbent=incumbent,
        )

    def _report(self, stage: str, incumbent: Incumbent) -> None:
        if self._progress is not None:
            bound = self._prover.bound
            self._progress(
                Progress(
                    stage=stage,
                    seconds=self._clock.seconds(),
                    objective=incumbent.cost / COST_UNITS_PER_MINUTE,
                    bound=bound / COST_UNITS_PER_MINUTE if bound else None,
                )
            )

    def _plan(self, incumbent: Incumbent) -> PatchPlan:
        from optimiser.districting.checks import check_patches
        from optimiser.districting.metrics import best_centres, build_plan
        from optimiser.districting.proof.parts import part_bounds, walk_bound

        assert incumbent.part is not None
        problem, bound = self._instance.problem, self._prover.bound
        slot_of = incumbent.part[self._instance.unit_of]
        seconds = _FINISH_SHARE * min(self._limit_s, self._clock.seconds())
        walk = walk_bound(
            self._instance,
            incumbent.part,
            best_centres(problem, slot_of),
            bound=bound,
            seconds=seconds if self._params.iterations is None else None,
        )
        plan = build_plan(
            problem,
            slot_of,
            bound=bound,
            seed=self._seed,
            seconds=self._clock.seconds(),
            parts=part_bounds(problem, walk=walk),
        )
        return plan.model_copy(update={"violations": check_patches(problem, plan)})
