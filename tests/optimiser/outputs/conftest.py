"""A tiny invented borough: six blocks of four homes on a 100 m grid, two patches, one week.

    y=200   E ---- F        old patches: P01 = A, B, C and P02 = D, E, F
    y=100   C ---- D        new patches: P01 = A, B, D and P02 = C, E, F
    y=0     A ---- B        so C and D change, and estate "Elm" (A, B) stays whole

Officers HO01 (P01) and HO02 (P02) work from one service centre at the origin.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, Point, box, union_all

from geodata.errors import Problem
from optimiser.model import (
    BlockAssignment,
    PatchPlan,
    PatchSummary,
    Place,
    Route,
    Status,
    Stop,
    Tier,
    Unplanned,
    UnplannedClass,
    VisitPlan,
    VisitRules,
)

EAST, NORTH = 529_000.0, 178_000.0
CRS = "EPSG:27700"
GRID = {"A": (0, 0), "B": (100, 0), "C": (0, 100), "D": (100, 100), "E": (0, 200), "F": (100, 200)}
OLD = {"A": "P01", "B": "P01", "C": "P01", "D": "P02", "E": "P02", "F": "P02"}
NEW = {"A": "P01", "B": "P01", "C": "P02", "D": "P01", "E": "P02", "F": "P02"}
ESTATE = {"A": "Elm", "B": "Elm", "C": "Oak", "D": "Oak"}
SECRET = "Zebedee Quill"
WEEK = dt.date(2026, 11, 30)


def at(block: str) -> tuple[float, float]:
    x, y = GRID[block]
    return EAST + x, NORTH + y


def make_homes() -> pd.DataFrame:
    rows = [
        {
            "property_ref": f"00{block}{flat}",
            "address": f"Flat {flat} {block} House, Elm Road",
            "postcode": "SW1V 3DJ",
            "block_ref": block,
            "block_name": f"{block} House",
            "estate": ESTATE.get(block),
            "tenure": "leasehold" if flat == 4 else "tenanted",
            "floor": flat - 1,
            "block_floors": 4,
            "lift": block in "AB",
            "door_entry": True,
            "easting": at(block)[0],
            "northing": at(block)[1],
            "patch": OLD[block],
            "introductory": False,
            "arrears": flat == 1,
            "asb": flat == 2,
            "vulnerable": False,
            "damp": False,
            "tenant_name": SECRET,
        }
        for block in GRID
        for flat in (1, 2, 3, 4)
    ]
    homes = pd.DataFrame(rows)
    homes.loc[homes["property_ref"] == "00C1", "address"] = '=HYPERLINK("http://bad","C1")'
    return homes


def make_blocks() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "block_name": [f"{b} House" for b in GRID],
            "estate": [ESTATE.get(b) for b in GRID],
            "homes": 4,
            "tenanted": 3,
            "block_floors": 4,
            "lift": [b in "AB" for b in GRID],
            "door_entry": True,
            "patch": [OLD[b] for b in GRID],
        },
        geometry=[Point(at(b)) for b in GRID],
        index=pd.Index(list(GRID), name="block_ref"),
        crs=CRS,
    )


def make_officers() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "officer_ref": ["HO01", "HO02"],
            "fte": [1.0, 1.0],
            "service_centre": ["pimlico", "pimlico"],
            "patch": ["P01", "P02"],
        }
    )


def make_visits() -> pd.DataFrame:
    rows = [
        ("V1", "00A1", "rent_arrears", pd.Timestamp("2026-12-18T23:59:59"), False, None),
        ("V2", "00B2", "asb_new", pd.Timestamp("2026-12-01T23:59:59"), True, None),
        ("V3", "00E3", "damp_mould", pd.Timestamp("2026-11-27T23:59:59"), False, "Bengali"),
        ("V4", "00F3", "mutual_exchange", None, False, None),
        ("V5", "00C1", "tenancy_audit", None, True, None),
        ("V6", "0XXX", "hazard", None, False, None),
    ]
    columns = ["visit_ref", "property_ref", "visit_type", "due_by", "two_officers", "language"]
    return pd.DataFrame(rows, columns=columns)


def make_fixed() -> pd.DataFrame:
    row = ("HO01", dt.date(2026, 12, 3), 36_000, 43_200, "surgery", "Pimlico library")
    return pd.DataFrame([row], columns=["officer_ref", "date", "start_s", "end_s", "kind", "place"])


@dataclass
class FakeView:
    title: str = "Elm Borough"
    synthetic: bool = True
    attribution: str = "Contains invented data"
    problems: tuple[Problem, ...] = ()
    caveats: tuple[str, ...] = ("Streets are straight lines.",)
    crs: str = CRS
    homes: pd.DataFrame = field(default_factory=make_homes)
    blocks: gpd.GeoDataFrame = field(default_factory=make_blocks)
    officers: pd.DataFrame = field(default_factory=make_officers)
    visits: pd.DataFrame | None = field(default_factory=make_visits)
    fixed: pd.DataFrame | None = field(default_factory=make_fixed)
    walk_calls: int = 0
    streets: bool = True
    unit: str = "block"

    @property
    def service_centres(self) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(
            {"name": ["Pimlico"]},
            geometry=[Point(EAST, NORTH)],
            index=pd.Index(["pimlico"], name="service_centre"),
            crs=CRS,
        )

    @property
    def boundary(self) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(
            geometry=[box(EAST - 50, NORTH - 50, EAST + 150, NORTH + 250)], crs=CRS
        )

    @property
    def street_lines(self) -> gpd.GeoDataFrame | None:
        if not self.streets:
            return None
        pairs = [("A", "B"), ("C", "D"), ("E", "F"), ("A", "E"), ("B", "F")]
        return gpd.GeoDataFrame(geometry=[LineString([at(a), at(b)]) for a, b in pairs], crs=CRS)

    @property
    def ground(self) -> gpd.GeoDataFrame | None:
        park = box(EAST - 200, NORTH - 200, EAST - 60, NORTH + 100)
        pond = Point(EAST - 130, NORTH - 50).buffer(40)
        return gpd.GeoDataFrame({"kind": ["park", "water"]}, geometry=[park, pond], crs=CRS)

    def patch_shapes(self, patch_of: Any) -> gpd.GeoDataFrame:
        cells: dict[str, list[Any]] = {}
        for block, patch in patch_of.items():
            cells.setdefault(patch, []).append(Point(at(block)).buffer(50, cap_style="square"))
        shapes = {patch: union_all(c) for patch, c in sorted(cells.items())}
        return gpd.GeoDataFrame({"patch": list(shapes)}, geometry=list(shapes.values()), crs=CRS)

    def walk_paths(self, legs: Any) -> list[LineString]:
        self.walk_calls += 1
        return [LineString([a, (b[0], a[1]), b]) for a, b in legs]


@pytest.fixture
def view() -> FakeView:
    """The invented borough; `view.walk_calls` counts the calls of walk_paths."""
    return FakeView()


@pytest.fixture
def patch_plan() -> PatchPlan:
    """Two patches of 12 homes; blocks C and D (8 homes) change."""
    summaries = tuple(
        PatchSummary(
            patch=patch,
            officer_ref=officer,
            service_centre="pimlico",
            centre_block=centre,
            homes=12,
            blocks=3,
            workload=load,
            target=25.0,
            lower=23.75,
            upper=26.25,
            walk_minutes=10.0,
        )
        for patch, officer, centre, load in (("P01", "HO01", "A", 25.5), ("P02", "HO02", "E", 24.5))
    )
    return PatchPlan(
        status=Status.FEASIBLE,
        objective=40.0,
        bound=38.0,
        gap=0.05,
        seed=1,
        seconds=2.5,
        assignments=tuple(
            BlockAssignment(block_ref=b, patch=NEW[b], old_patch=OLD[b]) for b in GRID
        ),
        patches=summaries,
        walk_minutes=20.0,
        centre_minutes=4.0,
        moved_minutes=16.0,
        homes_moved=8,
        balance=0.05,
        split_estates={"Oak": 2},
        notes=("No pins were set.",),
    )


def make_stop(block: str, start: int, minutes: int, **more: Any) -> Stop:
    x, y = at(block)
    fields = {
        "kind": "visit",
        "block_ref": block,
        "place": list(GRID).index(block),
        "easting": x,
        "northing": y,
        "arrive_s": start - 120,
        "start_s": start,
        "end_s": start + 60 * minutes,
        "walk_s": 80,
        "walk_m": 100,
        "access_s": 120,
        "leave_s": 60,
    }
    return Stop(**{**fields, **more})


def make_route(officer: str, date: dt.date, stops: tuple[Stop, ...]) -> Route:
    centre = Place(name="Pimlico", easting=EAST, northing=NORTH)
    return Route(
        officer_ref=officer,
        date=date,
        start_s=stops[0].arrive_s - stops[0].walk_s,
        end_s=stops[-1].end_s + stops[-1].leave_s + 160,
        start_place=centre,
        end_place=centre,
        stops=stops,
        home_walk_s=160,
        home_walk_m=200,
    )


@pytest.fixture
def week_plan() -> VisitPlan:
    """Three routes: Tuesday for both (V2 together), HO01's Thursday with a surgery and a round."""
    tuesday, thursday = WEEK + dt.timedelta(days=1), WEEK + dt.timedelta(days=3)
    hour = 3600
    v1 = make_stop("A", 10 * hour + 900, 25, visit_ref="V1", property_refs=("00A1",))
    rest = make_stop(
        "A", 12 * hour, 45, kind="break", arrive_s=12 * hour, walk_s=0, walk_m=0, access_s=0,
        leave_s=0, block_ref=None,
    )  # fmt: skip
    both = {"visit_ref": "V2", "property_refs": ("00B2",)}
    v2_first = make_stop("B", 14 * hour, 45, with_officer="HO02", **both)
    v2_second = make_stop("B", 14 * hour, 45, with_officer="HO01", **both)
    v3 = make_stop(
        "E", 9 * hour + 1830, 75, visit_ref="V3", property_refs=("00E3",), late=True,
        interpreter=True,
    )  # fmt: skip
    surgery = make_stop("A", 10 * hour, 120, kind="surgery", name="surgery", access_s=0)
    doors = ("00D4", "00D3", "00D2", "00D1")
    knock = make_stop(
        "D", 13 * hour, 13, kind="round", round_ref="R1", property_refs=doors, conversations=1.3
    )
    left_out = (
        Unplanned(
            visit_ref="V4",
            kind=UnplannedClass.CROWDED_OUT,
            reason="No room left on any day.",
            evidence="60 minutes are needed; the longest gap of HO02 is 40 minutes.",
            remedy="Free 20 minutes of HO02 on Wednesday.",
        ),
        Unplanned(
            visit_ref="V5",
            kind=UnplannedClass.IMPOSSIBLE,
            reason="Two officers are needed and no two share a free time.",
            evidence="HO01 and HO02 are both free at no time.",
            remedy="Move a surgery.",
        ),
        Unplanned(
            visit_ref="V6",
            kind=UnplannedClass.ESCALATE,
            reason="An emergency hazard is due within 24 hours.",
            evidence="visit_type hazard",
            remedy="Outside the planner: escalate.",
        ),
    )
    return VisitPlan(
        status=Status.FEASIBLE,
        objective=1250.0,
        bound=1300.0,
        gap=50 / 1300,
        seed=1,
        seconds=3.5,
        week=WEEK,
        routes=(
            make_route("HO01", tuesday, (v1, rest, v2_first)),
            make_route("HO02", tuesday, (v3, v2_second)),
            make_route("HO01", thursday, (surgery, knock)),
        ),
        unplanned=left_out,
        tiers=(
            Tier(name="statutory on time", value=1000.0, bound=1000.0),
            Tier(name="requests", value=250.0, bound=None),
        ),
        requests=6,
        planned=3,
        late=1,
        doors=4,
        conversations=1.3,
        walk_hours=0.25,
        own_officer=3,
        busy_share=0.7,
        busy_spread=0.12,
        rules=VisitRules(),
        notes=("Interpreters take half as long again.",),
    )
