"""A week's walks: seconds are what the rules say, metres are those of the same ways."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from geodata import DataError
from geodata.walking import Walks
from optimiser.bridge import build_visit_problem
from optimiser.model import VisitProblem
from optimiser.model.visits import UNREACHABLE_S
from optimiser.workspace import Workspace
from optimiser.workspace.patch_source import patch_source

MONDAY = dt.date(2026, 11, 30)


def week(ws: Workspace, walks: Walks | None = None) -> VisitProblem:
    """The folder's week; all walks alike if they are given for two places."""
    source = patch_source(ws, None, ws.current())
    assert ws.visits is not None

    def between(xy: np.ndarray, _: float) -> Walks:
        if walks is None:
            return ws.network.walks(xy, xy)
        return Walks(*(np.resize(part, (len(xy), len(xy))) for part in walks))

    return build_visit_problem(
        monday=MONDAY,
        stock=ws.inputs.stock,
        officers=ws.officers,
        visits=ws.visits,
        service_centres=ws.service_centres,
        fixed=ws.inputs.fixed,
        absences=ws.inputs.absences,
        outcomes=ws.inputs.outcomes,
        patch_of=source.patch_of,
        officer_of=source.officer_of,
        walks=between,
        types=ws.visit_types,
        rules=ws.settings.rules.visits,
    )


def test_metres_are_not_worked_out_from_seconds(borough: Path) -> None:
    walks = Walks(np.array([100.4, np.inf]), np.array([61.6, np.inf]))
    problem = week(Workspace.open(borough), walks)
    seconds, metres = problem.walk_s.ravel(), problem.walk_m.ravel()
    assert_array_equal(seconds[:2], [100, UNREACHABLE_S])
    assert_array_equal(metres[:2], [62, 0])


@pytest.fixture(scope="module")
def stepped(tmp_path_factory: pytest.TempPathFactory, borough: Path) -> Workspace:
    """The small borough with a third of its streets made steps."""
    import shutil

    folder = shutil.copytree(borough, tmp_path_factory.mktemp("stepped") / "borough")
    ws = Workspace.open(folder)
    assert ws.settings.data.streets is not None
    path = folder / ws.settings.data.streets
    lines = gpd.read_file(path)
    lines.loc[lines.index % 3 == 0, "highway"] = "steps"
    path.unlink()
    lines.to_file(path)
    return Workspace.open(folder)


def test_on_steps_a_walk_takes_longer_than_its_metres(stepped: Workspace) -> None:
    problem = week(stepped)
    xy = np.array([(place.easting, place.northing) for place in problem.places])
    metres = stepped.network.walk_metres(xy, xy)
    assert_array_equal(problem.walk_m, np.rint(metres))
    slower = problem.walk_s - metres / 1.25
    assert slower.min() > -0.51
    assert (slower > 10).mean() > 0.1


def test_straight_lines_are_walked_with_their_detour(tmp_path: Path, borough: Path) -> None:
    import shutil

    folder = shutil.copytree(borough, tmp_path / "borough")
    toml = (folder / "doorstep.toml").read_text(encoding="utf-8")
    without = "\n".join(x for x in toml.splitlines() if not x.startswith(("streets", "barriers")))
    (folder / "doorstep.toml").write_text(without, encoding="utf-8")
    problem = week(Workspace.open(folder))
    xy = np.array([(place.easting, place.northing) for place in problem.places])
    straight = 1.3 * np.hypot(*(xy[:, None] - xy[None, :]).transpose(2, 0, 1))
    assert_array_equal(problem.walk_m, np.rint(straight))
    assert_array_equal(problem.walk_s, np.rint(straight / 1.25))


def with_rule(borough: Path, folder: Path, rule: str) -> Workspace:
    """The small borough with one more line under [rules.visits]."""
    import shutil

    copy = shutil.copytree(borough, folder / "borough")
    settings = copy / "doorstep.toml"
    text = settings.read_text(encoding="utf-8")
    assert "[rules.visits]" in text
    settings.write_text(text.replace("[rules.visits]", f"[rules.visits]\n{rule}"), encoding="utf-8")
    return Workspace.open(copy)


def test_a_patch_by_rule_is_knocked_in_pairs(borough: Path, tmp_path: Path) -> None:
    plain = Workspace.open(borough).visit_problem(MONDAY).rounds
    assert not any(r.two_officers for r in plain)
    patch = plain[0].patch
    ws = with_rule(borough, tmp_path, f'pairs_at = "{patch}"')
    officers = pd.read_csv(ws.folder / "officers.csv", dtype=str)
    officers["service_centre"] = officers["service_centre"].iloc[0]
    officers.to_csv(ws.folder / "officers.csv", index=False)
    pairs = [r for r in Workspace.open(ws.path).visit_problem(MONDAY).rounds if r.two_officers]
    assert {r.patch for r in pairs} == {patch}
    assert all(len(r.officers) >= 2 for r in pairs)


def test_pairs_at_a_name_that_is_not_there(borough: Path, tmp_path: Path) -> None:
    ws = with_rule(borough, tmp_path, 'pairs_at = ["Q99"]')
    with pytest.raises(DataError) as error:
        ws.visit_problem(MONDAY)
    (problem,) = error.value.problems
    assert problem.column == "rules.visits.pairs_at"
    assert problem.value == "Q99"
    assert problem.remedy
