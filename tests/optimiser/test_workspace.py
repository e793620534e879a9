from __future__ import annotations

import shutil

import pandas as pd
import pytest

from geodata import DataError
from optimiser import Workspace, allocate_patches
from optimiser.model import PatchParams


@pytest.fixture(scope="module")
def ws(borough):
    return Workspace.open(borough)


@pytest.fixture
def copy(borough, tmp_path):
    """The small borough, to be spoilt."""
    return shutil.copytree(borough, tmp_path / "copy")


def rewrite(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def faults(folder):
    with pytest.raises(DataError) as caught:
        Workspace.open(folder)
    return [p for p in caught.value.problems if p.severity == "error"]


def test_open_by_folder_and_by_file(ws, borough):
    assert len(Workspace.open(borough / "doorstep.toml").homes) == len(ws.homes)
    assert ws.synthetic
    assert ws.title == "Synthetic borough"


def test_patch_problem_covers_every_block_and_officer(ws):
    problem = ws.patch_problem()
    assert [b.block_ref for b in problem.blocks] == ws.blocks.index.tolist()
    assert sum(b.homes for b in problem.blocks) == len(ws.homes)
    assert [s.officer_ref for s in problem.slots] == ws.officers["officer_ref"].tolist()
    total = sum(b.workload for b in problem.blocks)
    assert sum(s.target for s in problem.slots) == pytest.approx(total, abs=len(problem.slots))


def test_visit_problem_holds_every_request_once(ws):
    problem = ws.visit_problem("2026-11-30")
    refs = [v.visit_ref for v in problem.visits] + [u.visit_ref for u in problem.set_aside]
    assert sorted(refs) == sorted(ws.visits["visit_ref"])
    assert all(r.date.isoformat() == "2026-12-03" for r in problem.rounds)
    assert (problem.walk_s == problem.walk_s.T).all()


def test_a_folder_without_settings():
    with pytest.raises(DataError, match="no such settings file"):
        Workspace.open("no/such/folder")


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("[data]", "[data", "not a TOML file"),
        ("balance = 0.05", 'balance = "five"', "rules.patches.balance"),
        ("balance = 0.05", "balanse = 0.05", "rules.patches.balanse"),
        ('homes = "homes.csv"', "", 'neither homes nor areas; add homes = "homes.csv"'),
        ('homes = "homes.csv"', 'homes = "nowhere.csv"', "nowhere.csv"),
        ('streets = "streets.gpkg"', 'visit_rules = "homes.csv"', "visit rules"),
    ],
)
def test_faults_of_the_settings_are_named(copy, old, new, word):
    rewrite(copy / "doorstep.toml", old, new)
    assert any(word in str(problem) for problem in faults(copy))


def test_problems_of_several_files_come_at_once(copy):
    officers = (copy / "officers.csv").read_text().splitlines()
    officers[1] = officers[1].replace("09:00", "nine-ish")
    (copy / "officers.csv").write_text("\n".join(officers) + "\n")
    visits = (copy / "visits.csv").read_text().splitlines()
    fields = visits[2].split(",")
    fields[1] = "99999999"
    visits[2] = ",".join(fields)
    (copy / "visits.csv").write_text("\n".join(visits) + "\n")
    found = faults(copy)
    assert {(p.file, p.row) for p in found} >= {("officers.csv", 2), ("visits.csv", 3)}
    assert all(p.reason and p.remedy for p in found)


def test_lenient_goes_on_with_the_good_rows(copy):
    visits = (copy / "visits.csv").read_text().splitlines()
    fields = visits[2].split(",")
    fields[1] = "99999999"
    visits[2] = ",".join(fields)
    (copy / "visits.csv").write_text("\n".join(visits) + "\n")
    ws = Workspace.open(copy, lenient=True)
    assert len(ws.visits) == len(visits) - 2
    assert any(p.severity == "error" for p in ws.problems)


def test_a_pin_to_nowhere_is_bad_input(copy):
    rewrite(copy / "doorstep.toml", "balance = 0.05", 'balance = 0.05\npins = { X = "P01" }')
    with pytest.raises(DataError, match="'X'"):
        Workspace.open(copy).patch_problem()


def test_a_week_that_starts_on_a_tuesday_is_bad_input(ws):
    with pytest.raises(DataError, match="not a Monday") as caught:
        ws.visit_problem("2026-12-01")
    (problem,) = caught.value.problems
    assert problem.file == "--week"
    assert problem.reason.startswith("2026-12-01")
    assert "give the Monday of the week" in problem.remedy


def test_patches_that_are_no_output_are_bad_input(ws, borough):
    with pytest.raises(DataError, match="doorstep patches"):
        ws.visit_problem("2026-11-30", patches=borough / "visits.csv")


def test_without_streets_the_caveat_says_so(copy):
    rewrite(copy / "doorstep.toml", 'streets = "streets.gpkg"\n', "")
    ws = Workspace.open(copy)
    assert "straight lines" in ws.caveats[0]
    assert ws.street_lines is None
    assert "straight lines" in ws.patch_problem().notes[0]


def test_a_redraw_walks_at_its_own_speed(copy):
    before = Workspace.open(copy).patch_problem()
    rewrite(copy / "doorstep.toml", "balance = 0.05", "balance = 0.05\nwalking_kmh = 2.25")
    after = Workspace.open(copy).patch_problem()
    assert after.rules.walking_kmh == 2.25
    assert after.walk_cost.sum() == pytest.approx(2 * before.walk_cost.sum(), rel=1e-3)


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ('community_day = "Someday"', "no day of the week"),
        ("slack = nan", "rules.visits.slack"),
        ("walking_kmh = inf", "rules.visits.walking_kmh"),
        ("values.request = 1e15", "rules.visits.values.request"),
        ('break_earliest = "15:00"', "break_latest is before break_earliest"),
    ],
)
def test_rules_beyond_reason_are_bad_input(copy, setting, reason):
    text = (copy / "doorstep.toml").read_text(encoding="utf-8")
    head = text.partition("[rules.visits]")[0]
    (copy / "doorstep.toml").write_text(f"{head}[rules.visits]\n{setting}\n", encoding="utf-8")
    assert any(reason in str(problem) for problem in faults(copy))


def test_a_week_without_door_knocking(copy):
    rewrite(copy / "doorstep.toml", 'community_day = "Thu"', 'community_day = "none"')
    assert Workspace.open(copy).visit_problem("2026-11-30").rounds == ()


def test_weeks_at_the_end_of_the_calendar_are_bad_input(ws):
    for week in ("0001-01-01", "9999-12-27"):
        with pytest.raises(DataError, match=r"too far away|Out of bounds"):
            ws.visit_problem(week)


def test_blocks_that_no_street_reaches_are_named_and_the_others_visited(copy):
    homes = pd.read_csv(copy / "homes.csv", dtype=str, keep_default_na=False)
    lost = homes["block_ref"].iloc[-1]
    homes.loc[homes["block_ref"] == lost, ["easting", "northing"]] = ["535000", "170000"]
    homes.to_csv(copy / "homes.csv", index=False)
    rewrite(copy / "doorstep.toml", 'boundary = "boundary.geojson"\n', "")
    ws = Workspace.open(copy)
    assert lost in ws.unreachable_blocks
    with pytest.raises(DataError, match=f"no way on foot to most blocks: .*{lost}"):
        ws.patch_problem()
    notes = ws.visit_problem("2026-11-30").notes
    assert any("nobody is sent there" in note and lost in note for note in notes)


def test_a_saved_redraw_has_its_editor_and_can_be_planned_with(ws, tmp_path):
    plan = allocate_patches(ws.patch_problem(), params=PatchParams(iterations=1))
    written = ws.save(plan, tmp_path / "patches")
    assert "editor.html" in {path.name for path in written}
    problem = ws.visit_problem("2026-11-30", patches=tmp_path / "patches")
    same = ws.visit_problem("2026-11-30", patches=plan)
    assert [o.patch for o in problem.officers] == [o.patch for o in same.officers]
    assert problem.rounds == same.rounds
