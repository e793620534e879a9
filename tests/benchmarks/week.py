"""A landlord's week, timed by stage: one JSON line.

python tests/benchmarks/week.py FOLDER --week DATE --seconds S [--seed N]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from stages import Stages

from optimiser import Workspace, plan_visits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--week", required=True)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()

    stages = Stages()
    with stages.stage("read"):
        ws = Workspace.open(given.folder)
    with stages.stage("streets"):
        _ = ws.network
    with stages.stage("problem"):
        problem = ws.visit_problem(given.week)
    with stages.stage("solve"):
        plan = plan_visits(problem, time_limit_s=given.seconds, seed=given.seed)
    with stages.stage("outputs"), tempfile.TemporaryDirectory() as out:
        ws.save(plan, Path(out) / "week")
    stages.report(
        instance=str(given.folder),
        shifts=len(problem.shifts),
        rounds=len(problem.rounds),
        objective=plan.objective,
        bound=plan.bound,
        gap=plan.gap,
        status=plan.status.value,
        tiers=[tier.model_dump() for tier in plan.tiers],
        requests=plan.requests,
        planned=plan.planned,
        late=plan.late,
        unplanned=plan.unplanned_counts(),
        doors=plan.doors,
        conversations=plan.conversations,
        walk_hours=plan.walk_hours,
        own_officer=plan.own_officer,
        violations=len(plan.violations),
    )


if __name__ == "__main__":
    main()
