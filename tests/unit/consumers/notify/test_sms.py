"""SMS through a fake centre: parts, receipts, replies, a line that is cut, a centre that refuses."""

import asyncio
import contextlib
import struct

import pytest
from tests.builders.notify import MOBILE, notice

from cbrn_consumers.notify.channel import SENT
from cbrn_consumers.notify.servers import SmppServer
from cbrn_consumers.notify.sms import Sms
from cbrn_producers.simulator import SmsCentre
from cbrn_schemas.errors import BusError

INVALID_DESTINATION = 0x0B
THROTTLED = 0x58


class Heard:
    """What came in."""

    def __init__(self):
        self.replies, self.delivered = asyncio.Queue(), asyncio.Queue()
        self.failures = 0
        self.error = BusError("Kafka is away")

    async def reply(self, number, text):
        if self.failures:
            self.failures -= 1
            raise self.error
        await self.replies.put((number, text))

    async def arrived(self, name, well):
        await self.delivered.put((name, well))


def server_of(centre):
    said = {"host": "127.0.0.1", "port": centre.port, "system_id": "cbrn", "password": "hunter2x", "sender": "1122"}
    return SmppServer.model_validate(said)


@contextlib.asynccontextmanager
async def session(centre, heard=None):
    heard = heard or Heard()
    sms = Sms(server_of(centre), heard.reply, heard.arrived)
    running = asyncio.create_task(sms.run())
    try:
        await centre.wait_for_session()
        async with asyncio.timeout(20):
            while not sms.bound:  # noqa: ASYNC110 - the library has no event for it
                await asyncio.sleep(0.01)
        yield sms, heard
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def soon(queue):
    async with asyncio.timeout(20):
        return await queue.get()


@pytest.mark.parametrize("text", ["Оор: Өзгөн, A 4821", "Severe: Uzgen, A 4821"])
async def test_a_short_message_is_one_part_without_a_header(text):
    async with SmsCentre() as centre, session(centre) as (sms, _):
        assert await sms.send(notice(text=text), MOBILE) == SENT
    (message,) = centre.messages
    assert (message.to, message.sender, message.text) == ("996555123456", "1122", text)
    assert message.header == b""


async def test_a_long_message_is_split_as_telephones_join_it():
    """The library alone sent 79 letters as 158 bytes, where 140 are allowed."""
    text = "ң" * 67 + "ө" * 67 + "ү" * 6
    async with SmsCentre() as centre, session(centre) as (sms, _):
        assert await sms.send(notice(text=text), MOBILE) == SENT
    assert "".join(message.text for message in centre.messages) == text
    assert all(message.size <= 140 for message in centre.messages)
    headers = [message.header for message in centre.messages]
    assert [(header[4], header[5]) for header in headers] == [(3, 1), (3, 2), (3, 3)]
    assert len({header[3] for header in headers}) == 1


@pytest.mark.parametrize(("status", "recoverable"), [(INVALID_DESTINATION, False), (THROTTLED, True)])
async def test_a_refusal_says_whether_to_try_again(status, recoverable):
    async with SmsCentre(status=status) as centre, session(centre) as (sms, _):
        outcome = await sms.send(notice(), MOBILE)
    assert (outcome.sent, outcome.recoverable) == (False, recoverable)
    assert "555123456" not in outcome.why


async def test_a_receipt_of_the_network_finds_its_notice():
    async with SmsCentre(receipts=True) as centre, session(centre) as (sms, heard):
        assert await sms.send(notice(), MOBILE) == SENT
        assert await soon(heard.delivered) == ("mes.1", True)


@pytest.mark.parametrize("date", ["2611270300", "261127030059", "", "26/11/27 03:00"])
async def test_a_receipt_counts_however_its_centre_writes_dates(date):
    said = f"id:0 sub:001 dlvrd:001 submit date:{date} done date:{date} stat:DELIVRD err:0a0 text:id:9"
    async with SmsCentre() as centre, session(centre) as (sms, heard):
        assert await sms.send(notice(), MOBILE) == SENT
        await centre.deliver(MOBILE, said.encode(), 0, 4, 1000)
        assert await soon(heard.delivered) == ("mes.1", True)
        assert await soon(centre.answered) == 1000


@pytest.mark.parametrize(
    ("said", "coding"),
    [(b"A 4821", 0xF0), (b"A 4821", 0xF1), (b"A 4821", 0xF5), ("А 4821".encode("utf-16-be"), 0x18), (b"A 4821", 0xC8)],
)
async def test_a_reply_with_a_class_of_its_own_is_read(said, coding):
    """A telephone that shows a message at once may answer with that class."""
    async with SmsCentre() as centre, session(centre) as (_, heard):
        await centre.deliver(MOBILE, said, coding, 0, 1000)
        number, text = await soon(heard.replies)
    assert (number, text[1:]) == ("996555123456", " 4821")


@pytest.mark.parametrize("length", [0, 15, 100_000, 0xFFFF_FFFF])
async def test_a_length_that_nothing_can_have_breaks_the_line_off_at_once(length):
    """Else all that comes behind it is taken for its text, until the centre misses an answer."""
    async with SmsCentre() as centre, session(centre) as (_, heard):
        await centre.raw(struct.pack("!IIII", length, 5, 0, 1000))
        await centre.wait_for_session(2, 5)
        await centre.reply(MOBILE, "A 4821", 1001)
        assert await soon(heard.replies) == ("996555123456", "A 4821")


async def test_a_command_that_nobody_knows_holds_nothing_up():
    async with SmsCentre() as centre, session(centre) as (_, heard):
        await centre.raw(struct.pack("!IIII", 16, 0x0102, 0, 1000))
        await centre.reply(MOBILE, "A 4821", 1001)
        assert await soon(heard.replies) == ("996555123456", "A 4821")
        assert centre.sessions == 1


async def test_a_status_of_the_operators_own_is_an_answer():
    async with SmsCentre(status=0x0400) as centre, session(centre) as (sms, _):
        outcome = await sms.send(notice(), MOBILE)
        assert (outcome.sent, outcome.recoverable, centre.sessions) == (False, True, 1)


async def test_a_reply_is_heard_and_answered_to_the_centre():
    async with SmsCentre() as centre, session(centre) as (_, heard):
        await centre.reply(MOBILE, "А 4821")
        assert await soon(heard.replies) == ("996555123456", "А 4821")
        assert await soon(centre.answered) == 1000


async def test_a_reply_that_was_not_done_with_stays_with_the_centre():
    """The line is broken off without an answer, and the centre delivers it again."""
    heard = Heard()
    heard.failures = 1
    async with SmsCentre() as centre, session(centre, heard):
        await centre.reply(MOBILE, "A 4821")
        await centre.wait_for_session(2)
        assert centre.answered.empty()
        await centre.reply(MOBILE, "A 4821", 1001)
        assert await soon(heard.replies) == ("996555123456", "A 4821")
        assert await soon(centre.answered) == 1001


GARBAGE = {
    "a header that is cut off": (b"\xff\xff\xff", 0, 0x40),
    "a header of nothing": (b"", 0, 0x40),
    "a receipt of nothing": (b"", 0, 4),
    "half a letter": (b"\xd8\x00\x00A", 8, 0),
    "an encoding that nobody knows": (b"A 4821", 0x0F, 0),
    "letters that the encoding lacks": (b"\xff\xfe", 0, 0),
}


@pytest.mark.parametrize(("said", "coding", "esm_class"), GARBAGE.values(), ids=GARBAGE)
async def test_what_nobody_can_read_is_answered_and_holds_nothing_up(said, coding, esm_class):
    """Unanswered it is delivered again, for ever, and each time the line broke."""
    async with SmsCentre() as centre, session(centre) as (_, heard):
        await centre.deliver(MOBILE, said, coding, esm_class, 1000)
        await centre.reply(MOBILE, "A 4821", 1001)
        assert [await soon(centre.answered), await soon(centre.answered)] == [1000, 1001]
        assert await soon(heard.replies) == ("996555123456", "A 4821")
        assert centre.sessions == 1


async def test_the_only_part_of_a_message_in_parts_is_heard():
    async with SmsCentre() as centre, session(centre) as (_, heard):
        await centre.deliver(MOBILE, b"\5\0\3\4\1\1A 4821", 0, 0x40, 1000)
        assert await soon(heard.replies) == ("996555123456", "A 4821")
        assert await soon(centre.answered) == 1000


async def test_a_reply_at_which_this_program_fails_holds_nothing_up():
    heard = Heard()
    heard.failures, heard.error = 1, RuntimeError("a mistake")
    async with SmsCentre() as centre, session(centre, heard):
        await centre.reply(MOBILE, "A 1111", 1000)
        await centre.reply(MOBILE, "A 4821", 1001)
        assert await soon(heard.replies) == ("996555123456", "A 4821")
        assert centre.sessions == 1


async def test_a_line_that_is_cut_comes_back():
    async with SmsCentre() as centre, session(centre) as (sms, _):
        centre.cut()
        await centre.wait_for_session(2)
        async with asyncio.timeout(10):
            while not (outcome := await sms.send(notice(), MOBILE)).sent:
                assert outcome.recoverable
                await asyncio.sleep(0.05)


async def test_without_a_session_nothing_waits_and_nothing_is_sent_late():
    async with SmsCentre() as centre:
        outcome = await Sms(server_of(centre), Heard().reply, Heard().arrived).send(notice(), MOBILE)
        assert (outcome.sent, outcome.recoverable) == (False, True)
        assert not centre.messages


@pytest.mark.parametrize("number", ["not a number at all, and far too long", "ң" * 5])
async def test_what_is_no_number_is_refused_and_not_repeated(number, capsys):
    """The library's own line about it holds the whole message."""
    async with SmsCentre() as centre, session(centre) as (sms, _):
        outcome = await sms.send(notice(), number)
    assert not outcome.sent
    assert number not in (outcome.why or "")
    said = capsys.readouterr()
    assert "destination" not in said.out + said.err
