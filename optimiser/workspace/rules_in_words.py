"""The rules of a redraw in plain words, for `doorstep check`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from geodata.findings import counted

if TYPE_CHECKING:
    from optimiser.model.rules import PatchLimit, PatchRules

__all__ = ["patch_rules_in_words"]

SHOWN: Final = 8
"""So many of the pins, bans or groups are told one by one."""

_LIMITED: Final = {
    "homes": "Homes",
    "tenanted": "Tenanted homes",
    "open_cases": "Open cases (arrears, antisocial behaviour, damp)",
    "estates": "Estates",
}


def patch_rules_in_words(rules: PatchRules, *, officers: int) -> tuple[str, ...]:
    """Return the rules in force, a sentence each.

    Parameters
    ----------
    rules
        As set, with the defaults of what is not.
    officers
        How many there are.
    """
    return (
        *_number(rules, officers),
        f"Workload for a full-time officer: within {_percent(rules.balance)} of the same in every "
        "patch.",
        *_limits(rules),
        "An estate that fits into one patch is not split."
        if rules.keep_estates_whole
        else "Estates may be split.",
        *_prices(rules),
        *([_reach(rules.reach_minutes)] if rules.reach_minutes is not None else []),
        *_named(rules),
    )


def _number(rules: PatchRules, officers: int) -> list[str]:
    if rules.patches is not None:
        return [f"Redraw: {counted(rules.patches, 'patch')} of equal size."]
    lines = [f"Redraw: one patch an officer, sized by hours: {counted(officers, 'patch')}."]
    for patch, post in rules.vacant_posts.items():
        centre = f", from {post.service_centre}" if post.service_centre else ""
        lines.append(f"Patch {patch} is vacant: drawn for {post.fte:g} FTE{centre}.")
    return lines


def _limits(rules: PatchRules) -> list[str]:
    lines = []
    if rules.homes_per_fte is not None:
        lines.append(f"Homes: at most {rules.homes_per_fte:,g} for a full-time officer.")
    for name, words in _LIMITED.items():
        limit = getattr(rules.limits, name)
        if limit is not None:
            lines.append(f"{words}: {_limit(limit)}.")
    return lines


def _limit(limit: PatchLimit) -> str:
    parts = []
    if limit.within is not None:
        parts.append(f"within {_percent(limit.within)} of the patch's share by hours")
    if limit.least_per_fte is not None:
        parts.append(f"at least {limit.least_per_fte:,g} for a full-time officer")
    if limit.most_per_fte is not None:
        parts.append(f"at most {limit.most_per_fte:,g} for a full-time officer")
    return ", ".join(parts)


def _prices(rules: PatchRules) -> list[str]:
    more = (
        (rules.open_case_minutes, "for each of its open cases"),
        (rules.vulnerable_minutes, "where a resident is vulnerable"),
    )
    added = [f"{price:g} more {what}" for price, what in more if price]
    if not rules.moved_home_minutes and not added:
        return ["A household that changes officer costs nothing."]
    price = (
        f"A household that changes officer costs as much as {rules.moved_home_minutes:g} "
        "minutes of walking a week"
    )
    return [", ".join([price, *added]) + "."]


def _reach(minutes: float) -> str:
    return f"No block is to be more than {minutes:g} minutes on foot from the service centre."


def _named(rules: PatchRules) -> list[str]:
    """Return what is said of single blocks, estates, patches and officers."""
    lines = []
    if rules.locked:
        lines.append(f"Locked, keeping the blocks that they have now: {_list(rules.locked)}.")
    pins = [f"{name} to {patch}" for name, patch in rules.pins.items()]
    if pins:
        lines.append(f"Pinned: {_list(pins)}.")
    bans = [f"{who} not {_list(what)}" for who, what in rules.forbidden.items() if what]
    if bans:
        lines.append(f"Forbidden: {_list(bans)}.")
    if rules.together:
        lines.append(f"In one patch: {_list([' with '.join(g) for g in rules.together])}.")
    if rules.apart:
        lines.append(f"In different patches: {_list([' and '.join(g) for g in rules.apart])}.")
    return lines


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(names[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown} and {len(names) - SHOWN:,} more"


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"
