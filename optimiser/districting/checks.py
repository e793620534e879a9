"""Every rule of a patch plan, stated again without the solver.

`check_patches` works from the problem's blocks, slots, edges and costs alone: it
recomputes each figure that a plan reports and names each rule that it breaks. It
shares no code with the solver, so that a mistake there is not repeated here.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from optimiser.model.outcome import Status, Violation, cost_gap, status_of
from optimiser.model.patches import (
    COST_UNITS_PER_MINUTE,
    WORKLOAD_UNITS_PER_POINT,
    PatchMeasure,
    PatchPlan,
    PatchProblem,
    PatchSummary,
)

__all__ = ["check_patches"]

TOLERANCE: Final = 1e-6


@dataclass(frozen=True, slots=True)
class _Reading:
    """A plan in the problem's numbers: the slot of each block, the centre of each slot; -1 unknown.

    `summaries` has one entry a slot, None where the plan has none.
    """

    problem: PatchProblem
    plan: PatchPlan
    slot_of: npt.NDArray[np.int64]
    centres: npt.NDArray[np.int64]
    summaries: tuple[PatchSummary | None, ...]

    @property
    def complete(self) -> bool:
        """Whether every block has a patch and every patch a centre, so that costs exist."""
        return bool((self.slot_of >= 0).all() and (self.centres >= 0).all())

    def members(self, slot: int) -> list[int]:
        """Return the blocks of a slot."""
        return np.flatnonzero(self.slot_of == slot).tolist()


def check_patches(problem: PatchProblem, plan: PatchPlan) -> tuple[Violation, ...]:
    """Return every rule that the plan breaks; empty for a valid plan.

    Parameters
    ----------
    problem
        What was asked.
    plan
        What was answered; nothing in it is taken on trust.

    Returns
    -------
    tuple of Violation
        In a fixed order. Costs are recomputed only when every block has a known
        patch and every patch a known centre; until then those rules say so.
    """
    reading = _read(problem, plan)
    found = (
        *_check_blocks_once(problem, plan),
        *_check_old_patches(problem, plan),
        *_check_slots(reading),
        *_check_centres(reading),
        *_check_units_together(reading),
        *_check_contiguity(reading),
        *_check_workload(reading),
        *_check_measures(reading),
        *_check_allowed(reading),
        *_check_apart(reading),
        *_check_summaries(reading),
        *_check_split_estates(reading),
        *_check_costs(reading),
        *_check_bound(plan),
        *_check_net_gap(plan),
    )
    # What no valid plan can undercut says nothing of one that breaks a rule.
    return found or tuple(_check_part_bounds(plan))


def _read(problem: PatchProblem, plan: PatchPlan) -> _Reading:
    block_index = {b.block_ref: i for i, b in enumerate(problem.blocks)}
    slot_index = {s.patch: k for k, s in enumerate(problem.slots)}
    slot_of = np.full(len(problem.blocks), -1, dtype=np.int64)
    for item in plan.assignments:
        if item.block_ref in block_index:
            slot_of[block_index[item.block_ref]] = slot_index.get(item.patch, -1)
    centres = np.full(len(problem.slots), -1, dtype=np.int64)
    summaries: list[PatchSummary | None] = [None] * len(problem.slots)
    for summary in plan.patches:
        k = slot_index.get(summary.patch)
        if k is not None:
            summaries[k] = summary
            centres[k] = block_index.get(summary.centre_block, -1)
    return _Reading(problem, plan, slot_of, centres, tuple(summaries))


def _same(stated: float, computed: float) -> bool:
    return abs(stated - computed) <= TOLERANCE * max(1.0, abs(computed))


def _check_blocks_once(problem: PatchProblem, plan: PatchPlan) -> Iterator[Violation]:
    """Require every block of the problem, and no other, in one known patch."""
    times = Counter(a.block_ref for a in plan.assignments)
    known = {b.block_ref for b in problem.blocks}
    for ref in sorted(known - times.keys()):
        yield Violation(rule="block_once", subject=ref, message="the block has no patch")
    for ref, count in times.items():
        if count > 1:
            message = f"the block is assigned {count} times"
            yield Violation(rule="block_once", subject=ref, message=message)
        if ref not in known:
            message = "the block is not one of the problem's"
            yield Violation(rule="known_block", subject=ref, message=message)
    patches = {s.patch for s in problem.slots}
    for item in plan.assignments:
        if item.patch not in patches:
            message = f"patch {item.patch} is not one of the problem's"
            yield Violation(rule="known_patch", subject=item.block_ref, message=message)


def _check_old_patches(problem: PatchProblem, plan: PatchPlan) -> Iterator[Violation]:
    """Require the patch of today to be the one that the problem states."""
    current = {b.block_ref: b.current_patch for b in problem.blocks}
    for item in plan.assignments:
        if item.block_ref in current and item.old_patch != current[item.block_ref]:
            message = f"old patch {item.old_patch} should be {current[item.block_ref]}"
            yield Violation(rule="old_patch", subject=item.block_ref, message=message)


def _check_slots(reading: _Reading) -> Iterator[Violation]:
    """Require one summary of every patch and no other, and a block in each."""
    known = {s.patch for s in reading.problem.slots}
    times = Counter(s.patch for s in reading.plan.patches)
    for patch in sorted(known | times.keys()):
        if times[patch] != 1 or patch not in known:
            message = (
                f"summarised {times[patch]} times, {'' if patch in known else 'not '}asked for"
            )
            yield Violation(rule="patch_once", subject=patch, message=message)
    for k, slot in enumerate(reading.problem.slots):
        if not reading.members(k):
            yield Violation(rule="patch_empty", subject=slot.patch, message="it has no block")


def _check_centres(reading: _Reading) -> Iterator[Violation]:
    """Require a patch's centre to be one of its own blocks."""
    for k, slot in enumerate(reading.problem.slots):
        summary = reading.summaries[k]
        if summary is None or not reading.members(k):
            continue
        if reading.centres[k] < 0 or reading.slot_of[reading.centres[k]] != k:
            message = f"its centre {summary.centre_block} is not one of its blocks"
            yield Violation(rule="centre_in_patch", subject=slot.patch, message=message)


def _check_units_together(reading: _Reading) -> Iterator[Violation]:
    """Require the blocks of one unit in one patch."""
    unit = np.asarray(reading.problem.unit)
    for number in range(int(unit.max()) + 1):
        own = np.flatnonzero(unit == number)
        if len(set(reading.slot_of[own].tolist())) > 1:
            block = reading.problem.blocks[int(own[0])]
            message = f"its {len(own)} blocks should stay in one patch"
            subject = block.estate or block.block_ref
            yield Violation(rule="unit_together", subject=subject, message=message)


def _check_contiguity(reading: _Reading) -> Iterator[Violation]:
    """Require a way from any block of a patch to any other over neighbours in it."""
    neighbours: list[list[int]] = [[] for _ in reading.problem.blocks]
    for i, j in np.asarray(reading.problem.edges).tolist():
        neighbours[i].append(j)
        neighbours[j].append(i)
    for k, slot in enumerate(reading.problem.slots):
        own = set(reading.members(k))
        main: set[int] = max(_pieces(own, neighbours), key=len, default=set())
        if cut := sorted(own - main):
            refs = ", ".join(reading.problem.blocks[i].block_ref for i in cut[:5])
            verb = "is" if len(cut) == 1 else "are"
            message = f"{len(cut)} of its {len(own)} blocks {verb} cut off: {refs}"
            yield Violation(rule="contiguity", subject=slot.patch, message=message)


def _pieces(own: set[int], neighbours: list[list[int]]) -> Iterator[set[int]]:
    """Yield the connected pieces of a set of blocks, in order of their first blocks."""
    left = set(own)
    for first in sorted(own):
        if first not in left:
            continue
        left.remove(first)
        reached, waiting = {first}, deque([first])
        while waiting:
            for j in neighbours[waiting.popleft()]:
                if j in left:
                    left.remove(j)
                    reached.add(j)
                    waiting.append(j)
        yield reached


def _check_workload(reading: _Reading) -> Iterator[Violation]:
    """Require a patch's workload to lie within its limits."""
    for k, slot in enumerate(reading.problem.slots):
        load = sum(reading.problem.blocks[i].workload for i in reading.members(k))
        if not slot.lower <= load <= slot.upper:
            points = [v / WORKLOAD_UNITS_PER_POINT for v in (load, slot.lower, slot.upper)]
            message = "workload {:.2f} points, limits {:.2f} to {:.2f}".format(*points)
            yield Violation(rule="workload", subject=slot.patch, message=message)


def _check_allowed(reading: _Reading) -> Iterator[Violation]:
    """Require no block in a patch that a pin, a reach limit or a ban forbids it."""
    for i, block in enumerate(reading.problem.blocks):
        k = int(reading.slot_of[i])
        if k >= 0 and not reading.problem.allowed[i, k]:
            message = f"it may not be in patch {reading.problem.slots[k].patch}"
            yield Violation(rule="allowed", subject=block.block_ref, message=message)


def _amount_held(measure: PatchMeasure, own: list[int]) -> int:
    """Return what blocks hold of a measure: the sum, or how many different labels."""
    amounts = [int(measure.amount[i]) for i in own]
    return len({label for label in amounts if label >= 0}) if measure.distinct else sum(amounts)


def _check_measures(reading: _Reading) -> Iterator[Violation]:
    """Require what a patch holds of each further measure to lie within its limits."""
    for measure in reading.problem.measures:
        for k, slot in enumerate(reading.problem.slots):
            held = _amount_held(measure, reading.members(k))
            lower, upper = int(measure.lower[k]), int(measure.upper[k])
            if not lower <= held <= upper:
                message = f"{measure.name}: {held}, limits {lower} to {upper}"
                yield Violation(rule="measure", subject=slot.patch, message=message)


def _check_apart(reading: _Reading) -> Iterator[Violation]:
    """Require blocks that are to be kept apart in different patches."""
    for i, j in np.asarray(reading.problem.apart).tolist():
        k = int(reading.slot_of[i])
        if k >= 0 and k == reading.slot_of[j]:
            one, other = (reading.problem.blocks[b].block_ref for b in (i, j))
            patch = reading.problem.slots[k].patch
            message = f"it and {other} are to be kept apart, both are in patch {patch}"
            yield Violation(rule="apart", subject=one, message=message)


def _check_summaries(reading: _Reading) -> Iterator[Violation]:
    """Require each patch's figures to be those of its blocks."""
    problem, points = reading.problem, WORKLOAD_UNITS_PER_POINT
    for k, slot in enumerate(problem.slots):
        summary = reading.summaries[k]
        if summary is None:
            continue
        own, centre = reading.members(k), int(reading.centres[k])
        names = (summary.officer_ref, summary.service_centre)
        if names != (slot.officer_ref, slot.service_centre):
            message = f"officer and service centre {names} are not the problem's"
            yield Violation(rule="summary", subject=slot.patch, message=message)
        figures: dict[str, tuple[float, float]] = {
            "homes": (summary.homes, sum(problem.blocks[i].homes for i in own)),
            "blocks": (summary.blocks, len(own)),
            "workload": (summary.workload, sum(problem.blocks[i].workload for i in own) / points),
            "target": (summary.target, slot.target / points),
            "lower": (summary.lower, slot.lower / points),
            "upper": (summary.upper, slot.upper / points),
        }
        if centre >= 0:
            walk = int(problem.walk_cost[own, centre].sum()) / COST_UNITS_PER_MINUTE
            figures["walk_minutes"] = (summary.walk_minutes, walk)
        for name, (stated, computed) in figures.items():
            if not _same(stated, computed):
                message = f"{name} is given as {stated}, and comes to {computed}"
                yield Violation(rule="summary", subject=slot.patch, message=message)
        given = [(use.name, use.value, use.lower, use.upper) for use in summary.measures]
        uses = [
            (m.name, _amount_held(m, own), int(m.lower[k]), int(m.upper[k]))
            for m in problem.measures
        ]
        if given != uses:
            message = f"measures are given as {given}, and come to {uses}"
            yield Violation(rule="summary", subject=slot.patch, message=message)


def _check_split_estates(reading: _Reading) -> Iterator[Violation]:
    """Require the estates in several patches to be listed with how many."""
    parts: dict[str, set[int]] = {}
    for i, block in enumerate(reading.problem.blocks):
        if block.estate is not None and reading.slot_of[i] >= 0:
            parts.setdefault(block.estate, set()).add(int(reading.slot_of[i]))
    split = {estate: len(slots) for estate, slots in parts.items() if len(slots) > 1}
    stated = reading.plan.split_estates
    for estate in sorted(split.keys() | stated.keys()):
        if split.get(estate) != stated.get(estate):
            message = f"listed in {stated.get(estate, 1)} patches, it is in {split.get(estate, 1)}"
            yield Violation(rule="split_estates", subject=estate, message=message)


def _check_costs(reading: _Reading) -> Iterator[Violation]:
    """Require minutes, moved homes and objective to be those of the assignment."""
    plan, problem = reading.plan, reading.problem
    if not reading.complete:
        message = "not recomputable: a block has no known patch or a patch no known centre"
        yield Violation(rule="objective", subject="plan", message=message)
        return
    blocks, slots = np.arange(len(problem.blocks)), np.arange(len(problem.slots))
    units = COST_UNITS_PER_MINUTE
    walk = int(problem.walk_cost[blocks, reading.centres[reading.slot_of]].sum()) / units
    centre = int(problem.centre_cost[slots, reading.centres].sum()) / units
    moved = int(problem.move_cost[blocks, reading.slot_of].sum()) / units
    homes = int(problem.moved_homes[blocks, reading.slot_of].sum())
    figures: dict[str, tuple[float, float]] = {
        "walk_minutes": (plan.walk_minutes, walk),
        "centre_minutes": (plan.centre_minutes, centre),
        "moved_minutes": (plan.moved_minutes, moved),
        "homes_moved": (plan.homes_moved, homes),
        "objective": (plan.objective, walk + centre + moved),
    }
    for rule, (stated, computed) in figures.items():
        if not _same(stated, computed):
            message = f"given as {stated}, and comes to {computed}"
            yield Violation(rule=rule, subject="plan", message=message)


def _check_bound(plan: PatchPlan) -> Iterator[Violation]:
    """Require a bound not above the plan's cost, and the gap and status that follow."""
    if not plan.bound <= plan.objective + TOLERANCE * max(1.0, abs(plan.objective)):
        message = f"bound {plan.bound} is above the objective {plan.objective}"
        yield Violation(rule="bound", subject="plan", message=message)
    gap = cost_gap(plan.objective, plan.bound)
    if not abs(plan.gap - gap) <= TOLERANCE:
        message = f"gap is given as {plan.gap}, and comes to {gap}"
        yield Violation(rule="gap", subject="plan", message=message)
    if plan.status is Status.OPTIMAL and status_of(gap) is not Status.OPTIMAL:
        message = f"called optimal with a gap of {gap:.6f}"
        yield Violation(rule="status", subject="plan", message=message)


def _check_net_gap(plan: PatchPlan) -> Iterator[Violation]:
    """Require what every plan must pay to be the sum of its parts, and the gap without it."""
    paid = (plan.centre_bound or 0.0) + (plan.moved_bound or 0.0)
    if not _same(plan.unavoidable, paid):
        message = f"given as {plan.unavoidable}, and comes to {paid}"
        yield Violation(rule="unavoidable", subject="plan", message=message)
    if plan.net_gap is None:
        return
    gap = cost_gap(plan.objective - plan.unavoidable, plan.bound - plan.unavoidable)
    if not abs(plan.net_gap - gap) <= TOLERANCE:
        message = f"given as {plan.net_gap}, and comes to {gap}"
        yield Violation(rule="net_gap", subject="plan", message=message)


def _check_part_bounds(plan: PatchPlan) -> Iterator[Violation]:
    """Require no part below its bound, and a bound that covers what every plan must pay."""
    parts: dict[str, tuple[float | None, float]] = {
        "walk_bound": (plan.walk_bound, plan.walk_minutes),
        "centre_bound": (plan.centre_bound, plan.centre_minutes),
        "moved_bound": (plan.moved_bound, plan.moved_minutes),
        "unavoidable": (plan.unavoidable, plan.bound),
    }
    for rule, (bound, value) in parts.items():
        if bound is not None and bound > value + TOLERANCE * max(1.0, abs(value)):
            message = f"{bound} is above {value}"
            yield Violation(rule=rule, subject="plan", message=message)
