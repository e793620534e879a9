"""What is written and read again is the same, in every format that is read."""

from __future__ import annotations

import datetime as dt
import string
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import Point

from geodata import (
    DataError,
    read_absences,
    read_fixed,
    read_officers,
    read_outcomes,
    read_service_centres,
    read_visits,
)
from optimiser.outputs.tables import Sheet, write_csv, write_xlsx

Rows = list[dict[str, Any]]

EASTING, NORTHING = 529_000.0, 181_000.0


def write_delimited(path: Path, rows: Rows, delimiter: str, encoding: str) -> None:
    frame = pd.DataFrame(rows)
    text = frame.to_csv(index=False, sep=delimiter, lineterminator="\r\n")
    path.write_bytes(text.encode(encoding, errors="strict"))


def write_workbook(path: Path, rows: Rows) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Export of the week"])
    book.active.append(list(rows[0]))
    for row in rows:
        book.active.append([None if row[name] == "" else row[name] for name in rows[0]])
    book.save(path)


def write_layer(path: Path, rows: Rows, shapes: bool) -> None:
    frame: Any = pd.DataFrame(rows)
    if shapes:
        frame = gpd.GeoDataFrame(
            frame, geometry=[Point(EASTING + i, NORTHING) for i in range(len(frame))], crs=27700
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a Shapefile cuts the names of columns
            frame.to_file(path, encoding="utf-8")
    else:
        import pyogrio

        pyogrio.write_dataframe(frame, path, layer="rows", encoding="utf-8")


def write_dbf(path: Path, rows: Rows) -> None:
    write_layer(path.with_suffix(".shp"), rows, shapes=True)
    for suffix in (".shp", ".shx", ".prj"):
        path.with_suffix(suffix).unlink()


def write_ours(path: Path, rows: Rows) -> None:
    frame = pd.DataFrame(rows)
    if path.suffix == ".csv":
        write_csv(path, frame, synthetic=True)
    else:
        first = Sheet("Plan", pd.DataFrame({"officer_ref": ["HO1"], "walk_m": [3.5]}))
        write_xlsx(path, [first, Sheet("Rows", frame)], title="", notice="")


WRITERS: dict[str, tuple[str, Callable[[Path, Rows], None]]] = {
    "csv": ("rows.csv", lambda p, r: write_delimited(p, r, ",", "utf-8")),
    "csv with a mark": ("rows.csv", lambda p, r: write_delimited(p, r, ";", "utf-8-sig")),
    "tabs in UTF-16": ("rows.txt", lambda p, r: write_delimited(p, r, "\t", "utf-16")),
    "xlsx": ("rows.xlsx", write_workbook),
    "geojson": ("rows.geojson", lambda p, r: write_layer(p, r, shapes=True)),
    "gpkg": ("rows.gpkg", lambda p, r: write_layer(p, r, shapes=True)),
    "gpkg without shapes": ("rows.gpkg", lambda p, r: write_layer(p, r, shapes=False)),
    "shp": ("rows.shp", lambda p, r: write_layer(p, r, shapes=True)),
    "dbf": ("rows.dbf", write_dbf),
    "our csv": ("rows.csv", write_ours),
    "our xlsx": ("rows.xlsx", write_ours),
}

# What people type into a cell; a shapefile's field ends at 254 bytes.
TYPED = st.text(
    alphabet=string.ascii_letters + string.digits + " ;,|'\"&-+@/.()#éøŁß漢字عم\n", max_size=20
)
WORDS = st.text(alphabet=string.ascii_letters + "éøŁß漢字", min_size=1, max_size=8)
REFS = st.from_regex(r"[0A-Z][0-9A-Zé/-]{0,7}[0-9A-Z]", fullmatch=True).filter(
    lambda t: (
        t.casefold() not in ("na", "nan", "nat", "null", "none", "n/a")
        and not t.startswith(("-", "+"))
    )
)
DAYS = st.dates(dt.date(2020, 1, 1), dt.date(2029, 12, 31))
MINUTES = st.integers(0, 24 * 60 - 1).map(lambda m: f"{m // 60:02d}:{m % 60:02d}")


def instant(day: dt.date, time: str) -> str:
    return f"{day:%d/%m/%Y} {time}"


VISITS = st.fixed_dictionaries(
    {
        "visit_ref": REFS,
        "property_ref": REFS,
        "visit_type": st.sampled_from(["tenancy_audit", "pcfra"]),
        "raised_on": DAYS.map(lambda d: f"{d:%d/%m/%Y}"),
        "due_by": DAYS.map(lambda d: d.isoformat()) | st.just(""),
        "minutes": st.integers(1, 120),
        "days": st.sampled_from(["", "Mon;Wed", "Fri"]),
        "window_start": MINUTES,
        "window_end": st.just(""),
        "two_officers": st.sampled_from(["Y", "N"]),
        "language": st.sampled_from(["", "Bengali", "BSL", "Łemko"]),
        "skill": WORDS.map(str.casefold),
        "previous_attempts": st.integers(0, 3),
        "last_attempt_at": st.builds(instant, DAYS, MINUTES),
        "priority": st.integers(1, 5),
        "excluded_officers": st.sampled_from(["", "HO1", "HO1;HO2"]),
        "appointment_only": st.sampled_from(["Y", "N", ""]),
        "contact_first": st.sampled_from(["Y", "N", ""]),
        "no_card_left": st.sampled_from(["Y", "N", ""]),
        "officer_gender": st.sampled_from(["female", "male", ""]),
        "review_by": DAYS.map(lambda d: d.isoformat()),
        "pinned_officer": REFS,
        "pinned_at": st.builds(instant, DAYS, st.just("14:30")),
    }
)
OFFICERS = st.fixed_dictionaries(
    {
        "officer_ref": REFS,
        "fte": st.sampled_from([0.4, 0.6, 1]),
        "service_centre": REFS,
        "working_days": st.sampled_from(["Mon;Tue", "Mon;Fri"]),
        "shift_start": st.just("08:30"),
        "shift_end": st.just("17:15"),
        "break_minutes": st.integers(0, 60),
        "languages": st.sampled_from(["", "Bengali;BSL", "Łemko"]),
        "skills": st.lists(WORDS.map(str.casefold), max_size=3, unique=True).map(";".join),
        "patch": REFS,
        "gender": st.sampled_from(["female", "male", ""]),
    }
)
FIXED = st.fixed_dictionaries(
    {
        "officer_ref": REFS,
        "date": DAYS.map(lambda d: f"{d:%d/%m/%Y}"),
        "start": st.just("10:00"),
        "end": st.just("12:30"),
        "kind": WORDS,
        "place": TYPED,
    }
)
ABSENCES = st.fixed_dictionaries(
    {
        "officer_ref": REFS,
        "first_day": st.just("2026-11-30"),
        "last_day": st.dates(dt.date(2026, 11, 30), dt.date(2027, 3, 1)).map(str),
        "reason": TYPED,
    }
)
OUTCOMES = st.fixed_dictionaries(
    {
        "property_ref": REFS,
        "visited_at": st.builds(lambda d, t: f"{d}T{t}", DAYS, MINUTES),
        "kind": st.sampled_from(["visit", "round"]),
        "visit_ref": REFS,
        "outcome": st.sampled_from(["done", "no_answer", "other"]),
        "officer_ref": REFS,
    }
)
CENTRES = st.fixed_dictionaries(
    {
        "service_centre": REFS,
        "name": TYPED,
        "easting": st.just(EASTING),
        "northing": st.just(NORTHING),
    }
)
TABLES: dict[str, tuple[st.SearchStrategy[dict[str, Any]], str, Callable[..., pd.DataFrame]]] = {
    "visits": (VISITS, "visit_ref", read_visits),
    "officers": (OFFICERS, "officer_ref", read_officers),
    "fixed": (FIXED, "", read_fixed),
    "absences": (ABSENCES, "", read_absences),
    "outcomes": (OUTCOMES, "", read_outcomes),
    "centres": (CENTRES, "service_centre", read_service_centres),
}


def plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows without their numbers in the file and without the points' own columns."""
    frame = pd.DataFrame(frame).reset_index()
    frame = frame.drop(columns=["row", "index", "geometry", "easting", "northing"], errors="ignore")
    records = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{str(k): v for k, v in r.items()} for r in records]


def as_typed(text: str) -> str | None:
    """Return what a cell with this text holds: single spaces, and nothing for a blank mark."""
    text = " ".join(text.split())
    return None if text.casefold() in ("", "-", "n/a", "nan", "nat", "null", "none") else text


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("writer", WRITERS)
@settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_every_table_is_the_same_in_every_format(
    tmp_path: Path, table: str, writer: str, data: st.DataObject
) -> None:
    rows_of, key, read = TABLES[table]
    unique = (lambda row: row[key]) if key else None
    rows = data.draw(st.lists(rows_of, min_size=1, max_size=4, unique_by=unique))
    name, write = WRITERS[writer]
    for old in tmp_path.iterdir():
        old.unlink()
    plain_path, path = tmp_path / "plain.csv", tmp_path / name
    write_delimited(plain_path, rows, ",", "utf-8")
    expected = plain(read(plain_path, problems=[]))
    assert len(expected) == len(rows)
    write(path, rows)
    assert plain(read(path, problems=[])) == expected
    for column in {"place", "reason", "name"} & set(rows[0]):
        for row, got in zip(rows, expected, strict=True):
            fallback = {"place": "", "name": got.get("service_centre"), "reason": None}[column]
            assert got[column] == (as_typed(row[column]) or fallback)
    for column in {"property_ref", "visit_ref", "officer_ref"} & set(rows[0]):
        assert [got[column] for got in expected] == [row[column] for row in rows]


@pytest.mark.parametrize("name", ["rows.csv", "rows.xlsx"])
def test_what_we_kept_from_being_a_formula_is_read_as_it_was(tmp_path: Path, name: str) -> None:
    texts = ["=1 Elm", "= 1", " =1", '="a"', "-x", "+x", "@x", "\t=1", "\n-1", "\uff1d1", "\uff0b1"]
    rows = [
        {"officer_ref": "HO1", "first_day": "2026-11-30", "last_day": "2026-11-30", "reason": text}
        for text in [*texts, "'quoted'", "'til noon"]
    ]
    write_ours(tmp_path / name, rows)
    expected = [" ".join(row["reason"].split()) for row in rows]
    assert read_absences(tmp_path / name)["reason"].tolist() == expected


@pytest.mark.parametrize(("encoding", "name"), [("utf-8", "Zoë 漢"), ("ISO-8859-1", "Zoë")])
def test_a_shapefile_that_does_not_say_its_encoding(
    tmp_path: Path, encoding: str, name: str
) -> None:
    path = tmp_path / "centres.shp"
    frame = gpd.GeoDataFrame({"code": ["soho"], "name": [name]}, geometry=[Point(529400, 181100)])
    frame.set_crs(27700).to_file(path, encoding=encoding)
    path.with_suffix(".cpg").unlink()
    table = path.with_suffix(".dbf").read_bytes()
    path.with_suffix(".dbf").write_bytes(table[:29] + b"\0" + table[30:])
    assert read_service_centres(path)["name"].tolist() == [name]


@pytest.mark.parametrize("name", ["centres.zip", "centres.shp.zip"])
def test_an_archive_is_to_be_unzipped(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        archive.writestr("centres.shp", b"")
    with pytest.raises(DataError, match=r"archive is not read; unzip it"):
        read_service_centres(tmp_path / name)
