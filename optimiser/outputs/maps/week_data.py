"""A week's plan as the plain data that its map's script draws.

Legs are walked by many routes and both ways, so each is stored once, as differences
of hundred-thousandths of a degree.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from optimiser.model import Route, Stop, Unplanned, VisitPlan, WorkspaceView
from optimiser.model.tries import request_of
from optimiser.outputs.colours import line_style
from optimiser.outputs.stops import StopLine, stop_lines
from optimiser.outputs.wording import (
    class_label,
    counted,
    long_date,
    sentence,
    short_date,
    time_of_day,
)

if TYPE_CHECKING:
    from shapely import LineString

__all__ = ["community_weekday", "plan_days", "unplanned_places", "week_data"]

Point = tuple[float, float]
SIMPLIFY_M: Final = 1.0
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def week_data(view: WorkspaceView, plan: VisitPlan) -> dict[str, Any]:
    """Return days, officers, legs, routes and places of unplanned requests."""
    days = plan_days(plan)
    officers = sorted({route.officer_ref for route in plan.routes})
    lines: dict[tuple[str, dt.date], list[StopLine]] = {}
    for line in stop_lines(view, plan):
        lines.setdefault((line.officer_ref, line.date), []).append(line)
    legs = _Legs(view)
    for route in plan.routes:
        legs.add(_waypoints(route))
    legs.draw()
    to_map = _Projection(view.crs)
    community = community_weekday(plan)
    mended = _Mended(plan)
    return {
        "days": [
            {"text": long_date(d), "short": short_date(d), "community": d.weekday() == community}
            for d in days
        ],
        "officers": [
            {"ref": ref, "colour": line_style(k)[0], "dash": line_style(k)[1]}
            for k, ref in enumerate(officers)
        ],
        "legs": legs.encoded(to_map),
        "routes": [
            {
                "day": days.index(route.date),
                "officer": officers.index(route.officer_ref),
                "legs": legs.numbers(_waypoints(route)),
                **_route_text(
                    route, lines.get((route.officer_ref, route.date), []), to_map, mended
                ),
            }
            for route in plan.routes
        ],
        "unplanned": unplanned_places(view, plan.unplanned),
    }


def plan_days(plan: VisitPlan) -> list[dt.date]:
    """Return the week's working days, Monday to Friday, and any other that has a route."""
    usual = {plan.week + dt.timedelta(days=k) for k in range(5)}
    return sorted(usual | {route.date for route in plan.routes})


def community_weekday(plan: VisitPlan) -> int | None:
    """Return the day of door-knocking, 0 for Monday; None without one."""
    name = (plan.rules.community_day or "").strip().lower()[:3]
    return WEEKDAYS.index(name) if name in WEEKDAYS else None


def unplanned_places(view: WorkspaceView, unplanned: Iterable[Unplanned]) -> list[dict[str, Any]]:
    """Return one entry a place where requests stay unplanned; those without a place are left out.

    The place is the block's, so that no door is pointed at.
    """
    if view.visits is None:
        return []
    block_of = view.homes.drop_duplicates("property_ref").set_index("property_ref")["block_ref"]
    visits = view.visits.drop_duplicates("visit_ref").set_index("visit_ref")["property_ref"]
    blocks = visits.map(block_of).dropna()
    to_map = _Projection(view.crs)
    places: dict[str, dict[str, Any]] = {}
    for item in unplanned:
        block = blocks.get(request_of(item.visit_ref))
        if block is None or block not in view.blocks.index:
            continue
        row = view.blocks.loc[block]
        if row.geometry is None or row.geometry.is_empty:
            continue
        entry = places.setdefault(
            str(block),
            {
                "at": to_map.point(row.geometry.x, row.geometry.y),
                "name": str(row["block_name"] or block),
                "items": [],
            },
        )
        kind = class_label(item.kind.value)
        said = [sentence(item.reason)]
        if item.remedy:
            said.append(f"What would help: {item.remedy}")
        entry["items"].append({"ref": item.visit_ref, "class": kind, "lines": said})
    return list(places.values())


class _Mended:
    """What a plan mended during the week says of a stop: done by then, moved or new."""

    def __init__(self, plan: VisitPlan) -> None:
        at = plan.replanned_at
        self.at = None if at is None else (at.date(), at.hour * 3600 + at.minute * 60 + at.second)
        self.changes = {c.ref: c for c in plan.changes if c.after is not None}

    def state(self, line: StopLine) -> tuple[str, str] | None:
        """Return a short word for the stop and a sentence; None where neither is needed."""
        if self.at is None:
            return None
        if (line.date, line.stop.start_s) < self.at:
            return "done", "Done or under way when the plan was mended"
        change = self.changes.get(line.stop.visit_ref or line.stop.round_ref or "")
        if change is None:
            return None
        was = change.before
        if was is None:
            return "new", sentence(change.why) if change.why else "New"
        who = " and ".join(was.officers)
        before = f"Was on {short_date(was.date)} at {time_of_day(was.start_s)} with {who}"
        return "moved", f"{before}. {sentence(change.why)}" if change.why else before


class _Projection:
    """The view's coordinates as latitude and longitude, to about a metre."""

    def __init__(self, crs: str) -> None:
        from pyproj import Transformer

        self.transformer = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)

    def point(self, easting: float, northing: float) -> list[float]:
        lon, lat = self.transformer.transform(easting, northing)
        return [round(lat, 5), round(lon, 5)]

    def units(self, line: LineString) -> list[list[int]]:
        """Return the line's points as whole hundred-thousandths of a degree, doubles left out."""
        import numpy as np
        import shapely

        x, y = self.transformer.transform(*shapely.get_coordinates(line).T)
        units = np.rint(np.column_stack([y, x]) * 1e5).astype(int)
        new = np.ones(len(units), dtype=bool)
        new[1:] = (units[1:] != units[:-1]).any(axis=1)
        kept: list[list[int]] = units[new].tolist()
        return kept


class _Legs:
    """The walks between stops, each pair of places once, whichever way it is walked."""

    def __init__(self, view: WorkspaceView) -> None:
        self.view = view
        self.number: dict[tuple[Point, Point], int] = {}
        self.lines: list[LineString] = []

    def add(self, waypoints: Sequence[Point]) -> None:
        for a, b in pairwise(waypoints):
            if a != b:
                self.number.setdefault((min(a, b), max(a, b)), len(self.number))

    def draw(self) -> None:
        """Find every way in one call: walking it pair by pair costs a search each."""
        pairs = list(self.number)
        self.lines = self.view.walk_paths(pairs) if pairs else []

    def numbers(self, waypoints: Sequence[Point]) -> list[int]:
        """Return the legs' numbers from 1, negative where walked backwards; 0 stands for none."""
        result = []
        for a, b in pairwise(waypoints):
            if a == b:
                result.append(0)
            else:
                number = self.number[min(a, b), max(a, b)] + 1
                result.append(number if a <= b else -number)
        return result

    def encoded(self, to_map: _Projection) -> list[list[int]]:
        """Return a leg as lat, lon, then differences: lat, lon, lat, lon and on."""
        result = []
        for line in self.lines:
            flat: list[int] = []
            last = [0, 0]
            for lat, lon in to_map.units(line.simplify(SIMPLIFY_M)) if not line.is_empty else []:
                flat += [lat - last[0], lon - last[1]]
                last = [lat, lon]
            result.append(flat)
        return result


def _waypoints(route: Route) -> list[Point]:
    """Return where the route goes, to the decimetre; breaks are no place of their own."""
    start, end = route.start_place, route.end_place
    places = [(s.easting, s.northing) for s in route.stops if s.kind != "break"]
    points = [(start.easting, start.northing), *places, (end.easting, end.northing)]
    return [(round(x, 1), round(y, 1)) for x, y in points]


def _route_text(
    route: Route, lines: Sequence[StopLine], to_map: _Projection, mended: _Mended
) -> dict[str, Any]:
    """Return what the route's timeline and popups say; signs gather stops at one place."""
    stops: list[dict[str, Any]] = []
    signs: dict[tuple[float, float], int] = {}
    position = 0
    for line in lines:
        stop = line.stop
        entry: dict[str, Any] = {
            "time": f"{time_of_day(stop.start_s)} to {time_of_day(stop.end_s)}",
            "kind": stop.kind,
            "title": _title(line),
            "lines": _details(line),
        }
        if stop.with_officer:
            entry["pair"] = True
        if state := mended.state(line):
            entry["state"], sentence = state
            entry["lines"].append(sentence)
        if stop.kind != "break":
            position += 1
            at = (round(stop.easting, 1), round(stop.northing, 1))
            entry["number"] = position
            entry["sign"] = signs.setdefault(at, len(signs))
        stops.append(entry)
    return {
        "start": f"{time_of_day(route.start_s)} from {route.start_place.name}",
        "end": f"{time_of_day(route.end_s)} back at {route.end_place.name}",
        "signs": [to_map.point(*at) for at in signs],
        "stops": stops,
    }


def _title(line: StopLine) -> str:
    if line.stop.kind == "round":
        return f"Door-knocking, {counted(len(line.stop.property_refs), 'door')}"
    return line.task if line.stop.kind != "surgery" else f"{line.task}: {line.building}"


def _details(line: StopLine) -> list[str]:
    stop: Stop = line.stop
    details: list[str] = []
    if stop.kind in ("visit", "round"):
        details.append(line.building)
    if stop.visit_ref:
        details.append(f"Request {stop.visit_ref}")
    if stop.kind == "round":
        details.append(line.access)
        details.append(f"About {stop.conversations:.1f} conversations expected")
    if stop.with_officer:
        details.append(f"Two officers: with {stop.with_officer}")
    if stop.interpreter:
        details.append("Book an interpreter")
    if stop.late:
        details.append("After its due date")
    if stop.walk_s:
        details.append(f"Walk before: {max(1, round(stop.walk_s / 60))} min, {stop.walk_m:,} m")
    return details
