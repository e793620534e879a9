"""What changed between two plans of a week, one line each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

from optimiser.model.visits import VisitProblem
from optimiser.model.week import Route
from optimiser.routing.wording import clock, day_name, joined

__all__ = ["changes"]


class _When(NamedTuple):
    date: dt.date
    start_s: int
    officers: tuple[str, ...]

    def __str__(self) -> str:
        return f"{day_name(self.date)} at {clock(self.start_s)} with {joined(self.officers)}"


def changes(
    problem: VisitProblem, before: Iterable[Route], after: Iterable[Route]
) -> tuple[str, ...]:
    """Return a line for each request or round that was added, moved, left out or cancelled."""
    old, new = _placed(before), _placed(after)
    known = {v.visit_ref for v in problem.visits} | {r.round_ref for r in problem.rounds}
    lines = []
    for ref in sorted(old.keys() | new.keys()):
        was, is_now = old.get(ref), new.get(ref)
        if was == is_now:
            continue
        if was is None:
            lines.append(f"{ref} added: {is_now}")
        elif is_now is not None:
            lines.append(f"{ref} moved: {is_now} (was {was})")
        elif ref in known:
            lines.append(f"{ref} dropped: no place any more (was {was})")
        else:
            lines.append(f"{ref} cancelled: it is no longer in the problem (was {was})")
    return tuple(lines)


def _placed(routes: Iterable[Route]) -> dict[str, _When]:
    found: dict[str, _When] = {}
    for route in routes:
        for stop in route.stops:
            ref = stop.visit_ref or stop.round_ref
            if ref is None:
                continue
            others = found[ref].officers if ref in found else ()
            officers = tuple(sorted((*others, route.officer_ref)))
            found[ref] = _When(route.date, stop.start_s, officers)
    return found
