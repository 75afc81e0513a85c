"""On the real bus: a ministry sees by its own topics alone where another stands; a bus of an older release goes on."""

import asyncio
import json
from datetime import timedelta

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from structlog.testing import capture_logs
from tests.broker.consumers.test_watch import BODIES, WITHIN_S, bus, counted  # noqa: F401 - a fixture
from tests.builders.command_line import CliRunner

from cbrn_consumers.standing import State
from cbrn_consumers.standing.reader import read_situation
from cbrn_deploy.cli.main import app
from cbrn_deploy.provisioning import TopicSpec, connected
from cbrn_routing.bus.read import read_all
from cbrn_schemas.standing_record import read_standing, standing_topic

pytestmark = pytest.mark.broker


async def stands(there, body):
    """Everything that a body was told of standings, in order; None where it was taken back."""
    found = await read_all(there.settings, standing_topic(there.settings.realm, body))
    return [None if each.value is None else read_standing(list(each.headers), each.value) for each in found]


async def told(there, body, number):
    async with asyncio.timeout(WITHIN_S):
        while len(found := await stands(there, body)) < number:  # noqa: ASYNC110 - Kafka is asked
            await asyncio.sleep(0.05)
    return found


async def command(there, *arguments):
    at = ["--realm", there.settings.realm, "--bootstrap-servers", there.settings.bootstrap_servers, "--lang", "en"]
    found = await asyncio.to_thread(CliRunner().invoke, app, [*arguments, *at])
    assert found.exit_code == 0, found.output
    return found.stdout


async def test_one_ministry_answers_and_the_other_sees_it_by_its_own_topics(bus):  # noqa: F811 - the fixture
    """Each change once to each told, whatever restarts; of a restricted situation nothing."""
    async with bus.watched() as watch:
        await bus.tell("mes", name="KG-1")
        await bus.tell("moh", name="KG-1", role="support")
        await bus.tell("moh", "mes", name="KG-secret", restricted="true")
        await counted(watch, "told", 4)
        await bus.answer("KG-1", "accepted")
        await bus.answer("KG-secret", "accepted")
        await counted(watch, "answers", 2)
        last = (await told(bus, "mes", 2))[-1]
    assert [(each.body, each.role, each.state) for each in last.parties] == [
        ("mes", "lead", "addressed"),
        ("moh", "support", "accepted"),
    ]
    before = [await stands(bus, body) for body in BODIES]
    async with bus.watched():  # it looks at all anew, and says only what is new
        await bus.answer("KG-1", "en-route")
        after = await told(bus, "mes", len(before[BODIES.index("mes")]) + 1)
    assert after[:-1] == before[BODIES.index("mes")]
    assert [each.state for each in after[-1].parties] == ["addressed", "en-route"]
    assert {each.situation for found in before for each in found} == {"KG-1"}
    assert before[BODIES.index("mes-cmc")] == []
    read = await read_situation(bus.settings, "KG-1", ["mes"])
    assert [(each.body, each.reached) for each in read.others.beside("mes")] == [("moh", State.EN_ROUTE)]
    shown = json.loads(await command(bus, "standing", "KG-1", "--body", "mes", "--json"))
    assert [each["body"] for each in shown["parties"]] == ["mes"]
    assert [(each["body"], each["state"]) for each in shown["others"]["parties"]][1] == ("moh", "en-route")
    for screen in ("standing", "show"):
        assert "WHERE THE OTHERS STAND" in await command(bus, screen, "KG-1", "--body", "mes")


async def test_without_the_topics_deadlines_are_seen_to_and_with_them_all_is_told(bus):  # noqa: F811 - the fixture
    """A cluster of an older release: `cbrn topics apply` makes them, and the watch is restarted."""
    topics = [standing_topic(bus.settings.realm, body) for body in BODIES]
    async with connected(bus.settings) as cluster:
        specs = [
            TopicSpec(each.name, each.partitions, 1, {"cleanup.policy": "compact"})
            for each in await cluster.read(topics)
        ]
    admin = AIOKafkaAdminClient(**bus.settings.connection())
    await admin.start()
    try:
        await admin.delete_topics(topics)
    finally:
        await admin.close()
    with capture_logs() as lines:
        async with bus.watched():
            await bus.tell("moh", name="KG-1", within=timedelta(seconds=1))
            (first, *_) = await bus.until(2)
    said = [line for line in lines if line["event"].startswith("bodies cannot be told where the others stand")]
    assert [(line["missing"], "topics apply" in line["hint"]) for line in said] == [(len(BODIES), True)]
    assert first[1].level == 1
    async with connected(bus.settings) as cluster:
        await cluster.create(specs)
    async with bus.watched():
        (whole,) = await told(bus, "moh", 1)
    assert [(each.body, each.state, each.level) for each in whole.parties] == [("moh", "addressed", 1)]
