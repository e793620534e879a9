"""Weekly visit plans: search, bounds, explanations and checks.

The problem. Officers work shifts s; each shift is a route from its start place over its
fixed sessions and the tasks it takes to its end place, with one break. Tasks are visits,
each on one of its windows, and rounds, each by one of its options.

Variables: which shift takes which task, in what order, and when each stop starts.

Constraints: a start lies in a window of its date; between stops lie leaving, walking and
access; sessions start to the second; the break starts in its window between two stops; the
route keeps within the shift, and walking, access, visits, rounds and sessions within its
busy limit; skills are held, excluded officers stay away; a two-officer visit is on two
routes of one date with one start, and skill and language are held by at least one of the
two; a task is planned at most once.

Objective: maximise the values of planned visits (`value` by the due instant, else
`late_value`) and of rounds' options, plus own-officer values, less `walk_value` for every
second on foot.

Methods: first plans by OR-Tools' routing solver (`seeds`), ruin-and-recreate compiled by
numba (`ruin`), two-officer visits by intersecting the starts that two routes allow
(`pairing`), an upper bound by Lagrangian duality (`bounds`), timing by labels (`schedule`),
reasons (`explain`), slots to offer a resident (`offers`) and an independent check of every
rule and figure (`checks`).
"""

from optimiser.routing.begun import WeekSoFar
from optimiser.routing.offers import Offer, offer_slots
from optimiser.routing.replan import replan_visits
from optimiser.routing.solve import plan_visits

__all__ = ["Offer", "WeekSoFar", "offer_slots", "plan_visits", "replan_visits"]
