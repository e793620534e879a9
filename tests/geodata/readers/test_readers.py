"""Whole files: encodings, delimiters, headers, workbooks, geographic formats, messy exports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from shapely import LineString, Point, Polygon, box

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
from geodata import schema as schemas
from geodata.errors import problem_lines
from geodata.schema import TableSchema

VISITS = """visit_ref,property_ref,visit_type,due_by,minutes
V1,00100465,rent_arrears,15/12/2026,25
V2,00100466,Damp and Mould,16/12/2026 12:00,
"""


@pytest.fixture
def csv(tmp_path: Path) -> Callable[..., Path]:
    def write(text: str, *, encoding: str = "utf-8", name: str = "file.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


@pytest.fixture
def xlsx(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: tuple[object, ...], title: str = "Export") -> Path:
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.title = title
        for row in rows:
            sheet.append(row)
        path = tmp_path / "file.xlsx"
        book.save(path)
        return path

    return write


def errors(found: list[Problem]) -> list[tuple[int | None, str | None, str | None]]:
    return [(p.row, p.column, p.value) for p in found if p.severity == "error"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_encoding_and_delimiter(
    csv: Callable[..., Path], encoding: str, delimiter: str
) -> None:
    text = VISITS.replace("V2", "Caf\u00e9").replace(",", delimiter)
    visits = read_visits(csv(text, encoding=encoding))
    assert visits["visit_ref"].tolist() == ["V1", "Caf\u00e9"]
    assert visits["property_ref"].tolist() == ["00100465", "00100466"]
    assert visits["visit_type"].tolist() == ["rent_arrears", "damp_mould"]
    assert visits["due_by"].tolist() == [
        pd.Timestamp("2026-12-15 23:59:59"),
        pd.Timestamp("2026-12-16 12:00"),
    ]
    assert visits["minutes"].tolist() == [25, pd.NA]
    assert visits["row"].tolist() == [2, 3]
    assert visits["days"].tolist() == [(), ()]


def test_title_rows_blank_rows_and_line_breaks_in_cells_keep_the_row_numbers(
    csv: Callable[..., Path],
) -> None:
    text = (
        "Visit requests,,,\nRun on 27/11/2026,,,\n\n"
        "Visit Ref,prop_ref,Type,Mins\n"
        '"V\n1",1,pcfra,60\n'
        "\n,,,\n"
        "V2,2,pcfra,sixty\n"
        "Total: 2,,,\n"
    )
    found: list[Problem] = []
    visits = read_visits(csv(text), problems=found)
    assert visits["visit_ref"].tolist() == ["V 1"]
    assert visits["row"].tolist() == [5]
    assert errors(found) == [(8, "Mins", "sixty")]
    warnings = [p for p in found if p.severity == "warning"]
    assert [p.row for p in warnings] == [4, 9]
    assert "'prop_ref' as property_ref" in warnings[0].reason


def test_every_problem_is_raised_at_once(csv: Callable[..., Path]) -> None:
    text = VISITS.replace("15/12/2026", "31/02/2026").replace("16/12/2026 12:00", "soon")
    with pytest.raises(DataError) as raised:
        read_visits(csv(text))
    assert errors(list(raised.value.problems)) == [
        (2, "due_by", "31/02/2026"),
        (3, "due_by", "soon"),
    ]
    assert "file.csv row 2: due_by '31/02/2026'" in str(raised.value)


def test_a_column_mapping_wins_over_recognition(csv: Callable[..., Path]) -> None:
    text = "Ref,Old Ref,UPRN2,Type\nV1,X1,0042,pcfra\n"
    columns = {"visit_ref": "Old Ref", "property_ref": "UPRN2"}
    visits = read_visits(csv(text), columns=columns)
    assert visits[["visit_ref", "property_ref"]].to_numpy().tolist() == [["X1", "0042"]]


def test_a_mapping_that_names_what_is_not_there_is_refused(csv: Callable[..., Path]) -> None:
    with pytest.raises(DataError) as raised:
        read_visits(csv(VISITS), columns={"skill": "Competence"})
    assert errors(list(raised.value.problems)) == [(1, "Competence", None)]
    with pytest.raises(DataError, match="visits do not have"):
        read_visits(csv(VISITS), columns={"colour": "minutes"})


def test_missing_columns_are_all_named_with_what_the_file_has(csv: Callable[..., Path]) -> None:
    with pytest.raises(DataError) as raised:
        read_visits(csv("visit_ref,colour\nV1,red\n"))
    assert [p.column for p in raised.value.problems] == ["property_ref", "visit_type"]
    assert "visit_ref, colour" in raised.value.problems[0].remedy


def test_every_bad_row_has_its_problem_and_a_reader_sees_the_first_few(
    csv: Callable[..., Path],
) -> None:
    rows = "".join(f"V{i},{i},pcfra,,-{i}\n" for i in range(1, 101))
    found: list[Problem] = []
    visits = read_visits(
        csv(VISITS.splitlines()[0] + "\n" + rows + "V101,1,pcfra,,30\n"), problems=found
    )
    assert visits["visit_ref"].tolist() == ["V101"]
    assert [p.row for p in found] == list(range(2, 102))
    assert len({p.reason for p in found}) == 1
    lines = problem_lines(found)
    assert len(lines) == 6
    assert lines[-1].endswith("minutes has this in 95 more, the next in row 7")


def test_problems_that_differ_in_their_rows_only_share_a_line(csv: Callable[..., Path]) -> None:
    rows = "".join(f"V{i},{i},pcfra,,{-5 if i % 2 else 'soon'}\n" for i in range(1, 21))
    found: list[Problem] = []
    read_visits(csv(VISITS.splitlines()[0] + "\n" + rows), problems=found)
    lines = problem_lines(p for p in found if p.column == "minutes")
    assert sorted(lines) == [
        "file.csv rows 2, 4, 6, 8, 10 and 5 more: minutes '-5' is not above zero;"
        " write a whole number of 1 or more",
        "file.csv rows 3, 5, 7, 9, 11 and 5 more: minutes 'soon' is not a number;"
        " write it in figures",
    ]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"\n\n \n", "empty"),
        ("a.csv", b"1,2,3\n4,5,6\n", "no header row"),
        ("a.csv", b"PK\x03\x04", "Excel workbook"),
        ("a.xlsx", b"PK\x03\x04 cut off", "damaged"),
        ("a.xlsx", b"not a workbook", "damaged"),
        ("a.xls", b"\xd0\xcf\x11\xe0", "old .xls"),
        ("a.docx", b"PK", "'.docx' are not read"),
    ],
)
def test_files_that_cannot_be_used_say_so_in_one_problem(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    found: list[Problem] = []
    with pytest.raises(DataError) as raised:
        read_visits(path, problems=found)
    assert len(raised.value.problems) == 1
    assert found == []
    assert raised.value.problems[0].file == name
    assert reason in raised.value.problems[0].reason


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.csv: the file is not there"):
        read_officers(tmp_path / "gone.csv")
    with pytest.raises(DataError, match="it is a folder"):
        read_officers(tmp_path)


def test_a_truncated_workbook_is_refused_wherever_it_is_cut(xlsx: Callable[..., Path]) -> None:
    path = xlsx(("officer_ref",), *((f"HO{i}",) for i in range(50)))
    data = path.read_bytes()
    assert len(read_officers(path)) == 50
    for share in (0.1, 0.5, 0.9, 0.99):
        path.write_bytes(data[: int(len(data) * share)])
        with pytest.raises(DataError, match="damaged"):
            read_officers(path)


def test_workbook_cells_of_every_kind(xlsx: Callable[..., Path]) -> None:
    header = ("visit_ref", "property_ref", "visit_type", "due_by", "last_attempt_at", "minutes")
    path = xlsx(
        ("Visits",),
        (*header, "two_officers"),
        ("V1", "0042", "pcfra", dt.datetime(2026, 12, 15), 46351.6527777778, 30.0, True),  # noqa: DTZ001
        ("V2", "0043", "pcfra", 46371, dt.datetime(2026, 11, 25, 15, 40), "45", False),  # noqa: DTZ001
    )
    visits = read_visits(path)
    assert visits["due_by"].tolist() == [pd.Timestamp("2026-12-15 23:59:59")] * 2
    assert visits["last_attempt_at"].tolist() == [pd.Timestamp("2026-11-25 15:40")] * 2
    assert visits["minutes"].tolist() == [30, 45]
    assert visits["two_officers"].tolist() == [True, False]
    assert visits["row"].tolist() == [3, 4]


def test_ids_that_excel_turned_into_numbers_are_problems(xlsx: Callable[..., Path]) -> None:
    header = ("visit_ref", "property_ref", "visit_type")
    path = xlsx(header, ("V1", "0042", "pcfra"), ("V2", 43, "pcfra"), ("V3", 1.5e17, "pcfra"))
    found: list[Problem] = []
    assert read_visits(path, problems=found)["visit_ref"].tolist() == ["V1"]
    assert [row for row, *_ in errors(found)] == [3, 4]
    path = xlsx(header, ("V1", 42, "pcfra"), ("V2", 43, "pcfra"))
    found = []
    assert read_visits(path, problems=found)["property_ref"].tolist() == ["42", "43"]
    assert [p.severity for p in found] == ["warning"]


def test_the_first_sheet_with_a_header_or_the_one_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(("Notes", "nothing here"))
    for title, ref in (("A", "HO1"), ("B", "HO2")):
        sheet = book.create_sheet(title)
        sheet.append(("officer_ref",))
        sheet.append((ref,))
    path = tmp_path / "book.xlsx"
    book.save(path)
    assert read_officers(path)["officer_ref"].tolist() == ["HO1"]
    assert read_officers(path, sheet="B")["officer_ref"].tolist() == ["HO2"]
    with pytest.raises(DataError, match="no sheet 'C'"):
        read_officers(path, sheet="C")


def test_a_vacant_post_is_no_officer(csv: Callable[..., Path]) -> None:
    text = "officer_ref,patch\nHO1,P01\nVACANT,P02\nVacant,P03\n(vacant post),\n"
    found: list[Problem] = []
    assert read_officers(csv(text), problems=found)["officer_ref"].tolist() == ["HO1"]
    told = [
        (p.row, p.remedy.partition("with ")[2])
        for p in found
        if "is a vacant post, not an" in p.reason
    ]
    assert told == [
        (3, "vacant_posts = { P02 = 1.0 } under [rules.patches]"),
        (4, "vacant_posts = { P03 = 1.0 } under [rules.patches]"),
        (5, "vacant_posts = { PATCH = 1.0 } under [rules.patches]"),
    ]
    assert not any("duplicated" in p.reason for p in found)


def test_officers_as_written_and_as_assumed(csv: Callable[..., Path]) -> None:
    text = (
        "officer_ref,fte,working_days,shift_start,shift_end,break_minutes,languages,skills,patch\n"
        "HO1,0.6,Mon-Wed,9am,5.30pm,30,FRENCH;arabic,Damp;asb,P01\n"
        "HO2,,,,,,,,\n"
        "HO3,1.0,,17:00,09:00,,,,\n"
        "HO1,1.0,,,,,,,\n"
    )
    found: list[Problem] = []
    officers = read_officers(csv(text), problems=found)
    first, second = officers.to_dict("records")
    assert first["working_days"] == (0, 1, 2)
    assert (first["shift_start_s"], first["shift_end_s"]) == (32400, 63000)
    assert first["languages"] == ("French", "Arabic")
    assert first["skills"] == ("damp", "asb")
    assert second["fte"] == 1.0
    assert second["working_days"] == (0, 1, 2, 3, 4)
    assert second["patch"] is None
    assert officers["break_minutes"].tolist() == [30, pd.NA]
    assert errors(found) == [(4, "shift_end", "09:00"), (5, "officer_ref", "HO1")]


def test_fixed_and_absences(csv: Callable[..., Path]) -> None:
    fixed = read_fixed(
        csv(
            "officer_ref,date,start,end,kind,place,easting,northing\n"
            "HO1,01/12/2026,10:00,13:00,,Soho,529400,181100\nHO2,2026-12-01,10:00,11:00,duty,,,\n"
        )
    )
    assert fixed["date"].tolist() == [dt.date(2026, 12, 1)] * 2
    assert fixed["kind"].tolist() == ["surgery", "duty"]
    assert fixed["easting"].isna().tolist() == [False, True]
    found: list[Problem] = []
    absences = read_absences(
        csv(
            "officer_ref,from,to,reason\nHO1,30/11/2026,04/12/2026,leave\nHO2,2/12/2026,1/12/2026,\n"
        ),
        problems=found,
    )
    assert absences["last_day"].tolist() == [dt.date(2026, 12, 4)]
    assert errors(found) == [(3, "to", "1/12/2026")]


def test_outcomes_in_a_landlords_words(csv: Callable[..., Path]) -> None:
    found: list[Problem] = []
    outcomes = read_outcomes(
        csv(
            "property_ref,visited_at,kind,visit_ref,outcome,officer_ref\n"
            "1,2026-11-05T12:49,,V1,No answer,HO1\n2,5/11/2026 9am,round,,Completed,\n"
            "3,5/11/2026,,,no anwser,\n4,5/11/2026,,,he shouted at me,\n"
        ),
        problems=found,
    )
    assert outcomes["outcome"].tolist() == ["no_answer", "done"]
    assert outcomes["kind"].tolist() == ["visit", "round"]
    assert errors(found) == [(4, "outcome", "no anwser"), (5, "outcome", None)]


def test_service_centres_from_a_table_and_from_points(
    csv: Callable[..., Path], tmp_path: Path
) -> None:
    table = read_service_centres(csv("service_centre,name,easting,northing\nsoho,,529400,181100\n"))
    assert table.index.tolist() == ["soho"]
    assert table["name"].tolist() == ["soho"]
    assert table.geometry.iloc[0] == Point(529400, 181100)
    path = tmp_path / "centres.geojson"
    frame = gpd.GeoDataFrame({"code": ["soho"]}, geometry=[Point(529400, 181100)], crs="EPSG:27700")
    frame.to_crs("EPSG:4326").to_file(path)
    points = read_service_centres(path)
    assert points.crs == "EPSG:27700"
    assert points.geometry.iloc[0].distance(Point(529400, 181100)) < 0.1


def test_polygons_are_mended_and_reprojected_and_others_refused(tmp_path: Path) -> None:
    bow_tie = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    shapes = [box(0, 0, 10, 10), bow_tie, LineString([(0, 0), (1, 1)])]
    path = tmp_path / "patches.gpkg"
    gpd.GeoDataFrame(
        {"patch_code": ["P01", "P02", "P03"]}, geometry=shapes, crs="EPSG:27700"
    ).to_file(path)
    found: list[Problem] = []
    patches = read_polygons(path, problems=found)
    assert patches["patch"].tolist() == ["P01", "P02"]
    assert patches.geometry.is_valid.all()
    assert [(p.severity, p.row) for p in found] == [("warning", 2), ("error", 3)]
    assert read_polygons(path, crs="EPSG:3857", problems=[]).crs == "EPSG:3857"


def test_a_geographic_file_without_a_crs_or_with_a_wrong_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "boundary.shp"
    gpd.GeoDataFrame({"name": ["x"]}, geometry=[box(0, 0, 1, 1)], crs="EPSG:27700").to_file(path)
    path.with_suffix(".prj").unlink()
    with pytest.raises(DataError, match="does not say its CRS"):
        read_polygons(path)
    path = tmp_path / "boundary.geojson"
    path.write_text(
        '{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":'
        "[[[529000,181000],[529100,181000],[529100,181100],[529000,181000]]]}}"
    )
    with pytest.raises(DataError, match="not degrees"):
        read_polygons(path)


@pytest.mark.parametrize(
    "schema",
    [s for s in vars(schemas).values() if isinstance(s, TableSchema)],
    ids=lambda s: s.name,
)
def test_no_spelling_means_two_columns(schema: TableSchema) -> None:
    names = [n for ours, others in schema.columns.items() for n in (ours, *others.split())]
    assert sorted(names) == sorted(set(names))
    assert all(schemas.spelling(n) == n for n in names)
    assert set(schema.required) <= set(schema.columns)


def test_westminster_reads_without_a_problem(westminster: Path) -> None:
    boundary = read_polygons(westminster / "boundary.geojson")
    stock = read_stock(westminster / "homes.csv", boundary=boundary)
    assert (len(stock.homes), len(stock.blocks), stock.problems) == (21_593, 1_101, ())
    assert stock.blocks["homes"].sum() == 21_593
    assert stock.homes["tenure"].value_counts().to_dict() == {
        "tenanted": 12_425,
        "leasehold": 9_168,
    }
    found: list[Problem] = []
    sizes = [
        len(read(westminster / f"{name}.csv", problems=found))
        for name, read in (
            ("officers", read_officers),
            ("visits", read_visits),
            ("service_centres", read_service_centres),
            ("fixed", read_fixed),
            ("absences", read_absences),
            ("outcomes", read_outcomes),
        )
    ]
    assert sizes == [44, 286, 4, 16, 3, 1_900]
    assert found == []
    assert len(read_polygons(westminster / "patches.geojson")["patch"].unique()) == 28


def test_every_fault_of_a_messy_export_is_found_in_its_row(westminster: Path) -> None:
    found: list[Problem] = []
    visits = read_visits(westminster / "visits_export_messy.xlsx", problems=found)
    assert errors(found) == [
        (12, "Due By", "31/02/2027"),
        (14, "Mins", "-15"),
        (16, "Mins", "half an hour"),
        (18, "Window", "17:00-09:00"),
        (20, "Days", "Funday"),
        (22, "Visit Ref", "V0075"),
        (24, "Property Ref", None),
        (26, "Two Officers", "maybe"),
        (30, "Language", "=cmd|' /C calc'!A0"),
    ]
    assert {p.sheet for p in found} == {"Export"}
    assert len(visits) == 60 - 9
    assert visits.set_index("row").loc[28, "visit_type"] == "rent_arrears"
