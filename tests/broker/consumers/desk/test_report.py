"""A report that is typed at the desk, through Kafka and a router, to those whom it concerns."""

import asyncio
import json

import pytest
from tests.builders.desk import desk_house
from tests.builders.desk_report import as_sent, press, typed_example
from tests.builders.router_bus import Bus, everybody

from cbrn_consumers.desk.report import KafkaReporting
from cbrn_schemas.topics import Realm

pytestmark = pytest.mark.broker

KIND = "chemical-release"
PATH = f"/report/new/{KIND}"


@pytest.fixture
async def bus(realm_of, engine):
    return Bus(await realm_of(*everybody()), engine)


async def test_what_an_officer_types_is_told_to_those_whom_it_concerns_once(tmp_path, bus):
    """Sent by two presses, and by a desk that was started anew: one alert each. Then it is ended from the list."""
    settings = bus.settings.model_copy(update={"body": "mes", "rota_dir": tmp_path / "rota"})
    async with desk_house(tmp_path, "mes", realm=Realm.EXERCISE, settings=settings) as house, bus.router() as router:
        house.app.state.reporting = KafkaReporting(settings)
        client = house.client(lang="ru")
        await bus.ready(router)
        seen = await client.post(PATH, data=as_sent(typed_example(KIND)))
        assert seen.status_code == 200, seen.text
        pressed = await asyncio.gather(*(press(client, KIND, seen.text, "send") for _ in range(2)))
        assert {answer.status_code for answer in pressed} == {303}, pressed[0].text
        assert len({answer.headers["location"] for answer in pressed}) == 1
        receipt = await client.get(pressed[0].headers["location"])
        assert "В журнале" in receipt.text

        await house.app.state.reporting.close()
        house.app.state.reporting = KafkaReporting(settings)
        assert (await press(client, KIND, seen.text, "send")).status_code == 303

        (alert,) = await bus.alerts(1, "moh")
        told = json.loads(alert.value)
        assert told["status"] == "Exercise"
        assert told["body"] == "mes"
        assert dict(alert.headers)["ce_source"] == b"/mes/desk"

        listed = await client.get("/report/earlier")
        assert told["situation"] in listed.text
        identity = dict(alert.headers)["ce_id"].decode()
        begun = await client.get(PATH, params={"follows": identity, "to": "Cancel"})
        ending = await press(client, KIND, begun.text, "look")
        assert (await press(client, KIND, ending.text, "send")).status_code == 303
        _, ended = await bus.alerts(2, "moh")
        assert json.loads(ended.value)["message_type"] == "Cancel"
        assert json.loads(ended.value)["references"] == [identity]
        await house.app.state.reporting.close()


async def test_a_bus_that_is_away_says_so_and_loses_nothing(tmp_path, bus):
    settings = bus.settings.model_copy(update={"body": "mes", "bootstrap_servers": "127.0.0.1:1"})
    async with desk_house(tmp_path, "mes", realm=Realm.EXERCISE, settings=settings) as house:
        reporting = house.app.state.reporting = KafkaReporting(settings, connect_within_s=0.2)
        client = house.client()
        seen = await client.post(PATH, data=as_sent(typed_example(KIND)))
        failed = await press(client, KIND, seen.text, "send")
        assert failed.status_code == 503
        assert "It is not in the log" in failed.text
        await reporting.close()
        house.app.state.reporting = KafkaReporting(bus.settings)
        assert (await press(client, KIND, failed.text, "send")).status_code == 303
        await house.app.state.reporting.close()
