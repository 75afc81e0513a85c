"""Through which servers a body sends: mail server, SMS centre, webhook secret, Telegram bot. A file of that body.

It holds passwords, so nobody but its owner, and its group, may read it. A kind of channel that has no server here is
not sent over, and each notice that wanted it says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
)
from pydantic.types import Strict

from cbrn_producers.networks import are_networks, networks_of
from cbrn_schemas.errors import BusError
from cbrn_schemas.events.model import Model
from cbrn_schemas.private_file import PrivateFileError
from cbrn_schemas.private_yaml import read_private_yaml

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network
    from pathlib import Path

SECRET_LETTERS_MIN: Final = 24
"""Of a webhook's secret: Standard Webhooks ask for 24 bytes."""
NETWORKS_MAX: Final = 100

Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:_-]{1,253}$")]
Port = Annotated[int, Field(ge=1, le=65535)]
Secret = Annotated[SecretStr, BeforeValidator(lambda given: SecretStr(given) if isinstance(given, str) else given)]


class ServersFileError(BusError):
    """A file of servers cannot be read, says what cannot be, or others may read it."""

    bad_input = True


class _Server(Model):
    # What was given stands in no error: it may be a password.
    model_config = ConfigDict(hide_input_in_errors=True)


class SmtpServer(_Server):
    """The mail server."""

    host: Host
    port: Port = 465
    security: Literal["tls", "starttls", "none"] = "tls"
    sender: Annotated[str, StringConstraints(pattern=r"^[^\s@<>,;]{1,64}@[^\s@<>,;]{1,190}$")]
    """Mail address from which notices come."""
    user: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    password: Secret | None = None


class SmppServer(_Server):
    """The operator's SMS centre."""

    host: Host
    port: Port = 2775
    system_id: Annotated[str, StringConstraints(min_length=1, max_length=15)]
    password: Annotated[Secret, Field(max_length=8)]
    """Eight letters at the most, as SMPP 3.4 has it."""
    sender: Annotated[str, StringConstraints(pattern=r"^(\+?[0-9]{3,15}|[A-Za-z0-9 ._-]{1,11})$")]
    """The number to which officers reply; a name of letters cannot be replied to."""


class WebhookSender(_Server):
    """How webhooks are signed, and where they may lead."""

    secret: Annotated[Secret, Field(min_length=SECRET_LETTERS_MIN)]
    networks: Annotated[
        tuple[str, ...],
        Field(min_length=1, max_length=NETWORKS_MAX),
        Strict(strict=False),
        AfterValidator(are_networks),
    ]
    """Allowed networks, such as 10.20.0.0/16; to none else is anything sent."""

    @property
    def allowed(self) -> list[IPv4Network | IPv6Network]:
        """The networks, read."""
        return networks_of(self.networks)


class TelegramBot(_Server):
    """The bot that speaks for the body."""

    token: Annotated[Secret, Field(min_length=20)]


class Servers(_Server):
    """All of a body's servers; what is left out is not sent over."""

    smtp: SmtpServer | None = None
    smpp: SmppServer | None = None
    webhook: WebhookSender | None = None
    telegram: TelegramBot | None = None


def read_servers(path: Path) -> Servers:
    """Read a YAML file of servers.

    Raises:
        ServersFileError: it cannot be read, others may read it, or it says what cannot be; never with its values.
    """
    try:
        return read_private_yaml(Servers, path, "file of servers", group_reads=True)
    except PrivateFileError as error:
        raise ServersFileError(str(error), hint=error.hint) from None
