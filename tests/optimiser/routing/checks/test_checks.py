"""Each rule of a week's plan: a valid plan passes, and breaking one rule names it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from hand_made_week import (
    MONDAY,
    PLACES,
    TUESDAY,
    hand_made_plan,
    hand_made_problem,
    left_out,
    stop,
    window,
)

from optimiser.model import (
    Route,
    Status,
    Unplanned,
    UnplannedClass,
    VisitPlan,
    VisitProblem,
    VisitRules,
)
from optimiser.routing.checks.rules import check_week

Case = Callable[[VisitProblem, VisitPlan], tuple[VisitProblem, VisitPlan]]


@pytest.fixture
def problem() -> VisitProblem:
    return hand_made_problem()


@pytest.fixture
def plan(problem: VisitProblem) -> VisitPlan:
    return hand_made_plan(problem)


def on_stop(route_index: int, stop_index: int, **changes: Any) -> Case:
    """Change one stop of the plan."""

    def apply(problem: VisitProblem, plan: VisitPlan) -> tuple[VisitProblem, VisitPlan]:
        stops = list(plan.routes[route_index].stops)
        stops[stop_index] = stops[stop_index].model_copy(update=changes)
        return on_route(route_index, stops=tuple(stops))(problem, plan)

    return apply


def on_route(route_index: int, **changes: Any) -> Case:
    """Change one route of the plan."""

    def apply(problem: VisitProblem, plan: VisitPlan) -> tuple[VisitProblem, VisitPlan]:
        routes = list(plan.routes)
        routes[route_index] = routes[route_index].model_copy(update=changes)
        return problem, plan.model_copy(update={"routes": tuple(routes)})

    return apply


def without(route_index: int, *stop_indices: int) -> Case:
    """Take stops out of a route."""

    def apply(problem: VisitProblem, plan: VisitPlan) -> tuple[VisitProblem, VisitPlan]:
        stops = plan.routes[route_index].stops
        kept = tuple(s for k, s in enumerate(stops) if k not in stop_indices)
        return on_route(route_index, stops=kept)(problem, plan)

    return apply


def on_plan(**changes: Any) -> Case:
    """Change a field of the plan."""
    return lambda problem, plan: (problem, plan.model_copy(update=changes))


def routes(change: Callable[[tuple[Route, ...]], tuple[Route, ...]]) -> Case:
    return lambda problem, plan: (
        problem,
        plan.model_copy(update={"routes": change(plan.routes)}),
    )


def unplanned(change: Callable[[tuple[Unplanned, ...]], tuple[Unplanned, ...]]) -> Case:
    return lambda problem, plan: (
        problem,
        plan.model_copy(update={"unplanned": change(plan.unplanned)}),
    )


def on_tier(index: int, **changes: Any) -> Case:
    def apply(problem: VisitProblem, plan: VisitPlan) -> tuple[VisitProblem, VisitPlan]:
        tiers = list(plan.tiers)
        tiers[index] = tiers[index].model_copy(update=changes)
        return problem, plan.model_copy(update={"tiers": tuple(tiers)})

    return apply


def on_shift(index: int, **changes: Any) -> Case:
    """Change a shift of the problem, so that the plan no longer fits it."""

    def apply(problem: VisitProblem, plan: VisitPlan) -> tuple[VisitProblem, VisitPlan]:
        shifts = list(problem.shifts)
        shifts[index] = shifts[index].model_copy(update=changes)
        return problem.model_copy(update={"shifts": tuple(shifts)}), plan

    return apply


def on_visit(ref: str, **changes: Any) -> Case:
    """Change a visit of the problem, so that the plan no longer fits it."""

    def apply(problem: VisitProblem, plan: VisitPlan) -> tuple[VisitProblem, VisitPlan]:
        visits = tuple(
            v.model_copy(update=changes) if v.visit_ref == ref else v for v in problem.visits
        )
        return problem.model_copy(update={"visits": visits}), plan

    return apply


def on_round(**changes: Any) -> Case:
    def apply(problem: VisitProblem, plan: VisitPlan) -> tuple[VisitProblem, VisitPlan]:
        turn = problem.rounds[0].model_copy(update=changes)
        return problem.model_copy(update={"rounds": (turn,)}), plan

    return apply


def test_a_valid_plan_breaks_nothing(problem: VisitProblem, plan: VisitPlan) -> None:
    assert check_week(problem, plan) == ()


HARD: list[tuple[str, Case]] = [
    ("week", on_plan(week=TUESDAY)),
    ("shift", on_route(2, date=TUESDAY + dt.timedelta(days=1))),
    ("one_route", routes(lambda r: (*r, r[2]))),
    ("session", routes(lambda r: (r[0], r[2]))),
    ("session", without(1, 1)),
    ("session", on_stop(1, 1, start_s=50401, end_s=54001)),
    ("session", on_stop(1, 1, place=0)),
    ("session", on_shift(1, sessions=())),
    ("shift_start", on_shift(0, start_s=32401)),
    ("shift_end", on_shift(0, end_s=48679)),
    ("route_place", on_route(0, start_place=PLACES[1])),
    ("route_place", on_route(0, end_place=PLACES[1])),
    ("route_empty", on_route(2, stops=())),
    ("home_walk", on_route(0, home_walk_s=299)),
    ("home_walk", on_route(0, home_walk_m=0)),
    ("route_end", on_route(0, end_s=48679)),
    ("walk_s", on_stop(0, 2, walk_s=399)),
    ("walk_s", on_stop(0, 1, walk_s=300)),
    ("walk_m", on_stop(0, 0, walk_m=239)),
    ("access", on_stop(0, 0, access_s=164)),
    ("access", on_stop(0, 1, access_s=90 + 25)),
    ("access", on_stop(0, 2, access_s=30)),
    ("access", on_stop(1, 1, access_s=60)),
    ("leave", on_stop(0, 0, leave_s=75)),
    ("leave", on_stop(0, 1, leave_s=0)),
    ("leave", on_stop(0, 2, leave_s=125)),
    ("leave", on_stop(0, 4, leave_s=75)),
    ("break_moves", on_stop(0, 3, walk_s=1)),
    ("break_moves", on_stop(0, 3, leave_s=90)),
    ("arrival", on_stop(0, 0, arrive_s=32699)),
    ("arrival", on_stop(0, 2, arrive_s=36339)),
    ("arrival", on_stop(0, 3, arrive_s=38999)),
    ("arrival", on_stop(0, 4, arrive_s=46389)),
    ("start", on_stop(0, 0, start_s=32864, end_s=34064)),
    ("start", on_stop(0, 3, arrive_s=43201)),
    ("order", on_stop(0, 0, end_s=32864)),
    ("place", on_stop(0, 0, place=2)),
    ("place", on_stop(0, 0, place=9)),
    ("place", on_stop(0, 0, easting=1.0)),
    ("break_place", on_stop(0, 3, place=1, easting=240.0)),
    ("homes", on_stop(0, 0, property_refs=("home V2",))),
    ("homes", on_stop(0, 0, block_ref="elm")),
    ("homes", on_stop(0, 4, property_refs=("d1",))),
    ("break_once", without(0, 3)),
    ("break_once", on_shift(1, break_s=2700, break_earliest_s=0, break_latest_s=61200)),
    ("break_once", on_shift(0, break_s=0)),
    ("break_length", on_stop(0, 3, end_s=45899)),
    ("break_window", on_shift(0, break_earliest_s=43201)),
    ("break_window", on_shift(0, break_latest_s=43199)),
    ("busy_limit", on_shift(0, busy_limit_s=8039)),
    ("walk_limit", on_shift(0, walk_limit_s=1399)),
    ("belongs", on_stop(0, 0, conversations=1.0)),
    ("belongs", on_stop(0, 0, round_ref="R1")),
    ("belongs", on_stop(0, 3, late=True)),
    ("belongs", on_stop(0, 3, property_refs=("d1",))),
    ("belongs", on_stop(0, 3, block_ref="ash")),
    ("belongs", on_stop(0, 4, interpreter=True)),
    ("belongs", on_stop(0, 4, name="surgery")),
    ("belongs", on_stop(1, 1, with_officer="A")),
    ("belongs", on_stop(1, 1, name="duty desk")),
    ("belongs", on_stop(1, 1, block_ref="elm")),
    ("required_officer", on_visit("V1", required_officer="B")),
    ("two_officers", on_round(two_officers=True, officers=("A", "B"))),
    ("with_officer", on_stop(0, 4, with_officer="B")),
    ("known_round", on_stop(0, 4, round_ref="R9")),
    ("round_date", on_round(date=TUESDAY)),
    ("round_officer", on_round(officers=("B",))),
    ("round_option", on_stop(0, 4, end_s=48356)),
    ("round_option", on_stop(0, 4, conversations=3.3)),
    ("round_option", on_stop(0, 4, start_s=43199, end_s=44999)),
    ("round_once", routes(lambda r: (*r, r[0]))),
    ("known_visit", on_stop(0, 0, visit_ref="V9")),
    ("known_visit", on_stop(0, 0, visit_ref=None)),
    ("visit_once", routes(lambda r: (*r, r[2].model_copy(update={"officer_ref": "A"})))),
    ("two_officers", without(1, 0)),
    ("two_officers", on_route(1, officer_ref="A")),
    ("two_officers", on_visit("V1", two_officers=True)),
    ("together", on_stop(1, 0, start_s=37801, end_s=39001)),
    ("together", on_route(1, date=TUESDAY)),
    ("with_officer", on_stop(1, 0, with_officer=None)),
    ("with_officer", on_stop(0, 2, with_officer="A")),
    ("with_officer", on_stop(0, 0, with_officer="B")),
    ("window", on_visit("V1", windows=(window(MONDAY, 32866),))),
    ("window", on_visit("V1", windows=(window(MONDAY, 32400, 32864),))),
    ("window", on_visit("V1", windows=(window(TUESDAY),))),
    ("window", on_visit("V1", windows=())),
    ("skill", on_visit("V2", skill="pcfra")),
    ("skill", on_visit("V4", skill="damp")),
    ("excluded", on_visit("V1", excluded_officers=frozenset({"A"}))),
    ("excluded", on_visit("V3", excluded_officers=frozenset({"B"}))),
    ("required_officer", on_visit("V2", required_officer="Z")),
    ("duration", on_stop(0, 0, end_s=34064)),
    ("duration", on_visit("V2", language=None)),
    ("duration", on_visit("V3", language="Farsi")),
    ("interpreter", on_stop(0, 1, interpreter=False)),
    ("interpreter", on_stop(0, 0, interpreter=True)),
    ("late_flag", on_stop(2, 0, late=False)),
    ("late_flag", on_stop(0, 0, late=True)),
    ("late_flag", on_visit("V1", due_at=dt.datetime.combine(MONDAY, dt.time(9, 7, 44)))),
    ("planned_or_not", unplanned(lambda u: u[1:])),
    ("planned_or_not", unplanned(lambda u: (u[0], *u))),
    ("planned_or_not", unplanned(lambda u: (*u, left_out("V1", UnplannedClass.IMPOSSIBLE)))),
    ("planned_or_not", without(2, 0)),
    ("known_visit", unplanned(lambda u: (*u, left_out("V9", UnplannedClass.IMPOSSIBLE)))),
    ("set_aside", unplanned(lambda u: u[:1])),
    ("set_aside", unplanned(lambda u: (u[0], left_out("E1", UnplannedClass.CROWDED_OUT)))),
    ("reason", unplanned(lambda u: (u[0].model_copy(update={"reason": " "}), *u[1:]))),
    ("reason", unplanned(lambda u: (u[0].model_copy(update={"remedy": ""}), *u[1:]))),
]

OTHER_RULES = VisitRules(slack=0.2)

FIGURES: list[tuple[str, Case]] = [
    ("requests", on_plan(requests=5)),
    ("planned", on_plan(planned=5)),
    ("late", on_plan(late=0)),
    ("doors", on_plan(doors=1)),
    ("conversations", on_plan(conversations=3.3)),
    ("walk_hours", on_plan(walk_hours=1.0)),
    ("own_officer", on_plan(own_officer=1)),
    ("busy_share", on_plan(busy_share=0.2)),
    ("busy_spread", on_plan(busy_spread=0.0)),
    ("tiers", lambda problem, plan: (problem, plan.model_copy(update={"tiers": plan.tiers[:4]}))),
    ("tier_value", on_tier(0, value=0.0)),
    ("tier_value", on_tier(1, value=400.0)),
    ("tier_value", on_tier(2, value=31.0)),
    ("tier_value", on_tier(3, value=5.0)),
    ("tier_value", on_tier(4, value=0.0)),
    ("tier_bound", on_tier(1, bound=349.9)),
    ("tier_bound", on_tier(1, bound=float("nan"))),
    ("objective", on_plan(objective=1400.0, gap=100 / 1500)),
    ("bound", on_plan(bound=1385.0, gap=0.0)),
    ("bound", on_plan(bound=float("nan"))),
    ("gap", on_plan(gap=0.0)),
    ("status", on_plan(status=Status.OPTIMAL)),
    ("rules", lambda problem, plan: (problem, plan.model_copy(update={"rules": OTHER_RULES}))),
]


def _names(cases: list[tuple[str, Case]]) -> list[str]:
    return [f"{k}-{rule}" for k, (rule, _) in enumerate(cases)]


@pytest.mark.parametrize(("rule", "change"), HARD, ids=_names(HARD))
def test_a_broken_rule_is_named(
    problem: VisitProblem, plan: VisitPlan, rule: str, change: Case
) -> None:
    found = check_week(*change(problem, plan))
    assert rule in {violation.rule for violation in found}


@pytest.mark.parametrize(("rule", "change"), FIGURES, ids=_names(FIGURES))
def test_a_wrong_figure_is_named_alone(
    problem: VisitProblem, plan: VisitPlan, rule: str, change: Case
) -> None:
    found = check_week(*change(problem, plan))
    allowed = {rule, "gap"} if rule == "bound" else {rule}
    assert rule in {violation.rule for violation in found}
    assert {violation.rule for violation in found} <= allowed


@pytest.mark.parametrize(
    "change",
    [
        on_stop(0, 0, arrive_s=32700),
        on_route(2, end_s=36000),
        on_tier(0, bound=None),
        on_visit("V1", due_at=dt.datetime.combine(MONDAY, dt.time(9, 7, 45))),
        on_visit("V1", windows=(window(MONDAY, 32865, 32865),)),
        on_shift(0, walk_limit_s=1400, break_earliest_s=43200, break_latest_s=43200),
        on_shift(0, start_s=32400, end_s=48680),
        on_visit("V3", skill="damp"),
    ],
    ids=["arrive", "home later", "no bound", "due", "window", "limits", "shift", "either's skill"],
)
def test_limits_are_inclusive(problem: VisitProblem, plan: VisitPlan, change: Case) -> None:
    assert check_week(*change(problem, plan)) == ()


def test_a_proven_plan_may_be_called_optimal(problem: VisitProblem, plan: VisitPlan) -> None:
    proven = {"status": Status.OPTIMAL, "bound": plan.objective, "gap": 0.0}
    assert check_week(problem, plan.model_copy(update=proven)) == ()


def test_a_break_before_the_first_stop_is_at_the_start_place(
    problem: VisitProblem, plan: VisitPlan
) -> None:
    early, _ = on_shift(0, break_earliest_s=0)(problem, plan)
    stops = plan.routes[0].stops
    lunch = stop("break", 0, 29700, 29700, 32400)
    moved = {"stops": (lunch, *stops[:3], stops[4]), "start_s": 29700}
    earlier, wrong = on_route(0, **moved)(early, plan)
    assert {v.rule for v in check_week(earlier, wrong)} == {"shift_start"}


def test_a_break_inside_a_block_keeps_the_officer_inside(
    problem: VisitProblem, plan: VisitPlan
) -> None:
    """Between V1 and V2 on the stairs nobody leaves; the break ends just before the access."""
    early, _ = on_shift(0, break_earliest_s=0)(problem, plan)
    first, second, *_ = plan.routes[0].stops
    lunch = stop("break", 1, first.end_s, first.end_s, first.end_s + 2700, block_ref="ash")
    later = {name: getattr(second, name) + 2700 for name in ("arrive_s", "start_s", "end_s")}
    stops = (first, lunch, second.model_copy(update=later))
    changed = on_route(0, stops=stops, end_s=38940, home_walk_s=300, home_walk_m=240)(early, plan)
    broken = {v.rule for v in check_week(*changed)}
    assert not broken & {"access", "leave", "arrival", "start", "break_place", "route_end"}


def test_a_violation_says_where_and_what(problem: VisitProblem, plan: VisitPlan) -> None:
    changed = on_stop(0, 0, access_s=164)(problem, plan)
    message = next(v for v in check_week(*changed) if v.rule == "access")
    assert message.subject == "A 2026-11-30 V1"
    assert message.message == "given as 164, it is 165"


def test_the_busy_limit_is_inclusive(problem: VisitProblem, plan: VisitPlan) -> None:
    tight, same = on_shift(0, busy_limit_s=8040)(problem, plan)
    assert {v.rule for v in check_week(tight, same)} == {"busy_share", "busy_spread"}
