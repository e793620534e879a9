"""`what_if`: a problem and the same with other posts or rules, solved side by side."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import Executor
from typing import Final

from optimiser.errors import Infeasible, InvalidProblem, NoSolutionInTime
from optimiser.model import PatchParams, PatchPlan, PatchProblem, Progress, ProgressCallback
from optimiser.model.front import PointStatus
from optimiser.model.posts import first_to_go, with_equal_posts, with_posts, without_posts
from optimiser.model.variants import includes, with_balance, with_move_price
from optimiser.model.what_if import NoPlan, WhatIf, plan_figures

__all__ = ["changed_problem", "what_if"]

_LEAST_SHARE: Final = 0.4
"""Of the time, for the changed problem, however long the other one took."""

_Solved = tuple[PatchProblem, PatchPlan | NoPlan]


def what_if(
    problem: PatchProblem,
    *,
    officers: int = 0,
    without: Iterable[str] = (),
    patches: int | None = None,
    balance: float | None = None,
    moved_home_minutes: float | None = None,
    base: PatchPlan | None = None,
    time_limit_s: float = 120,
    seed: int = 1,
    progress: ProgressCallback | None = None,
    executor: Executor | None = None,
    params: PatchParams = PatchParams(),  # noqa: B008 - frozen
) -> WhatIf:
    """Solve a problem as it is and changed, and set the two plans side by side.

    Parameters
    ----------
    problem
        As it is.
    officers
        Posts more (vacant, full-time, reached from the nearest service centre) or, below
        0, fewer: those named by `without`, then vacant ones, then full-time ones with the
        fewest homes today. Targets are shared out anew, and an estate is divided, or put
        together again, as in a redraw with so many posts.
    without
        Officers or patches whose posts go.
    patches
        So many patches of equal size instead.
    balance, moved_home_minutes
        Another tolerance, another price of a moved home.
    base
        A plan of the problem as it is, so that only the changed one is solved.
    time_limit_s
        Wall-clock seconds in all: half for each, or what is left for the changed one.
    seed, progress, executor, params
        As in `allocate_patches`.

    Returns
    -------
    WhatIf
        Where one of the two has no plan, or none was found in time, it says why and what
        would mend it; that is an answer, not an error.

    Raises
    ------
    InvalidProblem
        If nothing would change, if a post to go is not there, or if `base` is no valid
        plan of the problem.
    """
    from optimiser.districting.checks import check_patches

    changed, words = changed_problem(
        problem,
        officers=officers,
        without=without,
        patches=patches,
        balance=balance,
        moved_home_minutes=moved_home_minutes,
    )
    if base is not None and (broken := check_patches(problem, base)):
        raise InvalidProblem(
            f"base is no valid plan of this problem: {broken[0].subject}: {broken[0].message}"
        )
    began = time.monotonic()
    before: PatchPlan | NoPlan | None = base

    def solve(of: PatchProblem, seconds: float, stage: str) -> PatchPlan | NoPlan:
        from optimiser.districting.allocate import allocate_patches

        try:
            return allocate_patches(
                of,
                time_limit_s=seconds,
                seed=seed,
                progress=_staged(progress, stage, began),
                executor=executor,
                params=params,
                start=before if isinstance(before, PatchPlan) else None,
            )
        except Infeasible as error:
            return NoPlan(
                status=PointStatus.INFEASIBLE, cause=error.cause, relaxation=error.relaxation
            )
        except NoSolutionInTime as error:
            return NoPlan(status=PointStatus.OUT_OF_TIME, cause=str(error))

    if before is None:
        before = solve(problem, time_limit_s / 2, "as it is")
    # Compiling and a proof that no plan exists may have taken more, or less.
    left_s = time_limit_s - (time.monotonic() - began)
    after = solve(changed, max(left_s, _LEAST_SHARE * time_limit_s), "changed")
    repriced = moved_home_minutes is not None
    return _side_by_side(words, (problem, before), (changed, after), repriced=repriced)


def _side_by_side(change: str, before: _Solved, after: _Solved, *, repriced: bool) -> WhatIf:
    (problem, old), (changed, new) = before, after
    return WhatIf(
        change=change,
        before=old if isinstance(old, PatchPlan) else None,
        after=new if isinstance(new, PatchPlan) else None,
        figures_before=plan_figures(problem, old) if isinstance(old, PatchPlan) else None,
        figures_after=plan_figures(changed, new) if isinstance(new, PatchPlan) else None,
        why_not_before=old if isinstance(old, NoPlan) else None,
        why_not_after=new if isinstance(new, NoPlan) else None,
        widens=includes(changed, problem),
        narrows=includes(problem, changed),
        repriced=repriced,
    )


def _staged(tell: ProgressCallback | None, stage: str, began: float) -> ProgressCallback | None:
    if tell is None:
        return None
    return lambda now: tell(
        Progress(
            stage=f"{stage}: {now.stage}",
            seconds=time.monotonic() - began,
            objective=now.objective,
            bound=now.bound,
        )
    )


def changed_problem(
    problem: PatchProblem,
    *,
    officers: int = 0,
    without: Iterable[str] = (),
    patches: int | None = None,
    balance: float | None = None,
    moved_home_minutes: float | None = None,
) -> tuple[PatchProblem, str]:
    """Return the problem that `what_if` solves, and the changes in words.

    Raises
    ------
    InvalidProblem
        If nothing would change, or a post to go is not there.
    """
    changed, words = problem, []
    gone = tuple(dict.fromkeys(without))
    if gone:
        changed = without_posts(changed, gone)
        words.append(f"without {', '.join(gone)}")
    fewer = max(0, -officers - len(gone))
    if fewer:
        taken = first_to_go(changed, fewer)
        words.append(_fewer_words(changed, taken))
        changed = without_posts(changed, taken)
    if officers > 0:
        changed = with_posts(changed, officers)
        words.append("1 officer more" if officers == 1 else f"{officers} officers more")
    if patches is not None:
        changed = with_equal_posts(changed, patches)
        words.append(f"{patches} patches of equal size")
    if balance is not None:
        if not 0 <= balance < 1:
            raise InvalidProblem(f"a balance of {balance:g}: give a share from 0 to under 1")
        changed = with_balance(changed, balance)
        words.append(f"balance {100 * balance:g} %")
    if moved_home_minutes is not None:
        if moved_home_minutes < 0:
            raise InvalidProblem(f"a price of {moved_home_minutes:g} for a moved home: give 0 up")
        changed = with_move_price(changed, moved_home_minutes)
        words.append(f"{moved_home_minutes:g} minutes a moved home")
    if not words:
        raise InvalidProblem("nothing would change: give officers, patches, balance or a price")
    return changed, "; ".join(words)


def _fewer_words(problem: PatchProblem, taken: list[str]) -> str:
    """Say how many posts go, and which: it is only assumed, unless they are vacant."""
    posts = "1 post fewer" if len(taken) == 1 else f"{len(taken)} posts fewer"
    held = {s.patch for s in problem.slots if s.officer_ref is not None} & set(taken)
    why = "vacant" if not held else "taken to be those with the fewest homes"
    if len(taken) == 1 and held:
        why = "taken to be the one with the fewest homes"
    return f"{posts} ({', '.join(taken)}, {why})"
