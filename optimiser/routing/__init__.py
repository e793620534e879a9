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

Methods: `arrays` holds the week as integer tables. `search`: first plans by OR-Tools' routing
solver, ruin-and-recreate compiled by numba, two-officer visits by intersecting the starts that
two routes allow, and the days met joined by CP-SAT. `proof`: upper bounds by Lagrangian
duality, and whether a small week's plan is the best there is. `days` times them, `metrics` says
what they are worth, `levelling` evens officers' loads. `reasons` says why a request is left out,
`offers` which slots to offer, `midweek` mends a plan under way, `ahead` deals out a quarter's
community days, and `checks` states every rule and figure again, on its own.
"""

from optimiser.routing.midweek.begun import WeekSoFar
from optimiser.routing.midweek.replan import replan_visits
from optimiser.routing.offers.offers import Offer, offer_slots
from optimiser.routing.solve import plan_visits

__all__ = ["Offer", "WeekSoFar", "offer_slots", "plan_visits", "replan_visits"]
