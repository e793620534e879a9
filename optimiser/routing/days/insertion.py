"""Where one more visit or round fits into given days, pushing nothing out.

The days are kept as orders of tasks, one a shift; a position is tried by timing the
order with the task put in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from optimiser.routing.days.eligibility import eligible_shifts
from optimiser.routing.days.fits import Days, Fit, Place, own_value, put_in, ref_of
from optimiser.routing.days.pairs import pair_fits
from optimiser.routing.days.schedule import Task, Timer

__all__ = ["apply_fit", "best_fit", "first_fit", "round_time", "single_fits"]


def best_fit(
    timer: Timer,
    days: Days,
    index: int,
    *,
    not_before: Mapping[int, int] | None = None,
    shifts: Sequence[int] | None = None,
    budget: int | None = None,
) -> Fit | None:
    """Return the most valuable way to fit a visit into the days, or None.

    Parameters
    ----------
    timer, days
        The week and its days so far.
    index
        Of the visit, in `problem.visits`.
    not_before
        First position in a shift's order that may still be used; shifts not named
        are free from the start.
    shifts
        Only these; all eligible ones where None.
    budget
        Stop after so many timed orders with the best found so far.
    """
    stop_at = None if budget is None else timer.attempts + budget
    best: Fit | None = None
    for fit in _visit_fits(timer, days, index, shifts, not_before or {}):
        if best is None or fit.gain > best.gain:
            best = fit
        if stop_at is not None and timer.attempts >= stop_at:
            break
    return None if best is None else round_time(timer, days, best)


def first_fit(
    timer: Timer, days: Days, index: int, *, shifts: Sequence[int] | None = None
) -> Fit | None:
    """Return the first way found to fit a visit into the days, on the earliest date, or None."""
    fit = next(_visit_fits(timer, days, index, shifts, {}), None)
    return None if fit is None else round_time(timer, days, fit)


def single_fits(
    timer: Timer, days: Days, task: Task, shifts: Sequence[int], first: Mapping[int, int]
) -> Iterator[Fit]:
    """Yield each way to put a task into one day; `start_s` is not worked out (-1)."""
    problem = timer.problem
    for shift in shifts:
        tasks = days.get(shift, ())
        before: int | None = None
        own = own_value(problem, task, (problem.shifts[shift].officer_ref,))
        for position in range(first.get(shift, 0), len(tasks) + 1):
            after = timer.value(shift, put_in(tasks, task, position))
            if after is None:
                continue
            if before is None:
                before = timer.value(shift, tasks) or 0
            yield Fit(task, (Place(shift, position),), -1, after - before + own)


def apply_fit(timer: Timer, days: Days, fit: Fit) -> dict[int, tuple[Task, ...]]:
    """Return the days with the task put in; each officer of a pair names the other."""
    refs = [timer.problem.shifts[p.shift].officer_ref for p in fit.places]
    changed = dict(days)
    for k, place in enumerate(fit.places):
        task = fit.task if len(refs) == 1 else replace(fit.task, with_officer=refs[1 - k])
        changed[place.shift] = put_in(days.get(place.shift, ()), task, place.position)
    return changed


def _visit_fits(
    timer: Timer,
    days: Days,
    index: int,
    shifts: Sequence[int] | None,
    first: Mapping[int, int],
) -> Iterator[Fit]:
    visit = timer.problem.visits[index]
    if shifts is None:
        shifts = eligible_shifts(timer.problem, visit)
    find = pair_fits if visit.two_officers else single_fits
    return find(timer, days, Task("visit", index), shifts, first)


def round_time(timer: Timer, days: Days, fit: Fit) -> Fit:
    """Return the fit with its start, on a whole five minutes or minute where that works.

    It works where nothing is then worth less: the visit and all after it stay in time.
    """
    problem, start = timer.problem, fit.start_s
    exact = apply_fit(timer, days, fit)
    if start < 0:
        place = fit.places[0]
        route = timer.route(place.shift, exact[place.shift])
        assert route is not None  # it has just been found to fit
        ref = ref_of(problem, fit.task)
        start = next(s.start_s for s in route.stops if ref in (s.visit_ref, s.round_ref))
    worth = [timer.value(p.shift, exact[p.shift]) for p in fit.places]
    for unit in (300, 60):
        round_start = -(-start // unit) * unit
        candidate = replace(fit, task=replace(fit.task, start_s=round_start))
        after = apply_fit(timer, days, candidate)
        rounded = [timer.value(p.shift, after[p.shift]) for p in fit.places]
        if all(
            r is not None and w is not None and r >= w for r, w in zip(rounded, worth, strict=True)
        ):
            task = candidate.task if len(fit.places) > 1 else fit.task
            return replace(fit, task=task, start_s=round_start)
    return replace(fit, start_s=start)
