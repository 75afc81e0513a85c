"""What the watch says is read like other alarms, in three languages; of a restricted alert it says nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import get_args

import pytest

from cbrn_consumers.alert import read_alert
from cbrn_consumers.answering import receipt_for
from cbrn_consumers.inbox.delivery import delivery_of
from cbrn_consumers.inbox.protection import Protection
from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.topics import Lane, Realm
from cbrn_schemas.unanswered import LANGUAGES, Silent, SilentPart, Unanswered, silent_record, unanswered_record

AT = datetime(2026, 11, 27, 3, 20, tzinfo=UTC)


def unanswered(**changed):
    return Unanswered.model_validate(
        {
            "situation": "KG-1",
            "body": "moh",
            "lacking": "not-acknowledged",
            "event": {"source": "/mes", "id": "e-1"},
            "due": AT,
            "at": AT,
            "level": 2,
            "step": "deputy",
            "asked": "moh",
            "again": AT,
            "severity": "Severe",
            "headline": {"ru": "Выброс хлора"},
            "changed": ({"en": "place: Chuy → Osh"},),
        }
        | changed
    )


def alert(headers, value):
    return read_alert(
        SimpleNamespace(
            topic="cbrn.to.moh.alerts", partition=0, offset=1, timestamp=0, headers=headers, value=value, key=b"k"
        )
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_officer_reads_who_is_missing_of_what_who_is_asked_now_and_what_to_type(lang):
    """In each language, the situation's name in the first line."""
    text = unanswered().texts[lang]
    assert "KG-1" in text.headline
    assert "(2)" in text.headline
    assert "Выброс хлора" in text.description
    assert "→" in text.description
    assert "cbrn ack KG-1 --as moh" in text.instruction


def test_it_is_read_as_other_alarms_are_and_no_silence_covers_it():
    """Feed, tail and inbox know it."""
    found = alert(*unanswered_record(unanswered(), "unanswered-1", "lead", restricted=True))
    assert (found.event, found.role, found.level, found.restricted) == (unanswered(), "lead", 2, True)
    assert found.identity == ("/bus/watch", "unanswered-1", 2)
    delivery = delivery_of(found, Lane.INCIDENTS)
    assert Protection.BUS in delivery.protection
    assert (delivery.level, delivery.restricted) == (2, True)
    assert "KG-1" in found.headline("ky")


def test_who_is_only_told_reads_one_line_a_situation():
    """Nine bodies that do not answer are one matter for the ministry, and nine for nobody."""
    keys = [
        delivery_of(alert(*unanswered_record(unanswered(), name, role, restricted=False)), Lane.INCIDENTS).key.name
        for name, role in (("u-1", "inform"), ("u-2", "inform"), ("u-1", "lead"), ("u-2", "lead"))
    ]
    assert keys == ["KG-1", "KG-1", "u-1", "u-2"]


def test_a_body_that_is_asked_in_anothers_place_answers_for_the_event_that_lacks_an_answer():
    """By its program in one line, as with an alert."""
    found = alert(*unanswered_record(unanswered(), "unanswered-1", "lead", restricted=False))
    given = receipt_for(found, "accepted", realm=Realm.REAL, body="mes", at=AT, by="Duty officer Asanov")
    assert (given.situation, given.body, given.event.id, given.level) == ("KG-1", "mes", "e-1", 2)


@pytest.mark.parametrize("part", get_args(SilentPart))
def test_each_part_that_is_silent_has_its_words_and_a_remedy(part):
    """An alarm of its own each."""
    said = Silent(part=part, name="moh", since=AT, at=AT, waiting=3)
    found = alert(*silent_record(said, f"silent-{part}", "lead"))
    assert found.event == said
    assert {lang: bool(text.instruction) for lang, text in said.texts.items()} == dict.fromkeys(LANGUAGES, True)
    assert delivery_of(found, Lane.INCIDENTS).key.sort == "silent"


def test_a_watch_that_nobody_keeps_is_told_with_body_seat_and_what_is_wrong():
    """Whoever calls there must know whom, and of what."""
    said = Silent(part="shift", name="moh/first/hole", since=AT, at=AT, body="moh")
    assert "HOLE" in said.headline_in("en")
    assert all(part in said.headline_in("ky") for part in (body_name("moh", "ky"), "БОШТУК"))


def test_a_publisher_that_is_silent_is_told_with_its_lane():
    """Incidents may be rare where readings must come each hour."""
    said = Silent(part="publisher", name="mes-hydromet/monitoring", since=AT, at=AT, body="mes-hydromet")
    assert f"{body_name('mes-hydromet', 'ru')}, мониторинг" in said.headline_in("ru")
