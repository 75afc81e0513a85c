"""Whom a real broker does not let in hears why, from the SDK and from commands: who, what, where, and what to do."""

from datetime import UTC, date, datetime, timedelta

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from tests.builders.command_line import CliRunner
from tests.builders.golden import EXAMPLES
from tests.builders.tls import TestAuthority

from cbrn_consumers import AlertFeed
from cbrn_deploy.cli.main import app
from cbrn_deploy.provisioning import TopicSpec, connected
from cbrn_deploy.provisioning.access.applying import apply_rights
from cbrn_deploy.provisioning.access.protocol import opened
from cbrn_producers import Agency
from cbrn_routing.bus.errors import NotAuthorizedError, NotLetInError, Refusal, UnknownTopicError
from cbrn_routing.bus.explaining import told
from cbrn_routing.bus.read import check_topics, read_all
from cbrn_routing.bus.write import only_writer, write_record
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm
from cbrn_schemas.users import User

TOPICS = ("cbrn.from.mes.incidents", "cbrn.from.mes.monitoring", "cbrn.to.moh.alerts", "cbrn.bus.duties")
USER, PASSWORD = "mes.gateway", "right-4f1e"
WRONG = "wrong-9a3c"
DAY = date(2026, 11, 1)


@pytest.fixture(scope="module", autouse=True)
async def provisioned(secured):
    """Topics, the gateway of a ministry with a password, and its rights."""
    async with connected(secured.settings()) as cluster:
        await cluster.create([TopicSpec(name, 1, 1, {}) for name in TOPICS])
    async with opened(secured.settings()) as cluster:
        await cluster.set_password(USER, PASSWORD)
    await apply_rights(secured.settings(), {USER: User(Realm.REAL, "mes", "gateway")}, DAY)


@pytest.fixture
def by_password(secured):
    """Settings of whoever has a password."""

    def settings(user=USER, password=PASSWORD, **fields):
        given = {
            "bootstrap_servers": secured.bootstrap_servers,
            "security_protocol": "SASL_SSL",
            "username": user,
            "password": password,
            "ca_file": secured.credentials(),
            "certificate_file": None,
            "key_file": None,
        }
        return Settings(**given | fields)

    return settings


@pytest.fixture
def by_certificate(secured, tmp_path):
    """Settings of whoever has a certificate: a file of the broker's authority, or another one."""

    def settings(file=None, **fields):
        servers = secured.settings().bootstrap_servers
        given = {"bootstrap_servers": servers, "security_protocol": "SSL", "ca_file": secured.credentials()}
        return Settings(**given | {"certificate_file": file, "key_file": file} | fields)

    return settings


async def refused(settings):
    """Why these settings do not let anybody read, publish or administer: the same to each."""
    said = []
    for attempt in (
        lambda: check_topics(settings, [TOPICS[0]]),
        lambda: _published(settings),
        lambda: _fed(settings),
        lambda: _administered(settings),
    ):
        with pytest.raises(NotLetInError) as caught:
            await attempt()
        said.append((caught.value.refusal, str(caught.value), caught.value.hint))
    assert len(set(said)) == 1, "one door, one answer"
    assert WRONG not in repr(said)
    return said[0]


async def _published(settings):
    async with Agency("mes", settings=settings, connect_within_s=5):
        pass


async def _fed(settings):
    feed = AlertFeed("moh", name="test", settings=settings)
    feed.handler(lambda _: None)
    async with feed:
        pass


async def _administered(settings):
    async with connected(settings):
        pass


async def test_passwords_that_are_wrong_and_users_that_are_not(by_password):
    """Kafka does not tell them apart, and a user whose access was revoked is no other case."""
    for settings in (by_password(password=WRONG), by_password(user="nobody")):
        refusal, said, hint = await refused(settings)
        assert refusal is Refusal.PASSWORD
        assert f"does not accept user {settings.username} with this password" in said
        assert "cbrn access issue" in hint


async def test_certificates_that_a_broker_does_not_accept(secured, by_certificate, tmp_path):
    """In TLS 1.3 the refusal comes after the handshake, at the first answer."""
    refusal, _, hint = await refused(by_certificate())
    assert (refusal, "CBRN_CREDENTIALS" in hint) == (Refusal.CERTIFICATE_WANTED, True)
    refusal, said, _ = await refused(by_certificate(TestAuthority(tmp_path, "strangers").issue("mes").file))
    assert (refusal, "signed by «strangers»" in said) == (Refusal.CLIENT_UNTRUSTED, True)
    for start, expected in (-9, Refusal.CLIENT_EXPIRED), (+2, Refusal.CLIENT_NOT_YET):
        pem = secured.access.authority.certificate("mes", days=1, now=datetime.now(UTC) + timedelta(days=start))
        (file := tmp_path / f"{start}.pem").write_text(pem.key + pem.certificate)
        assert (await refused(by_certificate(file)))[0] is expected


async def test_ports_taken_for_one_another(secured, by_password, by_certificate):
    mutual = secured.settings().bootstrap_servers
    assert (await refused(by_password(bootstrap_servers=mutual)))[0] is Refusal.CERTIFICATE_WANTED
    own = by_certificate(secured.credentials(), bootstrap_servers=secured.bootstrap_servers)
    assert (await refused(own))[0] is Refusal.PASSWORD_WANTED
    clear = Settings(bootstrap_servers=secured.bootstrap_servers, security_protocol="PLAINTEXT")
    assert (await refused(clear))[0] is Refusal.PLAIN_FOR_TLS


async def test_a_broker_that_this_program_does_not_trust(by_password, tmp_path):
    refusal, said, hint = await refused(by_password(ca_file=TestAuthority(tmp_path, "strangers").file))
    assert (refusal, "ask the operator" in hint) == (Refusal.SERVER_UNTRUSTED, True), said


async def test_rights_that_are_missing_are_named(secured, by_password):
    """Who, to do what, with what, where; and what shows and gives it."""
    settings = by_password()
    where = f"on {secured.bootstrap_servers}"
    with pytest.raises(
        NotAuthorizedError, match=f"user {USER} may not read topic cbrn.to.moh.alerts {where}"
    ) as caught:
        await check_topics(settings, ["cbrn.to.moh.alerts"])
    assert "cbrn access plan" in caught.value.hint
    await write_record(settings, TOPICS[0], (b"k", [], b"v"), unsure="?")
    with pytest.raises(NotAuthorizedError, match=f"user {USER} may not read topic {TOPICS[0]} {where}"):
        await read_all(settings, TOPICS[0])  # it may write it, and sees it therefore
    with pytest.raises(NotAuthorizedError, match=f"user {USER} may not write topic cbrn.bus.duties {where}"):
        await write_record(settings, "cbrn.bus.duties", (b"k", [], b"v"), unsure="?")
    with pytest.raises(NotAuthorizedError, match=f"user {USER} may not write topic cbrn.from.moh.incidents"):
        async with Agency("moh", settings=settings, connect_within_s=5):
            pass
    with pytest.raises(UnknownTopicError, match=r"topic cbrn.from.mes.nothing does not exist"):
        await check_topics(secured.settings(), ["cbrn.from.mes.nothing"])
    consumer = AIOKafkaConsumer(TOPICS[0], **settings.connection(), group_id="cbrn.to.moh.desk")
    with pytest.raises(KafkaError) as failed:
        await consumer.start()
    await consumer.stop()
    assert "may not use group cbrn.to.moh.desk" in str(await told(failed.value, TOPICS[0], settings))


async def test_a_transactional_id_of_another_is_named(by_password):
    settings = by_password()
    with pytest.raises(KafkaError) as failed:
        async with only_writer(settings, "duties.clerk", TOPICS[0]):
            pass
    said = str(await told(failed.value, TOPICS[0], settings, "write"))
    assert f"user {USER} may not write under transactional id" in said, said


def test_a_command_says_it_in_two_lines(by_password, monkeypatch):
    """What and where in the first, the remedy in the second; and nothing of how it was found."""
    settings = by_password()
    for name in ("bootstrap_servers", "security_protocol", "username", "ca_file"):
        monkeypatch.setenv(f"CBRN_{name.upper()}", str(getattr(settings, name)))
    monkeypatch.setenv("CBRN_PASSWORD", WRONG)
    monkeypatch.setattr("cbrn_deploy.cli.logs.configure_logs", lambda *_, **__: None)
    for command in (
        ["topics", "plan"],
        ["tail", "moh"],
        ["publish", str(EXAMPLES / "tailings-failure.json"), "--as", "mes-tailings"],
        ["inbox", "moh"],
    ):
        answer = CliRunner().invoke(app, command)
        assert answer.exit_code == 1
        assert f"{settings.bootstrap_servers} does not accept user {USER} with this password" in answer.stderr
        assert "Traceback" not in answer.output
        assert WRONG not in answer.output
