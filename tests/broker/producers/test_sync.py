"""Publishing without asyncio, and dicts, on a real broker."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.builders.golden import ROOT

from cbrn_producers import NotStartedError, Receipt, RefusedEventError, SyncAgency
from cbrn_routing.bus.read import read_all
from cbrn_schemas.topics import Lane, Realm, from_topic

pytestmark = pytest.mark.broker

GIVEN = json.loads((ROOT / "schemas" / "examples" / "tailings-failure.json").read_bytes())
BODY = GIVEN["body"]


@pytest.fixture
async def settings(kafka, topics):
    await topics([from_topic(Realm.REAL, BODY, lane) for lane in Lane])
    return kafka.settings(realm=Realm.REAL)


async def found(settings, situation):
    records = await read_all(settings, from_topic(Realm.REAL, BODY, Lane.INCIDENTS))
    return [record for record in records if record.key == situation.encode()]


async def test_a_dict_is_stored_where_the_receipt_says_and_keeps_its_id(settings):
    """A program of ten years without asyncio, and rows of a database."""
    given = GIVEN | {"situation": f"KG-{uuid.uuid4()}"}
    with SyncAgency(BODY, settings=settings) as agency:
        first, again = agency.publish(given), agency.publish(given)
        with pytest.raises(RefusedEventError, match="sevrity"):
            agency.publish(given | {"sevrity": "Severe"})
    with pytest.raises(NotStartedError):
        agency.publish(given)
    stored = await found(settings, given["situation"])
    assert [json.loads(record.value) for record in stored] == [given, given]
    assert {dict(record.headers)["ce_id"].decode() for record in stored} == {first.id} == {again.id}
    assert (first.topic, first.partition, first.offset) == (stored[0].topic, stored[0].partition, stored[0].offset)


async def test_threads_publish_at_once_and_each_has_its_receipt(settings):
    """One connection for a web server's threads."""
    situation = f"KG-{uuid.uuid4()}"
    with SyncAgency(BODY, settings=settings) as agency, ThreadPoolExecutor(8) as pool:
        names = [f"{situation}-{number}" for number in range(200)]
        receipts = list(pool.map(lambda name: agency.publish(GIVEN | {"situation": situation}, event_id=name), names))
        many = agency.publish_many((GIVEN | {"situation": situation}, f"{name}-many") for name in names)
    assert [receipt.id for receipt in receipts] == names
    assert all(isinstance(outcome, Receipt) for outcome in many)
    ids = [dict(record.headers)["ce_id"].decode() for record in await found(settings, situation)]
    assert sorted(ids[:200]) == sorted(names)
    assert ids[200:] == [f"{name}-many" for name in names]
