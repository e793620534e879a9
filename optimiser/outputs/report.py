"""report.html: the redraw pack and the week's report, printable, from Jinja2 templates."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from optimiser.model import PatchPlan, VisitPlan, WorkspaceView
from optimiser.outputs.redraw_tables import moved_blocks_frame, patches_frame, split_estates_frame
from optimiser.outputs.stops import StopLine
from optimiser.outputs.week_tables import by_day_frame, by_officer_frame, unplanned_frame
from optimiser.outputs.wording import (
    assumptions,
    class_label,
    counted,
    long_date,
    notices,
    short_date,
    time_of_day,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["patches_report", "week_report"]

Columns = list[tuple[str, str]]
Rows = list[list[Any]]


def patches_report(view: WorkspaceView, plan: PatchPlan) -> str:
    """Return the redraw pack: balance before and after, who changes, estates split, the proof."""
    frame = patches_frame(view, plan)
    moved = moved_blocks_frame(view, plan)
    estates = split_estates_frame(view, plan)
    columns, rows = _patch_table(frame)
    units = f"{view.unit.capitalize()}s"
    drawn = view.patch_shapes(plan.patch_of()).attrs.get("notes", ())
    return _render(
        "patches.html",
        view,
        title="Housing officers' patches: the redraw",
        subtitle=view.title,
        assumptions=assumptions((*plan.notes, *drawn), view.caveats),
        figures=_patch_figures(view, plan),
        proof=_cost_proof(plan),
        balance=_balance_words(plan),
        patch_columns=columns,
        patch_rows=rows,
        moved=_moved_words(view, plan, moved),
        flow_columns=[("From", ""), ("To", ""), ("Households", "n"), (units, "n")],
        flow_rows=_flows(moved),
        block_columns=[(units[:-1], ""), ("Estate", ""), ("Households", "n"), ("From", ""),
                       ("To", "")],
        block_rows=_moved_rows(moved),
        units=units,
        estates=_estate_words(view, plan),
        estate_columns=[("Estate", ""), ("Homes", "n"), (units, "n"), ("Parts", "n"),
                        ("Patches", "")],
        estate_rows=estates.to_numpy().tolist(),
    )  # fmt: skip


def week_report(view: WorkspaceView, plan: VisitPlan, lines: Iterable[StopLine]) -> str:
    """Return the week's report: figures with bounds, what did not fit, by day and officer."""
    return _render(
        "week.html",
        view,
        title=f"Visits in the week of {long_date(plan.week)}",
        subtitle=view.title,
        assumptions=assumptions(plan.notes, view.caveats),
        figures=_week_figures(plan),
        proof=_value_proof(plan),
        tier_columns=[("Tier", ""), ("This plan", "n"), ("No plan can reach more than", "n")],
        tier_rows=[[_sentence(t.name), _number(t.value), _number(t.bound)] for t in plan.tiers],
        left_out_words=_left_out_words(plan),
        left_out_columns=[("Reference", "nowrap"), ("Task", ""), ("Due", "nowrap"), ("Reason", ""),
                          ("Evidence", ""), ("What would help", "")],
        left_out=_left_out(view, plan),
        late_columns=[("Reference", "nowrap"), ("Task", ""), ("Due", ""), ("Planned", ""),
                      ("Officer", "")],
        late_rows=_late_rows(lines),
        day_columns=[("Day", ""), ("Officers", "n"), *_WORK_COLUMNS],
        day_rows=_work_rows(by_day_frame(plan), "date"),
        officer_columns=[("Officer", ""), ("Days", "n"), *_WORK_COLUMNS],
        officer_rows=_work_rows(by_officer_frame(plan), "officer_ref"),
    )  # fmt: skip


def _render(template: str, view: WorkspaceView, **values: Any) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("optimiser.outputs", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    foot = " ".join(part for part in ("Made with doorstep.", view.attribution) if part)
    return environment.get_template(template).render(
        notices=notices(view.synthetic, view.title), foot=foot, **values
    )


def _patch_figures(view: WorkspaceView, plan: PatchPlan) -> list[tuple[str, str]]:
    return [
        ("Patches", f"{len(plan.patches):,}"),
        ("Homes", f"{len(view.homes):,}"),
        ("Homes that change patch", f"{plan.homes_moved:,}"),
        ("Walking a week", f"{_number((plan.walk_minutes + plan.centre_minutes) / 60)} hours"),
        ("Farthest from target", f"{_number(_farthest(plan))}%"),
        ("Estates split", f"{len(plan.split_estates):,}"),
    ]


def _farthest(plan: PatchPlan) -> float:
    return max((100 * abs(s.workload / s.target - 1) for s in plan.patches if s.target), default=0)


def _cost_proof(plan: PatchPlan) -> list[str]:
    cost = (
        f"These patches cost {_number(plan.objective)} walking minutes a week: "
        f"{_number(plan.walk_minutes)} within the patches, {_number(plan.centre_minutes)} to and "
        f"from the service centres, and {_number(plan.moved_minutes)} as the price of the "
        "households that change patch."
    )
    if not math.isfinite(plan.bound):
        return [cost, "How much better other patches could be is not proven."]
    if plan.status == "optimal":
        return [cost, "Proven: no patches that keep all the rules cost less."]
    return [
        cost,
        f"Proven: no patches that keep all the rules cost less than {_number(plan.bound)} minutes, "
        f"so at most {_number(100 * plan.gap)}% could still be saved. Whether such patches exist "
        "is not known.",
    ]


def _value_proof(plan: VisitPlan) -> list[str]:
    worth = f"This plan is worth {_number(plan.objective)} points."
    if not math.isfinite(plan.bound):
        return [worth, "How much better another plan could be is not proven."]
    if plan.status == "optimal":
        return [worth, "Proven: no plan that keeps all the rules is worth more."]
    return [
        worth,
        f"Proven: no plan that keeps all the rules is worth more than {_number(plan.bound)} "
        f"points, so this one reaches at least {_number(100 * (1 - plan.gap))}% of the best. "
        "Whether a better one exists is not known.",
    ]


def _balance_words(plan: PatchPlan) -> str:
    outside = [s.patch for s in plan.patches if not s.lower <= s.workload <= s.upper]
    if outside:
        return f"Outside the limits of their workload: {', '.join(outside)}."
    return (
        f"Every patch is within {_number(100 * plan.balance)}% of its target workload, which "
        "goes by its officer's hours."
    )


def _patch_table(frame: pd.DataFrame) -> tuple[Columns, Rows]:
    before = "workload_before" in frame
    columns: Columns = [("Patch", ""), ("Officer", ""), ("Homes before", "n"), ("Homes after", "n"),
                        ("Workload before", "n"), ("Workload after", "n"), ("Target", "n"),
                        ("Off target", "n"), ("Chart", "chart")]  # fmt: skip
    widest = float(frame[["workload", "target"]].max().max())
    rows = []
    for row in frame.to_dict("records"):
        cells = [
            row["patch"],
            row["officer_ref"] if isinstance(row["officer_ref"], str) else "vacant",
            f"{row['homes_before']:,}",
            f"{row['homes']:,}",
            _decimal(row["workload_before"]) if before else None,
            _decimal(row["workload"]),
            _decimal(row["target"]),
            _signed(row["from_target_percent"]),
            _bar(row["workload"], row["target"], widest),
        ]
        rows.append(cells if before else [*cells[:4], *cells[5:]])
    return (columns if before else [*columns[:4], *columns[5:]]), rows


def _bar(workload: float, target: float, widest: float) -> str:
    """Return a bar of the workload with a line at the target, as safe SVG."""
    from markupsafe import Markup

    if not math.isfinite(workload) or widest <= 0:
        return "given up"
    bar, line = 160 * workload / widest, 160 * target / widest
    return Markup(
        '<svg viewBox="0 0 170 18" aria-hidden="true">'
        f'<rect x="0" y="4" width="{bar:.1f}" height="10" fill="#1d5a96"/>'
        f'<rect x="{line - 1:.1f}" y="0" width="2.5" height="18" fill="#0b0c0c"/></svg>'
    )


def _moved_words(view: WorkspaceView, plan: PatchPlan, moved: pd.DataFrame) -> str:
    if not plan.homes_moved:
        return "No household changes patch."
    known = int(view.homes["patch"].notna().sum())
    share = f"{_number(100 * plan.homes_moved / known)}% of " if known else "of "
    return (
        f"{counted(plan.homes_moved, 'household changes', 'households change')} patch, {share}"
        f"the {counted(known, 'household')} with a patch today, in "
        f"{counted(moved['block_ref'].nunique(), view.unit)}. Their references are in changes.xlsx."
    )


def _flows(moved: pd.DataFrame) -> Rows:
    flows: dict[tuple[str, str], list[int]] = {}
    for row in moved.to_dict("records"):
        old = _patch(row["old_patch"], row["old_officer"])
        count = flows.setdefault((old, _patch(row["new_patch"], row["new_officer"])), [0, 0])
        count[0] += row["households"]
        count[1] += 1
    ordered = sorted(flows.items(), key=lambda item: (-item[1][0], item[0]))
    return [[*pair, f"{homes:,}", f"{blocks:,}"] for pair, (homes, blocks) in ordered]


def _moved_rows(moved: pd.DataFrame) -> Rows:
    return [
        [
            row["block_name"],
            _blank(row["estate"]),
            f"{row['households']:,}",
            row["old_patch"],
            row["new_patch"],
        ]
        for row in moved.to_dict("records")
    ]


def _patch(patch: str, officer: Any) -> str:
    return f"{patch} ({officer})" if isinstance(officer, str) and officer else f"{patch} (vacant)"


def _estate_words(view: WorkspaceView, plan: PatchPlan) -> str:
    return (
        f"{counted(len(plan.split_estates), 'estate lies', 'estates lie')} in more than one patch. "
        f"{'An area' if view.unit == 'area' else 'A block'} is never split."
    )


def _week_figures(plan: VisitPlan) -> list[tuple[str, str]]:
    return [
        ("Requests", f"{plan.requests:,}"),
        ("Planned", f"{plan.planned:,}"),
        ("Planned late", f"{plan.late:,}"),
        ("Left out", f"{len(plan.unplanned):,}"),
        ("With their own officer", f"{plan.own_officer:,}"),
        ("Doors to knock", f"{plan.doors:,}"),
        ("Conversations expected", _number(plan.conversations)),
        ("Hours on foot", _number(plan.walk_hours)),
    ]


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
            rows = [[_blank(value) for value in row] for row in columns.to_numpy().tolist()]
            rows = [[row[0], row[1], _due(row[2]), *row[3:]] for row in rows]
            groups.append({"name": f"{class_label(kind)} ({len(part)})", "rows": rows})
    return groups


def _late_rows(lines: Iterable[StopLine]) -> Rows:
    return [
        [
            line.stop.visit_ref,
            line.task,
            long_date(line.due_by.date()) if line.due_by else "",
            f"{long_date(line.date)}, {time_of_day(line.stop.start_s)}",
            line.officer_ref,
        ]
        for line in lines
        if line.stop.late
    ]


_WORK_COLUMNS: Columns = [("Visits", "n"), ("Doors", "n"), ("Late", "n"), ("Hours of visits", "n"),
                          ("Hours of rounds", "n"), ("Hours of surgeries", "n"),
                          ("Hours on foot", "n"), ("Kilometres", "n")]  # fmt: skip


def _work_rows(frame: pd.DataFrame, key: str) -> Rows:
    return [
        [
            long_date(row[key]) if key == "date" else row[key],
            row["officers" if key == "date" else "days"],
            *(row[name] for name in ("visits", "doors", "late")),
            *(_decimal(row[f"{name}_hours"]) for name in ("visit", "round", "surgery", "walk")),
            _decimal(row["walk_km"]),
        ]
        for row in frame.to_dict("records")
    ]


def _sentence(text: str) -> str:
    plain = text.replace("_", " ")
    return plain[:1].upper() + plain[1:]


def _number(value: float | None) -> str:
    """Return a number for people: one decimal, none from 1,000 on, "not known" if not finite."""
    if value is None or not math.isfinite(value):
        return "not known"
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:,.1f}"


def _decimal(value: float) -> str:
    """Return a number of a column: one decimal, so that the points stand under each other."""
    return f"{value:,.1f}" if math.isfinite(value) else ""


def _due(iso: str) -> str:
    """Return "Tue 1 Dec 2026"."""
    if not iso:
        return ""
    date = dt.date.fromisoformat(iso[:10])
    return f"{short_date(date)} {date.year}"


def _signed(value: float) -> str:
    return f"{value:+.1f}%" if math.isfinite(value) else ""


def _blank(value: Any) -> str:
    return value if isinstance(value, str) else ""
