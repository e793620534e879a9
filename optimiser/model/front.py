"""What is to be had for what: plans between walking, balance and homes moved."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from optimiser.model.base import Frozen
from optimiser.model.patches import PatchPlan

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BalanceBounds", "Front", "FrontPoint", "PointStatus", "farthest_from_target"]


class PointStatus(StrEnum):
    """How much is known of a setting; the first two as a plan's status."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    OUT_OF_TIME = "out_of_time"


class FrontPoint(Frozen):
    """The plan found at one balance and one price of a moved home, or why there is none.

    `objective`, `bound` and `gap` are at this point's own price and balance. `reached`
    is the largest distance of a patch's workload from its target, as a share of it.
    `dearest_home_minutes` is the most that one moved home costs at this price, cases and
    flags included (None: not known). `dominated`: another point is as good in walking,
    balance and homes moved, and better in one of them (or the same, and listed before).
    """

    balance: float
    moved_home_minutes: float
    status: PointStatus
    cause: str | None = None
    relaxation: str | None = None
    reached: float | None = None
    walk_minutes: float | None = None
    centre_minutes: float | None = None
    homes_moved: int | None = None
    objective: float | None = None
    bound: float | None = None
    gap: float | None = None
    dearest_home_minutes: float | None = None
    dominated: bool = False
    plan: PatchPlan | None = None

    @property
    def minutes(self) -> float | None:
        """Walking a week, ways to and from service centres included; None without a plan."""
        if self.walk_minutes is None or self.centre_minutes is None:
            return None
        return self.walk_minutes + self.centre_minutes


class BalanceBounds(Frozen):
    """What no valid plan at this balance can do better, whatever it gives up elsewhere.

    `least_minutes` is of walking with the ways to service centres, `fewest_homes` of
    homes moved; each is proven, and whether a plan comes down to it is not known.
    """

    balance: float
    least_minutes: float
    fewest_homes: int


class Front(Frozen):
    """The points of every setting asked for, balance by balance; see `explore`."""

    points: tuple[FrontPoint, ...]
    bounds: tuple[BalanceBounds, ...] = ()

    def best(
        self,
        *,
        balance: float | None = None,
        homes_moved: int | None = None,
        minutes: float | None = None,
    ) -> FrontPoint | None:
        """Return the best point within limits; None where no point is.

        Parameters
        ----------
        balance
            Most that a patch may be from its target, as a share: reached, not asked.
        homes_moved
            Most homes moved.
        minutes
            Most walking a week, ways to service centres included.

        Returns
        -------
        FrontPoint or None
            Without `minutes` the one that walks least, with it the one that moves
            fewest homes; then the nearest to the targets.
        """
        within = [
            p
            for p in self.points
            if p.plan is not None
            and (balance is None or _known(p.reached) <= balance + 1e-9)
            and (homes_moved is None or _known(p.homes_moved) <= homes_moved)
            and (minutes is None or _known(p.minutes) <= minutes + 1e-9)
        ]

        def order(p: FrontPoint) -> tuple[float, ...]:
            walk, homes = _known(p.minutes), _known(p.homes_moved)
            first = (walk, homes) if minutes is None else (homes, walk)
            return (*first, _known(p.reached))

        return min(within, key=order, default=None)

    def least_minutes(self, balance: float, homes_moved: int) -> float:
        """Return what no plan can walk less than that moves so many homes at most.

        It holds for every valid plan at `balance`, which must be one of those explored:
        at each price a plan costs at least that point's bound, so its walking is at
        least the bound less the dearest price of a home for each home moved.

        Raises
        ------
        ValueError
            If nothing was explored at that balance.
        """
        at = [b.least_minutes for b in self.bounds if b.balance == balance]
        if not at:
            asked = ", ".join(f"{b.balance:g}" for b in self.bounds)
            raise ValueError(f"balance {balance:g} was not explored; those with plans: {asked}")
        at += [
            p.bound - p.dearest_home_minutes * homes_moved
            for p in self.points
            if p.balance == balance and p.bound is not None and p.dearest_home_minutes is not None
        ]
        return max(at)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a point, without the plans; shares as fractions, minutes a week."""
        import pandas as pd

        columns = [name for name in FrontPoint.model_fields if name != "plan"]
        rows = [{name: getattr(p, name) for name in columns} for p in self.points]
        frame = pd.DataFrame(rows, columns=columns)
        frame.insert(
            columns.index("centre_minutes") + 1, "minutes", [p.minutes for p in self.points]
        )
        frame["status"] = [p.status.value for p in self.points]
        return frame


def farthest_from_target(plan: PatchPlan) -> float:
    """Return the largest distance of a patch's workload from its target, as a share of it."""
    return max((abs(s.workload / s.target - 1) for s in plan.patches if s.target > 0), default=0.0)


def _known(value: float | None) -> float:
    return float("inf") if value is None else value
