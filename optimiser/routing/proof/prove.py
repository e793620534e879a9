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
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from optimiser.model.visits import VALUE_UNITS_PER_POINT
from optimiser.routing.arrays.tasks import OWN_VALUE, TASK, TWO, VALUE, WALK_LIMIT, Compiled, Net
from optimiser.routing.proof.bounds import all_bounds
from optimiser.routing.proof.closing import Packed, list_columns, pack
from optimiser.routing.proof.columns import Columns, Generated, Limits, generate, is_single, learn
from optimiser.routing.proof.grounds import Class, classes_of, remember_nearest
from optimiser.routing.proof.late_starts import with_late_starts
from optimiser.routing.proof.pricing import Pricer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy.typing as npt

    from optimiser.routing.proof.columns import Column
    from optimiser.routing.search.annealing import RouteKey

__all__ = ["Proof", "compile_proof", "prove"]

_log = logging.getLogger(__name__)

_LABELS: Final = 400_000
_FEW_LABELS: Final = 20_000
_MEMORY: Final = 5
_AMPLE_S: Final = 1e6
_WIDEN: Final = 3.0
"""How much further below the bound each listing looks than the one before."""


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
        of a problem with two-officer visits, or with visits that may start late on the day they
        are due.
    routes
        Routes that a search may use, without such late starts; each can be worked by its
        officer, the partners of two-officer visits apart.
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
    incumbent: float | Callable[[], float] = -math.inf,
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
        The value of the best plan known, in units, walking taken off; or a function that
        gives it, where a search runs beside the proof.
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
        known = incumbent() if callable(incumbent) else incumbent
        return Proof(bound, known >= bound - 1e-6, (), frozenset(), np.zeros(tasks))
    when, late = with_late_starts(compiled)
    classes = classes_of(replace(compiled, net=net._replace(when=when)))
    for part in classes:
        remember_nearest(part, _MEMORY)
    columns = Columns(classes, _task_limits(net))
    empty = [(c, part.sessions) for c, part in enumerate(classes) if part.sessions]
    columns.add(empty)
    columns.add(_columns_of(classes, routes))
    relaxed = bool((columns.limits > 1).any() or late.any())
    on_foot = [min(net.shift[list(part.shifts), WALK_LIMIT].tolist()) for part in classes]
    latest = incumbent if callable(incumbent) else partial(float, incumbent)

    def left() -> float:
        return _AMPLE_S if rounds is not None else begun + seconds - time.monotonic()

    pricer = Pricer(classes, labels=_LABELS, left=left)
    case = _Case(columns, pricer, _step(net), bound, latest, relaxed, on_foot)
    case.own = sum(len(classes[c].shifts) * columns.worth[c, rows] for c, rows in empty)
    case.work(Limits(over=over, rounds=rounds), left)
    plain = np.append(~late, np.ones(len(net.node) - net.visits, dtype=np.bool_))
    keys = [k for k in columns.known if is_single(classes[k[0]], k[1])]
    keys = [(c, rows) for c, rows in keys if plain[classes[c].nodes[list(rows)]].all()
            and case.walks(c, rows) <= on_foot[c]]  # fmt: skip
    return Proof(
        bound=case.bound,
        optimal=case.proven(),
        plan=_routes_of(classes, case.plan),
        routes=frozenset(_routes_of(classes, keys)),
        prices=case.found.prices,
    )


def compile_proof(compiled: Compiled) -> None:
    """Compile what `prove` needs, the first time on a machine, on a day without visits."""
    if not compiled.net.shifts or not compiled.net.visits + compiled.net.rounds:
        return
    part = classes_of(compiled)[0]
    dear = np.full(len(_task_limits(compiled.net)), 1e15)
    pricer = Pricer([part], labels=_FEW_LABELS, left=lambda: 1.0)
    for loose in (True, False):
        pricer.price(part, dear, -1e15, loose=loose)
    pricer.days_above(part, dear, 0.0, 1e12, most=_FEW_LABELS)


@dataclass
class _Case:
    """A proof under way: no plan is worth more than `bound`, and one is worth `incumbent`."""

    columns: Columns
    pricer: Pricer
    step: float
    bound: float
    latest: Callable[[], float]
    relaxed: bool
    on_foot: list[int]
    own: float = -math.inf
    plan: list[Column] = field(default_factory=list)

    def __post_init__(self) -> None:
        none = np.zeros(len(self.columns.limits))
        self.found = Generated(math.inf, none, [])
        self.bound = _floor(self.bound, self.step)

    @property
    def incumbent(self) -> float:
        """The value of the best plan known, rounded down to one that a plan can have."""
        return _floor(max(self.latest(), self.own), self.step)

    def proven(self) -> bool:
        """Whether nothing is better than the incumbent."""
        return self.incumbent >= self.bound - 1e-6 * self.step

    def work(self, limits: Limits, left: Callable[[], float]) -> None:
        """Take turns at better prices, at closing the gap and at remembering more."""
        limits.close = 0.02 * self.step
        most = _FEW_LABELS
        while True:
            limits.goal = lambda: self.incumbent + self.step * (1 - 1e-5)
            generate(self.columns, self.pricer, limits, self.found)
            self.bound = min(self.bound, _floor(self.found.bound, self.step))
            _log.debug(
                "bound %.3f, master %.3f, incumbent %.3f",
                *(x / self.step for x in (self.found.bound, self.found.value, self.incumbent)),
            )
            if self.proven() or limits.reached() or not self.found.converged:
                return
            self.better(min(1.0, left() / 4))
            if self.proven() or self.close(limits, left, most):
                return
            if not learn(self.columns):
                if most >= _LABELS:
                    return
                most = _LABELS

    def better(self, seconds: float) -> None:
        """Look for a plan among the days found so far."""
        classes = self.columns.classes
        days = [k for k in self.columns.known if is_single(classes[k[0]], k[1])]
        least = max(self.incumbent + self.step, 0.0)
        self.take(pack(self.columns, days, least=least, seconds=seconds))

    def take(self, packed: Packed) -> bool:
        """Keep a packing where it is a better plan; return False where it is no plan at all."""
        if self.relaxed or any(self.walks(c, rows) > self.on_foot[c] for c, rows in packed.chosen):
            return not packed.chosen
        if packed.chosen and packed.value > self.incumbent:
            self.own, self.plan = packed.value, packed.chosen
        return True

    def walks(self, c: int, rows: tuple[int, ...]) -> int:
        """Return the seconds on foot of a day; idle ones are not walked, sessions' are."""
        part = self.columns.classes[c]
        n = len(part.nodes)
        way = [n, *rows, n + 1] if rows else []
        return int(sum(part.walk[a, b] for a, b in pairwise(way)))

    def close(self, limits: Limits, left: Callable[[], float], most: int) -> bool:
        """List and pack what a better plan could hold; return whether that closed the gap."""
        width = 0.0
        while not (limits.over() or self.proven()):
            target = max(self.bound - width, self.incumbent + self.step)
            days = list_columns(self.columns, self.pricer, self.found, target, most=most)
            if days is None:
                return False
            packed = pack(self.columns, days, least=target, seconds=0.7 * left())
            _log.debug(
                "target %.3f: %d days, bound %.3f",
                target / self.step,
                len(days),
                packed.bound / self.step,
            )
            below = _floor(max(packed.bound, target - self.step), self.step)
            if below >= self.bound and not packed.chosen:
                return False
            self.bound = min(self.bound, below)
            if not self.take(packed):
                return True  # the packing is no plan, and no better bound is to be had
            width = max(2 * self.step, _WIDEN * width, 1e-4 * abs(self.bound))
        return self.proven()


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


def _task_limits(net: Net) -> npt.NDArray[np.float64]:
    limits = np.ones(net.visits + net.rounds)
    two = (net.node[:, TASK] >= 0) & (net.node[:, TWO] == 1)
    limits[net.node[two, TASK]] = 2
    return limits


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
