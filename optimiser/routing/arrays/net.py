"""The week's tables that the compiled search, the bound and the master read.

Nodes are numbered visits first, then round options, sessions, shift starts and
shift ends. Tasks are what may be planned: visits, then rounds (each with its
options as alternative nodes).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from optimiser.model import VisitProblem

__all__ = [
    "ACCESS",
    "B1",
    "BLOCK",
    "BREAK",
    "BREAK_HI",
    "BREAK_LO",
    "DAY",
    "END",
    "END_NODE",
    "FLOOR_IN",
    "FLOOR_OUT",
    "I32",
    "I64",
    "INTERPRETER_S",
    "LANGUAGE",
    "LEAVE",
    "LIFT",
    "LIMIT",
    "NEVER",
    "NODE_OF",
    "OFFICER",
    "OPTIONS_HI",
    "OPTIONS_LO",
    "OWN",
    "OWN_VALUE",
    "PAIR",
    "PLACE",
    "ROUNDS_HI",
    "ROUNDS_LO",
    "SERVICE",
    "SERVICE_S",
    "SHIFTS_HI",
    "SHIFTS_LO",
    "SHUT",
    "SKILLED",
    "SPEAKS",
    "START",
    "START_NODE",
    "TAKERS_HI",
    "TAKERS_LO",
    "TASK",
    "TWO",
    "VALUE",
    "WALK_LIMIT",
    "WIDTH",
    "WINDOW",
    "WINDOWS",
    "WORTH",
    "Compiled",
    "Net",
]

NEVER = 1_000_000_000
"""A time that no day reaches; added to legs it stays within 64 bits."""

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
B1 = npt.NDArray[np.bool_]


PLACE, BLOCK, FLOOR_IN, FLOOR_OUT, LIFT, ACCESS, LEAVE, SERVICE, TASK, TWO = range(10)
"""Columns of `Net.node`: where it is, the way up coming from outside and down again,
seconds at the door (of a visit: without an interpreter), the task it belongs to (visit,
visits + round, or -1) and whether two officers do it together."""

VALUE, WINDOWS, WINDOW = range(3)
"""Columns of `Net.when`: what the node is worth on the day, how many windows it has, and
from there on the first and last start of each."""

OFFICER, DAY, START, END, BREAK, BREAK_LO, BREAK_HI, LIMIT = range(8)
START_NODE, END_NODE, ROUNDS_LO, ROUNDS_HI, WALK_LIMIT = range(8, 13)
"""Columns of `Net.shift`; its rounds are bounded in `Net.lists`, no limit of walking is NEVER."""

PAIR, OWN, OWN_VALUE, INTERPRETER_S, LANGUAGE, SHIFTS_LO, SHIFTS_HI = range(7)
"""Columns of `Net.visit`; own is an officer or -1, language whether it needs one, the last two
bound its shifts in `lists`."""

OPTIONS_LO, OPTIONS_HI, TAKERS_LO, TAKERS_HI = range(4)
"""Columns of `Net.round`: its options' nodes, and the shifts in `lists` that may take it."""

SERVICE_S, SPEAKS, SKILLED = range(3)
"""Last axis of `Net.who`: seconds at the door, and flags, of an officer on a visit."""

NODE_OF, WORTH, WIDTH, SHUT = range(4)
"""Columns of `Net.trait`: a task's node (a round's first), the most it is worth, how long its
windows are together, and when the last of the week shuts."""


class Net(NamedTuple):
    """The problem, read-only, in few tables: compiling takes longer with every array.

    Sizes: n nodes, v visits, r rounds, s shifts, o officers, d days.
    """

    walk: I32  # (places, places) seconds
    node: I64  # (n, 10)
    when: I64  # (n * d, 2 + 2 * most windows)
    visit: I64  # (v, 7)
    who: I64  # (v, o, 3)
    round: I64  # (r, 4)
    shift: I64  # (s, 13)
    lists: I64  # shifts of visits by day, shifts of rounds, rounds of shifts
    possible: B1  # (v, s) whether a visit may be on a shift
    trait: I64  # (tasks, 4)
    near: I64  # (2, tasks, k) nearest visits and nearest tasks of each task on foot, or -1
    floor_s: int  # a floor on foot
    lift_s: int
    walk_value: int
    days: int
    visits: int
    rounds: int
    shifts: int


@dataclass(frozen=True)
class Compiled:
    """The arrays and the way back: which shift has which sessions, what a node is."""

    problem: VisitProblem
    net: Net
    sessions: tuple[tuple[int, ...], ...]
    row_length: int
