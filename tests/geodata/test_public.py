"""What `geodata` offers: names, and an import that stays light."""

from __future__ import annotations

import subprocess
import sys

import geodata


def test_every_public_name_is_there_and_in_order() -> None:
    assert geodata.__all__ == sorted(geodata.__all__)
    assert all(getattr(geodata, name) is not None for name in geodata.__all__)
    assert set(geodata.__all__) <= set(dir(geodata))
    assert not hasattr(geodata, "read_minds")


def test_import_loads_nothing_heavy() -> None:
    code = "import sys, geodata; print({'pandas', 'geopandas', 'pyogrio'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
