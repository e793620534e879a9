"""The data-quality report in words: sections of lines, as a terminal or a file shows them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from geodata.errors import problem_lines
from optimiser.workspace.quality import ASSUMED, OTHER, PLACES, REFERENCES

if TYPE_CHECKING:
    from optimiser.workspace.quality import QualityReport

__all__ = ["Section", "check_sections", "verdict"]

MOST: Final = 40
SOURCES: Final = {
    "easting_northing": "by easting and northing",
    "latitude_longitude": "by latitude and longitude",
    "geometry": "by a shape in the file",
    "uprn": "by UPRN",
    "postcode": "by postcode only",
}


@dataclass(frozen=True)
class Section:
    """A heading and its lines; `rows` are (label, number, note) to be set in columns."""

    title: str
    lines: tuple[str, ...] = ()
    rows: tuple[tuple[str, str, str], ...] = ()


def check_sections(report: QualityReport) -> list[Section]:
    """Return the report's sections: what there is, then what is wrong, the gravest first."""
    errors = problem_lines(report.errors)
    sections = [
        Section("What there is", rows=_counts(report)),
        Section("Where the homes are", rows=_coverage(report)),
        Section("Requests", _requests(report.requests)),
        Section(f"To mend: {_count(len(report.errors), 'problem')}", _cut(errors)),
        Section("Away from the streets", report.unreachable),
        *(
            Section(title, _cut(problem_lines(report.warnings(topic))))
            for title, topic in (
                ("Unknown references", REFERENCES),
                ("Places to look at", PLACES),
                ("Other warnings", OTHER),
            )
        ),
        Section("Boundaries and the homes' codes", report.boundary_cases),
        Section("Neighbours without a street between them", _neighbours(report)),
        Section("Rules for the patches", report.rules),
        Section("Assumed", _cut([*report.assumed, *problem_lines(report.warnings(ASSUMED))])),
    ]
    return [_worded(s, areas=report.areas) for s in sections if s.lines or s.rows]


def _worded(section: Section, *, areas: bool) -> Section:
    """Return the section, speaking of areas where the units of a redraw are no blocks."""
    if not areas:
        return section
    return replace(
        section,
        lines=tuple(of_areas(line) for line in section.lines),
        rows=tuple((of_areas(label), n, note) for label, n, note in section.rows),
    )


def of_areas(text: str) -> str:
    """Return words on blocks as words on areas; names of columns stay."""
    return re.sub(r"\bblock(s?)\b", r"area\1", text)


def verdict(report: QualityReport) -> list[str]:
    """Return what can run and what cannot, a line a command, or one for all."""
    if all(r.can_run for r in report.ready):
        bad = len({(p.file, p.sheet, p.row) for p in report.errors})
        rest = f" with --lenient, without {_count(bad, 'bad row')}" if bad else ""
        names = " and ".join(r.command for r in report.ready)
        return [f"{names} can run{rest}{_week(report)}."]
    if len({(r.can_run, r.why) for r in report.ready}) == 1:
        names = " and ".join(r.command for r in report.ready)
        return [f"{names} cannot run: {report.ready[0].why}."]
    return [
        f"{r.command} can run." if r.can_run else f"{r.command} cannot run: {r.why}."
        for r in report.ready
    ]


def _week(report: QualityReport) -> str:
    week = report.requests.get("week")
    return f" (--week {week} is the Monday after the last request)" if week else ""


def _counts(report: QualityReport) -> tuple[tuple[str, str, str], ...]:
    counts = report.counts
    rows: list[tuple[str, Any, str]] = [("homes", counts["homes"], "")]
    rows += [(f"  {tenure}", n, "") for tenure, n in counts["tenures"].items()]
    rows.append(("blocks", counts["blocks"], ""))
    # Where nothing has a name or an estate, that says nothing about the streets.
    if 0 < counts["street_properties"] < counts["blocks"]:
        street = ("  street properties", counts["street_properties"], "no estate, no block name")
        rows.append(street)
    if not report.areas:
        rows.append(("estates", counts["estates"], ""))
    rows += [
        (
            "homes with a patch",
            counts["homes_with_a_patch"],
            f"in {_count(counts['patches'], 'patch', 'patches')}" if counts["patches"] else "",
        ),
    ]
    rows += [(f"set aside: {kind}", n, "rows") for kind, n in counts["set_aside"].items()]
    if counts["rows_put_together"]:
        rows.append(("rows put together", counts["rows_put_together"], "of homes in several rows"))
    rows.append(("officers", counts["officers"], f"{counts['full_time_officers']:g} full-time"))
    names = {
        "service_centres": "service centres",
        "requests": "requests",
        "fixed": "fixed sessions",
        "absences": "absences",
        "outcomes": "outcomes",
    }
    left_out = counts["requests_left_out"]
    notes = {"requests": f"{left_out:,} left out" if left_out else ""}
    rows += [(label, counts[key], notes.get(key, "")) for key, label in names.items()]
    return tuple((label, "no file" if n is None else f"{n:,}", note) for label, n, note in rows)


def _coverage(report: QualityReport) -> tuple[tuple[str, str, str], ...]:
    coverage = report.coverage
    total = report.counts["homes"] + coverage["unplaced"]
    if report.areas:
        return ()
    rows = [
        (SOURCES.get(source, source), n, _share(n, total))
        for source, n in coverage["placed"].items()
    ]
    if coverage["unplaced"]:
        rows.append(("cannot be placed", coverage["unplaced"], "left out, see below"))
    if coverage["outside"]:
        rows.append(("outside the boundary", coverage["outside"], ""))
    rows.append(("on a point with others", coverage["on_shared_points"], "usual for flats"))
    if coverage["blocks_on_shared_points"]:
        rows.append(
            (
                "blocks on another's point",
                coverage["blocks_on_shared_points"],
                "no walk is counted between them",
            )
        )
    return tuple((label, f"{n:,}", note) for label, n, note in rows)


def _share(part: int, whole: int) -> str:
    """Return a percentage that is 100 only for all, and 0 only for none."""
    percent = 100 * part / whole
    return f"{percent if part in (0, whole) else min(max(percent, 0.1), 99.9):.1f}%"


def _requests(said: dict[str, Any]) -> tuple[str, ...]:
    if not said:
        return ()
    lines = []
    for verb, span in (("Raised", said["raised"]), ("Due", said["due"])):
        if span:
            lines.append(f"{verb} from {_day(span[0])} to {_day(span[1])}.")
    if "week" in said:
        lines.append(
            f"Week of {_day(said['week'])}: {said['due_by_week_end']:,} are due in it, "
            f"{said['overdue']:,} before it; {_count(said['sessions'], 'fixed session')}, "
            f"{_count(said['absences'], 'absence')}."
        )
    return tuple(lines)


def _neighbours(report: QualityReport) -> tuple[str, ...]:
    pairs = report.counts["joined_pairs"]
    if not pairs:
        return ()
    shown = report.neighbours[: 3 if pairs > 5 else 5]
    head = "" if pairs <= 5 else f"{pairs:,} pairs of blocks; the longest:"
    return tuple(line for line in (head, *shown) if line)


def _day(iso: str) -> str:
    day = dt.date.fromisoformat(iso)
    return f"{day:%A} {day.day} {day:%B %Y}"


def _cut(lines: Sequence[str], most: int = MOST) -> tuple[str, ...]:
    listed = list(dict.fromkeys(lines))
    if len(listed) <= most:
        return tuple(listed)
    return (*listed[:most], f"and {len(listed) - most:,} more; doorstep check --json has them all")


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
