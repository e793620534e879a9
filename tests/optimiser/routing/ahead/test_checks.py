"""Every rule of the weeks ahead, broken one at a time, is found."""

from __future__ import annotations

import datetime as dt

import pytest
from quarters import AFTERNOON, MORNING, ahead, day, patch, piece

from optimiser.routing.ahead import check_quarter, plan_quarter

PROBLEM = ahead(
    patch([piece("A1"), piece("B1")], [day(k, 3000, 1500, 1500) for k in range(4)]), weeks_apart=2
)
PLAN = plan_quarter(PROBLEM, time_limit_s=1, workers=1)


def with_turn(at, **changes):
    turns = list(PLAN.turns)
    turns[at] = turns[at].model_copy(update=changes)
    return PLAN.model_copy(update={"turns": tuple(turns)})


def with_row(**changes):
    rows = tuple(row.model_copy(update=changes) for row in PLAN.patches)
    return PLAN.model_copy(update={"patches": rows})


def second():
    return next(k for k, t in enumerate(PLAN.turns) if t.try_number == 2)


def rules(plan, problem=PROBLEM):
    return {violation.rule for violation in check_quarter(problem, plan)}


def test_a_sound_plan_breaks_nothing():
    assert len(PLAN.turns) == 4
    assert rules(PLAN) == set()


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("known_patch", {"patch": "P9"}),
        ("known_round", {"round_ref": "Z1"}),
        ("known_round", {"block_ref": "Z"}),
        ("officer", {"officer_ref": "HO9"}),
        ("open_day", {"date": dt.date(2026, 12, 4)}),
        ("figures", {"load_s": 1}),
        ("figures", {"conversations": 99.0}),
        ("figures", {"doors": 3}),
        ("option", {"try_number": 3}),
        ("tries", {"try_number": 2}),
    ],
)
def test_a_turn_that_is_wrong(rule, changes):
    assert rule in rules(with_turn(0, **changes))


def test_a_second_try_too_soon_or_in_the_same_part():
    again = PLAN.turns[second()]
    first = next(t for t in PLAN.turns if (t.round_ref, t.try_number) == (again.round_ref, 1))
    soon = with_turn(second(), date=first.date + dt.timedelta(days=7))
    assert "weeks_apart" in rules(soon)
    assert "other_part" in rules(with_turn(second(), part=first.part))


@pytest.mark.parametrize(
    ("rule", "capacity", "parts"),
    [("day_room", 600, (1500, 1500)), ("part_room", 3000, (100, 100))],
)
def test_a_day_that_is_too_full(rule, capacity, parts):
    tight = patch(list(PROBLEM.patches[0].rounds), [day(k, capacity, *parts) for k in range(4)])
    assert rule in rules(PLAN, ahead(tight, weeks_apart=2))
    assert {MORNING, AFTERNOON} == set(tight.days[0].parts)


@pytest.mark.parametrize(
    ("rule", "plan"),
    [
        ("patch_row", with_row(second_tries=9)),
        ("patch_row", with_row(block_visits=9)),
        ("patch_row", with_row(patch="P9")),
        ("bound", with_row(without_turn_bound=1)),
        ("bound", with_row(conversations_bound=0.1)),
        ("objective", PLAN.model_copy(update={"objective": 3})),
    ],
)
def test_a_figure_that_is_wrong(rule, plan):
    assert rule in rules(plan)
