"""Homes and earlier knocks become the rounds that could be knocked on the community day.

A home where somebody was met this quarter has had its turn and is left out; so is one
where `attempts_before_appointment` tries in a row found nobody: the next is by
appointment. What is left of a block is cut, from the top floor down, into pieces of
nearly equal length. From one floor to the next one walks down, or takes the lift where
there is one and it is quicker.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from optimiser.bridge.contacts import (
    NEVER_KNOCKED,
    PARTS_OF_DAY,
    Knocks,
    answer_chance,
    conversation_points,
)
from optimiser.model.visits import (
    VALUE_UNITS_PER_POINT,
    Door,
    PartOfDay,
    Round,
    RoundOption,
    Shift,
)

if TYPE_CHECKING:
    import pandas as pd

    from optimiser.bridge.knockers import Knockers
    from optimiser.model.rules import VisitRules

__all__ = [
    "DoorsLeft",
    "Piece",
    "build_rounds",
    "cut_block",
    "doors_left",
    "expected",
    "floors_s",
    "knock_s",
    "round_notes",
]


@dataclass(frozen=True, slots=True)
class Piece:
    """Doors of a block to knock in one go, in their order."""

    round_ref: str
    block_ref: str
    refs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DoorsLeft:
    """The homes to knock at in each block, from the top floor down, and what is left out."""

    blocks: Mapping[str, tuple[str, ...]]
    met: tuple[str, ...]
    by_appointment: tuple[str, ...]


def doors_left(homes: pd.DataFrame, history: Mapping[str, Knocks], rules: VisitRules) -> DoorsLeft:
    """Return each block's homes that are still to be knocked at this quarter."""
    blocks: dict[str, list[str]] = {}
    met: list[str] = []
    waiting: list[str] = []
    ordered = homes.sort_values(["block_ref", "floor"], ascending=[True, False], kind="stable")
    for ref, block in zip(ordered["property_ref"], ordered["block_ref"], strict=True):
        knocks = history.get(ref, NEVER_KNOCKED)
        if knocks.met is not None:
            met.append(ref)
        elif knocks.tries >= rules.attempts_before_appointment:
            waiting.append(ref)
        else:
            blocks.setdefault(str(block), []).append(ref)
    found = {block: tuple(refs) for block, refs in blocks.items()}
    return DoorsLeft(found, tuple(met), tuple(waiting))


def cut_block(block_ref: str, refs: Sequence[str], rules: VisitRules) -> tuple[Piece, ...]:
    """Cut a block's doors into pieces of nearly equal length, none above `round_doors`."""
    pieces = math.ceil(len(refs) / rules.round_doors)
    ends = [len(refs) * k // pieces for k in range(pieces + 1)]
    return tuple(
        Piece(f"{block_ref}-{k + 1}", block_ref, tuple(refs[first:last]))
        for k, (first, last) in enumerate(pairwise(ends))
    )


def build_rounds(
    left: DoorsLeft,
    *,
    patch_of: Mapping[str, str],
    doors: Mapping[str, Door],
    knockers: Knockers,
    day: dt.date,
    history: Mapping[str, Knocks],
    rules: VisitRules,
) -> tuple[Round, ...]:
    """Cut the blocks of the patches that somebody may knock on `day` into rounds.

    `patch_of` maps block to patch, `doors` a home to its door; `knockers` says who.
    """
    rounds: list[Round] = []
    of_patch = cache(knockers.of_patch)
    for block, refs in left.blocks.items():
        patch = patch_of.get(block)
        if patch is None:
            continue
        pair = knockers.in_pairs(block, patch)
        shifts = of_patch(patch, pair=pair)
        if not shifts:
            continue
        for piece in cut_block(block, refs, rules):
            options = _options(piece, doors, history, shifts, day, rules, pair=pair)
            if not options:
                continue
            first, last = doors[piece.refs[0]], doors[piece.refs[-1]]
            rounds.append(
                Round(
                    round_ref=piece.round_ref,
                    block_ref=block,
                    patch=patch,
                    date=day,
                    door=first,
                    last_floor=last.floor,
                    property_refs=piece.refs,
                    officers=tuple(s.officer_ref for s in shifts),
                    options=options,
                    two_officers=pair,
                )
            )
    return tuple(rounds)


def round_notes(
    left: DoorsLeft,
    rounds: Sequence[Round],
    *,
    patch_of: Mapping[str, str],
    knockers: Knockers,
    day: dt.date,
    rules: VisitRules,
) -> tuple[str, ...]:
    """Return what a plan's reader should know: whose doors wait, and who makes appointments."""
    notes = []
    vacant: dict[str, list[str]] = {}
    if not knockers.at_work:
        return (f"Nobody is at work on {_long(day)}: no doors are knocked at.",)
    knocked = {r.block_ref: r for r in rounds}
    blocks_of: dict[str, list[str]] = {}
    for block in left.blocks:
        if block in patch_of:
            blocks_of.setdefault(patch_of[block], []).append(block)
    for patch, blocks in sorted(blocks_of.items()):
        waiting = sum(len(left.blocks[block]) for block in blocks if block not in knocked)
        own = knockers.own.get(patch)
        why = "has no officer" if own is None else f"is {own}'s, who is away on {_long(day)}"
        if own in knockers.at_work:
            why = f"is to be knocked by two on {_long(day)}, and no second officer is at work"
        if waiting:
            wait = "waits" if waiting == 1 else "wait"
            notes.append(f"{patch} {why}: {waiting:,} of its doors {wait}.")
        elif own not in knockers.at_work:
            team = ", ".join(next(knocked[block] for block in blocks).officers)
            if own is None:
                vacant.setdefault(team, []).append(patch)
            else:
                notes.append(f"{patch} {why}; may knock instead: {team}.")
    for team, those in vacant.items():
        have = "has" if len(those) == 1 else "have"
        notes.append(f"{', '.join(those)} {have} no officer; may knock instead: {team}.")
    if left.by_appointment:
        count, tries = len(left.by_appointment), rules.attempts_before_appointment
        shown = ", ".join(left.by_appointment[:8]) + (", …" if count > 8 else "")
        notes.append(
            f"{count:,} {'home' if count == 1 else 'homes'} had {tries} tries without an answer "
            f"this quarter, the next is by appointment: {shown}."
        )
    return tuple(notes)


def _long(day: dt.date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"


def floors_s(floors: Sequence[int], lift: bool, rules: VisitRules) -> int:
    """Return the seconds between the floors of the doors, in their order."""
    total = 0
    for one, other in pairwise(floors):
        on_foot = abs(one - other) * rules.stairs_seconds_floor
        total += min(on_foot, rules.lift_seconds) if lift else on_foot
    return total


def knock_s(
    doors: float, conversations: float, between_s: int, rules: VisitRules, *, pair: bool
) -> int:
    """Return how long a round takes, whoever knocks: `doors`, talks, and between the floors.

    Two share the doors and the talks, and walk the floors together. Of few doors one of the
    two has more than half: a single door takes two officers as long as one.
    """
    minutes = doors * rules.knock_minutes + conversations * rules.talk_minutes
    pace = 1.0
    if pair and doors > 1:
        pace = max(rules.pair_pace, math.ceil(doors / 2) / doors)
    return max(1, round(minutes * 60 * pace) + between_s)


def _options(
    piece: Piece,
    doors: Mapping[str, Door],
    history: Mapping[str, Knocks],
    shifts: Collection[Shift],
    day: dt.date,
    rules: VisitRules,
    *,
    pair: bool,
) -> tuple[RoundOption, ...]:
    first = doors[piece.refs[0]]
    between_s = floors_s([doors[ref].floor for ref in piece.refs], first.lift, rules)
    options = []
    for part, (earliest, latest) in PARTS_OF_DAY.items():
        there = [earliest < s.end_s and latest >= s.start_s for s in shifts]
        if not any(there) or (pair and not (there[0] and any(there[1:]))):
            continue
        conversations = points = 0.0
        for ref in piece.refs:
            knocks = history.get(ref, NEVER_KNOCKED)
            chance = answer_chance(knocks.tries, part, rules, tried=knocks.parts)
            conversations += chance
            points += chance * conversation_points(knocks.last, day, rules)
        options.append(
            RoundOption(
                part=part,
                earliest_s=earliest,
                latest_s=latest,
                service_s=knock_s(len(piece.refs), conversations, between_s, rules, pair=pair),
                conversations=conversations,
                value=round(points * VALUE_UNITS_PER_POINT),
            )
        )
    return tuple(options)


def expected(
    refs: Sequence[str], part: PartOfDay, history: Mapping[str, Knocks], rules: VisitRules
) -> float:
    """Return the conversations to expect at the doors in a part of the day."""
    found = (history.get(ref, NEVER_KNOCKED) for ref in refs)
    return sum(answer_chance(k.tries, part, rules, tried=k.parts) for k in found)
