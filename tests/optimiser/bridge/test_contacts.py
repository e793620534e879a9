"""Whether a door opens, by what was tried there before."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from optimiser.bridge.contacts import (
    Knocks,
    answer_chance,
    conversation_points,
    knock_history,
    part_of,
    tries_of_visits,
)
from optimiser.model import PartOfDay, VisitRules

THURSDAY = dt.date(2026, 12, 3)
NINE, FIVE = 9 * 3600, 17 * 3600
MORNING, AFTERNOON = PartOfDay.MORNING, PartOfDay.AFTERNOON


def knocks(*rows):
    frame = pd.DataFrame(rows, columns=["property_ref", "visited_at", "outcome", "visit_ref"])
    frame["visited_at"] = pd.to_datetime(frame["visited_at"])
    return frame


def test_three_tries_reach_33_47_and_54_percent():
    rules = VisitRules(contact_morning=1.0)
    missed, reached = 1.0, []
    for tries in range(3):
        missed *= 1 - answer_chance(tries, PartOfDay.MORNING, rules)
        reached.append(round(100 * (1 - missed)))
    assert reached == [33, 47, 54]


@pytest.mark.parametrize(
    ("clock", "part"),
    [
        (NINE, PartOfDay.MORNING),
        (12 * 3600 - 1, PartOfDay.MORNING),
        (12 * 3600, PartOfDay.AFTERNOON),
        (FIVE, PartOfDay.EVENING),
    ],
)
def test_parts_of_the_day(clock, part):
    assert part_of(clock) is part


def test_three_tries_in_other_parts_reach_as_many_and_in_one_part_fewer():
    rules = VisitRules(contact_morning=1.0, contact_afternoon=1.0, contact_evening=1.0)

    def reached(parts):
        missed = 1.0
        for tries, part in enumerate(parts):
            missed *= 1 - answer_chance(tries, part, rules, tried=parts[:tries])
        return round(100 * (1 - missed))

    assert reached([MORNING, AFTERNOON, PartOfDay.EVENING]) == 54
    assert reached([MORNING] * 3) == 50


@pytest.mark.parametrize(
    ("last", "points"),
    [(None, 2.0), (dt.date(2026, 8, 1), 2.0), (dt.date(2026, 12, 3), 1.0)],
)
def test_a_conversation_is_worth_twice_as_much_after_a_quarter(last, points):
    assert conversation_points(last, THURSDAY, VisitRules()) == pytest.approx(
        points * VisitRules().values.conversation
    )


def test_history_counts_failed_tries_since_somebody_was_met_within_the_quarter():
    history = knock_history(
        knocks(
            ("H0", "2026-11-10T10:00", "no_answer", None),
            ("H0", "2026-11-20T10:00", "done", None),
            ("H0", "2026-11-25T14:00", "no_answer", None),
            ("H1", "2026-08-01T10:00", "no_answer", None),
            ("H2", "2026-12-03T10:00", "no_answer", None),
        ),
        THURSDAY,
    )
    met = dt.date(2026, 11, 20)
    assert history == {"H0": Knocks(1, frozenset({AFTERNOON}), dt.date(2026, 11, 25), met)}
    assert knock_history(None, THURSDAY) == {}


def test_tries_of_a_request_are_those_of_its_reference_before_the_day():
    found = tries_of_visits(
        knocks(
            ("H0", "2026-11-25T14:00", "no_answer", "V1"),
            ("H0", "2026-11-20T10:00", "no_answer", "V1"),
            ("H0", "2026-11-21T10:00", "done", "V2"),
            ("H0", "2026-12-03T10:00", "no_answer", "V1"),
            ("H0", "2026-11-22T10:00", "no_answer", None),
        ),
        THURSDAY,
    )
    assert [f"{at:%d %H}" for at in found["V1"]] == ["20 10", "25 14"]
    assert set(found) == {"V1"}
