"""The workbooks as another library than the one that writes them reads them."""

import datetime as dt

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from optimiser.outputs.redraw_tables import changes_sheets
from optimiser.outputs.stops import stop_lines
from optimiser.outputs.tables import Sheet, write_xlsx
from optimiser.outputs.week_tables import visits_sheets

ATTACKS = ("=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(A1)", "＝1")  # noqa: RUF001


@pytest.fixture
def week(view, week_plan, tmp_path):
    """The path of a week's visits.xlsx, and the sheets that went into it."""
    sheets = visits_sheets(view, week_plan, stop_lines(view, week_plan))
    write_xlsx(tmp_path / "visits.xlsx", sheets, title="Week", notice="")
    return tmp_path / "visits.xlsx", sheets


def read(path, name):
    return pd.read_excel(path, sheet_name=name, engine="calamine")


def test_every_sheet_is_there_and_can_be_seen(week):
    path, sheets = week
    found = CalamineWorkbook.from_path(path).sheets_metadata
    assert [sheet.name for sheet in found] == [sheet.name for sheet in sheets]
    assert all(sheet.typ == SheetTypeEnum.WorkSheet for sheet in found)
    assert all(sheet.visible == SheetVisibleEnum.Visible for sheet in found)


def test_every_sheet_has_its_header_in_row_one_and_all_its_rows(week):
    path, sheets = week
    for sheet in sheets:
        frame = read(path, sheet.name)
        assert list(frame.columns) == [str(name) for name in sheet.frame.columns]
        assert len(frame) == len(sheet.frame)


def test_values_come_back_as_what_they_are(week):
    plan = read(week[0], "Plan")
    first = plan.iloc[0]
    assert first["date"] == dt.datetime(2026, 12, 1)  # noqa: DTZ001
    assert first["start"] == dt.time(10, 15)
    assert first["minutes"] == 25
    assert first["where"] == "Flat 1 A House, Elm Road, SW1V 3DJ"
    assert plan["late"].tolist().count("late") == 1
    figures = read(week[0], "KPIs").set_index("figure")["value"]
    assert figures["Requests"] == 6
    assert figures["Conversations expected"] == pytest.approx(1.3)
    outcomes = read(week[0], "Outcomes")
    assert outcomes["visited_at"][0] == dt.datetime(2026, 12, 1, 10, 15)  # noqa: DTZ001
    assert outcomes["outcome"].isna().all()


def test_a_redraws_figures_come_back_and_its_hostile_address_is_text(view, patch_plan, tmp_path):
    path = tmp_path / "changes.xlsx"
    write_xlsx(path, changes_sheets(view, patch_plan), title="Redraw", notice="")
    patches = read(path, "Patches").set_index("patch")
    assert patches["workload"].to_dict() == {"P01": 25.5, "P02": 24.5}
    addresses = read(path, "Residents")["address"]
    assert '\'=HYPERLINK("http://bad","C1")' in addresses.tolist()


def test_no_cell_is_a_formula(tmp_path):
    frame = pd.DataFrame({"text": ATTACKS, "number": [-1.5] * len(ATTACKS)})
    write_xlsx(tmp_path / "x.xlsx", [Sheet("One", frame)], title="", notice="")
    found = read(tmp_path / "x.xlsx", "One")
    # Of a formula there would be no value: nobody has worked it out.
    assert found["text"].tolist() == [f"'{text}" for text in ATTACKS]
    assert set(found["number"]) == {-1.5}
