import datetime as dt
import re
import zlib
from dataclasses import replace

import pytest

from optimiser.outputs.sheets import latin1, sheets_pdf
from optimiser.outputs.stops import stop_lines


def make(view, plan):
    return sheets_pdf(view, plan, stop_lines(view, plan))


def page_count(pdf):
    return len(re.findall(rb"/Type /Page\b(?!s)", pdf))


def page_texts(pdf):
    """The text of each page, as shown: fpdf2 writes one compressed stream a page."""
    texts = []
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, flags=re.DOTALL):
        try:
            content = zlib.decompress(stream).decode("latin-1")
        except zlib.error:
            continue
        if shown := re.findall(r"\(((?:\\.|[^\\()])*)\) Tj", content):
            texts.append("\n".join(re.sub(r"\\(.)", r"\1", text) for text in shown))
    return texts


def test_a_page_for_each_officer_and_day(view, week_plan):
    pdf = make(view, week_plan)
    assert page_count(pdf) == len(page_texts(pdf)) == 3
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
    doors = re.findall(r"Flat (\d) D House", text)
    assert doors == ["4", "3", "2", "1"]
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
    numbers = re.findall(r"^(\d+)\.$", "\n".join(pages), flags=re.MULTILINE)
    assert [int(n) for n in numbers] == list(range(1, 91))
    assert len(pages) == 3


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
    assert page_count(pdf) == 1
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
