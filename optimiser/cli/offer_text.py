"""What `doorstep plan --offer` prints: slots, best first, and what each asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from optimiser.cli.terminal import new_console, show_heading
from optimiser.outputs.wording import counted, iso_time, long_date, time_of_day

if TYPE_CHECKING:
    from optimiser.model import VisitPlan, VisitProblem
    from optimiser.model.week import Appointment
    from optimiser.routing import Offer
    from optimiser.workspace import Workspace

__all__ = ["offers_document", "show_offers", "show_planned_first"]


def show_planned_first(target: Path) -> None:
    """Say on standard error that there was no plan yet."""
    new_console(stderr=True).print(
        f"There was no plan of this week yet: it is planned now, see {escape(str(target))}"
    )


def show_offers(
    ws: Workspace,
    problem: VisitProblem,
    plan: VisitPlan,
    visit_ref: str,
    offers: Sequence[Offer],
) -> None:
    """Print a request's slots; where there is none, why and what would help."""
    console = new_console()
    show_heading(console, ws, f"Slots to offer for {visit_ref}, week from {plan.week}")
    visit = next(v for v in problem.visits if v.visit_ref == visit_ref)
    who = "two officers" if visit.two_officers else "one officer"
    console.print(
        f"{counted(round(visit.service_s / 60), 'minute')}, {who}. {_now(plan, visit_ref)}"
    )
    for number, offer in enumerate(offers, start=1):
        console.print(f"\n[bold]{number}. {escape(_when(offer))}[/bold]")
        for line in _details(offer):
            console.print(f"   {escape(line)}")
    if not offers:
        console.print("\n[bold]There is no slot this week that leaves nothing else out.[/bold]")
        why = next((u for u in plan.unplanned if u.visit_ref == visit_ref), None)
        if why is not None:
            console.print(f"  Why: {escape(why.reason)}")
            console.print(f"  What would help: {escape(why.remedy)}")
        else:
            console.print("  doorstep plan, run again, says why and what would help.")
    elif not any(offer.moves for offer in offers):
        console.print("\nNo other visit changes for any of them.")


def offers_document(plan: VisitPlan, visit_ref: str, offers: Sequence[Offer]) -> dict[str, Any]:
    """Return the slots as plain data; times are local ISO, both ends can be promised."""
    now = _planned(plan, visit_ref)
    return {
        "visit_ref": visit_ref,
        "week": plan.week.isoformat(),
        "planned": None if now is None else {"start": iso_time(*now[:2]), "officers": list(now[2])},
        "offers": [_document(offer) for offer in offers],
    }


def _document(offer: Offer) -> dict[str, Any]:
    return {
        "date": offer.date.isoformat(),
        "part": offer.part.value,
        "from": iso_time(offer.date, offer.earliest_s),
        "to": iso_time(offer.date, offer.latest_s),
        "officers": list(offer.officers),
        "extra_walk_minutes": round(offer.extra_walk_s / 60),
        "own_officer": offer.own_officer,
        "interpreter": offer.interpreter,
        "late": offer.late,
        "within_requested_times": offer.asked,
        "slack_minutes": -(-offer.slack_s // 60),
        "moves": [
            {
                "ref": move.ref,
                "from": iso_time(move.before.date, move.before.start_s),
                "to": iso_time(move.after.date, move.after.start_s),
                "officers": list(move.after.officers),
            }
            for move in offer.moves
        ],
    }


def _planned(plan: VisitPlan, visit_ref: str) -> tuple[Any, int, tuple[str, ...]] | None:
    there = [(r, s) for r in plan.routes for s in r.stops if s.visit_ref == visit_ref]
    if not there:
        return None
    route, stop = there[0]
    return route.date, stop.start_s, tuple(r.officer_ref for r, _ in there)


def _now(plan: VisitPlan, visit_ref: str) -> str:
    planned = _planned(plan, visit_ref)
    if planned is None:
        return "It is not planned yet."
    date, start_s, officers = planned
    when = f"{long_date(date)} at {time_of_day(start_s)}"
    return f"It is planned on {when} with {' and '.join(officers)}; these are others."


def _when(offer: Offer) -> str:
    first, last = time_of_day(offer.earliest_s), time_of_day(offer.latest_s)
    time = f"at {first}" if first == last else f"starting between {first} and {last}"
    own = " (the home's own officer)" if offer.own_officer and len(offer.officers) == 1 else ""
    return f"{long_date(offer.date)}, {time}, with {' and '.join(offer.officers)}{own}"


def _details(offer: Offer) -> Iterator[str]:
    yield "; ".join(_facts(offer))
    if offer.late:
        yield "After the date it is due by."
    if not offer.asked:
        yield "Outside the times on the request: ask whether it suits."
    if offer.slack_s:
        minutes = counted(-(-offer.slack_s // 60), "minute")
        yield f"Takes {minutes} of the time kept free for urgent work."
    if offer.moves:
        moves = (f"{m.ref} moves from {_at(m.before)} to {_at(m.after)}" for m in offer.moves)
        yield f"Others move: {'; '.join(moves)}."


def _facts(offer: Offer) -> Iterator[str]:
    minutes = round(abs(offer.extra_walk_s) / 60)
    if not minutes:
        yield "no more walking"
    else:
        yield f"{counted(minutes, 'minute')} {'more' if offer.extra_walk_s > 0 else 'less'} walking"
    if offer.own_officer and len(offer.officers) > 1:
        yield "one is the home's own officer"
    if offer.interpreter:
        yield "an interpreter is needed"


def _at(when: Appointment) -> str:
    return f"{long_date(when.date)} at {time_of_day(when.start_s)}"
