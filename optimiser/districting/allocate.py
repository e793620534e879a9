"""`allocate_patches`: the whole way from a problem to a checked plan."""

from __future__ import annotations

import logging
from concurrent.futures import Executor
from typing import TYPE_CHECKING

from optimiser.errors import NoSolutionInTime
from optimiser.model import PatchParams, PatchPlan, PatchProblem, Progress, ProgressCallback
from optimiser.model.patches import COST_UNITS_PER_MINUTE

if TYPE_CHECKING:
    from optimiser.districting.bounds import Lagrangian
    from optimiser.districting.instance import Instance
    from optimiser.districting.search import Clock, Incumbent

__all__ = ["allocate_patches"]

log = logging.getLogger(__name__)

_BOUND_SHARE = 0.2
"""Share of the time kept for the bound after the search."""

_BOUND_STEPS = 50
_MOST_BOUND_STEPS = 1500


def allocate_patches(
    problem: PatchProblem,
    *,
    time_limit_s: float = 60,
    seed: int = 1,
    progress: ProgressCallback | None = None,
    executor: Executor | None = None,  # noqa: ARG001 - the search runs in this process so far
    params: PatchParams = PatchParams(),  # noqa: B008 - frozen
) -> PatchPlan:
    """Return the best patches found in time, with a bound valid for the whole problem.

    Parameters
    ----------
    problem
        Blocks, slots, costs and rules.
    time_limit_s
        Wall-clock seconds, for search and bound together.
    seed
        Of every random choice; with `params.iterations` the plan is reproducible.
    progress
        Called with each better plan or bound.
    executor
        Reserved for independent pieces of the search; this process does all of it now.
    params
        How hard to search.

    Raises
    ------
    InvalidProblem
        Where the problem contradicts its own contract.
    Infeasible
        Where no plan can exist, with the cause.
    NoSolutionInTime
        Where no valid plan was found in time; one may exist.
    """
    from optimiser.districting.bounds import Lagrangian
    from optimiser.districting.checks import check_patches
    from optimiser.districting.diagnosis import require_possible
    from optimiser.districting.instance import build_instance
    from optimiser.districting.metrics import build_plan
    from optimiser.districting.search import Clock, search

    clock = Clock(time_limit_s)
    instance = build_instance(problem)
    require_possible(instance)

    def report(stage: str, objective: float | None, bound: float | None) -> None:
        if progress is not None:
            progress(
                Progress(
                    stage=stage,
                    seconds=clock.seconds(),
                    objective=None if objective is None else objective / COST_UNITS_PER_MINUTE,
                    bound=None if bound is None else bound / COST_UNITS_PER_MINUTE,
                )
            )

    incumbent = search(
        instance,
        seed=seed,
        runs=None if params.iterations is None else params.iterations + 3,
        time_left=lambda: clock.left() - _BOUND_SHARE * time_limit_s,
        improved=lambda found: report("search", found.cost, None),
    )
    if incumbent.part is None:
        raise NoSolutionInTime(
            f"no plan within all limits was found in {clock.seconds():.0f} s; this does not "
            "prove that none exists: allow more time or raise the balance"
        )
    lagrangian = Lagrangian(instance.arrays)
    _raise_bound(instance, incumbent, lagrangian, clock, timed=params.iterations is None)
    report("bound", incumbent.cost, lagrangian.bound)
    slot_of = incumbent.part[instance.unit_of]
    plan = build_plan(problem, slot_of, bound=lagrangian.bound, seed=seed, seconds=clock.seconds())
    return plan.model_copy(update={"violations": check_patches(problem, plan)})


def _raise_bound(
    instance: Instance, incumbent: Incumbent, lagrangian: Lagrangian, clock: Clock, *, timed: bool
) -> None:
    from optimiser.districting.metrics import best_centres

    assert incumbent.part is not None
    centres = best_centres(instance.problem, incumbent.part[instance.unit_of])
    lagrangian.start(incumbent.part, centres)
    for done in range(_MOST_BOUND_STEPS // _BOUND_STEPS):
        # A few rounds always: compiling for the first time may have eaten the clock.
        if timed and clock.left() <= 0 and done >= 4:
            break
        lagrangian.improve(incumbent.cost, _BOUND_STEPS)
