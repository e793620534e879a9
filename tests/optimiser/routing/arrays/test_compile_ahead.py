"""Compiling while a week is read: only what is missing, for the types of every week."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numba
import pytest

from optimiser import Workspace
from optimiser.routing.arrays import compile_ahead
from optimiser.routing.arrays.compile_ahead import (
    compiled_ahead,
    handed_over,
    missing_parts,
    small_week,
)
from optimiser.routing.arrays.tasks import compile_problem
from optimiser.routing.search.kernels import new_state


class Stats:
    def __init__(self, folder: Path) -> None:
        self.cache_path = str(folder)


def test_the_small_week_has_the_types_of_a_real_one(borough: Path) -> None:
    types = []
    typeof: Any = numba.typeof
    for problem in (small_week(), Workspace.open(borough).visit_problem("2026-11-30")):
        compiled = compile_problem(problem)
        state = new_state(compiled.net, compiled.row_length, compiled.sessions, 0)
        types.append((typeof(compiled.net), typeof(state)))
    assert types[0] == types[1]


def test_kernels_are_handed_over_with_a_type_for_each_argument() -> None:
    for kernel, types in handed_over(compile_problem(small_week())):
        assert len(types) == len(inspect.signature(kernel.py_func).parameters)


def test_without_the_search_both_processes_have_work(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"search": True, "least_halves": True}
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(compile_ahead, "_is_kept", lambda _, name, __: known[name])
    assert missing_parts() == ()
    known["least_halves"] = False
    assert missing_parts() == ("bounds",)
    known.update(search=False, least_halves=True)
    assert missing_parts() == ("search", "bounds")


def test_what_the_other_process_never_compiles_is_not_waited_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def is_known(kernel: int) -> bool:
        asked.append(kernel)
        return False

    monkeypatch.setattr(compile_ahead, "_is_known", is_known)
    monkeypatch.setattr(time, "monotonic", lambda: float(len(asked)))
    compile_ahead._wait_for([1, 2], until=3.0)
    assert asked == [1, 1, 1]


def test_a_kernel_is_kept_while_its_index_is_as_new_as_its_source(tmp_path: Path) -> None:
    source, stats = tmp_path / "ruin.py", Stats(tmp_path)
    source.touch()
    assert not compile_ahead._is_kept(source, "search", stats)
    version = f"py{sys.version_info.major}{sys.version_info.minor}"
    index = tmp_path / f"ruin.search-12.{version}.1.nbc"
    index.touch()
    os.utime(source, (1_000, 1_000))
    assert compile_ahead._is_kept(source, "search", stats)
    assert not compile_ahead._is_kept(source, "other", stats)
    os.utime(index, (900, 900))
    assert not compile_ahead._is_kept(source, "search", stats)


@pytest.mark.parametrize(
    ("module", "name", "value"), [(sys, "frozen", True), (sys, "executable", "")]
)
def test_nothing_is_started_from_a_program_of_one_file(
    module: Any, name: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compile_ahead, "_is_kept", lambda *_: False)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert missing_parts() == ("search", "bounds")
    monkeypatch.setattr(module, name, value, raising=False)
    assert missing_parts() == ()


def test_what_fails_or_hangs_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def start(part: str) -> subprocess.Popen[bytes] | None:
        if part == "none":
            return None
        code = {"fails": "raise SystemExit(3)", "hangs": "import time; time.sleep(600)"}[part]
        started.append(subprocess.Popen([sys.executable, "-c", code]))
        return started[-1]

    monkeypatch.setattr(compile_ahead, "missing_parts", lambda: ("fails", "hangs", "none"))
    monkeypatch.setattr(compile_ahead, "_start", start)
    with pytest.raises(KeyError), compiled_ahead():
        raise KeyError
    assert all(process.poll() is not None for process in started)
    monkeypatch.setattr(compile_ahead, "_PATIENCE_S", 0.5)
    started.clear()
    with compiled_ahead() as wait:
        wait()
        assert started[0].poll() == 3
    assert started[1].poll() is not None
