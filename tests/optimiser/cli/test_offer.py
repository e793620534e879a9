"""`doorstep plan --offer`: what is listed for a resident, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from folders import everything, refused, run
from weeks import add_rows, rows_of

from optimiser import Workspace
from optimiser.model import VisitPlan
from optimiser.routing.days.insertion import apply_fit, best_fit
from optimiser.routing.days.schedule import Timer
from optimiser.routing.metrics import build_plan
from optimiser.routing.reasons.explain import explain_unplanned

MONDAY = "2026-11-30"


@pytest.fixture(scope="module")
def folder(borough: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small borough with a plan of one request, put together without a search."""
    copy = shutil.copytree(borough, tmp_path_factory.mktemp("offer") / "borough")
    ws = Workspace.open(copy)
    ws.save(plan_of_one(ws), copy / "out" / f"week-{MONDAY}")
    return copy


def plan_of_one(ws: Workspace) -> VisitPlan:
    problem = ws.visit_problem(MONDAY)
    timer = Timer(problem)
    days = dict.fromkeys(range(len(problem.shifts)), ())
    fit = best_fit(timer, days, 0)
    assert fit is not None
    days = apply_fit(timer, days, fit)
    routes = [timer.route(k, tasks) for k, tasks in days.items()]
    unplanned = explain_unplanned(problem, routes, time_limit_s=0)
    return build_plan(problem, routes, unplanned, bound=1e9, tier_bounds={}, seed=1, seconds=0)


def refs(folder: Path, *, emergency: bool) -> list[str]:
    visits = pd.read_csv(folder / "visits.csv", dtype=str)
    kind = visits["visit_type"].str.contains("emergency")
    return visits.loc[kind == emergency, "visit_ref"].tolist()


def test_slots_are_listed_best_first_and_nothing_is_written(folder: Path) -> None:
    before = everything(folder)
    ref = unplanned_ref(folder)
    done = run("plan", folder, "--week", MONDAY, "--offer", ref)
    assert done.exit_code == 0, done.output
    assert f"Slots to offer for {ref}" in done.stdout
    assert "It is not planned yet." in done.stdout
    assert "1. " in done.stdout
    assert "with HO0" in done.stdout
    assert everything(folder) == before


def unplanned_ref(folder: Path) -> str:
    plan = json.loads((folder / "out" / f"week-{MONDAY}" / "plan.json").read_text())
    return next(u["visit_ref"] for u in plan["unplanned"] if u["class"] == "not_found")


def planned_stop(folder: Path) -> dict[str, str]:
    plan = json.loads((folder / "out" / f"week-{MONDAY}" / "plan.json").read_text())
    return next(s for r in plan["routes"] for s in r["stops"] if s["visit_ref"])


def test_as_json_both_ends_of_a_slot_are_local_times(folder: Path) -> None:
    done = run("plan", folder, "--week", MONDAY, "--offer", unplanned_ref(folder), "--json")
    found = json.loads(done.stdout)
    assert found["planned"] is None
    assert 1 <= len(found["offers"]) <= 5
    keys = set()
    for offer in found["offers"]:
        assert offer["from"] <= offer["to"]
        assert offer["from"].startswith(offer["date"])
        assert offer["moves"] == []
        keys.add((offer["date"], offer["part"], tuple(offer["officers"])))
    assert len(keys) == len(found["offers"])


def test_of_a_week_under_way_only_what_is_left_is_offered(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "borough"))
    ref = unplanned_ref(copy)
    home = rows_of(copy / "homes.csv")[0]["property_ref"]
    knocked = {"property_ref": home, "visited_at": "2026-12-02T11:00", "kind": "round",
               "outcome": "no_answer"}  # fmt: skip
    add_rows(copy / "outcomes.csv", knocked)
    done = run("plan", copy, "--week", MONDAY, "--offer", ref, "--json")
    assert done.exit_code == 0, done.output
    offers = json.loads(done.stdout)["offers"]
    assert offers
    assert min(offer["from"] for offer in offers) >= "2026-12-02T11:00"


def test_what_is_planned_is_said_and_other_slots_are_offered(folder: Path) -> None:
    stop = planned_stop(folder)
    done = run("plan", folder, "--week", MONDAY, "--offer", stop["visit_ref"], "--json")
    found = json.loads(done.stdout)
    assert found["planned"]["start"] == stop["start"]
    text = run("plan", folder, "--week", MONDAY, "--offer", stop["visit_ref"]).stdout
    assert "It is planned on " in text


def test_unknown_requests_and_emergencies_are_refused(folder: Path) -> None:
    said = refused(folder, "plan", folder, "--week", MONDAY, "--offer", "V9999")
    assert "'V9999' is not in the visits file" in said
    for ref in refs(folder, emergency=True)[:1]:
        said = refused(folder, "plan", folder, "--week", MONDAY, "--offer", ref)
        assert "is an emergency, which no weekly plan holds" in said


def test_a_request_by_appointment_is_offered_any_time(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    visits = pd.read_csv(copy / "visits.csv", dtype=str)
    ref = unplanned_ref(copy)
    row = visits["visit_ref"] == ref
    visits.loc[row, "appointment_only"] = "yes"
    for column in ("days", "window_start", "window_end"):
        if column in visits:
            visits.loc[row, column] = None
    visits.to_csv(copy / "visits.csv", index=False)
    done = run("plan", copy, "--week", MONDAY, "--offer", ref, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["offers"]


def test_without_a_plan_the_week_is_planned_and_saved_first(
    borough: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copytree(borough, tmp_path / "copy")
    monkeypatch.setattr("optimiser.cli.offer.solve_week", lambda ws, *_, **__: plan_of_one(ws))
    done = run("plan", copy, "--week", MONDAY, "--offer", refs(copy, emergency=False)[0], "--json")
    assert done.exit_code == 0, done.output
    assert "There was no plan of this week yet: it is planned now" in done.stderr
    assert (copy / "out" / f"week-{MONDAY}" / "plan.json").is_file()
    assert json.loads(done.stdout)["planned"] is not None
