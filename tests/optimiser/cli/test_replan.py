"""`doorstep replan` on a small planned week: what stays, what changes, and what is said of it."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from folders import refused, run
from icalendar import Calendar
from weeks import WEEK, add_rows, keep_rows, plan_json, planned_copy, rows_of, stops_of, week_folder

from optimiser import Workspace
from optimiser.cli.replan_text import show_replanned
from optimiser.workspace.saved_plan import read_week_plan

Where = dict[str, list[tuple[str, str, str]]]


@pytest.fixture
def folder(planned: Path, tmp_path: Path) -> Path:
    """A copy of the planned borough to change."""
    return planned_copy(planned, tmp_path)


def replan(folder: Path, at: str, *more: object) -> dict[str, Any]:
    done = run("replan", folder, "--week", WEEK, "--at", at, "--json", *more)
    assert done.exit_code == 0, done.output
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


def begun(where: Where, at: str) -> Where:
    """The stops that start before an instant."""
    when = at.replace(" ", "T")
    kept = {ref: [s for s in stops if s[1] < when] for ref, stops in where.items()}
    return {ref: stops for ref, stops in kept.items() if stops}


def visits_of(where: Where) -> Where:
    return {ref: stops for ref, stops in where.items() if ref.startswith("V")}


def busiest(where: Where, after: str) -> str:
    """The officer with the most visits from an instant on."""
    counts: dict[str, int] = {}
    for stops in visits_of(where).values():
        for officer, start, _ in stops:
            counts[officer] = counts.get(officer, 0) + (start >= after)
    return max(sorted(counts), key=lambda officer: counts[officer])


def one_visit(where: Where, first: str, last: str, officers: int = 1) -> str:
    """A visit that starts between two instants."""
    return next(
        ref
        for ref, stops in visits_of(where).items()
        if first <= stops[0][1] < last and len(stops) == officers
    )


def test_with_nothing_new_nothing_changes_and_the_plan_before_is_kept(folder):
    before, text = stops_of(folder), (week_folder(folder) / "plan.json").read_text()
    summary = replan(folder, "2026-12-02 11:30")
    assert summary["changes"] == []
    assert stops_of(folder) == before
    assert (week_folder(folder) / "history" / "1" / "plan.json").read_text() == text


def test_what_a_sick_officer_has_begun_stays_and_the_rest_goes_to_others(folder):
    at = "2026-11-30 11:30"
    before = stops_of(folder)
    sick = busiest(before, "2026-11-30T11:30")
    summary = replan(folder, at, "--sick", sick)
    after = stops_of(folder)
    assert begun(after, at) == begun(before, at)
    assert not any(
        officer == sick and start >= "2026-11-30T11:30"
        for stops in after.values()
        for officer, start, _ in stops
    )
    changed = {c["ref"] for c in summary["changes"]}
    assert changed == {
        ref for ref in before.keys() | after.keys() if before.get(ref) != after.get(ref)
    }
    lost = {
        ref
        for ref, stops in before.items()
        if any(s[0] == sick and s[1] >= "2026-11-30T11:30" for s in stops)
    }
    assert lost
    assert lost <= changed
    for change in summary["changes"]:
        assert change["why"]
        if change["ref"] in lost:
            assert sick in change["before"]["officers"]
            assert change["after"] is None or sick not in change["after"]["officers"]
    left_out = {row["visit_ref"] for row in plan_json(folder)["unplanned"]}
    dropped = {c["ref"] for c in summary["changes"] if c["change"] == "dropped"}
    assert {ref for ref in dropped if ref.startswith("V")} <= left_out
    assert_told(folder)


def assert_told(folder: Path) -> None:
    """Every change is in the workbook, in the report and on the terminal."""
    changes = plan_json(folder)["changes"]
    book = openpyxl.load_workbook(week_folder(folder) / "visits.xlsx")
    header, *rows = book["Changes"].values
    assert [row[0] for row in rows] == [c["ref"] for c in changes]
    first = dict(zip(header, rows[0], strict=True))
    assert first["old_officer"] == " and ".join(changes[0]["before"]["officers"])
    assert first["why"] == changes[0]["why"]
    report = (week_folder(folder) / "report.html").read_text()
    assert "What changed" in report
    plan = read_week_plan(week_folder(folder))
    with StringIO() as text, redirect_stdout(text):
        show_replanned(Workspace.open(folder), plan, [])
        shown = text.getvalue()
    assert "mended on Monday 30 November 2026, 11:30am" in shown
    for change in changes:
        assert change["ref"] in report
        assert change["ref"] in shown


def test_an_officer_told_to_be_away_stays_away_until_said_to_be_back(folder):
    before = stops_of(folder)
    sick = busiest(before, "2026-12-02T00:00")
    replan(folder, "2026-12-01 09:00", "--sick", sick)
    gone = stops_of(folder)
    again = replan(folder, "2026-12-02 11:30")
    assert again["changes"] == []
    assert not any(o == sick and s > "2026-12-01" for at in gone.values() for o, s, _ in at)
    assert plan_json(folder)["away"] == {sick: "2026-12-06"}
    replan(folder, "2026-12-02 11:31", "--back", sick)
    assert plan_json(folder)["away"] == {}
    refused(folder, "replan", folder, "--week", WEEK, "--at", "2026-12-02 12:00", "--back", sick)


def test_an_absence_in_the_file_from_today_is_as_good(folder):
    at = "2026-11-30 11:30"
    before = stops_of(folder)
    sick = busiest(before, "2026-11-30T11:30")
    row = {"officer_ref": sick, "first_day": "2026-11-30", "last_day": "2026-12-04"}
    add_rows(folder / "absences.csv", row)
    replan(folder, at)
    after = stops_of(folder)
    assert begun(after, at) == begun(before, at)
    assert not any(o == sick and s >= "2026-11-30T11:30" for x in after.values() for o, s, _ in x)
    # On the next day what was done on the first still stands.
    replan(folder, "2026-12-01 09:00")
    assert begun(stops_of(folder), at) == begun(before, at)


def test_an_absence_that_is_told_afterwards_gives_the_whole_day_back(folder):
    before = stops_of(folder)
    ref = one_visit(before, "2026-11-30T08:00", "2026-11-30T17:00")
    sick = before[ref][0][0]
    row = {"officer_ref": sick, "first_day": "2026-11-30", "last_day": "2026-11-30"}
    add_rows(folder / "absences.csv", row)
    replan(folder, "2026-12-01 08:00")
    after = stops_of(folder)
    assert not any(o == sick and s[:10] == WEEK for x in after.values() for o, s, _ in x)
    assert all(start > "2026-12-01T08:00" for _, start, _ in after.get(ref, []))


def test_one_new_request_leaves_the_others_as_they_were(folder):
    before = stops_of(folder)
    home = rows_of(folder / "homes.csv")[40]["property_ref"]
    new = {"visit_ref": "V9001", "property_ref": home, "visit_type": "tenancy_audit",
           "raised_on": "2026-12-01"}  # fmt: skip
    add_rows(folder / "visits.csv", new)
    summary = replan(folder, "2026-11-30 12:00")
    assert [(c["ref"], c["change"]) for c in summary["changes"]] == [("V9001", "added")]
    assert summary["changes"][0]["why"] == "new in the visits file"
    after = stops_of(folder)
    assert after.pop("V9001")[0][1] > "2026-11-30T12:00"
    assert after == before


def test_what_is_not_wanted_any_more_leaves_and_what_is_done_stays(folder):
    before = stops_of(folder)
    made = one_visit(before, "2026-11-30", "2026-11-30T11:00")
    # After the break: where a break was taken, its visit cannot go without moving others.
    later = [ref for ref, at in visits_of(before).items() if at[0][1][11:] > "14:00"]
    cancelled, gone, seen = later[:3]
    rows = {row["visit_ref"]: row for row in rows_of(folder / "visits.csv")}
    keep_rows(folder / "visits.csv", lambda row: row["visit_ref"] not in (made, gone))
    done = {"property_ref": rows[seen]["property_ref"], "visited_at": "2026-11-30T10:00",
            "kind": "visit", "visit_ref": seen, "outcome": "done"}  # fmt: skip
    add_rows(folder / "outcomes.csv", done)
    summary = replan(folder, "2026-11-30 12:00", "--cancel", cancelled)
    after = stops_of(folder)
    assert after == {ref: at for ref, at in before.items() if ref not in (cancelled, gone, seen)}
    assert {c["ref"]: (c["change"], c["why"]) for c in summary["changes"]} == {
        cancelled: ("cancelled", "cancelled"),
        gone: ("cancelled", "it is not in the visits file any more"),
        seen: ("cancelled", "done on Monday 30 November at 10am"),
    }
    assert not {cancelled, gone, seen} & {u["visit_ref"] for u in plan_json(folder)["unplanned"]}
    with StringIO() as said, redirect_stdout(said):
        show_replanned(Workspace.open(folder), read_week_plan(week_folder(folder)), [])
        assert f"{cancelled}: still in the visits file; take what is cancelled" in said.getvalue()
    officer = before[cancelled][0][0]
    text = (week_folder(folder) / "calendar" / f"{officer}.ics").read_bytes()
    events = {str(e["description"])[:15]: e for e in Calendar.from_ical(text).walk("VEVENT")}
    event = events[f"Reference {cancelled}"]
    assert (str(event["status"]), int(event["sequence"])) == ("CANCELLED", 1)


def test_a_door_that_did_not_open_is_tried_again_in_another_part_of_the_day(folder):
    before = stops_of(folder)
    rows = {row["visit_ref"]: row for row in rows_of(folder / "visits.csv")}
    ref = next(
        ref
        for ref, stops in visits_of(before).items()
        if stops[0][1] < "2026-12-01" and not (rows[ref]["window"] or rows[ref]["days"])
        and rows[ref]["previous_attempts"] in ("", "0", "1")
    )  # fmt: skip
    _, start, _ = before[ref][0]
    outcome = {"property_ref": rows[ref]["property_ref"], "visited_at": start, "kind": "visit",
               "visit_ref": ref, "outcome": "no_answer"}  # fmt: skip
    add_rows(folder / "outcomes.csv", outcome)
    summary = replan(folder, "2026-12-01 08:00")
    after = stops_of(folder)
    again = after[f"{ref} try 2"]
    assert after[ref] == before[ref]  # the first try is what it was
    assert again[0][1] > "2026-12-01T08:00"
    assert (again[0][1][11:] < "12") != (start[11:] < "12")
    (change,) = [c for c in summary["changes"] if c["ref"] == f"{ref} try 2"]
    assert change["why"].startswith("nobody answered on ")
    sheet = openpyxl.load_workbook(week_folder(folder) / "visits.xlsx")["Outcomes"]
    assert "try 2" not in {str(row[3])[-5:] for row in sheet.values}
    # Done at the second try, it is done.
    add_rows(folder / "outcomes.csv", outcome | {"visited_at": again[0][1], "outcome": "done"})
    after_that = f"{again[0][1][:10]} 23:00"
    assert not [c for c in replan(folder, after_that)["changes"] if ref in c["ref"]]


def test_a_visit_begun_late_is_told_and_moves_only_what_it_must(folder):
    before = stops_of(folder)
    ref = one_visit(before, "2026-11-30T09:00", "2026-11-30T10:30")
    officer, start, _ = before[ref][0]
    rows = {row["visit_ref"]: row for row in rows_of(folder / "visits.csv")}
    hour, minute = int(start[11:13]), start[14:16]
    late = f"2026-11-30T{hour + 1:02d}:{minute}"
    row = {"property_ref": rows[ref]["property_ref"], "visited_at": late, "kind": "visit",
           "visit_ref": ref, "outcome": "done", "officer_ref": officer}  # fmt: skip
    add_rows(folder / "outcomes.csv", row)
    summary = replan(folder, f"2026-11-30 {hour + 1:02d}:59")
    after = stops_of(folder)
    assert after[ref][0][1] == late
    touched = {c["before"]["officers"][0] for c in summary["changes"]}
    assert touched == {officer}
    (change,) = [c for c in summary["changes"] if c["ref"] == ref]
    assert change["why"].startswith("it began ")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--at", "2026-12-02"), "is no date and time; write local time as 2026-12-03 11:30"),
        (("--at", "noon"), "is no date and time"),
        (("--at", "2026-12-02T11:30+01:00"), "is no date and time"),
        (("--at", "2026-12-07 09:00"), "is after the week; plan the next week instead"),
        (("--at", "2025-12-01 09:00"), "is long before the week; check the year and month"),
        (("--at", "2026-12-02 11:30", "--sick", "HO99"), "'HO99' is no officer"),
        (("--at", "2026-12-02 11:30", "--sick", "HO01:soon"), "'soon' is no date"),
        (("--at", "2026-12-02 11:30", "--sick", "HO01:2026-12-01"), "ends before --at"),
        (("--at", "2026-12-02 11:30", "--back", "HO01"), "told to be away: nobody"),
        (("--at", "2026-12-02 11:30", "--cancel", "V9999"), "neither in the visits file nor"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_written(folder, options, said):
    assert said in refused(folder, "replan", folder, "--week", WEEK, *options)


def test_what_has_begun_cannot_be_cancelled(folder):
    ref = one_visit(stops_of(folder), "2026-11-30", "2026-11-30T11:00")
    said = refused(
        folder, "replan", folder, "--week", WEEK, "--at", "2026-12-02 09:00", "--cancel", ref
    )
    assert f"--cancel: {ref!r} began on" in said or f"{ref!r} began on" in said


def test_a_week_without_a_plan_says_what_to_do(folder):
    at = ("--at", "2026-12-08 09:00")
    said = refused(folder, "replan", folder, "--week", "2026-12-07", *at)
    assert "there is no plan of this week; plan the week first: doorstep plan" in said
    said = refused(folder, "replan", folder, "--week", "2026-12-08", *at)
    assert "the week's Monday is 2026-12-07" in said


def test_a_damaged_plan_is_no_bug(folder):
    (week_folder(folder) / "plan.json").write_text("{}")
    at = ("--at", "2026-12-02 09:00")
    assert "does not hold a whole plan" in refused(folder, "replan", folder, "--week", WEEK, *at)


def test_planning_anew_says_how_many_visits_stay(folder: Path) -> None:
    before = visits_of(stops_of(folder))
    done = run("plan", folder, "--week", WEEK, "--seconds", 1)
    assert done.exit_code == 0, done.output
    after = visits_of(stops_of(folder))
    all_before = {(ref, *stop[:2]) for ref, stops in before.items() for stop in stops}
    kept = sum((ref, *stop[:2]) in all_before for ref, stops in after.items() for stop in stops)
    said = " ".join(done.output.split())
    assert f"replaced: {kept} of its {len(all_before)} visits keep officer and start" in said
    assert "doorstep replan" in said


def test_offers_are_of_one_week(folder: Path) -> None:
    said = refused(folder, "plan", folder, "--week", WEEK, "--offer", "V0001", "--weeks", 3)
    assert "leave --weeks out" in said
