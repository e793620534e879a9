"""Patches on public districting instances: one JSON object a line.

python tests/benchmarks/districting.py FILE.json ... --seconds S [--patches K --tolerance T]
    [--made UNITS PATCHES SEED] [--peer spopt] [--peer gerrychain]

Instances of US counties carry `weight`, `distance_km`, `patches`, `lower`, `upper` and
`edges`; the cost of unit i in the patch centred on j is weight[i] * distance_km[i][j]^2
/ 1e6. Instances of MSOAs carry `weight`, `easting_northing_m` and `edges`; the cost is
weight[i] * squared distance in km2, the limits are total / patches x (1 -+ tolerance).
A folder stands for all its instances. K and T replace what a file says; where several
are given, they are for those that say nothing. Made instances are like the counties.

Each peer is given the same instance for the same seconds, and gets a line of its own
after ours; see peers.py. `table.py` makes a table of the lines.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from made_counties import made_counties
from peers import PEERS, judge, run_peers

from optimiser import Infeasible, NoSolutionInTime, allocate_patches
from optimiser.model import PatchBlock, PatchParams, PatchProblem, PatchSlot
from optimiser.model.patches import COST_UNITS_PER_MINUTE


@dataclass(frozen=True)
class Case:
    """An instance as a problem; `scale` cost units are 1 of the instance's own."""

    name: str
    cost: np.ndarray[Any, Any]
    problem: PatchProblem
    scale: float


def main() -> None:
    """Read the command line, solve each instance and print."""
    options = _options()
    for case in _cases(options):
        print(json.dumps(_ours(case, options)), flush=True)
        for line in run_peers(
            case.problem, options.peer, seconds=options.seconds, seed=options.seed
        ):
            if "objective" in line:
                line["objective"] /= case.scale
            print(json.dumps({"instance": case.name, **line}), flush=True)


def _ours(case: Case, options: argparse.Namespace) -> dict[str, Any]:
    began, cpu = time.monotonic(), time.process_time()
    answer: dict[str, Any] = {"instance": case.name, "patches": len(case.problem.slots)}
    try:
        plan = allocate_patches(
            case.problem,
            time_limit_s=options.seconds,
            seed=options.seed,
            params=PatchParams(workers=options.workers),
        )
    except Infeasible as error:
        answer |= {"status": "infeasible", "cause": str(error)}
    except NoSolutionInTime as error:
        answer |= {"status": "no solution in time", "cause": str(error)}
    else:
        centre = {s.patch: int(s.centre_block) for s in plan.patches}
        assignment = [centre[a.patch] for a in plan.assignments]
        slot = {s.patch: k for k, s in enumerate(case.problem.slots)}
        judged = judge(case.problem, [slot[a.patch] for a in plan.assignments])
        answer |= {
            "objective": float(case.cost[np.arange(len(assignment)), assignment].sum()),
            "bound": plan.bound * COST_UNITS_PER_MINUTE / case.scale,
            "gap": plan.gap,
            "status": plan.status.value,
            "balance": judged.balance,
            "pieces": judged.pieces,
            "assignment": assignment,
            "violations": [v.message for v in plan.violations],
        }
    answer["seconds"] = round(time.monotonic() - began, 2)
    answer["cpu_s"] = round(time.process_time() - cpu, 2)
    return answer


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Solve districting instances.")
    parser.add_argument("file", type=Path, nargs="*")
    parser.add_argument(
        "--made",
        type=int,
        nargs=3,
        action="append",
        default=[],
        metavar=("UNITS", "PATCHES", "SEED"),
    )
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--patches", type=int)
    parser.add_argument("--tolerance", type=float)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--peer", action="append", choices=sorted(PEERS), default=[])
    options = parser.parse_args()
    if not options.file and not options.made:
        parser.error("give an instance, a folder of them, or --made")
    return options


def _cases(options: argparse.Namespace) -> Iterator[Case]:
    files = [
        path
        for given in options.file
        for path in (sorted(given.glob("*.json")) if given.is_dir() else [given])
    ]
    found = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    for data in [*found, *(made_counties(*given) for given in options.made)]:
        own = len(files) + len(options.made) > 1 and "lower" in data
        patches = None if own else options.patches
        yield _case(data, patches, None if own else options.tolerance)


def _case(data: dict[str, Any], patches: int | None, tolerance: float | None) -> Case:
    weight = np.array(data["weight"])
    if "distance_km" in data:
        cost = weight[:, None] * np.array(data["distance_km"]) ** 2 / 1e6
    else:
        xy = np.array(data["easting_northing_m"]) / 1000
        cost = weight[:, None] * ((xy[:, None] - xy[None]) ** 2).sum(axis=2)
    patches = patches or data.get("patches")
    if patches is None:
        raise SystemExit(f"{data['name']} needs --patches")
    lower, upper = data.get("lower"), data.get("upper")
    share = weight.sum() / patches
    if tolerance is not None or lower is None or upper is None:
        lower = math.ceil(share * (1 - (tolerance or 0.05)))
        upper = math.floor(share * (1 + (tolerance or 0.05)))
    # Whole cost units, fine enough for the largest instance and small enough for 64 bits.
    scale = 10.0 ** min(5, 14 - math.ceil(math.log10(max(1.0, float(cost.sum(axis=0).max())))))
    n = len(weight)
    problem = PatchProblem(
        blocks=tuple(
            PatchBlock(block_ref=str(i), homes=0, workload=w, easting=e, northing=s)
            for i, (w, (e, s)) in enumerate(zip(data["weight"], _places(data), strict=True))
        ),
        slots=tuple(
            PatchSlot(patch=f"P{k + 1:02d}", target=int(share), lower=lower, upper=upper)
            for k in range(patches)
        ),
        unit=np.arange(n),
        edges=np.sort(np.array(data["edges"]), axis=1),
        walk_cost=np.rint(cost * scale),
        centre_cost=np.zeros((patches, n)),
        move_cost=np.zeros((n, patches)),
        moved_homes=np.zeros((n, patches)),
        allowed=np.ones((n, patches), dtype=bool),
        balance=upper / share - 1,
    )
    return Case(data["name"], cost, problem, scale)


def _places(data: dict[str, Any]) -> list[list[float]]:
    """Return metres east and north, for peers that want coordinates."""
    if "lon_lat" not in data:
        return list(data["easting_northing_m"])
    lon, lat = np.array(data["lon_lat"]).T
    metres = 6_371_000 * np.radians([lon * np.cos(np.radians(lat.mean())), lat])
    return metres.T.tolist()


if __name__ == "__main__":
    main()
