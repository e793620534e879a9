"""First plans by OR-Tools' routing solver: one model for each officer's week.

Each officer takes the requests of their own patch (else those of nearest places) and
their rounds. The five days are vehicles whose clocks run on through the week, so that a
visit's windows of all days are one domain with holes. Every task is optional at a
penalty. Penalties far above the walking would drown what the local search learns from, so
that a penalty is the task's share of the mean value times a typical leg, times a weight;
which weight is best differs by week, and two are tried.

What two officers do together is left to the search; so is dropping what the break, which this
solver may put into the middle of a walk, leaves no room for.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np

from optimiser.routing.arrays.tasks import (
    BREAK,
    BREAK_HI,
    BREAK_LO,
    DAY,
    END,
    END_NODE,
    I64,
    LIMIT,
    OFFICER,
    OPTIONS_HI,
    OPTIONS_LO,
    OWN,
    PAIR,
    PLACE,
    ROUNDS_HI,
    ROUNDS_LO,
    SERVICE,
    SERVICE_S,
    START,
    START_NODE,
    TASK,
    TWO,
    VALUE,
    WINDOW,
    WINDOWS,
    Compiled,
    Net,
)
from optimiser.routing.search.annealing import as_rows
from optimiser.routing.search.kernels import SIZE, legs_between, new_state, refresh
from optimiser.routing.search.moves import load_rows

__all__ = ["seed_rows", "sound_rows"]

_DAY: Final = 1_440
"""The clock here counts minutes, rounded so that nothing gets easier: a variable's domain
with holes takes time in proportion to its width."""

_MOST_ROUNDS: Final = 25
_WEIGHTS: Final = (4.0, 60.0)


def seed_rows(compiled: Compiled, *, seconds: float | None) -> I64:
    """Return first routes in the form of `State.best`.

    Parameters
    ----------
    compiled
        The week.
    seconds
        For all officers together; None: plain descent, which depends on no clock. Officers
        for whom no time is left have only their sessions.
    """
    net = compiled.net
    until = None if seconds is None else time.monotonic() + seconds
    share = None if seconds is None else seconds / max(1, len(np.unique(net.shift[:, OFFICER])))
    routes: dict[int, list[int]] = {}
    knocked: set[int] = set()
    for officer, visits in _visits_by_officer(net).items():
        if until is not None and time.monotonic() > until:
            break
        shifts = np.flatnonzero(net.shift[:, OFFICER] == officer).tolist()
        week = _OfficerWeek(compiled, shifts, _nodes(net, shifts, visits, knocked))
        found = week.solve(share)
        knocked.update(int(net.node[n, TASK]) - net.visits for row in found.values() for n in row)
        routes |= found
    return sound_rows(compiled, routes, {})


def _visits_by_officer(net: Net) -> dict[int, list[int]]:
    """Return who is offered which visit: its own officer, else who starts nearest to it."""
    given: dict[int, list[int]] = {int(o): [] for o in np.unique(net.shift[:, OFFICER])}
    for v in range(net.visits):
        shifts = np.flatnonzero(net.possible[v])
        if net.visit[v, PAIR] or not len(shifts):
            continue
        officers = net.shift[shifts, OFFICER]
        if net.visit[v, OWN] in officers:
            given[int(net.visit[v, OWN])].append(v)
            continue
        start = net.node[net.shift[shifts, START_NODE], PLACE]
        load = np.array([len(given[int(o)]) for o in officers])
        far = net.walk[start, net.node[v, PLACE]] + 600 * load
        given[int(officers[np.argmin(far)])].append(v)
    return given


def _nodes(net: Net, shifts: list[int], visits: list[int], knocked: set[int]) -> list[list[int]]:
    """Return the alternatives of each task offered to one officer, without `knocked` rounds."""
    rounds = {
        int(r) for s in shifts for r in net.lists[net.shift[s, ROUNDS_LO] : net.shift[s, ROUNDS_HI]]
    }
    ranges = (range(net.round[r, OPTIONS_LO], net.round[r, OPTIONS_HI]) for r in rounds - knocked)
    options = [list(nodes) for nodes in ranges if nodes and not net.node[nodes[0], TWO]]

    def worth_a_second(nodes: list[int]) -> float:
        values = [net.when[n * net.days : (n + 1) * net.days, VALUE].max() for n in nodes]
        return float(
            max(v / (600 + net.node[n, SERVICE]) for v, n in zip(values, nodes, strict=True))
        )

    options.sort(key=lambda nodes: (-worth_a_second(nodes), nodes[0]))
    return [[v] for v in visits] + options[:_MOST_ROUNDS]


@dataclass
class _OfficerWeek:
    """One officer's shifts and tasks as a routing model."""

    compiled: Compiled
    shifts: list[int]
    tasks: list[list[int]]

    def solve(self, seconds: float | None) -> dict[int, list[int]]:
        """Return the nodes of each shift in order; empty where no plan was found."""
        best: dict[int, list[int]] = {}
        best_value = -1.0
        for weight in _WEIGHTS:
            share = None if seconds is None else seconds / len(_WEIGHTS)
            found = self._routes(weight, share)
            value = sum(self._value(n) for nodes in found.values() for n in nodes)
            if value > best_value:
                best, best_value = found, value
        return best

    def _value(self, node: int) -> float:
        net = self.compiled.net
        if net.node[node, TASK] < 0:
            return 0.0
        return _best_value(net, node)

    def _routes(self, weight: float, seconds: float | None) -> dict[int, list[int]]:
        from ortools.constraint_solver import pywrapcp

        net = self.compiled.net
        sessions = [n for s in self.shifts for n in self.compiled.sessions[s]]
        ends = net.shift[self.shifts][:, [START_NODE, END_NODE]]
        nodes = [n for task in self.tasks for n in task] + sessions + ends.T.ravel().tolist()
        at = {n: k for k, n in enumerate(nodes)}
        manager = pywrapcp.RoutingIndexManager(
            len(nodes),
            len(self.shifts),
            [at[n] for n in ends[:, 0].tolist()],
            [at[n] for n in ends[:, 1].tolist()],
        )
        model = pywrapcp.RoutingModel(manager)
        legs, service = self._matrices(nodes)
        arc = model.RegisterTransitMatrix(legs.tolist())
        spent = legs + service[:, None]
        transit = model.RegisterTransitMatrix(spent.tolist())
        minutes = model.RegisterTransitMatrix((-(-spent // 60)).tolist())
        model.SetArcCostEvaluatorOfAllVehicles(arc)
        self._add_times(model, manager, minutes, at, service)
        limits = [int(net.shift[s, LIMIT]) for s in self.shifts]
        model.AddDimensionWithVehicleCapacity(transit, 0, limits, True, "busy")
        self._add_penalties(model, manager, at, weight, legs)
        solution = model.SolveWithParameters(_parameters(pywrapcp, seconds))
        if solution is None:
            return {}
        found = {}
        for k, s in enumerate(self.shifts):
            row, index = [], solution.Value(model.NextVar(model.Start(k)))
            while not model.IsEnd(index):
                row.append(int(nodes[manager.IndexToNode(index)]))
                index = solution.Value(model.NextVar(index))
            found[s] = row
        return found

    def _matrices(self, nodes: list[int]) -> tuple[I64, I64]:
        net = self.compiled.net
        officer = net.shift[self.shifts[0], OFFICER]
        legs = legs_between(net, np.array(nodes, dtype=np.int64))
        legs = np.minimum(legs, 600 * _DAY)  # no way between: beyond the week
        service = net.node[nodes, SERVICE].copy()
        visits = [k for k, n in enumerate(nodes) if n < net.visits]
        service[visits] = [net.who[nodes[k], officer, SERVICE_S] for k in visits]
        return legs, service

    def _add_times(
        self, model: Any, manager: Any, minutes: int, at: dict[int, int], service: I64
    ) -> None:
        net = self.compiled.net
        model.AddDimension(minutes, _DAY, 20 * _DAY, False, "time")
        time = model.GetDimensionOrDie("time")
        days = {int(net.shift[s, DAY]) for s in self.shifts}
        for node in [*(n for task in self.tasks for n in task), *self._sessions()]:
            runs = [
                (day * _DAY + lo, day * _DAY + hi)
                for day in sorted(days)
                for lo, hi in _windows(net, node, day)
                if lo <= hi
            ]
            index = manager.NodeToIndex(at[node])
            if not runs:
                model.VehicleVar(index).SetValue(-1)
                continue
            time.CumulVar(index).SetRange(runs[0][0], runs[-1][1])
            for (_, hi), (lo, _) in pairwise(runs):
                time.CumulVar(index).RemoveInterval(hi + 1, lo - 1)
        length = [-int(-service[manager.IndexToNode(i)] // 60) for i in range(model.Size())]
        solver = model.solver()
        for k, s in enumerate(self.shifts):
            row = net.shift[s]
            midnight = int(row[DAY]) * _DAY
            start, end = midnight - int(-row[START] // 60), midnight + int(row[END]) // 60
            time.CumulVar(model.Start(k)).SetRange(start, end)
            time.CumulVar(model.End(k)).SetRange(start, end)
            if row[BREAK] > 0:
                rest = solver.FixedDurationIntervalVar(
                    midnight - int(-row[BREAK_LO] // 60),
                    midnight + int(row[BREAK_HI]) // 60,
                    -int(-row[BREAK] // 60),
                    False,
                    f"break {k}",
                )
                time.SetBreakIntervalsOfVehicle([rest], k, length)

    def _sessions(self) -> list[int]:
        return [n for s in self.shifts for n in self.compiled.sessions[s]]

    def _add_penalties(
        self, model: Any, manager: Any, at: dict[int, int], weight: float, legs: I64
    ) -> None:
        values = [max(self._value(n) for n in task) for task in self.tasks]
        mean = max(1.0, float(np.mean(values))) if values else 1.0
        short = np.sort(legs, axis=1)[:, : max(2, len(legs) // 8)]
        typical = max(60.0, float(short.mean()))
        for task, value in zip(self.tasks, values, strict=True):
            penalty = 1 + round(weight * typical * value / mean)
            model.AddDisjunction([manager.NodeToIndex(at[n]) for n in task], penalty, 1)


def _best_value(net: Net, node: int) -> float:
    return float(net.when[node * net.days : (node + 1) * net.days, VALUE].max())


def _windows(net: Net, node: int, day: int) -> list[tuple[int, int]]:
    """Return the node's windows of a day in minutes; a fixed session's minute is kept."""
    row = net.when[node * net.days + day]
    ends = [(int(row[k]), int(row[k + 1])) for k in range(WINDOW, WINDOW + 2 * row[WINDOWS], 2)]
    return [(lo // 60 if lo == hi else -(-lo // 60), hi // 60) for lo, hi in ends]


def _parameters(pywrapcp: Any, seconds: float | None) -> Any:
    from ortools.constraint_solver import routing_enums_pb2

    parameters = pywrapcp.DefaultRoutingSearchParameters()
    first, local = (
        routing_enums_pb2.FirstSolutionStrategy,
        routing_enums_pb2.LocalSearchMetaheuristic,
    )
    parameters.first_solution_strategy = first.PARALLEL_CHEAPEST_INSERTION
    if seconds is None:
        parameters.local_search_metaheuristic = local.GREEDY_DESCENT
    else:
        parameters.local_search_metaheuristic = local.GUIDED_LOCAL_SEARCH
        parameters.time_limit.FromMilliseconds(max(20, int(seconds * 1000)))
    return parameters


def sound_rows(
    compiled: Compiled, routes: dict[int, list[int]], fixed: Mapping[int, tuple[int, int]]
) -> I64:
    """Return routes by shift as rows, the least valuable tasks dropped where a row does not fit.

    Of two-officer visits, on two routes each, `fixed` has the starts and seconds; those that
    only one route holds are dropped, too.
    """
    net = compiled.net
    state = new_state(net, compiled.row_length, compiled.sessions, 0)
    held = Counter(n for nodes in routes.values() for n in nodes)
    left = {s: [n for n in nodes if held[n] == 1 + net.node[n, TWO]] for s, nodes in routes.items()}
    rows = as_rows(compiled, left, fixed)
    load_rows(net, state, rows)
    for s in range(net.shifts):
        while not refresh(net, state, s) and s in left:
            tasks = [n for n in left[s] if net.node[n, TASK] >= 0]
            if not tasks:
                break
            worst = min(tasks, key=lambda n: net.when[n * net.days + net.shift[s, DAY], VALUE])
            left = {k: [n for n in nodes if n != worst] for k, nodes in left.items()}
            rows = as_rows(compiled, left, fixed)
            load_rows(net, state, rows)
        assert state.tally[s, SIZE] <= compiled.row_length
    return rows
