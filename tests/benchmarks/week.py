"""A landlord's week, timed by stage: one JSON line; or weeks of several sizes.

    python tests/benchmarks/week.py FOLDER --week DATE --seconds S [--seed N]
    python tests/benchmarks/week.py FOLDER --week DATE --sizes 50 100 300 1000 2800
        [--seconds S] [--seconds-per-100 S] [--plot cost.svg]

With `--sizes`, weeks of so many requests are made of the folder's own (see made_weeks.py), each
planned in a process of its own, and the lines become a Markdown table; seconds are S, or grow
with the requests. `--plot` (needs matplotlib) draws seconds by stage, memory and gap.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from stages import Stages

STAGES = "read", "streets", "problem", "solve", "outputs"


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--week", required=True)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sizes", type=int, nargs="+")
    parser.add_argument("--seconds-per-100", type=float, default=0.0)
    parser.add_argument("--plot", type=Path)
    given = parser.parse_args()
    if given.sizes is None:
        plan_week(given)
        return
    lines = [line for size in given.sizes for line in _planned(given, size)]
    print(table(lines))
    if given.plot is not None:
        plot(lines, given.plot)


def plan_week(given: argparse.Namespace) -> None:
    """Plan the folder's week and print the line."""
    from optimiser import Workspace, plan_visits

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
        officers=len(problem.officers),
        shifts=len(problem.shifts),
        rounds=len(problem.rounds),
        places=len(problem.places),
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


def _planned(given: argparse.Namespace, size: int) -> list[dict[str, Any]]:
    """Return the line of a made week; none where it could not be planned, and say so."""
    from made_weeks import made_week

    seconds = max(given.seconds, given.seconds_per_100 * size / 100)
    with tempfile.TemporaryDirectory() as temporary:
        folder = made_week(given.folder, Path(temporary) / str(size), size, seed=given.seed)
        command = [sys.executable, __file__, str(folder), "--week", given.week]
        command += ["--seconds", str(seconds), "--seed", str(given.seed)]
        told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if told.returncode:
        print(f"{size} requests: exit code {told.returncode}", file=sys.stderr)
        return []
    line = json.loads(told.stdout.splitlines()[-1]) | {"instance": f"{size} requests"}
    print(json.dumps(line), flush=True)
    return [line]


def table(lines: list[dict[str, Any]]) -> str:
    """Return the cost by size as Markdown."""
    head = ["requests", "planned", "officers", "rounds", "places", *(f"{s} s" for s in STAGES)]
    head += ["peak MiB", "objective", "bound", "gap", "violations"]
    rows = [head, ["---"] * len(head)]
    for x in lines:
        counts = [x[name] for name in ("requests", "planned", "officers", "rounds", "places")]
        took = [f"{x['stages'][s]:.1f}" for s in STAGES]
        value = [f"{x['objective']:,.0f}", f"{x['bound']:,.0f}", f"{x['gap']:.1%}"]
        rows.append([*map(str, counts), *took, str(x["peak_mib"]), *value, str(x["violations"])])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def plot(lines: list[dict[str, Any]], path: Path) -> None:
    """Draw seconds by stage, memory and gap over the requests."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.2), layout="constrained")
    seconds, memory, gap = figure.subplots(1, 3)
    lines = sorted(lines, key=lambda line: line["requests"])
    sizes = [line["requests"] for line in lines]
    for name in STAGES:
        seconds.plot(sizes, [line["stages"][name] for line in lines], "o-", label=name)
    seconds.set(title="Seconds by stage", yscale="log")
    seconds.legend(fontsize="small")
    memory.plot(sizes, [line["peak_mib"] for line in lines], "o-")
    memory.set(title="Peak memory, MiB", ylim=(0, 1.1 * max(line["peak_mib"] for line in lines)))
    gap.plot(sizes, [100 * line["gap"] for line in lines], "o-")
    gap.set(title="Gap, per cent", ylim=(0, max(1.0, 110 * max(line["gap"] for line in lines))))
    for axes in (seconds, memory, gap):
        axes.set(xlabel="requests", xscale="log", xticks=sizes, xticklabels=sizes)
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    figure.savefig(path)


if __name__ == "__main__":
    main()
