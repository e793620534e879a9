"""Each rule of a week's plan: a valid plan passes, and breaking one rule names it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from optimiser.model import (
    Door,
    PartOfDay,
    Place,
    Round,
    RoundOption,
    Route,
    Session,
    Shift,
    Status,
    Stop,
    Tier,
    TimeWindow,
    Unplanned,
    UnplannedClass,
    Visit,
    VisitOfficer,
    VisitPlan,
    VisitProblem,
    VisitRules,
)
from optimiser.routing.checks import check_week

MONDAY = dt.date(2026, 11, 30)
TUESDAY = dt.date(2026, 12, 1)
PLACES = tuple(
    Place(name=name, easting=x, northing=0.0)
    for name, x in (("Hub", 0.0), ("Ash House", 240.0), ("Elm Tower", 480.0), ("Desk", 80.0))
)
ASH = {"place": 1, "block_ref": "ash", "entry_s": 90}  # stairs
ELM = {"place": 2, "block_ref": "elm", "entry_s": 30, "lift": True}
POINT = 6000

Case = Callable[[VisitProblem, VisitPlan], tuple[VisitProblem, VisitPlan]]


def window(day: dt.date, earliest_s: int = 32400, latest_s: int = 57600) -> TimeWindow:
    return TimeWindow(date=day, earliest_s=earliest_s, latest_s=latest_s)


def visit(ref: str, door: dict[str, Any], floor: int, **more: Any) -> Visit:
    base: dict[str, Any] = {
        "visit_ref": ref,
        "visit_type": "tenancy_audit",
        "property_ref": f"home {ref}",
        "block_ref": door["block_ref"],
        "door": Door(**door, floor=floor),
        "service_s": 1200,
        "interpreter_service_s": 1800,
        "windows": (window(MONDAY), window(TUESDAY)),
        "value": 100 * POINT,
        "late_value": 50 * POINT,
    }
    return Visit(**{**base, **more})


def left_out(ref: str, kind: UnplannedClass) -> Unplanned:
    return Unplanned(visit_ref=ref, kind=kind, reason="no room", evidence="", remedy="another day")


@pytest.fixture
def problem() -> VisitProblem:
    """Two officers and two days, a stairs block and a lift block, stairs 25 s a floor, a lift 90 s.

    V1 is statutory, V2 needs the damp skill and a language of nobody, V3 two officers, V4 is due
    on Monday night; V5 and the emergency E1 are left out. R1 is a round of two doors.
    """
    walk = np.array(
        [[0, 300, 600, 100], [300, 0, 400, 200], [600, 400, 0, 500], [100, 200, 500, 0]]
    )
    hours: dict[str, Any] = {
        "start_s": 32400,
        "end_s": 61200,
        "start_place": 0,
        "end_place": 0,
        "busy_limit_s": 20000,
    }
    lunch = {"break_s": 2700, "break_earliest_s": 41400, "break_latest_s": 50400}
    desk = Session(kind="surgery", place=3, start_s=50400, end_s=54000)
    option: dict[str, Any] = {"service_s": 1800, "conversations": 3.2, "value": 32 * POINT}
    return VisitProblem(
        week=MONDAY,
        places=PLACES,
        walk_s=walk,
        walk_m=walk * 4 // 5,
        officers=(
            VisitOfficer(officer_ref="A", skills=frozenset({"damp"})),
            VisitOfficer(officer_ref="B", languages=frozenset({"French"})),
        ),
        shifts=(
            Shift(officer_ref="A", date=MONDAY, **hours, **lunch),
            Shift(officer_ref="B", date=MONDAY, **hours, sessions=(desk,)),
            Shift(officer_ref="B", date=TUESDAY, **hours),
        ),
        visits=(
            visit("V1", ASH, 3, value=1100 * POINT, statutory_value=1000 * POINT, statutory=True),
            visit("V2", ASH, 1, skill="damp", language="Farsi"),
            visit(
                "V3",
                ELM,
                5,
                two_officers=True,
                language="French",
                own_officer="A",
                own_officer_value=5 * POINT,
            ),
            visit(
                "V4",
                ELM,
                0,
                due_at=dt.datetime.combine(MONDAY, dt.time(23, 59, 59)),
                own_officer="B",
                own_officer_value=5 * POINT,
                excluded_officers=frozenset({"A"}),
            ),
            visit("V5", ASH, 0),
        ),
        rounds=(
            Round(
                round_ref="R1",
                block_ref="ash",
                patch="P1",
                date=MONDAY,
                door=Door(**ASH, floor=3),
                last_floor=1,
                property_refs=("d1", "d2"),
                officers=("A",),
                options=(
                    RoundOption(
                        part=PartOfDay.AFTERNOON, earliest_s=43200, latest_s=61200, **option
                    ),
                ),
            ),
        ),
        set_aside=(left_out("E1", UnplannedClass.ESCALATE),),
        walk_value=10,
        rules=VisitRules(stairs_seconds_floor=25, lift_seconds=90),
    )


def stop(kind: str, place: int, arrive_s: int, start_s: int, end_s: int, **more: Any) -> Stop:
    where = {"easting": PLACES[place].easting, "northing": PLACES[place].northing}
    if "walk_s" in more:
        more["walk_m"] = more["walk_s"] * 4 // 5
    if kind == "visit":
        more["property_refs"] = (f"home {more['visit_ref']}",)
    times = {"arrive_s": arrive_s, "start_s": start_s, "end_s": end_s}
    return Stop.model_validate({"kind": kind, "place": place, **where, **times, **more})


def route(officer: str, day: dt.date, start_s: int, end_s: int, home_s: int, *stops: Stop) -> Route:
    return Route(
        officer_ref=officer,
        date=day,
        start_s=start_s,
        end_s=end_s,
        start_place=PLACES[0],
        end_place=PLACES[0],
        stops=stops,
        home_walk_s=home_s,
        home_walk_m=home_s * 4 // 5,
    )


@pytest.fixture
def plan(problem: VisitProblem) -> VisitPlan:
    """A's Monday V1, V2, V3, lunch, R1; B's Monday V3 and the desk; B's Tuesday V4, late.

    Busy for 134, 103.5 and 40.5 minutes; 3,800 s on foot.
    """
    ash, elm = {"block_ref": "ash"}, {"block_ref": "elm"}
    v1 = {"visit_ref": "V1", "walk_s": 300, "access_s": 90 + 75, **ash}
    v2 = {"visit_ref": "V2", "access_s": 50, "leave_s": 25, "interpreter": True, **ash}
    v3 = {"visit_ref": "V3", "access_s": 120, "leave_s": 90, **elm}
    r1 = {"round_ref": "R1", "property_refs": ("d1", "d2"), "conversations": 3.2, **ash}
    monday_a = route(
        "A",
        MONDAY,
        32400,
        48680,
        300,
        stop("visit", 1, 32700, 32865, 34065, **v1),
        stop("visit", 1, 34065, 34115, 35915, **v2),
        stop("visit", 2, 36340, 37800, 39000, **v3, walk_s=400, with_officer="B"),
        stop("break", 2, 39000, 43200, 45900, **elm),
        stop("round", 1, 46390, 46555, 48355, **r1, walk_s=400, access_s=165, leave_s=25),
    )
    monday_b = route(
        "B",
        MONDAY,
        36000,
        54100,
        100,
        stop("visit", 2, 36600, 37800, 39000, **v3, walk_s=600, with_officer="A"),
        stop("surgery", 3, 39590, 50400, 54000, walk_s=500, name="surgery"),
    )
    v4 = {"visit_ref": "V4", "walk_s": 600, "access_s": 30, "late": True, **elm}
    tuesday_b = route("B", TUESDAY, 32400, 34830, 600, stop("visit", 2, 33000, 33030, 34230, **v4))
    points = {
        "statutory": 1000.0,
        "requests": 350.0,
        "conversations": 32.0,
        "own_officer": 10.0,
        "walking": -38000 / 6000,
    }
    value = sum(points.values())
    busy = (8040 / 60, 6210 / 60, 2430 / 60)
    return VisitPlan(
        status=Status.FEASIBLE,
        objective=value,
        bound=1500.0,
        gap=(1500 - value) / 1500,
        seed=1,
        seconds=0.1,
        week=MONDAY,
        routes=(monday_a, monday_b, tuesday_b),
        unplanned=(left_out("V5", UnplannedClass.CROWDED_OUT), *problem.set_aside),
        tiers=tuple(Tier(name=n, value=v, bound=v + 1) for n, v in points.items()),
        requests=6,
        planned=4,
        late=1,
        doors=2,
        conversations=3.2,
        walk_hours=3800 / 3600,
        own_officer=2,
        evenness_minutes=float(np.std(busy)),
        rules=problem.rules,
    )


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

FIGURES: list[tuple[str, Case]] = [
    ("requests", on_plan(requests=5)),
    ("planned", on_plan(planned=5)),
    ("late", on_plan(late=0)),
    ("doors", on_plan(doors=1)),
    ("conversations", on_plan(conversations=3.3)),
    ("walk_hours", on_plan(walk_hours=1.0)),
    ("own_officer", on_plan(own_officer=1)),
    ("evenness", on_plan(evenness_minutes=0.0)),
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
        on_shift(0, busy_limit_s=8040, break_earliest_s=43200, break_latest_s=43200),
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
