import datetime as dt

import pytest

from optimiser.outputs.wording import (
    assumptions,
    duration,
    headed,
    in_number_order,
    iso_time,
    long_date,
    notices,
    short_date,
    time_of_day,
    true_minus,
    visit_label,
)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "midnight"),
        (15 * 60, "12:15am"),
        (9 * 3600, "9am"),
        (9 * 3600 + 15 * 60 + 59, "9:15am"),
        (12 * 3600, "midday"),
        (12 * 3600 + 300, "12:05pm"),
        (17 * 3600 + 30 * 60, "5:30pm"),
    ],
)
def test_times_of_day_are_in_govuk_style(seconds, words):
    assert time_of_day(seconds) == words


def test_dates_are_in_govuk_style():
    assert long_date(dt.date(2026, 12, 1)) == "Tuesday 1 December 2026"
    assert short_date(dt.date(2026, 12, 1)) == "Tue 1 Dec"


def test_iso_times_show_seconds_only_when_there_are_any():
    date = dt.date(2026, 12, 3)
    assert iso_time(date, 36_900) == "2026-12-03T10:15"
    assert iso_time(date, 36_930) == "2026-12-03T10:15:30"


def test_durations_are_in_words():
    assert duration(3000) == "50 minutes"
    assert duration(3900) == "1 hour 5 minutes"
    assert duration(7200) == "2 hours"


@pytest.mark.parametrize(
    "visit_type", ["rent_arrears", "asb_new", "asb_follow_up", "abandonment_check", "RENT_ARREARS "]
)
def test_types_that_give_a_reason_away_are_tenancy_visits(visit_type):
    assert visit_label(visit_type) == "Tenancy visit"


def test_an_unknown_type_is_never_repeated():
    assert visit_label("eviction_warning") == "Home visit"
    assert visit_label(None) == "Home visit"


def test_synthetic_data_is_named_first():
    assert notices(True, "Elm", ["a caveat"])[0].startswith("Synthetic data (Elm)")
    assert notices(False, "Elm", ["a caveat"]) == ("a caveat",)


def test_what_plan_and_input_both_assume_is_said_once():
    assert assumptions(["a", "b"], ["b", "c"]) == ["a", "b", "c"]


def test_whose_it_is_is_said_only_where_it_is_known():
    assert headed("Patches", "Elm") == "Patches: Elm"
    assert headed("Patches", "") == "Patches"
    assert notices(True, "")[0].startswith("Synthetic data: homes")


def test_numbers_in_names_sort_as_numbers():
    names = ["12 Elm Row", "9 Elm Row", "Ash House", "101 Elm Row", "9 ash Row"]
    assert sorted(names, key=in_number_order) == [
        "9 ash Row",
        "9 Elm Row",
        "12 Elm Row",
        "101 Elm Row",
        "Ash House",
    ]


def test_a_minus_is_no_hyphen():
    assert true_minus("-1,234.5") == "\N{MINUS SIGN}1,234.5"
