"""Every figure of plan.json and summary.json comes from the folder's files and the rules."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from folders import run
from recompute_week import faults

import optimiser.model

TYPES = Path(optimiser.model.__file__).parent / "visit_rules.toml"


@pytest.fixture(scope="module")
def planned(borough, tmp_path_factory):
    """The small borough and its week as the command writes it."""
    folder = tmp_path_factory.mktemp("recomputed") / "borough"
    shutil.copytree(borough, folder)
    done = run("plan", folder, "--week", "2026-11-30", "--seconds", "2", "--out", folder / "out")
    assert done.exit_code == 0, done.output
    (out,) = (folder / "out").glob("week-*")
    return folder, out


def test_everything_comes_to_what_is_written(planned):
    folder, out = planned
    assert faults(folder, out, TYPES) == []
    plan = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    kinds = {stop["kind"] for route in plan["routes"] for stop in route["stops"]}
    assert kinds == {"visit", "round", "break", "surgery"}, "or the sums above show little"


STOPS = {
    "visit": ["start", "end", "walk_s", "walk_m", "access_s", "leave_s", "arrive"],
    "round": ["start", "end", "walk_s", "access_s", "conversations", "arrive"],
    "break": ["end"],
    "surgery": ["start", "end"],
}


@pytest.mark.parametrize(
    ("kind", "field"), [(kind, field) for kind, fields in STOPS.items() for field in fields]
)
def test_a_wrong_figure_of_a_stop_is_found(planned, tmp_path, kind, field):
    def spoil(plan):
        stops = [s for route in plan["routes"] for s in route["stops"] if s["kind"] == kind]
        value = stops[0][field]
        later = (
            f"{value[:11]}{(int(value[11:13]) + 1) % 24:02}{value[13:]}"
            if ":" in str(value)
            else value + 100
        )
        stops[0][field] = later

    assert spoilt(planned, tmp_path, "plan.json", spoil)


@pytest.mark.parametrize(
    "figure",
    ["requests", "planned", "late", "doors", "conversations", "walk_hours", "own_officer",
     "busy_share", "busy_spread", "objective", "gap"],
)  # fmt: skip
def test_a_wrong_figure_of_the_summary_is_found(planned, tmp_path, figure):
    def spoil(summary):
        summary[figure] = 1.01 * summary[figure] + 0.01

    found = spoilt(planned, tmp_path, "summary.json", spoil)
    assert any(f"summary: {figure}" in text for text in found)


@pytest.mark.parametrize("tier", range(5))
def test_a_wrong_tier_is_found(planned, tmp_path, tier):
    def spoil(summary):
        summary["tiers"][tier]["value"] += 1

    assert spoilt(planned, tmp_path, "summary.json", spoil)


def spoilt(planned, tmp_path, name, spoil):
    """The faults found after changing one file of the output."""
    folder, out = planned
    for file in ("plan.json", "summary.json"):
        shutil.copy(out / file, tmp_path / file)
    data = json.loads((tmp_path / name).read_text(encoding="utf-8"))
    spoil(data)
    (tmp_path / name).write_text(json.dumps(data), encoding="utf-8")
    return faults(folder, tmp_path, TYPES)
