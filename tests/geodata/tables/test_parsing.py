"""One cell at a time: what is read, and what is refused."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.readers.languages import parse_language, parse_languages
from geodata.stock.tenures import parse_tenure, set_aside_kind
from geodata.tables.dates import parse_date, parse_date_time, parse_deadline
from geodata.tables.parsing import (
    BadCell,
    parse_id,
    parse_number,
    parse_positive_whole,
    parse_share,
    parse_whole,
    parse_words,
    parse_yes_no,
)
from geodata.tables.times import parse_days, parse_time, parse_window

NINE = 9 * 3600


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("30/11/2026", dt.date(2026, 11, 30)),
        ("1/2/2026", dt.date(2026, 2, 1)),
        ("01-02-26", dt.date(2026, 2, 1)),
        ("01.02.2026", dt.date(2026, 2, 1)),
        ("2026-11-30", dt.date(2026, 11, 30)),
        ("2026/11/30", dt.date(2026, 11, 30)),
        ("30 Nov 2026", dt.date(2026, 11, 30)),
        ("30-Nov-26", dt.date(2026, 11, 30)),
        ("Monday 30 November 2026", dt.date(2026, 11, 30)),
        ("46356", dt.date(2026, 11, 30)),
        ("46356.604166666664", dt.date(2026, 11, 30)),
        ("30/11/2026 15:40", dt.date(2026, 11, 30)),
        ("2026-11-30T15:40:00", dt.date(2026, 11, 30)),
    ],
)
def test_dates_are_read_day_first(text: str, date: dt.date) -> None:
    assert parse_date(text) == date


@pytest.mark.parametrize(
    "text",
    ["31/02/2026", "11/26/2026", "30/11", "soon", "00/01/1900", "1/1/1066", "2026-02-30", "12"],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(BadCell):
        parse_date(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("25/11/2026 15:40", "2026-11-25T15:40:00"),
        ("25/11/2026 3:40pm", "2026-11-25T15:40:00"),
        ("2026-11-25T15:40", "2026-11-25T15:40:00"),
        ("2026-11-25 15:40:30.000", "2026-11-25T15:40:30"),
        ("46351.652777777781", "2026-11-25T15:40:00"),
        ("2026-11-25T15:40:00Z", "2026-11-25T15:40:00"),
        ("2026-07-01T15:40:00Z", "2026-07-01T16:40:00"),
        ("2026-07-01T15:40:00+0100", "2026-07-01T15:40:00"),
        ("25/11/2026", "2026-11-25T00:00:00"),
    ],
)
def test_dates_with_times_are_local(text: str, moment: str) -> None:
    assert parse_date_time(text).isoformat() == moment


def test_a_deadline_without_a_time_is_the_end_of_its_day() -> None:
    assert parse_deadline("15/12/2026").isoformat() == "2026-12-15T23:59:59"
    assert parse_deadline("15/12/2026 12:00").isoformat() == "2026-12-15T12:00:00"
    assert parse_deadline("46371").isoformat() == "2026-12-15T23:59:59"


@given(st.dates(dt.date(1990, 1, 1), dt.date(2100, 12, 31)))
def test_every_date_survives_both_ways_of_writing_it(date: dt.date) -> None:
    assert parse_date(f"{date:%d/%m/%Y}") == date
    assert parse_date(date.isoformat()) == date
    assert parse_date(str((date - dt.date(1899, 12, 30)).days)) == date


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("9:00", NINE),
        ("09:00", NINE),
        ("09:00:00", NINE),
        ("9am", NINE),
        ("9 AM", NINE),
        ("0900", NINE),
        ("9.00", NINE),
        ("9.30pm", 21 * 3600 + 1800),
        ("12am", 0),
        ("12pm", 12 * 3600),
        ("0.375", NINE),
        ("0.99999", 86340),
        ("23:59", 86340),
    ],
)
def test_times_of_day(text: str, seconds: int) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize("text", ["9", "25:00", "09:60", "13pm", "noonish", "2400", "0pm", "-1:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadCell):
        parse_time(text)


@given(st.integers(0, 24 * 60 - 1))
def test_every_minute_survives_writing(minute: int) -> None:
    hours, minutes = divmod(minute, 60)
    assert parse_time(f"{hours:02d}:{minutes:02d}") == minute * 60
    assert parse_time(f"{hours:02d}{minutes:02d}") == minute * 60
    half = "am" if hours < 12 else "pm"
    assert parse_time(f"{hours % 12 or 12}:{minutes:02d}{half}") == minute * 60


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("09:00-12:00", (NINE, 12 * 3600)),
        ("9:00 to 12:00", (NINE, 12 * 3600)),
        ("9am \u2013 noon", (NINE, 12 * 3600)),
        ("9-11am", (NINE, 11 * 3600)),
        ("10:00-10:00", (10 * 3600, 10 * 3600)),
        ("AM", (0, 12 * 3600)),
        ("pm", (12 * 3600, 86340)),
    ],
)
def test_windows(text: str, window: tuple[int, int]) -> None:
    assert parse_window(text) == window


@pytest.mark.parametrize("text", ["17:00-09:00", "09:00", "all day?", "9:00-10:00-11:00"])
def test_windows_that_run_backwards_or_say_nothing_are_refused(text: str) -> None:
    with pytest.raises(BadCell):
        parse_window(text)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Mon;Wed", (0, 2)),
        ("Wednesday, mon", (0, 2)),
        ("Mon-Thu", (0, 1, 2, 3)),
        ("Mon to Thu", (0, 1, 2, 3)),
        ("Tue and Thurs", (1, 3)),
        ("Tues/Fri", (1, 4)),
        ("Sat & Sun", (5, 6)),
        ("Mon;Mon", (0,)),
        ("weekdays", (0, 1, 2, 3, 4)),
        ("any", ()),
    ],
)
def test_days_of_the_week(text: str, days: tuple[int, ...]) -> None:
    assert parse_days(text) == days


@pytest.mark.parametrize("text", ["Funday", "Mon;Funday", "Monkey", "Fri-Mon", "1;2", "Mo"])
def test_days_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(BadCell):
        parse_days(text)


def test_yes_and_no() -> None:
    assert all(parse_yes_no(t) for t in ("Y", "yes", "TRUE", "1"))
    assert not any(parse_yes_no(t) for t in ("N", "No", "false", "0"))
    with pytest.raises(BadCell, match="neither yes nor no"):
        parse_yes_no("maybe")


def test_ids_keep_their_zeros_and_refuse_a_spreadsheets_damage() -> None:
    assert parse_id("00100465") == "00100465"
    assert parse_id("B12/3 A") == "B12/3 A"
    assert parse_id("01E9") == "01E9"
    for damaged in ("1.00E+11", "1e+05", "1.0E5", "113655.0"):
        with pytest.raises(BadCell):
            parse_id(damaged)


def test_numbers() -> None:
    assert parse_number("1,234.5") == 1234.5
    assert parse_whole("30.0") == 30
    assert parse_share("80%") == parse_share("0.8") == 0.8
    for text in ("half an hour", "nan", "inf", "30 mins"):
        with pytest.raises(BadCell):
            parse_number(text)
    for text in ("-15", "0", "2.5"):
        with pytest.raises(BadCell):
            parse_positive_whole(text)
    for text in ("0", "37", "-1", "150000%"):
        with pytest.raises(BadCell):
            parse_share(text)


def test_lists_and_languages_match_whatever_their_case() -> None:
    assert parse_words("damp; asb ,damp") == ("damp", "asb")
    assert parse_languages("FRENCH;bengali;English;BSL") == ("French", "Bengali", "BSL")
    assert parse_language("farsi") == "Farsi"
    assert parse_language("english") is None


@pytest.mark.parametrize(
    ("text", "tenure"),
    [
        ("Secure tenancy", "tenanted"),
        ("Introductory Tenancy", "tenanted"),
        ("Flexible (fixed term)", "tenanted"),
        ("tenanted", "tenanted"),
        ("Leaseholder", "leasehold"),
        ("LEASEHOLD", "leasehold"),
        ("Freehold service charge", "leasehold"),
        ("Sheltered", "sheltered"),
        ("Secure tenancy - sheltered", "sheltered"),
    ],
)
def test_tenures(text: str, tenure: str) -> None:
    assert parse_tenure(text) == tenure
    assert set_aside_kind(text) is None


def test_tenures_that_are_none() -> None:
    with pytest.raises(BadCell, match="not a known tenure"):
        parse_tenure("Timeshare")
    assert set_aside_kind("Garage") == "garages"
    assert set_aside_kind("Pram shed") == "sheds and stores"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Mon 30 Nov 2026", "2026-11-30T00:00:00"),
        ("30th November 2026 at 9am", "2026-11-30T09:00:00"),
        ("November 30, 2026", "2026-11-30T00:00:00"),
        ("30/11/98", "1998-11-30T00:00:00"),
        ("30/11/29", "2029-11-30T00:00:00"),
        ("2026/11/30 09:00:00", "2026-11-30T09:00:00"),
        ("01/07/2026 14:30 UTC", "2026-07-01T15:30:00"),
        ("01/07/2026 14:30 BST", "2026-07-01T14:30:00"),
        ("2026-11-30 09:00:00-05:00", "2026-11-30T14:00:00"),
    ],
)
def test_dates_in_words_short_years_and_zones(text: str, moment: str) -> None:
    assert parse_date_time(text).isoformat() == moment


def test_a_wrong_day_of_the_week_and_two_times_are_refused() -> None:
    with pytest.raises(BadCell, match="falls on a Monday"):
        parse_date("Tue 30 Nov 2026")
    for text in ("30/11/2026 09:00-12:00", "2026-11-30 09:00-12:00", "30 Novel 2026"):
        with pytest.raises(BadCell):
            parse_date_time(text)


def test_midnight_behind_a_deadline_is_no_time_and_a_times_own_day_is_dropped() -> None:
    assert parse_deadline("30/11/2026 00:00:00").isoformat() == "2026-11-30T23:59:59"
    assert parse_time("30/12/1899 09:15:00") == NINE + 900
