"""The rules of a plan of the weeks ahead, stated again: nothing is shared with the search."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final

from optimiser.model.outcome import Violation
from optimiser.model.quarter import (
    PatchQuarter,
    QuarterPatch,
    QuarterPlan,
    QuarterProblem,
    QuarterRound,
    Turn,
)

__all__ = ["check_quarter"]

_SAME: Final = 1e-6


def check_quarter(problem: QuarterProblem, plan: QuarterPlan) -> tuple[Violation, ...]:
    """Return every rule that the plan breaks; empty for a sound one."""
    known = {p.patch: p for p in problem.patches}
    turns: dict[str, list[Turn]] = defaultdict(list)
    found: list[Violation] = []
    for turn in plan.turns:
        if turn.patch in known:
            turns[turn.patch].append(turn)
        else:
            found.append(_broken("known_patch", turn.round_ref, f"no patch {turn.patch}"))
    for patch in problem.patches:
        own = turns[patch.patch]
        found += _check_known(patch, own)
        found += _check_tries(own, problem.weeks_apart)
        found += _check_room(patch, own)
    found += _check_figures(problem, plan, turns)
    return tuple(found)


def _broken(rule: str, subject: str, message: str) -> Violation:
    return Violation(rule=rule, subject=subject, message=message)


def _name(turn: Turn) -> str:
    return f"{turn.round_ref} on {turn.date}"


def _check_known(patch: QuarterPatch, turns: list[Turn]) -> Iterator[Violation]:
    """Require rounds, days and parts that there are, the patch's officer, and true figures."""
    rounds = {r.round_ref: r for r in patch.rounds}
    days = {d.date: d for d in patch.days}
    for turn in turns:
        piece = rounds.get(turn.round_ref)
        if piece is None or piece.block_ref != turn.block_ref:
            yield _broken("known_round", _name(turn), "no such round of the patch")
            continue
        if turn.officer_ref != patch.officer_ref:
            yield _broken("officer", _name(turn), f"{turn.officer_ref} does not hold the patch")
        day = days.get(turn.date)
        if day is None or turn.part not in day.parts:
            yield _broken("open_day", _name(turn), f"nobody is there in the {turn.part}")
        fits = [o for o in piece.options if (o.try_number, o.part) == (turn.try_number, turn.part)]
        if not fits:
            yield _broken("option", _name(turn), "no such try in that part of the day")
        elif (
            fits[0].load_s != turn.load_s
            or abs(fits[0].conversations - turn.conversations) > _SAME
            or len(piece.property_refs) != turn.doors
        ):
            yield _broken("figures", _name(turn), "its figures are not the round's")


def _check_tries(turns: list[Turn], weeks_apart: int) -> Iterator[Violation]:
    """Require a first try before a second one, weeks apart and in another part of the day."""
    of_round: dict[str, list[Turn]] = defaultdict(list)
    for turn in turns:
        of_round[turn.round_ref].append(turn)
    for ref, tries in of_round.items():
        numbers = sorted(t.try_number for t in tries)
        if numbers not in ([1], [1, 2]):
            yield _broken("tries", ref, f"its tries are {numbers}")
            continue
        if len(tries) == 1:
            continue
        first, second = sorted(tries, key=lambda t: t.try_number)
        if (second.date - first.date).days < 7 * weeks_apart:
            yield _broken("weeks_apart", ref, f"tried on {first.date} and {second.date}")
        if first.part is second.part:
            yield _broken("other_part", ref, f"both tries in the {first.part}")


def _check_room(patch: QuarterPatch, turns: list[Turn]) -> Iterator[Violation]:
    """Require no more than each day, and each part of it, holds."""
    step = {b.block_ref: b.step_s for b in patch.blocks}
    for day in patch.days:
        today = [t for t in turns if t.date == day.date]
        walked = sum(step.get(block, 0) for block in {t.block_ref for t in today})
        load = sum(t.load_s for t in today) + walked
        if load > day.capacity_s:
            message = f"{load} s, and there are {day.capacity_s}"
            yield _broken("day_room", f"{patch.patch} on {day.date}", message)
        for part in {t.part for t in today}:
            taken = sum(t.load_s for t in today if t.part is part)
            if taken > day.parts.get(part, 0):
                message = f"{taken} s in the {part}, and there are {day.parts.get(part, 0)}"
                yield _broken("part_room", f"{patch.patch} on {day.date}", message)


def _check_figures(
    problem: QuarterProblem, plan: QuarterPlan, turns: dict[str, list[Turn]]
) -> Iterator[Violation]:
    """Require every figure to be what the turns come to, and no bound above it."""
    rows = {row.patch: row for row in plan.patches}
    for patch in problem.patches:
        row = rows.get(patch.patch)
        if row is None:
            yield _broken("patch_row", patch.patch, "has no row")
            continue
        for name, true in _figures(patch, turns[patch.patch]).items():
            stated = getattr(row, name)
            if abs(stated - true) > _SAME:
                yield _broken("patch_row", patch.patch, f"{name} is {stated}, should be {true}")
        yield from _check_bounds(row)
    total = sum(row.without_turn for row in plan.patches)
    if plan.objective != total:
        yield _broken("objective", "plan", f"is {plan.objective}, should be {total}")


def _check_bounds(row: PatchQuarter) -> Iterator[Violation]:
    if row.without_turn < row.without_turn_bound:
        yield _broken("bound", row.patch, "fewer homes without a turn than the bound")
    if row.conversations > row.conversations_bound + 0.01:
        yield _broken("bound", row.patch, "more conversations than the bound")


def _figures(patch: QuarterPatch, turns: list[Turn]) -> dict[str, float]:
    rounds: dict[str, QuarterRound] = {r.round_ref: r for r in patch.rounds}
    first = {t.round_ref for t in turns if t.try_number == 1}
    tried = Counter(t.try_number for t in turns)
    return {
        "homes": sum(len(r.property_refs) for r in patch.rounds),
        "met": len(patch.met),
        "by_appointment": len(patch.by_appointment),
        "without_turn": sum(len(r.property_refs) for k, r in rounds.items() if k not in first),
        "second_tries": tried[2],
        "conversations": sum(t.conversations for t in turns),
        "days": sum(1 for d in patch.days if d.parts),
        "block_visits": len({(t.block_ref, t.date) for t in turns}),
    }
