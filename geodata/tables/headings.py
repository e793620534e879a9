"""Which of a file's headings is which of our columns, however a housing system spells it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

__all__ = ["CUT_AT", "TableSchema", "spelling"]

CUT_AT: Final = 10
"""Shapefiles and dBase tables cut the names of columns to so many characters."""

_BRACKETED = re.compile(r"\s*[(\[]([^)\]]*)[)\]]")
_OTHER_UNITS: Final = frozenset({"hour", "hours", "hrs", "hr", "h", "seconds", "secs", "days"})
"""A heading's note in brackets that changes what its numbers mean is never left out."""


def spelling(heading: object) -> str:
    """Return a heading in lower case, runs of anything but letters and digits as underscores."""
    return re.sub(r"[^a-z0-9]+", "_", str(heading).casefold()).strip("_")


def _squashed(spelt: str) -> str:
    return spelt.replace("_", "")


class _Match(NamedTuple):
    """How well a heading fits one of our columns: the lower, the better."""

    rank: int
    preference: int
    position: int


_VERBATIM, _OUR_NAME, _OTHER_SPELLING, _CUT = range(4)


@dataclass(frozen=True)
class TableSchema:
    """The columns of one kind of file.

    `columns` maps our name to its common other spellings, as `spelling` gives
    them, with spaces between and the best first; `required` are those without
    which no row can be used.
    """

    name: str
    columns: Mapping[str, str]
    required: tuple[str, ...]

    def recognise(self, headings: Iterable[object]) -> dict[str, int]:
        """Return our name -> position of the heading that is most likely meant."""
        return {ours: places[0] for ours, places in self.candidates(headings).items()}

    def candidates(self, headings: Iterable[object], *, cut: bool = False) -> dict[str, list[int]]:
        """Return our name -> positions of the headings that could be meant, best first.

        Our own name beats every other spelling. With `cut`, a heading of
        `CUT_AT` characters may be the start of a longer one.
        """
        matches: dict[str, list[_Match]] = {}
        for position, heading in enumerate(headings):
            meant = self._meant(str(heading if heading is not None else ""), cut)
            if meant is not None:
                ours, rank, preference = meant
                matches.setdefault(ours, []).append(_Match(rank, preference, position))
        found: dict[str, list[int]] = {}
        for ours in self.columns:
            if ours in matches:
                best = min(matches[ours]).rank
                found[ours] = [m.position for m in sorted(matches[ours]) if m.rank == best]
        return found

    @cached_property
    def _names(self) -> dict[str, tuple[str, int]]:
        """Every spelling -> our name and its place among that column's spellings."""
        return {
            name: (ours, place)
            for ours, others in self.columns.items()
            for place, name in enumerate((ours, *others.split()))
        }

    @cached_property
    def _squashed_names(self) -> dict[str, tuple[str, int]]:
        return {_squashed(name): meant for name, meant in reversed(self._names.items())}

    def _meant(self, heading: str, cut: bool) -> tuple[str, int, int] | None:
        """Return our name of a heading, how sure that is, and its place among the spellings."""
        spelt = spelling(heading)
        if spelt in self.columns:
            return spelt, _VERBATIM if heading == spelt else _OUR_NAME, 0
        for form in _forms(heading):
            if found := self._names.get(form) or self._squashed_names.get(_squashed(form)):
                return found[0], _OTHER_SPELLING, found[1]
        if cut and len(heading) == CUT_AT:
            return self._cut_off(re.sub(r"[^a-z0-9]", "_", heading.casefold()))
        return None

    def _cut_off(self, start: str) -> tuple[str, int, int] | None:
        """Return the one column whose name starts so; ours count before other spellings."""
        for names in (self.columns, self._names):
            meant = {self._names[name][0] for name in names if name.startswith(start)}
            if len(meant) == 1:
                return meant.pop(), _CUT, 0
            if meant:
                return None
        return None


def _forms(heading: str) -> Iterator[str]:
    """Yield a heading's spelling, then without what housing and CRM systems add to names.

    "Property Reference (Asset)" is of Dynamics, "Asset__r.Property_Reference__c"
    of Salesforce, "u_block" of Universal Housing.
    """
    yield spelling(heading)
    notes = {word for note in _BRACKETED.findall(heading) for word in spelling(note).split("_")}
    if notes and not notes & _OTHER_UNITS:
        yield spelling(_BRACKETED.sub("", heading))
    if heading.casefold().endswith("__c"):
        yield spelling(heading[:-3].rpartition(".")[2])
    if spelling(heading).startswith("u_"):
        yield spelling(heading)[2:]
