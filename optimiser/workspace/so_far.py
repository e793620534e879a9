"""A week's requests and what came of them: which are done, which are tried again.

A request that found nobody may be tried again in the week; the first try stays in the
plan as it was, and the next one has a name of its own, see `optimiser.model.tries`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from optimiser.model import VisitPlan
from optimiser.model.tries import request_of, try_ref
from optimiser.routing.reasons.wording import clock, day_name

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Requests", "Result", "requests_now", "results_of"]

NO_ANSWER: Final = "no_answer"
_IN_WORDS: Final = {
    "done": "done",
    "refused": "refused",
    "by_appointment": "to be by appointment",
    "not_safe": "not safe to enter",
    "abandoned": "perhaps abandoned",
    "other": "settled otherwise",
}


@dataclass(frozen=True)
class Result:
    """One outcome of a request."""

    at: dt.datetime
    outcome: str
    officer_ref: str | None


@dataclass(frozen=True)
class _Made:
    """A try that the plan has begun."""

    ref: str
    date: dt.date
    start_s: int
    officers: tuple[str, ...]
    property_ref: str
    minutes: int


@dataclass
class Requests:
    """The requests of a week under way.

    `rows` are rows of the visits file, those of further tries added. `withdrawn` are
    planned visits that are not wanted there any more. The rest is as `WeekSoFar` says.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    begun: dict[str, _Made] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    actual: dict[str, dt.datetime] = field(default_factory=dict)
    causes: dict[str, str] = field(default_factory=dict)


def results_of(
    outcomes: pd.DataFrame | None, first: dt.datetime, last: dt.datetime
) -> dict[str, list[Result]]:
    """Return what came of each request from `first` to `last`, by visit_ref, in order of time."""
    found: dict[str, list[Result]] = {}
    if outcomes is None or outcomes.empty:
        return found
    inside = outcomes["visited_at"].between(first, last) & outcomes["visit_ref"].notna()
    for row in outcomes[inside].sort_values("visited_at", kind="stable").to_dict("records"):
        result = Result(row["visited_at"].to_pydatetime(), row["outcome"], row["officer_ref"])
        found.setdefault(request_of(row["visit_ref"]), []).append(result)
    return found


def requests_now(
    visits: pd.DataFrame,
    plan: VisitPlan,
    at: dt.datetime,
    results: Mapping[str, list[Result]],
    cancelled: Collection[str],
) -> Requests:
    """Return the requests as they stand at `at`.

    Parameters
    ----------
    visits
        The visits file as it is now.
    plan
        The plan so far.
    at
        Local time.
    results
        What came of requests in the week so far, by visit_ref.
    cancelled
        Requests that are not wanted any more, whatever the file says.
    """
    found = Requests()
    made, later = _made(plan, at)
    known = {request_of(u.visit_ref) for u in plan.unplanned} | made.keys() | later.keys()
    for record in visits.to_dict("records"):
        row = {str(name): value for name, value in record.items()}
        ref = row["visit_ref"]
        if ref not in known:
            found.causes[ref] = "new in the visits file"
        _add(found, row, made.pop(ref, []), later.pop(ref, set()), results.get(ref, []), cancelled)
    gone = "it is not in the visits file any more"
    for ref in sorted(made.keys() | later.keys()):
        tries = made.get(ref, [])
        found.begun.update({t.ref: t for t in tries})
        _match(found, tries, results.get(ref, []))
        found.withdrawn |= later.get(ref, set())
        cause = "cancelled" if ref in cancelled else _settled(results.get(ref, [])) or gone
        found.causes.update(dict.fromkeys(later.get(ref, ()), cause))
    return found


def _add(
    found: Requests,
    row: dict[str, Any],
    tries: list[_Made],
    later: set[str],
    results: list[Result],
    cancelled: Collection[str],
) -> None:
    """Add one request of the file: its tries so far, and the next one if it is wanted."""
    ref = row["visit_ref"]
    found.begun.update({t.ref: t for t in tries})
    found.rows += [row | {"visit_ref": t.ref} for t in tries]
    unanswered = _match(found, tries, results)
    cause = "cancelled" if ref in cancelled else _settled(results)
    following = try_ref(ref, len(tries) + 1)
    if cause or (tries and not unanswered):
        found.withdrawn |= later
        found.causes.update(dict.fromkeys(later, cause or "it is under way already"))
        return
    failed = [r for r in results if r.outcome == NO_ANSWER]
    again = row | {"visit_ref": following}
    if failed:
        again["previous_attempts"] = int(row["previous_attempts"] or 0) + len(failed)
        again["last_attempt_at"] = failed[-1].at
        found.causes[following] = f"nobody answered on {_when(failed[-1].at)}: it is tried again"
        if len(tries) == 0:
            found.withdrawn |= later  # it was tried apart from the plan: its time may not do
    found.withdrawn |= later - {following}
    found.rows.append(again)


def _match(found: Requests, tries: list[_Made], results: list[Result]) -> bool:
    """Note when the tries really began, and which failed; return whether the last one did."""
    last = False
    for made in tries:
        there = [r for r in results if r.at.date() == made.date]
        last = False
        if not there:
            continue
        off_s = [abs(_seconds(r.at) - made.start_s) for r in there]
        result = there[off_s.index(min(off_s))]
        last = result.outcome == NO_ANSWER
        if last:
            found.failed.add(made.ref)
        if result.officer_ref is None or result.officer_ref in made.officers:
            found.actual[made.ref] = result.at
    return last


def _settled(results: list[Result]) -> str:
    """Return what a request came to, in words; nothing while it is open."""
    if not results or results[-1].outcome == NO_ANSWER:
        return ""
    return f"{_IN_WORDS.get(results[-1].outcome, 'settled')} on {_when(results[-1].at)}"


def _made(plan: VisitPlan, at: dt.datetime) -> tuple[dict[str, list[_Made]], dict[str, set[str]]]:
    """Return the tries begun, in order, and the visits still to come, by request."""
    made: dict[str, _Made] = {}
    later: dict[str, set[str]] = {}
    for route in plan.routes:
        midnight = dt.datetime.combine(route.date, dt.time())
        for stop in route.stops:
            ref = stop.visit_ref
            if ref is None:
                continue
            if midnight + dt.timedelta(seconds=stop.start_s) >= at:
                later.setdefault(request_of(ref), set()).add(ref)
                continue
            officers = (*(made[ref].officers if ref in made else ()), route.officer_ref)
            minutes = -(-(stop.end_s - stop.start_s) // 60)
            made[ref] = _Made(
                ref, route.date, stop.start_s, officers, stop.property_refs[0], minutes
            )
    tries: dict[str, list[_Made]] = {}
    for one in sorted(made.values(), key=lambda m: (m.date, m.start_s, m.ref)):
        tries.setdefault(request_of(one.ref), []).append(one)
    return tries, later


def _seconds(at: dt.datetime) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second


def _when(at: dt.datetime) -> str:
    return f"{day_name(at.date())} at {clock(_seconds(at))}"
