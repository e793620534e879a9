"""`doorstep plan --weeks`: the weeks ahead of a small borough, from its files to its page."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from folders import add_visit_rule, write_rows
from weeks import rows_of

from geodata import DataError
from optimiser.cli.ahead import solve_ahead
from optimiser.outputs.files import write_quarter
from optimiser.routing.ahead import check_quarter, plan_quarter
from optimiser.workspace import Workspace
from optimiser.workspace.ahead import keep_to_turns, quarter_problem, require_ahead

WEEK = "2026-11-30"


@pytest.fixture(scope="module")
def ahead(borough: Path):
    """The small borough, its first week, four weeks ahead and a plan of them."""
    ws = Workspace.open(borough)
    week = ws.visit_problem(WEEK)
    problem = quarter_problem(ws, week, 4, None)
    return ws, week, problem, plan_quarter(problem, time_limit_s=1, workers=1)


def test_the_plan_keeps_the_rules_and_counts_every_home(ahead):
    ws, _, problem, plan = ahead
    assert check_quarter(problem, plan) == ()
    counted = sum(row.homes + row.met + row.by_appointment for row in plan.patches)
    assert counted == len(ws.homes)
    assert plan.turns


def test_the_first_week_knocks_where_it_is_their_turn(ahead):
    _, week, _, plan = ahead
    kept = keep_to_turns(week, plan)
    today = [t for t in plan.turns if t.date == week.rounds[0].date]
    assert today
    patches = {t.patch for t in today}
    blocks = {r.block_ref for r in kept.rounds if r.patch in patches}
    assert blocks == {t.block_ref for t in today}
    assert {t.round_ref for t in today} <= {r.round_ref for r in kept.rounds}
    others = [r for r in week.rounds if r.patch not in patches]
    assert [r for r in kept.rounds if r.patch not in patches] == others


def test_what_is_written_says_it_in_words_and_in_data(ahead, tmp_path):
    ws, _, _, plan = ahead
    written = write_quarter(ws, plan, str(tmp_path / "quarter"))
    names = {path.name for path in written}
    assert names == {"quarter.csv", "quarter.xlsx", "quarter.json", "quarter.html", "summary.json"}
    rows = pd.read_csv(tmp_path / "quarter" / "quarter.csv")
    assert len(rows) == len(plan.turns)
    document = json.loads((tmp_path / "quarter" / "quarter.json").read_text(encoding="utf-8"))
    assert document["synthetic"] is True
    assert len(document["turns"]) == len(plan.turns)
    page = (tmp_path / "quarter" / "quarter.html").read_text(encoding="utf-8")
    assert "Where each officer knocks" in page
    assert "http" not in page.replace("http-equiv", "")
    if plan.objective:
        assert "Homes that wait" in page


def test_by_appointment_homes_are_listed(ahead, tmp_path):
    ws, _, _, plan = ahead
    waiting = plan.model_copy(update={"by_appointment": ("00100001",)})
    write_quarter(ws, waiting, tmp_path / "quarter")
    sheet = pd.read_excel(
        tmp_path / "quarter" / "quarter.xlsx",
        sheet_name="By appointment",
        dtype=str,
        engine="openpyxl",
    )
    assert sheet["property_ref"].tolist() == ["00100001"]
    page = (tmp_path / "quarter" / "quarter.html").read_text(encoding="utf-8")
    assert "1 home had 3 tries" in page


@pytest.mark.parametrize("weeks", [0, 53])
def test_too_many_weeks_are_refused(ahead, weeks):
    with pytest.raises(DataError) as error:
        require_ahead(ahead[0], weeks)
    assert error.value.problems[0].file == "--weeks"


def test_no_community_day_no_weeks_ahead(borough: Path, tmp_path: Path):
    folder = shutil.copytree(borough, tmp_path / "borough")
    settings = folder / "doorstep.toml"
    text = settings.read_text(encoding="utf-8")
    assert 'community_day = "Thu"' in text
    settings.write_text(text.replace('"Thu"', '"none"'), encoding="utf-8")
    with pytest.raises(DataError) as error:
        require_ahead(Workspace.open(folder), 12)
    assert "community day" in error.value.problems[0].reason


def with_officers(borough: Path, tmp_path: Path, change, rule: str = ""):
    """The weeks ahead where the officers file is another one."""
    folder = Path(shutil.copytree(borough, tmp_path / "borough"))
    rows = rows_of(folder / "officers.csv")
    write_rows(folder / "officers.csv", change(rows))
    if rule:
        add_visit_rule(folder, rule)
    ws = Workspace.open(folder)
    return quarter_problem(ws, ws.visit_problem(WEEK), 4, None)


def test_who_has_no_patch_knocks_for_the_patch_without_an_officer(borough, tmp_path):
    first, second = rows_of(borough / "officers.csv")[:2]
    ref, patch = first["officer_ref"], first["patch"]
    free = first | {"patch": "", "service_centre": second["service_centre"]}
    problem = with_officers(borough, tmp_path, lambda rows: [free, *rows[1:]])
    assert f"{patch} has no officer: {ref}, who has no patch, knocks there." in problem.notes
    plan = plan_quarter(problem, time_limit_s=1, workers=1)
    assert plan.violations == ()
    row = next(row for row in plan.patches if row.patch == patch)
    assert row.officer_ref == ref
    assert row.without_turn < row.homes


def test_a_colleague_covers_a_patch_on_so_many_days_as_it_has_of_the_doors(borough, tmp_path):
    patch = rows_of(borough / "officers.csv")[0]["patch"]
    problem = with_officers(borough, tmp_path, lambda rows: rows[1:])
    own, covered = (p for p in sorted(problem.patches, key=lambda p: p.patch == patch))
    assert {own.officer_ref, covered.officer_ref} == {"HO02"}
    assert [day.closed for day in own.days] == [None, f"HO02 is in {patch}"] * 2
    assert [day.closed for day in covered.days] == [f"HO02 is in {own.patch}", None] * 2
    said = f"{patch} has no officer: HO02 of P02 knocks there on 2 of 4 community days."
    assert said in problem.notes
    plan = plan_quarter(problem, time_limit_s=1, workers=1)
    assert plan.violations == ()
    dates = {p: {t.date for t in plan.turns if t.patch == p} for p in (patch, own.patch)}
    assert all(len(found) == 2 for found in dates.values())
    assert not dates[patch] & dates[own.patch]


def test_a_patch_that_nobody_may_cover_says_what_would_do(borough, tmp_path):
    patch = rows_of(borough / "officers.csv")[0]["patch"]
    problem = with_officers(borough, tmp_path, lambda rows: rows[1:], rule="stand_ins = 0")
    assert any(note.startswith(f"{patch} has no officer and no turns") for note in problem.notes)
    plan = plan_quarter(problem, time_limit_s=1, workers=1)
    row = next(row for row in plan.patches if row.patch == patch)
    assert row.officer_ref is None
    assert row.without_turn == row.homes > 0
    ws = Workspace.open(tmp_path / "borough")
    page = Path(write_quarter(ws, plan, tmp_path / "q")[0]).with_name("quarter.html").read_text()
    assert "give the patch an officer" in page
    assert "1 patch has no officer and 1 patch cannot be knocked at from door to door" in page


def test_the_weeks_ahead_and_the_first_week_share_the_time(ahead, monkeypatch):
    ws, _, _, plan = ahead
    given = {}

    def quarter(problem, *, time_limit_s, progress):
        given["quarter"] = time_limit_s
        return plan.model_copy(update={"seconds": 4.0})

    def week(problem, *, time_limit_s, seed, progress):
        given["week"] = time_limit_s

    monkeypatch.setattr("optimiser.routing.ahead.plan_quarter", quarter)
    monkeypatch.setattr("optimiser.routing.plan_visits", week)
    solve_ahead(ws, WEEK, 4, None, seconds=30.0, seed=1)
    assert given == {"quarter": pytest.approx(10.0), "week": pytest.approx(26.0)}
