r"""`explore`: the trade-off between walking, balance and homes moved.

Each setting is one balance b (a limit) and one price m of a moved home (a weight), and
is solved for itself: min walk(x) + m moved(x) over the plans x valid at b. Over all m
this finds the plans on the lower convex hull of walking against homes moved (the
weighted-sum method); plans above the hull that no price makes best are not found, and
`Front.least_minutes` tells how far below the points such plans could lie:

    walk(x) >= bound(b, m) - m moved(x)   for each m

(with the dearest home's price for m where cases cost more), so that the bounds of the
settings together bound the front itself from below.

Settings are solved from the tightest balance on, so that each begins from the best of
the plans found before. At the end each setting takes the best plan of all that is valid
there, and the best bound of all that hold there: one of a setting whose plans include
all of its own (limits as wide, units no larger) at costs nowhere above its own.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Final

from optimiser.errors import Infeasible, NoSolutionInTime
from optimiser.model import PatchParams, PatchPlan, PatchProblem, Progress, ProgressCallback
from optimiser.model.front import (
    BalanceBounds,
    Front,
    FrontPoint,
    PointStatus,
    farthest_from_target,
)
from optimiser.model.patches import COST_UNITS_PER_MINUTE
from optimiser.model.variants import includes, with_balance, with_move_price

if TYPE_CHECKING:
    from optimiser.districting.units.instance import Int64s

__all__ = ["explore"]

_BALANCES: Final = (0.5, 1.0, 2.0)
_PRICES: Final = (0.0, 0.5, 1.0, 2.5, 10.0)
"""Of the problem's own balance and price, where none are given."""

_USUAL_MINUTES: Final = 2.0
_Setting = tuple[float, float]
"""A balance and a price of a moved home."""

_NEAR: Final = 1e-9


def explore(
    problem: PatchProblem,
    *,
    balances: Sequence[float] | None = None,
    moved_home_minutes: Sequence[float] | None = None,
    time_limit_s: float = 600,
    seed: int = 1,
    progress: ProgressCallback | None = None,
    executor: Executor | None = None,
    params: PatchParams = PatchParams(),  # noqa: B008 - frozen
) -> Front:
    """Solve a problem at several balances and prices of a moved home.

    Parameters
    ----------
    problem
        Blocks, slots, costs and rules; its balance and price are where defaults start.
    balances
        Tolerances to try, as 0.05; None: half, once and twice the problem's.
    moved_home_minutes
        Prices to try; None: 0, 0.5, 1, 2.5 and 10 times the rules' (2 without rules).
    time_limit_s
        Wall-clock seconds in all, shared out among the settings.
    seed
        Of every random choice; with `params.iterations` the front is reproducible.
    progress
        Called with each better plan; the stage names the setting.
    executor, params
        As in `allocate_patches`.

    Returns
    -------
    Front
        A point for each setting, balance by balance. A setting that no plan can meet is
        a point with status "infeasible" and the cause, not an error.

    Raises
    ------
    ValueError
        If a balance is not from 0 to under 1, or a price is below 0.
    InvalidProblem
        Where the problem contradicts its own contract.
    """
    own = problem.rules.moved_home_minutes if problem.rules is not None else 0.0
    prices = _sorted(moved_home_minutes, [f * (own or _USUAL_MINUTES) for f in _PRICES])
    tolerances = _sorted(balances, [min(0.99, f * problem.balance) for f in _BALANCES])
    if prices[0] < 0 or tolerances[0] < 0 or tolerances[-1] >= 1:
        raise ValueError("balances are from 0 to under 1, prices of a moved home 0 or more")
    job = _Exploration(problem, time_limit_s, seed, progress, executor, params)
    job.solve([(b, m) for b in tolerances for m in prices])
    return job.front()


def _sorted(given: Sequence[float] | None, usual: Sequence[float]) -> list[float]:
    values = sorted({float(v) for v in (usual if given is None else given)})
    if not values:
        raise ValueError("give at least one balance and one price of a moved home")
    return values


class _Exploration:
    """One call of `explore`: what is found at each setting, by (balance, price)."""

    def __init__(
        self,
        problem: PatchProblem,
        time_limit_s: float,
        seed: int,
        progress: ProgressCallback | None,
        executor: Executor | None,
        params: PatchParams,
    ) -> None:
        self._problem, self._limit_s, self._seed = problem, time_limit_s, seed
        self._progress, self._executor, self._params = progress, executor, params
        self._found: dict[_Setting, PatchPlan | Infeasible | None] = {}
        self._variants: dict[_Setting, PatchProblem] = {}
        self._began = time.monotonic()

    def solve(self, settings: list[_Setting]) -> None:
        """Solve each setting with its share of the time left; then share out the plans."""
        for number, (balance, price) in enumerate(settings):
            cause = self._known_cause(balance)
            if cause is not None:
                self._found[balance, price] = cause
                continue
            left_s = self._limit_s - (time.monotonic() - self._began)
            share_s = max(1.0, left_s / (len(settings) - number))
            stage = (
                f"{number + 1} of {len(settings)}: balance {100 * balance:g} %, "
                f"{price:g} minutes a moved home"
            )
            self._found[balance, price] = self._solve_one(balance, price, share_s, stage)
        bounds = {setting: self._best_bound(setting) for setting in settings}
        for setting in settings:
            self._found[setting] = self._best_known(setting, bounds[setting])

    def front(self) -> Front:
        """Return the points, the dominated ones marked, and what bounds each balance."""
        prices = dict.fromkeys(m for _, m in self._found)
        dearest = {m: _dearest_home(with_move_price(self._problem, m)) for m in prices}
        points = [_point(b, m, found, dearest[m]) for (b, m), found in self._found.items()]
        marked = (
            point.model_copy(update={"dominated": _is_dominated(i, points)})
            for i, point in enumerate(points)
        )
        balances = dict.fromkeys(p.balance for p in points if p.plan is not None)
        return Front(
            points=tuple(marked),
            bounds=tuple(self._bounds(balance, points) for balance in balances),
        )

    def _variant(self, setting: _Setting) -> PatchProblem:
        """Return a setting's problem; large arrays are shared between them."""
        if setting not in self._variants:
            balance, price = setting
            changed = with_move_price(with_balance(self._problem, balance), price)
            self._variants[setting] = changed
        return self._variants[setting]

    def _known_cause(self, balance: float) -> Infeasible | None:
        """Return why no plan exists at a balance: the price of a moved home has no part in it."""
        return next(
            (f for (b, _), f in self._found.items() if b == balance and isinstance(f, Infeasible)),
            None,
        )

    def _solve_one(
        self, balance: float, price: float, seconds: float, stage: str
    ) -> PatchPlan | Infeasible | None:
        from optimiser.districting.allocate import allocate_patches

        variant = self._variant((balance, price))
        known = _best_of(variant, self._plans())
        try:
            return allocate_patches(
                variant,
                time_limit_s=seconds,
                seed=self._seed,
                progress=self._staged(stage),
                executor=self._executor,
                params=self._params,
                start=known,
            )
        except Infeasible as error:
            return error
        except NoSolutionInTime:
            return None

    def _staged(self, stage: str) -> ProgressCallback | None:
        tell = self._progress
        if tell is None:
            return None
        return lambda now: tell(
            Progress(
                stage=stage,
                seconds=time.monotonic() - self._began,
                objective=now.objective,
                bound=now.bound,
            )
        )

    def _plans(self) -> list[PatchPlan]:
        return [found for found in self._found.values() if isinstance(found, PatchPlan)]

    def _best_bound(self, setting: _Setting) -> int:
        """Return the best bound, in cost units, of those that hold at a setting."""
        own = self._variant(setting)
        return max(
            (
                _units(found.bound)
                for other, found in self._found.items()
                if isinstance(found, PatchPlan)
                and (other == setting or includes(self._variant(other), own))
            ),
            default=0,
        )

    def _best_known(self, setting: _Setting, bound: int) -> PatchPlan | Infeasible | None:
        """Return the best plan of all that is valid at a setting, with its bound."""
        from optimiser.districting.checks import check_patches
        from optimiser.districting.metrics import build_plan
        from optimiser.districting.proof.parts import part_bounds

        own = self._found[setting]
        if isinstance(own, Infeasible):
            return own
        variant = self._variant(setting)
        best = _best_of(variant, self._plans())
        if best is None:
            return own
        if best is own and own is not None and bound <= _units(own.bound):
            return own
        plan = build_plan(
            variant,
            _slots_of(variant, best),
            bound=bound,
            seed=self._seed,
            seconds=0.0 if own is None else own.seconds,
            parts=part_bounds(variant, walk=self._walk_bound(setting[0])),
        )
        return plan.model_copy(update={"violations": check_patches(variant, plan)})

    def _walk_bound(self, balance: float) -> int | None:
        """Return the best bound of walking alone at a balance: no price has a part in it."""
        known = [
            _units(found.walk_bound)
            for (at, _), found in self._found.items()
            if at == balance and isinstance(found, PatchPlan) and found.walk_bound is not None
        ]
        return max(known, default=None)

    def _bounds(self, balance: float, points: list[FrontPoint]) -> BalanceBounds:
        from optimiser.districting.proof.parts import part_bounds

        # A home a cost unit: the bound of the moves' part is then one of homes.
        limited = self._variant((balance, points[0].moved_home_minutes))
        parts = part_bounds(limited.model_copy(update={"move_cost": _as_cost(limited)}))
        least = parts.centre / COST_UNITS_PER_MINUTE
        for p in points:
            if p.balance == balance and p.plan is not None:
                alone = (p.plan.walk_bound or 0.0) + (p.plan.centre_bound or 0.0)
                free = p.bound if p.moved_home_minutes == 0 else None
                least = max(least, alone, free or 0.0)
        return BalanceBounds(balance=balance, least_minutes=least, fewest_homes=parts.moved)


def _point(
    balance: float, price: float, found: PatchPlan | Infeasible | None, dearest: float | None
) -> FrontPoint:
    where = {"balance": balance, "moved_home_minutes": price}
    if found is None:
        return FrontPoint(**where, status=PointStatus.OUT_OF_TIME)
    if isinstance(found, Infeasible):
        return FrontPoint(
            **where,
            status=PointStatus.INFEASIBLE,
            cause=found.cause,
            relaxation=found.relaxation,
        )
    return FrontPoint(
        **where,
        status=PointStatus(found.status.value),
        reached=farthest_from_target(found),
        walk_minutes=found.walk_minutes,
        centre_minutes=found.centre_minutes,
        homes_moved=found.homes_moved,
        objective=found.objective,
        bound=found.bound,
        gap=found.gap,
        dearest_home_minutes=dearest,
        plan=found,
    )


def _is_dominated(at: int, points: list[FrontPoint]) -> bool:
    """Say whether another point is as good in all three measures, and better or listed before."""
    own = _measures(points[at])
    if own is None:
        return False
    for i, other in enumerate(points):
        theirs = _measures(other)
        if i == at or theirs is None:
            continue
        if all(t <= o + _NEAR * max(1.0, o) for t, o in zip(theirs, own, strict=True)):
            better = any(t < o - _NEAR * max(1.0, o) for t, o in zip(theirs, own, strict=True))
            if better or i < at:
                return True
    return False


def _measures(p: FrontPoint) -> tuple[float, float, float] | None:
    if p.minutes is None or p.reached is None or p.homes_moved is None:
        return None
    return p.minutes, p.reached, float(p.homes_moved)


def _best_of(problem: PatchProblem, plans: list[PatchPlan]) -> PatchPlan | None:
    """Return the plan that is cheapest in this problem, of those valid there.

    Of plans that cost the same, as where homes move for nothing, the one that moves
    fewest homes; then the one nearest to its targets.
    """
    import numpy as np

    from optimiser.districting.checks import check_patches
    from optimiser.districting.metrics import best_centres, build_plan, plan_cost
    from optimiser.districting.proof.parts import PartBounds

    blocks = np.arange(len(problem.blocks))
    ranked = []
    for number, plan in enumerate(plans):
        slot_of = _slots_of(problem, plan)
        cost = sum(plan_cost(problem, slot_of, best_centres(problem, slot_of)))
        moved = int(problem.moved_homes[blocks, slot_of].sum())
        ranked.append((cost, moved, farthest_from_target(plan), number, slot_of))
    none = PartBounds(centre=0, moved=0)  # to be checked, not shown
    for *_, number, slot_of in sorted(ranked, key=lambda entry: entry[:4]):
        plan = build_plan(problem, slot_of, bound=0, seed=0, seconds=0.0, parts=none)
        if not check_patches(problem, plan):
            return plans[number]
    return None


def _slots_of(problem: PatchProblem, plan: PatchPlan) -> Int64s:
    import numpy as np

    number = {slot.patch: k for k, slot in enumerate(problem.slots)}
    patch_of = plan.patch_of()
    return np.array([number[patch_of[b.block_ref]] for b in problem.blocks], dtype=np.int64)


def _units(minutes: float) -> int:
    return round(minutes * COST_UNITS_PER_MINUTE)


def _as_cost(problem: PatchProblem) -> Int64s:
    import numpy as np

    return np.asarray(problem.moved_homes, dtype=np.int64)


def _dearest_home(problem: PatchProblem) -> float | None:
    """Return the most minutes that a moved home costs; None where what costs is no home."""
    import numpy as np

    cost, homes = problem.move_cost, problem.moved_homes
    if cost[homes == 0].any():
        return None
    each = np.divide(cost, homes, out=np.zeros(cost.shape), where=homes > 0)
    return float(each.max(initial=0.0)) / COST_UNITS_PER_MINUTE
