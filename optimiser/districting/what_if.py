"""`what_if`: a problem and the same with other posts or rules, solved side by side."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor

from optimiser.errors import InvalidProblem
from optimiser.model import PatchParams, PatchPlan, PatchProblem, ProgressCallback
from optimiser.model.posts import (
    with_equal_posts,
    with_posts,
    without_posts,
    without_vacant_posts,
)
from optimiser.model.variants import with_balance, with_move_price
from optimiser.model.what_if import WhatIf, plan_figures

__all__ = ["changed_problem", "what_if"]


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
        0, fewer: those named by `without`, then vacant ones.
    without
        Officers or patches whose posts go.
    patches
        So many patches of equal size instead.
    balance, moved_home_minutes
        Another tolerance, another price of a moved home.
    base
        A plan of the problem as it is, so that only the changed one is solved.
    time_limit_s
        Wall-clock seconds in all: half for each, or all for the changed one with `base`.
    seed, progress, executor, params
        As in `allocate_patches`.

    Raises
    ------
    InvalidProblem
        If nothing would change, if a post to go is not there or not named, or if `base`
        is no valid plan of the problem.
    Infeasible, NoSolutionInTime
        As `allocate_patches`, for either of the two.
    """
    from optimiser.districting.allocate import allocate_patches
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
    share_s = time_limit_s if base is not None else time_limit_s / 2

    def solve(of: PatchProblem, start: PatchPlan | None) -> PatchPlan:
        return allocate_patches(
            of,
            time_limit_s=share_s,
            seed=seed,
            progress=progress,
            executor=executor,
            params=params,
            start=start,
        )

    before = solve(problem, None) if base is None else base
    after = solve(changed, before)
    return WhatIf(
        change=words,
        before=before,
        after=after,
        figures_before=plan_figures(problem, before),
        figures_after=plan_figures(changed, after),
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
        If nothing would change, or a post to go is not there or not named.
    """
    changed, words = problem, []
    gone = tuple(dict.fromkeys(without))
    if gone:
        changed = without_posts(changed, gone)
        words.append(f"without {', '.join(gone)}")
    vacant = max(0, -officers - len(gone))
    if vacant:
        changed = without_vacant_posts(changed, vacant)
        words.append("1 vacant post fewer" if vacant == 1 else f"{vacant} vacant posts fewer")
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
