import datetime as dt
from io import StringIO

import pytest
from rich.console import Console

from optimiser.cli import terminal
from optimiser.cli.terminal import (
    new_console,
    progress_bar,
    progress_state,
    show_week_figures,
    waiting_line,
)
from optimiser.model import (
    Progress,
    Status,
    Tier,
    Unplanned,
    UnplannedClass,
    VisitPlan,
    VisitRules,
)


@pytest.mark.parametrize(
    ("objective", "bound", "said"),
    [
        (None, None, "searching"),
        (980.0, None, "searching  objective 980"),
        (980.0, 1000.0, "searching  objective 980  bound 1,000  gap 2.0%"),  # a value
        (1000.0, 900.0, "searching  objective 1,000  bound 900  gap 10.0%"),  # a cost
        (980.0, float("inf"), "searching  objective 980"),
        (-5.0, 0.0, "searching  objective -5  bound 0"),
        (None, 1000.0, "searching  bound 1,000"),
    ],
)
def test_progress_says_stage_objective_and_gap(objective, bound, said):
    now = Progress(stage="search", seconds=1.0, objective=objective, bound=bound)
    assert progress_state(now) == said


def test_the_bar_and_its_figures_fit_a_terminal_of_eighty_letters(monkeypatch):
    shown = StringIO()
    console = Console(file=shown, force_terminal=True, width=80)
    monkeypatch.setattr(terminal, "new_console", lambda **_: console)
    with progress_bar("Patches", 10.0) as report:
        report(Progress(stage="search", seconds=1.0, objective=189_453.0, bound=89_625.0))
    assert "searching  objective 189,453  bound 89,625  gap 52.7%" in shown.getvalue()


def test_what_takes_a_while_is_said_and_taken_away_again(monkeypatch):
    shown = StringIO()
    console = Console(file=shown, force_terminal=True, width=80)
    monkeypatch.setattr(terminal, "new_console", lambda **_: console)
    with waiting_line("Writing maps"):
        pass
    assert "Writing maps" in shown.getvalue()


def make_plan(unplanned=(), tiers=()):
    return VisitPlan(
        status=Status.FEASIBLE, objective=990.0, bound=1000.0, gap=0.01, seed=1, seconds=2.0,
        week=dt.date(2026, 11, 30), routes=(), unplanned=tuple(unplanned), tiers=tuple(tiers),
        requests=12, planned=3, late=0, doors=5, conversations=1.6, walk_hours=2.0, own_officer=2,
        rules=VisitRules(),
    )  # fmt: skip


def shown(capsys, plan):
    show_week_figures(new_console(), plan, [])
    return capsys.readouterr().out


def test_tiers_are_a_table_in_their_order(capsys):
    tiers = (
        Tier(name="statutory", value=600.0, bound=600.0),
        Tier(name="requests", value=300.0, bound=400.0),
        Tier(name="walking", value=-5.0),
    )
    lines = shown(capsys, make_plan(tiers=tiers)).splitlines()
    table = [line.split() for line in lines if line.lstrip()[:2] in ("1.", "2.", "3.")]
    assert [row[-3:] for row in table[:2]] == [
        ["600.0", "600.0", "0.0%"],
        ["300.0", "400.0", "25.0%"],
    ]
    assert table[2][-3:] == ["-5.0", "not", "known"]
    assert "Most important first" in shown(capsys, make_plan(tiers=tiers))
    assert "Most important first" not in shown(capsys, make_plan())


def test_what_cannot_wait_is_named_first_of_many_left_out(capsys):
    left_out = [
        Unplanned(
            visit_ref=f"V{k}", kind=UnplannedClass.NOT_FOUND, reason="r", evidence="e", remedy="m"
        )
        for k in range(10)
    ] + [
        Unplanned(
            visit_ref="V99", kind=UnplannedClass.ESCALATE, reason="r", evidence="e", remedy="m"
        )
    ]
    text = shown(capsys, make_plan(unplanned=left_out))
    assert text.index("V99") < text.index("V0")
    assert "and 3 more in unplanned.csv" in text


def test_one_point_of_spread_is_no_points(capsys):
    said = shown(capsys, make_plan().model_copy(update={"busy_spread": 0.012}))
    assert "spread 1 point between officers" in said
