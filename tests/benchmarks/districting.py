"""Patches on a public districting instance: one JSON object on standard output.

python tests/benchmarks/districting.py FILE.json --seconds S [--patches K --tolerance T]

Instances of US counties carry `weight`, `distance_km`, `patches`, `lower`, `upper` and
`edges`; the cost of unit i in the patch centred on j is weight[i] * distance_km[i][j]^2
/ 1e6. Instances of MSOAs carry `weight`, `easting_northing_m` and `edges`; the cost is
weight[i] * squared distance in km2, the limits are total / patches x (1 -+ tolerance).
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np

from optimiser import Infeasible, NoSolutionInTime, allocate_patches
from optimiser.model import PatchBlock, PatchParams, PatchProblem, PatchSlot
from optimiser.model.patches import COST_UNITS_PER_MINUTE


def main() -> None:
    """Read the command line, solve and print."""
    options = _options()
    data = json.loads(options.file.read_text(encoding="utf-8"))
    cost, patches, lower, upper = _costs_and_limits(data, options.patches, options.tolerance)
    # Whole cost units, fine enough for the largest instance and small enough for 64 bits.
    scale = 10.0 ** min(5, 14 - math.ceil(math.log10(max(1.0, float(cost.sum(axis=0).max())))))
    problem = _problem(data, cost * scale, patches, lower, upper)
    began = time.monotonic()
    answer: dict[str, Any] = {"instance": data["name"], "patches": patches}
    try:
        plan = allocate_patches(
            problem,
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
        unit = COST_UNITS_PER_MINUTE / scale
        answer |= {
            "objective": float(cost[np.arange(len(assignment)), assignment].sum()),
            "bound": plan.bound * unit,
            "gap": plan.gap,
            "status": plan.status.value,
            "assignment": assignment,
            "violations": [v.message for v in plan.violations],
        }
    answer["seconds"] = round(time.monotonic() - began, 2)
    print(json.dumps(answer))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Solve one districting instance.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--patches", type=int)
    parser.add_argument("--tolerance", type=float)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args()


def _costs_and_limits(
    data: dict[str, Any], patches: int | None, tolerance: float | None
) -> tuple[np.ndarray[Any, Any], int, int, int]:
    """Return (n, n) costs, the number of patches and their limits."""
    weight = np.array(data["weight"])
    if "distance_km" in data:
        cost = weight[:, None] * np.array(data["distance_km"]) ** 2 / 1e6
    else:
        xy = np.array(data["easting_northing_m"]) / 1000
        cost = weight[:, None] * ((xy[:, None] - xy[None]) ** 2).sum(axis=2)
    patches = patches or data.get("patches")
    if patches is None:
        raise SystemExit("this instance needs --patches")
    lower, upper = data.get("lower"), data.get("upper")
    if tolerance is not None or lower is None or upper is None:
        share = weight.sum() / patches
        lower = math.ceil(share * (1 - (tolerance or 0.05)))
        upper = math.floor(share * (1 + (tolerance or 0.05)))
    return cost, patches, lower, upper


def _problem(
    data: dict[str, Any], cost: np.ndarray[Any, Any], patches: int, lower: int, upper: int
) -> PatchProblem:
    weight = data["weight"]
    n, target = len(weight), sum(weight) // patches
    return PatchProblem(
        blocks=tuple(
            PatchBlock(block_ref=str(i), homes=0, workload=w) for i, w in enumerate(weight)
        ),
        slots=tuple(
            PatchSlot(patch=f"P{k + 1:02d}", target=target, lower=lower, upper=upper)
            for k in range(patches)
        ),
        unit=np.arange(n),
        edges=np.sort(np.array(data["edges"]), axis=1),
        walk_cost=np.rint(cost),
        centre_cost=np.zeros((patches, n)),
        move_cost=np.zeros((n, patches)),
        moved_homes=np.zeros((n, patches)),
        allowed=np.ones((n, patches), dtype=bool),
    )


if __name__ == "__main__":
    main()
