"""Who may sign: the trust file, a small TOML that the operator of a machine keeps, never anything from the bus.

    [[signer]]
    person = "Айгуль Асанова"
    body = "mes"
    key = "base64 of the public key, as `cbrn rules keygen` prints it"
    valid_from = 2026-01-01      # may be left out
    valid_until = 2027-12-31     # may be left out; the last day

A person who leaves gets a `valid_until`; what they signed before then stays in force. A stolen key is taken out, and
whatever it has signed counts no more.

Whoever can write this file decides who is told of an emergency: so it is read only where that is its owner alone, and
the owner is the user who reads it, or root.
"""

from __future__ import annotations

import os
import shlex
import stat
import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from cbrn_routing.activation import TrustFileError
from cbrn_routing.signing.keys import PUBLIC_BYTES, decoded
from cbrn_routing.signing.persons import same_person
from cbrn_schemas.catalogue.bodies import bodies, body_meant

if TYPE_CHECKING:
    from pathlib import Path

_FIELDS: Final = frozenset({"person", "body", "key", "valid_from", "valid_until"})
_REMEDY: Final = "Correct the trust file; `cbrn rules keygen` prints the lines of a signer."
BYTES_MAX: Final = 1_000_000
"""A signer has about 200 bytes: some thousand persons."""
_LINE_MAX: Final = 1_000
"""Characters; a name or a key has some dozens. One line of 100,000 dots would keep the TOML reader busy for minutes."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A key and whose it is."""

    person: str
    body: str
    key: str
    """Public key, base64."""
    valid_from: date | None = None
    valid_until: date | None = None
    """Last day."""

    def valid_on(self, day: date) -> bool:
        """Tell whether the person may sign on that day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )

    @property
    def identity(self) -> str:
        """The person, however the name is written (`same_person`), whatever the body."""
        return same_person(self.person)

    def __str__(self) -> str:
        return f"{self.person} ({self.body})"


@dataclass(frozen=True, slots=True)
class Trust:
    """Those who may sign. A person may have several keys (an old and a new one), a key has one person."""

    signers: tuple[Signer, ...] = ()

    @classmethod
    def read(cls, path: Path | None) -> Trust:
        """Read the trust file at `path`; nobody where there is none.

        Raises:
            TrustFileError: it cannot be read or used.
        """
        if path is None:
            return cls()
        try:
            # Without waiting: a pipe of that name would hold up a router for ever.
            with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
                _refuse_unsafe(path, os.fstat(file.fileno()))
                content = file.read(BYTES_MAX + 1)
            if len(content) > BYTES_MAX:
                raise TrustFileError(f"the trust file {path} has more than {BYTES_MAX} bytes", _REMEDY)
            return cls.from_toml(content.decode("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise TrustFileError(
                f"the trust file {path} cannot be read: {getattr(error, 'strerror', None) or error}",
                "Correct CBRN_RULEBOOK_SIGNERS, or the file's rights.",
            ) from error

    @classmethod
    def from_toml(cls, text: str) -> Trust:
        """Read the signers in a trust file's text.

        Raises:
            TrustFileError: it is not TOML, a field is wrong, or one key stands under two names.
        """
        long = next((number for number, line in enumerate(text.splitlines(), 1) if len(line) > _LINE_MAX), None)
        if long is not None:
            raise TrustFileError(f"line {long} of the trust file has more than {_LINE_MAX} characters", _REMEDY)
        try:
            content = tomllib.loads(text)
        except RecursionError:
            raise TrustFileError("the trust file is no TOML: brackets within brackets, too deep", _REMEDY) from None
        except ValueError as error:  # TOMLDecodeError is one; a number of 5,000 digits is another
            raise TrustFileError(f"the trust file is no TOML: {error}", _REMEDY) from error
        rows = content.get("signer", [])
        if set(content) - {"signer"} or not isinstance(rows, list):
            raise TrustFileError("the trust file holds something else than [[signer]] tables", _REMEDY)
        signers = tuple(_signer(row, number) for number, row in enumerate(rows, start=1))
        _refuse_shared_keys(signers)
        return cls(signers)

    def holder(self, key: str) -> Signer | None:
        """Find whose public key this is."""
        return next((signer for signer in self.signers if signer.key == key), None)


def _refuse_unsafe(path: Path, found: os.stat_result) -> None:
    """Refuse a file that others than this user and root may write.

    Raises:
        TrustFileError: with the command that mends it.
    """
    named = shlex.quote(str(path))
    if not stat.S_ISREG(found.st_mode):
        raise TrustFileError(f"the trust file {path} is no ordinary file", "Correct CBRN_RULEBOOK_SIGNERS.")
    if found.st_uid not in (os.geteuid(), 0):
        raise TrustFileError(
            f"the trust file {path} belongs to another user (number {found.st_uid}), who may change it at any time",
            f"Read it through, then: chown root {named}",
        )
    writers = [
        name
        for bit, name in ((stat.S_IWOTH, "anyone on this machine"), (stat.S_IWGRP, "its group"))
        if found.st_mode & bit
    ]
    if writers:
        raise TrustFileError(
            f"{writers[0]} may write the trust file {path}", f"Read it through, then: chmod go-w {named}"
        )


def trust_lines(signer: Signer) -> str:
    """Write the lines of a trust file for one signer."""
    return f'[[signer]]\nperson = {_quoted(signer.person)}\nbody = "{signer.body}"\nkey = "{signer.key}"\n'


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _signer(row: Any, number: int) -> Signer:
    where = f"signer {number} of the trust file"
    if not isinstance(row, dict) or set(row) - _FIELDS:
        unknown = sorted(set(row) - _FIELDS)[:1] if isinstance(row, dict) else ["the whole"]
        raise TrustFileError(f"{where} has an unknown field: {unknown[0]}", _REMEDY)
    for name in ("person", "body", "key"):
        if not isinstance(row.get(name), str) or not row[name].strip() or not row[name].isprintable():
            raise TrustFileError(f"{where} has no {name}, or one that is not a line of text", _REMEDY)
    for name in ("valid_from", "valid_until"):
        if isinstance(row.get(name, date.min), datetime) or not isinstance(row.get(name, date.min), date):
            raise TrustFileError(f"{where}: {name} is no day", "Write it without quotes: 2026-01-31.")
    if row["body"] not in bodies():
        raise TrustFileError(f"{where}: no body has the code «{row['body']}»", body_meant(row["body"]))
    try:
        decoded(row["key"], PUBLIC_BYTES)
    except ValueError:
        raise TrustFileError(f"{where}: the key is not the base64 of 32 bytes", _REMEDY) from None
    return Signer(**row)


def _refuse_shared_keys(signers: tuple[Signer, ...]) -> None:
    holders: dict[str, Signer] = {}
    for signer in signers:
        other = holders.setdefault(signer.key, signer)
        if other is not signer:
            raise TrustFileError(
                f"one key stands twice in the trust file: for {other} and for {signer}",
                "Each person needs a key of their own: otherwise one could sign for two.",
            )
