"""An orienteering instance as a week of one day, and our answer to it."""

from __future__ import annotations

import datetime as dt
import math
import sys
import time
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from optimiser.model import Door, Place, Shift, TimeWindow, Visit, VisitOfficer, VisitProblem
from optimiser.model.visits import VALUE_UNITS_PER_POINT
from optimiser.routing.arrays.tasks import I64, Compiled, compile_problem
from optimiser.routing.days.timetable import tasks_of
from optimiser.routing.proof.bounds import all_bounds
from optimiser.routing.proof.prove import Proof, prove
from optimiser.routing.search.annealing import Found, RouteKey
from optimiser.routing.search.phases import search_routes

DAY = dt.date(2026, 11, 30)
PRIZE_UNITS = 10_000_000
"""Units of a prize of 1: more than all walking together, which only breaks ties."""
FIRST = 0.15
"""Share of the time in which all workers search, before one of them proves."""


def read_instance(path: Path) -> tuple[np.ndarray, int]:
    """Return rows of x, y, service, prize, opening, closing, and the distances' factor."""
    rows = [line.split() for line in path.read_text().splitlines()[2:] if line.strip()]
    table = [[*map(float, r[1:5]), float(r[-2]), float(r[-1])] for r in rows]
    return np.array(table), 100 if path.stem.startswith("pr") else 10


def to_problem(
    nodes: np.ndarray, factor: int, officers: int, *, walk_value: int = 1
) -> VisitProblem:
    """Return the instance as a week of one day; places are the nodes."""
    apart = np.hypot(*(nodes[:, None, k] - nodes[None, :, k] for k in (0, 1)))
    walk = np.floor(apart * factor + 1e-9).astype(np.int32)
    horizon = round(nodes[0, 5] * factor)
    shift = {"date": DAY, "start_s": 0, "end_s": horizon, "busy_limit_s": horizon}
    people = [f"T{k + 1}" for k in range(officers)]
    visits = [
        Visit(
            visit_ref=str(k),
            visit_type="node",
            property_ref=str(k),
            block_ref=str(k),
            door=Door(place=k),
            service_s=max(1, round(row[2] * factor)),
            interpreter_service_s=max(1, round(row[2] * factor)),
            windows=(
                TimeWindow(
                    date=DAY, earliest_s=round(row[4] * factor), latest_s=round(row[5] * factor)
                ),
            ),
            value=round(row[3] * PRIZE_UNITS),
            late_value=0,
        )
        for k, row in enumerate(nodes)
        if k > 0
    ]
    return VisitProblem(
        week=DAY,
        places=tuple(Place(name=str(k), easting=r[0], northing=r[1]) for k, r in enumerate(nodes)),
        walk_s=walk,
        walk_m=walk,
        officers=tuple(VisitOfficer(officer_ref=ref) for ref in people),
        shifts=tuple(Shift(officer_ref=p, start_place=0, end_place=0, **shift) for p in people),
        visits=tuple(visits),
        walk_value=walk_value,
    )


@dataclass
class Answer:
    """The best routes so far, and the bound; `search` and `prove` work on it side by side.

    The search takes walking off the value, which breaks ties. The proof does not, so that all
    plans are worth whole prizes.
    """

    nodes: np.ndarray
    compiled: Compiled
    plain: Compiled
    seed: int
    until: float
    routes: list[list[int]]
    bound: float
    met: float = 0.0

    @property
    def prize(self) -> float:
        """What the routes are worth."""
        return self._prize(self.routes)

    @property
    def proven(self) -> bool:
        """Whether nothing is better than what was met."""
        return max(self.prize, self.met) >= self.bound - 1e-6

    @property
    def left(self) -> float:
        """Seconds."""
        return max(self.until - time.monotonic(), 0.05)

    def search(self, prices: I64, seconds: float, workers: int, first: I64 | None) -> Found:
        """Search, and keep what is better."""
        found = search_routes(
            self.compiled,
            prices,
            seconds=seconds,
            workers=workers,
            seed=self.seed,
            firsts=(None,) if first is None else (None, first),
            report=self._meet,
            stop=lambda: self.proven,
        )
        self.keep([[t.index + 1 for t in row] for row in tasks_of(self.compiled, found.rows)])
        return found

    def prove(self, routes: Iterable[RouteKey]) -> Proof:
        """Look for the bound, and a better plan, until the time is up."""
        proof = prove(
            self.plain,
            incumbent=lambda: max(self.prize, self.met) * PRIZE_UNITS,
            routes=routes,
            seconds=self.left,
            stop=lambda: self.proven,
        )
        self.bound = min(self.bound, math.floor(proof.bound / PRIZE_UNITS + 1e-6))
        self.keep([[k + 1 for k in nodes] for _, nodes in proof.plan])
        return proof

    def keep(self, routes: list[list[int]]) -> None:
        """Keep routes that are worth more."""
        if self._prize(routes) > self.prize:
            self.routes = routes

    def _meet(self, value: int) -> None:
        self.met = max(self.met, float(math.ceil(value / PRIZE_UNITS)))

    def _prize(self, routes: list[list[int]]) -> float:
        return float(sum(self.nodes[k, 3] for route in routes for k in route))


def answer(
    nodes: np.ndarray, factor: int, officers: int, *, seconds: float, seed: int, workers: int
) -> Answer:
    """Search with all workers for a little, then with one less while one proves."""
    until = time.monotonic() + seconds
    best, prices = _begin(nodes, factor, officers, seed, until)
    first = best.search(prices, FIRST * seconds, workers, None)
    routes = [(s, route) for s, route, *_ in first.pool]
    with ThreadPoolExecutor(1) as thread:
        job: Future[Proof] = thread.submit(best.prove, routes)
        if not best.proven:
            best.search(prices, best.left, max(workers - 1, 1), first.rows)
        job.result()
    return best


def warm_up() -> None:
    """Compile all that is used, or load what is compiled, on a made instance."""
    # Search and proof each ask for the interpreter every few milliseconds: neither waits long.
    sys.setswitchinterval(0.0005)
    rng = np.random.default_rng(1)
    nodes = np.column_stack([rng.random((12, 2)) * 9, np.ones(12), np.arange(12) % 5])
    nodes = np.column_stack([nodes, np.zeros(12), np.full(12, 30.0)])
    best, prices = _begin(nodes, 10, 2, 1, time.monotonic() + 600)
    best.prove(())
    best.bound = np.inf
    best.search(prices, 1.0, 2, None)


def _begin(
    nodes: np.ndarray, factor: int, officers: int, seed: int, until: float
) -> tuple[Answer, I64]:
    compiled, plain = (
        compile_problem(to_problem(nodes, factor, officers, walk_value=w)) for w in (1, 0)
    )
    bounds = all_bounds(plain)
    whole = math.floor(bounds.whole * VALUE_UNITS_PER_POINT / PRIZE_UNITS + 1e-6)
    bound = min(float(nodes[:, 3].sum()), whole)
    best = Answer(nodes, compiled, plain, seed, until, [], bound)
    return best, np.maximum(bounds.prices, 1).astype(np.int64)
