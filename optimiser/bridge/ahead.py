"""The weeks ahead as one problem: every patch with its community days and rounds."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geodata.findings import counted
from optimiser.bridge.contacts import QUARTER_DAYS, Knocks, knock_history
from optimiser.bridge.cover import Cover, cover_notes, days_elsewhere, find_cover
from optimiser.bridge.knockers import Knockers, find_knockers
from optimiser.bridge.quarter import quarter_days, quarter_patch, requests_share
from optimiser.bridge.rounds import DoorsLeft, doors_left
from optimiser.bridge.rows import rows_of
from optimiser.bridge.shifts import build_shifts
from optimiser.bridge.visits import community_day, home_doors
from optimiser.model.quarter import QuarterPatch, QuarterProblem
from optimiser.model.visits import Door, Shift, VisitProblem

if TYPE_CHECKING:
    import pandas as pd

    from geodata import Stock
    from optimiser.model.rules import VisitRules

__all__ = ["build_quarter_problem"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Weeks:
    """What all patches are made from."""

    dates: tuple[dt.date, ...]
    shifts: Mapping[tuple[str, dt.date], Shift]
    left: DoorsLeft
    history: Mapping[str, Knocks]
    doors: Mapping[str, Door]
    block_of: Mapping[str, str]
    number: Mapping[str, int]
    walk_s: FloatArray
    centre_walk_s: Mapping[str, FloatArray]
    knockers: Knockers
    share: float
    rules: VisitRules


def build_quarter_problem(
    week: VisitProblem,
    *,
    weeks: int,
    stock: Stock,
    officers: pd.DataFrame,
    fixed: pd.DataFrame | None,
    absences: pd.DataFrame | None,
    outcomes: pd.DataFrame | None,
    patch_of: Mapping[str, str],
    officer_of: Mapping[str, str],
    walk_s: FloatArray,
    centre_walk_s: Mapping[str, FloatArray],
    notes: Sequence[str] = (),
) -> QuarterProblem:
    """Return the community days of `weeks` weeks from the first one's problem.

    Parameters
    ----------
    week
        The first week, whose requests stand for those of the weeks after it.
    weeks
        How many.
    stock, officers, fixed, absences, outcomes, patch_of, officer_of
        As `build_visit_problem` takes them.
    walk_s
        (n, n) seconds on foot between the stock's n blocks, in their order.
    centre_walk_s
        (n,) seconds from each service centre to the blocks.
    notes
        What was assumed, for the plan's reader.

    Raises
    ------
    ValueError
        If there is no community day.
    """
    rules = week.rules
    if rules.community_day is None:
        raise ValueError("there is no community day to plan ahead for")
    mondays = [week.week + dt.timedelta(weeks=k) for k in range(weeks)]
    dates = tuple(community_day(monday, rules.community_day) for monday in mondays)
    shifts = _shifts(mondays, officers, fixed, absences, rules)
    history = knock_history(outcomes, dates[0])
    share = requests_share(week.visits, week.shifts, rules)
    every = _Weeks(
        dates=dates,
        shifts={(s.officer_ref, s.date): s for s in shifts},
        left=doors_left(stock.homes, history, rules),
        history=history,
        doors=home_doors(stock, defaultdict(int), rules),
        block_of=dict(zip(stock.homes["property_ref"], stock.homes["block_ref"], strict=True)),
        number={str(ref): k for k, ref in enumerate(stock.blocks.index)},
        walk_s=walk_s,
        centre_walk_s=centre_walk_s,
        knockers=find_knockers(
            officers=officers,
            stock=stock,
            patch_of=patch_of,
            officer_of=officer_of,
            shifts=shifts,
            day=next((day for day in dates if any(s.date == day for s in shifts)), dates[0]),
            rules=rules,
        ),
        share=share,
        rules=rules,
    )
    blocks_of: dict[str, list[str]] = {}
    for block in every.number:
        if block in patch_of:
            blocks_of.setdefault(patch_of[block], []).append(block)
    doors = {
        patch: sum(len(every.left.blocks.get(block, ())) for block in blocks)
        for patch, blocks in blocks_of.items()
    }
    cover = find_cover(doors, every.knockers, dates, every.shifts.keys())
    elsewhere = days_elsewhere(cover)
    knocks = {patch: who.officer_ref for patch, who in cover.items()} | dict(officer_of)
    return QuarterProblem(
        first_week=week.week,
        weeks=weeks,
        patches=tuple(
            _patch(patch, knocks.get(patch), blocks, every, elsewhere.get(patch, {}))
            for patch, blocks in sorted(blocks_of.items())
        ),
        requests_share=share,
        rules=rules,
        notes=(
            *notes,
            *_assumed(every, rules),
            *cover_notes(doors, cover, every.knockers),
            *_idle_note(officers, cover, every.knockers),
        ),
    )


def _idle_note(
    officers: pd.DataFrame, cover: Mapping[str, Cover], knockers: Knockers
) -> tuple[str, ...]:
    busy = {*knockers.own.values(), *(who.officer_ref for who in cover.values())}
    idle = [row["officer_ref"] for row in rows_of(officers) if row["officer_ref"] not in busy]
    if not idle:
        return ()
    shown = ", ".join(idle[:8]) + (", …" if len(idle) > 8 else "")
    return (
        f"Officers without a patch, who have no doors here: {shown} ({len(idle):,}). Patches "
        "drawn for all officers would share the doors out: doorstep patches.",
    )


def _shifts(
    mondays: Sequence[dt.date],
    officers: pd.DataFrame,
    fixed: pd.DataFrame | None,
    absences: pd.DataFrame | None,
    rules: VisitRules,
) -> list[Shift]:
    """Return every week's shifts; their places do not matter here."""
    return [
        shift
        for monday in mondays
        for shift in build_shifts(
            officers,
            monday=monday,
            absences=absences,
            fixed=fixed,
            start_place={row["officer_ref"]: 0 for row in rows_of(officers)},
            session_place=defaultdict(int),
            rules=rules,
        )[0]
    ]


def _patch(
    patch: str,
    officer: str | None,
    blocks: list[str],
    every: _Weeks,
    elsewhere: Mapping[dt.date, str],
) -> QuarterPatch:
    here = set(blocks)
    left = {block: every.left.blocks[block] for block in blocks if block in every.left.blocks}
    at = np.array([every.number[block] for block in left], dtype=np.int64)
    centre = every.knockers.centre.get(officer or "")
    from_centre = every.centre_walk_s.get(centre or "", np.zeros(len(every.number)))[at]
    reached = from_centre[np.isfinite(from_centre)]
    way_s = 2 * round(float(reached.mean())) if len(reached) else 0
    walk_s = every.walk_s[np.ix_(at, at)]
    far = float(walk_s[np.isfinite(walk_s)].max(initial=0.0))

    def of_patch(refs: Sequence[str]) -> tuple[str, ...]:
        return tuple(ref for ref in refs if every.block_of[ref] in here)

    return quarter_patch(
        patch,
        officer,
        days=quarter_days(
            every.dates,
            officer,
            every.shifts,
            share=every.share,
            way_s=way_s,
            rules=every.rules,
            elsewhere=elsewhere,
        ),
        blocks=left,
        met=of_patch(every.left.met),
        by_appointment=of_patch(every.left.by_appointment),
        # A block without a way to the others stands at the far end.
        walk_s=np.where(np.isfinite(walk_s), walk_s, 2 * far + 3600),
        centre_walk_s=np.where(np.isfinite(from_centre), from_centre, 2 * far + 3600),
        doors=every.doors,
        history=every.history,
        knockers=every.knockers,
        rules=every.rules,
    )


def _assumed(every: _Weeks, rules: VisitRules) -> tuple[str, ...]:
    source = "as the rules say" if rules.requests_share is not None else "as in the first week"
    notes = [f"Requests take {100 * every.share:.0f}% of each community day, {source}."]
    if every.left.met:
        notes.append(
            f"{counted(len(every.left.met), 'home')} left out: somebody was met there in the last "
            f"{QUARTER_DAYS // 7} weeks."
        )
    if every.left.by_appointment:
        notes.append(
            f"Waiting for an appointment: {counted(len(every.left.by_appointment), 'home')} after "
            f"{rules.attempts_before_appointment} tries without an answer."
        )
    return tuple(notes)
