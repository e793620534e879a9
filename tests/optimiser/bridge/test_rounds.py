from __future__ import annotations

import datetime as dt
import math

import pandas as pd
import pytest

from optimiser.bridge.rounds import answer_chance, build_rounds, knock_history, part_of
from optimiser.model import Door, PartOfDay, Shift, VisitRules

THURSDAY = dt.date(2026, 12, 3)
NINE, FIVE = 9 * 3600, 17 * 3600


def shift(officer="HO1", end_s=FIVE):
    return Shift(
        officer_ref=officer,
        date=THURSDAY,
        start_s=NINE,
        end_s=end_s,
        start_place=0,
        end_place=0,
        busy_limit_s=end_s - NINE,
    )


def rounds_of(floors, *, outcomes=None, end_s=FIVE, **rules):
    homes = pd.DataFrame(
        {
            "property_ref": [f"H{k}" for k in range(len(floors))],
            "block_ref": "B1",
            "floor": floors,
        }
    )
    doors = {
        row.property_ref: Door(place=0, block_ref="B1", floor=row.floor)
        for row in homes.itertuples()
    }
    return build_rounds(
        homes,
        patch_of={"B1": "P1"},
        officer_of={"P1": "HO1"},
        doors=doors,
        shifts=(shift(end_s=end_s),),
        day=THURSDAY,
        outcomes=outcomes,
        rules=VisitRules(**rules),
    )


def knocks(*rows):
    frame = pd.DataFrame(rows, columns=["property_ref", "visited_at", "outcome"])
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


def test_blocks_are_cut_evenly_from_the_top_floor_down():
    rounds = rounds_of([0, 0, 1, 1, 2, 2, 3], round_doors=4)
    assert [len(r.property_refs) for r in rounds] == [3, 4]
    assert rounds[0].door.floor == 3
    assert rounds[0].last_floor == 2
    assert rounds[1].door.floor == 1
    assert {ref for r in rounds for ref in r.property_refs} == {f"H{k}" for k in range(7)}


def test_minutes_and_conversations_follow_the_contact_model():
    (only,) = rounds_of([0, 2])
    morning, afternoon = only.options
    chance = 0.85 / 3
    assert morning.part is PartOfDay.MORNING
    assert morning.conversations == pytest.approx(2 * chance)
    assert morning.service_s == round(60 * (2 + 7 * 2 * chance)) + 2 * 25
    assert morning.value == round(2 * chance * 2 * 6000)
    assert afternoon.conversations > morning.conversations


def test_evening_only_for_a_shift_that_runs_into_it():
    assert [o.part for o in rounds_of([0], end_s=FIVE - 60)[0].options] == ["morning", "afternoon"]
    assert PartOfDay.EVENING in [o.part for o in rounds_of([0], end_s=FIVE + 7200)[0].options]


def test_a_door_knocked_lately_is_worth_less_than_one_never_knocked():
    lately = rounds_of([0], outcomes=knocks(("H0", "2026-11-26T10:00", "no_answer")))
    never = rounds_of([0])
    assert lately[0].options[0].value < never[0].options[0].value
    assert lately[0].options[0].conversations == pytest.approx(0.85 * 0.5 / 2.5)


def test_history_counts_failed_tries_since_the_last_talk_within_the_quarter():
    history = knock_history(
        knocks(
            ("H0", "2026-11-10T10:00", "no_answer"),
            ("H0", "2026-11-20T10:00", "done"),
            ("H0", "2026-11-25T10:00", "no_answer"),
            ("H1", "2026-08-01T10:00", "no_answer"),
            ("H2", "2026-12-03T10:00", "no_answer"),
        ),
        THURSDAY,
    )
    assert history == {"H0": (1, dt.date(2026, 11, 25))}


def test_no_round_where_the_officer_is_away():
    assert (
        build_rounds(
            pd.DataFrame({"property_ref": ["H"], "block_ref": ["B"], "floor": [0]}),
            patch_of={"B": "P1"},
            officer_of={"P1": "HO2"},
            doors={"H": Door(place=0, block_ref="B")},
            shifts=(shift("HO1"),),
            day=THURSDAY,
            outcomes=None,
            rules=VisitRules(),
        )
        == ()
    )
    assert math.isclose(VisitRules().contact_alpha, 0.5)
