"""Files made to fool, fill or stop a reader are refused in a sentence that says what to do."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pytest
import shapely

from geodata import (
    DataError,
    StreetNetwork,
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

Read = Callable[..., Any]
TABLES: tuple[Read, ...] = (
    *(read_stock, read_officers, read_visits, read_service_centres),
    *(read_fixed, read_absences, read_outcomes),
)
MAPS: tuple[Read, ...] = (
    *(read_stock, read_service_centres, read_polygons, read_barriers),
    StreetNetwork.from_file,
)
OFFICERS = [["officer_ref", "fte", "patch"], *([f"HO{k:02d}", 0.8, f"P{k}"] for k in range(9))]
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha">{}]>'.format(
    "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = "xl/worksheets/sheet1.xml"


def refusal(read: Read, path: Path) -> str:
    """Read a file that must be refused, in one problem; return it."""
    with pytest.raises(DataError) as caught:
        read(path)
    (problem,) = caught.value.problems
    assert problem.file == path.name
    assert problem.remedy
    assert str(path.parent) not in str(problem)
    return str(problem)


@cache
def workbook() -> bytes:
    book = openpyxl.Workbook()
    for row in OFFICERS:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def changed(**parts: str | bytes) -> bytes:
    """The sound workbook with some of its parts replaced: `sheet`, `strings`, `styles`, `book`."""
    names = {"sheet": SHEET, "strings": "xl/sharedStrings.xml", "styles": "xl/styles.xml"}
    new = {names.get(name, "xl/workbook.xml"): part for name, part in parts.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as old, zipfile.ZipFile(out, "w", 8, True, 1) as z:
        every = {name: old.read(name) for name in old.namelist()}
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
        strings = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
        types = every["[Content_Types].xml"].decode()
        if "sharedStrings" not in types:
            every["[Content_Types].xml"] = types.replace("</Types>", strings).encode()
            every["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}"/>'.encode()
        for name, part in (every | new).items():
            z.writestr(name, part)
    return out.getvalue()


def sheet(rows: str, *, before: str = "", head: str = "") -> str:
    header = "".join(f'<c t="inlineStr"><is><t>{v}</t></is></c>' for v in OFFICERS[0])
    return (
        f'{head}<worksheet xmlns="{MAIN}">{before}<sheetData><row r="1">{header}</row>'
        f"{rows}</sheetData></worksheet>"
    )


def officer(row: int) -> str:
    return f'<row r="{row}"><c t="inlineStr"><is><t>HO{row}</t></is></c></row>'


def lines() -> gpd.GeoDataFrame:
    ends = [(529_000, 180_000), (529_100, 180_000), (529_100, 180_100)]
    parts = [shapely.LineString([a, b]) for a, b in zip(ends, [*ends[1:], ends[0]], strict=True)]
    return gpd.GeoDataFrame({"highway": ["footway"] * 3}, geometry=parts, crs=27700)


# What is no file to read


@pytest.mark.parametrize("name", ["x.csv", "x.xlsx", "x.geojson", "x.gpkg", "x.shp", "x.osm"])
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda p: None, "not there"),
        (lambda p: p.mkdir(), "folder"),
        (os.mkfifo, "no ordinary file"),
        (lambda p: p.symlink_to("/dev/zero"), "no ordinary file"),
        (lambda p: p.symlink_to(p), "cannot be opened"),
        (lambda p: p.symlink_to(p.parent / "gone"), "not there"),
        (lambda p: p.write_bytes(b""), "empty"),
    ],
)
def test_what_is_no_file_is_refused_at_once(
    tmp_path: Path, name: str, make: Callable[[Path], object], said: str
) -> None:
    make(tmp_path / name)
    readers = TABLES if name.endswith((".csv", ".xlsx")) else MAPS[-2:]
    for read in readers:
        assert said in refusal(read, tmp_path / name)


@pytest.mark.parametrize("name", ["a\0b.csv", "n" * 300 + ".csv", "file.csv/more.csv"])
def test_a_name_that_no_file_has_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file.csv").write_text("x")
    for read in (*TABLES, read_polygons, read_barriers, StreetNetwork.from_file):
        with pytest.raises(DataError):
            read(tmp_path / name)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".gpkg"])
def test_a_file_that_may_not_be_read_is_told_so(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"locked{suffix}"
    path.write_bytes(workbook())

    def locked(self: Path, *args: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", locked)
    assert "Permission denied" in refusal(
        read_polygons if suffix == ".gpkg" else read_officers, path
    )


@pytest.mark.parametrize(
    "stem", ["a b", 'o\'neill "x"', "Élan №1", "why?", "#1", "50%20", "a!b", "x;y", "[1]", "v,w"]
)
def test_a_file_of_any_name_is_read(tmp_path: Path, stem: str) -> None:
    folder = tmp_path / stem
    folder.mkdir()
    for suffix in (".gpkg", ".geojson", ".shp", ".fgb"):
        lines().to_file(tmp_path / f"lines{suffix}")
    for part in tmp_path.glob("lines.*"):
        part.rename(folder / f"{stem}{part.suffix}")
    for suffix in (".gpkg", ".geojson", ".shp", ".fgb"):
        assert StreetNetwork.from_file(folder / f"{stem}{suffix}").report.lines_read == 3
    (folder / f"{stem}.xlsx").write_bytes(workbook())
    assert len(read_officers(folder / f"{stem}.xlsx")) == 9


# Files of another kind

KINDS: dict[str, bytes] = {
    "a web page": b"<html><table><tr><td>officer_ref</td></tr></table></html>",
    "an old .xls workbook, or one protected by a password": b"\xd0\xcf\x11\xe0\xa1\xb1"
    + b"\0" * 99,
    "a PDF document": b"%PDF-1.7\n1 0 obj",
    "a database or GeoPackage": b"SQLite format 3\0" + b"\0" * 90,
    "a gzip file": b"\x1f\x8b\x08" + b"\0" * 30,
    "an XML file": b'<?xml version="1.0"?><graphml/>',
    "a JSON file": b'{"type": "FeatureCollection", "features": []}',
}


@pytest.mark.parametrize("suffix", [".csv", ".txt", ".tsv", ".xlsx", ".xlsm"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_table_of_another_kind_is_called_what_it_is(
    tmp_path: Path, kind: str, suffix: str
) -> None:
    path = tmp_path / f"export{suffix}"
    path.write_bytes(KINDS[kind])
    for read in TABLES:
        assert f"it is {kind}" in refusal(read, path)


def test_an_opendocument_sheet_and_a_csv_under_excels_name_are_told(tmp_path: Path) -> None:
    path = tmp_path / "export.xlsx"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    assert "an OpenDocument spreadsheet" in refusal(read_officers, path)
    path.write_text("officer_ref,fte\nHO01,1\n")
    assert "not an Excel workbook" in refusal(read_officers, path)
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("word/document.xml", "<x/>")
    assert "not an Excel workbook" in refusal(read_officers, path)
    (tmp_path / "export.csv").write_bytes(workbook())
    assert "rename it to end in .xlsx" in refusal(read_officers, tmp_path / "export.csv")


FOREIGN: dict[str, bytes] = {
    **KINDS,
    "another zip": b"PK\x03\x04" + b"\0" * 90,
    "a table": b"officer_ref,fte\nHO01,1\n",
    "a command for GDAL": b'{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline"}',
    "JSON of no features": b'{"a": [1, 2]}',
    "nested JSON": b'{"type":"FeatureCollection","features":' + b"[" * 99_999,
    "GML": b'<?xml version="1.0"?><gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml"/>',
    "NULs": b"\0" * 4000,
    "a byte": b"x",
}


@pytest.mark.parametrize(
    "suffix", [".geojson", ".json", ".gpkg", ".shp", ".fgb", ".osm", ".osm.pbf"]
)
@pytest.mark.parametrize("kind", FOREIGN)
def test_a_map_of_another_kind_is_refused(tmp_path: Path, kind: str, suffix: str) -> None:
    path = tmp_path / f"map{suffix}"
    path.write_bytes(FOREIGN[kind])
    nothing = kind == "a JSON file" and "json" in suffix  # barriers may well be none
    for read in MAPS[:-2] + MAPS[-1:] if nothing else MAPS:
        refusal(read, path)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".gpkg", ".geojson", ".shp", ".fgb"])
def test_a_file_cut_anywhere_is_read_or_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"whole{suffix}"
    if suffix == ".csv":
        path.write_text("\n".join(",".join(map(str, row)) for row in OFFICERS))
    elif suffix == ".xlsx":
        path.write_bytes(workbook())
    else:
        lines().to_file(path)
    whole = path.read_bytes()
    for eighth in range(8):
        path.write_bytes(whole[: len(whole) * eighth // 8])
        read = read_officers if suffix in (".csv", ".xlsx") else StreetNetwork.from_file
        if suffix in (".xlsx", ".gpkg", ".fgb") or eighth == 0:
            refusal(read, path)
        else:
            with suppress(DataError):
                read(path)


def test_a_quotation_mark_left_open_is_named(tmp_path: Path) -> None:
    path = tmp_path / "open.csv"
    path.write_text('officer_ref,fte\nHO01,1\n"HO02,1\nHO03,1\n')
    assert "row 3" in refusal(read_officers, path)
    path.write_text('officer_ref,fte\nHO01,1\n"HO02,1\n' + "HO03,1\n" * 30_000)
    assert "row 3" in refusal(read_officers, path)


@pytest.mark.parametrize(
    "code", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_a_csv_in_any_encoding_that_excel_writes_is_read(tmp_path: Path, code: str) -> None:
    path = tmp_path / "coded.csv"
    path.write_bytes("officer_ref,fte,service_centre\r\nHO01,1,Café Élan\r\n".encode(code))
    assert read_officers(path)["service_centre"].tolist() == ["Café Élan"]


# Workbooks


@pytest.mark.parametrize(
    "parts",
    [
        {"sheet": sheet("<row><c><v>&i;</v></c></row>", head=LAUGHS)},
        {"strings": f'{LAUGHS}<sst xmlns="{MAIN}"><si><t>&i;</t></si></sst>'},
        {"styles": f'{LAUGHS}<styleSheet xmlns="{MAIN}">&i;</styleSheet>'},
        {"book": f'{LAUGHS}<workbook xmlns="{MAIN}">&i;</workbook>'},
        {"sheet": sheet("&f;", head='<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>')},
    ],
)
def test_entities_in_a_workbook_are_refused(tmp_path: Path, parts: dict[str, str]) -> None:
    path = tmp_path / "laughs.xlsx"
    path.write_bytes(changed(**parts))
    assert "damaged" in refusal(read_officers, path)


def test_one_sheet_under_many_names_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "many.xlsx"
    with zipfile.ZipFile(io.BytesIO(workbook())) as book:
        whole = book.read("xl/workbook.xml").decode()
    start = whole.index("<sheet ")
    one = whole[start : whole.index("/>", start) + 2]
    more = "".join(one.replace('"Sheet"', f'"S{k}"') for k in range(200))
    path.write_bytes(changed(book=whole.replace(one, one + more)))
    assert "more sheets" in refusal(read_officers, path)


def test_a_formula_over_several_cells_is_a_problem_of_its_row(tmp_path: Path) -> None:
    formula = '<row r="2"><c t="inlineStr"><is><t>HO1</t></is></c><c>{}</c></row>'
    path = tmp_path / "array.xlsx"
    path.write_bytes(changed(sheet=sheet(formula.format('<f t="array" ref="B2:B3">C2</f>'))))
    with pytest.raises(DataError, match="row 2: fte '=C2' is a formula without a result"):
        read_officers(path)
    path.write_bytes(
        changed(sheet=sheet(formula.format('<f t="array" ref="B2:B3">C2</f><v>0.5</v>')))
    )
    assert read_officers(path)["fte"].tolist() == [0.5]


def test_a_formula_whose_result_is_no_text_is_a_blank_cell(tmp_path: Path) -> None:
    row = (
        '<row r="2"><c t="inlineStr"><is><t>HO1</t></is></c><c{}><f>IF(A2="","",1)</f>{}</c></row>'
    )
    path = tmp_path / "blank.xlsx"
    path.write_bytes(changed(sheet=sheet(row.format(' t="str"', "<v></v>"))))
    assert read_officers(path)["fte"].tolist() == [1.0]
    for kind, value in (("", "<v></v>"), (' t="str"', ""), ("", "<v/>")):
        path.write_bytes(changed(sheet=sheet(row.format(kind, value))))
        with pytest.raises(DataError, match=r"row 2: fte .* is a formula without a result"):
            read_officers(path)


@pytest.mark.parametrize("code", ["utf-16", "cp037", "utf-7"])
def test_a_sheet_in_another_encoding_hides_no_entities(tmp_path: Path, code: str) -> None:
    whole = sheet("<row><c><v>&i;</v></c></row>", head=LAUGHS).encode(code)
    path = tmp_path / "coded.xlsx"
    for head in (b"", f'<?xml version="1.0" encoding="{code}"?>'.encode()):
        path.write_bytes(changed(sheet=head + whole))
        assert "damaged" in refusal(read_officers, path)


def test_a_sheet_of_any_layout_keeps_its_numbers_of_rows(tmp_path: Path) -> None:
    path = tmp_path / "rows.xlsx"
    head = '<?xml version="1.0"?>\n<!-- made by hand -->\n<!-- twice -->'
    rows = officer(7) + officer(5) + '<row r="9"/>' + officer(1_048_576)
    path.write_bytes(changed(sheet=sheet(rows, head=head)))
    assert read_officers(path)["row"].tolist() == [7, 1_048_576]  # what comes late is no row


def test_the_start_of_a_file_is_told_at_once_whatever_it_repeats(tmp_path: Path) -> None:
    for body in (b"<!---->" * 600, b"<?x?>" * 800, b" " * 5000, b"<!--" * 1000):
        (tmp_path / "x.osm").write_bytes(body)
        refusal(StreetNetwork.from_file, tmp_path / "x.osm")
        (tmp_path / "x.xlsx").write_bytes(changed(sheet=body + b"<html/"))
        refusal(read_officers, tmp_path / "x.xlsx")


# Databases and features


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE {t}; CREATE VIEW {t} AS WITH RECURSIVE c(fid) AS "
        "(SELECT 1 UNION ALL SELECT fid + 1 FROM c) SELECT fid, NULL AS geom FROM c",
        "ALTER TABLE {t} ADD COLUMN big BLOB GENERATED ALWAYS AS (zeroblob(900000000))",
        "ALTER TABLE {t} ADD COLUMN big AS (hex(zeroblob(400000000)))",
        "CREATE VIRTUAL TABLE other USING fts3(x)",
    ],
)
def test_a_geopackage_that_computes_its_rows_is_refused(tmp_path: Path, sql: str) -> None:
    path = tmp_path / "lines.gpkg"
    lines().to_file(path, layer="lines")
    base = sqlite3.connect(path)
    for name in ("insert", "update", "delete"):  # none of them matters to a reader
        base.execute(f'DROP TRIGGER IF EXISTS "trigger_{name}_feature_count_lines"')
    base.executescript(sql.format(t="lines"))
    base.close()
    for read in (StreetNetwork.from_file, read_barriers, read_polygons):
        assert "computed, not stored" in refusal(read, path)


def test_a_geopackage_with_a_view_that_is_no_layer_is_read(tmp_path: Path) -> None:
    path = tmp_path / "lines.gpkg"
    lines().to_file(path)
    base = sqlite3.connect(path)
    base.execute("CREATE VIEW handy AS SELECT 1")
    base.close()
    assert StreetNetwork.from_file(path).report.lines_read == 3


def test_a_crs_of_no_place_on_earth_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "local.gpkg"
    local = 'ENGCRS["site",EDATUM["pole"],CS[Cartesian,2],AXIS["x",east],AXIS["y",north],'
    frame = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 9, 9)])
    frame = frame.set_crs(local + 'LENGTHUNIT["metre",1]]')
    frame.to_file(path)
    frame["geometry"] = frame.boundary
    frame.to_file(path.with_suffix(".fgb"))
    assert "EPSG:27700" in refusal(read_polygons, path)
    for read in (read_barriers, StreetNetwork.from_file):
        assert "EPSG:27700" in refusal(read, path.with_suffix(".fgb"))


def test_shapes_of_no_place_are_named_by_feature(tmp_path: Path) -> None:
    square = [[-0.1, 51.5], [-0.1, 51.6], [0, 51.6], [-0.1, 51.5]]
    off = [[-0.1, 51.5], [1e308, 51.6], [0, 51.6], [-0.1, 51.5]]
    features = [
        {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [c]}}
        for c in (square, off)
    ]
    path = tmp_path / "off.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert "coordinates are not degrees" in refusal(read_polygons, path)
    off[1] = [-0.1, 90.0]  # the pole has no place on the British grid
    features[1]["geometry"]["coordinates"] = [off]  # type: ignore[index]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    problems: list[Any] = []
    kept = read_polygons(path, problems=problems)
    assert len(kept) == 2 - len(problems)
    assert all(p.row == 2 for p in problems)


def patches(count: int = 3) -> gpd.GeoDataFrame:
    squares = [shapely.box(529_000 + k, 180_000, 529_001 + k, 180_100) for k in range(count)]
    return gpd.GeoDataFrame({"patch": [f"P{k}" for k in range(count)]}, geometry=squares, crs=27700)


def test_a_polygon_of_many_corners_is_read(tmp_path: Path) -> None:
    disc = shapely.Point(530_000, 180_000).buffer(9_000, quad_segs=25_000)
    patches(1).set_geometry([disc]).to_file(tmp_path / "round.gpkg")
    (read,) = read_polygons(tmp_path / "round.gpkg").geometry
    assert read.area == pytest.approx(disc.area)


def test_a_shapefile_without_its_projection_is_refused(tmp_path: Path) -> None:
    patches().to_file(tmp_path / "patches.shp")
    (tmp_path / "patches.prj").unlink()
    assert "CRS" in refusal(read_polygons, tmp_path / "patches.shp")


def test_a_shapefile_without_its_table_lacks_the_column(tmp_path: Path) -> None:
    patches().to_file(tmp_path / "patches.shp")
    (tmp_path / "patches.dbf").unlink()
    problems: list[Any] = []
    with suppress(DataError):
        assert len(read_polygons(tmp_path / "patches.shp", problems=problems)) == 3


@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_shapefile_with_the_table_of_another_is_refused(tmp_path: Path, count: int) -> None:
    patches().to_file(tmp_path / "patches.shp")
    patches(count).to_file(tmp_path / "other.shp")
    (tmp_path / "other.dbf").replace(tmp_path / "patches.dbf")
    for read in (read_polygons, read_barriers, StreetNetwork.from_file):
        said = refusal(read, tmp_path / "patches.shp")
        assert f".dbf holds {count} rows, and its .shx 3 shapes" in said


# Bombs, in a process of bounded memory and time

CHILD = """
    import json, resource, sys
    from pathlib import Path
    import geodata, geodata.adjacency.barriers, geopandas, openpyxl, pyogrio
    resource.setrlimit(resource.RLIMIT_AS, (int(1.5 * 2**30),) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (100, 100))
    readers = {"officers": geodata.read_officers, "polygons": geodata.read_polygons,
               "streets": geodata.StreetNetwork.from_file}
    for path in sorted(Path(sys.argv[1]).iterdir()):
        try:
            result = readers[path.name.split(".")[0].split("-")[0]](path)
            said = len(result)
        except geodata.DataError as error:
            said = str(error.problems[0])
        print(json.dumps([path.name, said]), flush=True)
"""


def bombs(folder: Path) -> None:
    """Small files that swell, or large ones of nothing."""

    def put(name: str, body: bytes | str) -> None:
        (folder / name).write_bytes(body.encode() if isinstance(body, str) else body)

    put("officers-line.csv", b"officer_ref," + b"a" * 20_000_000)
    put("officers-delimiters.csv", b"officer_ref\n" + b"," * 10_000_000)
    put("officers-columns.csv", b"officer_ref\nHO01\n" + b"," * 1_000_000)
    put("officers-quote.csv", b'officer_ref\n"' + b"HO01\n" * 100_000)
    put("officers-spaces.xlsx", changed(sheet=sheet(officer(2) + " " * 20_000_000)))
    put("officers-cells.xlsx", changed(sheet=sheet(f"<row>{'<c/>' * 4_500_000}</row>")))
    put(
        "officers-strings.xlsx",
        changed(strings=f'<sst xmlns="{MAIN}">{"<si/>" * 13_000_000}</sst>'),
    )
    put("officers-styles.xlsx", changed(styles=f"<styleSheet>{'<a/>' * 4_500_000}</styleSheet>"))
    put("officers-last.xlsx", changed(sheet=sheet(officer(2) + officer(10**12))))
    size = '<dimension ref="A1:XFD1048576"/>'
    put("officers-size.xlsx", changed(sheet=sheet(officer(2), before=size)))
    empty = "".join(f'<row r="{k}" s="1" customFormat="1"/>' for k in range(3, 30_000))
    put("officers-empty.xlsx", changed(sheet=sheet(officer(2) + empty)))
    lies = bytearray(workbook())
    at = lies.index(b"PK\x01\x02", lies.rindex(SHEET.encode()) - 60)
    lies[at + 24 : at + 28] = (2**31).to_bytes(4, "little")
    put("officers-lies.xlsx", bytes(lies))
    feature = {"type": "Feature", "geometry": None, "properties": {}}
    wide = feature | {"properties": {f"p{k}": 1 for k in range(3_000)}}
    whole = {"type": "FeatureCollection", "features": [wide, *[feature] * 2_000]}
    put("polygons-columns.geojson", json.dumps(whole))
    put("streets-tags.graphml", f"<graphml>{'<x/>' * 200_000}</graphml>")
    put("streets-laughs.graphml", f"{LAUGHS}<graphml>&i;</graphml>")
    put(
        "streets-ebcdic.graphml", b'<?xml version="1.0" encoding="cp037"?>' + LAUGHS.encode("cp037")
    )


def test_bombs_end_in_words(tmp_path: Path) -> None:
    bombs(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CHILD), str(tmp_path)],
        capture_output=True,
        text=True,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    said = dict(json.loads(line) for line in done.stdout.splitlines())
    assert said.keys() == {p.name for p in tmp_path.iterdir()}
    assert said.pop("officers-size.xlsx") == 1
    assert said.pop("officers-empty.xlsx") == 1
    told = {
        "officers-line.csv": "too long",
        "officers-delimiters.csv": "too long",
        "officers-columns.csv": "columns",
        "officers-quote.csv": "quotation mark in row 2",
        "officers-last.xlsx": "more than a workbook can",
        "polygons-columns.geojson": "columns",
    }
    for name, words in said.items():
        assert told.get(name, "") in words, name
        if name.endswith(".xlsx") and name not in told:
            assert "unpacks to more" in words, (name, words)
