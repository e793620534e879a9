"""Folders with drawn patches, and with areas in place of homes, from start to finish."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from folders import edit, run
from shapely import box

from geodata import DataError
from optimiser import Workspace, allocate_patches

SIDE = 200.0
X, Y = 529_000.0, 180_000.0


@pytest.fixture(scope="module")
def drawn(borough: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small borough with today's patches as polygons and no codes on its homes."""
    folder = shutil.copytree(borough, tmp_path_factory.mktemp("drawn") / "borough")
    ws = Workspace.open(folder)
    shapes = ws.patch_shapes(ws.blocks["patch"].to_dict())
    shapes.rename(columns={"patch": "Patch code"}).to_file(folder / "patches.gpkg")
    homes = pd.read_csv(folder / "homes.csv", dtype=str)
    homes.drop(columns="patch").to_csv(folder / "homes.csv", index=False)
    edit(folder / "doorstep.toml", "[data]", '[data]\npatches = "patches.gpkg"')
    return folder


@pytest.fixture
def areas(tmp_path: Path) -> Path:
    """A grid of 6 x 4 areas with 10 homes each and 4 officers; no streets."""
    cells = [(i, j) for i in range(6) for j in range(4)]
    gpd.GeoDataFrame(
        {"lsoa21cd": [f"E{i}{j}" for i, j in cells], "council_rented": 10, "arrears": 1},
        geometry=[
            box(X + i * SIDE, Y + j * SIDE, X + (i + 1) * SIDE, Y + (j + 1) * SIDE)
            for i, j in cells
        ],
        crs="EPSG:27700",
    ).to_file(tmp_path / "areas.gpkg")
    (tmp_path / "officers.csv").write_text("officer_ref\nHO1\nHO2\nHO3\nHO4\n")
    (tmp_path / "doorstep.toml").write_text(
        '[data]\nareas = "areas.gpkg"\nofficers = "officers.csv"\n'
    )
    return tmp_path


def test_drawn_patches_stand_in_for_codes_everywhere(borough: Path, drawn: Path) -> None:
    before, after = Workspace.open(borough), Workspace.open(drawn)
    assert after.homes["patch"].tolist() == before.homes["patch"].tolist()
    assert after.blocks["patch"].equals(before.blocks["patch"])
    today = [b.current_patch for b in before.patch_problem().blocks]
    assert [b.current_patch for b in after.patch_problem().blocks] == today
    assert (after.patch_problem().moved_homes == before.patch_problem().moved_homes).all()
    problem = after.visit_problem("2026-11-30")
    assert f"Patches: all {len(after.blocks)} blocks have their code from the patch polygons." in (
        problem.notes
    )
    assert problem.visits == before.visit_problem("2026-11-30").visits


def test_check_lists_homes_and_polygons_at_odds(drawn: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(drawn, tmp_path / "odd")
    homes = pd.read_csv(folder / "homes.csv", dtype=str)
    codes = Workspace.open(drawn).homes["patch"]
    ref = homes["block_ref"].dropna().iloc[0]
    other = sorted(set(codes) - set(codes[homes["block_ref"] == ref]))[0]
    homes["patch"] = codes.where(homes["block_ref"] != ref, other)
    homes.to_csv(folder / "homes.csv", index=False)
    done = run("check", folder)
    assert done.exit_code == 0, done.output
    assert "Patch: 1 block (" in done.output
    assert f"{ref} (" in done.output
    assert f"{other} in the homes file" in done.output
    found = json.loads(run("check", folder, "--json").output)["problems"]
    odd = [p for p in found if p["file"] == "patches.gpkg" and ref in (p["value"] or "")]
    assert [p["severity"] for p in odd] == ["warning"]
    ws = Workspace.open(folder)
    frame = ws.boundary_cases.frame
    assert frame[frame["case"] == "disagrees"]["block_ref"].tolist() == [ref]
    assert set(ws.homes[ws.homes["block_ref"] == ref]["patch"]) == {other}


def test_polygons_of_another_place_stop_the_run(drawn: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(drawn, tmp_path / "far")
    shapes = gpd.read_file(folder / "patches.gpkg")
    shapes.geometry = shapes.geometry.translate(200_000, 0)
    shapes.to_file(folder / "patches.gpkg")
    with pytest.raises(DataError, match="lies in its polygons"):
        Workspace.open(folder)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('areas = "areas.gpkg"\nhomes = "homes.csv"', "names both homes and areas; keep homes"),
        ("", "names neither homes nor areas; add homes"),
    ],
)
def test_homes_or_areas_one_of_the_two(areas: Path, line: str, words: str) -> None:
    edit(areas / "doorstep.toml", 'areas = "areas.gpkg"', line)
    with pytest.raises(DataError, match=words):
        Workspace.open(areas)


def test_areas_are_dealt_among_officers_and_drawn_as_they_are(areas: Path) -> None:
    ws = Workspace.open(areas)
    problem = ws.patch_problem()
    assert len(problem.blocks) == 24
    assert len(problem.edges) == 6 * 3 + 4 * 5
    assert {b.workload for b in problem.blocks} == {1100}  # ten homes, one of them in arrears
    plan = allocate_patches(problem, time_limit_s=5, seed=1)
    assert plan.violations == ()
    assert {s.homes for s in plan.patches} == {60}
    written = ws.save(plan, areas / "out")
    shapes = gpd.read_file(areas / "out" / "patches.gpkg", layer="patches")
    assert shapely.coverage_is_valid(shapes.geometry.to_numpy())
    assert shapes.area.tolist() == [6 * SIDE**2] * 4
    raw = gpd.read_file(areas / "areas.gpkg").set_index("lsoa21cd")
    patch_of = plan.patch_of()
    for patch, polygon in zip(shapes["patch"], shapes.geometry, strict=True):
        own = [ref for ref, code in patch_of.items() if code == patch]
        assert polygon.equals(raw.geometry.loc[own].union_all())
    pages = [p for p in written if p.name in ("map.html", "report.html", "editor.html")]
    assert len(pages) == 3
    assert all("Homes are counts of areas" in p.read_text(encoding="utf-8") for p in pages)


def test_the_commands_run_on_a_folder_of_areas(areas: Path) -> None:
    done = run("check", areas)
    assert done.exit_code == 0, done.output
    assert "Homes are counts of areas" in done.output
    assert "  areas " in done.output
    for word in ("block", "street propert", "usual for flats"):
        assert word not in done.output
    done = run("patches", areas, "--seconds", "2")
    assert done.exit_code == 0, done.output
    assert " areas: " in done.output
    for page in ("map.html", "report.html"):
        text = (areas / "out" / "patches" / page).read_text(encoding="utf-8")
        body = re.sub(r"(?s)<(script|style)\b.*?</\1>", "", text)
        assert not re.search(r">[^<]*\b[Bb]locks?\b", body)
    homes = pd.read_csv(areas / "out" / "patches" / "homes.csv", dtype=str)
    assert len(homes) == 240
    assert homes["property_ref"].iloc[0] == "E00/0001"
    assert homes.groupby("block_ref")["new_patch"].nunique().eq(1).all()


def test_a_file_of_areas_that_cannot_be_used_is_bad_input(areas: Path) -> None:
    (areas / "areas.gpkg").write_bytes(b"")
    with pytest.raises(DataError, match=r"areas\.gpkg: the file is empty"):
        Workspace.open(areas)
    with pytest.raises(DataError, match=r"areas\.gpkg: the file is empty"):
        Workspace.open(areas, lenient=True)
