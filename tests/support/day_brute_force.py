"""Small random weeks, and the best plan of each by trying every order of every set of tasks.

Days are timed by the schedule to the second, which shares no code with the proofs.
"""

import itertools

import numpy as np

from optimiser.model import Session
from optimiser.routing.days.schedule import schedule_value
from optimiser.routing.days.timing import Task

STEP = 100
"""Every value and the walking value are multiples of it, in units."""


def random_week(tiny, seed):
    """One or two officers, up to five visits and a round: breaks, sessions, stairs, limits.

    Walks are uneven, so that the way over a third place may be the shortest.
    """
    random = np.random.default_rng(seed)
    officers = int(random.integers(1, 3))
    like = random.random() < 0.5
    shifts = []
    first = shift_parts(random)
    for k in range(officers):
        parts = first if like else shift_parts(random)
        shifts.append(tiny.shift(f"HO{k + 1}", **parts))
    visits = tuple(some_visit(tiny, random, k) for k in range(int(random.integers(1, 6))))
    rounds = ()
    if random.random() < 0.4:
        options = (
            tiny.option("morning", 9, 12, 3.0, STEP * int(random.integers(1, 3_000))),
            tiny.option("afternoon", 12, 17, 4.0, STEP * int(random.integers(1, 3_000))),
        )
        who = tuple(f"HO{k + 1}" for k in range(officers))
        rounds = (tiny.round("R1", 7, day=0, officers=who, options=options),)
    problem = tiny.week(
        shifts=tuple(shifts),
        visits=visits,
        rounds=rounds,
        walk_value=int(random.choice([0, STEP])),
    )
    if random.random() < 0.5:
        uneven = random.integers(0, 240, problem.walk_s.shape).astype(np.int32)
        np.fill_diagonal(uneven, 0)
        problem = problem.model_copy(update={"walk_s": problem.walk_s + uneven})
    return problem


def shift_parts(random):
    end = int(random.integers(11, 17)) * 3600
    parts = {"end_s": end, "busy_limit_s": int(random.integers(3_000, 8 * 3600))}
    if random.random() < 0.4:
        parts["busy_limit_s"] = 8 * 3600
    if random.random() < 0.4:
        parts["break_s"] = 0
    else:
        low = 9 * 3600 + int(random.integers(0, 3)) * 1_800
        parts |= {"break_earliest_s": low, "break_latest_s": low + int(random.integers(0, 5_400))}
    if random.random() < 0.3:
        start = 10 * 3600 + int(random.integers(0, 3_600))
        length = int(random.integers(600, 2_400))
        parts["sessions"] = (Session(kind="surgery", place=4, start_s=start, end_s=start + length),)
    if random.random() < 0.3:
        parts |= {"start_place": 3, "end_place": 9}
    return parts


def some_visit(tiny, random, k):
    minutes = int(random.integers(1, 5)) * 3
    windows = []
    for _ in range(int(random.integers(1, 3))):
        opening = float(random.uniform(9, 14))
        windows.append(tiny.window(0, opening, opening + float(random.uniform(0.1, 3))))
    changes = {}
    if random.random() < 0.3:
        own = STEP * int(random.integers(1, 1_000))
        changes = {"own_officer": "HO1", "own_officer_value": own}
    door = tiny.door(
        minutes,
        entry_s=int(random.integers(0, 3)) * 30,
        floor=int(random.integers(0, 9)),
        lift=bool(random.random() < 0.3),
    )
    return tiny.visit(
        f"V{k}",
        minutes,
        door=door,
        windows=tuple(windows),
        service_s=int(random.integers(60, 3_600)),
        value=STEP * int(random.integers(1, 4_000)),
        late_value=0,
        **changes,
    )


def best_plan(problem):
    """The value of the best plan, in units; a task may be left out, a session may not."""
    tasks = [("visit", k) for k in range(len(problem.visits))]
    tasks += [("round", k) for k in range(len(problem.rounds))]
    best = {frozenset(): 0}
    for s in range(len(problem.shifts)):
        own = best_days(problem, s, tasks)
        merged = {}
        for (done, value), (some, more) in itertools.product(best.items(), own.items()):
            if done & some:
                continue
            key = done | some
            merged[key] = max(merged.get(key, -np.inf), value + more)
        best = merged
    return max(best.values(), default=None)


def best_days(problem, s, tasks):
    """The best value of each set of tasks that shift s can do."""
    officer = problem.shifts[s].officer_ref
    found = {}
    level = [()]
    while level:
        for order in level:
            value = schedule_value(problem, s, [Task(kind, k) for kind, k in order])
            if value is None:
                continue
            visits = [problem.visits[k] for kind, k in order if kind == "visit"]
            value += sum(v.own_officer_value for v in visits if v.own_officer == officer)
            key = frozenset(order)
            found[key] = max(found.get(key, -np.inf), value)
        further = [(*order, t) for order in level for t in tasks if t not in order]
        level = further if len(level[0]) < len(tasks) else []
    return found
