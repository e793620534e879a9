"""Forward timing of one route, with times worked out by hand."""

from __future__ import annotations

import datetime as dt

import pytest

from optimiser.model import Session, VisitOfficer
from optimiser.routing.days.schedule import (
    Now,
    Task,
    Timer,
    schedule_route,
    schedule_value,
    vertical_s,
)


def visits(*indices: int) -> list[Task]:
    return [Task("visit", k) for k in indices]


def kinds(route) -> list[str]:
    return [s.visit_ref or s.round_ref or s.kind for s in route.stops]


def test_one_visit_by_hand(tiny, clock):
    # 9:00 + 5 min walk + 60 s entry + 2 floors of 25 s = 9:06:50; 30 min; 50 s down; the
    # break at the door (11:30), then 5 min home.
    problem = tiny.week(visits=(tiny.visit("V1", door=tiny.door(5, floor=2)),))
    route = schedule_route(problem, 0, visits(0))
    visit, rest = route.stops
    assert (visit.arrive_s, visit.walk_s, visit.walk_m) == (clock("9:05"), 300, 375)
    assert (visit.access_s, visit.leave_s) == (110, 50)
    assert (visit.start_s, visit.end_s) == (clock("9:06") + 50, clock("9:36") + 50)
    assert rest.kind == "break"
    assert (rest.arrive_s, rest.start_s, rest.end_s) == (
        clock("9:36") + 50,
        clock("11:30"),
        clock("12:15"),
    )
    assert (rest.walk_s, rest.access_s, rest.leave_s, rest.place) == (0, 0, 0, 5)
    assert (route.start_s, route.end_s) == (clock("9:00"), clock("12:15") + 50 + 300)
    assert (route.home_walk_s, route.home_walk_m) == (300, 375)
    assert route.start_place == problem.places[0]


def test_same_block_costs_only_the_floors_between(tiny):
    first = tiny.visit("V1", door=tiny.door(5, floor=4))
    second = tiny.visit("V2", door=tiny.door(5, floor=1))
    problem = tiny.week(shifts=(tiny.shift(break_s=0),), visits=(first, second))
    one, two = schedule_route(problem, 0, visits(0, 1)).stops
    assert (one.leave_s, two.walk_s, two.walk_m, two.access_s) == (0, 0, 0, 75)
    assert two.leave_s == 25
    assert two.start_s == one.end_s + 75


def test_a_lift_costs_the_same_for_any_floor(tiny):
    problem = tiny.week()
    lift = {"lift": True, "from_floor": 0}
    assert vertical_s(problem, to_floor=9, **lift) == 90
    assert vertical_s(problem, to_floor=1, **lift) == 90
    assert vertical_s(problem, to_floor=0, **lift) == 0
    assert vertical_s(problem, lift=False, from_floor=3, to_floor=1) == 50


def test_no_block_means_a_walk_even_at_the_same_place(tiny):
    doors = [tiny.door(5, block_ref=None, floor=1) for _ in range(2)]
    problem = tiny.week(
        shifts=(tiny.shift(break_s=0),),
        visits=tuple(tiny.visit(f"V{k}", door=d) for k, d in enumerate(doors)),
    )
    one, two = schedule_route(problem, 0, visits(0, 1)).stops
    assert (one.leave_s, two.walk_s, two.access_s) == (25, 0, 85)


def test_leaves_just_in_time_for_the_first_window(tiny, clock):
    late = tiny.visit("V1", windows=(tiny.window(0, 11, 12),))
    problem = tiny.week(shifts=(tiny.shift(break_s=0),), visits=(late,))
    route = schedule_route(problem, 0, visits(0))
    assert route.start_s == clock("10:54")
    assert route.stops[0].arrive_s == clock("10:59")
    assert route.stops[0].start_s == clock("11:00")


def test_takes_the_earliest_of_several_windows_still_open(tiny, clock):
    busy = tiny.visit("V1", service_s=3 * 3600)
    windows = (tiny.window(0, 9, 10), tiny.window(0, 14, 15), tiny.window(0, 13, 13.5))
    problem = tiny.week(
        shifts=(tiny.shift(break_s=0),), visits=(busy, tiny.visit("V2", windows=windows))
    )
    assert schedule_route(problem, 0, visits(0, 1)).stops[1].start_s == clock("13:00")
    assert schedule_route(problem, 0, visits(1, 0)).stops[0].start_s == clock("9:06")


def test_a_window_of_another_day_does_not_count(tiny):
    problem = tiny.week(visits=(tiny.visit("V1", windows=(tiny.window(1),)),))
    assert schedule_route(problem, 0, visits(0)) is None
    assert schedule_value(problem, 0, visits(0)) is None


def test_a_fixed_start_is_kept_or_refused(tiny, clock):
    problem = tiny.week(visits=(tiny.visit("V1", windows=(tiny.window(0, 10, 11),)),))
    at = clock("10:20")
    assert schedule_route(problem, 0, [Task("visit", 0, start_s=at)]).stops[0].start_s == at
    assert schedule_route(problem, 0, [Task("visit", 0, start_s=clock("11:01"))]) is None


@pytest.mark.parametrize(("minutes", "fits"), [(38, True), (39, False)])
def test_home_by_the_end_of_the_shift(tiny, clock, minutes, fits):
    # there 5 + entry 1 + minutes + back 5 = 49 minutes with 38
    problem = tiny.week(
        shifts=(tiny.shift(end_s=clock("9:49"), break_s=0),),
        visits=(tiny.visit("V1", service_s=minutes * 60),),
    )
    assert (schedule_route(problem, 0, visits(0)) is not None) is fits


@pytest.mark.parametrize(("limit", "fits"), [(41 * 60, True), (41 * 60 - 1, False)])
def test_busy_limit_counts_walks_access_and_service(tiny, limit, fits):
    problem = tiny.week(shifts=(tiny.shift(busy_limit_s=limit),), visits=(tiny.visit("V1"),))
    assert (schedule_route(problem, 0, visits(0)) is not None) is fits


def test_break_goes_where_it_delays_least(tiny, clock):
    # Two windows with a gap from 12 to 2pm: the break belongs into the gap.
    problem = tiny.week(
        visits=(
            tiny.visit("V1", windows=(tiny.window(0, 11.5, 11.5),)),
            tiny.visit("V2", 7, windows=(tiny.window(0, 14, 14),)),
        )
    )
    route = schedule_route(problem, 0, visits(0, 1))
    assert kinds(route) == ["V1", "break", "V2"]
    assert route.end_s == clock("14:37")
    assert route.stops[1].start_s == clock("12:00")


def test_leave_of_the_stop_before_a_break_comes_after_it(tiny):
    problem = tiny.week(
        visits=(
            tiny.visit("V1", door=tiny.door(5, floor=3), windows=(tiny.window(0, 11.5, 11.5),)),
            tiny.visit("V2", 7, windows=(tiny.window(0, 13, 17),)),
        )
    )
    one, rest, two = schedule_route(problem, 0, visits(0, 1)).stops
    assert one.leave_s == 75
    assert rest.arrive_s == one.end_s
    assert two.arrive_s == rest.end_s + one.leave_s + two.walk_s
    assert two.walk_s == 120


def test_no_room_for_the_break(tiny, clock):
    whole = tiny.visit("V1", service_s=4 * 3600, windows=(tiny.window(0, 11, 11),))
    problem = tiny.week(
        shifts=(tiny.shift(break_earliest_s=clock("11:30"), break_latest_s=clock("12:30")),),
        visits=(whole,),
    )
    assert schedule_route(problem, 0, visits(0)) is None


def test_a_surgery_keeps_its_time_and_the_visits_go_around(tiny, clock):
    surgery = Session(kind="surgery", place=10, start_s=clock("10:00"), end_s=clock("12:00"))
    problem = tiny.week(
        shifts=(tiny.shift(sessions=(surgery,), break_s=0),),
        visits=(tiny.visit("V1"), tiny.visit("V2")),
    )
    route = schedule_route(problem, 0, visits(0, 1))
    assert kinds(route) == ["V1", "surgery", "V2"]
    middle = route.stops[1]
    assert (middle.name, middle.place, middle.access_s) == ("surgery", 10, 0)
    assert (middle.arrive_s, middle.start_s) == (clock("9:41"), clock("10:00"))
    assert route.stops[2].start_s == clock("12:06")


def test_a_surgery_alone_is_a_route_and_an_empty_day_has_no_stops(tiny, clock):
    surgery = Session(kind="duty desk", place=0, start_s=clock("14:00"), end_s=clock("15:00"))
    problem = tiny.week(
        shifts=(tiny.shift(sessions=(surgery,)), tiny.shift(day=1)), visits=(tiny.visit("V1"),)
    )
    assert kinds(schedule_route(problem, 0, [])) == ["break", "surgery"]
    assert schedule_route(problem, 1, []).stops == ()
    assert schedule_value(problem, 1, []) == 0


def test_a_surgery_out_of_reach_is_refused(tiny, clock):
    surgery = Session(kind="surgery", place=10, start_s=clock("9:05"), end_s=clock("10:00"))
    problem = tiny.week(shifts=(tiny.shift(sessions=(surgery,)),))
    assert schedule_route(problem, 0, []) is None


def test_interpreter_only_when_neither_officer_speaks(tiny):
    shifts = (tiny.shift(), tiny.shift("HO2"))
    officers = (
        VisitOfficer(officer_ref="HO1"),
        VisitOfficer(officer_ref="HO2", languages=frozenset({"Bengali"})),
    )
    problem = tiny.week(
        shifts=shifts, officers=officers, visits=(tiny.visit("V1", language="Bengali"),)
    )
    alone = schedule_route(problem, 0, visits(0)).stops[0]
    pair = schedule_route(problem, 0, [Task("visit", 0, with_officer="HO2")]).stops[0]
    assert (alone.interpreter, alone.end_s - alone.start_s) == (True, 45 * 60)
    assert (pair.interpreter, pair.end_s - pair.start_s) == (False, 30 * 60)
    assert pair.with_officer == "HO2"


def test_late_is_after_the_due_instant(tiny, clock):
    def planned(due: str) -> bool:
        due_at = dt.datetime.combine(tiny.monday, dt.time.fromisoformat(due))
        problem = tiny.week(visits=(tiny.visit("V1", due_at=due_at),))
        return schedule_route(problem, 0, visits(0)).stops[0].late

    assert planned("09:06:00") is False
    assert planned("09:05:59") is True


def test_a_round_ends_on_its_last_floor(tiny):
    turn = tiny.round("R1", day=0, door=tiny.door(5, floor=4), last_floor=1)
    shift = tiny.shift(break_s=0)
    problem = tiny.week(shifts=(shift,), rounds=(turn,), visits=(tiny.visit("V1", 5),))
    stop, _ = schedule_route(problem, 0, [Task("round", 0, option=0), Task("visit", 0)]).stops
    assert (stop.access_s, stop.property_refs, stop.conversations) == (160, ("H1", "H2"), 3.0)
    route = schedule_route(problem, 0, [Task("round", 0, option=0)])
    assert route.stops[0].leave_s == 25


def test_the_best_option_of_a_round_is_chosen_where_none_is_given(tiny, clock):
    problem = tiny.week(shifts=(tiny.shift(break_s=0),), rounds=(tiny.round("R1", day=0),))
    stop = schedule_route(problem, 0, [Task("round", 0)]).stops[0]
    assert (stop.start_s, stop.conversations) == (clock("12:00"), 4.0)
    # 240,000 less 10 minutes' walk at 10 a second
    assert schedule_value(problem, 0, [Task("round", 0)]) == 234_000
    assert schedule_value(problem, 0, [Task("round", 0, option=0)]) == 174_000


def test_value_counts_late_visits_as_late(tiny):
    due_at = dt.datetime.combine(tiny.monday, dt.time(9))
    problem = tiny.week(visits=(tiny.visit("V1", due_at=due_at),))
    assert schedule_value(problem, 0, visits(0)) == 300_000 - 6_000


def test_unreachable_is_refused(tiny):
    problem = tiny.week(visits=(tiny.visit("V1"),))
    walk_s = problem.walk_s.copy()
    walk_s[:, 5] = walk_s[5, :] = 10_000_000
    assert schedule_route(tiny.week(visits=problem.visits, walk_s=walk_s), 0, visits(0)) is None


def test_starts_before_and_after_a_surgery_and_the_break(tiny, clock):
    # Straight away; after the surgery (5 minutes off); after a break at 11:30am, which
    # would miss the surgery (only what comes before is looked at); after both.
    surgery = Session(kind="surgery", place=10, start_s=clock("10:00"), end_s=clock("12:00"))
    problem = tiny.week(shifts=(tiny.shift(sessions=(surgery,)),), visits=(tiny.visit("V1"),))
    starts = Timer(problem).starts(0, visits(0), 0)
    assert starts == (clock("9:06"), clock("12:06"), clock("12:21"), clock("12:51"))


def test_what_is_done_stays_first_and_the_rest_waits_for_now(tiny, clock):
    problem = tiny.week(
        shifts=(tiny.shift(break_s=0),), visits=(tiny.visit("V1"), tiny.visit("V2", 7))
    )
    timer = Timer(problem, {0: Now(clock("11:00"), done=(("visit", 0),))})
    done = Task("visit", 0, start_s=clock("9:06"))
    assert timer.value(0, [Task("visit", 1), done]) is None
    assert timer.value(0, []) is None
    assert [s.start_s for s in timer.route(0, [done, Task("visit", 1)]).stops] == [
        clock("9:06"),
        clock("11:03"),
    ]
    over = Timer(problem, {0: Now(float("inf"), done=(("visit", 0),))})
    assert over.value(0, [done, Task("visit", 1)]) is None
    assert over.value(0, [done]) is not None


def test_a_fork_knows_the_changed_visit_only(tiny, clock):
    problem = tiny.week(shifts=(tiny.shift(break_s=0),), visits=(tiny.visit("V1"),))
    timer = Timer(problem)
    before = timer.value(0, visits(0))
    nearer = problem.visits[0].model_copy(update={"door": tiny.door(1)})
    assert timer.fork(0, nearer).value(0, visits(0)) == before + 8 * 60 * 10
    assert timer.value(0, visits(0)) == before
