"""The command itself: its version, its help, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

from folders import run

HEAVY = ("geopandas", "numpy", "ortools", "pandas", "pydantic", "shapely")


def test_the_version_is_the_package_s() -> None:
    done = run("--version")
    assert done.exit_code == 0
    assert done.stdout == f"doorstep {version('doorstep')}\n"


def test_help_lists_every_command() -> None:
    done = run("--help")
    assert done.exit_code == 0
    for command in ("demo", "init", "check", "patches", "adopt", "plan"):
        assert f" {command} " in done.stdout


def test_the_command_imports_nothing_heavy_before_it_knows_what_to_do() -> None:
    code = f"import sys, optimiser.cli; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
