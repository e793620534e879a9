"""Community days ahead: few homes without a turn, then conversations, then little to and fro."""

from __future__ import annotations

import pytest
from quarters import MORNING, ahead, day, drawn, every_plan, patch, piece

from optimiser.routing.ahead import plan_quarter
from optimiser.routing.ahead.assign import KEPT, assign_patch
from optimiser.routing.ahead.bounds import SCALE, most_conversations, most_homes
from optimiser.routing.ahead.plan import hours_needed


def planned(*patches, weeks_apart=1):
    plan = plan_quarter(ahead(*patches, weeks_apart=weeks_apart), time_limit_s=1, workers=1)
    assert plan.violations == ()
    return plan


@pytest.mark.parametrize("seed", range(40))
def test_no_plan_is_better_and_the_bounds_hold(seed):
    of = drawn(seed)
    plans = list(every_plan(of, 1))
    fewest = min(missed for missed, _ in plans)
    most = max(talks for missed, talks in plans if missed == fewest)
    homes = sum(len(r.property_refs) for r in of.rounds)
    assert homes - most_homes(of) <= fewest
    assert most_conversations(of) >= SCALE * max(talks for _, talks in plans) - 1e-6
    (row,) = planned(of).patches
    assert row.without_turn == fewest
    assert row.without_turn_bound <= fewest
    assert row.conversations_bound >= most - 1e-6
    if fewest == 0:  # else second tries are left to the weeks themselves
        assert row.conversations >= KEPT * most - 0.01


def test_no_day_no_turn():
    closed = patch([piece("A1")], [day(0, 0, 0, 0)])
    (row,) = planned(closed).patches
    assert (row.without_turn, row.without_turn_bound, row.more_hours) == (4, 4, None)


def test_every_round_is_tried_twice_where_there_is_room():
    plan = planned(patch([piece("A1"), piece("B1")], [day(k, 5000, 2500, 2500) for k in (0, 1, 2)]))
    assert plan.status == "optimal"
    assert [(r.without_turn, r.second_tries) for r in plan.patches] == [(0, 2)]


def test_a_second_try_waits_the_weeks_and_goes_to_another_part_of_the_day():
    days = [day(k, 5000, 2500, 2500) for k in range(3)]
    turns = planned(patch([piece("A1")], days), weeks_apart=2).turns
    assert [(t.try_number, (t.date - days[0].date).days) for t in turns] == [(1, 0), (2, 14)]
    assert len({t.part for t in turns}) == 2
    assert len(planned(patch([piece("A1")], days), weeks_apart=3).turns) == 1
    mornings = [day(k, 5000, 2500, 0) for k in range(3)]
    assert {t.part for t in planned(patch([piece("A1")], mornings)).turns} == {MORNING}
    assert len(planned(patch([piece("A1")], mornings)).turns) == 1


def test_a_blocks_rounds_are_on_one_day_rather_than_two():
    rounds = [piece("A1"), piece("B1"), piece("A2"), piece("B2")]
    plan = planned(patch(rounds, [day(0, 1500, 700, 800), day(1, 1500, 700, 800)]), weeks_apart=2)
    assert plan.patches[0].block_visits == 2


def test_the_same_problem_gives_the_same_plan():
    of = drawn(3)
    assert assign_patch(of, 1, effort=0.5) == assign_patch(of, 1, effort=0.5)


@pytest.mark.parametrize("seed", range(8))
def test_without_any_time_there_is_a_plan_and_its_bounds_hold(seed):
    of = drawn(seed)
    found = assign_patch(of, 1, effort=1.0, seconds=0.0)
    plans = list(every_plan(of, 1))
    fewest = min(missed for missed, _ in plans)
    assert found.without_turn_bound <= fewest
    served = {slot.round for slot in found.slots if slot.try_number == 1}
    assert fewest == sum(len(r.property_refs) for r in of.rounds) or served
    plan = plan_quarter(ahead(of), time_limit_s=0, workers=1)
    assert plan.violations == ()
    assert plan.turns or not served


def test_the_hours_that_would_do_are_enough_and_fewer_are_not():
    rounds = [piece(f"{name}1", homes=10, load_s=3000) for name in "ABCD"]
    short = patch(rounds, [day(0, 3600, 3600, 0), day(1, 3600, 3600, 0)])
    (row,) = planned(short).patches
    assert (row.without_turn, row.without_turn_bound) == (20, 20)
    # Two of 3,050 s a day: 6,100 s, so 2,500 s more on each of two days.
    assert row.more_hours == 2
    assert hours_needed(short) == 2
