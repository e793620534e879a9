"""One shift's best day at given prices, beside every order of every set of visits."""

from __future__ import annotations

import itertools
import math
import time

import numpy as np
import pytest

from optimiser.routing.arrays.tasks import compile_problem
from optimiser.routing.proof.bounds import columns_of
from optimiser.routing.proof.day_pricing import Pricer, scene_of
from optimiser.routing.proof.route_bound import Week
from optimiser.routing.proof.shift_days import Group, groups_of
from optimiser.routing.proof.walks import Ways

VISITS = 6


def one_group(tiny, seed: int) -> Group:
    """Return a short day among six visits, some worth far more than others."""
    random = np.random.default_rng(seed)
    visits = tuple(
        tiny.visit(
            f"V{k}",
            int(random.integers(1, 30)),
            service_s=int(random.integers(300, 1_500)),
            value=6_000 * int(random.choice([10, 30, 200])),
            windows=(tiny.window(0, 9, 10 + float(random.uniform(0, 4))),),
        )
        for k in range(VISITS)
    )
    shift = tiny.shift(busy_limit_s=int(random.integers(4_000, 9_000)))
    compiled = compile_problem(tiny.week(visits=visits, shifts=(shift,)))
    columns, worth = columns_of(compiled)
    week = Week(compiled, columns, Ways(compiled))
    gains = week.gains(worth)
    walks = week.classes(gains, step_s=60)
    return groups_of(compiled, columns, gains, walks, walks)[0]


def best_of_all(group: Group, prices: np.ndarray) -> float:
    """Return the most that a day of this group's shift is worth beyond its prices."""
    best = 0.0
    for size in range(1, VISITS + 1):
        for day in itertools.permutations(range(VISITS), size):
            worth = group.worth(group.shifts[0], day)
            if worth is not None:
                best = max(best, worth - prices[list(day)].sum())
    return best


@pytest.mark.parametrize("seed", range(30))
def test_the_best_day_is_proven_once_enough_is_remembered(tiny, seed: int) -> None:
    group = one_group(tiny, seed)
    prices = np.random.default_rng(seed).uniform(0, 20, VISITS)
    group.near[:] = np.eye(VISITS, dtype=bool)  # To begin with, a day forgets all but the last.
    scene = scene_of(group.walks, group, group.shifts[0], prices)

    priced = Pricer().prove(scene, 0.0, 0.0, math.inf)

    best = best_of_all(group, prices)
    assert priced.most == pytest.approx(best)
    found = [group.worth(group.shifts[0], day) - prices[list(day)].sum() for day in priced.days]
    assert max(found, default=0.0) == pytest.approx(best)


def test_some_days_are_proven_only_by_learning_what_to_remember(tiny) -> None:
    learnt = 0
    for seed in range(30):
        group = one_group(tiny, seed)
        group.near[:] = np.eye(VISITS, dtype=bool)
        scene = scene_of(group.walks, group, group.shifts[0], np.zeros(VISITS))
        Pricer().prove(scene, 0.0, 0.0, math.inf)
        learnt += bool(group.near.sum() > VISITS)

    assert learnt > 0


def test_without_time_the_most_is_what_walks_allow(tiny) -> None:
    group = one_group(tiny, 1)
    scene = scene_of(group.walks, group, group.shifts[0], np.zeros(VISITS))

    priced = Pricer().prove(scene, 0.0, 0.0, time.monotonic())

    assert priced.most == scene.most
    assert priced.days == []
