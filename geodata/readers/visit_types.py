"""What landlords call the kinds of visits, and the names that the visit rules have for them."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Final

from geodata.tables.headings import spelling

__all__ = ["VISIT_TYPES", "nearest_visit_type", "visit_type"]

VISIT_TYPES: Final = {
    "emergency_hazard": (
        "emergency emergency_visit immediate_hazard category_1_hazard cat_1_hazard awaab_emergency"
    ),
    "damp_mould": (
        "damp mould damp_and_mould damp_mould_and_condensation damp_mould_condensation dm d_m "
        "dmc condensation significant_hazard awaabs_law damp_case mould_case"
    ),
    "mutual_exchange": "mutex mx exchange mutual_exchange_application me_application",
    "pcfra": (
        "peep person_centred_fire_risk_assessment peep_review personal_emergency_evacuation_plan "
        "pcfra_peep resident_peep"
    ),
    "fire_door": "flat_entrance_door fed flat_fire_door fire_door_check entrance_door",
    "settling_in": "settling new_tenant new_tenancy new_tenant_visit post_sign_up six_week",
    "introductory_review": (
        "introductory intro_review introductory_tenancy introductory_tenancy_review "
        "probationary_review starter_tenancy_review starter_review"
    ),
    "tenancy_audit": (
        "audit ta tenancy_check property_audit tenancy_verification occupancy_check home_audit"
    ),
    "rent_arrears": "arrears rent arrears_case rent_account income income_management debt",
    "asb_new": (
        "asb new_asb anti_social_behaviour antisocial_behaviour asb_initial asb_report asb_case "
        "asb_first"
    ),
    "asb_follow_up": (
        "asb_followup asb_update asb_review anti_social_behaviour_follow_up asb_ongoing"
    ),
    "welfare_visit": (
        "welfare wellbeing well_being welfare_check wellbeing_check vulnerability safe_and_well"
    ),
    "resident_request": (
        "request tenant_request residents_request general general_enquiry enquiry tenant_enquiry"
    ),
    "abandonment_check": (
        "abandonment abandoned suspected_abandonment abandoned_property abandonment_investigation"
    ),
}
"""The packaged names, each with other spellings of it."""

_ENDINGS: Final = ("", "_visit", "_visits", "_inspection", "_inspections", "_appointment", "_case")
_NAMES: Final = {
    spelt.replace("_", ""): name
    for name, others in VISIT_TYPES.items()
    for spelt in (*others.split(), name)
}


def visit_type(text: str, *, known: Collection[str] | None = None) -> str:
    """Return the visit type's name; what is not known comes back as it is spelt.

    Parameters
    ----------
    known
        The names in the visit rules; they win over other spellings. By default
        the packaged ones.
    """
    word = spelling(text)
    names = VISIT_TYPES.keys() if known is None else known
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem in names:
            return stem
        meant = _NAMES.get(stem.replace("_", ""))
        if meant in names:
            assert meant is not None
            return meant
    return word


def nearest_visit_type(word: str, known: Collection[str]) -> str | None:
    """Return the known name that `word` is probably a slip of; None where none is near."""
    spelt = {name.replace("_", ""): name for name in known}
    spelt |= {other: name for other, name in _NAMES.items() if name in known and len(other) > 3}
    near = difflib.get_close_matches(spelling(word).replace("_", ""), list(spelt), n=1, cutoff=0.75)
    return spelt[near[0]] if near else None
