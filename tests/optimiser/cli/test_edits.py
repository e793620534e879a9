"""A redraw edited by hand: taken over where it is sound, else listed; the rest solved around it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from folders import everything, refused, run

from optimiser import Workspace
from optimiser.model import PatchProblem
from optimiser.outputs.editor import EDIT_FORMAT

QUICK = ("--seconds", "1")


@pytest.fixture(scope="module")
def drawn(borough: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small borough with a redraw in out/patches; do not write to it."""
    folder = shutil.copytree(borough, tmp_path_factory.mktemp("drawn") / "small")
    done = run("patches", folder, *QUICK)
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture(scope="module")
def problem(drawn: Path) -> PatchProblem:
    return Workspace.open(drawn).patch_problem()


@pytest.fixture
def folder(drawn: Path, tmp_path: Path) -> Path:
    return shutil.copytree(drawn, tmp_path / "copy")


def assignments(out: Path) -> dict[str, str]:
    rows = pd.read_csv(out / "homes.csv", dtype=str, encoding="utf-8-sig")
    return dict(zip(rows["block_ref"], rows["new_patch"], strict=True))


def as_drawn(folder: Path) -> dict[str, str]:
    return assignments(folder / "out" / "patches")


def save(path: Path, patch_of: dict[str, str], **more: Any) -> Path:
    """Write an edit as the editor does."""
    edit = {"format": EDIT_FORMAT, "title": "", "locked": [], "moved": []}
    path.write_text(json.dumps(edit | more | {"assignments": patch_of}), encoding="utf-8")
    return path


def heaviest_moved(problem: PatchProblem, patch_of: dict[str, str]) -> tuple[str, str]:
    """Return the heaviest block that is a unit alone, and another patch for it."""
    unit = problem.unit.tolist()
    alone = [b for b, u in zip(problem.blocks, unit, strict=True) if unit.count(u) == 1]
    block = max(alone, key=lambda b: b.workload).block_ref
    return block, next(s.patch for s in problem.slots if s.patch != patch_of[block])


def test_an_edit_that_changes_nothing_is_taken_over_whole(folder: Path) -> None:
    before = as_drawn(folder)
    old = json.loads((folder / "out" / "patches" / "summary.json").read_text(encoding="utf-8"))
    edit = save(folder / "patch-edit.json", before)
    done = run("patches", folder, "--edit", edit, *QUICK, "--json")
    assert done.exit_code == 0, done.output
    assert as_drawn(folder) == before
    summary = json.loads(done.stdout)
    assert summary["objective"] == pytest.approx(old["objective"])
    assert 0 < summary["bound"] <= summary["objective"]
    assert summary["violations"] == []
    assert (folder / "out" / "patches" / "editor.html").is_file()


def test_a_broken_edit_is_listed_and_nothing_is_written(
    folder: Path, problem: PatchProblem
) -> None:
    patch_of = as_drawn(folder)
    broken = dict.fromkeys(patch_of, problem.slots[0].patch)
    edit = save(folder / "edit.json", broken, moved=list(broken))
    report = refused(folder, "patches", folder, "--edit", edit, *QUICK, code=3)
    assert "The edit breaks" in report
    assert f"{problem.slots[1].patch}: it has no block" in report
    assert f"{problem.slots[0].patch}: workload" in report
    assert f"--edit {edit} --solve-rest" in report
    before = everything(folder)
    done = run("patches", folder, "--edit", edit, *QUICK, "--json")
    assert done.exit_code == 3
    rules = {v["rule"] for v in json.loads(done.stdout)["violations"]}
    assert {"patch_empty", "workload"} <= rules
    assert everything(folder) == before


def test_the_rest_is_solved_around_the_edit(folder: Path, problem: PatchProblem) -> None:
    patch_of = as_drawn(folder)
    block, patch = heaviest_moved(problem, patch_of)
    edit = save(folder / "edit.json", patch_of | {block: patch}, moved=[block])
    done = run("patches", folder, "--edit", edit, "--solve-rest", *QUICK, "--json")
    assert done.exit_code == 0, done.output
    summary = json.loads(done.stdout)
    assert summary["violations"] == []
    assert any("By hand, from edit.json: 1 block" in note for note in summary["notes"])
    assert any("the bound is of plans that keep it" in note for note in summary["notes"])
    assert as_drawn(folder)[block] == patch
    page = (folder / "out" / "patches" / "editor.html").read_text(encoding="utf-8")
    assert f'"held":["{block}"]' in page  # so that the next edit keeps it, too


def test_a_locked_patch_stays_as_it_is(folder: Path, problem: PatchProblem) -> None:
    patch_of = as_drawn(folder)
    locked = problem.slots[-1].patch
    edit = save(folder / "edit.json", patch_of, locked=[locked])
    done = run("patches", folder, "--edit", edit, "--solve-rest", *QUICK, "--seed", "5")
    assert done.exit_code == 0, done.output
    after = as_drawn(folder)
    assert {b for b, p in after.items() if p == locked} == {
        b for b, p in patch_of.items() if p == locked
    }


def test_blocks_that_came_since_are_placed_by_solving_the_rest(folder: Path) -> None:
    patch_of = as_drawn(folder)
    new = next(iter(patch_of))
    kept = {ref: patch for ref, patch in patch_of.items() if ref != new}
    edit = save(folder / "edit.json", kept)
    report = refused(folder, "patches", folder, "--edit", edit)
    assert f"1 block of the data not in it: {new}" in report
    done = run("patches", folder, "--edit", edit, "--solve-rest", *QUICK)
    assert done.exit_code == 0, done.output
    assert new in as_drawn(folder)


def test_an_edit_that_does_not_say_what_moved(folder: Path, problem: PatchProblem) -> None:
    patch_of = as_drawn(folder)
    block, patch = heaviest_moved(problem, patch_of)
    file = save(folder / "edit.json", patch_of | {block: patch})
    raw = json.loads(file.read_text(encoding="utf-8"))
    del raw["moved"]
    file.write_text(json.dumps(raw), encoding="utf-8")
    edit = Workspace.open(folder).read_edit(file)
    assert edit.by_hand == (block,)
    assert "the redraw in patches" in edit.notes[0]


@pytest.mark.parametrize(
    ("text", "report"),
    [
        ("", "is empty"),
        ("{", "it is not JSON"),
        ("[]", "it is no patch edit"),
        ('{"format": "doorstep patch edit 9"}', "not 'doorstep patch edit 9'"),
        (f'{{"format": "{EDIT_FORMAT}"}}', "a patch for each block"),
        (f'{{"format": "{EDIT_FORMAT}", "assignments": {{"B1": 3}}}}', "a patch for each block"),
        (
            f'{{"format": "{EDIT_FORMAT}", "locked": "P01", "assignments": {{"B1": "P01"}}}}',
            "locked should be a list of names",
        ),
        (
            f'{{"format": "{EDIT_FORMAT}", "assignments": {{"B1": "P01", "B1": "P02"}}}}',
            "it names B1 twice; keep one of the two",
        ),
        (
            f'{{"format": "{EDIT_FORMAT}", "assignments": {{"Z1": "P01"}}}}',
            "it is of other data: none of its 1 block is known",
        ),
    ],
)
def test_what_is_no_edit(folder: Path, text: str, report: str) -> None:
    (folder / "edit.json").write_text(text, encoding="utf-8")
    assert report in refused(folder, "patches", folder, "--edit", folder / "edit.json")


def test_every_unknown_name_is_reported_at_once(folder: Path) -> None:
    patch_of = as_drawn(folder)
    first = next(iter(patch_of))
    named = patch_of | {"Z1": "P01", first: "P99"}
    edit = save(folder / "edit.json", named, locked=["P98"], moved=["B9999"])
    report = refused(folder, "patches", folder, "--edit", edit)
    assert "4 problems to mend" in report
    assert "'Z1' is a block that no home has" in report
    assert "'P99' is no patch of this redraw, and has 1 block" in report
    assert "'P98' is no patch of this redraw" in report
    assert "moved 'B9999' is not among the assignments" in report


def test_an_edit_that_is_not_there(folder: Path) -> None:
    report = refused(folder, "patches", folder, "--edit", folder / "nowhere.json")
    assert "nowhere.json: the file is not there; save it again from the editor.html" in report


def test_solving_the_rest_needs_an_edit(folder: Path) -> None:
    assert "name it with --edit" in refused(folder, "patches", folder, "--solve-rest")


def test_what_the_editor_saves_is_what_is_read(
    folder: Path, problem: PatchProblem, tmp_path: Path
) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium on the PATH")
    patch_of = as_drawn(folder)
    block, patch = heaviest_moved(problem, patch_of)
    at = [b.block_ref for b in problem.blocks].index(block)
    into = [s.patch for s in problem.slots].index(patch)
    html = (folder / "out" / "patches" / "editor.html").read_text(encoding="utf-8")
    page = tmp_path / "editor.html"
    script = (
        f"<script>var m = doorstepEditor.model; m.move([{at}], {into}); m.locked[0] = true;"
        "document.title = m.save();</script></body>"
    )
    page.write_text(html.replace("</body>", script), encoding="utf-8")
    command = [
        browser, "--headless", "--no-sandbox", "--disable-gpu",
        "--disable-background-networking", "--virtual-time-budget=4000", "--dump-dom",
        page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    saved = done.stdout.split("<title>")[1].split("</title>")[0].replace("&amp;", "&")
    file = tmp_path / "patch-edit.json"
    file.write_text(saved, encoding="utf-8")
    edit = Workspace.open(folder).read_edit(file)
    assert edit.patch_of == patch_of | {block: patch}
    assert edit.by_hand == (block,)
    assert edit.locked == (problem.slots[0].patch,)
