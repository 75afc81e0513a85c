"""The keeper of partners on a real broker, as the user that it is: each copy leaves once, whoever is killed when."""

import asyncio
import json
import signal
import sys
from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from tests.builders.access import ON
from tests.builders.partners import KEYS, copy_of, outbound, person, write_agreement

from cbrn_consumers.alert import read_alert
from cbrn_consumers.errors import CopyRefusedError, DecisionWordsError, UnknownCopyError
from cbrn_consumers.inbox.reader import InboxReader, Options
from cbrn_consumers.partners import State, held, preview, refuse, release
from cbrn_consumers.partners.copies import read_copies
from cbrn_consumers.partners.decided import statement_of
from cbrn_consumers.partners.keeper import PartnersKeeper
from cbrn_deploy.provisioning.access.applying import apply_rights
from cbrn_routing.activation import Signer, trust_lines
from cbrn_routing.bus.read import read_all
from cbrn_routing.bus.write import write_record
from cbrn_schemas.formats.cap.reading import read
from cbrn_schemas.held_alarm import HeldAlarm
from cbrn_schemas.partner_release import parse_release_record
from cbrn_schemas.person_decision import PartnerDecision, record_of
from cbrn_schemas.topics import Lane, Realm, bus_topic, decisions_topic, to_topic
from cbrn_schemas.users import User

REALM = Realm.EXERCISE
WORKER = Path(__file__).parent / "worker.py"
MFA, MES = "A. Asanova (mfa)", "C. Chynybaev (mes)"


def now():
    """Copies are held by the broker's clock, so time cannot be turned by hand."""
    return datetime.now(UTC)


def told(identifier, **changes):
    """A copy of something that was reported just now."""
    at = {name: (now() - timedelta(minutes=1)).isoformat() for name in ("observed", "reported")}
    situation = changes.pop("situation", f"KG-2026-{identifier}")
    return outbound(identifier, situation=situation, status="Exercise", **at, **changes)


@pytest.fixture
async def settings(realm_of, tmp_path):
    """A realm with a partner, the admin's settings of it, and the files that a keeper has."""
    made = await realm_of("kz", "mes", "mfa", "moh")
    signers = tmp_path / "trusted.toml"
    people = [
        Signer(name.partition(" (")[0], name.rpartition("(")[2].rstrip(")"), key.public) for name, key in KEYS.items()
    ]
    signers.write_text("\n".join(map(trust_lines, people)), encoding="utf-8")
    signers.chmod(0o600)
    folder = write_agreement(tmp_path / "agreements")
    return made.model_copy(update={"rulebook_signers": signers, "agreements": folder})


@pytest.fixture
async def own(kafka, settings):
    """The settings of the keeper as the user that it is: with its rights, and no others."""
    user = User(REALM, None, "partners")
    await apply_rights(settings, {user.principal(): user}, ON)
    files = {"rulebook_signers": settings.rulebook_signers, "agreements": settings.agreements}
    return kafka.settings(user.name, realm=REALM, **files)


async def put(settings, *copies):
    """What the router writes."""
    producer = AIOKafkaProducer(**settings.connection())
    await producer.start()
    try:
        for key, headers, value in copies:
            await producer.send_and_wait(bus_topic(REALM, "outbound"), value, key=key, headers=headers)
    finally:
        await producer.stop()


@asynccontextmanager
async def keeping(own):
    keeper = PartnersKeeper(own)
    running = asyncio.create_task(keeper.run())
    ready = asyncio.create_task(keeper.ready.wait())
    try:
        await asyncio.wait({ready, running}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
        assert keeper.ready.is_set(), running
        yield keeper
    finally:
        keeper.stop()
        ready.cancel()
        await asyncio.wait_for(running, 15)


async def ids(settings, stream):
    """Names of events, or documents, that the partner got, and how often each."""
    records = await read_all(settings, to_topic(REALM, "kz", stream))
    return Counter(dict(record.headers)["ce_id"].decode() for record in records)


async def test_a_copy_goes_the_whole_way(settings, own):
    """Held, told, looked at, refused to whoever may not, released, received as an ordinary alert."""
    await put(settings, told("e-1"), told("e-2"))
    async with keeping(own):
        (first, second) = await held(settings, body="mfa")
        assert {first.id, second.id} == {copy_of("e-1"), copy_of("e-2")}
        assert await held(settings, body="moh") == [], "no word of theirs is asked for"
        assert len(await held(settings)) == 2, "the bus's officer sees all"
        copy = await preview(settings, "e-1", body="mfa")
        seen = copy.shown.digest
        with pytest.raises(CopyRefusedError, match="by now, not 000000000000"):
            await release(settings, copy.id, person(MFA), seen="0" * 64, reason="call 17", now=now())
        with pytest.raises(DecisionWordsError, match="a name alone"):
            await release(settings, copy.id, person(MFA)._replace(sign=None), seen=seen, reason="call 17", now=now())
        with pytest.raises(UnknownCopyError):
            await release(settings, copy.id, person("D. Dooronov (moh)"), seen=seen, reason="call 17", now=now())
        gone = await release(settings, copy.id, person(MFA), seen=seen[:12], reason="call 17", now=now())
        assert gone.state is State.RELEASED
        kept = await refuse(settings, "e-2", person(MES), reason="no matter of theirs", now=now())
        assert kept.state is State.REFUSED
        (waiting, over) = await held(settings, body="mfa"), await held(settings, body="mes", over=True)
        assert (waiting, [each.state for each in over]) == ([], [State.RELEASED, State.REFUSED])
    (record,) = await read_all(settings, to_topic(REALM, "kz", "alerts"))
    alert = read_alert(record)
    assert (alert.id, alert.role, alert.data.decode()) == (copy.called_abroad.id, "support", copy.shown.event)
    assert alert.acknowledge_by > now() + timedelta(minutes=100)
    (record,) = await read_all(settings, to_topic(REALM, "kz", "documents"))
    assert read(record.value, "strict").identifier == copy.called_abroad.id
    said = [read_alert(record).event for record in await read_all(settings, to_topic(REALM, "mfa", "alerts"))]
    assert [(each.ended, each.copy_id) for each in said if isinstance(each, HeldAlarm)] == [
        (None, copy_of("e-1")),
        (None, copy_of("e-2")),
        ("released", copy_of("e-1")),
        ("refused", copy_of("e-2")),
    ]
    async with InboxReader(settings, "mfa", options=Options(lanes=(Lane.INCIDENTS,))) as reader:
        assert [line.ended for line in reader.inbox.view(now()).lines] == [True, True]


async def test_a_killed_keeper_lets_nothing_go_twice_and_loses_nothing(kafka, settings, own):
    """A machine without power, at any step: what leaves by itself, and what persons have released."""
    names = [f"e-{number}" for number in range(6)]
    await put(settings, *(told(name, severity="Extreme" if name in names[:3] else "Severe") for name in names))
    deaths = [await _killed(own, step) for step in (1, 4, 9, 3, 14, 2)]
    async with keeping(own):
        waiting = await held(settings, body="mfa")
    decisions = [_decision(copy) for copy in waiting]
    for decision in (*decisions, *decisions):  # each comes twice
        await write_record(settings, decisions_topic(REALM, "mfa"), record_of(decision), unsure="")
    deaths += [await _killed(own, step) for step in (3, 6, 7, 8)]
    async with keeping(own):
        pass
    assert deaths == [-signal.SIGKILL] * len(deaths)
    copies = (await read_copies(settings, None)).all
    once = dict.fromkeys((copies[copy_of(name)].called_abroad.id for name in names), 1)
    assert dict(await ids(settings, "alerts")) == once
    assert set((await ids(settings, "documents")).values()) == {1}
    log = [parse_release_record(record.value) for record in await read_all(settings, bus_topic(REALM, "releases"))]
    for kind in ("held", "weighed", "released"):
        assert Counter(entry.id for entry in log if entry.type == kind) == dict.fromkeys(map(copy_of, names), 1), kind
    answers = Counter(entry.decision for entry in log if entry.type == "answered")
    assert answers == dict.fromkeys((decision.id for decision in decisions), 1)
    alarms = await read_all(settings, to_topic(REALM, "mes", "alerts"))
    assert len(waiting) == 3
    told_of = Counter((each.copy_id, each.ended) for each in (read_alert(record).event for record in alarms))
    assert told_of == {(copy.id, ended): 1 for copy in waiting for ended in (None, "released")}
    theirs = await read_all(settings, to_topic(REALM, "mfa", "copies"))
    assert Counter(parse_release_record(record.value).type for record in theirs)["released"] == 6


def _decision(copy):
    """What a person's command writes."""
    who = person(MFA)
    decision = PartnerDecision(
        id=who.new_id(),
        body="mfa",
        copy_id=copy.id,
        at=now(),
        by=MFA,
        act="release",
        seen=copy.shown.digest,
        reason="call 17",
    )
    return decision.model_copy(update=who.signature(statement_of(decision, REALM)))


async def _killed(own, step):
    """The life of a keeper that dies at a step; returns how it ended."""
    asked = {
        "credentials": str(own.credentials),
        "realm": REALM,
        "agreements": str(own.agreements),
        "signers": str(own.rulebook_signers),
        "dies_at": step,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        WORKER,
        json.dumps(asked),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, said = await asyncio.wait_for(process.communicate(), 60)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == -signal.SIGKILL, said.decode()[-2000:]
    return process.returncode
