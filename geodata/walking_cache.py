"""Walks between the same places, kept on disk by the content of what they came from.

The key is a digest of the bytes of the street file and the file of barriers, the
points, the speed and the version of the library and its walking model, so that
nothing is ever out of date. The file carries a digest of what it holds: whatever
is wrong with it, the walks are worked out again.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from geodata.walking import WALKING_KMH, Walks, as_points

if TYPE_CHECKING:
    from collections.abc import Callable

    from geodata.walking import WalkingNetwork

__all__ = ["cached_walks"]

FloatArray = npt.NDArray[np.float64]

_log = logging.getLogger(__name__)

KEPT_FILES: Final = 10
"""The cache holds no more entries than this; the oldest go."""
_MODEL: Final = "3"
"""Goes up when the same files give other times, so that the old ones are no longer found."""
_DIGEST_BYTES: Final = 32
_SUFFIX: Final = ".walk"
_CHUNK: Final = 2**20


def cached_walks(
    path: str | Path,
    points: npt.ArrayLike,
    *,
    network: Callable[[], WalkingNetwork],
    crs: str = "EPSG:27700",
    walking_kmh: float = WALKING_KMH,
    layer: str | None = None,
    barriers: str | Path | None = None,
    barriers_layer: str | None = None,
    cache_dir: str | Path | None,
) -> Walks:
    """Return the (n, n) walks between n points, from the cache where it has them.

    Parameters
    ----------
    path
        The street file.
    points
        (n, 2) coordinates in `crs`.
    network
        Gives the network of that file in that `crs`, at that speed, from that
        `layer` and with those barriers; called only where the cache does not have
        the walks.
    barriers, barriers_layer
        The file of barriers, where they are not the street file's own or none.
    cache_dir
        Folder of the cache, made where it is not there; None for no cache.
    """
    xy = as_points(points)
    entry = None
    if cache_dir is not None:
        settings = f"{crs}|{walking_kmh!r}|{layer}|{barriers_layer}"
        files = [Path(path), *([] if barriers is None else [Path(barriers)])]
        entry = _entry(Path(cache_dir), files, xy, settings)
    if entry is not None and (found := _load(entry, len(xy))) is not None:
        return found
    walks = network().walks(xy, xy)
    if entry is not None:
        _store(entry, walks)
    return walks


def _entry(folder: Path, files: list[Path], xy: FloatArray, settings: str) -> Path | None:
    """Return the file that would hold the walks; None where one of the files cannot be read."""
    try:
        library = version("doorstep")
    except PackageNotFoundError:
        library = "none"
    digest = hashlib.blake2b(
        f"{_MODEL}|{library}|{settings}|{len(files)}|{xy.shape}".encode(), digest_size=16
    )
    try:
        for part in (part for file in files for part in _parts(file)):
            if not part.is_file():  # a pipe would never end
                return None
            digest.update(f"|{part.suffix.lower()}|{part.stat().st_size}|".encode())
            with part.open("rb") as stream:
                while chunk := stream.read(_CHUNK):
                    digest.update(chunk)
    except OSError:
        return None
    digest.update(np.ascontiguousarray(xy).tobytes())
    return folder / (digest.hexdigest() + _SUFFIX)


def _parts(path: Path) -> list[Path]:
    """Return the files that one is made of: a shapefile is several of one name."""
    if path.suffix.lower() != ".shp":
        return [path]
    return sorted(p for p in path.parent.glob("*") if p.stem == path.stem and p.is_file())


def _load(entry: Path, n: int) -> Walks | None:
    """Return the walks that the file holds; None where it is not just what was written."""
    size = _DIGEST_BYTES + 2 * 8 * n * n
    try:
        # What is no ordinary file, or of another size, is not opened: it might have no end.
        if not entry.is_file() or entry.stat().st_size != size:
            content = b""
        else:
            with entry.open("rb") as stream:
                content = stream.read(size)
    except OSError:
        content = b""
    told, body = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    digest = hashlib.blake2b(body, digest_size=_DIGEST_BYTES).digest()
    if len(content) == size and digest == told:
        return Walks(*np.frombuffer(body, dtype="<f8").astype(np.float64).reshape(2, n, n))
    if entry.exists():
        _log.warning("%s is damaged: walks are worked out again", entry.name)
    return None


def _store(entry: Path, walks: Walks) -> None:
    """Write beside and rename, so that no reader ever sees half a file; failing is no harm."""
    body = np.stack(walks).astype("<f8").tobytes()
    told = hashlib.blake2b(body, digest_size=_DIGEST_BYTES).digest()
    new: Path | None = None
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=entry.parent, suffix=".part")
        new = Path(name)
        with os.fdopen(handle, "wb") as out:
            out.write(told + body)
        new.replace(entry)
        _prune(entry.parent)
    except OSError as error:
        _log.info("walks are not kept: %s", error)
        if new is not None:
            new.unlink(missing_ok=True)


def _prune(folder: Path) -> None:
    entries = sorted(folder.glob("*" + _SUFFIX), key=lambda p: (p.stat().st_mtime, p.name))
    for old in entries[:-KEPT_FILES]:
        old.unlink(missing_ok=True)
