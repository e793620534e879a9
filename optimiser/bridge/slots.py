"""The patches to fill: whose they are, how large, and which stay as they are."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from optimiser.bridge.rows import rows_of
from optimiser.bridge.rule_names import RuleFault, likely
from optimiser.model.codes import patch_codes
from optimiser.model.patches import PatchSlot

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.bridge.rule_names import RuleNames
    from optimiser.model.rules import PatchRules

__all__ = [
    "Locked",
    "SlotSeed",
    "locked_blocks",
    "make_slots",
    "shares",
    "slot_seeds",
    "vacant_faults",
]

FULL_TIME_DAYS = 5

Int64s = npt.NDArray[np.int64]
Locked = Mapping[int, Int64s]
"""Number of a locked patch -> its blocks."""


@dataclass(frozen=True, slots=True)
class SlotSeed:
    """A patch to fill, before anyone knows how much there is to share out."""

    patch: str
    officer_ref: str | None
    service_centre: str | None
    fte: float
    days: float


def slot_seeds(
    officers: pd.DataFrame, rules: PatchRules, known_codes: Collection[str] = ()
) -> list[SlotSeed]:
    """Return the patches to fill: one an officer and a vacant post, or as many as are counted.

    A new patch has a code that neither an officer nor any home has now, `known_codes`.
    """
    rows = rows_of(officers)
    held = [r["patch"] for r in rows if r["patch"]]
    taken = sorted({*held, *rules.vacant_posts, *known_codes})
    new = iter(patch_codes(taken, len(rows) + (rules.patches or 0)))
    counted = rules.patches is not None
    # Where patches are counted, those come first that stay, then those that have a code.
    if counted:
        kept = {*rules.locked}
        rows.sort(key=lambda r: (not kept & {r["patch"], r["officer_ref"]}, not r["patch"]))
    seeds: list[SlotSeed] = []
    seen: set[str] = set()
    for row in rows[: rules.patches]:
        code = row["patch"] if row["patch"] and row["patch"] not in seen else next(new)
        seen.add(code)
        fte = 1.0 if counted else float(row["fte"])
        days = float(FULL_TIME_DAYS if counted else len(row["working_days"]))
        seeds.append(SlotSeed(code, row["officer_ref"], row["service_centre"], fte, days))
    while rules.patches is not None and len(seeds) < rules.patches:
        seeds.append(SlotSeed(next(new), None, None, 1.0, float(FULL_TIME_DAYS)))
    for patch, post in rules.vacant_posts.items():
        if patch not in seen:
            days = FULL_TIME_DAYS * min(1.0, post.fte)
            seeds.append(SlotSeed(patch, None, post.service_centre, post.fte, days))
    return seeds


def vacant_faults(
    officers: pd.DataFrame, rules: PatchRules, centres: Collection[str]
) -> list[RuleFault]:
    """Return what is wrong with the vacant posts: one that is held, an unknown service centre."""
    holder = {r["patch"]: r["officer_ref"] for r in reversed(rows_of(officers)) if r["patch"]}
    faults = []
    for patch, post in rules.vacant_posts.items():
        if patch in holder:
            reason = f"is no vacant post: {holder[patch]} holds it"
            remedy = "remove it here, or the patch from the officers file"
            faults.append(RuleFault("vacant_posts", reason, remedy, patch))
        centre = post.service_centre
        if centre is not None and centre not in centres:
            there = (
                f"there are {', '.join(centres)}" if centres else "no file has any: leave it out"
            )
            key = f"vacant_posts.{patch}.service_centre"
            remedy = likely(centre, centres) or there
            faults.append(RuleFault(key, "is no service centre", remedy, centre))
    return faults


def locked_blocks(current: list[str | None], rules: PatchRules, names: RuleNames) -> Locked:
    """Return the blocks of each locked patch; what cannot be locked is a fault of `names`."""
    patches = list(names.patches)
    locked: dict[int, Int64s] = {}
    for name in dict.fromkeys(rules.locked):
        k = names.patch("locked", name)
        if k is None:
            if name in names.officers:
                names.fault("locked", "is an officer without a patch", "name a patch", name)
            continue
        own = np.array([i for i, code in enumerate(current) if code == patches[k]], dtype=np.int64)
        if own.size:
            locked[k] = own
        else:
            reason = "has no block now, so that there is nothing to keep"
            names.fault("locked", reason, "remove it here, or give its homes their patch", name)
    if len(locked) == len(patches):
        reason = "leaves no patch to redraw"
        names.fault("locked", reason, "unlock the patches that are to change")
        return {}
    return locked


def shares(
    seeds: list[SlotSeed], locked: Locked, total: float, held: Mapping[int, int]
) -> list[float]:
    """Return each patch's share of `total`: by FTE of what the locked ones, with `held`, leave."""
    free = sum(seed.fte for k, seed in enumerate(seeds) if k not in locked)
    rest = total - sum(held.values())
    return [
        float(held[k]) if k in locked else rest * seed.fte / max(free, 1e-9)
        for k, seed in enumerate(seeds)
    ]


def make_slots(
    seeds: list[SlotSeed], workload: Int64s, locked: Locked, balance: float
) -> tuple[PatchSlot, ...]:
    """Return the patches with their limits around their share of the workload (n,).

    A locked patch's target and limits are what it holds.
    """
    held = {k: int(workload[own].sum()) for k, own in locked.items()}
    targets = shares(seeds, locked, int(workload.sum()), held)
    return tuple(
        PatchSlot(
            patch=seed.patch,
            officer_ref=seed.officer_ref,
            service_centre=seed.service_centre,
            fte=seed.fte,
            target=round(target),
            lower=held.get(k, math.ceil(target * (1 - balance) - 1e-9)),
            upper=held.get(k, math.floor(target * (1 + balance) + 1e-9)),
        )
        for k, (seed, target) in enumerate(zip(seeds, targets, strict=True))
    )
