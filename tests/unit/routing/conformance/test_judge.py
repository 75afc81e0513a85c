"""What a judge says of one record: every fault that a foreign client makes is found, named, and has its remedy."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import count
from zlib import crc32

import pytest
from tests.builders.golden import BAD_INPUT, EXAMPLES, chlorine
from tests.builders.router import NOW, STRUCTURED, Arrived, record, sit

from cbrn_routing.conformance import Check, Judge, State, Verdict
from cbrn_routing.router import Dispatcher
from cbrn_routing.shards.placement import Placement
from cbrn_schemas.events import ce_type
from cbrn_schemas.topics import Lane, Realm

SHARDS = 16
SITUATION = "KG-2026-test"
KY = {"ky": {"headline": "Хлор чыкты, терезелерди жабыңыз, үйдөн чыкпаңыз"}}
EVENT = chlorine(situation=SITUATION, texts=KY)


def placed(arrived: Arrived) -> Arrived:
    """The record where murmur2 of its key puts it."""
    if arrived.key is not None:
        arrived.partition = Placement(0, SHARDS).shard_of(arrived.key)
    return arrived


@pytest.fixture
def judge(engine) -> Judge:
    return Judge(Realm.REAL, engine, SHARDS)


def states(verdict: Verdict) -> dict[Check, State]:
    """The answer to each question that was asked: no question both passes and does not."""
    found = {
        each.check: {one.state for one in verdict.findings if one.check is each.check} for each in verdict.findings
    }
    return {check: state for check, (state,) in found.items()}


def failed(verdict: Verdict) -> set[Check]:
    """The questions that stand against the client; each says what, where and what to do."""
    against = [each for each in verdict.findings if each.state is State.FAILED]
    assert all(each.message and each.where and each.hint for each in against)
    assert verdict.conformant is not bool(against)
    return {each.check for each in against}


def test_a_good_record_is_conformant_and_says_who_would_be_told(judge):
    """The same bodies as the router tells, the lead first."""
    arrived = placed(record(EVENT))
    verdict = judge.judge(arrived, NOW)
    assert not failed(verdict)
    assert set(states(verdict)) == set(Check) - {Check.RESEND, Check.UPDATE}
    dispatcher = Dispatcher(Realm.REAL, Lane.INCIDENTS, judge._dispatchers[Lane.INCIDENTS]._engine)
    written, _ = sit(dispatcher, record(EVENT))
    assert verdict.told is not None
    assert {each.body for each in verdict.told} == written.told()
    assert verdict.told[0] == ("mes", "lead")


def without(name: str) -> Arrived:
    arrived = record(EVENT)
    arrived.headers = tuple(header for header in arrived.headers if header[0] != name)
    return placed(arrived)


def with_header(name: str, value: bytes) -> Arrived:
    arrived = record(EVENT)
    arrived.headers = (*arrived.headers, (name, value))
    return placed(arrived)


def no_headers() -> Arrived:
    arrived = record(EVENT)
    arrived.headers = ()
    return placed(arrived)


def keyed(key: bytes | None) -> Arrived:
    arrived = record(EVENT)
    arrived.key = key
    return placed(arrived)


def by_crc() -> Arrived:
    """A record whose key murmur2 and CRC-32 put into different partitions."""
    arrived = placed(record(EVENT))
    assert crc32(SITUATION.encode()) % SHARDS != arrived.partition
    arrived.partition = crc32(SITUATION.encode()) % SHARDS
    return arrived


def text(headline: str) -> Arrived:
    return placed(record(EVENT | {"texts": {"ky": {"headline": headline}}}))


ALL_NEEDED = {Check.ENVELOPE, Check.ID, Check.SOURCE, Check.TYPE}
FAULTS = {
    "no headers": (no_headers(), ALL_NEEDED),
    "no id": (without("ce_id"), {Check.ID}),
    "no source": (without("ce_source"), {Check.SOURCE}),
    "no type": (without("ce_type"), {Check.TYPE}),
    "no version": (without("ce_specversion"), {Check.ENVELOPE}),
    "a foreign source": (placed(record(EVENT, source="/moh")), {Check.SOURCE}),
    "a source that is none": (placed(record(EVENT, source="mes")), {Check.SOURCE}),
    "another type": (placed(record(EVENT, type=ce_type("toxic-fire"))), {Check.TYPE}),
    "XML": (placed(Arrived(b"<a/>", ((*record(EVENT).headers,)))), {Check.SCHEMA}),
    "no value": (placed(record(None)), {Check.ENVELOPE}),
    "a content type of its own": (
        placed(Arrived(record(EVENT).value, (*without("content-type").headers, ("content-type", b"avro/binary")))),
        {Check.CONTENT_TYPE},
    ),
    "a header of the bus": (with_header("cbrn_role", b"lead"), {Check.HEADERS}),
    "an attribute with a dash": (with_header("ce_my-own", b"x"), {Check.HEADERS}),
    "an attribute twice": (with_header("CE_ID", b"x"), {Check.ID}),
    "cp1251": (placed(record(json.dumps(EVENT, ensure_ascii=False).replace("ң", "н").replace("ү", "у")
                            .encode("cp1251", "replace"))), {Check.ENCODING}),
    "UTF-8 read as cp1251": (text("Хлор чыкты".encode().decode("cp1251")), {Check.ENCODING}),
    "UTF-8 read as latin-1": (text("жабыңыз".encode().decode("latin-1")), {Check.ENCODING}),
    "letters replaced": (text("?????? ??????"), {Check.ENCODING}),
    "letters lost": (text("жабы\ufffdыз"), {Check.ENCODING}),
    "a misspelt field": (placed(record(EVENT | {"severty": "Severe"})), {Check.SCHEMA}),
    "a reading among incidents": (
        placed(record({"kind": "gamma-dose-rate"} | json.loads(
            (EXAMPLES / "gamma-dose-rate.json").read_text(encoding="utf-8")) | {"body": "mes"})),
        {Check.ADDRESS, Check.KEY},
    ),
    "an exercise": (placed(record(EVENT | {"status": "Exercise"})), {Check.ADDRESS}),
    "no key": (keyed(None), {Check.KEY}),
    "another key": (keyed(b"42"), {Check.KEY}),
    "another hash": (by_crc(), {Check.PARTITION}),
    "a clock ahead": (
        placed(record(EVENT | {"observed": "2026-11-23T12:00:00Z", "reported": "2026-11-23T12:00:00Z"})),
        {Check.CLOCK},
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_by_name_and_nothing_else_is(judge, fault):
    """A report that blames the wrong thing costs its reader a day."""
    arrived, expected = FAULTS[fault]
    assert failed(judge.judge(arrived, NOW)) == expected


def test_several_faults_of_one_record_are_all_named(judge):
    """The router stops at the first; whoever mends a client would come back five times."""
    arrived = no_headers()
    arrived.key, arrived.partition = b"42", 1 + Placement(0, SHARDS).shard_of(b"42")
    assert failed(judge.judge(arrived, NOW)) == {*ALL_NEEDED, Check.KEY, Check.PARTITION}
    both = placed(record(EVENT | {"status": "Exercise"}, source="/moh"))
    assert failed(judge.judge(both, NOW)) == {Check.SOURCE, Check.ADDRESS}


def test_a_structured_event_is_as_good(judge):
    """Both modes of the binding are carried."""
    envelope = {"id": "s", "source": "/mes", "type": ce_type(EVENT["kind"]), "specversion": "1.0",
                "time": "2026-11-23T05:55:00Z", "data": EVENT}  # fmt: skip
    verdict = judge.judge(placed(Arrived(json.dumps(envelope).encode(), STRUCTURED)), NOW)
    assert not failed(verdict)
    assert "structured" in verdict.findings[0].message


def test_an_event_sent_again_is_counted_once(judge):
    """The same id and bytes: as it should be, and nobody is told twice."""
    judge.judge(placed(record(EVENT)), NOW)
    again = judge.judge(placed(record(EVENT)), NOW)
    assert not failed(again)
    assert states(again)[Check.RESEND] is State.PASSED
    assert again.told is None


@pytest.mark.parametrize("partition", [None, 3], ids=["in place", "elsewhere"])
def test_an_id_with_other_content_and_content_with_another_id_are_faults(judge, partition):
    """The one is set aside, the other told twice: also where the partitioner hides one from the other."""
    judge.judge(placed(record(EVENT)), NOW)
    other = placed(record(EVENT | {"severity": "Minor"}))
    new_id = placed(record(EVENT, number=7))
    for each in (other, new_id):
        each.partition = each.partition if partition is None else partition
        assert Check.RESEND in failed(judge.judge(each, NOW))


def test_an_update_is_asked_for_what_it_corrects(judge):
    """Without the Alert, or without references, nobody can tell what it updates; with both it passes."""
    update = EVENT | {"message_type": "Update"}
    first = judge.judge(placed(record(update, number=1)), NOW)
    assert states(first)[Check.UPDATE] is State.WARNED
    judge.judge(placed(record(EVENT, number=2)), NOW)
    bare = judge.judge(placed(record(update | {"severity": "Minor"}, number=3)), NOW)
    assert states(bare)[Check.UPDATE] is State.WARNED
    good = judge.judge(placed(record(update | {"references": ["e2"]}, number=4)), NOW)
    assert states(good)[Check.UPDATE] is State.PASSED
    assert all(each.conformant for each in (first, bare, good))


def test_what_the_event_leaves_in_doubt_is_said_and_stands_against_nobody(judge):
    """A client is not to blame for an unknown place."""
    verdict = judge.judge(placed(record(EVENT | {"where": {"site": "F9999"}})), NOW)
    assert states(verdict)[Check.WARNINGS] is State.WARNED
    assert verdict.conformant


def test_each_field_that_is_doubtful_is_named(judge):
    """Of two districts that do not exist only the last one was said."""
    where = {"district": "41799998", "further_districts": ["41799999"]}
    found = judge.judge(placed(record(EVENT | {"where": where})), NOW).findings
    assert [each.where for each in found if each.check is Check.WARNINGS] == [
        "where.district",
        "where.further_districts.0",
    ]


def test_a_judge_forgets_as_a_router_does(judge, monkeypatch):
    """A topic is watched for weeks: what is too old makes room, and is then told again as on the bus."""
    for module in ("cbrn_routing.router.state", "cbrn_routing.conformance.judge"):
        monkeypatch.setattr(f"{module}.IDS_MAX", 4)
    monkeypatch.setattr("cbrn_routing.router.state.SEGMENT_IDS", 2)
    for number in range(20):
        judge.judge(placed(record(EVENT | {"dead": number}, number=number)), NOW)
    (state,) = judge._states.values()
    assert (len(state.ids) <= 6, len(judge._first) <= 4) == (True, True)
    first, last = (judge.judge(placed(record(EVENT | {"dead": n}, number=n)), NOW) for n in (0, 19))
    assert (first.told is None, last.told is None) == (False, True)


def test_a_missing_time_or_content_type_is_doubtful_only(judge):
    """The router takes such a record as it is."""
    for name, check in (("ce_time", Check.TIME), ("content-type", Check.CONTENT_TYPE)):
        assert states(judge.judge(without(name), NOW + timedelta(hours=1)))[check] is State.WARNED


def test_what_the_router_sets_aside_is_never_conformant(judge):
    """And what it routes has no refusal: over every example of bad input, and every good one."""
    numbers = count()
    dispatcher = Dispatcher(Realm.REAL, Lane.INCIDENTS, judge._dispatchers[Lane.INCIDENTS]._engine)
    asides = 0
    for path in (*BAD_INPUT.glob("*.json"), *EXAMPLES.glob("*.json")):
        arrived = placed(record(path.read_bytes(), number=next(numbers)))
        written, _ = sit(dispatcher, record(path.read_bytes(), number=arrived.offset))
        aside = "cbrn.bus.quarantine" in written.records
        verdict = judge.judge(arrived, NOW)
        assert (verdict.told is None) is aside, path.name
        assert not (aside and verdict.conformant), path.name
        asides += aside
    assert asides
