"""One situation on one screen, and the inbox beside its body's own answers, on a real broker."""

import pytest
from aiokafka import AIOKafkaProducer
from tests.builders.golden import event
from tests.builders.standing_bus import NAME, Bus

from cbrn_routing.decide import Engine
from cbrn_routing.decision_record import decision_tail, decision_value
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.rulebook import Eras, national_rulebook
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.events import ce_type, to_bytes
from cbrn_schemas.formats.cap.reading import read
from cbrn_schemas.formats.cap.to_event import event_of
from cbrn_schemas.records import rfc3339
from cbrn_schemas.topics import bus_topic, from_topic

pytestmark = pytest.mark.broker

BY = ("--by", "Дежурный Асанов")
RULES = {"rule": "toxic-release", "rulebook": national_rulebook().digest[:12]}


@pytest.fixture
async def bus(realm_of):
    settings = await realm_of("mes", "moh", "mia")
    producer = AIOKafkaProducer(**settings.connection())
    await producer.start()
    yield Bus(settings, producer)
    await producer.stop()


def rows(found, code):
    return [
        (row["label"], row["text"]) for part in found["sections"] if part["section"] == code for row in part["rows"]
    ]


async def test_an_officer_of_the_bus_sees_all_bodies_and_what_changed(bus):
    """In every language; for machines the same, with the codes."""
    await bus.tell("mes", "moh", **RULES, injured=1)
    await bus.json("accept", NAME, "--as", "moh", *BY)
    await bus.tell("mes", "moh", **RULES, message_type="Update", references=["e-1"], place="41711000", injured=4)
    found = await bus.json("show", NAME)
    assert [party["body"] for party in found["standing"]["parties"]] == ["mes", "moh"]
    assert [change["field"] for change in found["updates"][1]["changed"]] == ["place"]
    assert any("1 → 4" in text for _, text in rows(found, "updates"))
    assert found["why"][0]["rule"] == "toxic-release"
    assert found["why"][0]["title"]["ky"]
    assert found["duties"] == []
    assert (found["status"], found["message_type"]) == ("Exercise", "Update")
    for lang, mark in (("ky", "МАШЫГУУ"), ("ru", "УЧЕНИЕ"), ("en", "EXERCISE")):
        text = (await bus.cbrn("show", NAME, "--lang", lang)).stdout
        assert NAME in text.splitlines()
        assert mark in text.splitlines()[0]
        assert BY[1] in text


async def test_the_cap_document_of_a_situation_is_that_of_its_latest_event(bus):
    """`show --cap` and `cap show`, by the situation or the event, print the same bytes; it names what came before."""
    times = [f"2026-11-27T03:{minute}:00Z" for minute in ("00", "20", "40")]
    changes = [{}, {"message_type": "Update", "references": ["e-1"]}, {"message_type": "Cancel", "references": ["e-2"]}]
    for told, reported in zip(changes, times, strict=True):
        identifier = await bus.tell("mes", "moh", **RULES, **told, reported=reported)
        said = event("chemical-release", situation=NAME, status="Exercise", reported=reported, **told)
        await decide(bus, identifier, said)
    printed = await bus.cbrn("show", NAME, "--cap")
    for wanted in ("e-3", NAME):
        assert (await bus.cbrn("cap", "show", wanted)).stdout_bytes == printed.stdout_bytes
    alert = read(printed.stdout_bytes)
    assert (alert.identifier, alert.status, alert.msg_type) == ("e-3", "Exercise", "Cancel")
    assert [one.identifier for one in alert.references] == ["e-1", "e-2"]
    assert event_of(alert) == said
    first = read((await bus.cbrn("cap", "show", "e-1")).stdout_bytes)
    assert (first.msg_type, first.references) == ("Alert", ())
    never = await bus.cbrn("cap", "show", "e-9", status=1)
    assert "e-9" in never.stderr


async def decide(bus, identifier, said):
    """Write an event where its body publishes, and what a router decided about it."""
    topic = from_topic(bus.settings.realm, "mes", "incidents")
    headers = binary_headers(id=identifier, source="/mes", type=ce_type(said.kind), time="2026-11-27T03:00:00Z")
    at = await bus.producer.send_and_wait(topic, to_bytes(said), key=NAME.encode(), headers=headers)
    routed = Engine(Eras(national_rulebook()), Gazetteer()).route(said, said.reported)
    tail = decision_tail(routed.decision, routed.decision.recipients, "41704220", ())
    place, decided = (topic, at.partition, at.offset), rfc3339(said.reported)
    record = decision_value(identifier, "/mes", said.kind, NAME.encode(), *place, decided, {}, tail)
    await bus.producer.send_and_wait(bus_topic(bus.settings.realm, "decisions"), record, key=NAME.encode())


async def test_a_body_sees_its_own_topics_and_nothing_of_others(bus):
    """Neither who else was told, nor duties: these are on the bus's own topics."""
    await bus.tell("mes", "moh", **RULES)
    await bus.json("accept", NAME, "--as", "mes", *BY)
    found = await bus.json("show", NAME, "--body", "moh")
    assert [party["body"] for party in found["standing"]["parties"]] == ["moh"]
    assert found["duties"] is None
    assert {body for reason in found["why"] for body in reason["bodies"]} == {"moh"}
    text = (await bus.cbrn("show", NAME, "--body", "moh", "--lang", "ru")).stdout
    assert BY[1] not in text
    assert f"cbrn ack {NAME} --as moh" in text
    await bus.tell("mes", name="KG-2026-secret")
    never = await bus.json("show", "KG-2026-secret", "--body", "moh", status=2)
    assert "moh was never told" in never["error"]
    misspelt = await bus.json("show", "KG-2026-clorine", status=2)
    assert NAME in misspelt["hint"]


async def test_a_duty_that_cannot_be_read_takes_nothing_else_away(bus):
    """What is no record of duties lies there: it is left out, and a foreign one is not looked into."""
    await bus.tell("mes", **RULES)
    topic = bus_topic(bus.settings.realm, "duties")
    for key in (f"{NAME}/enc", "KG-2026-other/enc", None):
        await bus.producer.send_and_wait(topic, b"{}", key=None if key is None else key.encode())
    assert (await bus.json("show", NAME))["duties"] == []


async def test_the_inbox_knows_what_its_body_has_answered(bus):
    """What is to be answered stands first; what was answered asks for nothing until a fact changes."""
    await bus.tell("moh", severity="Moderate")
    await bus.tell("moh", name="KG-2026-graver", severity="Extreme")
    await bus.json("ack", "KG-2026-graver", "--as", "moh", *BY)
    view = await bus.json("inbox", "moh")
    assert view["counts"] == {"to_answer": 1, "late": 0, "open": 2, "ended": 0}
    asked = {group["group"]: group["asked"] for group in view["groups"]}
    assert (asked["KG-2026-graver"]["due"], asked["KG-2026-graver"]["state"]) == (None, "acknowledged")
    assert asked[NAME]["due"]
    text = (await bus.cbrn("inbox", "moh", "--lang", "ru")).stdout
    assert text.index(NAME) < text.index("KG-2026-graver")
    short = (await bus.cbrn("inbox", "moh", "--lang", "en", "--limit", "1")).stdout
    assert NAME in short
    assert "KG-2026-graver" not in short
    assert "and 1 more" in short
    await bus.tell("moh", name="KG-2026-graver", severity="Severe", message_type="Update", references=["e-2"])
    anew = {group["group"]: group["asked"] for group in (await bus.json("inbox", "moh"))["groups"]}
    assert anew["KG-2026-graver"]["due"]
