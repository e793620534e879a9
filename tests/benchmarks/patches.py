"""The redraw of a landlord's patches, timed by stage: one JSON line.

python tests/benchmarks/patches.py FOLDER --seconds S [--seed N]
python tests/benchmarks/patches.py --made UNITS PATCHES --seconds S [--seed N]

With `--peer spopt` or `--peer gerrychain`, each of that tool's methods is given the same
problem for the same seconds, and gets a line of its own after ours; see peers.py.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
from peers import PEERS, judge, run_peers
from stages import Stages

from optimiser import PatchPlan, PatchProblem, Workspace, allocate_patches
from optimiser.model import PatchBlock, PatchSlot
from optimiser.model.patches import COST_UNITS_PER_MINUTE


def made_problem(units: int, patches: int, *, seed: int, balance: float = 0.05) -> PatchProblem:
    """Return a town of blocks on a grid, 80 m apart, a tenth of the ways missing, no patches yet.

    Workload is uneven, as blocks are: half have less than 6 points, one in a hundred over 30.
    """
    rng = np.random.default_rng(seed)
    columns = int(np.ceil(units**0.5))
    row, column = np.divmod(np.arange(units), columns)
    work = np.rint(100 * np.minimum(40, 1 + rng.lognormal(1.6, 0.8, units))).astype(np.int64)
    at = 80.0 * np.stack([column, row], axis=1) + rng.uniform(-25, 25, (units, 2))
    side = [(i, i + 1) for i in range(units - 1) if (i + 1) % columns and rng.uniform() > 0.1]
    # Columns stay whole and so does the first row, so that the town is connected.
    side += [(i, i + 1) for i in range(columns - 1)]
    edges = sorted({*side, *((i, i + columns) for i in range(units - columns))})
    metres = np.abs(at[:, None] - at[None]).sum(axis=2)
    share = int(work.sum()) / patches
    low, high = int(np.ceil(share * (1 - balance))), int(share * (1 + balance))
    return PatchProblem(
        blocks=tuple(
            PatchBlock(block_ref=f"B{i}", homes=20, workload=int(w)) for i, w in enumerate(work)
        ),
        slots=tuple(
            PatchSlot(patch=f"P{k}", target=int(share), lower=low, upper=high)
            for k in range(patches)
        ),
        unit=np.arange(units),
        edges=np.array(edges),
        # 2 x minutes at 75 m a minute x points x 0.02 trips a point, in units of 1e-5 minutes.
        walk_cost=np.rint(work[:, None] * metres * (1000 * 2 * 0.02 / 75)).astype(np.int64),
        centre_cost=np.zeros((patches, units)),
        move_cost=np.zeros((units, patches)),
        moved_homes=np.zeros((units, patches)),
        allowed=np.ones((units, patches), dtype=bool),
        balance=balance,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--made", type=int, nargs=2, metavar=("UNITS", "PATCHES"))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peer", action="append", choices=sorted(PEERS), default=[])
    given = parser.parse_args()
    if (given.folder is None) == (given.made is None):
        parser.error("give either a folder or --made")

    stages = Stages()
    if given.made:
        with stages.stage("problem"):
            problem = made_problem(*given.made, seed=given.seed)
        plan, first_s, cpu_s = solve(problem, stages, seconds=given.seconds, seed=given.seed)
    else:
        with stages.stage("read"):
            ws = Workspace.open(given.folder)
        with stages.stage("streets"):
            _ = ws.network, ws.adjacency
        with stages.stage("matrix"):
            _ = ws.block_walks
        with stages.stage("problem"):
            problem = ws.patch_problem()
        plan, first_s, cpu_s = solve(problem, stages, seconds=given.seconds, seed=given.seed)
        with stages.stage("outputs"), tempfile.TemporaryDirectory() as out:
            ws.save(plan, Path(out) / "patches")
    instance = "made" if given.folder is None else str(given.folder)
    slot = {s.patch: k for k, s in enumerate(problem.slots)}
    judged = judge(problem, [slot[a.patch] for a in plan.assignments])
    stages.report(
        instance=instance,
        blocks=len(problem.blocks),
        patches=len(problem.slots),
        objective=plan.objective,
        bound=plan.bound,
        gap=plan.gap,
        status=plan.status.value,
        balance=judged.balance,
        pieces=judged.pieces,
        **judged.figures,
        violations=len(plan.violations),
        first_plan_s=first_s,
        cpu_s=cpu_s,
        peak_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    )
    for line in run_peers(problem, given.peer, seconds=given.seconds, seed=given.seed):
        if "objective" in line:
            line["objective"] /= COST_UNITS_PER_MINUTE
        print(json.dumps({"instance": instance, **line}), flush=True)


def solve(
    problem: PatchProblem, stages: Stages, *, seconds: float, seed: int
) -> tuple[PatchPlan, float | None, float]:
    """Return the plan, the seconds until the first valid one, and the processor's seconds."""
    told: list[float] = []
    cpu = time.process_time()
    with stages.stage("solve"):
        plan = allocate_patches(
            problem, time_limit_s=seconds, seed=seed, progress=lambda p: told.append(p.seconds)
        )
    return plan, told[0] if told else None, round(time.process_time() - cpu, 1)


if __name__ == "__main__":
    main()
