"""The best whole plan from days already met: set packing by CP-SAT.

Sets: days r (a shift's tasks in order, with the common starts of those for two officers).
Variables: x_r = 1 where day r is worked; z_vt = 1 where task v for two officers starts at t.

    maximise  sum_r c_r x_r + sum_vt value_v z_vt
    subject to  one day a shift at most; each other task in one day at most;
                sum of x_r over the days with (v, t) = 2 z_vt; sum_t z_vt <= 1;
                a skill of v: held in at least one of the two days; likewise its language,
                or in neither where the longer time with an interpreter was set;
                a round's first officer: one of the two.

c_r is the day's own value less its walking, tasks for two at their own-officer value only,
beyond what the shift is worth with its sessions alone.
The plan in hand is the hint: without it the solver may return less.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from optimiser.routing.arrays.tasks import (
    DAY,
    END_NODE,
    I64,
    OFFICER,
    OWN,
    OWN_VALUE,
    SERVICE,
    SKILLED,
    SPEAKS,
    START_NODE,
    TAKERS_LO,
    TASK,
    TWO,
    VALUE,
    Compiled,
    Net,
)
from optimiser.routing.search.annealing import Day
from optimiser.routing.search.kernels import walks_between

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

__all__ = ["best_of_pool", "day_value"]


def day_value(net: Net, day: Day) -> int:
    """Return what a day is worth by itself, in units: tasks for two at their own value."""
    s, nodes, _ = day
    stops = np.array([net.shift[s, START_NODE], *nodes, net.shift[s, END_NODE]], dtype=np.int64)
    total = -net.walk_value * int(np.trace(walks_between(net, stops), offset=1))
    for node in nodes:
        if net.node[node, TASK] >= 0 and not net.node[node, TWO]:
            total += int(net.when[node * net.days + net.shift[s, DAY], VALUE])
        if node < net.visits and net.visit[node, OWN] == net.shift[s, OFFICER]:
            total += int(net.visit[node, OWN_VALUE])
    return total


def best_of_pool(
    compiled: Compiled,
    pool: Iterable[Day],
    hint: Iterable[Day],
    *,
    seconds: float,
    seed: int,
    workers: int = 2,
    deterministic: bool = False,
) -> tuple[I64, int] | None:
    """Return the rows of the best plan made of days in `pool` and `hint`, and its value.

    Parameters
    ----------
    compiled
        The week.
    pool, hint
        Days met, and those of the plan in hand.
    seconds
        Limit, of the wall clock, or of CP-SAT's own time where `deterministic`.
    seed, workers
        As CP-SAT takes them; deterministic runs use one worker.
    """
    from ortools.sat.python import cp_model

    hinted = set(hint)
    days = sorted(hinted | set(pool))
    model = cp_model.CpModel()
    x = [model.new_bool_var("") for _ in days]
    _add_one_day_a_shift(model, days, x)
    _add_each_task_once(model, compiled.net, days, x)
    z = _add_pairs(model, compiled.net, days, x)
    idle = [_idle_value(compiled, s) for s in range(compiled.net.shifts)]
    more = [day_value(compiled.net, day) - idle[day[0]] for day in days]
    terms = [*zip(x, more, strict=True), *z]
    model.maximize(sum(value * var for var, value in terms))
    for var, day in zip(x, days, strict=True):
        model.add_hint(var, day in hinted)
    solver = cp_model.CpSolver()
    solver.parameters.random_seed = seed
    solver.parameters.num_workers = 1 if deterministic else workers
    if deterministic:
        solver.parameters.max_deterministic_time = seconds
    else:
        solver.parameters.max_time_in_seconds = seconds
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    chosen = [day for var, day in zip(x, days, strict=True) if solver.value(var)]
    return _rows(compiled, chosen), round(solver.objective_value) + sum(idle)


def _idle_value(compiled: Compiled, s: int) -> int:
    """Return what shift s is worth without a task: the walks to its sessions, taken off."""
    own = compiled.sessions[s]
    return day_value(compiled.net, (s, own, ())) if own else 0


def _add_one_day_a_shift(
    model: cp_model.CpModel, days: list[Day], x: list[cp_model.IntVar]
) -> None:
    of_shift: dict[int, list[Any]] = defaultdict(list)
    for var, (s, _, _) in zip(x, days, strict=True):
        of_shift[s].append(var)
    for vars_ in of_shift.values():
        model.add_at_most_one(vars_)


def _add_each_task_once(
    model: cp_model.CpModel, net: Net, days: list[Day], x: list[cp_model.IntVar]
) -> None:
    holding: dict[int, list[Any]] = defaultdict(list)
    for var, (_, nodes, _) in zip(x, days, strict=True):
        for node in nodes:
            t = int(net.node[node, TASK])
            if t >= 0 and not net.node[node, TWO]:
                holding[t].append(var)
    for vars_ in holding.values():
        model.add_at_most_one(vars_)


def _add_pairs(
    model: cp_model.CpModel, net: Net, days: list[Day], x: list[cp_model.IntVar]
) -> list[tuple[cp_model.IntVar, int]]:
    """Add the tasks for two officers; return their variables with their values."""
    holding: dict[tuple[int, int, int, int], list[tuple[Any, int]]] = defaultdict(list)
    for var, (s, _, pairs) in zip(x, days, strict=True):
        for node, start, length in pairs:
            key = (node, int(net.shift[s, DAY]), start, length)
            holding[key].append((var, s))
    starts: dict[int, list[Any]] = defaultdict(list)
    z = []
    for (v, day, _, length), held in holding.items():
        on = model.new_bool_var("")
        starts[int(net.node[v, TASK])].append(on)
        z.append((on, int(net.when[v * net.days + day, VALUE])))
        model.add(sum(var for var, _ in held) == 2 * on)
        if v >= net.visits:
            turn = int(net.node[v, TASK]) - net.visits
            head = net.lists[net.round[turn, TAKERS_LO]]
            model.add(sum(var for var, s in held if s == head) >= on)
            continue
        of = [(var, int(net.shift[s, OFFICER])) for var, s in held]
        skilled = [var for var, o in of if net.who[v, o, SKILLED]]
        speaking = [var for var, o in of if net.who[v, o, SPEAKS]]
        model.add(sum(skilled) >= on)
        if length == net.node[v, SERVICE]:
            model.add(sum(speaking) >= on)
        else:
            model.add(sum(speaking) == 0)
    for vars_ in starts.values():
        model.add_at_most_one(vars_)
    return z


def _rows(compiled: Compiled, chosen: list[Day]) -> I64:
    """Return the days as rows in the form of `State.best`."""
    from optimiser.routing.search.annealing import as_rows

    routes = {s: list(nodes) for s, nodes, _ in chosen}
    fixed = {v: (start, length) for _, _, pairs in chosen for v, start, length in pairs}
    return as_rows(compiled, routes, fixed)
