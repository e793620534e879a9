"""Each rule of the week through plan_visits, with a case that is plain, one that cannot be
and one where the rule decides; every plan goes through the independent checker."""

import datetime as dt

import pytest

from optimiser.errors import Infeasible
from optimiser.model import Session, VisitOfficer, VisitParams
from optimiser.routing import plan_visits
from optimiser.routing.checks.rules import check_week

QUICK = VisitParams(iterations=150, workers=1)


def planned(problem, **options):
    plan = plan_visits(problem, params=QUICK, **options)
    assert check_week(problem, plan) == ()
    assert plan.violations == ()
    assert plan.objective <= plan.bound
    return plan


def refs(plan):
    return {s.visit_ref for r in plan.routes for s in r.stops if s.kind == "visit"}


def who(plan, ref):
    return sorted(r.officer_ref for r in plan.routes for s in r.stops if s.visit_ref == ref)


def stop(plan, ref):
    return next(s for r in plan.routes for s in r.stops if s.visit_ref == ref)


def test_nothing_to_do_is_an_empty_plan(tiny):
    plan = planned(tiny.week())
    assert plan.routes == ()
    assert plan.objective == 0


def test_a_single_visit_is_planned(tiny):
    plan = planned(tiny.week(visits=(tiny.visit("A"),)))
    assert refs(plan) == {"A"}
    assert plan.objective == pytest.approx(100 - 10 * 600 / 6000)


def test_without_shifts_every_visit_is_explained(tiny):
    problem = tiny.week(shifts=(), visits=(tiny.visit("A"),))
    plan = planned(problem)
    assert [u.visit_ref for u in plan.unplanned] == ["A"]


def test_window_too_early_to_walk_to_is_left_out(tiny):
    early = tiny.visit("A", 30, windows=(tiny.window(0, 9, 9.25),))
    assert refs(planned(tiny.week(visits=(early,)))) == set()


def test_windows_decide_the_order(tiny):
    near = tiny.visit("near", 5, windows=(tiny.window(0, 14, 15),))
    far = tiny.visit("far", 20, windows=(tiny.window(0, 10, 11),))
    plan = planned(tiny.week(visits=(near, far)))
    assert stop(plan, "far").start_s < stop(plan, "near").start_s


def test_second_window_of_a_day_is_used(tiny):
    windows = (tiny.window(0, 9, 9.02), tiny.window(0, 15, 16))
    plan = planned(tiny.week(visits=(tiny.visit("A", 20, windows=windows),)))
    assert stop(plan, "A").start_s >= 15 * 3600


def test_busy_limit_keeps_the_cheaper_visit_out(tiny):
    shift = tiny.shift(busy_limit_s=3600)
    low, high = tiny.visit("low", 5, value=300_000), tiny.visit("high", 6)
    plan = planned(tiny.week(shifts=(shift,), visits=(low, high)))
    assert refs(plan) == {"high"}


def test_break_leaves_no_room_at_midday(tiny):
    shift = tiny.shift(break_earliest_s=12 * 3600, break_latest_s=12 * 3600)
    noon = tiny.visit("noon", 5, windows=(tiny.window(0, 11.75, 12.5),), service_s=2400)
    plan = planned(tiny.week(shifts=(shift,), visits=(noon,)))
    assert refs(plan) == set()
    free = tiny.shift(break_s=0)
    assert refs(planned(tiny.week(shifts=(free,), visits=(noon,)))) == {"noon"}


def test_session_is_kept_and_worked_around(tiny):
    surgery = Session(kind="surgery", place=10, start_s=10 * 3600, end_s=13 * 3600)
    inside = tiny.visit("inside", 5, windows=(tiny.window(0, 10.5, 12),))
    after = tiny.visit("after", 12)
    plan = planned(tiny.week(shifts=(tiny.shift(sessions=(surgery,)),), visits=(inside, after)))
    assert refs(plan) == {"after"}
    kinds = [s.kind for s in plan.routes[0].stops]
    assert "surgery" in kinds


def test_session_out_of_reach_is_infeasible(tiny):
    surgery = Session(kind="surgery", place=40, start_s=9 * 3600 + 60, end_s=10 * 3600)
    problem = tiny.week(shifts=(tiny.shift(sessions=(surgery,)),))
    with pytest.raises(Infeasible, match="HO1 on Monday 30 November: the surgery at 9:01am"):
        plan_visits(problem, params=QUICK)


def test_two_sessions_too_close_are_infeasible(tiny):
    one = Session(kind="surgery", place=0, start_s=10 * 3600, end_s=11 * 3600)
    two = Session(kind="duty desk", place=30, start_s=11 * 3600, end_s=12 * 3600)
    problem = tiny.week(shifts=(tiny.shift(sessions=(one, two)),))
    with pytest.raises(Infeasible, match="the surgery ending"):
        plan_visits(problem, params=QUICK)


def test_skill_is_held(tiny):
    officers = (
        VisitOfficer(officer_ref="HO1"),
        VisitOfficer(officer_ref="HO2", skills=frozenset({"damp"})),
    )
    shifts = (tiny.shift("HO1"), tiny.shift("HO2"))
    visits = (tiny.visit("A", skill="damp"), tiny.visit("B", skill="gas"))
    plan = planned(tiny.week(shifts=shifts, officers=officers, visits=visits))
    assert who(plan, "A") == ["HO2"]
    assert refs(plan) == {"A"}


def test_excluded_officer_stays_away(tiny):
    shifts = (tiny.shift("HO1"), tiny.shift("HO2"))
    visit = tiny.visit("A", excluded_officers=frozenset({"HO1"}))
    assert who(planned(tiny.week(shifts=shifts, visits=(visit,))), "A") == ["HO2"]
    both = tiny.visit("A", excluded_officers=frozenset({"HO1", "HO2"}))
    assert refs(planned(tiny.week(shifts=shifts, visits=(both,)))) == set()


def test_language_or_the_longer_visit_with_an_interpreter(tiny):
    visit = tiny.visit("A", language="Somali")
    alone = planned(tiny.week(visits=(visit,)))
    assert stop(alone, "A").interpreter
    assert stop(alone, "A").end_s - stop(alone, "A").start_s == 45 * 60
    officers = (VisitOfficer(officer_ref="HO1", languages=frozenset({"Somali"})),)
    spoken = planned(tiny.week(visits=(visit,), officers=officers))
    assert stop(spoken, "A").end_s - stop(spoken, "A").start_s == 30 * 60


def test_own_officer_is_preferred_until_the_walk_costs_more(tiny):
    shifts = (tiny.shift("HO1"), tiny.shift("HO2", start_place=10, end_place=10))
    visit = tiny.visit("A", 5, own_officer="HO2", own_officer_value=30_000)
    assert who(planned(tiny.week(shifts=shifts, visits=(visit,))), "A") == ["HO2"]
    near = tiny.visit("A", 1, own_officer="HO2", own_officer_value=3_000)
    assert who(planned(tiny.week(shifts=shifts, visits=(near,))), "A") == ["HO1"]


def test_due_date_decides_the_day_and_a_late_visit_is_marked(tiny):
    shifts = (tiny.shift(day=0), tiny.shift(day=2))
    due = dt.datetime.combine(tiny.day(1), dt.time(23, 59, 59))
    visit = tiny.visit("A", due_at=due)
    assert not stop(planned(tiny.week(shifts=shifts, visits=(visit,))), "A").late
    late = planned(tiny.week(shifts=shifts[1:], visits=(visit,)))
    assert stop(late, "A").late
    assert late.objective == pytest.approx(50 - 1)


def test_due_at_an_hour_makes_the_later_start_late(tiny):
    due = dt.datetime.combine(tiny.monday, dt.time(11))
    first = tiny.visit("A", due_at=due, windows=(tiny.window(0, 9, 17),))
    second = tiny.visit("B", 10, windows=(tiny.window(0, 9, 10.4),))
    plan = planned(tiny.week(visits=(first, second)))
    assert stop(plan, "A").start_s <= 11 * 3600
    assert plan.late == 0


def test_two_officers_start_together_or_not_at_all(tiny):
    pair = tiny.visit("A", 10, two_officers=True)
    shifts = (tiny.shift("HO1"), tiny.shift("HO2", start_place=30, end_place=30))
    plan = planned(tiny.week(shifts=shifts, visits=(pair,)))
    starts = {s.start_s for r in plan.routes for s in r.stops if s.visit_ref == "A"}
    assert who(plan, "A") == ["HO1", "HO2"]
    assert len(starts) == 1
    apart = (tiny.shift("HO1", 0), tiny.shift("HO2", 1))
    assert refs(planned(tiny.week(shifts=apart, visits=(pair,)))) == set()


def test_one_of_a_pair_holds_the_skill_and_the_language(tiny):
    officers = (
        VisitOfficer(officer_ref="HO1", skills=frozenset({"damp"})),
        VisitOfficer(officer_ref="HO2", languages=frozenset({"Somali"})),
        VisitOfficer(officer_ref="HO3"),
    )
    shifts = tuple(tiny.shift(f"HO{k}") for k in (1, 2, 3))
    pair = tiny.visit("A", two_officers=True, skill="damp", language="Somali")
    plan = planned(tiny.week(shifts=shifts, officers=officers, visits=(pair,)))
    assert "HO1" in who(plan, "A")
    without = tiny.week(shifts=shifts[1:], officers=officers, visits=(pair,))
    assert refs(planned(without)) == set()


def test_round_is_knocked_once_by_its_officer_at_its_best_part_of_day(tiny):
    shifts = (tiny.shift("HO1", 3), tiny.shift("HO2", 3))
    plan = planned(tiny.week(shifts=shifts, rounds=(tiny.round("R"),)))
    stops = [(r.officer_ref, s) for r in plan.routes for s in r.stops if s.kind == "round"]
    assert [ref for ref, _ in stops] == ["HO1"]
    assert stops[0][1].start_s >= 12 * 3600
    assert plan.conversations == 4.0


def knockers(plan):
    return sorted(
        (r.officer_ref, s.start_s) for r in plan.routes for s in r.stops if s.kind == "round"
    )


def test_round_for_two_is_knocked_by_two_from_one_minute(tiny):
    shifts = (tiny.shift("HO1", 3), tiny.shift("HO2", 3, start_place=30, end_place=30))
    turn = tiny.round("R", officers=("HO1", "HO2"), two_officers=True)
    plan = planned(tiny.week(shifts=shifts, rounds=(turn,), visits=(tiny.visit("A"),)))
    (one, begun), (two, also) = knockers(plan)
    assert (one, two) == ("HO1", "HO2")
    assert begun == also
    assert plan.conversations == 4.0


def test_round_for_two_is_left_where_one_is_away(tiny):
    turn = tiny.round("R", officers=("HO1", "HO2"), two_officers=True)
    assert knockers(planned(tiny.week(shifts=(tiny.shift("HO1", 3),), rounds=(turn,)))) == []


def test_round_of_an_absent_officer_is_left(tiny):
    plan = planned(tiny.week(shifts=(tiny.shift("HO2", 3),), rounds=(tiny.round("R"),)))
    assert plan.routes == ()


def test_visits_are_woven_into_rounds(tiny):
    rounds = tuple(tiny.round(f"R{k}", 5 + k) for k in range(8))
    plan = planned(tiny.week(shifts=(tiny.shift(day=3),), rounds=rounds, visits=(tiny.visit("A"),)))
    kinds = [s.kind for s in plan.routes[0].stops]
    assert kinds.count("visit") == 1
    assert kinds.count("round") >= 5


def test_same_seed_and_iterations_give_the_same_plan(tiny):
    visits = tuple(tiny.visit(f"V{k}", 1 + 3 * k, two_officers=k == 2) for k in range(12))
    problem = tiny.week(shifts=(tiny.shift("HO1"), tiny.shift("HO2")), visits=visits)
    params = VisitParams(iterations=400, workers=2)
    first, second = (plan_visits(problem, seed=7, params=params) for _ in range(2))
    assert first.routes == second.routes
    assert first.objective == second.objective


def test_progress_is_reported_in_points(tiny):
    seen = []
    plan = planned(tiny.week(visits=(tiny.visit("A"),)), progress=seen.append)
    assert seen[-1].objective == pytest.approx(plan.objective)
    assert seen[-1].bound == pytest.approx(plan.bound)
    assert [p.seconds for p in seen] == sorted(p.seconds for p in seen)
