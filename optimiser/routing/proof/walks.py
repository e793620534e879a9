"""The week's shifts as classes of walks: what `route_bound` prices, apart from prices.

A class holds the shifts of one day that begin, end and rest alike, whoever's they are: a visit
is worth its most and takes its least with any of their officers. Times are busy seconds, at
doors and on the way, rounded down to steps; a shift has `size - 1` whole steps of them.

A visit that starts at clock t has, of all time but the break, at most t before it where the
break may still come, and t less the break where it must be over. What is left of the shift
then is at most its end less that. So a window's last start limits the busy time before a
visit, its first start the busy time from there on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from optimiser.routing.arrays.tasks import (
    ACCESS,
    BLOCK,
    BREAK,
    BREAK_HI,
    BREAK_LO,
    DAY,
    END,
    END_NODE,
    FLOOR_IN,
    FLOOR_OUT,
    I64,
    LEAVE,
    LIFT,
    LIMIT,
    NEVER,
    OFFICER,
    PAIR,
    PLACE,
    SERVICE,
    SERVICE_S,
    START,
    START_NODE,
    TWO,
    WINDOW,
    WINDOWS,
    Compiled,
    Net,
)
from optimiser.routing.proof.bounds import F64, Columns
from optimiser.routing.proof.late_starts import with_late_starts
from optimiser.routing.search.kernels import legs_between

__all__ = ["Gains", "Walks", "Ways", "entered_alike", "gains_of", "walks_of"]


_MOST_PLACES: Final = 2_000
"""Joined by a class's days: some eight seconds for the shortest ways between them."""


@dataclass(frozen=True)
class Gains:
    """What the columns of `bounds` are worth to a walk, in points.

    Attributes
    ----------
    call
        (columns,) One officer's call: half of what a visit by two is worth.
    spare
        (shifts,) The most that a second of its rounds can be worth to a shift.
    free
        The worth of rounds that may take no time.
    """

    call: F64
    spare: F64
    free: float


@dataclass(frozen=True)
class Walks:
    """One class of shifts, which may hold v visits; row v of a table is where they begin.

    Attributes
    ----------
    shifts
        Their numbers.
    visits
        (v,) Their numbers.
    value
        (v,) Points of one officer's call.
    step
        (v + 1, v) Steps from the end of one visit to the end of the next.
    shut
        (v + 1, v) The last step at which to leave for the next.
    opened
        (v,) The first step at which a visit can end.
    home
        (v + 1,) Steps to where the shift ends.
    size
        Steps of the shift, nothing done the first.
    spare
        Points that a step of time left over is worth at most.
    width
        Seconds of a step.
    way, back
        (v + 1, v) seconds from the end of one visit to the next one's door, and (v + 1,) to
        where the shift ends.
    most
        Busy seconds of a shift, sessions left out.
    """

    shifts: tuple[int, ...]
    visits: I64
    value: F64
    step: I64
    shut: I64
    opened: I64
    home: I64
    size: int
    spare: float
    width: int
    way: I64
    back: I64
    most: int


def gains_of(compiled: Compiled, columns: Columns, worth: F64, own: F64) -> Gains:
    """Return what columns are worth to walks.

    Parameters
    ----------
    compiled, columns
        The week.
    worth, own
        (columns,) What each is worth, in points, and more where the officer is the visit's own.
    """
    net = compiled.net
    visit = columns.node < net.visits
    many = np.ones(len(columns.node))
    many[visit] += net.visit[columns.node[visit], PAIR]
    node = net.node
    floors = np.abs(node[:, FLOOR_IN] - node[:, FLOOR_OUT])
    # What a round goes up or down may save the visits around it their own stairs or lift.
    inside = np.maximum(floors * net.floor_s, np.where(floors > 0, net.lift_s, 0))
    spent = ((node[:, SERVICE] - inside) * (1 + node[:, TWO]))[columns.node]
    spare = np.zeros(net.shifts)
    paid = ~visit & (spent > 0)
    np.maximum.at(spare, columns.shift[paid], worth[paid] / spent[paid])
    nothing = ~visit & (spent <= 0)
    free = np.zeros(net.rounds)
    np.maximum.at(free, columns.task[nothing] - net.visits, worth[nothing])
    return Gains(worth / many + own, spare, float(free.sum()))


def walks_of(
    compiled: Compiled, columns: Columns, gains: Gains, ways: Ways, *, step_s: int
) -> list[Walks]:
    """Return the classes of shifts, in steps of so many seconds; none that may hold nothing.

    No class at all where days join too many places.
    """
    net = compiled.net
    groups: dict[tuple[int, ...], list[int]] = {}
    for s in range(net.shifts):
        groups.setdefault(_key(compiled, s, rounds=gains.spare[s] > 0), []).append(s)
    when = with_late_starts(compiled)[0]
    found = []
    for shifts in groups.values():
        held = np.isin(columns.shift, shifts)
        mine = held & (columns.node < net.visits)
        most = np.zeros(net.visits)
        np.maximum.at(most, columns.node[mine], gains.call[mine])
        visits = np.flatnonzero(most > 0)
        spare = float(gains.spare[shifts].max())
        if not len(visits) and spare <= 0:
            continue
        ends = net.shift[shifts[0], [START_NODE, END_NODE]]
        seconds = ways.between(shifts, columns.node[held], np.concatenate([visits, ends]))
        if seconds is None:
            return []
        found.append(_class(compiled, when, shifts, visits, most[visits], spare, seconds, step_s))
    return found


def _key(compiled: Compiled, s: int, *, rounds: bool) -> tuple[int, ...]:
    """Return what shifts of a class have in common."""
    net, shift = compiled.net, compiled.net.shift[s]
    ends = net.node[shift[[START_NODE, END_NODE]], PLACE]
    times = shift[[DAY, START, END, BREAK, BREAK_LO, BREAK_HI, LIMIT]]
    sessions = int(net.node[list(compiled.sessions[s]), SERVICE].sum())
    return (*ends.tolist(), *times.tolist(), sessions, int(rounds))


def _class(
    compiled: Compiled, when: I64, shifts: list[int], visits: I64, value: F64, spare: float,
    seconds: I64, step_s: int,
) -> Walks:  # fmt: skip
    net, shift = compiled.net, compiled.net.shift[shifts[0]]
    v = len(visits)
    leg = np.concatenate([seconds[:v, :v], seconds[v : v + 1, :v]])
    service = _least_service(net, shifts, visits)
    begin, rest = int(shift[START]), int(shift[BREAK])
    horizon = int(shift[END]) - begin
    sessions = int(net.node[list(compiled.sessions[shifts[0]]), SERVICE].sum())
    most = max(0, min(int(shift[LIMIT]), horizon - rest) - sessions)
    rows = when[visits * net.days + shift[DAY]]
    first = rows[:, WINDOW] - begin
    last = rows[np.arange(v), WINDOW + 2 * rows[:, WINDOWS] - 1] - begin
    if rest:
        early, late = shift[BREAK_LO] - begin, shift[BREAK_HI] - begin
        last = np.maximum(np.minimum(last, late - service), last - rest)
        first = np.where(first <= early, first, np.maximum(early, first - rest))
    # With rounds, time before a window is not lost: they may fill it.
    opened = first - (horizon - rest - most) + service if spare == 0 else np.zeros(v, np.int64)
    whole = leg + service
    np.fill_diagonal(whole[:v], NEVER)
    back = np.append(seconds[:v, v + 1], 0)
    width = max(1, min(step_s, int(whole.min(initial=step_s))))
    return Walks(
        shifts=tuple(shifts),
        visits=visits,
        value=value,
        step=whole // width,
        shut=(last - leg) // width,
        opened=np.maximum(opened, 0) // width,
        home=back // width,
        size=most // width + 1,
        spare=spare * width,
        width=width,
        way=leg,
        back=back,
        most=most,
    )


def _least_service(net: Net, shifts: list[int], visits: I64) -> I64:
    """Return the least seconds at each visit's door, with any officer who may come."""
    officers = net.shift[shifts, OFFICER]
    may = net.possible[np.ix_(visits, np.array(shifts))]
    alone = np.where(may, net.who[np.ix_(visits, officers)][:, :, SERVICE_S], NEVER).min(axis=1)
    least: I64 = np.where(net.visit[visits, PAIR] == 1, net.node[visits, SERVICE], alone)
    return least


def entered_alike(net: Net) -> bool:
    """Return whether all doors of each block are entered alike.

    Where not, a round could save a visit more than its own stairs, and walks are no bound.
    """
    doors = np.flatnonzero(net.node[:, BLOCK] >= 0)
    node = net.node[doors]
    floors = np.abs(node[:, FLOOR_IN])
    ride = np.where(node[:, LIFT] > 0, np.where(floors > 0, net.lift_s, 0), floors * net.floor_s)
    kinds = np.column_stack([node[:, BLOCK], node[:, LIFT], node[:, ACCESS] - ride])
    return len(np.unique(kinds, axis=0)) == len(np.unique(node[:, BLOCK]))


class Ways:
    """The least seconds between nodes' doors, whatever else a class's days do on the way.

    Walks need not be the shortest: by way of another place may be shorter, if only by a second.
    """

    def __init__(self, compiled: Compiled) -> None:
        """Begin with none."""
        self._net = compiled.net
        self._sessions = compiled.sessions
        self._closed: dict[tuple[int, ...], tuple[I64, I64]] = {}

    def between(self, shifts: list[int], held: I64, nodes: I64) -> I64 | None:
        """Return (nodes, nodes) seconds; None where days join too many places.

        Parameters
        ----------
        shifts
            The class's.
        held
            Nodes that they may hold.
        nodes
            Some of those, or where the shifts begin and end.
        """
        net = self._net
        found = self._shortest(shifts, held)
        if found is None:
            return None
        places, closed = found
        at = np.searchsorted(places, net.node[nodes, PLACE])
        around = closed[np.ix_(at, at)] + net.node[nodes, LEAVE][:, None] + net.node[nodes, ACCESS]
        legs: I64 = np.minimum(legs_between(net, nodes), around).astype(np.int64)
        if (held < net.visits).all():
            return legs
        # What a round goes up or down between two visits is not on the way from one to the other.
        block = net.node[nodes, BLOCK]
        same = (block[:, None] == block) & (block >= 0)
        floors = np.abs(net.node[nodes, FLOOR_OUT][:, None] - net.node[nodes, FLOOR_IN])
        inside = np.minimum(floors * net.floor_s, net.lift_s)
        least: I64 = np.where(same, np.minimum(legs, inside), legs).astype(np.int64)
        return least

    def _shortest(self, shifts: list[int], held: I64) -> tuple[I64, I64] | None:
        """Return the places that days join, and the shortest ways between them."""
        key = tuple(shifts)
        if key not in self._closed:
            from scipy.sparse.csgraph import csgraph_from_dense, floyd_warshall

            net = self._net
            sessions = [node for s in shifts for node in self._sessions[s]]
            ends = net.shift[shifts][:, [START_NODE, END_NODE]].ravel()
            nodes = np.concatenate([held, np.array(sessions, dtype=np.int64), ends])
            places = np.unique(net.node[nodes, PLACE])
            if len(places) > _MOST_PLACES:
                return None
            walks = net.walk[np.ix_(places, places)].astype(np.float64)
            # As a plain array, no seconds between two places would be no way between them.
            closed = floyd_warshall(csgraph_from_dense(walks, null_value=np.inf))
            self._closed[key] = places, closed.astype(np.int64)
        return self._closed[key]
