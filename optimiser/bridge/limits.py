"""The further measures of a redraw, and how much of each a patch may hold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from optimiser.bridge.slots import Locked, SlotSeed, shares
from optimiser.model.patches import PatchMeasure
from optimiser.model.rules import PatchLimit, PatchRules

if TYPE_CHECKING:
    from optimiser.bridge.rule_names import RuleNames

__all__ = ["build_measures", "estate_labels"]

Int64s = npt.NDArray[np.int64]

WORDS: Final = {
    "homes": "homes",
    "tenanted": "tenanted homes",
    "open_cases": "open cases",
    "estates": "estates",
}
"""What a measure is called in `[rules.patches.limits]` -> in words."""

_NONE: Final = {
    "homes": ("there is no home", "check the homes file"),
    "tenanted": ("no home is tenanted", "check the column tenure of the homes file"),
    "open_cases": (
        "no home is marked arrears, asb or damp",
        "give the homes file those columns, or remove the limit",
    ),
    "estates": ("no home has an estate", "fill in estate in the homes file, or remove the limit"),
}


def estate_labels(estates: Sequence[str | None]) -> Int64s:
    """Return (n,) the number of each block's estate, in order of their names; -1 for none."""
    number = {estate: k for k, estate in enumerate(sorted({e for e in estates if e}))}
    return np.array([number[e] if e else -1 for e in estates], dtype=np.int64)


def build_measures(
    amounts: Mapping[str, Int64s],
    *,
    seeds: list[SlotSeed],
    locked: Locked,
    rules: PatchRules,
    names: RuleNames,
) -> tuple[PatchMeasure, ...]:
    """Return the measures that the rules limit; what cannot be kept is a fault of `names`.

    Parameters
    ----------
    amounts
        Measure -> (n,) what each block adds to it; estates as labels, -1 for none.
    seeds, locked
        The patches. The limits of a locked one are as wide as what it holds asks for;
        the others share what it leaves.
    """
    measures = []
    for name, limit in _limits(rules).items():
        key, amount, distinct = _key(name, rules), amounts[name], name == "estates"
        if _held(amount, np.arange(amount.size), distinct) == 0:
            reason, remedy = _NONE[name]
            names.fault(key, f"limits nothing: {reason}", remedy)
            continue
        lower, upper = _bounds(limit, amount, seeds, locked, distinct)
        crossed = np.flatnonzero(lower > upper)
        if crossed.size:
            patch = seeds[int(crossed[0])].patch
            reason = f"leaves no whole number of {WORDS[name]} for patch {patch}"
            names.fault(key, reason, "widen it")
            continue
        measures.append(
            PatchMeasure(
                name=WORDS[name], amount=amount, lower=lower, upper=upper, distinct=distinct
            )
        )
    return tuple(measures)


def _limits(rules: PatchRules) -> dict[str, PatchLimit]:
    """Return the limits that are set, a cap on homes among them."""
    limits = {name: getattr(rules.limits, name) for name in WORDS}
    if rules.homes_per_fte is not None:
        cap = {"most_per_fte": rules.homes_per_fte}
        homes = limits["homes"]
        limits["homes"] = homes.model_copy(update=cap) if homes else PatchLimit(**cap)
    return {name: limit for name, limit in limits.items() if limit is not None}


def _key(name: str, rules: PatchRules) -> str:
    alone = name == "homes" and rules.limits.homes is None
    return "homes_per_fte" if alone else f"limits.{name}"


def _held(amount: Int64s, own: npt.NDArray[np.integer], distinct: bool) -> int:
    """Return how much blocks hold together."""
    if distinct:
        return int(np.unique(amount[own][amount[own] >= 0]).size)
    return int(amount[own].sum())


def _bounds(
    limit: PatchLimit, amount: Int64s, seeds: list[SlotSeed], locked: Locked, distinct: bool
) -> tuple[Int64s, Int64s]:
    """Return (p,) the least and the most of a measure in each patch."""
    free = np.setdiff1d(np.arange(amount.size), np.concatenate([[], *locked.values()]))
    held = {k: _held(amount, own, distinct) for k, own in locked.items()}
    rest = _held(amount, free.astype(np.int64), distinct)
    lower, upper = [], []
    for k, (seed, share) in enumerate(
        zip(seeds, shares(seeds, locked, rest + sum(held.values()), held), strict=True)
    ):
        least = (limit.least_per_fte or 0.0) * seed.fte
        most = math.inf if limit.most_per_fte is None else limit.most_per_fte * seed.fte
        if limit.within is not None:
            least = max(least, share * (1 - limit.within))
            most = min(most, share * (1 + limit.within))
        # No patch holds more than there is.
        most = min(most, float(rest + sum(held.values())))
        low, high = math.ceil(least - 1e-9), math.floor(most + 1e-9)
        lower.append(min(low, held.get(k, low)))
        upper.append(max(high, held.get(k, high)))
    return np.array(lower, dtype=np.int64), np.array(upper, dtype=np.int64)
