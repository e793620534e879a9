"""OS Open UPRN: the few rows that are wanted out of 40 million, never all in memory.

pandas reads the CSV in blocks of whole lines, and the rows that are wanted are kept
of each. So a line that does not end, or a quotation mark that nothing closes, takes
no more memory than a block.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import numpy as np

from geodata.files.plain import checked_file, fatal
from geodata.gazetteer.faults import LARGEST_BYTES, LONGEST_LINE, faults_in
from geodata.gazetteer.geopackage import SQLITE_MAGIC, find_layer, geopackage_file, rows_with

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["UprnFile"]

HEADER: Final = "UPRN,X_COORDINATE,Y_COORDINATE,LATITUDE,LONGITUDE"
BLOCK_BYTES: Final = 2**24
_SHIPPED: Final = "give the csv, zip or GeoPackage of OS Open UPRN as the Ordnance Survey ships it"
_AGAIN: Final = "download OS Open UPRN again, whole"


class UprnFile:
    """OS Open UPRN as CSV, as GeoPackage, or as a zip or folder with one of them in it.

    Parameters
    ----------
    path
        The file or folder.

    Raises
    ------
    DataError
        If it is not there or is something else.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = _inside(Path(path))
        self.name = self.path.name
        self._member: str | None = None
        with faults_in(self.name), self.path.open("rb") as stream:
            start = stream.read(len(SQLITE_MAGIC))
        self._is_geopackage = start == SQLITE_MAGIC
        if start[:2] == b"PK":
            self._member = self._choose_member()
            self._is_geopackage = self._member.casefold().endswith(".gpkg")
        if self._is_geopackage:
            return
        with self._stream() as stream:
            self._check_header(stream.readline(LONGEST_LINE))

    def find(self, wanted: set[int]) -> dict[int, tuple[float, float]]:
        """Return UPRN -> (easting, northing) in EPSG:27700 of those that are in the file.

        Raises
        ------
        DataError
            If the file is damaged.
        """
        if not wanted:
            return {}
        return self._find_in_layer(wanted) if self._is_geopackage else self._find_in_csv(wanted)

    def _choose_member(self) -> str:
        with faults_in(self.name), zipfile.ZipFile(self.path) as archive:
            names = [name for name in archive.namelist() if "__MACOSX" not in name]
        for suffix in (".csv", ".gpkg"):
            tables = [n for n in names if n.casefold().endswith(suffix)]
            named = [n for n in tables if "uprn" in n.casefold()] or tables
            if len(named) == 1:
                return named[0]
        raise fatal(self.name, "it holds no single csv or GeoPackage of UPRNs", _SHIPPED)

    @contextmanager
    def _stream(self) -> Iterator[IO[bytes]]:
        if self._member is None:
            with faults_in(self.name), self.path.open("rb") as stream:
                yield stream
            return
        with (
            faults_in(self.name),
            zipfile.ZipFile(self.path) as archive,
            archive.open(self._member) as member,
        ):
            yield member

    def _check_header(self, line: bytes) -> None:
        text = line.removeprefix(b"\xef\xbb\xbf").decode("latin-1").strip().replace('"', "")
        if text.casefold() != HEADER.casefold():
            raise fatal(self.name, f"its first line is {text[:60]!r}, not {HEADER}", _SHIPPED)

    def _find_in_csv(self, wanted: set[int]) -> dict[int, tuple[float, float]]:
        import pandas as pd

        index = pd.Index(sorted(wanted), dtype="int64")
        found: dict[int, tuple[float, float]] = {}
        first = 2
        with self._stream() as stream:
            stream.readline(LONGEST_LINE)
            while len(found) < len(wanted) and (block := stream.read(BLOCK_BYTES)):
                rest = b"" if block.endswith(b"\n") else stream.readline(LONGEST_LINE)
                if len(rest) == LONGEST_LINE and not rest.endswith(b"\n"):
                    raise fatal(self.name, "it holds a line that does not end", _AGAIN)
                rows = self._rows(block + rest, first)
                rows = rows[index.get_indexer(pd.Index(rows["UPRN"])) >= 0]
                for uprn, x, y in rows.iloc[:, :3].itertuples(index=False):
                    found.setdefault(uprn, (x, y))
                first += block.count(b"\n") + rest.count(b"\n")
        return found

    def _rows(self, lines: bytes, first: int) -> pd.DataFrame:
        """Return the rows of a block, all of them with a number in each column."""
        import pandas as pd

        names = HEADER.split(",")
        kinds = dict.fromkeys(names, "float64") | {"UPRN": "int64"}
        try:
            # With `usecols` more cells than names are no index.
            rows = pd.read_csv(
                io.BytesIO(lines), header=None, names=names, usecols=names, dtype=kinds
            )
            whole = bool(np.isfinite(rows.to_numpy()).all())
        except (ValueError, OverflowError):
            whole = False
        if not whole:
            last = first + lines.rstrip().count(b"\n")
            raise fatal(self.name, f"one of its lines {first:,} to {last:,} is damaged", _AGAIN)
        return rows

    def _find_in_layer(self, wanted: set[int]) -> dict[int, tuple[float, float]]:
        with faults_in(self.name), geopackage_file(self.path, self._member) as path:
            needed = HEADER.split(",")[:3]
            layer, columns, _ = find_layer(path, needed, file=self.name)
            rows = rows_with(
                path, layer, columns, key=f'"{columns[0]}"', wanted=wanted, file=self.name
            )
        try:
            return {int(uprn): (float(x), float(y)) for uprn, x, y in rows}
        except (TypeError, ValueError) as error:
            raise fatal(self.name, "it holds a UPRN without coordinates", _AGAIN) from error


def _inside(path: Path) -> Path:
    """Return the file, or the only file of UPRNs in a folder."""
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.suffix.casefold() in (".csv", ".gpkg"))
        named = [p for p in files if "uprn" in p.name.casefold()] or files
        if len(named) != 1:
            raise fatal(path.name, "the folder holds no single csv or GeoPackage", _SHIPPED)
        path = named[0]
    checked_file(path, most_bytes=LARGEST_BYTES)
    return path
