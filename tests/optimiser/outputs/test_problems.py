"""problems.xlsx: what is wrong, and the rows themselves to be mended."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from geodata import DataError, Problem
from optimiser.outputs.problems import BadRows, write_problems

EXPORT = {"file": "visits.xlsx", "remedy": "mend", "row": 9, "sheet": "Export"}
FAULTS = [
    Problem("homes.csv", "is blank for 2 homes", "fill it in", column="floor", severity="warning"),
    Problem("homes.csv", "is not a place", "swap", 7, "easting, northing", "1, 2"),
    Problem(reason="is a formula", column="Ref", value="=1+1", **EXPORT),  # type: ignore[arg-type]
    Problem(reason="is not a number", column="Mins", value="x", **EXPORT),  # type: ignore[arg-type]
    Problem("visits.xlsx", "is blank", "fill it in", 9, "Mins", sheet="Other"),
]
ROWS = [
    BadRows("homes.csv", None, ("prop_ref", "easting", "northing"), {7: ("001", "1", "2")}),
    BadRows("visits.xlsx", "Export", ("Ref", "", "Mins", "row"), {9: ("=1+1", "+x", "x", 30)}),
]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> openpyxl.Workbook:
    folder = tmp_path_factory.mktemp("problems")
    return openpyxl.load_workbook(write_problems(folder, FAULTS, title="Problems", rows=ROWS))


def test_problems_come_first_errors_before_warnings(book: openpyxl.Workbook) -> None:
    assert book.sheetnames == ["Problems", "homes", "visits"]
    rows = list(book["Problems"].iter_rows(values_only=True))
    assert [r[7] for r in rows[1:]] == ["error"] * 4 + ["warning"]
    assert rows[2][:5] == ("visits.xlsx", "Export", 9, "Ref", "'=1+1")


def test_a_row_left_out_stands_as_in_the_file_with_what_is_wrong(book: openpyxl.Workbook) -> None:
    rows = list(book["visits"].iter_rows(values_only=True))
    assert rows == [
        ("row", "what is wrong", "Ref", "column 2", "Mins", "row (4)"),
        (9, "Ref is a formula: mend; Mins is not a number: mend", "'=1+1", "'+x", "x", 30),
    ]
    assert list(book["homes"].iter_rows(values_only=True))[1][2:] == ("001", "1", "2")


def test_the_cells_at_fault_are_shaded_and_no_others(book: openpyxl.Workbook) -> None:
    for name, shaded in (("homes", {"D2", "E2"}), ("visits", {"C2", "E2"})):
        cells = {c.coordinate for c in book[name][2] if c.fill.fill_type == "solid"}
        assert cells == shaded


def test_each_sheet_has_a_frozen_header_a_filter_and_readable_columns(
    book: openpyxl.Workbook,
) -> None:
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions
        widths = [d.width for d in sheet.column_dimensions.values()]
        assert len(widths) == sheet.max_column
        assert all(8 <= width <= 60 for width in widths)


def test_files_of_one_name_or_a_long_one_get_sheets_that_excel_opens(tmp_path: Path) -> None:
    rows = [
        BadRows(name, None, ("a",), {2: ("x",)})
        for name in ("problems.csv", "a" * 40 + ".csv", "a" * 40 + ".xlsx", "what?[1].csv")
    ]
    names = openpyxl.load_workbook(
        write_problems(tmp_path, FAULTS, title="Problems", rows=rows)
    ).sheetnames
    assert len({n.casefold() for n in names}) == 5
    assert all(len(n) <= 31 and not set(n) & set("[]:*?/\\'") for n in names)


def test_ours_gives_way_and_anothers_does_not(tmp_path: Path) -> None:
    path = write_problems(tmp_path, FAULTS, title="Problems")
    assert openpyxl.load_workbook(write_problems(tmp_path, [], title="x")).sheetnames == [
        "Problems"
    ]
    path.write_bytes(b"mine")
    with pytest.raises(DataError, match="did not write"):
        write_problems(tmp_path, FAULTS, title="Problems")
    assert path.read_bytes() == b"mine"
