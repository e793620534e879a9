"""quarter.html: the community days ahead in words and tables, printable."""

from __future__ import annotations

import datetime as dt
from typing import Any

from optimiser.model import PartOfDay, WorkspaceView
from optimiser.model.quarter import PatchQuarter, QuarterPlan, Turn
from optimiser.outputs.quarter_tables import days_frame, too_large, turns_frame
from optimiser.outputs.rendering import Columns, Rows, decimal, number, render
from optimiser.outputs.wording import assumptions, counted, long_date, short_date

__all__ = ["quarter_report"]

_PARTS = (PartOfDay.MORNING, PartOfDay.AFTERNOON, PartOfDay.EVENING)
_PATCH_COLUMNS: Columns = [
    ("Patch", "nowrap"),
    ("Officer", "nowrap"),
    ("Homes", "n"),
    ("Without a turn", "n"),
    ("Rounds tried twice", "n"),
    ("Conversations", "n"),
    ("At most", "n"),
    ("Time used", "n"),
    ("Fullest day", "n"),
]


def quarter_report(view: WorkspaceView, plan: QuarterPlan) -> str:
    """Return the page."""
    last = max((t.date for t in plan.turns), default=plan.first_week)
    return render(
        "quarter.html",
        view,
        title=f"Community days, {long_date(plan.first_week)} to {long_date(last)}",
        subtitle=view.title,
        assumptions=assumptions(plan.notes, view.caveats),
        figures=_figures(plan),
        proof=_proof(plan),
        large_words=_large_words(plan),
        large_columns=[("Patch", "nowrap"), ("Officer", "nowrap"), ("Homes without a turn", "n"),
                       ("No plan has fewer than", "n"), ("What would do", "prose")],
        large_rows=[_large(row) for row in too_large(plan)],
        day_columns=[("Day", ""), ("Officers", "n"), ("Rounds", "n"), ("Doors, first try", "n"),
                     ("Rounds tried again", "n"), ("Hours", "n"), ("Conversations", "n")],
        day_rows=_day_rows(plan),
        patch_columns=_PATCH_COLUMNS,
        patch_rows=[_patch_row(row) for row in plan.patches],
        apart=counted(plan.weeks_apart, "week"),
        calendar=_calendar(view, plan),
        waiting=_waiting(plan),
    )  # fmt: skip


def _figures(plan: QuarterPlan) -> list[tuple[str, str]]:
    homes = sum(row.homes for row in plan.patches)
    first = sum(t.doors for t in plan.turns if t.try_number == 1)
    return [
        ("Homes to knock at", f"{homes:,}"),
        ("That get their turn", f"{first:,}"),
        ("Without a turn", f"{homes - first:,}"),
        ("Community days", f"{len({t.date for t in plan.turns}):,}"),
        ("Rounds", f"{len(plan.turns):,}"),
        ("Tried a second time", f"{sum(t.try_number == 2 for t in plan.turns):,}"),
        ("Conversations expected", number(sum(t.conversations for t in plan.turns))),
    ]


def _proof(plan: QuarterPlan) -> list[str]:
    talks = sum(row.conversations for row in plan.patches)
    most = sum(row.conversations_bound for row in plan.patches)
    if plan.objective == 0:
        first = "Every home that is to be knocked at gets its turn."
    elif plan.status == "optimal":
        first = (
            f"{counted(round(plan.objective), 'home')} get no turn. Proven: no plan that keeps "
            "the officers' hours leaves fewer."
        )
    else:
        first = (
            f"{counted(round(plan.objective), 'home')} get no turn. Proven: every plan that keeps "
            f"the officers' hours leaves at least {plan.bound:,.0f}."
        )
    share = f", so this one reaches {100 * talks / most:.0f}% of that" if most else ""
    return [
        first,
        f"It expects {number(talks)} conversations. Proven: with as many homes served, no plan "
        f"expects more than {number(most)}{share}.",
    ]


def _large_words(plan: QuarterPlan) -> str:
    large = too_large(plan)
    if not large:
        return ""
    homes = counted(sum(row.without_turn for row in large), "home")
    vacant = sum(row.officer_ref is None for row in large)
    short = len(large) - vacant
    reasons = []
    if vacant:
        have = "has" if vacant == 1 else "have"
        reasons.append(f"{counted(vacant, 'patch', 'patches')} {have} no officer")
    if short:
        reasons.append(
            f"{counted(short, 'patch', 'patches')} cannot be knocked at from door to door in "
            f"{counted(plan.weeks, 'week')} at one community day a week"
        )
    return (
        f"{' and '.join(reasons)}: {homes} wait for the weeks after. Redrawn patches, or what "
        "stands below, would change that."
    )


def _large(row: PatchQuarter) -> list[Any]:
    if row.officer_ref is None:
        help_ = "give the patch an officer"
    elif row.more_hours is None:
        help_ = "redraw the patches: no few hours more are enough"
    else:
        help_ = (
            f"{counted(row.more_hours, 'hour')} more over its {counted(row.days, 'day')}, "
            "tried out: every home then gets its turn"
        )
    return [row.patch, row.officer_ref or "vacant", f"{row.without_turn:,}",
            f"{row.without_turn_bound:,}", help_]  # fmt: skip


def _patch_row(row: PatchQuarter) -> list[Any]:
    return [
        row.patch,
        row.officer_ref or "vacant",
        f"{row.homes:,}",
        f"{row.without_turn:,}",
        f"{row.second_tries:,}",
        decimal(row.conversations),
        decimal(row.conversations_bound),
        f"{100 * row.used_share:.0f}%",
        f"{100 * row.peak_share:.0f}%",
    ]


def _day_rows(plan: QuarterPlan) -> Rows:
    return [
        [
            long_date(row["date"]),
            row["officers"],
            f"{row['rounds']:,}",
            f"{row['first_doors']:,}",
            f"{row['second_rounds']:,}",
            decimal(row["hours"]),
            decimal(row["conversations"]),
        ]
        for row in days_frame(plan).to_dict("records")
    ]


def _calendar(view: WorkspaceView, plan: QuarterPlan) -> list[dict[str, Any]]:
    """Return a table a patch: its community days, and the blocks of each part of the day."""
    frame = turns_frame(view, plan)
    names = dict(zip(frame["block_ref"], frame["block"], strict=True))
    by_patch: dict[str, dict[dt.date, list[Turn]]] = {}
    for turn in plan.turns:
        by_patch.setdefault(turn.patch, {}).setdefault(turn.date, []).append(turn)
    used = [part for part in _PARTS if any(t.part is part for t in plan.turns)]
    tables = []
    for row in plan.patches:
        days = by_patch.get(row.patch, {})
        if days:
            tables.append(
                {
                    "name": f"{row.patch}, {row.officer_ref}",
                    "columns": [
                        ("Day", "nowrap"),
                        *((part.value.capitalize(), "") for part in used),
                        ("Doors", "n"),
                    ],
                    "rows": [_day_row(day, turns, used, names) for day, turns in days.items()],
                }
            )
    return tables


def _day_row(
    day: dt.date, turns: list[Turn], parts: list[PartOfDay], names: dict[str, str]
) -> list[Any]:
    cells = []
    for part in parts:
        doors: dict[tuple[str, int], int] = {}
        for turn in turns:
            if turn.part is part:
                key = (turn.block_ref, turn.try_number)
                doors[key] = doors.get(key, 0) + turn.doors
        words = [
            f"{names[block]} ({count}{', second try' if number == 2 else ''})"
            for (block, number), count in doors.items()
        ]
        cells.append(", ".join(words))
    return [short_date(day), *cells, sum(t.doors for t in turns)]


def _waiting(plan: QuarterPlan) -> str:
    if not plan.by_appointment:
        return ""
    count = counted(len(plan.by_appointment), "home")
    return (
        f"{count} had {plan.rules.attempts_before_appointment} tries without an answer: the next "
        "is by appointment. quarter.xlsx lists them."
    )
