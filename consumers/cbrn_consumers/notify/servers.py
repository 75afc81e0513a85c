"""Through which servers a body sends: mail server, SMS centre, webhook secret, Telegram bot. A file of that body.

It holds passwords, so nobody but its owner may read it. A kind of channel that has no server here is not sent over, and
each notice that wanted it says so.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
)
from pydantic.types import Strict

from cbrn_producers.networks import are_networks, networks_of
from cbrn_schemas.bounded_yaml import YamlTextError, read_single
from cbrn_schemas.errors import BusError
from cbrn_schemas.events.model import Model

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network
    from pathlib import Path

BYTES_MAX: Final = 1024 * 1024
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
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):  # a pipe would be waited for
            raise ServersFileError(f"{path} is no ordinary file", hint="Give a YAML file in UTF-8.")
        if found.st_mode & (stat.S_IRWXO | stat.S_IWGRP):
            raise ServersFileError(f"others may read or change {path}, which holds passwords", hint=f"chmod 640 {path}")
        if found.st_size > BYTES_MAX:
            raise ServersFileError(f"{path} has more than {BYTES_MAX} bytes", hint="Take another file.")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise ServersFileError(f"{path} cannot be read: {said}", hint="Give a YAML file in UTF-8.") from None
    try:
        return Servers.model_validate(read_single(text))
    except YamlTextError as error:  # its words repeat what stands there
        said = f"{path}, line {error.line} is no YAML"
        raise ServersFileError(said, hint="Look at that line and the one before.") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        unknown = first["type"] == "extra_forbidden"
        # «password:hunter2», without a blank, is a field of that name: what is unknown is not repeated.
        where = ".".join(map(str, first["loc"][: -1 if unknown else None])) or "the whole"
        said = "it has a field that there is not, or one without a blank behind its colon" if unknown else first["msg"]
        raise ServersFileError(f"{path}: {where}: {said}", hint="Correct it and start again.") from None
