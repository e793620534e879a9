"""What polygons say of the homes that the homes file does not, case by case, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import pandas as pd

from geodata.errors import Problem
from geodata.findings import counted

__all__ = ["COLUMNS", "EDGE_M", "NEAR_M", "BoundaryCases", "case_frame", "case_problems", "rule_of"]

EDGE_M: Final = 5.0
"""Edges are drawn no better: a point this near to another polygon may belong there."""
NEAR_M: Final = 50.0
"""A home in a gap takes the nearest patch up to here, about a street and its verges."""

COLUMNS: Final = ("what", "case", "block_ref", "homes", "given", "polygon", "rule")
STAYS: Final = "the code in the homes file stays"


class _Case(NamedTuple):
    """What one is called and what many are, the rule where no code is given, and what to do."""

    says: str
    many: str
    rule: str
    remedy: str


CASES: Final = {
    "disagrees": _Case(
        "lies elsewhere than its code says",
        f"lie elsewhere than their code says: {STAYS}",
        STAYS,
        "correct the code or the polygon",
    ),
    "cut": _Case(
        "is cut by the edge between polygons",
        "are cut by the edge between polygons",
        "it is never split: it goes whole to the polygon with most of its homes",
        "draw the edge around the block",
    ),
    "edge": _Case(
        f"stands within {EDGE_M:.0f} m of another polygon",
        f"stand within {EDGE_M:.0f} m of another polygon",
        "it goes to the polygon that its point lies in",
        "give its homes their code, if that is wrong",
    ),
    "overlap": _Case(
        "lies where polygons overlap",
        "lie where polygons overlap",
        "it goes to the smallest of them",
        "draw the polygons without an overlap",
    ),
    "near": _Case(
        "lies in no polygon",
        f"lie in no polygon, but within {NEAR_M:.0f} m of one",
        f"it goes to the nearest, which is at most {NEAR_M:.0f} m away",
        "extend the nearest polygon to it",
    ),
    "gap": _Case(
        f"has no polygon within {NEAR_M:.0f} m",
        f"have no polygon within {NEAR_M:.0f} m",
        "it gets no code",
        "give its homes their code, or extend a polygon",
    ),
    "no code": _Case(
        "lies in a polygon without a code",
        "lie in a polygon without a code",
        "it gets no code",
        "name the polygon",
    ),
    "parts": _Case(
        "is the code of more than one polygon",
        "in codes that more than one polygon has",
        "together they are one",
        "if they are not, give each its own code",
    ),
    "mended": _Case(
        "is the code of a polygon that crosses itself",
        "in polygons that cross themselves",
        "the polygon was mended",
        "check its shape",
    ),
    "filled": _Case(
        "had homes without a code",
        "had no code in the homes file, or not for all homes, and have one now",
        "they took its polygon's",
        "check a few",
    ),
}
"""By name, in the order in which they are listed."""
OF_ITS_BLOCK: Final = "they took the code of their block's other homes"
_OF_POLYGONS: Final = frozenset({"parts", "mended"})
_UNLISTED: Final = frozenset({"mended", "filled"})
"""Not a problem each: the reader tells of mended polygons, and fills are counted."""


@dataclass(frozen=True)
class BoundaryCases:
    """What the polygons say of the homes.

    Attributes
    ----------
    frame
        One row a case: what ("patch" or "estate"), case ("disagrees", "cut",
        "edge", "overlap", "near", "gap", "no code", "parts", "mended",
        "filled"), block_ref (None for a case of a polygon), homes (how many are
        concerned), given (the block's code in the homes file, None without),
        polygon (the code or codes of the polygons), rule (what was done).
    problems
        The same as warnings, and polygons that hold no home as errors.
    summary
        A sentence for each file of polygons.
    """

    frame: pd.DataFrame = field(default_factory=lambda: case_frame([]))
    problems: tuple[Problem, ...] = ()
    summary: tuple[str, ...] = ()

    def lines(self, *, most: int = 10) -> list[str]:
        """Return the report: counts of each case, and the first `most` of it."""
        lines = list(self.summary)
        for (what, case), group in self.frame.groupby(["what", "case"], sort=False):
            homes = counted(int(group["homes"].sum()), "home")
            blocks = int(group["block_ref"].notna().sum())
            where = f"{counted(blocks, 'block')} ({homes})" if blocks else homes
            lines.append(f"{str(what).capitalize()}: {where} {CASES[str(case)].many}")
            if case == "filled":
                continue
            lines += [f"  {_sentence(row)}" for row in group.head(most).itertuples()]
            if len(group) > most:
                lines.append(f"  and {len(group) - most:,} more")
        return lines


def case_frame(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the cases as a frame, by kind of case and then as they come; texts stay objects."""
    order = list(CASES)
    listed = sorted(rows, key=lambda row: order.index(row["case"]))
    return pd.DataFrame(listed, columns=list(COLUMNS), dtype=object).astype({"homes": int})


def rule_of(case: str, *, given: bool, block_coded: bool) -> str:
    """Return the rule applied: `given` in the homes file, `block_coded` by other polygons."""
    if case in _OF_POLYGONS:
        return CASES[case].rule
    if given:
        return OF_ITS_BLOCK if case == "filled" else STAYS
    if block_coded and case in ("gap", "no code"):
        return "it goes with the rest of its block"
    return CASES[case].rule


def _sentence(row: Any) -> str:
    """Return "B0001 (12 homes): P03 in the homes file, P05 on the map; the rule"."""
    homes = counted(row.homes, "home")
    if row.block_ref is None:
        return f"{row.polygon} ({homes}); {row.rule}"
    given, drawn = row.given or "nothing", row.polygon or "nothing"
    text = f"{row.block_ref} ({homes}): {given} in the homes file, {drawn} on the map"
    return text if row.case == "disagrees" else f"{text}; {row.rule}"


def _value(row: Any) -> str:
    """Return the same in short, without the rule."""
    homes = counted(row.homes, "home")
    if row.block_ref is None:
        return f"{row.polygon} ({homes})"
    return f"{row.block_ref} ({homes}): {row.given or 'no code'}, polygon {row.polygon or 'none'}"


def case_problems(file: str, cases: pd.DataFrame, what: str) -> Iterator[Problem]:
    """Yield a warning for each case; its reason is the same for all, so that they are counted."""
    for row in cases.itertuples():
        if row.case in _UNLISTED:
            continue
        says, _, _, remedy = CASES[str(row.case)]
        yield Problem(
            file=file,
            column=what,
            value=_value(row),
            reason=f"{says}; {row.rule}",
            remedy=remedy,
            severity="warning",
        )
    filled = cases[cases["case"] == "filled"]
    if len(filled):
        homes, blocks = int(filled["homes"].sum()), len(filled)
        yield Problem(
            file=file,
            column=what,
            reason=f"was blank for {counted(homes, 'home')} in {counted(blocks, 'block')};"
            " they took the code of their block or its polygon",
            remedy="fill it in in the homes file, if a polygon is wrong",
            severity="warning",
        )
