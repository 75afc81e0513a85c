"""The process that tells a body's officers: its feed, its history, its channels, and what runs beside them."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import structlog

from cbrn_consumers.answering import Answers
from cbrn_consumers.feed import AlertFeed, Patience
from cbrn_consumers.notify.bell import Bell
from cbrn_consumers.notify.composing import Composer
from cbrn_consumers.notify.history import History
from cbrn_consumers.notify.notifier import Notifier
from cbrn_consumers.notify.on_duty import OnDuty
from cbrn_consumers.notify.pool import Pool
from cbrn_consumers.rota.reader import publish_fact
from cbrn_routing.bus.read import check_topics
from cbrn_schemas.errors import BusError
from cbrn_schemas.receipt import receipts_topic

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from cbrn_consumers.notify.channel import Channel
    from cbrn_consumers.notify.servers import Servers
    from cbrn_consumers.notify.sms import Sms
    from cbrn_schemas.notice import Notice
    from cbrn_schemas.officers import ChannelKind
    from cbrn_schemas.settings import Settings

NAME: Final = "notify"
DIGESTS_EVERY_S: Final = 1.0
TESTS_EVERY_S: Final = 1.0
PARKED_EVERY_S: Final = 60.0
"""How often an alert that could not be written down is tried again."""
PATIENCE: Final = Patience(handler_within_s=30.0, pauses_s=(1.0, 5.0, 15.0))

log = structlog.get_logger(__name__)


class NotifyService:
    """Tells the officers of one body, until it is stopped. One a body: two would send what is pending twice."""

    def __init__(
        self,
        settings: Settings,
        body: str,
        servers: Servers,
        *,
        parking: Path | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take a body's servers; its officers and rota are those of `settings.rota_dir`.

        Raises:
            UnknownCodeError: the body is not in the catalogue.
        """
        self.ready = asyncio.Event()
        self._settings, self._servers, self._clock = settings, servers, clock
        self._stopping = asyncio.Event()
        self._feed = AlertFeed(body, name=NAME, settings=settings, patience=PATIENCE, parking=parking)
        self._history = History(settings, body)
        self._answers = Answers(body, settings=settings, clock=clock)
        self._officers = OnDuty(settings, body, clock)
        self.notifier = Notifier(
            Composer(body, settings.realm, clock),
            self._officers,
            self._history,
            self._answers,
            clock=clock,
            steady=time.monotonic,
            facts=partial(publish_fact, settings),
        )
        self._feed.handler(self.notifier.take)
        self._body = body
        self._sms: Sms | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """What the log says of it."""
        return {"body": self._body, "channels": sorted(self.notifier.pools)}

    def stop(self) -> None:
        """Ask for a graceful end."""
        self._stopping.set()

    async def run(self) -> None:
        """Tell officers until stopped.

        Raises:
            BusError: it could not start, or an alert can neither be written down nor parked.
        """
        topics = [self._feed.topic, self._history.topic, receipts_topic(self._settings.realm, self._body)]
        await check_topics(self._settings, topics)
        await self._officers.refresh()
        await self._history.read(self._clock())
        self.notifier.pools = {kind: Pool(channel, self.notifier.told) for kind, channel in self._channels().items()}
        tasks: list[asyncio.Task[Any]] = [
            _task(self._history.run()),
            _task(self._digests()),
            _task(self._officers.run()),
            _task(self._tests()),
        ]
        if self._sms is not None:
            tasks.append(_task(self._sms.run()))
        try:
            await self.notifier.take_up()
            async with self._feed:
                tasks += [_task(self._feed.failed()), _task(self._parked())]
                self.ready.set()
                stopping = _task(self._stopping.wait())
                done, _ = await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
                stopping.cancel()
                for task in done - {stopping}:
                    task.result()
        finally:
            await self._close(tasks)

    async def _close(self, tasks: list[asyncio.Task[Any]]) -> None:
        for pool in self.notifier.pools.values():
            await pool.close()
        await self._history.close()
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError, Exception):  # its failure was raised, or it was asked to end
                await task
        await self._answers.close()

    def _channels(self) -> dict[ChannelKind, Channel[Notice]]:
        """Set up each kind of channel that has a server; their libraries are imported here, before anything is late."""
        from cbrn_consumers.notify.mail import Mail  # noqa: PLC0415 - who sends no mail needs no library for it
        from cbrn_consumers.notify.others import Apprise, telegram_url  # noqa: PLC0415 - likewise
        from cbrn_consumers.notify.sms import Sms  # noqa: PLC0415 - likewise
        from cbrn_consumers.notify.webhook import Webhook  # noqa: PLC0415 - likewise

        servers = self._servers
        found: dict[ChannelKind, Channel[Notice]] = {"bell": Bell(), "apprise": Apprise()}
        if servers.smtp is not None:
            found["email"] = Mail(servers.smtp)
        if servers.smpp is not None:
            self._sms = found["sms"] = Sms(servers.smpp, self.notifier.hear, self.notifier.delivered)
        if servers.webhook is not None:
            secret = servers.webhook.secret.get_secret_value().encode()
            found["webhook"] = Webhook(secret, servers.webhook.allowed, self._clock)
        if servers.telegram is not None:
            found["telegram"] = Apprise(telegram_url(servers.telegram.token.get_secret_value()))
        return found

    async def _digests(self) -> None:
        while True:
            await asyncio.sleep(DIGESTS_EVERY_S)
            try:
                await self.notifier.send_digests()
            except BusError as error:
                log.warning("a digest cannot be written down yet; it is still held", error=str(error))
            except Exception:
                log.exception("a digest cannot be made; it is still held")

    async def _tests(self) -> None:
        while True:
            for asked in self._officers.tests_wanted():
                try:
                    await self.notifier.test(asked)
                except BusError as error:
                    log.warning("a channel's test cannot be written down yet", error=str(error))
            await asyncio.sleep(TESTS_EVERY_S)

    async def _parked(self) -> None:
        while True:
            await asyncio.sleep(PARKED_EVERY_S)
            if left := await self._feed.retry_parked():
                log.warning("alerts are parked", count=left)


def _task(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    return asyncio.create_task(work)
