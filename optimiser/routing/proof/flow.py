"""An upper bound that sees walking: all days of the week as one flow of officers' time.

Sets: visits i; classes g of shifts that begin at one place and end at one place, K_g of
them; arcs (i, j) between visits, and from and to each class's places; rounds' options k.
Variables: x_ij, how often j is visited right after i; f_ij, the busy seconds spent by then
on that day, the way to j included; y_i, the share of visit i that is done; z_k likewise.
With m_i officers at visit i (1 or 2), s_i seconds at its door, t_ij the least seconds from
door to door whatever lies between that is no visit, C the most busy seconds of a shift:

    maximise  sum_i v_i y_i + sum_k w_k z_k
    sum_j x_ji = sum_j x_ij = m_i y_i                                       for each visit i
    sum_j f_ij - sum_j f_ji = m_i s_i y_i + sum_j t_ij x_ij                 for each visit i
    (min_g t_gi + s_i + t_ij) x_ij <= f_ij <= (C - s_j - min_g t_jg) x_ij   for each arc
    x_ij + x_ji <= m_i y_i, m_j y_j                                 for visits near each other
    sum_j x_gj = sum_i x_ig <= K_g                                      for each class g
    sum_ig f_ig + sum_k m_k s_k z_k <= the busy seconds of all shifts
    sum_k z_k <= 1 for each round's options,  x, y, z in their ranges

Every plan is a solution: its days, put together. Which officer, which day and which window
are relaxed, and so are walks to rounds and sessions; a visit counts its most, on its best day
(the flow: Gavish and Graves, MIT working paper OR 078-78, 1978; of time: Kara, 2011).

GLOP solves it over the arcs to near visits only, and its prices alone are used. At any prices
of the rows, the sum over all variables of their best contribution within their own ranges is
an upper bound by Lagrangian duality; it is worked out here over all arcs, f within its range
beside each x. So neither rounding inside GLOP nor the arcs left out can make it too low.
"""

from __future__ import annotations

import time
from typing import Final

import numpy as np
import numpy.typing as npt

from optimiser.model.visits import VALUE_UNITS_PER_POINT
from optimiser.routing.arrays.tasks import (
    ACCESS,
    BLOCK,
    END,
    END_NODE,
    FLOOR_IN,
    FLOOR_OUT,
    I64,
    LEAVE,
    LIFT,
    LIMIT,
    OFFICER,
    PAIR,
    PLACE,
    SERVICE,
    SERVICE_S,
    START,
    START_NODE,
    TASK,
    TWO,
    Compiled,
    Net,
)
from optimiser.routing.proof.bounds import F64, Bounds, columns_of, tier_worth
from optimiser.routing.proof.flow_program import Arcs, Flow, Prices, solve_flow
from optimiser.routing.search.kernels import legs_between

__all__ = ["flow_bound", "flow_bounds", "flow_of"]

HOUR_S: Final = 3600.0
_NEIGHBOURS: Final = 12
_MOST_VISITS: Final = 700
"""Beyond, the linear program takes longer than its bound is worth."""
_SOLVED: Final = 2
"""Times that arcs found wanting may be added, and the program solved again."""
_WANTING: Final = 1e-6
_UNLIMITED_S: Final = 1e6


def flow_bounds(compiled: Compiled, bounds: Bounds, *, seconds: float | None = None) -> Bounds:
    """Return bounds with those of the whole and of the requests' tier as a flow has them.

    Parameters
    ----------
    compiled
        The week.
    bounds
        What is known; no bound becomes higher.
    seconds
        Wall-clock seconds for the linear programs; None: as long as they take.
    """
    flow = flow_of(compiled)
    if flow is None:
        return bounds
    half = _UNLIMITED_S if seconds is None else seconds / 2
    columns, worth = bounds.columns or columns_of(compiled)
    requests = tier_worth(compiled, columns)["requests"]
    found = []
    for gain in (worth.value + worth.own, requests.value):
        most = np.zeros(len(compiled.net.node))
        np.maximum.at(most, columns.node, gain)
        units = flow_bound(flow, most[flow.visits], most[flow.options], seconds=half)
        found.append(units / VALUE_UNITS_PER_POINT)
    tiers = dict(bounds.tiers)
    tiers["requests"] = min(tiers["requests"], found[1])
    return bounds._replace(whole=min(bounds.whole, found[0]), tiers=tiers)


def flow_bound(flow: Flow, worth: F64, option_worth: F64, *, seconds: float) -> float:
    """Return a bound, in units, of the worth of any plan.

    Parameters
    ----------
    flow
        The week.
    worth
        (v,) the most that each visit can be worth, in units.
    option_worth
        (k,) likewise of the rounds' options.
    seconds
        Wall-clock seconds for the linear programs; the bound is valid however short.
    """
    until = time.monotonic() + seconds
    points = worth / VALUE_UNITS_PER_POINT
    option_points = option_worth / VALUE_UNITS_PER_POINT
    kept = _near(flow)
    best = float(points.sum() + _rounds_alone(flow, option_points))
    for _ in range(_SOLVED):
        arcs = Arcs.of(kept)
        prices = solve_flow(flow, arcs, points, option_points, until - time.monotonic())
        if prices is None:
            break
        bound, wanting = _evaluate(flow, arcs, prices, points, option_points)
        best = min(best, bound)
        wanting &= ~kept
        if not wanting.any() or time.monotonic() > until:
            break
        kept |= wanting
    return best * VALUE_UNITS_PER_POINT


def flow_of(compiled: Compiled) -> Flow | None:
    """Return the week as a flow; None where it is too large, or nothing can be planned.

    None, too, where homes of one block differ in lift or entry: a round could then save
    a visit more than its own stairs.
    """
    net = compiled.net
    visits = np.flatnonzero(net.possible.any(axis=1))
    if not 0 < len(visits) <= _MOST_VISITS or not net.shifts or not _alike(net):
        return None
    ends = net.shift[:, [START_NODE, END_NODE]]
    _, first, group = np.unique(
        net.node[ends, PLACE], axis=0, return_index=True, return_inverse=True
    )
    v, g = len(visits), len(first)
    way = _least_seconds(compiled, np.concatenate([visits, ends[first].T.ravel()])) / HOUR_S
    busy = np.minimum(net.shift[:, LIMIT], net.shift[:, END] - net.shift[:, START])
    busy = busy - [int(net.node[list(own), SERVICE].sum()) for own in compiled.sessions]
    options = np.flatnonzero(net.node[:, TASK] >= net.visits)
    floors = np.abs(net.node[options, FLOOR_IN] - net.node[options, FLOOR_OUT])
    # What a round goes up or down may save the visits around it their own stairs or lift.
    inside = np.maximum(floors * net.floor_s, np.where(floors > 0, net.lift_s, 0))
    spent = np.maximum(net.node[options, SERVICE] - inside, 0) * (1 + net.node[options, TWO])
    return Flow(
        visits=visits,
        many=1.0 + net.visit[visits, PAIR],
        service=_least_service(net, visits) / HOUR_S,
        apart=way[:v, :v],
        out=way[v : v + g, :v],
        home=way[:v, v + g :],
        shifts=np.bincount(group.ravel(), minlength=g).astype(np.float64),
        most=float(np.maximum(busy, 0).max() / HOUR_S),
        total=float(np.maximum(busy, 0).sum() / HOUR_S),
        options=options,
        round_of=net.node[options, TASK] - net.visits,
        spent=spent / HOUR_S,
    )


def _alike(net: Net) -> bool:
    """Return whether all doors of each block are entered alike."""
    doors = np.flatnonzero(net.node[:, BLOCK] >= 0)
    node = net.node[doors]
    floors = np.abs(node[:, FLOOR_IN])
    ride = np.where(node[:, LIFT] > 0, np.where(floors > 0, net.lift_s, 0), floors * net.floor_s)
    kinds = np.column_stack([node[:, BLOCK], node[:, LIFT], node[:, ACCESS] - ride])
    return len(np.unique(kinds, axis=0)) == len(np.unique(node[:, BLOCK]))


def _least_seconds(compiled: Compiled, nodes: I64) -> F64:
    """Return the least seconds between nodes' doors, whatever else is done on the way."""
    net = compiled.net
    legs = legs_between(net, nodes).astype(np.float64)
    if net.rounds or any(compiled.sessions):
        from scipy.sparse.csgraph import csgraph_from_dense, floyd_warshall

        # Whole seconds of walks need not add up: by way of another place may be shorter.
        # As a plain array, no seconds between two places would be no way between them.
        walks = csgraph_from_dense(np.asarray(net.walk, dtype=np.float64), null_value=np.inf)
        closed = floyd_warshall(walks)
        place = net.node[nodes, PLACE]
        around = closed[np.ix_(place, place)]
        around += net.node[nodes, LEAVE][:, None] + net.node[nodes, ACCESS]
        legs = np.minimum(legs, around)
    block = net.node[nodes, BLOCK]
    same = (block[:, None] == block) & (block >= 0)
    floors = np.abs(net.node[nodes, FLOOR_OUT][:, None] - net.node[nodes, FLOOR_IN])
    inside = np.minimum(floors * net.floor_s, net.lift_s)
    least: F64 = np.where(same, np.minimum(legs, inside), legs)
    return least


def _least_service(net: Net, visits: I64) -> F64:
    """Return the least seconds at each visit's door, with any officer who may come."""
    officers = net.shift[:, OFFICER]
    alone = np.where(net.possible[visits], net.who[visits][:, officers, SERVICE_S], np.inf)
    least = np.where(net.visit[visits, PAIR] == 1, net.node[visits, SERVICE], alone.min(axis=1))
    return np.asarray(least, dtype=np.float64)


def _near(flow: Flow) -> npt.NDArray[np.bool_]:
    """Return (v, v) the arcs to begin with: between visits near each other."""
    v = len(flow.visits)
    apart = flow.apart + np.diag(np.full(v, np.inf))
    count = min(_NEIGHBOURS, v - 1)
    kept = np.zeros((v, v), dtype=np.bool_)
    if count:
        rows = np.arange(v)[:, None]
        kept[rows, np.argsort(apart, axis=1, kind="stable")[:, :count]] = True
        kept[np.argsort(apart, axis=0, kind="stable")[:count].T, rows] = True
    return kept


def _rounds_alone(flow: Flow, option_points: F64) -> float:
    best = np.zeros(int(flow.round_of.max(initial=-1)) + 1)
    np.maximum.at(best, flow.round_of, option_points)
    return float(best.sum())


def _evaluate(
    flow: Flow, arcs: Arcs, prices: Prices, points: F64, option_points: F64
) -> tuple[float, npt.NDArray[np.bool_]]:
    """Return the Lagrangian bound over all arcs, and which arcs add to it."""
    p, many = prices, flow.many
    tail, head = arcs.tail[arcs.to], arcs.head[arcs.to]

    gain = flow.apart * p.flow[:, None] - p.enter - p.leave[:, None]
    both = p.turn.sum(axis=0)
    gain[tail, head] -= both
    gain[head, tail] -= both
    gain += _best_flow(
        p.flow - p.flow[:, None], flow.earliest[:, None] + flow.apart, flow.latest[None, :]
    )
    np.fill_diagonal(gain, -np.inf)
    wanting = gain > _WANTING
    bound = float((np.minimum(many[:, None], many) * np.maximum(gain, 0.0)).sum())

    leaving = flow.out * p.flow - p.enter - (p.out + p.back)[:, None]
    bound += float((many * np.maximum(leaving, 0.0)).sum())
    homing = flow.home * p.flow[:, None] - p.leave[:, None] + p.back
    homing += _best_flow(
        -(p.flow + p.total)[:, None],
        flow.earliest[:, None] + flow.home,
        np.full((1, len(flow.shifts)), flow.most),
    )
    bound += float((many[:, None] * np.maximum(homing, 0.0)).sum())

    visit = points + many * (p.enter + p.leave + flow.service * p.flow)
    np.add.at(visit, tail, many[tail] * p.turn[0])
    np.add.at(visit, head, many[head] * p.turn[1])
    bound += float(np.maximum(visit, 0.0).sum())
    bound += _rounds_alone(flow, np.maximum(option_points - p.total * flow.spent, 0.0))
    bound += float(p.out @ flow.shifts) + p.total * flow.total
    return bound, wanting


def _best_flow(gain: F64, low: F64, high: F64) -> F64:
    """Return the most that a flow between low and high can add, -inf where there is none."""
    best = np.maximum(gain * low, gain * high)
    return np.where(low <= high + _WANTING, best, -np.inf)
