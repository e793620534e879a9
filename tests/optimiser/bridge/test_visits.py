"""A week's walks: seconds are what the rules say, metres are those of the same ways."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from numpy.testing import assert_array_equal

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

    def between(xy: np.ndarray) -> Walks:
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
