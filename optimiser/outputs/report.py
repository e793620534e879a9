"""The week's report.html: printable, from a Jinja2 template."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from optimiser.model import Appointment, Change, VisitPlan, WorkspaceView
from optimiser.outputs.rendering import Columns, Rows, blank, decimal, number, render
from optimiser.outputs.stops import StopLine
from optimiser.outputs.tiers import tier_lines
from optimiser.outputs.week_tables import (
    by_day_frame,
    by_officer_frame,
    once_by_day,
    unplanned_frame,
)
from optimiser.outputs.wording import (
    assumptions,
    change_label,
    class_label,
    counted,
    long_date,
    sentence,
    short_date,
    time_of_day,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["week_report"]


def week_report(view: WorkspaceView, plan: VisitPlan, lines: Iterable[StopLine]) -> str:
    """Return the week's report: tiers with bounds, what did not fit, rounds, days, officers."""
    lines = list(lines)
    return render(
        "week.html",
        view,
        title=f"Visits in the week of {long_date(plan.week)}",
        subtitle=view.title,
        assumptions=assumptions(plan.notes, view.caveats),
        figures=_week_figures(plan),
        proof=_value_proof(plan),
        tier_columns=[("Tier", ""), ("Points", "n"), ("At\N{NO-BREAK SPACE}most", "n"),
                      ("Gap", "n"), ("What is proven", "prose")],
        tier_rows=_tier_rows(plan),
        evenness=_evenness(plan),
        changes_words=_changes_words(plan),
        changes=_changes(plan),
        left_out_words=_left_out_words(plan),
        left_out_columns=[("Reference", "nowrap"), ("Task", ""), ("Due", "nowrap"),
                          ("Why", "prose"), ("What would help", "prose")],
        left_out=_left_out(view, plan),
        late_columns=[("Reference", "nowrap"), ("Task", ""), ("Due", ""), ("Planned", ""),
                      ("Officer", "")],
        late_rows=_late_rows(lines),
        rounds_words=_rounds_words(plan),
        round_columns=[("Officer", "nowrap"), ("Rounds", "n"), ("Doors", "n"),
                       ("Conversations expected", "n"), ("Where, in order", "prose")],
        round_groups=_round_groups(lines),
        day_columns=[("Day", "nowrap"), ("Officers", "n"), *_WORK_COLUMNS],
        day_rows=_work_rows(by_day_frame(plan), "date"),
        officer_columns=[("Officer", ""), ("Days", "n"), *_WORK_COLUMNS],
        officer_rows=_work_rows(by_officer_frame(plan), "officer_ref"),
    )  # fmt: skip


def _value_proof(plan: VisitPlan) -> list[str]:
    worth = f"This plan is worth {number(plan.objective)} points."
    if not math.isfinite(plan.bound):
        return [worth, "How much better another plan could be is not proven."]
    if plan.status == "optimal":
        return [worth, "Proven: no plan that keeps all the rules is worth more."]
    return [
        worth,
        f"Proven: no plan that keeps all the rules is worth more than {number(plan.bound)} "
        f"points, so this one reaches at least {number(100 * (1 - plan.gap))}% of the best. "
        "Whether a better one exists is not known.",
    ]


def _tier_rows(plan: VisitPlan) -> Rows:
    return [
        [
            f"{tier.position}. {tier.label}",
            number(tier.value),
            number(tier.bound),
            "" if tier.gap is None else f"{number(100 * tier.gap)}%",
            tier.words,
        ]
        for tier in tier_lines(plan)
    ]


def _evenness(plan: VisitPlan) -> str:
    """Return how evenly the week's work is spread over officers, with the ends named."""
    frame = by_officer_frame(plan).sort_values(["busy_hours", "officer_ref"])
    spread = (
        f"On average {number(100 * plan.busy_share)}% of the time that the rules allow an officer "
        "is used; between officers that share varies by "
        f"{_points(plan.busy_spread, 'percentage ')} (the standard deviation; 0 is even)."
    )
    if len(frame) < 2:
        return spread
    least, most = frame.iloc[0], frame.iloc[-1]
    return (
        f"{spread} The shortest week planned is {least['officer_ref']}'s with "
        f"{decimal(least['busy_hours'])} hours, the longest {most['officer_ref']}'s with "
        f"{decimal(most['busy_hours'])}."
    )


def _week_figures(plan: VisitPlan) -> list[tuple[str, str]]:
    return [
        ("Requests", f"{plan.requests:,}"),
        ("Planned", f"{plan.planned:,}"),
        ("Planned late", f"{plan.late:,}"),
        ("Left out", f"{len(plan.unplanned):,}"),
        ("With their own officer", f"{plan.own_officer:,}"),
        ("Doors to knock", f"{plan.doors:,}"),
        ("Conversations expected", number(plan.conversations)),
        ("Hours on foot", number(plan.walk_hours)),
        ("Officers' time used", f"{number(100 * plan.busy_share)}%"),
        ("Spread between officers", _points(plan.busy_spread)),
    ]


def _points(share: float, kind: str = "") -> str:
    """Return a share in points of a percentage: "1 point", "2.5 points"."""
    shown = number(round(100 * share, 1))
    return f"{shown} {kind}point{'' if shown == '1' else 's'}"


def _changes_words(plan: VisitPlan) -> str:
    """Return what was done to the plan and when; nothing of a first plan."""
    at = plan.replanned_at
    if at is None:
        return ""
    when = f"{long_date(at.date())} at {time_of_day(at.hour * 3600 + at.minute * 60)}"
    if not plan.changes:
        return f"This plan was gone through again on {when}. Nothing had to change."
    kinds = [c.kind for c in plan.changes]
    counts = ", ".join(
        f"{kinds.count(kind)} {kind}"
        for kind in ("added", "moved", "dropped", "cancelled")
        if kind in kinds
    )
    return (
        f"This plan was mended on {when}. What was done or under way by then is as it was; "
        f"{counts}."
    )


def _changes(plan: VisitPlan) -> list[dict[str, Any]]:
    """Return the changes by kind, those that leave somebody unvisited first."""
    kinds = ("dropped", "moved", "added", "cancelled")
    groups: list[dict[str, Any]] = []
    for kind in kinds:
        told = sorted((c for c in plan.changes if c.kind == kind), key=_when)
        ends = [("Before", [_appointment(c.before) for c in told]),
                ("Now", [_appointment(c.after) for c in told])]  # fmt: skip
        ends = [(head, cells) for head, cells in ends if any(cells)]
        names_of = [c.ref if c.what == "visit" else f"Round {c.ref}" for c in told]
        columns = [names_of, *(cells for _, cells in ends), [sentence(c.why) for c in told]]
        heads = [("Reference", "nowrap"), *((head, "") for head, _ in ends), ("Why", "prose")]
        if told:
            rows = [list(row) for row in zip(*columns, strict=True)]
            groups.append(
                {"name": f"{change_label(kind)} ({len(told)})", "columns": heads, "rows": rows}
            )
    return groups


def _when(change: Change) -> tuple[dt.date, int, str]:
    at = change.before or change.after
    return (dt.date.min, 0, change.ref) if at is None else (at.date, at.start_s, change.ref)


def _appointment(at: Appointment | None) -> str:
    if at is None:
        return ""
    who = " and ".join(at.officers)
    return f"{short_date(at.date)}, {time_of_day(at.start_s)}, {who}"


def _left_out_words(plan: VisitPlan) -> str:
    counts = plan.unplanned_counts()
    parts = [f"{class_label(kind).lower()}: {number:,}" for kind, number in sorted(counts.items())]
    return f"{counted(len(plan.unplanned), 'request')} left out ({'; '.join(parts)})."


def _left_out(view: WorkspaceView, plan: VisitPlan) -> list[dict[str, Any]]:
    frame = unplanned_frame(view, plan)
    order = ["escalate", "bad_data", "impossible", "crowded_out", "not_found"]
    groups = []
    for kind in order:
        part = frame[frame["class"] == kind]
        if len(part):
            columns = part[["visit_ref", "task", "due_by", "reason", "evidence", "remedy"]]
            rows = [[blank(value) for value in row] for row in columns.to_numpy().tolist()]
            rows = [[*row[:2], _due(row[2]), _why(*row[3:5]), sentence(row[5])] for row in rows]
            groups.append({"name": f"{class_label(kind)} ({len(part)})", "rows": rows})
    return groups


def _why(reason: str, evidence: str) -> str:
    return ". ".join(sentence(text.rstrip(".")) for text in (reason, evidence) if text)


def _late_rows(lines: Iterable[StopLine]) -> Rows:
    return [
        [
            line.stop.visit_ref,
            line.task,
            long_date(line.due_by.date()) if line.due_by else "",
            f"{long_date(line.date)}, {time_of_day(line.stop.start_s)}",
            _who(line),
        ]
        for line in lines
        # Of a pair, the first by reference tells of both.
        if line.stop.late and (line.stop.with_officer or "~") > line.officer_ref
    ]


def _who(line: StopLine) -> str:
    other = line.stop.with_officer
    return line.officer_ref if other is None else f"{line.officer_ref} and {other}"


def _rounds_words(plan: VisitPlan) -> str:
    rounds = sum(once_by_day(plan)["rounds"].values())
    if not rounds:
        return "No doors are knocked this week."
    return (
        f"{counted(rounds, 'round')} of {counted(plan.doors, 'door')}, where about "
        f"{counted(round(plan.conversations), 'conversation')} can be expected. Each is walked "
        "from the top floor down; the sheets list the doors."
    )


def _round_groups(lines: Iterable[StopLine]) -> list[dict[str, Any]]:
    """Return a table a day: a row an officer, or a pair, with the rounds in order."""
    days: dict[dt.date, dict[str, list[StopLine]]] = {}
    for line in lines:
        if line.stop.kind == "round" and (line.stop.with_officer or "~") > line.officer_ref:
            days.setdefault(line.date, {}).setdefault(_who(line), []).append(line)
    return [
        {
            "name": f"Rounds on {long_date(date)}",
            "rows": [_round_row(who, of_them) for who, of_them in sorted(days[date].items())],
        }
        for date in sorted(days)
    ]


def _round_row(who: str, lines: Sequence[StopLine]) -> list[Any]:
    where = [
        f"{time_of_day(line.stop.start_s)} {line.where}, {counted(len(line.doors), 'door')}"
        for line in sorted(lines, key=lambda x: x.stop.start_s)
    ]
    doors = sum(len(line.doors) for line in lines)
    talks = decimal(sum(line.stop.conversations for line in lines))
    return [who, len(lines), doors, talks, "; ".join(where)]


_WORK_COLUMNS: Columns = [("Visits", "n"), ("Doors", "n"), ("Late", "n"), ("Hours of visits", "n"),
                          ("Hours of rounds", "n"), ("Hours of surgeries", "n"),
                          ("Hours on foot", "n"), ("Hours in all", "n"),
                          ("Kilometres", "n")]  # fmt: skip


_HOURS: Final = ("visit", "round", "surgery", "walk", "busy")


def _work_rows(frame: pd.DataFrame, key: str) -> Rows:
    return [
        [
            long_date(row[key]) if key == "date" else row[key],
            row["officers" if key == "date" else "days"],
            *(f"{row[name]:,}" for name in ("visits", "doors", "late")),
            *(decimal(row[f"{name}_hours"]) for name in _HOURS),
            decimal(row["walk_km"]),
        ]
        for row in frame.to_dict("records")
    ]


def _due(iso: str) -> str:
    """Return "Tue 1 Dec 2026"."""
    if not iso:
        return ""
    date = dt.date.fromisoformat(iso[:10])
    return f"{short_date(date)} {date.year}"
