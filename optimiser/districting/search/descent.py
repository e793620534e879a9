"""The last touch: single units go to a neighbouring patch while that costs less.

The search ends by the clock, so under load a few units may be left of which a person
sees at once that they could go elsewhere. Here each unit at the edge of its patch is
tried in each patch next to it, with the pieces that only hang on it, until none can go
without breaking a rule or costing more. Where the cost is the same, the fewer homes
moved decide: so every step lowers (cost, homes moved) in that order, and it ends.
"""

from __future__ import annotations

import numpy as np

from optimiser.districting.compiled import entry
from optimiser.districting.search.moves import Scratch, accept, new_scratch
from optimiser.districting.search.state import Core, State, core_of, cut_off, new_state
from optimiser.districting.units.instance import Instance, Int64s

__all__ = ["settle_units"]

_FORBIDDING = 1e15
"""Price of a unit of workload outside limits and of a ban: more than any plan costs."""


def settle_units(instance: Instance, part: Int64s) -> Int64s:
    """Return a valid partition (m,) that no single unit's move makes better.

    Parameters
    ----------
    instance
        The problem on units; the price of splitting large estates is part of the cost.
    part
        (m,) the slot of each unit in a valid plan.
    """
    a = instance.arrays
    homes = np.zeros(a.move.shape, dtype=np.int64)
    np.add.at(homes, instance.unit_of, instance.problem.moved_homes)
    state = new_state(a, part)
    scratch = new_scratch(a, 1, [0, 0, 0, 0], _FORBIDDING)
    scratch.price[:] = _FORBIDDING
    _settle(core_of(a), state, scratch, homes)
    return state.part


@entry
def _settle(a: Core, s: State, x: Scratch, homes: Int64s) -> None:
    # A literal 0 would make numba compile accept a second time.
    none = int(np.int64(0))
    changed = True
    while changed:
        changed = False
        for u in range(s.part.size):
            for i in range(a.nbr_start[u], a.nbr_start[u + 1]):
                old, new = s.part[u], s.part[a.nbr[i]]
                if new == old:
                    continue
                count = cut_off(a, s, u, x.go)
                fewer = 0
                for y in x.go[:count]:
                    fewer += homes[y, old] - homes[y, new]
                # Costs are whole numbers, but for the price of splitting an estate.
                limit = 0.0 if fewer > 0 else -0.5
                if count > 0 and accept(a, s, x, count, none, old, new, limit):
                    changed = True
