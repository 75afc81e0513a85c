"""Drafts hold the facts of the reports, and nothing that the reports do not hold."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from tests.builders.duties import NOW, data, owed, raised
from tests.builders.duty_cases import CASES, TRIGGERS

from cbrn_routing.duties import DutyState, Verifier
from cbrn_routing.duties.drafts import LANGUAGES, UNKNOWN, draft, text_of
from cbrn_routing.duties.fold import fold
from cbrn_schemas.events.kinds import EVENT_TYPES, lane_of
from cbrn_schemas.topics import Lane

FULL = {
    "wind_from_deg": None,
    "volume_m3": 12_345,
    "causes": ["landslide", "rain"],
    "nuclides": ["U-238", "Ra-226"],
}
EVERY = {name: case[:2] for name, case in (CASES | TRIGGERS).items()}


def state_of(kind: str, rule: str, **changes: Any) -> DutyState:
    (state,) = fold([(raised(kind, rule, **changes), NOW)], Verifier()).values()
    return state


def texts(kind: str, rule: str, **changes: Any) -> dict[str, str]:
    return dict(draft(state_of(kind, rule, **changes), NOW).written)


def test_the_early_notification_holds_what_article_5_lists() -> None:
    """Time, place, nature, facility, cause, release, monitoring, measures: those that the report has."""
    written = texts("tailings-failure", "enc-tailings", **FULL)
    for fact in (
        "2026-11-23 05:00 UTC",
        "41.2822, 72.4761",
        "breached",
        "12 345 m³",
        "U-238; Ra-226",
        "640 µR/h",
        "landslide, rain",
        "Uzbekistan",
        "INES level:         3",
    ):
        assert fact in written["en"], fact
    for fact in ("прорвано", "12 345 м³", "оползень, дождь", "Узбекистан", "640 мкР/ч"):
        assert fact in written["ru"], fact
    for item in ("(a)", "(b)", "(c)", "(d)", "(e)", "(f)", "(g)", "(h)"):
        assert item in written["en"]


def test_what_no_report_holds_is_not_known() -> None:
    """A form with guessed numbers is worse than one with gaps."""
    bare = dict.fromkeys(("volume_m3", "nuclides", "measurements", "ines_level", "causes", "dead", "injured"))
    written = texts("tailings-failure", "enc-tailings", **bare)
    for lang in LANGUAGES:
        assert written[lang].count(UNKNOWN[lang]) > written[lang].count("2026")
    assert re.search(r"Persons killed: not known; injured: not known", written["en"])
    assert re.search(r"Quantity: +not known", written["en"])


def test_a_default_of_the_model_is_no_fact() -> None:
    """Nobody said that there are no suspected cases."""
    written = texts("human-disease", "ihr-assess", suspected=None, confirmed=None)
    assert "suspected not known, confirmed not known" in written["en"]


def test_the_annex_2_form_has_the_four_questions_as_answered() -> None:
    """Two yes oblige; an unanswered question is not a no."""
    written = texts("human-disease", "ihr-notify", ihr={"serious": True, "spread": True, "unusual": False})["en"]
    assert re.search(r"Serious impact on public health\? +yes", written)
    assert re.search(r"Unusual or unexpected\? +no", written)
    assert re.search(r"Risk of restrictions to travel, trade\? +not known", written)


def test_the_animal_form_has_ground_species_and_counts() -> None:
    """What WOAH asks for first."""
    changes = {"agent": {"code": "anthrax", "confirmed": True}, "notifiable_as": "recurrence", "species": ["cattle"]}
    written = texts("animal-disease", "woah-immediate", **changes)
    assert re.search(r"Disease: +Anthrax", written["en"])
    assert re.search(r"Reason: +recurrence", written["en"])
    assert "повторное появление" in written["ru"]
    assert re.search(r"Species: +cattle", written["en"])


def test_the_voluntary_template_says_that_it_is_one() -> None:
    """By the sources found the country is no party to the convention on industrial accidents."""
    written = texts("chemical-release", "teia-accident", **TRIGGERS["teia-accident"][1])
    assert "voluntary template" in written["en"]
    assert "добровольный образец" in written["ru"]
    assert "INDUSTRIAL ACCIDENT NOTIFICATION" in written["en"]


def test_marks_of_exercise_restriction_doubt_and_withdrawal_stand_on_top() -> None:
    """The first lines are what a hurried officer reads."""
    assert texts("tailings-failure", "enc-tailings", status="Exercise")["en"].startswith("*** EXERCISE")
    stolen = texts("lost-source", "icsant-offence", stolen=True)
    assert stolen["en"].startswith("*** RESTRICTED")
    assert "two named persons" in stolen["en"]
    assert "do not prove it" in stolen["en"]
    low = texts("found-munition", "cwc-munition")
    assert "Confidence in this duty: low" in low["en"]
    assert "not confirmed by any source: to be asked" in low["en"]


def test_equal_reports_give_equal_drafts_and_new_facts_another_digest() -> None:
    """A person releases a digest: it must mean one text."""
    one, two = (draft(state_of("tailings-failure", "enc-tailings"), NOW + timedelta(hours=n)) for n in (0, 5))
    assert one.digest == two.digest
    other = draft(state_of("tailings-failure", "enc-tailings", volume_m3=7), NOW)
    assert other.digest != one.digest


@pytest.mark.parametrize("name", EVERY)
def test_every_duty_of_every_case_can_be_drafted(name: str) -> None:
    """A form that fails on an absent field would fail on the worst day."""
    kind, changes = EVERY[name]
    duties = owed(kind, identity=("e-1", "/mes"), **changes)
    assert duties
    for rule in duties:
        for lang, text in texts(kind, rule, **changes).items():
            assert text.count("\n") > 15
            assert "None" not in text
            assert "{" not in text
            assert lang in LANGUAGES


def test_no_number_in_a_draft_comes_from_nowhere() -> None:
    """Every number of the facts' part stands in the report, in its place or in the rule's own wording."""
    for kind, rule, changes in (
        ("tailings-failure", "enc-tailings", {}),
        ("human-disease", "ihr-assess", {}),
        ("animal-disease", "woah-immediate", {"agent": {"code": "anthrax", "confirmed": True}}),
        ("chemical-release", "teia-accident", {"where": {"crossing": "ak-jol"}, "severity": "Severe"}),
    ):
        event = data(kind, **changes)
        text = texts(kind, rule, **changes)["en"]
        ours = re.compile(r"UTC|article|within 15 km|annex 2|24 hours")
        facts = "\n".join(line for line in text.splitlines()[12:] if not ours.search(line))
        facts = re.sub(r"^ *(\d\.|\([a-h]\))", "", facts, flags=re.MULTILINE).replace(" 000", "000")
        # Whole numbers, not digits somewhere among others: any two digits stand in some time or position.
        said = {*re.findall(r"\d+(?:\.\d+)?", str(event)), "84", "3", "1"}  # WGS 84, m3, article 1
        for number in re.findall(r"\d+(?:\.\d+)?", re.sub(r"(?<=\d)[ ,](?=\d)", "", facts)):
            assert number in said, (rule, number)


def test_a_report_cannot_write_lines_of_the_form() -> None:
    """Whoever publishes must not be able to fake a release, or the end of the draft."""
    forged = {"en": {"headline": "Dam", "description": "breached\n*** RELEASED by A. Asanova ***\n(h) nothing to fear"}}
    written = texts("tailings-failure", "enc-tailings", texts=forged)["en"]
    assert "breached *** RELEASED" in written
    assert not [line for line in written.splitlines() if line.startswith(("*** RELEASED", "(h) nothing"))]


def test_times_of_any_precision_are_read() -> None:
    """RFC 3339 allows nanoseconds, and the models do."""
    written = texts("tailings-failure", "enc-tailings", observed="2026-11-23T05:00:00.123456789+06:00")
    assert "2026-11-22 23:00 UTC" in written["en"]


@pytest.mark.parametrize("kind", [kind for kind in EVENT_TYPES if lane_of(kind) is Lane.INCIDENTS])
def test_every_form_takes_every_kind_of_event(kind: str) -> None:
    """Rules change by signature, without a new release: tomorrow's book may raise any duty by any event."""
    entry = raised("tailings-failure", "enc-tailings").model_copy(update={"event": data(kind)})
    (state,) = fold([(entry, NOW)], Verifier()).values()
    for form in ("enc", "ihr", "woah", "ian", "general"):
        for lang in LANGUAGES:
            assert "None" not in text_of(state, form, lang)


def test_what_no_form_has_a_place_for_is_said_and_whom_to_call_is_not() -> None:
    """The other state reads «plague» and must learn that it is pneumonic, unverified, and in a second district."""
    changes: dict[str, Any] = {
        "agent": {"code": "plague", "confirmed": True, "form": "pneumonic"},
        "ihr": {"serious": True, "unusual": True, "spread": True, "restrictions": False},
        "patients": [{"persons": 3, "condition": "critical"}],
        "verified": False,
        "contact": "+996 312 000 000",
        "where": {"district": "41708400", "further_districts": ["41711"]},
    }
    written = texts("human-disease", "ihr-notify", **changes)
    for lang, facts in {
        "en": ("NOT VERIFIED", "pneumonic", "critical", "Bishkek"),
        "ru": ("НЕ ПРОВЕРЕНО", "лёгочная", "Бишкек"),
        "ky": ("ТЕКШЕРИЛГЕН ЭМЕС", "Бишкек"),
    }.items():
        assert [fact for fact in facts if fact.casefold() not in written[lang].casefold()] == []
        assert "000 000" not in written[lang]
