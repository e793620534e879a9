"""`doorstep compare`: two outputs of a folder, and the patches of today."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from folders import refused, run
from redraws import first_moved, held_by, redraw

from optimiser import Workspace
from optimiser.outputs.files import check_target


@pytest.fixture(scope="module")
def redrawn(borough: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the small borough with two redraws: today's codes, and a block moved."""
    copy = shutil.copytree(borough, tmp_path_factory.mktemp("redrawn") / "borough")
    ws = Workspace.open(copy)
    redraw(ws, copy / "out" / "same", {})
    redraw(ws, copy / "out" / "moved", first_moved(ws))
    return copy


@pytest.fixture
def folder(redrawn: Path, tmp_path: Path) -> Path:
    """Return a copy of that, to change."""
    return shutil.copytree(redrawn, tmp_path / "borough")


def summary_of(folder: Path, a: str, b: str, *more: object) -> dict:
    done = run("compare", folder, a, b, "--json", *more)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_one_block_moved_is_the_one_difference(folder):
    ws = Workspace.open(folder)
    ((ref, patch),) = first_moved(ws).items()
    block = ws.blocks.loc[ref]
    found = summary_of(folder, "same", "moved")
    (changed,) = found["changed"]
    assert (changed["block_ref"], changed["a"], changed["b"]) == (ref, block["patch"], patch)
    assert (changed["today"], changed["homes"]) == (block["patch"], block["homes"])
    assert found["homes_changed"] == block["homes"]
    assert found["homes_moved"] == [0, block["homes"]]
    assert found["names"] == ["same", "moved"]


def test_today_is_the_homes_own_codes(folder):
    found = summary_of(folder, "current", "same")
    assert found["changed"] == []
    assert found["walk_minutes"][0] == found["walk_minutes"][1]
    assert found["objective"][0] == found["objective"][1]


def test_figures_are_those_of_the_files(folder):
    ws = Workspace.open(folder)
    problem = ws.patch_problem()
    found = summary_of(folder, "same", "moved")
    homes = ws.homes
    for side, moves in zip(found["patches"], ({}, first_moved(ws)), strict=True):
        patch = [moves.get(ref, code) for ref, code in
                 zip(homes["block_ref"], homes["patch"], strict=True)]  # fmt: skip
        assert {p["patch"]: p["homes"] for p in side} == Counter(patch)
        assert {p["patch"]: p["officer_ref"] for p in side} == held_by(ws)
    work = sum(p["workload"] for p in found["patches"][0])
    assert work == pytest.approx(sum(b.workload for b in problem.blocks) / 100)


def test_files_are_written_beside_the_outputs_and_again(folder):
    for _ in range(2):
        done = run("compare", folder, "same", folder / "out" / "moved")
        assert done.exit_code == 0, done.output
    target = folder / "out" / "compare-same-moved"
    assert sorted(p.name for p in target.iterdir()) == [
        "compare.html", "compare.xlsx", "summary.json"]  # fmt: skip
    check_target(target)
    page = (target / "compare.html").read_text(encoding="utf-8")
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    assert "Synthetic data" in page
    assert "compare.html" in done.stdout
    assert "1 block with" in done.stdout
    book = openpyxl.load_workbook(target / "compare.xlsx")
    assert book.sheetnames[:3] == ["Summary", "Patches", "Changed blocks"]
    assert book["Changed blocks"].max_row == 2


def test_out_elsewhere_and_equal_names(folder, tmp_path):
    shutil.copytree(folder / "out" / "moved", tmp_path / "other" / "same")
    run("compare", folder, "same", tmp_path / "other" / "same", "--out", tmp_path / "here")
    assert [p.name for p in (tmp_path / "here").iterdir()] == ["compare-out-same-other-same"]


def test_text_that_a_spreadsheet_would_run_is_kept_as_text(folder):
    homes = pd.read_csv(folder / "homes.csv", dtype=str, keep_default_na=False)
    ref = next(iter(first_moved(Workspace.open(folder))))
    homes.loc[homes["block_ref"] == ref, "block_name"] = "@SUM(A1) <b>"
    homes.to_csv(folder / "homes.csv", index=False)
    assert run("compare", folder, "same", "moved").exit_code == 0
    target = folder / "out" / "compare-same-moved"
    sheet = openpyxl.load_workbook(target / "compare.xlsx")["Changed blocks"]
    assert sheet["B2"].value == "'@SUM(A1) <b>"
    assert sheet["B2"].data_type == "s"
    assert "@SUM(A1) &lt;b&gt;" in (target / "compare.html").read_text(encoding="utf-8")


def test_patch_that_no_officer_has_any_more(folder):
    ws = Workspace.open(folder)
    redraw(ws, folder / "out" / "new", dict.fromkeys(first_moved(ws), "Z99"))
    found = summary_of(folder, "new", "same")
    new = next(p for p in found["patches"][0] if p["patch"] == "Z99")
    assert (new["officer_ref"], new["blocks"]) == (None, 1)
    assert found["homes_moved"][0] == new["homes"]


def test_summary_that_no_longer_holds_is_told(folder):
    stated = {"objective": 1.0, "walk_minutes": 1.0, "homes_moved": 3, "status": "optimal",
              "bound": 1.0, "gap": 0.0}  # fmt: skip
    (folder / "out" / "moved" / "summary.json").write_text(json.dumps(stated), encoding="utf-8")
    found = summary_of(folder, "same", "moved")
    assert (found["status"][1], found["bound"][1]) == (None, None)
    assert any(note.startswith("moved was made at 1.0 minutes") for note in found["notes"])


def test_summary_that_cannot_be_read_is_no_matter(folder):
    (folder / "out" / "moved" / "summary.json").write_text('{"rules": 5, "gap": "x"}', "utf-8")
    assert summary_of(folder, "same", "moved")["status"] == [None, None]


def test_what_is_no_output_or_one_of_other_data_is_refused(folder):
    assert "the file is not there" in refused(folder, "compare", folder, "same", "nothing")
    (folder / "out" / "bad").mkdir()
    (folder / "out" / "bad" / "homes.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert "it is no patches output" in refused(folder, "compare", folder, "bad", "same")
    other = "property_ref,block_ref,new_patch,officer_ref\n1,X1,P01,HO01\n"
    (folder / "out" / "bad" / "homes.csv").write_text(other, encoding="utf-8")
    said = refused(folder, "compare", folder, "same", "bad")
    assert "only 0 of its 1 blocks are in the homes file" in said
    assert "doorstep patches" in said


def test_folder_with_other_files_is_not_overwritten(folder):
    target = folder / "out" / "compare-same-moved"
    target.mkdir()
    (target / "mine.txt").write_text("mine", encoding="utf-8")
    assert "did not write" in refused(folder, "compare", folder, "same", "moved")


def test_two_alike_are_said_to_be_the_same(folder):
    done = run("compare", folder, "same", "current")
    assert done.exit_code == 0
    assert "No block is in another patch: A and B are the same." in done.stdout


def test_library_compares_as_the_command_does(folder):
    ws = Workspace.open(folder)
    found = ws.compare("same", folder / "out" / "moved")
    assert found.homes_changed == summary_of(folder, "same", "moved")["homes_changed"]
    assert (found.a.name, found.b.name) == ("same", "moved")
