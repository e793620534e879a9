"""Code-Point Open: the centres of the postcodes that are wanted.

Its CSV files, one a postcode area, have no header: postcode, positional quality,
easting, northing, then codes of areas. A quality of 90 means no coordinates,
which stand as 0, 0.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from geodata.files.plain import checked_file, fatal
from geodata.gazetteer.faults import LARGEST_BYTES, LONGEST_LINE, faults_in
from geodata.gazetteer.geopackage import (
    SQLITE_MAGIC,
    find_layer,
    geopackage_file,
    point_of,
    rows_with,
)
from geodata.gazetteer.spelling import postcode_area, spell_postcode
from geodata.schema import spelling

__all__ = ["NOWHERE", "PostcodeFiles"]

Place = tuple[float, float]

NOWHERE: Final[Place] = (float("nan"), float("nan"))
"""The place of a postcode that is there, but without coordinates."""
NO_COORDINATES: Final = 90
_POSITIONS: Final = {"postcode": 0, "quality": 1, "easting": 2, "northing": 3}
_HEADINGS: Final = {
    "postcode": ("postcode", "pcds", "pcd", "pcd7", "pcd8", "pc"),
    "quality": ("positional_quality_indicator", "quality", "pq"),
    "easting": ("eastings", "easting", "oseast1m", "east1m", "x_coordinate", "ea"),
    "northing": ("northings", "northing", "osnrth1m", "north1m", "y_coordinate", "no"),
}
_AREA_FILE = re.compile(r"(?:.*/)?([a-z]{1,2})\.csv", re.IGNORECASE)
_SHIPPED: Final = "give the folder, zip or GeoPackage of Code-Point Open as it is shipped"


class PostcodeFiles:
    """Code-Point Open as its folder, zip or GeoPackage, or one CSV of postcodes.

    Parameters
    ----------
    path
        The file or folder. A CSV is laid out as Code-Point Open's, or has a header
        that names postcode, easting and northing.

    Raises
    ------
    DataError
        If it is not there or is something else.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.name = self.path.name
        self._member: str | None = None
        self._areas: dict[str, str] = {}
        self._is_geopackage = False
        if self.path.is_dir():
            self._search(p.relative_to(self.path).as_posix() for p in self.path.rglob("*"))
            return
        checked_file(self.path, most_bytes=LARGEST_BYTES)
        with faults_in(self.name), self.path.open("rb") as stream:
            start = stream.read(len(SQLITE_MAGIC))
        self._is_geopackage = start == SQLITE_MAGIC
        if start[:2] == b"PK":
            with faults_in(self.name), zipfile.ZipFile(self.path) as archive:
                self._search(archive.namelist())
        elif not self._is_geopackage:
            with self._open(None) as lines:
                next(_records(self.name, lines), None)

    def find(self, wanted: set[str]) -> dict[str, Place]:
        """Return "W1H 2AB" -> (easting, northing) in EPSG:27700 of those that are there.

        A postcode without coordinates has `NOWHERE`.

        Raises
        ------
        DataError
            If a file is damaged.
        """
        if not wanted:
            return {}
        if self._is_geopackage:
            return self._find_in_layer(wanted)
        sources: list[str | None] = [None]
        if self._areas:
            areas = {postcode_area(postcode).casefold() for postcode in wanted}
            sources = [self._areas[area] for area in sorted(areas) if area in self._areas]
        found: dict[str, Place] = {}
        for source in sources:
            name = self.name if source is None else f"{self.name}/{source}"
            with self._open(source) as lines:
                for postcode, place in _records(name, lines):
                    if postcode in wanted:
                        found.setdefault(postcode, place)
        return found

    def _search(self, names: Iterable[str]) -> None:
        """Note the areas' files, else the GeoPackage or the only CSV, of a folder or zip."""
        listed = sorted(names)
        self._areas = {
            match[1].casefold(): name for name in listed if (match := _AREA_FILE.fullmatch(name))
        }
        packages = [name for name in listed if name.casefold().endswith(".gpkg")]
        tables = [
            name
            for name in listed
            if name.casefold().endswith(".csv") and "header" not in name.casefold()
        ]
        self._is_geopackage = not self._areas and len(packages) == 1
        if self._is_geopackage:
            self._member = packages[0]
        elif not self._areas and len(tables) == 1:
            self._member = tables[0]
        elif not self._areas:
            raise fatal(self.name, "it holds no files such as Data/CSV/ab.csv", _SHIPPED)

    @contextmanager
    def _open(self, source: str | None) -> Iterator[IO[str]]:
        source = source or self._member
        with faults_in(self.name):
            if source is None or self.path.is_dir():
                path = self.path / source if source else self.path
                with path.open(encoding="utf-8-sig", newline="") as lines:
                    yield lines
            else:
                with (
                    zipfile.ZipFile(self.path) as archive,
                    archive.open(source) as member,
                    io.TextIOWrapper(member, encoding="utf-8-sig", newline="") as lines,
                ):
                    yield lines

    def _find_in_layer(self, wanted: set[str]) -> dict[str, Place]:
        path, member = self.path, self._member
        if path.is_dir() and member is not None:
            path, member = path / member, None
        needed = ("postcode", "positional_quality_indicator")
        with faults_in(self.name), geopackage_file(path, member) as package:
            layer, columns, geometry = find_layer(package, needed, file=self.name)
            rows = rows_with(
                package,
                layer,
                [*columns, geometry],
                key=f"replace(upper(\"{columns[0]}\"), ' ', '')",
                wanted=(postcode.replace(" ", "") for postcode in wanted),
                file=self.name,
            )
        found: dict[str, Place] = {}
        for spelt, quality, shape in rows:
            postcode, point = spell_postcode(spelt), point_of(shape)
            if postcode is not None:
                found[postcode] = NOWHERE if point is None else _place(*point, str(quality or ""))
        return found


def _place(x: float, y: float, quality: str) -> Place:
    without = quality == str(NO_COORDINATES) or (x == 0 and y == 0) or x - x != 0 or y - y != 0
    return NOWHERE if without else (x, y)


def _records(name: str, lines: IO[str]) -> Iterator[tuple[str, Place]]:
    """Give the postcodes of one CSV; the header, where there is one, says what is where."""
    positions: Mapping[str, int] = _POSITIONS
    # Lines of limited length: a file without line ends would fill the memory.
    reader = csv.reader(iter(lambda: lines.readline(LONGEST_LINE), ""))
    for number, row in enumerate(reader, start=1):
        if not any(cell.strip() for cell in row):
            continue
        if number == 1 and (named := _header(row)):
            positions = named
            continue
        try:
            cells = {ours: row[at].strip() for ours, at in positions.items()}
            x, y = (float(cells[axis] or 0) for axis in ("easting", "northing"))
        except (IndexError, ValueError):
            cells = {}
        postcode = spell_postcode(cells.get("postcode", ""))
        if postcode is None:
            raise fatal(
                name,
                f"its row {number} is not a postcode, its quality, easting and northing",
                _SHIPPED,
            )
        yield postcode, _place(x, y, cells.get("quality", ""))


def _header(row: list[str]) -> dict[str, int] | None:
    spelt = [spelling(cell) for cell in row]
    found: dict[str, int] = {}
    for ours, others in _HEADINGS.items():
        at = next((spelt.index(name) for name in others if name in spelt), None)
        if at is not None:
            found[ours] = at
    return found if {"postcode", "easting", "northing"} <= found.keys() else None
