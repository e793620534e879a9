"""Team orienteering with time windows: the core of the week's search on public instances.

    python tests/benchmarks/toptw.py FILE --officers M --seconds S [--seed N] [--workers N]
        [--peer pyvrp] [--peer vroom]

prints one JSON object: instance, officers, prize, bound, gap, proven, seconds, routes (node numbers
of the file); and one more for each peer, which has the same seconds and cores: see
toptw_peers.py. A node is a visit, an officer a shift of one day, the prize its value.
Distances are rounded down to one decimal, to two for pr*, as published results are. Where
best_known.csv (instance,m,bks) is beside the file, best_known and below_best (a share of it)
are told too. Compiling and the start of processes do not count as seconds.
toptw_all.py solves all instances, toptw_table.py makes the table and check_toptw.py checks.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import math
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from toptw_peers import PEERS, Instance, run_peer

from optimiser.model import Door, Place, Shift, TimeWindow, Visit, VisitOfficer, VisitProblem
from optimiser.model.visits import VALUE_UNITS_PER_POINT
from optimiser.routing.annealing import Effort, anneal
from optimiser.routing.bounds import all_bounds
from optimiser.routing.tasks import compile_problem
from optimiser.routing.timetable import tasks_of

DAY = dt.date(2026, 11, 30)
PRIZE_UNITS = 100_000
"""Units of a prize of 1: more than all walking together, which only breaks ties."""


def read_instance(path: Path) -> tuple[np.ndarray, int]:
    """Return rows of x, y, service, prize, opening, closing, and the distances' factor."""
    rows = [line.split() for line in path.read_text().splitlines()[2:] if line.strip()]
    table = [[*map(float, r[1:5]), float(r[-2]), float(r[-1])] for r in rows]
    return np.array(table), 100 if path.stem.startswith("pr") else 10


def to_problem(nodes: np.ndarray, factor: int, officers: int) -> VisitProblem:
    """Return the instance as a week of one day; places are the nodes."""
    apart = np.hypot(*(nodes[:, None, k] - nodes[None, :, k] for k in (0, 1)))
    walk = np.floor(apart * factor + 1e-9).astype(np.int32)
    horizon = round(nodes[0, 5] * factor)
    shift = {"date": DAY, "start_s": 0, "end_s": horizon, "busy_limit_s": horizon}
    people = [f"T{k + 1}" for k in range(officers)]
    visits = [
        Visit(
            visit_ref=str(k),
            visit_type="node",
            property_ref=str(k),
            block_ref=str(k),
            door=Door(place=k),
            service_s=max(1, round(row[2] * factor)),
            interpreter_service_s=max(1, round(row[2] * factor)),
            windows=(
                TimeWindow(
                    date=DAY, earliest_s=round(row[4] * factor), latest_s=round(row[5] * factor)
                ),
            ),
            value=round(row[3] * PRIZE_UNITS),
            late_value=0,
        )
        for k, row in enumerate(nodes)
        if k > 0
    ]
    return VisitProblem(
        week=DAY,
        places=tuple(Place(name=str(k), easting=r[0], northing=r[1]) for k, r in enumerate(nodes)),
        walk_s=walk,
        walk_m=walk,
        officers=tuple(VisitOfficer(officer_ref=ref) for ref in people),
        shifts=tuple(Shift(officer_ref=p, start_place=0, end_place=0, **shift) for p in people),
        visits=tuple(visits),
        walk_value=1,
    )


def solve(path: Path, officers: int, given: argparse.Namespace) -> dict[str, object]:
    """Return our line for one instance."""
    nodes, factor = read_instance(path)
    begun, cpu = time.monotonic(), time.process_time()
    problem = to_problem(nodes, factor, officers)
    compiled = compile_problem(problem)
    bounds = all_bounds(compiled)
    left = given.seconds - (time.monotonic() - begun)
    prices = np.maximum(bounds.prices, 1).astype(np.int64)
    effort = Effort(left, heat=0.7, guide=0.3, removed=10.0)
    with ThreadPoolExecutor(given.workers) as threads:
        jobs = [
            threads.submit(anneal, compiled, None, prices, effort, seed=given.seed * 1_000 + k)
            for k in range(given.workers)
        ]
        found = max((job.result() for job in jobs), key=lambda f: f.value)
    routes = [[t.index + 1 for t in tasks] for tasks in tasks_of(compiled, found.rows)]
    # A plan of prize P is worth P prizes less its walking, which is less than the horizons.
    walking = officers * problem.shifts[0].end_s
    whole = math.floor((bounds.whole * VALUE_UNITS_PER_POINT + walking) / PRIZE_UNITS + 1e-6)
    bound = min(float(whole), float(nodes[:, 3].sum()))
    prize = float(sum(nodes[k, 3] for route in routes for k in route))
    return {
        "instance": path.stem,
        "officers": officers,
        "prize": prize,
        "bound": bound,
        "gap": round((bound - prize) / bound, 6) if bound else 0.0,
        "proven": prize >= bound,
        "seconds": round(time.monotonic() - begun, 2),
        "cpu_s": round(time.process_time() - cpu, 2),
        "routes": routes,
    }


def lines_of(
    path: Path, officers: int, given: argparse.Namespace, best: float | None
) -> Iterator[dict[str, object]]:
    """Yield our line and those of the peers, one after the other."""
    yield _beside(solve(path, officers, given), best)
    instance = Instance(*read_instance(path), officers)
    for peer in given.peer:
        told = run_peer(
            peer, instance, seconds=given.seconds, seed=given.seed, workers=given.workers
        )
        yield _beside({"instance": path.stem, "officers": officers, **told}, best)


def _beside(line: dict[str, object], best: float | None) -> dict[str, object]:
    if best is None or "prize" not in line:
        return line
    prize = float(str(line["prize"]))
    return {"best_known": best, "below_best": round(1 - prize / best, 6), **line}


def best_known(folder: Path) -> dict[tuple[str, int], float]:
    """Return the best prizes known of instances and officers, if the folder has them."""
    path = folder / "best_known.csv"
    if not path.exists():
        return {}
    with path.open(encoding="utf-8") as file:
        return {(r["instance"], int(r["m"])): float(r["bks"]) for r in csv.DictReader(file)}


def warm_up(given: argparse.Namespace) -> None:
    """Compile everything, or load what is compiled, on a made instance."""
    rng = np.random.default_rng(1)
    rows = [
        f"{k} {x:.2f} {y:.2f} 1 {k % 5} 0 0 0 99" for k, (x, y) in enumerate(rng.random((9, 2)))
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "warm.txt"
        path.write_text("\n\n" + "\n".join(rows))
        solve(path, 1, argparse.Namespace(**{**vars(given), "seconds": 0.5}))


def options(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Add what a run of one instance and of all have in common, and parse."""
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, help="cores of each engine")
    parser.add_argument("--peer", action="append", choices=sorted(PEERS), default=[])
    return parser.parse_args()


def main() -> None:
    """Parse, solve and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--officers", type=int, required=True)
    given = options(parser)
    warm_up(given)
    best = best_known(given.file.parent).get((given.file.stem, given.officers))
    for line in lines_of(given.file, given.officers, given, best):
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
