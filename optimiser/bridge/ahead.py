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
    vacant = sorted(blocks_of.keys() - officer_of.keys())
    cover = _cover(vacant, every.knockers)
    return QuarterProblem(
        first_week=week.week,
        weeks=weeks,
        patches=tuple(
            _patch(patch, officer_of.get(patch, cover.get(patch)), blocks, every)
            for patch, blocks in sorted(blocks_of.items())
        ),
        requests_share=share,
        rules=rules,
        notes=(
            *notes,
            *_assumed(every, rules),
            *_cover_notes(vacant, cover, every.knockers),
            *_idle_note(officers, cover, every.knockers),
        ),
    )


def _cover(vacant: Sequence[str], knockers: Knockers) -> dict[str, str]:
    """Return who has no patch and knocks for one without an officer: patch -> officer.

    Colleagues with a patch of their own have no community day to give away: they go there
    only with the time that their own doors leave.
    """
    cover: dict[str, str] = {}
    for patch in vacant if knockers.stand_ins else ():
        free = [o for o in knockers.without_patch(patch) if o not in cover.values()]
        if free:
            cover[patch] = free[0]
    return cover


def _cover_notes(
    vacant: Sequence[str], cover: Mapping[str, str], knockers: Knockers
) -> tuple[str, ...]:
    notes = [
        f"{patch} has no officer: {officer}, who has no patch, knocks there."
        for patch, officer in cover.items()
    ]
    teams: dict[str, list[str]] = {}
    for patch in vacant:
        if patch not in cover:
            team = ", ".join(s.officer_ref for s in knockers.of_patch(patch, pair=False))
            teams.setdefault(team, []).append(patch)
    for team, patches in teams.items():
        have = "has" if len(patches) == 1 else "have"
        instead = (
            f"in the weeks themselves {team} may knock there with the time left"
            if team
            else ("nobody of the same service centre may knock there instead")
        )
        notes.append(f"{', '.join(patches)} {have} no officer and no turns: {instead}.")
    return tuple(notes)


def _idle_note(
    officers: pd.DataFrame, cover: Mapping[str, str], knockers: Knockers
) -> tuple[str, ...]:
    busy = {*knockers.own.values(), *cover.values()}
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


def _patch(patch: str, officer: str | None, blocks: list[str], every: _Weeks) -> QuarterPatch:
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
            every.dates, officer, every.shifts, share=every.share, way_s=way_s, rules=every.rules
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
