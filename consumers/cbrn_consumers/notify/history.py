"""The history of notices: written before anything is sent, read back at a start, so that nothing is lost or forgotten.

What is to be sent is written at once, or whoever gives the alert is told that it failed. What came of it is written
behind, in order, as soon as the broker takes it: a sending that works must not wait for that.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from contextlib import aclosing, suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import structlog

from cbrn_consumers.notify.codes import Reply
from cbrn_consumers.own_topic import OwnTopic
from cbrn_routing.bus.pauses import Pauses
from cbrn_routing.bus.read import existing
from cbrn_schemas.errors import BusError
from cbrn_schemas.notice import FINAL, Notice, NoticeError, NoticeOutcome, notices_topic, read_notice, record_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_schemas.notice import NoticeRecord
    from cbrn_schemas.settings import Settings

CLOSE_WITHIN_S: Final = 5.0
BEHIND_MAX: Final = 10_000
"""Outcomes that wait for the broker, some 0.5 kB each; then sending waits, too."""
TOGETHER_MAX: Final = 500
AGAIN_AFTER_S: Final = (0.5, 1.0, 5.0)
LOOK_BACK: Final = timedelta(hours=48)
"""What is older is not sent again, and its codes count no more."""
REMEMBERED_MAX: Final = 50_000
"""Notices remembered, some 1.5 kB each where they are mails: 75 MB at the worst."""
GUESSES_MAX: Final = 2_000

log = structlog.get_logger(__name__)


class Ledger:
    """Which notices there are, and how far each has come. Pure: a fold over the records in their order."""

    def __init__(self) -> None:
        self._notices: OrderedDict[str, Notice] = OrderedDict()
        self._done: OrderedDict[str, None] = OrderedDict()
        self.answered: set[str] = set()
        self.held: dict[str, list[Notice]] = {}
        """By post, what waits for its next digest."""
        self.guesses: deque[NoticeOutcome] = deque(maxlen=GUESSES_MAX)
        """Replies with a wrong code, the oldest first."""

    def take(self, said: NoticeRecord) -> None:
        """Take a record into account."""
        if isinstance(said, Notice):
            self._notices[said.id] = said
            if said.channel is None:
                self.held.setdefault(said.post, []).append(said)
            elif said.digest_of is not None:
                self.held.pop(said.post, None)
        elif said.notice is not None:
            if said.result in FINAL or said.result == "too-old":
                self._done[said.notice] = None
            if said.result == "answered":
                self.answered.add(said.notice)
        elif said.why == Reply.UNKNOWN_CODE:
            self.guesses.append(said)
        self._forget()

    def knows(self, identifier: str) -> bool:
        """Tell whether a notice was written down, or said to be too old, before."""
        return identifier in self._notices or identifier in self._done

    def get(self, identifier: str) -> Notice | None:
        """Return a notice."""
        return self._notices.get(identifier)

    def pending(self) -> list[Notice]:
        """List what is still to be sent, in the order in which it was written down; what was answered has arrived."""
        over = self._done.keys() | self.answered
        return [each for each in self._notices.values() if each.channel is not None and each.id not in over]

    def all(self) -> Iterable[Notice]:
        """Return every notice that is remembered."""
        return self._notices.values()

    def _forget(self) -> None:
        while len(self._notices) > REMEMBERED_MAX:
            name, _ = self._notices.popitem(last=False)
            self._done.pop(name, None)
            self.answered.discard(name)
        while len(self._done) > REMEMBERED_MAX:  # alerts of which nothing was sent are here alone
            self._done.popitem(last=False)


class History:
    """The topic of one body's notices."""

    def __init__(self, settings: Settings, body: str) -> None:
        self._settings = settings
        self._body = body
        self.topic = notices_topic(settings.realm, body)
        self.ledger = Ledger()
        self._behind: asyncio.Queue[NoticeOutcome] = asyncio.Queue(BEHIND_MAX)
        self._topic = OwnTopic(settings, self.topic)

    async def read(self, now: datetime) -> None:
        """Read what was written down in the last two days; raises as `look` does."""
        self.ledger = await self.look(now)

    async def look(self, now: datetime) -> Ledger:
        """Look at what was written down in the last two days, by other processes too.

        Raises:
            BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
        """
        left_out, ledger = 0, Ledger()
        async with aclosing(existing(self._settings, self.topic, since=now - LOOK_BACK)) as records:
            async for record in records:
                try:
                    headers = list(record.headers)
                    ledger.take(read_notice(headers, record.value, self._settings.realm, self._body))
                except NoticeError:
                    left_out += 1
        if left_out:
            log.warning("records in the history of notices are none, left out", topic=self.topic, count=left_out)
        return ledger

    async def write(self, *said: NoticeRecord) -> None:
        """Write records; return once every copy of the log has them.

        Raises:
            BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: not all of them stand there.
        """
        if not said:
            return
        await self._topic.write(*map(record_of, said), unsure="Nothing was sent; it is tried again.")
        for one in said:
            self.ledger.take(one)

    async def note(self, outcome: NoticeOutcome) -> None:
        """Have an outcome written as soon as may be; wait only where thousands wait."""
        await self._behind.put(outcome)

    async def run(self) -> None:
        """Write outcomes until cancelled; a broker that is away is waited for."""
        while True:
            waiting = [await self._behind.get()]
            while not self._behind.empty() and len(waiting) < TOGETHER_MAX:
                waiting.append(self._behind.get_nowait())
            await self._insist(waiting)
            for _ in waiting:
                self._behind.task_done()

    async def _insist(self, outcomes: list[NoticeOutcome]) -> None:
        pauses = Pauses(AGAIN_AFTER_S)
        while True:
            try:
                await self.write(*outcomes)
            except BusError as error:
                if pauses.attempts == 0:
                    log.warning("what came of notices cannot be written down yet", error=str(error))
                await asyncio.sleep(pauses.after())
            else:
                return

    async def close(self) -> None:
        """Wait a moment for what is behind, then close."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._behind.join(), CLOSE_WITHIN_S)
        await self._topic.close()
