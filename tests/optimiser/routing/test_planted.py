"""Random weeks built around a plan that exists: all rules at once, nothing violated."""

import datetime as dt

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimiser.model import Session, TimeWindow, VisitOfficer, VisitParams
from optimiser.routing import plan_visits
from optimiser.routing.checks.rules import check_week

SKILLS = ("damp", "gas")
LANGUAGES = ("Somali", "Bengali")


def planted_week(tiny, seed, officers, days):
    """Walk each officer through a day of visits and draw each visit's rules around what happened.

    The planted plan holds every visit, so that a plan of less than every value may be poor
    but a week that cannot be planned at all is a fault.
    """
    random = np.random.default_rng(seed)
    people = [
        VisitOfficer(
            officer_ref=f"HO{k}",
            skills=frozenset(random.choice(SKILLS, 1)),
            languages=frozenset(random.choice(LANGUAGES, 1)),
        )
        for k in range(officers)
    ]
    shifts, visits, rounds = [], [], []
    for day in range(days):
        for k, person in enumerate(people):
            sessions = ()
            place, clock = 0, 9 * 3600
            if random.random() < 0.2:
                at = clock + int(random.integers(1, 20)) * 60 + 1800
                sessions = (Session(kind="surgery", place=20, start_s=at, end_s=at + 3600),)
                place, clock = 20, at + 3600
            shifts.append(tiny.shift(f"HO{k}", day, sessions=sessions))
            for _ in range(int(random.integers(1, 4))):
                minutes = int(random.integers(1, 30))
                floor = int(random.integers(0, 5))
                start = clock + abs(minutes - place) * 60 + 60 + 25 * floor + 60
                visits.append(
                    around(tiny, random, f"V{len(visits)}", minutes, floor, day, start, person)
                )
                clock, place = start + visits[-1].interpreter_service_s + 25 * floor, minutes
            if random.random() < 0.5:
                rounds.append(tiny.round(f"R{len(rounds)}", place, day, officers=(f"HO{k}",)))
    return tiny.week(
        officers=tuple(people), shifts=tuple(shifts), visits=tuple(visits), rounds=tuple(rounds)
    )


def around(tiny, random, ref, minutes, floor, day, start, person):
    """A visit that `person` can start at `start` on `day`."""
    wide = int(random.integers(0, 5)) * 1800
    windows = [
        TimeWindow(date=tiny.day(day), earliest_s=max(0, start - wide), latest_s=start + wide)
    ]
    if random.random() < 0.5:
        windows.append(tiny.window(int(random.integers(0, 5)), 9, 12))
    service = int(random.integers(10, 40)) * 60
    changes = {}
    if random.random() < 0.3:
        changes["skill"] = next(iter(person.skills))
    if random.random() < 0.3:
        changes["language"] = str(random.choice(LANGUAGES))
    if random.random() < 0.3:
        changes["due_at"] = dt.datetime.combine(tiny.day(int(random.integers(0, 5))), dt.time(12))
    if random.random() < 0.3:
        changes["own_officer"], changes["own_officer_value"] = person.officer_ref, 30_000
    if random.random() < 0.2:
        changes["two_officers"] = True
    return tiny.visit(
        ref,
        minutes,
        door=tiny.door(minutes, floor=floor, lift=bool(minutes % 2)),
        windows=tuple(windows),
        service_s=service,
        interpreter_service_s=int(service * 1.5),
        **changes,
    )


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(seed=st.integers(0, 10_000), officers=st.integers(1, 4), days=st.integers(1, 3))
def test_planted_weeks_are_planned_without_violation(tiny, seed, officers, days):
    problem = planted_week(tiny, seed, officers, days)
    plan = plan_visits(problem, params=VisitParams(iterations=60, workers=1))
    assert check_week(problem, plan) == ()
    assert plan.objective <= plan.bound
    singles = sum(not v.two_officers for v in problem.visits)
    assert plan.planned >= 0.5 * singles
    for tier in plan.tiers:
        assert tier.bound is None or tier.value <= tier.bound + 1e-9
