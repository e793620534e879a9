"""What patches hold of further measures, and which pairs kept apart they join."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from optimiser.districting.units.instance import Arrays, Bools, Int64s

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

__all__ = ["add_further", "apart_pairs", "held_by", "label_units", "within_further"]


def add_further(
    model: cp_model.CpModel,
    a: Arrays,
    patch: Mapping[int, cp_model.IntVar],
    least: Int64s,
    most: Int64s,
) -> None:
    """Keep a patch within the limits (d,) of further measures, and pairs apart in it.

    `patch` has the variable "in the patch" of each unit that may be in it.
    """
    held = [
        [int(a.amount[u, c]) * var for u, var in patch.items() if a.amount[u, c]]
        for c in range(a.rate.size)
    ]
    for label, units in enumerate(label_units(a)):
        inside = [patch[u] for u in units.tolist() if u in patch]
        if inside:
            present = model.new_bool_var("")
            model.add_max_equality(present, inside)
            held[a.label_measure[label]].append(1 * present)
    for c, terms in enumerate(held):
        model.add_linear_constraint(sum(terms), int(least[c]), int(most[c]))
    for u, v in apart_pairs(a).tolist():
        if u in patch and v in patch:
            model.add_at_most_one(patch[u], patch[v])


def held_by(a: Arrays, patches: npt.NDArray[np.bool_]) -> Int64s:
    """Return (r, d) what each of r patches, given as (r, m) rows of units, holds."""
    held = np.asarray(patches.astype(np.int64) @ a.amount, dtype=np.int64)
    for label, units in enumerate(label_units(a)):
        held[:, a.label_measure[label]] += patches[:, units].any(axis=1)
    return held


def label_units(a: Arrays) -> list[Int64s]:
    """Return the units of each label that spans several."""
    unit = np.repeat(np.arange(a.weight.size), np.diff(a.label_start))
    return [unit[a.label_of == label] for label in range(a.label_measure.size)]


def apart_pairs(a: Arrays) -> Int64s:
    """Return (r, 2) the pairs of units that may not share a patch, u < v."""
    unit = np.repeat(np.arange(a.weight.size), np.diff(a.apart_start))
    pairs = np.stack([unit, a.apart_of], axis=1)
    return np.asarray(pairs[pairs[:, 0] < pairs[:, 1]], dtype=np.int64)


def within_further(a: Arrays, patches: npt.NDArray[np.bool_], k: int) -> Bools:
    """Say which of r patches, given as (r, m) rows of units, slot k may be as to these rules."""
    held = held_by(a, patches)
    kept = ((held >= a.least[k]) & (held <= a.most[k])).all(axis=1)
    for u, v in apart_pairs(a).tolist():
        kept &= ~(patches[:, u] & patches[:, v])
    return np.asarray(kept, dtype=np.bool_)
