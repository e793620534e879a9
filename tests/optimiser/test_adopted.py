"""An adopted redraw is the current patches: for weeks from its day, and for the next redraw."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from folders import edit, everything
from redraws import first_moved, held_by, redraw

from geodata import DataError
from optimiser import Workspace
from optimiser.workspace import adopted as storage
from optimiser.workspace.adopted import Adoption, adopted_folder, in_force

MONDAY = dt.date(2026, 11, 30)
LATER = dt.date(2027, 1, 4)


@pytest.fixture
def folder(borough: Path, tmp_path: Path) -> Path:
    """The small borough, to adopt in."""
    return shutil.copytree(borough, tmp_path / "copy")


@pytest.fixture
def ws(folder: Path) -> Workspace:
    return Workspace.open(folder)


@pytest.fixture
def move(ws: Workspace) -> dict[str, str]:
    """The first block, into another patch."""
    return first_moved(ws)


def patch_of(ws: Workspace, block: str, week: dt.date = MONDAY) -> str:
    return str(ws.current(week).stock.blocks.loc[block, "patch"])


def test_an_adopted_redraw_is_what_everything_starts_from(
    ws: Workspace, move: dict[str, str], tmp_path: Path
) -> None:
    ((block, new),) = move.items()
    old = ws.blocks.loc[block, "patch"]
    files = everything(ws.folder)
    homes = int(ws.blocks.loc[block, "homes"])
    adoption = ws.adopt(redraw(ws, tmp_path / "out", move))
    assert adoption.homes_moved == homes
    for again in (ws, Workspace.open(ws.folder)):
        assert again.adopted == (adoption,)
        assert again.blocks.loc[block, "patch"] == new
        assert set(again.homes.loc[again.homes["block_ref"] == block, "patch"]) == {new}
        problem = again.patch_problem()
        at = [b.block_ref for b in problem.blocks].index(block)
        assert problem.blocks[at].current_patch == new
        slots = [s.patch for s in problem.slots]
        assert problem.moved_homes[at, slots.index(new)] == 0
        assert problem.moved_homes[at, slots.index(old)] == homes
        assert any("adopted on" in note for note in problem.notes)
    kept = {name: text for name, text in everything(ws.folder).items() if name in files}
    assert kept == files  # the landlord's own files are as they were


def test_a_week_is_planned_with_it(ws: Workspace, tmp_path: Path) -> None:
    assert ws.visits is not None
    block_of = ws.homes.set_index("property_ref")["block_ref"]
    before = {v.visit_ref: v.own_officer for v in ws.visit_problem(MONDAY).visits}
    first = ws.visits[ws.visits["visit_ref"].isin(before)].iloc[0]
    held = held_by(ws)
    new = next(p for p, officer in held.items() if officer != before[first["visit_ref"]])
    ws.adopt(redraw(ws, tmp_path / "out", {block_of[first["property_ref"]]: new}))
    problem = ws.visit_problem(MONDAY)
    after = {v.visit_ref: v.own_officer for v in problem.visits}
    assert after[first["visit_ref"]] == held[new]
    moved = ws.visits["property_ref"].map(block_of) == block_of[first["property_ref"]]
    others = set(ws.visits.loc[~moved, "visit_ref"]) & set(before)
    assert others
    assert {ref: after[ref] for ref in others} == {ref: before[ref] for ref in others}
    assert any("the redraw adopted on" in note and "(out)" in note for note in problem.notes)


def test_from_a_day_on(ws: Workspace, move: dict[str, str], tmp_path: Path) -> None:
    ((block, new),) = move.items()
    old = str(ws.blocks.loc[block, "patch"])
    ws.adopt(redraw(ws, tmp_path / "out", move), from_date="2027-01-04")
    assert patch_of(ws, block, MONDAY) == old
    assert patch_of(ws, block, LATER - dt.timedelta(days=7)) == old
    assert patch_of(ws, block, LATER) == new
    assert ws.blocks.loc[block, "patch"] == new  # the next redraw starts from what is decided
    notes = ws.visit_problem(MONDAY).notes
    assert "The redraw adopted from Monday 4 January 2027 is not in force yet." in notes
    assert "Patches: the codes in the homes file." in notes


def test_undo_returns_to_the_one_before(
    ws: Workspace, move: dict[str, str], tmp_path: Path
) -> None:
    block = next(iter(move))
    old = patch_of(ws, block)
    first = ws.adopt(redraw(ws, tmp_path / "one", move))
    second = ws.adopt(redraw(ws, tmp_path / "two", {}))  # on the same day
    assert ws.adopted == (first, second)
    assert patch_of(ws, block) == old
    undone, kept = ws.undo_adoption()
    assert undone == second
    assert (kept / "homes.csv").read_bytes() == (tmp_path / "two" / "homes.csv").read_bytes()
    assert patch_of(ws, block) == move[block]
    _, kept = ws.undo_adoption()
    assert patch_of(ws, block) == old
    assert ws.adopted == ()
    with pytest.raises(DataError, match="none to take back"):
        ws.undo_adoption()
    again = ws.adopt(kept)  # and it can be had again
    assert again.homes_moved == first.homes_moved > 0
    assert again.source == first.source == "one"


def test_two_settings_files_keep_their_patches_apart(
    folder: Path, move: dict[str, str], ws: Workspace, tmp_path: Path
) -> None:
    block = next(iter(move))
    shutil.copy(folder / "doorstep.toml", folder / "tight.toml")
    tight = Workspace.open(folder / "tight.toml")
    tight.adopt(redraw(tight, tmp_path / "out", move))
    assert Workspace.open(folder).adopted == ()
    assert patch_of(Workspace.open(folder), block) != move[block]
    assert patch_of(Workspace.open(folder / "tight.toml"), block) == move[block]


def test_which_of_several_counts() -> None:
    def adoption(number: int, on: str, since: str | None = None) -> Adoption:
        return Adoption.model_validate(
            {"number": number, "adopted_on": on, "from_date": since, "source": "out",
             "settings": "doorstep.toml", "homes": 1, "blocks": 1, "patches": 1, "homes_moved": 0}
        )  # fmt: skip

    planned = adoption(1, "2026-11-02", "2027-01-01")
    now = adoption(2, "2026-11-23")
    after = adoption(3, "2027-02-01")
    day = dt.date.fromisoformat
    assert in_force([planned], day("2026-12-28")) is None
    assert in_force([planned], day("2027-01-04")) == planned
    assert in_force([planned, now], day("2026-12-28")) == now
    assert in_force([planned, now], day("2027-01-04")) == planned  # still from January
    assert in_force([planned, now], None) == planned
    assert in_force([planned, now, after], day("2027-01-04")) == after
    assert in_force([now, now.model_copy(update={"number": 9})], MONDAY).number == 9  # type: ignore[union-attr]


# What does not fit


def test_homes_that_are_new_or_gone(
    ws: Workspace, folder: Path, move: dict[str, str], tmp_path: Path
) -> None:
    ((block, new),) = move.items()
    out = redraw(ws, tmp_path / "out", move)
    frame = pd.read_csv(out / "homes.csv", dtype=str)
    last = ws.blocks.index[-1]
    mine = frame[frame["block_ref"] == block]
    # The redraw knows one home fewer of the moved block, nothing of the last, and one more.
    frame = frame.drop(index=[mine.index[0], *frame.index[frame["block_ref"] == last]])
    frame.loc[len(frame) + 9] = ["99999999", "Z0001", None, new, None]
    frame.to_csv(out / "homes.csv", index=False)
    own = ws.blocks.loc[last, "patch"]
    notes = " ".join(ws.adopt(out).notes)
    assert "1 home of the redraw is not in the homes file any more, with 1 whole block." in notes
    assert "came after that redraw" in notes
    patch = ws.homes.set_index("property_ref")["patch"]
    assert patch[mine["property_ref"].iloc[0]] == new  # as its block
    assert ws.blocks.loc[last, "patch"] == own  # as the homes file says


def test_officers_who_left_and_who_came(
    ws: Workspace, folder: Path, move: dict[str, str], tmp_path: Path
) -> None:
    held = held_by(ws)
    first, second = list(held)[:2]
    ws.adopt(redraw(ws, tmp_path / "out", move))
    edit(folder / "officers.csv", held[first], "HO90")  # HO90 has the first patch by the file
    again = Workspace.open(folder)
    assert again.current().officer_of[first] == "HO90"
    assert again.officers.set_index("officer_ref").loc["HO90", "patch"] == first
    assert any(f"{first} has HO90" in note for note in again.current().notes)
    lines = (folder / "officers.csv").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(held[second])]
    (folder / "officers.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    vacant = Workspace.open(folder).current()
    assert second not in vacant.officer_of
    assert any(f"no officer: {second} ({held[second]})" in note for note in vacant.notes)


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("block_ref", "Z{i}", None),
        ("new_patch", "Q{i}", "has more than one new_patch"),
        ("officer_ref", "HO{i}", "has more than one officer_ref"),
        ("officer_ref", "ZZ", "officers is in the officers file"),
        ("new_patch", "", "it holds no patch"),
        ("new_patch", "  ", "it holds no patch"),
        ("officer_ref", "HO01", "an officer has one"),
    ],
)
def test_what_is_senseless_is_refused(
    ws: Workspace, tmp_path: Path, column: str, value: str, reason: str | None
) -> None:
    out = redraw(ws, tmp_path / "out", {})
    frame = pd.read_csv(out / "homes.csv", dtype=str)
    frame[column] = [value.format(i=i) for i in range(len(frame))]
    if reason is None:  # the homes of another landlord
        frame["property_ref"] = frame["block_ref"]
        reason = "it is of other homes: only 0 of these"
    frame.to_csv(out / "homes.csv", index=False)
    before = everything(ws.folder)
    with pytest.raises(DataError, match=reason):
        ws.adopt(out)
    assert everything(ws.folder) == before


def test_it_is_kept_whole_or_not_at_all(
    ws: Workspace, move: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = redraw(ws, tmp_path / "out", move)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(storage.shutil, "copyfile", full)
        with pytest.raises(DataError, match="No space left"):
            ws.adopt(out)
    assert not (ws.folder / "adopted").exists()
    assert ws.adopted == ()
    ws.adopt(out)
    assert len(ws.adopted) == 1


def test_a_broken_record_is_named_and_foreign_folders_are_left_alone(
    ws: Workspace, folder: Path, move: dict[str, str], tmp_path: Path
) -> None:
    ws.adopt(redraw(ws, tmp_path / "out", move))
    (adopted_folder(ws.path) / "notes").mkdir()
    assert len(Workspace.open(folder).adopted) == 1
    (record,) = adopted_folder(ws.path).glob("*/adopted.json")
    known = json.loads(record.read_text(encoding="utf-8"))
    assert "/" not in known["source"]  # no path of whoever adopted it
    record.write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="no record of an adopted redraw"):
        Workspace.open(folder)


def test_two_adopted_at_the_same_moment_are_told_apart(ws: Workspace, tmp_path: Path) -> None:
    ws.adopt(redraw(ws, tmp_path / "out", {}))
    ws.adopt(redraw(ws, tmp_path / "out", {}))
    for _, path in storage.read_adoptions(ws.path):
        record = path / "adopted.json"
        raw = json.loads(record.read_text(encoding="utf-8"))
        record.write_text(json.dumps(raw | {"number": 1}), encoding="utf-8")
    adopted = Workspace.open(ws.folder).adopted
    assert [a.number for a in adopted] == [1, 2]
    assert in_force(adopted, None) == adopted[-1]
    assert storage.undo_adoption(ws.path)[0] == adopted[-1]  # what counts is what is taken back


@pytest.mark.parametrize(
    ("lost", "report"),
    [
        ("adopted.json", "is no record of an adopted redraw; move the folder"),
        ("homes.csv", "the file is not there; put it back, or move the folder"),
    ],
)
def test_half_of_one_that_is_lost_is_not_passed_over(
    ws: Workspace, tmp_path: Path, lost: str, report: str
) -> None:
    ws.adopt(redraw(ws, tmp_path / "out", {}))
    ((_, path),) = storage.read_adoptions(ws.path)
    (path / lost).unlink()
    with pytest.raises(DataError) as error:
        Workspace.open(ws.folder)
    assert report in str(error.value)


@pytest.mark.parametrize("day", ["2026-02-31", dt.date(9999, 12, 31), dt.date(1066, 10, 14)])
def test_a_day_that_no_week_can_be_planned_from(
    ws: Workspace, tmp_path: Path, day: str | dt.date
) -> None:
    out = redraw(ws, tmp_path / "out", {})
    with pytest.raises(DataError) as error:
        ws.adopt(out, from_date=day)
    assert error.value.problems[0].value == str(day)
    assert not adopted_folder(ws.path).exists()
