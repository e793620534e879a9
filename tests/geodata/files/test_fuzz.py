"""Whatever is done to a sound file, it is read or refused in words, and sound rows stay sound.

`DOORSTEP_FUZZ=2000 pytest tests/geodata/files/test_fuzz.py` tries more examples than the usual few.
"""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from geodata import (
    DataError,
    Problem,
    read_absences,
    read_fixed,
    read_officers,
    read_outcomes,
    read_polygons,
    read_service_centres,
    read_stock,
    read_visits,
)
from geodata.adjacency import read_barriers

MANY = int(os.environ.get("DOORSTEP_FUZZ", "0"))
FUZZ = settings(
    max_examples=MANY or 4,
    deadline=None,
    derandomize=not MANY,
    # Among thousands the first fault is wanted soon, however long.
    phases=[Phase.explicit, Phase.generate] if MANY else list(Phase),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
Read = Callable[..., Any]
Row = list[str]

HEADERS: dict[str, Row] = {
    "homes": [
        *("property_ref", "uprn", "address", "postcode", "block_ref", "tenure", "floor"),
        *("block_floors", "lift", "easting", "northing", "patch"),
    ],
    "officers": [
        *("officer_ref", "fte", "service_centre", "working_days", "shift_start", "shift_end"),
        *("break_minutes", "languages", "skills", "patch"),
    ],
    "visits": [
        *("visit_ref", "property_ref", "visit_type", "raised_on", "due_by", "minutes", "days"),
        *("window", "two_officers", "language", "previous_attempts", "priority"),
    ],
    "service_centres": ["service_centre", "name", "easting", "northing"],
    "fixed": ["officer_ref", "date", "start", "end", "kind", "place", "easting", "northing"],
    "absences": ["officer_ref", "first_day", "last_day", "reason"],
    "outcomes": ["property_ref", "visited_at", "kind", "visit_ref", "outcome", "officer_ref"],
}
READERS: dict[str, Read] = {
    "homes": read_stock,
    "officers": read_officers,
    "visits": read_visits,
    "service_centres": read_service_centres,
    "fixed": read_fixed,
    "absences": read_absences,
    "outcomes": read_outcomes,
}
TABLES = tuple(READERS)


def sound(kind: str, k: int) -> Row:
    """The k-th sound row of a file, each with references of its own."""
    ref, x, y = f"A{k:04d}", str(529_000 + 13 * (k // 4)), str(180_000 + 17 * (k // 4))
    day = f"{k % 28 + 1:02d}/11/2026"
    rows: dict[str, Row] = {
        "homes": [
            *(ref, str(10_000 + k), f"Flat {k}, 1 Élan Road", "SW1V 3DJ", f"B{k // 4}"),
            *("Secure tenancy", str(k % 4), "4", "Y", x, y, "P01"),
        ],
        "officers": [ref, "0.8", "North", "Mon-Thu", "9am", "17:00", "45", "Somali;BSL", "asb", ""],
        "visits": [
            *(ref, f"H{k}", "damp_mould", day, "30/11/2026", "40", "Mon;Tue", "09:00-12:00"),
            *("N", "Bengali", "1", "2"),
        ],
        "service_centres": [ref, f"Centre {k}", x, y],
        "fixed": [ref, day, "10:00", "12:30", "surgery", "Hall", x, y],
        "absences": [ref, day, "30/11/2026", "leave"],
        "outcomes": [ref, f"{day} 14:30", "visit", f"V{k}", "no_answer", "HO01"],
    }
    return rows[kind]


BAD: dict[str, list[tuple[str, str]]] = {
    "homes": [
        *(("property_ref", ""), ("tenure", "mystery"), ("floor", "900")),
        *(("easting", "abc"), ("northing", ""), ("lift", "perhaps"), ("block_floors", "-1")),
    ],
    "officers": [
        *(("officer_ref", ""), ("fte", "3"), ("working_days", "Doomsday"), ("shift_start", "25")),
        *(("shift_end", "08:00"), ("break_minutes", "9999")),
    ],
    "visits": [
        *(("visit_ref", ""), ("property_ref", "#N/A"), ("visit_type", "=1+1"), ("minutes", "0")),
        *(("due_by", "31/02/2026"), ("raised_on", "31/31/2026"), ("window", "12:00-09:00")),
        *(("two_officers", "?"), ("previous_attempts", "-1"), ("priority", "9" * 30)),
    ],
    "service_centres": [("service_centre", ""), ("easting", "x"), ("northing", "1e999")],
    "fixed": [("officer_ref", ""), ("date", "soon"), ("start", "noonish"), ("end", "09:00")],
    "absences": [("officer_ref", ""), ("first_day", "31/12/2026"), ("last_day", "32/01/2026")],
    "outcomes": [("property_ref", ""), ("visited_at", ""), ("outcome", "fine"), ("kind", "x")],
}


def csv_bytes(rows: Sequence[Sequence[str]], delimiter: str = ",", code: str = "utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(code, errors="replace")


STYLES = (
    '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="46"/></cellXfs></styleSheet>'
)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def parts(body: str, strings: str = "") -> dict[str, str]:
    """The parts of a workbook of one sheet."""
    return {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{TYPE}.sharedStrings+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPE}.worksheet+xml"/>'
        "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="a" Type="{REL}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>",
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="b"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="b" Type="{REL}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="c" Type="{REL}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
        "xl/styles.xml": STYLES,
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{strings}</sst>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData>'
        "</worksheet>",
    }


def packed(content: dict[str, str | bytes] | dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in content.items():
            book.writestr(name, text)
    return out.getvalue()


def text_cell(text: str) -> str:
    clean = "".join(c if c in "\t\n\r" or " " <= c < "\ud800" else "?" for c in text)
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(clean)}</t></is></c>'


def sheet_rows(rows: Sequence[Sequence[str]]) -> str:
    """Rows of text cells; an empty row is left out, as Excel does."""
    return "".join(
        f'<row r="{n}">{"".join(map(text_cell, row))}</row>' for n, row in enumerate(rows, 1) if row
    )


def workbook(rows: Sequence[Sequence[str]]) -> bytes:
    return packed(parts(sheet_rows(rows)))


def written(rows: Sequence[Sequence[str]], suffix: str) -> bytes:
    if suffix in (".xlsx", ".xlsm"):
        return workbook(rows)
    return csv_bytes(rows, "\t" if suffix == ".tsv" else ",")


def attempt(read: Read, path: Path, **options: Any) -> tuple[Any, list[Problem]]:
    """Read or be refused; every problem says what and where in words that a reader can use."""
    found: list[Problem] = []
    result = error = None
    try:
        result = read(path, problems=found, **options) if read is not read_barriers else read(path)
    except DataError as refusal:
        error = refusal
        found.extend(error.problems)
    assert error is None or (error.problems and len(str(error)) < 20_000)
    for problem in found:
        assert problem.reason
        assert problem.remedy
        assert problem.file == path.name
        assert len(str(problem)) < 3000
        assert str(problem).isprintable()
        json.dumps(problem.to_dict()).encode()
    return result, found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


# Cells


ODD = (
    *("", " ", "0", "-1", "1e400", "99999", "0.999999", "Mon-", "-", "Secure tenancy", "9am-", "G"),
    *("2026-02-30T25:61", "31/12/9999", "12:00-", "=1+1", "#REF!", '="007"', "1,000", "\u0663"),
    *("2026-11-25T15:40:00+99:99", "529500", "178500", "nan", "inf", "Y", "\u00b2", "5.5e3%"),
    *(
        "9" * 19,
        "9" * 30,
        "-" + "9" * 19,
        "1e18",
        "1e300",
        "-1e300",
        "0x10",
        "1_000",
        "\x00",
        "\x07",
    ),
    *("P\x00001", "\x1b[31m", "\uffff", "\u202e12", "a" * 40_000, " " * 30_000 + "x", "1" * 5000),
    *(
        "Mon" + " " * 9000 + "Tue",
        "[/red]",
        "'",
        '"',
        "a\nb",
        "31/12/1899",
        "01/01/0001",
        "+" * 300,
    ),
    *("0000-00-00", "24:00", "23:59:60", "12:00am", "00", "1.5.2026", "Z", "2026-11-25T15:40:00Z"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "529500.5", "-1e308", "1e308"),
)
CELLS = st.one_of(st.sampled_from(ODD), st.text(max_size=12))


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@pytest.mark.parametrize("kind", TABLES)
@FUZZ
@given(data=st.data())
def test_no_cell_makes_a_traceback(
    folder: Path, kind: str, suffix: str, data: st.DataObject
) -> None:
    names = HEADERS[kind]
    rows = data.draw(
        st.lists(
            st.one_of(
                st.lists(CELLS, max_size=len(names) + 2),
                # One odd cell in a sound row is looked at more closely than a row of rubbish.
                st.tuples(st.integers(0, 9), st.integers(0, len(names) - 1), CELLS).map(
                    lambda t: [t[2] if i == t[1] else c for i, c in enumerate(sound(kind, t[0]))]
                ),
            ),
            max_size=5,
        )
    )
    path = folder / f"cells{suffix}"
    path.write_bytes(written([names, *rows], suffix))
    _, found = attempt(READERS[kind], path)
    most = 1 + sum(1 + "".join(row).count("\n") + "".join(row).count("\r") for row in rows)
    assert all(p.row is None or 1 <= p.row <= most for p in found)


NUMBERS = st.one_of(
    st.sampled_from(["46351", "46351.5", "0.375", "-1", "1e308", "9" * 400, "NaN", "", "x", "60"]),
    st.integers(-(10**20), 10**20).map(str),
    st.floats().map(repr),
)
XML_CELLS = st.one_of(
    st.builds('<c s="{}"><v>{}</v></c>'.format, st.sampled_from("0129"), NUMBERS),
    st.builds(
        '<c t="{}"><v>{}</v></c>'.format, st.sampled_from(["b", "d", "e", "str", "s", "?"]), NUMBERS
    ),
    st.sampled_from(
        [
            "<c/>",
            '<c t="e"><v>#DIV/0!</v></c>',
            '<c t="inlineStr"><is><r><rPr><b/></rPr><t>Mon</t></r><r><t>;Tue</t></r></is></c>',
            '<c t="inlineStr"/>',
            "<c><f>A1+1</f></c>",
            '<c t="str"><f>UPPER("x")</f><v>damp_mould</v></c>',
            '<c><f t="array" ref="A1:A2">B1:B2</f><v>3</v></c>',
            '<c><f t="array" ref="A1:A2"/></c>',
            '<c><f t="shared" si="0"/></c>',
            '<c><f t="shared" si="0" ref="A1">A1</f><v>1</v></c>',
            '<c><f t="dataTable" ref="A1" dt2D="1"/><v>2</v></c>',
            '<c t="d"><v>2026-11-25T10:00:00</v></c>',
            '<c t="s"><v>0</v></c>',
            '<c t="s"><v>99</v></c>',
            '<c r="XFD9"><v>1</v></c>',
            '<c r="ZZZ1"><v>1</v></c>',
            '<c r="A0"><v>1</v></c>',
            '<c r="?"><v>1</v></c>',
            '<c s="1"><v>2958466</v></c>',
            '<c s="1"><v>-5</v></c>',
            '<c s="2"><v>1e15</v></c>',
        ]
    ),
)


@pytest.mark.parametrize("kind", TABLES)
@FUZZ
@given(data=st.data())
def test_no_kind_of_cell_makes_a_traceback(folder: Path, kind: str, data: st.DataObject) -> None:
    names = HEADERS[kind]
    cells = [text_cell(c) for c in sound(kind, 1)]
    for at in data.draw(st.lists(st.integers(0, len(cells) - 1), max_size=3)):
        cells[at] = data.draw(XML_CELLS)
    number = data.draw(st.sampled_from(["", 'r="2"', 'r="9"', 'r="0"', 'r="-3"', 'r="x"']))
    body = f"{sheet_rows([names])}<row {number}>{''.join(cells)}</row>"
    path = folder / "kinds.xlsx"
    path.write_bytes(packed(parts(body, "<si><t>shared</t></si>")))
    attempt(READERS[kind], path)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.sampled_from([*ODD, {"a": 1}, [1, "x"], [], [None]]),
    st.text(max_size=8),
)
PLACES = st.one_of(
    st.sampled_from([0, -0.1, 51.5, 1e9, 1e308, -1e308, float("nan"), float("inf"), None, "x"]),
    st.floats(-200, 200),
)
POINTS = st.lists(PLACES, max_size=4)
RINGS = st.lists(st.lists(st.one_of(st.lists(PLACES, min_size=2, max_size=3), POINTS), max_size=5))
GEOMETRIES = st.one_of(
    st.none(),
    st.builds(lambda c: {"type": "Point", "coordinates": c}, POINTS),
    st.builds(lambda c: {"type": "Polygon", "coordinates": c}, RINGS),
    st.builds(lambda c: {"type": "MultiPolygon", "coordinates": [c]}, RINGS),
    st.builds(
        lambda c: {"type": "GeometryCollection", "geometries": [{"type": "Point"} | {"x": c}]},
        POINTS,
    ),
    st.sampled_from(
        [
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]},
            {"type": "Polygon", "coordinates": [[[0, 0, 9], [1, 1, 9], [1, 0, 9], [0, 0, 9]]]},
            {"type": "LineString", "coordinates": [[0, 51], [0.1, 51.5]]},
            {"type": "Polygon", "coordinates": []},
            {"type": "Nonsense"},
        ]
    ),
)
GEO_READERS: dict[str, Read] = {
    "homes": read_stock,
    "service_centres": read_service_centres,
    "polygons": read_polygons,
    "barriers": read_barriers,
}


@pytest.mark.parametrize("kind", GEO_READERS)
@FUZZ
@given(data=st.data())
def test_no_feature_makes_a_traceback(folder: Path, kind: str, data: st.DataObject) -> None:
    names = HEADERS.get(kind, ["patch", "name"])
    features = [
        {
            "type": "Feature",
            "geometry": data.draw(GEOMETRIES),
            "properties": data.draw(
                st.one_of(st.none(), st.dictionaries(st.sampled_from(names), VALUES))
            ),
        }
        for _ in range(data.draw(st.integers(0, 3)))
    ]
    whole: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if name := data.draw(st.sampled_from(["", "EPSG:27700", "EPSG:4326", "EPSG:999999", "x"])):
        whole["crs"] = {"type": "name", "properties": {"name": name}}
    path = folder / "features.geojson"
    path.write_text(json.dumps(whole))
    attempt(GEO_READERS[kind], path)


# Bytes


def geo_frame(kind: str) -> gpd.GeoDataFrame:
    if kind == "barriers":
        return gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 51), (0.1, 51)])], crs=4326)
    if kind == "polygons":
        squares = [shapely.box(k / 100, 51, (k + 1) / 100, 51.01) for k in range(3)]
        return gpd.GeoDataFrame({"patch": ["P1", "P2", "P3"]}, geometry=squares, crs=4326)
    rows = [sound(kind, k) for k in range(6)]
    frame = pd.DataFrame(rows, columns=HEADERS[kind]).drop(columns=["easting", "northing"])
    return gpd.GeoDataFrame(frame, geometry=shapely.points([(-0.1, 51.5)] * 6), crs=4326)


@cache
def content(kind: str, suffix: str) -> dict[str, bytes]:
    """The bytes of a sound file, by suffix: a shapefile is several."""
    if suffix not in (".geojson", ".gpkg", ".shp", ".fgb"):
        rows = [HEADERS[kind], *(sound(kind, k) for k in range(6))]
        return {suffix: written(rows, suffix)}
    with tempfile.TemporaryDirectory() as holder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a shapefile's column names are cut to ten letters
        geo_frame(kind).to_file(Path(holder) / f"sound{suffix}")
        return {p.suffix: p.read_bytes() for p in Path(holder).iterdir()}


def spoilt(whole: bytes, data: st.DataObject) -> bytes:
    """Cut, flipped, doubled or with NULs put in."""
    body = bytearray(whole)
    del body[data.draw(st.one_of(st.just(len(body)), st.integers(0, len(body)))) :]
    for _ in range(data.draw(st.integers(0, 6)) if body else 0):
        at = data.draw(st.integers(0, len(body) - 1))
        how = data.draw(st.sampled_from(["flip", "flip", "nul", "drop", "double"]))
        if how == "flip":
            body[at] = data.draw(st.integers(0, 255))
        elif how == "nul":
            body[at:at] = b"\0" * data.draw(st.integers(1, 3))
        elif how == "drop":
            del body[at : at + data.draw(st.integers(1, 40))]
        else:
            body[at:at] = body[at : at + data.draw(st.integers(1, 80))]
        if not body:
            break
    return bytes(body)


FILES = [
    *((kind, suffix) for kind in TABLES for suffix in (".csv", ".txt", ".tsv", ".xlsx", ".xlsm")),
    *((kind, suffix) for kind in GEO_READERS for suffix in (".geojson", ".gpkg", ".shp", ".fgb")),
]


@pytest.mark.parametrize(("kind", "suffix"), FILES)
@FUZZ
@given(data=st.data())
def test_no_damage_makes_a_traceback(
    folder: Path, kind: str, suffix: str, data: st.DataObject
) -> None:
    path = folder / f"damaged-{kind}{suffix}"
    every = content(kind, suffix)
    spoil = data.draw(st.sampled_from(sorted(every)))
    for end, whole in every.items():
        path.with_suffix(end).write_bytes(spoilt(whole, data) if end == spoil else whole)
    attempt(READERS.get(kind) or GEO_READERS[kind], path)


@pytest.mark.parametrize("kind", TABLES)
@FUZZ
@given(data=st.data())
def test_no_damage_within_a_workbook_makes_a_traceback(
    folder: Path, kind: str, data: st.DataObject
) -> None:
    whole: dict[str, str | bytes] = dict(
        parts(sheet_rows([HEADERS[kind], *(sound(kind, k) for k in range(3))]), "<si><t>a</t></si>")
    )
    name = data.draw(st.sampled_from(sorted(whole)))
    text = whole[name]
    whole[name] = spoilt(text.encode() if isinstance(text, str) else text, data)
    path = folder / "within.xlsx"
    path.write_bytes(packed(whole))
    attempt(READERS[kind], path)


# What must hold of the rows that are sound


def tidy(kind: str, result: Any) -> pd.DataFrame:
    """The rows as one frame by reference, without their row numbers."""
    if kind == "homes":
        result = result.homes
    frame = pd.DataFrame(result.drop(columns="row").reset_index(drop=kind != "service_centres"))
    if "geometry" in frame:
        frame["geometry"] = shapely.to_wkt(frame["geometry"].to_numpy())
    frame.attrs = {}
    return frame.sort_values(frame.columns[0], ignore_index=True)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@pytest.mark.parametrize("kind", TABLES)
@FUZZ
@given(data=st.data())
def test_bad_rows_are_found_and_good_rows_stay(
    folder: Path, kind: str, suffix: str, data: st.DataObject
) -> None:
    names, read = HEADERS[kind], READERS[kind]
    good = data.draw(st.integers(1, 8))
    above = data.draw(
        st.lists(st.sampled_from([[], ["Export of November"], ["", "x"]]), max_size=4)
    )
    rows: list[Row] = [sound(kind, k) for k in range(good)]
    bad: list[Row] = []
    for k in range(data.draw(st.integers(0, 4))):
        column, value = data.draw(st.sampled_from(BAD[kind]))
        row = sound(kind, 20 + k)
        row[names.index(column)] = value
        bad.append(row)
    mixed = data.draw(st.permutations([*rows, *bad]))
    for _ in range(data.draw(st.integers(0, 2))):  # blank rows count, and hold nothing
        mixed.insert(data.draw(st.integers(0, len(mixed))), [])
    path = folder / f"mixed{suffix}"
    path.write_bytes(written([*above, names, *mixed], suffix))
    result, found = attempt(read, path)
    first = len(above) + 2
    expected = {first + i for i, row in enumerate(mixed) if any(row is b for b in bad)}
    assert {p.row for p in found if p.severity == "error"} == expected
    frame = result.homes if kind == "homes" else result
    assert sorted(frame["row"]) == [
        first + i for i, row in enumerate(mixed) if row and first + i not in expected
    ]
    path.write_bytes(written([names, *rows], suffix))
    alone, _ = attempt(read, path)
    assert_frame_equal(tidy(kind, result), tidy(kind, alone))
