"""A patch's rounds on the community days ahead, by CP-SAT, one aim after the other.

For round r, try k (1 or 2), day d and part of the day p let x[r,k,d,p] be 1 if that try is
then. With n[r] homes, load l[r,k,p], conversations c[r,k,p] and the days' capacities Q[d]
and Q[d,p]:

    sum_dp x[r,1,d,p] + u[r] = 1                     every round has its turn, or u[r] = 1
    sum_dp x[r,2,d,p] <= sum_dp x[r,1,d,p]           a second try only after a first one
    sum_{d'>=d} x[r,1,d',.] + sum_{d'<d+g} x[r,2,d',.] <= 1     g weeks later or more
    sum_d x[r,1,d,p] + sum_d x[r,2,d,p] <= 1         in another part of the day
    sum_r l x[r,.,d,p] <= Q[d,p]
    sum_r l x[r,.,d,.] + sum_b step[b] y[b,d] <= Q[d],   y[b,d] >= sum_kp x[r,k,d,p], r in b

The aims, each kept to (the second within `KEPT`) while the next is sought:

1. fewest homes without a turn: sum_r n[r] u[r];
2. most conversations: sum c x, in thousandths, rounded up;
3. least to and fro: days on which a block is come to, sum y[b,d], then the walk between a
   day's blocks, at most the chain's length from the first to the last of them, and the
   fullest day's share of what it holds.

Of the first two aims the better of two bounds is returned: what CP-SAT proves, and a
knapsack's over all days together (see `bounds`). CP-SAT's search is measured in its own
deterministic time, so that the same problem gives the same plan on any machine that is quick
enough for it.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ortools.sat.python import cp_model

from optimiser.model.quarter import QuarterPatch
from optimiser.routing.ahead.bounds import SCALE, most_conversations, most_homes
from optimiser.routing.ahead.greedy import Slot, fill_days

__all__ = ["KEPT", "Assigned", "assign_patch"]

logger = logging.getLogger(__name__)

KEPT: Final = 0.99
"""Share of the most conversations found that the third aim may not go below."""

_EXACT: Final = 1e-6
_SHARES: Final = (0.2, 0.4, 0.4)
_SPREAD, _WALK_S, _PEAK = 600, 1, 3
"""Prices of a block come to on a day, of a second along the chain, of 1 % of the fullest day."""


@dataclass(frozen=True)
class _Limits:
    """Deterministic seconds of search for all aims together, and the instant that ends it."""

    effort: float
    until: float

    def over(self) -> bool:
        """Whether there is no time left."""
        return time.monotonic() >= self.until

    def of(self, aim: int) -> tuple[float, float]:
        """Return an aim's deterministic and wall-clock seconds."""
        left = max(0.0, self.until - time.monotonic())
        return self.effort * _SHARES[aim], left * _SHARES[aim] / sum(_SHARES[aim:])


@dataclass(frozen=True)
class Assigned:
    """The slots of a patch, and what no plan can better: homes left, conversations."""

    slots: tuple[Slot, ...]
    without_turn_bound: int
    conversations_bound: float


@dataclass
class _Vars:
    """The model and its variables."""

    patch: QuarterPatch
    weeks_apart: int
    model: cp_model.CpModel = field(default_factory=cp_model.CpModel)
    x: dict[Slot, Any] = field(default_factory=dict)
    of_round: dict[int, list[Slot]] = field(default_factory=dict)
    of_day: dict[int, list[Slot]] = field(default_factory=dict)
    missed: list[Any] = field(default_factory=list)
    there: dict[tuple[str, int], Any] = field(default_factory=dict)


def assign_patch(
    patch: QuarterPatch, weeks_apart: int, *, effort: float, seconds: float = math.inf
) -> Assigned:
    """Return the turns of a patch for `effort` deterministic seconds of search.

    `seconds` of the clock end it on a machine that is slower.
    """
    limits = _Limits(effort, time.monotonic() + seconds)
    homes = sum(len(r.property_refs) for r in patch.rounds)
    if not homes or not any(day.parts for day in patch.days):
        return Assigned((), homes, 0.0)
    slots, bound = fill_days(patch, weeks_apart), 0
    most = most_conversations(patch)
    if _missed(patch, slots):
        # Where not every home has a first turn, second ones have no room.
        slots = [slot for slot in slots if slot.try_number == 1]
        bound, proven = homes - most_homes(patch), None
        if not limits.over():
            v = _build(patch, weeks_apart, tries=1)
            slots, proven = _solved(v, _homes_missed(v), slots, limits.of(0))
        if proven is not None:
            bound = max(bound, math.ceil(proven - _EXACT))
    if limits.over():
        return Assigned(tuple(sorted(slots)), bound, most / SCALE)
    left = _missed(patch, slots)
    v = _build(patch, weeks_apart, tries=1 if left else 2)
    v.model.add(_homes_missed(v) <= left)
    talks = sum(_thousandths(patch, slot) * x for slot, x in v.x.items())
    slots, proven = _solved(v, -talks, slots, limits.of(1))
    if proven is not None and not left:
        most = min(most, math.floor(-proven + _EXACT))
    found = sum(_thousandths(patch, slot) for slot in slots)
    v.model.add(talks >= math.floor(KEPT * found))
    slots, _ = _solved(v, _to_and_fro(v), slots, limits.of(2))
    return Assigned(tuple(sorted(slots)), bound, most / SCALE)


def _missed(patch: QuarterPatch, slots: Sequence[Slot]) -> int:
    """Return the homes without a turn."""
    served = {s.round for s in slots if s.try_number == 1}
    return sum(len(r.property_refs) for k, r in enumerate(patch.rounds) if k not in served)


def _homes_missed(v: _Vars) -> Any:
    return sum(len(r.property_refs) * u for r, u in zip(v.patch.rounds, v.missed, strict=True))


def _build(patch: QuarterPatch, weeks_apart: int, *, tries: int = 2) -> _Vars:
    v = _Vars(patch, weeks_apart)
    for r, turn in enumerate(patch.rounds):
        for option in turn.options:
            if option.try_number > tries:
                continue
            for d, day in enumerate(patch.days):
                if option.load_s <= min(day.parts.get(option.part, 0), day.capacity_s):
                    slot = Slot(r, option.try_number, d, option.part)
                    v.x[slot] = v.model.new_bool_var(f"x{r}.{slot.try_number}.{d}.{slot.part}")
                    v.of_round.setdefault(r, []).append(slot)
                    v.of_day.setdefault(d, []).append(slot)
        v.missed.append(v.model.new_bool_var(f"u{r}"))
    for block in patch.blocks:
        for d in range(len(patch.days)):
            v.there[block.block_ref, d] = v.model.new_bool_var(f"y{block.block_ref}.{d}")
    add_turns(v)
    add_weeks_apart(v)
    add_other_part(v)
    add_presence(v)
    add_capacity(v)
    return v


def _where(v: _Vars, r: int, number: int | None = None) -> list[tuple[Slot, Any]]:
    slots = v.of_round.get(r, ())
    return [(s, v.x[s]) for s in slots if number is None or s.try_number == number]


def add_turns(v: _Vars) -> None:
    """Give every round its first try or none, and a second only after a first."""
    for r in range(len(v.patch.rounds)):
        first = [x for _, x in _where(v, r, 1)]
        v.model.add_exactly_one([*first, v.missed[r]])
        second = [x for _, x in _where(v, r, 2)]
        if second:
            v.model.add(sum(second) + v.missed[r] <= 1)


def add_weeks_apart(v: _Vars) -> None:
    """Put the second try `weeks_apart` weeks after the first, or later."""
    for r in range(len(v.patch.rounds)):
        first, second = _where(v, r, 1), _where(v, r, 2)
        for d in range(len(v.patch.days)):
            late = [x for s, x in first if s.day >= d]
            soon = [x for s, x in second if s.day < d + v.weeks_apart]
            if late and soon:
                v.model.add_at_most_one([*late, *soon])


def add_other_part(v: _Vars) -> None:
    """Put the second try into another part of the day than the first."""
    for r, turn in enumerate(v.patch.rounds):
        for part in {o.part for o in turn.options}:
            same = [x for s, x in _where(v, r) if s.part is part]
            if len(same) > 1:
                v.model.add_at_most_one(same)


def add_presence(v: _Vars) -> None:
    """Have somebody come to a block on the days on which one of its rounds is knocked."""
    for r, turn in enumerate(v.patch.rounds):
        by_day: dict[int, list[Any]] = {}
        for s, x in _where(v, r):
            by_day.setdefault(s.day, []).append(x)
        for d, xs in by_day.items():
            v.model.add(sum(xs) <= v.there[turn.block_ref, d])


def add_capacity(v: _Vars) -> None:
    """Keep each day, and each part of it, to what it holds."""
    for d, day in enumerate(v.patch.days):
        here = [(s, v.x[s]) for s in v.of_day.get(d, ())]
        for part, most in day.parts.items():
            load = [_load_s(v.patch, s) * x for s, x in here if s.part is part]
            if load:
                v.model.add(sum(load) <= most)
        if here:
            v.model.add(_day_load(v, d) <= day.capacity_s)


def _day_load(v: _Vars, d: int) -> Any:
    load = sum(_load_s(v.patch, s) * v.x[s] for s in v.of_day.get(d, ()))
    return load + sum(b.step_s * v.there[b.block_ref, d] for b in v.patch.blocks)


def _to_and_fro(v: _Vars) -> Any:
    """Return the cost of the third aim; see the module."""
    model, patch = v.model, v.patch
    length = max((b.position_s for b in patch.blocks), default=0)
    peak = model.new_int_var(0, 100, "peak")
    cost = _SPREAD * sum(v.there.values()) + _PEAK * 60 * peak
    for d, day in enumerate(patch.days):
        if not day.capacity_s or not day.parts:
            continue
        model.add(100 * _day_load(v, d) <= day.capacity_s * peak)
        lo = model.new_int_var(0, length, f"lo{d}")
        hi = model.new_int_var(0, length, f"hi{d}")
        for b in patch.blocks:
            y = v.there[b.block_ref, d]
            model.add(hi >= b.position_s * y)
            model.add(lo <= b.position_s + (length - b.position_s) * (1 - y))
        span = model.new_int_var(0, length, f"span{d}")
        model.add(span >= hi - lo)
        cost += _WALK_S * span
    return cost


def _load_s(patch: QuarterPatch, slot: Slot) -> int:
    option = patch.rounds[slot.round].option(slot.try_number, slot.part)
    assert option is not None
    return option.load_s


def _thousandths(patch: QuarterPatch, slot: Slot) -> int:
    option = patch.rounds[slot.round].option(slot.try_number, slot.part)
    assert option is not None
    return math.ceil(SCALE * option.conversations)


def _solved(
    v: _Vars, cost: Any, slots: Sequence[Slot], limits: tuple[float, float]
) -> tuple[list[Slot], float | None]:
    """Return the slots of the least cost found, and the bound proven, if any.

    They are no worse than those given, from which the search starts. `limits` are
    deterministic and wall-clock seconds.
    """
    effort, seconds = limits
    model = v.model
    model.minimize(cost)
    model.clear_hints()  # type: ignore[no-untyped-call]
    chosen = set(slots)
    for slot, x in v.x.items():
        model.add_hint(x, slot in chosen)
    served = {s.round for s in chosen}
    for r, u in enumerate(v.missed):
        model.add_hint(u, r not in served)
    come = {(v.patch.rounds[s.round].block_ref, s.day) for s in chosen}
    for key, y in v.there.items():
        model.add_hint(y, key in come)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = effort
    solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        # Without a solution of its own, CP-SAT's bound may not have been set.
        logger.info("%s: %s, kept as it was", v.patch.patch, solver.status_name(status))
        return list(slots), None
    bound = solver.best_objective_bound
    return [slot for slot, x in v.x.items() if solver.boolean_value(x)], bound
