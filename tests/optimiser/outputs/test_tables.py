import csv
import datetime as dt
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
from openpyxl import load_workbook

from geodata.errors import Problem
from optimiser.model import PatchRules, VisitRules, WorkloadWeights
from optimiser.outputs.redraw_tables import (
    changes_sheets,
    homes_frame,
    moved_blocks_frame,
    patches_frame,
    residents_frame,
    rules_rows,
    split_estates_frame,
)
from optimiser.outputs.stops import stop_lines
from optimiser.outputs.tables import (
    Sheet,
    safe_text,
    write_csv,
    write_patches_gpkg,
    write_xlsx,
)
from optimiser.outputs.week_tables import (
    by_day_frame,
    by_officer_frame,
    outcomes_frame,
    plan_frame,
    unplanned_frame,
    visits_sheets,
)

ATTACKS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "  =1+1", "＝1"]  # noqa: RUF001


@pytest.mark.parametrize("text", ATTACKS)
def test_formulas_are_neutralised(text):
    assert safe_text(text) == "'" + text


@pytest.mark.parametrize("text", ["V0001", "12-14 Elm Road", "a=b", "", "Flat 1"])
def test_other_text_is_left_alone(text):
    assert safe_text(text) == text


def test_csv_neutralises_text_and_keeps_negative_numbers(tmp_path):
    frame = pd.DataFrame({"text": ["=1+1", None], "number": [-1.5, -2.0]})
    write_csv(tmp_path / "x.csv", frame, synthetic=False)
    rows = list(csv.reader((tmp_path / "x.csv").read_text(encoding="utf-8").splitlines()))
    assert rows == [["text", "number"], ["'=1+1", "-1.5"], ["", "-2.0"]]


def test_a_carriage_return_in_a_cell_does_not_end_the_row(tmp_path):
    frame = pd.DataFrame({"note": ["one\rtwo", "one\r\ntwo", "one\ntwo"], "n": [1, 2, 3]})
    write_csv(tmp_path / "x.csv", frame, synthetic=False)
    again = pd.read_csv(tmp_path / "x.csv")
    assert again["note"].tolist() == ["one\ntwo"] * 3
    assert again["n"].tolist() == [1, 2, 3]


def test_csv_of_synthetic_data_says_so_on_each_row(tmp_path):
    write_csv(tmp_path / "x.csv", pd.DataFrame({"a": ["1", "2"]}), synthetic=True)
    frame = pd.read_csv(tmp_path / "x.csv")
    assert list(frame.columns) == ["a", "data"]
    assert set(frame["data"]) == {"synthetic"}


def test_xlsx_has_no_formula_and_keeps_types(tmp_path):
    frame = pd.DataFrame(
        {"text": [*ATTACKS, "bell \x07"], "number": [-1.5] * 9, "day": [dt.date(2026, 12, 1)] * 9}
    )
    write_xlsx(tmp_path / "x.xlsx", [Sheet("One", frame)], title="t", notice="R&D")
    sheet = load_workbook(tmp_path / "x.xlsx")["One"]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert sheet["A2"].value == "'=1+1"
    assert sheet["A10"].value == "bell "
    assert sheet["B2"].value == -1.5
    assert sheet["C2"].value == dt.datetime(2026, 12, 1)  # noqa: DTZ001
    assert sheet.oddHeader.center.text == "R&&D"


def test_sheets_have_filters_frozen_headers_and_widths(tmp_path):
    frame = pd.DataFrame({"a": ["x" * 30], "b": [1]})
    write_xlsx(tmp_path / "x.xlsx", [Sheet("One", frame)], title="t", notice="")
    sheet = load_workbook(tmp_path / "x.xlsx")["One"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:B2"
    assert sheet.column_dimensions["A"].width == 33


def test_dates_have_room_and_long_text_the_lines_it_needs(tmp_path):
    """A date too wide for its column is shown as ###."""
    frame = pd.DataFrame({"day": [dt.date(2026, 12, 2)] * 2, "why": ["word " * 30, "short"]})
    write_xlsx(tmp_path / "x.xlsx", [Sheet("One", frame)], title="t", notice="")
    sheet = load_workbook(tmp_path / "x.xlsx")["One"]
    assert sheet.column_dimensions["A"].width > len("Wed 2 Dec 2026") + 2
    assert sheet.row_dimensions[2].height == 15 * 4  # of 45 letters, 9 words of 5
    assert sheet.row_dimensions[3].height is None
    assert sheet["B2"].alignment.wrap_text
    assert sheet["A2"].alignment.vertical == "top"  # beside the first line


def test_a_small_share_among_words_keeps_its_decimals(tmp_path):
    frame = pd.DataFrame({"value": [0.05, 12.345, "Thu", 45], "points": [0.05, 1.0, 2.0, 3.0]})
    write_xlsx(tmp_path / "x.xlsx", [Sheet("One", frame)], title="t", notice="")
    sheet = load_workbook(tmp_path / "x.xlsx")["One"]
    formats = [sheet[f"A{row}"].number_format for row in (2, 3, 4, 5)]
    assert formats == ["#,##0.0###_)", "#,##0.0_)", "General", "#,##0_)"]
    assert {sheet[f"A{row}"].alignment.horizontal for row in (2, 3, 5)} == {"left"}
    assert sheet["B2"].number_format == "#,##0.0_)"  # below each other, points align


def test_rules_are_listed_in_words_where_they_are_no_numbers():
    rules = VisitRules(pairs_at=("Elm", "B0001"), break_earliest=dt.time(11, 30))
    shown = {name: value for name, value, _ in rules_rows(rules)}
    assert shown["pairs_at"] == "Elm, B0001"
    assert shown["worked_bank_holidays"] == "none"
    assert shown["break_earliest"] == "11:30"
    assert shown["walking_kmh"] == 4.5
    patches = {name: value for name, value, _ in rules_rows(PatchRules(pins={"B1": "P07"}))}
    assert patches["pins"] == "B1: P07"
    assert patches["reach_minutes"] == "not set"


def test_an_empty_sheet_still_has_its_header(tmp_path):
    frame = pd.DataFrame(columns=["a", "b"])
    write_xlsx(tmp_path / "x.xlsx", [Sheet("One", frame)], title="t", notice="")
    assert [c.value for c in load_workbook(tmp_path / "x.xlsx")["One"][1]] == ["a", "b"]


def test_homes_have_the_documented_columns(view, patch_plan):
    frame = homes_frame(view, patch_plan)
    assert list(frame.columns) == [
        "property_ref", "block_ref", "old_patch", "new_patch", "officer_ref",
    ]  # fmt: skip
    assert len(frame) == len(view.homes)
    moved = frame[frame["old_patch"] != frame["new_patch"]]
    assert set(moved["block_ref"]) == {"C", "D"}
    assert len(moved) == patch_plan.homes_moved


def test_patches_before_and_after(view, patch_plan):
    frame = patches_frame(view, patch_plan).set_index("patch")
    assert frame.loc["P01", ["homes_before", "homes", "homes_in", "homes_out"]].to_list() == [
        12, 12, 4, 4,
    ]  # fmt: skip
    assert frame.loc["P01", "from_target_percent"] == 2.0


def test_workload_before_is_shown_only_if_it_can_be_recomputed(view, patch_plan):
    # A lift, C and D without one: 3 tenanted, 1 leasehold, 1 arrears, 1 asb = 8.3; floor 3: 0.05.
    frame = patches_frame(view, patch_plan).set_index("patch")
    assert frame.loc["P01", "workload_before"] == pytest.approx(3 * 8.3 + 0.05)
    heavier = PatchRules(workload=WorkloadWeights(asb=40.0))
    assert "workload_before" not in patches_frame(
        view, patch_plan.model_copy(update={"rules": heavier})
    )


def test_a_patch_that_is_given_up_is_listed(view, patch_plan):
    view.homes.loc[view.homes["block_ref"] == "F", "patch"] = "P99"
    frame = patches_frame(view, patch_plan).set_index("patch")
    assert frame.loc["P99", ["homes_before", "homes", "homes_out"]].to_list() == [4, 0, 4]


def test_moved_blocks_count_households_with_both_officers(view, patch_plan):
    frame = moved_blocks_frame(view, patch_plan)
    assert frame[["block_ref", "households", "old_officer", "new_officer"]].to_numpy().tolist() == [
        ["C", 4, "HO01", "HO02"],
        ["D", 4, "HO02", "HO01"],
    ]


def test_a_home_without_a_patch_does_not_change(view, patch_plan):
    view.homes.loc[view.homes["property_ref"] == "00C2", "patch"] = None
    assert "00C2" not in set(residents_frame(view, patch_plan)["property_ref"])
    assert moved_blocks_frame(view, patch_plan)["households"].to_list() == [3, 4]


def test_split_estates_name_their_patches(view, patch_plan):
    rows = split_estates_frame(view, patch_plan).to_numpy().tolist()
    assert rows == [["Oak", 8, 2, 2, "P01, P02"]]


def test_changes_workbook(view, patch_plan, tmp_path):
    sheets = changes_sheets(view, patch_plan)
    write_xlsx(tmp_path / "changes.xlsx", sheets, title="t", notice="n")
    book = load_workbook(tmp_path / "changes.xlsx")
    assert book.sheetnames == [
        "Summary", "Patches", "Moved blocks", "Handed over", "Residents", "Split estates",
        "Assumptions",
    ]  # fmt: skip
    figures = {row[0]: row[1] for row in book["Summary"].iter_rows(values_only=True)}
    assert figures["Homes that change patch"] == 8
    assert figures["Notice"].startswith("Synthetic data")
    values = [c for sheet in book for row in sheet.iter_rows(values_only=True) for c in row]
    assert "Zebedee Quill" not in values
    assert "00C1" in values
    # The address of 00C1 is an attack.
    assert any(str(value).startswith("'=HYPERLINK") for value in values)


def test_gpkg_layers(view, patch_plan, tmp_path):
    path = tmp_path / "patches.gpkg"
    write_patches_gpkg(path, view, patch_plan, notice="Synthetic data")
    assert set(gpd.list_layers(path)["name"]) == {"patches", "blocks"}
    patches = gpd.read_file(path, layer="patches")
    blocks = gpd.read_file(path, layer="blocks")
    assert list(patches.columns) == ["patch", "officer_ref", "homes", "workload", "geometry"]
    assert list(blocks.columns) == ["block_ref", "patch", "old_patch", "geometry"]
    assert patches.crs == blocks.crs == "EPSG:27700"
    assert set(patches.geom_type) <= {"Polygon", "MultiPolygon"}
    assert set(blocks.geom_type) == {"Point"}
    # Each block lies in the polygon of its own patch.
    shape = patches.set_index("patch").geometry
    assert all(shape[row.patch].covers(row.geometry) for row in blocks.itertuples())


def test_plan_sheet_is_in_the_order_of_the_day(view, week_plan):
    frame = plan_frame(stop_lines(view, week_plan))
    assert frame["task"].to_list()[:3] == ["Tenancy visit", "Break", "Tenancy visit"]
    assert frame["start"].to_list()[:3] == [dt.time(10, 15), dt.time(12), dt.time(14)]
    assert frame["interpreter"].dropna().to_list() == ["Bengali"]
    assert len(frame) == sum(len(route.stops) for route in week_plan.routes)


def test_unplanned_starts_with_the_documented_columns(view, week_plan):
    frame = unplanned_frame(view, week_plan)
    assert list(frame.columns)[:5] == ["visit_ref", "class", "reason", "evidence", "remedy"]
    assert frame["class"].to_list() == ["crowded_out", "impossible", "escalate"]


def test_by_officer_adds_up(week_plan):
    frame = by_officer_frame(week_plan).set_index("officer_ref")
    assert frame.loc["HO01", ["days", "visits", "doors"]].to_list() == [2, 2, 4]
    assert frame.loc["HO01", "surgery_hours"] == 2.0
    assert frame.loc["HO02", "visit_hours"] == 2.0


def test_outcomes_have_a_row_a_door_and_a_pair_once(view, week_plan):
    frame = outcomes_frame(stop_lines(view, week_plan))
    assert list(frame.columns)[:6] == [
        "property_ref", "visited_at", "kind", "visit_ref", "outcome", "officer_ref",
    ]  # fmt: skip
    assert frame["visit_ref"].dropna().to_list() == ["V1", "V2", "V3"]
    assert frame[frame["kind"] == "round"]["property_ref"].to_list() == [
        "00D4", "00D3", "00D2", "00D1",
    ]  # fmt: skip
    assert frame["outcome"].isna().all()


def opened(view, plan, folder):
    sheets = visits_sheets(view, plan, stop_lines(view, plan))
    write_xlsx(folder / "visits.xlsx", sheets, title="t", notice="n")
    return load_workbook(folder / "visits.xlsx")


def records(sheet):
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_every_sheet_can_be_filtered_and_keeps_its_headings(view, week_plan, tmp_path):
    problem = Problem("homes.csv", "is blank", "fill it in", 9, "uprn", value="=1+1")
    mended = week_plan.model_copy(
        update={"replanned_at": dt.datetime(2026, 12, 1, 11, 30)}  # noqa: DTZ001
    )
    book = opened(replace(view, problems=(problem,)), mended, tmp_path)
    assert book.sheetnames[1] == "Changes"
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions
        assert all(8 <= column.width <= 66 for column in sheet.column_dimensions.values())
        assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert records(book["Problems"])[0] == {
        "file": "homes.csv", "sheet": None, "row": 9, "column": "uprn", "value": "'=1+1",
        "reason": "is blank", "remedy": "fill it in", "severity": "error",
    }  # fmt: skip


def test_times_sort_as_they_pass(view, week_plan, tmp_path):
    sheet = opened(view, week_plan, tmp_path)["Plan"]
    heads = [cell.value for cell in sheet[1]]
    cells = [row[heads.index("start")] for row in sheet.iter_rows(min_row=2)]
    assert cells[0].value == dt.time(10, 15)
    assert {cell.number_format for cell in cells} == {"h:mm AM/PM_)"}


def test_kpis_give_each_tier_its_bound_and_gap(view, week_plan, tmp_path):
    found = {row["figure"]: row for row in records(opened(view, week_plan, tmp_path)["KPIs"])}
    whole = found["All tiers together, points"]
    assert (whole["value"], whole["bound"]) == (1250, 1300)
    assert whole["gap_percent"] == pytest.approx(100 * 50 / 1300)
    first = found["Tier 1: Statutory on time, points"]
    assert (first["value"], first["bound"], first["gap_percent"]) == (1000, 1000, 0)
    second = found["Tier 2: Requests, by priority, points"]
    assert (second["value"], second["bound"], second["gap_percent"]) == (250, None, None)
    expected = {"Planned": 3, "Visits by two officers": 1, "Rounds": 1, "Rounds by two officers": 0,
                "Doors to knock": 4, "Conversations expected": 1.3, "With their own officer": 3,
                "Left out: no room this week": 1, "Proven the best there is": "no",
                "Officers' time used, percent of what the rules allow": 70,
                "Spread of that between officers, percentage points": 12}  # fmt: skip
    assert {name: found[name]["value"] for name in expected} == pytest.approx(expected)


def test_a_day_counts_a_pair_once_and_its_hours_twice(week_plan):
    day = by_day_frame(week_plan).iloc[0]
    assert day[["officers", "visits", "doors", "late"]].to_list() == [2, 3, 0, 1]
    assert day["visit_hours"] == pytest.approx((25 + 45 + 75 + 45) / 60, abs=0.01)


def test_visits_workbook(view, week_plan, tmp_path):
    book = opened(view, week_plan, tmp_path)
    assert book.sheetnames == [
        "Plan", "Unplanned", "By officer", "By day", "KPIs", "Problems", "Assumptions", "Outcomes",
    ]  # fmt: skip
    choices = book["Outcomes"].data_validations.dataValidation[0]
    assert "no_answer" in choices.formula1
    assert str(choices.sqref) == "E2:E8"
    assumptions = {row[0]: row[1] for row in book["Assumptions"].iter_rows(values_only=True)}
    assert assumptions["slack"] == 0.15
    assert assumptions["values.conversation"] == 1.0
    values = [str(c) for sheet in book for row in sheet.iter_rows(values_only=True) for c in row]
    assert not [v for v in values if "Zebedee" in v or "arrears" in v or "asb" in v]
