"""A patch problem with more or fewer posts.

Pure functions; each returns a new problem and says in its notes what it assumed. Targets
are shared out again by FTE among the slots whose limits follow the balance. A measure
whose limits lie around each slot's share of all of it is shared out likewise; any other
is a limit per FTE and stays one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from optimiser.errors import InvalidProblem
from optimiser.model.codes import patch_codes
from optimiser.model.patches import PatchMeasure, PatchProblem, PatchSlot
from optimiser.model.rules import PatchRules, VacantPost
from optimiser.model.variants import (
    exact_targets,
    following_balance,
    limited,
    read_only,
    units_for_limits,
)

__all__ = ["first_to_go", "with_codes", "with_equal_posts", "with_posts", "without_posts"]

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_SHARE_NEAR: Final = 1.0
"""How far, in units of a measure, limits that follow shares may be from their share."""


def with_posts(problem: PatchProblem, count: int) -> PatchProblem:
    """Return the problem with `count` vacant full-time posts more, under new codes.

    Nobody's service centre is known for them, so the way from the nearest is counted:
    the least over the full-time slots (over all, by FTE, if there are none). They may
    take every block that is not bound to one patch and that some patch may take.
    """
    if count == 0:
        return problem
    taken = [s.patch for s in problem.slots]
    taken += sorted({b.current_patch for b in problem.blocks if b.current_patch} - set(taken))
    codes = patch_codes(taken, count)
    new = tuple(PatchSlot(patch=code, target=0, lower=0, upper=0) for code in codes)
    p = len(problem.slots)
    bound = problem.allowed.sum(axis=1) == 1 if p > 1 else np.zeros(len(problem.blocks), bool)
    open_to_all = problem.allowed.any(axis=1) & ~bound
    grown = problem.model_copy(
        update={
            "slots": (*problem.slots, *new),
            "centre_cost": _more_rows(problem.centre_cost, _nearest_centre(problem), count),
            "move_cost": _more_columns(problem.move_cost, problem.move_cost.max(axis=1), count),
            "moved_homes": _more_columns(problem.moved_homes, _coded_homes(problem), count),
            "allowed": _more_columns(problem.allowed, open_to_all, count),
            "rules": _rules_with(problem.rules, codes),
            "notes": (*problem.notes, _posts_note(codes, problem)),
        }
    )
    return _shared_out(problem, grown, [*range(p), *[-1] * count])


def without_posts(problem: PatchProblem, names: Iterable[str]) -> PatchProblem:
    """Return the problem without the posts of these officers or patches.

    Blocks that only those patches may take become free for all others, with a note.

    Raises
    ------
    InvalidProblem
        If a name is no officer or patch of the problem, or no post would be left.
    """
    gone = set()
    for name in names:
        found = [k for k, s in enumerate(problem.slots) if name in (s.officer_ref, s.patch)]
        if not found:
            held = ", ".join(s.officer_ref or s.patch for s in problem.slots)
            raise InvalidProblem(f"{name!r} is no officer or patch; there are {held}")
        gone.update(found)
    if not gone:
        return problem
    kept = [k for k in range(len(problem.slots)) if k not in gone]
    if not kept:
        raise InvalidProblem("no post would be left; leave at least one")
    allowed = problem.allowed[:, kept].copy()
    stuck: Bools = np.logical_and(~allowed.any(axis=1), problem.allowed.any(axis=1))
    allowed[stuck] = True
    codes = {problem.slots[k].patch for k in kept}
    freed = {b.block_ref for b, s in zip(problem.blocks, stuck, strict=True) if s}
    left = problem.model_copy(
        update={
            "slots": tuple(problem.slots[k] for k in kept),
            "centre_cost": read_only(problem.centre_cost[kept].copy()),
            "move_cost": read_only(np.ascontiguousarray(problem.move_cost[:, kept])),
            "moved_homes": read_only(np.ascontiguousarray(problem.moved_homes[:, kept])),
            "allowed": read_only(allowed),
            "rules": _rules_without(problem.rules, [problem.slots[k] for k in sorted(gone)]),
            "locked": tuple(p for p in problem.locked if p in codes),
            "by_hand": tuple(ref for ref in problem.by_hand if ref not in freed),
            "notes": (*problem.notes, *_freed_note(problem, stuck)),
        }
    )
    return _shared_out(problem, left, kept)


def first_to_go(problem: PatchProblem, count: int) -> list[str]:
    """Return the patches of `count` posts that could go where nobody said which.

    Vacant ones, the last first; then full-time ones with the fewest homes today, so that
    the fewest households lose their officer; then the others, likewise.
    """
    homes: dict[str | None, int] = {}
    for block in problem.blocks:
        homes[block.current_patch] = homes.get(block.current_patch, 0) + block.homes
    numbered = enumerate(problem.slots)
    order = sorted(
        (s.officer_ref is not None, s.officer_ref is not None and s.fte < 1,
         homes.get(s.patch, 0) if s.officer_ref else 0, -k, s.patch)
        for k, s in numbered
    )  # fmt: skip
    return [patch for *_, patch in order[:count]]


def with_equal_posts(problem: PatchProblem, count: int) -> PatchProblem:
    """Return the problem with `count` patches of equal size, whoever holds them.

    More are added as vacant; fewer are left out from the vacant ones, then from the end.
    Ways to service centres are counted for five days a week, taking days to go by FTE.
    """
    if count < 1:
        raise InvalidProblem(f"{count} patches: ask for at least one")
    fte = np.array([s.fte for s in problem.slots])
    full = problem.model_copy(
        update={
            "slots": tuple(s.model_copy(update={"fte": 1.0}) for s in problem.slots),
            "centre_cost": read_only(np.rint(problem.centre_cost / fte[:, None]).astype(np.int64)),
        }
    )
    rules = problem.rules
    if rules is not None:
        counted = {"patches": len(fte), "vacant_posts": {}}
        full = full.model_copy(update={"rules": rules.model_copy(update=counted)})
    equal = _shared_out(problem, full, list(range(len(fte))))
    surplus = len(fte) - count
    if surplus <= 0:
        return with_posts(equal, -surplus)
    last_first = sorted(
        range(len(fte)), key=lambda k: (problem.slots[k].officer_ref is not None, -k)
    )
    return without_posts(equal, [problem.slots[k].patch for k in last_first[:surplus]])


# Limits


def _shared_out(before: PatchProblem, after: PatchProblem, old: Sequence[int]) -> PatchProblem:
    """Return `after` with work and measures shared out; `old` is each slot's number, -1 new."""
    following = following_balance(before)
    exact = exact_targets(before, following)
    gone = sorted(set(range(len(before.slots))) - set(old))
    free = [k < 0 or following[k] for k in old]
    pool = exact[following].sum() + exact[[k for k in gone if not following[k]]].sum()
    fte = np.array([s.fte for s in before.slots])
    per_fte = float(exact[following].sum() / fte[following].sum()) if any(following) else 0.0
    weight = np.array(
        [
            (per_fte if k < 0 else exact[k] / fte[k]) * slot.fte
            for k, slot in zip(old, after.slots, strict=True)
        ]
    )
    shares = pool * weight / max(1e-9, float(weight[free].sum()))
    slots = tuple(
        limited(slot, float(share), before.balance) if is_free else slot
        for slot, share, is_free in zip(after.slots, shares, free, strict=True)
    )
    measures = tuple(_sized(m, before, old, slots) for m in before.measures)
    sized = after.model_copy(update={"slots": slots, "measures": measures})
    return sized.model_copy(update={"unit": units_for_limits(sized)})


def _sized(
    measure: PatchMeasure, before: PatchProblem, old: Sequence[int], slots: tuple[PatchSlot, ...]
) -> PatchMeasure:
    """Return a measure's limits for other slots: per FTE, or around their share of it all."""
    fte_before = np.array([s.fte for s in before.slots])
    fte = np.array([s.fte for s in slots])
    free = np.array(following_balance(before))
    lower, upper = measure.lower / fte_before, measure.upper / fte_before
    number = np.array(old)
    known, at = number >= 0, np.maximum(number, 0)
    # Limits were rounded inwards, so the widest per FTE is the nearest to what was meant.
    low = np.where(known, lower[at], lower[free].min(initial=lower.max())) * fte
    high = np.where(known, upper[at], upper[free].max(initial=upper.min())) * fte
    shared = ~known | free[at]
    ratio = fte_before[free].sum() / max(1e-9, fte[shared].sum())
    total = _total(measure)
    # A least that no longer adds up to what there is was a share of it, and so was a most.
    if _lies_around_share(measure, fte_before, free) or low.sum() > total:
        low = np.where(shared, low * ratio, low)
    if _lies_around_share(measure, fte_before, free) or high.sum() < total:
        high = np.where(shared, high * ratio, high)
    return measure.model_copy(
        update={
            "lower": read_only(np.ceil(low - 1e-9).astype(np.int64)),
            "upper": read_only(np.floor(high + 1e-9).astype(np.int64)),
        }
    )


def _lies_around_share(measure: PatchMeasure, fte: Floats, free: Bools) -> bool:
    """Say whether limits lie around shares, by FTE, of what locked patches leave."""
    if not free.any() or not measure.lower[free].any():
        return False
    middle = (measure.lower + measure.upper) / 2
    pool = float(middle[free].sum())
    even = np.abs(middle[free] - pool * fte[free] / fte[free].sum()) <= _SHARE_NEAR
    left = _total(measure) - pool
    least, most = measure.lower[~free].sum(), measure.upper[~free].sum()
    return bool(even.all()) and bool(least - free.sum() <= left <= most + free.sum())


def _total(measure: PatchMeasure) -> float:
    if measure.distinct:
        return float(np.unique(measure.amount[measure.amount >= 0]).size)
    return float(measure.amount.sum())


# What new posts cost


def _nearest_centre(problem: PatchProblem) -> Int64s:
    """Return (n,) the cost of the way to the nearest service centre for a full-time post."""
    fte = np.array([s.fte for s in problem.slots])
    full = fte >= 1.0
    rows = problem.centre_cost / np.minimum(1.0, fte)[:, None]
    nearest: Int64s = np.rint(rows[full if full.any() else ~full].min(axis=0)).astype(np.int64)
    return nearest


def _coded_homes(problem: PatchProblem) -> Int64s:
    """Return (n,) the homes of each block that have a patch today, so would move to a new one."""
    most: Int64s = problem.moved_homes.max(axis=1).astype(np.int64)
    if len(problem.slots) > 1:
        return most
    return np.array([b.homes if b.current_patch else 0 for b in problem.blocks], dtype=np.int64)


def _more_rows(values: npt.NDArray[np.int64], row: Int64s, count: int) -> npt.NDArray[np.int64]:
    return read_only(np.concatenate([values, np.repeat(row[None, :], count, axis=0)]))


def _more_columns(
    values: npt.NDArray[np.generic], column: npt.NDArray[np.generic], count: int
) -> npt.NDArray[np.generic]:
    more = np.repeat(column[:, None], count, axis=1).astype(values.dtype)
    return read_only(np.concatenate([values, more], axis=1))


# Rules and notes, for the record


def _rules_with(rules: PatchRules | None, codes: Sequence[str]) -> PatchRules | None:
    """Return the rules that ask for these vacant posts too."""
    if rules is None:
        return None
    if rules.patches is not None:
        return rules.model_copy(update={"patches": rules.patches + len(codes)})
    posts = {**rules.vacant_posts, **{code: VacantPost(fte=1.0) for code in codes}}
    return rules.model_copy(update={"vacant_posts": posts})


def _rules_without(rules: PatchRules | None, gone: Sequence[PatchSlot]) -> PatchRules | None:
    """Return the rules without those of posts that go."""
    if rules is None:
        return None
    names = {name for slot in gone for name in (slot.patch, slot.officer_ref) if name}
    count = None if rules.patches is None else rules.patches - len(gone)
    return rules.model_copy(
        update={
            "patches": count,
            "vacant_posts": {k: v for k, v in rules.vacant_posts.items() if k not in names},
            "locked": tuple(name for name in rules.locked if name not in names),
            "pins": {k: v for k, v in rules.pins.items() if v not in names},
            "forbidden": {k: v for k, v in rules.forbidden.items() if k not in names},
        }
    )


def _posts_note(codes: list[str], problem: PatchProblem) -> str:
    named = f"{codes[0]} is a vacant full-time post"
    if len(codes) > 1:
        named = f"{codes[0]} to {codes[-1]} are vacant full-time posts"
    way = ", reached from the nearest service centre" if problem.centre_cost.any() else ""
    return f"What if: {named}{way}."


def _freed_note(problem: PatchProblem, stuck: Bools) -> tuple[str, ...]:
    refs = [b.block_ref for b, s in zip(problem.blocks, stuck, strict=True) if s]
    if not refs:
        return ()
    shown = ", ".join(refs[:5]) + (f" and {len(refs) - 5} more" if len(refs) > 5 else "")
    return (f"What if: bound to a patch that goes, so now free for every other: {shown}.",)


def with_codes(
    problem: PatchProblem,
    codes: Iterable[str],
    *,
    officers: Mapping[str, str | None] | None = None,
    moved_homes: Mapping[str, Int64s] | None = None,
) -> PatchProblem:
    """Return the problem with slots for further patches, to work out figures, not to solve.

    Limits and targets stay as they are; a new slot has none, and is reached from the
    nearest service centre. `moved_homes` (n,) by code is what each block moves there;
    for other codes, all its homes with a patch unless the block's own is that code.
    """
    known = {s.patch for s in problem.slots}
    new = [code for code in dict.fromkeys(codes) if code not in known]
    if not new:
        return problem
    coded = _coded_homes(problem)
    columns = []
    for code in new:
        stays = np.array([b.current_patch == code for b in problem.blocks])
        exact = (moved_homes or {}).get(code)
        columns.append(np.where(stays, 0, coded) if exact is None else exact)
    moved = np.stack(columns, axis=1).astype(np.int64)
    # The price goes by the homes: a block half of which stays pays half.
    each = problem.move_cost.max(axis=1) / np.maximum(1, coded)
    centre = np.repeat(_nearest_centre(problem)[None, :], len(new), axis=0)
    held = officers or {}
    slots = tuple(
        PatchSlot(patch=c, officer_ref=held.get(c), target=0, lower=0, upper=0) for c in new
    )
    return problem.model_copy(
        update={
            "slots": (*problem.slots, *slots),
            "centre_cost": read_only(np.concatenate([problem.centre_cost, centre])),
            "move_cost": read_only(
                np.concatenate(
                    [problem.move_cost, np.rint(moved * each[:, None]).astype(np.int64)], axis=1
                )
            ),
            "moved_homes": read_only(
                np.concatenate([problem.moved_homes, moved.astype(np.int32)], axis=1)
            ),
            "allowed": read_only(
                np.concatenate(
                    [problem.allowed, np.ones((len(coded), len(new)), dtype=bool)], axis=1
                )
            ),
            "measures": (),
        }
    )
