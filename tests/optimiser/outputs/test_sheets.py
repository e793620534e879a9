import datetime as dt
import re
from dataclasses import replace
from io import BytesIO

import pytest
from fpdf import FPDF
from pypdf import PdfReader

from optimiser.model import Appointment, Change
from optimiser.outputs.icons import ICONS
from optimiser.outputs.sheet_drawing import latin1
from optimiser.outputs.sheets import sheets_pdf
from optimiser.outputs.stops import stop_lines


def make(view, plan):
    return sheets_pdf(view, plan, stop_lines(view, plan))


def reader(pdf):
    return PdfReader(BytesIO(pdf))


def page_texts(pdf):
    """The text of each page, read by another library than the one that makes it."""
    return [page.extract_text() for page in reader(pdf).pages]


def test_a_page_for_each_officer_and_day(view, week_plan):
    pdf = make(view, week_plan)
    pages = reader(pdf).pages
    assert [(round(p.mediabox.width), round(p.mediabox.height)) for p in pages] == [(595, 842)] * 3
    heads = [text.splitlines()[0] for text in page_texts(pdf)]
    assert heads == [
        "HO01   Tuesday 1 December 2026",
        "HO01   Thursday 3 December 2026",
        "HO02   Tuesday 1 December 2026",
    ]


def test_a_visit_has_all_that_the_officer_needs(view, week_plan):
    text = page_texts(make(view, week_plan))[0]
    for words in (
        "2pm", "to 2:45pm", "3.  Tenancy visit, 45 minutes", "Flat 2 B House, Elm Road, SW1V 3DJ",
        "Floor 1, lift, door entry", "TWO OFFICERS: go with HO02", "Ref V2", "No answer",
        "Not safe to enter", "Hazard seen: date and time", "Page HO01 2026-12-01 1/1",
        "Destroy by Tuesday 15 December 2026", "midday", "2.  Break, 45 minutes",
    ):  # fmt: skip
        assert words in text


def test_an_interpreter_is_named_by_language(view, week_plan):
    assert "INTERPRETER: Bengali" in page_texts(make(view, week_plan))[2]


def test_what_a_request_asks_for_is_on_the_sheet_and_only_there_where_it_asks(view, week_plan):
    visits = view.visits.assign(
        contact_first=view.visits["visit_ref"] == "V2",
        no_card_left=view.visits["visit_ref"] == "V2",
    )
    asked = replace(view, visits=visits)
    first, *others = page_texts(make(asked, week_plan))
    assert first.count("RING FIRST") == first.count("LEAVE NO CARD") == 1
    assert "TWO OFFICERS: go with HO02" in first
    assert sum(text.count("RING FIRST") for text in others) == 1  # the pair's other sheet
    assert "RING FIRST" not in "".join(page_texts(make(view, week_plan)))


def test_a_round_lists_its_doors_from_the_top_down(view, week_plan):
    text = page_texts(make(view, week_plan))[1]
    doors = re.findall(
        r"^\d\. (Flat \d) (Floor \d|Ground floor)(?: \(top\))? Talked", text, flags=re.MULTILINE
    )
    assert doors == [
        ("Flat 4", "Floor 3"),
        ("Flat 3", "Floor 2"),
        ("Flat 2", "Floor 1"),
        ("Flat 1", "Ground floor"),
    ]
    assert "4 doors, floor 3 down to the ground floor, no lift, door entry" in text
    assert "4 doors to knock" in text
    assert "Hazard seen: date and time" in text


def test_names_and_reasons_are_never_printed(view, week_plan):
    text = "\n".join(page_texts(make(view, week_plan))).lower()
    assert "tenancy visit" in text
    for word in ("zebedee", "quill", "arrears", "asb", "vulnerable", "tenanted", "leasehold"):
        assert word not in text


def test_a_long_day_flows_to_a_second_page(view, week_plan):
    route = week_plan.routes[0]
    stops = tuple(
        route.stops[0].model_copy(update={"start_s": 32_400 + 2000 * k, "end_s": 33_900 + 2000 * k})
        for k in range(12)
    )
    long_day = week_plan.model_copy(update={"routes": (route.model_copy(update={"stops": stops}),)})
    texts = page_texts(make(view, long_day))
    assert len(texts) == 2
    assert "Page HO01 2026-12-01 2/2" in texts[1]
    shown = re.findall(r"^(\d+)\.  Tenancy visit", "\n".join(texts), flags=re.MULTILINE)
    assert [int(number) for number in shown] == list(range(1, 13))


def test_a_round_longer_than_a_page_loses_no_door(view, week_plan):
    route = week_plan.routes[2]
    knock = route.stops[1].model_copy(update={"property_refs": ("00D1",) * 90})
    week = week_plan.model_copy(update={"routes": (route.model_copy(update={"stops": (knock,)}),)})
    pages = page_texts(make(view, week))
    numbers = re.findall(r"^(\d+)\. Flat", "\n".join(pages), flags=re.MULTILINE)
    assert [int(n) for n in numbers] == list(range(1, 91))
    assert len(pages) == 4


def test_the_same_plan_gives_the_same_file(view, week_plan):
    assert make(view, week_plan) == make(view, week_plan)


def test_synthetic_data_says_so_on_each_page(view, week_plan):
    assert all("Synthetic data" in text for text in page_texts(make(view, week_plan)))
    view.synthetic = False
    assert not any("ynthetic" in text for text in page_texts(make(view, week_plan)))


def test_walks_along_no_street_are_called_estimates_on_each_page(view, week_plan):
    said = "Walking times are estimates from straight lines"
    assert not any(said in text for text in page_texts(make(view, week_plan)))
    assert all(said in text for text in page_texts(make(replace(view, streets=False), week_plan)))


def test_a_week_without_routes_is_one_page_that_says_so(view, week_plan):
    pdf = make(view, week_plan.model_copy(update={"routes": ()}))
    assert len(page_texts(pdf)) == 1
    assert "No visits are planned" in page_texts(pdf)[0]


def test_a_date_near_the_years_end_is_destroyed_in_the_next(view, week_plan):
    route = week_plan.routes[0].model_copy(update={"date": dt.date(2026, 12, 31)})
    text = page_texts(make(view, week_plan.model_copy(update={"routes": (route,)})))[0]
    assert "Destroy by Thursday 14 January 2027" in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("St Mary’s – “A”…", 'St Mary\'s - "A"...'),  # noqa: RUF001
        ("Café Müller", "Café Müller"),
        ("Łódź ő", "?ódz o"),
        ("日本", "??"),
        ("two\nlines", "twolines"),
    ],
)
def test_letters_that_the_fonts_lack_are_replaced(text, shown):
    assert latin1(text) == shown


def test_a_window_is_told_as_when_somebody_is_expected(view, week_plan):
    starts = view.visits["visit_ref"].map({"V1": 36_000}).astype("Int64")
    ends = view.visits["visit_ref"].map({"V1": 43_200, "V3": 39_600}).astype("Int64")
    asked = replace(view, visits=view.visits.assign(window_start_s=starts, window_end_s=ends))
    first, _, other = page_texts(make(asked, week_plan))
    assert first.count("expected between 10am and midday") == 1
    assert other.count("expected by 11am") == 1
    assert "expected" not in page_texts(make(view, week_plan))[0]


def test_the_next_try_is_in_another_part_of_the_day(view, week_plan):
    first, thursday, _ = page_texts(make(view, week_plan))
    assert first.count("Next try, not in the morning:") == 1  # a quarter past ten
    assert first.count("Next try, not in the afternoon:") == 1  # two
    assert thursday.count("Next try, not in the afternoon:") == 1  # the surgery has none


def test_a_round_of_two_says_so_on_both_sheets_with_every_door_on_each(view, week_plan):
    route = week_plan.routes[2]
    pages = page_texts(
        make(
            view,
            week_plan.model_copy(
                update={
                    "routes": tuple(
                        route.model_copy(
                            update={
                                "officer_ref": one,
                                "stops": (
                                    route.stops[1].model_copy(update={"with_officer": other}),
                                ),
                            }
                        )
                        for one, other in (("HO01", "HO02"), ("HO02", "HO01"))
                    )
                }
            ),
        )
    )
    for text, other in zip(pages, ("HO02", "HO01"), strict=True):
        assert f"TWO OFFICERS: go with {other}" in text
        assert len(re.findall(r"^\d\. Flat \d ", text, flags=re.MULTILINE)) == 4


def test_a_building_without_a_name_is_told_by_its_addresses(view, week_plan):
    blocks = view.blocks.assign(block_name=None)
    texts = page_texts(make(replace(view, blocks=blocks), week_plan))
    assert "Flat 1 D House, Elm Road, SW1V 3DJ to Flat 4 D House" in " ".join(texts[1].split())


def test_every_flag_has_a_sign_drawn_and_no_sign_is_a_letter(view, week_plan):
    visits = view.visits.assign(contact_first=True, no_card_left=True, appointment_only=True)
    asked = replace(view, visits=visits)
    texts = page_texts(make(asked, week_plan))
    said = "\n".join(texts)
    assert all(said.count(words.upper()) >= 1 for words in ICONS if words not in ("new", "changed"))
    assert "".join(texts).isascii()


@pytest.mark.parametrize("words", ICONS)
def test_a_sign_is_drawn_inside_its_square(words):
    pdf = FPDF(unit="pt", format=(100, 100))
    pdf.set_compression(False)
    pdf.add_page()
    ICONS[words](pdf, 20, 30, 40)
    drawn = reader(bytes(pdf.output())).pages[0].get_contents().get_data().decode("latin-1")
    numbers = r"((?:-?[\d.]+ )+)"
    points = []
    for found in re.findall(numbers + r"[mlc]\b", drawn):
        values = [float(v) for v in found.split()]
        points += zip(values[::2], values[1::2], strict=True)
    for found in re.findall(numbers + r"re\b", drawn):
        x, y, width, height = (float(v) for v in found.split())
        points += [(x, y), (x + width, y + height)]
    assert points
    assert all(20 <= x <= 60 and 30 <= y <= 70 for x, y in points)


def test_a_long_name_of_a_centre_stays_on_the_paper(view, week_plan):
    route = week_plan.routes[0]
    place = route.start_place.model_copy(
        update={"name": "The Long-Named Neighbourhood Centre " * 2}
    )
    far = route.model_copy(update={"start_place": place, "end_place": place})
    page = reader(make(view, week_plan.model_copy(update={"routes": (far,)}))).pages[0]
    sizes = {}
    page.extract_text(
        visitor_text=lambda text, cm, tm, font, size: sizes.setdefault(text.strip()[:4], size)
    )
    assert 0 < sizes["Leav"] < 11
    assert sizes["HO01"] == 19


def test_every_sheet_says_which_version_it_is(view, week_plan):
    assert all("1/1, version 1 (a higher one" in text for text in page_texts(make(view, week_plan)))
    second = page_texts(make(view, week_plan.model_copy(update={"version": 2})))
    for text in second:
        assert "1/1, version 2 (a higher one" in text
        assert "Version 2: use this sheet in place of every earlier one." in text


def mended(plan, at, *changes, version=2):
    update = {"version": version, "replanned_at": dt.datetime.fromisoformat(at), "changes": changes}
    return plan.model_copy(update=update)


def slot(date, hour, *officers):
    return Appointment(date=dt.date(2026, 12, date), start_s=hour * 3600, officers=officers)


def test_a_mended_day_lists_what_is_left_and_names_what_had_begun(view, week_plan):
    first, *others = page_texts(make(view, mended(week_plan, "2026-12-01T11:30")))
    assert "Version 2, mended on Tuesday 1 December 2026 at 11:30am" in first
    assert "Use this sheet in place of every earlier one for this day." in first
    assert "Begun before 11:30am and not listed: V1." in " ".join(first.split())
    assert "What is left of this day is as it was." in first
    assert "Ref V1" not in first
    assert "3.  Tenancy visit" in first
    assert "Leave Pimlico" not in first
    assert "1 visit" in first
    assert "Begun" not in others[0]  # Thursday is all to come


def test_a_day_that_is_over_has_no_sheet_any_more(view, week_plan):
    pages = page_texts(make(view, mended(week_plan, "2026-12-02T09:00")))
    assert [text.splitlines()[0] for text in pages] == ["HO01   Thursday 3 December 2026"]
    over = page_texts(make(view, mended(week_plan, "2026-12-04T09:00")))
    assert [text.splitlines()[0] for text in over] == ["No visits are left to do this week."]


def test_new_and_changed_stops_are_marked_in_words(view, week_plan):
    moved = Change(ref="V2", kind="moved", before=slot(2, 9, "HO01"), after=slot(1, 14, "HO01"))
    new = Change(ref="V3", kind="added", after=slot(1, 9, "HO02"))
    later = Change(
        ref="R1", kind="moved", what="round", before=slot(3, 12, "HO01"), after=slot(3, 13, "HO01")
    )
    plan = mended(week_plan, "2026-12-01T08:00", moved, new, later)
    tuesday, thursday, other = (
        text
        for text in page_texts(make(view, plan))
        if "Wednesday 2 December 2026" not in text.splitlines()[0]
    )
    assert "CHANGED: was Wed 2 Dec at 9am, alone" in tuesday
    assert "TWO OFFICERS: go with HO02" in tuesday
    assert "CHANGED: was midday" in thursday
    assert "NEW: was with HO01, Wed 2 Dec at 9am" in other
    assert re.findall(r"^NEW$", other, flags=re.MULTILINE) == ["NEW"]
    assert tuesday.count("CHANGED:") == 1  # the visit before is as it was


def test_what_is_taken_off_a_day_is_said_there_and_why_is_not(view, week_plan):
    gone = Change(ref="V7", kind="cancelled", before=slot(1, 13, "HO01"), why="she is in hospital")
    away = Change(
        ref="V8", kind="moved", before=slot(4, 10, "HO02"), after=slot(3, 9, "HO01"), why="HO02 ill"
    )
    off = Change(ref="B1-2", kind="dropped", what="round", before=slot(4, 11, "HO02"))
    begun = Change(ref="V9", kind="moved", before=slot(1, 8, "HO01"), after=slot(1, 9, "HO01"))
    pages = page_texts(make(view, mended(week_plan, "2026-12-01T11:30", gone, away, off, begun)))
    said = {text.splitlines()[0]: " ".join(text.split()) for text in pages}
    assert "Taken off this day: V7 at 1pm (cancelled)." in said["HO01   Tuesday 1 December 2026"]
    friday = said["HO02   Friday 4 December 2026"]  # it has no route any more
    assert "V8 at 10am (now with HO01 on Thu 3 Dec)" in friday
    assert "community round at 11am (put off, with no time left this week)" in friday
    assert "Nothing is left to do on this day." in friday
    whole = "".join(said.values())
    assert "hospital" not in whole
    assert " ill" not in whole
    assert "V9" not in whole


def renamed(plan, name):
    """The week with Thursday's surgery as another session."""
    thursday = plan.routes[2]
    first = thursday.stops[0].model_copy(update={"name": name})
    changed = thursday.model_copy(update={"stops": (first, *thursday.stops[1:])})
    return plan.model_copy(update={"routes": (*plan.routes[:2], changed)})


def test_a_session_is_told_by_its_kind_and_its_place(view, week_plan):
    text = page_texts(make(view, week_plan))[1]
    assert "1.  Surgery, 120 minutes\nPimlico library" in text
    assert "1.  Duty desk, 120" in page_texts(make(view, renamed(week_plan, "duty desk")))[1]
    without = page_texts(make(replace(view, fixed=None), renamed(week_plan, "Area office")))[1]
    assert "1.  Area office, 120 minutes\nArea office" in without


def test_a_break_is_near_a_door_and_never_near_a_reference(view, week_plan):
    tuesday = week_plan.routes[0]
    rest = tuesday.stops[1].model_copy(update={"block_ref": "A"})
    changed = tuesday.model_copy(update={"stops": (tuesday.stops[0], rest, tuesday.stops[2])})
    week = week_plan.model_copy(update={"routes": (changed,)})
    assert "near A House" in page_texts(make(view, week))[0]
    nameless = replace(view, blocks=view.blocks.assign(block_name=None))
    assert "near Flat 1 A House, Elm Road, SW1V 3DJ" in page_texts(make(nameless, week))[0]
