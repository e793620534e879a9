"""The week's map: routes along the streets by day and officer, and what did not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optimiser.model import Change, Route, VisitPlan, WorkspaceView
from optimiser.outputs.maps.base import (
    add_boundary,
    add_ground,
    add_service_centres,
    add_streets,
    new_map,
)
from optimiser.outputs.maps.page import add_page, inline_json, script, value_proof
from optimiser.outputs.maps.week_data import plan_days, week_data
from optimiser.outputs.tiers import tier_lines
from optimiser.outputs.wording import (
    assumptions,
    change_label,
    class_label,
    counted,
    headed,
    long_date,
    sentence,
    short_date,
    time_of_day,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    import folium

__all__ = ["week_map"]


def week_map(view: WorkspaceView, plan: VisitPlan, *, basemap: bool = False) -> folium.Map:
    """Return a map of a week's routes, with its timeline, tables and unplanned requests.

    Holds visit references, block names and neutral words for the visits, and nothing
    about anyone who lives there. With `basemap` it loads web tiles.
    """
    data = week_data(view, plan)
    result = new_map(view, basemap=basemap)
    add_ground(result, view)
    add_boundary(result, view)
    add_streets(result, view)
    add_service_centres(result, view)
    add_page(
        result,
        view,
        heading=headed(f"Visits, week of {long_date(plan.week)}", view.title),
        template="week.html",
        controls="week_choose.html",
        values=_page_values(plan, data) | {"notes": assumptions(plan.notes, view.caveats)},
        script=f"{script('week.js')}\ndoorstepWeek(map, {inline_json(data)});",
    )
    return result


def _page_values(plan: VisitPlan, data: dict[str, Any]) -> dict[str, Any]:
    days = plan_days(plan)
    # Open on a day with something on it, from when the plan was mended on; an empty Monday
    # would look like a fault.
    used = {route.date for route in plan.routes if route.stops}
    first = plan.week if plan.replanned_at is None else plan.replanned_at.date()
    opening = next((k for k, date in enumerate(days) if date in used and date >= first), 0)
    lines = {officer["ref"]: officer for officer in data["officers"]}
    at = {item["ref"]: place["at"] for place in data["unplanned"] for item in place["items"]}
    return {
        "plan": plan,
        "days": data["days"],
        "officers": data["officers"],
        "opening": opening,
        "tables": [
            {"key": k, "day": day["text"], **_table(plan, lines, lambda r, d=days[k]: r.date == d)}
            for k, day in enumerate(data["days"])
        ]
        + [{"key": -1, "day": "Whole week", **_table(plan, lines, lambda _: True)}],
        "kinds": {stop.kind for route in plan.routes for stop in route.stops},
        "unplanned": [
            {
                "class": class_label(item.kind.value),
                "visit_ref": item.visit_ref,
                "at": ",".join(str(x) for x in at.get(item.visit_ref, ())),
                "reason": sentence(item.reason),
                "remedy": sentence(item.remedy),
            }
            for item in plan.unplanned
        ],
        "unplaced": len(plan.unplanned) - sum(len(p["items"]) for p in data["unplanned"]),
        "planned_sentence": _planned_sentence(plan),
        "rounds_sentence": _rounds_sentence(plan),
        "proof": value_proof(plan, "points"),
        "tiers": tier_lines(plan),
        "mended": _mended_sentence(plan),
        "changes": [_change(change) for change in plan.changes],
        "pairs": any(stop.with_officer for route in plan.routes for stop in route.stops),
    }


def _table(plan: VisitPlan, lines: dict[str, Any], chosen: Any) -> dict[str, Any]:
    """Return visits, rounds, doors and walking minutes an officer, of the chosen routes."""
    routes: dict[str, list[Route]] = {}
    for route in plan.routes:
        if chosen(route):
            routes.setdefault(route.officer_ref, []).append(route)
    rows = [
        {"officer": ref, "colour": lines[ref]["colour"], "dash": lines[ref]["dash"]}
        | _figures(of_one)
        for ref, of_one in sorted(routes.items())
    ]
    every = [route for group in routes.values() for route in group]
    return {"rows": rows, "total": _figures(every, pairs_once=True)}


def _figures(routes: Iterable[Route], *, pairs_once: bool = False) -> dict[str, int]:
    """Return visits, rounds, doors and minutes on foot; a pair's visit with each, or once."""
    routes = list(routes)
    stops = [
        stop
        for route in routes
        for stop in route.stops
        if not (pairs_once and stop.with_officer and stop.with_officer < route.officer_ref)
    ]
    rounds = [stop for stop in stops if stop.kind == "round"]
    walk_s = sum(stop.walk_s for route in routes for stop in route.stops)
    walk_s += sum(route.home_walk_s for route in routes)
    return {
        "visits": sum(stop.kind == "visit" for stop in stops),
        "rounds": len(rounds),
        "doors": sum(len(stop.property_refs) for stop in rounds),
        "walk_minutes": round(walk_s / 60),
    }


def _mended_sentence(plan: VisitPlan) -> str:
    at = plan.replanned_at
    if at is None:
        return ""
    when = f"{long_date(at.date())} at {time_of_day(at.hour * 3600 + at.minute * 60)}"
    changes = counted(len(plan.changes), "change") if plan.changes else "Nothing had to change"
    return f"Mended on {when}. {changes}; what was done or under way by then is as it was."


def _change(change: Change) -> dict[str, str]:
    """Return a row of the changes; what is neither before nor now is left empty."""
    ends = [
        ""
        if at is None
        else f"{short_date(at.date)}, {time_of_day(at.start_s)}, {' and '.join(at.officers)}"
        for at in (change.before, change.after)
    ]
    name = change.ref if change.what == "visit" else f"Round {change.ref}"
    return {"name": name, "kind": change_label(change.kind), "before": ends[0], "after": ends[1],
            "why": sentence(change.why)}  # fmt: skip


def _planned_sentence(plan: VisitPlan) -> str:
    late = f", {plan.late:,} of them after their due date" if plan.late else ", none late"
    return (
        f"{counted(plan.planned, 'request')} of {plan.requests:,} planned{late}; "
        f"{plan.own_officer:,} with the resident's own officer. "
        f"{counted(len(plan.unplanned), 'request') if plan.unplanned else 'None'} not planned."
    )


def _rounds_sentence(plan: VisitPlan) -> str:
    return (
        f"{counted(plan.doors, 'door')} to knock, about "
        f"{counted(round(plan.conversations), 'conversation')} expected. "
        f"{plan.walk_hours:,.1f} hours of walking in all."
    )
