"""Compiles the kernels on a machine's first run while a week is read, in processes of their own.

Numba keeps what it compiled on disk, from where this process then loads it. Where a process
cannot be started, or fails, the kernels are compiled when they are first used, as ever.

There are two processes, of about the same work. Each kernel links those that it calls, so
that the search comes last: what it calls late is compiled by the other process first.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from optimiser.model import VisitProblem
    from optimiser.routing.arrays.tasks import Compiled

__all__ = ["compile_part", "compiled_ahead", "handed_over", "missing_parts", "small_week"]

PARTS: Final = ("search", "bounds")
"""What a process compiles. The bounds' kernels share few with the search, for whose process
theirs compiles the placing of two officers and the removals before."""

_PATIENCE_S: Final = 180.0
_HANDED_S: Final = 40.0
"""For a kernel that the other process compiles; then it is compiled here."""


@contextmanager
def compiled_ahead() -> Iterator[Callable[[], None]]:
    """Compile what the cache lacks meanwhile; the function given waits until that is done.

    Nothing is left running at the end.
    """
    running = [process for part in missing_parts() if (process := _start(part)) is not None]

    def wait() -> None:
        for process in running:
            try:
                process.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()

    try:
        yield wait
    finally:
        for process in running:
            if process.poll() is None:
                process.terminate()
            process.wait()


def missing_parts() -> tuple[str, ...]:
    """Return what is not in numba's cache; nothing where no process may be started."""
    if getattr(sys, "frozen", False) or not sys.executable or (os.cpu_count() or 1) < 2:
        return ()
    from optimiser.routing.proof.halves import least_halves
    from optimiser.routing.search.ruin import search

    if not _is_known(search):
        return PARTS
    return () if _is_known(least_halves) else ("bounds",)


def _is_known(kernel: Any) -> bool:
    source = Path(kernel.py_func.__code__.co_filename)
    return _is_kept(source, kernel.py_func.__name__, kernel.stats)


def _is_kept(source: Path, name: str, stats: object) -> bool:
    """Return whether the cache has this kernel, compiled when its source was as it is."""
    folder = Path(str(getattr(stats, "cache_path", "")))
    python = f"py{sys.version_info.major}{sys.version_info.minor}"
    try:
        written = source.stat().st_mtime
        kept = folder.glob(f"{source.stem}.{name}-*.{python}*.nbc")
        return any(code.stat().st_mtime >= written for code in kept)
    except OSError:
        return False


def _start(part: str) -> subprocess.Popen[bytes] | None:
    command = [sys.executable, "-P", "-m", __name__, part]
    silent = subprocess.DEVNULL
    try:
        return subprocess.Popen(command, stdin=silent, stdout=silent, stderr=silent)
    except OSError:
        return None


def compile_part(part: str) -> None:
    """Compile one of `PARTS`, for arrays of the types that every week has."""
    from optimiser.routing.arrays.tasks import compile_problem

    compiled = compile_problem(small_week())
    if part == "search":
        _compile_search(compiled)
    else:
        for kernel, types in handed_over(compiled):
            kernel.compile(types)
        _compile_bounds(compiled)


def handed_over(compiled: Compiled) -> list[tuple[Any, tuple[Any, ...]]]:
    """Return the kernels that the bounds' process compiles for the search, and their types."""
    from numba import float64, int64

    from optimiser.routing.search.moves import restore
    from optimiser.routing.search.pairing import best_pair
    from optimiser.routing.search.removal import ruin

    net, state, prices = _types(compiled)
    return [
        (best_pair, (net, state, int64, prices)),
        (ruin, (net, state, float64)),
        (restore, (net, state)),
    ]


def _types(compiled: Compiled) -> tuple[Any, Any, Any]:
    """Return numba's types of a week, of its state and of its shifts' prices."""
    from numba import typeof

    from optimiser.routing.search.kernels import new_state

    state = new_state(compiled.net, compiled.row_length, compiled.sessions, 0)
    types: Any = typeof
    return types(compiled.net), types(state), types(np.zeros(1, dtype=np.int64))


def _compile_search(compiled: Compiled) -> None:
    from numba import int64

    from optimiser.routing.search.annealing import as_rows, compile_kernels
    from optimiser.routing.search.kernels import fit, new_state, refresh
    from optimiser.routing.search.moves import load_rows, put, total_value
    from optimiser.routing.search.ruin import _place

    net, state, prices = _types(compiled)
    pair, *removals = [kernel for kernel, _ in handed_over(compiled)]
    put.compile((net, state, int64, int64, int64))
    refresh.compile((net, state, int64))
    fit.compile((net, state, int64, int64, prices))
    until = time.monotonic() + _HANDED_S
    _wait_for([pair], until)
    _place.compile((net, state, int64, prices, int64))
    _wait_for(removals, until)
    compile_kernels(compiled)
    state = new_state(compiled.net, compiled.row_length, compiled.sessions, 0)
    load_rows(compiled.net, state, as_rows(compiled, {}))
    refresh(compiled.net, state, 0)
    total_value(compiled.net, state)


def _wait_for(kernels: Iterable[Any], until: float) -> None:
    """Wait for what the other process compiles; by `until` it is compiled here after all."""
    while time.monotonic() < until and not all(_is_known(kernel) for kernel in kernels):
        time.sleep(0.05)


def _compile_bounds(compiled: Compiled) -> None:
    from optimiser.routing.proof.bounds import all_bounds
    from optimiser.routing.proof.crowded import crowded_week
    from optimiser.routing.proof.route_bound import route_bounds
    from optimiser.routing.proof.tiers import tier_bounds
    from optimiser.routing.search.kernels import legs_between, walks_between

    bounds = all_bounds(compiled)
    route_bounds(compiled, bounds)
    crowd = crowded_week(compiled, bounds, seconds=_PATIENCE_S)
    until = time.monotonic() + _PATIENCE_S
    if crowd is not None:
        crowd.collect([], until)
        crowd.better(crowd.dive(until), time.monotonic() + 0.5)
        crowd.prove(until)
    tier_bounds(compiled, bounds, seconds=_PATIENCE_S)
    nodes = np.arange(2, dtype=np.int64)
    legs_between(compiled.net, nodes)
    walks_between(compiled.net, nodes)


def small_week() -> VisitProblem:
    """Return an invented week of one officer, one request and one round."""
    from optimiser.model import (
        Door,
        Place,
        Round,
        RoundOption,
        Shift,
        TimeWindow,
        Visit,
        VisitOfficer,
        VisitProblem,
    )

    monday = dt.date(2024, 1, 1)
    door = Door(place=1, block_ref="B1", entry_s=60)
    window = TimeWindow(date=monday, earliest_s=36_000, latest_s=50_000)
    option = RoundOption(
        part="morning", earliest_s=36_000, latest_s=43_199, service_s=600, conversations=1, value=9
    )
    return VisitProblem(
        week=monday,
        places=tuple(Place(name=str(k), easting=float(k), northing=0.0) for k in range(2)),
        walk_s=np.array([[0, 60], [60, 0]]),
        walk_m=np.array([[0, 75], [75, 0]]),
        officers=(VisitOfficer(officer_ref="HO1"),),
        shifts=(
            Shift(
                officer_ref="HO1", date=monday, start_s=32_400, end_s=61_200,
                start_place=0, end_place=0, break_s=1800, break_earliest_s=41_400,
                break_latest_s=48_600, busy_limit_s=25_000,
            ),
        ),
        visits=(
            Visit(
                visit_ref="V1", visit_type="visit", property_ref="H1", block_ref="B1", door=door,
                service_s=1800, interpreter_service_s=2700, windows=(window,), value=90,
                late_value=50,
            ),
        ),
        rounds=(
            Round(
                round_ref="R1", block_ref="B1", patch="P1", date=monday, door=door, last_floor=0,
                property_refs=("H1",), officers=("HO1",), options=(option,),
            ),
        ),
        walk_value=1,
    )  # fmt: skip


if __name__ == "__main__":
    compile_part(sys.argv[1])
