"""Where each row is: from coordinates, geometry, its UPRN or its postcode, and which it was."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from geodata.errors import DataError
from geodata.findings import Findings, counted
from geodata.gazetteer import spell_postcode, uprn_number
from geodata.gazetteer.lookup import arranged
from geodata.tables import ObjectArray, Table, parse_column
from geodata.tables.parsing import parse_number

if TYPE_CHECKING:
    from geodata.gazetteer import Gazetteer

__all__ = ["SOURCES", "Places", "Reading", "Source", "parse_places"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

Source = Literal["easting_northing", "latitude_longitude", "geometry", "uprn", "postcode"]
SOURCES: Final[Mapping[Source, str]] = {
    "easting_northing": "easting and northing",
    "latitude_longitude": "latitude and longitude",
    "geometry": "geometry",
    "uprn": "UPRN",
    "postcode": "postcode",
}
"""What a location comes from, the most trusted first."""
_MANY_UNKNOWN: Final = 20

Key = TypeVar("Key", bound=Hashable)


class _Lookup(Protocol[Key]):
    """A file of the gazetteer."""

    name: str

    def find(self, wanted: set[Key], /) -> dict[Key, tuple[float, float]]: ...


@dataclass(frozen=True)
class Reading:
    """What one source says of every row.

    Attributes
    ----------
    xy
        (n, 2) in the CRS asked for, NaN where the source says nothing.
    raw
        (n, 2) as the file has it, east or longitude first.
    values
        (n,) the cells, as problems show them.
    column
        The file's own name of the column or columns.
    """

    source: Source
    xy: FloatArray
    raw: FloatArray
    values: ObjectArray
    column: str

    @property
    def known(self) -> BoolArray:
        """(n,) True where the source gives a place."""
        return np.asarray(np.isfinite(self.xy).all(axis=1), dtype=bool)


@dataclass(frozen=True)
class Places:
    """The rows' places.

    Attributes
    ----------
    xy
        (n, 2) coordinates, NaN where nothing gives any.
    source
        (n,) the source that was used, None where there is none.
    readings
        Every source that the file has, the most trusted first.
    """

    xy: FloatArray
    source: ObjectArray
    readings: tuple[Reading, ...]


def parse_places(
    table: Table,
    found: Findings,
    *,
    crs: str,
    gazetteer: Gazetteer | None = None,
    required: bool = True,
) -> Places:
    """Return where each row is, from the first of `SOURCES` that says it, row by row.

    Latitude and longitude are WGS84. 0, 0 counts as blank. An easting that is no
    number, or one without its northing, is marked even where a UPRN or postcode
    would give a place: it may be those that are wrong. A row without any place is
    marked if `required`.
    """
    pairs = (
        _pair(table, found, "easting_northing", ("easting", "northing"), crs),
        _pair(table, found, "latitude_longitude", ("longitude", "latitude"), crs),
        _geometry(table, found),
    )
    readings = [
        pair
        for pair in pairs
        if pair is not None and not (table.points is not None and _degrees_beside(found, pair))
    ]
    marked = found.bad.copy()
    given = _known_by(readings, len(table.rows))
    readings.extend(_looked_up(table, found, gazetteer, crs, given | marked))
    places = _first_of(readings, len(table.rows))
    nowhere = np.array([s is None for s in places.source], dtype=bool) & ~marked
    if required:
        _mark_nowhere(table, found, nowhere & ~found.bad, gazetteer)
    _note_centres(table, found, places)
    return places


def _degrees_beside(found: Findings, reading: Reading) -> bool:
    """Tell whether eastings are all degrees in a file of shapes, which say better; note it."""
    known = reading.raw[reading.known]
    if reading.source != "easting_northing" or not len(known) or (np.abs(known) > 180).any():
        return False
    found.note(
        "holds degrees, not eastings and northings; the shapes' own places are used",
        "remove the columns, or name them longitude and latitude",
        column=reading.column,
    )
    return True


def _known_by(readings: list[Reading], n: int) -> BoolArray:
    known = np.zeros(n, dtype=bool)
    for reading in readings:
        known |= reading.known
    return known


def _first_of(readings: list[Reading], n: int) -> Places:
    xy = np.full((n, 2), np.nan)
    source = np.full(n, None, dtype=object)
    for reading in readings:
        fresh = reading.known & np.array([s is None for s in source], dtype=bool)
        xy[fresh] = reading.xy[fresh]
        source[fresh] = reading.source
    return Places(xy=xy, source=source, readings=tuple(readings))


def _shown(xy: FloatArray) -> ObjectArray:
    return np.array([f"{x:.10g}, {y:.10g}" for x, y in xy], dtype=object)


def _pair(
    table: Table, found: Findings, source: Source, names: tuple[str, str], crs: str
) -> Reading | None:
    """Read two columns, east first; mark where one of the two is blank."""
    if any(name not in table.texts for name in names):
        return None
    raw = np.column_stack(
        [
            parse_column(table, found, name, parse_number, default=np.nan).astype(float)
            for name in names
        ]
    )
    column = ", ".join(table.heading(name) for name in names)
    for name, other in (names, names[::-1]):
        found.mark(
            (table.texts[name] == "") & ~np.isin(table.texts[other].astype(str), ["", "0"]),
            f"has no coordinates: there is no {name} to its {other}",
            "fill it in, or clear both",
            column=column,
        )
    raw[(raw == 0).all(axis=1)] = np.nan
    xy = raw
    if source == "latitude_longitude":
        off = (np.abs(raw[:, 0]) > 180) | (np.abs(raw[:, 1]) > 90)
        found.mark(
            off,
            "is not in degrees",
            "give degrees, or name the columns easting and northing",
            column=column,
            values=_shown(raw),
        )
        xy = _from_degrees(np.where(off[:, None], np.nan, raw), crs)
    xy = np.where(np.isfinite(xy).all(axis=1)[:, None], xy, np.nan)
    return Reading(source, xy, raw, _shown(raw), column)


def _from_degrees(degrees: FloatArray, crs: str) -> FloatArray:
    from pyproj import Transformer

    to_metres = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    return np.column_stack(to_metres.transform(degrees[:, 0], degrees[:, 1]))


def _geometry(table: Table, found: Findings) -> Reading | None:
    """Read the features' points, or a column of text such as POINT (529174 178111)."""
    column = "geometry"
    if table.points is not None:
        xy = table.points.copy()
    elif column in table.texts:
        import shapely

        texts = table.texts[column]
        with np.errstate(all="ignore"):  # numbers such as 1e400
            shapes = shapely.from_wkt([t or None for t in texts], on_invalid="ignore")
        points = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
        found.mark(
            (texts != "") & ~points,
            "is not a point",
            "write it as POINT (529174 178111)",
            column=table.heading(column),
            values=texts,
        )
        xy = np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)])
        column = table.heading(column)
    else:
        return None
    xy[~np.isfinite(xy).all(axis=1) | (xy == 0).all(axis=1)] = np.nan
    return Reading("geometry", xy, xy.copy(), _shown(xy), column)


def _looked_up(
    table: Table, found: Findings, gazetteer: Gazetteer | None, crs: str, given: BoolArray
) -> Iterator[Reading]:
    """Give what the gazetteer says, where it was asked; what it does not know is marked.

    `given` are the rows that need no location any more.
    """
    if gazetteer is None:
        return
    asked = (
        _ask(table, found, "uprn", gazetteer.uprns, uprn_number, crs),
        _ask(table, found, "postcode", gazetteer.postcodes, spell_postcode, crs),
    )
    placed = given.copy()
    for answer in asked:
        if answer is not None:
            placed |= answer[0].known
            yield answer[0]
    for answer in asked:
        if answer is not None:
            for reason, unknown in answer[1].items():
                _mark_unknown(found, answer[0], reason, unknown, placed, given)


def _ask(
    table: Table,
    found: Findings,
    source: Source,
    file: _Lookup[Key] | None,
    spell: Callable[[str], Key | None],
    crs: str,
) -> tuple[Reading, dict[str, BoolArray]] | None:
    """Return what a file says of a column, and where it says nothing: reason -> (n,) mask."""
    texts = table.texts.get(source)
    if texts is None or file is None:
        return None
    keys = [spell(text) for text in texts]
    try:
        known = file.find({key for key in keys if key is not None})
    except DataError as error:
        found.problems.extend(error.problems)
        return None
    xy = arranged(keys, known, crs)
    reading = Reading(source, xy, xy, texts, table.heading(source))
    listed = np.array([key in known for key in keys], dtype=bool)
    spelt = np.array([key is not None for key in keys], dtype=bool)
    return reading, {
        f"is not in {file.name}, so gives no place": spelt & ~listed,
        f"has no coordinates in {file.name}": listed & ~reading.known,
    }


def _mark_unknown(
    found: Findings,
    reading: Reading,
    reason: str,
    unknown: BoolArray,
    placed: BoolArray,
    given: BoolArray,
) -> None:
    """Mark what the gazetteer does not know: an error where nothing else gives a place."""
    remedy = f"check the {SOURCES[reading.source]}, or give the easting and northing"
    found.mark(unknown & ~placed, reason, remedy, column=reading.column, values=reading.values)
    only_checked = unknown & given & ~found.bad
    asked = int((reading.values != "").sum())
    if only_checked.sum() > max(_MANY_UNKNOWN, asked / 2):
        found.note(
            f"{reason} for {counted(int(only_checked.sum()), 'row')} that have coordinates, so "
            "these could not be compared",
            "check that it is a recent file, and for the right area",
            column=reading.column,
        )
        only_checked[:] = False
    found.mark(
        unknown & placed & (~given | only_checked),
        reason,
        f"check the {SOURCES[reading.source]}; the place comes from the row's other columns",
        column=reading.column,
        values=reading.values,
        severity="warning",
    )


def _mark_nowhere(
    table: Table, found: Findings, nowhere: BoolArray, gazetteer: Gazetteer | None
) -> None:
    """Mark the rows that nothing gives a place, and say what would."""
    pair = [table.heading(name) for name in ("easting", "northing") if name in table.texts]
    column = "geometry" if table.points is not None else ", ".join(pair) or "easting, northing"
    ways = ["give its easting and northing"]
    if (gazetteer is None or gazetteer.uprns is None) and "uprn" in table.texts:
        ways.append("name an OS Open UPRN file as uprn under [data]")
    if (gazetteer is None or gazetteer.postcodes is None) and "postcode" in table.texts:
        ways.append("name Code-Point Open as postcodes under [data]")
    found.mark(nowhere, "has no coordinates", "; or ".join(ways), column=column)


def _note_centres(table: Table, found: Findings, places: Places) -> None:
    rows = int(((places.source == "postcode") & ~found.bad).sum())
    if rows:
        found.note(
            f"gives the place of {counted(rows, 'row')}: the centre of the postcode, which may be "
            "a street away, and one point for all addresses of the postcode",
            "give the UPRN or the easting and northing where that is too rough",
            column=table.heading("postcode"),
        )
