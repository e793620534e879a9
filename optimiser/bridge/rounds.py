"""Homes and earlier knocks become the rounds that could be knocked on the community day."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING

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

    from optimiser.model.rules import VisitRules

__all__ = ["PARTS_OF_DAY", "answer_chance", "build_rounds", "knock_history", "part_of"]

QUARTER_DAYS = 91

PARTS_OF_DAY = {
    PartOfDay.MORNING: (0, 12 * 3600 - 1),
    PartOfDay.AFTERNOON: (12 * 3600, 17 * 3600 - 1),
    PartOfDay.EVENING: (17 * 3600, 24 * 3600 - 1),
}


def part_of(second: int) -> PartOfDay:
    """Return the part of the day that a second after midnight is in."""
    return next(part for part, (first, last) in PARTS_OF_DAY.items() if first <= second <= last)


def answer_chance(tries: int, part: PartOfDay, rules: VisitRules) -> float:
    """Return the chance that a door opens after `tries` knocks without an answer.

    The home's propensity to answer has a Beta prior; each failed try counts
    against it (posterior mean), times the factor of the part of the day.
    """
    factor = {
        PartOfDay.MORNING: rules.contact_morning,
        PartOfDay.AFTERNOON: rules.contact_afternoon,
        PartOfDay.EVENING: rules.contact_evening,
    }[part]
    mean = rules.contact_alpha / (rules.contact_alpha + rules.contact_beta + tries)
    return min(1.0, mean * factor)


def knock_history(
    outcomes: pd.DataFrame | None, before: dt.date
) -> dict[str, tuple[int, dt.date | None]]:
    """Return per home the failed tries since the last talk, and the day of the last knock.

    Only the quarter before `before` counts.
    """
    history: dict[str, tuple[int, dt.date | None]] = {}
    if outcomes is None or outcomes.empty:
        return history
    first = before - dt.timedelta(days=QUARTER_DAYS)
    for row in outcomes.sort_values("visited_at", kind="stable").to_dict("records"):
        day = row["visited_at"].date()
        if not first <= day < before:
            continue
        tries, _ = history.get(row["property_ref"], (0, None))
        history[row["property_ref"]] = (tries + 1 if row["outcome"] == "no_answer" else 0, day)
    return history


def build_rounds(
    homes: pd.DataFrame,
    *,
    patch_of: dict[str, str],
    officer_of: dict[str, str],
    doors: dict[str, Door],
    shifts: tuple[Shift, ...],
    day: dt.date,
    outcomes: pd.DataFrame | None,
    rules: VisitRules,
) -> tuple[Round, ...]:
    """Cut each block of a patch whose officer works on `day` into rounds of doors.

    `patch_of` maps block to patch, `officer_of` patch to officer, `doors` a
    home to its door. From the top floor down, in pieces of nearly equal length.
    """
    at_work = {s.officer_ref: s for s in shifts if s.date == day}
    history = knock_history(outcomes, day)
    rounds: list[Round] = []
    for block, group in homes.groupby("block_ref", sort=True):
        patch = patch_of.get(str(block))
        officer = officer_of.get(patch or "")
        if patch is None or officer not in at_work:
            continue
        refs = group.sort_values("floor", ascending=False, kind="stable")["property_ref"]
        pieces = math.ceil(len(refs) / rules.round_doors)
        for piece in range(pieces):
            cut = slice(len(refs) * piece // pieces, len(refs) * (piece + 1) // pieces)
            chosen = tuple(refs.iloc[cut])
            first, last = doors[chosen[0]], doors[chosen[-1]]
            rounds.append(
                Round(
                    round_ref=f"{block}-{piece + 1}",
                    block_ref=str(block),
                    patch=patch,
                    date=day,
                    door=first,
                    last_floor=last.floor,
                    property_refs=chosen,
                    officers=(officer,),
                    options=_options(chosen, first, last, history, at_work[officer], day, rules),
                )
            )
    return tuple(rounds)


def _options(
    refs: tuple[str, ...],
    first: Door,
    last: Door,
    history: dict[str, tuple[int, dt.date | None]],
    shift: Shift,
    day: dt.date,
    rules: VisitRules,
) -> tuple[RoundOption, ...]:
    stairs_s = abs(first.floor - last.floor) * rules.stairs_seconds_floor
    options = []
    for part, (earliest, latest) in PARTS_OF_DAY.items():
        if earliest >= shift.end_s or latest < shift.start_s:
            continue
        conversations = points = 0.0
        for ref in refs:
            tries, last_day = history.get(ref, (0, None))
            chance = answer_chance(tries, part, rules)
            conversations += chance
            points += chance * _conversation_points(last_day, day, rules)
        minutes = len(refs) * rules.knock_minutes + conversations * rules.talk_minutes
        options.append(
            RoundOption(
                part=part,
                earliest_s=earliest,
                latest_s=latest,
                service_s=round(minutes * 60) + stairs_s,
                conversations=conversations,
                value=round(points * VALUE_UNITS_PER_POINT),
            )
        )
    return tuple(options)


def _conversation_points(last_knock: dt.date | None, day: dt.date, rules: VisitRules) -> float:
    values = rules.values
    waited = QUARTER_DAYS if last_knock is None else (day - last_knock).days
    share = min(1.0, waited / QUARTER_DAYS)
    return values.conversation * (1 + (values.conversation_due - 1) * share)
