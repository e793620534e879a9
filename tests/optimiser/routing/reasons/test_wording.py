from __future__ import annotations

import datetime as dt

import pytest

from optimiser.routing.reasons.wording import clock, counted, day_name, joined, points, task_name


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("9am", 9 * 3600),
        ("9:15am", 9 * 3600 + 15 * 60 + 59),
        ("midday", 12 * 3600),
        ("12:05pm", 12 * 3600 + 300),
        ("2:05pm", 14 * 3600 + 300),
        ("midnight", 0),
    ],
)
def test_times_of_day(text, seconds):
    assert clock(seconds) == text


def test_days_have_no_leading_zero():
    assert day_name(dt.date(2026, 12, 2)) == "Wednesday 2 December"


def test_points_have_a_decimal_only_where_it_matters():
    assert points(600_000) == "100 points"
    assert points(6_000) == "1 point"
    assert points(15_000) == "2.5 points"
    assert points(9_600_000) == "1,600 points"


def test_lists():
    assert joined(["a"]) == "a"
    assert joined(["a", "b", "c"]) == "a, b and c"
    assert joined(["a", "b"], last="or") == "a or b"
    assert joined("abcdefgh", most=4) == "a, b, c and 5 more"
    assert counted(1, "day") == "1 day"
    assert counted(1200, "day") == "1,200 days"


def test_a_round_is_named_by_its_doors(tiny):
    problem = tiny.week(visits=(tiny.visit("V1"),), rounds=(tiny.round("R1", 5),))
    assert task_name(problem, ("visit", 0)) == "V1"
    assert task_name(problem, ("round", 0)) == "2 doors of B5"
