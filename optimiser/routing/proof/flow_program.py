"""The linear program of `flow` over some arcs, and the prices of its rows by GLOP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from optimiser.routing.arrays.tasks import I64
from optimiser.routing.proof.bounds import F64

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["Arcs", "Flow", "Prices", "solve_flow"]


@dataclass(frozen=True)
class Flow:
    """The week as a flow, in hours: v visits, g classes of shifts, k options of rounds."""

    visits: I64
    many: F64  # (v,) officers at each
    service: F64  # (v,)
    apart: F64  # (v, v) from door to door
    out: F64  # (g, v) from where shifts begin
    home: F64  # (v, g) to where they end
    shifts: F64  # (g,) how many
    most: float  # busy hours of a shift
    total: float  # and of all of them
    options: I64
    round_of: I64  # (k,)
    spent: F64  # (k,) officers' hours

    @property
    def earliest(self) -> F64:
        """Busy hours before a visit's end, at least."""
        return np.asarray(self.out.min(axis=0) + self.service)

    @property
    def latest(self) -> F64:
        """Busy hours before a visit's start, at most."""
        return np.asarray(self.most - self.service - self.home.min(axis=1))


class Arcs(NamedTuple):
    """The arcs of the linear program, and which two are to and fro."""

    tail: I64
    head: I64
    to: I64
    fro: I64

    @classmethod
    def of(cls, kept: npt.NDArray[np.bool_]) -> Arcs:
        """Return the arcs marked in (v, v)."""
        tail, head = np.nonzero(kept)
        number = np.full(kept.shape, -1, dtype=np.int64)
        number[tail, head] = np.arange(len(tail))
        i, j = np.nonzero(np.triu(kept & kept.T, 1))
        return cls(tail, head, number[i, j], number[j, i])


class Prices(NamedTuple):
    """Prices of the rows, points an hour or a share."""

    enter: F64
    leave: F64
    flow: F64
    turn: F64  # (2, pairs) of going to and fro, at either visit
    out: F64
    back: F64
    total: float


class _Program:
    """A linear program put together block by block."""

    def __init__(self) -> None:
        self.row: list[I64] = []
        self.column: list[I64] = []
        self.factor: list[F64] = []
        self.low: list[F64] = []
        self.high: list[F64] = []
        self.most: list[F64] = []
        self.gain: list[F64] = []
        self.rows = self.columns = 0

    def variables(self, most: npt.ArrayLike, count: int, gain: npt.ArrayLike = 0.0) -> I64:
        first, self.columns = self.columns, self.columns + count
        self.most.append(np.broadcast_to(np.asarray(most, dtype=np.float64), count))
        self.gain.append(np.broadcast_to(np.asarray(gain, dtype=np.float64), count))
        return np.arange(first, self.columns)

    def constraints(self, count: int, low: float, high: npt.ArrayLike) -> I64:
        first, self.rows = self.rows, self.rows + count
        self.low.append(np.full(count, low))
        self.high.append(np.broadcast_to(np.asarray(high, dtype=np.float64), count))
        return np.arange(first, self.rows)

    def add(self, rows: I64, columns: I64, factors: npt.ArrayLike) -> None:
        self.row.append(np.broadcast_to(rows, columns.shape))
        self.column.append(columns)
        self.factor.append(np.broadcast_to(np.asarray(factors, np.float64), columns.shape))

    def matrix(self) -> csr_matrix:
        from scipy.sparse import csr_matrix

        entries = (np.concatenate(self.row), np.concatenate(self.column))
        shape = (self.rows, self.columns)
        return csr_matrix((np.concatenate(self.factor), entries), shape=shape)

    def duals(self, seconds: float) -> F64 | None:
        """Return the rows' prices by GLOP; None where it found no solution."""
        from ortools.linear_solver.python import model_builder_helper as helper

        model: Any = helper.ModelBuilderHelper()
        most, gain, low, high = map(np.concatenate, (self.most, self.gain, self.low, self.high))
        model.fill_model_from_sparse_data(
            np.zeros(self.columns), most, gain, low, high, self.matrix()
        )
        model.set_maximize(True)
        solver = helper.ModelSolverHelper("glop")
        solver.set_time_limit_in_seconds(max(seconds, 0.1))
        solver.solve(model)
        return np.asarray(solver.dual_values()) if solver.has_solution() else None


def solve_flow(
    flow: Flow, arcs: Arcs, points: F64, option_points: F64, seconds: float
) -> Prices | None:
    """Return the prices of the linear program over some arcs."""
    lp = _Program()
    v, g, a = len(flow.visits), len(flow.shifts), len(arcs.tail)
    tail, head, many = arcs.tail, arcs.head, flow.many
    class_, visit = np.divmod(np.arange(g * v), v)
    x = lp.variables(np.minimum(many[tail], many[head]), a)
    f = lp.variables(np.inf, a)
    x_out = lp.variables(many[visit], g * v)
    x_home = lp.variables(many[visit], g * v)
    f_home = lp.variables(np.inf, g * v)
    y = lp.variables(1.0, v, points)
    z = lp.variables(1.0, len(flow.options), option_points)
    away, out, home = flow.apart[tail, head], flow.out[class_, visit], flow.home[visit, class_]

    enter = lp.constraints(v, 0.0, 0.0)
    lp.add(enter[head], x, 1.0)
    lp.add(enter[visit], x_out, 1.0)
    lp.add(enter, y, -many)
    leave = lp.constraints(v, 0.0, 0.0)
    lp.add(leave[tail], x, 1.0)
    lp.add(leave[visit], x_home, 1.0)
    lp.add(leave, y, -many)
    moves = lp.constraints(v, 0.0, 0.0)
    lp.add(moves[tail], f, 1.0)
    lp.add(moves[visit], f_home, 1.0)
    lp.add(moves[head], f, -1.0)
    lp.add(moves[visit], x_out, -out)
    lp.add(moves, y, -many * flow.service)
    lp.add(moves[tail], x, -away)
    lp.add(moves[visit], x_home, -home)
    turn = lp.constraints(2 * len(arcs.to), -np.inf, 0.0).reshape(2, -1)
    for rows, at in zip(turn, (tail[arcs.to], head[arcs.to]), strict=True):
        lp.add(rows, x[arcs.to], 1.0)
        lp.add(rows, x[arcs.fro], 1.0)
        lp.add(rows, y[at], -many[at])
    leaving = lp.constraints(g, -np.inf, flow.shifts)
    lp.add(leaving[class_], x_out, 1.0)
    back = lp.constraints(g, 0.0, 0.0)
    lp.add(back[class_], x_out, 1.0)
    lp.add(back[class_], x_home, -1.0)
    total = lp.constraints(1, -np.inf, flow.total)
    lp.add(total, f_home, 1.0)
    lp.add(total, z, flow.spent)
    single = lp.constraints(int(flow.round_of.max(initial=-1)) + 1, -np.inf, 1.0)
    lp.add(single[flow.round_of], z, 1.0)
    for flows, shares, low, high in (
        (f, x, flow.earliest[tail] + away, flow.latest[head]),
        (f_home, x_home, flow.earliest[visit] + home, np.full(g * v, flow.most)),
    ):
        at_most = lp.constraints(len(flows), -np.inf, 0.0)
        lp.add(at_most, flows, 1.0)
        lp.add(at_most, shares, -high)
        at_least = lp.constraints(len(flows), 0.0, np.inf)
        lp.add(at_least, flows, 1.0)
        lp.add(at_least, shares, -low)
    duals = lp.duals(seconds)
    if duals is None:
        return None
    return Prices(
        enter=duals[enter],
        leave=duals[leave],
        flow=duals[moves],
        turn=np.maximum(duals[turn], 0.0),
        out=np.maximum(duals[leaving], 0.0),
        back=duals[back],
        total=max(float(duals[total][0]), 0.0),
    )
