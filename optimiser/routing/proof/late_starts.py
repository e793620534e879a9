"""Windows for bounds and proofs: a due day's late starts, which the search leaves out.

A visit due within a day keeps only its punctual windows of that day (`nodes`). A plan may
still start it later that day, for its late value; what bounds every plan counts all of that
day's windows at the full value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optimiser.routing.arrays.tasks import WINDOW, WINDOWS

if TYPE_CHECKING:
    import numpy.typing as npt

    from optimiser.routing.arrays.tasks import I64, Compiled

__all__ = ["with_late_starts"]


def with_late_starts(compiled: Compiled) -> tuple[I64, npt.NDArray[np.bool_]]:
    """Return `Net.when` with those starts, and which visits have any.

    A day's windows become one, from the first start to the last.
    """
    net, when = compiled.net, compiled.net.when.copy()
    days = {d: k for k, d in enumerate(sorted({s.date for s in compiled.problem.shifts}))}
    late = np.zeros(net.visits, dtype=np.bool_)
    for v, visit in enumerate(compiled.problem.visits):
        if visit.due_at is None or (day := days.get(visit.due_at.date())) is None:
            continue
        row = when[v * net.days + day]
        runs = [w for w in visit.windows if w.date == visit.due_at.date()]
        last = max((w.latest_s for w in runs if w.earliest_s <= w.latest_s), default=-1)
        if row[WINDOWS] and last > row[WINDOW + 2 * row[WINDOWS] - 1]:
            row[WINDOWS], row[WINDOW + 1], late[v] = 1, last, True
    return when, late
