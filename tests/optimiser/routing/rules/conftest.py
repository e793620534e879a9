"""Plans tiny weeks, and asks who goes where and when."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from optimiser.model import Route, Stop, VisitParams, VisitPlan, VisitProblem
from optimiser.routing import plan_visits
from optimiser.routing.checks.rules import check_week


class Answer:
    """A plan without violations, and what a rule's test asks of it."""

    def __init__(self, plan: VisitPlan) -> None:
        self.plan = plan

    def at(self, ref: str) -> list[tuple[Route, Stop]]:
        """The stops of a visit or a round, each with its route, by officer."""
        found = [(r, s) for r, s in self._stops() if ref in (s.visit_ref, s.round_ref)]
        return sorted(found, key=lambda pair: pair[0].officer_ref)

    def who(self, ref: str) -> list[str]:
        return [route.officer_ref for route, _ in self.at(ref)]

    def start(self, ref: str) -> int:
        """The second at which it starts, of a pair both."""
        starts = {stop.start_s for _, stop in self.at(ref)}
        assert len(starts) == 1, f"{ref} starts at {sorted(starts)}"
        return starts.pop()

    def day(self, ref: str) -> int:
        """The day of the week, Monday 0."""
        (day,) = {route.date for route, _ in self.at(ref)}
        return day.weekday()

    @property
    def visits(self) -> set[str]:
        return {s.visit_ref for _, s in self._stops() if s.kind == "visit"}

    @property
    def rounds(self) -> set[str]:
        return {s.round_ref for _, s in self._stops() if s.kind == "round"}

    def stop(self, ref: str) -> Stop:
        return self.at(ref)[0][1]

    def _stops(self) -> Iterator[tuple[Route, Stop]]:
        return ((r, s) for r in self.plan.routes for s in r.stops)


@pytest.fixture(scope="session")
def solve():
    """Plan a tiny week: every rule checked, the bound not below."""

    def planned(problem: VisitProblem, *, seed: int = 1, iterations: int = 100) -> Answer:
        params = VisitParams(iterations=iterations, workers=1)
        plan = plan_visits(problem, params=params, seed=seed)
        assert check_week(problem, plan) == ()
        assert plan.violations == ()
        assert plan.objective <= plan.bound + 1e-9
        left = {u.visit_ref for u in plan.unplanned}
        answer = Answer(plan)
        assert left | answer.visits == {v.visit_ref for v in problem.visits}
        return answer

    return planned


@pytest.fixture(scope="session")
def solve_all():
    """Plan a folder's week: what is set aside is listed beside what was left out."""

    def planned(problem: VisitProblem, *, iterations: int = 400) -> Answer:
        plan = plan_visits(problem, params=VisitParams(iterations=iterations, workers=1))
        assert check_week(problem, plan) == ()
        return Answer(plan)

    return planned
