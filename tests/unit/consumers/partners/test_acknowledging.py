"""Our `Ack` to partners: what the program beside the keeper does while there is nothing to do."""

import asyncio
from datetime import UTC, datetime

from structlog.testing import capture_logs

from cbrn_consumers.partners import acknowledging
from cbrn_consumers.partners.acknowledging import Acknowledger
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
