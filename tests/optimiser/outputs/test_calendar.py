import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
import vobject
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
        (dt.date(2027, 10, 25), 9),
        (dt.date(2027, 10, 30), 9),
        (dt.date(2027, 10, 31), 10),
        (dt.date(2027, 11, 1), 10),
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


def test_another_library_reads_the_same_week(view, week_plan):
    calendars = make(view, week_plan)
    for officer, text in calendars.items():
        calendar = vobject.readOne(text.decode())
        ours = events(calendars, officer)
        assert len(calendar.vevent_list) == len(ours) > 0
        for read, event in zip(calendar.vevent_list, ours, strict=True):
            assert (read.dtstart.value, read.dtend.value) == (event.start, event.end)
            assert read.dtstart.value.utcoffset() == dt.timedelta(0)
            assert read.uid.value == event["uid"]
            assert read.summary.value == event["summary"]
            assert read.sequence.value == str(event["sequence"])


def test_another_library_reads_what_is_cancelled(view, week_plan):
    first = make(view, week_plan)
    one, _, thursday = week_plan.routes
    second = again(view, replanned(week_plan, one, thursday), first)
    read = vobject.readOne(second["HO02"].decode()).vevent_list
    assert [event.status.value for event in read] == ["CANCELLED"] * 2
    assert [event.sequence.value for event in read] == ["1"] * 2


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


def replanned(plan, *routes, hour=11):
    at = dt.datetime(2026, 12, 1, hour, 30)  # noqa: DTZ001
    return plan.model_copy(update={"routes": routes, "replanned_at": at})


def again(view, plan, before):
    return officer_calendars(view, plan, stop_lines(view, plan), before=before)


def by_visit(calendars, officer):
    """The events by what their description starts with, or their subject."""
    return {
        str(e["description"]).partition(".")[0] or str(e["summary"]): e
        for e in events(calendars, officer)
        if "Reference" in str(e["description"])
    }


def test_only_what_changed_has_a_new_number_and_stamp(view, week_plan):
    first = make(view, week_plan)
    one, other, thursday = week_plan.routes
    later = tuple(
        s.model_copy(update={"start_s": s.start_s + 600, "end_s": s.end_s + 600})
        if s.visit_ref == "V1"
        else s
        for s in one.stops
    )
    moved_plan = replanned(week_plan, one.model_copy(update={"stops": later}), other, thursday)
    second = again(view, moved_plan, first)
    numbers = {ref: int(e["sequence"]) for ref, e in by_visit(second, "HO01").items()}
    assert numbers == {"Reference V1": 1, "Reference V2": 0}
    assert second["HO02"] == first["HO02"]
    v1 = by_visit(second, "HO01")["Reference V1"]
    assert v1["dtstamp"].dt == dt.datetime(2026, 12, 1, 11, 30, tzinfo=dt.UTC)
    assert v1["uid"] == by_visit(first, "HO01")["Reference V1"]["uid"]
    # Back to where it was is a change too; and the same plan once more is none.
    back = again(view, replanned(week_plan, *week_plan.routes, hour=12), second)
    assert int(by_visit(back, "HO01")["Reference V1"]["sequence"]) == 2
    assert again(view, replanned(week_plan, *week_plan.routes, hour=13), back) == back


def test_what_is_removed_is_cancelled_once_and_comes_back_with_a_higher_number(view, week_plan):
    first = make(view, week_plan)
    one, other, thursday = week_plan.routes
    without = tuple(s for s in other.stops if s.visit_ref != "V3")
    second = again(
        view,
        replanned(week_plan, one, other.model_copy(update={"stops": without}), thursday),
        first,
    )
    gone = by_visit(second, "HO02")["Reference V3"]
    assert (str(gone["status"]), int(gone["sequence"])) == ("CANCELLED", 1)
    assert gone["uid"] == by_visit(first, "HO02")["Reference V3"]["uid"]
    assert str(gone["summary"]) == "Cancelled: Damp and mould visit"
    assert gone["dtstart"].to_ical() == by_visit(first, "HO02")["Reference V3"]["dtstart"].to_ical()
    third = again(view, replanned(week_plan, *week_plan.routes, hour=12), second)
    back = by_visit(third, "HO02")["Reference V3"]
    assert (str(back["status"]), int(back["sequence"])) == ("CONFIRMED", 2)
    assert str(back["summary"]) == "Damp and mould visit"


def test_events_start_and_end_on_the_minute(view, week_plan):
    first = week_plan.routes[0]
    odd = {"start_s": first.stops[0].start_s + 17, "end_s": first.stops[0].end_s + 43}
    stops = (first.stops[0].model_copy(update=odd), *first.stops[1:])
    week = week_plan.model_copy(update={"routes": (first.model_copy(update={"stops": stops}),)})
    event = by_visit(make(view, week), "HO01")["Reference V1"]
    assert event["dtstart"].dt == dt.datetime(2026, 12, 1, 10, 15, tzinfo=dt.UTC)
    assert event["dtend"].dt == dt.datetime(2026, 12, 1, 10, 40, tzinfo=dt.UTC)


def test_an_officer_without_any_route_left_is_told_so(view, week_plan):
    first = make(view, week_plan)
    one, _, thursday = week_plan.routes
    second = again(view, replanned(week_plan, one, thursday), first)
    assert {str(e["status"]) for e in events(second, "HO02")} == {"CANCELLED"}
    assert len(events(second, "HO02")) == 2
    assert {str(e["status"]) for e in events(second, "HO01")} == {"CONFIRMED"}
    # The next plan leaves what is cancelled as it is.
    assert again(view, replanned(week_plan, one, thursday, hour=12), second) == second


def test_a_calendar_that_somebody_spoilt_starts_anew(view, week_plan):
    spoilt = {"HO01": b"BEGIN:VCALENDAR\nnonsense", "HO02": b""}
    assert again(view, week_plan, spoilt) == make(view, week_plan)
