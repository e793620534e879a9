"""Who goes: skill, language, own officer, exclusions, the officer that a request names, pairs."""

from __future__ import annotations

import pytest

from optimiser.model import VisitOfficer


def officer(ref, *, skills=(), languages=()):
    return VisitOfficer(officer_ref=ref, skills=frozenset(skills), languages=frozenset(languages))


@pytest.fixture
def team(tiny):
    """A week of HO1, HO2, ... on Monday, given as skills and languages."""

    def week(*officers, visits=(), **changes):
        shifts = tuple(tiny.shift(o.officer_ref) for o in officers)
        return tiny.week(shifts=shifts, officers=officers, visits=tuple(visits), **changes)

    return week


class TestSkill:
    def test_who_holds_it_goes(self, tiny, solve, team):
        week = team(officer("HO1"), officer("HO2", skills={"damp"}),
                    visits=[tiny.visit("A", skill="damp")])  # fmt: skip
        assert solve(week).who("A") == ["HO2"]

    def test_nobody_holds_it(self, tiny, solve, team):
        answer = solve(team(officer("HO1"), visits=[tiny.visit("A", skill="damp")]))
        assert answer.visits == set()
        assert answer.plan.unplanned[0].kind == "impossible"

    def test_who_holds_it_is_kept_for_it(self, tiny, solve, team):
        """One hour each: HO2 alone can do A, so B is HO1's though its door is HO2's own."""
        visits = [
            tiny.visit("A", 5, skill="damp"),
            tiny.visit("B", 5, own_officer="HO2", own_officer_value=30_000),
        ]
        week = team(officer("HO1"), officer("HO2", skills={"damp"}), visits=visits)
        tight = [s.model_copy(update={"busy_limit_s": 3600}) for s in week.shifts]
        answer = solve(week.model_copy(update={"shifts": tuple(tight)}))
        assert (answer.who("A"), answer.who("B")) == (["HO2"], ["HO1"])


class TestLanguage:
    def test_who_speaks_it_goes_and_is_quicker(self, tiny, solve, team):
        """15 minutes with an interpreter are worth nothing here, but the day has 45 in all."""
        visits = [tiny.visit(r, 5, language="Somali") for r in ("A", "B")]
        week = team(officer("HO1"), officer("HO2", languages={"Somali"}), visits=visits)
        shifts = tuple(s.model_copy(update={"busy_limit_s": 75 * 60}) for s in week.shifts)
        answer = solve(week.model_copy(update={"shifts": shifts}))
        assert answer.visits == {"A", "B"}
        for ref in ("A", "B"):
            stop = answer.stop(ref)
            spoken = answer.who(ref) == ["HO2"]
            assert stop.interpreter is not spoken
            assert stop.end_s - stop.start_s == (1800 if spoken else 2700)

    def test_nobody_speaks_it_an_interpreter_comes_and_it_is_longer(self, tiny, solve, team):
        answer = solve(team(officer("HO1"), visits=[tiny.visit("A", language="Somali")]))
        assert answer.stop("A").interpreter
        assert answer.stop("A").end_s - answer.stop("A").start_s == 2700

    def test_the_longer_visit_may_not_fit(self, tiny, solve, team):
        """10 minutes on foot, 1 of entry and 45 with an interpreter: 56."""
        visit = tiny.visit("A", language="Somali")
        for minutes, planned in ((56, {"A"}), (55, set())):
            week = team(officer("HO1"), visits=[visit])
            shift = week.shifts[0].model_copy(update={"busy_limit_s": minutes * 60})
            answer = solve(week.model_copy(update={"shifts": (shift,)}))
            assert answer.visits == planned


class TestOwnOfficer:
    def test_the_homes_officer_goes(self, tiny, solve, team):
        visit = tiny.visit("A", own_officer="HO2", own_officer_value=30_000)
        answer = solve(team(officer("HO1"), officer("HO2"), visits=[visit]))
        assert answer.who("A") == ["HO2"]
        assert answer.plan.own_officer == 1

    def test_another_goes_rather_than_nobody(self, tiny, solve, team):
        visit = tiny.visit("A", own_officer="HO9", own_officer_value=30_000)
        answer = solve(team(officer("HO1"), visits=[visit]))
        assert answer.who("A") == ["HO1"]
        assert answer.plan.own_officer == 0

    def test_it_counts_less_than_another_request(self, tiny, solve, team):
        """HO1 alone has the skill of B and room for one: A goes to HO2, not its own."""
        visits = [
            tiny.visit("A", own_officer="HO1", own_officer_value=30_000),
            tiny.visit("B", skill="damp", value=60_000, late_value=0),
        ]
        week = team(officer("HO1", skills={"damp"}), officer("HO2"), visits=visits)
        shifts = tuple(s.model_copy(update={"busy_limit_s": 3600}) for s in week.shifts)
        answer = solve(week.model_copy(update={"shifts": shifts}))
        assert (answer.who("A"), answer.who("B")) == (["HO2"], ["HO1"])


class TestExclusion:
    def test_who_is_excluded_stays_away(self, tiny, solve, team):
        visit = tiny.visit(
            "A", own_officer="HO1", own_officer_value=30_000, excluded_officers=frozenset({"HO1"})
        )
        assert solve(team(officer("HO1"), officer("HO2"), visits=[visit])).who("A") == ["HO2"]

    def test_nobody_is_left(self, tiny, solve, team):
        visit = tiny.visit("A", excluded_officers=frozenset({"HO1", "HO2"}))
        answer = solve(team(officer("HO1"), officer("HO2"), visits=[visit]))
        assert answer.visits == set()
        assert "excluded" in answer.plan.unplanned[0].reason

    def test_neither_of_a_pair_is_excluded(self, tiny, solve, team):
        pair = tiny.visit("A", two_officers=True, excluded_officers=frozenset({"HO2"}))
        three = [officer(f"HO{k}") for k in (1, 2, 3)]
        assert solve(team(*three, visits=[pair])).who("A") == ["HO1", "HO3"]
        assert solve(team(*three[:2], visits=[pair])).visits == set()


class TestNamedOfficer:
    def test_the_one_named_goes_alone(self, tiny, solve, team):
        visit = tiny.visit("A", required_officer="HO2", own_officer="HO1", own_officer_value=9_000)
        assert solve(team(officer("HO1"), officer("HO2"), visits=[visit])).who("A") == ["HO2"]

    def test_the_one_named_is_away(self, tiny, solve, team):
        visit = tiny.visit("A", required_officer="HO2")
        week = team(officer("HO1"), officer("HO2"), visits=[visit])
        assert solve(week.model_copy(update={"shifts": week.shifts[:1]})).visits == set()

    def test_the_one_named_is_one_of_the_pair(self, tiny, solve, team):
        pair = tiny.visit("A", two_officers=True, required_officer="HO3")
        answer = solve(team(*(officer(f"HO{k}") for k in (1, 2, 3)), visits=[pair]))
        assert "HO3" in answer.who("A")
        assert len(answer.who("A")) == 2


class TestTwoOfficers:
    def test_both_start_in_the_same_second(self, tiny, solve):
        """From the two ends of the street, and both name each other."""
        shifts = (tiny.shift("HO1"), tiny.shift("HO2", start_place=30, end_place=30))
        pair = tiny.visit("A", 10, two_officers=True)
        answer = solve(tiny.week(shifts=shifts, visits=(pair,)))
        assert answer.who("A") == ["HO1", "HO2"]
        assert answer.start("A") == 9 * 3600 + 20 * 60 + 60
        assert [s.with_officer for _, s in answer.at("A")] == ["HO2", "HO1"]
        assert len({s.end_s for _, s in answer.at("A")}) == 1

    def test_never_one(self, tiny, solve):
        pair = tiny.visit("A", two_officers=True)
        assert solve(tiny.week(visits=(pair,))).visits == set()
        apart = (tiny.shift("HO1", 0), tiny.shift("HO2", 1))
        answer = solve(tiny.week(shifts=apart, visits=(pair,)))
        assert answer.visits == set()
        assert "no two" in answer.plan.unplanned[0].reason

    def test_both_diaries_decide_the_day(self, tiny, solve):
        """Together only on Wednesday."""
        shifts = tuple(
            tiny.shift(o, d) for o, d in (("HO1", 0), ("HO2", 1), ("HO1", 2), ("HO2", 2))
        )
        answer = solve(tiny.week(shifts=shifts, visits=(tiny.visit("A", two_officers=True),)))
        assert answer.day("A") == 2

    def test_one_waits_for_the_other(self, tiny, solve):
        """HO2 works from 1pm."""
        shifts = (tiny.shift("HO1"), tiny.shift("HO2", start_s=13 * 3600, break_s=0))
        answer = solve(tiny.week(shifts=shifts, visits=(tiny.visit("A", two_officers=True),)))
        assert answer.start("A") >= 13 * 3600 + 5 * 60 + 60

    def test_either_holds_skill_and_language(self, tiny, solve, team):
        pair = tiny.visit("A", two_officers=True, skill="damp", language="Somali")
        skilled, speaker = officer("HO1", skills={"damp"}), officer("HO2", languages={"Somali"})
        answer = solve(team(skilled, speaker, officer("HO3"), visits=[pair]))
        assert "HO1" in answer.who("A")
        both = solve(team(skilled, speaker, visits=[pair]))
        assert not both.stop("A").interpreter
        assert both.stop("A").end_s - both.stop("A").start_s == 1800
        silent = solve(team(skilled, officer("HO3"), visits=[pair]))
        assert silent.stop("A").interpreter
        assert solve(team(speaker, officer("HO3"), visits=[pair])).visits == set()

    def test_the_own_officer_may_be_either(self, tiny, solve, team):
        pair = tiny.visit("A", two_officers=True, own_officer="HO3", own_officer_value=30_000)
        answer = solve(team(*(officer(f"HO{k}") for k in (1, 2, 3)), visits=[pair]))
        assert "HO3" in answer.who("A")
        assert answer.plan.own_officer == 1
