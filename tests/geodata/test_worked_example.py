"""What `help(geodata)` shows is true."""

from __future__ import annotations

import doctest

import geodata


def test_the_worked_example_of_the_package() -> None:
    # Names are imported when first used, so the example is given them as `import *` would.
    names = {name: getattr(geodata, name) for name in geodata.__all__}
    found = doctest.testmod(geodata, globs=names)
    assert found.attempted > 10
    assert found.failed == 0
