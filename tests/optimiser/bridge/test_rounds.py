from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from knocking import FIVE, THURSDAY, shift, staff

from optimiser.bridge.contacts import knock_history
from optimiser.bridge.rounds import build_rounds, doors_left, floors_s, round_notes
from optimiser.model import Door, PartOfDay, VisitRules


def homes_on(floors):
    return pd.DataFrame(
        {
            "property_ref": [f"H{k}" for k in range(len(floors))],
            "block_ref": "B1",
            "floor": floors,
        }
    )


def rounds_of(floors, *, outcomes=None, knockers=None, lift=False, **rules):
    homes = homes_on(floors)
    doors = {
        row.property_ref: Door(place=0, block_ref="B1", floor=row.floor, lift=lift)
        for row in homes.itertuples()
    }
    history = knock_history(outcomes, THURSDAY)
    return build_rounds(
        doors_left(homes, history, VisitRules(**rules)),
        patch_of={"B1": "P1"},
        doors=doors,
        knockers=knockers or staff(),
        day=THURSDAY,
        history=history,
        rules=VisitRules(**rules),
    )


def knocks(*rows):
    frame = pd.DataFrame(rows, columns=["property_ref", "visited_at", "outcome"])
    frame["visited_at"] = pd.to_datetime(frame["visited_at"])
    return frame


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
    early = rounds_of([0], knockers=staff(shift(end_s=FIVE - 60)))
    assert [o.part for o in early[0].options] == ["morning", "afternoon"]
    late = rounds_of([0], knockers=staff(shift(end_s=FIVE + 7200)))
    assert PartOfDay.EVENING in [o.part for o in late[0].options]


def test_a_door_knocked_lately_is_worth_less_than_one_never_knocked():
    lately = rounds_of([0], outcomes=knocks(("H0", "2026-11-26T14:00", "no_answer")))
    never = rounds_of([0])
    assert lately[0].options[0].value < never[0].options[0].value
    assert lately[0].options[0].conversations == pytest.approx(0.85 * 0.5 / 2.5)


def test_a_repeat_at_the_same_part_of_the_day_brings_less():
    (tried,) = rounds_of([0], outcomes=knocks(("H0", "2026-11-26T14:00", "no_answer")))
    morning, afternoon = tried.options
    assert afternoon.conversations == pytest.approx(0.8 * 0.95 * 0.5 / 2.5)
    assert morning.value > afternoon.value  # though an afternoon is better at the first try


def test_where_somebody_was_met_this_quarter_nobody_knocks_again():
    met = knocks(("H0", "2026-11-26T10:00", "done"), ("H1", "2026-08-01T10:00", "done"))
    (only,) = rounds_of([0, 0], outcomes=met)
    assert only.property_refs == ("H1",)
    assert rounds_of([0], outcomes=met) == ()


def test_pieces_are_cut_from_the_doors_left():
    met = knocks(*((f"H{k}", "2026-11-26T10:00", "done") for k in range(5)))
    assert [len(r.property_refs) for r in rounds_of([0] * 9, round_doors=4, outcomes=met)] == [4]


@pytest.mark.parametrize(("tries", "left"), [(2, 1), (3, 0)])
def test_after_three_tries_a_home_waits_for_an_appointment(tries, left):
    days = ("05", "12", "19")[:tries]
    tried = knocks(*(("H0", f"2026-11-{day}T10:00", "no_answer") for day in days))
    assert len(rounds_of([0], outcomes=tried)) == left
    found = doors_left(homes_on([0]), knock_history(tried, THURSDAY), VisitRules())
    assert found.by_appointment == (() if left else ("H0",))


@pytest.mark.parametrize(
    ("floors", "lift", "seconds"),
    [([3, 3, 2, 0], False, 75), ([3, 3, 2, 0], True, 75), ([9, 1], True, 90), ([9, 1], False, 200)],
)
def test_floors_are_walked_down_or_ridden_whichever_is_quicker(floors, lift, seconds):
    assert floors_s(floors, lift, VisitRules()) == seconds
    (only,) = rounds_of(floors, lift=lift, knock_minutes=1, talk_minutes=0)
    assert only.options[0].service_s == 60 * len(floors) + seconds


def test_an_absent_officers_doors_are_knocked_by_the_nearest_of_the_centre():
    team = [shift(f"HO{k}") for k in (2, 3, 4)]
    assert rounds_of([0], knockers=staff(*team))[0].officers == ("HO2", "HO3")
    assert rounds_of([0], knockers=staff(*team, stand_ins=1))[0].officers == ("HO2",)
    assert rounds_of([0], knockers=staff(*team, shift("HO1")))[0].officers == ("HO1",)
    spare = staff(*team, shift("HO5"), centre={f"HO{k}": "soho" for k in (1, 2, 3, 4, 5)})
    assert rounds_of([0], knockers=spare)[0].officers == ("HO5", "HO4", "HO2")
    vacant = staff(*team, own={"P2": "HO2", "P3": "HO3", "P4": "HO4"})
    assert rounds_of([0], knockers=vacant)[0].officers == ("HO4",)


@pytest.mark.parametrize("knockers", [staff(shift("HO4")), staff(shift("HO2"), stand_ins=0)])
def test_no_round_where_nobody_of_the_centre_may_knock(knockers):
    assert rounds_of([0], knockers=knockers) == ()
    left = doors_left(homes_on([0]), {}, VisitRules())
    (note,) = round_notes(
        left, (), patch_of={"B1": "P1"}, knockers=knockers, day=THURSDAY, rules=VisitRules()
    )
    assert note == ("P1 is HO1's, who is away on Thursday 3 December 2026: 1 of its doors waits.")


@pytest.mark.parametrize(
    "rule",
    [{"all_in_pairs": True}, *({"pairs_at": frozenset({x})} for x in ("B1", "P1", "Mozart"))],
)
def test_in_pairs_by_rule_the_own_officer_and_one_of_the_centre(rule):
    team = [shift(f"HO{k}") for k in (1, 2, 3, 4)]
    (pair,) = rounds_of([0] * 6, knockers=staff(*team, **rule))
    (alone,) = rounds_of([0] * 6, knockers=staff(*team))
    assert pair.two_officers
    assert not alone.two_officers
    assert pair.officers == ("HO1", "HO2", "HO3")
    assert pair.options[0].service_s == pytest.approx(0.55 * alone.options[0].service_s, abs=1)
    assert pair.options[0].value == alone.options[0].value
    stand_in = rounds_of([0], knockers=staff(*team[1:], **rule))
    assert stand_in[0].officers == ("HO2", "HO3")


def test_no_pair_of_one_officer():
    assert rounds_of([0], knockers=staff(shift(), shift("HO4"), all_in_pairs=True)) == ()


def test_no_evening_for_a_pair_of_which_one_goes_home():
    team = (shift(end_s=FIVE + 7200), shift("HO2"))
    (pair,) = rounds_of([0], knockers=staff(*team, all_in_pairs=True))
    assert PartOfDay.EVENING not in [o.part for o in pair.options]


def test_notes_name_who_knocks_instead_and_who_waits_for_an_appointment():
    tried = knocks(*(("H0", f"2026-11-{d}T10:00", "no_answer") for d in ("05", "12", "19")))
    knockers = staff(shift("HO2"))
    left = doors_left(homes_on([0, 0]), knock_history(tried, THURSDAY), VisitRules())
    instead, waiting = round_notes(
        left,
        rounds_of([0, 0], outcomes=tried, knockers=knockers),
        patch_of={"B1": "P1"},
        knockers=knockers,
        day=THURSDAY,
        rules=VisitRules(),
    )
    assert instead.endswith("may knock instead: HO2.")
    assert waiting.startswith("1 home had 3 tries")
    assert "H0" in waiting


def test_patches_without_an_officer_share_a_note():
    (one,) = rounds_of([0])
    other = one.model_copy(update={"block_ref": "B2", "patch": "P2"})
    notes = round_notes(
        replace(
            doors_left(homes_on([0]), knock_history(None, THURSDAY), VisitRules()),
            blocks={"B1": ("H0",), "B2": ("H9",)},
        ),
        (one, other),
        patch_of={"B1": "P1", "B2": "P2"},
        knockers=replace(staff(shift("HO2")), own={}),
        day=THURSDAY,
        rules=VisitRules(),
    )
    assert notes == (f"P1, P2 have no officer; may knock instead: {one.officers[0]}.",)


@pytest.mark.parametrize(
    ("doors", "pace"), [(1, 1.0), (2, 0.55), (3, 2 / 3), (7, 4 / 7), (9, 5 / 9)]
)
def test_two_at_a_single_door_are_no_quicker_than_one(doors, pace):
    (alone,) = rounds_of([0] * doors, knockers=staff(shift("HO1"), shift("HO2")))
    pairs = staff(shift("HO1"), shift("HO2"), all_in_pairs=True)
    (pair,) = rounds_of([0] * doors, knockers=pairs)
    for one, two in zip(alone.options, pair.options, strict=True):
        assert two.service_s == pytest.approx(pace * one.service_s, abs=1)
        assert two.conversations == one.conversations
