"""Other rules for a folder, to try them out."""

from __future__ import annotations

import numpy as np
import pytest

from geodata import DataError
from optimiser import Workspace
from optimiser.model.rules import VisitValues


@pytest.fixture(scope="module")
def ws(borough):
    return Workspace.open(borough)


def test_rules_are_replaced_and_the_others_and_the_folder_stay(ws):
    before = ws.path.read_bytes()
    changed = ws.with_rules(patches={"homes_per_fte": 350}, visits={"slack": 0.0})
    assert changed.settings.rules.patches.homes_per_fte == 350
    assert changed.settings.rules.patches.balance == ws.settings.rules.patches.balance
    assert changed.settings.rules.visits.slack == 0
    assert ws.settings.rules.visits.slack == 0.15
    assert ws.path.read_bytes() == before
    assert [m.name for m in changed.patch_problem().measures] == ["homes"]
    assert ws.patch_problem().measures == ()


def test_an_inner_table_keeps_what_is_not_named(ws):
    once = ws.with_rules(visits={"values": {"late": 0.1}})
    twice = once.with_rules(visits={"values": {"request": 50.0}})
    assert twice.settings.rules.visits.values.late == 0.1
    assert twice.settings.rules.visits.values.request == 50
    assert twice.settings.rules.visits.values.own_officer == VisitValues().own_officer


def test_vacant_posts_become_patches(ws):
    more = ws.with_rules(patches={"vacant_posts": {"P90": 1.0, "P91": {"fte": 0.5}}})
    added = more.patch_problem().slots[len(ws.patch_problem().slots) :]
    assert [(s.patch, s.fte) for s in added] == [("P90", 1.0), ("P91", 0.5)]


def test_another_walking_speed_is_walked_at(ws):
    walks = ws.block_walks.seconds
    slow = ws.with_rules(visits={"walking_kmh": 2.25})
    near = np.isfinite(walks)
    assert slow.block_walks.seconds[near] == pytest.approx(2 * walks[near], abs=2)
    assert ws.with_rules(visits={"slack": 0.2}).block_walks is ws.block_walks


def test_rules_that_are_not_there_are_bad_input(ws):
    with pytest.raises(DataError) as error:
        ws.with_rules(patches={"balanse": 0.1}, visits={"slack": 2})
    columns = {p.column: p.remedy for p in error.value.problems}
    assert columns.keys() == {"rules.patches.balanse", "rules.visits.slack"}
    assert columns["rules.patches.balanse"] == "did you mean balance?"
