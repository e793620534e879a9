"""A plan's whole output folder, written beside its place and moved there in one go.

A crash leaves the old folder or the new one, never half of either. Only our own
earlier output gives way; what a person has put into it, or filled in, is kept.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast

from geodata.errors import DataError, Problem
from optimiser.model import (
    Outcome,
    PatchComparison,
    PatchPlan,
    PatchProblem,
    VisitPlan,
    WorkspaceView,
)
from optimiser.model.quarter import QuarterPlan
from optimiser.outputs.documents import (
    SharedShapes,
    patches_summary,
    plan_document,
    routes_geojson,
    to_json,
    week_summary,
)
from optimiser.outputs.wording import headed, long_date, notices

__all__ = [
    "USER_CAN_MEND",
    "check_target",
    "write_comparison",
    "write_patches",
    "write_quarter",
    "write_week",
]

logger = logging.getLogger(__name__)

SUMMARY: Final = "summary.json"
CALENDAR: Final = "calendar"
HISTORY: Final = "history"
_OUR_KEYS: Final = {"status", "objective", "bound", "gap", "violations"}
USER_CAN_MEND: Final = {
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.EBUSY,
    errno.ENAMETOOLONG,
}
"""What the system says where a folder is in the way, closed or full; all else is a bug."""


def write_patches(
    view: WorkspaceView,
    plan: PatchPlan,
    folder: str | Path,
    *,
    problem: PatchProblem | None = None,
    basemap: bool = False,
) -> list[Path]:
    """Write a redraw's folder and return its files.

    Parameters
    ----------
    view
        The workspace that the plan is of.
    plan
        A plan without violations.
    folder
        Where to: absent, empty, or an earlier output of ours.
    problem
        What the plan solves; without it there is no patch editor, and no reason for a move.
    basemap
        Whether maps may load web tiles; by default no page loads anything.

    Raises
    ------
    RuntimeError
        If the plan has violations.
    DataError
        If the folder holds something else or cannot be written.
    """
    _refuse_violations(plan)
    shared = cast(WorkspaceView, SharedShapes(view))
    return _replace(folder, lambda new: _fill_patches(shared, plan, new, problem, basemap=basemap))


def write_week(
    view: WorkspaceView,
    plan: VisitPlan,
    folder: str | Path,
    *,
    patches: Sequence[Mapping[str, object]] = (),
    basemap: bool = False,
) -> list[Path]:
    """Write a week's folder and return its files; raises as `write_patches` does.

    `patches` are those that the week was planned with, for plan.json. The calendars go
    on from those in the folder. A plan mended during the week keeps the folder before
    it as history/1, history/2 and on; so does any plan that takes a mended one's place.
    A plan otherwise than the one in the folder gets the next version, so that papers of
    the two are told apart.
    """
    _refuse_violations(plan)
    shared = cast(WorkspaceView, SharedShapes(view))
    folder = Path(folder).absolute()
    plan = _numbered(shared, plan, folder)

    def fill(new: Path) -> None:
        _keep_history(folder, new, with_last=plan.replanned_at is not None)
        before = folder / CALENDAR
        _fill_week(shared, plan, new, patches=patches, before=before, basemap=basemap)

    written = _replace(folder, fill)
    return [path for path in written if HISTORY not in path.relative_to(folder).parts]


def write_comparison(view: WorkspaceView, found: PatchComparison, folder: str | Path) -> list[Path]:
    """Write two redraws side by side; raises DataError as `write_patches` does."""
    return _replace(folder, lambda new: _fill_comparison(view, found, new))


def write_quarter(view: WorkspaceView, plan: QuarterPlan, folder: str | Path) -> list[Path]:
    """Write the weeks ahead and return the files; raises as `write_patches` does."""
    _refuse_violations(plan)
    return _replace(folder, lambda new: _fill_quarter(view, plan, new))


def _fill_patches(
    view: WorkspaceView,
    plan: PatchPlan,
    folder: Path,
    problem: PatchProblem | None,
    *,
    basemap: bool,
) -> None:
    from optimiser.districting.reasons import why_moved
    from optimiser.outputs import patch_editor, patch_map, save_page
    from optimiser.outputs.public_report import public_report
    from optimiser.outputs.redraw_report import patches_report
    from optimiser.outputs.redraw_tables import changes_sheets, homes_frame, residents_list
    from optimiser.outputs.tables import write_csv, write_patches_gpkg, write_xlsx

    title = headed("Patches", view.title)
    notice = _notice(view)
    reasons = () if problem is None else why_moved(problem, plan)
    drawn = patch_map(view, plan, reasons, basemap=basemap)
    save_page(drawn, folder / "map.html", title=title)
    if problem is not None:
        editor = patch_editor(view, plan, problem, basemap=basemap)
        save_page(editor, folder / "editor.html", title=headed("Patch editor", view.title))
    write_patches_gpkg(folder / "patches.gpkg", view, plan, notice=notice)
    write_csv(folder / "homes.csv", homes_frame(view, plan), synthetic=view.synthetic)
    residents = residents_list(view, plan)
    write_csv(folder / "residents.csv", residents, synthetic=view.synthetic, bom=True)
    sheets = changes_sheets(view, plan, reasons)
    write_xlsx(folder / "changes.xlsx", sheets, title=title, notice=notice)
    _write(folder / "report.html", patches_report(view, plan, reasons, problem))
    _write(folder / "public.html", public_report(view, plan))
    _write_summary(folder, patches_summary(view, plan, reasons))


def _keep_history(folder: Path, new: Path, *, with_last: bool) -> None:
    """Copy the earlier plans' folders, and the last plan's own where it gives way to a mended one.

    What a person has put into the folder is kept apart from this, see `_keep_personal`.
    """
    earlier = folder / HISTORY
    if earlier.is_dir():
        shutil.copytree(earlier, new / HISTORY)
    if not (with_last or earlier.is_dir()) or not (folder / SUMMARY).is_file():
        return
    names = [int(p.name) for p in earlier.iterdir() if p.name.isdigit()] if earlier.is_dir() else []
    kept = new / HISTORY / str(max(names, default=0) + 1)
    shutil.copytree(folder, kept, ignore=shutil.ignore_patterns(HISTORY))


def _numbered(view: WorkspaceView, plan: VisitPlan, folder: Path) -> VisitPlan:
    """Return the plan with its version, counted from the one that it takes the place of."""
    earlier = _json(folder / "plan.json")
    version = earlier.get("version", 1)
    if not earlier or not isinstance(version, int) or earlier.get("week") != str(plan.week):
        return plan
    same = json.loads(to_json(plan_document(view, plan)))["routes"] == earlier.get("routes")
    number = version if same else max(plan.version, version + 1)
    return plan.model_copy(update={"version": max(1, number)})


def _fill_week(
    view: WorkspaceView,
    plan: VisitPlan,
    folder: Path,
    *,
    patches: Sequence[Mapping[str, object]],
    before: Path,
    basemap: bool,
) -> None:
    from optimiser.outputs import save_page, week_map
    from optimiser.outputs.calendar import write_calendars
    from optimiser.outputs.report import week_report
    from optimiser.outputs.sheets import sheets_pdf
    from optimiser.outputs.stops import stop_lines
    from optimiser.outputs.tables import write_csv, write_xlsx
    from optimiser.outputs.week_tables import unplanned_frame, visits_sheets

    title = headed(f"Visits, week of {long_date(plan.week)}", view.title)
    notice = _notice(view)
    lines = stop_lines(view, plan)
    save_page(week_map(view, plan, basemap=basemap), folder / "map.html", title=title)
    _write(folder / "plan.json", to_json(plan_document(view, plan, patches)))
    sheets = visits_sheets(view, plan, lines)
    write_xlsx(folder / "visits.xlsx", sheets, title=title, notice=notice)
    (folder / "sheets.pdf").write_bytes(sheets_pdf(view, plan, lines))
    write_calendars(view, plan, lines, folder / CALENDAR, before=before)
    write_csv(folder / "unplanned.csv", unplanned_frame(view, plan), synthetic=view.synthetic)
    _write(folder / "routes.geojson", to_json(routes_geojson(view, plan)))
    _write(folder / "report.html", week_report(view, plan, lines))
    _write_summary(folder, week_summary(view, plan))


def _fill_quarter(view: WorkspaceView, plan: QuarterPlan, folder: Path) -> None:
    from optimiser.outputs.quarter_report import quarter_report
    from optimiser.outputs.quarter_tables import quarter_document, quarter_sheets, turns_frame
    from optimiser.outputs.tables import write_csv, write_xlsx

    title = headed(f"Community days from {long_date(plan.first_week)}", view.title)
    write_csv(folder / "quarter.csv", turns_frame(view, plan), synthetic=view.synthetic)
    write_xlsx(
        folder / "quarter.xlsx", quarter_sheets(view, plan), title=title, notice=_notice(view)
    )
    document = quarter_document(view, plan)
    _write(folder / "quarter.json", to_json(document))
    _write(folder / "quarter.html", quarter_report(view, plan))
    _write_summary(folder, {k: v for k, v in document.items() if k not in ("turns", "rules")})


def _fill_comparison(view: WorkspaceView, found: PatchComparison, folder: Path) -> None:
    from optimiser.outputs.compare_report import comparison_report
    from optimiser.outputs.compare_tables import comparison_sheets, comparison_summary
    from optimiser.outputs.tables import write_xlsx

    sheets = comparison_sheets(view, found)
    title = headed("Patches compared", view.title)
    write_xlsx(folder / "compare.xlsx", sheets, title=title, notice=_notice(view))
    _write(folder / "compare.html", comparison_report(view, found))
    _write_summary(folder, comparison_summary(view, found))


def _refuse_violations(plan: Outcome) -> None:
    if plan.violations:
        first = plan.violations[0]
        raise RuntimeError(
            f"the plan breaks {len(plan.violations)} rules and is not written; the first: "
            f"{first.rule}, {first.subject}: {first.message}"
        )


def _notice(view: WorkspaceView) -> str:
    return " ".join((*notices(view.synthetic, view.title), view.attribution)).strip()


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _write_summary(folder: Path, summary: dict[str, Any]) -> None:
    """Write summary.json last, with the digest of each file: what differs later is a person's."""
    files = {p.relative_to(folder).as_posix(): _digest(p) for p in _files(folder)}
    _write(folder / SUMMARY, to_json({**summary, "files": files}))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file())


def _replace(folder: str | Path, fill: Callable[[Path], None]) -> list[Path]:
    """Have `fill` write a new folder beside `folder`, then put it in its place."""
    folder = Path(folder).absolute()
    with _readable_errors(folder):
        check_target(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        holder = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        new = holder / "new"
        new.mkdir()
        with _readable_errors(folder):
            fill(new)
            _keep_personal(folder, new)
            _swap(folder, new, holder / "old")
    finally:
        # An old folder that could not be put back must not be lost with the holder.
        if folder.exists() or not (holder / "old").exists():
            shutil.rmtree(holder, ignore_errors=True)
    return _files(folder)


def _swap(folder: Path, new: Path, old: Path) -> None:
    if not folder.exists():
        new.rename(folder)
        return
    folder.rename(old)
    try:
        new.rename(folder)
    except BaseException:
        old.rename(folder)
        raise


def check_target(folder: Path) -> None:
    """Refuse a folder that holds what doorstep did not write; before solving, better than after.

    Raises
    ------
    DataError
        If it is a file, or not absent, empty or an earlier output of ours.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if folder.is_dir() and _summary(folder).keys() >= _OUR_KEYS:
        return
    what = "holds files that doorstep did not write" if folder.is_dir() else "is a file"
    raise DataError(
        [Problem(file=str(folder), reason=what, remedy="choose another folder with --out")]
    )


def _summary(folder: Path) -> dict[str, Any]:
    return _json(folder / SUMMARY)


def _json(path: Path) -> dict[str, Any]:
    """Return what is in a file; nothing where there is none or it is damaged."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _keep_personal(folder: Path, new: Path) -> None:
    """Copy what people added to the old folder or filled in there, under a free name."""
    if not folder.is_dir():
        return
    ours = _summary(folder).get("files")
    if not isinstance(ours, dict):
        return
    for path in _files(folder):
        name = path.relative_to(folder)
        if name.as_posix() == SUMMARY or ours.get(name.as_posix()) == _digest(path):
            continue
        target = new / name
        number = 0
        while target.exists():
            number += 1
            target = (new / name).with_stem(f"{name.stem}-kept-{number}")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
        logger.warning("%s was changed since it was written; kept as %s", name, target.name)


@contextmanager
def _readable_errors(folder: Path) -> Iterator[None]:
    """Turn what a user can mend (rights, a full disk, an open file) into a DataError."""
    try:
        yield
    except OSError as error:
        if error.errno not in USER_CAN_MEND:
            raise
        problem = Problem(
            file=str(folder),
            reason=f"cannot be written ({error.strerror})",
            remedy="close its files in other programs, or choose another folder with --out",
        )
        raise DataError([problem]) from error
