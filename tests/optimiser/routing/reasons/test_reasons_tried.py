"""Each class of reason, and each remedy, against what independent means find on drawn weeks."""

import itertools

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimiser.model import Session, UnplannedClass, VisitOfficer
from optimiser.routing.checks.rules import check_week
from optimiser.routing.days.fits import days_of, key_of
from optimiser.routing.days.insertion import apply_fit, best_fit
from optimiser.routing.days.schedule import Task, Timer, schedule_route
from optimiser.routing.metrics import build_plan, objective_units
from optimiser.routing.reasons.crowding import Rooms, worth_of
from optimiser.routing.reasons.explain import explain_unplanned
from optimiser.routing.reasons.making_way import make_way, movable
from optimiser.routing.reasons.remedies import Slack, best_remedies

STEP_S = 60


def drawn_week(tiny, seed):
    """Two officers, two days, eight requests with every rule; all in whole minutes."""
    random = np.random.default_rng(seed)
    people = tuple(
        VisitOfficer(officer_ref=f"HO{k}", skills=frozenset(random.choice(["gas", "damp"], 1)))
        for k in range(2)
    )
    shifts = tuple(drawn_shift(tiny, random, k, d) for k in range(2) for d in range(2))
    shifts = tuple(s for s in shifts if random.random() < 0.85) or shifts
    visits = tuple(drawn_visit(tiny, random, k) for k in range(8))
    return tiny.week(officers=people, shifts=shifts, visits=visits)


def drawn_shift(tiny, random, officer, day):
    surgery = Session(kind="surgery", place=10, start_s=10 * 3600, end_s=11 * 3600)
    return tiny.shift(
        f"HO{officer}",
        day,
        busy_limit_s=int(random.integers(2, 5)) * 3600,
        sessions=(surgery,) if random.random() < 0.3 else (),
    )


def drawn_visit(tiny, random, k):
    hour = int(random.integers(8, 15))
    changes = {}
    if random.random() < 0.25:
        changes["skill"] = str(random.choice(["gas", "damp", "fire"]))
    if random.random() < 0.2:
        changes["excluded_officers"] = frozenset({f"HO{int(random.integers(0, 2))}"})
    if random.random() < 0.15:
        changes["required_officer"] = f"HO{int(random.integers(0, 2))}"
    minutes = int(random.integers(20, 90)) if random.random() < 0.9 else 300
    return tiny.visit(
        f"V{k}",
        int(random.integers(1, 30)),
        two_officers=bool(random.random() < 0.3),
        windows=tuple(
            tiny.window(int(d), hour, hour + int(random.integers(1, 4)))
            for d in random.choice(2, int(random.integers(1, 3)), replace=False)
        ),
        service_s=minutes * 60,
        interpreter_service_s=minutes * 60,
        value=int(random.integers(1, 12)) * 100_000,
        **changes,
    )


def filled(problem):
    timer, days = Timer(problem), dict.fromkeys(range(len(problem.shifts)), ())
    for k in range(len(problem.visits)):
        fit = best_fit(timer, days, k)
        if fit is not None and fit.gain > 0:
            days = apply_fit(timer, days, fit)
    return [timer.route(k, tasks) for k, tasks in days.items()]


def fits_an_empty_week(problem, index):
    """Whether it fits alone, by trying every minute of every officer and every two officers."""
    visit = problem.visits[index]
    skills = {o.officer_ref: o.skills for o in problem.officers}
    for team in itertools.chain(
        itertools.combinations(range(len(problem.shifts)), 2 if visit.two_officers else 1)
    ):
        there = [problem.shifts[k] for k in team]
        refs = [s.officer_ref for s in there]
        if len({s.date for s in there}) > 1 or set(refs) & visit.excluded_officers:
            continue
        if visit.required_officer not in (None, *refs):
            continue
        if visit.skill and not any(visit.skill in skills[ref] for ref in refs):
            continue
        for window in visit.windows:
            if window.date != there[0].date:
                continue
            for start in range(window.earliest_s, window.latest_s + 1, STEP_S):
                tasks = [
                    Task("visit", index, start_s=start, with_officer=other)
                    for other in (refs[::-1] if len(refs) == 2 else [None])
                ]
                if all(
                    schedule_route(problem, k, [t]) is not None
                    for k, t in zip(team, tasks, strict=True)
                ):
                    return True
    return False


def broken(problem, routes):
    plan = build_plan(problem, routes, (), bound=1e9, tier_bounds={}, seed=1, seconds=0)
    return [v for v in check_week(problem, plan) if v.rule != "planned_or_not"]


def timed(problem, days):
    timer = Timer(problem)
    routes = [timer.route(k, tasks) for k, tasks in sorted(days.items())]
    assert None not in routes
    return routes


weeks = settings(
    max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


@weeks
@given(seed=st.integers(0, 10**6))
def test_impossible_is_what_fits_no_empty_week(tiny, seed):
    problem = drawn_week(tiny, seed)
    index = {v.visit_ref: k for k, v in enumerate(problem.visits)}
    for entry in explain_unplanned(problem, filled(problem)):
        fits = fits_an_empty_week(problem, index[entry.visit_ref])
        assert (entry.kind is UnplannedClass.IMPOSSIBLE) == (not fits), entry
        assert entry.reason
        assert entry.evidence
        assert entry.remedy


@weeks
@given(seed=st.integers(0, 10**6))
def test_a_remedy_that_is_applied_makes_it_fit_and_loses_nothing(tiny, seed):
    problem = drawn_week(tiny, seed)
    routes = filled(problem)
    days, timer = days_of(problem, routes), Timer(problem)
    days = dict.fromkeys(range(len(problem.shifts)), ()) | days
    held = {key_of(t) for tasks in days.values() for t in tasks}
    firm, slack = Rooms(timer, days), Slack(timer, days)
    for k in range(len(problem.visits)):
        if ("visit", k) in held:
            continue
        for remedy in best_remedies(firm, slack, k, most=9):
            if remedy.days is None:
                assert remedy.words.startswith("can wait for next week")
                continue
            now_held = {key_of(t) for tasks in remedy.days.values() for t in tasks}
            assert now_held == held | {("visit", k)}
            assert broken(remedy.problem, timed(remedy.problem, remedy.days)) == []


@weeks
@given(seed=st.integers(0, 10**6))
def test_others_that_make_way_all_stay_and_the_plan_gains_what_is_said(tiny, seed):
    problem = drawn_week(tiny, seed)
    routes = filled(problem)
    days = dict.fromkeys(range(len(problem.shifts)), ()) | days_of(problem, routes)
    worth = worth_of(problem, routes)
    held = {key_of(t) for tasks in days.values() for t in tasks}
    timer = Timer(problem)
    firm = Rooms(timer, days)
    moving = Rooms(timer, days, dict.fromkeys(movable(firm, worth), 6000))
    for k in range(len(problem.visits)):
        if ("visit", k) in held:
            continue
        moved = make_way(moving, firm, k, worth, budget=10**9)
        if moved is None:
            continue
        after = timed(problem, moved.room.days)
        assert {key_of(t) for tasks in moved.room.days.values() for t in tasks} == held | {
            ("visit", k)
        }
        assert broken(problem, after) == []
        assert objective_units(problem, after) - objective_units(problem, routes) >= moved.gain
