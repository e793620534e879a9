"""plan.json, summary.json and routes.geojson as plain data, and how they become text."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from optimiser.model import (
    Appointment,
    MoveReason,
    Outcome,
    PatchPlan,
    Place,
    Route,
    Stop,
    VisitPlan,
    WorkspaceView,
)
from optimiser.outputs.wording import iso_time

if TYPE_CHECKING:
    import datetime as dt

    import geopandas as gpd
    from shapely import LineString

__all__ = [
    "SharedShapes",
    "leg_paths",
    "patches_summary",
    "plan_document",
    "routes_geojson",
    "to_json",
    "week_summary",
]

Point = tuple[float, float]
Leg = tuple[Point, Point]


@dataclass
class SharedShapes:
    """A view whose walks and patch shapes are found once and shared by every output."""

    view: WorkspaceView
    _paths: dict[Leg, LineString] = field(default_factory=dict)
    _shapes: dict[frozenset[tuple[str, str]], gpd.GeoDataFrame] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        """Pass everything else on to the view."""
        return getattr(self.view, name)

    def walk_paths(self, legs: Sequence[Leg]) -> list[LineString]:
        """Return the way on foot of each leg, asking the view only for new ones.

        A way back is the way there reversed, and is not asked for again.
        """
        one_way = [(min(leg), max(leg)) for leg in legs]
        new = [leg for leg in dict.fromkeys(one_way) if leg not in self._paths]
        if new:
            self._paths.update(zip(new, self.view.walk_paths(new), strict=True))
        return [
            self._paths[known] if leg == known else self._paths[known].reverse()
            for leg, known in zip(legs, one_way, strict=True)
        ]

    def patch_shapes(self, patch_of: Mapping[str, str]) -> gpd.GeoDataFrame:
        """Return the patches' polygons, drawn once for each assignment."""
        key = frozenset(patch_of.items())
        if key not in self._shapes:
            self._shapes[key] = self.view.patch_shapes(patch_of)
        return self._shapes[key].copy()


def to_json(data: Mapping[str, Any]) -> str:
    """Return JSON text with finite numbers only; what is not finite becomes null."""
    return json.dumps(_finite(data), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def plan_document(
    view: WorkspaceView, plan: VisitPlan, patches: Sequence[Mapping[str, object]] = ()
) -> dict[str, Any]:
    """Return plan.json: routes stop by stop, what is left out, the rules and the patches."""
    return {
        "week": plan.week.isoformat(),
        "version": plan.version,
        **_outcome(plan),
        **_labels(view),
        "routes": [_route(route) for route in plan.routes],
        "unplanned": [u.model_dump(mode="json", by_alias=True) for u in plan.unplanned],
        "rules": plan.rules.model_dump(mode="json"),
        "notes": list(plan.notes),
        **({"patches": [dict(row) for row in patches]} if patches else {}),
        **_replanned(plan),
    }


def week_summary(view: WorkspaceView, plan: VisitPlan) -> dict[str, Any]:
    """Return summary.json of a week."""
    return {
        "week": plan.week.isoformat(),
        **_outcome(plan),
        **_labels(view),
        "tiers": [tier.model_dump() for tier in plan.tiers],
        "requests": plan.requests,
        "planned": plan.planned,
        "late": plan.late,
        "unplanned": plan.unplanned_counts(),
        "doors": plan.doors,
        "conversations": plan.conversations,
        "walk_hours": plan.walk_hours,
        "own_officer": plan.own_officer,
        "busy_share": plan.busy_share,
        "busy_spread": plan.busy_spread,
        "violations": [v.model_dump() for v in plan.violations],
        "notes": list(plan.notes),
        **_replanned(plan),
    }


def patches_summary(
    view: WorkspaceView, plan: PatchPlan, reasons: Sequence[MoveReason] = ()
) -> dict[str, Any]:
    """Return summary.json of a redraw."""
    keys = {"patch", "officer_ref", "homes", "workload", "target", "lower", "upper", "blocks"}
    keys |= {"service_centre", "centre_block", "walk_minutes", "measures"}
    return {
        **_outcome(plan),
        **_labels(view),
        "walk_minutes": plan.walk_minutes,
        "centre_minutes": plan.centre_minutes,
        "moved_minutes": plan.moved_minutes,
        "walk_bound": plan.walk_bound,
        "centre_bound": plan.centre_bound,
        "moved_bound": plan.moved_bound,
        "unavoidable": plan.unavoidable,
        "net_gap": plan.net_gap,
        "homes_moved": plan.homes_moved,
        "balance": plan.balance,
        "split_estates": plan.split_estates,
        "locked": list(plan.locked),
        "by_hand": list(plan.by_hand),
        "patches": [s.model_dump(mode="json", include=keys) for s in plan.patches],
        "moved": [reason.model_dump(mode="json") for reason in reasons],
        "violations": [v.model_dump() for v in plan.violations],
        "notes": list(plan.notes),
        **({"rules": plan.rules.model_dump(mode="json")} if plan.rules else {}),
    }


def leg_paths(view: WorkspaceView, plan: VisitPlan) -> list[list[LineString]]:
    """Return each route's walks in order; no walk where two stops are in one place.

    The view is asked once for the whole week.
    """
    legs = [_legs(route) for route in plan.routes]
    paths = iter(view.walk_paths([leg for route in legs for leg in route]))
    return [[next(paths) for _ in route] for route in legs]


def routes_geojson(view: WorkspaceView, plan: VisitPlan) -> dict[str, Any]:
    """Return routes.geojson: one LineString a route along the streets, in WGS84 (RFC 7946)."""
    import geopandas as gpd
    import numpy as np
    import shapely

    lines = [
        _joined(route, walks)
        for route, walks in zip(plan.routes, leg_paths(view, plan), strict=True)
    ]
    in_degrees = gpd.GeoSeries(lines, crs=view.crs).to_crs("EPSG:4326")
    features = [
        {
            "type": "Feature",
            "properties": {
                "officer_ref": route.officer_ref,
                "date": route.date.isoformat(),
                "stops": len(route.stops),
                "walk_m": sum(s.walk_m for s in route.stops) + route.home_walk_m,
            },
            "geometry": {
                "type": "LineString",
                # Six decimals are a tenth of a metre.
                "coordinates": np.round(shapely.get_coordinates(line), 6).tolist(),
            },
        }
        for route, line in zip(plan.routes, in_degrees, strict=True)
    ]
    return {"type": "FeatureCollection", **_labels(view), "features": features}


def _outcome(plan: Outcome) -> dict[str, Any]:
    return {
        "status": plan.status.value,
        "objective": plan.objective,
        "bound": plan.bound,
        "gap": plan.gap,
        "seconds": plan.seconds,
        "seed": plan.seed,
    }


def _replanned(plan: VisitPlan) -> dict[str, Any]:
    """Return when a plan was mended and what changed by it; nothing of a first plan."""
    if plan.replanned_at is None:
        return {}
    return {
        "replanned_at": plan.replanned_at.isoformat(timespec="minutes"),
        "away": {officer: day.isoformat() for officer, day in plan.away.items()},
        "changes": [
            {
                "ref": change.ref,
                "what": change.what,
                "change": change.kind,
                "before": _appointment(change.before),
                "after": _appointment(change.after),
                "why": change.why,
            }
            for change in plan.changes
        ],
    }


def _appointment(at: Appointment | None) -> dict[str, Any] | None:
    if at is None:
        return None
    return {"start": iso_time(at.date, at.start_s), "officers": list(at.officers)}


def _labels(view: WorkspaceView) -> dict[str, Any]:
    labels: dict[str, Any] = {"synthetic": True, "title": view.title} if view.synthetic else {}
    if view.attribution:
        labels["attribution"] = view.attribution
    if view.caveats:
        labels["caveats"] = list(view.caveats)
    return labels


def _route(route: Route) -> dict[str, Any]:
    return {
        "officer_ref": route.officer_ref,
        "date": route.date.isoformat(),
        "start": iso_time(route.date, route.start_s),
        "end": iso_time(route.date, route.end_s),
        "start_place": _place(route.start_place),
        "end_place": _place(route.end_place),
        "home_walk_s": route.home_walk_s,
        "home_walk_m": route.home_walk_m,
        "stops": [_stop(stop, route.date) for stop in route.stops],
    }


def _place(place: Place) -> dict[str, Any]:
    return place.model_dump(include={"name", "easting", "northing"})


def _stop(stop: Stop, date: dt.date) -> dict[str, Any]:
    document = {
        "kind": stop.kind,
        "visit_ref": stop.visit_ref,
        "round_ref": stop.round_ref,
        "property_refs": list(stop.property_refs),
        "block_ref": stop.block_ref,
        "name": stop.name,
        "easting": stop.easting,
        "northing": stop.northing,
        "arrive": iso_time(date, stop.arrive_s),
        "start": iso_time(date, stop.start_s),
        "end": iso_time(date, stop.end_s),
        "walk_s": stop.walk_s,
        "walk_m": stop.walk_m,
        "access_s": stop.access_s,
        "leave_s": stop.leave_s,
        "with_officer": stop.with_officer,
        "conversations": stop.conversations,
    }
    return document | {name: True for name in ("late", "interpreter") if getattr(stop, name)}


def _legs(route: Route) -> list[Leg]:
    start, end = route.start_place, route.end_place
    points = [
        (start.easting, start.northing),
        *((stop.easting, stop.northing) for stop in route.stops),
        (end.easting, end.northing),
    ]
    return [(a, b) for a, b in itertools.pairwise(points) if a != b]


def _joined(route: Route, walks: Sequence[LineString]) -> LineString:
    import shapely

    points = [tuple(point) for walk in walks for point in shapely.get_coordinates(walk)]
    points = [p for p, before in zip(points, [None, *points], strict=False) if p != before]
    if len(points) < 2:
        # A day at the service centre alone: a line still needs two positions.
        points = [(route.start_place.easting, route.start_place.northing)] * 2
    return shapely.LineString(points)
