"""A rule book is put into force while events flow: on a real broker, with real keys, by the command alone."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest
from structlog.testing import capture_logs
from tests.builders.activation_bus import GAP, SECOND, SHARDS, SHIPPED, THIRD, answer_of, check_whole, digest_of, until

from cbrn_routing.activation import PrivateKey

pytestmark = pytest.mark.broker


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    monkeypatch.setattr("cbrn_deploy.cli.logs.configure_logs", lambda *_, **__: None)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


async def digests_by_shard(bus):
    shards = {}
    for record in await bus.decisions(len(bus.sent)):
        shards.setdefault(record.partition, []).append((record.offset, json.loads(record.value)["rulebook"]))
    return [[digest for _, digest in sorted(found)] for found in shards.values()]


async def test_a_book_activated_in_mid_stream_takes_over_once_in_each_shard(bus):
    """The whole way: two persons sign, one activates, the router changes over while events keep coming."""
    book = bus.book("second", SECOND)
    publishing = asyncio.Event()

    async def publish():
        while not publishing.is_set():
            await bus.publish(6)

    async with bus.routing() as router:
        await bus.publish(12)
        await bus.decisions(12)
        stream = asyncio.create_task(publish())
        for number in (0, 1):
            arguments = ("--key", bus.key_file(number), "--sequence", 1, "--out", bus.folder / f"{number}.sig")
            assert (await bus.cbrn("sign", book, *arguments)).exit_code == 0
        both = ("--signature", bus.folder / "0.sig", "--signature", bus.folder / "1.sig")
        dry = await bus.cbrn("activate", book, *both, "--dry-run")
        assert "would be put into force" in dry.stdout
        done = await bus.cbrn("activate", book, *both, "--json")
        told = answer_of(done)
        assert (told["signed_by"], told["taken"]) == (["Aigul (mes)", "Bakyt (moh)"], True), done.output
        assert router.rulebooks.in_force.sequence == 1, "the command has waited for it"
        await bus.publish(6)
        publishing.set()
        await stream
        await check_whole(bus)
        for digests in await digests_by_shard(bus):
            first = digests.index(digest_of(SECOND))
            assert first > 0
            assert set(digests[:first]) == {digest_of(SHIPPED)}
            assert set(digests[first:]) == {digest_of(SECOND)}


async def test_shards_that_move_during_an_activation_lose_and_repeat_nothing(bus):
    """Two routers, a new book, and one of the two leaves while both are at it."""
    one = bus.signed(SECOND, 1)
    async with bus.routing() as staying:
        async with bus.routing() as leaving:
            await bus.publish(12)
            await bus.write(one.encoded(), one.key())
            await until(lambda: leaving.rulebooks.in_force.sequence or staying.rulebooks.in_force.sequence)
            stream = asyncio.create_task(bus.publish(60))
        await stream
        await until(lambda: staying.rulebooks.in_force.sequence == 1)
        await bus.publish(6)
        await check_whole(bus)
        assert [digests[-1] for digests in await digests_by_shard(bus)] == [digest_of(SECOND)] * SHARDS


async def test_what_is_wrong_with_a_record_is_said_and_the_old_book_goes_on(bus):
    """Whoever may write to the topic gets nothing by it; and the next good book is still taken."""
    good, gap = bus.signed(SECOND, 5), bus.signed(GAP, 6)
    alone = bus.signed(THIRD, 7, keys=bus.keys[:1])
    stranger = bus.signed(THIRD, 8, keys=[bus.keys[0], PrivateKey.generate()])
    forged = bus.signed(THIRD, 9, digest=digest_of(SECOND))
    older = bus.signed(THIRD, 4)
    async with bus.routing() as router:
        with capture_logs() as lines:
            await bus.write(good.encoded(), good.key())
            await until(lambda: router.rulebooks.in_force.sequence == 5)
            for bad in (gap, alone, stranger, forged, older, good):
                last = await bus.write(bad.encoded(), bad.key())
            last = await bus.write(b"{}", b"9999999999")
            last = await bus.write(None, good.key())
            await bus.publish(6)
            await until(lambda: router.rulebooks.considered == last)
        said = {line["offset"]: line["why"] for line in lines if line["event"].startswith("rule book refused")}
        assert [said[offset].split(":")[0][:45] for offset in sorted(said)] == [
            "the book fails its check",
            "two different persons must sign; this was sig",
            f"the key {stranger.signatures[1].key[:12]}… is not in the trust file"[:45],
            "the book is not the one that was signed",
            "number 4 is not after number 5, which is in f",
            "number 5 is not after number 5, which is in f",
            "the record is no activation",
            "the record is empty",
        ]
        assert router.rulebooks.in_force.digest == digest_of(SECOND)
        await check_whole(bus)
        back = bus.signed(SHIPPED, 6)
        await bus.write(back.encoded(), back.key())
        await until(lambda: router.rulebooks.in_force.digest == digest_of(SHIPPED))
        await bus.publish(3)
        await check_whole(bus)


async def test_a_restarted_router_judges_its_first_event_by_the_activated_book(bus):
    """Of all that lies on the topic it takes what a router takes that has seen it come."""
    history = [bus.signed(SECOND, 1), bus.signed(THIRD, 3), bus.signed(SECOND, 2), bus.signed(GAP, 4)]
    for one in history:
        await bus.write(one.encoded(), one.key())
    await bus.publish(9)
    async with bus.routing() as router:
        assert router.rulebooks.in_force[:2] == (3, digest_of(THIRD))
        await check_whole(bus)
        assert [set(shard) for shard in await digests_by_shard(bus)] == [{digest_of(THIRD)}] * SHARDS


async def test_a_trust_file_that_cannot_be_read_is_said_and_alerts_go_out(bus, monkeypatch):
    """Late alerts are worse than alerts by the former book; mended, the file counts without a restart."""
    monkeypatch.setattr("cbrn_routing.router.in_force.CAUGHT_UP_WITHIN_S", 1.0)
    monkeypatch.setattr("cbrn_routing.router.in_force.PAUSES_S", (0.2,))
    one = bus.signed(SECOND, 1)
    await bus.write(one.encoded(), one.key())
    trust = bus.settings.rulebook_signers.read_text()
    bus.settings.rulebook_signers.write_text("[[signer")
    with capture_logs() as lines:
        async with bus.routing() as router:
            await bus.publish(3)
            await check_whole(bus)
            said = [line for line in lines if line["log_level"] == "error"]
            assert any("the rule book in force is not known" in line["event"] for line in said)
            assert any("TrustFileError: the trust file is no TOML" in line.get("error", "") for line in said)
            assert router.rulebooks.in_force.sequence == 0
            bus.settings.rulebook_signers.write_text(trust)
            await until(lambda: router.rulebooks.in_force.digest == digest_of(SECOND))
            await bus.publish(3)
            await check_whole(bus)
