"""Why each block that changes patch is not in its old one, tried on the plan itself.

A block, with those that it stays together with, is put back alone into its old patch.
Either that breaks a rule (the rules are stated again in `_RULES`, in order of how
plainly they speak), or it is valid and costs more, and then both costs are the reason.
A local optimum leaves no third case; where there is one, the sentence says so.

Beside a patch's figures, what it would hold with a block tells what the block adds, and
of a block of few homes that tells of its residents. So each reason has a second sentence
for shared pages that leaves such numbers out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from optimiser.districting.metrics import amount_held
from optimiser.districting.units.instance import Int64s
from optimiser.model import MoveReason, PatchPlan, PatchProblem
from optimiser.model.patches import COST_UNITS_PER_MINUTE, WORKLOAD_UNITS_PER_POINT

__all__ = ["why_moved"]

_MOST_CLAUSES = 2

_FEWEST = 5
"""Homes, and of a measure the amount, below which numbers are kept from shared pages."""

Figures = dict[str, float]


@dataclass(frozen=True)
class _Clause:
    """Half a sentence with its numbers, and the rule that it is of; `shared` without them."""

    kind: str
    text: str
    figures: Figures
    shared: str = ""


def why_moved(problem: PatchProblem, plan: PatchPlan) -> tuple[MoveReason, ...]:
    """Return one sentence for each block whose patch changes, in the blocks' order.

    Parameters
    ----------
    problem
        What was asked.
    plan
        A valid plan of it.
    """
    patch_of = plan.patch_of()
    number = {slot.patch: k for k, slot in enumerate(problem.slots)}
    new = [patch_of[block.block_ref] for block in problem.blocks]
    layout = _Layout(problem, np.array([number[patch] for patch in new], dtype=np.int64))
    known: dict[tuple[int, str], list[_Clause]] = {}
    reasons = []
    for i, block in enumerate(problem.blocks):
        old = block.current_patch
        if old is None or old == new[i]:
            continue
        key = int(problem.unit[i]), old
        if key not in known:
            known[key] = _why(layout, key[0], old, number.get(old))
        clauses = known[key]
        reasons.append(
            MoveReason(
                block_ref=block.block_ref,
                old=old,
                new=new[i],
                kind=clauses[0].kind,
                sentence=_sentence(clause.text for clause in clauses),
                shared=_sentence(clause.shared or clause.text for clause in clauses),
                figures={name: v for clause in clauses for name, v in clause.figures.items()},
            )
        )
    return tuple(reasons)


def _sentence(clauses: Iterable[str]) -> str:
    text = ", and ".join(clauses)
    return f"{text[:1].upper()}{text[1:]}."


def _why(layout: _Layout, unit: int, old: str, slot: int | None) -> list[_Clause]:
    if slot is None:
        return [_Clause("patch_gone", f"{old} is no longer a patch", {})]
    back = _Back(layout, unit, slot)
    broken = [clause for rule in _RULES for clause in rule(back)]
    if not broken:
        return [_dearer(back)]
    # What was named once is "it" from then on.
    first, *others = broken[:_MOST_CLAUSES]
    return [
        first,
        *(
            replace(c, text=c.text.replace(back.it, "it"), shared=c.shared.replace(back.it, "it"))
            for c in others
        ),
    ]


class _Layout:
    """The plan in the problem's numbers."""

    def __init__(self, problem: PatchProblem, slot_of: Int64s) -> None:
        self.problem = problem
        self.slot_of = slot_of
        p, m = len(problem.slots), int(problem.unit.max()) + 1
        self.members = [np.flatnonzero(slot_of == k) for k in range(p)]
        order = np.argsort(problem.unit, kind="stable")
        self.units = np.split(order, np.searchsorted(problem.unit[order], np.arange(1, m)))
        self.work = np.array([b.workload for b in problem.blocks], dtype=np.int64)
        self.near: list[list[int]] = [[] for _ in problem.blocks]
        for i, j in problem.edges.tolist():
            self.near[i].append(j)
            self.near[j].append(i)
        self.apart: list[list[int]] = [[] for _ in problem.blocks]
        for i, j in problem.apart.tolist():
            self.apart[i].append(j)
            self.apart[j].append(i)
        self._cost: dict[int, int] = {}

    def cost_of(self, slot: int) -> int:
        """Return the cost units of walking in a patch and to its centre."""
        if slot not in self._cost:
            self._cost[slot] = self.cost(slot, self.members[slot])
        return self._cost[slot]

    def cost(self, slot: int, own: Int64s) -> int:
        """Return the same of any blocks, from their best centre."""
        walk = self.problem.walk_cost[np.ix_(own, own)].sum(axis=0)
        return int((walk + self.problem.centre_cost[slot, own]).min())

    def joined(self, own: Int64s) -> bool:
        """Return whether blocks hang together on foot."""
        left = set(own.tolist())
        waiting = [left.pop()]
        while waiting:
            for j in self.near[waiting.pop()]:
                if j in left:
                    left.remove(j)
                    waiting.append(j)
        return not left


class _Back:
    """A unit put back from its new patch into `old`, all else as planned."""

    def __init__(self, layout: _Layout, unit: int, old: int) -> None:
        self.layout, self.problem = layout, layout.problem
        self.blocks = layout.units[unit]
        self.old, self.new = old, int(layout.slot_of[self.blocks[0]])
        self.old_name = self.problem.slots[old].patch
        self.new_name = self.problem.slots[self.new].patch

    @cached_property
    def with_it(self) -> Int64s:
        """The blocks of the old patch then."""
        return np.concatenate([self.layout.members[self.old], self.blocks])

    @cached_property
    def without_it(self) -> Int64s:
        """The blocks of the new patch then."""
        return np.setdiff1d(self.layout.members[self.new], self.blocks)

    @cached_property
    def few(self) -> bool:
        """Whether it has so few homes that its figures tell of their residents."""
        homes = sum(self.problem.blocks[i].homes for i in self.blocks.tolist())
        return bool(homes < _FEWEST)

    @property
    def it(self) -> str:
        """What is put back, in words."""
        if self.blocks.size == 1:
            return "it"
        estates = {self.problem.blocks[i].estate for i in self.blocks.tolist()}
        name = estates.pop() if len(estates) == 1 else None
        return f"{name or 'the group that it stays with'} ({self.blocks.size} blocks)"


def _by_hand(back: _Back) -> Iterator[_Clause]:
    held = set(back.problem.by_hand)
    if held and any(back.problem.blocks[i].block_ref in held for i in back.blocks.tolist()):
        yield _Clause("by_hand", f"it was put in {back.new_name} by hand", {})


def _not_allowed(back: _Back) -> Iterator[_Clause]:
    problem = back.problem
    if problem.allowed[back.blocks, back.old].all():
        return
    if back.old_name in problem.locked:
        yield _Clause("locked", f"{back.old_name} is locked as it is", {})
    elif problem.allowed[back.blocks].all(axis=0).sum() == 1:
        yield _Clause("pinned", f"the rules keep it in {back.new_name}", {})
    else:
        rules = problem.rules
        causes = ["a ban"] if rules is None or rules.forbidden else []
        causes += ["its service centre's reach"] if rules is None or rules.reach_minutes else []
        why = f" ({' or '.join(causes)})" if causes else ""
        yield _Clause("not_allowed", f"the rules keep it out of {back.old_name}{why}", {})


def _apart(back: _Back) -> Iterator[_Clause]:
    held = set(back.layout.members[back.old].tolist())
    for i in back.blocks.tolist():
        for j in back.layout.apart[i]:
            if j in held:
                ref = back.problem.blocks[j].block_ref
                text = f"it is kept apart from {ref}, which is in {back.old_name}"
                yield _Clause("apart", text, {})
                return


def _balance(back: _Back) -> Iterator[_Clause]:
    points = WORKLOAD_UNITS_PER_POINT
    old, new = back.problem.slots[back.old], back.problem.slots[back.new]
    held = int(back.layout.work[back.with_it].sum())
    left = int(back.layout.work[back.without_it].sum())
    if held > old.upper:
        yield _above(back, "balance", held / points, old.upper / points, "points", back.few)
    if left < new.lower:
        yield _below(back, "balance", left / points, new.lower / points, "points", back.few)


def _measures(back: _Back) -> Iterator[_Clause]:
    for m in back.problem.measures:
        held, left = amount_held(m, back.with_it), amount_held(m, back.without_it)
        few = back.few or (not m.distinct and amount_held(m, back.blocks) < _FEWEST)
        if held > m.upper[back.old]:
            yield _above(back, "measure", held, int(m.upper[back.old]), m.name, few)
        if left < m.lower[back.new]:
            yield _below(back, "measure", left, int(m.lower[back.new]), m.name, few)


def _contiguity(back: _Back) -> Iterator[_Clause]:
    if not back.without_it.size:
        yield _Clause("contiguity", f"{back.new_name} would have no block left", {})
    elif not back.layout.joined(back.without_it):
        text = f"{back.new_name} would fall into pieces on foot without {back.it}"
        yield _Clause("contiguity", text, {})
    held = set(back.layout.members[back.old].tolist())
    if not any(j in held for i in back.blocks.tolist() for j in back.layout.near[i]):
        text = f"no block of {back.old_name} is next to {back.it} on foot now"
        yield _Clause("contiguity", text, {})


_RULES: tuple[Callable[[_Back], Iterator[_Clause]], ...] = (
    _by_hand,
    _not_allowed,
    _apart,
    _balance,
    _measures,
    _contiguity,
)


def _above(back: _Back, kind: str, held: float, limit: float, what: str, few: bool) -> _Clause:
    shown, most = _told_apart(held, limit)
    text = f"with {back.it} {back.old_name} would hold {shown} {what}, limit {most}"
    shared = f"with {back.it} {back.old_name} would be above its limit of {most} {what}"
    figures = {f"{what}_with_it": held, f"{what}_limit": limit}
    return _Clause(kind, text, figures, shared if few else "")


def _below(back: _Back, kind: str, left: float, least: float, what: str, few: bool) -> _Clause:
    shown, needed = _told_apart(left, least)
    text = f"without {back.it} {back.new_name} would hold {shown} {what}, at least {needed} needed"
    shared = f"without {back.it} {back.new_name} would be below the {needed} {what} needed"
    figures = {f"{what}_without_it": left, f"{what}_needed": least}
    return _Clause(kind, text, figures, shared if few else "")


def _dearer(back: _Back) -> _Clause:
    """Return what putting back costs more, or that it does not."""
    layout, problem, own = back.layout, back.problem, back.blocks
    then = layout.cost(back.old, back.with_it) + layout.cost(back.new, back.without_it)
    walk = then - layout.cost_of(back.old) - layout.cost_of(back.new)
    move = int(problem.move_cost[own, back.old].sum() - problem.move_cost[own, back.new].sum())
    homes = int(problem.moved_homes[own, back.new].sum() - problem.moved_homes[own, back.old].sum())
    minutes = walk / COST_UNITS_PER_MINUTE, move / COST_UNITS_PER_MINUTE
    figures = {"walking_saved": minutes[0], "moving_costs": -minutes[1], "households": float(homes)}
    if walk + move <= 0:
        return _not_dearer(back, walk + move, figures)
    walking, moving = _told_apart(abs(minutes[0]), abs(minutes[1]))
    shared = "it saves walking that is worth more than its households' change"
    if walk > 0 >= move:
        text = f"{walking} minutes of walking a week saved, against {moving} for {_homes(homes)}"
    elif walk > 0:
        text = (
            f"{walking} minutes of walking a week saved, and {moving} on households that would "
            "change officer"
        )
        shared = "it saves walking, and spares households a change of officer"
    else:
        shared = "it spares households a change of officer, worth more than the walking"
        text = (
            f"{moving} minutes a week saved on households that would change officer, against "
            f"{walking} more of walking"
        )
    return _Clause("cost", text, figures, shared if back.few else "")


def _not_dearer(back: _Back, more: int, figures: Figures) -> _Clause:
    estate = _estate_parts(back)
    if estate is not None:
        name, now, then = estate
        text = f"{name} would lie in {then} patches, not {now}"
        return _Clause("estate", text, {"patches_now": now, "patches_then": then})
    if more == 0:
        text = f"it could as well be in {back.old_name}: that costs the same"
        return _Clause("none", text, figures)
    saved = f"{-more / COST_UNITS_PER_MINUTE:,.1f}"
    saving = f"{'less than 0.1' if saved == '0.0' else saved} minutes a week"
    text, shared = (
        f"no rule keeps it from {back.old_name}, and putting it back would save {what}: the "
        "search did not find it"
        for what in (saving, "time")
    )
    return _Clause("none", text, figures, shared if back.few else "")


def _estate_parts(back: _Back) -> tuple[str, int, int] | None:
    """Return an estate that would lie in more patches, with how many now and then."""
    blocks, slot_of = back.problem.blocks, back.layout.slot_of
    then = slot_of.copy()
    then[back.blocks] = back.old
    for name in sorted({e for i in back.blocks.tolist() if (e := blocks[i].estate)}):
        own = [i for i, block in enumerate(blocks) if block.estate == name]
        parts = len(set(slot_of[own].tolist())), len(set(then[own].tolist()))
        if parts[1] > parts[0]:
            return name, *parts
    return None


def _homes(number: int) -> str:
    return "1 household" if number == 1 else f"{number:,} households"


def _told_apart(one: float, other: float) -> tuple[str, str]:
    """Return two numbers with as many decimals as show which is larger, at least one if any."""
    if isinstance(one, int) and isinstance(other, int):
        return f"{one:,}", f"{other:,}"
    for digits in (1, 2, 3):
        shown = f"{one:,.{digits}f}", f"{other:,.{digits}f}"
        if shown[0] != shown[1] or one == other:
            break
    return shown
