"""Each class of reason on a week small enough to see that it is the right one."""

from __future__ import annotations

from types import SimpleNamespace

from optimiser.model import Session, Unplanned, UnplannedClass, VisitOfficer
from optimiser.routing.days.schedule import Task, schedule_route
from optimiser.routing.reasons.explain import explain_unplanned


def explain_one(problem, routes=()) -> Unplanned:
    (only,) = explain_unplanned(problem, routes)
    return only


def officers(**skills: str) -> tuple[VisitOfficer, ...]:
    return tuple(
        VisitOfficer(officer_ref=ref, skills=frozenset(s.split())) for ref, s in skills.items()
    )


def day(problem, shift: int, *visits: int):
    return schedule_route(problem, shift, [Task("visit", k) for k in visits])


def test_nothing_left_out_leaves_only_what_was_set_aside(tiny):
    aside = Unplanned(
        visit_ref="V9", kind=UnplannedClass.ESCALATE, reason="r", evidence="e", remedy="m"
    )
    problem = tiny.week(visits=(tiny.visit("V1"),), set_aside=(aside,))
    assert explain_unplanned(problem, [day(problem, 0, 0)]) == (aside,)


def test_no_window(tiny):
    found = explain_one(tiny.week(visits=(tiny.visit("V1", windows=()),)))
    assert found.kind is UnplannedClass.IMPOSSIBLE
    assert found.reason == "it has no time this week at which it may be visited"
    # tried: 9am and the walk of 6 minutes, on the next five minutes
    assert (
        found.remedy == "fits on Monday 30 November at 9:10am with HO1 if any day and time will do"
    )


def test_no_officer_has_the_skill(tiny):
    found = explain_one(tiny.week(visits=(tiny.visit("V1", skill="gas"),)))
    assert found.kind is UnplannedClass.IMPOSSIBLE
    assert found.reason == "no officer has the skill gas"
    assert found.evidence == "none of 1 officer has it"
    assert "with HO1 if HO1 gains the skill gas" in found.remedy


def test_the_skilled_officer_works_another_day(tiny):
    problem = tiny.week(
        shifts=(tiny.shift("HO1", 0), tiny.shift("HO2", 2)),
        officers=officers(HO1="", HO2="gas"),
        visits=(tiny.visit("V1", skill="gas", windows=(tiny.window(0, 14, 15),)),),
    )
    found = explain_one(problem)
    assert found.kind is UnplannedClass.IMPOSSIBLE
    assert found.reason == "no officer with the skill gas works on Monday 30 November"
    assert "HO2" in found.evidence
    assert found.remedy == "fits on Wednesday 2 December at 2pm with HO2 if another day will do"


def test_excluded_officers_leave_none_and_are_never_offered(tiny):
    visit = tiny.visit("V1", excluded_officers=frozenset({"HO1"}))
    found = explain_one(tiny.week(visits=(visit,)))
    assert found.kind is UnplannedClass.IMPOSSIBLE
    assert found.reason == "every officer is excluded from this visit"
    assert "HO1" not in found.remedy


def test_two_officers_needed_and_one_at_work(tiny):
    problem = tiny.week(
        shifts=(tiny.shift("HO1", 0), tiny.shift("HO2", 1)),
        visits=(tiny.visit("V1", two_officers=True),),
    )
    found = explain_one(problem)
    assert found.kind is UnplannedClass.IMPOSSIBLE
    assert found.reason.startswith("two officers are needed and no two who may do it work together")
    assert "Monday 30 November: HO1; Tuesday 1 December: HO2" in found.evidence
    assert found.remedy.endswith("with HO1 if a second officer can be found to join HO1")


def test_the_window_ends_before_the_walk_from_the_centre(tiny):
    problem = tiny.week(visits=(tiny.visit("V1", 20, windows=(tiny.window(0, 8, 9.25),)),))
    found = explain_one(problem)
    assert found.kind is UnplannedClass.IMPOSSIBLE
    assert found.reason.startswith("the window ends before anyone can walk there")
    assert found.evidence == (
        "Monday 30 November: window ends 9:15am, at the door 9:21am at the earliest"
    )
    assert found.remedy == (
        "fits on Monday 30 November at 9:25am with HO1 if any time of that day will do"
    )


def test_no_way_on_foot(tiny):
    walk_s = tiny.week().walk_s.copy()
    walk_s[:, 5] = walk_s[5, :] = 10_000_000
    found = explain_one(tiny.week(visits=(tiny.visit("V1"),), walk_s=walk_s))
    assert found.kind is UnplannedClass.IMPOSSIBLE
    assert found.reason == "there is no way on foot to the address"
    assert found.remedy == "check the address's coordinates and the street network there"


def test_longer_than_a_day(tiny):
    problem = tiny.week(visits=(tiny.visit("V1", service_s=8 * 3600),))
    found = explain_one(problem)
    assert found.kind is UnplannedClass.IMPOSSIBLE
    assert found.reason == "it takes longer than any officer's day has room for"
    # 10 minutes' walk, 1 of entry, 480 at the door; 8 hours less the break of 45 minutes
    assert found.evidence == "491 minutes with the walks, and at most 435 minutes (HO1)"
    assert "if it is split: this is for the first 240 minutes" in found.remedy


def test_a_surgery_covers_the_window(tiny, clock):
    surgery = Session(kind="surgery", place=10, start_s=clock("10:00"), end_s=clock("12:00"))
    problem = tiny.week(
        shifts=(tiny.shift(sessions=(surgery,)),),
        visits=(tiny.visit("V1", windows=(tiny.window(0, 10, 12),)),),
    )
    found = explain_one(problem)
    assert found.kind is UnplannedClass.IMPOSSIBLE
    assert found.reason == (
        "no officer is free at the times allowed, even on an otherwise empty day"
    )
    assert found.remedy.endswith("if any time of that day will do")


def test_two_officers_who_are_never_free_together(tiny, clock):
    morning = Session(kind="surgery", place=0, start_s=clock("9:00"), end_s=clock("11:00"))
    late = Session(kind="surgery", place=0, start_s=clock("11:00"), end_s=clock("13:00"))
    visit = tiny.visit("V1", two_officers=True, windows=(tiny.window(0, 10, 12),))
    one, two = (
        tiny.shift(o, 0, sessions=(s,), break_s=0) for o, s in [("HO1", morning), ("HO2", late)]
    )
    found = explain_one(tiny.week(shifts=(one, two), visits=(visit,)))
    assert found.reason.startswith("no two officers are free together")
    # With half an hour more, both can: HO1 from 11:06am, but HO2 must leave by 10:55am.
    later = visit.model_copy(update={"windows": (tiny.window(0, 10, 14),)})
    assert explain_one(tiny.week(shifts=(one, two), visits=(later,))).kind is (
        UnplannedClass.NOT_FOUND
    )


def test_not_found_when_there_is_room(tiny):
    problem = tiny.week(visits=(tiny.visit("V1"), tiny.visit("V2", 7)))
    found = explain_one(problem, [day(problem, 0, 0)])
    assert found.visit_ref == "V2"
    assert found.kind is UnplannedClass.NOT_FOUND
    assert "fits on Monday 30 November at" in found.remedy
    assert "with HO1" in found.remedy


def test_crowded_out_names_the_cheapest_to_push_out(tiny, clock):
    # From 9am to 11am there is time for one: V1 (100 points) and V2 (40) stand on two
    # officers' days, V3 (30 and 5 for its own officer HO2) fits only in place of either.
    short = {"end_s": clock("11:00"), "break_s": 0}
    visits = (
        tiny.visit("V1", service_s=5400),
        tiny.visit("V2", service_s=5400, value=40 * 6000),
        tiny.visit(
            "V3",
            service_s=5400,
            value=30 * 6000,
            own_officer="HO2",
            own_officer_value=5 * 6000,
        ),
    )
    problem = tiny.week(
        shifts=(tiny.shift("HO1", **short), tiny.shift("HO2", **short)), visits=visits
    )
    found = explain_one(problem, [day(problem, 0, 0), day(problem, 1, 1)])
    assert found.visit_ref == "V3"
    assert found.kind is UnplannedClass.CROWDED_OUT
    assert "on Monday 30 November at 9:10am with HO2" in found.evidence
    assert found.evidence.endswith(
        "pushes out V2 (40 points): 40 points lost for its own 35 points"
    )
    # tried: no day has room at any time, and no time is kept free
    assert found.remedy == (
        "can wait for next week: it has no due date and HO1 can do it on Monday 7 December, if free"
    )
    # An appointment cannot wait: what is left is V2's place.
    agreed = visits[2].model_copy(update={"windows": (tiny.window(0, 9.2, 9.2),)})
    pinned = problem.model_copy(update={"visits": (*visits[:2], agreed)})
    found = explain_one(pinned, [day(problem, 0, 0), day(problem, 1, 1)])
    assert found.remedy == "fits on Monday 30 November at 9:12am with HO2 if V2 is left out"


def test_crowded_out_by_two_and_by_a_round(tiny, clock):
    # The whole morning is needed: either the two visits of HO1 go, or HO2's round (24 points).
    short = {"end_s": clock("11:00"), "break_s": 0}
    shifts = (tiny.shift("HO1", 3, **short), tiny.shift("HO2", 3, **short))
    half = tiny.option("morning", 9, 12, 3.0, 24 * 6000).model_copy(update={"service_s": 5000})
    visits = (
        tiny.visit("V1", service_s=2400, value=10 * 6000),
        tiny.visit("V2", service_s=2400, value=10 * 6000),
        tiny.visit("V3", service_s=5400, value=15 * 6000),
    )
    problem = tiny.week(
        shifts=shifts, visits=visits, rounds=(tiny.round("R1", officers=("HO2",), options=(half,)),)
    )
    routes = [day(problem, 0, 0, 1), schedule_route(problem, 1, [Task("round", 0, option=0)])]
    found = explain_one(problem, routes)
    assert found.kind is UnplannedClass.CROWDED_OUT
    assert (
        "pushes out V1 (10 points) and V2 (10 points): 20 points lost for its own 15"
        in found.evidence
    )
    dearer = problem.model_copy(
        update={"visits": (visits[0].model_copy(update={"value": 20 * 6000}), *visits[1:])}
    )
    assert "pushes out 2 doors of B5 (24 points)" in explain_one(dearer, routes).evidence


def test_not_found_when_others_could_move_and_none_is_lost(tiny, clock):
    # V2 may only be on Monday morning, where V1 is; V1 could be on Tuesday.
    short = {"end_s": clock("11:00"), "break_s": 0}
    visits = (
        tiny.visit("V1", service_s=5400),
        tiny.visit("V2", service_s=5400, windows=(tiny.window(0),)),
    )
    problem = tiny.week(
        shifts=(tiny.shift("HO1", 0, **short), tiny.shift("HO1", 1, **short)), visits=visits
    )
    found = explain_one(problem, [day(problem, 0, 0)])
    assert found.kind is UnplannedClass.NOT_FOUND
    assert "if V1 moves to Tuesday 1 December at 9:10am with HO1: nothing is left out" in (
        found.evidence
    )
    assert found.remedy.startswith(
        "fits on Monday 30 November at 9:10am with HO1 if V1 moves to Tuesday 1 December"
    )


def test_pairs_are_crowded_out_of_both_days(tiny, clock):
    short = {"end_s": clock("11:00"), "break_s": 0}
    visits = (
        tiny.visit("V1", service_s=5400, value=40 * 6000),
        tiny.visit("V2", service_s=5400, value=50 * 6000),
        tiny.visit("V3", service_s=5400, two_officers=True, windows=(tiny.window(0),)),
    )
    visits = (*visits[:2], visits[2].model_copy(update={"value": 80 * 6000}))
    problem = tiny.week(
        shifts=(tiny.shift("HO1", **short), tiny.shift("HO2", **short)), visits=visits
    )
    found = explain_one(problem, [day(problem, 0, 0), day(problem, 1, 1)])
    assert found.kind is UnplannedClass.CROWDED_OUT
    assert "with HO1 and HO2" in found.evidence
    assert "V1 (40 points) and V2 (50 points): 90 points lost for its own 80" in found.evidence


def test_worth_more_than_what_it_pushes_out_is_not_found_in_time(tiny, clock):
    short = {"end_s": clock("11:00"), "break_s": 0}
    visits = (
        *(tiny.visit(f"V{k}", service_s=1800, value=k * 6000) for k in (1, 2, 3)),
        tiny.visit("V4", service_s=6300),
    )
    problem = tiny.week(shifts=(tiny.shift(**short),), visits=visits)
    found = explain_one(problem, [day(problem, 0, 0, 1, 2)])
    assert found.kind is UnplannedClass.NOT_FOUND
    assert found.reason.startswith("the plan would be worth more with it in place of others")
    assert "V1 (1 point), V2 (2 points) and V3 (3 points): 6 points lost for its own 100" in (
        found.evidence
    )
    assert "if V1, V2 and V3 are left out, for 94 points more" in found.remedy


def test_time_kept_free_is_offered_with_its_minutes(tiny, clock):
    # Two visits of half an hour and their walks are 79 minutes; 66 may be used of the day.
    shift = tiny.shift(end_s=clock("12:00"), break_s=0, busy_limit_s=66 * 60)
    visits = (tiny.visit("V1", 5), tiny.visit("V2", 6, value=1))
    found = explain_one(tiny.week(shifts=(shift,), visits=visits), [day_of(tiny, shift, visits)])
    assert found.kind is UnplannedClass.CROWDED_OUT
    # out 5, entry 1, 30, on 1, entry 1, 30, back 6: 74 minutes, 8 more than 66
    assert "if 8 minutes of HO1's day that are kept free for urgent work can be used" in (
        found.remedy
    )


def day_of(tiny, shift, visits):
    return schedule_route(tiny.week(shifts=(shift,), visits=visits), 0, [Task("visit", 0)])


def test_in_a_hurry_the_class_is_the_same(tiny, clock, monkeypatch):
    short = {"end_s": clock("11:00"), "break_s": 0}
    visits = (
        tiny.visit("V1", service_s=5400),
        tiny.visit("V2", service_s=5400, windows=(tiny.window(0),)),
        tiny.visit("V3", skill="gas"),
    )
    problem = tiny.week(shifts=(tiny.shift(**short),), visits=visits)
    # Each look at the clock is eight seconds after the last: V2 comes past most of the ten
    # seconds, V3 past all of them.
    ticks = iter(range(0, 80, 8))
    slow = SimpleNamespace(monotonic=lambda: next(ticks))
    monkeypatch.setattr("optimiser.routing.reasons.explain.time", slow)
    crowded, lacking = explain_unplanned(problem, [day(problem, 0, 0)], time_limit_s=10)
    assert crowded.kind is UnplannedClass.CROWDED_OUT
    assert "V1 (100 points)" in crowded.evidence
    assert "there was no time to try other remedies" in crowded.remedy
    assert lacking.kind is UnplannedClass.NOT_FOUND
    assert "not all tried" in lacking.evidence


def test_without_time_the_entry_says_so(tiny):
    problem = tiny.week(visits=(tiny.visit("V1"),))
    (found,) = explain_unplanned(problem, (), time_limit_s=0)
    assert found.kind is UnplannedClass.NOT_FOUND
    assert "not all tried" in found.evidence


def test_the_same_answer_twice(tiny, clock):
    short = {"end_s": clock("11:00"), "break_s": 0}
    visits = tuple(tiny.visit(f"V{k}", k, service_s=3000) for k in range(1, 8))
    problem = tiny.week(shifts=(tiny.shift(**short), tiny.shift(day=1, **short)), visits=visits)
    routes = [day(problem, 0, 0, 1), day(problem, 1, 2, 3)]
    assert explain_unplanned(problem, routes) == explain_unplanned(problem, routes)


def test_the_officer_named_does_not_work_then(tiny):
    visit = tiny.visit("V1", required_officer="HO2", windows=(tiny.window(0),))
    problem = tiny.week(shifts=(tiny.shift("HO1", 0), tiny.shift("HO2", 2)), visits=(visit,))
    found = explain_one(problem)
    assert found.kind is UnplannedClass.IMPOSSIBLE
    assert found.reason == "HO2, who is to go, does not work on Monday 30 November"
    assert found.evidence == "HO2 works on Wednesday 2 December"
    assert found.remedy == "fits on Wednesday 2 December at 9:10am with HO2 if another day will do"


def test_the_officer_named_lacks_the_skill(tiny):
    visit = tiny.visit("V1", required_officer="HO2", skill="gas")
    problem = tiny.week(
        shifts=(tiny.shift("HO1"), tiny.shift("HO2")),
        officers=officers(HO1="gas", HO2=""),
        visits=(visit,),
    )
    found = explain_one(problem)
    assert found.kind is UnplannedClass.IMPOSSIBLE
    assert found.reason == "HO2, who is to go, does not have the skill gas"
    assert found.remedy.endswith("with HO1 if it need not be HO2")


def test_farther_than_anyone_may_walk(tiny):
    problem = tiny.week(shifts=(tiny.shift(walk_limit_s=1800),), visits=(tiny.visit("V1", 20),))
    found = explain_one(problem)
    assert found.kind is UnplannedClass.IMPOSSIBLE
    assert found.reason == "the walk there and back is longer than an officer may walk in a day"
    assert "max_walk_minutes_day" in found.remedy


def test_a_round_knocked_by_two_is_pushed_out_of_both_days(tiny, clock):
    # HO1 and HO2 knock together all the morning; V1 takes HO1's.
    short = {"end_s": clock("11:00"), "break_s": 0}
    whole = tiny.option("morning", 9, 12, 3.0, 24 * 6000).model_copy(update={"service_s": 5000})
    turn = tiny.round("R1", officers=("HO1", "HO2"), options=(whole,), two_officers=True)
    visit = tiny.visit(
        "V1",
        service_s=5400,
        value=20 * 6000,
        windows=(tiny.window(3, 9.25, 9.25),),
        excluded_officers=frozenset({"HO2"}),
    )
    shifts = (tiny.shift("HO1", 3, **short), tiny.shift("HO2", 3, **short))
    problem = tiny.week(shifts=shifts, visits=(visit,), rounds=(turn,))
    start = clock("9:10")
    routes = [
        schedule_route(problem, k, [Task("round", 0, option=0, start_s=start, with_officer=other)])
        for k, other in ((0, "HO2"), (1, "HO1"))
    ]
    found = explain_one(problem, routes)
    assert found.kind is UnplannedClass.CROWDED_OUT
    assert "pushes out 2 doors of B5 (24 points): 24 points lost for its own 20" in found.evidence
    assert found.remedy == (
        "fits on Thursday 3 December at 9:15am with HO1 if 2 doors of B5 are left out"
    )
