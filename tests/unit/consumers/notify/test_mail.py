"""E-mail to a real SMTP server on loopback."""

import asyncio
import contextlib
from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.smtp import SMTP
from tests.builders.notify import MAIL, notice

from cbrn_consumers.notify.channel import SENT
from cbrn_consumers.notify.mail import Mail
from cbrn_consumers.notify.pool import Pool
from cbrn_consumers.notify.servers import SmtpServer


class Inbox:
    """Takes mail, or answers to each recipient or mail as it is told."""

    def __init__(self, rcpt=None, data="250 OK"):
        self.rcpt, self.data, self.mails = rcpt, data, []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        if self.rcpt is not None:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        self.mails.append(envelope)
        return self.data


@pytest.fixture
async def mail_to():
    servers = []

    async def make(inbox):
        loop = asyncio.get_running_loop()
        servers.append(await loop.create_server(lambda: SMTP(inbox, hostname="mes.example"), "127.0.0.1", 0))
        port = servers[-1].sockets[0].getsockname()[1]
        return Mail(SmtpServer(host="127.0.0.1", port=port, security="none", sender="bus@mes.example"))

    yield make
    for server in servers:
        server.close()
        await server.wait_closed()


async def test_a_mail_arrives_whole(mail_to):
    inbox = Inbox()
    sender = await mail_to(inbox)
    assert await sender.send(notice(kind="email", severity="Extreme"), MAIL) == SENT
    (envelope,) = inbox.mails
    message = message_from_bytes(envelope.content, policy=default)
    assert envelope.rcpt_tos == [MAIL]
    assert message["Subject"] == notice().subject
    assert message["Message-ID"] == "<mes.1@mes.example>", "the same at every attempt"
    assert message.get_content().strip() == "ң ө ү"
    assert (message["Importance"], message["Auto-Submitted"]) == ("high", "auto-generated")


@pytest.mark.parametrize(
    ("answer", "recoverable"),
    [
        ({"rcpt": f"550 no such user {MAIL}"}, False),
        ({"rcpt": f"450 {MAIL} is busy"}, True),
        ({"data": "554 spam"}, False),
        ({"data": "451 later"}, True),
    ],
)
async def test_a_refusal_says_whether_to_try_again_and_never_the_address(mail_to, answer, recoverable):
    sender = await mail_to(Inbox(**answer))
    outcome = await sender.send(notice(), MAIL)
    assert (outcome.sent, outcome.recoverable) == (False, recoverable)
    assert MAIL not in outcome.why


async def test_a_header_cannot_be_smuggled_in(mail_to):
    sender = await mail_to(Inbox())
    outcome = await sender.send(notice(), "a@b.example\r\nBcc: c@d.example")
    assert (outcome.sent, outcome.recoverable) == (False, False)


async def test_a_server_that_is_away_may_come_back():
    sender = Mail(SmtpServer(host="127.0.0.1", port=1, security="none", sender="bus@mes.example"))
    outcome = await sender.send(notice(), MAIL)
    assert (outcome.sent, outcome.recoverable) == (False, True)


async def says_nothing(_reader, _writer):
    await asyncio.sleep(60)


async def drips(_reader, writer):
    with contextlib.suppress(ConnectionError):
        for byte in b"220 " + b"a" * 600:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("served", [says_nothing, drips])
async def test_a_server_that_hangs_or_drips_holds_nobody_past_the_deadline_and_is_hung_up_on(served):
    """Each step has its time-out; only the pool's bounds them all."""
    told, gone = [], asyncio.Event()

    async def serve(reader, writer):
        serving = asyncio.create_task(served(reader, writer))
        while await reader.read(1000):
            pass
        gone.set()
        serving.cancel()
        writer.close()

    async def tell(_notice, outcome, attempt, *, last):
        told.append((outcome.sent, outcome.recoverable, attempt, last))

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        sender = Mail(SmtpServer(host="127.0.0.1", port=port, security="none", sender="bus@mes.example"))
        pool = Pool(sender, tell, deadline_s=0.3, pauses_s=())
        await pool.put(notice(kind="email", channel="office"), MAIL)
        async with asyncio.timeout(5):
            await gone.wait()
            while pool.waiting:  # noqa: ASYNC110 - the pool has no event for it
                await asyncio.sleep(0.01)
    assert told == [(False, True, 1, True)]
