"""Column contracts of the landlord's files, and the other names that exports give them."""

from __future__ import annotations

from typing import Final

from geodata.tables.headings import TableSchema, spelling

__all__ = [
    "ABSENCES",
    "AREAS",
    "ESTATE_POLYGONS",
    "FIXED",
    "HOMES",
    "OFFICERS",
    "OUTCOMES",
    "PATCH_POLYGONS",
    "POLYGONS",
    "SERVICE_CENTRES",
    "VISITS",
    "TableSchema",
    "spelling",
]


_EASTING: Final = "eastings x_coordinate x os_easting bng_e gb_easting x_coord coord_x"
_NORTHING: Final = "northings y_coordinate y os_northing bng_n gb_northing y_coord coord_y"
_UPRN: Final = "u_uprn uprn_no llpg_ref llpg os_uprn"
_POSTCODE: Final = "post_code post_code_full pcode postal_code"
_GEOMETRY: Final = "geom the_geom wkt wkt_geom"
_PROPERTY: Final = (
    "prop_ref property_reference propref property_no property_number property_id unit_ref "
    "unit_reference place_ref place_reference asset_ref asset_id home_ref dwelling_ref "
    "property_code uh_prop_ref pro_propref lpro_propref asset_reference asset_code asset_no "
    "location_ref location_code rent_property_ref dwelling_reference"
)
_OFFICER: Final = (
    "officer officer_id officer_reference housing_officer staff_id staff_ref employee_id "
    "officer_code officer_no staff_no employee_no payroll_no employee_ref"
)
_PATCH: Final = "arr_patch patch_code patch_ref patch_no patch_id housing_patch"

HOMES: Final = TableSchema(
    name="homes",
    columns={
        "property_ref": _PROPERTY,
        "uprn": _UPRN,
        "address": (
            "full_address property_address address_line_1 address1 address_1 "
            "short_address addr1 u_address"
        ),
        "postcode": _POSTCODE,
        "block_ref": (
            "u_block block block_reference block_id block_no block_code building_ref "
            "building_reference building_id"
        ),
        "block_name": "building_name building name_of_block block_description",
        "estate": "u_estate estate_name scheme scheme_name estate_description",
        "tenure": (
            "tenure_type tenancy_type ten_type tenure_description tenure_code tenancy "
            "occupancy_type tcy_tty_code tenure_category"
        ),
        "property_type": (
            "prop_type dwelling_type asset_type unit_type cat_type subtyp_code lpro_hou_ptv_code "
            "property_class asset_class property_category"
        ),
        "tenancy_status": (
            "tenancy_state status_of_tenancy property_status occupancy_status current_status status"
        ),
        "tenancy_end": (
            "tenancy_end_date end_of_tenancy tenancy_ended end_date date_ended tenancy_to eot "
            "u_eot termination_date"
        ),
        "floor": "u_floor floor_no floor_number floor_level level storey",
        "block_floors": (
            "u_block_floors floors_in_block no_of_floors number_of_floors storeys "
            "number_of_storeys floors block_storeys"
        ),
        "lift": "u_lift_available lift_available has_lift lifts lift_access",
        "door_entry": (
            "u_door_entry door_entry_system entry_system has_door_entry entryphone controlled_entry"
        ),
        "easting": _EASTING,
        "northing": _NORTHING,
        "latitude": "lat",
        "longitude": "lon long lng",
        "geometry": _GEOMETRY,
        "patch": _PATCH,
        "introductory": "introductory_tenancy is_introductory intro starter",
        "arrears": "arrears_case in_arrears has_arrears",
        "asb": "asb_case open_asb has_asb asb_open",
        "vulnerable": "vulnerability vulnerable_flag vulnerability_flag",
        "damp": "damp_case damp_mould damp_and_mould damp_mould_case",
    },
    required=("property_ref", "tenure"),
)

OFFICERS: Final = TableSchema(
    name="officers",
    columns={
        "officer_ref": _OFFICER,
        "fte": "full_time_equivalent wte contract_fte",
        "service_centre": "service_center centre area_office office base hub",
        "working_days": "days work_days days_worked working_pattern",
        "shift_start": "start start_time starts day_start from",
        "shift_end": "end end_time finish finish_time ends day_end to",
        "break_minutes": "break lunch_minutes break_mins lunch",
        "languages": "language languages_spoken spoken_languages",
        "skills": "skill specialisms specialism training competencies",
        "patch": _PATCH,
        "gender": "sex officer_gender",
    },
    required=("officer_ref",),
)

VISITS: Final = TableSchema(
    name="visits",
    columns={
        "visit_ref": (
            "visit_reference visit_id visit_no request_ref request_id case_ref "
            "case_reference case_id reference task_id job_ref ref"
        ),
        "property_ref": _PROPERTY,
        "visit_type": "type type_of_visit request_type visit_reason case_type",
        "raised_on": (
            "date_raised raised raised_date date_logged logged_on created created_on "
            "date_created reported_on date_reported created_date date_received received_on"
        ),
        "due_by": (
            "due due_date date_due target_date deadline complete_by target_completion_date sla_date"
        ),
        "minutes": "mins duration duration_minutes duration_mins length_minutes",
        "days": "available_days day days_available preferred_days weekdays",
        "window": ("time_window time_slot slot times available_times appointment"),
        "window_start": "window_from earliest available_from time_from slot_start",
        "window_end": "window_to latest available_to time_to slot_end",
        "two_officers": (
            "two_officer two_person 2_officers two_person_visit double_up paired joint_visit"
        ),
        "language": ("language_needed interpreter_language preferred_language languages"),
        "skill": "skill_needed skill_required skills required_skill",
        "previous_attempts": "attempts no_of_attempts failed_attempts tries attempt",
        "last_attempt_at": (
            "last_attempt last_attempted last_tried date_last_attempted last_attempt_date "
            "last_visit"
        ),
        "priority": "priority_code urgency rank",
        "excluded_officers": "excluded_officer not_officers exclude_officers barred",
        "constraints": "constraint visit_constraints planning_constraints",
        "appointment_only": "by_appointment by_appointment_only",
        "contact_first": "call_first phone_first ring_first call_ahead phone_ahead ring_ahead",
        "no_card_left": "no_card no_calling_card leave_no_card do_not_leave_card",
        "officer_gender": "gender_of_officer officer_sex gender_needed",
        "review_by": "review_date constraints_review_by review_constraints_by",
        "pinned_officer": "pinned_to pin_officer pinned_to_officer must_be_officer only_officer",
        # Whose case it is: known by name only so that nobody takes it for who must go.
        "officer_ref": (
            f"{_OFFICER} case_officer case_owner assigned_to assigned_officer allocated_to "
            "allocated_officer"
        ),
        "pinned_at": "at appointment_at appointment_time appointment_date_time booked_for",
    },
    required=("visit_ref", "property_ref", "visit_type"),
)

SERVICE_CENTRES: Final = TableSchema(
    name="service_centres",
    columns={
        "service_centre": (
            "service_center service_centre_ref centre centre_ref hub office code ref id"
        ),
        "name": "centre_name service_centre_name description office_name",
        "easting": _EASTING,
        "northing": _NORTHING,
        "latitude": "lat",
        "longitude": "lon long lng",
        "geometry": _GEOMETRY,
        "uprn": _UPRN,
        "postcode": _POSTCODE,
    },
    required=("service_centre",),
)

FIXED: Final = TableSchema(
    name="fixed",
    columns={
        "officer_ref": _OFFICER,
        "date": "day session_date on surgery_date",
        "start": "start_time starts from time_from",
        "end": "end_time ends to finish time_to",
        "kind": "type activity session_type",
        "place": "location venue where site",
        "easting": _EASTING,
        "northing": _NORTHING,
        "latitude": "lat",
        "longitude": "lon long lng",
        "uprn": _UPRN,
        "postcode": _POSTCODE,
    },
    required=("officer_ref", "date", "start", "end"),
)

ABSENCES: Final = TableSchema(
    name="absences",
    columns={
        "officer_ref": _OFFICER,
        "first_day": "start start_date from date_from first_date first",
        "last_day": "end end_date to date_to last_date until last",
        "reason": "absence_reason type absence_type leave_type",
    },
    required=("officer_ref", "first_day", "last_day"),
)

OUTCOMES: Final = TableSchema(
    name="outcomes",
    columns={
        "property_ref": _PROPERTY,
        "visited_at": (
            "visited visit_date date_visited date_time datetime when actual_start visited_on"
        ),
        "kind": "type visit_kind activity",
        "visit_ref": "visit_reference visit_id case_ref request_ref reference",
        "outcome": "result outcome_code visit_outcome",
        "officer_ref": _OFFICER,
    },
    required=("property_ref", "visited_at", "outcome"),
)

POLYGONS: Final = TableSchema(
    name="boundary",
    columns={
        "patch": _PATCH,
        "name": "label title area_name",
    },
    required=(),
)

# Headings of polygons are compared without their years: WD22CD is wdcd, ward24_name ward_name.
PATCH_POLYGONS: Final = TableSchema(
    name="patches",
    columns={
        "patch": f"{_PATCH} patch_name code ref area_code area_ref wdcd ward_code wd_code "
        "name label title area_name wdnm ward_name wd_name ward",
    },
    required=("patch",),
)

ESTATE_POLYGONS: Final = TableSchema(
    name="estates",
    columns={
        "estate": "u_estate estate_name scheme scheme_name estate_description "
        "name label title area_name wdnm ward_name wd_name ward "
        "estate_code estate_ref code ref wdcd ward_code",
    },
    required=("estate",),
)

AREAS: Final = TableSchema(
    name="areas",
    columns={
        "area_ref": (
            "area_code area_id oa21cd oa11cd lsoa21cd lsoa11cd msoa21cd msoa11cd lsoa21_code "
            "lsoa11_code lsoa_code oa21_code oa_code output_area geo_code geography_code "
            "block_ref code ref"
        ),
        "area_name": (
            "name lsoa21nm lsoa11nm msoa21nm msoa11nm lsoa21_name lsoa11_name lsoa_name "
            "geography label title"
        ),
        "homes": "dwellings properties units all_homes total_homes stock no_of_homes",
        "tenanted": (
            "council_rented council_homes council_tenants tenanted_homes tenants rented "
            "rented_homes social_rented general_needs tenancies"
        ),
        "leasehold": "leaseholders leaseholder leasehold_homes leaseholds",
        "sheltered": "sheltered_homes sheltered_housing older_persons",
        "introductory": "introductory_tenancies intro starter",
        "arrears": "arrears_cases in_arrears",
        "asb": "asb_cases open_asb",
        "vulnerable": "vulnerable_homes vulnerability vulnerable_households",
        "damp": "damp_cases damp_mould damp_and_mould",
        "estate": "u_estate estate_name scheme scheme_name",
        "patch": _PATCH,
    },
    required=("area_ref",),
)
