"""A week of two officers and its plan, worked out by hand, that breaks no rule."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

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

MONDAY = dt.date(2026, 11, 30)
TUESDAY = dt.date(2026, 12, 1)
PLACES = tuple(
    Place(name=name, easting=x, northing=0.0)
    for name, x in (("Hub", 0.0), ("Ash House", 240.0), ("Elm Tower", 480.0), ("Desk", 80.0))
)
ASH = {"place": 1, "block_ref": "ash", "entry_s": 90}  # stairs
ELM = {"place": 2, "block_ref": "elm", "entry_s": 30, "lift": True}
POINT = 6000


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


def hand_made_problem() -> VisitProblem:
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


def hand_made_plan(problem: VisitProblem) -> VisitPlan:
    """A's Monday V1, V2, V3, lunch, R1; B's Monday V3 and the desk; B's Tuesday V4, late.

    Busy for 8,040, 6,210 and 2,430 s of 20,000 s each; 3,800 s on foot.
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
    busy = (8040 / 20_000, (6210 + 2430) / 40_000)
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
        busy_share=float(np.mean(busy)),
        busy_spread=float(np.std(busy)),
        rules=problem.rules,
    )
