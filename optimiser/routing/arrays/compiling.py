"""How the kernels are compiled: cached, without the GIL, and quickly.

A wrapper that unpacks the problem's arrays from Python costs as much compiling as a small
kernel, so that only what Python calls has one.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from numba import njit

__all__ = ["inlined", "inner", "outer"]

outer: Any = partial(njit, cache=True, nogil=True, error_model="numpy")
"""For a kernel that Python calls; kernels may call it too."""

inner: Any = partial(outer, no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""For a kernel that only kernels call."""

inlined: Any = partial(inner, inline="always")
"""For a few lines that hot loops call: every call that remains one counts references to each
of the problem's arrays, which takes longer than the lines themselves."""
