"""SMS by SMPP 3.4: one session with the operator's centre, both ways. What officers reply comes in over it as well.

A reply is answered to the centre only once whoever heard it is done with it: if that fails, the line is broken off, and
the centre delivers it again. A message that nobody waits for any more is not sent late.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

import structlog
from aiosmpplib import (
    NPI,
    TON,
    DeliverSm,
    PhoneNumber,
    SmppCommandStatus,
    SubmitSm,
    SubmitSmResp,
)
from aiosmpplib.broker import AbstractBroker
from aiosmpplib.hook import AbstractHook
from aiosmpplib.protocol import GenericNack
from aiosmpplib.state import SmppSessionState

from cbrn_consumers.notify.channel import SENT, Outcome, passing, refused
from cbrn_consumers.notify.parts import parts_of
from cbrn_consumers.notify.smpp import Session
from cbrn_routing.bus.pauses import Pauses
from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from aiosmpplib.protocol import SmppMessage

    from cbrn_consumers.notify.servers import SmppServer
    from cbrn_schemas.notice import Notice

ENQUIRE_EVERY_S: Final = 30.0
SOCKET_S: Final = 10.0
AGAIN_AFTER_S: Final = (1.0, 2.0, 5.0, 15.0, 30.0)
STEADY_S: Final = 60.0
STOP_WITHIN_S: Final = 3.0
UDHI: Final = 0b0100_0000
"""The message begins with a header that joins its parts."""
QUEUE_MAX: Final = 2_000
PERMANENT: Final = frozenset(
    {
        SmppCommandStatus.ESME_RINVDSTADR,
        SmppCommandStatus.ESME_RINVDSTTON,
        SmppCommandStatus.ESME_RINVDSTNPI,
        SmppCommandStatus.ESME_RINVMSGLEN,
    }
)
"""The centre will say the same again."""

log = structlog.get_logger(__name__)

Heard = Callable[[str, str], Awaitable[None]]
"""Is given number and text of a reply; a `BusError` keeps the reply with the centre."""
Delivered = Callable[[str, bool], Awaitable[None]]
"""Is given a notice's id, and whether the network says that it arrived."""


class Sms:
    """The session. `run` keeps it up."""

    def __init__(self, server: SmppServer, heard: Heard, delivered: Delivered) -> None:
        self._server = server
        self._hook = _Ear(heard, delivered)
        self._outbox = _Outbox(self._hook.waiting)
        self._esme: Session | None = None
        self._reference = 0

    @property
    def bound(self) -> bool:
        """Whether the centre has let us in."""
        return self._esme is not None and self._esme.session_state is SmppSessionState.BOUND_TRX

    async def send(self, notice: Notice, address: str) -> Outcome:
        """Send all parts of a notice; it is sent once the centre has taken each."""
        if not self.bound:
            return passing("no session with the SMS centre")
        parts = parts_of(notice.text)
        self._reference += 1
        headers = parts.headers(self._reference)
        futures: dict[str, asyncio.Future[SmppCommandStatus | None]] = {}
        try:
            for number, text in enumerate(parts.texts):
                name = f"{notice.id}#{number}"
                futures[name] = self._hook.waiting[name] = asyncio.get_running_loop().create_future()
                self._outbox.put(
                    self._message(name, text, parts.encoding, address, headers[number] if headers else b"")
                )
            return _outcome(await asyncio.gather(*futures.values()))
        except ValueError:
            return refused("it is no telephone number")
        finally:
            for name in futures:
                self._hook.waiting.pop(name, None)

    async def run(self) -> None:
        """Keep a session with the centre until cancelled."""
        pauses, loop = Pauses(AGAIN_AFTER_S, STEADY_S), asyncio.get_running_loop()
        while True:
            began = loop.time()
            self._esme = esme = self._session()
            try:
                await esme.start()
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever a centre says must not end the sending of everything
                log.warning("the session with the SMS centre ended", error=type(error).__name__)
            finally:
                esme.hang_up()
                self._hook.fail_all()
            await asyncio.sleep(pauses.after(loop.time() - began))

    async def close(self) -> None:
        """Leave the session to the end of `run`."""

    def _session(self) -> Session:
        server = self._server
        return Session(
            smsc_host=server.host,
            smsc_port=server.port,
            system_id=server.system_id,
            password=server.password.get_secret_value(),
            enquire_link_interval=ENQUIRE_EVERY_S,
            socket_timeout=SOCKET_S,
            # Its own lines hold whole messages, numbers too.
            log_level=logging.CRITICAL,
            log_handler=logging.NullHandler(),
            hook=self._hook,
            broker=self._outbox,
        )

    def _message(self, name: str, text: str, encoding: str, address: str, header: bytes) -> SubmitSm:
        message = SubmitSm(
            short_message=text,
            source=_phone(self._server.sender),
            destination=_phone(address),
            encoding=encoding,
            esm_class=UDHI if header else 0,
            log_id=name,
        )
        if header:
            message.set_encoded_message(header + message.smpp_encode(text))
        return message


class _Outbox(AbstractBroker):
    """Messages for the session, without those that nobody waits for any more."""

    def __init__(self, waiting: dict[str, asyncio.Future[SmppCommandStatus | None]]) -> None:
        self._queue: asyncio.Queue[SubmitSm] = asyncio.Queue(QUEUE_MAX)
        self._waiting = waiting

    def put(self, message: SubmitSm) -> None:
        self._queue.put_nowait(message)

    async def enqueue(self, message: SmppMessage) -> None:
        raise NotImplementedError

    async def dequeue(self) -> SmppMessage:
        while True:
            message = await self._queue.get()
            if message.log_id in self._waiting:
                return message


class _Ear(AbstractHook):
    """What the centre says."""

    def __init__(self, heard: Heard, delivered: Delivered) -> None:
        self.waiting: dict[str, asyncio.Future[SmppCommandStatus | None]] = {}
        """By message, those whose answer is waited for; None is a line that broke."""
        self._heard = heard
        self._delivered = delivered

    async def sending(self, smpp_message: SmppMessage, pdu: bytes, client_id: str) -> None:
        """Leave what goes out alone."""

    async def send_error(self, smpp_message: SmppMessage, error: Exception, client_id: str) -> None:  # noqa: ARG002 - the library's signature
        self._settle(getattr(smpp_message, "log_id", ""), None)

    async def received(self, smpp_message: SmppMessage | None, pdu: bytes, client_id: str) -> None:  # noqa: ARG002 - the library's signature
        try:
            if isinstance(smpp_message, DeliverSm):
                await self._deliver(smpp_message)
            elif isinstance(smpp_message, SubmitSmResp | GenericNack):
                self._settle(smpp_message.log_id, smpp_message.command_status)
        except BusError as error:
            # The library takes only this for a reason to break off and begin anew; the centre then delivers again.
            raise ConnectionError("a message of the SMS centre was not done with") from error
        except Exception as error:  # noqa: BLE001 - what fails by itself fails again, and all behind it would wait
            log.error("a message of the SMS centre is left out", error=type(error).__name__)  # noqa: TRY400 - its text may hold a number

    async def _deliver(self, message: DeliverSm) -> None:
        if not message.is_receipt():
            await self._heard(message.source.number, message.short_message or message.message_payload)
        elif message.log_id:
            status = str(message.parse_receipt().get("stat", "")).upper()
            if status in {"DELIVRD", "UNDELIV", "EXPIRED", "REJECTD", "DELETED"}:
                await self._delivered(message.log_id.rpartition("#")[0], status == "DELIVRD")

    def fail_all(self) -> None:
        """Let nobody wait for an answer that a broken line will not bring."""
        for name in list(self.waiting):
            self._settle(name, None)

    def _settle(self, name: str, status: SmppCommandStatus | None) -> None:
        future = self.waiting.get(name)
        if future is not None and not future.done():
            future.set_result(status)


def _outcome(statuses: list[SmppCommandStatus | None]) -> Outcome:
    bad = [each for each in statuses if each is not SmppCommandStatus.ESME_ROK]
    if not bad:
        return SENT
    if None in bad:
        return passing("the line to the SMS centre broke; it may have gone out")
    said = f"the SMS centre says {bad[0].name if bad[0] else ''}"
    return refused(said) if bad[0] in PERMANENT else passing(said)


def _phone(number: str) -> PhoneNumber:
    if number.startswith("+"):
        return PhoneNumber(number[1:], TON.INTERNATIONAL, NPI.ISDN)
    return PhoneNumber(number) if number.isdecimal() else PhoneNumber(number, TON.ALPHANUMERIC)
