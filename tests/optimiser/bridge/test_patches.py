from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point

from geodata import Stock
from optimiser.bridge import build_patch_problem
from optimiser.bridge.patches import home_workload
from optimiser.model import PatchRules, WorkloadWeights
from optimiser.model.codes import patch_codes


def homes(*rows):
    plain = {
        "tenure": "tenanted",
        "floor": 0,
        "lift": True,
        "introductory": False,
        "arrears": False,
        "asb": False,
        "vulnerable": False,
        "damp": False,
        "patch": None,
    }
    return pd.DataFrame([plain | row for row in rows])


@pytest.mark.parametrize(
    ("row", "points"),
    [
        ({}, 1.0),
        ({"tenure": "leasehold"}, 0.3),
        ({"tenure": "sheltered"}, 0.6),
        ({"introductory": True}, 2.5),
        ({"arrears": True}, 2.0),
        ({"asb": True}, 5.0),
        ({"vulnerable": True}, 2.5),
        ({"damp": True}, 3.0),
        ({"asb": True, "damp": True, "tenure": "leasehold"}, 6.3),
        ({"floor": 5, "lift": False}, 1.15),
        ({"floor": 2, "lift": False}, 1.0),
        ({"floor": 5, "lift": True}, 1.0),
    ],
)
def test_workload_of_a_home(row, points):
    assert home_workload(homes(row), WorkloadWeights()).tolist() == pytest.approx([points])


def test_workload_keeps_the_index():
    frame = homes({}, {})
    frame.index = pd.Index([7, 3])
    assert home_workload(frame, WorkloadWeights()).index.tolist() == [7, 3]


def test_new_codes_go_on_in_the_same_style():
    assert patch_codes(["P07", "P28"], 2) == ["P29", "P30"]
    assert patch_codes(["north"], 2) == ["P01", "P02"]


@pytest.fixture
def stock():
    """Three blocks in a row, 100 s apart: A and B one estate, C alone; 4, 2 and 2 homes."""
    frame = homes(
        *({"block_ref": "A", "patch": "P1"} for _ in range(3)),
        {"block_ref": "A", "patch": "P2"},
        *({"block_ref": "B", "patch": "P2"} for _ in range(2)),
        *({"block_ref": "C", "patch": None} for _ in range(2)),
    )
    blocks = gpd.GeoDataFrame(
        {
            "block_name": ["", "", ""],
            "estate": ["E", "E", None],
            "homes": [4, 2, 2],
            "patch": ["P1", "P2", None],
        },
        geometry=[Point(0, 0), Point(125, 0), Point(250, 0)],
        index=pd.Index(["A", "B", "C"], name="block_ref"),
        crs="EPSG:27700",
    )
    return Stock(homes=frame, blocks=blocks, problems=(), set_aside={}, crs="EPSG:27700")


@pytest.fixture
def officers():
    return pd.DataFrame(
        {
            "officer_ref": ["HO1", "HO2", "HO3"],
            "fte": [1.0, 0.5, 0.5],
            "service_centre": ["north", "north", None],
            "working_days": [(0, 1, 2, 3, 4), (0, 1), (0, 1, 2)],
            "patch": ["P1", "P2", None],
        }
    )


def build(stock, officers, **rules):
    walk = np.abs(np.subtract.outer([0, 100, 200], [0, 100, 200])).astype(float)
    return build_patch_problem(
        stock=stock,
        officers=officers,
        centres=["north"],
        centre_walk_s=np.array([[600.0, 700.0, 800.0]]),
        walk_s=walk,
        edges=np.array([[0, 1], [1, 2]]),
        rules=PatchRules(**rules),
    )


def test_one_patch_an_officer_sized_by_fte(stock, officers):
    problem = build(stock, officers, balance=0.1)
    assert [s.patch for s in problem.slots] == ["P1", "P2", "P3"]
    assert [s.target for s in problem.slots] == [400, 200, 200]
    assert [(s.lower, s.upper) for s in problem.slots] == [(360, 440), (180, 220), (180, 220)]


def test_counted_patches_are_equal_and_some_may_be_vacant(stock, officers):
    problem = build(stock, officers, patches=4)
    assert [s.officer_ref for s in problem.slots] == ["HO1", "HO2", "HO3", None]
    assert {s.target for s in problem.slots} == {200}
    assert len({s.patch for s in problem.slots}) == 4


def test_a_block_knows_its_tenanted_homes_open_cases_and_vulnerable_residents(stock, officers):
    stock.homes.loc[0, ["arrears", "asb", "damp", "vulnerable"]] = True
    stock.homes.loc[3, ["arrears", "introductory"]] = True
    stock.homes.loc[1, "tenure"] = "leasehold"
    blocks = build(stock, officers).blocks
    assert [(b.tenanted, b.open_cases, b.flagged) for b in blocks] == [
        (3, 4, 1),
        (2, 0, 0),
        (2, 0, 0),
    ]


def test_households_that_would_change_officer(stock, officers):
    problem = build(stock, officers, moved_home_minutes=2)
    assert problem.moved_homes.tolist() == [[1, 3, 4], [2, 0, 2], [0, 0, 0]]
    assert problem.move_cost[0].tolist() == [200_000, 600_000, 800_000]


def test_costs_in_units_of_a_hundred_thousandth_of_a_minute(stock, officers):
    problem = build(stock, officers, trips_per_point_week=0.02)
    # B's 2 points, 100 s to A and back: 2 x 100/60 min x 2 points x 0.02 a week.
    assert problem.walk_cost[1, 0] == round(2 * 100 / 60 * 2 * 0.02 * 100_000)
    # From the service centre and back on each of the officer's days.
    assert problem.centre_cost[0, 0] == 2 * 10 * 5 * 100_000
    assert problem.centre_cost[1, 0] == 2 * 10 * 2 * 100_000
    assert problem.centre_cost[2, 0] == 2 * 10 * 3 * 100_000


def test_an_estate_is_one_unit_only_while_it_fits(stock, officers):
    # The estate has 6 points; the largest patch holds 4.4, or 7.6 at a wide tolerance.
    assert len(set(build(stock, officers, balance=0.1).unit.tolist())) == 3
    together = build(stock, officers, balance=0.9).unit
    assert together[0] == together[1] != together[2]
    apart = build(stock, officers, balance=0.9, keep_estates_whole=False).unit
    assert len(set(apart.tolist())) == 3


def test_reach_and_pins_limit_what_is_allowed(stock, officers):
    reach = build(stock, officers, reach_minutes=12)
    assert reach.allowed[:, 0].tolist() == [True, True, False]
    pinned = build(stock, officers, pins={"C": "P2"})
    assert pinned.allowed[2].tolist() == [False, True, False]
