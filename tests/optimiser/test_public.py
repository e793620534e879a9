"""The public library is what the README says, and quick to import."""

from __future__ import annotations

import subprocess
import sys

import pytest

import geodata
import optimiser
import optimiser.model
import optimiser.outputs


@pytest.mark.parametrize("package", [geodata, optimiser, optimiser.model, optimiser.outputs])
def test_all_is_sorted_and_importable(package):
    assert list(package.__all__) == sorted(package.__all__)
    for name in package.__all__:
        assert getattr(package, name) is not None


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        _ = optimiser.nothing_of_the_kind


def test_import_alone_loads_no_solver():
    heavy = ["ortools", "numba", "geopandas", "folium"]
    code = f"import sys, optimiser; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
