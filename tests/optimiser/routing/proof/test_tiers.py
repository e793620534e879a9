"""The bounds after the search, against every plan of tiny weeks; what makes them tight."""

from __future__ import annotations

import pytest
from week_brute_force import optimum, small_week

from optimiser.routing.arrays.tasks import compile_problem
from optimiser.routing.proof.bounds import all_bounds
from optimiser.routing.proof.tiers import tier_bounds

CLOSE = 1e-6


@pytest.mark.parametrize("seed", range(40))
def test_no_tier_can_have_more_than_its_bound(tiny, seed):
    """The most that a tier can have is the best plan of a week with that tier alone."""
    problem = small_week(tiny, seed, rounds_of_two=seed % 2 == 0)
    compiled = compile_problem(problem)
    bounds = tier_bounds(compiled, all_bounds(compiled), seconds=600)
    talks = problem.model_copy(update={"visits": (), "walk_value": 0})
    assert optimum(talks) <= bounds.tiers["conversations"] + CLOSE
    assert bounds.whole <= sum(bounds.tiers.values()) + CLOSE


def test_conversations_see_walks(tiny):
    """Two rounds an hour apart on foot, in three hours: only one of them."""
    rounds = tuple(
        tiny.round(
            ref,
            minutes,
            options=(tiny.option("morning", 9, 17, 3.0, 60_000),),
            door=tiny.door(minutes, block_ref=None, entry_s=0),
        )
        for ref, minutes in (("R1", 0), ("R2", 60))
    )
    shift = tiny.shift("HO1", 3, start_place=30, end_place=30, busy_limit_s=3 * 3600)
    compiled = compile_problem(tiny.week(shifts=(shift,), visits=(), rounds=rounds))
    quick = all_bounds(compiled)
    bounds = tier_bounds(compiled, quick, seconds=600)
    assert bounds.tiers["conversations"] == pytest.approx(10.0)
    assert quick.tiers["conversations"] > 10.5
    assert bounds.whole <= 10.0 + CLOSE


def test_without_time_the_tiers_stay(tiny):
    compiled = compile_problem(small_week(tiny, 3))
    quick = all_bounds(compiled)
    assert tier_bounds(compiled, quick, seconds=-1).tiers == quick.tiers
