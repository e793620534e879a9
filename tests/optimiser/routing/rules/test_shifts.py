"""An officer's day: hours, place, break, sessions, slack, walking.

Each rule with a case where it does not matter, one that cannot be and one that it decides.
"""

import pytest

from optimiser.errors import Infeasible
from optimiser.model import Session

HOUR = 3600


class TestShifts:
    def test_a_visit_is_on_a_day_that_somebody_works(self, tiny, solve):
        shifts = (tiny.shift("HO1", 2), tiny.shift("HO2", 4))
        visit = tiny.visit("A", windows=(tiny.window(2), tiny.window(3)))
        assert solve(tiny.week(shifts=shifts, visits=(visit,))).day("A") == 2

    def test_no_visit_on_a_day_off(self, tiny, solve):
        visit = tiny.visit("A", windows=(tiny.window(3),))
        answer = solve(tiny.week(shifts=(tiny.shift(day=2),), visits=(visit,)))
        assert answer.visits == set()
        assert "no officer who may do it works" in answer.plan.unplanned[0].reason

    def test_the_walk_out_fits_before_the_window_ends(self, tiny, solve):
        """30 minutes' walk and a minute of entry: 9:31 can be kept, 9:30 cannot."""
        for minute, planned in ((31, {"A"}), (30, set())):
            window = tiny.window(0, 9, 9 + minute / 60)
            assert solve(tiny.week(visits=(tiny.visit("A", 30, windows=(window,)),))).visits == (
                planned
            )

    def test_the_walk_home_fits_before_the_shift_ends(self, tiny, solve):
        """In at 4pm or later, 30 minutes there and 30 back: home at 5pm at the soonest."""
        visit = tiny.visit("A", 30, windows=(tiny.window(0, 16, 17),))
        for end_s, planned in ((17 * HOUR, {"A"}), (17 * HOUR - 1, set())):
            assert solve(tiny.week(shifts=(tiny.shift(end_s=end_s),), visits=(visit,))).visits == (
                planned
            )

    def test_a_part_timers_day_ends_early(self, tiny, solve):
        morning = tiny.shift("HO1", end_s=13 * HOUR, break_s=0)
        late = tiny.visit("late", windows=(tiny.window(0, 14, 16),))
        early = tiny.visit("early", windows=(tiny.window(0, 9, 10),))
        answer = solve(tiny.week(shifts=(morning,), visits=(late, early)))
        assert answer.visits == {"early"}
        both = solve(tiny.week(shifts=(morning, tiny.shift("HO2")), visits=(late, early)))
        assert both.who("late") == ["HO2"]

    def test_the_day_starts_and_ends_at_its_places(self, tiny, solve):
        """From place 10 to place 20 over 15: no step back."""
        shift = tiny.shift(start_place=10, end_place=20)
        (route,) = solve(tiny.week(shifts=(shift,), visits=(tiny.visit("A", 15),))).plan.routes
        assert (route.start_place.name, route.end_place.name) == ("place 10", "place 20")
        assert (route.stops[0].walk_s, route.home_walk_s) == (300, 300)


class TestBreak:
    NOON = 12 * HOUR

    def test_it_lies_in_its_window(self, tiny, solve):
        shift = tiny.shift(break_earliest_s=self.NOON, break_latest_s=self.NOON + 60)
        (route,) = solve(tiny.week(shifts=(shift,), visits=(tiny.visit("A"),))).plan.routes
        (rest,) = [s for s in route.stops if s.kind == "break"]
        assert self.NOON <= rest.start_s <= self.NOON + 60
        assert rest.end_s - rest.start_s == 45 * 60

    def test_a_visit_in_the_middle_of_it_is_left(self, tiny, solve):
        shift = tiny.shift(break_earliest_s=self.NOON, break_latest_s=self.NOON)
        visit = tiny.visit("A", windows=(tiny.window(0, 11.75, 12.5),), service_s=2400)
        answer = solve(tiny.week(shifts=(shift,), visits=(visit,)))
        assert answer.visits == set()

    def test_it_moves_to_where_it_leaves_most_room(self, tiny, solve):
        """Only with the break after 1pm can both be visited."""
        visits = tuple(
            tiny.visit(ref, windows=(tiny.window(0, at, at),), service_s=3500)
            for ref, at in (("A", 11.5), ("B", 12.5))
        )
        shift = tiny.shift(break_earliest_s=11 * HOUR)
        answer = solve(tiny.week(shifts=(shift,), visits=visits))
        assert answer.visits == {"A", "B"}
        (rest,) = [s for s in answer.plan.routes[0].stops if s.kind == "break"]
        assert rest.start_s >= answer.stop("B").end_s

    def test_without_a_break_midday_is_free(self, tiny, solve):
        visit = tiny.visit("A", windows=(tiny.window(0, 11.75, 12.5),), service_s=2 * HOUR)
        assert solve(tiny.week(shifts=(tiny.shift(break_s=0),), visits=(visit,))).visits == {"A"}


class TestSessions:
    def desk(self, start, end, place=10, kind="surgery"):
        return Session(kind=kind, place=place, start_s=int(start * HOUR), end_s=int(end * HOUR))

    def test_it_is_kept_even_with_nothing_else_to_do(self, tiny, solve):
        shift = tiny.shift(sessions=(self.desk(10, 12),))
        (route,) = solve(tiny.week(shifts=(shift,))).plan.routes
        (held,) = [s for s in route.stops if s.kind == "surgery"]
        assert (held.start_s, held.end_s, held.place) == (10 * HOUR, 12 * HOUR, 10)
        assert route.home_walk_s == 600

    def test_a_visit_during_it_is_left_or_goes_to_a_colleague(self, tiny, solve):
        shift = tiny.shift(sessions=(self.desk(10, 12),))
        visit = tiny.visit("A", windows=(tiny.window(0, 10.5, 11),))
        assert solve(tiny.week(shifts=(shift,), visits=(visit,))).visits == set()
        shared = solve(tiny.week(shifts=(shift, tiny.shift("HO2")), visits=(visit,)))
        assert shared.who("A") == ["HO2"]

    def test_the_walk_to_it_and_from_it_counts(self, tiny, solve):
        """A at place 5 for 30 minutes: over by 9:55am when begun by 9:25, then 5 minutes' walk."""
        shift = tiny.shift(sessions=(self.desk(10, 12),))
        for latest, planned in ((25, {"A"}), (26, {"A"})):
            windows = (tiny.window(0, 9 + latest / 60, 9 + latest / 60),)
            visit = tiny.visit("A", 5, windows=windows)
            expected = planned if latest == 25 else set()
            assert solve(tiny.week(shifts=(shift,), visits=(visit,))).visits == expected

    @pytest.mark.parametrize(
        ("sessions", "named"),
        [
            ([(9.05, 10, 40, "surgery")], "the surgery at 9:03am"),
            ([(10, 11, 0, "surgery"), (11, 12, 30, "duty desk")], "duty desk at 11am"),
            ([(15, 17, 40, "surgery")], "back by 5pm"),
        ],
        ids=["out of reach", "too close together", "no way home"],
    )
    def test_what_cannot_be_kept_is_infeasible_and_named(self, tiny, solve, sessions, named):
        desks = tuple(self.desk(*s) for s in sessions)
        with pytest.raises(Infeasible, match=named):
            solve(tiny.week(shifts=(tiny.shift(sessions=desks),)))


class TestSlack:
    """A visit at place 5 takes 10 minutes' walk, a minute of entry and 30 at the door: 41."""

    def test_the_busy_limit_counts_to_the_second(self, tiny, solve):
        for limit_s, planned in ((41 * 60, {"A"}), (41 * 60 - 1, set())):
            shift = tiny.shift(busy_limit_s=limit_s)
            assert solve(tiny.week(shifts=(shift,), visits=(tiny.visit("A"),))).visits == planned

    def test_the_more_valuable_request_has_the_room(self, tiny, solve):
        low, high = tiny.visit("low", 5, value=300_000), tiny.visit("high", 6)
        shift = tiny.shift(busy_limit_s=HOUR)
        assert solve(tiny.week(shifts=(shift,), visits=(low, high))).visits == {"high"}

    def test_a_break_is_not_busy_time_and_a_session_is(self, tiny, solve):
        desk = Session(kind="surgery", place=0, start_s=15 * HOUR, end_s=16 * HOUR)
        for sessions, limit_s, planned in (
            ((), 41 * 60, {"A"}),
            ((desk,), 41 * 60, None),
            ((desk,), 100 * 60, set()),
            ((desk,), 101 * 60, {"A"}),
        ):
            shift = tiny.shift(busy_limit_s=limit_s, sessions=sessions)
            week = tiny.week(shifts=(shift,), visits=(tiny.visit("A"),))
            if planned is None:
                with pytest.raises(Infeasible, match="after its break and slack"):
                    solve(week)
            else:
                assert solve(week).visits == planned


class TestWalking:
    """There and back to place k is 2k minutes on foot."""

    def test_the_limit_counts_to_the_second(self, tiny, solve):
        for limit_s, planned in ((1200, {"A"}), (1199, set())):
            shift = tiny.shift(walk_limit_s=limit_s)
            assert solve(tiny.week(shifts=(shift,), visits=(tiny.visit("A", 10),))).visits == (
                planned
            )

    def test_it_is_a_days_not_a_weeks(self, tiny, solve):
        """Two ends of the street, 15 minutes' walk each: a day each."""
        shifts = tuple(tiny.shift(day=d, walk_limit_s=1800, start_place=30) for d in (0, 1))
        shifts = tuple(s.model_copy(update={"end_place": 30}) for s in shifts)
        visits = (tiny.visit("west", 15), tiny.visit("east", 45))
        answer = solve(tiny.week(shifts=shifts, visits=visits))
        assert answer.visits == {"west", "east"}
        assert answer.day("west") != answer.day("east")
        alone = solve(tiny.week(shifts=shifts[:1], visits=visits))
        assert len(alone.visits) == 1

    def test_both_of_a_pair_keep_it(self, tiny, solve):
        pair = tiny.visit("A", 10, two_officers=True)
        for limit_s, planned in ((1200, {"A"}), (1199, set())):
            shifts = (tiny.shift("HO1"), tiny.shift("HO2", walk_limit_s=limit_s))
            assert solve(tiny.week(shifts=shifts, visits=(pair,))).visits == planned

    def test_sessions_beyond_it_are_infeasible(self, tiny, solve):
        desk = Session(kind="surgery", place=30, start_s=12 * HOUR, end_s=13 * HOUR)
        shift = tiny.shift(sessions=(desk,), walk_limit_s=3599)
        with pytest.raises(Infeasible, match="takes 60 minutes, max_walk_minutes_day allows 59"):
            solve(tiny.week(shifts=(shift,)))
