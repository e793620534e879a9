"""Weeks made around a plan that holds every request: the search does at least as well."""

from __future__ import annotations

import numpy as np
import pytest

from optimiser.model import VisitParams
from optimiser.model.visits import VALUE_UNITS_PER_POINT
from optimiser.routing import plan_visits
from optimiser.routing.checks.rules import check_week
from optimiser.routing.days.schedule import Task, schedule_route
from optimiser.routing.metrics import objective_units


def planted(tiny, seed):
    """Two officers' two days, each past three to five doors, windows around what happened."""

    random = np.random.default_rng(seed)
    shifts = tuple(tiny.shift(o, d, break_s=0) for o in ("HO1", "HO2") for d in (0, 1))
    visits, orders = [], []
    for k in range(len(shifts)):
        clock, place, order = 9 * 3600, 0, []
        for _ in range(int(random.integers(3, 6))):
            minutes = int(random.integers(1, 25))
            start = clock + abs(minutes - place) * 60 + 60 + int(random.integers(0, 20)) * 60
            wide, length = int(random.integers(1, 5)) * 450, int(random.integers(15, 50)) * 60
            hours = (start - wide) / 3600, (start + wide) / 3600
            ref = f"V{len(visits)}"
            window = tiny.window(k % 2, max(hours[0], 9), hours[1])
            value = int(random.integers(1, 6)) * 200_000
            visits.append(
                tiny.visit(ref, minutes, windows=(window,), service_s=length, value=value)
            )
            order.append(len(visits) - 1)
            clock, place = start + length, minutes
        orders.append(order)
    problem = tiny.week(shifts=shifts, visits=tuple(visits))
    routes = [
        schedule_route(problem, k, [Task("visit", v) for v in order])
        for k, order in enumerate(orders)
    ]
    assert all(routes), "the planted plan keeps the rules"
    return problem, objective_units(problem, routes) / VALUE_UNITS_PER_POINT


@pytest.mark.parametrize("seed", range(12))
def test_the_plan_is_worth_what_was_planted(tiny, seed):
    problem, worth = planted(tiny, seed)
    plan = plan_visits(problem, params=VisitParams(iterations=600, workers=1))
    assert check_week(problem, plan) == ()
    assert plan.planned == len(problem.visits)
    assert plan.objective >= worth - 1e-6
    assert plan.bound >= worth - 1e-6
