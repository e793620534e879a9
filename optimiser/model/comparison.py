"""Two assignments of blocks to patches, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import Field

from optimiser.model.base import Frozen

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CURRENT",
    "ChangedBlock",
    "PatchComparison",
    "PatchFigures",
    "PatchSide",
    "SideFigures",
    "StatedFigures",
]

CURRENT: Final = "current"
"""The name of the patches in force, where a plan is asked for."""


class StatedFigures(Frozen):
    """What an output says of itself, to be checked against what it comes to."""

    objective: float
    walk_minutes: float
    homes_moved: int
    status: str
    bound: float
    gap: float


class PatchSide(Frozen):
    """One of the two: which patch each block is in, and whose that patch is.

    `equal`: its patches were asked for as so many of equal size, whoever holds them.
    """

    name: str
    patch_of: dict[str, str]
    officer_of: dict[str, str | None] = Field(default_factory=dict)
    equal: bool = False
    stated: StatedFigures | None = None
    notes: tuple[str, ...] = ()


class PatchFigures(Frozen):
    """One patch of one side. `target` is its FTE's share of all work; points, minutes a week."""

    patch: str
    officer_ref: str | None
    homes: int
    blocks: int
    workload: float
    target: float
    walk_minutes: float
    centre_minutes: float
    pieces: int

    @property
    def off_target(self) -> float:
        """Return by how much the workload is above its target, as a share of it."""
        return self.workload / self.target - 1 if self.target > 0 else 0.0


class SideFigures(Frozen):
    """What one side comes to by today's files and rules; minutes a week.

    `homes_moved` are the households that change from the patches in force. `bound` and
    `gap` are those stated when the plan was made, None where its cost is another by now.
    `breaks` names the rules that it breaks.
    """

    name: str
    patches: tuple[PatchFigures, ...]
    walk_minutes: float
    centre_minutes: float
    moved_minutes: float
    homes_moved: int
    split_estates: dict[str, int]
    blocks_without_patch: int
    status: str | None = None
    bound: float | None = None
    gap: float | None = None
    breaks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def objective(self) -> float:
        """Return walking, ways to service centres and the price of homes moved."""
        return self.walk_minutes + self.centre_minutes + self.moved_minutes

    @property
    def farthest(self) -> float:
        """Return the largest distance of a patch's workload from its target, as a share."""
        return max((abs(p.off_target) for p in self.patches), default=0.0)

    @property
    def homes_per_patch(self) -> float:
        """Return the mean number of homes of a patch."""
        return sum(p.homes for p in self.patches) / max(1, len(self.patches))


class ChangedBlock(Frozen):
    """A block that is in another patch in B than in A; `today` is its patch in force."""

    block_ref: str
    estate: str | None
    homes: int
    today: str | None
    a: str | None
    b: str | None


class PatchComparison(Frozen):
    """A and B by the same problem, and the blocks that differ."""

    a: SideFigures
    b: SideFigures
    changed: tuple[ChangedBlock, ...]
    notes: tuple[str, ...] = ()

    @property
    def homes_changed(self) -> int:
        """Return the homes that are in another patch in B than in A."""
        return sum(block.homes for block in self.changed)

    def figures(self) -> list[tuple[str, float | None, float | None]]:
        """Return (figure, of A, of B), the same ones as on every output."""

        def both(words: str, name: str, times: float = 1) -> tuple[str, float | None, float | None]:
            values = (getattr(self.a, name), getattr(self.b, name))
            first, second = (None if v is None else times * v for v in values)
            return words, first, second

        return [
            ("Patches", len(self.a.patches), len(self.b.patches)),
            both("Homes a patch, mean", "homes_per_patch"),
            both("Farthest from target, percent", "farthest", 100),
            both("Walking within patches, minutes a week", "walk_minutes"),
            both("To and from service centres, minutes a week", "centre_minutes"),
            both("Homes that change from today", "homes_moved"),
            both("Price of those, minutes a week", "moved_minutes"),
            both("Objective, minutes a week", "objective"),
            both("Bound when it was made, minutes a week", "bound"),
            both("Gap when it was made, percent", "gap", 100),
            (
                "Estates in more than one patch",
                len(self.a.split_estates),
                len(self.b.split_estates),
            ),
            both("Blocks without a patch", "blocks_without_patch"),
        ]

    def to_frame(self) -> pd.DataFrame:
        """Return one row a patch of either side: its figures in A, then in B."""
        import pandas as pd

        names = ("officer_ref", "homes", "blocks", "workload", "target", "walk_minutes")
        sides = [{p.patch: p for p in side.patches} for side in (self.a, self.b)]
        rows = []
        for patch in sorted(sides[0].keys() | sides[1].keys()):
            row: dict[str, object] = {"patch": patch}
            for letter, side in zip("ab", sides, strict=True):
                found = side.get(patch)
                for name in names:
                    row[f"{name}_{letter}"] = getattr(found, name, None)
                row[f"off_target_{letter}"] = None if found is None else found.off_target
            rows.append(row)
        return pd.DataFrame(rows)
