"""A realm on a real broker whose routers have a book, and two persons who may put another into force."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

from aiokafka import AIOKafkaProducer
from tests.builders.command_line import CliRunner
from tests.builders.golden import chlorine

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

REALM = Realm.EXERCISE
BODIES = ("mes", "moh")
SHARDS = 3
PAUSE_S = 0.05
"""Whoever asks without a pause takes the processor from what is waited for."""
RULE_BOOKS = bus_topic(REALM, "rulebook")
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
            event = chlorine(body=body, situation=f"s-{name}", observed=now, reported=now, status="Exercise")
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
            while len(found := await read_all(self.settings, bus_topic(REALM, "decisions"))) < number:  # noqa: ASYNC110 - Kafka tells nobody
                await asyncio.sleep(PAUSE_S)
        return found

    async def heard(self, name):
        """Wait until a router of that name has reported that it has considered everything."""
        async with asyncio.timeout(60):
            while not any(each.status.router == name for each in await read_reports(self.settings)):  # noqa: ASYNC110 - Kafka tells nobody
                await asyncio.sleep(PAUSE_S)

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
