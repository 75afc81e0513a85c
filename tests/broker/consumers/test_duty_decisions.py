"""Decisions on duties on a real broker: they wait for a clerk, are applied once, and are answered."""

import asyncio
from contextlib import suppress
from functools import partial

import pytest
from aiokafka import AIOKafkaProducer
from tests.builders.duties_bus import ENC, NOW, PEOPLE, Bench, until

from cbrn_consumers import deciding
from cbrn_consumers.deciding import Person
from cbrn_consumers.duties import Clerk, read_log, release
from cbrn_consumers.errors import DutyRefusedError, UnansweredError
from cbrn_routing.activation import PrivateKey, Signer, Trust, trust_lines
from cbrn_routing.bus.read import read_all
from cbrn_routing.bus.write import write_record
from cbrn_routing.duties import State
from cbrn_routing.signing.releases import sign
from cbrn_schemas.person_decision import read_decision, record_of
from cbrn_schemas.topics import bus_topic, decisions_topic

pytestmark = pytest.mark.broker


@pytest.fixture
async def bench(realm_of, tmp_path):
    """A realm with one duty and its draft."""
    made = Bench(await realm_of("mes", "mnrets", "moh"), tmp_path / "trusted.toml")
    await made.publish("e-1")
    await made.worked()
    return made


async def test_a_decision_waits_for_a_clerk_and_is_applied_once_however_often_it_comes(bench, monkeypatch):
    """Nobody looks at first: it is said, and it is not lost; and some clerks later it has been applied once."""
    monkeypatch.setattr(deciding, "ANSWERED_WITHIN_S", 2.0)
    with pytest.raises(UnansweredError, match=r"as mes\.\w+ on cbrn-exercise\.from\.mes\.decisions") as caught:
        await release(bench.settings, ENC, bench.person("A. Asanova"), now=NOW)
    assert "not lost: `cbrn run duties`" in caught.value.hint
    assert (await bench.duty()).state is State.DRAFTED
    await bench.worked()
    assert (await bench.duty()).state is State.RELEASED
    (waiting,) = await read_all(bench.settings, decisions_topic(bench.settings.realm, "mes"))
    again = read_decision(list(waiting.headers), waiting.value, "mes")
    await bench.send(again)
    await bench.worked()
    async with bench.clerk() as clerk:
        await bench.send(again)
        await asyncio.sleep(3)
        assert not clerk.pending
    assert (await bench.entries()).count("released") == 1
    assert (await bench.entries()).count("decided") == 1


async def test_two_officers_at_one_moment_cannot_both_be_the_first(bench):
    """Each decision is answered: one applied, the other refused, with the reason."""
    decisions = [await bench.decide(name, number) for number, name in enumerate(PEOPLE)]
    await bench.send(*decisions)
    await bench.worked()
    answers = (await bench.duty()).decided
    assert [answers[each.id].outcome for each in decisions] == ["applied", "refused"]
    assert "released already" in answers["mes.1"].why
    assert (await bench.entries()).count("released") == 1


async def test_a_refusal_is_shown_to_whoever_decided_and_to_whoever_looks_later(bench, tmp_path):
    """A key that the clerk does not have counts with nobody."""
    stranger, own = PrivateKey.generate(), tmp_path / "own.toml"
    own.write_text(trust_lines(Signer("S. Stranger", "mes", stranger.public)))
    person = Person("S. Stranger (mes)", "mes", partial(sign, stranger))
    async with bench.clerk():
        with pytest.raises(DutyRefusedError, match="not in the clerk's trust file") as caught:
            await release(bench.settings, ENC, person, now=NOW, trust=Trust.read(own))
    assert "trust file" in caught.value.hint
    state = await bench.duty()
    assert state.open
    assert [each.outcome for each in state.decided.values()] == ["refused"]


async def test_what_is_no_decision_keeps_nobody_from_deciding(bench):
    """Bytes of any kind, another body's decision, a decision on a duty that there is not."""
    good = await bench.decide("A. Asanova", 1)
    settings = bench.settings
    await write_record(settings, decisions_topic(settings.realm, "mes"), (b"x", [], b"\xff"), unsure="")
    await write_record(settings, decisions_topic(settings.realm, "moh"), record_of(good), unsure="")
    nowhere = good.duty.model_copy(update={"id": "none/none", "key": None, "signature": None})
    await bench.send(good.model_copy(update={"id": "mes.2", "duty": nowhere}), good)
    await bench.worked()
    read = await read_log(settings)
    assert {name: each.outcome for name, each in read.decided.items()} == {"mes.1": "applied", "mes.2": "refused"}
    assert read.states[ENC].state is State.RELEASED


async def test_an_open_transaction_of_a_router_hides_no_answer_from_the_next_clerk(bench):
    """What readers cannot see yet was answered all the same: to apply it again would be twice."""
    decision = await bench.decide("A. Asanova", 1)
    router = AIOKafkaProducer(
        **bench.settings.connection(), transactional_id="some-router", transaction_timeout_ms=15_000
    )
    await router.start()
    next_one = Clerk(bench.settings, clock=lambda: bench.now)
    try:
        async with bench.clerk() as clerk:
            await router.begin_transaction()
            await router.send_and_wait(bus_topic(bench.settings.realm, "duties"), b"", key=b"hanging", partition=1)
            await bench.send(decision)
            await until(lambda: decision.id in clerk.log.decided)
        running = asyncio.create_task(next_one.run())
        with suppress(TimeoutError):
            await asyncio.wait_for(next_one.ready.wait(), 4)
        assert not next_one.ready.is_set(), "it waits until it can see all that there is"
        next_one.stop()
        await asyncio.wait_for(running, 15)
        await router.abort_transaction()
    finally:
        await router.stop()
    await bench.worked()
    assert (await bench.entries()).count("released") == 1
    assert (await bench.entries()).count("decided") == 1
