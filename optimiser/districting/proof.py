"""What is proven of a problem: bounds, and whether it has a plan at all."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable

import numpy as np

from optimiser.districting.annealing import penalised_cost
from optimiser.districting.bounds import Lagrangian
from optimiser.districting.instance import Instance, Int64s
from optimiser.districting.search import Incumbent
from optimiser.districting.state import new_state
from optimiser.errors import Infeasible
from optimiser.model.outcome import OPTIMAL_GAP
from optimiser.model.patches import WORKLOAD_UNITS_PER_POINT

__all__ = ["Prover"]

log = logging.getLogger(__name__)

_MOST_STEPS = 3000
_FIXED_STEPS = 400
"""Steps of the bound where results must not depend on the clock."""

_ENUMERABLE = 5_000_000
"""Blocks x units x slots up to which choices are listed."""

_FIXED_CHOICES = 600
"""Size of the exact model where results must not depend on the clock."""


class Prover:
    """Raises the bound of one problem, and solves it exactly where it is small enough."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._lagrangian = Lagrangian(instance.arrays)
        self._proven = 0.0
        self._part: Int64s | None = None
        self._impossible = False
        self._failure: BaseException | None = None

    @property
    def bound(self) -> int:
        """Return the best bound, in cost units; no plan costs less."""
        return max(self._lagrangian.bound, math.ceil(self._proven))

    def decides(self, incumbent: Incumbent) -> bool:
        """Say whether the incumbent is proven best, or no plan is proven to exist."""
        if self._impossible or incumbent.part is None:
            return self._impossible
        return incumbent.cost - self.bound <= OPTIMAL_GAP * incumbent.cost

    def run(self, incumbent: Incumbent, seconds_left: Callable[[], float] | None) -> None:
        """Prove what can be proven; None means without looking at the clock.

        Made to run in a thread: an exception waits for `settle`.
        """
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
            raise Infeasible(self._cause(), self._relaxation(incumbent))
        if self._part is not None:
            cost = penalised_cost(
                self._instance.arrays, new_state(self._instance.arrays, self._part)
            )
            if cost < incumbent.cost:
                incumbent.part, incumbent.cost = self._part, cost
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
        from optimiser.districting.exact import MOST_CHOICES, prove
        from optimiser.districting.fixing import open_choices

        a = self._instance.arrays
        cost = incumbent.cost
        if a.cost.size * a.lower.size > _ENUMERABLE:
            return
        choices = open_choices(a, self._lagrangian, cost)
        log.debug("%d choices left open", choices.count)
        if choices.count > (_FIXED_CHOICES if seconds_left is None else MOST_CHOICES):
            return
        proof = prove(a, choices, plan_known=math.isfinite(cost), seconds_left=seconds_left)
        if math.isinf(proof.bound) and proof.bound > 0 and not math.isfinite(cost):
            self._impossible = True
            return
        # A plan of the incumbent's cost may be among the choices left out.
        self._proven = max(0.0, min(proof.bound, cost))
        self._part = proof.part

    def _cause(self) -> str:
        slots = self._instance.problem.slots
        low = min(s.lower for s in slots) / WORKLOAD_UNITS_PER_POINT
        high = max(s.upper for s in slots) / WORKLOAD_UNITS_PER_POINT
        return (
            f"no division into {len(slots)} contiguous patches keeps all of them within their "
            f"workload limits ({low:,.1f} to {high:,.1f} points): proven by integer programming"
        )

    def _relaxation(self, incumbent: Incumbent) -> str:
        """Return the balance at which a contiguous plan is known."""
        a = self._instance.arrays
        if incumbent.broken is None:
            return "raise the balance"
        load = np.bincount(incumbent.broken, weights=a.weight, minlength=a.lower.size)
        target = np.maximum(1.0, [s.target for s in self._instance.problem.slots])
        away = 100 * float(np.abs(load / target - 1).max())
        return f"raise the balance to {math.ceil(10 * away) / 10:.1f} %, where a plan is known"
