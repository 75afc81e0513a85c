"""Signed events on a real broker: whoever has a body's password and not its key can forge nothing."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiokafka import AIOKafkaProducer
from tests.builders.activation_bus import ON_MAP, SHIPPED
from tests.builders.command_line import CliRunner
from tests.builders.golden import chlorine
from tests.builders.router_bus import elsewhere

from cbrn_deploy.cli.main import app
from cbrn_producers import Agency
from cbrn_routing.activation import PrivateKey, Signer, trust_lines
from cbrn_routing.bus.read import read_all
from cbrn_routing.router import Router
from cbrn_routing.rulebook import RuleBook
from cbrn_routing.shards import MemberOptions, Worker
from cbrn_routing.signatures.body_key import BodyKey
from cbrn_routing.signatures.jws import sign_event
from cbrn_routing.signatures.policy import SignaturePolicy
from cbrn_routing.signatures.registration import Registration, signed_also
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.events import ce_type
from cbrn_schemas.topics import Lane, Realm, bus_topic, from_topic, to_topic

REALM = Realm.EXERCISE
TOPIC = from_topic(REALM, "mes", "incidents")
POLICY = """
policies:
  - name: crisis-centre
    for: {bodies: [mes]}
    signatures: required
  - name: everybody
    signatures: optional
"""


class Bus:
    """A realm in which mes must sign, two persons who register keys, and what has been set aside or routed."""

    def __init__(self, settings, folder):
        self.folder = folder
        self.settings = settings.model_copy(update={"rulebook_signers": folder / "signers.toml"})
        people = {"Aigul": ("mes", PrivateKey.generate()), "Bakyt": ("moh", PrivateKey.generate())}
        lines = [trust_lines(Signer(name, body, key.public)) for name, (body, key) in people.items()]
        (folder / "signers.toml").write_text("".join(lines))
        for name, (_, key) in people.items():
            (folder / f"{name}.pem").write_bytes(key.to_pem(None))
        (folder / "signatures.yaml").write_text(POLICY)
        self.people = [key for _, key in people.values()]
        self.engine = ON_MAP(RuleBook.from_texts(SHIPPED))

    async def cbrn(self, *arguments):
        environment = {
            "CBRN_BOOTSTRAP_SERVERS": self.settings.bootstrap_servers,
            "CBRN_REALM": str(REALM),
            "CBRN_RULEBOOK_SIGNERS": str(self.settings.rulebook_signers),
        }
        command = ["keys", *map(str, arguments), "--json"]
        done = await asyncio.to_thread(CliRunner(env=environment).invoke, app, command)
        return done.exit_code, done

    async def told(self, *arguments):
        status, done = await self.cbrn(*arguments)
        assert status == 0, done.output
        return json.loads(done.stdout.splitlines()[-1])

    async def new_key(self, body):
        path = self.folder / f"{body}-{len(list(self.folder.iterdir()))}.pem"
        line = await self.told("new", "--body", body, "--out", path)
        return path, json.dumps(line)

    async def register(self, line, *more):
        persons = ("--key", self.folder / "Aigul.pem", "--key", self.folder / "Bakyt.pem")
        return await self.told("register", line, *persons, *more)

    @asynccontextmanager
    async def routing(self):
        router = Router(
            MemberOptions(self.settings),
            Lane.INCIDENTS,
            self.engine,
            ingress=[TOPIC, from_topic(REALM, "moh", "incidents")],
            signatures=SignaturePolicy.load(self.folder / "signatures.yaml"),
        )
        worker = Worker(router)
        running = asyncio.create_task(worker.run())
        try:
            await asyncio.wait_for(worker.ready.wait(), 60)
            yield router
        finally:
            worker.stop()
            await asyncio.wait_for(running, 30)

    async def publish(self, name, key_file=None, body="mes"):
        """As a program of the body does, with its key or without."""
        settings = self.settings.model_copy(update={"signing_key": key_file})
        async with Agency(body, settings=settings) as agency:
            await agency.publish(json.dumps(event(name, body)).encode(), event_id=name)

    async def write(self, topic, value, *, key=None, headers=(), partition=None):
        """As whoever has a password does."""
        producer = AIOKafkaProducer(**self.settings.connection(), acks="all")
        await producer.start()
        try:
            return await producer.send_and_wait(topic, value, key=key, headers=list(headers), partition=partition)
        finally:
            await producer.stop()

    async def outcome(self, name):
        """Whose key has signed it, once it is routed; or why it was set aside."""
        async with asyncio.timeout(60):
            while True:
                for record in await read_all(self.settings, bus_topic(REALM, "decisions")):
                    if (found := json.loads(record.value))["id"] == name:
                        return found.get("signed_by")
                for record in await read_all(self.settings, bus_topic(REALM, "quarantine")):
                    if (headers := dict(record.headers)).get("ce_id") == name.encode():
                        return headers["cbrn_reason"].decode()
                await asyncio.sleep(0.05)

    async def alarms(self):
        alerts = await read_all(self.settings, to_topic(REALM, "mes", "alerts"))
        return [dict(one.headers)["ce_id"] for one in alerts if b"quarantined" in dict(one.headers)["ce_type"]]


def event(name, body="mes"):
    now = datetime.now(UTC).isoformat()
    return chlorine(body=body, situation=f"s-{name}", observed=now, reported=now, status="Exercise")


def headers_of(name, body="mes"):
    return binary_headers(
        id=name, source=f"/{body}", type=ce_type("chemical-release"), time=datetime.now(UTC).isoformat()
    )


async def until(condition):
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - the router sets no event for it
            await asyncio.sleep(0.05)


@pytest.fixture
async def bus(realm_of, tmp_path):
    return Bus(await realm_of("mes", "moh", shards=2), tmp_path)


async def test_a_stolen_password_alone_forges_nothing(bus):
    """Signed is routed and said to be; without the key it is set aside, and an alarm goes out."""
    path, line = await bus.new_key("mes")
    kid = (await bus.register(line))["kid"]
    async with bus.routing():
        await bus.publish("signed", path)
        assert await bus.outcome("signed") == kid
        await bus.publish("forged")
        assert await bus.outcome("forged") == "signature-missing"
        assert len(await bus.alarms()) == 1
        # The body's own signature, taken from one event and put on another.
        value = json.dumps(event("copied")).encode()
        (stored,) = [one for one in await read_all(bus.settings, TOPIC) if dict(one.headers)["ce_id"] == b"signed"]
        taken = [(name, content) for name, content in stored.headers if name == "cbrn_signature"]
        await bus.write(TOPIC, value, key=b"s-copied", headers=[*headers_of("copied"), *taken])
        assert await bus.outcome("copied") == "signature-wrong"
        # Signed, and in the partition of another shard: verified there, and again where it belongs.
        own, value = headers_of("elsewhere"), json.dumps(event("elsewhere")).encode()
        own.append(sign_event(BodyKey.from_file(path), TOPIC, own, value, datetime.now(UTC)))
        await bus.write(TOPIC, value, key=b"s-elsewhere", headers=own, partition=elsewhere("s-elsewhere"))
        assert await bus.outcome("elsewhere") == kid
        # Who need not sign goes on as before.
        await bus.publish("plain", body="moh")
        assert await bus.outcome("plain") is None


async def test_whoever_may_write_the_register_still_registers_no_key(bus, capsys, caplog):
    """Each router verifies the persons by its own trust file, and says what it leaves out."""
    thief = BodyKey.generate()
    now = datetime.now(UTC)
    record = Registration(
        kid=thief.kid, body="mes", x=thief.x, valid_from=now, valid_until=now.replace(year=now.year + 1)
    )
    alone = signed_also(record, bus.people[0], REALM)
    stranger = signed_also(alone, PrivateKey.generate(), REALM)
    for each in (record, alone, stranger):
        await bus.write(bus_topic(REALM, "keys"), each.encoded(), key=each.key(), partition=0)
    path = bus.folder / "thief.pem"
    path.write_bytes(thief.to_pem(None))
    path.chmod(0o600)
    async with bus.routing() as router:
        assert router.body_keys.keys() == {}
        await bus.publish("forged", path)
        assert await bus.outcome("forged") == "signature-unknown"
    said = capsys.readouterr().out + caplog.text  # where it goes hangs on whether a command has set logs up
    assert said.count("a record of a key does not count") == 3
    assert "signed by Aigul (mes) alone" in said
    status, done = await bus.cbrn("register", record.encoded().decode(), "--key", bus.folder / "Aigul.pem")
    assert status == 1
    assert "two different persons must sign it" in done.output
    listed = await bus.told("list")
    assert listed["keys"] == []
    assert len(listed["refused"]) == 3


async def test_a_revoked_key_is_refused_from_then_on_and_a_new_router_knows_it(bus):
    """What was routed before stays; rotation is a second key beside the first."""
    first, line = await bus.new_key("mes")
    second, other = await bus.new_key("mes")
    kid, half = (await bus.register(line))["kid"], bus.folder / "half"
    await bus.told("register", other, "--key", bus.folder / "Aigul.pem", "--out", half)
    next_kid = (await bus.told("register", half, "--key", bus.folder / "Bakyt.pem"))["kid"]
    async with bus.routing() as router:
        await bus.publish("before", first)
        assert await bus.outcome("before") == kid
        persons = ("--key", bus.folder / "Bakyt.pem")
        await bus.told("revoke", kid[:8], "--reason", "a laptop was stolen", *persons)
        await until(lambda: router.body_keys.keys()[kid].revoked is not None)
        await bus.publish("after", first)
        assert await bus.outcome("after") == "signature-wrong"
        await bus.publish("rotated", second)
        assert await bus.outcome("rotated") == next_kid
    assert await bus.outcome("before") == kid
    async with bus.routing() as router:
        assert router.body_keys.keys()[kid].revoked is not None
        await bus.publish("again", first)
        assert await bus.outcome("again") == "signature-wrong"
        await bus.publish("still", second)
        assert await bus.outcome("still") == next_kid
        # A person is taken out of the trust file: what that person has registered counts no more, without a restart.
        trust = bus.settings.rulebook_signers
        trust.write_text("[[signer]]\n" + trust.read_text().split("[[signer]]\n")[1])
        await until(lambda: not router.body_keys.keys())
    states = {key["kid"]: key["state"] for key in (await bus.told("list"))["keys"]}
    assert states == {}
