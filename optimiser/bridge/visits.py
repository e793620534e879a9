"""A week's rows become a `VisitProblem`."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from optimiser.bridge.contacts import knock_history, tries_of_visits
from optimiser.bridge.knockers import find_knockers
from optimiser.bridge.requests import build_visits, stale_constraints
from optimiser.bridge.rounds import build_rounds, doors_left, round_notes
from optimiser.bridge.rows import rows_of
from optimiser.bridge.shifts import build_shifts, week_days
from optimiser.model.visits import (
    UNREACHABLE_S,
    VALUE_UNITS_PER_POINT,
    Door,
    Place,
    Round,
    VisitOfficer,
    VisitProblem,
)

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geodata import Stock
    from geodata.walking import Walks
    from optimiser.model.rules import VisitRules
    from optimiser.model.visit_types import VisitTypes
    from optimiser.model.visits import Shift

__all__ = ["build_visit_problem", "community_day", "home_doors"]

DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

WalksBetween = Callable[[npt.NDArray[np.float64], float], "Walks"]
"""Points, and seconds: what is farther on foot no day reaches, and need not be found."""


def build_visit_problem(
    *,
    monday: dt.date,
    stock: Stock,
    officers: pd.DataFrame,
    visits: pd.DataFrame,
    service_centres: gpd.GeoDataFrame | None,
    fixed: pd.DataFrame | None,
    absences: pd.DataFrame | None,
    outcomes: pd.DataFrame | None,
    patch_of: dict[str, str],
    officer_of: dict[str, str],
    walks: WalksBetween,
    types: VisitTypes,
    rules: VisitRules,
    notes: tuple[str, ...] = (),
) -> VisitProblem:
    """Scale and round a week into a visit problem.

    Parameters
    ----------
    monday
        The week's Monday.
    stock, officers, visits, service_centres, fixed, absences, outcomes
        As geodata reads them; None where the landlord has none.
    patch_of
        block_ref -> patch.
    officer_of
        patch -> officer_ref.
    walks
        The (n, n) walks between places, given as an (n, 2) array of coordinates.
    types, rules
        Visit types and the week's rules.
    notes
        What was assumed, for the plan's reader.

    Raises
    ------
    RuleFaults
        If `pairs_at` names what is not there.
    ValueError
        If `monday` is no Monday, or the community day is no day of the week.
    """
    if monday.weekday() != 0:
        raise ValueError(f"{monday} is a {DAY_NAMES[monday.weekday()]}, not a Monday")
    places, block_place, centre_place, session_place = _places(stock, service_centres, fixed)
    start_place = _start_places(officers, centre_place, stock, patch_of, block_place)
    shifts, lost = build_shifts(
        officers,
        monday=monday,
        absences=absences,
        fixed=fixed,
        start_place=start_place,
        session_place=session_place,
        rules=rules,
    )
    doors = home_doors(stock, block_place, rules)
    block_of = dict(zip(stock.homes["property_ref"], stock.homes["block_ref"], strict=True))
    own = {b: officer_of[p] for b, p in patch_of.items() if p in officer_of}
    planned, aside = build_visits(
        visits,
        monday=monday,
        doors=doors,
        block_of=block_of,
        own_officer=own,
        types=types,
        rules=rules,
        genders=_genders(officers),
        tries=tries_of_visits(outcomes, monday),
    )
    rounds: tuple[Round, ...] = ()
    said: tuple[str, ...] = ()
    if rules.community_day is not None:
        day = community_day(monday, rules.community_day)
        knockers = find_knockers(
            officers=officers,
            stock=stock,
            patch_of=patch_of,
            officer_of=officer_of,
            shifts=shifts,
            day=day,
            rules=rules,
        )
        history = knock_history(outcomes, day)
        left = doors_left(stock.homes, history, rules)
        rounds = build_rounds(
            left,
            patch_of=patch_of,
            doors=doors,
            knockers=knockers,
            day=day,
            history=history,
            rules=rules,
        )
        said = round_notes(left, rounds, patch_of=patch_of, knockers=knockers, day=day, rules=rules)
    patch_held = {officer: patch for patch, officer in officer_of.items()}
    return _used_places_only(
        # Checked below, with its walks: two tables of all places would not be small.
        VisitProblem.model_construct(
            week=monday,
            places=places,
            walk_s=np.zeros((0, 0), dtype=np.int32),
            walk_m=np.zeros((0, 0), dtype=np.int32),
            officers=tuple(
                VisitOfficer(
                    officer_ref=row["officer_ref"],
                    patch=patch_held.get(row["officer_ref"]),
                    service_centre=row["service_centre"],
                    languages=frozenset(row["languages"]),
                    skills=frozenset(row["skills"]),
                )
                for row in rows_of(officers)
            ),
            shifts=shifts,
            visits=planned,
            rounds=rounds,
            set_aside=aside,
            walk_value=round(rules.values.walk_minute * VALUE_UNITS_PER_POINT / 60),
            rules=rules,
            notes=(*notes, *lost, *said, *stale_constraints(visits, monday)),
        ),
        walks,
    )


def _genders(officers: pd.DataFrame) -> dict[str, str]:
    return {row["officer_ref"]: row.get("gender") or "" for row in rows_of(officers)}


def community_day(monday: dt.date, name: str) -> dt.date:
    """Return the day of the week from `monday` that `name` (Thu, Thursday, …) stands for."""
    for day, label in zip(week_days(monday), DAY_NAMES, strict=True):
        if label.lower() == name.strip().lower()[:3]:
            return day
    raise ValueError(f"community_day {name!r} is no day of the week; use Mon, Tue, …")


def _places(
    stock: Stock, centres: gpd.GeoDataFrame | None, fixed: pd.DataFrame | None
) -> tuple[tuple[Place, ...], dict[str, int], dict[str, int], dict[tuple[float, float], int]]:
    """Return every point one may walk to: blocks, service centres, session places."""
    places: list[Place] = []
    block_place: dict[str, int] = {}
    for ref, row in stock.blocks.iterrows():
        block_place[str(ref)] = len(places)
        name = row["block_name"] if isinstance(row["block_name"], str) else ""
        places.append(Place(name=name or str(ref), easting=row.geometry.x, northing=row.geometry.y))
    centre_place: dict[str, int] = {}
    for ref, row in () if centres is None else centres.iterrows():
        centre_place[str(ref)] = len(places)
        places.append(Place(name=row["name"], easting=row.geometry.x, northing=row.geometry.y))
    session_place: dict[tuple[float, float], int] = {}
    for row in rows_of(fixed):
        key = (row["easting"], row["northing"])
        if key not in session_place:
            session_place[key] = len(places)
            places.append(Place(name=row["place"], easting=key[0], northing=key[1]))
    return tuple(places), block_place, centre_place, session_place


def _start_places(
    officers: pd.DataFrame,
    centre_place: dict[str, int],
    stock: Stock,
    patch_of: dict[str, str],
    block_place: dict[str, int],
) -> dict[str, int]:
    """Return where each officer's day starts: the service centre, else in the patch."""
    first_block: dict[str, str] = {}
    for ref in stock.blocks.index:
        if str(ref) in patch_of:
            first_block.setdefault(patch_of[str(ref)], str(ref))
    anywhere = str(stock.blocks.index[0])
    start: dict[str, int] = {}
    for row in rows_of(officers):
        centre = centre_place.get(row["service_centre"] or "")
        fallback = block_place[first_block.get(row["patch"] or "", anywhere)]
        start[row["officer_ref"]] = fallback if centre is None else centre
    return start


def home_doors(stock: Stock, block_place: Mapping[str, int], rules: VisitRules) -> dict[str, Door]:
    """Return each home's door, by property_ref; `block_place` maps a block to its place."""
    columns = ["property_ref", "block_ref", "floor", "lift", "door_entry"]
    return {
        row["property_ref"]: Door(
            place=block_place[row["block_ref"]],
            block_ref=row["block_ref"],
            floor=int(row["floor"]),
            lift=bool(row["lift"]),
            entry_s=rules.entry_seconds if row["door_entry"] else rules.entry_seconds_open,
        )
        for row in rows_of(stock.homes[columns])
    }


def _reach_s(shifts: Sequence[Shift]) -> float:
    """Return the longest leg that a day may hold: there and back, and nothing else.

    A minute more, for what rounding adds to each leg.
    """
    longest = 0
    for s in shifts:
        if s.start_place != s.end_place:
            return math.inf
        limits = s.end_s - s.start_s, s.busy_limit_s, s.walk_limit_s
        longest = max(longest, min(limit for limit in limits if limit is not None))
    return longest / 2 + 60.0


def _whole(
    values: npt.NDArray[np.floating], none: npt.NDArray[np.bool_], instead: int
) -> npt.NDArray[np.int32]:
    """Return rounded values row by row, as a week's walks may fill half of the memory."""
    found = np.full(values.shape, instead, dtype=np.int32)
    for row, value, hole in zip(found, values, none, strict=True):
        np.rint(value, out=row, where=~hole, casting="unsafe")
    return found


def _used_places_only(problem: VisitProblem, walks: WalksBetween) -> VisitProblem:
    """Drop places that nothing refers to, then fill in the walks between the others."""
    used = sorted(
        {p for s in problem.shifts for p in (s.start_place, s.end_place)}
        | {x.place for s in problem.shifts for x in s.sessions}
        | {v.door.place for v in problem.visits}
        | {r.door.place for r in problem.rounds}
    )
    number = {old: new for new, old in enumerate(used)}
    places = tuple(problem.places[p] for p in used)
    xy = np.array([(p.easting, p.northing) for p in places], dtype=float).reshape(-1, 2)
    seconds, metres = walks(xy, _reach_s(problem.shifts))
    none = ~np.isfinite(seconds)
    walk_s, walk_m = _whole(seconds, none, UNREACHABLE_S), _whole(metres, none, 0)
    del seconds, metres, none

    def door(old: Door) -> Door:
        return old.model_copy(update={"place": number[old.place]})

    shifts = tuple(
        s.model_copy(
            update={
                "start_place": number[s.start_place],
                "end_place": number[s.end_place],
                "sessions": tuple(
                    x.model_copy(update={"place": number[x.place]}) for x in s.sessions
                ),
            }
        )
        for s in problem.shifts
    )
    data = {name: getattr(problem, name) for name in VisitProblem.model_fields}
    return VisitProblem(
        **data
        | {
            "places": places,
            "walk_s": walk_s,
            "walk_m": walk_m,
            "shifts": shifts,
            "visits": tuple(v.model_copy(update={"door": door(v.door)}) for v in problem.visits),
            "rounds": tuple(r.model_copy(update={"door": door(r.door)}) for r in problem.rounds),
        }
    )
