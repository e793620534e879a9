"""Contradictions in further measures and pairs kept apart, proven before any search."""

from __future__ import annotations

import numpy as np

from optimiser.districting.units.instance import Instance, Int64s
from optimiser.districting.units.measures import apart_pairs, label_units
from optimiser.errors import Infeasible

__all__ = ["require_apart_possible", "require_measures_possible"]


def require_measures_possible(instance: Instance) -> None:
    """Raise Infeasible with the first contradiction in the limits of further measures."""
    for c in range(len(instance.problem.measures)):
        _require_limits_in_order(instance, c)
        _require_total_fits(instance, c)
        _require_units_fit(instance, c)
        _require_slots_fit(instance, c)


def require_apart_possible(instance: Instance) -> None:
    """Raise Infeasible with the first contradiction in which blocks are kept apart."""
    _require_units_divisible(instance)
    _require_own_patches(instance)
    _require_patches_enough(instance)


def _require_limits_in_order(instance: Instance, c: int) -> None:
    measure = instance.problem.measures[c]
    for k, slot in enumerate(instance.problem.slots):
        if measure.lower[k] > measure.upper[k] or measure.upper[k] < 0:
            raise Infeasible(
                f"patch {slot.patch} must hold at least {measure.lower[k]:,} and at most "
                f"{measure.upper[k]:,} {measure.name}",
                f"raise the upper limit on {measure.name}, or lower the lower limit",
            )


def _held_at_most(instance: Instance, c: int) -> Int64s:
    """Return (m,) what each unit brings to a patch that holds nothing else."""
    a = instance.arrays
    held = a.amount[:, c].copy()
    for label, units in enumerate(label_units(a)):
        if a.label_measure[label] == c:
            held[units] += 1
    return held


def _require_total_fits(instance: Instance, c: int) -> None:
    a, measure = instance.arrays, instance.problem.measures[c]
    name, high = measure.name, sum(measure.upper.tolist())
    low = sum(int(v) for v in measure.lower.clip(0))
    spanning = int((a.label_measure == c).sum())
    total = int(a.amount[:, c].sum()) + spanning
    # A label that spans units is in one patch at least, and in as many as it has units.
    most = int(_held_at_most(instance, c).sum())
    if total > high:
        raise Infeasible(
            f"all blocks together have {total:,} {name}, and the patches' upper limits "
            f"allow only {high:,}",
            f"raise the upper limits on {name} by {100 * (total / max(high, 1) - 1):.1f} %, "
            "or add officers",
        )
    if most < low:
        raise Infeasible(
            f"all blocks together have only {most:,} {name}, and the patches' lower limits "
            f"ask for {low:,}",
            f"lower the lower limits on {name} by {100 * (1 - most / low):.1f} %, or ask for "
            "fewer patches",
        )


def _require_units_fit(instance: Instance, c: int) -> None:
    a, measure = instance.arrays, instance.problem.measures[c]
    alone = _held_at_most(instance, c)
    limit = np.where(a.banned, -1, measure.upper[None, :])
    large = np.flatnonzero(alone > limit.max(axis=1))
    if large.size:
        worst = int(large[np.argmax(alone[large] - limit[large].max(axis=1))])
        most, patch = int(limit[worst].max()), instance.problem.slots[int(limit[worst].argmax())]
        more = f" ({large.size} groups have too many in all)" if large.size > 1 else ""
        several = int((instance.unit_of == worst).sum()) > 1
        raise Infeasible(
            f"{instance.names[worst]} alone has {alone[worst]:,} {measure.name}, and patch "
            f"{patch.patch} may hold at most {most:,}{more}",
            f"{'split it, or ' if several else ''}raise the limit on {measure.name} to "
            f"{alone[worst]:,}",
        )


def _require_slots_fit(instance: Instance, c: int) -> None:
    a, measure = instance.arrays, instance.problem.measures[c]
    alone = _held_at_most(instance, c)
    for k, slot in enumerate(instance.problem.slots):
        usable = ~a.banned[:, k] & (alone <= measure.upper[k])
        if alone[usable].sum() < measure.lower[k]:
            raise Infeasible(
                f"patch {slot.patch} needs {measure.lower[k]:,} {measure.name}, but the blocks "
                f"that it may take have only {alone[usable].sum():,}",
                f"lower its limit on {measure.name}, or relax its pins, bans or reach",
            )
        pinned = ~a.banned[:, k] & np.delete(a.banned, k, axis=1).all(axis=1)
        spanning = [
            units for label, units in enumerate(label_units(a)) if a.label_measure[label] == c
        ]
        held = int(a.amount[pinned, c].sum()) + sum(bool(pinned[u].any()) for u in spanning)
        if held > measure.upper[k]:
            raise Infeasible(
                f"the blocks that only patch {slot.patch} may take have {held:,} "
                f"{measure.name}, above its limit of {measure.upper[k]:,}",
                f"pin fewer blocks to it, or raise its limit on {measure.name} to {held:,}",
            )


def _require_units_divisible(instance: Instance) -> None:
    for i, j in instance.problem.apart.tolist():
        unit = instance.unit_of[i]
        if unit == instance.unit_of[j]:
            one, other = (instance.problem.blocks[b].block_ref for b in (i, j))
            raise Infeasible(
                f"blocks {one} and {other} are to be kept apart, but belong to "
                f"{instance.names[unit]}, which stays in one patch",
                "let them share a patch, or let what stays together be split",
            )


def _require_own_patches(instance: Instance) -> None:
    a = instance.arrays
    for u, v in apart_pairs(a).tolist():
        places = np.flatnonzero(~a.banned[u] | ~a.banned[v])
        if places.size == 1:
            patch = instance.problem.slots[int(places[0])].patch
            raise Infeasible(
                f"{instance.names[u]} and {instance.names[v]} are to be kept apart, but both "
                f"may only go to patch {patch}",
                f"let them share a patch, or let one of them go to another patch than {patch}",
            )


def _require_patches_enough(instance: Instance) -> None:
    """Look for more units kept apart from each other than there are patches, greedily."""
    a = instance.arrays
    rivals = [
        set(a.apart_of[a.apart_start[u] : a.apart_start[u + 1]].tolist())
        for u in range(instance.units)
    ]
    for start in range(instance.units):
        group, left = [start], rivals[start]
        while left:
            u = max(sorted(left), key=lambda v: len(rivals[v] & left))
            group.append(u)
            left = left & rivals[u]
        if len(group) > instance.slots:
            named = ", ".join(instance.names[u] for u in sorted(group)[:6])
            raise Infeasible(
                f"{len(group)} groups of blocks are all to be kept apart from each other "
                f"({named}), but there are only {instance.slots} patches",
                "let some of them share a patch, or ask for more patches",
            )
