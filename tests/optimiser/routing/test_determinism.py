"""The same seed and number of iterations give the same plan, in this process and the next."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from week_brute_force import small_week

from optimiser.model import VisitParams
from optimiser.routing import plan_visits

HERE = Path(__file__).parent
SEEDS = (3, 8, 11)

SCRIPT = """
import sys
sys.path[:0] = sys.argv[1:3]
from conftest import Tiny
from test_determinism import digests
print(*digests(Tiny()))
"""


def digests(tiny, workers=1):
    """What the plans say, the seconds they took left out."""
    found = []
    for seed in SEEDS:
        params = VisitParams(iterations=200, workers=workers)
        plan = plan_visits(small_week(tiny, seed), seed=seed, params=params)
        text = plan.model_copy(update={"seconds": 0.0}).model_dump_json()
        found.append(hashlib.sha256(text.encode()).hexdigest())
    return found


@pytest.mark.parametrize("workers", [1, 2])
def test_two_runs_give_the_same_plans(tiny, workers):
    assert digests(tiny, workers) == digests(tiny, workers)


def test_two_processes_give_the_same_plans(tiny):
    """Strings hash otherwise in every process: nothing may depend on the order of a set."""
    support = HERE.parents[1] / "support"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(HERE), str(support)],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for hash_seed in ("1", "2")
    ]
    outputs = [process.communicate()[0].split() for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert len(outputs[0]) == len(SEEDS)
    assert outputs[0] == outputs[1]


def test_another_seed_may_give_another_plan(tiny):
    """Else the tests above would show nothing."""
    visits = tuple(tiny.visit(f"V{k}", 1 + k, value=60_000 + 6_000 * (k % 7)) for k in range(50))
    week = tiny.week(shifts=(tiny.shift("HO1"), tiny.shift("HO2")), visits=visits)
    plans = {
        plan_visits(week, seed=seed, params=VisitParams(iterations=60, workers=1)).routes
        for seed in range(4)
    }
    assert len(plans) > 1
