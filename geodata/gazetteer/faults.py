"""What goes wrong in reading the Ordnance Survey's files, in words."""

from __future__ import annotations

import csv
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from geodata.files.plain import fatal

__all__ = ["LARGEST_BYTES", "LONGEST_LINE", "faults_in"]

LARGEST_BYTES: Final = 2**36
"""Nothing is held in memory, so only what cannot be one of these files is refused."""
LONGEST_LINE: Final = 10_000
"""A line longer than this is no line of these files; without a limit it would fill the memory."""
_AGAIN: Final = "download it again, whole"


@contextmanager
def faults_in(file: str) -> Iterator[None]:
    """Turn what readers raise for a damaged file into a DataError that names it."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise fatal(file, "it is a damaged zip file", _AGAIN) from error
    except UnicodeDecodeError as error:
        raise fatal(file, "it is not a text file in UTF-8", _AGAIN) from error
    except csv.Error as error:
        raise fatal(file, "it is not a CSV file", _AGAIN) from error
    except OSError as error:
        raise fatal(
            file,
            f"it cannot be read: {error.strerror or error}",
            "close it elsewhere and check that you may open it",
        ) from error
