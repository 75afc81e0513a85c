"""A body that publishes as fast as the broker lets it: the other side of `tests.bench.flood`, a process of its own.

Its batches are laid out before it begins, so that it takes next to nothing of the processors that are measured. It says
`ready`, waits for a line, publishes for some seconds, and says what the broker has taken.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from cbrn_routing.shards.placement import Placement
from cbrn_schemas.envelope import Header, binary_headers
from cbrn_schemas.events import ce_type, parse_event, to_bytes
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Lane, Realm, from_topic

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
BODY = "mnrets"
CLIENT = "flooder"
"""Its name at the broker, by which it can be limited without rights or users."""
BATCH = 250
"""Events of about 1 kB in one batch: 80 batches a second are 20,000 events."""
KINDS = {
    "incidents": ("abandoned-stock", Lane.INCIDENTS),
    "misplaced": ("abandoned-stock", Lane.INCIDENTS),
    "junk": ("abandoned-stock", Lane.INCIDENTS),
    "readings": ("water-quality", Lane.MONITORING),
}
"""Good incidents; the same in partitions where they do not belong; what nobody can read; readings of the other lane."""

Event = tuple[bytes, bytes, list[Header]]


def event(example: str, body: str, number: int, template: bytes) -> Event:
    """Key, value and headers of one event of its own situation or station."""
    key = b"%s-%d" % (body.encode(), number)
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    headers = binary_headers(id=f"{body}-{number}", source=f"/{body}", type=ce_type(example), time=now)
    return key, template.replace(b"NAME", key), headers


def template(example: str, body: str) -> bytes:
    """An example as `body` publishes it now, with one language and `NAME` for its situation or station."""
    read = parse_event((EXAMPLES / f"{example}.json").read_bytes())
    now = datetime.now(UTC).replace(microsecond=0)
    changed: dict[str, Any] = {"body": body, "observed": now, "reported": now}
    if hasattr(read, "situation"):
        texts = {lang: text for lang, text in read.texts.items() if lang == "ru"}
        changed |= {"situation": "NAME", "message_type": "Alert", "references": (), "texts": texts}
    else:
        changed |= {"station": "NAME"}
    return to_bytes(read.model_copy(update=changed))


class Flooder:
    """One producer, and batches for each partition."""

    def __init__(self, kind: str, producer: AIOKafkaProducer, shards: int) -> None:
        self.example, lane = KINDS[kind]
        self.topic = from_topic(Realm.REAL, BODY, lane.value)
        self.taken = 0
        self.longest_s = 0.0
        self._kind = kind
        self._producer = producer
        self._placement = Placement(0, shards)

    def lay_out(self, events: int) -> list[list[Any]]:
        """Batches of each partition, in the order in which they are sent."""
        laid_out: list[list[Any]] = [[] for _ in range(self._placement.shards)]
        made = template(self.example, BODY)
        for number in range(events):
            key, value, headers = event(self.example, BODY, number, made)
            partition = self._placement.shard_of(key)
            if self._kind == "misplaced":
                partition = (partition + 1) % self._placement.shards
            value = value[:-1] if self._kind == "junk" else value
            batches = laid_out[partition]
            if not batches or batches[-1].record_count() >= BATCH:
                batches.append(self._producer.create_batch())
            batches[-1].append(key=key, value=value, timestamp=None, headers=headers)
        return laid_out

    async def publish(self, partition: int, batches: list[Any], rate: float, until: float) -> None:
        """Send the batches of one partition, no faster than `rate` events a second."""
        began, sent = time.perf_counter(), 0
        for batch in batches:
            await asyncio.sleep(max(0.0, began + sent / rate - time.perf_counter()))
            if (before := time.perf_counter()) >= until:
                return
            count = batch.record_count()
            await (await self._producer.send_batch(batch, self.topic, partition=partition))
            self.longest_s = max(self.longest_s, time.perf_counter() - before)
            sent += count
            self.taken += count


async def main(kind: str, rate: float, seconds: float) -> None:
    """Lay out, wait for the word, publish, say what was taken."""
    settings = Settings()
    connection = settings.connection() | {"client_id": CLIENT}
    producer = AIOKafkaProducer(**connection, acks="all", enable_idempotence=True, max_batch_size=900_000)
    await producer.start()
    flooder = Flooder(kind, producer, settings.shards)
    laid_out = flooder.lay_out(int(rate * seconds))
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    began = time.perf_counter()
    publishing = [
        asyncio.create_task(flooder.publish(partition, batches, rate / len(laid_out), began + seconds))
        for partition, batches in enumerate(laid_out)
    ]
    await asyncio.wait(publishing, timeout=seconds)
    said = {"taken": flooder.taken, "seconds": time.perf_counter() - began}
    # One batch of each partition may be on its way still; where it is held back, its answer is waited for no longer.
    await asyncio.wait(publishing, timeout=12)
    errors = sorted({repr(error) for one in publishing if one.done() and (error := one.exception())})
    print(json.dumps(said | {"longest_s": flooder.longest_s, "errors": list(itertools.islice(errors, 3))}), flush=True)
    os._exit(0)  # what is not sent is not to be sent


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3])))
