"""`doorstep check`: bad input of every kind gets one report, and good input is described."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from folders import add_setting, cut_streets, edit, everything, refused, run, set_cells, swap_axes

from optimiser import Workspace

RUBBISH = bytes(range(256)) * 8


@pytest.fixture
def copy(borough: Path, tmp_path: Path) -> Path:
    """The small borough, to be spoilt."""
    return shutil.copytree(borough, tmp_path / "copy")


def faulty(folder: Path) -> str:
    """Check a folder that has faults, and return the report."""
    before = everything(folder)
    done = run("check", folder)
    assert done.exit_code == 2, done.output
    assert isinstance(done.exception, SystemExit)
    assert "Traceback" not in done.output
    assert everything(folder) == before
    return " ".join(done.output.split())


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


def bad_types(folder: Path) -> None:
    (folder / "types.toml").write_text("[types.x]\nminutes = -1\n", encoding="utf-8")
    edit(folder / "doorstep.toml", "[data]", '[data]\nvisit_rules = "types.toml"')


Spoil = Callable[[Path], Any]


def writes(name: str, content: bytes) -> Spoil:
    return lambda folder: (folder / name).write_bytes(content)


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
        "rules.patches.balance 'five' should be a number",
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
    "swapped axes": (swap_axes, "homes.csv rows 2, 3, 4, 5, 6 and"),
    "a pin to nowhere": (
        lambda d: add_setting(d, 'pins = { X = "P01" }'),
        "rules.patches.pins 'X' is no block or estate that a home has",
    ),
    "streets of half the area": (cut_streets, "of 49 blocks have no way on foot to most blocks: B"),
}


@pytest.mark.parametrize("kind", BAD_INPUT)
def test_bad_input_gets_one_report_and_exit_code_2(copy: Path, kind: str) -> None:
    spoil, report = BAD_INPUT[kind]
    spoil(copy)
    assert report in faulty(copy)


# Bad rows: the report comes whole, with what is wrong in it


@pytest.fixture(scope="module")
def many_faults(borough: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with faults in the rows of three files, and things to look at."""
    folder = shutil.copytree(borough, tmp_path_factory.mktemp("faults") / "copy")
    homes, visits, officers = (folder / f"{n}.csv" for n in ("homes", "visits", "officers"))
    set_cells(visits, 2, property_ref="99999999")
    set_cells(visits, 3, minutes="-5")
    set_cells(visits, 4, minutes="soon", property_ref="9")
    set_cells(homes, 5, easting="-0.14", northing="51.5")
    set_cells(homes, 6, easting="400000")
    set_cells(homes, 7, tenure="Garage")
    set_cells(officers, 2, working_days="Funday")
    set_cells(officers, 3, service_centre="nowhere", working_days="")
    lines = homes.read_text(encoding="utf-8").splitlines(keepends=True)
    homes.write_text("".join([*lines, lines[1]]), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def said(many_faults: Path) -> str:
    """What check says of it, line by line."""
    done = run("check", many_faults)
    assert done.exit_code == 2, done.output
    assert done.stderr == ""
    return str(done.stdout)


@pytest.mark.parametrize(
    "line",
    [
        "visits.csv row 2: property_ref '99999999' is not in the homes file; correct it, or add",
        "visits.csv row 3: minutes '-5' is not above zero; write a whole number of 1 or more",
        "visits.csv row 4: minutes 'soon' is not a number; write it in figures",
        "visits.csv row 4: property_ref '9' is not in the homes file",
        "homes.csv row 5: easting, northing '-0.14, 51.5' looks like longitude and latitude",
        "homes.csv row 6: easting, northing '400000, 178101' is 123.9 km outside the boundary",
        "officers.csv row 2: working_days 'Funday' names no day of the week",
        "visits.csv row 7: property_ref '00100004' is a home that cannot be used as it stands in",
    ],
)
def test_each_bad_row_is_a_line_under_to_mend(said: str, line: str) -> None:
    to_mend = said.split("To mend: 8 problems\n")[1].split("\n\n")[0]
    assert f"\n  {line}" in f"\n{to_mend}"


def test_the_report_describes_the_good_rows_beside_the_bad(said: str) -> None:
    words = " ".join(said.split())
    assert "homes 1,251 " in words
    assert "set aside: garages 1 rows" in words
    assert "rows put together 1 of homes in several rows" in words
    assert "cannot be placed 2 left out" in words
    assert "requests 17 4 left out" in words
    assert "by easting and northing 1,251 99.8%" in words


def test_the_report_goes_from_the_gravest_to_the_assumed(said: str) -> None:
    heads = ["What there is", "To mend: 8", "Unknown references", "Assumed"]
    places = [said.index(f"\n{head}") for head in heads]
    assert places == sorted(places)
    unknown = said[places[2] : places[3]]
    assert "officers.csv row 3: service_centre 'nowhere' is not in the service centres" in unknown
    assumed = said[places[3] :]
    assert "working_days is blank for 1 officer, taken as Monday to Friday" in assumed
    assert "Visit rules: the packaged ones, checked on" in assumed
    last = said.rstrip().splitlines()[-1]
    assert last == (
        "doorstep patches and doorstep plan cannot run: 8 problems in the files;"
        " --lenient leaves the rows out."
    )


def test_the_json_has_the_same_problems_in_the_agreed_form(many_faults: Path) -> None:
    done = run("check", many_faults, "--json")
    assert done.exit_code == 2
    assert done.stderr == ""
    found = json.loads(done.stdout)
    keys = ("file", "sheet", "row", "column", "value", "reason", "remedy", "severity")
    assert all(set(p) == set(keys) and p["reason"] and p["remedy"] for p in found["problems"])
    errors = [
        (p["file"], p["row"], p["value"]) for p in found["problems"] if p["severity"] == "error"
    ]
    assert errors == [
        ("homes.csv", 5, "-0.14, 51.5"),
        ("homes.csv", 6, "400000, 178101"),
        ("officers.csv", 2, "Funday"),
        ("visits.csv", 2, "99999999"),
        ("visits.csv", 3, "-5"),
        ("visits.csv", 4, "soon"),
        ("visits.csv", 4, "9"),
        ("visits.csv", 7, "00100004"),
    ]
    assert found["counts"]["homes"] == 1251
    assert found["counts"]["set_aside"] == {"garages": 1}
    assert found["coverage"]["placed"] == {"easting_northing": 1251}
    assert not found["ready"]["doorstep plan"]["can_run"]


def test_every_row_is_in_the_json_where_all_are_bad(copy: Path) -> None:
    swap_axes(copy)
    set_cells(copy / "officers.csv", 2, shift_start="nine-ish")
    done = run("check", copy, "--json")
    assert done.exit_code == 2
    found = json.loads(done.stdout)["problems"]
    swapped = [p["row"] for p in found if "wrong way round" in p["reason"]]
    assert swapped == list(range(2, len((copy / "homes.csv").read_text().splitlines()) + 1))
    assert any(p["file"] == "officers.csv" and p["row"] == 2 for p in found)


def test_blocks_that_no_street_reaches_stop_a_redraw_and_are_named(
    copy: Path, tmp_path: Path
) -> None:
    cut_streets(copy)
    report = faulty(copy)
    assert " of 49 blocks have no way on foot to most blocks: B" in report
    away = report.split("Away from the streets ")[1].split("Assumed ")[0]
    assert "farther than 1,000 m from every street: B" in away
    assert "give a streets file of the whole area" in away
    # Who they are is said above; the verdict says how many.
    assert " of 49 blocks have no way on foot to most blocks. doorstep plan" in report
    assert "doorstep patches cannot run: " in report
    # Leaving rows out mends no streets.
    assert run("check", copy, "--lenient", "--out", tmp_path / "out").exit_code == 2


@pytest.mark.parametrize(("as_of", "ended"), [("2026-11-26", 0), ("2026-11-27", 1)])
def test_a_tenancy_has_ended_by_the_day_of_the_export(copy: Path, as_of: str, ended: int) -> None:
    homes = pd.read_csv(copy / "homes.csv", dtype=str, keep_default_na=False)
    homes["Tenancy End Date"] = ""
    homes.loc[0, "Tenancy End Date"] = "26/11/2026"
    homes.to_csv(copy / "homes.csv", index=False)
    edit(copy / "doorstep.toml", "[data]\n", f"[data]\nas_of = {as_of}\n")
    ws = Workspace.open(copy)
    assert ws.inputs.stock.set_aside.get("ended tenancies", 0) == ended
    assert len(ws.homes) == len(homes) - ended


def test_lines_fold_on_a_narrow_terminal_and_not_in_a_pipe() -> None:
    from optimiser.cli.terminal import folded

    line = "homes.csv row 3: " + "word " * 30
    assert folded(line, 0) == f"  {line}"
    lines = folded(line, 80).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("  homes.csv row 3: word")
    assert all(more.startswith("    word") for more in lines[1:])


# Good input


def test_check_says_what_was_read_and_writes_nothing(borough: Path) -> None:
    before = everything(borough)
    done = run("check", borough)
    assert done.exit_code == 0
    assert "1,254" in done.stdout
    assert "To mend" not in done.stdout
    last = done.stdout.rstrip().splitlines()[-1]
    assert last.startswith("doorstep patches and doorstep plan can run (--week 2026-11-30 is")
    assert everything(borough) == before
    assert json.loads(run("check", borough, "--json").stdout)["problems"] == []


def test_without_visits_streets_or_boundary_it_says_what_that_means(copy: Path) -> None:
    settings = copy / "doorstep.toml"
    for line in (
        'visits = "visits.csv"',
        'streets = "streets.gpkg"',
        'boundary = "boundary.geojson"',
    ):
        edit(settings, f"{line}\n", "")
    done = run("check", copy)
    assert done.exit_code == 0
    words = " ".join(done.stdout.split())
    assert "requests no file" in words
    assert "straight line" in words.casefold()
    assert "No boundary: " in words
    assert "doorstep patches can run. doorstep plan cannot run: there is no visits file." in words


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
    assert "homes.xlsx [Stock] row 6: tenure 'houseboat'" in faulty(copy)
    edit(copy / "doorstep.toml", '"Stock"', '"Stick"')
    assert "homes.xlsx: it has no sheet 'Stick'; name one of Stock" in faulty(copy)


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
    names = ("homes.csv", "officers.csv", "visits.csv", "streets.gpkg")
    for name in (*names, "parks.geojson", "water.geojson"):
        settings = settings.replace(f'"{name}"', json.dumps(str(borough / name)))
    kept = [line for line in settings.splitlines() if '.csv"' not in line or str(borough) in line]
    kept = [line for line in kept if "boundary" not in line]
    (tmp_path / "mine.toml").write_text("\n".join(kept), encoding="utf-8")
    done = run("check", tmp_path / "mine.toml")
    assert done.exit_code == 0, done.output


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
