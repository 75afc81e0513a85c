"""What agencies publish during a run.

Situations that grow by updates, so that order matters; resent events; now and then bytes that nobody can read. What
must come of each is written down when the broker has acknowledged it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaProducer

from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.events import ce_type, parse_event
from cbrn_schemas.topics import Realm, from_topic

from .history import QUARANTINE, Sent

if TYPE_CHECKING:
    import random

    from cbrn_routing.decide import Engine
    from cbrn_schemas.settings import Settings

EXAMPLES: Final = Path(__file__).parents[3] / "schemas" / "examples"
KINDS: Final = {"mes": "chemical-spill", "mnrets": "orphan-source", "moh": "poisoning-cluster"}
"""What each of the publishing bodies reports in this test."""
SEVERITIES: Final = ("Minor", "Moderate", "Severe", "Extreme")
"""An update may change it, and with it who must be told: earlier recipients must then be told as well."""
SITUATIONS_EACH: Final = 8
"""Open situations of each body."""
REPORTS_MAX: Final = 40
"""Reports about one situation, the first and the cancellation included."""
RESENT: Final = 0.10
RESENT_FROM: Final = 20_000
"""The last so many events are resent: well within what every shard's memory of ids promises."""
REFUSED: Final = 0.02
JUNK: Final = (b"{", b"\xff", b'{"kind": "nothing"}', b"[]", b"{}")
"""Each is refused for another reason: of one reason, ten in a minute and a shard are told of one by one."""
CRISIS_CENTRE: Final = "mes"
SEND_DEADLINE_S: Final = 30.0
OUTAGE_DEADLINE_S: Final = 180.0
"""Where brokers are killed a publisher goes on trying until one is back."""


@dataclass(slots=True)
class Situation:
    """One situation as its publisher knows it."""

    body: str
    name: str
    reports: int
    """How many there will be."""
    published: int = 0
    reached: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Record:
    topic: str
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


class Traffic:
    """Publishes at a steady rate until stopped."""

    def __init__(
        self,
        settings: Settings,
        realm: Realm,
        engine: Engine,
        rng: random.Random,
        rate: float,
        *,
        patient: bool = False,
    ) -> None:
        self.topics = [from_topic(realm, body, "incidents") for body in sorted(KINDS)]
        self.sent: list[Sent] = []
        self.resent = 0
        self.published: dict[tuple[str, str], tuple[float, int]] = {}
        """Moment (monotonic, seconds) of the acknowledgement and shard, by source and id."""
        self._realm = realm
        self._engine = engine
        self._rng = rng
        self._pause_s = 1 / rate
        self._send_within_s = OUTAGE_DEADLINE_S if patient else SEND_DEADLINE_S
        patient_client = settings.connection() | {"request_timeout_ms": 10_000}
        self._producer = AIOKafkaProducer(**patient_client, acks="all", enable_idempotence=True)
        self._records: deque[_Record] = deque(maxlen=RESENT_FROM)
        self._open = {body: [self._situation(body) for _ in range(SITUATIONS_EACH)] for body in sorted(KINDS)}
        self._templates = {
            body: json.loads((EXAMPLES / f"{kind}.json").read_text(encoding="utf-8")) for body, kind in KINDS.items()
        }

    async def start(self) -> None:
        """Connect, and publish once for each open situation, so that every shard has something of every topic."""
        await self._producer.start()
        for situations in self._open.values():
            for situation in situations:
                await self._report(situation)

    async def run(self, stopping: asyncio.Event) -> None:
        """Publish until told to stop."""
        while not stopping.is_set():
            await self._publish_something()
            await asyncio.sleep(self._pause_s)

    async def stop(self) -> None:
        """Everything published has been acknowledged by then."""
        await self._producer.stop()

    async def _publish_something(self) -> None:
        chance = self._rng.random()
        if chance < REFUSED:
            await self._refused(self._rng.choice(sorted(KINDS)))
        elif chance < REFUSED + RESENT:
            await self._send(self._rng.choice(self._records))
            self.resent += 1
        else:
            situations = self._open[self._rng.choice(sorted(KINDS))]
            index = self._rng.randrange(len(situations))
            await self._report(situations[index])
            if situations[index].published == situations[index].reports:
                situations[index] = self._situation(situations[index].body)

    def _situation(self, body: str) -> Situation:
        return Situation(body, f"zombie-{self._rng.getrandbits(64):016x}", self._rng.randint(1, REPORTS_MAX))

    async def _report(self, situation: Situation) -> None:
        number = situation.published + 1
        value, kind, recipients = self._event(situation, number)
        identifier, source = f"{situation.name}-{number}", f"/{situation.body}/zombie-test"
        now = datetime.now(UTC).isoformat()
        record = _Record(
            from_topic(self._realm, situation.body, "incidents"),
            situation.name.encode(),
            value,
            binary_headers(id=identifier, source=source, type=ce_type(kind), time=now),
        )
        partition, _ = await self._send(record)
        self.published[source, identifier] = time.monotonic(), partition
        situation.published = number
        self._records.append(record)
        digest = hashlib.sha256(value).hexdigest()
        self.sent.append(Sent(source, identifier, situation.name, number, recipients, digest=digest))

    def _event(self, situation: Situation, number: int) -> tuple[bytes, str, dict[str, str]]:
        message_type = "Alert" if number == 1 else "Update"
        if number == situation.reports and number > 1 and self._rng.random() < 0.5:
            message_type = "Cancel"
        now = datetime.now(UTC).isoformat()
        content: dict[str, Any] = self._templates[situation.body] | {
            "situation": situation.name,
            "message_type": message_type,
            "status": "Exercise" if self._realm is Realm.EXERCISE else "Actual",
            "severity": self._rng.choice(SEVERITIES),
            "injured": number,
            "observed": now,
            "reported": now,
        }
        value = json.dumps(content, ensure_ascii=False).encode()
        event = parse_event(value)
        named = {one.body: one.role.code for one in self._engine.route(event).decision.recipients}
        earlier = dict.fromkeys(situation.reached.keys() - named.keys(), "inform") if message_type != "Alert" else {}
        situation.reached |= named
        return value, event.kind, named | earlier

    async def _refused(self, body: str) -> None:
        topic = from_topic(self._realm, body, "incidents")
        now = datetime.now(UTC).isoformat()
        headers = binary_headers(id=f"refused-{now}", source=f"/{body}", type=ce_type(KINDS[body]), time=now)
        partition, offset = await self._send(_Record(topic, f"refused-{now}".encode(), self._rng.choice(JUNK), headers))
        identifier = f"{topic}/{partition}/{offset}"
        recipients = {body: "support"} | {CRISIS_CENTRE: "lead"}
        self.sent.append(Sent("/bus/router", identifier, identifier, 1, recipients, ruling=QUARANTINE))

    async def _send(self, record: _Record) -> tuple[int, int]:
        async with asyncio.timeout(self._send_within_s):
            stored = await self._producer.send_and_wait(
                record.topic, record.value, key=record.key, headers=record.headers
            )
        return stored.partition, stored.offset
