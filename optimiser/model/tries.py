"""The names of a request's further tries in one week: "V0123", then "V0123 try 2"."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["request_of", "try_ref"]

_TRY: Final = re.compile(r"(?P<request>.+) try [1-9]\d*")


def request_of(visit_ref: str) -> str:
    """Return the landlord's own reference of a visit or of a further try of it."""
    found = _TRY.fullmatch(visit_ref)
    return found["request"] if found else visit_ref


def try_ref(visit_ref: str, number: int) -> str:
    """Return the reference of a request's try, counted from 1 in the week."""
    return visit_ref if number == 1 else f"{visit_ref} try {number}"
