"""What a process must be told: where Kafka is, which realm, which language.

It is read from `CBRN_*` environment variables and an optional `cbrn.env` file (`settings_file.py`).
"""

from __future__ import annotations

import os
import re
import ssl
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, Field, SecretStr, model_validator

from cbrn_schemas.events.base import Language
from cbrn_schemas.settings_file import SETTINGS_FILE, read_settings_file
from cbrn_schemas.topics import Realm

DEFAULT_SHARDS = 4
"""Partitions of every topic of a realm, hence routers that can share a lane. Changing it later moves keys."""

PREFIX: Final = "cbrn_"
"""Of the variables, in whatever case."""
_SERVER: Final = re.compile(r"(?:\[[0-9A-Fa-f:.%]+\]|[^\s:,\[\]]+)(?::(?P<port>[0-9]{1,5}))?")
PORT_MAX: Final = 65_535


def servers(text: str) -> list[str]:
    """Return the addresses in a comma-separated list.

    Raises:
        ValueError: one of them is none; the message says which.
    """
    found = [part.strip() for part in text.split(",")]
    for one in found:
        match = _SERVER.fullmatch(one)
        if match is None or not 0 < int(match["port"] or 1) <= PORT_MAX:
            raise ValueError(
                f"{one!r} is no address of a broker; write host:port, such as kafka1.example.kg:9092, several with "
                "commas between them"
            )
    return found


def _checked(text: str) -> str:
    return ",".join(servers(text))


class Settings(BaseModel):
    """Settings of any process of the bus, such as `CBRN_BOOTSTRAP_SERVERS=kafka1:9092,kafka2:9092`."""

    bootstrap_servers: Annotated[str, AfterValidator(_checked)] = "127.0.0.1:9092"
    """Comma-separated `host:port` pairs."""
    realm: Realm = Realm.REAL
    shards: Annotated[int, Field(ge=1, le=64)] = DEFAULT_SHARDS
    body: str | None = None
    """The body whose person sits here: on its topic stands what that person decides without a key."""
    data_dir: Path = Path(".cbrn")
    """Folder of the embedded broker's data."""
    rota_dir: Path = Path(".cbrn/rota")
    """Folder with a body's rota (`mes.ics`) and officers (`mes.yaml`)."""
    lang: Language = "en"
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    rulebook_signers: Path | None = None
    """Trust file: the persons of whom any two may put a rule book into force. Without it nobody can."""

    signatures: Path | None = None
    """File of the policy of signatures: which bodies must sign which events. Without it the shipped one: none must."""
    signing_key: Path | None = None
    """Private key with which this process signs the events that it publishes (PEM; its passphrase is in
    `CBRN_KEY_PASSPHRASE`). Without it nothing is signed."""

    escalation: Path | None = None
    """Folder with the escalation policies of this installation (`escalation.yaml`); without it the shipped ones."""

    desk_database: SecretStr | None = None
    """Database of a body's desk, as SQLAlchemy writes its address (`postgresql+psycopg://desk@db.example.kg/desk`);
    without it a file in the data folder. It can be lost: it is filled again from Kafka."""
    desk_keep_days: Annotated[int, Field(ge=1, le=3650)] = 90
    """How long the desk keeps a situation of which nothing more is heard; as long as Kafka does, unless said."""
    desk_accounts: SecretStr | None = None
    """Database of the desk's accounts, as `postgresql://user:password@host/database`; without it a file in `data_dir`.
    It may be that of the desk's projection."""
    desk_oidc: Path | None = None
    """File that names the state's own sign-in (OpenID Connect) and holds its secret; without it there is none."""
    desk_idle: Annotated[timedelta, Field(ge=timedelta(minutes=5), le=timedelta(days=2))] = timedelta(hours=12)
    """How long a session of the desk may rest (as `PT12H`): an officer's page stays open all night, and its stream is
    use."""
    desk_session: Annotated[timedelta, Field(ge=timedelta(minutes=30), le=timedelta(days=7))] = timedelta(hours=25)
    """How long one may last: a watch of a day, and its hand-over."""

    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_SSL"] = "PLAINTEXT"
    ca_file: Path | None = None
    """Certificate authority of the brokers (PEM)."""
    certificate_file: Path | None = None
    """The process's own key and certificate in one PEM file (mutual TLS)."""
    username: str | None = None
    """SCRAM-SHA-512 user."""
    password: SecretStr | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_outside(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Take arguments before the environment before the file."""
        sources = read_settings_file(Path(SETTINGS_FILE)), os.environ
        found = {name.lower(): value for source in sources for name, value in source.items() if value is not None}
        return {name: found[PREFIX + name] for name in cls.model_fields if PREFIX + name in found} | given

    def connection(self) -> dict[str, Any]:
        """Return the keyword arguments that every aiokafka client of this process takes.

        Time-outs are explicit: aiokafka's own turn a frozen leader into a silent stall of up to five minutes.
        """
        arguments: dict[str, Any] = {
            # Looked at again: a program's copy of the settings with other servers was not.
            "bootstrap_servers": servers(self.bootstrap_servers),
            "request_timeout_ms": 5000,
            "metadata_max_age_ms": 5000,
            "security_protocol": self.security_protocol,
        }
        if self.security_protocol != "PLAINTEXT":
            context = ssl.create_default_context(cafile=self.ca_file)
            if self.certificate_file is not None:
                context.load_cert_chain(self.certificate_file)
            arguments["ssl_context"] = context
        if self.security_protocol == "SASL_SSL":
            arguments["sasl_mechanism"] = "SCRAM-SHA-512"
            arguments["sasl_plain_username"] = self.username
            arguments["sasl_plain_password"] = self.password.get_secret_value() if self.password else None
        return arguments
