"""A known plan as the place where the search begins."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import numpy as np

from optimiser.districting.checks import check_patches
from optimiser.districting.metrics import build_plan
from optimiser.districting.proof.parts import PartBounds
from optimiser.districting.search.annealing import penalised_cost
from optimiser.districting.search.runs import Incumbent
from optimiser.districting.units.instance import Instance, Int64s
from optimiser.model import PatchPlan

__all__ = ["incumbent_from"]

log = logging.getLogger(__name__)


def incumbent_from(instance: Instance, start: PatchPlan | Mapping[str, str] | None) -> Incumbent:
    """Return `start` (a plan, or block_ref -> patch) as the best plan so far, if it is valid.

    Whether it is valid is decided by the independent checker, on this problem. A start
    that breaks a rule, or that leaves a block or a patch out, is passed over: the search
    then begins as it does without one.
    """
    if start is None:
        return Incumbent()
    patch_of = start.patch_of() if isinstance(start, PatchPlan) else start
    part = _unit_slots(instance, patch_of)
    if part is None:
        return Incumbent()
    problem = instance.problem
    none = PartBounds(centre=0, moved=0)  # to be checked, not shown
    slot_of = part[instance.unit_of]
    plan = build_plan(problem, slot_of, bound=0, seed=0, seconds=0.0, parts=none)
    if broken := check_patches(problem, plan):
        log.debug("the start breaks %d rules, the first: %s", len(broken), broken[0].message)
        return Incumbent()
    arrays = instance.arrays
    return Incumbent(part=part, cost=penalised_cost(arrays, part))


def _unit_slots(instance: Instance, patch_of: Mapping[str, str]) -> Int64s | None:
    """Return (m,) the slot of each unit; None where a unit is in several or a slot empty."""
    number = {slot.patch: k for k, slot in enumerate(instance.problem.slots)}
    slot_of = np.array(
        [number.get(patch_of.get(b.block_ref, ""), -1) for b in instance.problem.blocks],
        dtype=np.int64,
    )
    part = np.full(instance.units, -1, dtype=np.int64)
    part[instance.unit_of] = slot_of
    whole = bool((part[instance.unit_of] == slot_of).all())
    filled = np.unique(part).size == instance.slots
    return part if whole and filled and part.min() >= 0 else None
