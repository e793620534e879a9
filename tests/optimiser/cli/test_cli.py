"""The commands as a landlord uses them: exit codes, reports, and what is left untouched."""

from __future__ import annotations

import errno
import json
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from folders import add_setting, cell, cut_streets, edit, everything, refused, run, set_cells
from typer.testing import Result

from geodata import synthetic
from optimiser.errors import Infeasible, NoSolutionInTime

MONDAY = "2026-11-30"
FOR_PATCHES = ("--seconds", "2")
FOR_WEEK = ("--week", MONDAY, "--seconds", "2")
FOLDER = object()
"""Stands for the folder in a command's words."""
RUBBISH = bytes(range(256)) * 8


@pytest.fixture
def copy(borough: Path, tmp_path: Path) -> Path:
    """The small borough, to be spoilt."""
    return shutil.copytree(borough, tmp_path / "copy")


@pytest.mark.parametrize(
    ("week", "report"),
    [("soon", "--week 'soon' is no date"), ("2026-12-02", "a Wednesday; the week's Monday is")],
)
def test_a_week_that_is_none(copy: Path, week: str, report: str) -> None:
    assert report in refused(copy, "plan", copy, "--week", week)


def test_a_plan_without_a_visits_file(copy: Path) -> None:
    edit(copy / "doorstep.toml", 'visits = "visits.csv"\n', "")
    assert 'add visits = "visits.csv"' in refused(copy, "plan", copy, *FOR_WEEK)


def test_a_week_with_streets_that_miss_a_service_centre(copy: Path) -> None:
    cut_streets(copy)
    report = refused(copy, "plan", copy, *FOR_WEEK)
    assert "of 4 service centres have no way on foot" in report
    assert "give a streets file of the whole area" in report


@pytest.mark.parametrize(
    ("name", "content", "report"),
    [
        ("visits.csv", None, "it is no patches output: a homes.csv with block_ref, new_patch"),
        ("none.csv", None, "the file is not there"),
        ("p.csv", b"", "it is no patches output"),
        ("p.csv", RUBBISH, "it is no patches output"),
        ("p.csv", b"block_ref,new_patch,officer_ref\nZ9,P01,HO01\n", "none of its blocks"),
    ],
)
def test_patches_that_are_none(copy: Path, name: str, content: bytes | None, report: str) -> None:
    if content is not None:
        (copy / name).write_bytes(content)
    assert report in refused(copy, "plan", copy, *FOR_WEEK, "--patches", copy / name)


# Where to write


def test_out_that_is_a_file(copy: Path) -> None:
    out = copy / "visits.csv"
    assert "visits.csv is a file" in refused(copy, "patches", copy, *FOR_PATCHES, "--out", out)
    assert "visits.csv is a file" in refused(copy, "demo", "--out", out)
    assert "visits.csv is a file" in refused(copy, "init", out)


def test_out_that_holds_something_else(copy: Path) -> None:
    letter = copy / "mine" / "patches" / "letter.txt"
    letter.parent.mkdir(parents=True)
    letter.write_text("Dear", encoding="utf-8")
    report = refused(copy, "patches", copy, *FOR_PATCHES, "--out", copy / "mine")
    assert "holds files that doorstep did not write" in report
    assert "holds other files" in refused(copy, "demo", "--out", copy / "mine")


def test_out_that_cannot_be_written(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may write anywhere, so the answer of the system is made up.
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    report = refused(copy, "plan", copy, *FOR_WEEK, "--out", copy / "new" / "deep")
    assert "deep/week-2026-11-30 cannot be written (Read-only file system); give another" in report
    assert not (copy / "new").exists()


@pytest.mark.parametrize(
    "command",
    [
        ("demo", "--out"),
        ("init",),
        ("check", FOLDER, "--lenient", "--out"),
        ("patches", FOLDER, *FOR_PATCHES, "--out"),
        ("plan", FOLDER, *FOR_WEEK, "--out"),
        ("plan", FOLDER, *FOR_WEEK, "--offer", "V0001", "--out"),
        ("compare", FOLDER, "current", "current", "--out"),
    ],
    ids=lambda command: " ".join(word for word in command if word is not FOLDER),
)
def test_out_that_cannot_be_made_is_said_by_every_command(
    copy: Path, command: tuple[object, ...]
) -> None:
    """A name that no file system takes is refused before anything is worked out."""
    words = [copy if word is FOLDER else word for word in command]
    report = refused(copy, *words, copy / ("x" * 300))
    assert "File name too long" in report


# No plan


def test_pins_that_overload_a_patch_are_infeasible(copy: Path) -> None:
    blocks = pd.read_csv(copy / "homes.csv", dtype=str)["block_ref"].unique()
    pins = ", ".join(f'{block} = "P01"' for block in blocks)
    add_setting(copy, f"pins = {{ {pins} }}")
    report = refused(copy, "patches", copy, *FOR_PATCHES, code=3)
    assert "No plan can exist: the blocks that only patch P01 may take are" in report
    assert "To mend it: " in report


@pytest.mark.parametrize(
    ("error", "code", "report"),
    [
        (Infeasible("too much work", "add an officer"), 3, "To mend it: add an officer."),
        (NoSolutionInTime("none in 2 s"), 4, "give more --seconds"),
    ],
)
def test_no_plan_has_a_code_of_its_own(
    copy: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, report: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("optimiser.districting.allocate_patches", fail)
    assert report in refused(copy, "patches", copy, *FOR_PATCHES, code=code)


def test_no_such_option_or_command(copy: Path) -> None:
    assert "--weak" in refused(copy, "plan", copy, "--weak")
    assert "ponder" in refused(copy, "ponder")
    assert "--seconds" in refused(copy, "patches", copy, "--seconds", "0")


# What works


@pytest.fixture(scope="module")
def planned(borough: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """Outputs of a redraw, piped as a person would, and of a week with it."""
    out = tmp_path_factory.mktemp("out")
    doorstep = [sys.executable, "-c", "from optimiser.cli import main; main()"]
    args = ["patches", borough, *FOR_PATCHES, "--out", out]
    piped = subprocess.run([*doorstep, *map(str, args)], capture_output=True, text=True)
    week = run("plan", borough, *FOR_WEEK, "--patches", out / "patches", "--out", out, "--json")
    return out, (piped, week)


def test_a_redraw_prints_a_screenful_without_a_progress_bar(planned: tuple[Path, Any]) -> None:
    out, (piped, _) = planned
    assert piped.returncode == 0
    assert piped.stderr == ""
    assert "4 patches for 49 blocks" in piped.stdout
    assert "gap" in piped.stdout
    assert str(out / "patches" / "map.html") in piped.stdout
    assert "\x1b" not in piped.stdout
    assert len(piped.stdout.splitlines()) < 25


def test_a_week_as_json_prints_nothing_else(planned: tuple[Path, Any]) -> None:
    out, (_, week) = planned
    assert week.exit_code == 0, week.output
    assert week.stderr == ""
    summary = json.loads(week.stdout)
    written = json.loads((out / f"week-{MONDAY}" / "summary.json").read_text(encoding="utf-8"))
    assert summary.items() <= written.items()
    assert summary["requests"] == summary["planned"] + sum(summary["unplanned"].values())
    assert summary["own_officer"] > 0


def test_a_second_run_replaces_the_first(borough: Path, planned: tuple[Path, Any]) -> None:
    out, _ = planned
    names = everything(out / "patches").keys()
    done = run("patches", borough, *FOR_PATCHES, "--out", out, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["violations"] == []
    assert everything(out / "patches").keys() == names


def test_the_demo_start_to_finish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthetic, "write_borough", partial(synthetic.write_borough, scale=0.15))
    out = tmp_path / "demo"
    done = run("demo", "--seconds", "4", "--out", out)
    assert done.exit_code == 0, done.output
    assert "4 patches for 49 blocks" in done.stdout
    assert "of 21 requests planned" in done.stdout
    for name in ("patches", f"week-{MONDAY}"):
        assert str(out / "out" / name / "map.html") in done.stdout
    assert run("demo", "--seconds", "4", "--out", out, "--json").exit_code == 0


# Going on with the good rows


@pytest.fixture(scope="module")
def lenient(borough: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any, Result]:
    """A week planned around bad rows: its folder, its plan, and what was printed."""
    folder = shutil.copytree(borough, tmp_path_factory.mktemp("lenient") / "copy")
    visits = folder / "visits.csv"
    set_cells(visits, 3, minutes="-5")
    set_cells(visits, 4, visit_ref=cell(visits, 2, "visit_ref"))
    set_cells(visits, 5, visit_ref="")
    set_cells(visits, 6, property_ref="=1+1")
    set_cells(folder / "homes.csv", 2, tenure="houseboat")
    done = run("plan", folder, *FOR_WEEK, "--lenient", "--json")
    plan = json.loads((folder / "out" / f"week-{MONDAY}" / "plan.json").read_text())
    return folder, plan, done


def test_bad_requests_stay_in_the_weeks_list(lenient: tuple[Path, Any, Result]) -> None:
    folder, plan, done = lenient
    visits = pd.read_csv(folder / "visits.csv", dtype=str, keep_default_na=False)
    bad = {u["evidence"]: u for u in plan["unplanned"] if u["class"] == "bad_data"}
    assert list(bad) == [f"row {row} of visits.csv" for row in (3, 4, 5, 6)]
    refs = [u["visit_ref"] for u in bad.values()]
    first = visits["visit_ref"]
    assert refs == [first[1], f"{first[0]} (row 4)", "row 5", first[4]]
    assert "minutes '-5' is not above zero" in bad["row 3 of visits.csv"]["reason"]
    assert done.exit_code == 0
    assert json.loads(done.stdout)["requests"] == len(visits)


def test_bad_rows_are_listed_in_a_workbook(lenient: tuple[Path, Any, Result]) -> None:
    folder, _, done = lenient
    book = openpyxl.load_workbook(folder / "out" / "problems.xlsx")
    rows = list(book.active.iter_rows(values_only=True))
    assert rows[0] == (
        "file", "sheet", "row", "column", "value", "reason", "remedy", "severity"
    )  # fmt: skip
    listed = {(r[0], r[2], r[3]): r[4] for r in rows[1:] if r[7] == "error"}
    assert listed[("visits.csv", 6, "property_ref")] == "'=1+1"
    assert listed[("homes.csv", 2, "tenure")] == "houseboat"
    assert {("visits.csv", row) for row in (3, 4, 5, 6)} <= {key[:2] for key in listed}
    assert "5 rows left out for 5 problems" in done.stderr


def test_lenient_commands_write_where_they_are_told(
    lenient: tuple[Path, Any, Result], tmp_path: Path
) -> None:
    folder, _, _ = lenient
    checked = run("check", folder, "--lenient", "--out", tmp_path / "a")
    assert checked.exit_code == 0
    assert "doorstep plan can run with --lenient, without 5 bad rows" in checked.stdout
    drawn = run("patches", folder, *FOR_PATCHES, "--lenient", "--out", tmp_path / "b")
    assert drawn.exit_code == 0, drawn.output
    assert "5 rows of the files could not be used and were left out" in drawn.stdout
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["problems.xlsx"]
    assert {p.name for p in (tmp_path / "b").iterdir()} == {"problems.xlsx", "patches"}
