"""Contradictions that prove that no plan can exist, and what a search without a plan came to."""

from __future__ import annotations

import numpy as np

from optimiser.districting.impossible.contradictions import (
    require_apart_possible,
    require_measures_possible,
)
from optimiser.districting.impossible.joins import require_joined
from optimiser.districting.impossible.wording import in_points, listed
from optimiser.districting.units.instance import Instance, Int64s
from optimiser.errors import Infeasible

__all__ = ["require_possible", "rules_left_broken"]

_SHOWN = 3


def require_possible(instance: Instance) -> None:
    """Raise Infeasible with the first contradiction found, by name and number."""
    _require_sane_limits(instance)
    _require_enough_units(instance)
    _require_total_fits(instance)
    _require_units_fit(instance)
    _require_slots_fillable(instance)
    require_joined(instance)
    require_measures_possible(instance)
    require_apart_possible(instance)


def rules_left_broken(instance: Instance, nearest: Int64s | None) -> str:
    """Return a clause on the rules that the nearest partition (m,) breaks; "" if there is none."""
    from optimiser.districting.checks import check_patches
    from optimiser.districting.metrics import build_plan

    if nearest is None:
        return ""
    problem, slot_of = instance.problem, nearest[instance.unit_of]
    broken = check_patches(problem, build_plan(problem, slot_of, bound=0, seed=0, seconds=0.0))
    if not broken:
        return ""
    first = "; ".join(f"{v.subject}: {v.message}" for v in broken[:_SHOWN])
    more = f"; and {len(broken) - _SHOWN} more" if len(broken) > _SHOWN else ""
    return f"the nearest breaks {len(broken)} rule{'s' * (len(broken) > 1)} ({first}{more}); "


def _require_sane_limits(instance: Instance) -> None:
    for slot in instance.problem.slots:
        if slot.lower > slot.upper:
            raise Infeasible(
                f"patch {slot.patch}: no workload lies between its lower limit of "
                f"{in_points(slot.lower)} and its upper limit of {in_points(slot.upper)}",
                "raise the balance",
            )


def _require_enough_units(instance: Instance) -> None:
    if instance.slots > instance.units:
        raise Infeasible(
            f"{instance.slots} patches, but only {instance.units} groups of blocks that "
            "stay together",
            f"ask for {instance.units} patches or fewer, or let estates be split",
        )


def _require_total_fits(instance: Instance) -> None:
    a = instance.arrays
    total, low, high = int(a.weight.sum()), int(a.lower.sum()), int(a.upper.sum())
    if total > high:
        raise Infeasible(
            f"all blocks together are {in_points(total)}, the patches' upper limits only "
            f"{in_points(high)}",
            f"raise the upper limits by {100 * (total / max(high, 1) - 1):.1f} %, or add officers",
        )
    if total < low:
        raise Infeasible(
            f"all blocks together are {in_points(total)}, the patches' lower limits "
            f"already {in_points(low)}",
            f"lower the lower limits by {100 * (1 - total / low):.1f} %, or ask for fewer patches",
        )


def _require_units_fit(instance: Instance) -> None:
    a, problem = instance.arrays, instance.problem
    nowhere = np.flatnonzero(a.banned.all(axis=1))
    if nowhere.size:
        raise Infeasible(
            f"{listed([instance.names[u] for u in nowhere])} may go to no patch: pins, bans "
            "and reach limits leave none",
            "remove one of the rules that forbid it",
        )
    limit = np.where(a.banned, -1, a.upper[None, :])
    heavy = np.flatnonzero(a.weight > limit.max(axis=1))
    if heavy.size:
        worst = int(heavy[np.argmax(a.weight[heavy] / np.maximum(1, limit[heavy].max(axis=1)))])
        most = int(limit[worst].max())
        over = 100 * (a.weight[worst] / max(most, 1) - 1)
        slot = problem.slots[int(np.argmax(limit[worst]))]
        several = int((instance.unit_of == worst).sum()) > 1
        more = f" ({heavy.size} groups are too heavy in all)" if heavy.size > 1 else ""
        raise Infeasible(
            f"{instance.names[worst]} alone is {over:.1f} % above the limit: "
            f"{in_points(int(a.weight[worst]))}, and patch {slot.patch} takes at most "
            f"{in_points(most)}{more}",
            f"{'split it, or ' if several else ''}raise the balance to "
            f"{_balance_needed(instance, worst):.0f} %",
        )


def _balance_needed(instance: Instance, unit: int) -> float:
    a = instance.arrays
    target = max(
        slot.target for k, slot in enumerate(instance.problem.slots) if not a.banned[unit, k]
    )
    return float(np.ceil(100 * (a.weight[unit] / max(target, 1) - 1)))


def _require_slots_fillable(instance: Instance) -> None:
    a = instance.arrays
    for k, slot in enumerate(instance.problem.slots):
        usable = ~a.banned[:, k] & (a.weight <= a.upper[k])
        pinned = usable & (np.delete(a.banned, k, axis=1).all(axis=1))
        if not usable.any() or a.weight[usable].sum() < a.lower[k]:
            raise Infeasible(
                f"patch {slot.patch} needs {in_points(slot.lower)}, but the blocks that it may "
                f"take are only {in_points(int(a.weight[usable].sum()))}",
                "relax its pins, bans or reach, or leave the patch out",
            )
        if a.weight[pinned].sum() > a.upper[k]:
            raise Infeasible(
                f"the blocks that only patch {slot.patch} may take are "
                f"{in_points(int(a.weight[pinned].sum()))}, above its limit of "
                f"{in_points(slot.upper)}",
                "pin fewer blocks to it, or raise the balance",
            )
