"""The loop that keeps a database as Kafka is, without either: what goes wrong is said once, and tried again."""

import asyncio

from structlog.testing import capture_logs

from cbrn_consumers.projecting import Projecting
from cbrn_schemas.errors import BusError

AWAY, FULL = BusError("no broker answers", hint="Look."), BusError("the disk is full", hint="Make room.")


class Projected(Projecting):
    """Goes through what is to happen, one reading after another; then it is stopped."""

    behind = "it is behind"

    def __init__(self, *happens):
        super().__init__()
        self.happens, self.paused, self.let_go = list(happens), [], 0

    async def _follow(self):
        happens = self.happens.pop(0) if self.happens else self.stop()
        if happens is not None:
            raise happens

    def _let_go(self):
        self.let_go += 1

    async def _pause(self, seconds):
        self.paused.append(seconds)


async def test_trouble_is_told_of_once_and_tried_again_ever_later():
    projected = Projected(AWAY, AWAY, FULL, AWAY)
    with capture_logs() as logs:
        await projected.run()
    assert [(one["event"], one["error"]) for one in logs] == [
        *(("it is behind", str(error)) for error in (AWAY, FULL, AWAY)),
    ]
    assert projected.paused == [0.5, 1.0, 2.0, 5.0]
    assert projected.let_go == 5


async def test_a_pause_ends_with_the_process():
    class Broken(Projecting):
        behind = "it is behind"

        async def _follow(self):
            asyncio.get_running_loop().call_soon(self.stop)
            raise AWAY

        async def _pause(self, seconds):
            await super()._pause(seconds * 1_000)

    await asyncio.wait_for(Broken().run(), 5)
