"""A week as frames: the plan, what is left out, by officer and day, figures, outcomes."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any, Final

from optimiser.model import Appointment, Route, VisitPlan, WorkspaceView
from optimiser.model.tries import request_of
from optimiser.outputs.problems import problems_frame
from optimiser.outputs.redraw_tables import rules_rows
from optimiser.outputs.stops import StopLine, text_of
from optimiser.outputs.tables import Sheet
from optimiser.outputs.tiers import TierLine, tier_lines
from optimiser.outputs.wording import (
    assumptions,
    class_label,
    iso_time,
    notices,
    visit_label,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "OUTCOME_CODES",
    "by_day_frame",
    "by_officer_frame",
    "changes_frame",
    "kpis_frame",
    "once_by_day",
    "outcomes_frame",
    "plan_frame",
    "unplanned_frame",
    "visits_sheets",
]

OUTCOME_CODES: Final = (
    "done",
    "no_answer",
    "refused",
    "by_appointment",
    "not_safe",
    "abandoned",
    "other",
)


def plan_frame(lines: list[StopLine]) -> pd.DataFrame:
    """Return one row a stop, in the order that it is made."""
    import pandas as pd

    rows = [
        {
            "officer_ref": line.officer_ref,
            "date": line.date,
            "stop": line.position,
            "start": _clock(line.stop.start_s),
            "end": _clock(line.stop.end_s),
            "task": line.task,
            "visit_ref": line.stop.visit_ref,
            "round_ref": line.stop.round_ref,
            "where": line.where,
            "access": line.access,
            "block_ref": line.stop.block_ref,
            "doors": len(line.stop.property_refs),
            "conversations": line.stop.conversations if line.stop.kind == "round" else None,
            "minutes": line.minutes,
            "walk_minutes": round(line.stop.walk_s / 60, 1),
            "walk_m": line.stop.walk_m,
            "with_officer": line.stop.with_officer,
            "interpreter": line.language if line.stop.interpreter else None,
            "asks": ", ".join(line.asks) or None,
            "expected": line.window or None,
            "due_by": line.due_by,
            "late": "late" if line.stop.late else None,
        }
        for line in lines
    ]
    columns = ["officer_ref", "date", "stop", "start", "end", "task", "visit_ref", "round_ref",
               "where", "access", "block_ref", "doors", "conversations", "minutes", "walk_minutes",
               "walk_m", "with_officer", "interpreter", "asks", "expected", "due_by",
               "late"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def unplanned_frame(view: WorkspaceView, plan: VisitPlan) -> pd.DataFrame:
    """Return one row a request left out: visit_ref, class, reason, evidence, remedy and more."""
    import pandas as pd

    visits = {} if view.visits is None else view.visits.drop_duplicates("visit_ref").set_index(
        "visit_ref").to_dict("index")  # fmt: skip
    rows = []
    for item in plan.unplanned:
        visit = visits.get(request_of(item.visit_ref), {})
        rows.append(
            {
                **item.model_dump(mode="json", by_alias=True),
                "property_ref": text_of(visit.get("property_ref")) or None,
                "task": visit_label(visit.get("visit_type")) if visit else None,
                "due_by": text_of(visit.get("due_by"))[:16].replace(" ", "T") or None,
            }
        )
    columns = ["visit_ref", "class", "reason", "evidence", "remedy", "property_ref", "task",
               "due_by"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _grouped(plan: VisitPlan, key: str) -> pd.DataFrame:
    import pandas as pd

    rows = [
        {
            key: getattr(route, key),
            "routes": 1,
            "visits": sum(s.kind == "visit" for s in route.stops),
            "rounds": sum(s.kind == "round" for s in route.stops),
            "doors": sum(len(s.property_refs) for s in route.stops if s.kind == "round"),
            "late": sum(s.late for s in route.stops),
            **{f"{kind}_hours": _hours(route, kind) for kind in ("visit", "round", "surgery")},
            "walk_hours": (sum(s.walk_s for s in route.stops) + route.home_walk_s) / 3600,
            "busy_hours": _busy_hours(route),
            "walk_km": (sum(s.walk_m for s in route.stops) + route.home_walk_m) / 1000,
        }
        for route in plan.routes
    ]
    columns = [key, "routes", "visits", "rounds", "doors", "late", "visit_hours", "round_hours",
               "surgery_hours", "walk_hours", "busy_hours", "walk_km"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).groupby(key, as_index=False).sum().round(2)


def _hours(route: Route, kind: str) -> float:
    return sum(s.end_s - s.start_s for s in route.stops if s.kind == kind) / 3600


def _busy_hours(route: Route) -> float:
    """Return the hours at stops, on the way and getting in and out: all but break and waiting."""
    stops = [s for s in route.stops if s.kind != "break"]
    within = sum(s.walk_s + s.access_s + s.end_s - s.start_s + s.leave_s for s in stops)
    return (within + route.home_walk_s) / 3600


def _clock(seconds: int) -> dt.time:
    """Return a time of day to the minute, which a spreadsheet sorts as it passes."""
    minutes = seconds // 60 % (24 * 60)
    return dt.time(minutes // 60, minutes % 60)


def by_officer_frame(plan: VisitPlan) -> pd.DataFrame:
    """Return one row an officer with a route: stops, hours at them and on foot.

    A two-officer visit is counted with each of the two.
    """
    return _grouped(plan, "officer_ref").rename(columns={"routes": "days"})


def by_day_frame(plan: VisitPlan) -> pd.DataFrame:
    """Return one row a day; what two officers do is counted once, its hours with each."""
    frame = _grouped(plan, "date").rename(columns={"routes": "officers"})
    for name, stops in once_by_day(plan).items():
        frame[name] = [stops[date] for date in frame["date"]]
    return frame


def once_by_day(plan: VisitPlan) -> dict[str, dict[dt.date, int]]:
    """Return visits, rounds, doors and late visits of each day, a pair's once."""
    counts: dict[str, dict[dt.date, int]] = {
        name: {route.date: 0 for route in plan.routes}
        for name in ("visits", "rounds", "doors", "late")
    }
    for route in plan.routes:
        for stop in route.stops:
            # Of a pair, the first by reference counts.
            if stop.with_officer is not None and stop.with_officer < route.officer_ref:
                continue
            counts["visits"][route.date] += stop.kind == "visit"
            counts["late"][route.date] += stop.late
            if stop.kind == "round":
                counts["rounds"][route.date] += 1
                counts["doors"][route.date] += len(stop.property_refs)
    return counts


def kpis_frame(view: WorkspaceView, plan: VisitPlan) -> pd.DataFrame:
    """Return the plan's figures, each with its bound and the gap to it where they are known."""
    import pandas as pd

    left_out = plan.unplanned_counts()
    share = 100 * plan.own_officer / plan.planned if plan.planned else None
    pairs = [s for r in plan.routes for s in r.stops if (s.with_officer or "") > r.officer_ref]
    rounds = sum(once_by_day(plan)["rounds"].values())
    proven = "yes" if plan.status == "optimal" else "no"
    rows: list[tuple[Any, ...]] = [
        *(("Notice", text) for text in notices(view.synthetic, view.title)),
        ("Week from Monday", plan.week),
        ("Version of the week's plan", plan.version),
        *((("Mended on", plan.replanned_at),) if plan.replanned_at else ()),
        ("Proven the best there is", proven),
        ("All tiers together, points", plan.objective, _finite(plan.bound),
         _finite(100 * plan.gap)),
        *(_tier_row(tier) for tier in tier_lines(plan)),
        ("Requests", plan.requests),
        ("Planned", plan.planned),
        ("Planned late", plan.late),
        *((f"Left out: {class_label(k).lower()}", n) for k, n in sorted(left_out.items())),
        ("Visits by two officers", sum(s.kind == "visit" for s in pairs)),
        ("With their own officer", plan.own_officer),
        ("With their own officer, percent of planned", share),
        ("Rounds", rounds),
        ("Rounds by two officers", sum(s.kind == "round" for s in pairs)),
        ("Doors to knock", plan.doors),
        ("Conversations expected", plan.conversations),
        ("Hours on foot", plan.walk_hours),
        ("Officers' time used, percent of what the rules allow", 100 * plan.busy_share),
        ("Spread of that between officers, percentage points", 100 * plan.busy_spread),
    ]  # fmt: skip
    columns = ["figure", "value", "bound", "gap_percent", "what is proven"]
    padded = [(*row, *[None] * (len(columns) - len(row))) for row in rows]
    return pd.DataFrame(padded, columns=columns, dtype=object)


def _tier_row(tier: TierLine) -> tuple[Any, ...]:
    gap = None if tier.gap is None else 100 * tier.gap
    return (f"Tier {tier.position}: {tier.label}, points", tier.value, tier.bound, gap, tier.words)


def outcomes_frame(lines: list[StopLine]) -> pd.DataFrame:
    """Return the sheet to fill in: a row a door, with the columns of outcomes.csv first.

    `visited_at` starts as the planned time; rows without an outcome are not visits.
    `hazard_seen` is for the date and time at which one was, as on the officer's sheet.
    """
    import pandas as pd

    rows = [
        {
            "property_ref": door.property_ref,
            "visited_at": pd.Timestamp(iso_time(line.date, line.stop.start_s)).to_pydatetime(),
            "kind": line.stop.kind,
            "visit_ref": None if line.stop.visit_ref is None else request_of(line.stop.visit_ref),
            "outcome": None,
            "officer_ref": line.officer_ref,
            "address": door.address,
            "hazard_seen": None,
        }
        for line in lines
        if line.stop.kind in ("visit", "round")
        # Of a pair, the first by reference fills in, so that a visit has one row.
        and (line.stop.with_officer is None or line.officer_ref < line.stop.with_officer)
        for door in line.doors
    ]
    columns = ["property_ref", "visited_at", "kind", "visit_ref", "outcome", "officer_ref",
               "address", "hazard_seen"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def changes_frame(plan: VisitPlan) -> pd.DataFrame:
    """Return one row a visit or round that a mended plan has otherwise: before, now and why."""
    import pandas as pd

    rows = [
        {
            "reference": change.ref,
            "what": change.what,
            "change": change.kind,
            **{
                f"{name}_{what}": value
                for name, at in (("old", change.before), ("new", change.after))
                for what, value in _appointment(at).items()
            },
            "why": change.why,
        }
        for change in plan.changes
    ]
    columns = ["reference", "what", "change", "old_date", "old_start", "old_officer", "new_date",
               "new_start", "new_officer", "why"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _appointment(at: Appointment | None) -> dict[str, object]:
    if at is None:
        return {"date": None, "start": None, "officer": None}
    return {
        "date": at.date,
        "start": _clock(at.start_s),
        "officer": " and ".join(at.officers),
    }


def visits_sheets(view: WorkspaceView, plan: VisitPlan, lines: list[StopLine]) -> list[Sheet]:
    """Return the sheets of visits.xlsx."""
    import pandas as pd

    assumed = pd.DataFrame(
        [
            *rules_rows(plan.rules),
            *(("note", text, "") for text in assumptions(plan.notes, view.caveats)),
            *((("source", view.attribution, ""),) if view.attribution else ()),
        ],
        columns=["rule", "value", "meaning"],
    )
    unplanned = unplanned_frame(view, plan)
    unplanned["class"] = [class_label(kind) for kind in unplanned["class"]]
    return [
        Sheet("Plan", plan_frame(lines)),
        *([Sheet("Changes", changes_frame(plan))] if plan.replanned_at else ()),
        Sheet("Unplanned", unplanned),
        Sheet("By officer", by_officer_frame(plan)),
        Sheet("By day", by_day_frame(plan)),
        Sheet("KPIs", kpis_frame(view, plan)),
        Sheet("Problems", problems_frame(view.problems)),
        Sheet("Assumptions", assumed),
        Sheet("Outcomes", outcomes_frame(lines), choices=("outcome", OUTCOME_CODES)),
    ]


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
