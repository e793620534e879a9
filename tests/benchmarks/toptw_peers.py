"""Other routing engines on the instances of toptw.py, for the same seconds and cores.

Each is given the rounded distances as they are, the prizes as near to its own terms as it
allows, and every core: PyVRP, which uses one, runs once a core, each from its own seed, and the
best counts. None of them knows a bound. Neither is needed by doorstep: `pip install pyvrp pyvroom`.

- PyVRP (prize-collecting): visits are optional, and it minimises distance plus prizes missed. A
  prize of 1 is worth `PRIZE` of the instance's distance: of 0.3, 1, 10, 30 and 100, this gave
  the highest prizes over 16 instances. With less it leaves visits out to walk less; with
  more the distances, which it learns from, drown.
- VROOM: visits are jobs with the prize as priority. It maximises the sum of the priorities
  first, then how many it visits, then minimises the time; this is the benchmark's own objective.
  It stops by itself, mostly long before the time is up, at its highest exploration level.
"""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

__all__ = ["PEERS", "Instance", "run_peer"]

PRIZE = 10
Routes = list[list[int]]


class Instance(NamedTuple):
    """Rows of x, y, service, prize, opening, closing; times and distances in `factor`ths."""

    nodes: np.ndarray[Any, Any]
    factor: int
    officers: int

    @property
    def walk(self) -> np.ndarray[Any, Any]:
        """Whole distances between all nodes, rounded down."""
        x, y = self.nodes[:, 0], self.nodes[:, 1]
        apart = np.hypot(x[:, None] - x, y[:, None] - y)
        return np.floor(apart * self.factor + 1e-9).astype(np.int64)

    def whole(self, column: int) -> list[int]:
        """Return a column of times in whole units."""
        return [round(t) for t in self.nodes[:, column] * self.factor]


def run_peer(
    name: str, instance: Instance, *, seconds: float, seed: int, workers: int
) -> dict[str, object]:
    """Return who, prize, seconds and routes; or `left_out`, with the reason.

    Engines run in processes of their own: one that fails is left out and nothing else.
    """
    alone = name == "pyvrp"
    runs, threads = (workers, 1) if alone else (1, workers)
    given = {"nodes": instance.nodes.tolist(), "factor": instance.factor}
    given |= {"officers": instance.officers, "seconds": seconds, "threads": threads}
    started = [
        subprocess.Popen(
            [sys.executable, __file__, name, json.dumps(given | {"seed": seed + k})],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for k in range(runs)
    ]
    told = [process.communicate() for process in started]
    if any(process.returncode for process in started):
        reason = next(err for _, err in told if err).strip().splitlines()[-1]
        return {"peer": name, "left_out": f"{reason}; pip install {PACKAGES[name]}"}
    answers = [json.loads(out.splitlines()[-1]) for out, _ in told]
    best = max(answers, key=lambda answer: answer["prize"])
    return {"peer": name, **best, "seconds": max(answer["seconds"] for answer in answers)}


def main() -> None:
    """Solve the instance given as an argument with the engine named, and print."""
    name, given = sys.argv[1], json.loads(sys.argv[2])
    instance = Instance(np.array(given["nodes"]), given["factor"], given["officers"])
    engine, rest = PEERS[name], (given["seed"], given["threads"])
    engine(instance._replace(nodes=instance.nodes[:2]), 0.1, *rest)  # Imports do not count.
    begun = time.monotonic()
    routes = engine(instance, given["seconds"], *rest)
    answer = {
        "prize": float(sum(instance.nodes[k, 3] for route in routes for k in route)),
        "seconds": round(time.monotonic() - begun, 2),
        "routes": routes,
    }
    print(json.dumps(answer))


def pyvrp(instance: Instance, seconds: float, seed: int, threads: int) -> Routes:
    """Return the routes PyVRP finds; none, where it has no feasible plan."""
    from pyvrp import Model
    from pyvrp.stop import MaxRuntime

    begun = time.monotonic()
    model = Model()
    at = [model.add_location(*row[:2]) for row in instance.nodes]
    service, opening, closing = (instance.whole(column) for column in (2, 4, 5))
    depot = model.add_depot(at[0], tw_late=closing[0])
    for k, row in enumerate(instance.nodes[1:], start=1):
        model.add_client(
            at[k],
            service_duration=service[k],
            tw_early=opening[k],
            tw_late=closing[k],
            prize=round(row[3] * PRIZE * instance.factor),
            required=False,
        )
    model.add_vehicle_type(
        instance.officers, start_depot=depot, end_depot=depot, tw_late=closing[0]
    )
    for i, row in enumerate(instance.walk.tolist()):
        for j, metres in enumerate(row):
            model.add_edge(at[i], at[j], metres, metres)
    left = max(seconds - (time.monotonic() - begun), 0.0)
    best = model.solve(MaxRuntime(left), seed=seed, display=False).best
    if not best.is_feasible():
        return []
    return [[stop.idx + 1 for stop in route if stop.is_client()] for route in best.routes()]


def vroom(instance: Instance, seconds: float, seed: int, threads: int) -> Routes:
    """Return the routes VROOM finds; it has no seed."""
    import vroom as engine

    model = engine.Input()
    model.set_durations_matrix("car", instance.walk.astype(np.uint32))
    service, opening, closing = (instance.whole(column) for column in (2, 4, 5))
    for k in range(instance.officers):
        day = engine.TimeWindow(0, closing[0])
        model.add_vehicle(engine.Vehicle(k, start=0, end=0, time_window=day))
    for k, row in enumerate(instance.nodes[1:], start=1):
        model.add_job(
            engine.Job(
                k,
                location=k,
                default_service=service[k],
                priority=min(round(row[3]), 100),
                time_windows=[engine.TimeWindow(opening[k], closing[k])],
            )
        )
    found = model.solve(5, nb_threads=threads, timeout=dt.timedelta(seconds=seconds)).routes
    routes: dict[int, list[int]] = {k: [] for k in range(instance.officers)}
    for step in found[found["type"] == "job"].itertuples():
        routes[int(step.vehicle_id)].append(int(step.id))
    return [route for route in routes.values() if route]


PEERS: dict[str, Callable[..., Routes]] = {"pyvrp": pyvrp, "vroom": vroom}
PACKAGES = {"pyvrp": "pyvrp", "vroom": "pyvroom"}

if __name__ == "__main__":
    main()
