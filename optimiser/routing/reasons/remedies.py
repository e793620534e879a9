"""Remedies that have been tried: one small change at a time, until a request fits.

Each was done, not guessed: the request stands in the days that a remedy holds, all others
are still there (but those it says are left out), and every day has been timed. They come
in the order of ease for the manager. Each is tried by itself: two requests may be offered
the same minutes.

What must never be relaxed is not offered: a two-officer visit is not done by one, and an
excluded officer is not sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple

from optimiser.model.visits import Shift, TimeWindow, Visit, VisitProblem
from optimiser.routing.days.eligibility import allowed_dates, eligible_shifts
from optimiser.routing.days.fits import Days, Fit
from optimiser.routing.days.insertion import apply_fit, first_fit
from optimiser.routing.days.schedule import Timer
from optimiser.routing.metrics import busy_s
from optimiser.routing.reasons.crowding import Key, Rooms
from optimiser.routing.reasons.wording import clock, counted, day_name, joined

__all__ = [
    "Remedy",
    "Slack",
    "best_remedies",
    "fit_words",
    "on_empty_days",
    "when_words",
    "without_slack",
]

_LEAST_SPLIT_S: Final = 5_400
"""A shorter visit is not worth splitting in two."""

_WEEK: Final = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Remedy:
    """A change that makes a request fit: the words, the week so changed, and its days.

    `left_out` goes for it. `days` are None where it is about another week than this.
    """

    words: str
    problem: VisitProblem
    days: Days | None
    left_out: tuple[Key, ...] = ()


class _Relaxation(NamedTuple):
    """A visit with one rule less, and the words for it given the officers."""

    visit: Visit
    words: Callable[[str], str]


class Slack:
    """The same days with the time that is kept free in each given up to requests.

    Nothing stands in the way where there is none: `rooms` is then None.
    """

    def __init__(self, timer: Timer, days: Days) -> None:
        problem = timer.problem
        self.problem = without_slack(problem)
        self.rooms = None
        if self.problem.shifts != problem.shifts:
            self.rooms = Rooms(Timer(self.problem, timer.now), days)
        self.limits = [s.busy_limit_s for s in problem.shifts]

    def remedy(self, index: int) -> Remedy | None:
        """Return where a visit fits if some of the time kept free is used, or None."""
        room = None if self.rooms is None else self.rooms.cheapest(index)
        if room is None or room.delayed:
            return None
        assert self.rooms is not None
        used = []
        for place in room.fit.places:
            route = self.rooms.timer.route(place.shift, room.days[place.shift])
            assert route is not None
            over = -(-(busy_s(route) - self.limits[place.shift]) // 60)
            if over > 0:
                used.append((over, f"{counted(over, 'minute')} of {route.officer_ref}'s day"))
        if not used:
            return None
        verb = "is" if [over for over, _ in used] == [1] else "are"
        words = (
            f"{fit_words(self.problem, room.fit)} if {joined(w for _, w in used)} "
            f"that {verb} kept free for urgent work can be used"
        )
        return Remedy(words, self.problem, room.days)


def best_remedies(firm: Rooms, slack: Slack, index: int, *, most: int = 2) -> tuple[Remedy, ...]:
    """Return the easiest changes that make a visit fit the days as they are, at most `most`."""
    found = (r for r in _attempts(firm, slack, index) if r is not None)
    return tuple(islice(found, most))


def _attempts(firm: Rooms, slack: Slack, index: int) -> Iterator[Remedy | None]:
    problem = firm.problem
    visit = problem.visits[index]
    times, others = _relaxations(problem, visit)
    yield next(_relaxed(firm, index, times), None)
    yield slack.remedy(index)
    yield _next_week(firm, index)
    yield next(_relaxed(firm, index, others), None)


def _relaxed(firm: Rooms, index: int, ways: list[_Relaxation]) -> Iterator[Remedy]:
    for relaxation in ways:
        if relaxation.visit == firm.problem.visits[index]:
            continue
        rooms = firm.fork(index, relaxation.visit)
        room = rooms.cheapest(index)
        if room is not None and not room.delayed:
            who = _officers(firm.problem, room.fit)
            words = f"{fit_words(firm.problem, room.fit)} {relaxation.words(who)}"
            yield Remedy(words, rooms.problem, room.days)


def on_empty_days(timer: Timer, index: int, empty: Days) -> Remedy | None:
    """Return the first relaxation that makes a visit fit an otherwise empty day."""
    problem = timer.problem
    visit = problem.visits[index]
    times, others = _relaxations(problem, visit)
    for relaxation in (*times, *others):
        if relaxation.visit == visit:
            continue
        changed = timer.fork(index, relaxation.visit)
        fit = first_fit(changed, empty, index)
        if fit is not None:
            words = relaxation.words(_officers(problem, fit))
            words = f"{fit_words(problem, fit)} {words}; it would need an otherwise empty day"
            return Remedy(words, changed.problem, apply_fit(changed, empty, fit))
    return None


def _next_week(firm: Rooms, index: int) -> Remedy | None:
    """Return that it can wait, where an officer-day like this week's has room in time.

    An agreed time, one minute of one day, cannot wait.
    """
    problem = firm.problem
    visit = problem.visits[index]
    if not visit.windows or all(w.earliest_s == w.latest_s for w in visit.windows):
        return None
    due = visit.due_at
    timer = Timer(problem)
    for k in eligible_shifts(problem, visit):
        date = problem.shifts[k].date + _WEEK
        if due is not None and date > due.date():
            continue
        fit = first_fit(timer, {}, index, shifts=[k]) if not visit.two_officers else None
        if visit.two_officers:
            fit = _pair_on(timer, index, problem.shifts[k].date)
        if fit is None:
            continue
        if due is not None and date == due.date() and fit.start_s > _seconds(due):
            continue
        until = "it has no due date" if due is None else f"it is due by {day_name(due.date())}"
        who = _officers(problem, fit)
        words = f"can wait for next week: {until} and {who} can do it on {day_name(date)}, if free"
        return Remedy(words, problem, None)
    return None


def _pair_on(timer: Timer, index: int, date: dt.date) -> Fit | None:
    shifts = [
        k
        for k in eligible_shifts(timer.problem, timer.problem.visits[index])
        if timer.problem.shifts[k].date == date
    ]
    return first_fit(timer, {}, index, shifts=shifts)


def _seconds(instant: dt.datetime) -> int:
    return instant.hour * 3600 + instant.minute * 60 + instant.second


def fit_words(problem: VisitProblem, fit: Fit) -> str:
    """Return "fits on Wednesday 2 December at 2:05pm with HO07"."""
    return f"fits {when_words(problem, fit)}"


def when_words(problem: VisitProblem, fit: Fit) -> str:
    """Return "on Wednesday 2 December at 2:05pm with HO07"."""
    date = problem.shifts[fit.places[0].shift].date
    return f"on {day_name(date)} at {clock(fit.start_s)} with {_officers(problem, fit)}"


def _officers(problem: VisitProblem, fit: Fit) -> str:
    return joined(problem.shifts[p.shift].officer_ref for p in fit.places)


def _relaxations(
    problem: VisitProblem, visit: Visit
) -> tuple[list[_Relaxation], list[_Relaxation]]:
    """Return what may be asked of the resident, and of others, the smallest change first."""
    days = sorted({s.date for s in problem.shifts})
    spans = sorted({(w.earliest_s, w.latest_s) for w in visit.windows})
    same_days = _whole(list(allowed_dates(visit)))
    other_days = tuple(TimeWindow(date=d, earliest_s=a, latest_s=b) for d in days for a, b in spans)
    any_time = _whole(days)
    times = [
        _Relaxation(_with(visit, windows=same_days), lambda _: "if any time of that day will do"),
        _Relaxation(_with(visit, windows=other_days), lambda _: "if another day will do"),
        _Relaxation(_with(visit, windows=any_time), lambda _: "if any day and time will do"),
    ]
    others = []
    if visit.required_officer and not visit.two_officers:
        others.append(
            _Relaxation(
                _with(visit, required_officer=None),
                lambda _: f"if it need not be {visit.required_officer}",
            )
        )
    if visit.skill:
        others.append(
            _Relaxation(
                _with(visit, skill=None),
                lambda who: f"if {who} gains the skill {visit.skill}",
            )
        )
    if visit.two_officers:
        others += _alone(visit, any_time)
    if visit.service_s >= _LEAST_SPLIT_S:
        half = -(-visit.service_s // 2)
        longer = -(-visit.interpreter_service_s // 2)
        others.append(
            _Relaxation(
                _with(visit, service_s=half, interpreter_service_s=longer),
                lambda _: (
                    f"if it is split: this is for the first {counted(-(-half // 60), 'minute')}"
                ),
            )
        )
    return times, others


def _alone(visit: Visit, any_time: tuple[TimeWindow, ...]) -> list[_Relaxation]:
    """Return what a partner from outside would make possible."""
    second = "a second officer" + (f" with the skill {visit.skill}" if visit.skill else "")
    alone = _with(visit, two_officers=False, skill=None)
    return [
        _Relaxation(alone, lambda who: f"if {second} can be found to join {who}"),
        _Relaxation(
            _with(alone, windows=any_time),
            lambda who: f"if any day and time will do and {second} can join {who}",
        ),
    ]


def _with(visit: Visit, **changes: object) -> Visit:
    return visit.model_copy(update=changes)


def _whole(dates: list[dt.date]) -> tuple[TimeWindow, ...]:
    return tuple(TimeWindow(date=d, earliest_s=0, latest_s=86_399) for d in sorted(set(dates)))


def without_slack(problem: VisitProblem) -> VisitProblem:
    """Return the week with the time that each day keeps free given up to visits."""
    shifts = tuple(_whole_shift(s) for s in problem.shifts)
    return problem.model_copy(update={"shifts": shifts})


def _whole_shift(shift: Shift) -> Shift:
    whole = shift.end_s - shift.start_s - shift.break_s
    return shift.model_copy(update={"busy_limit_s": max(shift.busy_limit_s, whole)})
