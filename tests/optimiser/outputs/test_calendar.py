import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from optimiser.outputs.calendar import calendar_file_name, officer_calendars, utc_time
from optimiser.outputs.stops import stop_lines


def make(view, plan):
    return officer_calendars(view, plan, stop_lines(view, plan))


def events(calendars, officer):
    return Calendar.from_ical(calendars[officer]).walk("VEVENT")


def moved(plan, date):
    """The plan with all routes on one date."""
    week = date - dt.timedelta(days=date.weekday())
    routes = tuple(route.model_copy(update={"date": date}) for route in plan.routes[:2])
    return plan.model_copy(update={"week": week, "routes": routes})


def test_one_calendar_an_officer_with_an_event_a_stop(view, week_plan):
    calendars = make(view, week_plan)
    assert sorted(calendars) == ["HO01", "HO02"]
    assert len(events(calendars, "HO01")) == 5
    assert len(events(calendars, "HO02")) == 2


# The clocks go back on 25 October 2026 and forward on 28 March 2027.
@pytest.mark.parametrize(
    ("date", "utc_hour"),
    [
        (dt.date(2026, 10, 23), 9),
        (dt.date(2026, 10, 25), 10),
        (dt.date(2026, 10, 26), 10),
        (dt.date(2027, 3, 26), 10),
        (dt.date(2027, 3, 28), 9),
        (dt.date(2027, 3, 29), 9),
    ],
)
def test_times_are_utc_and_right_around_both_clock_changes(view, week_plan, date, utc_hour):
    first = events(make(view, moved(week_plan, date)), "HO01")[0]
    assert first["dtstart"].to_ical() == f"{date:%Y%m%d}T{utc_hour:02d}1500Z".encode()
    local = first.start.astimezone(ZoneInfo("Europe/London"))
    assert (local.date(), local.hour, local.minute) == (date, 10, 15)
    assert first.end - first.start == dt.timedelta(minutes=25)


def test_wall_time_after_the_change_is_not_shifted_by_the_length_of_that_day():
    # 28 March 2027 has 23 hours: 10:00 is 9 hours after midnight.
    assert utc_time(dt.date(2027, 3, 28), 36_000) == dt.datetime(2027, 3, 28, 9, tzinfo=dt.UTC)


def test_uids_are_unique_and_stay_when_a_visit_moves(view, week_plan):
    def uids(plan):
        calendars = make(view, plan)
        return {
            (officer, str(event.get("description"))[:12]): str(event["uid"])
            for officer in calendars
            for event in events(calendars, officer)
            if "Reference" in str(event.get("description"))
        }

    before = uids(week_plan)
    route = week_plan.routes[0]
    later = tuple(
        stop.model_copy(update={"start_s": stop.start_s + 600, "end_s": stop.end_s + 600})
        for stop in route.stops
    )
    changed = route.model_copy(update={"stops": later, "date": route.date + dt.timedelta(days=1)})
    after = uids(week_plan.model_copy(update={"routes": (changed, *week_plan.routes[1:])}))
    assert before == after
    calendars = make(view, week_plan)
    every = [str(e["uid"]) for officer in calendars for e in events(calendars, officer)]
    assert len(every) == len(set(every)) == 7


def test_a_file_depends_on_the_plan_only(view, week_plan):
    assert make(view, week_plan) == make(view, week_plan)
    event = events(make(view, week_plan), "HO01")[0]
    assert event["dtstamp"].dt == dt.datetime(2026, 11, 30, tzinfo=dt.UTC)
    assert event["sequence"] == 0


def test_subjects_are_neutral_and_nothing_names_anyone(view, week_plan):
    calendars = make(view, week_plan)
    subjects = [str(e["summary"]) for e in events(calendars, "HO01")]
    assert subjects == [
        "Tenancy visit", "Break", "Tenancy visit with HO02", "Surgery", "Community round",
    ]  # fmt: skip
    for text in calendars.values():
        plain = text.decode().replace("\r\n ", "").lower()
        for word in ("zebedee", "arrears", "asb", "antisocial", "flat 1"):
            assert word not in plain


def test_synthetic_data_says_so(view, week_plan):
    assert b"Synthetic data" in make(view, week_plan)["HO02"]
    view.synthetic = False
    assert b"ynthetic" not in make(view, week_plan)["HO02"]


def test_walks_along_no_street_are_called_estimates(view, week_plan):
    assert b"straight lines" not in make(view, week_plan)["HO01"]
    found = events(make(replace(view, streets=False), week_plan), "HO01")
    assert found
    assert all("Walking times are estimates from straight" in e["description"] for e in found)


def test_file_names_are_safe_and_distinct():
    assert calendar_file_name("HO01") == "HO01.ics"
    assert calendar_file_name("../HO/01") == "..%2FHO%2F01.ics"
