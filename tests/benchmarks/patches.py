"""The redraw of a landlord's patches, timed by stage: one JSON line.

python tests/benchmarks/patches.py FOLDER --seconds S [--seed N]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from stages import Stages

from optimiser import Workspace, allocate_patches


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()

    stages = Stages()
    with stages.stage("read"):
        ws = Workspace.open(given.folder)
    with stages.stage("streets"):
        _ = ws.network, ws.adjacency
    with stages.stage("matrix"):
        _ = ws.block_walks
    with stages.stage("problem"):
        problem = ws.patch_problem()
    with stages.stage("solve"):
        plan = allocate_patches(problem, time_limit_s=given.seconds, seed=given.seed)
    with stages.stage("outputs"), tempfile.TemporaryDirectory() as out:
        ws.save(plan, Path(out) / "patches")
    stages.report(
        instance=str(given.folder),
        blocks=len(problem.blocks),
        patches=len(problem.slots),
        objective=plan.objective,
        bound=plan.bound,
        gap=plan.gap,
        status=plan.status.value,
        walk_minutes=plan.walk_minutes,
        homes_moved=plan.homes_moved,
        violations=len(plan.violations),
    )


if __name__ == "__main__":
    main()
