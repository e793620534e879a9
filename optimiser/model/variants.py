"""A patch problem at another balance or price of a moved home.

Pure functions; each returns a new problem. A slot whose limits are its target less and
plus the balance follows a new one; other limits, as a locked patch's, stay as they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from optimiser.model.patches import COST_UNITS_PER_MINUTE, PatchProblem, PatchSlot
from optimiser.model.rules import PatchRules

__all__ = [
    "exact_targets",
    "following_balance",
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

    Each part of an estate that hangs together is one unit while some patch may hold it,
    else its blocks are; blocks that the rules put together stay so. Without rules, or
    where they do not ask for whole estates, units stay as they are.
    """
    rules = problem.rules
    if rules is None or not rules.keep_estates_whole:
        return problem.unit
    unit = np.array(problem.unit, dtype=np.int64)
    together = {name for group in rules.together for name in group}
    fresh = int(unit.max()) + 1
    for number in range(fresh):
        own = np.flatnonzero(unit == number).tolist()
        blocks = [problem.blocks[i] for i in own]
        named = any(together & {b.block_ref, b.estate} for b in blocks)
        one_estate = len(own) > 1 and len({b.estate for b in blocks}) == 1
        if one_estate and not named and not _fits(problem, own):
            unit[own] = range(fresh, fresh + len(own))
            fresh += len(own)
    for piece in _estate_pieces(problem):
        joined = np.flatnonzero(np.isin(unit, unit[piece]))
        if _fits(problem, joined.tolist()):
            unit[joined] = unit[joined].min()
    number_of: dict[int, int] = {}
    numbered = [number_of.setdefault(u, len(number_of)) for u in unit.tolist()]
    return read_only(np.array(numbered, dtype=np.int32))


def _fits(problem: PatchProblem, blocks: list[int]) -> bool:
    """Say whether some patch may hold all of the blocks within its limits."""
    own = set(blocks)
    if any(i in own and j in own for i, j in problem.apart.tolist()):
        return False
    upper = np.array([s.upper for s in problem.slots])
    workload = sum(problem.blocks[i].workload for i in blocks)
    room = problem.allowed[blocks].all(axis=0) & (workload <= upper)
    for measure in problem.measures:
        amount = measure.amount[blocks]
        held = np.unique(amount[amount >= 0]).size if measure.distinct else amount.sum()
        room = room & (held <= measure.upper)
    return bool(room.any())


def _estate_pieces(problem: PatchProblem) -> Iterator[list[int]]:
    """Yield the blocks of each estate that hang together, less what a locked patch keeps."""
    locked = np.array([s.lower == s.upper == s.target for s in problem.slots])
    kept = problem.allowed[:, locked].any(axis=1) & (problem.allowed.sum(axis=1) == 1)
    members: dict[str, list[int]] = {}
    for i, block in enumerate(problem.blocks):
        if block.estate is not None and not kept[i]:
            members.setdefault(block.estate, []).append(i)
    near: dict[int, list[int]] = {}
    for i, j in problem.edges.tolist():
        near.setdefault(i, []).append(j)
        near.setdefault(j, []).append(i)
    for own in members.values():
        left = set(own)
        for first in own:
            if first not in left:
                continue
            left.remove(first)
            piece, waiting = [first], [first]
            while waiting:
                for j in near.get(waiting.pop(), ()):
                    if j in left:
                        left.remove(j)
                        piece.append(j)
                        waiting.append(j)
            yield sorted(piece)


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
