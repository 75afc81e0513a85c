"""The life of a credential on a real broker: issued, used, followed by the next without a loss, taken back in use."""

import asyncio
import stat
from datetime import timedelta

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import TopicAuthorizationFailedError
from tests.broker.deploy.access.conftest import PERSON
from tests.builders.access import ON

from cbrn_deploy.provisioning.access.errors import AccessError
from cbrn_deploy.provisioning.access.issuing import issue, revoke
from cbrn_deploy.provisioning.access.log import read_log
from cbrn_deploy.provisioning.access.plan import carry_out, plan
from cbrn_deploy.provisioning.access.protocol import opened
from cbrn_deploy.provisioning.access.report import of_body
from cbrn_deploy.provisioning.access.requesting import new_request
from cbrn_deploy.provisioning.access.rights import Operation, Resource, Right
from cbrn_deploy.provisioning.access.rule import Rule
from cbrn_deploy.provisioning.access.trying import ask
from cbrn_routing.bus.errors import BrokerUnreachableError
from cbrn_routing.bus.read import read_all
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm
from cbrn_schemas.users import User

BODIES = ("mes", "moh", "scns", "customs", "vet")
"""Each test has a body of its own: the log of what was issued is for good."""
MES, MOH, SCNS, CUSTOMS, VET = (User(Realm.EXERCISE, body) for body in BODIES)


def receipts(user):
    return f"cbrn-exercise.from.{user.body}.receipts"


def producer_of(settings):
    return AIOKafkaProducer(**settings.connection(), acks="all", enable_idempotence=True)


async def odd(settings, user):
    return [each for each in await ask(settings, user, ON) if not each.as_planned]


async def test_a_password_lets_in_to_what_is_planned_and_nothing_else(realm, order, now):
    """One file, for its owner alone, and no secret anywhere else."""
    made = await issue(realm, order(MES), PERSON, now)
    file = order(MES).out
    assert made.principal == "exercise.mes"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert await odd(Settings(credentials=file), MES) == []
    logged = (await read_log(realm))[-1]
    assert logged == made
    assert (logged.by, logged.reason) == (PERSON.name, PERSON.reason)
    secret = Settings(credentials=file).password.get_secret_value()
    assert len(secret) >= 24
    assert secret not in logged.model_dump_json()
    with pytest.raises(FileExistsError):
        await issue(realm, order(MES), PERSON, now)
    assert Settings(credentials=file).password.get_secret_value() == secret


async def test_a_certificate_on_a_request_lets_in_and_its_key_stays(realm, order, now, tmp_path):
    """The private key never leaves its owner: the answer has none."""
    key, request = new_request(MOH.name)
    own = tmp_path / "own.key"
    own.write_text(key)
    await issue(realm, order(MOH, request=request), PERSON, now)
    file = order(MOH).out
    assert "PRIVATE KEY" not in file.read_text()
    assert await odd(Settings(credentials=file, certificate_file=file, key_file=own), MOH) == []


async def test_nobody_outside_the_catalogue_is_given_anything(realm, order, now):
    """A misspelt body would have a credential, and no rights; and nobody makes administrators."""
    for user in (User(Realm.EXERCISE, "nobody"), User(Realm.REAL, "mes"), User(Realm.REAL)):
        with pytest.raises(AccessError) as refused:
            await issue(realm, order(user), PERSON, now)
        assert refused.value.hint
        assert not order(user).out.exists()


async def test_a_rotation_under_load_loses_nothing(realm, order, now):
    """50 records a second; the program takes its new file in the middle, and the old one ends behind it."""
    await issue(realm, order(SCNS), PERSON, now)
    sent, using = 0, asyncio.Event()
    next_file = order(SCNS, "next.cbrn").out

    async def publish():
        nonlocal sent
        producer = producer_of(Settings(credentials=order(SCNS).out))
        await producer.start()
        for number in range(100):
            if next_file.exists() and next_file.stat().st_size and not using.is_set():
                await producer.stop()
                producer = producer_of(Settings(credentials=next_file))
                await producer.start()
                using.set()
            await producer.send_and_wait(receipts(SCNS), str(number).encode())
            sent += 1
            await asyncio.sleep(0.02)
        await producer.stop()

    publishing = asyncio.create_task(publish())
    await issue(realm, order(SCNS, "next.cbrn"), PERSON, now, timedelta(hours=24))
    await using.wait()
    later = now + timedelta(hours=25)
    found = await plan(realm, later)
    assert {rule.principal for rule in found.found.remove} == {"exercise.scns"}
    await carry_out(realm, found.found, PERSON, later, prune=False)
    await publishing
    written = [int(record.value) for record in await read_all(realm, receipts(SCNS))]
    assert sent == 100
    assert written[-100:] == list(range(100))
    assert [one.principal.number for one in (await plan(realm, later)).known.of(SCNS)] == [2]
    with pytest.raises(BrokerUnreachableError):
        await ask(Settings(credentials=order(SCNS).out), SCNS, ON)


async def test_a_revocation_cuts_who_is_connected(kafka, realm, order, now):
    """Deleting a password alone leaves a live connection alone; and a certificate cannot be deleted at all."""
    key, request = new_request(CUSTOMS.name)
    own = order(CUSTOMS, "own.key").out
    own.write_text(key)
    await issue(realm, order(CUSTOMS), PERSON, now)
    await issue(realm, order(CUSTOMS, "second.cbrn", request=request), PERSON, now)
    second = order(CUSTOMS, "second.cbrn").out
    producers = [
        producer_of(Settings(credentials=order(CUSTOMS).out)),
        producer_of(Settings(credentials=second, certificate_file=second, key_file=own)),
    ]
    try:
        for producer in producers:
            await producer.start()
            await producer.send_and_wait(receipts(CUSTOMS), b"0")
        cut = await revoke(realm, CUSTOMS, PERSON, now)
        assert cut.principals == ("exercise.customs", "exercise.customs~2")
        for producer in producers:
            with pytest.raises(TopicAuthorizationFailedError):
                await producer.send_and_wait(receipts(CUSTOMS), b"1")
    finally:
        for producer in producers:
            await producer.stop()
    with pytest.raises(BrokerUnreachableError):
        await ask(Settings(credentials=order(CUSTOMS).out), CUSTOMS, ON)
    answers = await ask(Settings(credentials=second, certificate_file=second, key_file=own), CUSTOMS, ON)
    assert not [each for each in answers if each.may]
    assert not (await plan(realm, now)).known.of(CUSTOMS)
    assert (await issue(realm, order(CUSTOMS, "third.cbrn"), PERSON, now)).principal == "exercise.customs~3"


async def differing(realm, now):
    return of_body((await plan(realm, now)).found, VET.body)


async def test_apply_repairs_drift_both_ways_and_leaves_others_alone(realm, order, now):
    """Somebody took a rule away by hand, gave another, and another system has rules in the same place."""
    await issue(realm, order(VET), PERSON, now)
    assert (await differing(realm, now)).empty

    def rule(principal, name):
        return Rule(principal, Right(Resource.TOPIC, name, prefixed=False, operation=Operation.READ))

    foreign, too_much = rule("test-other", receipts(VET)), rule("exercise.vet", "cbrn-exercise.to.moh.alerts")
    async with opened(realm) as cluster:
        taken = next(one for one in await cluster.rules("exercise.vet") if one.right.operation is Operation.WRITE)
        await cluster.remove_rules([taken])
        await cluster.add_rules([foreign, too_much])
        await cluster.set_quotas({"exercise.vet": {}})
    found = await differing(realm, now)
    assert (found.add, found.remove, found.foreign) == ((taken,), (too_much,), (foreign,))
    assert set(found.quotas) == {"exercise.vet"}
    await carry_out(realm, found, PERSON, now, prune=False)
    again = await differing(realm, now)
    assert again.empty
    assert again.foreign == (foreign,)
    before = len(await read_log(realm))
    await carry_out(realm, again, PERSON, now, prune=False)
    assert len(await read_log(realm)) == before
    await carry_out(realm, again, PERSON, now, prune=True)
    assert not (await differing(realm, now)).foreign
