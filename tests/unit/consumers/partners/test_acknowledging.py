"""Our `Ack` to partners: what the program beside the keeper does while there is nothing to do."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from cbrn_consumers.partners import acknowledging
from cbrn_consumers.partners.acknowledging import Acknowledger
from cbrn_schemas.errors import BusError
from cbrn_schemas.settings import Settings


def test_topics_that_are_not_there_yet_are_waited_for_in_silence(monkeypatch):
    """A warning without a reason, every few seconds, hides those that have one."""
    looks, stopping = [], asyncio.Event()

    async def none(_, topics):
        looks.append(list(topics))
        if len(looks) > 2:
            stopping.set()
        return {}

    monkeypatch.setattr(acknowledging, "there", none)
    monkeypatch.setattr(acknowledging, "AGAIN_AFTER_S", 0.001)
    acknowledger = Acknowledger(Settings(), lambda: datetime(2026, 5, 11, tzinfo=UTC), None)
    with capture_logs() as logs:
        asyncio.run(acknowledger.run(stopping))
    assert len(looks) == 3
    assert logs == []


class Kafka:
    """Topics that come one after another, and nothing in them."""

    def __init__(self, monkeypatch, stopping, *there):
        self.looks, self.read, self.stopping = list(there), [], stopping
        for name in ("there", "assigned", "written", "catch_up", "batch"):
            monkeypatch.setattr(acknowledging, name, getattr(self, name))
        monkeypatch.setattr(acknowledging, "TOPICS_EVERY_S", -1.0)
        monkeypatch.setattr(acknowledging, "AGAIN_AFTER_S", 0.001)

    async def there(self, _, topics):
        if len(self.looks) == 1:
            self.stopping.set()
        found = self.looks.pop(0)
        if isinstance(found, Exception):
            raise found
        return {topic: [] for topic in found & set(topics)}

    @asynccontextmanager
    async def assigned(self, _, *topics, since):
        assert since
        self.read.append(set(topics))
        yield None, []

    async def written(self, *_):
        return {}

    async def catch_up(self, *_):
        yield []

    async def batch(self, *_, within_ms):
        assert within_ms
        await asyncio.sleep(0)
        return []


OLD, NEW = "cbrn.to.kz.documents", "cbrn.to.uz.documents"


def acknowledger():
    return Acknowledger(Settings(), lambda: datetime(2026, 5, 11, tzinfo=UTC), None)


async def test_topics_that_come_later_are_read_too(monkeypatch):
    """A partner that is new in the catalogue is answered without a start anew."""
    stopping = asyncio.Event()
    kafka = Kafka(monkeypatch, stopping, {OLD}, {OLD}, {OLD, NEW}, {OLD, NEW}, {OLD, NEW})
    await asyncio.wait_for(acknowledger().run(stopping), 5)
    assert kafka.read == [{OLD}, {OLD, NEW}]


@pytest.mark.parametrize("error", [BusError("not yours to read", hint="Ask."), ValueError("a fault of ours")])
async def test_whatever_fails_is_told_of_and_tried_again(monkeypatch, error):
    """Nobody waits for this program: one that had ended would be missed by nobody but the partner."""
    stopping = asyncio.Event()
    kafka = Kafka(monkeypatch, stopping, error, {OLD}, {OLD})
    with capture_logs() as logs:
        await asyncio.wait_for(acknowledger().run(stopping), 5)
    assert kafka.read == [{OLD}]
    (told,) = logs
    assert told["event"].startswith("acknowledgements to partners wait")
