"""The rules a manager may set, as `[rules.patches]` and `[rules.visits]` of doorstep.toml.

Defaults marked M in a field's description are modelling values, not sourced facts.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from optimiser.model.base import Frozen

__all__ = [
    "PatchLimit",
    "PatchLimits",
    "PatchRules",
    "VacantPost",
    "VisitRules",
    "VisitValues",
    "WorkloadWeights",
]


_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class _Finite(Frozen):
    """Rules hold no NaN or infinity, which TOML can write and no scaling survives."""

    model_config = ConfigDict(allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_yes_for_a_number(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse true where it would be taken for 1."""
        field = cls.model_fields[str(info.field_name)]
        if isinstance(value, bool) and field.annotation is not bool:
            raise ValueError("should not be true or false")
        return value


class WorkloadWeights(_Finite):
    """Workload points of a home, added up (M)."""

    tenanted: float = Field(1.0, ge=0, le=1000)
    leasehold: float = Field(0.3, ge=0, le=1000)
    sheltered: float = Field(0.6, ge=0, le=1000)
    introductory: float = Field(1.5, ge=0, le=1000)
    arrears: float = Field(1.0, ge=0, le=1000)
    asb: float = Field(4.0, ge=0, le=1000)
    vulnerable: float = Field(1.5, ge=0, le=1000)
    damp: float = Field(2.0, ge=0, le=1000)
    no_lift_floor: float = Field(
        0.05, ge=0, le=1000, description="per floor above the second, no lift"
    )


class PatchLimit(_Finite):
    """How much of one measure a patch may hold: around its share, or by the full-time officer."""

    within: float | None = Field(
        None, ge=0, le=10, description="the share by FTE, within +- this part of it"
    )
    most_per_fte: float | None = Field(
        None, gt=0, le=1e6, description="at most so many for a full-time officer"
    )
    least_per_fte: float | None = Field(
        None, ge=0, le=1e6, description="at least so many for a full-time officer"
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.within is None and self.most_per_fte is None and self.least_per_fte is None:
            raise ValueError("limits nothing; give within, most_per_fte or least_per_fte")
        if (self.least_per_fte or 0) > (self.most_per_fte or math.inf):
            raise ValueError("has a least_per_fte above its most_per_fte")
        return self


class PatchLimits(_Finite):
    """Measures beside the workload that have limits of their own in each patch."""

    homes: PatchLimit | None = Field(None, description="homes of every tenure")
    tenanted: PatchLimit | None = Field(None, description="tenanted homes")
    open_cases: PatchLimit | None = Field(
        None, description="open cases: the homes' flags arrears, asb and damp, added up"
    )
    estates: PatchLimit | None = Field(
        None, description="different estates; a home without an estate counts as none"
    )


class VacantPost(_Finite):
    """A patch that no officer holds: how many hours it is for, and from where it is served."""

    fte: float = Field(gt=0, le=1.5, description="share of a full-time officer")
    service_centre: str | None = Field(None, description="unset, the nearest")


def _one_or_more(names: Any) -> Any:
    """Take a single name for a list of one."""
    return [names] if isinstance(names, str) else names


def _one_group_or_more(groups: Any) -> Any:
    """Take a single list of names for a list of one group."""
    if not isinstance(groups, list | tuple):
        return groups
    return [groups] if groups and all(isinstance(name, str) for name in groups) else groups


def _fte_or_post(posts: Any) -> Any:
    """Take `P12 = 1.0` for `P12 = { fte = 1.0 }`."""
    if not isinstance(posts, dict):
        return posts
    return {
        patch: {"fte": post} if isinstance(post, int | float | str) else post
        for patch, post in posts.items()
    }


_Name = Annotated[str, Field(min_length=1)]
_Names = Annotated[tuple[_Name, ...], BeforeValidator(_one_or_more)]
_Groups = Annotated[tuple[tuple[_Name, ...], ...], BeforeValidator(_one_group_or_more)]


class PatchRules(_Finite):
    """How patches are drawn.

    Where a rule names blocks, an estate's name stands for all its blocks; where it
    names a patch, the officer who holds it will do.
    """

    patches: int | None = Field(
        None,
        ge=1,
        le=10_000,
        description="number of equal patches; None: one per officer, sized by FTE",
    )
    trips_per_point_week: float = Field(
        0.02, ge=0, le=1000, description="walks to a workload point a week, there and back (M)"
    )
    reach_minutes: float | None = Field(
        None, gt=0, description="farthest walk from the service centre to a block; None: no limit"
    )
    balance: float = Field(0.05, ge=0, lt=1, description="workload per FTE within +- this share")
    keep_estates_whole: bool = True
    moved_home_minutes: float = Field(
        2.0,
        ge=0,
        le=1e6,
        description="price of a household changing officer, walking minutes a week",
    )
    moved_open_case_minutes: float | None = Field(
        None,
        ge=0,
        le=1e6,
        description="added for each open case (arrears, asb, damp) of a household changing "
        "officer; None: as moved_home_minutes (M)",
    )
    moved_vulnerable_minutes: float | None = Field(
        None,
        ge=0,
        le=1e6,
        description="added where a vulnerable resident changes officer; "
        "None: as moved_home_minutes (M)",
    )
    homes_per_fte: float | None = Field(
        None, gt=0, le=1e6, description="most homes for a full-time officer; None: no limit"
    )
    limits: PatchLimits = PatchLimits()
    pins: dict[str, _Name] = Field(
        default_factory=dict, description="block or estate = the patch that it must be in"
    )
    forbidden: dict[str, _Names] = Field(
        default_factory=dict, description="officer or patch = blocks, estates not to be served"
    )
    together: _Groups = Field((), description="lists of blocks, estates that share a patch")
    apart: _Groups = Field((), description="lists of blocks, estates of which no two share a patch")
    locked: _Names = Field((), description="patches that keep the blocks that they have now")
    vacant_posts: Annotated[dict[str, VacantPost], BeforeValidator(_fte_or_post)] = Field(
        default_factory=dict, description="patch without an officer = its FTE"
    )
    workload: WorkloadWeights = WorkloadWeights()
    walking_kmh: float = Field(4.5, ge=0.1, le=100, description="(M)")

    @property
    def open_case_minutes(self) -> float:
        """The price added for each open case of a household changing officer."""
        own = self.moved_open_case_minutes
        return self.moved_home_minutes if own is None else own

    @property
    def vulnerable_minutes(self) -> float:
        """The price added where a vulnerable resident changes officer."""
        own = self.moved_vulnerable_minutes
        return self.moved_home_minutes if own is None else own

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        homes = self.limits.homes
        if self.homes_per_fte is not None and homes is not None and homes.most_per_fte is not None:
            raise ValueError("homes_per_fte and limits.homes.most_per_fte are one rule; keep one")
        if self.vacant_posts and self.patches is not None:
            raise ValueError(
                "patches and vacant_posts both say how many patches there are; leave patches out "
                "for one an officer and one a vacant post"
            )
        return self


class VisitValues(_Finite):
    """What a plan is worth, in points: the tiers of the objective, largest first (M).

    A plan's objective is the sum over its planned requests of their request
    points (plus statutory points where a statutory visit is on time), plus the
    points of the expected conversations of its rounds, plus own-officer points,
    less the walking points.

    As they stand, a tier outweighs those below it in any week there is in practice:

    - a statutory visit on time outweighs five requests of the highest priority
      that are due this week (600 each), more than the longest visit with its walks
      takes the place of;
    - of what is late at all, statutory requests come first: they keep their points, at
      least 300 as the visit types stand, where the dearest of the others has 240;
    - no request is worth dropping for knocking: a door takes a minute and a
      conversation seven more, so an officer has at most 7.5 conversations, 15 points,
      in an hour, and the smallest request is worth more than six hours of them
      (more than three when it would be late);
    - a conversation is worth at least two requests with their own officer;
    - an own officer is worth 50 minutes on foot.
    """

    statutory_on_time: float = Field(
        3000.0, ge=0, le=1e6, description="statutory visit by its due date"
    )
    statutory_not_yet_due: float = Field(
        0.05,
        ge=0,
        le=1,
        description="factor of that when due after the week's end, added to the request's points",
    )
    request: float = Field(100.0, ge=0, le=1e6, description="a planned request, times its priority")
    due_this_week: float = Field(
        1.5, ge=1, le=1000, description="factor when due by the week's end"
    )
    late: float = Field(
        0.4,
        ge=0,
        le=1,
        description="factor when planned after its due date; statutory requests keep their points",
    )
    conversation: float = Field(
        1.0, ge=0, le=1e6, description="an expected conversation, knocked within the quarter"
    )
    conversation_due: float = Field(
        2.0,
        ge=1,
        le=1000,
        description="factor for a home not knocked for a quarter; linear in between",
    )
    own_officer: float = Field(
        0.5, ge=0, le=1e6, description="request planned with the patch's officer"
    )
    walk_minute: float = Field(0.01, ge=0, le=1e6, description="taken off per minute on foot")


class VisitRules(_Finite):
    """How a week is planned."""

    walking_kmh: float = Field(4.5, ge=0.1, le=100, description="(M)")
    break_minutes: int = Field(
        45, ge=20, le=240, description="for shifts over 6 h, unless officers.csv says otherwise (M)"
    )
    break_earliest: dt.time = Field(dt.time(11, 30), description="earliest start of the break (M)")
    break_latest: dt.time = Field(dt.time(14, 0), description="latest start of the break (M)")
    slack: float = Field(
        0.15, ge=0, lt=1, description="share of the shift less its break kept free (M)"
    )
    max_walk_minutes_day: float | None = Field(
        None, ge=0, le=1440, description="most minutes on foot in an officer's day; None: no limit"
    )
    community_day: str | None = Field("Thu", description="day of door-knocking; none: no rounds")
    entry_seconds: int = Field(90, ge=0, le=3600, description="into a block with door entry (M)")
    entry_seconds_open: int = Field(
        30, ge=0, le=3600, description="into a block without door entry (M)"
    )
    stairs_seconds_floor: int = Field(
        25, ge=0, le=3600, description="a floor on foot, either way (M)"
    )
    lift_seconds: int = Field(90, ge=0, le=3600, description="a lift ride, waiting included (M)")
    round_doors: int = Field(14, ge=1, le=1000, description="most doors in one round (M)")
    knock_minutes: float = Field(1.0, gt=0, le=120, description="a door with no answer (M)")
    talk_minutes: float = Field(7.0, ge=0, le=120, description="added by a conversation (M)")
    contact_alpha: float = Field(0.5, gt=0, le=1000, description="Beta prior of an answer (M)")
    contact_beta: float = Field(1.0, gt=0, le=1000, description="Beta prior of no answer (M)")
    contact_morning: float = Field(0.85, ge=0, le=1000, description="factor before noon (M)")
    contact_afternoon: float = Field(0.95, ge=0, le=1000, description="factor from noon to 5pm (M)")
    contact_evening: float = Field(1.35, ge=0, le=1000, description="factor after 5pm (M)")
    contact_same_part: float = Field(
        0.8,
        gt=0,
        le=1,
        description="factor where a try in the same part of the day found nobody (M)",
    )
    knock_in_pairs: bool = Field(False, description="all doors are knocked by two officers")
    pairs_at: _Names = Field(
        (), description="patches, estates, blocks whose doors are knocked by two officers"
    )
    pair_pace: float = Field(
        0.55,
        ge=0.5,
        le=1,
        description="a pair's time at the doors, as a share of one officer's, where they are "
        "enough to share (M)",
    )
    stand_ins: int = Field(
        3,
        ge=0,
        le=50,
        description="colleagues who may knock for an absent officer, or go with one of a pair (M)",
    )
    worked_bank_holidays: tuple[dt.date, ...] = Field(
        (), description="bank holidays on which officers work all the same"
    )
    requests_share: float | None = Field(
        None,
        ge=0,
        lt=1,
        description="share of a community day that requests take, for planning ahead; "
        "None: what this week's requests take of the week",
    )
    interpreter_factor: float = Field(
        1.5, ge=1, le=10, description="longer with an interpreter, no officer of the language (M)"
    )
    attempts_before_appointment: int = Field(
        3, ge=1, description="after so many failed tries the next needs an appointment"
    )
    values: VisitValues = VisitValues()

    @field_validator("community_day", mode="before")
    @classmethod
    def _a_day_or_none(cls, day: Any) -> Any:
        """Take Thu, thursday; "none" and "" for no rounds, since TOML has no null."""
        if not isinstance(day, str):
            return day
        word = day.strip().lower()
        if word in ("", "none"):
            return None
        if len(word) < 3 or not any(name.startswith(word) for name in _DAYS):
            raise ValueError('is no day of the week; write Mon, Tue, …, or "none" for no rounds')
        return day

    @model_validator(mode="after")
    def _break_in_order(self) -> Self:
        if self.break_latest < self.break_earliest:
            raise ValueError("break_latest is before break_earliest")
        return self
