"""A named officer is one of those who go, of a pair too; so is the first of a round's pair."""

from __future__ import annotations

import pytest

from optimiser.model import VisitOfficer, VisitParams, VisitPlan, VisitProblem
from optimiser.routing import plan_visits

OFFICERS = (
    VisitOfficer(officer_ref="HO1", skills=frozenset({"damp"})),
    VisitOfficer(officer_ref="HO2"),
    VisitOfficer(officer_ref="HO3", skills=frozenset({"damp"})),
)


def planned(problem: VisitProblem) -> VisitPlan:
    return plan_visits(problem, seed=1, params=VisitParams(iterations=300, workers=1))


def team(plan: VisitPlan) -> set[str]:
    return {r.officer_ref for r in plan.routes for s in r.stops if s.visit_ref == "A"}


@pytest.mark.parametrize("required", ["HO1", "HO2", "HO3"])
@pytest.mark.parametrize("two", [True, False])
def test_the_named_officer_goes(tiny, required, two):
    visit = tiny.visit("A", two_officers=two, required_officer=required)
    shifts = tuple(tiny.shift(f"HO{k}") for k in (1, 2, 3))
    plan = planned(tiny.week(shifts=shifts, officers=OFFICERS, visits=(visit,)))
    assert required in team(plan)
    assert len(team(plan)) == (2 if two else 1)


def test_where_the_named_one_lacks_the_skill_the_other_has_it(tiny):
    visit = tiny.visit("A", two_officers=True, required_officer="HO2", skill="damp")
    shifts = (tiny.shift("HO2"), tiny.shift("HO4"), tiny.shift("HO1", start_place=40))
    officers = (*OFFICERS, VisitOfficer(officer_ref="HO4"))
    plan = planned(tiny.week(shifts=shifts, officers=officers, visits=(visit,)))
    assert team(plan) == {"HO1", "HO2"}


@pytest.mark.parametrize("two", [True, False])
def test_nobody_goes_without_the_named_one(tiny, two):
    visit = tiny.visit("A", two_officers=two, required_officer="HO1")
    shifts = (tiny.shift("HO1", 2), tiny.shift("HO2"), tiny.shift("HO3"))
    officers, windows = OFFICERS, (tiny.window(0),)
    visit = visit.model_copy(update={"windows": windows})
    plan = planned(tiny.week(shifts=shifts, officers=officers, visits=(visit,)))
    assert team(plan) == set()
    assert plan.unplanned[0].remedy


def knocking(plan: VisitPlan) -> list[tuple[str, str | None]]:
    stops = [(r.officer_ref, s) for r in plan.routes for s in r.stops if s.kind == "round"]
    return sorted((officer, stop.with_officer) for officer, stop in stops)


def test_a_rounds_first_officer_is_one_of_the_pair_however_far(tiny):
    shifts = (tiny.shift("HO1", 3, start_place=30, end_place=30),
              *(tiny.shift(f"HO{k}", 3) for k in (2, 3)))  # fmt: skip
    turn = tiny.round("R", officers=("HO1", "HO2", "HO3"), two_officers=True)
    plan = planned(tiny.week(shifts=shifts, rounds=(turn,)))
    assert plan.violations == ()
    (first, partner), *_ = knocking(plan)
    assert first == "HO1"
    assert partner in ("HO2", "HO3")
    assert plan.doors == 2


@pytest.mark.parametrize("there", [("HO2", "HO3"), ("HO1",)])
def test_no_pair_without_the_first_officer_or_a_second(tiny, there):
    turn = tiny.round("R", officers=("HO1", "HO2", "HO3"), two_officers=True)
    shifts = tuple(tiny.shift(officer, 3) for officer in there)
    plan = planned(tiny.week(shifts=shifts, officers=OFFICERS, rounds=(turn,)))
    assert plan.violations == ()
    assert knocking(plan) == []
