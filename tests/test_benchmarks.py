"""The benchmarks' own programs: the checker of routes finds each fault, and a run passes it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent / "benchmarks"

# The depot shuts at 20; 1 and 2 are 3 and 5 away from it, 2 may not be begun after 6.
INSTANCE = """made
made
0 0 0 0 0 0 0 0 20
1 3 0 2 10 0 0 0 20
2 3 4 1 20 0 0 5 6
3 0 9.99 1 40 0 0 0 20
"""
GOOD = {"instance": "small", "officers": 1, "routes": [[2, 1]], "prize": 30, "bound": 40}


def run(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BENCHMARKS / program), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One instance whose routes can be worked out by hand."""
    (tmp_path / "small.txt").write_text(INSTANCE)
    return tmp_path


def checked(folder: Path, **change: object) -> subprocess.CompletedProcess[str]:
    lines = folder / "lines.jsonl"
    lines.write_text(json.dumps(GOOD | change) + "\n")
    return run("check_toptw.py", lines, folder)


def test_a_right_line_passes(folder: Path) -> None:
    told = checked(folder)
    assert told.returncode == 0, told.stdout + told.stderr
    assert json.loads(told.stdout) == {"checked": 1, "wrong": 0, "above_best_known": 0}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        # 3 + 2 + 4 = 9 at node 2.
        ({"routes": [[1, 2]]}, "at 9.0 at node 2, which closes at 6"),
        # 9.9 to node 3 and 1 there, then 9.9 back: rounded down, the day is too short by 0.8.
        ({"routes": [[3]], "prize": 40}, "at 20.8 at node 0, which closes at 20"),
        ({"routes": [[2], [1]]}, "2 routes"),
        ({"routes": [[2, 1], [1]], "officers": 2, "prize": 40}, "nodes [1] are visited twice"),
        ({"prize": 31}, "prize 31, not the sum 30"),
        ({"bound": 29}, "bound 29 is below the prize 30.0"),
        ({"routes": [[2, 1, 0]]}, "nodes [0] do not exist or are the depot"),
        ({"routes": [[4]], "prize": 0}, "nodes [4] do not exist or are the depot"),
        ({"proven": True}, "called proven with a bound of 40 and a prize of 30"),
    ],
)
def test_each_fault_is_found(folder: Path, change: dict[str, object], fault: str) -> None:
    told = checked(folder, **change)
    assert told.returncode == 1
    assert fault in told.stdout


def test_a_bound_below_the_best_known_is_found(folder: Path) -> None:
    (folder / "best_known.csv").write_text("instance,m,bks\nsmall,1,50\n")
    assert "bound 40 is below the best known 50.0" in checked(folder).stdout


@pytest.mark.slow
def test_a_run_over_a_folder_passes_the_checker_and_goes_on_where_it_stopped(folder: Path) -> None:
    lines = folder / "lines.jsonl"
    given = folder, lines, "--seconds", 0.5, "--officers", 1, "--workers", 1
    told = run("toptw_all.py", *given)
    assert told.returncode == 0, told.stdout + told.stderr
    (line,) = map(json.loads, lines.read_text().splitlines())
    assert (line["prize"], sorted(line["routes"][0])) == (30, [1, 2])
    again = run("toptw_all.py", *given)
    assert again.returncode == 0
    assert len(lines.read_text().splitlines()) == 1
