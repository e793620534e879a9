"""Templates of a landlord's folder, to be filled in."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final

__all__ = ["TEMPLATES", "write_templates"]

TEMPLATES: Final = (
    "doorstep.toml",
    "homes.csv",
    "officers.csv",
    "visits.csv",
    "service_centres.csv",
)


def write_templates(folder: Path) -> list[Path]:
    """Write the settings and files of two example homes, which `doorstep check` accepts.

    Parameters
    ----------
    folder
        Where to write; made if absent.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    FileExistsError
        If any of the files is there already; then none is written.
    """
    targets = [Path(folder) / name for name in TEMPLATES]
    present = [str(path) for path in targets if path.exists()]
    if present:
        verb = "is" if len(present) == 1 else "are"
        raise FileExistsError(f"{', '.join(present)} {verb} there already")
    source = files("geodata.samples") / "templates"
    Path(folder).mkdir(parents=True, exist_ok=True)
    for path in targets:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write((source / path.name).read_text(encoding="utf-8"))
    return targets
