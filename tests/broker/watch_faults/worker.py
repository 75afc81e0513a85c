"""A watch process that can be stopped at a chosen point of a transaction, and whose clock runs faster.

The traps are those of the routers' zombie test; the watch is the product's own.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop

sys.path.insert(0, str(Path(__file__).parents[1] / "zombie"))

from worker import TrappedProducer, die_with_parent, no_promise, work

from cbrn_consumers.watch import Watch
from cbrn_deploy.cli.logs import configure_logs
from cbrn_routing.shards import MemberOptions, Worker, shard, writer
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm


async def serve(told: dict[str, Any]) -> None:
    """Run one watch until SIGTERM."""
    began, speed = told["began"], told["speed"]
    settings = Settings(
        credentials=Path(told["credentials"]), realm=Realm(told["realm"]), escalation=Path(told["policies"])
    )
    options = MemberOptions(
        settings,
        told["instance"],
        told["session_timeout_ms"],
        clock=lambda: datetime.fromtimestamp(began + (time.time() - began) * speed, UTC),
    )
    await work(Worker(Watch(options, bodies=told["bodies"])))


def main() -> None:
    """`worker.py '{"credentials": ...}'`."""
    die_with_parent()
    told = json.loads(sys.argv[1])
    configure_logs("json", "info")
    if not told["fencing"]:
        TrappedProducer.fencing = False
        shard.keep_promise = no_promise
    writer.AIOKafkaProducer = TrappedProducer
    shard.TRANSACTION_TIMEOUT_MS = writer.TRANSACTION_TIMEOUT_MS = told["transaction_timeout_ms"]
    uvloop.run(serve(told))


if __name__ == "__main__":
    main()
