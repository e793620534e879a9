"""The weeks ahead, patch by patch: who knocks where on which community day."""

from __future__ import annotations

import logging
import math
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Final

from optimiser.model.outcome import Progress, ProgressCallback, cost_gap, status_of
from optimiser.model.quarter import (
    CommunityDay,
    PatchQuarter,
    QuarterPatch,
    QuarterPlan,
    QuarterProblem,
    Turn,
)
from optimiser.routing.ahead.assign import Assigned, assign_patch
from optimiser.routing.ahead.checks import check_quarter
from optimiser.routing.ahead.greedy import fill_days

__all__ = ["hours_needed", "plan_quarter"]

_log = logging.getLogger(__name__)

_LEAST_EFFORT, _MOST_EFFORT = 0.05, 10.0
_DETERMINISTIC: Final = 0.4
"""CP-SAT's deterministic seconds that a second of the clock holds, models and bounds included."""
_MOST_MORE_HOURS: Final = 20
"""So many hours above the least that could do are tried, before none is named."""


def plan_quarter(
    problem: QuarterProblem,
    *,
    time_limit_s: float = 60,
    workers: int = 2,
    progress: ProgressCallback | None = None,
) -> QuarterPlan:
    """Plan the community days of the weeks ahead.

    Parameters
    ----------
    problem
        The patches with their days and rounds.
    time_limit_s
        Wall-clock seconds. They are shared out in CP-SAT's deterministic time, so that the
        same limit gives the same plan wherever the clock does not end the search first.
    workers
        Patches that are worked on at a time.
    progress
        Called after each patch, with the homes without a turn so far.

    Returns
    -------
    The turns; `violations`, from the independent checker, are empty.
    """
    begun = time.monotonic()
    share = _DETERMINISTIC * time_limit_s * workers / max(len(problem.patches), 1)
    effort = min(max(share, _LEAST_EFFORT), _MOST_EFFORT)
    clock = _Clock(begun + time_limit_s, workers, len(problem.patches))

    def job(patch: QuarterPatch) -> tuple[tuple[Turn, ...], PatchQuarter]:
        return _planned(
            patch, weeks_apart=problem.weeks_apart, effort=effort, seconds=clock.of_next()
        )

    found = []
    with ThreadPoolExecutor(workers) as pool:
        for result in pool.map(job, problem.patches):
            found.append(result)
            if progress is not None:
                left = sum(row.without_turn for _, row in found)
                seconds = time.monotonic() - begun
                progress(Progress(stage="weeks ahead", seconds=seconds, objective=left))
    rows = tuple(row for _, row in found)
    left = sum(row.without_turn for row in rows)
    bound = sum(row.without_turn_bound for row in rows)
    gap = cost_gap(left, bound)
    plan = QuarterPlan(
        status=status_of(gap),
        objective=left,
        bound=bound,
        gap=gap,
        seed=1,
        seconds=time.monotonic() - begun,
        first_week=problem.first_week,
        weeks=problem.weeks,
        turns=tuple(turn for turns, _ in found for turn in turns),
        patches=rows,
        by_appointment=tuple(ref for p in problem.patches for ref in p.by_appointment),
        requests_share=problem.requests_share,
        weeks_apart=problem.weeks_apart,
        rules=problem.rules,
        notes=problem.notes,
    )
    violations = check_quarter(problem, plan)
    for violation in violations:
        _log.error("%s: %s: %s", violation.rule, violation.subject, violation.message)
    return plan.model_copy(update={"violations": violations})


class _Clock:
    """Shares what is left of the time out to the patches that are left."""

    def __init__(self, until: float, workers: int, patches: int) -> None:
        self.until, self.workers, self.left = until, workers, patches
        self.lock = Lock()

    def of_next(self) -> float:
        """Return the seconds that the next patch may take."""
        with self.lock:
            left, self.left = self.left, self.left - 1
        return max(0.0, self.until - time.monotonic()) * min(1.0, self.workers / left)


def _planned(
    patch: QuarterPatch, *, weeks_apart: int, effort: float, seconds: float = math.inf
) -> tuple[tuple[Turn, ...], PatchQuarter]:
    assigned = assign_patch(patch, weeks_apart, effort=effort, seconds=seconds)
    turns = _turns(patch, assigned)
    return turns, _row(patch, turns, assigned)


def _turns(patch: QuarterPatch, assigned: Assigned) -> tuple[Turn, ...]:
    turns = []
    for slot in assigned.slots:
        piece = patch.rounds[slot.round]
        option = piece.option(slot.try_number, slot.part)
        assert option is not None
        assert patch.officer_ref is not None  # without an officer no day is open
        turns.append(
            Turn(
                patch=patch.patch,
                officer_ref=patch.officer_ref,
                date=patch.days[slot.day].date,
                part=slot.part,
                round_ref=piece.round_ref,
                block_ref=piece.block_ref,
                try_number=slot.try_number,
                doors=len(piece.property_refs),
                load_s=option.load_s,
                conversations=option.conversations,
            )
        )
    at = {b.block_ref: k for k, b in enumerate(patch.blocks)}
    parts = list(patch.days[0].parts) if patch.days else []
    for day in patch.days:
        parts += [part for part in day.parts if part not in parts]
    order = {part: k for k, part in enumerate(parts)}
    numbers = {r.round_ref: k for k, r in enumerate(patch.rounds)}
    return tuple(
        sorted(turns, key=lambda t: (t.date, order[t.part], at[t.block_ref], numbers[t.round_ref]))
    )


def _row(patch: QuarterPatch, turns: tuple[Turn, ...], assigned: Assigned) -> PatchQuarter:
    first = {t.round_ref for t in turns if t.try_number == 1}
    step = {b.block_ref: b.step_s for b in patch.blocks}
    shares, busy, room = [], 0, 0
    for day in patch.days:
        today = [t for t in turns if t.date == day.date]
        load = sum(t.load_s for t in today) + sum(step[b] for b in {t.block_ref for t in today})
        busy, room = busy + load, room + day.capacity_s
        shares.append(load / day.capacity_s if day.capacity_s else 0.0)
    left = sum(len(r.property_refs) for r in patch.rounds if r.round_ref not in first)
    return PatchQuarter(
        patch=patch.patch,
        officer_ref=patch.officer_ref,
        homes=sum(len(r.property_refs) for r in patch.rounds),
        met=len(patch.met),
        by_appointment=len(patch.by_appointment),
        without_turn=left,
        without_turn_bound=assigned.without_turn_bound,
        second_tries=sum(t.try_number == 2 for t in turns),
        conversations=sum(t.conversations for t in turns),
        conversations_bound=assigned.conversations_bound,
        days=sum(1 for d in patch.days if d.parts),
        used_share=busy / room if room else 0.0,
        peak_share=max(shares, default=0.0),
        block_visits=len({(t.block_ref, t.date) for t in turns}),
        more_hours=hours_needed(patch) if left else 0,
    )


def hours_needed(patch: QuarterPatch) -> int | None:
    """Return how many more hours, spread over the patch's days, give every home its turn.

    Tried out by putting every first try into the longer days; None where no number up to
    `_MOST_MORE_HOURS` above the least that could do is enough, or no day is open.
    """
    if not any(day.parts for day in patch.days):
        return None
    loads = [min((o.load_s for o in r.options if o.try_number == 1), default=0)
             for r in patch.rounds]  # fmt: skip
    short = sum(loads) - sum(day.capacity_s for day in patch.days)
    least = max(1, math.ceil(short / 3600))
    for hours in range(least, least + _MOST_MORE_HOURS + 1):
        slots = fill_days(_longer(patch, hours), len(patch.days) + 1)
        if len({s.round for s in slots}) == len(patch.rounds):
            return hours
    return None


def _longer(patch: QuarterPatch, hours: int) -> QuarterPatch:
    """Return the patch with so many hours more in all on its open days, half in each part."""
    is_open = [day for day in patch.days if day.parts]
    more = hours * 3600 // len(is_open)

    def longer(day: CommunityDay) -> CommunityDay:
        if not day.parts:
            return day
        parts = {part: s + -(-more // len(day.parts)) for part, s in day.parts.items()}
        return day.model_copy(update={"capacity_s": day.capacity_s + more, "parts": parts})

    return patch.model_copy(update={"days": tuple(longer(day) for day in patch.days)})
