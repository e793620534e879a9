"""The patch editor, used as a manager would: with the mouse, the keyboard and files."""

from __future__ import annotations

from pathlib import Path

import pytest
from folders import run
from pages import OpenPage
from playwright.sync_api import Page, expect

EDITOR = "patches/editor.html"


@pytest.fixture
def editor(opened: OpenPage) -> Page:
    """The editor, opened."""
    return opened(EDITOR)


def patches_now(page: Page) -> list[int]:
    return page.evaluate("doorstepEditor.model.now.slice()")


def homes_of(page: Page, patch: int) -> int:
    cell = page.locator("#balance tr").nth(patch).locator("td").nth(1)
    return int(cell.inner_text().replace(",", ""))


def other_patch(page: Page, block: int) -> int:
    """Choose the patch into which the block may go, other than its own."""
    chosen = page.evaluate(
        "k => doorstepEditor.model.patches.findIndex((p, i) => i !== doorstepEditor.model.now[k]"
        " && !doorstepEditor.model.blocks[k].banned.includes(i))",
        block,
    )
    page.select_option("#into", str(chosen))
    return int(chosen)


def point_of(page: Page, block: int) -> tuple[float, float]:
    """Bring a block near, and return where it is on the screen."""
    box = page.evaluate(
        """k => {
          const map = doorstep.map, at = doorstepEditor.model.blocks[k].at;
          map.setView(at, 17, {animate: false});
          const p = map.latLngToContainerPoint(at), r = map.getContainer().getBoundingClientRect();
          return [r.left + p.x, r.top + p.y];
        }""",
        block,
    )
    return box[0], box[1]


def test_a_click_moves_a_block_and_the_figures_follow(editor: Page) -> None:
    before = patches_now(editor)
    into = other_patch(editor, 0)
    homes = editor.evaluate("doorstepEditor.model.blocks[0].homes")
    own, had = homes_of(editor, before[0]), homes_of(editor, into)

    editor.mouse.click(*point_of(editor, 0))

    after = patches_now(editor)
    assert [k for k, p in enumerate(after) if p != before[k]] == [0]
    assert after[0] == into
    assert homes_of(editor, into) == had + homes
    assert homes_of(editor, before[0]) == own - homes
    expect(editor.locator("#said")).to_contain_text("1 block moved into")
    expect(editor.locator("#edits li")).to_have_count(1)


def test_undo_and_redo_from_the_keyboard(editor: Page) -> None:
    before = patches_now(editor)
    other_patch(editor, 0)
    editor.mouse.click(*point_of(editor, 0))
    moved = patches_now(editor)

    editor.keyboard.press("Control+z")
    assert patches_now(editor) == before
    editor.keyboard.press("Control+y")
    assert patches_now(editor) == moved


def test_a_ring_catches_the_blocks_inside_it(editor: Page) -> None:
    other_patch(editor, 0)
    x, y = point_of(editor, 0)
    editor.get_by_label("drawing a ring").check()
    into = int(editor.locator("#into").input_value())

    editor.mouse.move(x - 8, y - 8)
    editor.mouse.down()
    for dx, dy in [(8, -8), (8, 8), (-8, 8), (-8, -8)]:
        editor.mouse.move(x + dx, y + dy, steps=3)
    editor.mouse.up()

    assert patches_now(editor)[0] == into


def test_painting_moves_what_the_held_mouse_crosses(editor: Page) -> None:
    into = other_patch(editor, 0)
    x, y = point_of(editor, 0)
    editor.get_by_label("painting over").check()

    editor.mouse.move(x, y)
    editor.mouse.down()
    editor.mouse.move(x + 3, y + 3, steps=2)
    editor.mouse.up()

    assert patches_now(editor)[0] == into


def test_a_block_goes_by_name_without_the_map(editor: Page) -> None:
    ref = editor.evaluate("doorstepEditor.model.blocks[0].ref")
    into = other_patch(editor, 0)

    editor.get_by_label("Block", exact=True).fill(ref)
    editor.get_by_role("button", name="Move", exact=True).click()

    assert patches_now(editor)[0] == into


def test_a_locked_patch_keeps_its_blocks(editor: Page) -> None:
    before = patches_now(editor)
    other_patch(editor, 0)
    code = editor.evaluate("p => doorstepEditor.model.patches[p].code", before[0])
    editor.get_by_label(f"Lock {code}", exact=True).check()

    editor.mouse.click(*point_of(editor, 0))

    assert patches_now(editor) == before
    expect(editor.locator("#said")).to_contain_text("Not moved")


def test_a_suggestion_brings_the_patches_nearer_to_their_targets(editor: Page) -> None:
    other_patch(editor, 0)
    editor.mouse.click(*point_of(editor, 0))
    off = "doorstepEditor.model.figures().reduce((sum, f) => sum + Math.abs(f.load - f.target), 0)"
    before = editor.evaluate(off)

    editor.get_by_role("button", name="Suggest a swap").click()
    editor.get_by_role("button", name="Do it").click()

    assert editor.evaluate(off) < before


def save(page: Page, file: Path) -> Path:
    with page.expect_download() as download:
        page.get_by_role("button", name="Save", exact=True).click()
    download.value.save_as(file)
    return file


def test_what_is_saved_can_be_loaded(editor: Page, opened: OpenPage, tmp_path: Path) -> None:
    before = patches_now(editor)
    other_patch(editor, 0)
    editor.mouse.click(*point_of(editor, 0))
    moved = patches_now(editor)
    assert moved != before

    again = opened(EDITOR)
    again.set_input_files("#load", save(editor, tmp_path / "patch-edit.json"))

    expect(again.locator("#said")).to_have_text("Loaded.")
    assert patches_now(again) == moved


def test_what_is_saved_is_taken_by_the_command(editor: Page, outputs: Path, tmp_path: Path) -> None:
    file = save(editor, tmp_path / "patch-edit.json")

    done = run("patches", outputs.parent, "--edit", file, "--seconds", 1, "--out", tmp_path)

    assert done.exit_code == 0, done.output
    taken, drawn = (
        (folder / "patches" / "homes.csv").read_bytes() for folder in (tmp_path, outputs)
    )
    assert taken == drawn


def test_the_figures_are_those_of_the_report(editor: Page, opened: OpenPage) -> None:
    here = [
        row.locator("th, td").all_inner_texts()[:5] for row in editor.locator("#balance tr").all()
    ]

    report = opened("patches/report.html")
    table = report.locator("table", has_text="Workload and homes of each patch")
    heads = [head.replace("\n", " ") for head in table.locator("thead th").all_inner_texts()]
    columns = [
        heads.index(name)
        for name in ("Patch", "Officer", "Homes after", "Workload after", "Target")
    ]
    rows = [row.locator("th, td").all_inner_texts() for row in table.locator("tbody tr").all()]

    assert here == [[row[k] for k in columns] for row in rows]


def test_a_locked_patch_is_marked_on_the_map(editor: Page) -> None:
    code = editor.evaluate("doorstepEditor.model.patches[0].code")

    editor.get_by_label(f"Lock {code}", exact=True).check()

    expect(editor.locator(".patch-mark.locked")).to_have_text([code])


def test_leaving_with_an_edit_that_is_not_saved_is_asked_about(
    editor: Page, tmp_path: Path
) -> None:
    asks = """() => {
      const event = new Event('beforeunload', {cancelable: true});
      window.dispatchEvent(event);
      return event.defaultPrevented;
    }"""
    assert not editor.evaluate(asks)
    other_patch(editor, 0)
    editor.mouse.click(*point_of(editor, 0))
    assert editor.evaluate(asks)

    save(editor, tmp_path / "patch-edit.json")

    assert not editor.evaluate(asks)


def test_a_finger_paints_as_the_mouse_does(editor: Page) -> None:
    into = other_patch(editor, 0)
    x, y = point_of(editor, 0)
    editor.get_by_label("painting over").check()

    editor.evaluate(
        """([x, y]) => ['pointerdown', 'pointermove', 'pointerup'].forEach(kind =>
          document.elementFromPoint(x, y).dispatchEvent(new PointerEvent(kind, {
            pointerType: 'touch', isPrimary: true, bubbles: true, clientX: x, clientY: y})))""",
        [x, y],
    )

    assert patches_now(editor)[0] == into
