"""The rules of a redraw, from doorstep.toml to the problem, to `doorstep check` and back."""

from __future__ import annotations

import re
import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from folders import add_setting, edit, refused, run

from geodata import DataError
from geodata.samples import write_templates
from optimiser import Workspace
from optimiser.model import PatchRules
from optimiser.workspace.rules_in_words import patch_rules_in_words
from optimiser.workspace.settings import load_settings

RULES = """\
homes_per_fte = 300
locked = ["P01"]
pins = { B0001 = "HO03" }
forbidden = { HO03 = ["B0002"] }
apart = ["B0001", "B0002"]
vacant_posts = { P09 = { fte = 0.5, service_centre = "bruckner" } }
moved_open_case_minutes = 6.0
[rules.patches.limits]
open_cases = { within = 0.9 }
"""


@pytest.fixture
def copy(borough: Path, tmp_path: Path) -> Path:
    """The small borough, to be given rules."""
    return shutil.copytree(borough, tmp_path / "copy")


def with_rules(folder: Path, text: str) -> Path:
    """Put rules in place of those of the patches."""
    settings = folder / "doorstep.toml"
    before, rest = settings.read_text(encoding="utf-8").split("[rules.patches]\n")
    after = rest[rest.index("[rules.visits]") :]
    settings.write_text(f"{before}[rules.patches]\n{text}\n{after}", encoding="utf-8")
    return folder


def test_rules_of_the_file_reach_the_problem(copy: Path) -> None:
    plain = Workspace.open(copy).patch_problem()
    ws = Workspace.open(with_rules(copy, RULES))
    problem = ws.patch_problem()
    slots = {slot.patch: k for k, slot in enumerate(problem.slots)}
    at = {block.block_ref: i for i, block in enumerate(problem.blocks)}
    post = problem.slots[slots["P09"]]
    assert (post.officer_ref, post.fte, post.service_centre) == (None, 0.5, "bruckner")
    now = np.array([block.current_patch == "P01" for block in problem.blocks])
    assert now.any()
    assert problem.allowed[:, slots["P01"]].tolist() == now.tolist()
    held = next(k for k, slot in enumerate(problem.slots) if slot.officer_ref == "HO03")
    assert np.flatnonzero(problem.allowed[at["B0001"]]).tolist() == [held]
    assert not problem.allowed[at["B0002"], held]
    assert problem.apart.tolist() == [[at["B0001"], at["B0002"]]]
    assert [m.name for m in problem.measures] == ["homes", "open cases"]
    cases = (ws.homes[["arrears", "asb", "damp"]].sum(axis=1)).groupby(ws.homes["block_ref"]).sum()
    assert problem.measures[1].amount.tolist() == cases[list(at)].tolist()
    # Two minutes a household and a vulnerable resident as before, four more a case.
    dearer = problem.move_cost[:, slots["P09"]] - plain.move_cost.max(axis=1)
    assert (dearer / 400_000).tolist() == cases[list(at)].tolist()
    assert problem.locked == ("P01",)


@pytest.mark.parametrize(
    ("line", "report"),
    [
        ("vacant_posts = { P09 = 0 }", "vacant_posts.P09.fte '0' should be greater than 0"),
        ('vacant_posts = { P09 = "one" }', "vacant_posts.P09.fte 'one' should be a number"),
        ("moved_home_minutes = true", "moved_home_minutes 'true' should not be true or false"),
        ("patches = 99999999999999999999", "should be less than or equal to 10000"),
        ("patches = 2.5", "rules.patches.patches '2.5' should be a whole number"),
        ("homes_per_fte = 0", "rules.patches.homes_per_fte '0' should be greater than 0"),
        ("home_per_fte = 9", "rules.patches.home_per_fte '9' is not a setting; did you mean homes"),
        ("locked = 3", "rules.patches.locked '3' should be a list, such as"),
        ('pins = { B0001 = "" }', "rules.patches.pins.B0001 '' is empty"),
        ("patches = 4\nvacant_posts = { P09 = 1 }", "patches and vacant_posts both say how many"),
        ("limits = { homes = 3 }", "rules.patches.limits.homes '3' should be a table"),
        ("limits = { homes = {} }", "rules.patches.limits.homes limits nothing; give within"),
        ("limits = { house = { within = 1 } }",
         "limits.house is not a setting; there are homes, tenanted, open_cases, estates"),
        ("limits = { homes = { most = 1 } }", "limits.homes.most '1' is not a setting; there are"),
        ("vacant_posts = { P9 = { fe = 1 } }", "vacant_posts.P9.fe '1' is not a setting; did you"),
        ("limits = { homes = { least_per_fte = 2, most_per_fte = 1 } }", "has a least_per_fte"),
        ("homes_per_fte = 9\nlimits = { homes = { most_per_fte = 9 } }", "are one rule; keep one"),
    ],
)  # fmt: skip
def test_a_rule_that_says_nothing_sound_is_refused(tmp_path: Path, line: str, report: str) -> None:
    file = tmp_path / "doorstep.toml"
    head = '[data]\nhomes = "homes.csv"\nofficers = "officers.csv"\n[rules.patches]\n'
    file.write_text(head + line, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load_settings(file)
    assert any(report in str(p) and p.file == file.name for p in caught.value.problems)


def test_rules_that_cannot_be_get_one_report(copy: Path) -> None:
    add_setting(
        copy,
        'locked = ["P77"]\nforbidden = { HO77 = ["B0001"] }\ntogether = [["B0001", "B9999"]]\n'
        'apart = [["B0001", "B0001"]]\nvacant_posts = { P01 = 1.0 }\n'
        "limits = { estates = { within = 0.0 } }",
    )
    said = refused(copy, "patches", copy, "--seconds", 1)
    for report in (
        "6 problems",
        "doorstep.toml: rules.patches.locked 'P77' is no officer and no patch; there are P01, P02",
        "doorstep.toml: rules.patches.forbidden 'HO77' is no officer and no patch",
        "doorstep.toml: rules.patches.together 'B9999' is no block or estate that a home has",
        "doorstep.toml: rules.patches.apart 'B0001, B0001' names B0001 twice",
        "doorstep.toml: rules.patches.vacant_posts 'P01' is no vacant post: HO01 holds it",
        "rules.patches.limits.estates leaves no whole number of estates for patch P01",
    ):
        assert report in said


def test_check_says_why_patches_cannot_be_drawn(copy: Path) -> None:
    add_setting(copy, 'pins = { B0001 = "P02" }\nlocked = ["P01"]\ntogether = [["B0001", "P01"]]')
    done = run("check", copy)
    assert done.exit_code == 2
    assert "patches cannot run: rules.patches.together is no block or estate" in done.output


def test_a_limit_of_cases_needs_a_column_that_counts_them(copy: Path) -> None:
    homes = copy / "homes.csv"
    edit(homes, "arrears,asb,vulnerable,damp", "x1,x2,x3,x4")
    add_setting(copy, "limits = { open_cases = { within = 0.1 } }")
    with pytest.raises(DataError, match="no home is marked arrears, asb or damp; give the homes"):
        Workspace.open(copy).patch_problem()


def test_check_lists_the_rules_in_force(copy: Path) -> None:
    done = run("check", with_rules(copy, RULES))
    assert done.exit_code == 0, done.output
    text = " ".join(done.output.split())
    for line in (
        "doorstep patches and doorstep plan can run",
        "Rules for the patches Redraw: one patch an officer, sized by hours: 4 patches.",
        "Patch P09 is vacant: drawn for 0.5 FTE, from bruckner.",
        "Homes: at most 300 for a full-time officer.",
        "damp): within 90 % of the patch's share by hours.",
        "2 minutes of walking a week, 6 more for each of its open cases, 2 more where a resident",
        "Locked, keeping the blocks that they have now: P01.",
        "Pinned: B0001 to HO03.",
        "Forbidden: HO03 not B0002.",
        "In different patches: B0001 and B0002.",
    ):
        assert line in text


def test_every_rule_is_in_the_words(borough: Path) -> None:
    words = " ".join(
        patch_rules_in_words(
            PatchRules.model_validate(
                {
                    "patches": 1,
                    "balance": 0.075,
                    "keep_estates_whole": False,
                    "moved_home_minutes": 0,
                    "reach_minutes": 25,
                    "limits": {"estates": {"least_per_fte": 2, "most_per_fte": 1200.5}},
                    "together": [["A", "B"], ["C", "D"]],
                    "pins": {f"B{n}": "P1" for n in range(10)},
                }
            ),
            officers=3,
        )
    )
    assert "1 patch of equal size" in words
    assert "within 7.5 % of" in words
    assert "Estates may be split." in words
    assert "costs nothing" in words
    assert "more than 25 minutes on foot" in words
    assert "Estates: at least 2 for a full-time officer, at most 1,200.5 for" in words
    assert "In one patch: A with B, C with D." in words
    assert "B7 to P1 and 2 more." in words
    assert not re.search(r"Locked|Forbidden|vacant|different", words)


def commented_rules() -> list[str]:
    """Return the settings that the template shows after a # under [rules.patches]."""
    toml = files("geodata.samples").joinpath("templates", "doorstep.toml").read_text("utf-8")
    section = toml[toml.index("[rules.patches]") : toml.index("[rules.visits]")]
    return re.findall(r"^# (\w+ = .*)$", section, flags=re.MULTILINE)


@pytest.mark.parametrize("line", commented_rules())
def test_every_rule_that_the_template_shows_can_be_used(tmp_path: Path, line: str) -> None:
    write_templates(tmp_path)
    name = line.split(" ")[0]
    further = name in ("open_cases", "estates")
    uncommented = f"[rules.patches.limits]\n{line}\n" if further else f"{line}\n"
    edit(tmp_path / "doorstep.toml", f"# {line}\n", uncommented)
    rules = load_settings(tmp_path / "doorstep.toml").rules.patches
    assert getattr(rules.limits if further else rules, name) != getattr(PatchRules(), name, None)


def test_prices_follow_that_of_a_household_unless_set() -> None:
    rules = PatchRules(moved_home_minutes=3, moved_vulnerable_minutes=0)
    assert (rules.open_case_minutes, rules.vulnerable_minutes) == (3, 0)
    assert rules.model_copy(update={"moved_home_minutes": 5}).open_case_minutes == 5
