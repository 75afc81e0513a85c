"""What the pages of partners ask Kafka for: the log of copies, a decision, and the event whose copy one is.

The desk's process follows the log, which is kept for years: so no page reads all of it. Without that, or while the bus
is not heard, it is read when it is asked for, with a bound.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog

from cbrn_consumers.desk.store import ALL
from cbrn_consumers.desk.web.visit import CopiesLine
from cbrn_consumers.partners import Copies, refuse, release
from cbrn_consumers.partners.copies import copies_topic, read_copies
from cbrn_routing.bus.read import batch, read_all, read_first
from cbrn_schemas.envelope import read_envelope
from cbrn_schemas.errors import BusError, InvalidEventError
from cbrn_schemas.events import read_event
from cbrn_schemas.topics import bus_topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from cbrn_consumers.deciding import Person
    from cbrn_consumers.desk.store import Store
    from cbrn_consumers.partners import Copy
    from cbrn_routing.bus.read import Bytes
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.receipt import SeenEvent
    from cbrn_schemas.settings import Settings

KEPT_S: Final = 3.0
WITHIN_S: Final = 8.0
"""A page waits no longer for the bus."""
AGAIN_AFTER_S: Final = 15.0

log = structlog.get_logger(__name__)


class Heard(NamedTuple):
    """Every copy that the log holds, the most urgent first; or why that is not known now, and what was known before."""

    copies: Sequence[Copy]
    problem: BusError | None = None


class Partners:
    """The bus, as the pages of partners need it. What decides returns once the keeper has answered."""

    def __init__(self, settings: Settings, store: Store, body: str | None) -> None:
        """Take the desk's database, where most events are whose copies wait, and whose copies to read.

        A body has those of which its persons may decide on a topic of its own; None: the bus's log, with all.
        """
        self._settings, self._store, self._body = settings, store, body
        self._lock = asyncio.Lock()
        self._at: float | None = None
        self._heard = Heard(())
        self._followed: Copies | None = None
        self._decided = False
        """Whether something was decided that the followed log may not have yet."""

    def waiting(self, body: str) -> CopiesLine | None:
        """Say how many copies wait for a word of a body's persons; None: none does, or it is not known."""
        if self._followed is None:
            return None
        dues = [
            copy.due
            for copy in self._followed.all.values()
            if copy.weighed is not None
            and copy.shown is not None
            and copy.persons_missing
            and body in copy.weighed.bodies
        ]
        return CopiesLine(len(dues), min((due for due in dues if due is not None), default=None)) if dues else None

    async def run(self) -> None:
        """Follow the log until cancelled."""
        said = ""
        while True:
            try:
                await self._follow()
            except BusError as error:
                if str(error) != said:
                    log.warning("copies for partners are not followed", why=str(error), hint=error.hint)
                said = str(error)
            except Exception:  # nobody awaits this task: pages would read the whole log each time, unexplained
                log.exception("copies for partners are not followed; report this fault")
            self._followed = None
            await asyncio.sleep(AGAIN_AFTER_S)

    async def _follow(self) -> None:
        topic, copies = copies_topic(self._settings.realm, self._body), Copies()
        async with read_first(self._settings, topic, copies.take) as reading:
            self._followed = copies
            while True:
                copies.left_out.tell()
                copies.take(await batch(*reading, self._settings))

    async def copies(self) -> Heard:
        """Return what the log holds; what was read a moment ago is not read again."""
        loop = asyncio.get_running_loop()
        async with self._lock:
            if self._followed is not None and not self._decided and self._store.pulse().connected:
                return Heard(self._followed.in_order())
            if self._at is None or loop.time() - self._at > KEPT_S:
                self._heard, self._at, self._decided = await self._read(), loop.time(), False
        return self._heard

    async def _read(self) -> Heard:
        try:
            async with asyncio.timeout(WITHIN_S):
                return Heard((await read_copies(self._settings, self._body)).in_order())
        except TimeoutError:
            why = BusError(f"no answer within {WITHIN_S:.0f} s", "Look whether the brokers run, and at the line.")
        except BusError as error:
            why = error
        return Heard(self._heard.copies, why)

    async def decide(self, copy: str, person: Person, *, release_seen: str | None, reason: str, now: datetime) -> None:
        """Release what was seen, or refuse it for good where that is None; raises as `cbrn_consumers.partners`."""
        try:
            if release_seen is None:
                await refuse(self._settings, copy, person, reason=reason, now=now)
            else:
                await release(self._settings, copy, person, seen=release_seen, reason=reason, now=now)
        finally:
            self._at, self._decided = None, True  # also where nobody knows whether it was written

    async def event(self, copy: Copy) -> AnyEvent | None:
        """Find the event as it was published; None where it cannot be found in time, or is not this desk's to read.

        Nobody but a partner may have been told of it: then it stands in no list, and the crisis centre's desk looks for
        it among all copies.
        """
        wanted = copy.held.event
        read = await self._store.read(self._body or ALL, copy.held.situation)
        alert = None if read is None else read.events.get((wanted.source, wanted.id))
        if alert is not None:
            return read_event(alert.data)
        if self._body is not None:
            return None
        try:
            async with asyncio.timeout(WITHIN_S):
                records = await read_all(self._settings, bus_topic(self._settings.realm, "outbound"))
        except (TimeoutError, BusError):
            return None
        return await asyncio.to_thread(event_in, records, wanted)


def event_in(records: Iterable[Bytes], wanted: SeenEvent) -> AnyEvent | None:
    """Find an event among held copies."""
    for record in records:
        try:
            envelope = read_envelope(record.headers, record.value)
            if (envelope.source, envelope.id) == (wanted.source, wanted.id):
                return read_event(envelope.data)
        except InvalidEventError:
            continue
    return None
