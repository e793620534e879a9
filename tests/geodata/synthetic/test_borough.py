"""The synthetic borough: the same from the same seed, connected, plausible, labelled."""

from __future__ import annotations

import datetime as dt
import itertools
import tomllib
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point, Polygon

from geodata.synthetic import TITLE, write_borough
from geodata.synthetic.facts import BOUNDARY, CANAL, ESTATES, VISIT_TYPES
from geodata.synthetic.homes import share_out

MONDAY = dt.date(2026, 11, 30)


@pytest.fixture(scope="module")
def borough(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The full borough of seed 1."""
    return write_borough(tmp_path_factory.mktemp("borough"))


@pytest.fixture(scope="module")
def homes(borough: Path) -> pd.DataFrame:
    return pd.read_csv(borough / "homes.csv", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def visits(borough: Path) -> pd.DataFrame:
    return pd.read_csv(borough / "visits.csv", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def streets(borough: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(borough / "streets.gpkg")


def _edges(streets: gpd.GeoDataFrame) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    for line in streets.geometry:
        points = [(round(x, 1), round(y, 1)) for x, y in line.coords]
        yield from itertools.pairwise(points)


def test_same_seed_gives_identical_files(tmp_path: Path) -> None:
    first = write_borough(tmp_path / "a", seed=5, scale=0.1)
    again = write_borough(tmp_path / "b", seed=5, scale=0.1)
    names = sorted(p.name for p in first.iterdir())
    assert names == sorted(p.name for p in again.iterdir())
    assert [n for n in names if (first / n).read_bytes() != (again / n).read_bytes()] == []


def test_another_seed_gives_other_homes(tmp_path: Path) -> None:
    first = write_borough(tmp_path / "a", seed=5, scale=0.1)
    other = write_borough(tmp_path / "b", seed=6, scale=0.1)
    assert (first / "homes.csv").read_bytes() != (other / "homes.csv").read_bytes()


def test_folder_says_that_it_is_synthetic(borough: Path) -> None:
    settings = tomllib.loads((borough / "doorstep.toml").read_text(encoding="utf-8"))
    assert settings["about"]["synthetic"] is True
    assert "ynthetic" in settings["about"]["title"]
    assert settings["about"]["attribution"]
    assert TITLE in (borough / "boundary.geojson").read_text(encoding="utf-8")
    assert all((borough / name).is_file() for name in settings["data"].values())


def test_size_is_that_of_a_borough_in_small(homes: pd.DataFrame, borough: Path) -> None:
    assert 6500 < len(homes) < 9000
    assert 270 < homes["block_ref"].nunique() < 330
    officers = pd.read_csv(borough / "officers.csv", keep_default_na=False)
    assert len(officers) == 16
    assert (officers["patch"] == "").sum() == 5
    assert sorted(officers["fte"].unique()) == [0.8, 1.0]
    assert officers["service_centre"].nunique() == 4


@pytest.mark.parametrize("fact", ESTATES, ids=lambda fact: fact.name)
def test_estates_have_their_published_size(homes: pd.DataFrame, fact: object) -> None:
    mine = homes[homes["estate"] == fact.name]  # type: ignore[attr-defined]
    assert len(mine) == fact.homes  # type: ignore[attr-defined]
    assert mine["block_ref"].nunique() == fact.blocks  # type: ignore[attr-defined]


def test_homes_are_invented_and_consistent(homes: pd.DataFrame) -> None:
    assert homes["property_ref"].is_unique
    assert homes["uprn"].is_unique
    assert homes["uprn"].str.fullmatch(r"999\d{9}").all()
    assert homes["postcode"].str.fullmatch(r"ZZ\d \d[A-Z]{2}").all()
    assert (homes["floor"].astype(int) < homes["block_floors"].astype(int)).all()
    of_block = ["block_name", "estate", "easting", "northing", "lift", "block_floors", "patch"]
    assert (homes.groupby("block_ref")[of_block].nunique() == 1).all().all()
    assert homes.groupby("block_name")["block_ref"].nunique().max() == 1
    assert 0.5 < (homes["tenure"] == "Secure tenancy").mean() < 0.65
    flagged = homes[(homes["tenure"] == "Leaseholder")]
    assert (flagged[["introductory", "arrears", "asb", "vulnerable", "damp"]] == "N").all().all()


def test_blocks_stand_inside_and_beside_a_street(
    homes: pd.DataFrame, streets: gpd.GeoDataFrame
) -> None:
    points = gpd.points_from_xy(homes["easting"].astype(float), homes["northing"].astype(float))
    blocks = gpd.GeoSeries(points, crs="EPSG:27700").drop_duplicates()
    assert blocks.within(Polygon(BOUNDARY)).all()
    assert blocks.distance(LineString(CANAL)).min() > 5
    assert blocks.distance(streets.geometry.union_all()).max() < 20


def test_streets_are_one_connected_network(streets: gpd.GeoDataFrame) -> None:
    assert streets.crs.to_epsg() == 27700
    assert {"highway", "name"} <= set(streets.columns)
    graph = nx.Graph(list(_edges(streets)))
    assert graph.number_of_nodes() > 1000
    assert nx.is_connected(graph)


def test_few_bridges_cross_the_canal(streets: gpd.GeoDataFrame) -> None:
    canal = LineString(CANAL)
    crossing = [pair for pair in _edges(streets) if LineString(pair).intersects(canal)]
    assert 2 <= len(crossing) <= 8


def test_patches_of_today_are_plausible_and_unbalanced(homes: pd.DataFrame) -> None:
    size = homes.groupby("patch").size()
    assert list(size.index) == [f"P{k:02d}" for k in range(1, 12)]
    assert size.min() > 200
    assert 1.2 < size.max() / size.mean() < 2


def test_balanced_patches_can_exist(homes: pd.DataFrame) -> None:
    """No block is near an officer's share, and estates that must stay whole fit into one."""
    target = len(homes) / 15.8
    assert homes.groupby("block_ref").size().max() < 0.25 * target
    by_estate = homes[homes["estate"] != ""].groupby("estate")
    whole = by_estate.size()[by_estate.size() <= 1.05 * target]
    assert whole.max() < 0.95 * target


def test_requests_are_of_known_homes_and_types(visits: pd.DataFrame, homes: pd.DataFrame) -> None:
    assert visits["visit_ref"].is_unique
    assert visits["property_ref"].isin(homes["property_ref"]).all()
    assert set(visits["visit_type"]) == {f.visit_type for f in VISIT_TYPES} | {"emergency_hazard"}
    assert (visits["visit_type"] == "emergency_hazard").sum() == 2
    assert len(visits) == 112
    assert (visits["two_officers"] == "Y").sum() >= 3
    assert (visits["skill"] == "damp").sum() == (visits["visit_type"] == "damp_mould").sum()


def test_requests_fall_due_after_they_were_raised(visits: pd.DataFrame) -> None:
    raised = pd.to_datetime(visits["raised_on"], format="%d/%m/%Y")
    due = pd.to_datetime(visits["due_by"], format="%d/%m/%Y")
    monday = pd.Timestamp(MONDAY)
    assert (raised < monday).all()
    assert (due >= monday).all()
    damp = visits["visit_type"] == "damp_mould"
    day = np.timedelta64(1, "D")
    day_one = raised[damp].to_numpy("datetime64[D]") + day
    last_day = due[damp].to_numpy("datetime64[D]")
    assert set(np.busday_count(day_one, last_day + day).tolist()) == {10}


def test_fixed_engagements_are_of_officers_who_are_in(borough: Path) -> None:
    fixed = pd.read_csv(borough / "fixed.csv")
    absent = set(pd.read_csv(borough / "absences.csv")["officer_ref"])
    assert len(fixed) == 8
    assert not absent & set(fixed["officer_ref"])


def test_doors_were_knocked_on_earlier_thursdays(borough: Path, homes: pd.DataFrame) -> None:
    outcomes = pd.read_csv(borough / "outcomes.csv", dtype={"property_ref": str})
    at = pd.to_datetime(outcomes["visited_at"])
    assert (at.dt.day_of_week == 3).all()
    assert (at < pd.Timestamp(MONDAY)).all()
    assert outcomes["property_ref"].is_unique
    assert outcomes["property_ref"].isin(homes["property_ref"]).all()
    assert 0.6 < (outcomes["outcome"] == "no_answer").mean() < 0.74


def test_a_small_scale_keeps_every_part(tmp_path: Path) -> None:
    folder = write_borough(tmp_path, scale=0.05, seed=3)
    officers = pd.read_csv(folder / "officers.csv")
    assert officers["service_centre"].nunique() == 4
    assert officers["patch"].nunique() == 2
    assert 300 < len(pd.read_csv(folder / "homes.csv")) < 700


def test_an_earlier_synthetic_borough_is_replaced(tmp_path: Path) -> None:
    write_borough(tmp_path, scale=0.05, seed=1)
    before = (tmp_path / "homes.csv").read_bytes()
    write_borough(tmp_path, scale=0.05, seed=2)
    assert (tmp_path / "homes.csv").read_bytes() != before


def test_a_landlords_own_files_are_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "homes.csv").write_text("mine")
    with pytest.raises(FileExistsError, match=r"homes\.csv"):
        write_borough(tmp_path, scale=0.05)
    assert (tmp_path / "homes.csv").read_text() == "mine"
    assert not (tmp_path / "officers.csv").exists()


def test_scale_must_be_positive(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="above 0"):
        write_borough(tmp_path, scale=0)


def test_week_may_be_any_day_of_it(tmp_path: Path) -> None:
    folder = write_borough(tmp_path, scale=0.05, week=dt.date(2027, 3, 4))
    fixed = pd.read_csv(folder / "fixed.csv")
    assert set(fixed["date"]) == {"2027-03-02", "2027-03-04"}


def test_share_out_adds_up() -> None:
    assert share_out(10, [1.0, 1.0, 1.0]).tolist() == [4, 3, 3]
    assert share_out(0, [1.0, 2.0]).tolist() == [0, 0]


def test_streets_of_a_site_reach_its_doors(homes: pd.DataFrame, streets: gpd.GeoDataFrame) -> None:
    paths = streets[streets["highway"] == "footway"]
    for fact in ESTATES[:3]:
        mine = homes[homes["estate"] == fact.name].drop_duplicates("block_ref")
        spot = Point(float(mine["easting"].iloc[0]), float(mine["northing"].iloc[0]))
        assert paths.distance(spot).min() < 15


def test_a_borough_too_large_for_its_streets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no room left for .*; choose a smaller scale"):
        write_borough(tmp_path / "b", scale=26)
    assert not (tmp_path / "b").exists()
