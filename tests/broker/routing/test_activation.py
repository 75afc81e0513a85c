"""A rule book is put into force while events flow: on a real broker, with real keys, by the command alone."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from structlog.testing import capture_logs
from typer.testing import CliRunner

from cbrn_consumers.rulebooks.status import read_reports
from cbrn_deploy.cli.main import app
from cbrn_deploy.processes.router import engine_of
from cbrn_routing.activation import PrivateKey, Signature, Signer, Statement, activation_of, trust_lines
from cbrn_routing.bus.read import read_all
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router import Router
from cbrn_routing.rulebook import RuleBook
from cbrn_routing.shards import MemberOptions, Worker
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.events import ce_type
from cbrn_schemas.topics import Lane, Realm, bus_topic, from_topic, to_topic

pytestmark = pytest.mark.broker

REALM = Realm.EXERCISE
BODIES = ("mes", "moh")
SHARDS = 3
RULE_BOOKS = bus_topic(REALM, "rulebook")
STATUS = bus_topic(REALM, "rulebook-status")
ON_MAP = partial(engine_of, gazetteer=Gazetteer())
TEXT = """
bases:
  enc: {{instrument: enc, article: article 2, source: own, confidence: low}}
rules:
  - id: all
    title: {{ky: Эреже, ru: Правило, en: A rule}}
    basis: [enc]
    when: {when}
    lead: {lead}
    inform: [{inform}]
"""


def files(lead="mes", inform="", when="{lane: [incidents, monitoring]}"):
    return {"all.yaml": TEXT.format(lead=lead, inform=inform, when=when)}


SHIPPED, SECOND, THIRD = files(), files(inform="moh"), files(lead="moh")
GAP = files(when="{lane: [incidents]}")
"""Nobody leads where readings arrive."""
TOLD = {
    RuleBook.from_texts(SHIPPED).digest: {"mes"},
    RuleBook.from_texts(SECOND).digest: {"mes", "moh"},
    RuleBook.from_texts(THIRD).digest: {"moh"},
}


def digest_of(texts):
    return RuleBook.from_texts(texts).digest


@pytest.fixture
async def bus(realm_of, tmp_path):
    """An empty realm, two persons with keys, and a trust file that knows them."""
    settings = await realm_of(*BODIES, shards=SHARDS, realm=REALM)
    bus = Bus(settings.model_copy(update={"rulebook_signers": tmp_path / "signers.toml"}), tmp_path)
    await bus.start()
    yield bus
    await bus.stop()


class Bus:
    def __init__(self, settings, folder):
        self.settings = settings
        self.folder = folder
        self.keys = [PrivateKey.generate(), PrivateKey.generate()]
        self.sent = []
        people = (("Aigul", "mes"), ("Bakyt", "moh"))
        lines = [trust_lines(Signer(*who, key.public)) for who, key in zip(people, self.keys, strict=True)]
        settings.rulebook_signers.write_text("".join(lines))
        self._producer = AIOKafkaProducer(**settings.connection(), acks="all")

    async def start(self):
        await self._producer.start()

    async def stop(self):
        await self._producer.stop()

    async def publish(self, number):
        """The next `number` events, over all shards and both publishers."""
        for _ in range(number):
            name = f"e{len(self.sent)}"
            body = BODIES[len(self.sent) % 2]
            self.sent.append(name)
            now = datetime.now(UTC).isoformat()
            event = {
                "kind": "chemical-release", "hazard": "chemical", "body": body, "situation": f"s-{name}",
                "observed": now, "reported": now, "where": {"district": "41708203"}, "severity": "Severe",
                "urgency": "Immediate", "certainty": "Observed", "status": "Exercise",
                "texts": {"en": {"headline": "Chlorine"}}, "substances": [{"name": "chlorine", "cas": "7782-50-5"}],
            }  # fmt: skip
            headers = binary_headers(id=name, source=f"/{body}", type=ce_type("chemical-release"), time=now)
            await self._producer.send_and_wait(
                from_topic(REALM, body, "incidents"),
                json.dumps(event).encode(),
                key=event["situation"].encode(),
                headers=headers,
                partition=len(self.sent) % SHARDS,
            )

    def signed(self, texts, sequence, keys=None, digest=None):
        statement = Statement(REALM, sequence, digest or digest_of(texts))
        signatures = [Signature(key=key.public, signature=key.sign(statement)) for key in keys or self.keys]
        return activation_of(texts, statement, signatures, datetime.now(UTC))

    async def write(self, value, key):
        """What `cbrn rules activate` would refuse to write. Returns the offset."""
        return (await self._producer.send_and_wait(RULE_BOOKS, value, key=key, partition=0)).offset

    @asynccontextmanager
    async def routing(self, settings=None, **options):
        """A router of the product, in this process."""
        router = Router(
            MemberOptions(settings or self.settings, **options),
            Lane.INCIDENTS,
            ON_MAP(RuleBook.from_texts(SHIPPED)),
            ingress=[from_topic(REALM, body, "incidents") for body in BODIES],
            engine_of=ON_MAP,
        )
        worker = Worker(router)
        running = asyncio.create_task(worker.run())
        try:
            await asyncio.wait_for(worker.ready.wait(), 60)
            yield router
        finally:
            worker.stop()
            await asyncio.wait_for(running, 30)

    async def decisions(self, number):
        """Decision records, once there are so many."""
        async with asyncio.timeout(60):
            while len(found := await read_all(self.settings, bus_topic(REALM, "decisions"))) < number:
                pass
        return found

    async def heard(self, name):
        """Wait until a router of that name has reported that it has considered everything."""
        async with asyncio.timeout(60):
            while not any(each.status.router == name for each in await read_reports(self.settings)):
                pass

    def command(self, *arguments):
        environment = {
            "CBRN_BOOTSTRAP_SERVERS": self.settings.bootstrap_servers,
            "CBRN_REALM": str(REALM),
            "CBRN_RULEBOOK_SIGNERS": str(self.settings.rulebook_signers),
            "CBRN_KEY_PASSPHRASE": "four guessless words",
        }
        return CliRunner(env=environment).invoke(app, ["rules", *map(str, arguments)])

    async def cbrn(self, *arguments):
        return await asyncio.to_thread(self.command, *arguments)

    def book(self, name, texts):
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        for file, text in texts.items():
            (folder / file).write_text(text)
        return folder

    def key_file(self, number):
        path = self.folder / f"{number}.pem"
        path.write_bytes(self.keys[number].to_pem(None))
        return path


def answer_of(done):
    """What a command answered: its last line, since routers of this process log into the same stream."""
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    monkeypatch.setattr("cbrn_deploy.cli.logs.configure_logs", lambda *_, **__: None)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


async def until(condition):
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - the router sets no event for it
            await asyncio.sleep(0.05)


async def check_whole(bus):
    """Every event has one decision, and went to whom the decision's book names: none lost, none twice, none extra."""
    decisions = [json.loads(record.value) for record in await bus.decisions(len(bus.sent))]
    assert sorted(one["id"] for one in decisions) == sorted(bus.sent)
    expected = Counter((body, one["id"], one["rulebook"][:12]) for one in decisions for body in TOLD[one["rulebook"]])
    found = Counter()
    for body in BODIES:
        for record in await read_all(bus.settings, to_topic(REALM, body, "alerts")):
            headers = dict(record.headers)
            found[(body, headers["ce_id"].decode(), headers["cbrn_rulebook"].decode())] += 1
    assert found == expected
    assert await read_all(bus.settings, bus_topic(REALM, "quarantine")) == []


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


async def test_the_command_refuses_what_the_routers_would_refuse(bus):
    """Each with its reason, status 1, and nothing written."""
    second, gap = bus.book("second", SECOND), bus.book("gap", GAP)
    first, other = bus.key_file(0), bus.key_file(1)
    stranger = bus.folder / "stranger.pem"
    made = await bus.cbrn("keygen", "--person", "C", "--body", "mes", "--out", stranger)
    assert "[[signer]]" in made.stdout
    assert stranger.stat().st_mode & 0o777 == 0o600
    assert b"ENCRYPTED" in stranger.read_bytes()
    for book, keys, why in (
        (second, (first,), "two different persons must sign"),
        (second, (first, first), "two different persons must sign"),
        (second, (first, stranger), "is not in the trust file"),
        (gap, (first, other), "the book fails its check"),
        (second, (), "two different persons must sign"),
    ):
        refused = await bus.cbrn("activate", book, *(part for key in keys for part in ("--key", key)))
        assert refused.exit_code == 1
        assert why in refused.stderr
    missing = await bus.cbrn("activate", bus.folder / "none", "--key", first)
    assert (missing.exit_code, "holds no rule files" in missing.stderr) == (2, True)
    assert await read_all(bus.settings, RULE_BOOKS) == []
    nothing = {"next": 1, "in_force": None, "history": [], "routers": []}
    assert answer_of(await bus.cbrn("active", "--json")) == nothing


async def test_the_history_says_who_put_what_into_force(bus):
    """Going back to an older book is one more entry, and an old number is refused."""
    both = ("--key", bus.key_file(0), "--key", bus.key_file(1))
    books = (bus.book("second", SECOND), bus.book("third", THIRD), digest_of(SECOND)[:10])
    for number, book in enumerate(books, start=1):
        done = await bus.cbrn("activate", book, *both, "--json")
        assert answer_of(done)["sequence"] == number, done.output
    assert (await bus.cbrn("activate", "0123456789", *both)).exit_code == 2
    again = await bus.cbrn("activate", books[0], *both, "--sequence", 3)
    assert (again.exit_code, "number 3 is not after number 3" in again.stderr) == (1, True)
    told = answer_of(await bus.cbrn("active", "--json"))
    assert [(row["sequence"], row["state"]) for row in told["history"]] == [
        (3, "signed"),
        (2, "earlier"),
        (1, "earlier"),
    ], "no router has said anything yet"
    assert told["in_force"]["digest"] == digest_of(SECOND)
    assert told["in_force"]["signed_by"] == ["Aigul (mes)", "Bakyt (moh)"]
    assert told["next"] == 4
    unknown = await bus.cbrn("active")
    assert "in force" not in unknown.stdout
    assert "what is in force is not known" in unknown.stderr
    async with bus.routing(instance="0"):
        await bus.heard("incidents/0")
        for lang, word in (("en", "in force"), ("ru", "действует"), ("ky", "күчүндө")):
            shown = (await bus.cbrn("active", "--lang", lang)).stdout
            assert word in shown
            assert digest_of(SECOND)[:12] in shown
            assert "incidents/0" in shown
        told = answer_of(await bus.cbrn("active", "--json"))
        assert (told["in_force"]["state"], told["in_force"]["in_force_with"]) == ("in-force", ["incidents/0"])
        (router,) = told["routers"]
        assert (router["router"], router["sequence"], router["silent"]) == ("incidents/0", 3, False)
    assert answer_of(await bus.cbrn("active", "--json"))["routers"] == [], "who leaves takes its report away"


async def test_a_book_that_every_router_refuses_is_not_called_in_force(bus):
    """The officer goes to bed believing that the ministry is told: by `activate`, and by `active` afterwards."""
    both = ("--key", bus.key_file(0), "--key", bus.key_file(1))
    blind = bus.settings.model_copy(update={"rulebook_signers": None})
    async with bus.routing(blind, instance="blind"):
        await bus.heard("incidents/blind")
        done = await bus.cbrn("activate", bus.book("second", SECOND), *both)
        assert done.exit_code == 1
        assert "not in force in cbrn-exercise as number 1" in done.stdout
        assert "incidents/blind  refused: nobody may put a rule book into force: there is no trust file" in done.stdout
        assert "Set CBRN_RULEBOOK_SIGNERS" in done.stdout
        assert "no router has taken the book" in done.stderr
        shown = await bus.cbrn("active")
        assert "in force" not in shown.stdout.partition("nobody may put")[0]
        told = answer_of(await bus.cbrn("active", "--json"))
        assert told["in_force"] is None
        assert [(row["state"], list(row["refused_by"])) for row in told["history"]] == [
            ("refused", ["incidents/blind"])
        ]
        async with bus.routing(instance="seeing"):
            await bus.heard("incidents/seeing")
            told = answer_of(await bus.cbrn("active", "--json"))
            assert told["in_force"]["in_force_with"] == ["incidents/seeing"]
            done = await bus.cbrn("activate", bus.book("third", THIRD), *both)
            assert (done.exit_code, "with 1 of 2 routers only" in done.stdout) == (0, True), done.output
            assert "incidents/seeing  taken" in done.stdout


async def test_on_a_bus_without_the_topic_routers_route_and_the_command_says_what_it_does_not_know(bus):
    """Provisioned by an older version: nothing is reported, and nothing stands still for it."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bus.settings.bootstrap_servers)
    await admin.start()
    try:
        await admin.delete_topics([STATUS])
        while STATUS in await admin.list_topics():  # noqa: ASYNC110 - the broker has no event for it
            await asyncio.sleep(0.05)
    finally:
        await admin.close()
    both = ("--key", bus.key_file(0), "--key", bus.key_file(1))
    with capture_logs() as lines:
        async with bus.routing() as router:
            done = await bus.cbrn("activate", bus.book("second", SECOND), *both, "--json")
            told = answer_of(done)
            assert (done.exit_code, told["taken"], told["routers"]) == (0, None, None)
            await until(lambda: router.rulebooks.in_force.sequence == 1)
            await bus.publish(6)
            await check_whole(bus)
            assert "what is in force is not known" in (await bus.cbrn("active")).stderr
    said = [line["why"] for line in lines if line["event"].startswith("this router cannot report")]
    assert said == [f"missing topic: {STATUS}. Run `cbrn topics apply`."]


async def test_a_number_without_end_ends_nothing(bus):
    """A slip of the hand by two persons: router, signing and activation refuse it, and the next is taken."""
    far = bus.signed(THIRD, 9_999_999_999)
    book, key = bus.book("second", SECOND), bus.key_file(0)
    async with bus.routing() as router:
        with capture_logs() as lines:
            last = await bus.write(far.encoded(), far.key())
            await until(lambda: router.rulebooks.considered == last)
        (said,) = [line["why"] for line in lines if line["event"].startswith("rule book refused")]
        assert said == "number 9999999999 is more than 100 beyond number 0, the highest so far"
        signed = await bus.cbrn("sign", book, "--key", key, "--sequence", 9_999_999_999, "--out", bus.folder / "a.sig")
        assert (signed.exit_code, "more than 100 beyond number 0" in signed.stderr) == (1, True)
        assert not (bus.folder / "a.sig").exists()
        both = ("--key", key, "--key", bus.key_file(1))
        for number, status in ((101, 1), (100, 0)):
            done = await bus.cbrn("activate", book, *both, "--sequence", number)
            assert done.exit_code == status, done.output
        assert router.rulebooks.in_force.sequence == 100


async def test_signing_refuses_what_would_be_refused_and_overwrites_nothing(bus):
    """A draft with errors, a number in force; the signer's own key, the draft, another person's signature."""
    book, key, out = bus.book("second", SECOND), bus.key_file(0), bus.folder / "mine.sig"

    async def sign(draft, file, *more, number=1, by=key):
        return await bus.cbrn("sign", draft, "--key", by, "--sequence", number, "--out", file, *more)

    refused = await sign(bus.book("gap", GAP), out)
    assert (refused.exit_code, "the book fails its check" in refused.stderr, out.exists()) == (1, True, False)
    assert (await sign(book, out)).exit_code == 0
    assert (await sign(book, out, number=2)).exit_code == 0, "the same key over the same book: made anew"
    theirs = bus.folder / "theirs.sig"
    assert (await sign(book, theirs, by=bus.key_file(1))).exit_code == 0
    other = bus.book("third", THIRD)
    (bus.folder / "link.sig").symlink_to(key)
    for draft, file in (
        (book, key),
        (book, theirs),
        (other, out),
        (book, book / "all.yaml"),
        (book, bus.folder / "link.sig"),
    ):
        before = file.read_bytes()
        refused = await sign(draft, file)
        assert (refused.exit_code, "--out" in refused.stderr) == (1, True), refused.output
        assert file.read_bytes() == before
    assert (await sign(book, book / "more.yaml")).exit_code == 1, "it would become part of the draft"
    away = ("--bootstrap-servers", "127.0.0.1:1")
    refused = await sign(book, out, *away)
    assert (refused.exit_code, "--after N" in refused.stderr) == (1, True)
    assert (await sign(book, out, *away, "--after", 0)).exit_code == 0
    assert (await sign(book, out, *away, "--after", 1)).exit_code == 1, "number 1 is not after number 1"
