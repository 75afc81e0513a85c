"""A `cbrn run inbound` that kills itself as a machine without power would: before or after a chosen write or commit."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from cbrn_producers.inbound import mapper
from cbrn_producers.inbound.config import InboundFile, terms_of
from cbrn_producers.inbound.service import Inbound
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm

STEPS = {"now": 0, "last": 0}


def passed() -> None:
    """Count a step, and end at the last."""
    STEPS["now"] += 1
    if STEPS["now"] == STEPS["last"]:
        os.kill(os.getpid(), signal.SIGKILL)


class MortalProducer(AIOKafkaProducer):  # type: ignore[misc] # aiokafka has no types
    """It dies before or after a record is confirmed."""

    async def send_and_wait(self, *args: Any, **named: Any) -> Any:
        passed()
        told = await super().send_and_wait(*args, **named)
        passed()
        return told


class MortalConsumer(AIOKafkaConsumer):  # type: ignore[misc] # aiokafka has no types
    """It dies before or after what was read is committed; the broker is not waited for longer than it must be."""

    def __init__(self, *topics: str, **options: Any) -> None:
        super().__init__(*topics, **options | {"session_timeout_ms": 6_000, "heartbeat_interval_ms": 1_000})

    async def commit(self, *args: Any, **named: Any) -> None:
        passed()
        await super().commit(*args, **named)
        passed()


async def serve(told: dict[str, Any]) -> None:
    """Take in until killed."""
    named = {name: told[name] for name in ("bootstrap_servers", "credentials") if told.get(name)}
    settings = Settings(realm=Realm(told["realm"]), **named)
    folder = Path(told["folder"])
    file = InboundFile.model_validate(told["file"])
    await Inbound(settings, file, terms_of(file, folder), folder, folder).run()


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    STEPS["last"] = asked["dies_at"]
    mapper.AIOKafkaProducer = MortalProducer
    mapper.AIOKafkaConsumer = MortalConsumer
    asyncio.run(serve(asked))
