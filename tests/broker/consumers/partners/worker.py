"""A keeper of partners that kills itself as a machine without power would: at a chosen step of what it writes.

Steps are counted over its life: each record before it is sent, each end of a transaction before and after it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from cbrn_consumers.partners.keeper import PartnersKeeper
from cbrn_routing.bus import write
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm


class Mortal(AIOKafkaProducer):  # type: ignore[misc] # aiokafka has no types
    """A producer that ends its process at the step numbered `dies_at`."""

    step = 0
    dies_at = 0

    @classmethod
    def _passed(cls) -> None:
        cls.step += 1
        if cls.step == cls.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    async def send(self, *args: Any, **named: Any) -> Any:
        self._passed()
        return await super().send(*args, **named)

    async def commit_transaction(self) -> None:
        self._passed()
        await super().commit_transaction()
        self._passed()


async def serve(told: dict[str, Any]) -> None:
    """Run one keeper until it dies."""
    settings = Settings(
        credentials=Path(told["credentials"]),
        realm=Realm(told["realm"]),
        agreements=Path(told["agreements"]),
        rulebook_signers=Path(told["signers"]),
    )
    await PartnersKeeper(settings).run()


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    Mortal.dies_at = asked["dies_at"]
    write.AIOKafkaProducer = Mortal
    asyncio.run(serve(asked))
