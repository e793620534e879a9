import csv
import datetime as dt
import json

import geopandas as gpd
import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

import optimiser.outputs
from geodata.errors import DataError
from optimiser.model import PatchRules, Violation
from optimiser.outputs import files
from optimiser.outputs.files import write_patches, write_week

WEEK_FILES = {
    "map.html", "plan.json", "visits.xlsx", "sheets.pdf", "calendar/HO01.ics", "calendar/HO02.ics",
    "unplanned.csv", "routes.geojson", "report.html", "summary.json",
}  # fmt: skip
PATCHES_FILES = {
    "map.html", "patches.gpkg", "homes.csv", "public.html", "residents.csv", "changes.xlsx",
    "report.html",
    "summary.json",
}  # fmt: skip


@pytest.fixture(autouse=True)
def plain_maps(monkeypatch):
    """Maps have tests of their own; here a line of text stands for one."""

    def save_page(page, path, *, title):
        path.write_text(f"{title}: {page}", encoding="utf-8")

    monkeypatch.setattr(optimiser.outputs, "patch_map", lambda *_, **__: "patches", raising=False)
    monkeypatch.setattr(optimiser.outputs, "week_map", lambda *_, **__: "week", raising=False)
    monkeypatch.setattr(optimiser.outputs, "save_page", save_page, raising=False)


def names(folder):
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_a_weeks_folder_holds_what_is_documented(view, week_plan, tmp_path):
    folder = tmp_path / "out" / "week-2026-11-30"
    paths = write_week(view, week_plan, folder)
    assert names(folder) == WEEK_FILES
    assert {p.relative_to(folder).as_posix() for p in paths} == WEEK_FILES
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    assert summary["planned"] == 3
    assert plan["week"] == "2026-11-30"
    assert load_workbook(folder / "visits.xlsx").sheetnames[0] == "Plan"
    assert (folder / "sheets.pdf").read_bytes().startswith(b"%PDF")
    routes = gpd.read_file(folder / "routes.geojson")
    assert routes.crs == "EPSG:4326"
    assert routes["officer_ref"].to_list() == ["HO01", "HO02", "HO01"]
    # The documents share one search for the walks.
    assert view.walk_calls == 1


def test_a_redraws_folder_holds_what_is_documented(view, patch_plan, tmp_path):
    folder = tmp_path / "patches"
    with_rules = patch_plan.model_copy(update={"rules": PatchRules(balance=0.05)})
    write_patches(view, with_rules, folder)
    assert names(folder) == PATCHES_FILES
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["homes_moved"] == 8
    assert summary["rules"]["balance"] == 0.05
    with (folder / "homes.csv").open(encoding="utf-8") as file:
        header = next(csv.reader(file))
    assert header[:5] == ["property_ref", "block_ref", "old_patch", "new_patch", "officer_ref"]


def test_the_list_for_letters_is_known_as_utf8_by_word(view, patch_plan, tmp_path):
    view.homes.loc[view.homes["property_ref"] == "00C2", "address"] = "Flat 2, Café House"
    write_patches(view, patch_plan, tmp_path / "out")
    text = (tmp_path / "out" / "residents.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbfproperty_ref,")
    assert "Flat 2, Café House" in text.decode("utf-8-sig")
    assert (tmp_path / "out" / "homes.csv").read_bytes().startswith(b"property_ref,")


def test_nothing_but_the_folder_is_left_behind(view, week_plan, tmp_path):
    write_week(view, week_plan, tmp_path / "out")
    write_week(view, week_plan, tmp_path / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert names(tmp_path / "out") == WEEK_FILES


def test_our_own_earlier_output_is_replaced_whole(view, week_plan, tmp_path):
    folder = tmp_path / "out"
    write_week(view, week_plan, folder)
    shorter = week_plan.model_copy(update={"routes": week_plan.routes[:1], "planned": 1})
    write_week(view, shorter, folder)
    assert names(folder) == WEEK_FILES
    gone = (folder / "calendar" / "HO02.ics").read_text()  # calendar programs must be told
    assert gone.count("STATUS:CANCELLED") == gone.count("BEGIN:VEVENT") == 2
    assert json.loads((folder / "summary.json").read_text())["planned"] == 1


def test_an_empty_folder_is_filled(view, week_plan, tmp_path):
    (tmp_path / "out").mkdir()
    write_week(view, week_plan, tmp_path / "out")
    assert names(tmp_path / "out") == WEEK_FILES


@pytest.mark.parametrize("summary", [None, "not json", "[]", '{"status": "mine"}'])
def test_a_folder_of_someone_elses_is_refused(view, week_plan, tmp_path, summary):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "letter.txt").write_text("keep me")
    if summary is not None:
        (folder / "summary.json").write_text(summary)
    before = names(folder)
    with pytest.raises(DataError, match=r"doorstep did not write.*choose another folder"):
        write_week(view, week_plan, folder)
    assert names(folder) == before
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]


def test_a_file_in_the_way_is_refused(view, week_plan, tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(DataError, match="is a file"):
        write_week(view, week_plan, tmp_path / "out")
    assert (tmp_path / "out").read_text() == "a file"


def test_a_failure_half_way_leaves_the_old_output(view, week_plan, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    write_week(view, week_plan, folder)
    before = {name: (folder / name).read_bytes() for name in names(folder)}

    def fail(*_):
        raise ZeroDivisionError("half-way")

    monkeypatch.setattr(files, "routes_geojson", fail)
    with pytest.raises(ZeroDivisionError):
        write_week(view, week_plan.model_copy(update={"planned": 0}), folder)
    assert {name: (folder / name).read_bytes() for name in names(folder)} == before
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_failure_of_a_first_write_leaves_nothing(view, week_plan, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "week_summary", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_week(view, week_plan, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_of_the_move_itself_puts_the_old_output_back(
    view, week_plan, tmp_path, monkeypatch
):
    folder = tmp_path / "out"
    write_week(view, week_plan, folder)
    rename = type(folder).rename

    def refuse_new(self, target):
        if self.name == "new":
            raise PermissionError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(type(folder), "rename", refuse_new)
    with pytest.raises(DataError, match="cannot be written"):
        write_week(view, week_plan.model_copy(update={"planned": 0}), folder)
    assert json.loads((folder / "summary.json").read_text())["planned"] == 3
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_what_a_person_filled_in_is_kept(view, week_plan, tmp_path):
    folder = tmp_path / "out"
    write_week(view, week_plan, folder)
    book = load_workbook(folder / "visits.xlsx")
    book["Outcomes"]["E2"] = "done"
    book.save(folder / "visits.xlsx")
    (folder / "notes.txt").write_text("mine")
    write_week(view, week_plan, folder)
    write_week(view, week_plan, folder)
    assert names(folder) == WEEK_FILES | {"notes.txt", "visits-kept-1.xlsx"}
    kept = load_workbook(folder / "visits-kept-1.xlsx")
    assert kept["Outcomes"]["E2"].value == "done"
    assert load_workbook(folder / "visits.xlsx")["Outcomes"]["E2"].value is None


def test_a_plan_with_violations_is_not_written(view, week_plan, patch_plan, tmp_path):
    broken = (Violation(rule="contiguity", subject="P01", message="block C is cut off"),)
    with pytest.raises(RuntimeError, match="contiguity, P01: block C is cut off"):
        write_patches(view, patch_plan.model_copy(update={"violations": broken}), tmp_path / "p")
    with pytest.raises(RuntimeError, match="contiguity"):
        write_week(view, week_plan.model_copy(update={"violations": broken}), tmp_path / "w")
    assert list(tmp_path.iterdir()) == []


def test_synthetic_data_says_so_in_every_file(view, week_plan, patch_plan, tmp_path):
    write_patches(view, patch_plan, tmp_path / "p")
    write_week(view, week_plan, tmp_path / "w")
    texts = [p for p in tmp_path.rglob("*") if p.suffix in {".json", ".csv", ".ics", ".geojson"}]
    assert len(texts) == 9
    assert all("synthetic" in p.read_text(encoding="utf-8").lower() for p in texts)
    for name in ("p/changes.xlsx", "w/visits.xlsx"):
        book = load_workbook(tmp_path / name)
        assert all("Synthetic" in sheet.oddHeader.center.text for sheet in book)


def test_a_mended_plan_keeps_the_folder_before_it(view, week_plan, tmp_path):
    folder = tmp_path / "out"
    first = week_plan.model_copy(update={"notes": ("the first",)})
    write_week(view, first, folder)
    (folder / "visits.xlsx").write_bytes(b"filled in by a person")
    mended = week_plan.model_copy(
        update={"replanned_at": dt.datetime(2026, 12, 1, 11, 30)}  # noqa: DTZ001
    )
    written = write_week(view, mended, folder)
    assert not any("history" in path.parts for path in written)
    assert "the first" in (folder / "history" / "1" / "plan.json").read_text()
    assert (folder / "visits-kept-1.xlsx").read_bytes() == b"filled in by a person"
    write_week(view, mended, folder)
    kept = folder / "history"
    assert sorted(p.name for p in kept.iterdir()) == ["1", "2"]
    assert "the first" in (kept / "1" / "plan.json").read_text()
    assert not (kept / "2" / "history").exists()
    # A fresh plan of the week does not throw a mended one away either.
    write_week(view, first, folder)
    assert json.loads((kept / "3" / "plan.json").read_text())["replanned_at"] == "2026-12-01T11:30"


def test_a_plan_otherwise_than_the_one_before_has_the_next_version(view, week_plan, tmp_path):
    folder = tmp_path / "out"

    def version(plan):
        write_week(view, plan, folder)
        text = PdfReader(folder / "sheets.pdf").pages[0].extract_text()
        number = json.loads((folder / "plan.json").read_text())["version"]
        assert f"version {number} " in text
        return number

    shorter = week_plan.model_copy(update={"routes": week_plan.routes[:1]})
    assert version(week_plan) == 1
    assert version(week_plan) == 1
    assert version(shorter) == 2
    assert version(shorter) == 2  # planned again with the same result: the papers still hold
    assert version(week_plan.model_copy(update={"version": 3})) == 3
    (folder / "plan.json").write_text("{damaged")
    assert version(week_plan) == 1
