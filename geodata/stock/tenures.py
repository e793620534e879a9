"""Tenures in a landlord's words to the three that weigh differently, and what is no home."""

from __future__ import annotations

import re
from typing import Final

from geodata.tables.parsing import BadCell, parse_text

__all__ = ["TENURES", "parse_tenure", "set_aside_kind"]

TENURES: Final = ("tenanted", "leasehold", "sheltered")

_WORDS: Final = (
    ("sheltered", r"shelter|extra care|retirement|older persons"),
    ("leasehold", r"lease(?!back)|freehold|shared own|owner|right to buy|\brtb\b|\blh\b"),
    (
        "tenanted",
        r"tenan|secure|introductory|flexible|assured|fixed term|demoted|starter|general needs"
        r"|social rent|affordable rent|licen[cs]e|temporary accommodation|\bsec\b|\bint\b",
    ),
)
_NOT_OCCUPIED: Final = (
    ("ended tenancies", r"\bended\b|\bformer\b|terminated"),
    ("empty homes", r"\bvoids?\b|vacant|\bempty\b"),
)
_NO_DWELLING: Final = (
    ("garages", r"garage|lock.?up"),
    ("sheds and stores", r"\bsheds?\b|\bstores?\b|storage|\bprams?\b"),
    ("parking", r"parking|car ?space|car ?port"),
    ("shops and commercial", r"\bshops?\b|commercial|business"),
)
_DWELLING = re.compile(r"\b(?:flat|house|maisonette|bungalow|bedsit|studio)\b")


def parse_tenure(text: str) -> str:
    """Return one of `TENURES`."""
    words = parse_text(text).casefold()
    for tenure, pattern in _WORDS:
        if re.search(pattern, words):
            return tenure
    raise BadCell(
        "is not a known tenure",
        "write tenanted, leasehold or sheltered (Secure tenancy, Leaseholder … are known too)",
    )


def set_aside_kind(text: str) -> str | None:
    """Return what a tenure, status or property type says it is, where nobody lives there.

    A "flat above a shop" and a "house with garage" are homes.
    """
    words = text.casefold()
    for kind, pattern in _NOT_OCCUPIED:
        if re.search(pattern, words):
            return kind
    for kind, pattern in _NO_DWELLING:
        found = re.search(pattern, words)
        if found:
            dwelling = _DWELLING.search(words)
            return None if dwelling and dwelling.start() < found.start() else kind
    return None
