"""The editor counts as the redraw does, says what an edit breaks, and round-trips it.

The grid of the conftest, with its streets as neighbours; every block weighs 8 points and
a patch may weigh 20 to 28, so exactly three blocks fit:

    E ---- F        P01 = A, B, D
    C ---- D        P02 = C, E, F
    A ---- B
"""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pytest

from optimiser.model import PatchBlock, PatchProblem, PatchSlot
from optimiser.outputs import patch_editor, save_page
from optimiser.outputs.editor import EDIT_FORMAT, editor_data
from optimiser.outputs.offline import online_references, page_html

BLOCKS = "ABCDEF"
ESTATE = {"A": "Elm", "B": "Elm", "C": "Oak", "D": "Oak"}
OLD = dict(zip(BLOCKS, ("P01", "P01", "P01", "P02", "P02", "P02"), strict=True))
EDGES = [(0, 1), (2, 3), (4, 5), (0, 2), (2, 4), (1, 3), (3, 5)]


@pytest.fixture
def problem() -> PatchProblem:
    n, p = len(BLOCKS), 2
    moved = np.array([[4 * (OLD[b] != patch) for patch in ("P01", "P02")] for b in BLOCKS])
    allowed = np.ones((n, p), dtype=bool)
    allowed[4, 0] = False  # E may not go to P01
    return PatchProblem(
        blocks=tuple(
            PatchBlock(block_ref=b, estate=ESTATE.get(b), homes=4, workload=800,
                       current_patch=OLD[b])
            for b in BLOCKS
        ),
        slots=tuple(
            PatchSlot(patch=patch, officer_ref=officer, target=2400, lower=2000, upper=2800)
            for patch, officer in (("P01", "HO01"), ("P02", "HO02"))
        ),
        unit=np.arange(n),
        edges=np.array(EDGES),
        walk_cost=np.zeros((n, n)),
        centre_cost=np.zeros((p, n)),
        move_cost=np.zeros((n, p)),
        moved_homes=moved,
        allowed=allowed,
    )  # fmt: skip


def test_data_has_every_block_patch_and_shape(view, patch_plan, problem):
    data = editor_data(view, patch_plan, problem)
    assert [b["patch"] for b in data["blocks"]] == [0, 0, 1, 0, 1, 1]
    assert data["blocks"][2]["stay"] == {"P01": 4}
    assert data["blocks"][4]["banned"] == [0]
    assert data["blocks"][5]["banned"] == []
    assert {f["properties"]["block"] for f in data["cells"]["features"]} == set(range(6))
    # Seven neighbours share a side of the grid's squares; corners are no border.
    assert {tuple(sorted(line[:2])) for line in data["borders"]} == set(EDGES)
    json.dumps(data, allow_nan=False)


def test_page_is_offline_and_gives_nothing_away(view, patch_plan, problem):
    page = page_html(patch_editor(view, patch_plan, problem), title="Editor")
    assert online_references(page) == []
    assert "Synthetic data: invented homes and people" in page
    own = page[page.index('class="page-head"') :].lower()
    for word in ("zebedee", "arrears", "leasehold", "00a1"):
        assert word not in own


def test_of_areas_the_page_says_area(view, patch_plan, problem):
    view.unit = "area"
    page = page_html(patch_editor(view, patch_plan, problem), title="Editor")
    assert "Move areas by" in page
    assert "Find a cut-off area" in page
    assert '"unit":"area"' in page
    assert "Move blocks" not in page


@pytest.fixture
def edit(tmp_path, view, patch_plan, problem):
    """Run steps in a browser on the editor `e` and return what they put into `seen`."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on the PATH")
    page = tmp_path / "editor.html"
    save_page(patch_editor(view, patch_plan, problem), page, title="Editor")

    def run(steps):
        script = (
            "<script>var e = doorstepEditor, m = e.model, seen = [];"
            "function text(id) { return document.getElementById(id).textContent; }"
            "function press(what) { document.querySelector('[data-do=' + what + ']').click(); }"
            "function into(p) { document.getElementById('into').value = p; }"
            "function loads() { return m.figures().map(function (f) { return f.load; }); }"
            f"{steps}; document.title = JSON.stringify(seen);</script></body>"
        )
        html = page.read_text(encoding="utf-8").replace("</body>", script)
        page.write_text(html, encoding="utf-8")
        command = [
            path, "--headless", "--no-sandbox", "--disable-gpu", "--force-prefers-reduced-motion",
            "--disable-background-networking", "--virtual-time-budget=4000",
            "--window-size=1280,800", "--enable-logging=stderr", "--dump-dom", page.as_uri(),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
        assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []
        title = done.stdout.split("<title>")[1].split("</title>")[0]
        return json.loads(title.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">"))

    return run


def test_a_click_moves_a_block_and_the_figures_follow(edit):
    seen = edit(
        """seen.push(text('state'), loads());
        into(0); e.paint([2]);
        seen.push(text('state'), loads(), text('edits'), text('said'));
        press('undo'); seen.push(loads(), text('edits'));
        press('redo'); seen.push(loads());
        document.getElementById('block').value = 'C, C House'; into(1); press('move');
        seen.push(loads());"""
    )
    assert seen == [
        "Valid: every patch is within its limits and in one piece. 8 households change officer "
        "in all.",
        [2400, 2400],
        "Not valid: 2 patches outside the limit. 4 households change officer in all.",
        [3200, 1600],
        "C House: P02 to P01, 4 homes",
        "1 block moved into P01.",
        [2400, 2400],
        "",
        [3200, 1600],
        [2400, 2400],
    ]


def test_estates_locks_bans_and_cut_off_blocks(edit):
    seen = edit(
        """document.querySelector('[name=estate]').checked = true;
        into(1); e.paint([0]);
        seen.push(loads()); press('undo');
        document.querySelector('[name=estate]').checked = false;
        into(0); e.paint([4]); seen.push(text('said'), loads());
        document.querySelector('[data-lock="1"]').click();
        e.paint([2]); seen.push(text('said'), loads());
        press('lockall'); press('lockall'); into(1);
        e.paint([1]); press('cut');
        seen.push(text('state'), text('said'));"""
    )
    assert seen[0] == [800, 4000]  # A and B moved together
    assert seen[1] == "Not moved: E House may not be in P01."
    assert seen[2] == [2400, 2400]
    assert seen[3] == "Not moved: P02 is locked."
    assert seen[4] == [2400, 2400]
    # Without B, P01 is A and D, which do not touch, and P02 is B, C, E, F with B alone.
    assert "2 blocks cut off" in seen[5]
    assert "is cut off from the rest of" in seen[6]


def test_the_suggestion_restores_balance_without_cutting_off(edit):
    seen = edit(
        """into(0); e.paint([2]);
        press('suggest'); seen.push(text('said'), document.getElementById('offer').hidden);
        press('apply'); seen.push(loads(), m.cutOff(m.figures()).length);
        press('suggest'); seen.push(text('said'));"""
    )
    assert seen[0].startswith("Move ")
    assert seen[1:4] == [False, [2400, 2400], 0]
    assert seen[4].startswith("No move")


def test_an_edit_is_saved_and_loaded_whole(edit):
    seen = edit(
        """into(0); e.paint([2]); document.querySelector('[data-lock="1"]').click();
        var file = m.save(); seen.push(JSON.parse(file));
        document.querySelector('[data-lock="1"]').click(); press('undo');
        e.take(file); seen.push(m.save() === file, text('said'));
        var other = {format: JSON.parse(file).format, assignments: {A: 'P99', Z: 'P01'}};
        e.take(JSON.stringify(other));
        seen.push(text('said')); e.take('no edit'); seen.push(text('said'));"""
    )
    assignments = {"A": "P01", "B": "P01", "C": "P01", "D": "P01", "E": "P02", "F": "P02"}
    assert seen[0] == {
        "format": EDIT_FORMAT,
        "title": "Elm Borough",
        "locked": ["P02"],
        "moved": ["C"],
        "assignments": assignments,
    }
    assert seen[1:3] == [True, "Loaded."]
    assert "Patch P99 is not known; block A stays." in seen[3]
    assert seen[4].startswith("The file is not an edit")


def test_what_an_earlier_edit_kept_is_still_kept(patch_plan, problem, view):
    kept = patch_plan.model_copy(update={"by_hand": ("D",), "locked": ("P02",)})
    data = editor_data(view, kept, problem)
    assert data["held"] == ["D"]
    assert data["locked"] == ["P02"]


def test_moves_of_an_earlier_edit_stay_moves(edit):
    seen = edit(
        """e.take(JSON.stringify({format: JSON.parse(m.save()).format, moved: ['D'],
                                  assignments: JSON.parse(m.save()).assignments}));
        into(0); e.paint([2]); seen.push(JSON.parse(m.save()).moved);
        press('undo'); seen.push(JSON.parse(m.save()).moved);"""
    )
    assert seen == [["C", "D"], ["D"]]
