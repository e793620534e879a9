"""Other tools on a patch problem: spopt and GerryChain, beside ours in the same call.

A peer is given the units (an estate that stays whole is one of them), their workload,
places and neighbours, how many patches, and one tolerance. It runs in a process of
its own, which is ended when its seconds are over; the best partition that it has met
is then given to the officers at least cost and priced by our cost, from each patch's
best centre, and checked by our checker. What a peer has no means to be told is listed
as `ignores`.

- GerryChain: ReCom with the same tolerance from `recursive_tree_part`, in short bursts
  on our cost, its own way to optimise (Cannon et al., 2022). Where three draws of its
  trees find no start, the tolerance is widened by a fifth a draw; such a plan is told
  with the limits that it breaks.
- spopt has no balanced districts of a given number. Nearest are max-p, which makes as
  many contiguous regions as it can of at least a workload each (the workload is
  lowered until the number is met), and region k-means, which makes compact ones of any
  workload. Both are run again with new seeds until the time is over.
"""

from __future__ import annotations

import multiprocessing
import resource
import signal
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from itertools import count
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from optimiser.districting.checks import check_patches
from optimiser.districting.metrics import build_plan
from optimiser.model import PatchProblem
from optimiser.model.patches import COST_UNITS_PER_MINUTE

__all__ = ["METHODS", "PEERS", "Judged", "judge", "run_peers"]

MAX_P_RUN_S = 10.0

Part = frozenset[int]
"""The units of one patch."""


@dataclass(frozen=True)
class Judged:
    """A division of the blocks: cost in units, and what it keeps and breaks."""

    objective: float
    balance: float
    pieces: int
    figures: dict[str, Any]
    broken: dict[str, int]


def judge(problem: PatchProblem, slot_of: Iterable[int]) -> Judged:
    """Return what giving block i to patch `slot_of[i]` costs, from the best centres.

    `balance` is the largest deviation from a patch's target; `pieces` how many
    contiguous pieces the patches have together, their number where all are whole.
    """
    of = np.array(list(slot_of))
    plan = build_plan(problem, of, bound=0, seed=0, seconds=0.0)
    off = [abs(s.workload / s.target - 1) for s in plan.patches if s.target]
    return Judged(
        objective=round(plan.objective * COST_UNITS_PER_MINUTE),
        balance=round(max(off, default=0.0), 5),
        pieces=_pieces(problem, of),
        figures={
            "walk_minutes": plan.walk_minutes,
            "centre_minutes": plan.centre_minutes,
            "moved_minutes": plan.moved_minutes,
            "homes_moved": plan.homes_moved,
        },
        broken=dict(Counter(v.rule for v in check_patches(problem, plan))),
    )


def _pieces(problem: PatchProblem, of: np.ndarray[Any, Any]) -> int:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    i, j = problem.edges[of[problem.edges[:, 0]] == of[problem.edges[:, 1]]].T
    graph = coo_array((np.ones(len(i), dtype=np.int8), (i, j)), shape=(len(of), len(of)))
    return int(connected_components(graph, directed=False)[0])


class Given:
    """The problem as a peer is given it, and what a partition of its units costs."""

    def __init__(self, problem: PatchProblem, seed: int) -> None:
        self._problem = problem
        self.seed, self.patches = seed, len(problem.slots)
        unit, work = problem.unit, np.array([b.workload for b in problem.blocks])
        self._work = work
        units = range(int(unit.max()) + 1)
        self._blocks = [np.flatnonzero(unit == u) for u in units]
        self.weight = np.bincount(unit, weights=work).astype(np.int64)
        at = np.array([(b.easting, b.northing) for b in problem.blocks])
        self.xy = np.array([at[own].mean(axis=0) for own in self._blocks])
        ends = np.unique(np.sort(unit[problem.edges], axis=1), axis=0)
        self.edges: list[tuple[int, int]] = [(a, b) for a, b in ends.tolist() if a != b]
        self.target = float(work.sum()) / self.patches
        self.tolerance = problem.balance
        self._rows: dict[Part, np.ndarray[Any, Any]] = {}
        # More than any plan costs, for what lies outside the limits.
        costs = problem.walk_cost, problem.centre_cost, problem.move_cost
        self._price = 1 + sum(float(cost.max(axis=1).sum()) for cost in costs)

    def officers(self, parts: list[Part]) -> tuple[float, np.ndarray[Any, Any]]:
        """Return what parts cost with the officers that suit them best, and block -> slot.

        What lies outside an officer's limits, or may not be hers, costs more than all else.
        """
        from scipy.optimize import linear_sum_assignment

        cost = np.stack([self._row(part) for part in parts])
        chosen = linear_sum_assignment(cost)
        of = np.full(len(self._work), -1)
        for part, slot in zip(*chosen, strict=True):
            of[self._own(parts[part])] = slot
        return float(cost[chosen].sum()), of

    def _own(self, part: Part) -> np.ndarray[Any, Any]:
        return np.concatenate([self._blocks[u] for u in sorted(part)])

    def _row(self, part: Part) -> np.ndarray[Any, Any]:
        """Return what a part costs as each of the patches."""
        if part not in self._rows:
            problem, own = self._problem, self._own(part)
            walk = problem.walk_cost[np.ix_(own, own)].sum(axis=0)
            row = (walk + problem.centre_cost[:, own]).min(axis=1)
            row = row + problem.move_cost[own].sum(axis=0)
            load = int(self._work[own].sum())
            lower = np.array([s.lower for s in problem.slots])
            upper = np.array([s.upper for s in problem.slots])
            outside = np.maximum(0, np.maximum(lower - load, load - upper)) / self.target
            outside = outside + (~problem.allowed[own]).sum(axis=0)
            if len(self._rows) > 20_000:
                self._rows.clear()
            self._rows[part] = row + self._price * outside
        return self._rows[part]


def gerrychain(given: Given) -> Iterator[list[Part]]:
    """Yield ReCom's partitions."""
    import random

    import networkx as nx
    from gerrychain import Graph, Partition
    from gerrychain.optimization import SingleMetricOptimizer
    from gerrychain.proposals.tree_proposals import MetagraphError, build_recom_proposal_fn
    from gerrychain.tree import BalanceError, PopulationBalanceError, bipartition_tree

    made = nx.Graph()
    made.add_nodes_from((u, {"unit": u, "work": w}) for u, w in enumerate(given.weight.tolist()))
    made.add_edges_from(given.edges)
    graph, rng = Graph.from_networkx(made), random.Random(given.seed)
    # A draw that finds no cut soon is given up for another.
    cut = partial(bipartition_tree, max_attempts=200, warn_attempts=10**9)
    no_cut = (RuntimeError, MetagraphError, BalanceError, PopulationBalanceError)

    def parts(state: Any) -> list[Part]:
        return [
            frozenset(state.graph.node_data(v)["unit"] for v in own) for own in state.parts.values()
        ]

    for failed in count():
        # Where no start is found in three draws, one that is less even is better than none.
        epsilon = given.tolerance * 1.2 ** max(0, failed - 2)
        same = {"pop_col": "work", "pop_target": given.target, "epsilon": epsilon}
        try:
            start = Partition(graph, _tree_parts(graph, given.patches, cut, same, rng))
            chain = SingleMetricOptimizer(
                build_recom_proposal_fn(**same, bipartition_tree_fn=cut),
                [],
                start,
                lambda state: given.officers(parts(state))[0],
                maximize=False,
                rng=rng,
            )
            for state in chain.short_bursts(10, 10**9):
                yield parts(state)
        except no_cut:
            yield []


def _tree_parts(graph: Any, patches: int, cut: Any, same: dict[str, Any], rng: Any) -> Any:
    from gerrychain.partition.initial_partition_generators import recursive_tree_part

    return recursive_tree_part(graph, range(patches), **same, bipartition_tree_fn=cut, rng=rng)


def max_p(given: Given) -> Iterator[list[Part]]:
    """Yield max-p's regions, once there are as many as patches."""
    import geopandas as gpd
    from spopt.region import MaxPHeuristic

    frame = gpd.GeoDataFrame(
        {"x": given.xy[:, 0], "y": given.xy[:, 1], "work": given.weight},
        geometry=gpd.points_from_xy(*given.xy.T),
    )
    least = given.target * (1 - given.tolerance)
    for run in count():
        np.random.seed(given.seed + run)  # noqa: NPY002 - the only seed that it has
        model = MaxPHeuristic(
            frame, _weights(given), ["x", "y"], "work", least, top_n=2, max_iterations_sa=3
        )
        # Where no unit can change region its annealing never ends, up to version 0.7.
        found = _parts(model.labels_) if _ends(model.solve, MAX_P_RUN_S) else []
        yield found if len(found) == given.patches else []
        least *= 0.98 if len(found) < given.patches else 1.005


def region_k_means(given: Given) -> Iterator[list[Part]]:
    """Yield region k-means' regions."""
    from spopt.region import RegionKMeansHeuristic

    for run in count():
        model = RegionKMeansHeuristic(
            given.xy, given.patches, _weights(given), seed=given.seed + run
        )
        model.solve()
        yield _parts(model.labels_)


def _ends(job: Callable[[], object], seconds: float) -> bool:
    """Return whether a job of this process's main thread ends in time."""

    def stop(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        job()
    except TimeoutError:
        return False
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return True


def _weights(given: Given) -> Any:
    from libpysal.weights import W

    near: dict[int, list[int]] = {u: [] for u in range(len(given.weight))}
    for a, b in given.edges:
        near[a].append(b)
        near[b].append(a)
    return W(near, silence_warnings=True)


def _parts(labels: Any) -> list[Part]:
    of = np.asarray(labels)
    return [frozenset(np.flatnonzero(of == k).tolist()) for k in np.unique(of)]


@dataclass(frozen=True)
class Method:
    """A way of a peer, and the limits that it cannot be told."""

    package: str
    run: Callable[[Given], Iterator[list[Part]]]
    ignores: tuple[str, ...] = ()


METHODS = {
    "gerrychain recom": Method("gerrychain", gerrychain),
    "spopt max-p": Method("spopt", max_p, ("upper limits of workload",)),
    "spopt region k-means": Method("spopt", region_k_means, ("limits of workload",)),
}
PEERS = {method.package for method in METHODS.values()}


def run_peers(
    problem: PatchProblem, packages: Iterable[str], *, seconds: float, seed: int
) -> Iterator[dict[str, Any]]:
    """Yield a line for each method of the packages; the objective is in cost units."""
    for package in packages:
        for name, method in METHODS.items():
            if method.package != package:
                continue
            try:
                release = version(package)
            except PackageNotFoundError:
                yield {"peer": name, "left_out": f"{package} is not installed"}
                continue
            told = _run(name, problem, seconds=seconds, seed=seed)
            yield {"peer": name, "version": release, "patches": len(problem.slots), **told}


def _ignored(problem: PatchProblem, method: Method) -> list[str]:
    """Return what this problem asks for and the method cannot be told."""
    asked = {
        "officers' own workload limits": len({(s.lower, s.upper) for s in problem.slots}) > 1,
        "pins, bans and reach": not problem.allowed.all(),
        "residents who change officer": problem.move_cost.any(),
        "service centres": problem.centre_cost.any(),
        "blocks kept apart": problem.apart.size > 0,
        "further measures": len(problem.measures) > 0,
    }
    return [*method.ignores, *(name for name, there in asked.items() if there)]


def _run(name: str, problem: PatchProblem, *, seconds: float, seed: int) -> dict[str, Any]:
    """Return the best that a method finds in its seconds, imports not counted."""
    fresh = multiprocessing.get_context("spawn")
    mine, theirs = fresh.Pipe(duplex=False)
    process = fresh.Process(target=_child, args=(name, problem, seed, theirs), daemon=True)
    cpu = _children_cpu_s()
    process.start()
    theirs.close()
    began, best, runs = time.monotonic(), None, 0
    try:
        mine.recv()
        began = time.monotonic()
        while (left := seconds - (time.monotonic() - began)) > 0 and mine.poll(left):
            runs, found = mine.recv()
            best = found or best
    except EOFError:
        process.join()
        return {"status": "failed", "exit_code": process.exitcode}
    spent = time.monotonic() - began
    process.terminate()
    process.join()
    told = {"seconds": round(spent, 2), "runs": runs, "ignores": _ignored(problem, METHODS[name])}
    told["cpu_s"] = round(_children_cpu_s() - cpu, 1)
    if best is None:
        return {"status": "no plan in time", **told}
    judged = judge(problem, best[1])
    return {
        "status": "breaks rules" if judged.broken else "valid",
        "objective": judged.objective,
        "balance": judged.balance,
        "pieces": judged.pieces,
        **({} if problem.rules is None else judged.figures),
        "broken": judged.broken,
        "found_s": best[0],
        **told,
    }


def _child(name: str, problem: PatchProblem, seed: int, pipe: Connection) -> None:
    """Send each better partition, and now and then how many were tried."""
    warnings.simplefilter("ignore")
    given, run = Given(problem, seed), METHODS[name].run
    for package in ("gerrychain.optimization", "spopt.region"):
        if package.startswith(METHODS[name].package):
            __import__(package)
    pipe.send("ready")
    began, least = time.monotonic(), np.inf
    for runs, parts in enumerate(run(given), start=1):
        cost, of = given.officers(parts) if parts else (np.inf, None)
        if cost < least:
            least = cost
            pipe.send((runs, (round(time.monotonic() - began, 2), of)))
        elif runs % 100 == 0 or not parts:
            pipe.send((runs, None))


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
