"""`doorstep adopt` as a manager uses it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from folders import refused, run
from redraws import first_moved, redraw

from optimiser import Workspace


@pytest.fixture
def copy(borough: Path, tmp_path: Path) -> Path:
    """The small borough, to adopt in."""
    return shutil.copytree(borough, tmp_path / "copy")


@pytest.fixture
def out(copy: Path) -> Path:
    """A redraw beside its data that moves the first block."""
    ws = Workspace.open(copy)
    return redraw(ws, copy / "out" / "patches", first_moved(ws))


def test_adopt_list_and_undo(copy: Path, out: Path) -> None:
    assert "No redraw is adopted" in run("adopt", copy, "--list").stdout
    done = run("adopt", copy, out, "--from", "2026-12-09")
    assert done.exit_code == 0, done.output
    assert "is the current patches from Wednesday 9 December 2026 on" in done.stdout
    assert "for weeks from Monday 14 December 2026 on" in done.stdout
    assert f"doorstep adopt {copy} --undo" in done.stdout
    listed = run("adopt", copy, "--list")
    assert listed.stdout.startswith("1. out/patches, adopted on ")
    again = run("adopt", copy, out)
    assert "every week" in again.stdout
    undone = run("adopt", copy, "--undo")
    assert undone.exit_code == 0
    assert "What counts now: the redraw in out/patches" in undone.stdout
    assert "landlord's own files" in run("adopt", copy, "--undo").stdout
    assert "none to take back" in refused(copy, "adopt", copy, "--undo")


def test_as_json(copy: Path, out: Path) -> None:
    done = json.loads(run("adopt", copy, out, "--json").stdout)
    assert done["source"] == "out/patches"
    assert done["from_date"] is None
    rows = json.loads(run("adopt", copy, "--list", "--json").stdout)["adopted"]
    assert rows == [done | {"in_force": True}]
    undone = json.loads(run("adopt", copy, "--undo", "--json").stdout)
    assert undone["undone"] == done
    assert Path(undone["kept"]).is_dir()


def test_the_one_before_can_be_had_when_the_last_is_broken(copy: Path, out: Path) -> None:
    run("adopt", copy, out)
    (homes,) = (copy / "adopted" / "doorstep").glob("*/homes.csv")
    homes.write_text("spoilt", encoding="utf-8")
    assert "it is no patches output" in refused(copy, "check", copy)
    assert run("adopt", copy, "--undo").exit_code == 0
    assert run("adopt", copy, out).exit_code == 0


@pytest.mark.parametrize(
    ("args", "report"),
    [
        ((), "give a redraw's folder (OUT), or --undo, or --list"),
        (("out", "--undo"), "give a redraw's folder (OUT), or --undo, or --list"),
        (("--undo", "--from", "2026-12-07"), "--from belongs to a redraw's folder"),
        (("out", "--from", "soon"), "--from: 'soon' is no date; write the first day in force as"),
        (("out", "--from", "2026-02-31"), "'2026-02-31' is no date"),
        (("out", "--from", "9999-12-31"), "'9999-12-31' is not between the years 1990 and 2100"),
        (("nowhere",), "the file is not there"),
    ],
)
def test_what_cannot_be_meant(copy: Path, args: tuple[str, ...], report: str) -> None:
    assert report in refused(copy, "adopt", copy, *args)


def test_check_says_which_patches_count(copy: Path, out: Path) -> None:
    run("adopt", copy, out)
    assert "Patches: the redraw adopted on" in run("check", copy).stdout
