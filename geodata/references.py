"""References to homes and others that no file knows, with the one that was probably meant."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geodata.errors import Severity
from geodata.findings import Findings
from geodata.stock.cells import look_alike

if TYPE_CHECKING:
    from geodata.stock import Stock

__all__ = ["HomeRefs", "mark_unknown_homes", "meant"]


@dataclass(frozen=True)
class HomeRefs:
    """References of the homes file: usable, to be mended, set aside (with their kind)."""

    known: frozenset[str]
    refused: frozenset[str]
    set_aside: Mapping[str, str]

    @classmethod
    def of(cls, stock: Stock) -> HomeRefs:
        """Return those of `stock`."""
        attrs = stock.homes.attrs
        return cls(
            frozenset(stock.homes["property_ref"]),
            frozenset(attrs.get("refused", ())),
            attrs.get("set_aside", {}),
        )


def mark_unknown_homes(
    found: Findings, refs: pd.Series, homes: HomeRefs, *, severity: Severity
) -> npt.NDArray[np.bool_]:
    """Mark references that are no usable home's, with the home that was probably meant."""
    known: npt.NDArray[np.bool_] = refs.isin(homes.known).to_numpy()
    if known.all():
        return known
    column, values = found.heading("property_ref"), refs.tolist()
    unusable = ~known & refs.isin(homes.refused).to_numpy()
    found.mark(
        unusable,
        "is a home that cannot be used as it stands in the homes file",
        "correct that home's row there",
        column=column,
        values=values,
        severity=severity,
    )
    aside = ~known & ~unusable & refs.isin(list(homes.set_aside)).to_numpy()
    found.mark(
        aside,
        [f"is set aside in the homes file, among the {homes.set_aside.get(r, '')}" for r in values],
        "correct that home's row there, if someone lives in it",
        column=column,
        values=values,
        severity=severity,
    )
    found.mark(
        ~known & ~unusable & ~aside,
        "is not in the homes file",
        meant(values, homes.known, otherwise="correct it, or add the home"),
        column=column,
        values=values,
        severity=severity,
    )
    return known


def meant(values: Sequence[Any], known: Collection[str], *, otherwise: str) -> list[str]:
    """Return a remedy a value: the known references it may be a spoilt spelling of.

    "123" is offered "00123", "HN1 0" is offered "HN10".
    """
    alike: dict[str, list[str]] = {}
    for ref in sorted(known):
        alike.setdefault(look_alike(ref), []).append(ref)
    remedies = []
    for value in values:
        others = [] if value is None else alike.get(look_alike(value), [])
        if value in known or not others:
            remedies.append(otherwise)
        elif len(others) == 1 and others[0] != value and others[0].lstrip("0") == value:
            remedies.append(
                f"did you mean {others[0]}? Leading zeros were lost; export the column as Text"
            )
        else:
            remedies.append(f"did you mean {' or '.join(others[:3])}?")
    return remedies
