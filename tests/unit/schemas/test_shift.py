"""Facts about a watch: to a record and back; whose they are, and what they may not say."""

import json
from types import SimpleNamespace

import pytest
from tests.builders.rota import BY, START, channel_test, fact, handed_over, local, officers, taken

from cbrn_consumers.rota import ShiftLog
from cbrn_schemas.shift import ChannelTested, ShiftError, ShiftTaken, read_shift, record_of, shifts_topic, state_fact
from cbrn_schemas.topics import Realm

ONE = officers().officer("duty-1")
FACTS = [
    taken("duty-1", START, local(2), open=("KG-2026-minkush",), open_count=1, note="valve shut"),
    handed_over("duty-2", START, local(2), former="duty-1"),
    channel_test(ONE, "mobile", START),
    channel_test(ONE, "desk", START, "sent"),
]


@pytest.mark.parametrize("said", FACTS)
def test_a_fact_is_read_back_from_its_record(said):
    """The key is what it is about; the envelope says the rest."""
    key, headers, value = record_of(said)
    assert read_shift(headers, value, Realm.REAL, "mes") == said
    assert key.decode() in {"first", "duty-1/mobile", "duty-1/desk"}
    assert dict(headers)["ce_type"].startswith(b"kg.cbrn.shift.")
    assert shifts_topic(Realm.REAL, "mes") == "cbrn.from.mes.shifts"


@pytest.mark.parametrize("said", FACTS)
@pytest.mark.parametrize(
    ("realm", "body", "where"), [(Realm.REAL, "moh", "body"), (Realm.EXERCISE, "mes", "realm")], ids=["body", "realm"]
)
def test_a_fact_of_another_body_or_realm_counts_nowhere(said, realm, body, where):
    """An exercise must not take the real watch, nor one ministry another's."""
    _, headers, value = record_of(said)
    with pytest.raises(ShiftError) as caught:
        read_shift(headers, value, realm, body)
    assert caught.value.where == where
    assert "ignored" in caught.value.hint


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"until": "2026-10-01T00:00:00Z"}, "shift"),
        ({"until": "next week"}, "until"),
        ({"id": "moh.1"}, "shift"),
        ({"by": "mes"}, "by"),
        ({"post": "Duty 1"}, "post"),
        ({"seat": "third"}, "seat"),
        ({"relieved": True}, "relieved"),
        ({"open": ["x"] * 201}, "open"),
    ],
)
def test_a_record_that_cannot_be_understood_is_named_and_changes_nothing(change, where):
    """The rota alone says then who is on duty; and the log goes on with the next."""
    _, headers, value = record_of(FACTS[0])
    odd = json.dumps(json.loads(value) | change).encode()
    with pytest.raises(ShiftError) as caught:
        read_shift(headers, odd, Realm.REAL, "mes")
    assert caught.value.where == where
    records = [_record(headers, odd, 0), _record(headers, None, 1), _record([], b"{", 2), _record(headers, value, 3)]
    log = ShiftLog.of("mes", Realm.REAL, records)
    assert len(log.warnings) == 3
    assert log.holder("first", START).fact == FACTS[0]


def test_a_fact_counts_from_when_the_broker_had_it():
    """Nobody can say afterwards that he had the watch."""
    early = taken("duty-1", START, local(9))
    _, headers, value = record_of(early)
    log = ShiftLog.of("mes", Realm.REAL, [_record(headers, value, 0, at=local(5))])
    assert log.holder("first", local(4)) is None
    assert log.holder("first", local(6)).fact.post == "duty-1"


@pytest.mark.parametrize(("outcome", "why"), [("answered", "refused"), ("failed", None)])
def test_a_test_says_why_where_it_was_not_answered_and_only_there(outcome, why):
    """«Failed», and nothing else, helps nobody."""
    with pytest.raises(ShiftError, match="say why it was not answered"):
        fact(ChannelTested, check="0a", outcome=outcome, **({} if why is None else {"why": why}))


def test_who_mistypes_is_told_what_to_give():
    """Before anything is written."""
    with pytest.raises(ShiftError) as caught:
        state_fact(ShiftTaken, id="mes.1", realm=Realm.REAL, body="mes", post="duty-1", by="x", at=START)
    assert caught.value.where == "by"
    assert "--by" in caught.value.hint
    assert BY


def test_no_address_has_a_place_in_a_fact():
    """A member that could hold one is one that will."""
    names = {name for said in FACTS for name in type(said).model_fields}
    assert not names & {"to", "address", "number", "phone", "message", "text"}


def _record(headers, value, offset, at=START):
    made = SimpleNamespace(topic="cbrn.from.mes.shifts", partition=0, offset=offset, key=b"first", headers=headers)
    made.value, made.timestamp = value, int(at.timestamp() * 1000)
    return made
