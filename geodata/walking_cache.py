"""Walking times between the same places, kept on disk by the content of what they came from.

The key is a digest of the street file's bytes, the points, the speed and the
version of the library and its walking model, so that nothing is ever out of
date. The file carries a digest of what it holds: whatever is wrong with it, the
times are worked out again.
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

from geodata.walking import WALKING_KMH, as_points

if TYPE_CHECKING:
    from collections.abc import Callable

    from geodata.walking import WalkingNetwork

__all__ = ["cached_walk_seconds"]

FloatArray = npt.NDArray[np.float64]

_log = logging.getLogger(__name__)

KEPT_FILES: Final = 20
"""The cache holds no more matrices than this; the oldest go."""
_MODEL: Final = "2"
"""Goes up when the same files give other times, so that the old ones are no longer found."""
_DIGEST_BYTES: Final = 32
_SUFFIX: Final = ".walk"
_CHUNK: Final = 2**20


def cached_walk_seconds(
    path: str | Path,
    points: npt.ArrayLike,
    *,
    network: Callable[[], WalkingNetwork],
    crs: str = "EPSG:27700",
    walking_kmh: float = WALKING_KMH,
    layer: str | None = None,
    cache_dir: str | Path | None,
) -> FloatArray:
    """Return the (n, n) seconds on foot between n points, from the cache where it has them.

    Parameters
    ----------
    path
        The street file.
    points
        (n, 2) coordinates in `crs`.
    network
        Gives the network of that file in that `crs`, at that speed and from that
        `layer`; called only where the cache does not have the times.
    cache_dir
        Folder of the cache, made where it is not there; None for no cache.
    """
    xy = as_points(points)
    entry = None
    if cache_dir is not None:
        entry = _entry(Path(cache_dir), Path(path), xy, f"{crs}|{walking_kmh!r}|{layer}")
    if entry is not None and (found := _load(entry, len(xy))) is not None:
        return found
    seconds = network().walk_seconds(xy, xy)
    if entry is not None:
        _store(entry, seconds)
    return seconds


def _entry(folder: Path, path: Path, xy: FloatArray, settings: str) -> Path | None:
    """Return the file that would hold the times; None where the streets cannot be read."""
    try:
        library = version("doorstep")
    except PackageNotFoundError:
        library = "none"
    digest = hashlib.blake2b(f"{_MODEL}|{library}|{settings}|{xy.shape}".encode(), digest_size=16)
    # A shapefile is several files of one name.
    parts = [path]
    if path.suffix.lower() == ".shp":
        parts = sorted(p for p in path.parent.glob("*") if p.stem == path.stem and p.is_file())
    try:
        for part in parts:
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


def _load(entry: Path, n: int) -> FloatArray | None:
    """Return the times that the file holds; None where it is not just what was written."""
    size = _DIGEST_BYTES + 8 * n * n
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
    if len(body) == 8 * n * n and hashlib.blake2b(body, digest_size=_DIGEST_BYTES).digest() == told:
        return np.frombuffer(body, dtype="<f8").astype(np.float64).reshape(n, n)
    if entry.exists():
        _log.warning("%s is damaged: walking times are worked out again", entry.name)
    return None


def _store(entry: Path, seconds: FloatArray) -> None:
    """Write beside and rename, so that no reader ever sees half a file; failing is no harm."""
    body = np.ascontiguousarray(seconds, dtype="<f8").tobytes()
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
        _log.info("walking times are not kept: %s", error)
        if new is not None:
            new.unlink(missing_ok=True)


def _prune(folder: Path) -> None:
    entries = sorted(folder.glob("*" + _SUFFIX), key=lambda p: (p.stat().st_mtime, p.name))
    for old in entries[:-KEPT_FILES]:
        old.unlink(missing_ok=True)
