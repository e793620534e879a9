"""The names that the rules of a redraw are given in: blocks, estates, patches, officers.

Every name is looked up; what is not found is collected, with the name that was
probably meant, and raised as one error.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from geodata.references import meant
from geodata.tables.headings import spelling

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RuleFault", "RuleFaults", "RuleNames", "likely", "listed", "names_of"]


@dataclass(frozen=True, slots=True)
class RuleFault:
    """A rule that cannot be kept as it is written: its key below `[rules.patches]`."""

    key: str
    reason: str
    remedy: str
    value: str | None = None

    def __str__(self) -> str:
        """Return one line."""
        named = self.key if self.value is None else f"{self.key} {self.value!r}"
        return f"{named} {self.reason}; {self.remedy}"


class RuleFaults(ValueError):
    """The rules of a redraw do not fit the files, or each other.

    Parameters
    ----------
    faults
        Everything found; never empty.
    """

    def __init__(self, faults: Iterable[RuleFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


@dataclass
class RuleNames:
    """Looks up what the rules name, and collects what is wrong with them.

    `refs`, `estates` and `block_names` are those of the n blocks; `patches` the codes of
    the patches to fill, each with its officer; `officers` and `codes` every officer and
    every patch that the files know.
    """

    refs: Sequence[str]
    estates: Sequence[str | None]
    block_names: Sequence[str | None]
    patches: Mapping[str, str | None]
    officers: Collection[str]
    codes: Collection[str]
    counted: bool = False
    faults: list[RuleFault] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Look up each name once: blocks, estates, patches, officers."""
        self._members: dict[str, list[int]] = {}
        for i, estate in enumerate(self.estates):
            if estate:
                self._members.setdefault(estate, []).append(i)
        # A block's reference comes before an estate of that name.
        self._members.update({ref: [i] for i, ref in enumerate(self.refs)})
        self._named: dict[str, list[str]] = {}
        for ref, name in zip(self.refs, self.block_names, strict=True):
            if name:
                self._named.setdefault(spelling(name), []).append(ref)
        self._number = {patch: k for k, patch in enumerate(self.patches)}
        self._of_officer = {o: k for k, o in enumerate(self.patches.values()) if o}

    def fault(self, key: str, reason: str, remedy: str, value: str | None = None) -> None:
        """Note something that is wrong."""
        self.faults.append(RuleFault(key, reason, remedy, value))

    def require_none(self) -> None:
        """Raise what was noted, if anything.

        Raises
        ------
        RuleFaults
            With all of it.
        """
        if self.faults:
            raise RuleFaults(self.faults)

    def blocks(self, key: str, name: str) -> list[int]:
        """Return the blocks of a reference or an estate; none, and a fault, for no such name."""
        found = self._members.get(name)
        if found is not None:
            return found
        named = self._named.get(spelling(name), [])
        if named:
            remedy = f"it is the name of {listed(named, most=3)}: write {named[0]}"
        else:
            remedy = likely(name, self._members) or (
                "give a block_ref or an estate of the homes file"
            )
        self.fault(key, "is no block or estate that a home has", remedy, name)
        return []

    def patch(self, key: str, name: str) -> int | None:
        """Return the number of a patch, by its code or its officer; None where there is none.

        An officer without a patch in a redraw of fewer patches is no fault.
        """
        number = self._number.get(name, self._of_officer.get(name))
        if number is not None or name in self.officers:
            return number
        there = listed(list(self.patches))
        if name not in self.codes:
            reason = "is no officer and no patch"
            remedy = likely(name, {*self.patches, *self.officers}) or f"there are {there}"
        elif self.counted:
            reason, remedy = f"is none of the {len(self.patches)} patches", f"there are {there}"
        else:
            reason = "is a patch that no officer holds"
            remedy = f"give it an officer, or plan it as vacant: vacant_posts = {{ {name} = 1.0 }}"
        self.fault(key, reason, remedy, name)
        return None


def likely(name: str, known: Collection[str] | Mapping[str, object]) -> str:
    """Return "did you mean …?" where a known name is near, else ""."""
    (remedy,) = meant([name], known, otherwise="")
    if remedy:
        return remedy
    # Of codes such as B0999 every other is near.
    if any(sign.isdigit() for sign in name):
        return ""
    by_spelling = {spelling(other): other for other in sorted(known, reverse=True)}
    near = difflib.get_close_matches(spelling(name), by_spelling, n=1, cutoff=0.75)
    return f"did you mean {by_spelling[near[0]]}?" if near else ""


def listed(names: Sequence[str], *, most: int = 8) -> str:
    """Return the names, the first few where they are many."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"


def names_of(column: pd.Series) -> list[str | None]:
    """Return a column's texts, None for what is blank."""
    return [name if isinstance(name, str) and name else None for name in column]
