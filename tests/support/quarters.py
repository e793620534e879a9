"""Small weeks ahead: one patch whose days and rounds are counted by hand."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from collections.abc import Iterator
from typing import Any

from optimiser.model import PartOfDay
from optimiser.model.quarter import (
    CommunityDay,
    QuarterBlock,
    QuarterPatch,
    QuarterProblem,
    QuarterRound,
    TurnOption,
)

MONDAY = dt.date(2026, 11, 30)
MORNING, AFTERNOON = PartOfDay.MORNING, PartOfDay.AFTERNOON


def option(number: int, part: PartOfDay, load_s: int, talks: float) -> TurnOption:
    """A try at a round's doors."""
    return TurnOption(try_number=number, part=part, load_s=load_s, conversations=talks)


def piece(ref: str, *, homes: int = 4, load_s: int = 600, **changes: Any) -> QuarterRound:
    """A round of block `ref[0]`: a second try takes half as long, afternoons bring more."""
    known: dict[str, Any] = {
        "round_ref": ref,
        "block_ref": ref[0],
        "property_refs": tuple(f"{ref}h{k}" for k in range(homes)),
        "options": (
            option(1, MORNING, load_s, 0.28 * homes),
            option(1, AFTERNOON, load_s + 60, 0.32 * homes),
            option(2, MORNING, load_s // 2, 0.11 * homes),
            option(2, AFTERNOON, load_s // 2 + 30, 0.13 * homes),
        ),
    }
    return QuarterRound(**(known | changes))


def day(week: int, capacity_s: int, morning: int, afternoon: int) -> CommunityDay:
    """The Thursday of a week; closed where it holds nothing."""
    date = MONDAY + dt.timedelta(days=7 * week + 3)
    parts = {MORNING: morning, AFTERNOON: afternoon}
    return CommunityDay(
        date=date,
        capacity_s=capacity_s,
        parts={part: s for part, s in parts.items() if s},
        closed=None if morning or afternoon else "away",
    )


def patch(rounds: list[QuarterRound], days: list[CommunityDay], **changes: Any) -> QuarterPatch:
    """Patch P1 of HO1, whose blocks stand 100 s apart and take 50 s to come to."""
    blocks = list(dict.fromkeys(r.block_ref for r in rounds))
    known: dict[str, Any] = {
        "patch": "P1",
        "officer_ref": "HO1",
        "days": tuple(days),
        "blocks": tuple(
            QuarterBlock(block_ref=b, position_s=100 * k, step_s=50) for k, b in enumerate(blocks)
        ),
        "rounds": tuple(rounds),
    }
    return QuarterPatch(**(known | changes))


def ahead(*patches: QuarterPatch, weeks_apart: int = 1) -> QuarterProblem:
    """The weeks ahead of the patches."""
    return QuarterProblem(
        first_week=MONDAY,
        weeks=len(patches[0].days),
        patches=patches,
        weeks_apart=weeks_apart,
    )


def drawn(seed: int) -> QuarterPatch:
    """Two or three rounds on two or three days, loads and rooms near each other."""
    rng = random.Random(seed)
    rounds = []
    for name in ("A1", "A2", "B1")[: rng.randint(2, 3)]:
        load, homes = rng.randint(3, 9) * 100, rng.randint(1, 9)
        options = tuple(
            option(
                number,
                part,
                load // number + rng.randint(0, 3) * 20,
                homes * rng.uniform(0.1, 0.4) / number,
            )
            for number in (1, 2)
            for part in (MORNING, AFTERNOON)
            if number == 1 or rng.random() < 0.8
        )
        rounds.append(piece(name, homes=homes, options=options))
    days = [
        day(k, rng.choice([0, 500, 900, 1500]), rng.choice([300, 700]), rng.choice([400, 900]))
        for k in range(rng.randint(2, 3))
    ]
    return patch(rounds, days)


Chosen = dict[tuple[int, int], tuple[int, PartOfDay]]
"""Of a round and a try: the day and the part of it."""


def every_plan(of: QuarterPatch, weeks_apart: int) -> Iterator[tuple[int, float]]:
    """Yield homes without a turn and conversations of every plan there is, rules as stated."""
    slots = [(d, p) for d in range(len(of.days)) for p in (MORNING, AFTERNOON)]
    ways: list[list[dict[int, tuple[int, PartOfDay]]]] = []
    for turn in of.rounds:
        own: list[dict[int, tuple[int, PartOfDay]]] = [{}]
        for first in slots:
            if turn.option(1, first[1]) is None:
                continue
            own.append({1: first})
            own += [
                {1: first, 2: second}
                for second in slots
                if turn.option(2, second[1]) is not None
                and second[0] >= first[0] + weeks_apart
                and second[1] is not first[1]
            ]
        ways.append(own)
    for combination in itertools.product(*ways):
        if _has_room(of, combination):
            missed = sum(
                len(turn.property_refs)
                for turn, way in zip(of.rounds, combination, strict=True)
                if not way
            )
            talks = sum(
                _option(turn, number, part).conversations
                for turn, way in zip(of.rounds, combination, strict=True)
                for number, (_, part) in way.items()
            )
            yield missed, talks


def _has_room(of: QuarterPatch, ways: tuple[dict[int, tuple[int, PartOfDay]], ...]) -> bool:
    for d, there in enumerate(of.days):
        load = dict.fromkeys((MORNING, AFTERNOON), 0)
        blocks = set()
        for turn, way in zip(of.rounds, ways, strict=True):
            for number, (on, part) in way.items():
                if on == d:
                    load[part] += _option(turn, number, part).load_s
                    blocks.add(turn.block_ref)
        if any(load[part] > there.parts.get(part, 0) for part in load):
            return False
        if sum(load.values()) + 50 * len(blocks) > there.capacity_s:
            return False
    return True


def _option(turn: QuarterRound, number: int, part: PartOfDay) -> TurnOption:
    found = turn.option(number, part)
    assert found is not None
    return found
