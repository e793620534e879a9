"""`compare_patches`: two assignments by the same problem, nothing taken on their word.

Each side is worked out anew from the problem: the patch's centre is the block that
serves it at least cost; targets are the problem's, or shares by FTE of all work where a
side has other patches; what is split, cut off or outside its limits is named. Sides
need not be valid: the patches of today seldom are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from optimiser.districting.checks import check_patches
from optimiser.districting.metrics import build_plan
from optimiser.model import PatchPlan, PatchProblem
from optimiser.model.comparison import (
    CURRENT,
    ChangedBlock,
    PatchComparison,
    PatchFigures,
    PatchSide,
    SideFigures,
    StatedFigures,
)
from optimiser.model.patches import COST_UNITS_PER_MINUTE, WORKLOAD_UNITS_PER_POINT
from optimiser.model.posts import with_codes

__all__ = ["compare_patches", "side_of_plan"]

Int64s = npt.NDArray[np.int64]
Side = PatchPlan | PatchSide | Mapping[str, str] | Literal["current"]

_SAME: Final = 1e-6


def compare_patches(
    problem: PatchProblem,
    a: Side,
    b: Side,
    *,
    names: tuple[str, str] = ("A", "B"),
    moved_homes: Mapping[str, Int64s] | None = None,
) -> PatchComparison:
    """Set two assignments of a problem's blocks side by side.

    Parameters
    ----------
    problem
        Blocks, costs and limits of today; patches of a side that it does not have are
        worked out with the way from the nearest service centre.
    a, b
        A plan, block_ref -> patch, a `PatchSide`, or "current" for the patches of today.
    names
        What to call them; a `PatchSide` has its own.
    moved_homes
        Patch -> (n,) the homes of each block that would change officer there, for
        patches that the problem does not have; see `with_codes`.
    """
    sides = [_side(problem, side, name) for side, name in zip((a, b), names, strict=True)]
    codes = sorted({patch for side in sides for patch in side.patch_of.values()})
    officers = {patch: who for side in sides for patch, who in side.officer_of.items()}
    wide = with_codes(problem, codes, officers=officers, moved_homes=moved_homes)
    first, second = (_figures(problem, wide, side) for side in sides)
    changed = tuple(
        ChangedBlock(
            block_ref=block.block_ref,
            estate=block.estate,
            homes=block.homes,
            today=block.current_patch,
            a=sides[0].patch_of.get(block.block_ref),
            b=sides[1].patch_of.get(block.block_ref),
        )
        for block in problem.blocks
        if sides[0].patch_of.get(block.block_ref) != sides[1].patch_of.get(block.block_ref)
    )
    return PatchComparison(a=first, b=second, changed=changed, notes=problem.notes)


def side_of_plan(plan: PatchPlan, name: str) -> PatchSide:
    """Return a plan as one side of a comparison."""
    return PatchSide(
        name=name,
        patch_of=plan.patch_of(),
        officer_of={s.patch: s.officer_ref for s in plan.patches},
        equal=plan.rules is not None and plan.rules.patches is not None,
        stated=StatedFigures(
            objective=plan.objective,
            walk_minutes=plan.walk_minutes,
            homes_moved=plan.homes_moved,
            status=plan.status.value,
            bound=plan.bound,
            gap=plan.gap,
        ),
    )


def _side(problem: PatchProblem, side: Side, name: str) -> PatchSide:
    if isinstance(side, PatchSide):
        return side
    if isinstance(side, PatchPlan):
        return side_of_plan(side, name)
    holder: dict[str, str | None] = {s.patch: s.officer_ref for s in problem.slots}
    if isinstance(side, Mapping):
        return PatchSide(name=name, patch_of=dict(side), officer_of=holder)
    today = {b.block_ref: b.current_patch for b in problem.blocks if b.current_patch is not None}
    return PatchSide(name=CURRENT, patch_of=today, officer_of=holder)


def _figures(problem: PatchProblem, wide: PatchProblem, side: PatchSide) -> SideFigures:
    """Return what a side comes to; `wide` is the problem with its patches among the slots."""
    number = {slot.patch: k for k, slot in enumerate(wide.slots)}
    refs = [b.block_ref for b in wide.blocks]
    slot_of = np.array([number.get(side.patch_of.get(ref, ""), -1) for ref in refs], dtype=np.int64)
    used = np.unique(slot_of[slot_of >= 0])
    workload = np.array([b.workload for b in wide.blocks], dtype=np.int64)
    target = _targets(problem, wide, side, used, float(workload[slot_of >= 0].sum()))
    patches = []
    for k in used.tolist():
        own = np.flatnonzero(slot_of == k)
        way = wide.centre_cost[k] / (wide.slots[k].fte if side.equal else 1.0)
        walk = wide.walk_cost[np.ix_(own, own)].sum(axis=0)
        centre = int(np.argmin(walk + way[own]))
        patches.append(
            PatchFigures(
                patch=wide.slots[k].patch,
                officer_ref=side.officer_of.get(wide.slots[k].patch),
                homes=sum(wide.blocks[i].homes for i in own),
                blocks=own.size,
                workload=int(workload[own].sum()) / WORKLOAD_UNITS_PER_POINT,
                target=target[k] / WORKLOAD_UNITS_PER_POINT,
                walk_minutes=int(walk[centre]) / COST_UNITS_PER_MINUTE,
                centre_minutes=float(way[own[centre]]) / COST_UNITS_PER_MINUTE,
                pieces=_pieces(wide.edges, own),
            )
        )
    held = np.flatnonzero(slot_of >= 0)
    found = SideFigures(
        name=side.name,
        patches=tuple(sorted(patches, key=lambda p: p.patch)),
        walk_minutes=sum(p.walk_minutes for p in patches),
        centre_minutes=sum(p.centre_minutes for p in patches),
        moved_minutes=int(wide.move_cost[held, slot_of[held]].sum()) / COST_UNITS_PER_MINUTE,
        homes_moved=int(wide.moved_homes[held, slot_of[held]].sum()),
        split_estates=_split_estates(wide, slot_of),
        blocks_without_patch=int((slot_of < 0).sum()),
        breaks=_breaks(problem, side, slot_of, patches),
        notes=side.notes,
    )
    return _with_stated(found, side.stated)


def _targets(
    problem: PatchProblem, wide: PatchProblem, side: PatchSide, used: Int64s, work: float
) -> dict[int, float]:
    """Return each patch's target: the problem's own, or by FTE where the patches are others."""
    slots = {int(k): wide.slots[k] for k in used}
    if not side.equal and list(slots) == list(range(len(problem.slots))):
        return {k: float(slot.target) for k, slot in slots.items()}
    fte = {k: 1.0 if side.equal else slot.fte for k, slot in slots.items()}
    return {k: work * share / sum(fte.values()) for k, share in fte.items()}


def _breaks(
    problem: PatchProblem, side: PatchSide, slot_of: Int64s, patches: list[PatchFigures]
) -> tuple[str, ...]:
    """Return the rules that a side breaks; the checker's words where the patches are the same."""
    p = len(problem.slots)
    if not side.equal and np.array_equal(np.unique(slot_of), np.arange(p)):
        plan = build_plan(problem, slot_of, bound=0, seed=0, seconds=0.0)
        return tuple(f"{v.subject}: {v.message}" for v in check_patches(problem, plan))
    told = [
        f"{f.patch}: {100 * f.off_target:+.1f}% from its target, limit {100 * problem.balance:g}%"
        for f in patches
        if abs(f.off_target) > problem.balance + 5e-4
    ]
    told += [f"{f.patch}: in {f.pieces} pieces" for f in patches if f.pieces > 1]
    return tuple(sorted(told))


def _with_stated(found: SideFigures, stated: StatedFigures | None) -> SideFigures:
    """Take over the proof of an output that comes to what it states; say where it does not."""
    if stated is None:
        return found
    if abs(found.objective - stated.objective) <= _SAME * max(1.0, stated.objective):
        proof = {"status": stated.status, "bound": stated.bound, "gap": stated.gap}
        return found.model_copy(update=proof)
    note = (
        f"{found.name} was made at {stated.objective:,.1f} minutes a week ({stated.homes_moved:,} "
        f"homes moved); by today's files and rules it comes to {found.objective:,.1f} "
        f"({found.homes_moved:,}), so its bound and gap no longer hold."
    )
    return found.model_copy(update={"notes": (*found.notes, note)})


def _pieces(edges: npt.NDArray[np.int32], own: npt.NDArray[np.integer]) -> int:
    """Return into how many pieces blocks fall."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    local = np.full(int(max(own.max(), edges.max(initial=0))) + 1, -1)
    local[own] = np.arange(own.size)
    ends = local[edges]
    ends = ends[(ends >= 0).all(axis=1)]
    ones = np.ones(len(ends), dtype=np.int8)
    graph = coo_array((ones, (ends[:, 0], ends[:, 1])), shape=(own.size, own.size))
    return int(connected_components(graph, directed=False)[0])


def _split_estates(problem: PatchProblem, slot_of: Int64s) -> dict[str, int]:
    parts: dict[str, set[int]] = {}
    for block, k in zip(problem.blocks, slot_of.tolist(), strict=True):
        if block.estate is not None and k >= 0:
            parts.setdefault(block.estate, set()).add(k)
    return {name: len(found) for name, found in sorted(parts.items()) if len(found) > 1}
