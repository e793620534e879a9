"""What a manager asks of a redraw becomes limits, bans and units, or is refused by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import Point

from geodata import Stock
from optimiser.bridge import RuleFaults, build_patch_problem
from optimiser.model import PatchProblem, PatchRules

REFS = list("ABCDEF")
ESTATES = ["Elm", "Elm", None, "Oak", "Oak", None]
CODES: list[str | None] = ["P1", "P1", "P1", "P2", "P2", "P2"]
PLAIN = {
    "tenure": "tenanted",
    "floor": 0,
    "lift": True,
    "introductory": False,
    "arrears": False,
    "asb": False,
    "vulnerable": False,
    "damp": False,
}
Build = Callable[..., PatchProblem]


def a_row(codes: Sequence[str | None], estates: Sequence[str | None], homes: list[int]) -> Stock:
    """Blocks A to F in a row, 100 s of walking apart."""
    rows = [
        PLAIN | {"block_ref": ref, "patch": code}
        for ref, code, n in zip(REFS, codes, homes, strict=True)
        for _ in range(n)
    ]
    blocks = gpd.GeoDataFrame(
        {
            "block_name": ["Ash House", None, None, None, None, None],
            "estate": np.array(estates, dtype=object),
            "homes": homes,
            "patch": np.array(codes, dtype=object),
        },
        geometry=[Point(125 * i, 0) for i in range(6)],
        index=pd.Index(REFS, name="block_ref"),
        crs="EPSG:27700",
    )
    return Stock(
        homes=pd.DataFrame(rows), blocks=blocks, problems=(), set_aside={}, crs="EPSG:27700"
    )


@pytest.fixture
def officers() -> pd.DataFrame:
    """HO1 holds P1, HO2 holds P2, HO3, half-time, none; so a third patch is P3."""
    return pd.DataFrame(
        {
            "officer_ref": ["HO1", "HO2", "HO3"],
            "fte": [1.0, 1.0, 0.5],
            "service_centre": ["north", "north", None],
            "working_days": [(0, 1, 2, 3, 4), (0, 1, 2, 3, 4), (0, 1)],
            "patch": ["P1", "P2", None],
        }
    )


@pytest.fixture
def build(officers: pd.DataFrame) -> Build:
    def built(
        *,
        codes: Sequence[str | None] = CODES,
        estates: Sequence[str | None] = ESTATES,
        homes: list[int] | None = None,
        flags: dict[str, list[int]] | None = None,
        edges: list[tuple[int, int]] | None = None,
        staff: pd.DataFrame = officers,
        **rules: Any,
    ) -> PatchProblem:
        stock = a_row(codes, estates, homes or [10] * 6)
        for flag, rows in (flags or {}).items():
            stock.homes.loc[rows, flag] = True
        at = np.arange(6, dtype=np.float64) * 100
        return build_patch_problem(
            stock=stock,
            officers=staff,
            centres=["north"],
            centre_walk_s=(at + 600)[None, :],
            walk_s=np.abs(np.subtract.outer(at, at)),
            edges=np.array(edges or [(i, i + 1) for i in range(5)]),
            rules=PatchRules.model_validate({"balance": 0.2} | rules),
        )

    return built


def faults(build: Build, **given: Any) -> list[str]:
    with pytest.raises(RuleFaults) as caught:
        build(**given)
    return [str(fault) for fault in caught.value.faults]


def groups(problem: PatchProblem) -> list[str]:
    """Return the blocks of each unit."""
    unit = problem.unit.tolist()
    return ["".join(REFS[i] for i in range(6) if unit[i] == u) for u in range(max(unit) + 1)]


# Homes and the further measures


def test_without_rules_there_are_no_measures_and_nothing_is_kept_apart(build: Build) -> None:
    problem = build()
    assert problem.measures == ()
    assert problem.apart.shape == (0, 2)
    assert problem.allowed.all()
    assert problem.notes == ()


def test_a_cap_on_homes_goes_by_hours_and_is_rounded_down(build: Build) -> None:
    (homes,) = build(homes_per_fte=25.5).measures
    assert (homes.name, homes.distinct) == ("homes", False)
    assert homes.amount.tolist() == [10] * 6
    assert homes.lower.tolist() == [0, 0, 0]
    assert homes.upper.tolist() == [25, 25, 12]


def test_a_cap_above_all_homes_is_no_more_than_they_are(build: Build) -> None:
    (homes,) = build(homes_per_fte=1e6).measures
    assert homes.upper.tolist() == [60, 60, 60]


def test_a_tolerance_lies_around_the_share_by_hours(build: Build) -> None:
    (homes,) = build(limits={"homes": {"within": 0.1}}).measures
    # 60 homes to 2.5 FTE: shares of 24, 24 and 12.
    assert homes.lower.tolist() == [22, 22, 11]
    assert homes.upper.tolist() == [26, 26, 13]


def test_a_cap_and_a_tolerance_hold_both(build: Build) -> None:
    (homes,) = build(homes_per_fte=25, limits={"homes": {"within": 0.1}}).measures
    assert homes.lower.tolist() == [22, 22, 11]
    assert homes.upper.tolist() == [25, 25, 12]


def test_every_measure_counts_its_own(build: Build) -> None:
    limit = {"most_per_fte": 1000, "least_per_fte": 1}
    problem = build(
        flags={"arrears": [0, 1, 11], "damp": [0], "asb": [59], "vulnerable": [3]},
        limits=dict.fromkeys(["estates", "open_cases", "tenanted", "homes"], limit),
    )
    amounts = {m.name: m.amount.tolist() for m in problem.measures}
    assert amounts == {
        "homes": [10] * 6,
        "tenanted homes": [10] * 6,
        "open cases": [3, 1, 0, 0, 0, 1],
        "estates": [0, 0, -1, 1, 1, -1],
    }
    assert [m.distinct for m in problem.measures] == [False, False, False, True]
    assert all(m.lower.tolist() == [1, 1, 1] for m in problem.measures)
    assert problem.measures[3].upper.tolist() == [2, 2, 2]


def test_a_tolerance_without_a_whole_number_in_it_is_refused(build: Build) -> None:
    # Two estates to 2.5 FTE: 0.8 for a full-time officer.
    assert faults(build, limits={"estates": {"within": 0.1}}) == [
        "limits.estates leaves no whole number of estates for patch P1; widen it"
    ]


@pytest.mark.parametrize(
    ("name", "estates", "why"),
    [
        ("open_cases", ESTATES, "no home is marked arrears, asb or damp"),
        ("estates", [None] * 6, "no home has an estate"),
    ],
)
def test_a_limit_of_what_the_files_do_not_have_is_refused(
    build: Build, name: str, estates: list[str | None], why: str
) -> None:
    (fault,) = faults(build, estates=estates, limits={name: {"most_per_fte": 3}})
    assert fault.startswith(f"limits.{name} limits nothing: {why}; ")


# Who may have what


def test_a_pin_may_name_an_estate_and_an_officer(build: Build) -> None:
    allowed = build(pins={"Oak": "HO1", "F": "P3"}).allowed
    assert allowed[3:].tolist() == [[True, False, False]] * 2 + [[False, False, True]]
    assert allowed[:3].all()


def test_an_officer_or_a_patch_may_be_kept_from_blocks_and_estates(build: Build) -> None:
    allowed = build(forbidden={"HO1": ["Elm", "F"], "P3": "C"}).allowed
    assert (~allowed).nonzero()[0].tolist() == [0, 1, 2, 5]
    assert (~allowed).nonzero()[1].tolist() == [0, 0, 2, 0]


def test_an_officer_without_a_patch_in_a_smaller_redraw_may_be_forbidden_anything(
    build: Build,
) -> None:
    assert build(patches=2, forbidden={"HO3": ["A"]}).allowed.all()


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        ({"pins": {"Z": "P1"}}, "pins 'Z' is no block or estate that a home has; give a block_ref"),
        ({"pins": {"elm": "P1"}}, "pins 'elm' is no block or estate that a home has; did you"),
        ({"pins": {"ash house": "P1"}}, "pins 'ash house' is no block or estate that a home has; "
         "it is the name of A: write A"),
        ({"pins": {"A": "P9"}}, "pins.A 'P9' is no officer and no patch; there are P1, P2, P3"),
        ({"pins": {"A": "P01"}}, "pins.A 'P01' is no officer and no patch; there are"),
        ({"pins": {"A": "p1"}}, "pins.A 'p1' is no officer and no patch; did you mean P1?"),
        ({"patches": 2, "pins": {"A": "HO3"}},
         "pins.A 'HO3' is an officer without a patch in this redraw; pin it to a patch"),
        ({"forbidden": {"H01": ["A"]}}, "forbidden 'H01' is no officer and no patch; there are"),
        ({"forbidden": {"HO1": ["X1"]}}, "forbidden.HO1 'X1' is no block or estate"),
        ({"pins": {"A": "P1"}, "forbidden": {"HO1": ["Elm"]}},
         "pins leaves no patch for A (pins A = P1; forbidden HO1 = Elm); remove one of"),
        ({"pins": {"A": "P1", "Elm": "P2"}}, "pins leaves no patch for A (pins A = P1; pins Elm"),
        ({"forbidden": {"P1": ["A"], "P2": ["A"], "P3": ["A"]}}, "forbidden leaves no patch for A"),
        ({"locked": ["P1"], "pins": {"A": "P2"}},
         "locked leaves no patch for A (locked P1; pins A = P2)"),
        ({"locked": ["P1"], "pins": {"D": "P1"}}, "pins leaves no patch for D (pins D = P1)"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named(build: Build, rules: dict[str, Any], fault: str) -> None:
    (found,) = faults(build, **rules)
    assert found.startswith(fault)


def test_everything_wrong_is_told_at_once(build: Build) -> None:
    wrong = {
        "pins": {"Z": "P1"},
        "forbidden": {"HO9": ["Y"]},
        "together": [["A", "X"], ["B"]],
        "apart": [["C"]],
        "locked": ["P7"],
        "vacant_posts": {"P1": 1.0, "P8": {"fte": 1, "service_centre": "nord"}},
        "limits": {"open_cases": {"within": 0.1}},
    }
    assert len(faults(build, **wrong)) == 10


def test_pins_hold_beyond_the_reach_and_others_do_not(build: Build) -> None:
    # F is 1,100 s from the service centre, E 1,000 s, D 900 s.
    allowed = build(reach_minutes=15, pins={"F": "P1"}).allowed
    assert allowed[5].tolist() == [True, False, False]
    assert not allowed[4].any()
    assert allowed[3].all()


# Together and apart


def test_estates_that_fit_are_one_and_so_are_groups(build: Build) -> None:
    assert groups(build()) == ["AB", "C", "DE", "F"]
    assert groups(build(keep_estates_whole=False)) == list("ABCDEF")
    assert groups(build(keep_estates_whole=False, together=[["B", "C"]])) == [
        "A", "BC", "D", "E", "F",
    ]  # fmt: skip
    assert groups(build(keep_estates_whole=False, together=["Oak", "C"])) == [
        "A", "B", "CDE", "F",
    ]  # fmt: skip


def test_a_group_takes_its_estate_along_while_that_fits(build: Build) -> None:
    assert groups(build(together=[["B", "C"]], balance=0.5)) == ["ABC", "DE", "F"]
    # 30 homes are more than 1.2 x 24: the group is kept, the estate is not.
    assert groups(build(together=[["B", "C"]])) == ["A", "BC", "DE", "F"]


def test_groups_that_share_a_block_are_one(build: Build) -> None:
    problem = build(keep_estates_whole=False, together=[["A", "B"], ["B", "C"]], balance=0.5)
    assert groups(problem) == ["ABC", "D", "E", "F"]


def test_a_group_may_be_joined_by_its_estates_only(build: Build) -> None:
    assert groups(build(together=[["C", "E"]], balance=0.5)) == ["AB", "CDE", "F"]


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        ({"together": [["A", "E"]]},
         "together is not in one piece on foot: A and E have B, C, D between them; add B, C, D"),
        ({"together": [["A", "E"]], "balance": 0.9},
         "together is not in one piece on foot: A and D have C between them; add C to the list"),
        ({"together": [["A", "F"]], "keep_estates_whole": False},
         "together is not in one piece on foot: A and F have B, C, D, E between them; add B, C"),
        ({"together": [["B", "C"]], "pins": {"B": "P1", "C": "P2"}},
         "together cannot be kept: no patch may have all of B, C; remove it, or a pin"),
        ({"together": [["C", "D"]], "locked": ["P1"]},
         "together cannot be kept: no patch may have all of C, D"),
        ({"together": [["B", "C"]], "apart": [["B", "C"]]},
         "together holds B and C, which apart keeps apart; remove one of the two"),
        ({"together": [["A"]]}, "together 'A' names one block only; name two or more"),
    ],
)  # fmt: skip
def test_a_group_that_cannot_be_is_refused(build: Build, rules: dict[str, Any], fault: str) -> None:
    (found,) = faults(build, **rules)
    assert found.startswith(fault)


def test_pairs_kept_apart_are_all_those_of_the_names_given(build: Build) -> None:
    assert build(apart=[["F", "A"]]).apart.tolist() == [[0, 5]]
    assert build(apart=["A", "C", "F"]).apart.tolist() == [[0, 2], [0, 5], [2, 5]]
    assert build(apart=[["Oak", "Elm"]]).apart.tolist() == [[0, 3], [0, 4], [1, 3], [1, 4]]


def test_an_estate_with_a_pair_kept_apart_is_split(build: Build) -> None:
    assert groups(build(apart=[["A", "B"]])) == ["A", "B", "C", "DE", "F"]


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        ({"apart": [["A"]]}, "apart 'A' names fewer than two"),
        ({"apart": [["A", "Elm"]]}, "apart 'A, Elm' names A twice: A and Elm"),
        ({"apart": ["A", "B", "C", "D"]}, "apart 'A, B, C, D' names 4, and there are 3 patches"),
        ({"apart": [["A", "F"]], "pins": {"A": "P2", "F": "P2"}},
         "apart cannot be kept: both may be in patch P2 only"),
        ({"apart": [["A", "C"]], "locked": ["P1"]}, "apart 'A, C' cannot be kept: both may be in"),
    ],
)  # fmt: skip
def test_what_cannot_be_apart_is_refused(build: Build, rules: dict[str, Any], fault: str) -> None:
    (found,) = faults(build, **rules)
    assert found.replace("apart 'A, F' c", "apart c").startswith(fault)


def test_an_estate_that_a_further_limit_has_no_room_for_is_split(build: Build) -> None:
    assert groups(build(homes_per_fte=20)) == ["AB", "C", "DE", "F"]
    assert groups(build(homes_per_fte=19)) == list("ABCDEF")


# Locks


def test_a_locked_patch_keeps_its_blocks_and_the_rest_is_shared_out(build: Build) -> None:
    problem = build(
        homes=[10, 10, 20, 10, 10, 10], locked=["P1"], limits={"homes": {"within": 0.5}}
    )
    assert problem.allowed[:, 0].tolist() == [True] * 3 + [False] * 3
    assert not problem.allowed[:3, 1:].any()
    assert problem.locked == ("P1",)
    p1, p2, p3 = problem.slots
    assert (p1.lower, p1.target, p1.upper) == (4000, 4000, 4000)
    # 30 points to 1.5 FTE.
    assert (p2.lower, p2.target, p2.upper) == (1600, 2000, 2400)
    assert (p3.lower, p3.target, p3.upper) == (800, 1000, 1200)
    (homes,) = problem.measures
    assert homes.lower.tolist() == [20, 10, 5]
    assert homes.upper.tolist() == [60, 30, 15]


def test_a_locked_patch_may_hold_more_than_a_limit_allows_and_others_may_not(
    build: Build,
) -> None:
    (homes,) = build(homes=[20] * 3 + [10] * 3, locked=["P1"], homes_per_fte=25).measures
    assert homes.upper.tolist() == [60, 25, 12]
    (few,) = build(locked=["P1"], limits={"estates": {"least_per_fte": 2}}).measures
    assert few.lower.tolist() == [1, 2, 1]


def test_estates_are_shared_out_by_what_lies_outside_the_locks(build: Build) -> None:
    problem = build(
        estates=["Elm", "Elm", "Fir", "Oak", "Bay", "Ivy"],
        locked=["HO1"],
        limits={"estates": {"within": 0.5}},
    )
    (estates,) = problem.measures
    assert estates.lower.tolist() == [1, 1, 1]
    assert estates.upper.tolist() == [3, 3, 1]


def test_an_estate_partly_locked_stays_together_outside(build: Build) -> None:
    problem = build(codes=["P1", "P2", "P2", "P2", "P2", "P2"], locked=["P1"])
    assert groups(problem) == ["A", "B", "C", "DE", "F"]
    wide = build(
        codes=["P2", "P2", "P2", "P1", "P2", "P2"],
        estates=["Elm"] * 5 + [None],
        locked=["P1"],
        balance=0.5,
    )
    # The lock cuts the estate: A, B, C on one side, E on the other.
    assert groups(wide) == ["ABC", "D", "E", "F"]


def test_a_locked_patch_in_parts_stays_as_it_is_and_that_is_said(build: Build) -> None:
    codes = ["P1", "P2", "P1", "P2", "P2", "P2"]
    problem = build(codes=codes, locked=["P1"], keep_estates_whole=False)
    assert [0, 2] in problem.edges.tolist()
    assert problem.notes[0] == "Patch P1 is locked and lies in 2 parts; it stays as it is."


def test_what_a_lock_closes_in_is_joined_to_the_nearest_beyond(build: Build) -> None:
    codes = ["P1", "P2", "P1", "P2", "P2", "P2"]
    problem = build(codes=codes, locked=["P1"], keep_estates_whole=False)
    # B alone is 10 points, and no patch is as small: 16 a FTE, of which P3 has half.
    assert [1, 3] in problem.edges.tolist()
    assert "1 group of blocks, joined to the nearest beyond: B to D." in problem.notes[1]


def test_what_a_lock_parts_is_left_alone_where_it_can_be_patches(build: Build) -> None:
    codes = ["P2", "P2", "P1", "P2", "P2", "P2"]
    problem = build(codes=codes, locked=["P1"], balance=0.3)
    # 20 points on one side, 30 on the other, 33 a full-time patch and 17 a half-time one.
    assert problem.edges.tolist() == [[i, i + 1] for i in range(5)]
    assert problem.notes == ()


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        ({"locked": ["P9"]}, "locked 'P9' is no officer and no patch; there are P1, P2, P5"),
        ({"locked": ["P4"]}, "locked 'P4' is a patch that no officer holds; give it an officer, or "
         "plan it as vacant: vacant_posts = { P4 = 1.0 }"),
        ({"locked": ["HO3"]}, "locked 'HO3' has no block now"),
        ({"locked": ["P4"], "patches": 2}, "locked 'P4' is none of the 2 patches; there are P1"),
        ({"locked": ["HO2"], "patches": 1}, "locked leaves no patch to redraw"),
    ],
)  # fmt: skip
def test_a_lock_that_cannot_be_is_named(build: Build, rules: dict[str, Any], fault: str) -> None:
    (found,) = faults(build, codes=["P1", "P1", "P1", "P2", "P2", "P4"], **rules)
    assert found.startswith(fault)


# Vacant posts


def test_a_vacant_post_is_a_patch_without_an_officer(build: Build) -> None:
    codes = ["P1", "P1", "P2", "P2", "P3", "P3"]
    vacant = {"P3": {"fte": 0.5, "service_centre": "north"}}
    problem = build(codes=codes, vacant_posts=vacant)
    # HO3, who has no patch, gets a code that nobody's home has.
    assert [(s.patch, s.officer_ref, s.fte) for s in problem.slots] == [
        ("P1", "HO1", 1.0),
        ("P2", "HO2", 1.0),
        ("P4", "HO3", 0.5),
        ("P3", None, 0.5),
    ]
    assert [s.target for s in problem.slots] == [2000, 2000, 1000, 1000]
    assert problem.slots[3].service_centre == "north"
    assert problem.moved_homes[4].tolist() == [10, 10, 10, 0]
    # Two and a half days a week, 600 s there and back.
    assert problem.centre_cost[3, 0] == 2 * 10 * 2.5 * 100_000


def test_a_vacant_patch_can_be_locked(build: Build) -> None:
    codes = ["P1", "P1", "P2", "P2", "P3", "P3"]
    problem = build(codes=codes, vacant_posts={"P3": 1.0}, locked=["P3"])
    assert problem.allowed[:, 3].tolist() == [False] * 4 + [True] * 2


@pytest.mark.parametrize(
    ("post", "fault"),
    [
        ({"P1": 1.0}, "vacant_posts 'P1' is no vacant post: HO1 holds it; remove it here"),
        ({"P7": {"fte": 1, "service_centre": "nort"}},
         "vacant_posts.P7.service_centre 'nort' is no service centre; did you mean north?"),
        ({"P7": {"fte": 1, "service_centre": "hub"}},
         "vacant_posts.P7.service_centre 'hub' is no service centre; there are north"),
    ],
)  # fmt: skip
def test_a_vacant_post_that_cannot_be_is_named(
    build: Build, post: dict[str, Any], fault: str
) -> None:
    (found,) = faults(build, vacant_posts=post)
    assert found.startswith(fault)


# Prices


def test_open_cases_and_vulnerable_residents_cost_more_to_move(build: Build) -> None:
    flags = {"arrears": [0, 1], "asb": [0], "vulnerable": [0, 9]}
    plain = {"homes": [10] * 6, "flags": flags, "moved_home_minutes": 2.0}
    priced = build(**plain, moved_open_case_minutes=3.0, moved_vulnerable_minutes=5.0)
    # Block A to P2: ten households, three cases, two vulnerable residents.
    assert priced.move_cost[0].tolist() == [0, (20 + 9 + 10) * 100_000, (20 + 9 + 10) * 100_000]
    assert priced.move_cost[1].tolist() == [0, 20 * 100_000, 20 * 100_000]
    assert priced.moved_homes[0].tolist() == [0, 10, 10]
    # Unset, each is as much again as a household.
    assert build(**plain).move_cost[0, 1] == 2 * (10 + 3 + 2) * 100_000
    unpriced = build(**plain, moved_open_case_minutes=0, moved_vulnerable_minutes=0)
    assert unpriced.move_cost[0, 1] == 20 * 100_000
    assert not build(**plain | {"moved_home_minutes": 0}).move_cost.any()


def test_only_the_households_that_move_are_priced(build: Build) -> None:
    codes: list[str | None] = [None, "P1", "P1", "P2", "P2", "P2"]
    problem = build(codes=codes, flags={"damp": [0, 10]})
    assert problem.move_cost[0].tolist() == [0, 0, 0]
    assert problem.move_cost[1].tolist() == [0, 2_200_000, 2_200_000]


# Planted


@st.composite
def kept_by_a_plan(draw: st.DrawFn) -> tuple[list[int], dict[str, Any]]:
    """Draw a plan of A to F, three runs of blocks, and rules that it keeps."""
    first = draw(st.integers(1, 4))
    second = draw(st.integers(first + 1, 5))
    order = draw(st.permutations([0, 1, 2]))
    plan = [order[(i >= first) + (i >= second)] for i in range(6)]
    homes = draw(st.lists(st.integers(1, 9), min_size=6, max_size=6))
    some = st.lists(st.sampled_from(range(6)), unique=True, max_size=4)
    elsewhere = draw(st.lists(st.tuples(st.sampled_from(range(6)), st.sampled_from([1, 2]))))
    pairs = [(i, i + 1) for i in range(5)]
    held = [sum(n for n, k in zip(homes, plan, strict=True) if k == j) for j in range(3)]
    rules = {
        "codes": [None if k == 2 else f"P{k + 1}" for k in plan],
        "homes": homes,
        "keep_estates_whole": False,
        "locked": draw(st.sampled_from([[], ["P1"], ["HO2"], ["P1", "P2"]])),
        "pins": {REFS[i]: f"P{plan[i] + 1}" for i in draw(some)},
        "forbidden": {f"P{(plan[i] + d) % 3 + 1}": REFS[i] for i, d in elsewhere},
        "together": [[REFS[i], REFS[j]] for i, j in pairs if plan[i] == plan[j]],
        "apart": [[REFS[i], REFS[j]] for i, j in pairs if plan[i] != plan[j]],
        "homes_per_fte": max(n / fte for n, fte in zip(held, (1.0, 1.0, 0.5), strict=True)),
    }
    return plan, rules


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(kept_by_a_plan())
def test_rules_that_a_plan_keeps_never_rule_it_out(
    build: Build, drawn: tuple[list[int], dict[str, Any]]
) -> None:
    plan, rules = drawn
    problem = build(**rules)
    assert problem.allowed[np.arange(6), plan].all()
    assert all(plan[i] != plan[j] for i, j in problem.apart.tolist())
    assert all(len({plan[REFS.index(ref)] for ref in unit}) == 1 for unit in groups(problem))
    load = np.bincount(plan, weights=[block.workload for block in problem.blocks])
    (homes,) = problem.measures
    assert (np.bincount(plan, weights=homes.amount) <= homes.upper).all()
    for k, slot in enumerate(problem.slots):
        if slot.patch in problem.locked:
            assert (slot.lower, slot.upper) == (load[k], load[k])
            assert np.flatnonzero(problem.allowed[:, k]).tolist() == [
                i for i in range(6) if plan[i] == k
            ]
    free = [slot.target for slot in problem.slots if slot.patch not in problem.locked]
    held = sum(load[k] for k, slot in enumerate(problem.slots) if slot.patch in problem.locked)
    assert abs(sum(free) + held - load.sum()) <= len(free)
