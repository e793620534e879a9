"""How good a plan can be at best, and whether the best plan known is that good.

The bound is the least of the knapsack bound (`routing.bounds`) and column generation's
(`columns`); the gap that is left is closed where it can be by listing every day that a better
plan could hold (`closing`). Values of plans are whole multiples of a `step`, the greatest
common divisor of all values and the walking value, so that the bound is rounded down to one.
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from optimiser.model.visits import VALUE_UNITS_PER_POINT
from optimiser.routing.bounds import all_bounds
from optimiser.routing.proof.closing import list_columns, pack
from optimiser.routing.proof.columns import Columns, Generated, Limits, generate
from optimiser.routing.proof.grounds import Class, classes_of
from optimiser.routing.proof.pricing import Pricer
from optimiser.routing.tasks import OWN_VALUE, PAIR, VALUE, Compiled, Net

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy.typing as npt

    from optimiser.routing.annealing import RouteKey
    from optimiser.routing.proof.columns import Column

__all__ = ["Proof", "prove"]

_log = logging.getLogger(__name__)

_LABELS: Final = 400_000
_LONGEST_PACKING_S: Final = 1e9


@dataclass(frozen=True)
class Proof:
    """What is proven of every plan of a problem.

    Attributes
    ----------
    bound
        No plan is worth more, in units.
    optimal
        Whether the incumbent, or `plan`, is as good as that.
    plan
        Routes of a better plan than the incumbent, where one was found, else empty; never
        of a problem with two-officer visits.
    routes
        Routes that a search may use; each can be worked by its officer, walking limits and
        the partners of two-officer visits apart.
    prices
        Of each task at the bound, in units; zeros where column generation did not end.
    """

    bound: float
    optimal: bool
    plan: tuple[RouteKey, ...]
    routes: frozenset[RouteKey]
    prices: npt.NDArray[np.float64]


def prove(
    compiled: Compiled,
    *,
    incumbent: float = -math.inf,
    routes: Iterable[RouteKey] = (),
    seconds: float,
    rounds: int | None = None,
    stop: Callable[[], bool] | None = None,
) -> Proof:
    """Return a bound on every plan, and whether the incumbent is optimal.

    Parameters
    ----------
    compiled
        The problem. Any mixture of shifts; like ones are priced once.
    incumbent
        The value of the best plan known, in units, walking taken off.
    routes
        Routes to begin with, as a search's pool has them (sessions among the nodes); those
        that cannot be worked do no harm.
    seconds
        Time to take, kept closely.
    rounds
        Limit on rounds of pricing. With it, and `seconds` ample, the answer is deterministic.
    stop
        Asked often; True ends the proof early.
    """
    begun = time.monotonic()

    def over() -> bool:
        return time.monotonic() - begun > seconds or (stop is not None and stop())

    net = compiled.net
    tasks = net.visits + net.rounds
    bound = all_bounds(compiled).whole * VALUE_UNITS_PER_POINT
    if not net.shifts or not tasks:
        return Proof(bound, incumbent >= bound - 1e-6, (), frozenset(), np.zeros(tasks))
    step = _step(net)
    classes = classes_of(compiled)
    columns = Columns(classes, _task_limits(net))
    columns.add(_columns_of(classes, routes))
    pricer = Pricer(classes, labels=_LABELS)
    limits = Limits(goal=_above(incumbent, step), over=over, rounds=rounds)
    found = generate(columns, pricer, limits)
    bound = _floor(min(bound, found.bound), step)
    plan: list[Column] = []
    if found.most and bound > incumbent + 1e-6 * step:
        left = begun + seconds - time.monotonic() if rounds is None else _LONGEST_PACKING_S
        bound, plan = _close(columns, pricer, found, (bound, incumbent, step), left, over)
    paired = bool((net.visit[:, PAIR] == 1).any()) if net.visits else False
    value = sum(columns.worth.get(key, 0.0) for key in plan)
    if plan and not paired and value > incumbent:
        incumbent = value
    else:
        plan = []
    keys = [k for k in columns.known if _single(classes[k[0]], k[1])]
    return Proof(
        bound=bound,
        optimal=incumbent >= bound - 1e-6 * step,
        plan=_routes_of(classes, plan),
        routes=frozenset(_routes_of(classes, keys)),
        prices=found.prices,
    )


def _step(net: Net) -> float:
    """Return what every plan's value is a multiple of."""
    values = [*net.when[:, VALUE].tolist(), net.walk_value]
    if net.visits:
        values += net.visit[:, OWN_VALUE].tolist()
    return float(max(1, math.gcd(*(int(v) for v in values))))


def _floor(bound: float, step: float) -> float:
    """Return the greatest value of a plan under the bound, safe against rounding."""
    if not math.isfinite(bound):
        return bound
    return math.floor((bound + 1e-9 * abs(bound)) / step + 1e-6) * step


def _above(value: float, step: float) -> float:
    """Return what a bound has to be below or at for no plan to be better than `value`."""
    return value + step * (1 - 1e-5) if value > -math.inf else -math.inf


def _task_limits(net: Net) -> npt.NDArray[np.float64]:
    limits = np.ones(net.visits + net.rounds)
    if net.visits:
        limits[: net.visits] += net.visit[:, PAIR]
    return limits


def _close(
    columns: Columns,
    pricer: Pricer,
    found: Generated,
    at: tuple[float, float, float],
    seconds: float,
    over: Callable[[], bool],
) -> tuple[float, list[Column]]:
    """Return a bound no worse, and the plan that reaches it where one was found."""
    bound, incumbent, step = at
    begun = time.monotonic()
    width = 0.0
    while not over() and bound > incumbent + 1e-6 * step:
        target = max(bound - width, incumbent + step)
        days = list_columns(columns, pricer, found, target)
        if days is None:
            break
        columns.add(days)
        left = seconds - (time.monotonic() - begun)
        packed = pack(columns, days, least=target, step=step, seconds=left)
        bound = min(bound, _floor(packed.bound, step))
        _log.debug("target %.0f: %d days, bound %.0f", target, len(days), bound)
        if packed.chosen:
            return bound, packed.chosen
        if not np.isfinite(packed.bound):
            break
        width = max(2 * width, 2 * step)
    return bound, []


def _columns_of(classes: list[Class], routes: Iterable[RouteKey]) -> list[Column]:
    """Return routes as days of the classes, where each can be worked."""
    of_shift = {s: c for c, part in enumerate(classes) for s in part.shifts}
    rows_of = [{int(k): row for row, k in enumerate(part.nodes)} for part in classes]
    found = []
    for s, nodes in sorted(routes):
        c = of_shift[s]
        if all(k in rows_of[c] for k in nodes):
            found.append((c, tuple(rows_of[c][k] for k in nodes)))
    return list(dict.fromkeys(found))


def _single(part: Class, rows: tuple[int, ...]) -> bool:
    tasks = [int(part.tasks[k]) for k in rows if k < part.held]
    return len(set(tasks)) == len(tasks)


def _routes_of(classes: list[Class], columns: list[Column]) -> tuple[RouteKey, ...]:
    """Return days as routes, of the class's shifts in turn."""
    used: dict[int, int] = {}
    found = []
    for c, rows in columns:
        part = classes[c]
        k = used.get(c, 0)
        used[c] = k + 1
        nodes = tuple(int(part.nodes[row]) for row in rows)
        found.append((part.shifts[k % len(part.shifts)], nodes))
    return tuple(found)
