"""Sound plans spoilt one field at a time: no change goes unnoticed, whatever it is.

Plans of random weeks; of each, every field of the plan, of a route, of a place and of a stop
is changed in turn. What may change without being wrong is listed with its reason.
"""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any

import pytest
from week_brute_force import small_week

from optimiser.model import Place, Stop, VisitParams, VisitPlan, VisitRules
from optimiser.routing import plan_visits
from optimiser.routing.checks.rules import check_week

FREE = {
    "seed": "how the plan was found",
    "version": "how many plans of the week were before",
    "seconds": "how long that took",
    "notes": "words",
    "replanned_at": "when a plan was mended",
    "away": "who is absent, for the next mending",
    "changes": "words",
    "violations": "what the checker itself says",
}
SEEDS = (2, 5, 9, 14)


@pytest.fixture(scope="module", params=SEEDS)
def week(tiny, request):
    problem = small_week(tiny, request.param)
    plan = plan_visits(problem, params=VisitParams(iterations=100, workers=1))
    assert check_week(problem, plan) == ()
    return problem, plan


def others(value: Any) -> list[Any]:
    """Values of the same kind that are not this one."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, enum.Enum):
        return [other for other in type(value) if other is not value]
    if isinstance(value, int):
        return [value + 1, value - 1]
    if isinstance(value, float):
        return [value + 0.01, value - 0.01, float("nan")]
    if isinstance(value, str):
        return [f"{value}?"]
    if isinstance(value, dt.date):
        return [value + dt.timedelta(days=7)]
    if isinstance(value, Place):
        return [value.model_copy(update={"easting": value.easting + 1})]
    if isinstance(value, VisitRules):
        return [VisitRules(slack=0.3)]
    if isinstance(value, tuple):
        return [(*value, value[-1]), value[:-1]] if value else [("extra",)]
    assert value is None, f"nothing else to try for {value!r}"
    return ["extra"]


def unnoticed(problem, plan: VisitPlan, spoil) -> list[str]:
    """The changes that leave no violation; `spoil` yields (name, spoilt plan)."""
    return [name for name, spoilt in spoil(plan) if not check_week(problem, spoilt)]


def of_the_plan(plan: VisitPlan):
    for name in type(plan).model_fields:
        if name in FREE or (name == "status" and plan.gap == 0):
            continue
        for value in others(getattr(plan, name)):
            if name == "bound" and value > plan.bound:
                continue  # with its gap it would be a bound as well; alone the gap is wrong
            yield f"plan.{name} = {value!r}", plan.model_copy(update={name: value})


def of_tiers(plan: VisitPlan):
    for k, tier in enumerate(plan.tiers):
        for value in (tier.value + 0.01, tier.value - 0.01):
            tiers = list(plan.tiers)
            tiers[k] = tier.model_copy(update={"value": value})
            yield f"tier {tier.name} = {value}", plan.model_copy(update={"tiers": tuple(tiers)})
        low = list(plan.tiers)
        low[k] = tier.model_copy(update={"bound": tier.value - 1})
        yield f"tier {tier.name} above", plan.model_copy(update={"tiers": tuple(low)})


def of_routes(plan: VisitPlan):
    for k, route in enumerate(plan.routes):
        for name in type(route).model_fields:
            for value in others(getattr(route, name)):
                if name == "start_s" and value < route.start_s:
                    continue  # to leave earlier and wait is no fault, nor to be home later
                if name == "end_s" and value > route.end_s:
                    continue
                routes = list(plan.routes)
                routes[k] = route.model_copy(update={name: value})
                yield (
                    f"{route.officer_ref}.{name} = {value!r}",
                    plan.model_copy(update={"routes": tuple(routes)}),
                )


def of_stops(plan: VisitPlan):
    for k, route in enumerate(plan.routes):
        for i, stop in enumerate(route.stops):
            for name in Stop.model_fields:
                for value in others(getattr(stop, name)):
                    if name == "kind" or harmless(stop, name, value):
                        continue
                    stops = list(route.stops)
                    stops[i] = stop.model_copy(update={name: value})
                    routes = list(plan.routes)
                    routes[k] = route.model_copy(update={"stops": tuple(stops)})
                    what = stop.visit_ref or stop.round_ref or stop.kind
                    yield (
                        f"{what}.{name} = {value!r}",
                        plan.model_copy(update={"routes": tuple(routes)}),
                    )


def harmless(stop: Stop, name: str, value: Any) -> bool:
    """Whether it only says that one arrives later, and there is time to."""
    return name == "arrive_s" and value > stop.arrive_s and value + stop.access_s <= stop.start_s


@pytest.mark.parametrize("spoil", [of_the_plan, of_tiers, of_routes, of_stops])
def test_no_change_of_a_field_goes_unnoticed(week, spoil):
    problem, plan = week
    assert sum(1 for _ in spoil(plan)) > 5
    assert unnoticed(problem, plan, spoil) == []


def test_a_request_listed_wrongly_is_noticed(week):
    problem, plan = week
    for k, item in enumerate(plan.unplanned):
        for name in ("visit_ref", "reason", "remedy"):
            left = list(plan.unplanned)
            left[k] = item.model_copy(update={name: " "})
            assert check_week(problem, plan.model_copy(update={"unplanned": tuple(left)}))


def test_two_stops_in_another_order_are_noticed(week):
    problem, plan = week
    for k, route in enumerate(plan.routes):
        for i in range(len(route.stops) - 1):
            stops = list(route.stops)
            stops[i], stops[i + 1] = stops[i + 1], stops[i]
            routes = list(plan.routes)
            routes[k] = route.model_copy(update={"stops": tuple(stops)})
            assert check_week(problem, plan.model_copy(update={"routes": tuple(routes)}))
