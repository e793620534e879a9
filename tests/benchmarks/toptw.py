"""Team orienteering with time windows: the core of the week's search on public instances.

    python tests/benchmarks/toptw.py FILE --officers M --seconds S [--seed N]

prints one JSON object: instance, officers, prize, bound, seconds, routes (node numbers of the
file). A node is a visit, an officer a shift of one day, the prize its value. Distances are
rounded down to one decimal, to two for pr*, as published results are.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

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


def solve(path: Path, officers: int, seconds: float, seed: int, workers: int) -> dict[str, object]:
    """Return the benchmark's line for one instance."""
    nodes, factor = read_instance(path)
    problem = to_problem(nodes, factor, officers)
    compiled = compile_problem(problem)
    begun = time.monotonic()
    bounds = all_bounds(compiled)
    left = seconds - (time.monotonic() - begun)
    prices = np.maximum(bounds.prices, 1).astype(np.int64)
    effort = Effort(left, heat=0.7, guide=0.3, removed=10.0)
    with ThreadPoolExecutor(workers) as threads:
        jobs = [
            threads.submit(anneal, compiled, None, prices, effort, seed=seed * 1_000 + k)
            for k in range(workers)
        ]
        found = max((job.result() for job in jobs), key=lambda f: f.value)
    routes = [[t.index + 1 for t in tasks] for tasks in tasks_of(compiled, found.rows)]
    prize = sum(nodes[k, 3] for route in routes for k in route)
    # A plan of prize P is worth P prizes less its walking, which is less than the horizons.
    walking = officers * problem.shifts[0].end_s
    bound = math.floor((bounds.whole * VALUE_UNITS_PER_POINT + walking) / PRIZE_UNITS + 1e-6)
    return {
        "instance": path.stem,
        "officers": officers,
        "prize": prize,
        "bound": min(float(bound), float(nodes[:, 3].sum())),
        "seconds": round(time.monotonic() - begun, 2),
        "routes": routes,
    }


def main() -> None:
    """Parse and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--officers", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    line = solve(given.file, given.officers, given.seconds, given.seed, given.workers)
    print(json.dumps(line))


if __name__ == "__main__":
    main()
