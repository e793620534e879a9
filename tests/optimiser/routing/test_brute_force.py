"""Tiny weeks against every plan there is: objective <= optimum <= bound, and the same again.

Two officers, up to seven requests and two rounds: two-officer visits, sessions, breaks, due
dates, languages, floors, limits of walking, rounds for two; see `week_brute_force`.
"""

from __future__ import annotations

import pytest
from week_brute_force import optimum, small_week

from optimiser.model import Status, VisitParams
from optimiser.routing import plan_visits
from optimiser.routing.checks.rules import check_week

SEEDS = range(60)
CLOSE = 1e-6


@pytest.fixture(scope="module")
def answers(tiny):
    """Each tiny week with its plan and its optimum."""
    found = []
    for seed in SEEDS:
        problem = small_week(tiny, seed, rounds_of_two=seed % 2 == 0)
        plan = plan_visits(problem, params=VisitParams(iterations=300, workers=1))
        found.append((problem, plan, optimum(problem)))
    return found


def test_no_plan_breaks_a_rule(answers):
    assert [check_week(problem, plan) for problem, plan, _ in answers] == [()] * len(SEEDS)


def test_no_plan_is_worth_more_than_the_best(answers):
    beyond = [seed for seed, (_, plan, best) in enumerate(answers) if plan.objective > best + CLOSE]
    assert beyond == []


def test_no_bound_is_below_the_best(answers):
    wrong = [seed for seed, (_, plan, best) in enumerate(answers) if plan.bound < best - CLOSE]
    assert wrong == []


def test_what_is_called_optimal_is(answers):
    proven = [(plan, best) for _, plan, best in answers if plan.status is Status.OPTIMAL]
    assert proven
    assert all(plan.objective == pytest.approx(best) for plan, best in proven)


def test_the_search_is_near_the_best(answers):
    """Together within 2 %, and nine weeks of ten to the last point."""
    reached = sum(plan.objective for _, plan, _ in answers)
    assert reached >= 0.98 * sum(best for _, _, best in answers)
    exact = sum(plan.objective >= best - CLOSE for _, plan, best in answers)
    assert exact >= 0.9 * len(SEEDS)


def test_the_bounds_are_near_the_best(answers):
    bounds = sum(plan.bound for _, plan, _ in answers)
    assert bounds <= 1.5 * sum(best for _, _, best in answers)


def test_no_tier_is_above_its_bound(answers):
    for _, plan, _ in answers:
        assert all(t.bound is None or t.value <= t.bound + CLOSE for t in plan.tiers)
