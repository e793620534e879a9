"""What a given assignment is worth, and which rules it breaks, without solving."""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np

from optimiser.districting.impossible.wording import listed
from optimiser.errors import InvalidProblem
from optimiser.model import PatchPlan, PatchProblem
from optimiser.model.outcome import Status, Violation

__all__ = ["evaluate_patches"]


def evaluate_patches(
    problem: PatchProblem,
    patch_of: PatchPlan | Mapping[str, str],
    *,
    time_limit_s: float | None = 5.0,
    seed: int = 1,
) -> PatchPlan:
    """Return the assignment as a plan: its figures, the rules it breaks, how good it is.

    Parameters
    ----------
    problem
        Blocks, slots, costs and rules.
    patch_of
        A plan, or block_ref -> patch, of every block of the problem and no other.
    time_limit_s
        Seconds for a lower bound of the whole problem; 0: none; None: a bound that
        does not depend on the clock.
    seed
        Kept in the plan.

    Returns
    -------
    PatchPlan
        `violations` lists what it breaks, in the independent checker's words. The bound
        holds for valid plans, so that a plan with violations has none: bound 0, gap 1.
        A patch without a block is a violation and has no summary.

    Raises
    ------
    InvalidProblem
        If a block is missing, or a block or patch is not the problem's.
    """
    from optimiser.districting.checks import check_patches
    from optimiser.districting.metrics import build_plan

    began = time.monotonic()
    slot_of = _slots_of(
        problem, patch_of.patch_of() if isinstance(patch_of, PatchPlan) else patch_of
    )
    filled = np.unique(slot_of)
    empty = [slot.patch for k, slot in enumerate(problem.slots) if k not in set(filled.tolist())]
    part = _only_slots(problem, filled) if empty else problem
    number = np.full(len(problem.slots), -1, dtype=np.int64)
    number[filled] = np.arange(filled.size)
    plan = build_plan(part, number[slot_of], bound=0, seed=seed, seconds=0.0)
    broken = (
        *(Violation(rule="patch_empty", subject=p, message="it has no block") for p in empty),
        *check_patches(part, plan),
    )
    if broken:
        return plan.model_copy(
            update={
                "bound": 0.0,
                "gap": 1.0 if plan.objective > 0 else 0.0,
                "status": Status.FEASIBLE,
                "violations": broken,
                "seconds": time.monotonic() - began,
            }
        )
    bound = _bound(problem, plan, time_limit_s)
    seconds = time.monotonic() - began
    plan = build_plan(problem, slot_of, bound=bound, seed=seed, seconds=seconds)
    return plan.model_copy(update={"violations": check_patches(problem, plan)})


def _slots_of(problem: PatchProblem, patch_of: Mapping[str, str]) -> np.ndarray:
    number = {slot.patch: k for k, slot in enumerate(problem.slots)}
    refs = [block.block_ref for block in problem.blocks]
    for what, names in (
        ("no patch is given for block", [r for r in refs if r not in patch_of]),
        ("the problem has no block", sorted(set(patch_of) - set(refs))),
        ("the problem has no patch", sorted(set(patch_of.values()) - set(number))),
    ):
        if names:
            raise InvalidProblem(f"{what} {listed(names)}")
    return np.array([number[patch_of[ref]] for ref in refs], dtype=np.int64)


def _only_slots(problem: PatchProblem, kept: np.ndarray) -> PatchProblem:
    """Return the problem without the other slots, so that figures exist for these."""
    return problem.model_copy(
        update={
            "slots": tuple(problem.slots[int(k)] for k in kept),
            "centre_cost": problem.centre_cost[kept],
            "move_cost": problem.move_cost[:, kept],
            "moved_homes": problem.moved_homes[:, kept],
            "allowed": problem.allowed[:, kept],
            "measures": tuple(
                m.model_copy(update={"lower": m.lower[kept], "upper": m.upper[kept]})
                for m in problem.measures
            ),
        }
    )


def _bound(problem: PatchProblem, plan: PatchPlan, time_limit_s: float | None) -> int:
    """Return a lower bound of the whole problem, in cost units."""
    if time_limit_s is not None and time_limit_s <= 0:
        return 0
    from optimiser.districting.proof.prover import Prover, compile_all
    from optimiser.districting.search.runs import Clock
    from optimiser.districting.search.starts import incumbent_from
    from optimiser.districting.units.instance import build_instance

    compile_all()
    instance = build_instance(problem)
    incumbent = incumbent_from(instance, plan)
    prover = Prover(instance)
    prover.run(incumbent, None if time_limit_s is None else Clock(time_limit_s).left)
    prover.settle(incumbent)
    return prover.bound
