"""UPRNs and postcodes to coordinates: every form the files are shipped in, and damaged ones."""

from __future__ import annotations

import sqlite3
import struct
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from shapely import Point

from geodata import DataError, Gazetteer, Problem
from geodata.gazetteer import spell_postcode, uprn_number, uprns

HEADER = "UPRN,X_COORDINATE,Y_COORDINATE,LATITUDE,LONGITUDE"
UPRNS = {1: (358260.66, 172796.5), 26: (352967.0, 181077.0), 100023336956: (529500.0, 178500.5)}
POSTCODES = {
    "SW1V 3DJ": ("10", 529174, 178111),
    "W1H 2AB": ("10", 527600, 181200),
    "W1A 9ZZ": ("90", 0, 0),
    "WC2N 5DN": ("20", 530030, 180380),
}


def uprn_lines(places: dict[int, tuple[float, float]] = UPRNS) -> bytes:
    lines = [HEADER, *(f"{u},{x},{y},51.5,-0.1" for u, (x, y) in places.items())]
    return b"\xef\xbb\xbf" + "\r\n".join([*lines, ""]).encode()


def postcode_lines(area: str) -> str:
    rows = (
        f'"{postcode}",{quality},{x},{y},"E92000001","","E18000007","","E09000033","E05013806"\r\n'
        for postcode, (quality, x, y) in POSTCODES.items()
        if postcode.startswith(area) and postcode[len(area)].isdigit()
    )
    return "".join(rows)


@pytest.fixture
def uprn_csv(tmp_path: Path) -> Path:
    """Three UPRNs, as the Ordnance Survey writes them."""
    path = tmp_path / "osopenuprn_202610.csv"
    path.write_bytes(uprn_lines())
    return path


@pytest.fixture
def codepo(tmp_path: Path) -> Path:
    """Four postcodes of three areas in Code-Point Open's folders; W1A 9ZZ has no coordinates."""
    folder = tmp_path / "codepo_gb"
    (folder / "Data" / "CSV").mkdir(parents=True)
    (folder / "Doc").mkdir()
    (folder / "Doc" / "Code-Point_Open_Column_Headers.csv").write_text("PC,PQ,EA,NO\n")
    for area in ("sw", "w", "wc"):
        path = folder / "Data" / "CSV" / f"{area}.csv"
        path.write_text(postcode_lines(area.upper()), newline="")
    return folder


def zipped(target: Path, *files: tuple[str, Path]) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in files:
            archive.write(path, name)
    return target


def geopackage(path: Path) -> Path:
    """OS Open UPRN's layer, written by GDAL."""
    xs, ys = zip(*UPRNS.values(), strict=True)
    gpd.GeoDataFrame(
        {"UPRN": list(UPRNS), "X_COORDINATE": xs, "Y_COORDINATE": ys},
        geometry=gpd.points_from_xy(xs, ys),
        crs="EPSG:27700",
    ).to_file(path, layer="osopenuprn_address")
    return path


UprnForm = Callable[[Path, Path], Path]
UPRN_FORMS: dict[str, UprnForm] = {
    "csv": lambda folder, csv: csv,
    "folder": lambda folder, csv: csv.parent,
    "zip": lambda folder, csv: zipped(
        folder / "osopenuprn_csv.zip", ("licence.txt", csv), ("osopenuprn.csv", csv)
    ),
    "gpkg": lambda folder, csv: geopackage(folder / "uprn.gpkg"),
    "zipped gpkg": lambda folder, csv: zipped(
        folder / "osopenuprn_gpkg.zip", ("osopenuprn.gpkg", geopackage(folder / "uprn.gpkg"))
    ),
}


@pytest.mark.parametrize("form", UPRN_FORMS)
def test_uprns_are_found_in_every_form(form: str, uprn_csv: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    gazetteer = Gazetteer.from_files(uprn=UPRN_FORMS[form](other, uprn_csv))
    wanted = ["100023336956", 26, " 000000000001 ", "999", "1.00E+11", "", None, 26.0, float("nan")]
    places = gazetteer.locate_uprns(wanted)
    nowhere = (np.nan, np.nan)
    expected = [UPRNS[100023336956], UPRNS[26], UPRNS[1], *[nowhere] * 4, UPRNS[26], nowhere]
    np.testing.assert_array_equal(places, expected)


@pytest.mark.parametrize("block", range(1, 90, 7))
def test_lines_across_blocks_are_found(
    block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uprns, "BLOCK_BYTES", block)
    path = tmp_path / "uprn.csv"
    path.write_bytes(uprn_lines({u: (u, u + 0.5) for u in range(1, 40)}))
    wanted = np.arange(1, 45)
    places = Gazetteer.from_files(uprn=path).locate_uprns(wanted)
    np.testing.assert_array_equal(places[:39], np.column_stack([wanted, wanted + 0.5])[:39])
    assert np.isnan(places[39:]).all()


def test_the_lines_with_damage_are_told_and_none_after_the_last_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uprns, "BLOCK_BYTES", 10)
    path = tmp_path / "uprn.csv"
    path.write_bytes(uprn_lines() + b"5,damaged\r\n")
    gazetteer = Gazetteer.from_files(uprn=path)
    np.testing.assert_array_equal(gazetteer.locate_uprns([26]), [UPRNS[26]])
    with pytest.raises(DataError, match="one of its lines 5 to 5 is damaged"):
        gazetteer.locate_uprns([6])


def test_order_ends_of_lines_and_a_missing_last_end_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "uprn.csv"
    lines = [HEADER, '"30","3","4","51","0"', "7,1,2,51,0", "20,5,6,51,0"]
    path.write_text("\n".join(lines), newline="")
    places = Gazetteer.from_files(uprn=path).locate_uprns([7, 20, 30])
    np.testing.assert_array_equal(places, [(1, 2), (5, 6), (3, 4)])


def test_an_index_in_the_geopackage_changes_nothing(tmp_path: Path) -> None:
    path = geopackage(tmp_path / "uprn.gpkg")
    before = Gazetteer.from_files(uprn=path).locate_uprns(list(UPRNS))
    with closing(sqlite3.connect(path)) as base:
        base.execute("CREATE INDEX by_uprn ON osopenuprn_address (UPRN)")
        base.commit()
    np.testing.assert_array_equal(Gazetteer.from_files(uprn=path).locate_uprns(list(UPRNS)), before)


def test_another_crs_is_reprojected(uprn_csv: Path, codepo: Path) -> None:
    gazetteer = Gazetteer.from_files(uprn=uprn_csv, postcodes=codepo)
    to_utm = Transformer.from_crs("EPSG:27700", "EPSG:32630", always_xy=True)
    np.testing.assert_allclose(
        gazetteer.locate_uprns([26, 5], crs="EPSG:32630"),
        [to_utm.transform(*UPRNS[26]), (np.nan, np.nan)],
    )
    np.testing.assert_allclose(
        gazetteer.locate_postcodes(["w1h2ab"], crs="EPSG:32630"), [to_utm.transform(527600, 181200)]
    )


def postcode_package(path: Path) -> Path:
    frame = gpd.GeoDataFrame(
        {
            "postcode": ["SW1V 3DJ", "W1H 2AB", "W1A 9ZZ", "WC2N  5DN"],
            "positional_quality_indicator": [10, 10, 90, 20],
        },
        geometry=[Point(x, y) for _, x, y in POSTCODES.values()],
        crs="EPSG:27700",
    )
    frame.to_file(path, layer="codepoint")
    return path


def one_csv(path: Path, header: str = "") -> Path:
    rows = [f'"{p.replace(" ", "")}",{q},{x},{y}' for p, (q, x, y) in POSTCODES.items()]
    path.write_text("\n".join([header, *rows] if header else rows), newline="")
    return path


POSTCODE_FORMS: dict[str, UprnForm] = {
    "folder": lambda folder, codepo: codepo,
    "inner folder": lambda folder, codepo: codepo / "Data" / "CSV",
    "zip": lambda folder, codepo: zipped(
        folder / "codepo_gb.zip",
        *((p.relative_to(codepo).as_posix(), p) for p in sorted(codepo.rglob("*.csv"))),
    ),
    "gpkg": lambda folder, codepo: postcode_package(folder / "codepo_gb.gpkg"),
    "zipped gpkg": lambda folder, codepo: zipped(
        folder / "codepo.zip", ("Data/codepo_gb.gpkg", postcode_package(folder / "codepo_gb.gpkg"))
    ),
    "folder of the gpkg": lambda folder, codepo: postcode_package(folder / "codepo_gb.gpkg").parent,
    "one csv": lambda folder, codepo: one_csv(folder / "codepo.csv"),
    "one csv with a header": lambda folder, codepo: one_csv(
        folder / "mine.csv", "Postcode,Positional_quality_indicator,Eastings,Northings"
    ),
}


@pytest.mark.parametrize("form", POSTCODE_FORMS)
def test_postcodes_are_found_in_every_form(form: str, codepo: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    gazetteer = Gazetteer.from_files(postcodes=POSTCODE_FORMS[form](other, codepo))
    wanted = ["SW1V3DJ", "w1h  2ab", " WC2N 5DN ", "W1A 9ZZ", "EH1 1AA", "W1H", "", None]
    places = gazetteer.locate_postcodes(wanted)
    expected = [(529174, 178111), (527600, 181200), (530030, 180380), *[(np.nan, np.nan)] * 5]
    np.testing.assert_array_equal(places, expected)


def test_only_the_areas_needed_are_read(codepo: Path) -> None:
    (codepo / "Data" / "CSV" / "w.csv").write_text("not a postcode at all")
    gazetteer = Gazetteer.from_files(postcodes=codepo)
    assert np.isfinite(gazetteer.locate_postcodes(["SW1V 3DJ"])).all()
    with pytest.raises(DataError, match="row 1 is not a postcode"):
        gazetteer.locate_postcodes(["W1H 2AB"])


def test_nothing_wanted_reads_nothing(uprn_csv: Path, codepo: Path) -> None:
    gazetteer = Gazetteer.from_files(uprn=uprn_csv, postcodes=codepo)
    assert gazetteer.locate_uprns([]).shape == (0, 2)
    assert gazetteer.locate_postcodes([]).shape == (0, 2)
    assert np.isnan(Gazetteer().locate_uprns(["1"])).all()
    assert np.isnan(Gazetteer().locate_postcodes(["W1H 2AB"])).all()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_both_files_are_told_of_at_once(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        Gazetteer.from_files(uprn=tmp_path / "no.csv", postcodes=tmp_path / "nor")
    assert [p.file for p in caught.value.problems] == ["no.csv", "nor"]
    assert all(p.reason == "the file is not there" for p in caught.value.problems)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"UPRN,EASTING,NORTHING\n1,2,3\n", "its first line is 'UPRN,EASTING,NORTHING'"),
        (("\ufeff" + HEADER).encode("utf-16"), "its first line is"),
        (b"\xff\xd8\xff" * 5000, "its first line is"),
        (b"PK\x03\x04 cut", "damaged zip"),
        (b"SQLite format 3\x00" + bytes(500), "damaged or not a GeoPackage"),
        (uprn_lines() + b"5,,178111,51,0\r\n", "one of its lines 2 to 5 is damaged"),
        (uprn_lines() + b"5,1234", "one of its lines 2 to 5 is damaged"),
        (uprn_lines() + b"5,1234,178111,51.", "one of its lines 2 to 5 is damaged"),
        (uprn_lines() + b"5,nan,1,51,0\n", "damaged"),
        (uprn_lines() + b'"5,1234,178111,51,0\n' + b"1,2,3,4,5\n" * 9, "damaged"),
        (uprn_lines() + b"7," + b"1" * 5_000_000, "damaged"),
        (uprn_lines() + b"7,2,3,4," + b"1" * 17_000_000, "a line that does not end"),
    ],
)
def test_a_wrong_uprn_file_is_said(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "uprn.csv"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        Gazetteer.from_files(uprn=path).locate_uprns(["5"])
    (problem,) = caught.value.problems
    assert problem.file == "uprn.csv"
    assert reason in problem.reason
    assert problem.remedy


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\xff\xfe\x00x" * 50, "UTF-8"),
        (b"<html>not found</html>", "row 1 is not a postcode"),
        (b'"SW1V 3DJ",10,529174\n', "row 1 is not a postcode"),
        (b'"SW1V 3DJ",10,here,178111\n', "row 1 is not a postcode"),
        (b"PK\x03\x04 cut", "damaged zip"),
        (b"SQLite format 3\x00" + bytes(500), "damaged or not a GeoPackage"),
        (b"\x00" * 100_000, "row 1 is not a postcode"),
    ],
)
def test_a_wrong_postcode_file_is_said(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "codepo.csv"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        Gazetteer.from_files(postcodes=path).locate_postcodes(["SW1V 3DJ"])
    (problem,) = caught.value.problems
    assert problem.file == "codepo.csv"
    assert reason in problem.reason


@pytest.mark.parametrize("kind", ["uprn", "postcodes"])
def test_a_folder_or_zip_without_the_files_is_said(kind: str, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    note = tmp_path / "note.txt"
    note.write_text("hello")
    for path in (empty, zipped(tmp_path / "empty.zip", ("note.txt", note))):
        with pytest.raises(DataError, match="holds no"):
            Gazetteer.from_files(**{kind: path})  # type: ignore[arg-type]


def test_damage_inside_a_zip_is_found(uprn_csv: Path, tmp_path: Path) -> None:
    path = zipped(tmp_path / "uprn.zip", ("osopenuprn.csv", uprn_csv))
    whole = path.read_bytes()
    for at in range(45, whole.index(b"PK\x01\x02"), 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        with pytest.raises(DataError):
            Gazetteer.from_files(uprn=path).locate_uprns(["404"])
    path.write_bytes(whole)
    cut(path)
    with pytest.raises(DataError, match="damaged zip"):
        Gazetteer.from_files(uprn=path)


@pytest.mark.parametrize("at", range(0, 100_000, 4_999))
def test_a_damaged_geopackage_is_an_error_or_an_answer(at: int, tmp_path: Path) -> None:
    path = geopackage(tmp_path / "uprn.gpkg")
    whole = bytearray(path.read_bytes())
    at %= len(whole)
    whole[at : at + 300] = b"\xa5" * len(whole[at : at + 300])
    path.write_bytes(whole)
    try:
        places = Gazetteer.from_files(uprn=path).locate_uprns(list(UPRNS))
    except DataError:
        return
    assert places.shape == (3, 2)


def test_a_zip_member_that_is_no_geopackage_is_said(uprn_csv: Path, tmp_path: Path) -> None:
    path = zipped(tmp_path / "uprn.zip", ("osopenuprn.gpkg", uprn_csv))
    with pytest.raises(DataError, match="is not a GeoPackage"):
        Gazetteer.from_files(uprn=path).locate_uprns(["1"])


def test_a_layer_without_the_columns_is_said(tmp_path: Path) -> None:
    path = tmp_path / "other.gpkg"
    gpd.GeoDataFrame({"a": [1]}, geometry=[Point(1, 2)], crs="EPSG:27700").to_file(path)
    with pytest.raises(DataError, match="none of its layers has the columns UPRN"):
        Gazetteer.from_files(uprn=path).locate_uprns(["1"])
    with pytest.raises(DataError, match="none of its layers has the columns postcode"):
        Gazetteer.from_files(postcodes=path).locate_postcodes(["W1H 2AB"])


def test_an_empty_point_has_no_place(tmp_path: Path) -> None:
    path = postcode_package(tmp_path / "codepo.gpkg")
    empty = b"GP\x00\x11" + struct.pack("<i", 27700) + struct.pack("<BIdd", 1, 1, np.nan, np.nan)
    with closing(sqlite3.connect(path)) as base:
        for trigger in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            base.execute(f'DROP TRIGGER "{trigger[0]}"')
        base.execute("UPDATE codepoint SET geom = ? WHERE postcode = 'W1H 2AB'", (empty,))
        base.commit()
    places = Gazetteer.from_files(postcodes=path).locate_postcodes(["W1H 2AB", "SW1V 3DJ"])
    np.testing.assert_array_equal(places, [(np.nan, np.nan), (529174, 178111)])


OUTWARD = st.from_regex(r"[A-Z]{1,2}[0-9][A-Z0-9]?", fullmatch=True)
INWARD = st.from_regex(r"[0-9][A-Z]{2}", fullmatch=True)
GAP = st.text(" \t\u00a0", max_size=3)


@given(OUTWARD, INWARD, GAP, GAP, GAP, st.booleans())
def test_a_postcode_is_itself_however_it_is_spaced(
    outward: str, inward: str, before: str, gap: str, after: str, lower: bool
) -> None:
    text = f"{before}{outward}{gap}{inward}{after}"
    assert spell_postcode(text.lower() if lower else text) == f"{outward} {inward}"


@given(st.text(max_size=12) | st.none() | st.integers() | st.floats())
def test_any_text_is_a_postcode_and_a_uprn_or_none(value: object) -> None:
    postcode, uprn = spell_postcode(value), uprn_number(value)
    assert postcode is None or spell_postcode(postcode) == postcode
    assert uprn is None or 0 < uprn < 10**12


@given(st.integers(1, 10**12 - 1), st.integers(0, 4), GAP)
def test_a_uprn_is_its_number(number: int, zeros: int, gap: str) -> None:
    assert uprn_number(f"{gap}{'0' * zeros}{number}{gap}") == number
    assert uprn_number(number) == uprn_number(float(number)) == number


@settings(max_examples=25, deadline=None)
@given(content=st.binary(max_size=300), tidy=st.booleans())
def test_whatever_the_bytes_it_is_an_error_or_an_answer(
    content: bytes, tidy: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "file.csv"
    path.write_bytes((uprn_lines() if tidy else b"") + content)
    for kind in ("uprn", "postcodes"):
        problems: tuple[Problem, ...] = ()
        try:
            gazetteer = Gazetteer.from_files(**{kind: path})  # type: ignore[arg-type]
            assert gazetteer.locate_uprns([5, 26]).shape == (2, 2)
            assert gazetteer.locate_postcodes(["W1H 2AB"]).shape == (1, 2)
        except DataError as error:
            problems = error.problems
        assert all(p.file == "file.csv" and p.reason and p.remedy for p in problems)
