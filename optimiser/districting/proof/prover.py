"""What is proven of a problem: bounds, and whether it has a plan at all."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from optimiser.districting.impossible.causes import explain_impossible
from optimiser.districting.impossible.feasibility import MOST_CELLS, Answer, divide, part_of_time
from optimiser.districting.proof import cover, enumeration, knapsacks
from optimiser.districting.proof.bounds import Lagrangian
from optimiser.districting.search.annealing import penalised_cost
from optimiser.districting.search.runs import Incumbent
from optimiser.districting.units.instance import Instance, Int64s
from optimiser.model.outcome import OPTIMAL_GAP

if TYPE_CHECKING:
    from optimiser.districting.proof.exact import Proof
    from optimiser.districting.proof.fixing import Choices

__all__ = ["Prover", "compile_all"]

log = logging.getLogger(__name__)

_MOST_STEPS = 3000
_FIXED_STEPS = 400
"""Steps of the bound where results must not depend on the clock."""

_FIND_SHARE = 0.3
"""Share of the time left to find a plan that the search has missed."""

_ENUMERABLE = 5_000_000
"""Blocks x units x slots up to which choices are listed."""

_MOST_CHOICES = 40_000
"""Unit choices up to which a problem is solved over whole patches."""

_FIXED_CHOICES = 600
"""The same where results must not depend on the clock."""


def compile_all() -> None:
    """Compile what proving needs, or load it from the cache."""
    for module in (knapsacks, enumeration, cover):
        module.compile_all()


class Prover:
    """Raises the bound of one problem, and solves it exactly where it is small enough."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._lagrangian = Lagrangian(instance.arrays)
        self._proven = 0.0
        self._part: Int64s | None = None
        self._impossible = False
        self._closed = False
        self._left: Callable[[], float] | None = None
        self._failure: BaseException | None = None

    @property
    def bound(self) -> int:
        """Return the best bound, in cost units; no plan costs less."""
        return max(self._lagrangian.bound, math.ceil(self._proven))

    def decides(self, incumbent: Incumbent) -> bool:
        """Say whether the incumbent is proven best, or no plan is proven to exist."""
        if self._closed:
            return True  # by a plan that `settle` hands over
        if self._impossible or incumbent.part is None:
            return self._impossible
        return incumbent.cost - self.bound <= OPTIMAL_GAP * incumbent.cost

    def find(self, incumbent: Incumbent, seconds_left: Callable[[], float] | None) -> None:
        """Where the search has found no plan: find one, costs aside, or prove there is none.

        Raises
        ------
        Infeasible
            If no plan exists, with the cause.
        """
        a = self._instance.arrays
        if incumbent.part is not None or a.banned.size > MOST_CELLS:
            return
        found = divide(a, seconds_left=part_of_time(seconds_left, _FIND_SHARE))
        log.debug("division costs aside: %s", found.answer)
        if found.answer is Answer.IMPOSSIBLE:
            raise explain_impossible(self._instance, incumbent.broken, seconds_left)
        if found.part is not None:
            incumbent.part = found.part
            incumbent.cost = penalised_cost(a, found.part)

    def run(self, incumbent: Incumbent, seconds_left: Callable[[], float] | None) -> None:
        """Prove what can be proven; None means without looking at the clock.

        Made to run in a thread: an exception waits for `settle`.
        """
        self._left = seconds_left
        try:
            self._raise_bound(incumbent, seconds_left)
            if not self.decides(incumbent):
                self._solve(incumbent, seconds_left)
        except Exception as failure:
            self._failure = failure

    def settle(self, incumbent: Incumbent) -> Incumbent:
        """Return the better of the incumbent and what the exact model found.

        Raises
        ------
        Infeasible
            If the exact model has no solution.
        """
        if self._failure is not None:
            raise self._failure
        if self._impossible and incumbent.part is None:
            raise explain_impossible(self._instance, incumbent.broken, self._left)
        a = self._instance.arrays
        if self._part is not None:
            # What is proven best is so without the price of splits, which only steers the search.
            real = a._replace(split_price=0.0) if self._closed else a
            known = incumbent.part
            least = math.inf if known is None else penalised_cost(real, known)
            if penalised_cost(real, self._part) < least:
                incumbent.part = self._part
                incumbent.cost = penalised_cost(a, self._part)
        return incumbent

    def _raise_bound(self, incumbent: Incumbent, seconds_left: Callable[[], float] | None) -> None:
        from optimiser.districting.metrics import best_centres

        part = incumbent.part if incumbent.part is not None else incumbent.broken
        assert part is not None
        problem = self._instance.problem
        self._lagrangian.start(part, best_centres(problem, part[self._instance.unit_of]))
        if seconds_left is None:
            self._lagrangian.improve(lambda step: step / _FIXED_STEPS)
            return
        budget = seconds_left()

        def done(step: int) -> float:
            if budget <= 0:
                return 1.0
            return max(step / _MOST_STEPS, 1 - seconds_left() / budget)

        self._lagrangian.improve(done)

    def _solve(self, incumbent: Incumbent, seconds_left: Callable[[], float] | None) -> None:
        from optimiser.districting.proof.exact import MOST_CHOICES, Proof, prove
        from optimiser.districting.proof.fixing import open_choices

        a = self._instance.arrays
        cost = incumbent.cost
        if a.cost.size * a.lower.size > _ENUMERABLE:
            return
        choices = open_choices(a, self._lagrangian, cost)
        log.debug("%d choices left open", choices.count)
        if choices.count > (_FIXED_CHOICES if seconds_left is None else _MOST_CHOICES):
            return
        proof = self._solve_over_patches(choices, incumbent, seconds_left)
        if not self._closes(proof, cost) and choices.count <= MOST_CHOICES:
            exact = prove(a, choices, plan_known=math.isfinite(cost), seconds_left=seconds_left)
            part = proof.part if exact.part is None else exact.part
            proof = Proof(max(proof.bound, exact.bound), part)
        if math.isinf(proof.bound) and proof.bound > 0 and not math.isfinite(cost):
            self._impossible = True
            return
        self._raise(proof.bound, cost)
        self._part, self._closed = proof.part, self._closes(proof, cost)

    def _solve_over_patches(
        self, choices: Choices, incumbent: Incumbent, seconds_left: Callable[[], float] | None
    ) -> Proof:
        from optimiser.districting.proof.columns import partition_exactly, start_prices

        a, cost = self._instance.arrays, incumbent.cost
        return partition_exactly(
            a,
            choices,
            start_prices(choices, self._lagrangian, a),
            known=incumbent.part,
            cost=lambda: incumbent.cost,
            seconds_left=seconds_left,
            raised=lambda bound: self._raise(bound, cost),
        )

    def _raise(self, bound: float, cost: float) -> None:
        """Take over a bound of the choices that a plan of at most `cost` may use."""
        # A plan of that cost may be among the choices left out.
        self._proven = max(self._proven, min(bound, cost))

    def _closes(self, proof: Proof, cost: float) -> bool:
        """Say whether the best plan is known: that of the proof, or else that of `cost`."""
        a = self._instance.arrays
        if proof.part is not None:
            cost = min(cost, penalised_cost(a._replace(split_price=0.0), proof.part))
        return cost <= proof.bound
