"""E-mail by SMTP. The Message-ID follows from the notice's id: a mail that comes twice can be told to be the same."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final

import aiosmtplib

from cbrn_consumers.notify.channel import SENT, Outcome, passing, refused

if TYPE_CHECKING:
    from cbrn_consumers.notify.servers import SmtpServer
    from cbrn_schemas.notice import Notice

TIMEOUT_S: Final = 10.0
"""Of each step; the pool bounds the whole."""
SMTP_PERMANENT: Final = 500


class Mail:
    """A connection for each mail: one that is kept would be dead when it counts."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    async def send(self, notice: Notice, address: str) -> Outcome:
        """Hand a mail to the server."""
        server = self._server
        try:
            message = self._message(notice, address)
        except ValueError:
            return refused("it is no mail address")
        password = None if server.password is None else server.password.get_secret_value()
        try:
            await aiosmtplib.send(
                message,
                hostname=server.host,
                port=server.port,
                username=server.user,
                password=password,
                use_tls=server.security == "tls",
                start_tls=server.security == "starttls",
                timeout=TIMEOUT_S,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [each.code for each in error.recipients]
            return _answered(min(codes, default=SMTP_PERMANENT), "the address")
        except aiosmtplib.SMTPResponseException as error:
            return _answered(error.code, "the mail")
        except (aiosmtplib.SMTPException, OSError) as error:
            return passing(f"no connection to the mail server: {type(error).__name__}")
        return SENT

    async def close(self) -> None:
        """Do nothing: no connection is kept."""

    def _message(self, notice: Notice, address: str) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"] = self._server.sender
        message["To"] = address
        message["Subject"] = notice.subject
        message["Date"] = format_datetime(notice.at)
        message["Message-ID"] = f"<{notice.id}@{self._server.sender.partition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        if notice.severity in {"Extreme", "Severe"}:
            message["Importance"], message["X-Priority"] = "high", "1"
        message.set_content(notice.text, cte="base64")
        return message


def _answered(code: int, what: str) -> Outcome:
    said = f"SMTP {code}: {what} was refused"
    return refused(said) if code >= SMTP_PERMANENT else passing(said)
