"""Where a row is: which source counts, what is said of each, and that nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from shapely import Point

from geodata import (
    DataError,
    Gazetteer,
    Problem,
    Stock,
    read_fixed,
    read_service_centres,
    read_stock,
)
from geodata.places.places import SOURCES

UPRN_HEADER = "UPRN,X_COORDINATE,Y_COORDINATE,LATITUDE,LONGITUDE"
HERE = (529_500.0, 178_500.0)
BY_UPRN = (529_510.0, 178_490.0)
BY_POSTCODE = (529_400.0, 178_600.0)
TO_DEGREES = Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True)

Read = Callable[..., tuple[Stock, list[Problem]]]


@pytest.fixture
def gazetteer(tmp_path: Path) -> Gazetteer:
    """UPRN 7 and postcode SW1V 3DJ near `HERE`; SW1V 9ZZ has no coordinates."""
    uprn, codepo = tmp_path / "osopenuprn.csv", tmp_path / "codepo"
    uprn.write_text(f"{UPRN_HEADER}\n7,{BY_UPRN[0]},{BY_UPRN[1]},51,0\n", encoding="utf-8-sig")
    codepo.mkdir()
    rows = [("SW1V 3DJ", 10, *BY_POSTCODE), ("SW1V 9ZZ", 90, 0, 0)]
    (codepo / "sw.csv").write_text("".join(f'"{p}",{q},{x},{y}\n' for p, q, x, y in rows))
    return Gazetteer.from_files(uprn=uprn, postcodes=codepo)


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read homes given as dicts of cells; the problems come beside the stock."""

    def read_homes(*homes: dict[str, object], **options: object) -> tuple[Stock, list[Problem]]:
        rows = [{"property_ref": f"H{i}", "tenure": "secure"} | h for i, h in enumerate(homes)]
        path = tmp_path / "homes.csv"
        pd.DataFrame(rows).fillna("").to_csv(path, index=False)
        found: list[Problem] = []
        stock = read_stock(path, problems=found, **options)  # type: ignore[arg-type]
        return stock, [p for p in found if p.column not in (None, "floor", "block_ref")]

    return read_homes


def brief(found: list[Problem]) -> list[tuple[str, int | None, str | None, str | None]]:
    return [(p.severity, p.row, p.column, p.value) for p in found]


def metres(place: tuple[float, float]) -> dict[str, object]:
    return {"easting": f"{place[0]:.0f}", "northing": f"{place[1]:.0f}"}


def degrees(place: tuple[float, float]) -> dict[str, object]:
    longitude, latitude = TO_DEGREES.transform(*place)
    return {"latitude": f"{latitude:.7f}", "longitude": f"{longitude:.7f}"}


def test_the_most_trusted_source_counts_row_by_row(read: Read, gazetteer: Gazetteer) -> None:
    uprn, postcode = {"uprn": "0000000007"}, {"postcode": "sw1v3dj"}
    point = {"wkt": f"POINT ({HERE[0]} {HERE[1] + 30})"}
    stock, found = read(
        metres(HERE) | degrees((HERE[0] + 20, HERE[1])) | point | postcode,
        degrees((HERE[0] + 20, HERE[1])) | point | postcode,
        point | postcode,
        uprn | postcode,
        postcode,
        {"easting": 0, "northing": 0} | postcode,
        gazetteer=gazetteer,
    )
    assert stock.homes["placed_by"].tolist() == [
        *("easting_northing", "latitude_longitude", "geometry", "uprn", "postcode", "postcode")
    ]
    expected = [HERE, (HERE[0] + 20, HERE[1]), (HERE[0], HERE[1] + 30), BY_UPRN]
    np.testing.assert_allclose(
        stock.homes[["easting", "northing"]], [*expected, BY_POSTCODE, BY_POSTCODE], atol=0.1
    )
    assert list(stock.placed) == list(SOURCES)
    assert list(stock.placed.values()) == [1, 1, 1, 1, 2]
    (note,) = [p for p in found if p.column == "postcode"]
    assert note.severity == "warning"
    assert "gives the place of 2 rows: the centre of the postcode" in note.reason


def test_geometry_gives_way_to_eastings_in_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "homes.gpkg"
    gpd.GeoDataFrame(
        {
            "property_ref": ["1", "2"],
            "tenure": ["secure", "secure"],
            "easting": [529_520.0, None],
            "northing": [178_500.0, None],
        },
        geometry=[Point(HERE), Point(HERE)],
        crs="EPSG:27700",
    ).to_file(path)
    homes = read_stock(path).homes
    assert homes["placed_by"].tolist() == ["easting_northing", "geometry"]
    assert homes["easting"].tolist() == [529_520, 529_500]


def test_degrees_in_columns_beside_shapes_give_way_to_them(tmp_path: Path) -> None:
    path = tmp_path / "homes.geojson"
    gpd.GeoDataFrame(
        {"property_ref": ["1"], "tenure": ["secure"], "x": [-0.1361], "y": [51.4915]},
        geometry=[Point(HERE)],
        crs="EPSG:27700",
    ).to_crs("EPSG:4326").to_file(path)
    found: list[Problem] = []
    assert read_stock(path, problems=found).placed == {"geometry": 1}
    (note,) = [p for p in found if p.column == "x, y"]
    assert note.reason.startswith("holds degrees")


@pytest.mark.parametrize(
    ("cells", "column", "value", "reason"),
    [
        ({"uprn": "8"}, "uprn", "8", "is not in osopenuprn.csv"),
        ({"postcode": "SW1V 3XX"}, "postcode", "SW1V 3XX", "is not in codepo"),
        ({"postcode": "EH1 1AA"}, "postcode", "EH1 1AA", "is not in codepo"),
        ({"postcode": "sw1v9zz"}, "postcode", "sw1v9zz", "has no coordinates in codepo"),
        ({"uprn": "", "postcode": ""}, "easting, northing", None, "has no coordinates"),
        ({"easting": "529500"}, "easting, northing", None, "there is no northing to its easting"),
        ({"easting": "here", "northing": "1", "uprn": "7"}, "easting", "here", "is not a number"),
        ({"easting": "529500", "uprn": "7"}, "easting, northing", None, "there is no northing"),
        ({"wkt": "LINESTRING (0 0, 1 1)"}, "wkt", "LINESTRING (0 0, 1 1)", "is not a point"),
        ({"wkt": "529500 178500"}, "wkt", "529500 178500", "is not a point"),
    ],
)
def test_a_home_without_a_place_is_named(
    cells: dict[str, object],
    column: str,
    value: str | None,
    reason: str,
    read: Read,
    gazetteer: Gazetteer,
) -> None:
    columns = dict.fromkeys(("easting", "northing", "uprn", "postcode", "wkt"), "")
    stock, found = read(metres(HERE), columns | cells, gazetteer=gazetteer)
    assert [p for p in brief(found) if p[0] == "error"] == [("error", 3, column, value)]
    (problem,) = [p for p in found if p.severity == "error"]
    assert reason in problem.reason
    assert problem.remedy
    assert stock.homes["property_ref"].tolist() == ["H0"]


def test_rows_of_one_home_may_be_placed_by_different_sources(
    read: Read, gazetteer: Gazetteer
) -> None:
    home = {"property_ref": "H", "postcode": "SW1V 3DJ"}
    stock, found = read(metres(HERE) | home, {"uprn": "7"} | home, home, gazetteer=gazetteer)
    assert not any(p.severity == "error" for p in found)
    assert stock.homes[["easting", "placed_by"]].to_numpy().tolist() == [
        [HERE[0], "easting_northing"]
    ]


def test_an_unknown_uprn_is_a_warning_where_the_postcode_gives_a_place(
    read: Read, gazetteer: Gazetteer
) -> None:
    stock, found = read({"uprn": "8", "postcode": "SW1V 3DJ"}, gazetteer=gazetteer)
    assert ("warning", 2, "uprn", "8") in brief(found)
    assert not any(p.severity == "error" for p in found)
    assert stock.placed == {"postcode": 1}


def test_a_spoilt_uprn_gives_no_place(read: Read, gazetteer: Gazetteer) -> None:
    _, found = read(metres(HERE), {"uprn": "1.00E+11"}, gazetteer=gazetteer)
    assert [p.row for p in found if p.severity == "error"] == [3]
    assert any(p.row == 3 and p.value == "1.00E+11" for p in found)


def test_without_a_gazetteer_the_remedy_names_it(read: Read) -> None:
    _, found = read(metres(HERE), {"uprn": "7", "postcode": "SW1V 3DJ"})
    (problem,) = [p for p in found if p.severity == "error"]
    assert "OS Open UPRN file as uprn" in problem.remedy
    assert "Code-Point Open as postcodes" in problem.remedy


def test_sources_that_disagree_are_named_with_both_values(read: Read, gazetteer: Gazetteer) -> None:
    far = (HERE[0] + 3_000, HERE[1])
    _, found = read(
        metres(HERE) | {"uprn": "7", "postcode": "SW1V 3DJ"},
        metres(far) | {"uprn": "7", "postcode": "SW1V 3DJ"},
        metres((HERE[0] + 300, HERE[1])) | {"postcode": "SW1V 3DJ"},
        metres(HERE) | degrees((HERE[0], HERE[1] + 200)),
        gazetteer=gazetteer,
    )
    told = [p for p in found if "check which of the two" in p.remedy]
    assert [(p.row, p.column, p.value) for p in told] == [
        (3, "uprn", "7"),
        (3, "postcode", "SW1V 3DJ"),
        (5, "longitude, latitude", told[2].value),
    ]
    assert all(p.severity == "warning" for p in told)
    assert "is at 529510, 178490, 3.0 km from the row's easting and northing 532500, 178500" in (
        told[0].reason
    )
    assert "200 m" in told[2].reason


def test_a_bad_place_is_not_also_a_disagreement(read: Read, gazetteer: Gazetteer) -> None:
    _, found = read(
        metres(HERE),
        {"easting": "178500", "northing": "529500", "uprn": "7"},
        service_centres=gpd.GeoDataFrame(geometry=[Point(HERE)], crs="EPSG:27700"),
        gazetteer=gazetteer,
    )
    assert [p.reason for p in found if p.row == 3] == [
        "has easting and northing the wrong way round"
    ]


def test_a_file_that_knows_few_of_the_uprns_is_said_once(read: Read, gazetteer: Gazetteer) -> None:
    homes = [metres(HERE) | {"uprn": str(100 + i)} for i in range(40)]
    _, found = read(*homes, gazetteer=gazetteer)
    (note,) = [p for p in found if p.column == "uprn"]
    assert (note.severity, note.row) == ("warning", None)
    assert "40 rows that have coordinates" in note.reason
    _, found = read(*homes[:3], gazetteer=gazetteer)
    assert [p.row for p in found if p.column == "uprn"] == [2, 3, 4]


def test_a_damaged_gazetteer_is_a_problem_beside_the_rows(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "uprn.csv"
    path.write_text(f"{UPRN_HEADER}\n7,x,y,51,0\n")
    gazetteer = Gazetteer.from_files(uprn=path)
    homes = (metres(HERE) | {"uprn": "9"}, {"uprn": "7"})
    found: list[Problem] = []
    with pytest.raises(DataError) as caught:
        read_stock(write(tmp_path, *homes), gazetteer=gazetteer)
    stock = read_stock(write(tmp_path, *homes), gazetteer=gazetteer, problems=found)
    assert {p.file for p in caught.value.problems} == {"uprn.csv", "bare.csv"}
    assert [p.file for p in found if p.severity == "error"] == ["uprn.csv", "bare.csv"]
    assert len(stock.homes) == 1


def write(folder: Path, *homes: dict[str, object]) -> Path:
    rows = [{"property_ref": f"H{i}", "tenure": "secure"} | h for i, h in enumerate(homes)]
    path = folder / "bare.csv"
    pd.DataFrame(rows).fillna("").to_csv(path, index=False)
    return path


def test_service_centres_and_surgeries_are_placed_too(gazetteer: Gazetteer, tmp_path: Path) -> None:
    path = tmp_path / "centres.csv"
    path.write_text("service_centre,post code,UPRN\nA,SW1V 3DJ,\nB,,7\n")
    points = read_service_centres(path, gazetteer=gazetteer, problems=[]).geometry
    assert [(p.x, p.y) for p in points] == [BY_POSTCODE, BY_UPRN]
    path = tmp_path / "fixed.csv"
    path.write_text(
        "officer_ref,date,start,end,place,postcode\n"
        "O1,30/11/2026,10:00,12:00,Hall,SW1V 3DJ\n"
        "O1,30/11/2026,13:00,14:00,Soho,\n"
        "O1,30/11/2026,15:00,16:00,Attic,SW1V 9ZZ\n"
    )
    found: list[Problem] = []
    fixed = read_fixed(path, gazetteer=gazetteer, problems=found)
    assert fixed["easting"].tolist()[:1] == [BY_POSTCODE[0]]
    assert np.isnan(fixed["easting"].iloc[1])
    assert ("error", 4, "postcode", "SW1V 9ZZ") in brief(found)


CELL = st.sampled_from(
    ["", "0", "529500", "178500", "51.49", "-0.14", "1e400", "-", "x", "=A1", "POINT (1 2)", "7"]
)
COLUMNS = ("easting", "northing", "latitude", "longitude", "wkt", "uprn", "postcode")


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(*[CELL] * len(COLUMNS)), min_size=1, max_size=6))
def test_any_cells_give_homes_with_places_or_errors(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]
) -> None:
    folder = tmp_path_factory.mktemp("cells")
    (folder / "uprn.csv").write_text(f"{UPRN_HEADER}\n7,529500,178500,51,0\n")
    homes = [dict(zip(COLUMNS, cells, strict=True)) for cells in rows]
    good = {"easting": "529500", "northing": "178500"}
    found: list[Problem] = []
    stock = read_stock(
        write(folder, good, *homes),
        gazetteer=Gazetteer.from_files(uprn=folder / "uprn.csv"),
        problems=found,
    )
    assert np.isfinite(stock.homes[["easting", "northing"]]).all(axis=None)
    assert sum(stock.placed.values()) == len(stock.homes)
    errors = {p.row for p in found if p.severity == "error"}
    assert set(range(2, len(homes) + 3)) == set(stock.homes["row"]) | errors
    assert not set(stock.homes["row"]) & errors


def test_westminster_is_restored_from_its_uprns(westminster: Path, tmp_path: Path) -> None:
    homes = pd.read_csv(westminster / "homes.csv", dtype=str).head(3_000)
    whole, bare, uprn = (tmp_path / f"{name}.csv" for name in ("whole", "homes", "osopenuprn"))
    homes.to_csv(whole, index=False)
    homes.drop(columns=["easting", "northing"]).to_csv(bare, index=False)
    shuffled = homes.sample(frac=1, random_state=1)
    lines = shuffled["uprn"] + "," + shuffled["easting"] + ".00," + shuffled["northing"]
    uprn.write_text("\n".join([UPRN_HEADER, *(lines + ".00,51.5,-0.1")]), encoding="utf-8-sig")
    restored = read_stock(bare, gazetteer=Gazetteer.from_files(uprn=uprn))
    before = read_stock(whole)
    assert restored.placed == {"uprn": len(before.homes)}
    pd.testing.assert_frame_equal(
        restored.homes.drop(columns="placed_by"), before.homes.drop(columns="placed_by")
    )
    assert restored.blocks.geometry.geom_equals(before.blocks.geometry).all()


def test_westminster_is_near_its_postcodes(westminster: Path, tmp_path: Path) -> None:
    homes = pd.read_csv(westminster / "homes.csv", dtype=str).head(5_000)
    bare, codepo = tmp_path / "homes.csv", tmp_path / "Data" / "CSV"
    codepo.mkdir(parents=True)
    places = homes.astype({"easting": float, "northing": float}).groupby("postcode")
    centres = places[["easting", "northing"]].mean().round().astype(int)
    for area, part in centres.groupby(centres.index.str.extract(r"^(\D+)", expand=False)):
        rows = [f'"{p}",10,{x},{y},"E92000001"' for p, x, y in part.itertuples()]
        (codepo / f"{area.lower()}.csv").write_text("\n".join(rows))
    squeezed = homes.assign(postcode=homes["postcode"].str.replace(" ", "").str.lower())
    squeezed.drop(columns=["easting", "northing", "uprn"]).to_csv(bare, index=False)
    found: list[Problem] = []
    gazetteer = Gazetteer.from_files(postcodes=tmp_path)
    restored = read_stock(bare, gazetteer=gazetteer, problems=found)
    assert restored.placed == {"postcode": len(homes)}
    assert [p.severity for p in found] == ["warning"]
    expected = centres.loc[homes["postcode"]].to_numpy()
    np.testing.assert_array_equal(restored.homes[["easting", "northing"]], expected)
