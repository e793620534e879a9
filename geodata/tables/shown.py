"""Which cells a message may repeat: what a column of codes holds may be about a person."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from typing import Final

from geodata.tables.headings import spelling

__all__ = ["harmless", "like_a_code"]

_HARMLESS: Final = frozenset(
    ["maybe", "possibly", "perhaps", "unknown", "tbc", "tba", "n/k", "both", "any", "x"]
)
_CODE = re.compile(r"(?=.*\d)[\w.:/-]{1,12}")
_FORMULA = re.compile(r"=\s*(?:[A-Za-z.]+[(|!]|[\dA-Z$+*/.():-]+$)")
_LONGEST: Final = 30


def harmless(text: str) -> str | None:
    """Return what says nothing of anyone; None for the rest."""
    return text if text.casefold() in _HARMLESS or not re.search(r"\w", text) else None


def like_a_code(text: str, known: Collection[str]) -> str | None:
    """Return what is a reference by its looks, a formula, or near one of `known`; else None.

    A slip such as "tenancy adit" is for the reader to see; what else people write
    into a column of codes may be a reason that nobody else is to know.
    """
    if harmless(text) or _CODE.fullmatch(text) or _FORMULA.match(text):
        return text
    if len(text) > _LONGEST:
        return None
    words = {spelling(code) for code in known}
    return text if difflib.get_close_matches(spelling(text), words, n=1, cutoff=0.75) else None
