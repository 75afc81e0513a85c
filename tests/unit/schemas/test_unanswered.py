"""What the watch says is read like other alarms, in three languages; of a restricted alert it says nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import get_args

import pytest

from cbrn_consumers.alert import Origin, read_alert
from cbrn_consumers.answering import receipt_for
from cbrn_consumers.inbox import Inbox, OwnAnswers, Silences, line_of
from cbrn_consumers.inbox.delivery import delivery_of
from cbrn_consumers.inbox.protection import Protection
from cbrn_consumers.standing import Answer
from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.receipt import give
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


def alert(headers, value, realm="cbrn"):
    return read_alert(
        SimpleNamespace(
            topic=f"{realm}.to.moh.alerts", partition=0, offset=1, timestamp=0, headers=headers, value=value, key=b"k"
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
    assert keys == ["KG-1", "KG-1", "KG-1 / moh", "KG-1 / moh"]


def test_who_is_asked_in_anothers_place_reads_the_situation_how_bad_and_by_when():
    """Not the digest that the alarm is named by; and an exercise is marked, as everywhere."""
    headers, value = unanswered_record(unanswered(asked="mes"), "u-1", "lead", restricted=False)
    found = delivery_of(alert(headers, value), Lane.INCIDENTS)
    assert (found.key.situation, found.key.in_place_of) == ("KG-1", "moh")
    assert (found.severity, found.acknowledge_by, found.status) == ("Severe", AT, "Actual")
    assert "KG-1" in found.names, "--expand takes what is shown"
    assert delivery_of(alert(headers, value, realm="cbrn-exercise"), Lane.INCIDENTS).status == "Exercise"
    told = delivery_of(alert(*unanswered_record(unanswered(), "u-1", "inform", restricted=False)), Lane.INCIDENTS)
    assert (told.key.situation, told.key.in_place_of, told.acknowledge_by) == ("KG-1", None, None)


def test_the_command_that_the_alarm_names_is_that_of_the_body_which_is_asked():
    """To answer as the body that has not would be refused, or a lie."""
    assert "--as mes" in unanswered(asked="mes", step="parent").texts["en"].instruction


def test_what_was_asked_in_anothers_place_is_open_until_the_body_has_answered_and_then_shows_how():
    """Also where the body itself was never told of the situation."""
    own = OwnAnswers("mes")
    inbox = Inbox(Silences("mes"))
    delivery = delivery_of(
        alert(*unanswered_record(unanswered(asked="mes"), "u-1", "lead", restricted=False)), Lane.INCIDENTS
    )
    inbox.take(delivery, delivery.routed)
    (group,) = inbox.groups()
    line = line_of(group)
    assert own.asked(line, AT).due == AT
    receipt = give(
        id="mes.1", realm=Realm.REAL, body="mes", situation="KG-1", act="accepted",
        event={"source": "/mes", "id": "e-1"}, by="Duty officer Asanov", at=AT,
    )  # fmt: skip
    own.take(Answer(receipt, Origin("cbrn.from.mes.receipts", 0, 0, AT)))
    assert own.asked(line, AT) == (None, "accepted", "Duty officer Asanov")


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
