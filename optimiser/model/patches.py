"""The patch problem as ids, integers and arrays, and its plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import numpy as np
from pydantic import Field, model_validator

from optimiser.model.base import BoolArray, Frozen, Int32Array, Int64Array
from optimiser.model.outcome import Outcome
from optimiser.model.rules import PatchRules

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "COST_UNITS_PER_MINUTE",
    "WORKLOAD_UNITS_PER_POINT",
    "BlockAssignment",
    "MeasureUse",
    "MoveReason",
    "PatchBlock",
    "PatchMeasure",
    "PatchParams",
    "PatchPlan",
    "PatchProblem",
    "PatchSlot",
    "PatchSummary",
]

COST_UNITS_PER_MINUTE: Final = 100_000
WORKLOAD_UNITS_PER_POINT: Final = 100


class PatchBlock(Frozen):
    """A building, never split. `workload` is in hundredths of a point.

    Of its homes, `tenanted` are let, `flagged` have a vulnerable resident; its
    `open_cases` are those of arrears, antisocial behaviour and damp, up to three a home.
    """

    block_ref: str
    estate: str | None = None
    homes: int = Field(ge=0)
    workload: int = Field(ge=0)
    tenanted: int = Field(0, ge=0)
    open_cases: int = Field(0, ge=0)
    flagged: int = Field(0, ge=0)
    current_patch: str | None = None
    easting: float = 0.0
    northing: float = 0.0


class PatchSlot(Frozen):
    """A patch to be filled: its officer and the workload limits, in hundredths of a point."""

    patch: str
    officer_ref: str | None = None
    service_centre: str | None = None
    fte: float = Field(1.0, gt=0)
    target: int = Field(ge=0)
    lower: int = Field(ge=0)
    upper: int = Field(ge=0)


class PatchMeasure(Frozen):
    """A measure beside workload that has limits of its own in each patch.

    With n blocks and p patches: `amount` (n,) is what each block adds, `lower` and
    `upper` (p,) limit what a patch holds. With `distinct`, amounts are labels (-1:
    none) and a patch holds as many as there are different labels in it, as estates.
    """

    name: str
    amount: Int64Array
    lower: Int64Array
    upper: Int64Array
    distinct: bool = False


class PatchProblem(Frozen):
    """Which block goes to which patch, and which block is each patch's centre.

    With n blocks and p patches:

    - `unit` (n,): blocks with the same number stay together (an estate that fits
      whole, or a block alone); numbered from 0 without gaps.
    - `edges` (m, 2): pairs of blocks that are neighbours on foot, i < j. The
      graph of all blocks is connected.
    - `walk_cost` (n, n): cost units of serving block i (row) from centre j (column).
    - `centre_cost` (p, n): cost units of the walks between patch k's service
      centre and its centre j.
    - `move_cost` (n, p): cost units of the households of block i that would change
      officer if i went to patch k; `moved_homes` (n, p) is their number.
    - `allowed` (n, p): False where a pin, a reach limit or a ban forbids it.
    - `apart` (r, 2): pairs of blocks that may not share a patch.
    - `measures`: further limits on what each patch holds.

    The cost of a plan is the sum of `walk_cost[i, centre of i's patch]`,
    `centre_cost[k, centre of k]` and `move_cost[i, patch of i]`, in units of
    1 / `COST_UNITS_PER_MINUTE` walking minutes a week.
    """

    blocks: tuple[PatchBlock, ...] = Field(min_length=1)
    slots: tuple[PatchSlot, ...] = Field(min_length=1)
    unit: Int32Array
    edges: Int32Array
    walk_cost: Int64Array
    centre_cost: Int64Array
    move_cost: Int64Array
    moved_homes: Int32Array
    allowed: BoolArray
    apart: Int32Array = Field(default_factory=lambda: np.empty((0, 2), dtype=np.int32))
    measures: tuple[PatchMeasure, ...] = ()
    balance: float = Field(0.05, ge=0, description="the tolerance that the limits came from")
    together: tuple[tuple[int, ...], ...] = Field(
        (), description="groups of blocks that a rule keeps together; `unit` has them as one"
    )
    rules: PatchRules | None = Field(None, description="as set by the manager, for the record")
    by_hand: tuple[str, ...] = Field((), description="blocks kept where a person put them")
    locked: tuple[str, ...] = Field((), description="patches kept as a person left them")
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _shapes_agree(self) -> Self:
        n, p = len(self.blocks), len(self.slots)
        expected = {
            "unit": (n,),
            "walk_cost": (n, n),
            "centre_cost": (p, n),
            "move_cost": (n, p),
            "moved_homes": (n, p),
            "allowed": (n, p),
        }
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} has shape {getattr(self, name).shape}, not {shape}")
        if self.edges.ndim != 2 or self.edges.shape[1] != 2:
            raise ValueError(f"edges has shape {self.edges.shape}, not (m, 2)")
        if self.edges.size and (self.edges.min() < 0 or self.edges.max() >= n):
            raise ValueError("edges name a block that is not there")
        if self.apart.ndim != 2 or self.apart.shape[1] != 2:
            raise ValueError(f"apart has shape {self.apart.shape}, not (r, 2)")
        if self.apart.size and (self.apart.min() < 0 or self.apart.max() >= n):
            raise ValueError("apart names a block that is not there")
        for measure in self.measures:
            shapes = measure.amount.shape, measure.lower.shape, measure.upper.shape
            if shapes != ((n,), (p,), (p,)):
                raise ValueError(f"measure {measure.name!r} has shapes {shapes}")
            if measure.amount.min() < (-1 if measure.distinct else 0):
                raise ValueError(f"measure {measure.name!r} holds a negative amount")
        if not np.array_equal(np.unique(self.unit), np.arange(int(self.unit.max()) + 1)):
            raise ValueError("unit numbers must run from 0 without gaps")
        for name in ("walk_cost", "centre_cost", "move_cost"):
            if getattr(self, name).min(initial=0) < 0:
                raise ValueError(f"{name} holds a negative cost")
        return self


class PatchParams(Frozen):
    """How hard to search; the defaults suit one borough on two cores.

    With `iterations` set, the search stops after that many neighbourhoods
    instead of by the clock, so that the same seed gives the same plan, with any
    number of workers.
    """

    neighbourhood_patches: int = Field(3, ge=2)
    neighbourhood_seconds: float = Field(5.0, gt=0)
    iterations: int | None = Field(None, ge=0)
    workers: int = Field(2, ge=1)


class BlockAssignment(Frozen):
    """A block's patch, new and old."""

    block_ref: str
    patch: str
    old_patch: str | None


class MeasureUse(Frozen):
    """What a patch holds of a further measure, and its limits."""

    name: str
    value: int
    lower: int
    upper: int


class PatchSummary(Frozen):
    """One patch of a plan; `workload` and `target` in points."""

    patch: str
    officer_ref: str | None
    service_centre: str | None
    centre_block: str
    homes: int
    blocks: int
    workload: float
    target: float
    lower: float
    upper: float
    walk_minutes: float
    measures: tuple[MeasureUse, ...] = ()


class MoveReason(Frozen):
    """Why a block is not in its old patch: what putting it back would break or cost.

    `kind` names the rule, or "cost"; "none" where nothing speaks against it.
    `figures` are the numbers in the sentence. `shared` is the sentence for what others
    than officers may see: without numbers that would tell of fewer than five homes.
    """

    block_ref: str
    old: str
    new: str
    kind: str
    sentence: str
    shared: str
    figures: dict[str, float] = Field(default_factory=dict)


class PatchPlan(Outcome):
    """Patches for every block. `objective` and `bound` are walking minutes a week.

    `objective` = `walk_minutes` + `centre_minutes` + `moved_minutes`. Each part has a
    bound of its own, None where it was not worked out: no plan that keeps all the
    rules has less of that part alone. `unavoidable` is what every plan must pay, and
    `net_gap` the gap after taking it off both the objective and the bound.
    """

    assignments: tuple[BlockAssignment, ...]
    patches: tuple[PatchSummary, ...]
    walk_minutes: float
    centre_minutes: float
    moved_minutes: float
    walk_bound: float | None = None
    centre_bound: float | None = None
    moved_bound: float | None = None
    unavoidable: float = Field(0.0, description="`centre_bound` + `moved_bound`")
    net_gap: float | None = Field(
        None, description="(objective - bound) / (objective - unavoidable); None: not known"
    )
    homes_moved: int
    balance: float
    split_estates: dict[str, int] = Field(
        default_factory=dict, description="estate: number of patches it lies in, where above 1"
    )
    rules: PatchRules | None = None
    by_hand: tuple[str, ...] = Field((), description="blocks kept where a person put them")
    locked: tuple[str, ...] = Field((), description="patches kept as a person left them")
    notes: tuple[str, ...] = ()

    def patch_of(self) -> dict[str, str]:
        """Return block_ref -> patch."""
        return {a.block_ref: a.patch for a in self.assignments}

    def to_frame(self) -> pd.DataFrame:
        """Return one row a block: block_ref, patch, old_patch, officer_ref."""
        import pandas as pd

        officer = {s.patch: s.officer_ref for s in self.patches}
        rows = [(a.block_ref, a.patch, a.old_patch, officer.get(a.patch)) for a in self.assignments]
        return pd.DataFrame(rows, columns=["block_ref", "patch", "old_patch", "officer_ref"])
