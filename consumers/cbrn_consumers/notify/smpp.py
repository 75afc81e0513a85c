"""The session with an operator's SMS centre, where the library alone gives up: at what real centres send.

Nothing that a centre says holds it up: it is read, or answered and left out, or the line is broken off at once.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Final

import structlog
from aiosmpplib import (
    ESME,
    DeliverSm,
    DeliverSmResp,
    PduHeader,
    SmppCommand,
    SmppCommandStatus,
    SmppDataCoding,
)
from aiosmpplib.protocol import GenericNack
from aiosmpplib.state import RECEIPTED_MESSAGE_ID

if TYPE_CHECKING:
    import asyncio

    from aiosmpplib.protocol import SmppMessage

HEADER: Final = struct.Struct("!IIII")
PDU_MAX: Final = 2**16 + 1024
"""Bytes of a whole one: a payload of 64 KiB and the fields beside it."""
_COMMANDS: Final = frozenset(map(int, SmppCommand))
_STATUSES: Final = frozenset(map(int, SmppCommandStatus))
_RECEIPT: Final = re.compile(r"(?:^|\s)(id|stat):\s*(\S+)", re.IGNORECASE)
"""What counts in a receipt: of its dates and numbers every centre has its own form."""
_GSM, _BYTES, _UCS2 = SmppDataCoding.gsm0338, SmppDataCoding.latin_1, SmppDataCoding.ucs2
_BY_CLASS: Final = (_GSM, _BYTES, _UCS2, _BYTES)
_WAITING: Final = {0xC: (_GSM,) * 4, 0xD: (_GSM,) * 4, 0xE: (_UCS2,) * 4, 0xF: (_GSM, _BYTES) * 2}
"""Alphabets of GSM's own data codings (TS 23.038), by their upper half byte and the two bits behind it."""

log = structlog.get_logger(__name__)


class Session(ESME):
    """A session that closes its line: the library leaves each one that broke half open."""

    _line: asyncio.StreamWriter | None = None

    async def connect(self) -> None:
        """Open a line, in place of the one that there was."""
        self.hang_up()
        try:
            await super().connect()
        finally:
            self._line = self._writer

    async def _get_pdu(self) -> tuple[bytes, PduHeader]:
        """Read what comes next; a length that nothing can have, or a rest that stays away, breaks the line off.

        What lies behind such a length cannot be found again. A status of the operator's own is an unknown error.
        """
        assert self._reader is not None
        while True:
            head = await self._reader.readexactly(HEADER.size)
            length, command, status, number = HEADER.unpack(head)
            if not HEADER.size <= length <= PDU_MAX:
                raise ConnectionError(f"a message of {length} bytes")
            rest = await self._socket_operation(self._reader.readexactly(length - HEADER.size))
            if command not in _COMMANDS:
                await self._send_data(GenericNack(number))
                continue
            known = SmppCommandStatus(status if status in _STATUSES else SmppCommandStatus.ESME_RUNKNOWNERR)
            return head + rest, PduHeader(length, SmppCommand(command), known, number)

    async def _handle_request(self, pdu: bytes, header: PduHeader) -> SmppMessage | None:
        """Take what the centre delivers; what nobody can read is answered, or it would come again for ever."""
        if header.smpp_command is not SmppCommand.DELIVER_SM:
            return await super()._handle_request(pdu, header)
        message: SmppMessage | None = None
        try:
            pdu = in_known_coding(pdu)
            message = DeliverSm.from_pdu(pdu, header, self.default_encoding, self.custom_codecs)
            if isinstance(message, DeliverSm) and message.is_receipt():
                return await self._receipt(message)
            return await super()._handle_request(pdu, header)
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - of a torn header, a date, an encoding: whatever the library has for it
            if isinstance(message, DeliverSm) and not message.is_receipt():
                return message  # it could not be joined with other parts, and may hold an answer
            log.error("a message of the SMS centre cannot be read, left out", error=type(error).__name__)  # noqa: TRY400 - its text may hold a number
            await self._send_data(DeliverSmResp(header.sequence_num))
            return None

    async def _receipt(self, message: DeliverSm) -> DeliverSm:
        """Find the message that a receipt is of; the library gives up at a date with seconds."""
        said = {name.lower(): value for name, value in _RECEIPT.findall(message.short_message)}
        named = (each.value for each in message.optional_params or () if each.tag == RECEIPTED_MESSAGE_ID)
        message._parsed_receipt = {"id": said.get("id") or str(next(named, "")), "stat": said.get("stat", "")}  # noqa: SLF001 - it has no other way in
        original = await self.correlator.get_delivery(message)
        message.log_id = original.log_id if original else ""
        return message

    def hang_up(self) -> None:
        """Close the line, if there is one."""
        line, self._line = self._line, None
        if line is not None:
            line.close()


def in_known_coding(pdu: bytes) -> bytes:
    """Return a delivery with a data coding that the library knows: of GSM's own only the alphabet counts.

    With a class, or as of a message waiting, telephones answer what was shown to them at once.
    """
    at = HEADER.size
    for fields_behind in (2, 2, 3, 0, 2):  # service; source; destination; two times
        at = pdu.index(b"\0", at) + 1 + fields_behind
    group, coding = pdu[at] >> 4, pdu[at]
    if not group:
        return pdu
    return pdu[:at] + bytes((_WAITING.get(group, _BY_CLASS)[coding >> 2 & 0b11],)) + pdu[at + 1 :]
