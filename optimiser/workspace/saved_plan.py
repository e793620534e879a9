"""A week's plan read back from the folder that it was written to.

plan.json holds the routes, summary.json the figures. What neither holds is worked
out again: `Stop.place` is a number that only a problem gives meaning to, so places
are numbered anew in the order in which the routes come to them.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from geodata import DataError, Problem
from optimiser.model import VisitPlan
from optimiser.model.rules import VisitRules
from optimiser.workspace.patch_source import PatchSource

if TYPE_CHECKING:
    from optimiser.workspace.workspace import Workspace

__all__ = ["check_week_plan", "read_week_patches", "read_week_plan"]

_SAME_PLACE_M: Final = 100.0
"""A block may be put right by so much while a week runs."""
_SAME_SHARE: Final = 0.8

_OF_SUMMARY: Final = (
    *("tiers", "requests", "planned", "late", "doors", "conversations"),
    *("walk_hours", "own_officer", "busy_share", "busy_spread", "violations"),
)
_OF_PLAN: Final = ("week", "status", "objective", "bound", "gap", "seed", "seconds", "notes")
_OF_STOP: Final = (
    *("kind", "visit_ref", "round_ref", "property_refs", "block_ref", "name"),
    *("easting", "northing", "walk_s", "walk_m", "access_s", "leave_s"),
    *("with_officer", "conversations", "late", "interpreter"),
)
_AGAIN: Final = "plan the week again: doorstep plan"
_FIRST: Final = "plan the week first: doorstep plan"


def read_week_plan(folder: str | Path) -> VisitPlan:
    """Return the plan that `doorstep plan` or `doorstep replan` wrote into `folder`.

    Parameters
    ----------
    folder
        The week's output, such as FOLDER/out/week-2026-11-30.

    Raises
    ------
    DataError
        If there is no such plan, or it is damaged.
    """
    plan, summary = (_read(Path(folder) / name) for name in ("plan.json", "summary.json"))
    try:
        return _plan(plan, summary)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"]))
        reason = f"does not hold a whole plan: {where} {fault['msg'].lower()}"
        raise _error(Path(folder) / "plan.json", reason) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise _error(Path(folder) / "plan.json", f"does not hold a whole plan: {what}") from error


def check_week_plan(ws: Workspace, plan: VisitPlan, folder: str | Path) -> None:
    """Refuse a saved plan that is of another week than its folder, or of another landlord's homes.

    References such as V0123 and B0001 are everywhere, so places tell: some blocks may have
    been put right since, but not a fifth of them.

    Raises
    ------
    DataError
        Naming the plan's file.
    """
    path = Path(folder) / "plan.json"
    if Path(folder).name != f"week-{plan.week}":
        raise _error(path, f"is the plan of another week, from {plan.week}")
    blocks = ws.blocks.get_coordinates()
    points = dict(zip(blocks.index, zip(blocks["x"], blocks["y"], strict=True), strict=True))
    stops = [s for route in plan.routes for s in route.stops if s.block_ref is not None]
    there = sum(
        stop.block_ref in points
        and math.dist(points[stop.block_ref], (stop.easting, stop.northing)) <= _SAME_PLACE_M
        for stop in stops
    )
    if there < _SAME_SHARE * len(stops):
        here = f"{there:,} of its {len(stops):,} stops are at a block of this folder"
        raise _error(path, f"is a plan of other homes: {here}")


def read_week_patches(folder: str | Path) -> PatchSource | None:
    """Return the patches that a week's plan was made with; None where it does not say.

    Raises
    ------
    DataError
        If there is no plan of the week in `folder`, or it is damaged.
    """
    path = Path(folder) / "plan.json"
    listed = _read(path).get("patches")
    if not listed:
        return None
    try:
        return PatchSource(
            {str(block): str(row["patch"]) for row in listed for block in row["blocks"]},
            {str(row["patch"]): row["officer_ref"] for row in listed if row["officer_ref"]},
            ("Patches: those that the week was planned with.",),
        )
    except (KeyError, TypeError) as error:
        raise _error(path, "does not say which blocks are in which patch") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _error(path, "there is no plan of this week", _FIRST) from None
    except OSError as error:
        raise _error(path, f"cannot be read ({error.strerror})", "check its rights") from error
    except (ValueError, RecursionError) as error:
        raise _error(path, f"is damaged: {error}") from error
    if not isinstance(document, dict):
        raise _error(path, "does not hold a plan")
    return document


def _error(path: Path, reason: str, remedy: str = _AGAIN) -> DataError:
    return DataError([Problem(file=str(path), reason=reason, remedy=remedy)])


def _plan(plan: dict[str, Any], summary: dict[str, Any]) -> VisitPlan:
    places: dict[tuple[float, float], int] = {}
    bound = plan["bound"]
    known = {name: plan[name] for name in _OF_PLAN} | {
        "bound": float("inf") if bound is None else bound,
        "rules": VisitRules.model_validate(plan["rules"]),
        "routes": [_route(route, places) for route in plan["routes"]],
        "unplanned": [_renamed(item, "class", "kind") for item in plan["unplanned"]],
        "version": plan.get("version", 1),
        "replanned_at": plan.get("replanned_at"),
        "away": plan.get("away", {}),
        "changes": [_change(change) for change in plan.get("changes", ())],
    }
    # Of an earlier version's plan a figure may be missing that is only told.
    figures = {name: summary[name] for name in _OF_SUMMARY if name in summary}
    return VisitPlan.model_validate(known | figures)


def _renamed(item: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    return {new if name == old else name: value for name, value in item.items()}


def _route(route: dict[str, Any], places: dict[tuple[float, float], int]) -> dict[str, Any]:
    date = dt.date.fromisoformat(route["date"])
    same = ("officer_ref", "date", "start_place", "end_place", "home_walk_s", "home_walk_m")
    return {name: route[name] for name in same} | {
        "start_s": _seconds(route["start"], date),
        "end_s": _seconds(route["end"], date),
        "stops": [_stop(stop, date, places) for stop in route["stops"]],
    }


def _stop(
    stop: dict[str, Any], date: dt.date, places: dict[tuple[float, float], int]
) -> dict[str, Any]:
    times = {f"{name}_s": _seconds(stop[name], date) for name in ("arrive", "start", "end")}
    at = (stop["easting"], stop["northing"])
    place = places.setdefault(at, len(places))
    return {name: stop[name] for name in _OF_STOP if name in stop} | times | {"place": place}


def _seconds(text: str, date: dt.date) -> int:
    """Return a local time as seconds after midnight of the route's date."""
    since = dt.datetime.fromisoformat(text) - dt.datetime.combine(date, dt.time())
    return round(since.total_seconds())


def _change(change: dict[str, Any]) -> dict[str, Any]:
    ends = {name: _appointment(change[name]) for name in ("before", "after")}
    same = {name: change[name] for name in ("ref", "what", "why")}
    return {**same, "kind": change["change"], **ends}


def _appointment(at: dict[str, Any] | None) -> dict[str, Any] | None:
    if at is None:
        return None
    date = dt.datetime.fromisoformat(at["start"]).date()
    return {
        "date": date,
        "start_s": _seconds(at["start"], date),
        "officers": at["officers"],
    }
