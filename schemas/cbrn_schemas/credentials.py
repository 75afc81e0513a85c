"""A credentials file: all that a program needs to be let in by a broker, in one file that only its owner may read.

    # anything may stand in lines like this one
    CBRN_BOOTSTRAP_SERVERS=kafka1.example.kg:9092
    CBRN_SECURITY_PROTOCOL=SASL_SSL
    CBRN_REALM=cbrn
    CBRN_USERNAME=mes
    CBRN_PASSWORD=...
    -----BEGIN PRIVATE KEY-----       own key and certificate, where mutual TLS is used
    -----BEGIN CERTIFICATE-----
    -----BEGIN CERTIFICATE-----       last, the authority (or several) that the brokers' certificates are from

Lines as in `cbrn.env`, but taken as they stand: nothing is quoted. OpenSSL, Python and librdkafka pass over what stands
outside the PEM blocks, so the file itself is what they call their CA file, certificate file and key file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cbrn_schemas.errors import BusError
from cbrn_schemas.private_file import read_private, write_private

if TYPE_CHECKING:
    from pathlib import Path

NAMES: Final = (
    "CBRN_BOOTSTRAP_SERVERS",
    "CBRN_SECURITY_PROTOCOL",
    "CBRN_REALM",
    "CBRN_BODY",
    "CBRN_USERNAME",
    "CBRN_PASSWORD",
)
"""What such a file may set. A file that was sent to somebody must not say, say, whose signatures count."""
_BLOCK: Final = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----\n.*?\n-----END \1-----\n?", re.DOTALL)
_KEY: Final = "PRIVATE KEY"
_CERTIFICATE: Final = "CERTIFICATE"
_WHAT: Final = "credentials file"
_REMEDY: Final = "Ask for a new one (`cbrn access issue`), and give the file as it is."


class CredentialsError(BusError):
    """What lets a program in (credentials file, certificate, key, password) is missing or cannot be used."""

    bad_input = True


@dataclass(frozen=True, slots=True)
class Credentials:
    """The content of a credentials file."""

    values: dict[str, str] = field(repr=False)
    """Settings by the names of their variables; a password may be among them, so it is not shown."""
    key: str = field(default="", repr=False)
    """Own private key (PEM), if it has one."""
    certificates: str = ""
    """PEM: own certificate first where there is a key or it is kept apart, then the authorities'."""
    notes: tuple[str, ...] = ()
    """Lines for whoever opens the file."""

    @property
    def password(self) -> str | None:
        """The SCRAM password, if it has one."""
        return self.values.get("CBRN_PASSWORD")

    @classmethod
    def parse(cls, text: str, name: str) -> Credentials:
        """Read the text of a file, called `name` in errors.

        Raises:
            CredentialsError: it is none.
        """
        text = text.replace("\r\n", "\n")
        keys: list[str] = []
        certificates: list[str] = []
        for block in _BLOCK.finditer(text):
            kind = block.group(1)
            if kind not in {_KEY, _CERTIFICATE}:
                raise CredentialsError(f"{name} holds a {kind}: a {_WHAT} has keys (PKCS#8), certificates", _REMEDY)
            (keys if kind == _KEY else certificates).append(block.group(0).rstrip("\n") + "\n")
        if len(keys) > 1:
            raise CredentialsError(f"{name} holds {len(keys)} private keys", _REMEDY)
        values = _values(_BLOCK.sub("\n", text), name)
        if not values and not certificates:
            raise CredentialsError(f"{name} is no {_WHAT}: it says nothing", _REMEDY)
        return cls(values, "".join(keys), "".join(certificates))

    def text(self) -> str:
        """Return the text of the file."""
        for name, value in self.values.items():
            if name not in NAMES or not value.isprintable() or value != value.strip():
                raise CredentialsError(f"{name} cannot stand in a {_WHAT}", f"It holds {', '.join(NAMES)}.")
        notes = "".join(f"# {line}\n" for line in self.notes)
        lines = "".join(f"{name}={self.values[name]}\n" for name in NAMES if name in self.values)
        return f"{notes}{lines}{self.key}{self.certificates}"


def _values(text: str, name: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for line in text.splitlines():
        variable, equals, value = (part.strip() for part in line.partition("="))
        if not variable or variable.startswith("#"):
            continue
        # The line itself is not told: it may be half a password.
        if not equals:
            raise CredentialsError(f"{name} holds a line that is no NAME=value, and no PEM block", _REMEDY)
        if variable not in NAMES:
            known = "a variable" if not variable.isidentifier() else variable
            raise CredentialsError(f"{name} sets {known}, which a {_WHAT} may not", f"It holds {', '.join(NAMES)}.")
        values[variable] = value
    return values


def read_credentials(path: Path) -> Credentials:
    """Read a credentials file.

    Raises:
        CredentialsError: it is none, or is not there.
        PrivateFileError: others may read or write it.
    """
    try:
        text = read_private(path, _WHAT)
    except FileNotFoundError:
        raise CredentialsError(f"there is no {_WHAT} {path}", "Correct CBRN_CREDENTIALS.") from None
    return Credentials.parse(text, str(path))


def write_credentials(path: Path, credentials: Credentials) -> None:
    """Write a credentials file that only its owner may read, whole or not at all."""
    write_private(path, credentials.text())
