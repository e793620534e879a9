"""The commands as a landlord uses them: exit codes, reports, and what is left untouched."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from geodata import synthetic
from optimiser.cli import app
from optimiser.errors import Infeasible, NoSolutionInTime

MONDAY = "2026-11-30"
FOR_PATCHES = ("--seconds", "2")
FOR_WEEK = ("--week", MONDAY, "--seconds", "2")
RUBBISH = bytes(range(256)) * 8


def run(*args: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in args])


def everything(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def refused(folder: Path, *args: object, code: int = 2) -> str:
    """Run a command that must fail with one report and no trace; return the report."""
    before = everything(folder)
    done = run(*args)
    assert done.exit_code == code, done.output
    assert isinstance(done.exception, SystemExit)
    assert "Traceback" not in done.output
    assert done.stdout == ""
    assert everything(folder) == before
    return " ".join(done.stderr.split())


@pytest.fixture
def copy(borough: Path, tmp_path: Path) -> Path:
    """The small borough, to be spoilt."""
    return shutil.copytree(borough, tmp_path / "copy")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def add_setting(folder: Path, line: str) -> None:
    """Put a line under [rules.patches]."""
    edit(folder / "doorstep.toml", "[rules.patches]\n", f"[rules.patches]\n{line}\n")


def set_cells(path: Path, row: int, **values: str) -> None:
    """Change cells of a CSV, the row as a spreadsheet numbers it."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    for column, value in values.items():
        rows[row - 1][rows[0].index(column)] = value
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def cell(path: Path, row: int, column: str) -> str:
    return str(pd.read_csv(path, dtype=str).loc[row - 2, column])


def swap_axes(folder: Path) -> None:
    homes = pd.read_csv(folder / "homes.csv", dtype=str, keep_default_na=False)
    homes[["easting", "northing"]] = homes[["northing", "easting"]].to_numpy()
    homes.to_csv(folder / "homes.csv", index=False)


def as_workbook(folder: Path, *, titles: int = 0) -> Path:
    """Replace homes.csv by a workbook, the header below some rows of titles."""
    path = folder / "homes.xlsx"
    homes = pd.read_csv(folder / "homes.csv", dtype=str)
    homes.to_excel(path, index=False, startrow=titles, sheet_name="Stock")
    edit(folder / "doorstep.toml", '"homes.csv"', '"homes.xlsx"')
    return path


def cut_workbook(folder: Path) -> None:
    path = as_workbook(folder)
    path.write_bytes(path.read_bytes()[:-5000])


def cut_streets(folder: Path) -> None:
    """Leave the streets of the western half."""
    streets = gpd.read_file(folder / "streets.gpkg")
    west, _, east, _ = streets.total_bounds
    (folder / "streets.gpkg").unlink()
    streets[streets.bounds["maxx"] < (west + east) / 2].to_file(folder / "streets.gpkg")


def second_home(folder: Path) -> None:
    path = folder / "homes.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([*lines, lines[1]]), encoding="utf-8")


def bad_types(folder: Path) -> None:
    (folder / "types.toml").write_text("[types.x]\nminutes = -1\n", encoding="utf-8")
    edit(folder / "doorstep.toml", "[data]", '[data]\nvisit_rules = "types.toml"')


Spoil = Callable[[Path], Any]


def writes(name: str, content: bytes) -> Spoil:
    return lambda folder: (folder / name).write_bytes(content)


def changes(name: str, row: int, **values: str) -> Spoil:
    return lambda folder: set_cells(folder / name, row, **values)


def setting(old: str, new: str) -> Spoil:
    return lambda folder: edit(folder / "doorstep.toml", old, new)


BAD_INPUT: dict[str, tuple[Spoil, str]] = {
    "missing file": (lambda d: (d / "visits.csv").unlink(), "visits.csv: the file is not there"),
    "missing streets": (lambda d: (d / "streets.gpkg").unlink(), "streets.gpkg: the file is not"),
    "empty file": (writes("visits.csv", b""), "visits.csv: the file is empty"),
    "binary rubbish": (writes("homes.csv", RUBBISH), "homes.csv: no header row was found"),
    "rubbish streets": (writes("streets.gpkg", RUBBISH), "streets.gpkg: cannot be read"),
    "a cut workbook": (cut_workbook, "homes.xlsx: it is damaged or not an Excel workbook"),
    "no officers": (writes("officers.csv", b"officer_ref,fte\n"), "officers.csv: holds no officer"),
    "no settings": (lambda d: (d / "doorstep.toml").unlink(), "there is no such settings file"),
    "rubbish settings": (writes("doorstep.toml", RUBBISH), "it is not a TOML file"),
    "unknown setting": (
        setting("balance = 0.05", "balanse = 0.05"),
        "rules.patches.balanse '0.05' is not a setting",
    ),
    "wrong type": (
        setting("balance = 0.05", 'balance = "five"'),
        "rules.patches.balance 'five' should be a valid number",
    ),
    "columns of no file": (
        setting("[rules.patches]", '[columns.home]\nuprn = "x"\n[rules.patches]'),
        "[columns.home] is for no file; there are homes, officers",
    ),
    "unknown grid": (setting("[data]", '[data]\ncrs = "EPSG:99"'), "is no coordinate system"),
    "degrees": (setting("[data]", '[data]\ncrs = "EPSG:4326"'), "is not in metres"),
    "unknown sheet key": (
        setting('"visits.csv"', '{ path = "visits.csv" }'),
        'write visits = { file = "…", sheet = "…" }',
    ),
    "rubbish visit rules": (
        bad_types,
        "types.toml: types.x.minutes '-1' should be greater than 0",
    ),
    "unknown home": (
        changes("visits.csv", 3, property_ref="99999999"),
        "visits.csv row 3: property_ref '99999999' is not in the homes file",
    ),
    "negative minutes": (
        changes("visits.csv", 3, minutes="-5"),
        "visits.csv row 3: minutes '-5' is not above zero",
    ),
    "both at once": (
        changes("visits.csv", 3, minutes="soon", property_ref="9"),
        "row 3: minutes 'soon' is not a number; write digits only"
        " visits.csv row 3: property_ref '9' is not in the homes file",
    ),
    "the same home twice": (second_home, "is duplicated (first at row 2)"),
    "swapped axes": (swap_axes, "homes.csv row 2: easting, northing '"),
    "degrees as metres": (
        changes("homes.csv", 5, easting="-0.14", northing="51.5"),
        "homes.csv row 5: easting, northing '-0.14, 51.5' looks like longitude and latitude",
    ),
    "outside": (
        changes("homes.csv", 5, easting="400000"),
        "homes.csv row 5: easting, northing '400000, 178101' is 123.9 km outside the boundary",
    ),
    "no such day": (
        changes("officers.csv", 2, working_days="Funday"),
        "officers.csv row 2: working_days 'Funday' names no day of the week",
    ),
    "a pin to nowhere": (
        lambda d: add_setting(d, 'pins = { X = "P01" }'),
        "pins names block 'X', which no home has",
    ),
    "streets of half the area": (cut_streets, "of 49 blocks have no way on foot to most blocks: B"),
}


@pytest.mark.parametrize("kind", BAD_INPUT)
def test_bad_input_gets_one_report_and_exit_code_2(copy: Path, kind: str) -> None:
    spoil, report = BAD_INPUT[kind]
    spoil(copy)
    assert report in refused(copy, "check", copy)


def test_every_problem_of_every_file_is_in_the_json(copy: Path) -> None:
    swap_axes(copy)
    set_cells(copy / "officers.csv", 2, shift_start="nine-ish")
    done = run("check", copy, "--json")
    assert done.exit_code == 2
    assert done.stderr == ""
    found = json.loads(done.stdout)["problems"]
    swapped = [p["row"] for p in found if "wrong way round" in p["reason"]]
    assert swapped == list(range(2, len((copy / "homes.csv").read_text().splitlines()) + 1))
    assert any(p["file"] == "officers.csv" and p["row"] == 2 for p in found)
    keys = {"file", "sheet", "row", "column", "value", "reason", "remedy", "severity"}
    assert all(p.keys() == keys and p["reason"] and p["remedy"] for p in found)


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
    monkeypatch.setattr(os, "access", lambda _, mode: mode != os.W_OK)
    report = refused(copy, "plan", copy, *FOR_WEEK, "--out", copy / "new" / "deep")
    assert "cannot be written to; give another folder with --out" in report


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


def test_check_says_what_was_read_and_writes_nothing(borough: Path) -> None:
    before = everything(borough)
    done = run("check", borough)
    assert done.exit_code == 0
    assert "1,254" in done.stdout
    assert "No problem stands in the way" in done.stdout
    assert everything(borough) == before
    assert json.loads(run("check", borough, "--json").stdout)["problems"] == []


def test_warnings_do_not_stop_anyone(copy: Path) -> None:
    set_cells(copy / "officers.csv", 2, service_centre="nowhere", working_days="")
    done = run("check", copy)
    assert done.exit_code == 0
    assert "officers.csv row 2: service_centre 'nowhere' is not in the service" in done.stdout
    assert "working_days is blank for 1 officer, taken as Monday to Friday" in done.stdout


def test_templates_are_accepted_and_never_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    made = run("init", folder)
    assert made.exit_code == 0
    assert f"doorstep check {folder}" in made.stdout
    assert run("check", folder).exit_code == 0
    assert "there already; nothing was written" in refused(folder, "init", folder)


def test_a_workbook_below_titles_gives_the_spreadsheet_row(copy: Path) -> None:
    set_cells(copy / "homes.csv", 3, tenure="houseboat")
    as_workbook(copy, titles=3)
    edit(copy / "doorstep.toml", '"homes.xlsx"', '{ file = "homes.xlsx", sheet = "Stock" }')
    assert "homes.xlsx [Stock] row 6: tenure 'houseboat'" in refused(copy, "check", copy)
    edit(copy / "doorstep.toml", '"Stock"', '"Stick"')
    assert "homes.xlsx: it has no sheet 'Stick'; name one of Stock" in refused(copy, "check", copy)


def test_homes_from_a_geopackage_with_its_layer(copy: Path) -> None:
    homes = pd.read_csv(copy / "homes.csv", dtype=str)
    points = gpd.points_from_xy(
        homes.pop("easting").astype(float), homes.pop("northing").astype(float), crs="EPSG:27700"
    )
    gpd.GeoDataFrame(homes, geometry=points).to_file(copy / "homes.gpkg", layer="flats")
    edit(copy / "doorstep.toml", '"homes.csv"', '{ file = "homes.gpkg", layer = "flats" }')
    done = run("check", copy)
    assert done.exit_code == 0, done.output
    assert "1,254" in done.stdout


def test_paths_may_be_absolute(borough: Path, tmp_path: Path) -> None:
    settings = (borough / "doorstep.toml").read_text(encoding="utf-8")
    for name in ("homes.csv", "officers.csv", "visits.csv", "streets.gpkg"):
        settings = settings.replace(f'"{name}"', json.dumps(str(borough / name)))
    kept = [line for line in settings.splitlines() if '.csv"' not in line or str(borough) in line]
    kept = [line for line in kept if "boundary" not in line]
    (tmp_path / "mine.toml").write_text("\n".join(kept), encoding="utf-8")
    done = run("check", tmp_path / "mine.toml")
    assert done.exit_code == 0, done.output


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
    assert "doorstep plan can run with --lenient" in checked.stdout
    drawn = run("patches", folder, *FOR_PATCHES, "--lenient", "--out", tmp_path / "b")
    assert drawn.exit_code == 0, drawn.output
    assert "5 rows of the files could not be used and were left out" in drawn.stdout
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["problems.xlsx"]
    assert {p.name for p in (tmp_path / "b").iterdir()} == {"problems.xlsx", "patches"}


def test_lenient_does_not_do_without_a_file(copy: Path) -> None:
    (copy / "boundary.geojson").unlink()
    report = refused(copy, "check", copy, "--lenient")
    assert "boundary.geojson: the file is not there" in report


def test_lenient_never_replaces_another_problems_file(copy: Path) -> None:
    set_cells(copy / "visits.csv", 3, minutes="-5")
    (copy / "out").mkdir()
    (copy / "out" / "problems.xlsx").write_bytes(b"mine")
    report = refused(copy, "check", copy, "--lenient")
    assert "is a file that doorstep did not write" in report
