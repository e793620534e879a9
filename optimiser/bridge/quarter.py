"""Homes, officers and earlier knocks become the community days of the weeks ahead.

What a day holds for doors: the shift's busy limit, less its fixed sessions, less the share
that requests take, less the walk to the patch and back (the mean one to its blocks). Before
noon, to 5pm and after it, no more than the shift leaves of that part of the day, with the
break after noon.

A block's place on the chain: an order of the patch's blocks by the nearest next one from
the service centre, shortened by turning parts of it round as long as that helps (2-opt).
A day's walk between its blocks is at most the chain's length from its first to its last.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from optimiser.bridge.contacts import NEVER_KNOCKED, PARTS_OF_DAY, Knocks, answer_chance
from optimiser.bridge.deadlines import bank_holidays
from optimiser.bridge.rounds import Piece, cut_block, floors_s, knock_s
from optimiser.model.quarter import (
    CommunityDay,
    QuarterBlock,
    QuarterPatch,
    QuarterRound,
    TurnOption,
)
from optimiser.model.visits import Door, PartOfDay, Shift, Visit

if TYPE_CHECKING:
    from optimiser.bridge.knockers import Knockers
    from optimiser.model.rules import VisitRules

__all__ = ["chain_of", "quarter_days", "quarter_patch", "requests_share"]

FloatArray = npt.NDArray[np.float64]

_MOST_SHARE: Final = 0.95
_VISIT_EXTRA_S: Final = 10 * 60
"""What walking and access add to a request, for the share that requests take (M)."""


def requests_share(visits: Sequence[Visit], shifts: Sequence[Shift], rules: VisitRules) -> float:
    """Return the share of the officers' week that its requests take; the rule's own, if set."""
    if rules.requests_share is not None:
        return rules.requests_share
    asked = sum((v.service_s + _VISIT_EXTRA_S) * (1 + v.two_officers) for v in visits)
    held = sum(s.busy_limit_s - _sessions_s(s) for s in shifts)
    return min(_MOST_SHARE, asked / held) if held > 0 else _MOST_SHARE


def quarter_days(
    dates: Sequence[dt.date],
    officer: str | None,
    shifts: Mapping[tuple[str, dt.date], Shift],
    *,
    share: float,
    way_s: int,
    rules: VisitRules,
    elsewhere: Mapping[dt.date, str] = MappingProxyType({}),
) -> tuple[CommunityDay, ...]:
    """Return what each date holds for the doors of an officer's patch; `way_s` is both ways.

    On the dates of `elsewhere` the officer is in another patch: why, by date.
    """
    days = []
    for date in dates:
        shift = shifts.get((officer or "", date))
        if shift is None or date in elsewhere:
            why = "no officer" if officer is None else f"{officer} is not at work"
            why = elsewhere.get(date, why)
            if date in bank_holidays(date.year) and date not in rules.worked_bank_holidays:
                why = "bank holiday"
            days.append(CommunityDay(date=date, capacity_s=0, parts={}, closed=why))
            continue
        free = (shift.busy_limit_s - _sessions_s(shift)) * (1 - share) - way_s
        parts = {
            part: max(0, round(_part_s(shift, first, last) * (1 - share)))
            for part, (first, last) in PARTS_OF_DAY.items()
        }
        days.append(
            CommunityDay(
                date=date,
                capacity_s=max(0, round(free)),
                parts={part: s for part, s in parts.items() if s},
                closed=None if free > 0 else "no time left beside sessions and requests",
            )
        )
    return tuple(days)


@dataclass(frozen=True)
class _Making:
    """What every round of a patch is made from."""

    doors: Mapping[str, Door]
    history: Mapping[str, Knocks]
    parts: tuple[PartOfDay, ...]
    rules: VisitRules


def quarter_patch(
    patch: str,
    officer: str | None,
    *,
    days: tuple[CommunityDay, ...],
    blocks: Mapping[str, tuple[str, ...]],
    met: tuple[str, ...],
    by_appointment: tuple[str, ...],
    walk_s: FloatArray,
    centre_walk_s: FloatArray,
    doors: Mapping[str, Door],
    history: Mapping[str, Knocks],
    knockers: Knockers,
    rules: VisitRules,
) -> QuarterPatch:
    """Return one patch of the weeks ahead.

    Parameters
    ----------
    patch, officer, days, met, by_appointment
        As in `QuarterPatch`.
    blocks
        The doors left in each of n blocks, from the top floor down.
    walk_s, centre_walk_s
        (n, n) and (n,) seconds on foot between the blocks, and from the service centre.
    doors, history
        By property_ref: where it is, and what was knocked there.
    knockers, rules
        Who knocks in pairs where, and the rules.
    """
    making = _Making(doors, history, _parts_open(days), rules)
    order, refs = chain_of(walk_s, centre_walk_s), list(blocks)
    steps = [float(walk_s[a, b]) for a, b in pairwise(order)]
    along = np.concatenate([[0.0], np.cumsum(steps)]) if order else np.zeros(0)
    chain = [
        QuarterBlock(
            block_ref=refs[k],
            position_s=round(along[at]),
            step_s=round(np.mean([*steps[max(0, at - 1) : at], *steps[at : at + 1]] or [0.0])),
        )
        for at, k in enumerate(order)
    ]
    rounds = [
        _round(piece, making, pair=knockers.in_pairs(block, patch))
        for block in (b.block_ref for b in chain)
        for piece in cut_block(block, blocks[block], rules)
    ]
    return QuarterPatch(
        patch=patch,
        officer_ref=officer,
        days=days,
        blocks=tuple(chain),
        rounds=tuple(rounds),
        met=met,
        by_appointment=by_appointment,
    )


def chain_of(walk_s: FloatArray, centre_walk_s: FloatArray) -> list[int]:
    """Return an order of the n blocks in which each is near the next; see the module."""
    n = len(centre_walk_s)
    if n == 0:
        return []
    order = [int(np.argmin(centre_walk_s))]
    rest = set(range(n)) - set(order)
    while rest:
        order.append(min(rest, key=lambda k: (walk_s[order[-1], k], k)))
        rest.discard(order[-1])
    improved = True
    while improved:
        improved = False
        for i in range(1, n - 1):
            for j in range(i + 1, n):
                before = walk_s[order[i - 1], order[i]]
                after = walk_s[order[i - 1], order[j]]
                if j + 1 < n:
                    before += walk_s[order[j], order[j + 1]]
                    after += walk_s[order[i], order[j + 1]]
                if after < before - 0.5:
                    order[i : j + 1] = order[i : j + 1][::-1]
                    improved = True
    return order


def _round(piece: Piece, making: _Making, *, pair: bool) -> QuarterRound:
    doors, rules = making.doors, making.rules
    first, last = doors[piece.refs[0]], doors[piece.refs[-1]]
    way_s = first.entry_s + _floors_s(first, rules) + _floors_s(last, rules)
    between_s = floors_s([doors[ref].floor for ref in piece.refs], first.lift, rules)
    options = []
    for number in (1, 2):
        for part in making.parts:
            count, talks = (
                _second(piece.refs, part, making)
                if number == 2
                else (float(len(piece.refs)), _first(piece.refs, part, making))
            )
            if count <= 0:
                continue
            at_doors = knock_s(count, talks, between_s, rules, pair=pair)
            load_s = (at_doors + way_s) * (2 if pair else 1)
            options.append(
                TurnOption(try_number=number, part=part, load_s=load_s, conversations=talks)
            )
    return QuarterRound(
        round_ref=piece.round_ref,
        block_ref=piece.block_ref,
        property_refs=piece.refs,
        two_officers=pair,
        options=tuple(options),
    )


def _first(refs: Iterable[str], part: PartOfDay, making: _Making) -> float:
    found = (making.history.get(ref, NEVER_KNOCKED) for ref in refs)
    return sum(answer_chance(k.tries, part, making.rules, tried=k.parts) for k in found)


def _second(refs: Iterable[str], part: PartOfDay, making: _Making) -> tuple[float, float]:
    """Return the doors to expect at a second try in `part`, and its conversations.

    The first try was in another part of the day, the one of the most answers. Homes whose
    next try is by appointment are not tried again.
    """
    rules, count, talks = making.rules, 0.0, 0.0
    for ref in refs:
        known = making.history.get(ref, NEVER_KNOCKED)
        if known.tries + 1 >= rules.attempts_before_appointment:
            continue
        others = [p for p in making.parts if p is not part]
        answered = [answer_chance(known.tries, p, rules, tried=known.parts) for p in others]
        closed = 1 - max(answered, default=1.0)
        count += closed
        talks += closed * answer_chance(known.tries + 1, part, rules, tried=known.parts)
    return count, talks


def _parts_open(days: Iterable[CommunityDay]) -> tuple[PartOfDay, ...]:
    days = tuple(days)
    return tuple(p for p in PARTS_OF_DAY if any(p in day.parts for day in days))


def _floors_s(door: Door, rules: VisitRules) -> int:
    """Return the seconds from the street to the door's floor, or back."""
    if door.lift:
        return rules.lift_seconds if door.floor else 0
    return abs(door.floor) * rules.stairs_seconds_floor


def _sessions_s(shift: Shift) -> int:
    return sum(s.end_s - s.start_s for s in shift.sessions)


def _part_s(shift: Shift, first: int, last: int) -> int:
    """Return the seconds of a shift in a part of the day, less sessions and the break."""

    def inside(start: int, end: int) -> int:
        return max(0, min(end, last + 1) - max(start, first))

    free = inside(shift.start_s, shift.end_s)
    free -= sum(inside(s.start_s, s.end_s) for s in shift.sessions)
    noon = PARTS_OF_DAY[PartOfDay.AFTERNOON][0]
    return free - (shift.break_s if first == noon else 0)
