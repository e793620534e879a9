"""Points that cannot be right are named as what they are; towns of their own are left alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer
from shapely import Point, box

from geodata import Gazetteer, Problem, Stock, read_stock

LONDON = (529_500.0, 178_500.0)
LEEDS = (430_000.0, 433_500.0)
OBAN = (186_000.0, 730_000.0)
BOUNDARY = gpd.GeoDataFrame(geometry=[box(528_000, 177_000, 532_000, 181_000)], crs="EPSG:27700")

Places = list[tuple[float, float]]
Check = Callable[..., list[Problem]]


def town(middle: tuple[float, float], buildings: int, apart_m: float = 200.0) -> Places:
    """Buildings on a square grid, `apart_m` apart."""
    side = int(np.ceil(np.sqrt(buildings)))
    return [
        (middle[0] + apart_m * (i % side), middle[1] + apart_m * (i // side))
        for i in range(buildings)
    ]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Read homes at these places, one a building, and return what is said of their places."""

    def read(
        places: Places, *, names: tuple[str, str] = ("easting", "northing"), **options: object
    ) -> list[Problem]:
        frame = pd.DataFrame(places, columns=list(names))
        frame["property_ref"] = [f"H{i}" for i in range(len(places))]
        frame["block_ref"], frame["tenure"], frame["floor"] = frame["property_ref"], "secure", 0
        path = tmp_path / "homes.csv"
        frame.to_csv(path, index=False)
        found: list[Problem] = []
        stock: Stock = read_stock(path, problems=found, **options)  # type: ignore[arg-type]
        assert {p.row for p in found if p.severity == "error"}.isdisjoint(stock.homes["row"])
        return found

    return read


def centres(*places: tuple[float, float]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[Point(p) for p in places], crs="EPSG:27700")


def told(found: list[Problem]) -> list[tuple[str, int | None]]:
    return [(p.severity, p.row) for p in found]


def test_a_lone_home_far_from_all_is_a_warning(check: Check) -> None:
    found = check([*town(LONDON, 9), (LONDON[0] + 40_000, LONDON[1])])
    assert told(found) == [("warning", 11)]
    assert found[0].reason == "is 40 km from the nearest other homes"
    assert found[0].value == "569500, 178500"
    found = check(
        [*town(LONDON, 9), (LONDON[0] + 40_000, LONDON[1])], service_centres=centres(LONDON)
    )
    assert found[0].reason == (
        "is 40 km from the nearest other homes and 40 km from the nearest service centre"
    )


def test_two_flats_of_a_lone_building_are_both_named(check: Check) -> None:
    lone = (LONDON[0] + 40_000, LONDON[1])
    assert told(check([*town(LONDON, 9), lone, lone])) == [("warning", 11), ("warning", 12)]


def test_a_home_near_a_service_centre_is_not_far(check: Check) -> None:
    lone = (LONDON[0] + 40_000, LONDON[1])
    assert check([*town(LONDON, 9), lone], service_centres=centres(LONDON, lone)) == []


def test_a_national_landlord_is_left_alone(check: Check) -> None:
    places = [*town(LONDON, 60), *town(LEEDS, 30), *town(OBAN, 5)]
    assert check(places) == []
    assert check(places, service_centres=centres(LONDON)) == []


def test_homes_wide_apart_everywhere_are_left_alone(check: Check) -> None:
    assert check(town(OBAN, 40, apart_m=18_000)) == []


def test_one_building_or_two_say_nothing(check: Check) -> None:
    assert check([LONDON]) == []
    assert check([LONDON, LEEDS]) == []
    assert told(check([LONDON, (LONDON[0] + 300, LONDON[1]), LEEDS])) == [("warning", 4)]


def test_swapped_axes_of_one_and_of_many_are_named(check: Check) -> None:
    swapped = [(y, x) for x, y in town(LONDON, 4)]
    for options in ({}, {"service_centres": centres(LONDON)}, {"boundary": BOUNDARY}):
        found = check([*town(LONDON, 9), *swapped], **options)
        assert told(found) == [("error", row) for row in (11, 12, 13, 14)]
        assert {p.reason for p in found} == {"has easting and northing the wrong way round"}


def test_a_town_that_mirrors_no_other_is_not_swapped(check: Check) -> None:
    # Leeds read the wrong way round is near Leeds itself.
    assert check([*town(LEEDS, 30), *town((433_500.0, 430_000.0), 4)]) == []


def test_towns_that_mirror_each_other_are_left_alone(check: Check) -> None:
    mirror = (300_000.0, 500_000.0)
    towns = [*town(mirror[::-1], 49), *town(mirror, 16), *town(LONDON, 49), *town(OBAN, 49)]
    assert check(towns) == []
    assert check(towns, service_centres=centres(mirror[::-1])) == []
    # One home alone is not a town.
    found = check([*town(LONDON, 49), *town(LEEDS, 49), LONDON[::-1]])
    assert told(found) == [("error", 100)]


def test_most_homes_the_wrong_way_round_are_named_by_the_service_centres(check: Check) -> None:
    swapped = [*(place[::-1] for place in town(LONDON, 9)), *town(LONDON, 2)]
    found = check(swapped, service_centres=centres(LONDON))
    assert told(found) == [("error", row) for row in range(2, 11)]
    # With nothing to compare with, it is the others that stand out.
    assert told(check(swapped)) == [("error", 11), ("error", 12)]


def test_a_few_mistyped_alike_are_named_together(check: Check) -> None:
    pair = [(LONDON[0] + 40_000, LONDON[1]), (LONDON[0] + 40_000, LONDON[1] + 900)]
    found = check([*town(LONDON, 16), *pair])
    assert told(found) == [("warning", 18), ("warning", 19)]
    assert found[0].reason == "is, with the few beside it, 39 km from the other homes"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("EPSG:3857", "Web Mercator"),
        ("EPSG:29903", "the Irish Grid"),
        ("EPSG:2157", "Irish Transverse Mercator"),
        ("EPSG:32630", "UTM zone 30"),
    ],
)
def test_another_grid_is_named(code: str, name: str, check: Check) -> None:
    there = Transformer.from_crs("EPSG:27700", code, always_xy=True).transform(*LONDON)
    found = check([*town(LONDON, 9), there], boundary=BOUNDARY)
    assert told(found) == [("error", 11)]
    assert found[0].reason == f"looks like {name} ({code}), not EPSG:27700"
    if code == "EPSG:3857":
        assert check([*town(LONDON, 9), there])[0].reason == found[0].reason


def test_a_whole_file_in_web_mercator_is_named(check: Check) -> None:
    turn = Transformer.from_crs("EPSG:27700", "EPSG:3857", always_xy=True)
    good = (LONDON[0] + 1, LONDON[1])
    places = [turn.transform(*place) for place in town(LONDON, 9)]
    found = check([*places, good], service_centres=centres(LONDON))
    assert told(found) == [("error", row) for row in range(2, 11)]
    assert all("Web Mercator" in p.reason for p in found)


def test_british_metres_are_named_in_another_grid(check: Check) -> None:
    belfast = Transformer.from_crs("EPSG:4326", "EPSG:29903", always_xy=True).transform(-5.93, 54.6)
    british = Transformer.from_crs("EPSG:29903", "EPSG:27700", always_xy=True).transform(*belfast)
    bounds = gpd.GeoDataFrame(geometry=[Point(belfast).buffer(5_000)], crs="EPSG:29903")
    found = check([*town(belfast, 9), british], crs="EPSG:29903", boundary=bounds)
    assert told(found) == [("error", 11)]
    assert "the British National Grid" in found[0].reason


def test_swapped_and_unsigned_degrees_are_named(check: Check) -> None:
    turn = Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True)
    places = [turn.transform(*place) for place in town(LEEDS, 9)]
    lon, lat = places[0]
    boundary = gpd.GeoDataFrame(geometry=[Point(LEEDS).buffer(5_000)], crs="EPSG:27700")
    for options in ({"boundary": boundary}, {}):
        found = check(
            [*places, (lat, lon), (-lon, lat), (500_000.0, 300_000.0)],
            names=("longitude", "latitude"),
            **options,
        )
        assert told(found) == [("error", 11), ("error", 12), ("error", 13)]
        assert "latitude and longitude the wrong way round" in found[0].reason
        assert "minus sign" in found[1].reason
        assert found[2].reason == "is not in degrees"


def test_what_fits_nowhere_is_not_named_as_another_grid(check: Check) -> None:
    found = check([*town(LONDON, 9), (9_000_000.0, 40_000_000.0)])
    assert [p.reason for p in found] == ["is not on the British National Grid"]
    found = check([*town(LONDON, 9), (540_000.0, 179_000.0)], boundary=BOUNDARY)
    assert [p.reason for p in found] == ["is 8.0 km outside the boundary"]


def test_the_problem_names_the_columns_that_were_used(check: Check) -> None:
    found = check(
        [*town(LONDON, 9), (540_000.0, 179_000.0)],
        names=("x_coord", "os_northing"),
        boundary=BOUNDARY,
    )
    (problem,) = [p for p in found if p.severity == "error"]
    assert (problem.column, problem.value) == ("x_coord, os_northing", "540000, 179000")
    assert "correct the coordinates" in problem.remedy


def test_a_postcode_outside_the_boundary_is_named_as_that(tmp_path: Path) -> None:
    (tmp_path / "postcodes.csv").write_text(
        '"LS1 1AA",10,430000,433500\n"SW1V 3DJ",10,529500,178500\n'
    )
    homes = tmp_path / "homes.csv"
    homes.write_text("property_ref,tenure,postcode\n1,secure,LS1 1AA\n2,secure,SW1V 3DJ\n")
    found: list[Problem] = []
    gazetteer = Gazetteer.from_files(postcodes=tmp_path / "postcodes.csv")
    read_stock(homes, boundary=BOUNDARY, gazetteer=gazetteer, problems=found)
    (problem,) = [p for p in found if p.severity == "error"]
    assert (problem.row, problem.column, problem.value) == (2, "postcode", "LS1 1AA")
    assert problem.remedy.startswith("correct the postcode;")
