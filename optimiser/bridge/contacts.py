"""The contact model: whether a door opens, by what has been tried there and when.

A home's propensity to answer has a Beta(a, b) prior. After k knocks without an answer its
posterior mean is a / (a + b + k), so that with the usual a = 0.5, b = 1 one, two and three
tries reach 33, 47 and 54 % of the homes. The part of the day multiplies that, and so does
`contact_same_part` where a knock in the same part of the day found nobody: a repeat at the
same hour brings less.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from optimiser.model.visits import PartOfDay

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd

    from optimiser.model.rules import VisitRules

__all__ = [
    "NEVER_KNOCKED",
    "PARTS_OF_DAY",
    "QUARTER_DAYS",
    "Knocks",
    "answer_chance",
    "conversation_points",
    "knock_history",
    "part_of",
    "tries_of_visits",
]

QUARTER_DAYS: Final = 91

PARTS_OF_DAY: Final = {
    PartOfDay.MORNING: (0, 12 * 3600 - 1),
    PartOfDay.AFTERNOON: (12 * 3600, 17 * 3600 - 1),
    PartOfDay.EVENING: (17 * 3600, 24 * 3600 - 1),
}

NO_ANSWER: Final = "no_answer"


@dataclass(frozen=True, slots=True)
class Knocks:
    """What a quarter's knocks at one home came to: failed tries since somebody was met.

    `parts` are those of the failed tries, `last` the day of the last knock of any kind,
    `met` the day on which it last came to anything else: a talk, a refusal, an appointment.
    """

    tries: int = 0
    parts: frozenset[PartOfDay] = frozenset()
    last: dt.date | None = None
    met: dt.date | None = None


NEVER_KNOCKED: Final = Knocks()


def part_of(second: int) -> PartOfDay:
    """Return the part of the day that a second after midnight is in."""
    return next(part for part, (first, last) in PARTS_OF_DAY.items() if first <= second <= last)


def answer_chance(
    tries: int, part: PartOfDay, rules: VisitRules, *, tried: Collection[PartOfDay] = ()
) -> float:
    """Return the chance that a door opens in a part of the day.

    After `tries` knocks without an answer, in the parts of the day `tried`; see the module.
    """
    factor = {
        PartOfDay.MORNING: rules.contact_morning,
        PartOfDay.AFTERNOON: rules.contact_afternoon,
        PartOfDay.EVENING: rules.contact_evening,
    }[part]
    if part in tried:
        factor *= rules.contact_same_part
    mean = rules.contact_alpha / (rules.contact_alpha + rules.contact_beta + tries)
    return min(1.0, mean * factor)


def conversation_points(last_knock: dt.date | None, day: dt.date, rules: VisitRules) -> float:
    """Return what a conversation is worth, more the longer nobody has knocked."""
    values = rules.values
    waited = QUARTER_DAYS if last_knock is None else (day - last_knock).days
    share = min(1.0, waited / QUARTER_DAYS)
    return values.conversation * (1 + (values.conversation_due - 1) * share)


def knock_history(outcomes: pd.DataFrame | None, before: dt.date) -> dict[str, Knocks]:
    """Return what was knocked at each home in the quarter before `before`."""
    history: dict[str, Knocks] = {}
    if outcomes is None or outcomes.empty:
        return history
    first = before - dt.timedelta(days=QUARTER_DAYS)
    for row in outcomes.sort_values("visited_at", kind="stable").to_dict("records"):
        at = row["visited_at"]
        if not first <= at.date() < before:
            continue
        known = history.get(row["property_ref"], NEVER_KNOCKED)
        if row["outcome"] == NO_ANSWER:
            # A date without a time of day is midnight, and says nothing about the part.
            parts = known.parts | ({_part_at(at)} if at.time() != dt.time() else set())
            known = Knocks(known.tries + 1, parts, at.date(), known.met)
        else:
            known = Knocks(last=at.date(), met=at.date())
        history[row["property_ref"]] = known
    return history


def tries_of_visits(
    outcomes: pd.DataFrame | None, before: dt.date
) -> Mapping[str, tuple[dt.datetime, ...]]:
    """Return when each request found nobody, by visit_ref, before the day."""
    tries: dict[str, tuple[dt.datetime, ...]] = {}
    if outcomes is None or outcomes.empty or "visit_ref" not in outcomes:
        return tries
    failed = outcomes[(outcomes["outcome"] == NO_ANSWER) & outcomes["visit_ref"].notna()]
    for row in failed.sort_values("visited_at", kind="stable").to_dict("records"):
        if row["visit_ref"] and row["visited_at"].date() < before:
            tries[row["visit_ref"]] = (*tries.get(row["visit_ref"], ()), row["visited_at"])
    return tries


def _part_at(at: dt.datetime) -> PartOfDay:
    return part_of(at.hour * 3600 + at.minute * 60)
