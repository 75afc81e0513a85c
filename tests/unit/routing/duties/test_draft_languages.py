"""Every draft in the reader's language: all duties of the book, all kinds of incident, three languages."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from typing import Any

import pytest
from tests.builders.duties import NOW, data, owed, raised
from tests.builders.duty_cases import CASES, TRIGGERS

from cbrn_routing.duties import DutyState, Verifier
from cbrn_routing.duties.drafts import LANGUAGES, draft, form_of, text_of
from cbrn_routing.duties.fold import fold
from cbrn_routing.rulebook import national_rulebook
from cbrn_schemas.catalogue.frameworks import framework
from cbrn_schemas.catalogue.words import words
from cbrn_schemas.duty import Drafted, DraftLanguage, Titles, texts_digest
from cbrn_schemas.events.kinds import EVENT_TYPES, lane_of
from cbrn_schemas.topics import Lane

INCIDENTS = [kind for kind in EVENT_TYPES if lane_of(kind) is Lane.INCIDENTS]
DUTIES = sorted(national_rulebook().duties, key=lambda rule: rule.id)
SIGNS = frozenset(["UTC", "WGS", "CAS", "pH", "INFCIRC", "SOATE", "C", "A", "D", "B", "ERPG", "AEGL", "COVID"])
"""Latin signs that a Cyrillic text has too: clocks, registers, documents of the IAEA, lists of chemicals."""
ALLOWED = re.compile(
    r"[\w-]+(?:\.[\w-]+)+(?:/[\w/?=.-]*)?|PMC\d+"  # where it was read
    r"|\(\w\)|\b[IVX]+(?:\([AB]\))?\b|\b\d[.\w]*\b|\bF\d\d\b"  # numbers of articles and sites
    r"|\b[A-Z][a-z]?-\d+m?\b|\be-1\b"  # nuclides, the report
)
LATIN = re.compile(r"[A-Za-z]+")
THREATS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a threatening letter": ("suspicious-substance", "btwc-suspected-use", {"threat": True}),
    "a dam that is threatened": ("tailings-failure", "enc-tailings-threatened", {"state": "threatened"}),
    "a threat against a store": ("sabotage", "cppnm-theft", {"act": "threat"}),
    "a chemical plant that is threatened": ("chemical-release", "teia-accident", {"threat": True}),
}


@cache
def base() -> Any:
    return raised("tailings-failure", "enc-tailings")


def state_of(rule: Any, event: dict[str, Any]) -> DutyState:
    """The duty of a rule, as if this event had raised it: what tomorrow's book may do with any event."""
    clock = rule.obligation
    duty = base().duty.model_copy(
        update={
            "id": f"KG-1/{rule.id}",
            "rule": rule.id,
            "title": Titles(ky=rule.title.ky, ru=rule.title.ru, en=rule.title.en),
            "framework": clock.framework,
            "clock": clock.code,
            "article": clock.article,
            "asks": clock.duty,
            "addressees": clock.addressees,
            "addressee": framework(clock.framework).addressee,
            "source": clock.source,
            "confidence": clock.confidence.value,
        }
    )
    (state,) = fold([(base().model_copy(update={"duty": duty, "event": event}), NOW)], Verifier()).values()
    return state


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for part in value.values() for text in strings(part)]
    if isinstance(value, list | tuple):
        return [text for part in value for text in strings(part)]
    return [value] if isinstance(value, str) else []


def latin_words(text: str, event: dict[str, Any]) -> list[str]:
    """Latin words that neither the publisher wrote nor every Cyrillic text has. Codes of the event are no excuse."""
    codes = {code for _, code in words()}
    for own in sorted(strings(event), key=len, reverse=True):
        if own not in codes:
            text = text.replace(" ".join(own.split()), "")
    return [word for word in LATIN.findall(ALLOWED.sub("", text)) if word not in SIGNS]


@pytest.mark.parametrize("rule", DUTIES, ids=lambda rule: rule.id)
def test_no_draft_mixes_languages(rule: Any) -> None:
    """An officer who reads Kyrgyz or Russian must not have to guess at «article» or `uR/h`."""
    for kind in INCIDENTS:
        event = data(kind)
        state = state_of(rule, event)
        for lang in LANGUAGES:
            text = text_of(state, form_of(state.duty.framework), lang)
            assert not re.search(r"\bNone\b|[{}]|\[pH\]", text)
            if lang == "en":
                ours = text.replace("«", "").replace("»", "")
                for own in sorted(strings(event), key=len, reverse=True):
                    ours = ours.replace(" ".join(own.split()), "")
                assert not re.search(r"[А-Яа-яёңөү]", ours), (kind, text)
            else:
                assert not latin_words(text, event), (kind, lang, text)


@pytest.mark.parametrize("name", CASES | TRIGGERS)
def test_the_facts_that_raised_a_duty_are_in_the_readers_language(name: str) -> None:
    """`basis` stands in the record in English; a draft has it in its own language."""
    kind, changes = (CASES | TRIGGERS)[name][:2]
    for rule in owed(kind, **changes):
        entry = raised(kind, rule, **changes)
        (state,) = fold([(entry, NOW)], Verifier()).values()
        texts = draft(state, NOW).written
        assert set(texts) == set(LANGUAGES)
        for lang in ("ru", "ky"):
            listed = {fact.shown.partition(",")[0] for fact in entry.duty.basis if "CAS" in fact.shown}
            text = texts[lang]
            for own in listed:
                text = text.replace(own, "")
            assert not latin_words(text, data(kind, **changes)), (rule, lang, text)


@pytest.mark.parametrize("kind", INCIDENTS)
def test_the_general_form_carries_every_number_of_the_event(kind: str) -> None:
    """Cases, contacts, doses, dead, injured, amounts: who decides must not have to look for the event."""
    event = data(kind) | {"dead": 11, "injured": 87}
    numbers = {
        name for name, value in event.items() if isinstance(value, int | float) and not isinstance(value, bool)
    } - {"dead", "injured"}
    assert {("figure", name) for name in numbers} <= set(words())
    rule = next(each for each in DUTIES if form_of(each.obligation.framework) == "general")
    for lang in LANGUAGES:
        text = text_of(state_of(rule, event), "general", lang)
        lines = [line for line in text.splitlines() if line.startswith("- ")]
        for name in numbers:
            label = words()["figure", name].get(lang)
            assert any(line.startswith(f"- {label}: ") for line in lines), (lang, name)
        assert "11; 87" in text
        assert len([line for line in lines if "µ" in line or "м" in line or lang == "en"]) >= len(
            event.get("measurements", ())
        )


def test_every_numeric_field_of_an_incident_has_a_name_in_three_languages() -> None:
    """Whoever adds a field adds its words (group `figure`), or the draft would leave the number out."""
    fields = {
        name
        for kind in INCIDENTS
        for name, field in EVENT_TYPES[kind].model_fields.items()
        if re.search(r"\b(int|float)\b", str(field.annotation).replace("Measurement", ""))
    }
    assert {("figure", name) for name in fields - {"dead", "injured"}} <= set(words())


HEADED: dict[DraftLanguage, tuple[str, str]] = {
    "en": ("THREAT", "ACCIDENT"),
    "ru": ("УГРОЗ", "АВАРИ"),
    "ky": ("КОРКУНУЧ", "АВАРИЯ"),
}
"""How a form of a threat is headed, and how that of an accident."""


@pytest.mark.parametrize("name", THREATS)
def test_a_draft_of_a_threat_is_not_headed_accident(name: str) -> None:
    """Nothing has happened yet; a form that begins with «accident» says that it has."""
    kind, rule_id, changes = THREATS[name]
    event = data(kind, **changes)
    rule = next((each for each in DUTIES if each.id == rule_id), DUTIES[0])
    state = state_of(rule, event)
    for form in ("ian", "general"):
        for lang, (threat, accident) in HEADED.items():
            lines = text_of(state, form, lang).splitlines()
            heads = [line for line in lines if line.isupper() and not line.startswith("***")]
            assert any(threat in line for line in heads), (form, lang, heads)
            assert not any(accident in line for line in heads)
            first = "\n".join(lines[:6])
            assert threat in first


def test_a_draft_of_an_accident_is_headed_so() -> None:
    """The mirror of the above."""
    rule = next(each for each in DUTIES if each.id == "teia-accident")
    text = text_of(state_of(rule, data("chemical-release")), "ian", "en")
    assert "INDUSTRIAL ACCIDENT NOTIFICATION" in text
    assert "THREAT" not in text


def test_a_draft_of_before_kyrgyz_keeps_its_digest() -> None:
    """What persons signed then must still count."""
    old = {"en": "one", "ru": "два"}
    record = Drafted(id="KG-1/x", at=NOW, form="general", digest=texts_digest(old), texts=old, events=("e-1",))
    assert record.genuine
    assert record.digest == hashlib.sha256("one\0два".encode()).hexdigest()
    assert not record.model_copy(update={"text_ky": "үч"}).genuine
    assert texts_digest(old | {"ky": "үч"}) not in {record.digest, texts_digest(old | {"ky": "төрт"})}
