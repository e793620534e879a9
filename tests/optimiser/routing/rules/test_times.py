"""When: windows, due dates, statutory first, priority, an agreed time."""

from __future__ import annotations

import datetime as dt

import pytest

HOUR = 3600


class TestWindows:
    def test_the_start_lies_in_it_not_the_end(self, tiny, solve):
        """Started at 10 to the second, over at 10:30."""
        visit = tiny.visit("A", windows=(tiny.window(0, 10, 10),))
        assert solve(tiny.week(visits=(visit,))).start("A") == 10 * HOUR

    def test_a_day_without_one_is_no_day(self, tiny, solve):
        shifts = tuple(tiny.shift(day=d) for d in range(5))
        visit = tiny.visit("A", windows=(tiny.window(3),))
        assert solve(tiny.week(shifts=shifts, visits=(visit,))).day("A") == 3
        assert solve(tiny.week(shifts=shifts[:3], visits=(visit,))).visits == set()

    def test_the_second_of_a_day_is_as_good(self, tiny, solve):
        windows = (tiny.window(0, 9, 9.02), tiny.window(0, 15, 16))
        answer = solve(tiny.week(visits=(tiny.visit("A", 20, windows=windows),)))
        assert answer.start("A") >= 15 * HOUR

    def test_several_on_several_days_let_all_fit(self, tiny, solve):
        """B can only be at 10 on Monday: A takes its window of Tuesday."""
        a = tiny.visit("A", windows=(tiny.window(0, 10, 10), tiny.window(1, 14, 14)))
        b = tiny.visit("B", windows=(tiny.window(0, 10, 10),))
        shifts = (tiny.shift(day=0), tiny.shift(day=1))
        answer = solve(tiny.week(shifts=shifts, visits=(a, b)))
        assert (answer.day("A"), answer.day("B")) == (1, 0)
        assert answer.start("A") == 14 * HOUR

    def test_they_decide_the_order(self, tiny, solve):
        near = tiny.visit("near", 5, windows=(tiny.window(0, 14, 15),))
        far = tiny.visit("far", 20, windows=(tiny.window(0, 10, 11),))
        answer = solve(tiny.week(visits=(near, far)))
        assert answer.start("far") < answer.start("near")


class TestDueDate:
    @staticmethod
    def due(tiny, day, hour=23):
        return dt.datetime.combine(tiny.day(day), dt.time(hour, 59, 59))

    def test_on_the_last_day_it_is_on_time(self, tiny, solve):
        visit = tiny.visit("A", due_at=self.due(tiny, 2))
        answer = solve(tiny.week(shifts=(tiny.shift(day=2),), visits=(visit,)))
        assert not answer.stop("A").late
        assert answer.plan.late == 0

    def test_later_only_where_nothing_else_is_left_and_then_marked(self, tiny, solve):
        visit = tiny.visit("A", due_at=self.due(tiny, 1))
        both = solve(tiny.week(shifts=(tiny.shift(day=0), tiny.shift(day=2)), visits=(visit,)))
        assert (both.day("A"), both.stop("A").late) == (0, False)
        late = solve(tiny.week(shifts=(tiny.shift(day=2),), visits=(visit,)))
        assert late.stop("A").late
        assert late.plan.late == 1

    def test_an_hour_is_kept_to_the_second(self, tiny, solve):
        """At the door at 9:06 at the earliest."""
        for second, late in ((0, False), (-1, True)):
            at = dt.datetime.combine(tiny.monday, dt.time(9, 6)) + dt.timedelta(seconds=second)
            answer = solve(tiny.week(visits=(tiny.visit("A", due_at=at),)))
            assert answer.stop("A").late is late

    def test_the_statutory_one_has_the_last_room_on_time(self, tiny, solve):
        """One visit fits on Monday, one on Wednesday; both are due on Tuesday."""
        shifts = tuple(tiny.shift(day=d, busy_limit_s=HOUR) for d in (0, 2))
        plain = tiny.visit("plain", 5, due_at=self.due(tiny, 1), value=2_000_000)
        statutory = tiny.visit(
            "law", 6, due_at=self.due(tiny, 1), statutory=True,
            value=6_600_000, statutory_value=6_000_000, late_value=300_000,
        )  # fmt: skip
        answer = solve(tiny.week(shifts=shifts, visits=(plain, statutory)))
        assert (answer.day("law"), answer.day("plain")) == (0, 2)
        assert (answer.stop("law").late, answer.stop("plain").late) == (False, True)
        statutory_tier = answer.plan.tiers[0]
        assert (statutory_tier.name, statutory_tier.value) == ("statutory", 1000)


class TestPriority:
    @pytest.mark.parametrize("first", ["A", "B"])
    def test_the_one_worth_more_has_the_room(self, tiny, solve, first):
        visits = tuple(
            tiny.visit(ref, 5 + k, value=900_000 if ref == first else 600_000)
            for k, ref in enumerate("AB")
        )
        answer = solve(tiny.week(shifts=(tiny.shift(busy_limit_s=HOUR),), visits=visits))
        assert answer.visits == {first}

    def test_two_small_ones_may_outweigh_it(self, tiny, solve):
        """An hour and a half: the long one, or both short ones."""
        long = tiny.visit("long", 5, service_s=4500, value=900_000)
        short = tuple(tiny.visit(f"S{k}", 5, service_s=1800, value=600_000) for k in range(2))
        shift = tiny.shift(busy_limit_s=5400)
        assert solve(tiny.week(shifts=(shift,), visits=(long, *short))).visits == {"S0", "S1"}
