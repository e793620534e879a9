"""Do the files agree? References from one to another, and what to leave out where they fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geodata.errors import Problem
from geodata.findings import Findings, counted
from geodata.references import HomeRefs, mark_unknown_homes, meant
from geodata.tables.shown import like_a_code

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.stock import Stock

__all__ = ["cross_check"]

FAR_FROM_HOMES_M: Final = 50_000.0
"""An engagement this far outside all homes has wrong coordinates."""


def cross_check(
    *,
    stock: Stock,
    officers: pd.DataFrame,
    visits: pd.DataFrame | None = None,
    service_centres: gpd.GeoDataFrame | None = None,
    fixed: pd.DataFrame | None = None,
    absences: pd.DataFrame | None = None,
    outcomes: pd.DataFrame | None = None,
    file_names: Mapping[str, str] | None = None,
) -> tuple[dict[str, pd.DataFrame], list[Problem]]:
    """Compare the files with each other.

    A request for an unknown home is an error. An engagement, absence or outcome
    of someone unknown is a warning and left out: a plan for some of the officers
    is normal.

    Parameters
    ----------
    stock, officers, visits, service_centres, fixed, absences, outcomes
        As this package reads them.
    file_names
        "visits" -> the file as problems name it; else the name it was read from.

    Returns
    -------
    frames
        The tables given, under these names, without the rows that cannot be used.
    problems
        In the order of the tables.
    """
    names = file_names or {}
    frames: dict[str, pd.DataFrame] = {}
    problems: list[Problem] = []

    def findings(table: str, frame: pd.DataFrame) -> Findings:
        file = names.get(table) or frame.attrs.get("file") or table
        return Findings(
            file,
            frame["row"].to_numpy(),
            sheet=frame.attrs.get("sheet"),
            headings=frame.attrs.get("headings"),
        )

    def close(table: str, frame: pd.DataFrame, found: Findings, keep: Any = None) -> None:
        good = found.good if keep is None else found.good & np.asarray(keep, dtype=bool)
        problems.extend(found.sorted())
        frames[table] = frame[good].reset_index(drop=True)

    found = findings("officers", officers)
    close("officers", _officers(found, officers, stock, service_centres), found)
    homes = HomeRefs.of(stock)
    staff = frozenset(officers["officer_ref"])
    unusable = frozenset(officers.attrs.get("refused", ()))
    if visits is not None:
        found = findings("visits", visits)
        mark_unknown_homes(found, visits["property_ref"], homes, severity="error")
        # Rows that are refused anyway have their home looked up too: all faults come at once.
        others: dict[int, str] = visits.attrs.get("home_of_refused", {})
        also = Findings(
            found.file, list(others), sheet=found.sheet, headings=visits.attrs.get("headings")
        )
        also_refs = pd.Series(list(others.values()), dtype=object)
        mark_unknown_homes(also, also_refs, homes, severity="error")
        found.problems.extend(also.problems)
        _excluded(found, visits, staff | unusable)
        _pinned(found, visits, staff, unusable)
        close("visits", visits, found)
    if service_centres is not None:
        frames["service_centres"] = service_centres
    if fixed is not None:
        found = findings("fixed", fixed)
        keep = _unknown_officers(found, fixed["officer_ref"], staff, unusable)
        placed = _placed(found, fixed, keep, stock, service_centres)
        _overlaps(found, placed, keep)
        close("fixed", placed, found, keep)
    if absences is not None:
        found = findings("absences", absences)
        keep = _unknown_officers(found, absences["officer_ref"], staff, unusable)
        close("absences", absences, found, keep)
    if outcomes is not None:
        found = findings("outcomes", outcomes)
        refs = outcomes["property_ref"]
        keep = mark_unknown_homes(found, refs, homes, severity="warning")
        close("outcomes", outcomes, found, keep)
    return frames, problems


def _unknown_officers(
    found: Findings, refs: pd.Series, staff: frozenset[str], unusable: frozenset[str]
) -> npt.NDArray[np.bool_]:
    """Return (n,) True where the officer can be used; `unusable` are those to be mended."""
    known: npt.NDArray[np.bool_] = refs.isin(staff).to_numpy()
    spoilt = refs.isin(unusable).to_numpy()
    column, values = found.heading("officer_ref"), refs.tolist()
    found.mark(
        ~known & spoilt,
        "is an officer who cannot be used as the officers file stands; the row is left out",
        "correct that officer's row there",
        column=column,
        values=values,
        severity="warning",
    )
    found.mark(
        ~known & ~spoilt,
        "is not in the officers file; the row is left out",
        meant(values, staff, otherwise="correct it, or add the officer"),
        column=column,
        values=values,
        severity="warning",
    )
    return known


def _officers(
    found: Findings,
    officers: pd.DataFrame,
    stock: Stock,
    centres: gpd.GeoDataFrame | None,
) -> pd.DataFrame:
    """Return the officers, unknown service centres taken out; warn about them and the patches."""
    result = officers.copy()
    if centres is not None:
        at = officers["service_centre"]
        known = at.isin(set(centres.index)).to_numpy()
        found.mark(
            ~known & at.notna().to_numpy(),
            "is not in the service centres file; the officer's day starts in the patch",
            meant(at.tolist(), set(centres.index), otherwise="correct it, or add the centre"),
            column=found.heading("service_centre"),
            values=at.tolist(),
            severity="warning",
        )
        found.mark(
            at.isna().to_numpy(),
            "is blank; the officer's day starts in the patch",
            "fill in the service centre",
            column=found.heading("service_centre"),
            severity="warning",
        )
        result["service_centre"] = pd.Series(
            [c if k else None for c, k in zip(at, known, strict=True)],
            index=officers.index,
            dtype=object,
        )
    _patches(found, officers, stock)
    return result


def _patches(found: Findings, officers: pd.DataFrame, stock: Stock) -> None:
    patches = officers["patch"]
    first: dict[str, str] = {}
    reasons = [""] * len(officers)
    shared = np.zeros(len(officers), dtype=bool)
    for i, (patch, ref) in enumerate(zip(patches, officers["officer_ref"], strict=True)):
        if patch is None:
            continue
        shared[i] = patch in first
        reasons[i] = f"is also the patch of {first.setdefault(patch, ref)}"
    found.mark(
        shared,
        reasons,
        "name one officer a patch",
        column=found.heading("patch"),
        values=patches.tolist(),
        severity="warning",
    )
    coded = stock.homes["patch"].dropna()
    if coded.empty:
        return
    used = set(coded)
    found.mark(
        [p is not None and p not in used for p in patches],
        "is no home's patch",
        meant(patches.tolist(), used, otherwise="check it against the homes file"),
        column=found.heading("patch"),
        values=patches.tolist(),
        severity="warning",
    )
    vacant = coded[~coded.isin(set(first))]
    if not vacant.empty:
        codes = sorted(set(vacant))
        shown = ", ".join(codes[:8]) + (", …" if len(codes) > 8 else "")
        homes = counted(len(vacant), "home")
        count = counted(len(codes), "patch")
        found.note(
            f"has no officer for {homes} in {count}: {shown}",
            "give each patch an officer, or redraw the patches",
            column=found.heading("patch"),
        )


def _excluded(found: Findings, visits: pd.DataFrame, staff: frozenset[str]) -> None:
    unknown = [[ref for ref in refs if ref not in staff] for refs in visits["excluded_officers"]]
    codes = [[ref for ref in refs if like_a_code(ref, staff)] for refs in unknown]
    found.mark(
        [bool(refs) for refs in unknown],
        "is not in the officers file",
        "check the reference, or the wrong officer may be sent",
        column=found.heading("excluded_officers"),
        values=[", ".join(refs) or None for refs in codes],
        severity="warning",
    )


def _pinned(
    found: Findings, visits: pd.DataFrame, staff: frozenset[str], unusable: frozenset[str]
) -> None:
    refs, column = visits["pinned_officer"], found.heading("pinned_officer")
    values = [like_a_code(ref, staff) if ref else None for ref in refs]
    spoilt = refs.isin(unusable - staff).to_numpy()
    found.mark(
        spoilt,
        "is to go, and cannot be used as the officers file stands; the request cannot be planned",
        "correct that officer's row there",
        column=column,
        values=values,
        severity="warning",
    )
    found.mark(
        refs.notna().to_numpy() & ~spoilt & ~refs.isin(staff).to_numpy(),
        "is to go, and is not in the officers file; the request cannot be planned",
        meant(values, staff, otherwise="correct it, or leave it blank for any officer"),
        column=column,
        values=values,
        severity="warning",
    )


def _placed(
    found: Findings,
    fixed: pd.DataFrame,
    keep: npt.NDArray[np.bool_],
    stock: Stock,
    centres: gpd.GeoDataFrame | None,
) -> pd.DataFrame:
    """Return the engagements with coordinates, a service centre's where only its name is given."""
    by_name: dict[str, tuple[float, float]] = {}
    if centres is not None:
        for ref, name, point in zip(centres.index, centres["name"], centres.geometry, strict=True):
            by_name[str(name).casefold()] = by_name[str(ref).casefold()] = (point.x, point.y)
    placed = fixed.copy()
    xy = placed[["easting", "northing"]].to_numpy(dtype=float, copy=True)
    for i in np.flatnonzero(~np.isfinite(xy).all(axis=1)):
        xy[i] = by_name.get(fixed["place"].iloc[i].casefold(), (np.nan, np.nan))
    placed["easting"], placed["northing"] = xy[:, 0], xy[:, 1]
    lost = keep & ~np.isfinite(xy).all(axis=1)
    found.mark(
        lost,
        "is a place without coordinates that is no service centre",
        "give its easting and northing",
        column=found.heading("place"),
        values=fixed["place"].tolist(),
    )
    west, south, east, north = stock.blocks.total_bounds
    outside = np.hypot(
        np.maximum(np.maximum(west - xy[:, 0], xy[:, 0] - east), 0),
        np.maximum(np.maximum(south - xy[:, 1], xy[:, 1] - north), 0),
    )
    found.mark(
        keep & ~lost & (outside > FAR_FROM_HOMES_M),
        "is more than 50 km from all homes",
        "check its easting and northing",
        column=found.heading("place"),
        values=[f"{n} {x:.0f}, {y:.0f}" for n, (x, y) in zip(fixed["place"], xy, strict=True)],
    )
    return placed


def _overlaps(found: Findings, fixed: pd.DataFrame, keep: npt.NDArray[np.bool_]) -> None:
    """Mark an engagement that starts before the same officer's earlier one ends."""
    order = fixed[keep & found.good].sort_values(["officer_ref", "date", "start_s", "row"])
    before = order.groupby(["officer_ref", "date"])
    latest_end = before["end_s"].cummax().groupby([order["officer_ref"], order["date"]]).shift()
    where = np.zeros(len(fixed), dtype=bool)
    where[order.index[(latest_end > order["start_s"]).to_numpy()]] = True
    found.mark(
        where,
        "overlaps an earlier engagement of the same officer",
        "correct the times, or remove one",
        column=found.heading("start"),
        values=[f"{s // 3600:02d}:{s % 3600 // 60:02d}" for s in fixed["start_s"]],
    )
