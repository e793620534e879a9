"""Addresses that cannot be reached on foot, and stairs, lifts and entries on the way."""

from __future__ import annotations

import numpy as np
import pytest

from optimiser.model.visits import UNREACHABLE_S


def cut_off(week, place):
    """The same week with no way to or from a place."""
    walk = np.array(week.walk_s)
    walk[place, :], walk[:, place] = UNREACHABLE_S, UNREACHABLE_S
    walk[place, place] = 0
    return week.model_copy(update={"walk_s": walk})


def test_a_home_without_a_way_is_reported_and_the_rest_planned(tiny, solve):
    week = tiny.week(visits=(tiny.visit("island", 20), tiny.visit("A", 5)))
    answer = solve(cut_off(week, 20))
    assert answer.visits == {"A"}
    (left,) = answer.plan.unplanned
    assert (left.visit_ref, left.kind) == ("island", "impossible")
    assert "no way on foot" in left.reason


def test_with_a_way_it_is_planned(tiny, solve):
    assert solve(tiny.week(visits=(tiny.visit("island", 20),))).visits == {"island"}


def test_a_round_without_a_way_is_left(tiny, solve):
    week = tiny.week(shifts=(tiny.shift(day=3),), rounds=(tiny.round("R", 20), tiny.round("S", 5)))
    assert solve(cut_off(week, 20)).rounds == {"S"}


@pytest.mark.parametrize(
    ("floor", "lift", "seconds"),
    [(0, False, 60), (4, False, 60 + 100), (4, True, 60 + 90), (0, True, 60), (-1, False, 60 + 25)],
)
def test_the_way_up_comes_before_the_start(tiny, solve, floor, lift, seconds):
    """Entry 60 s, stairs 25 s a floor, a lift 90 s."""
    visit = tiny.visit("A", door=tiny.door(5, floor=floor, lift=lift))
    stop = solve(tiny.week(visits=(visit,))).stop("A")
    assert stop.access_s == seconds
    assert stop.start_s >= stop.arrive_s + seconds
    assert stop.leave_s == seconds - 60


def test_the_way_up_may_be_too_long_for_the_window(tiny, solve):
    """9:05 at the block; the fourth floor at 9:07:40."""
    for second, planned in ((460, {"A"}), (459, set())):
        window = tiny.window(0, 9, 9 + second / 3600)
        visit = tiny.visit("A", door=tiny.door(5, floor=4), windows=(window,))
        assert solve(tiny.week(visits=(visit,))).visits == planned
