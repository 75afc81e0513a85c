"""What a process must be told: where Kafka is, which realm, which language.

It is read from `CBRN_*` environment variables, a credentials file (`credentials.py`) and an optional `cbrn.env` file
(`settings_file.py`). A program that is told nothing of a broker, on a machine whose own broker this user runs, takes
the credentials that lie in its data folder.
"""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, Field, SecretStr, model_validator

from cbrn_schemas.credentials import CredentialsError, read_credentials
from cbrn_schemas.events.base import Language
from cbrn_schemas.settings_file import SETTINGS_FILE, read_settings_file
from cbrn_schemas.tls import client_context
from cbrn_schemas.topics import Realm

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_SHARDS = 4
"""Partitions of every topic of a realm, hence routers that can share a lane. Changing it later moves keys."""

PREFIX: Final = "cbrn_"
"""Of the variables, in whatever case."""
_SERVER: Final = re.compile(r"(?:\[[0-9A-Fa-f:.%]+\]|[^\s:,\[\]]+)(?::(?P<port>[0-9]{1,5}))?")
PORT_MAX: Final = 65_535
LOCAL_CREDENTIALS: Final = Path("access") / "admin.cbrn"
"""In the data folder of a broker's own machine."""
WAY: Final = (
    "bootstrap_servers",
    "credentials",
    "security_protocol",
    "ca_file",
    "certificate_file",
    "key_file",
    "username",
    "password",
)
"""The way to a broker. Who is told any of these is told of one."""


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
    catalogue: Path | None = None
    """Folder with what this installation adds to the catalogue of bodies and places; read by `catalogue.own` itself."""
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
    cap_key: Path | None = None
    """File with the key and certificate (P-256, PEM) with which documents for partners are signed; the key's passphrase
    is in `CBRN_CAP_KEY_PASSPHRASE`. Without it they are not signed."""

    escalation: Path | None = None
    """Folder with the escalation policies of this installation (`escalation.yaml`); without it the shipped ones."""

    agreements: Path | None = None
    """Folder with the sharing agreements of this installation, a YAML file each. Without it nothing leaves for a
    partner."""

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

    credentials: Path | None = None
    """Credentials file: servers, user, key, authority in one (`cbrn access issue`)."""
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_SSL"] = "PLAINTEXT"
    ca_file: Path | None = None
    """Certificate authority of the brokers (PEM); that of the credentials file unless said."""
    certificate_file: Path | None = None
    """The process's own certificate (PEM), with its key unless that is apart; that of the credentials file unless
    said."""
    key_file: Path | None = None
    """The certificate's private key (PEM), where it lies in a file of its own: it never left this machine."""
    username: str | None = None
    """SCRAM-SHA-512 user."""
    password: SecretStr | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_outside(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Take arguments before the environment before the credentials file before `cbrn.env`.

        What stands in a credentials file that is named as an argument counts as arguments do: whoever names one means
        that user and those servers, whatever the environment says.
        """
        file, environment = (cls._named(each) for each in (read_settings_file(Path(SETTINGS_FILE)), os.environ))
        told = file | environment
        named = given.get("credentials", told.get("credentials") or cls._local(told | given))
        held = {} if named is None else cls._held(Path(named))
        ranked = environment | held if given.get("credentials") else held | environment
        merged = file | ranked | {"credentials": named} | given
        if "key_file" in held and merged.get("certificate_file") != held["certificate_file"]:
            # Another certificate was named: the key that the credentials file holds is not that one's.
            merged["key_file"] = (file | environment | given).get("key_file")
        return merged

    @classmethod
    def _named(cls, variables: Mapping[str, str | None]) -> dict[str, Any]:
        found = {name.lower(): value for name, value in variables.items() if value is not None}
        return {name: found[PREFIX + name] for name in cls.model_fields if PREFIX + name in found}

    @classmethod
    def _local(cls, told: dict[str, Any]) -> Path | None:
        """Find the credentials of this machine's own broker, for a program that is told nothing of any broker."""
        if any(told.get(name) is not None for name in WAY):
            return None
        path = Path(told.get("data_dir") or cls.model_fields["data_dir"].default) / LOCAL_CREDENTIALS
        return path if os.path.isfile(path) else None  # noqa: PTH113 - Path's own raises where a folder is closed to us

    @classmethod
    def _held(cls, path: Path) -> dict[str, Any]:
        """Return the settings that a credentials file makes."""
        held = read_credentials(path)
        files = {"ca_file": path} if held.certificates else {}
        files |= {"certificate_file": path, "key_file": path} if held.key else {}
        return cls._named(held.values) | files

    def reaching(self, other: Settings, **changed: Any) -> Settings:
        """Return these settings with the way to a broker that `other` has, and with what is changed."""
        way = {name: getattr(other, name) for name in WAY}
        return self.model_copy(update=way | changed)

    def connection(self) -> dict[str, Any]:
        """Return the keyword arguments that every aiokafka client of this process takes.

        Time-outs are explicit: aiokafka's own turn a frozen leader into a silent stall of up to five minutes.

        Raises:
            CredentialsError: a password, or a file with a certificate or key, is missing or cannot be used.
        """
        arguments: dict[str, Any] = {
            # Looked at again: a program's copy of the settings with other servers was not.
            "bootstrap_servers": servers(self.bootstrap_servers),
            "request_timeout_ms": 5000,
            "metadata_max_age_ms": 5000,
            "security_protocol": self.security_protocol,
        }
        if self.security_protocol != "PLAINTEXT":
            arguments["ssl_context"] = client_context(self.ca_file, self.certificate_file, self.key_file)
        if self.security_protocol == "SASL_SSL":
            if not self.username or not self.password:
                hint = "Set CBRN_USERNAME and CBRN_PASSWORD, or CBRN_CREDENTIALS to the file that has them."
                raise CredentialsError("CBRN_SECURITY_PROTOCOL=SASL_SSL needs a user and a password", hint)
            arguments["sasl_mechanism"] = "SCRAM-SHA-512"
            arguments["sasl_plain_username"] = self.username
            arguments["sasl_plain_password"] = self.password.get_secret_value()
        return arguments
