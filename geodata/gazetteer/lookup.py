"""The gazetteer: where a UPRN or a postcode is."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

import numpy as np
import numpy.typing as npt

from geodata.errors import DataError, Problem
from geodata.gazetteer.postcodes import PostcodeFiles
from geodata.gazetteer.spelling import spell_postcode, uprn_number
from geodata.gazetteer.uprns import UprnFile

__all__ = ["GAZETTEER_CRS", "Gazetteer", "arranged"]

GAZETTEER_CRS = "EPSG:27700"

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Gazetteer:
    """Looks up UPRNs in OS Open UPRN and postcodes in Code-Point Open.

    Nothing is held in memory: each call reads through the files (40 million UPRNs:
    some 10 seconds, 150 MB of memory), so ask for all at once. Both cover Great Britain.

    Attributes
    ----------
    uprns, postcodes
        The files, None where not given.
    """

    uprns: UprnFile | None = None
    postcodes: PostcodeFiles | None = None

    @classmethod
    def from_files(
        cls, *, uprn: str | Path | None = None, postcodes: str | Path | None = None
    ) -> Self:
        """Open the files, as shipped.

        Parameters
        ----------
        uprn
            OS Open UPRN: the csv, GeoPackage, or the zip or folder with one in it.
        postcodes
            Code-Point Open: the folder, zip or GeoPackage; or one CSV, laid out as
            Code-Point Open's or with a header that names postcode, easting and northing.

        Raises
        ------
        DataError
            With what is wrong with either.
        """
        problems: list[Problem] = []
        uprn_file = postcode_files = None
        try:
            uprn_file = UprnFile(uprn) if uprn is not None else None
        except DataError as error:
            problems.extend(error.problems)
        try:
            postcode_files = PostcodeFiles(postcodes) if postcodes is not None else None
        except DataError as error:
            problems.extend(error.problems)
        if problems:
            raise DataError(problems)
        return cls(uprns=uprn_file, postcodes=postcode_files)

    def locate_uprns(
        self, uprns: Iterable[object], *, crs: str = GAZETTEER_CRS
    ) -> npt.NDArray[np.float64]:
        """Return (n, 2) coordinates in `crs`, NaN for what is not in the file or no UPRN.

        UPRNs are text or numbers; padding and leading zeros do not count.

        Raises
        ------
        DataError
            If the file is damaged.
        """
        numbers = [uprn_number(value) for value in uprns]
        wanted = {number for number in numbers if number is not None}
        return arranged(numbers, self.uprns.find(wanted) if self.uprns else {}, crs)

    def locate_postcodes(
        self, postcodes: Iterable[object], *, crs: str = GAZETTEER_CRS
    ) -> npt.NDArray[np.float64]:
        """Return (n, 2) centres in `crs`, NaN for what is not there or has no coordinates.

        Case and spaces do not count: "w1h2ab" is W1H 2AB.

        Raises
        ------
        DataError
            If a file is damaged.
        """
        spelt = [spell_postcode(value) for value in postcodes]
        wanted = {postcode for postcode in spelt if postcode is not None}
        return arranged(spelt, self.postcodes.find(wanted) if self.postcodes else {}, crs)


def arranged(
    keys: list[Key | None], found: Mapping[Key, tuple[float, float]], crs: str
) -> npt.NDArray[np.float64]:
    """Return (n, 2) places of `keys` in `crs`, NaN where not found."""
    nowhere = (np.nan, np.nan)
    places = [nowhere if key is None else found.get(key, nowhere) for key in keys]
    xy = np.array(places, dtype=float).reshape(-1, 2)
    if crs.upper() == GAZETTEER_CRS:
        return xy
    from pyproj import Transformer

    turn = Transformer.from_crs(GAZETTEER_CRS, crs, always_xy=True)
    xy = np.column_stack(turn.transform(xy[:, 0], xy[:, 1]))
    xy[~np.isfinite(xy)] = np.nan
    return xy
