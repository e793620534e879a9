"""`doorstep plan --offer`: the best slots to offer a resident for one request."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from optimiser.cli.common import check_target_folder, print_json, save, solve_week

if TYPE_CHECKING:
    from optimiser.model import VisitPlan
    from optimiser.workspace import Workspace
    from optimiser.workspace.patch_source import PatchSource

__all__ = ["offer"]


def offer(
    ws: Workspace,
    target: Path,
    visit_ref: str,
    patches: Path | None,
    *,
    seconds: float,
    seed: int,
    as_json: bool,
) -> None:
    """Print the best slots for a request, given the week's plan in `target`.

    Where there is none yet, the week is planned and saved there first.
    """
    from optimiser.routing import offer_slots
    from optimiser.workspace.offering import check_request, offer_problem

    check_request(ws, visit_ref)
    plan, source = _plan(ws, target, patches, seconds=seconds, seed=seed)
    problem, plan, at = offer_problem(ws, plan, visit_ref, source)
    offers = offer_slots(problem, plan, visit_ref, at=at)
    from optimiser.cli.offer_text import offers_document, show_offers

    if as_json:
        print_json(offers_document(plan, visit_ref, offers))
        return
    show_offers(ws, problem, plan, visit_ref, offers)


def _plan(
    ws: Workspace, target: Path, patches: Path | None, *, seconds: float, seed: int
) -> tuple[VisitPlan, PatchSource | Path | None]:
    """Return the week's saved plan and its patches, planned and saved now if there is none."""
    from optimiser.workspace.saved_plan import check_week_plan, read_week_patches, read_week_plan

    if not (target / "plan.json").is_file():
        check_target_folder(target)
        week = target.name.removeprefix("week-")
        plan = solve_week(ws, week, patches, seconds=seconds, seed=seed)
        save(ws, plan, target)
        from optimiser.cli.offer_text import show_planned_first

        show_planned_first(target)
    plan = read_week_plan(target)
    check_week_plan(ws, plan, target)
    return plan, patches or read_week_patches(target)
