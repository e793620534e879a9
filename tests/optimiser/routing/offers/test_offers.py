"""Slots to offer a resident: every one is tried against the independent checker."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimiser.errors import InvalidProblem
from optimiser.model import PartOfDay, Unplanned, UnplannedClass, VisitOfficer
from optimiser.routing import offer_slots
from optimiser.routing.checks.rules import check_week
from optimiser.routing.days.fits import days_of, key_of, put_in
from optimiser.routing.days.insertion import apply_fit, best_fit
from optimiser.routing.days.schedule import Task, Timer, schedule_route
from optimiser.routing.metrics import build_plan


def plan_of(problem, routes):
    return build_plan(problem, routes, (), bound=1e9, tier_bounds={}, seed=1, seconds=0)


def day(problem, shift, *visits):
    return schedule_route(problem, shift, [Task("visit", k) for k in visits])


def test_an_empty_day_offers_all_of_it_part_by_part(tiny, clock):
    problem = tiny.week(visits=(tiny.visit("V1", 5),))
    afternoon, morning = offer_slots(problem, plan_of(problem, ()), "V1")  # the longer one first
    # 5 minutes' walk and 1 of entry from 9am: 9:06am, on the next five minutes.
    assert (morning.earliest_s, morning.part) == (clock("9:10"), PartOfDay.MORNING)
    assert morning.latest_s == clock("11:55")
    # 30 minutes and 5 back by 5pm; the break is over by then.
    assert (afternoon.earliest_s, afternoon.latest_s) == (clock("12:00"), clock("16:25"))
    assert morning.extra_walk_s == 600
    assert morning.officers == ("HO1",)
    assert morning.moves == ()


def test_the_slot_it_has_is_not_offered_again(tiny, clock):
    problem = tiny.week(visits=(tiny.visit("V1", 5),))
    (only,) = offer_slots(problem, plan_of(problem, [day(problem, 0, 0)]), "V1")
    assert only.part is PartOfDay.AFTERNOON


def test_own_officer_first_then_without_an_interpreter_then_the_nearest(tiny):
    shifts = tuple(
        tiny.shift(f"HO{k}", start_place=p, end_place=p) for k, p in [(1, 5), (2, 9), (3, 1)]
    )
    people = tuple(
        VisitOfficer(officer_ref=ref, languages=frozenset(spoken))
        for ref, spoken in [("HO1", ()), ("HO2", {"Somali"}), ("HO3", ())]
    )
    visit = tiny.visit("V1", 6, language="Somali", own_officer="HO3", own_officer_value=30_000)
    problem = tiny.week(shifts=shifts, officers=people, visits=(visit,))
    found = offer_slots(problem, plan_of(problem, ()), "V1", most=6)
    officers = [o.officers[0] for o in found]
    assert officers == ["HO3", "HO3", "HO2", "HO2", "HO1", "HO1"]
    assert [o.interpreter for o in found] == [True, True, False, False, True, True]
    assert [o.own_officer for o in found][:3] == [True, True, False]


def test_two_officers_are_both_named_and_free_together(tiny, clock):
    visits = (
        tiny.visit("V1", 5, windows=(tiny.window(0, 10, 10),), service_s=3600),
        tiny.visit("V2", 7, two_officers=True, windows=(tiny.window(0, 9, 12),)),
    )
    problem = tiny.week(shifts=(tiny.shift("HO1"), tiny.shift("HO2")), visits=visits)
    found = offer_slots(problem, plan_of(problem, [day(problem, 0, 0)]), "V2", most=1)
    assert found[0].officers == ("HO1", "HO2")
    # V1 ends at 11am, 2 minutes on and 1 of entry; before it there is no half an hour.
    assert (found[0].earliest_s, found[0].latest_s) == (clock("11:05"), clock("11:55"))


def test_a_slot_for_which_another_moves_says_so(tiny, clock):
    # V1 is at 9:11am for two hours; V2 is wanted at 10am and V1 can be later.
    visits = (
        tiny.visit("V1", 10, service_s=7200),
        tiny.visit("V2", 10, windows=(tiny.window(0, 10, 10),)),
    )
    problem = tiny.week(visits=visits)
    (first, *_) = offer_slots(problem, plan_of(problem, [day(problem, 0, 0)]), "V2")
    assert first.earliest_s == first.latest_s == clock("10:00")
    (move,) = first.moves
    assert move.ref == "V1"
    assert move.before.start_s == clock("9:11")
    assert move.after.start_s >= clock("10:30")
    assert first.asked


def test_times_not_asked_for_come_last_and_are_marked(tiny, clock):
    problem = tiny.week(visits=(tiny.visit("V1", 5, windows=(tiny.window(0, 9, 9.5),)),))
    found = offer_slots(problem, plan_of(problem, ()), "V1")
    assert [o.asked for o in found] == [True, False]
    assert found[0].latest_s == clock("9:30")
    assert found[1].part is PartOfDay.AFTERNOON


def test_past_the_due_date_is_marked_and_comes_last(tiny):
    due = dt.datetime.combine(tiny.monday, dt.time(12))
    problem = tiny.week(visits=(tiny.visit("V1", 5, due_at=due),))
    found = offer_slots(problem, plan_of(problem, ()), "V1")
    assert [o.late for o in found] == [False, False, True][: len(found)]
    assert found[0].part is PartOfDay.MORNING


def test_time_kept_free_is_offered_last_and_counted(tiny, clock):
    shift = tiny.shift(busy_limit_s=66 * 60)
    visits = (tiny.visit("V1", 5), tiny.visit("V2", 6, service_s=1800))
    problem = tiny.week(shifts=(shift,), visits=visits)
    found = offer_slots(problem, plan_of(problem, [day(problem, 0, 0)]), "V2", most=1)
    # out 5, 1, 30, on 1, 1, 30, back 6: 74 minutes of 66
    assert found[0].slack_s == 8 * 60


def test_what_the_week_has_passed_is_not_offered(tiny, clock):
    problem = tiny.week(shifts=(tiny.shift(), tiny.shift(day=1)), visits=(tiny.visit("V1", 5),))
    at = dt.datetime.combine(tiny.monday, dt.time(15))
    found = offer_slots(problem, plan_of(problem, ()), "V1", at=at)
    assert min(o.earliest_s for o in found if o.date == tiny.monday) >= clock("15:06")


@pytest.mark.parametrize("kind", [UnplannedClass.ESCALATE, UnplannedClass.BAD_DATA])
def test_what_cannot_be_planned_is_refused(tiny, kind):
    aside = Unplanned(
        visit_ref="V9", kind=kind, reason="it is this", evidence="e", remedy="do that"
    )
    problem = tiny.week(visits=(tiny.visit("V1"),), set_aside=(aside,))
    with pytest.raises(InvalidProblem, match=r"V9 .*it is this; do that"):
        offer_slots(problem, plan_of(problem, ()), "V9")
    with pytest.raises(InvalidProblem, match="V8 is not among the requests"):
        offer_slots(problem, plan_of(problem, ()), "V8")


def random_week(tiny, seed):
    random = np.random.default_rng(seed)
    shifts = tuple(
        tiny.shift(f"HO{k}", d, busy_limit_s=int(random.integers(3, 7)) * 3600)
        for k in range(2)
        for d in range(2)
    )
    visits = []
    for k in range(8):
        hour = int(random.integers(9, 15))
        visits.append(
            tiny.visit(
                f"V{k}",
                int(random.integers(1, 25)),
                two_officers=bool(random.random() < 0.3),
                windows=tuple(tiny.window(d, hour, hour + 2) for d in range(2)),
                service_s=int(random.integers(20, 70)) * 60,
            )
        )
    problem = tiny.week(shifts=shifts, visits=tuple(visits))
    timer, days = Timer(problem), {}
    for k in range(7):
        fit = best_fit(timer, days, k)
        if fit is not None:
            days = apply_fit(timer, days, fit)
    return problem, [timer.route(s, tasks) for s, tasks in sorted(days.items())]


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(seed=st.integers(0, 10**6), wanted=st.integers(0, 7))
def test_every_start_promised_keeps_every_other_visit_in_place(tiny, seed, wanted):
    problem, routes = random_week(tiny, seed)
    offers = offer_slots(problem, plan_of(problem, routes), f"V{wanted}", most=5)
    key = ("visit", wanted)
    planned = {
        (k, key_of(t)): s.start_s
        for k, tasks in days_of(problem, routes).items()
        for t, s in zip(tasks, stops_of(problem, routes, k), strict=True)
    }
    for offer in offers:
        moved = {m.ref for m in offer.moves}
        for start in {*range(offer.earliest_s, offer.latest_s + 1, 1860), offer.latest_s}:
            wide = with_offer(tiny, problem, wanted, offer)
            days = {}
            for k, tasks in days_of(problem, routes).items():
                ref = {t: key_ref(problem, t) for t in tasks}
                days[k] = tuple(
                    t if ref[t] in moved else pinned(t, planned[k, key_of(t)])
                    for t in tasks
                    if key_of(t) != key
                )
            assert holds(wide, days, wanted, offer, start), (offer, start)


def with_offer(tiny, problem, wanted, offer):
    """The week in which the resident agrees, and time kept free is used as the offer says."""
    windows = tuple(tiny.window(d, 0, 23) for d in range(2))
    visit = problem.visits[wanted].model_copy(update={"windows": windows})
    visits = (*problem.visits[:wanted], visit, *problem.visits[wanted + 1 :])
    shifts = tuple(
        s.model_copy(
            update={"busy_limit_s": s.busy_limit_s + offer.slack_s + 3600 * 8 * (offer.slack_s > 0)}
        )
        if s.date == offer.date and s.officer_ref in offer.officers
        else s
        for s in problem.shifts
    )
    return problem.model_copy(update={"visits": visits, "shifts": shifts})


def holds(problem, days, wanted, offer, start):
    timer = Timer(problem)
    for k, shift in enumerate(problem.shifts):
        if shift.date == offer.date and shift.officer_ref in offer.officers:
            partner = next((o for o in offer.officers if o != shift.officer_ref), None)
            task = Task("visit", wanted, start_s=start, with_officer=partner)
            tasks = days.get(k, ())
            orders = [put_in(tasks, task, p) for p in range(len(tasks) + 1)]
            days[k] = next((o for o in orders if timer.value(k, o) is not None), None)
            if days[k] is None:
                return False
    routes = [timer.route(k, tasks) for k, tasks in days.items()]
    broken = check_week(problem, plan_of(problem, routes))
    return [v for v in broken if v.rule != "planned_or_not"] == []


def pinned(task, start):
    return Task(task.kind, task.index, task.option, start, task.with_officer)


def key_ref(problem, task):
    return problem.visits[task.index].visit_ref


def stops_of(problem, routes, shift):
    there = problem.shifts[shift]
    route = next(r for r in routes if (r.officer_ref, r.date) == (there.officer_ref, there.date))
    return [s for s in route.stops if s.kind == "visit"]
