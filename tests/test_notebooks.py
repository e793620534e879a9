"""The notebooks run from top to bottom, show what they promise, and are kept without outputs."""

from __future__ import annotations

import html
import json
import os
import re
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from optimiser.outputs.offline import online_references

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
NAMES = [path.stem for path in NOTEBOOKS]

CHECKS = {
    "01_redraw_patches": """
assert not plan.violations and plan.bound <= plan.objective
assert len(plan.patches) == len(ws.officers)
assert sum(patch.homes for patch in plan.patches) == len(ws.homes)
assert comparison.homes_changed == plan.homes_moved == moved["homes"].sum()
assert comparison.b.breaks == ()
assert (folder / "out" / "patches" / "map.html").is_file()
""",
    "02_plan_a_week": """
assert not week.violations and week.objective <= week.bound
assert not busy_week.violations and busy.settings.rules.visits.slack == 0.5
assert week.planned + len(left_out(week)) == week.requests == len(ws.visits)
assert busy_week.objective <= week.bound
assert (left_out(busy_week)[["reason", "evidence", "remedy"]] != "").all(axis=None)
assert (folder / "out" / "week-2026-11-30" / "plan.json").is_file()
""",
    "03_how_many_officers": """
assert len(front.points) == 6
found = [point for point in front.points if point.plan is not None]
assert {point.balance for point in found} == {0.05, 0.10}
for point in found:
    least = front.least_minutes(point.balance, point.homes_moved)
    assert least <= point.minutes + 1e-6
assert len(more.after.patches) == len(more.before.patches) + 3
assert more.best_change[0] <= more.after.objective - more.before.objective <= more.best_change[1]
answer = answers.set_index("officers")["answer"]
assert answer[officers + 1] == "no"  # 5 x 280 homes are fewer than there are
assert answer[officers + 4] == "yes"
assert (can["largest patch, homes"] <= CAP).all()
""",
}


@pytest.fixture
def kernel_folders(tmp_path_factory, monkeypatch):
    """Kernels write to folders of the tests, and look for no one's settings."""
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
    monkeypatch.setenv("TMPDIR", str(tmp_path_factory.mktemp("work")))
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")


def executed(path):
    """Run a notebook and its checks as a person would: in its folder, in this environment."""
    notebook = nbformat.read(path, as_version=4)
    same_place = f"import sys\nassert sys.prefix == {sys.prefix!r}"
    for code in (same_place, CHECKS[path.stem]):
        notebook.cells.append(nbformat.v4.new_code_cell(code))
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    )
    return client.execute()


def outputs_of(notebook):
    return [output for cell in notebook.cells for output in cell.get("outputs", ())]


def pages_of(notebook):
    """Return the pages of the maps in a notebook."""
    shown = "".join(output.get("data", {}).get("text/html", "") for output in outputs_of(notebook))
    return [html.unescape(page) for page in re.findall(r'<iframe srcdoc="([^"]*)"', shown)]


def test_there_are_checks_for_every_notebook():
    assert sorted(CHECKS) == NAMES


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_it_is_kept_without_outputs_and_traces_of_a_machine(path):
    text = path.read_text(encoding="utf-8")
    notebook = json.loads(text)
    nbformat.validate(notebook)
    assert notebook["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook["cells"]:
        assert cell["metadata"] == {}
        assert cell["cell_type"] in ("code", "markdown")
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
    assert text == json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_it_says_its_question_first_and_what_it_assumes_last(path):
    cells = nbformat.read(path, as_version=4).cells
    assert cells[0].cell_type == cells[-1].cell_type == "markdown"
    assert "**Question" in cells[0].source
    assert cells[-1].source.startswith("## What is assumed")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "maps", "plots"),
    [("01_redraw_patches", 1, 1), ("02_plan_a_week", 1, 1), ("03_how_many_officers", 0, 2)],
)
def test_it_runs_and_shows_its_maps_and_plots(name, maps, plots, kernel_folders):
    notebook = executed(NOTEBOOKS[NAMES.index(name)])
    outputs = outputs_of(notebook)
    warnings = [o.text for o in outputs if o.output_type == "stream" and o.name == "stderr"]
    assert warnings == []
    assert sum("image/png" in output.get("data", {}) for output in outputs) == plots
    pages = pages_of(notebook)
    assert len(pages) == maps
    for page in pages:
        assert "Content-Security-Policy" in page
        assert online_references(page) == []
    assert os.environ["TMPDIR"] not in "".join(o.get("text", "") for o in outputs)
