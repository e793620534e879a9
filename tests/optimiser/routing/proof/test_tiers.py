"""The bounds after the search, against every plan of tiny weeks; what makes them tight."""

from __future__ import annotations

import pytest
from week_brute_force import optimum, small_week

from optimiser.model.visits import VALUE_UNITS_PER_POINT
from optimiser.routing.bounds import all_bounds
from optimiser.routing.proof.tiers import tier_bounds, tight_bound
from optimiser.routing.tasks import compile_problem

CLOSE = 1e-6


def tight(problem, passes=6):
    compiled = compile_problem(problem)
    quick = all_bounds(compiled)
    return quick, tight_bound(compiled, quick, seconds=60, passes=passes)


@pytest.mark.parametrize("seed", range(12))
def test_no_bound_is_below_the_best_nor_above_the_quick_one(tiny, seed):
    problem = small_week(tiny, seed)
    quick, bounds = tight(problem)
    assert optimum(problem) - CLOSE <= bounds.whole <= quick.whole + CLOSE


def two_far_apart(tiny):
    """Two visits half an hour away on foot, each way, in opposite directions; time for one."""
    visits = tuple(
        tiny.visit(
            ref,
            windows=(tiny.window(),),
            door=tiny.door(minutes, block_ref=None, entry_s=0),
            value=value,
            statutory_value=statutory,
            late_value=0,
        )
        for ref, minutes, value, statutory in (("V1", 0, 600_000, 0), ("V2", 60, 600_000, 0))
    )
    shift = tiny.shift(start_place=30, end_place=30, busy_limit_s=2 * 3600)
    return tiny.week(shifts=(shift,), visits=visits)


def test_walks_between_visits_are_seen(tiny):
    """Two hours hold one visit (walk 30, visit 30, walk 30 minutes), not both (180 minutes)."""
    problem = two_far_apart(tiny)
    _, bounds = tight(problem, passes=30)
    best = (600_000 - 3600 * problem.walk_value) / VALUE_UNITS_PER_POINT
    assert best - CLOSE <= bounds.whole <= 1.1 * best


def test_the_same_number_of_passes_gives_the_same_bound(tiny):
    problem = small_week(tiny, 3)
    assert tight(problem)[1].whole == tight(problem)[1].whole


def test_no_time_leaves_the_quick_bound(tiny):
    compiled = compile_problem(small_week(tiny, 3))
    quick = all_bounds(compiled)
    assert tight_bound(compiled, quick, seconds=0).whole == quick.whole


def test_a_week_without_shifts_keeps_its_bounds(tiny):
    compiled = compile_problem(tiny.week(shifts=()))
    quick = all_bounds(compiled)
    assert tight_bound(compiled, quick, seconds=1, passes=1) is quick


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
