"""Whether any division into contiguous patches keeps all limits, costs aside.

Without costs there are no centres to choose: y[u, k] = 1 if unit u is in slot k, exact
integers throughout, solved by CP-SAT. Units of which no two fit into one patch are put into
different slots at once, where slots are equal. Contiguity comes as cuts, at the pieces that
solutions fall into: a unit of a piece C is in a patch only with a unit next to C, if C
alone is too little for a patch or the patch has units beyond.
"""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimiser.districting.units.instance import Arrays, Int64s, connected_pieces
from optimiser.districting.units.measures import add_further

__all__ = ["MOST_CELLS", "Answer", "Feasibility", "divide", "part_of_time"]

log = logging.getLogger(__name__)

MOST_CELLS = 20_000
"""Units x slots up to which the model is worth building."""

_FIXED_EFFORT = 2.0
"""Deterministic seconds of CP-SAT where results must not depend on the clock."""


class Answer(enum.Enum):
    """What is known."""

    POSSIBLE = "possible"
    IMPOSSIBLE = "impossible"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Feasibility:
    """The answer; with `POSSIBLE` a division that keeps all limits."""

    answer: Answer
    part: Int64s | None = None


def divide(
    a: Arrays,
    *,
    contiguous: Collection[int] | None = None,
    seconds_left: Callable[[], float] | None,
    seed: int = 1,
) -> Feasibility:
    """Find a division within all limits, or prove that there is none.

    `contiguous` are the slots whose patches must hang together; None: all.
    `seconds_left` None means without a clock, so that the result is reproducible.
    """
    from ortools.sat.python import cp_model

    slots = range(a.lower.size) if contiguous is None else sorted(contiguous)
    model = _Model(a, slots)
    effort = _FIXED_EFFORT
    while effort > 0 and (seconds_left is None or seconds_left() > 0.05):
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = seed
        if seconds_left is None:
            solver.parameters.max_deterministic_time = effort
        else:
            solver.parameters.max_time_in_seconds = seconds_left()
        status = solver.solve(model.model)
        # At least a little each time, so that the loop ends.
        effort -= max(0.01, solver.response_proto.deterministic_time) * (seconds_left is None)
        if status == cp_model.INFEASIBLE:
            return Feasibility(Answer.IMPOSSIBLE)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            break
        part = model.read(solver)
        if not model.join(part):
            return Feasibility(Answer.POSSIBLE, part)
    return Feasibility(Answer.UNKNOWN)


def part_of_time(
    seconds_left: Callable[[], float] | None, share: float
) -> Callable[[], float] | None:
    """Return a clock that runs out after a share of what is left."""
    if seconds_left is None:
        return None
    keep = (1 - share) * seconds_left()
    return lambda: seconds_left() - keep


class _Model:
    """The constraint program; its cuts grow."""

    def __init__(self, a: Arrays, joined: Sequence[int]) -> None:
        from ortools.sat.python import cp_model

        self._a, self._joined = a, joined
        self.model = cp_model.CpModel()
        m, p = a.banned.shape
        new = self.model.new_bool_var
        self._y: list[list[Any]] = [[new("") for _ in range(p)] for _ in range(m)]
        self._add_assignment()
        self._add_limits()
        self._add_anchors()
        for u in range(m):
            self._add_piece(np.array([u]))

    def _add_assignment(self) -> None:
        banned = self._a.banned
        for u, row in enumerate(self._y):
            self.model.add_exactly_one(row)
            for k in np.flatnonzero(banned[u]):
                self.model.add(row[k] == 0)

    def _add_limits(self) -> None:
        a = self._a
        weight = a.weight.tolist()
        for k in range(a.lower.size):
            column = [row[k] for row in self._y]
            self.model.add_bool_or(column)  # a patch has at least one unit
            load = sum(w * y for w, y in zip(weight, column, strict=True))
            self.model.add_linear_constraint(load, int(a.lower[k]), int(a.upper[k]))
            add_further(self.model, a, dict(enumerate(column)), a.least[k], a.most[k])

    def _add_anchors(self) -> None:
        """Tell equal slots apart by units of which no two fit into one patch."""
        a = self._a
        limits = np.column_stack([a.lower, a.upper, a.least, a.most])
        if (limits != limits[0]).any() or (a.banned != a.banned[:, :1]).any():
            return
        anchors: list[int] = []
        for u in np.argsort(-a.weight, kind="stable").tolist():
            if len(anchors) == a.lower.size:
                break
            if not anchors or a.weight[u] + a.weight[anchors].min() > a.upper[0]:
                self.model.add(self._y[u][len(anchors)] == 1)
                anchors.append(u)

    def read(self, solver: Any) -> Int64s:
        """Return (m,) the slot of each unit."""
        return np.array([next(k for k, y in enumerate(row) if solver.value(y)) for row in self._y])

    def join(self, part: Int64s) -> bool:
        """Add cuts for the pieces of each patch that falls apart; return whether any does."""
        a, any_apart = self._a, False
        for k in self._joined:
            pieces = connected_pieces(a, np.flatnonzero(part == k))
            if len(pieces) == 1:
                continue
            any_apart = True
            for piece in pieces:
                self._add_piece(piece)
                for other in pieces:
                    if other is not piece:
                        self._add_apart(piece, int(other[np.argmax(a.weight[other])]))
        return any_apart

    def _around(self, piece: Int64s) -> Int64s:
        a = self._a
        ends = np.concatenate([a.nbr[a.nbr_start[u] : a.nbr_start[u + 1]] for u in piece])
        return np.setdiff1d(ends, piece)

    def _add_piece(self, piece: Int64s) -> None:
        """Let units of a piece too light for a slot bring a unit next to the piece."""
        around, load = self._around(piece), int(self._a.weight[piece].sum())
        for k in self._joined:
            if self._a.lower[k] <= load:
                continue
            beyond = [self._y[v][k] for v in around]
            for u in piece:
                self.model.add_bool_or([*beyond, self._y[u][k].Not()])

    def _add_apart(self, piece: Int64s, other: int) -> None:
        """Let a unit of the piece and one beyond it share a slot only with a unit between."""
        around = self._around(piece)
        if other in around:
            return
        for k in self._joined:
            beyond = [self._y[v][k] for v in around]
            for u in piece:
                self.model.add_bool_or([*beyond, self._y[u][k].Not(), self._y[other][k].Not()])
