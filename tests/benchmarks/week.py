"""A landlord's week, timed by stage: one JSON line; or weeks of several sizes.

    python tests/benchmarks/week.py FOLDER --week DATE --seconds S [--seed N]
    python tests/benchmarks/week.py FOLDER --week DATE --sizes 50 100 300 1000 2800
        [--seconds S] [--seconds-per-100 S] [--patience S] [--lines FILE] [--plot cost.svg]

With `--sizes`, weeks of so many requests are made of the folder's own (see made_weeks.py), each
planned in a process of its own, and the lines become a Markdown table; seconds are S, or grow
with the requests. A week that fails, or takes longer than its seconds and `--patience`, is
named and passed over. `--lines` keeps each line as soon as it is known, and what is in the
file is not planned again. `--plot` (needs matplotlib) draws seconds by stage, memory and
gap, anew after each size. The stage `compile` is what a machine's first run takes alone.
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

STAGES = "read", "streets", "problem", "compile", "solve", "outputs"


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--week", required=True)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sizes", type=int, nargs="+")
    parser.add_argument("--seconds-per-100", type=float, default=0.0)
    parser.add_argument("--patience", type=float, default=600.0)
    parser.add_argument("--lines", type=Path)
    parser.add_argument("--plot", type=Path)
    given = parser.parse_args()
    if given.sizes is None:
        plan_week(given)
        return
    lines = _kept(given.lines)
    left = [size for size in given.sizes if _instance(given, size) not in lines]
    minutes = sum(_seconds(given, size) + given.patience for size in left) / 60
    print(f"{len(left)} weeks to plan, at most {minutes:.0f} minutes", file=sys.stderr)
    for size in left:
        line = _planned(given, size)
        if line is None:
            continue
        lines[line["instance"]] = line
        if given.lines is not None:
            with given.lines.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        if given.plot is not None:
            plot(list(lines.values()), given.plot)
    if lines and given.plot is not None:
        plot(list(lines.values()), given.plot)
    print(table(sorted(lines.values(), key=lambda line: line["requests"])))


def plan_week(given: argparse.Namespace) -> None:
    """Plan the folder's week and print the line."""
    from optimiser import Workspace, plan_visits
    from optimiser.routing.arrays.compile_ahead import compiled_ahead

    stages = Stages()
    with stages.stage("read"):
        ws = Workspace.open(given.folder)
    with stages.stage("streets"):
        _ = ws.network
    with stages.stage("problem"):
        problem = ws.visit_problem(given.week)
    with stages.stage("compile"), compiled_ahead() as compiled:
        compiled()
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


def _kept(path: Path | None) -> dict[str, dict[str, Any]]:
    """Return the lines that an earlier run left, by instance."""
    if path is None or not path.exists():
        return {}
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {line["instance"]: line for line in lines}


def _seconds(given: argparse.Namespace, size: int) -> float:
    return float(max(given.seconds, given.seconds_per_100 * size / 100))


def _instance(given: argparse.Namespace, size: int) -> str:
    return f"{size} requests, {_seconds(given, size):g} s, seed {given.seed}"


def _planned(given: argparse.Namespace, size: int) -> dict[str, Any] | None:
    """Return the line of a made week; where it could not be planned say so, and return None."""
    from made_weeks import made_week

    seconds = _seconds(given, size)
    with tempfile.TemporaryDirectory() as temporary:
        folder = made_week(given.folder, Path(temporary) / str(size), size, seed=given.seed)
        command = [sys.executable, __file__, str(folder), "--week", given.week]
        command += ["--seconds", str(seconds), "--seed", str(given.seed)]
        limit = seconds + given.patience
        try:
            told = subprocess.run(
                command, stdout=subprocess.PIPE, text=True, check=True, timeout=limit
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            print(f"{size} requests: {error}", file=sys.stderr, flush=True)
            return None
    line: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    line["instance"] = _instance(given, size)
    print(json.dumps(line), flush=True)
    return line


def table(lines: list[dict[str, Any]]) -> str:
    """Return the cost by size as Markdown."""
    head = ["requests", "planned", "officers", "rounds", "places", *(f"{s} s" for s in STAGES)]
    head += ["all s", "peak MiB", "objective", "bound", "gap", "violations"]
    rows = [head, ["---"] * len(head)]
    for x in lines:
        counts = [x[name] for name in ("requests", "planned", "officers", "rounds", "places")]
        took = [f"{x['stages'][s]:.1f}" for s in STAGES] + [f"{sum(x['stages'].values()):.1f}"]
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
        spent = [line["stages"][name] for line in lines]
        if any(spent):
            seconds.plot(sizes, spent, "o-", label=name)
    seconds.set(title="Seconds by stage", yscale="log")
    figure.legend(loc="outside lower left", ncols=len(STAGES), fontsize="small")
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
