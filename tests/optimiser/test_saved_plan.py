"""A week's plan survives being written to its folder and read back."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from geodata import DataError
from optimiser import Workspace, plan_visits
from optimiser.model import Appointment, Change, VisitParams, VisitPlan
from optimiser.workspace.saved_plan import check_week_plan, read_week_plan

WEEK = "2026-11-30"


@pytest.fixture(scope="module")
def saved(borough: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[VisitPlan, Path]:
    """The small borough's week, planned by few iterations, and where it was written."""
    ws = Workspace.open(borough)
    params = VisitParams(iterations=300, workers=1)
    plan = plan_visits(ws.visit_problem(WEEK), params=params, time_limit_s=20)
    folder = tmp_path_factory.mktemp("saved") / f"week-{WEEK}"
    ws.save(plan, folder)
    return plan, folder


def without_places(plan: VisitPlan) -> VisitPlan:
    """The plan with its stops' places numbered in the order of the routes."""
    seen: dict[tuple[float, float], int] = {}
    routes = tuple(
        route.model_copy(
            update={
                "stops": tuple(
                    s.model_copy(
                        update={"place": seen.setdefault((s.easting, s.northing), len(seen))}
                    )
                    for s in route.stops
                )
            }
        )
        for route in plan.routes
    )
    return plan.model_copy(update={"routes": routes})


def test_everything_but_the_numbers_of_places_comes_back(saved):
    plan, folder = saved
    assert plan.routes
    assert read_week_plan(folder) == without_places(plan)


def test_changes_and_an_unknown_bound_come_back(saved, borough, tmp_path):
    plan, _ = saved
    change = Change(
        ref="V1",
        kind="moved",
        before=Appointment(date=dt.date(2026, 12, 1), start_s=36_061, officers=("HO1", "HO2")),
        after=Appointment(date=dt.date(2026, 12, 2), start_s=39_600, officers=("HO3",)),
        why="HO1 is away",
    )
    gone = Change(ref="V2", kind="dropped", before=change.before, why="no room")
    mended = plan.model_copy(
        update={
            "version": 2,
            "replanned_at": dt.datetime(2026, 12, 1, 11, 30),  # noqa: DTZ001
            "changes": (change, gone),
        }
    )
    Workspace.open(borough).save(mended, tmp_path / "week")
    assert read_week_plan(tmp_path / "week") == without_places(mended)


def test_a_folder_without_a_plan_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match=r"there is no plan of this week; plan the week first"):
        read_week_plan(tmp_path)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda d: d.pop("routes"), "'routes' is missing"),
        (lambda d: d["routes"][0].update(date="soon"), "Invalid isoformat string"),
        (lambda d: d.update(objective="much"), "objective input should be a valid number"),
        (lambda d: d.update(rules=[]), "does not hold a whole plan"),
        (lambda d: d.update(routes=[1]), "does not hold a whole plan"),
    ],
)
def test_a_damaged_plan_is_refused_by_name(saved, tmp_path, spoil, said):
    _, folder = saved
    document = json.loads((folder / "plan.json").read_text())
    spoil(document)
    (tmp_path / "plan.json").write_text(json.dumps(document))
    (tmp_path / "summary.json").write_text((folder / "summary.json").read_text())
    with pytest.raises(DataError, match=said):
        read_week_plan(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", '"plan"', "[" * 20_000])
def test_what_is_no_plan_is_refused(tmp_path, text):
    (tmp_path / "plan.json").write_text(text)
    with pytest.raises(DataError):
        read_week_plan(tmp_path)


def test_a_plan_of_its_own_week_and_homes_is_taken(saved, borough):
    plan, folder = saved
    check_week_plan(Workspace.open(borough), plan, folder)


def test_a_plan_of_another_week_is_refused(saved, borough):
    plan, folder = saved
    other = plan.model_copy(update={"week": dt.date(2026, 12, 7)})
    with pytest.raises(DataError, match=r"is the plan of another week, from 2026-12-07"):
        check_week_plan(Workspace.open(borough), other, folder)


@pytest.mark.parametrize("spoil", [{"block_ref": "X"}, {"easting": 600_000.0}])
def test_a_plan_of_another_landlord_is_refused(saved, borough, spoil):
    plan, folder = saved
    routes = tuple(
        r.model_copy(
            update={
                "stops": tuple(
                    s.model_copy(update=spoil) if s.block_ref is not None else s for s in r.stops
                )
            }
        )
        for r in plan.routes
    )
    with pytest.raises(DataError, match=r"is a plan of other homes: 0 of its \d+ stops"):
        check_week_plan(Workspace.open(borough), plan.model_copy(update={"routes": routes}), folder)
