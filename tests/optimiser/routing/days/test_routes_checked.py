"""Random weeks: what the timing, the fits and the mending produce passes the checker."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import permutations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimiser.model import Session, UnplannedClass, VisitOfficer
from optimiser.routing.checks.rules import check_week
from optimiser.routing.days.fits import days_of
from optimiser.routing.days.insertion import apply_fit, best_fit
from optimiser.routing.days.schedule import Task, Timer, schedule_route
from optimiser.routing.metrics import build_plan
from optimiser.routing.midweek.replan import replan_visits, simple_bounds
from optimiser.routing.reasons.explain import explain_unplanned

QUICK = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
HOUR = 3600


@st.composite
def weeks(draw, tiny, *, most_visits: int = 7):
    """Two or three officers over two days with surgeries; visits of every kind and a round."""
    shifts = []
    for officer in draw(st.sampled_from([("HO1", "HO2"), ("HO1", "HO2", "HO3")])):
        for day in (0, 1):
            start = draw(st.sampled_from([8, 9, 12]))
            surgery = Session(kind="surgery", place=3, start_s=10 * HOUR, end_s=11 * HOUR)
            end = draw(st.sampled_from([14, 17]))
            shifts.append(
                tiny.shift(
                    officer,
                    day,
                    start_s=start * HOUR,
                    end_s=end * HOUR,
                    break_s=draw(st.sampled_from([0, 2700])) if end == 17 else 0,
                    busy_limit_s=draw(st.sampled_from([3 * HOUR, 6 * HOUR])),
                    sessions=(surgery,) if draw(st.booleans()) and start < 10 else (),
                )
            )
    officers = tuple(
        VisitOfficer(officer_ref=ref, languages=frozenset({"Bengali"} if ref == "HO1" else ()))
        for ref in sorted({s.officer_ref for s in shifts})
    )
    count = draw(st.integers(1, most_visits))
    visits = tuple(_visit(draw, tiny, k) for k in range(count))
    turn = tiny.round("R1", 4, day=1, last_floor=1)
    return tiny.week(shifts=tuple(shifts), officers=officers, visits=visits, rounds=(turn,))


def _visit(draw, tiny, k: int):
    minutes = draw(st.integers(1, 20))
    floor = draw(st.integers(0, 5))
    door = tiny.door(minutes, floor=floor, lift=draw(st.booleans()))
    earliest = draw(st.sampled_from([8, 9.5, 13]))
    length = draw(st.integers(10, 90)) * 60
    return tiny.visit(
        f"V{k}",
        minutes,
        door=door,
        service_s=length,
        interpreter_service_s=length * 3 // 2,
        windows=tuple(
            tiny.window(d, earliest, earliest + draw(st.sampled_from([0.5, 3, 8])))
            for d in draw(st.sampled_from([(0,), (1,), (0, 1)]))
        ),
        due_at=draw(st.sampled_from([None, dt.datetime.combine(tiny.day(0), dt.time(12))])),
        two_officers=draw(st.integers(0, 3)) == 0,
        language=draw(st.sampled_from([None, None, "Bengali"])),
        own_officer=draw(st.sampled_from([None, "HO1", "HO2"])),
        own_officer_value=5 * 6000,
    )


def filled(problem):
    """A plan by cheapest insertion, in the order of the file."""
    timer = Timer(problem)
    days = {}
    for k in range(len(problem.visits)):
        fit = best_fit(timer, days, k)
        if fit is not None:
            days = apply_fit(timer, days, fit)
    for k, shift in enumerate(problem.shifts):
        if shift.officer_ref == "HO1" and shift.date == problem.rounds[0].date:
            order = (*days.get(k, ()), Task("round", 0))
            if timer.value(k, order) is not None:
                days[k] = order
    routes = [
        timer.route(k, days.get(k, ()))
        for k, s in enumerate(problem.shifts)
        if days.get(k) or s.sessions
    ]
    assert all(routes), "a session alone must fit"
    return plan_of(problem, routes)


def plan_of(problem, routes, unplanned=None):
    bound, tiers = simple_bounds(problem)
    if unplanned is None:
        unplanned = explain_unplanned(problem, routes)
    return build_plan(problem, routes, unplanned, bound=bound, tier_bounds=tiers, seed=1, seconds=0)


@QUICK
@given(st.data())
def test_filled_weeks_pass_the_checker(tiny, data):
    problem = data.draw(weeks(tiny))
    plan = filled(problem)
    assert check_week(problem, plan) == ()


@QUICK
@given(st.data())
def test_a_fit_is_worth_what_it_says(tiny, data):
    problem = data.draw(weeks(tiny))
    timer, days = Timer(problem), {}
    empty = [timer.route(s, ()) for s in range(len(problem.shifts))]
    before = plan_of(problem, [r for r in empty if r.stops], ()).objective
    for k in range(len(problem.visits)):
        fit = best_fit(timer, days, k)
        if fit is None:
            continue
        days = apply_fit(timer, days, fit)
        routes = [timer.route(s, tasks) for s, tasks in days.items()]
        # Days with nothing but sessions walk too; the gain is against the day as it was.
        idle = [s for s in range(len(problem.shifts)) if s not in days]
        routes += [timer.route(s, ()) for s in idle]
        worth = plan_of(problem, [r for r in routes if r.stops], ()).objective
        assert abs(worth - before - fit.gain / 6000) < 1e-6
        before = worth


@QUICK
@given(st.data())
def test_what_is_called_not_found_does_fit_and_the_rest_does_not(tiny, data):
    problem = data.draw(weeks(tiny, most_visits=9))
    plan = filled(problem)
    timer = Timer(problem)
    days = days_of(problem, plan.routes)
    index = {v.visit_ref: k for k, v in enumerate(problem.visits)}
    for entry in plan.unplanned:
        fits = best_fit(timer, days, index[entry.visit_ref]) is not None
        if entry.kind is UnplannedClass.IMPOSSIBLE:
            assert best_fit(timer, {}, index[entry.visit_ref]) is None
        if fits:
            assert entry.kind is UnplannedClass.NOT_FOUND
        assert entry.reason
        assert entry.evidence
        assert entry.remedy


@QUICK
@given(st.data())
def test_a_mended_plan_keeps_what_has_begun(tiny, data):
    problem = data.draw(weeks(tiny))
    plan = filled(problem)
    hour = data.draw(st.integers(8, 16))
    begun = dt.datetime.combine(tiny.day(data.draw(st.integers(0, 1))), dt.time(hour, 5))
    extra = tiny.visit("V99", data.draw(st.integers(1, 20)), service_s=2400)
    wider = problem.model_copy(update={"visits": (*problem.visits, extra)})
    mended = replan_visits(wider, plan, at=begun)
    assert check_week(wider, mended) == ()
    assert mended.objective >= plan.objective - 1e-6
    for route in plan.routes:
        past = [s for s in route.stops if moment(route, s) < begun]
        same = next(
            r for r in mended.routes if (r.officer_ref, r.date) == (route.officer_ref, route.date)
        )
        kept = same.stops[: len(past)]
        assert [replaced(s) for s in kept] == [replaced(s) for s in past]


def moment(route, stop) -> dt.datetime:
    return dt.datetime.combine(route.date, dt.time()) + dt.timedelta(seconds=stop.start_s)


def replaced(stop):
    """A stop without what depends on the one after it."""
    return stop.model_copy(update={"leave_s": 0})


@QUICK
@given(st.data())
def test_the_timing_is_the_best_of_all_interleavings(tiny, data):
    """Brute force over where sessions and break go among the tasks."""
    problem = data.draw(weeks(tiny, most_visits=4))
    index = data.draw(st.integers(0, len(problem.shifts) - 1))
    shift = problem.shifts[index]
    tasks = [
        Task("visit", k)
        for k, v in enumerate(problem.visits)
        if any(w.date == shift.date for w in v.windows)
    ]
    extra = [("session", s) for s in shift.sessions] + [("break", None)] * (shift.break_s > 0)
    names = [("visit", problem.visits[t.index]) for t in tasks]
    ways = [simulated(problem, shift, way) for way in interleavings(names, extra)]
    best = max((w for w in ways if w is not None), default=None)
    assert Timer(problem).value(index, tasks) == (best if tasks or shift.sessions else 0)
    route = schedule_route(problem, index, tasks)
    if route is not None and route.stops:
        starts = {s.visit_ref: s.start_s for s in route.stops if s.kind == "visit"}
        fixed = [replace(t, start_s=starts[problem.visits[t.index].visit_ref]) for t in tasks]
        assert schedule_route(problem, index, fixed) == route


def interleavings(tasks, extra):
    whole = len(tasks) + len(extra)
    for places in permutations(range(whole), len(extra)):
        rest = iter(tasks)
        yield [extra[places.index(k)] if k in places else next(rest) for k in range(whole)]


def simulated(problem, shift, events):
    """The worth of one fixed order of events, each begun as soon as it can be; else None."""
    clock, busy, worth, place, block, floor, lift = shift.start_s, 0, 0, 0, None, 0, False

    def stairs(lift, floors):
        return 0 if not floors else 90 if lift else 25 * abs(floors)

    for kind, what in [*events, ("home", None)]:
        if kind == "break":
            clock = max(clock, shift.break_earliest_s)
            if clock > shift.break_latest_s:
                return None
            clock += shift.break_s
            continue
        door = what.door if kind == "visit" else None
        if door and door.block_ref == block:
            way, walk = stairs(door.lift, door.floor - floor), 0
        else:
            there = door.place if door else what.place if kind == "session" else 0
            walk = int(problem.walk_s[place, there])
            way = stairs(lift, floor) + walk
            way += door.entry_s + stairs(door.lift, door.floor) if door else 0
        clock, busy, worth = clock + way, busy + way, worth - problem.walk_value * walk
        if kind == "home":
            break
        if kind == "session":
            if clock > what.start_s:
                return None
            busy, clock, place = busy + what.end_s - what.start_s, what.end_s, what.place
            block, floor = None, 0
            continue
        windows = [w for w in what.windows if w.date == shift.date and clock <= w.latest_s]
        if not windows:
            return None
        clock = min(max(clock, w.earliest_s) for w in windows)
        midnight = dt.datetime.combine(shift.date, dt.time())
        late = what.due_at is not None and midnight + dt.timedelta(seconds=clock) > what.due_at
        worth += what.late_value if late else what.value
        speaks = what.language is None or shift.officer_ref == "HO1"
        length = what.service_s if speaks else what.interpreter_service_s
        clock, busy = clock + length, busy + length
        place, block, floor, lift = door.place, door.block_ref, door.floor, door.lift
    return worth if clock <= shift.end_s and busy <= shift.busy_limit_s else None
