"""What changed between two plans of a week: a visit or round each, old and new, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from optimiser.model.visits import Unplanned, Visit, VisitProblem
from optimiser.model.week import Appointment, Change, Route
from optimiser.routing.midweek.begun import WeekSoFar
from optimiser.routing.reasons.wording import clock, day_name, joined

__all__ = ["changes", "in_words"]


def changes(
    problem: VisitProblem,
    before: Iterable[Route],
    after: Iterable[Route],
    unplanned: Iterable[Unplanned],
    so_far: WeekSoFar,
) -> tuple[Change, ...]:
    """Return each visit or round that was added, moved, left out or cancelled.

    Parameters
    ----------
    problem
        The week as it is now.
    before, after
        The routes of the two plans.
    unplanned
        What the new plan leaves out, with the reason.
    so_far
        Its `causes` say why, where that is known.

    Returns
    -------
    By the day and time of what is new, else of what was; what is only off by a start
    that the day itself brought is a move too.
    """
    before, after = tuple(before), tuple(after)
    old, new = _placed(before), _placed(after)
    turns = {s.round_ref for r in (*before, *after) for s in r.stops if s.round_ref}
    why = _Why(problem, {u.visit_ref: u for u in unplanned}, so_far)
    found = []
    for ref in sorted(old.keys() | new.keys()):
        was, is_now = old.get(ref), new.get(ref)
        if was != is_now:
            change = why.change(ref, was, is_now)
            found.append(change.model_copy(update={"what": "round"}) if ref in turns else change)
    return tuple(sorted(found, key=_order))


def in_words(change: Change) -> str:
    """Return a change as a line: what, when and with whom, before and now, and why."""
    now, was = (_words(at) for at in (change.after, change.before))
    name = change.ref if change.what == "visit" else f"Round {change.ref}"
    if change.kind == "added":
        text = f"{name} added: {now}"
    elif change.kind == "moved":
        text = f"{name} moved: {now} (was {was})"
    elif change.kind == "dropped":
        text = f"{name} dropped: no place any more (was {was})"
    else:
        text = f"{name} cancelled (was {was})"
    return f"{text}; {change.why}" if change.why not in ("", change.kind) else text


def _words(at: Appointment | None) -> str:
    if at is None:
        return ""
    return f"{day_name(at.date)} at {clock(at.start_s)} with {joined(at.officers)}"


def _order(change: Change) -> tuple[dt.date, int, str]:
    at = change.after or change.before
    assert at is not None
    return at.date, at.start_s, change.ref


class _Why:
    """Why a visit or round is not where it was, as far as the two weeks tell."""

    def __init__(
        self, problem: VisitProblem, unplanned: Mapping[str, Unplanned], so_far: WeekSoFar
    ) -> None:
        self.visits = {v.visit_ref: v for v in problem.visits}
        self.known = self.visits.keys() | {r.round_ref for r in problem.rounds} | unplanned.keys()
        self.ends = {(s.officer_ref, s.date): s.end_s for s in problem.shifts}
        self.unplanned = unplanned
        self.causes = so_far.causes

    def change(self, ref: str, was: Appointment | None, is_now: Appointment | None) -> Change:
        why = self.causes.get(ref, "")
        if was is None:
            return Change(
                ref=ref, kind="added", after=is_now, why=why or "there is room for it now"
            )
        gone = self._gone(was)
        if is_now is not None:
            why = why or gone or self._moved(ref, was, is_now)
            return Change(ref=ref, kind="moved", before=was, after=is_now, why=why)
        if ref in self.known:
            left = self.unplanned.get(ref)
            parts = [why or gone, left.reason if left else ""]
            why = "; ".join(dict.fromkeys(p for p in parts if p)) or "its time is needed elsewhere"
            return Change(ref=ref, kind="dropped", before=was, why=why)
        why = why or gone or "it is no longer asked for"
        return Change(ref=ref, kind="cancelled", before=was, why=why)

    def _gone(self, was: Appointment) -> str:
        """Return who of the officers is not there any more at that time."""
        away = [o for o in was.officers if self.ends.get((o, was.date), -1) <= was.start_s]
        return (
            f"{joined(away)} {'is' if len(away) == 1 else 'are'} not at work then" if away else ""
        )

    def _moved(self, ref: str, was: Appointment, is_now: Appointment) -> str:
        visit = self.visits.get(ref)
        if visit is not None and not _in_window(visit, was):
            return "it may not be visited then any more"
        if (was.date, was.officers) == (is_now.date, is_now.officers):
            return "other stops of that day changed"
        return "its time is needed for another"


def _in_window(visit: Visit, at: Appointment) -> bool:
    return any(
        w.date == at.date and w.earliest_s <= at.start_s <= w.latest_s for w in visit.windows
    )


def _placed(routes: Iterable[Route]) -> dict[str, Appointment]:
    found: dict[str, Appointment] = {}
    for route in routes:
        for stop in route.stops:
            ref = stop.visit_ref or stop.round_ref
            if ref is None:
                continue
            others = found[ref].officers if ref in found else ()
            officers = tuple(sorted((*others, route.officer_ref)))
            found[ref] = Appointment(date=route.date, start_s=stop.start_s, officers=officers)
    return found
