"""Codes of new patches, in the style of those in use."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

__all__ = ["patch_codes"]


def patch_codes(taken: Iterable[str], count: int) -> list[str]:
    """Return `count` new codes that go on in the style of `taken`, as P29 after P28."""
    numbered = [m for code in taken if (m := re.fullmatch(r"(\D*)(\d+)", code))]
    if not numbered:
        prefix, width, last = "P", 2, 0
    else:
        prefix = Counter(m[1] for m in numbered).most_common(1)[0][0]
        same = [m for m in numbered if m[1] == prefix]
        width = max(len(m[2]) for m in same)
        last = max(int(m[2]) for m in same)
    return [f"{prefix}{last + k:0{width}d}" for k in range(1, count + 1)]
