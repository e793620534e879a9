"""How good a folder's data is, as data: what `doorstep check` prints, and its JSON."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geodata import DataError, Problem
from optimiser.workspace.cut_off import require_starts
from optimiser.workspace.rules_in_words import patch_rules_in_words

if TYPE_CHECKING:
    from optimiser.workspace.workspace import Workspace

__all__ = ["ASSUMED", "PLACES", "REFERENCES", "QualityReport", "Readiness", "quality_report"]

REFERENCES: Final = "Unknown references"
PLACES: Final = "Places"
OTHER: Final = "Other"
ASSUMED: Final = "Assumed"

_TOPICS: Final = (
    (ASSUMED, r"under our names|\btaken\b|made into|put together|nobody lives|no day|leading zero"),
    (
        REFERENCES,
        r"is not in the [\w ]+ file|no home's patch|has no officer for|set aside in the homes"
        r"|cannot be used as|is not a visit type",
    ),
    (
        PLACES,
        r"outside the boundary|coordinates|wrong way round|longitude|from its middle"
        r"|from all (?:homes|points)|National Grid|no place|is not a place|polygon"
        r"|nearest other homes|centre of the postcode|which was used|looks like|in degrees",
    ),
)

_APART: Final = {
    "network": "add the streets between, or correct the coordinates",
    "left out": "check the streets there in the streets file",
    "far": "check the coordinates, or add the missing path to the streets file",
    "no street": "correct the coordinates, or give a streets file of the whole area",
}


@dataclass(frozen=True)
class Readiness:
    """Whether a command can run, and if not, what stands in its way."""

    command: str
    can_run: bool
    why: str = ""


@dataclass(frozen=True)
class QualityReport:
    """What a folder's files hold, where the homes are, what is wrong and what was assumed.

    Attributes
    ----------
    counts
        What there is -> how many; `set_aside` and `tenures` by kind.
    coverage
        `placed` (homes by where their place is from), `unplaced`, `outside`,
        `on_shared_points` (homes), `blocks_on_shared_points`.
    requests
        Days as ISO text: `raised`, `due` (first, last), `week` (the Monday
        after the last was raised), `due_by_week_end`, `overdue` (before that
        Monday), `sessions`, `absences` in that week; empty without requests.
    unreachable
        Sentences on blocks that no street reaches, or only from the next one.
    neighbours
        The longest pairs that were made neighbours without a street, and
        their number in `counts["joined_pairs"]`.
    boundary_cases
        Where boundaries and codes disagree.
    rules
        The rules of a redraw, in words.
    assumed
        What was taken where the files do not say.
    problems
        Errors and warnings of all files.
    ready
        The commands.
    stuck
        Whether something stands in the way that leaving rows out does not mend.
    told
        Problems that `boundary_cases` tells of, so that no list repeats them.
    areas
        Whether what a redraw deals out are areas with counts of homes, not blocks.
    """

    title: str
    synthetic: bool
    counts: dict[str, Any]
    coverage: dict[str, Any]
    requests: dict[str, Any]
    unreachable: tuple[str, ...]
    neighbours: tuple[str, ...]
    boundary_cases: tuple[str, ...]
    assumed: tuple[str, ...]
    problems: tuple[Problem, ...] = field(repr=False)
    ready: tuple[Readiness, ...]
    stuck: bool
    told: frozenset[Problem] = field(default=frozenset(), repr=False)
    areas: bool = False
    rules: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that leave a row or a file out."""
        return tuple(p for p in self.problems if p.severity == "error")

    def warnings(self, topic: str) -> tuple[Problem, ...]:
        """Return the warnings about one topic."""
        warnings = (p for p in self.problems if p.severity == "warning" and p not in self.told)
        return tuple(p for p in warnings if topic_of(p) == topic)

    def to_dict(self) -> dict[str, Any]:
        """Return what `doorstep check --json` prints."""
        return {
            "problems": [p.to_dict() for p in self.problems],
            "counts": self.counts,
            "coverage": self.coverage,
            "requests": self.requests,
            "unreachable": list(self.unreachable),
            "neighbours": list(self.neighbours),
            "boundary_cases": list(self.boundary_cases),
            "rules": list(self.rules),
            "assumed": [*self.assumed, *map(str, self.warnings(ASSUMED))],
            "ready": {r.command: {"can_run": r.can_run, "why": r.why} for r in self.ready},
        }


def topic_of(problem: Problem) -> str:
    """Return what a problem is about, so that a reader finds like beside like."""
    for topic, pattern in _TOPICS:
        if re.search(pattern, problem.reason):
            return topic
    return OTHER


def quality_report(ws: Workspace, *, lenient: bool = False) -> QualityReport:
    """Look at everything that a redraw and a week's plan will need.

    Parameters
    ----------
    ws
        Opened with `lenient`, so that the good rows are there to be counted.
    lenient
        Whether the commands, too, are to go on without the bad rows.

    Raises
    ------
    DataError
        If the streets file cannot be read.
    """
    unreachable = _unreachable(ws)  # reads the streets, and so raises where they are no file
    drawing = _fault(ws.patch_problem)
    starting = _fault(lambda: require_starts(ws, sessions=True))
    known = set(ws.problems)
    found = [*drawing, *(p for p in starting if p not in drawing)]
    problems = (*ws.problems, *(p for p in found if p not in known))
    # Between blocks without a way to each other, neighbours are of no use; and without
    # streets there is no street that could be missing.
    blind = ws.settings.data.streets is None or ws.unreachable_blocks
    joins = () if blind else ws.adjacency.joined
    joined = sorted(joins, key=lambda join: -join.metres)
    counts = _counts(ws)
    counts["joined_pairs"] = len(joined)
    return QualityReport(
        title=ws.name,
        synthetic=ws.synthetic,
        counts=counts,
        coverage=_coverage(ws),
        requests=_requests(ws),
        unreachable=unreachable,
        neighbours=tuple(str(join) for join in joined[:5]),
        boundary_cases=tuple(ws.boundary_cases.lines()),
        assumed=_assumed(ws),
        problems=problems,
        ready=_ready(ws, drawing, starting, lenient=lenient),
        stuck=bool(found),
        told=frozenset(ws.boundary_cases.problems),
        areas=ws.inputs.stock.areas is not None,
        rules=patch_rules_in_words(ws.settings.rules.patches, officers=len(ws.officers)),
    )


def _fault(step: Any) -> list[Problem]:
    try:
        step()
    except DataError as error:
        return list(error.problems)
    return []


def _unreachable(ws: Workspace) -> tuple[str, ...]:
    """Return what stands away from the streets, named, with what to do about it."""
    from geodata.streets.pieces import blocks_apart

    homes = ws.blocks["homes"]
    lines = []
    for piece in blocks_apart(ws.blocks.geometry, ws.network):
        blocks = list(piece.blocks)
        count = "1 block" if len(blocks) == 1 else f"{len(blocks):,} blocks"
        dwellings = int(homes[blocks].sum())
        inside = "1 home" if dwellings == 1 else f"{dwellings:,} homes"
        lines.append(
            f"{count} ({inside}) {piece.reason}: {_named(ws, blocks)}; {_APART[piece.why]}"
        )
    return tuple(lines)


def _named(ws: Workspace, refs: Iterable[str], most: int = 10) -> str:
    names = ws.blocks["block_name"]
    listed = list(refs)
    shown = [f"{r} ({names[r]})" if isinstance(names[r], str) else r for r in listed[:most]]
    more = f" and {len(listed) - most:,} more" if len(listed) > most else ""
    return ", ".join(shown) + more


def _counts(ws: Workspace) -> dict[str, Any]:
    homes, blocks, inputs = ws.homes, ws.blocks, ws.inputs
    street = blocks["estate"].isna() & blocks["block_name"].isna()
    frames = {
        "service_centres": ws.service_centres,
        "requests": ws.visits,
        "fixed": inputs.fixed,
        "absences": inputs.absences,
        "outcomes": inputs.outcomes,
    }
    return {
        "homes": len(homes),
        "tenures": {str(t): int(n) for t, n in homes["tenure"].value_counts().items()},
        "blocks": len(blocks),
        "estates": int(blocks["estate"].nunique()),
        "street_properties": int(street.sum()),
        "homes_with_a_patch": int(homes["patch"].notna().sum()),
        "patches": int(homes["patch"].nunique()),
        "set_aside": dict(inputs.stock.set_aside),
        "rows_put_together": inputs.stock.collapsed,
        "officers": len(ws.officers),
        "full_time_officers": round(float(ws.officers["fte"].sum()), 2),
        "requests_left_out": _left_out(ws, ws.visits),
        **{name: None if frame is None else len(frame) for name, frame in frames.items()},
    }


def _left_out(ws: Workspace, frame: pd.DataFrame | None) -> int:
    if frame is None:
        return 0
    where = (frame.attrs.get("file"), frame.attrs.get("sheet"))
    bad = {p.row for p in ws.problems if p.severity == "error" and (p.file, p.sheet) == where}
    return len(bad - {None})


def _coverage(ws: Workspace) -> dict[str, Any]:
    homes = ws.homes
    file = Path(ws.settings.data.homes or ws.settings.data.areas or "").name
    of_homes = [p for p in ws.problems if p.file == file and p.row is not None]
    unplaced = {p.row for p in of_homes if p.severity == "error" and topic_of(p) == PLACES}
    outside = {p.row for p in of_homes if "outside the boundary" in p.reason}
    on_point = homes.groupby(["easting", "northing"])["block_ref"]
    shared = on_point.transform("size") > 1
    by_blocks = homes.loc[on_point.transform("nunique") > 1, "block_ref"].nunique()
    return {
        "placed": dict(ws.inputs.stock.placed),
        "unplaced": len(unplaced),
        "outside": len(outside),
        "on_shared_points": int(shared.sum()),
        "blocks_on_shared_points": int(by_blocks),
    }


def _requests(ws: Workspace) -> dict[str, Any]:
    visits = ws.visits
    if visits is None or visits.empty:
        return {}
    said: dict[str, Any] = {"raised": _span(visits["raised_on"]), "due": _span(visits["due_by"])}
    last = visits["raised_on"].max()
    if pd.isna(last):
        return said
    monday = last.date() + dt.timedelta(days=7 - last.weekday())
    sunday = monday + dt.timedelta(days=6)
    due = visits["due_by"].dropna().dt.date
    fixed, absences = ws.inputs.fixed, ws.inputs.absences
    return said | {
        "week": monday.isoformat(),
        "due_by_week_end": int(((due >= monday) & (due <= sunday)).sum()),
        "overdue": int((due < monday).sum()),
        "sessions": 0 if fixed is None else int(fixed["date"].between(monday, sunday).sum()),
        "absences": 0
        if absences is None
        else int(((absences["first_day"] <= sunday) & (absences["last_day"] >= monday)).sum()),
    }


def _span(days: pd.Series) -> list[str] | None:
    known = days.dropna()
    return None if known.empty else [d.date().isoformat() for d in (known.min(), known.max())]


def _assumed(ws: Workspace) -> tuple[str, ...]:
    from geodata.tessellation import without_ground

    data = ws.settings.data
    lines = [*ws.caveats, *ws.current().notes]
    if ws.inputs.stock.areas is None:
        known = ws.blocks[ws.blocks["patch"].notna()]
        lines += without_ground(known.geometry, known["patch"].to_numpy(dtype=object))
    if data.boundary is None and ws.inputs.stock.areas is None:
        lines.append(
            "No boundary: patches are drawn to 150 m beyond the outermost blocks, and a home is "
            "only named as misplaced if it is off the national grid, or more than 15 km from "
            "every service centre and far from other homes."
        )
    if data.service_centres is None:
        lines.append("No service centres: an officer's day starts and ends in the patch.")
    dated = ws.visit_types.dated
    rules = f"the file {data.visit_rules}" if data.visit_rules else "the packaged ones"
    lines.append(f"Visit rules: {rules}, checked on {dated.day} {dated:%B %Y}.")
    visits = ws.visits
    if visits is not None and len(visits):
        blank = {"minutes": visits["minutes"], "due_by": visits["due_by"]}
        lines += [
            f"{int(column.isna().sum()):,} of {len(visits):,} requests have no {name}: "
            "it comes from their type in the visit rules."
            for name, column in blank.items()
            if column.isna().any()
        ]
    return tuple(lines)


def _ready(
    ws: Workspace, drawing: list[Problem], starting: list[Problem], *, lenient: bool
) -> tuple[Readiness, ...]:
    errors = sum(p.severity == "error" for p in ws.problems)
    count = "1 problem" if errors == 1 else f"{errors:,} problems"
    rows = "" if lenient or not errors else f"{count} in the files; --lenient leaves the rows out"
    ready = []
    for command, faults in (("doorstep patches", drawing), ("doorstep plan", starting)):
        why = [rows] if rows else []
        if command == "doorstep plan" and ws.visits is None:
            why.append("there is no visits file")
        # Who they are is said above.
        why += [" ".join(filter(None, (p.column, p.reason.split(": ")[0]))) for p in faults]
        ready.append(Readiness(command, not why, "; ".join(why)))
    return tuple(ready)
