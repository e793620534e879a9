"""Community Thursday: which doors, by whom, in which part of the day, woven in with requests."""

from __future__ import annotations

from optimiser.model import Session, VisitOfficer

HOUR = 3600
THURSDAY = 3


class TestRound:
    def test_the_better_part_of_the_day(self, tiny, solve):
        """Four conversations after noon instead of three before."""
        answer = solve(tiny.week(shifts=(tiny.shift(day=3),), rounds=(tiny.round("R"),)))
        assert answer.start("R") >= 12 * HOUR
        assert answer.plan.conversations == 4
        assert answer.plan.doors == 2

    def test_the_other_part_where_that_one_is_taken(self, tiny, solve):
        """The officer goes home at noon."""
        shift = tiny.shift(day=3, end_s=12 * HOUR, break_s=0)
        answer = solve(tiny.week(shifts=(shift,), rounds=(tiny.round("R"),)))
        assert answer.start("R") < 12 * HOUR
        assert answer.plan.conversations == 3

    def test_neither_part_has_room(self, tiny, solve):
        """40 minutes, a minute of entry, 10 on foot: 51."""
        for minutes, planned in ((51, {"R"}), (50, set())):
            shift = tiny.shift(day=3, busy_limit_s=minutes * 60)
            assert solve(tiny.week(shifts=(shift,), rounds=(tiny.round("R"),))).rounds == planned

    def test_it_starts_in_its_part_and_may_end_in_the_next(self, tiny, solve):
        morning = (tiny.option("morning", 11.5, 12, 3.0, 180_000),)
        shift = tiny.shift(day=3, break_s=0)
        turn = tiny.round("R", options=morning)
        answer = solve(tiny.week(shifts=(shift,), rounds=(turn,)))
        assert 11.5 * HOUR <= answer.start("R") < 12 * HOUR
        assert answer.stop("R").end_s > 12 * HOUR

    def test_only_on_its_day(self, tiny, solve):
        wednesday = tiny.week(shifts=(tiny.shift(day=2),), rounds=(tiny.round("R"),))
        assert solve(wednesday).rounds == set()

    def test_only_by_its_officers(self, tiny, solve):
        shifts = (tiny.shift("HO1", 3), tiny.shift("HO2", 3))
        turn = tiny.round("R", officers=("HO2",))
        assert solve(tiny.week(shifts=shifts, rounds=(turn,))).who("R") == ["HO2"]
        assert solve(tiny.week(shifts=shifts[:1], rounds=(turn,))).rounds == set()

    def test_at_most_once_though_two_could(self, tiny, solve):
        shifts = (tiny.shift("HO1", 3), tiny.shift("HO2", 3))
        rounds = tuple(tiny.round(f"R{k}", officers=("HO1", "HO2")) for k in range(3))
        answer = solve(tiny.week(shifts=shifts, rounds=rounds))
        assert [len(answer.at(f"R{k}")) for k in range(3)] == [1, 1, 1]
        assert answer.plan.doors == 6

    def test_from_the_top_down_the_way_out_is_short(self, tiny, solve):
        """Up five floors on foot, 125 s, then down from the first: 25 s."""
        door = tiny.door(5, floor=5)
        turn = tiny.round("R", door=door, last_floor=1)
        answer = solve(tiny.week(shifts=(tiny.shift(day=3),), rounds=(turn,)))
        assert (answer.stop("R").access_s, answer.stop("R").leave_s) == (60 + 125, 25)


class TestParts:
    """A block knocked in parts: each for itself, and no second way in between them."""

    def test_parts_of_a_block_follow_each_other_indoors(self, tiny, solve):
        parts = tuple(
            tiny.round(f"R{k}", door=tiny.door(5, floor=4 - 2 * k), last_floor=3 - 2 * k)
            for k in range(2)
        )
        answer = solve(tiny.week(shifts=(tiny.shift(day=3, break_s=0),), rounds=parts))
        assert answer.rounds == {"R0", "R1"}
        first, second = sorted((answer.stop(r) for r in ("R0", "R1")), key=lambda s: s.start_s)
        assert (second.walk_s, first.leave_s) == (0, 0)
        assert second.access_s < 60

    def test_one_part_where_there_is_no_room_for_both(self, tiny, solve):
        parts = tuple(tiny.round(f"R{k}") for k in range(2))
        shift = tiny.shift(day=3, busy_limit_s=HOUR)
        assert len(solve(tiny.week(shifts=(shift,), rounds=parts)).rounds) == 1


class TestWoven:
    def test_a_request_of_the_day_comes_between(self, tiny, solve):
        visit = tiny.visit("A", windows=(tiny.window(3, 14.5, 14.5),))
        rounds = tuple(tiny.round(f"R{k}", 5 + k) for k in range(6))
        answer = solve(tiny.week(shifts=(tiny.shift(day=3),), rounds=rounds, visits=(visit,)))
        starts = [answer.start(ref) for ref in answer.rounds]
        assert min(starts) < answer.start("A") < max(starts)

    def test_a_request_comes_before_doors(self, tiny, solve):
        """Room for one of the two."""
        visit = tiny.visit("A", windows=(tiny.window(3),), service_s=2400)
        shift = tiny.shift(day=3, busy_limit_s=55 * 60)
        week = tiny.week(shifts=(shift,), rounds=(tiny.round("R"),), visits=(visit,))
        answer = solve(week)
        assert (answer.visits, answer.rounds) == ({"A"}, set())


class TestRoundOfTwo:
    """Knocked by the first officer named and one of the others, together."""

    def both(self, tiny, *officers, **changes):
        return tiny.round("R", officers=officers, two_officers=True, **changes)

    def test_two_knock_together_and_it_counts_once(self, tiny, solve):
        shifts = (tiny.shift("HO1", 3), tiny.shift("HO2", 3, start_place=20, end_place=20))
        answer = solve(tiny.week(shifts=shifts, rounds=(self.both(tiny, "HO1", "HO2"),)))
        assert answer.who("R") == ["HO1", "HO2"]
        assert answer.start("R") >= 12 * HOUR
        assert [s.with_officer for _, s in answer.at("R")] == ["HO2", "HO1"]
        assert (answer.plan.doors, answer.plan.conversations) == (2, 4)

    def test_never_one(self, tiny, solve):
        turn = self.both(tiny, "HO1", "HO2")
        alone = tiny.week(
            shifts=(tiny.shift("HO1", 3),),
            officers=(VisitOfficer(officer_ref="HO1"), VisitOfficer(officer_ref="HO2")),
            rounds=(turn,),
        )
        assert solve(alone).rounds == set()

    def test_the_first_is_one_of_them(self, tiny, solve):
        """HO2 and HO3 are both free, and HO1, whose doors they are, only in the morning."""
        shifts = (
            tiny.shift("HO1", 3, end_s=12 * HOUR, break_s=0),
            tiny.shift("HO2", 3),
            tiny.shift("HO3", 3),
        )
        answer = solve(tiny.week(shifts=shifts, rounds=(self.both(tiny, "HO1", "HO2", "HO3"),)))
        assert "HO1" in answer.who("R")
        assert answer.start("R") < 12 * HOUR
        without = solve(
            tiny.week(
                shifts=shifts[1:],
                officers=tuple(VisitOfficer(officer_ref=f"HO{k}") for k in (1, 2, 3)),
                rounds=(self.both(tiny, "HO1", "HO2", "HO3"),),
            )
        )
        assert without.rounds == set()

    def test_both_diaries_decide_the_part_of_the_day(self, tiny, solve):
        """HO2 has a surgery all afternoon."""
        desk = Session(kind="surgery", place=0, start_s=12 * HOUR, end_s=17 * HOUR)
        shifts = (tiny.shift("HO1", 3), tiny.shift("HO2", 3, break_s=0, sessions=(desk,)))
        answer = solve(tiny.week(shifts=shifts, rounds=(self.both(tiny, "HO1", "HO2"),)))
        assert answer.start("R") < 12 * HOUR
        assert answer.plan.conversations == 3
