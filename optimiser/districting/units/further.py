"""Further measures and blocks kept apart, from blocks to units.

Amounts of blocks are added up over a unit. Of a distinct measure, as estates, a label
that lies wholly in one unit is an amount of 1 like any other; only labels that span
units have to be counted patch by patch. For the search, all of this is counters: a
pair kept apart is one too, of which a patch may hold one.
"""

from __future__ import annotations

from typing import TypedDict

import numpy as np
import numpy.typing as npt

from optimiser.errors import InvalidProblem
from optimiser.model import PatchProblem

__all__ = ["FurtherRules", "further_rules", "rows_of"]

Int64s = npt.NDArray[np.int64]


class FurtherRules(TypedDict):
    """The fields of `Arrays` that hold measures and blocks kept apart; see there."""

    amount: Int64s
    least: Int64s
    most: Int64s
    rate: Int64s
    label_start: Int64s
    label_of: Int64s
    label_measure: Int64s
    apart_start: Int64s
    apart_of: Int64s
    term_start: Int64s
    terms: Int64s
    rule: Int64s


def further_rules(problem: PatchProblem, unit_of: Int64s, weight: Int64s) -> FurtherRules:
    """Return the further rules on m units of workload `weight` (m,).

    A pair kept apart within one unit is left out: `diagnosis` says that it cannot be.

    Raises
    ------
    InvalidProblem
        Where a block is to be kept apart from itself.
    """
    m, p, d = weight.size, len(problem.slots), len(problem.measures)
    amount = np.zeros((m, d), dtype=np.int64)
    least, most = (np.zeros((p, d), dtype=np.int64) for _ in range(2))
    rate = np.ones(d, dtype=np.int64)
    spanning: list[tuple[int, int]] = []
    measure_of: list[int] = []
    for c, measure in enumerate(problem.measures):
        if measure.distinct:
            labels, units = _labels(measure.amount, unit_of)
            total, holders = np.unique(labels).size, np.unique(units).size
            whole = np.bincount(labels, minlength=1)[labels] == 1
            np.add.at(amount[:, c], units[whole], 1)
            for label in np.unique(labels[~whole]).tolist():
                spanning += [(u, len(measure_of)) for u in units[labels == label].tolist()]
                measure_of.append(c)
        else:
            np.add.at(amount[:, c], unit_of, measure.amount)
            total, holders = int(measure.amount.sum()), int(np.count_nonzero(amount[:, c]))
        # Limits beyond all that there is say no more, and may be huge.
        least[:, c] = np.clip(measure.lower, 0, total + 1)
        most[:, c] = np.clip(measure.upper, -1, total)
        # As much of a measure outside limits counts as the same share of all workload,
        # but where few units have any, one of them as about two units' workload.
        share = min(1.0, 2.0 * holders / m) / max(1, total)
        rate[c] = max(1, round(float(weight.sum()) * share))
    apart = _apart_units(problem, unit_of)
    label_start, label_of = rows_of(np.array(spanning, dtype=np.int64).reshape(-1, 2), m)
    apart_start, apart_of = rows_of(np.concatenate([apart, apart[:, ::-1]]), m)
    terms, rule = _counters(amount, (least, most, rate), spanning, measure_of, apart, weight)
    return FurtherRules(
        amount=amount,
        least=least,
        most=most,
        rate=rate,
        label_start=label_start,
        label_of=label_of,
        label_measure=np.array(measure_of, dtype=np.int64),
        apart_start=apart_start,
        apart_of=apart_of,
        term_start=np.searchsorted(terms[:, 0], np.arange(m + 1)).astype(np.int64),
        terms=terms[:, 1:].copy(),
        rule=rule,
    )


def _counters(
    amount: Int64s,
    limits: tuple[Int64s, Int64s, Int64s],
    spanning: list[tuple[int, int]],
    measure_of: list[int],
    apart: Int64s,
    weight: Int64s,
) -> tuple[Int64s, Int64s]:
    """Return (terms, 3) unit, counter and amount, by unit, and `rule` as in `Arrays`."""
    least, most, rate = limits
    p, d = least.shape
    pairs = np.unique(np.sort(apart, axis=1), axis=0)
    rule = np.full((d + len(pairs) + len(measure_of), 2 + 2 * p), -1, dtype=np.int64)
    rule[:d, 0], rule[:d, 2::2], rule[:d, 3::2] = rate, least.T, most.T
    # A pair in one patch counts as two units' workload outside limits.
    rule[d : d + len(pairs), 0] = max(1, round(2 * float(weight.mean())))
    rule[d : d + len(pairs), 2::2], rule[d : d + len(pairs), 3::2] = 0, 1
    rule[d + len(pairs) :, 1] = measure_of
    terms = [(int(u), int(c), int(amount[u, c])) for u, c in np.argwhere(amount)]
    terms += [(u, d + i, 1) for i, pair in enumerate(pairs.tolist()) for u in pair]
    terms += [(u, d + len(pairs) + label, 1) for u, label in spanning]
    return np.array(sorted(terms), dtype=np.int64).reshape(-1, 3), rule


def rows_of(pairs: Int64s, m: int) -> tuple[Int64s, Int64s]:
    """Return (start, ends): the second numbers of pairs listed by the first, each pair once."""
    pairs = np.unique(pairs, axis=0)
    start = np.searchsorted(pairs[:, 0], np.arange(m + 1)).astype(np.int64)
    return start, pairs[:, 1].copy()


def _labels(label: Int64s, unit_of: Int64s) -> tuple[Int64s, Int64s]:
    """Return the pairs of label, numbered from 0, and unit that has it."""
    held = label >= 0
    _, number = np.unique(label[held], return_inverse=True)
    pairs = np.unique(np.stack([number.astype(np.int64), unit_of[held]]), axis=1)
    return pairs[0], pairs[1]


def _apart_units(problem: PatchProblem, unit_of: Int64s) -> Int64s:
    pairs = problem.apart.astype(np.int64)
    same = np.flatnonzero(pairs[:, 0] == pairs[:, 1])
    if same.size:
        ref = problem.blocks[int(pairs[same[0], 0])].block_ref
        raise InvalidProblem(f"apart: block {ref} is to be kept apart from itself")
    units: Int64s = unit_of[pairs]
    return np.asarray(units[units[:, 0] != units[:, 1]], dtype=np.int64)
