"""Which further measure or pair kept apart rules out every plan, and how little more would do.

A rule is to blame where no plan keeps all rules, and one keeps all but it. Both are
proven by `divide`, costs aside.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from optimiser.districting.impossible.feasibility import Answer, divide, part_of_time
from optimiser.districting.units.instance import Arrays, Bools, Instance, Int64s
from optimiser.districting.units.measures import apart_pairs, held_by

__all__ = ["blame_further", "has_further", "without_further"]

SecondsLeft = Callable[[], float] | None

_MOST_PAIRS = 12
"""Pairs kept apart that are each tried alone."""


def has_further(a: Arrays) -> bool:
    """Say whether there are further measures or pairs kept apart."""
    return bool(a.rate.size or a.apart_of.size)


def without_further(a: Arrays) -> Arrays:
    """Return the problem without further measures and pairs kept apart."""
    return _without_apart(_with_measures(a, np.zeros(0, dtype=np.int64)))


def blame_further(instance: Instance, seconds_left: SecondsLeft) -> tuple[str, str] | None:
    """Return cause and remedy where further rules rule out all plans; None: not shown.

    The instance is proven to have no plan.
    """
    a = instance.arrays
    if not has_further(a):
        return None
    free = divide(without_further(a), seconds_left=part_of_time(seconds_left, 0.3))
    if free.answer is not Answer.POSSIBLE:
        return None
    every = np.arange(a.rate.size)
    for c in every.tolist():
        found = divide(
            _with_measures(a, every[every != c]), seconds_left=part_of_time(seconds_left, 0.3)
        )
        if found.part is not None:
            return _cause_of_measure(instance, c, found.part, part_of_time(seconds_left, 0.6))
    if a.apart_of.size:
        found = divide(_without_apart(a), seconds_left=part_of_time(seconds_left, 0.3))
        if found.part is not None:
            return _cause_of_pairs(instance, found.part, part_of_time(seconds_left, 0.6))
    names = [m.name for m in instance.problem.measures]
    rules = [f"the limits on {' and '.join(names)}"] if names else []
    rules += ["the blocks kept apart"] if a.apart_of.size else []
    return (
        f"{' and '.join(rules)} cannot all be kept: without them a plan exists "
        "(both proven by trying every combination)",
        "relax them; one alone may not be enough",
    )


def _cause_of_measure(
    instance: Instance, c: int, known: Int64s, seconds_left: SecondsLeft
) -> tuple[str, str]:
    """Return the cause, and the least change of the limits with which a plan exists."""
    a, measure = instance.arrays, instance.problem.measures[c]
    fails, works, part = 0, _outside(a, c, known), known
    while works - fails > 1:
        more = (fails + works) // 2
        found = divide(_widened(a, c, more), seconds_left=part_of_time(seconds_left, 0.4))
        if found.part is not None:
            works, part = min(more, _outside(a, c, found.part)), found.part
        elif found.answer is Answer.IMPOSSIBLE:
            fails = more
        else:
            break
    held = held_by(a, _rows(part, a.lower.size))[:, c]
    above, below = (held > a.most[:, c]).any(), (held < a.least[:, c]).any()
    proven = ""
    if works - fails == 1 and works > 1:
        proven = f" (with {works - 1:,} none does)"
    name = measure.name
    if above and not below and np.unique(measure.upper).size == 1:
        most = int(measure.upper[0])
        remedy = f"raise it to {most + works:,}, where a plan exists"
        if proven:
            proven = f" (up to {most + works - 1:,} none does)"
    elif above and not below:
        remedy = f"raise the upper limits by {works:,}, with which a plan exists"
    elif below and not above:
        remedy = f"lower the lower limits by {works:,}, with which a plan exists"
    else:
        remedy = f"widen the limits by {works:,} each way, with which a plan exists"
    return (
        f"the limit on {name} rules out every plan: without it a plan exists "
        "(both proven by trying every combination)",
        remedy + proven,
    )


def _cause_of_pairs(
    instance: Instance, known: Int64s, seconds_left: SecondsLeft
) -> tuple[str, str]:
    """Return the cause: one pair where that is enough, else all pairs together."""
    a = instance.arrays
    pairs = apart_pairs(a)
    joined = pairs[known[pairs[:, 0]] == known[pairs[:, 1]]]
    for u, v in joined[:_MOST_PAIRS].tolist():
        one, other = instance.names[u], instance.names[v]
        if len(joined) == 1 or divide(
            _without_apart(a, (u, v)), seconds_left=part_of_time(seconds_left, 0.3)
        ).part is not None:  # fmt: skip
            return (
                f"{one} and {other} cannot be kept apart: if they may share a patch a plan "
                "exists, else none does (both proven by trying every combination)",
                f"let {one} and {other} share a patch",
            )
    return (
        f"not all {len(pairs)} pairs of blocks can be kept apart: without that rule a plan "
        "exists (proven by trying every combination)",
        "let more than one of the pairs share a patch",
    )


def _rows(part: Int64s, p: int) -> Bools:
    """Return (p, m) which units are in each patch."""
    return np.asarray(part[None] == np.arange(p)[:, None], dtype=np.bool_)


def _outside(a: Arrays, c: int, part: Int64s) -> int:
    """Return the most by which a patch is outside the limits of a measure."""
    held = held_by(a, _rows(part, a.lower.size))[:, c]
    return int(np.maximum(held - a.most[:, c], a.least[:, c] - held).max())


def _widened(a: Arrays, c: int, more: int) -> Arrays:
    least, most = a.least.copy(), a.most.copy()
    least[:, c] -= more
    most[:, c] += more
    return a._replace(least=least, most=most)


def _with_measures(a: Arrays, kept: Int64s) -> Arrays:
    """Return the problem with some measures only; its counters, for the search, stay."""
    number = np.full(a.rate.size, -1)
    number[kept] = np.arange(kept.size)
    label = number[a.label_measure] >= 0 if a.label_measure.size else np.zeros(0, dtype=np.bool_)
    renumbered = np.cumsum(label) - 1
    entry = label[a.label_of] if a.label_of.size else np.zeros(0, dtype=np.bool_)
    before = np.concatenate([[0], np.cumsum(entry)])
    return a._replace(
        amount=a.amount[:, kept],
        least=a.least[:, kept],
        most=a.most[:, kept],
        rate=a.rate[kept],
        label_start=before[a.label_start].astype(np.int64),
        label_of=renumbered[a.label_of[entry]].astype(np.int64),
        label_measure=number[a.label_measure[label]].astype(np.int64),
    )


def _without_apart(a: Arrays, pair: tuple[int, int] | None = None) -> Arrays:
    """Return the problem without one pair kept apart, or without any."""
    unit = np.repeat(np.arange(a.weight.size), np.diff(a.apart_start))
    kept = np.zeros(unit.size, dtype=np.bool_)
    if pair is not None:
        kept = ~(np.isin(unit, pair) & np.isin(a.apart_of, pair))
    before = np.concatenate([[0], np.cumsum(kept)])
    return a._replace(apart_start=before[a.apart_start].astype(np.int64), apart_of=a.apart_of[kept])
