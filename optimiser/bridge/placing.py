"""Which block may be in which patch, which must share one and which must not."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from optimiser.bridge.rule_names import listed
from optimiser.bridge.slots import Locked

if TYPE_CHECKING:
    from optimiser.bridge.rule_names import RuleNames
    from optimiser.model.rules import PatchRules

__all__ = ["Placing", "allowed_blocks", "apart_pairs", "together_groups"]

Bools = npt.NDArray[np.bool_]
Int32s = npt.NDArray[np.int32]


class Placing:
    """The (n, p) blocks that each patch may have, rule by rule, and which rules said so."""

    def __init__(self, names: RuleNames) -> None:
        self.names = names
        self.patches = list(names.patches)
        self.may = np.ones((len(names.refs), len(self.patches)), dtype=bool)
        self.bound = np.zeros(len(names.refs), dtype=bool)
        self._why: dict[int, list[str]] = {}

    def only(self, blocks: list[int], patch: int, why: str, *, shut: bool = False) -> None:
        """Keep blocks in a patch; with `shut`, others out of it."""
        stay = np.zeros(len(self.patches), dtype=bool)
        stay[patch] = True
        self.may[blocks] &= stay
        self.bound[blocks] = True
        self._say(blocks, why)
        if shut:
            others = np.setdiff1d(np.arange(len(self.may)), blocks)
            self.may[others, patch] = False

    def never(self, blocks: list[int], patch: int, why: str) -> None:
        """Keep blocks out of a patch."""
        self.may[blocks, patch] = False
        self._say(blocks, why)

    def require_some(self) -> None:
        """Note the blocks that the rules leave no patch, with the rules that do."""
        by_rules: dict[str, list[str]] = {}
        for i in np.flatnonzero(~self.may.any(axis=1)).tolist():
            # A lock keeps blocks out of its patch that no rule names.
            why = "; ".join(self._why.get(i, [])) or "every other patch is locked"
            by_rules.setdefault(why, []).append(self.names.refs[i])
        for why, refs in by_rules.items():
            key = why.split(" ")[0]
            self.names.fault(
                key, f"leaves no patch for {listed(refs)} ({why})", "remove one of these rules"
            )

    def _say(self, blocks: list[int], why: str) -> None:
        for i in blocks:
            self._why.setdefault(i, []).append(why)


def allowed_blocks(
    rules: PatchRules, names: RuleNames, locked: Locked, within_reach: Bools
) -> Bools:
    """Return (n, p) which block may be in which patch.

    Pins and locks hold beyond the reach; blocks that the rules leave no patch are faults.
    """
    placing = Placing(names)
    for k, own in locked.items():
        placing.only(own.tolist(), k, f"locked {placing.patches[k]}", shut=True)
    for name, patch in rules.pins.items():
        number = names.patch(f"pins.{name}", patch)
        blocks = names.blocks("pins", name)
        if number is not None:
            placing.only(blocks, number, f"pins {name} = {patch}")
        elif patch in names.officers:
            reason = "is an officer without a patch in this redraw"
            names.fault(f"pins.{name}", reason, "pin it to a patch", patch)
    for who, what in rules.forbidden.items():
        number = names.patch("forbidden", who)
        for name in what:
            blocks = names.blocks(f"forbidden.{who}", name)
            if number is not None:
                placing.never(blocks, number, f"forbidden {who} = {name}")
    placing.require_some()
    return placing.may & (within_reach | placing.bound[:, None])


def together_groups(rules: PatchRules, names: RuleNames) -> list[list[int]]:
    """Return the blocks of each group that is to share a patch."""
    groups = []
    for given in rules.together:
        before = len(names.faults)
        blocks = sorted({i for name in given for i in names.blocks("together", name)})
        if len(blocks) > 1:
            groups.append(blocks)
        elif len(names.faults) == before:
            reason = "names one block only" if blocks else "names no block"
            names.fault("together", reason, "name two or more", ", ".join(given))
    return groups


def apart_pairs(rules: PatchRules, names: RuleNames, allowed: Bools) -> Int32s:
    """Return (r, 2) pairs of blocks, i < j, that may not share a patch."""
    pairs: set[tuple[int, int]] = set()
    for given in rules.apart:
        before = len(names.faults)
        members = [(name, names.blocks("apart", name)) for name in given]
        if len(names.faults) > before:
            continue
        said = ", ".join(given)
        if len(given) < 2:
            names.fault("apart", "names fewer than two", "name two or more", said)
        if len(given) > len(names.patches):
            reason = f"names {len(given)}, and there are {len(names.patches)} patches"
            names.fault("apart", reason, "name fewer", said)
        for (one, first), (other, second) in combinations(members, 2):
            if both := set(first) & set(second):
                ref = names.refs[min(both)]
                reason = f"names {ref} twice: {one} and {other}"
                names.fault("apart", reason, "a block cannot be kept from itself", said)
                continue
            pairs |= {(min(i, j), max(i, j)) for i in first for j in second}
    found = np.array(sorted(pairs), dtype=np.int32).reshape(-1, 2)
    _require_apart(found, names, allowed)
    return found


def _require_apart(pairs: Int32s, names: RuleNames, allowed: Bools) -> None:
    """Note a pair of which both may be in one and the same patch only."""
    single = allowed.sum(axis=1) == 1
    one, other = pairs.T
    stuck = single[one] & single[other] & (allowed[one] == allowed[other]).all(axis=1)
    if stuck.any():
        i, j = pairs[int(np.argmax(stuck))].tolist()
        patch = list(names.patches)[int(np.argmax(allowed[i]))]
        refs = f"{names.refs[i]}, {names.refs[j]}"
        reason = f"cannot be kept: both may be in patch {patch} only"
        names.fault("apart", reason, "remove it, or one of their pins or locks", refs)
