"""Remedies that have been tried: one rule of a request relaxed at a time, until it fits.

What must never be relaxed is not offered: a two-officer visit is not done by one, and an
excluded officer is not sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from optimiser.model.visits import TimeWindow, Visit, VisitProblem
from optimiser.routing.fits import Days, Fit
from optimiser.routing.insertion import first_fit
from optimiser.routing.schedule import Timer
from optimiser.routing.wording import clock, counted, day_name, joined

__all__ = ["fit_words", "tested_remedy", "when_words"]


_LEAST_SPLIT_S: Final = 5_400
"""A shorter visit is not worth splitting in two."""


class _Relaxation(NamedTuple):
    """A visit with one rule less, and the words for it given the officers."""

    visit: Visit
    words: Callable[[str], str]


def tested_remedy(timer: Timer, days: Days, index: int, empty: Days) -> str | None:
    """Return the first relaxation that makes a visit fit, in words that say where.

    Tried on the days as they are first, then on the `empty` ones. None where no single
    relaxation helps.
    """
    problem = timer.problem
    visit = problem.visits[index]
    relaxed = [r for r in _relaxations(problem, visit) if r.visit != visit]
    for tasks, spare in ((days, False), (empty, True)):
        for relaxation in relaxed:
            fit = first_fit(timer.fork(index, relaxation.visit), tasks, index)
            if fit is not None:
                who = _officers(problem, fit)
                where = "; it would need an otherwise empty day" if spare else ""
                return f"{fit_words(problem, fit)} {relaxation.words(who)}{where}"
    return None


def fit_words(problem: VisitProblem, fit: Fit) -> str:
    """Return "fits on Wednesday 2 December at 2:05pm with HO07"."""
    return f"fits {when_words(problem, fit)}"


def when_words(problem: VisitProblem, fit: Fit) -> str:
    """Return "on Wednesday 2 December at 2:05pm with HO07"."""
    date = problem.shifts[fit.places[0].shift].date
    return f"on {day_name(date)} at {clock(fit.start_s)} with {_officers(problem, fit)}"


def _officers(problem: VisitProblem, fit: Fit) -> str:
    return joined(problem.shifts[p.shift].officer_ref for p in fit.places)


def _relaxations(problem: VisitProblem, visit: Visit) -> Iterator[_Relaxation]:
    """Yield what may be asked for, the smallest change first."""
    days = sorted({s.date for s in problem.shifts})
    same_days = _whole(w.date for w in visit.windows)
    spans = sorted({(w.earliest_s, w.latest_s) for w in visit.windows})
    other_days = tuple(TimeWindow(date=d, earliest_s=a, latest_s=b) for d in days for a, b in spans)
    any_time = _whole(days)
    yield _Relaxation(_with(visit, windows=same_days), lambda _: "if any time of that day will do")
    yield _Relaxation(_with(visit, windows=other_days), lambda _: "if another day will do")
    yield _Relaxation(_with(visit, windows=any_time), lambda _: "if any day and time will do")
    if visit.skill:
        yield _Relaxation(
            _with(visit, skill=None),
            lambda who: f"if {who} gains the skill {visit.skill} or goes with someone who has it",
        )
    if visit.two_officers:
        second = "a second officer" + (f" with the skill {visit.skill}" if visit.skill else "")
        alone = _with(visit, two_officers=False, skill=None)
        yield _Relaxation(alone, lambda who: f"if {second} can be found to join {who}")
        yield _Relaxation(
            _with(alone, windows=any_time),
            lambda who: f"if any day and time will do and {second} can join {who}",
        )
    if visit.service_s < _LEAST_SPLIT_S:
        return
    half = -(-visit.service_s // 2)
    longer = -(-visit.interpreter_service_s // 2)
    yield _Relaxation(
        _with(visit, service_s=half, interpreter_service_s=longer),
        lambda _: f"if it is split: this is for the first {counted(-(-half // 60), 'minute')}",
    )


def _with(visit: Visit, **changes: object) -> Visit:
    return visit.model_copy(update=changes)


def _whole(dates: Iterator[dt.date] | list[dt.date]) -> tuple[TimeWindow, ...]:
    return tuple(TimeWindow(date=d, earliest_s=0, latest_s=86_399) for d in sorted(set(dates)))
