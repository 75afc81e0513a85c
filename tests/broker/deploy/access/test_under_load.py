"""Credentials change while programs work with them: what goes on loses nothing, what was taken back ends at once."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta

import pytest
from aiokafka import AIOKafkaProducer
from tests.broker.deploy.access.conftest import PERSON
from tests.builders.access import ON
from tests.builders.feed import EVENT, record
from tests.builders.golden import MIN_KUSH

from cbrn_consumers import AlertFeed
from cbrn_deploy.provisioning.access.ending import end_overdue
from cbrn_deploy.provisioning.access.issuing import issue, revoke
from cbrn_deploy.provisioning.access.log import read_log
from cbrn_deploy.provisioning.access.trying import ask
from cbrn_producers import Agency
from cbrn_routing.bus.errors import NotAuthorizedError
from cbrn_routing.bus.read import read_all
from cbrn_schemas.errors import BusError
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Lane, Realm, from_topic, to_topic
from cbrn_schemas.users import User

BODIES = ("mes", "customs")
"""Each test has a body of its own: the log of what was issued is for good."""
MES, CUSTOMS = (User(Realm.EXERCISE, body) for body in BODIES)
EVERY_S = 0.02
"""50 records a second."""


@asynccontextmanager
async def alerting(realm, body):
    """Writes alerts to a body all the while, as the router would; yields the ids of those that Kafka holds."""
    written, topic = [], to_topic(realm.realm, body, "alerts")

    async def write():
        async with AIOKafkaProducer(**realm.connection(), acks="all") as producer:
            while True:
                name = f"alert-{len(written)}"
                headers = list(record(event_id=name).headers)
                await producer.send_and_wait(topic, EVENT, headers=headers)
                written.append(name)
                await asyncio.sleep(EVERY_S)

    async with asyncio.TaskGroup() as group:
        writing = group.create_task(write())
        yield written
        writing.cancel()


@asynccontextmanager
async def fed(settings, body, name, tmp_path):
    """A feed that works; yields the ids that it was given."""
    feed, seen = AlertFeed(body, name=name, settings=settings, parking=tmp_path / f"parked-{name}"), []

    @feed.handler
    async def handle(alert):
        seen.append(alert.id)

    async with feed:
        yield seen


async def until(so):
    async with asyncio.timeout(30):
        while not so():  # noqa: ASYNC110 - what it waits for is lists that grow
            await asyncio.sleep(EVERY_S)


def event(number):
    return {**MIN_KUSH, "situation": f"KG-2026-rotated-{number}", "status": "Exercise"}


async def test_a_rotation_loses_nothing_and_the_former_ends_by_itself(realm, order, now, tmp_path):
    """Agency and feed go from a password to a certificate at 50 records a second each; `cbrn up` ends the password."""
    await issue(realm, order(MES), PERSON, now)
    first, following = Settings(credentials=order(MES).out), order(MES, "next.cbrn", certificate=True)
    published, half, moved = [], asyncio.Event(), asyncio.Event()

    async def publish(settings, count):
        async with Agency("mes", settings=settings) as agency:
            for _ in range(count):
                await agency.publish(event(len(published)), event_id=f"event-{len(published)}")
                published.append(f"event-{len(published)}")
                if len(published) == 20:
                    half.set()
                await asyncio.sleep(EVERY_S)

    async def publisher():
        await publish(first, 40)
        await moved.wait()
        await publish(Settings(credentials=following.out), 40)

    async with alerting(realm, "mes") as alerts, asyncio.TaskGroup() as group:
        publishing = group.create_task(publisher())
        async with fed(first, "mes", "console", tmp_path) as before:
            await half.wait()
            await issue(realm, following, PERSON, now, timedelta(hours=24))
            assert await end_overdue(realm, "cbrn up", now + timedelta(hours=23)) == ()
            moved.set()
            await until(lambda: before)
        async with fed(Settings(credentials=following.out), "mes", "console", tmp_path) as after:
            assert await end_overdue(realm, "cbrn up", now + timedelta(hours=25)) == ("exercise.mes",)
            assert await end_overdue(realm, "cbrn up", now + timedelta(hours=25)) == ()
            await publishing
            await until(lambda: {*before, *after}.issuperset(alerts[:100]) and len(alerts) > 100)
    found = await read_all(realm, from_topic(realm.realm, "mes", Lane.INCIDENTS))
    assert [dict(each.headers)["ce_id"].decode() for each in found] == published
    assert len(published) == 80
    ended = (await read_log(realm))[-1]
    assert (ended.act, ended.principal, ended.by) == ("ended", "exercise.mes", "cbrn up")
    assert ended.removed > 0
    with pytest.raises(BusError):
        await ask(first, MES, ON)


async def test_a_revocation_cuts_feeds_and_publishers_at_work(realm, order, now, tmp_path):
    """By password and by certificate; and a certificate is worth nothing either when its body has a new credential."""
    await issue(realm, order(CUSTOMS), PERSON, now)
    await issue(realm, order(CUSTOMS, "second.cbrn", certificate=True), PERSON, now)
    held = [Settings(credentials=order(CUSTOMS, name).out) for name in ("first.cbrn", "second.cbrn")]
    async with AsyncExitStack() as stack:
        alerts = await stack.enter_async_context(alerting(realm, "customs"))
        names = ("by-password", "by-certificate")
        feeds = [
            await stack.enter_async_context(fed(each, "customs", name, tmp_path))
            for each, name in zip(held, names, strict=True)
        ]
        agencies = [await stack.enter_async_context(Agency("customs", settings=each)) for each in held]
        own = [{**event(number), "body": "customs"} for number in range(4)]
        for agency, each in zip(agencies, own, strict=False):
            await agency.publish(each)
        await until(lambda: all(feeds))
        assert (await revoke(realm, CUSTOMS, PERSON, now)).principals == ("exercise.customs", "exercise.customs~2")
        taken, there = [len(each) for each in feeds], len(alerts)
        for agency, each in zip(agencies, own[2:], strict=True):
            with pytest.raises(NotAuthorizedError):
                await agency.publish(each)
        await until(lambda: len(alerts) > there + 50)
        # What a fetch that was under way had brought is handled still.
        assert all(len(each) <= before + 25 for each, before in zip(feeds, taken, strict=True))
        third = order(CUSTOMS, "third.cbrn")
        assert (await issue(realm, third, PERSON, now)).principal == "exercise.customs~3"
        again = [len(each) for each in feeds]
        async with fed(Settings(credentials=third.out), "customs", "anew", tmp_path) as anew:
            await until(lambda: len(anew) > there)
        assert [len(each) for each in feeds] == again
        with pytest.raises(NotAuthorizedError):
            await agencies[1].publish(own[3])
        assert not [each for each in await ask(held[1], CUSTOMS, ON) if each.may]
        with suppress(BusError):  # whoever was cut off leaves no more than it can
            await stack.aclose()
