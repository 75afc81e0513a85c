"""A desk's database filled with alerts and receipts as Kafka would have them, without Kafka.

store = desk_store(tmp_path, "moh")
desk = Told(store)
await desk.tell("moh", situation="KG-2026-a", severity="Extreme", role="lead", within=timedelta(minutes=20))
await desk.answer("moh", "acknowledged", situation="KG-2026-a", by="Duty officer Asanov")
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import delete
from sqlalchemy import event as on_event
from tests.builders.golden import event

from cbrn_consumers.alert import Origin
from cbrn_consumers.desk.store import Store, Whose
from cbrn_consumers.desk.store.database import Database
from cbrn_consumers.desk.store.records import Kept
from cbrn_consumers.desk.store.tables import whose as whose_table
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.receipt import give, receipts_topic, record_of
from cbrn_schemas.records import rfc3339
from cbrn_schemas.topics import Realm, to_topic
from cbrn_schemas.unanswered import Unanswered, unanswered_record

START = datetime(2026, 11, 27, 3, tzinfo=UTC)
BY = "Duty officer Asanov"


@cache
def _empty() -> bytes:
    """Return a new database's file, nobody's yet: its steps take a tenth of a second, and each test wants one."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "empty.sqlite3"
        database = Database(f"sqlite:///{file}", Whose(Realm.REAL, "moh"))
        with database.writing() as connection:
            connection.execute(delete(whose_table))
        database.close()
        return file.read_bytes()


def desk_store(folder, body="moh", *, all_bodies=False, realm=Realm.REAL, url=None, clock=None) -> Store:
    """An empty database of a desk: a file in the folder, or at `url`."""
    file = folder / "desk.sqlite3"
    if url is None and not file.exists():
        folder.mkdir(exist_ok=True)
        file.write_bytes(_empty())
    store = Store(url or f"sqlite:///{file}", Whose(realm, body, all_bodies), *([] if clock is None else [clock]))
    if url is None:  # no test pulls the plug
        store.database.engine.dispose()
        on_event.listen(store.database.engine, "connect", _no_disk)
    return store


def _no_disk(connection, _):
    connection.execute("PRAGMA synchronous=OFF")


@dataclass
class Records:
    """Makes records as the bus writes them, each at the next offset of its topic."""

    realm: Realm = Realm.REAL
    now: datetime = START
    offsets: Counter[str] = field(default_factory=Counter)
    events: dict[str, str] = field(default_factory=dict)
    """By situation, the latest event's id."""
    made: int = 0

    def record(self, topic: str, key: bytes | None, headers: Any, value: bytes | None, at: datetime) -> Kept:
        offset = self.offsets[topic]
        self.offsets[topic] += 1
        return Kept(topic, 0, offset, int(at.timestamp() * 1000), key, value, list(headers))

    def alert(
        self,
        body: str,
        *,
        situation: str = "KG-2026-chlorine",
        kind: str = "chemical-release",
        role: str = "lead",
        within: timedelta | None = timedelta(minutes=20),
        place: str = "41708203",
        at: datetime | None = None,
        event_id: str | None = None,
        level: int = 0,
        restricted: bool = False,
        rule: str = "toxic-release",
        publisher: str = "mes",
        **changes: Any,
    ) -> Kept:
        """One alert to a body; `changes` are fields of the event (`severity`, `texts`, `message_type`, ...)."""
        at = at or self.now
        self.made += event_id is None
        name = self.events[situation] = event_id or f"e-{self.made}"
        said = event(kind, situation=situation, body=publisher, **changes)
        order = {"role": role, "rule": rule, "rulebook": "0" * 12, "place": place}
        order |= {} if within is None else {"acknowledge_by": rfc3339(at + within)}
        order |= ({"level": str(level)} if level else {}) | ({"restricted": "true"} if restricted else {})
        headers = binary_headers(id=name, source="/mes", type=f"kg.cbrn.incident.{kind}.v1", time=rfc3339(at))
        headers += [(f"cbrn_{name}", text.encode()) for name, text in order.items()]
        value = said.model_dump_json(exclude_none=True).encode()
        return self.record(to_topic(self.realm, body, "alerts"), situation.encode(), headers, value, at)

    def unanswered(
        self,
        to: str,
        body: str = "moh",
        *,
        situation: str = "KG-2026-chlorine",
        at: datetime | None = None,
        again: datetime | None = None,
        level: int = 1,
        role: str = "lead",
        restricted: bool = False,
        **said: Any,
    ) -> Kept:
        """What the watch says to a body where another has not answered."""
        at = at or self.now
        seen = {"source": "/mes", "id": self.events.get(situation, "e-0")}
        fields = {"lacking": "not-acknowledged", "step": "parent", "asked": to, "due": at, "at": at} | said
        alarm = Unanswered(situation=situation, body=body, event=seen, level=level, again=again, **fields)
        headers, value = unanswered_record(alarm, f"{situation}.{body}.{level}", role, restricted=restricted)
        return self.record(to_topic(self.realm, to, "alerts"), situation.encode(), headers, value, at)

    def receipt(
        self,
        body: str,
        act: str = "acknowledged",
        *,
        situation: str = "KG-2026-chlorine",
        at: datetime | None = None,
        by: str = BY,
        event_id: str | None = None,
        **said: Any,
    ) -> Kept:
        """One answer to the latest alert of a situation."""
        at = at or self.now
        self.made += 1
        seen = {"source": "/mes", "id": event_id or self.events.get(situation, "e-0")}
        given = {"id": f"{body}.r-{self.made}", "realm": self.realm, "body": body, "act": act, "at": at, "by": by}
        key, headers, value = record_of(give(situation=situation, event=seen, **given, **said))
        return self.record(receipts_topic(self.realm, body), key, headers, value, at)


class Told:
    """Tells bodies of situations, and answers for them, straight into a store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.records = Records(store.whose.realm)

    async def tell(self, *bodies: str, **said: Any) -> Kept:
        """One event to several bodies; the last record."""
        first, *others = bodies
        made = [self.records.alert(first, **said)]
        name = self.records.events[said.get("situation", "KG-2026-chlorine")]
        made += [self.records.alert(body, **(said | {"event_id": name})) for body in others]
        await self.store.take(made)
        return made[-1]

    async def pass_on(self, to: str, body: str = "moh", **said: Any) -> Kept:
        """What the watch says to a body in whose place another is asked."""
        record = self.records.unanswered(to, body, **said)
        await self.store.take([record])
        return record

    async def answer(self, body: str, act: str = "acknowledged", **said: Any) -> Origin:
        """One answer; where it stands."""
        record = self.records.receipt(body, act, **said)
        await self.store.take([record])
        return Origin.of(record)
