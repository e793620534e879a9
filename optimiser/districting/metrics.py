"""A plan's figures, worked out from the problem and which slot each block is in."""

from __future__ import annotations

import logging

import numpy as np

from optimiser.districting.proof.parts import PartBounds, part_bounds
from optimiser.districting.units.instance import Int64s
from optimiser.model import BlockAssignment, PatchPlan, PatchProblem, PatchSummary
from optimiser.model.outcome import cost_gap, status_of
from optimiser.model.patches import (
    COST_UNITS_PER_MINUTE,
    WORKLOAD_UNITS_PER_POINT,
    MeasureUse,
    PatchMeasure,
)

__all__ = ["amount_held", "best_centres", "build_plan", "plan_cost"]

log = logging.getLogger(__name__)


def best_centres(problem: PatchProblem, slot_of: Int64s) -> Int64s:
    """Return (p,) each patch's own block that serves it at least cost; the first of equals."""
    centres = np.full(len(problem.slots), -1, dtype=np.int64)
    for k in range(len(problem.slots)):
        own = np.flatnonzero(slot_of == k)
        walk = problem.walk_cost[np.ix_(own, own)].sum(axis=0)
        centres[k] = own[int(np.argmin(walk + problem.centre_cost[k, own]))]
    return centres


def plan_cost(problem: PatchProblem, slot_of: Int64s, centres: Int64s) -> tuple[int, int, int]:
    """Return the cost units of walking, of the ways to centres and of moved homes."""
    blocks = np.arange(len(problem.blocks))
    walk = int(problem.walk_cost[blocks, centres[slot_of]].sum())
    centre = int(problem.centre_cost[np.arange(len(centres)), centres].sum())
    return walk, centre, int(problem.move_cost[blocks, slot_of].sum())


def build_plan(
    problem: PatchProblem,
    slot_of: Int64s,
    *,
    bound: int,
    seed: int,
    seconds: float,
    notes: tuple[str, ...] = (),
    parts: PartBounds | None = None,
) -> PatchPlan:
    """Return the plan that puts block i into slot `slot_of[i]`; `bound` in cost units.

    `parts` bounds the parts of the cost; None: those that take a moment are worked out.
    """
    parts = part_bounds(problem) if parts is None else parts
    centres = best_centres(problem, slot_of)
    walk, centre, moved = plan_cost(problem, slot_of, centres)
    total = walk + centre + moved
    bound = max(bound, parts.unavoidable + (parts.walk or 0))
    if bound > total + 1:
        log.warning("a bound of %d is above the cost of a plan, %d: one is wrong", bound, total)
    bound = min(bound, total)
    gap = cost_gap(total, bound)
    assignments = tuple(
        BlockAssignment(
            block_ref=block.block_ref, patch=problem.slots[k].patch, old_patch=block.current_patch
        )
        for block, k in zip(problem.blocks, slot_of, strict=True)
    )
    blocks = np.arange(len(problem.blocks))
    return PatchPlan(
        status=status_of(gap),
        objective=total / COST_UNITS_PER_MINUTE,
        bound=bound / COST_UNITS_PER_MINUTE,
        gap=gap,
        seed=seed,
        seconds=seconds,
        assignments=assignments,
        patches=tuple(
            _summary(problem, k, np.flatnonzero(slot_of == k), int(centres[k]))
            for k in range(len(problem.slots))
        ),
        walk_minutes=walk / COST_UNITS_PER_MINUTE,
        centre_minutes=centre / COST_UNITS_PER_MINUTE,
        moved_minutes=moved / COST_UNITS_PER_MINUTE,
        walk_bound=None if parts.walk is None else parts.walk / COST_UNITS_PER_MINUTE,
        centre_bound=parts.centre / COST_UNITS_PER_MINUTE,
        moved_bound=parts.moved / COST_UNITS_PER_MINUTE,
        unavoidable=parts.unavoidable / COST_UNITS_PER_MINUTE,
        net_gap=cost_gap(total - parts.unavoidable, bound - parts.unavoidable),
        homes_moved=int(problem.moved_homes[blocks, slot_of].sum()),
        balance=problem.balance,
        rules=problem.rules,
        by_hand=problem.by_hand,
        locked=problem.locked,
        split_estates=_split_estates(problem, slot_of),
        notes=(*problem.notes, *notes),
    )


def _summary(problem: PatchProblem, k: int, own: Int64s, centre: int) -> PatchSummary:
    slot = problem.slots[k]
    points = WORKLOAD_UNITS_PER_POINT
    return PatchSummary(
        patch=slot.patch,
        officer_ref=slot.officer_ref,
        service_centre=slot.service_centre,
        centre_block=problem.blocks[centre].block_ref,
        homes=sum(problem.blocks[i].homes for i in own),
        blocks=len(own),
        workload=sum(problem.blocks[i].workload for i in own) / points,
        target=slot.target / points,
        lower=slot.lower / points,
        upper=slot.upper / points,
        walk_minutes=int(problem.walk_cost[own, centre].sum()) / COST_UNITS_PER_MINUTE,
        measures=tuple(
            MeasureUse(
                name=measure.name,
                value=amount_held(measure, own),
                lower=int(measure.lower[k]),
                upper=int(measure.upper[k]),
            )
            for measure in problem.measures
        ),
    )


def amount_held(measure: PatchMeasure, own: Int64s) -> int:
    """Return what blocks hold of a measure: the sum, or how many different labels."""
    amounts = measure.amount[own]
    return np.unique(amounts[amounts >= 0]).size if measure.distinct else int(amounts.sum())


def _split_estates(problem: PatchProblem, slot_of: Int64s) -> dict[str, int]:
    parts: dict[str, set[int]] = {}
    for block, k in zip(problem.blocks, slot_of, strict=True):
        if block.estate is not None:
            parts.setdefault(block.estate, set()).add(int(k))
    return {name: len(found) for name, found in sorted(parts.items()) if len(found) > 1}
