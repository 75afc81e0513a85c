"""MirrorMaker kept at work: mended and started, and again where it ended or stands still, until it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING, Final

import structlog
from aiokafka.errors import KafkaError

from cbrn_deploy.mirrormaker.configuration import parse
from cbrn_deploy.mirrormaker.mending import mend, standing_still

if TYPE_CHECKING:
    from aiokafka import TopicPartition

    from cbrn_deploy.mirrormaker.process import MirrorMaker

LOOK_EVERY_S: Final = 10.0
LOOKS_MAX: Final = 3
"""So often in a row a partition's stable end may stand at one place before its end: no transaction lasts as long."""
PAUSE_S: Final = 5.0

log = structlog.get_logger(__name__)


async def keep(maker: MirrorMaker, end: asyncio.Event) -> None:
    """Keep it at work until `end`. A cluster that is away is waited for."""
    said = parse(maker.text)
    while not end.is_set():
        try:
            await mend(said)
            await asyncio.to_thread(maker.start)
            log.info("MirrorMaker runs", pid=maker.pid)
            why = await _until_wrong(maker, said, end)
            log.warning("MirrorMaker is stopped", why=why)
        except (KafkaError, OSError) as error:  # a time-out is an OSError
            log.warning("a cluster does not answer; MirrorMaker waits", error=repr(error))
        finally:
            await asyncio.to_thread(maker.stop if end.is_set() else maker.kill)
        await _for(end, PAUSE_S)


async def _until_wrong(maker: MirrorMaker, said: dict[str, str], end: asyncio.Event) -> str:
    seen: dict[TopicPartition, tuple[int, int]] = {}
    while not end.is_set():
        await _for(end, LOOK_EVERY_S)
        if maker.pid is None:
            return "its process has ended"
        with contextlib.suppress(KafkaError, OSError):  # a cluster is away; what it leaves open shows when it is back
            now = await standing_still(said)
            seen = {
                part: (at, seen[part][1] + 1 if seen.get(part, (-1, 0))[0] == at else 1) for part, at in now.items()
            }
        if stuck := [f"{part.topic}-{part.partition}" for part, (_, looks) in seen.items() if looks >= LOOKS_MAX]:
            return f"{', '.join(stuck)}: a transaction hangs, since a broker has died"
    return "it was told to end"


async def _for(end: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(end.wait(), seconds)


async def until_told(maker: MirrorMaker) -> None:
    """Keep it at work until this process is told to end."""
    end = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, end.set)
    await keep(maker, end)
