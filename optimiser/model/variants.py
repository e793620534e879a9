"""A patch problem at another balance or price of a moved home.

Pure functions; each returns a new problem. A slot whose limits are its target less and
plus the balance follows a new one; other limits, as a locked patch's, stay as they are.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from optimiser.model.patches import COST_UNITS_PER_MINUTE, PatchProblem, PatchSlot
from optimiser.model.rules import PatchRules
from optimiser.model.units import Fit, join_blocks, neighbours_of

__all__ = [
    "exact_targets",
    "following_balance",
    "includes",
    "limited",
    "read_only",
    "units_for_limits",
    "with_balance",
    "with_move_price",
]

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]

_ROUNDING: Final = 1e-9


def with_balance(problem: PatchProblem, balance: float) -> PatchProblem:
    """Return the problem with each workload within +- `balance` of its target.

    An estate too heavy for every patch at the new balance is split by block, and one
    that now fits is put together again, if the rules ask for whole estates.
    """
    if balance == problem.balance:
        return problem
    following = following_balance(problem)
    exact = exact_targets(problem, following)
    slots = tuple(
        limited(slot, target, balance) if follows else slot
        for slot, target, follows in zip(problem.slots, exact, following, strict=True)
    )
    changed = problem.model_copy(
        update={"slots": slots, "balance": balance, "rules": _ruled(problem, balance=balance)}
    )
    return changed.model_copy(update={"unit": units_for_limits(changed)})


def with_move_price(problem: PatchProblem, minutes: float) -> PatchProblem:
    """Return the problem with another price of a household that changes officer.

    Prices of open cases and vulnerable residents go with it where the rules leave them
    to follow it, and stay where the rules set them. Without rules, each household that
    changes officer costs the same.
    """
    if minutes < 0:
        raise ValueError(f"the price of a moved home cannot be {minutes}")
    rules = problem.rules
    if rules is not None and minutes == rules.moved_home_minutes:
        return problem
    moved = np.asarray(problem.moved_homes, dtype=np.float64)
    if rules is None:
        cost = moved * minutes * COST_UNITS_PER_MINUTE
    else:
        cost = _repriced(problem, moved, rules, minutes)
    return problem.model_copy(
        update={
            "move_cost": read_only(np.rint(cost).astype(np.int64)),
            "rules": _ruled(problem, moved_home_minutes=minutes),
        }
    )


def includes(wide: PatchProblem, narrow: PatchProblem) -> bool:
    """Say whether every plan of `narrow` is one of `wide`, at no higher cost.

    Both are variants of one problem. Then a bound of `wide` holds for `narrow` too.
    """
    if [s.patch for s in wide.slots] != [s.patch for s in narrow.slots]:
        return False
    limits = [(w.lower <= s.lower, w.upper >= s.upper)
              for w, s in zip(wide.slots, narrow.slots, strict=True)]  # fmt: skip
    limits += [(bool((w.lower <= m.lower).all()), bool((w.upper >= m.upper).all()))
               for w, m in zip(wide.measures, narrow.measures, strict=True)]  # fmt: skip
    # Each unit of the wide one lies in one of the narrow one.
    pairs = np.unique(np.stack([wide.unit, narrow.unit]), axis=1).shape[1]
    return (
        all(low and high for low, high in limits)
        and pairs == int(wide.unit.max()) + 1
        and bool((wide.allowed | ~narrow.allowed).all())
        and bool((wide.move_cost <= narrow.move_cost).all())
        and bool((wide.centre_cost <= narrow.centre_cost).all())
    )


# Limits


def limited(slot: PatchSlot, target: float, balance: float) -> PatchSlot:
    """Return the slot with the limits of a target, rounded as where problems are built."""
    return slot.model_copy(
        update={
            "target": round(target),
            "lower": math.ceil(max(0.0, target * (1 - balance)) - _ROUNDING),
            "upper": math.floor(target * (1 + balance) + _ROUNDING),
        }
    )


def following_balance(problem: PatchProblem) -> list[bool]:
    """Say of each slot whether its limits are its target less and plus the balance."""

    def near(slot: PatchSlot) -> bool:
        # The target itself is rounded, so limits may be a unit and a half away.
        low, high = slot.target * (1 - problem.balance), slot.target * (1 + problem.balance)
        return abs(slot.lower - low) <= 1.5 and abs(slot.upper - high) <= 1.5

    return [near(slot) for slot in problem.slots]


def exact_targets(problem: PatchProblem, following: list[bool]) -> Floats:
    """Return targets before rounding, where they are shares by FTE of the work left."""
    stated = np.array([s.target for s in problem.slots], dtype=np.float64)
    fte = np.array([s.fte for s in problem.slots])
    free = np.array(following)
    if not free.any():
        return stated
    left = sum(b.workload for b in problem.blocks) - stated[~free].sum()
    share = left * fte / fte[free].sum()
    return np.where(free & (np.abs(share - stated) <= 1.0), share, stated)


# Units


def units_for_limits(problem: PatchProblem) -> npt.NDArray[np.int32]:
    """Return units for the slots' limits, as where problems are built.

    Without rules nothing is known of whole estates, and units stay as they are. Blocks
    put by hand, and those of locked patches, join no estate: they go nowhere else.
    """
    rules = problem.rules
    if rules is None:
        return problem.unit
    blocks, slots = problem.blocks, problem.slots
    locked = np.array([s.patch in problem.locked for s in slots])
    kept = problem.allowed[:, locked].any(axis=1) & (problem.allowed.sum(axis=1) == 1)
    by_hand = set(problem.by_hand)
    unit = join_blocks(
        [b.estate for b in blocks],
        problem.together,
        Fit(
            np.array([b.workload for b in blocks], dtype=np.int64),
            slots,
            problem.allowed,
            problem.apart,
            problem.measures,
        ),
        near=neighbours_of(problem.edges, len(blocks)),
        fixed={i for i, b in enumerate(blocks) if kept[i] or b.block_ref in by_hand},
        whole=rules.keep_estates_whole,
    )
    return read_only(unit)


# Prices and rules


def _repriced(problem: PatchProblem, moved: Floats, rules: PatchRules, minutes: float) -> Floats:
    cost = np.asarray(problem.move_cost, dtype=np.float64)
    by_case = (
        (rules.moved_open_case_minutes, [b.open_cases for b in problem.blocks]),
        (rules.moved_vulnerable_minutes, [b.flagged for b in problem.blocks]),
    )
    if rules.moved_home_minutes > 0 and all(price is None for price, _ in by_case):
        return cost * (minutes / rules.moved_home_minutes)
    # Cases are known by block: where its homes have several codes, they are spread evenly.
    share = moved / np.maximum(1, moved.max(axis=1, keepdims=True))
    units = moved.copy()
    for price, cases in by_case:
        if price is None:
            units += share * np.array(cases, dtype=np.float64)[:, None]
    change = (minutes - rules.moved_home_minutes) * COST_UNITS_PER_MINUTE
    return np.maximum(0.0, cost + change * units)


def _ruled(problem: PatchProblem, **changes: float) -> PatchRules | None:
    """Return the rules, for the record, with other values."""
    return None if problem.rules is None else problem.rules.model_copy(update=changes)


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the array, closed to writing: `model_copy` takes it as it is."""
    array.flags.writeable = False
    return array
