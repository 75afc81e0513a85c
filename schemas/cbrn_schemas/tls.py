"""What a program brings to a TLS connection: whom it trusts, and its own certificate; each fault of a file by name.

Python says `[SSL] PEM lib` of a file without a key, and asks the terminal for the passphrase of one that is locked.
"""

from __future__ import annotations

import contextlib
import ssl
from typing import TYPE_CHECKING, NoReturn

from cbrn_schemas.certificate import BEGIN, END, FILE_BYTES_MAX
from cbrn_schemas.credentials import CredentialsError

if TYPE_CHECKING:
    from pathlib import Path

KEY_MARK = "PRIVATE KEY-----"


class _Leaving(ssl.SSLObject):
    """One end of an encrypted connection that goes without waiting for the other's goodbye.

    A broker that is about to answer a read does not hear ours: uvloop then waits for 30 s, and with it whoever closes a
    consumer, such as a router that takes over a shard.
    """

    def unwrap(self) -> None:
        """Say goodbye."""
        with contextlib.suppress(ssl.SSLWantReadError):
            super().unwrap()


def client_context(ca_file: Path | None, certificate_file: Path | None, key_file: Path | None = None) -> ssl.SSLContext:
    """Return what a client connects with: TLS 1.3, the broker's certificate and name looked at.

    Without `ca_file` it trusts whom the machine trusts.

    Raises:
        CredentialsError: one of the files is missing, is not readable, or holds something else.
    """
    context = _trusting(ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.sslobject_class = _Leaving
    if certificate_file is not None:
        _load_own(context, certificate_file, key_file)
    return context


def read_pem(file: Path, what: str) -> str:
    """Read a PEM file with `what` in it.

    Raises:
        CredentialsError: it is missing, is not readable, or far too large.
    """
    try:
        with file.open("rb") as opened:
            data = opened.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        hint = "Check the path and who may read it; `cbrn access issue` makes such a file."
        raise CredentialsError(
            f"{file}: {what} cannot be read: {(error.strerror or str(error)).lower()}", hint
        ) from error
    if len(data) > FILE_BYTES_MAX:
        raise CredentialsError(
            f"{file}: {what} is larger than {FILE_BYTES_MAX // 1024} kB", "Name the PEM file itself."
        )
    return data.decode("utf-8", "replace")


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    if ca_file is None:
        return ssl.create_default_context()
    blocks = [block.partition(END)[0] for block in read_pem(ca_file, "the authority's certificate").split(BEGIN)[1:]]
    if not blocks:
        hint = "Name the PEM file that the operator of the bus gave (CBRN_CA_FILE): it has lines «BEGIN CERTIFICATE»."
        raise CredentialsError(f"{ca_file}: there is no certificate in it", hint)
    try:
        return ssl.create_default_context(cadata="\n".join(f"{BEGIN}{block}{END}" for block in blocks))
    except (ssl.SSLError, ValueError, TypeError) as error:
        hint = "Copy it anew from where it comes from: a line is missing or was changed."
        raise CredentialsError(f"{ca_file}: a certificate in it is damaged", hint) from error


def _load_own(context: ssl.SSLContext, certificate_file: Path, key_file: Path | None) -> None:
    certificate = read_pem(certificate_file, "the own certificate")
    key, key_named = (read_pem(key_file, "the own key"), key_file) if key_file else (certificate, certificate_file)
    if BEGIN not in certificate:
        hint = "It needs the certificate beside the key; `cbrn access issue` makes such a file."
        raise CredentialsError(f"{certificate_file}: there is no certificate in it", hint)
    if KEY_MARK not in key:
        hint = "Put the private key before the certificate, or name its file (CBRN_KEY_FILE)."
        raise CredentialsError(f"{key_named}: there is no private key in it", hint)

    def locked() -> NoReturn:
        hint = "Store it without one, readable by its owner alone: nobody types it when a process starts at night."
        raise CredentialsError(f"{key_named}: the private key is locked with a passphrase", hint)

    try:
        context.load_cert_chain(certificate_file, key_file, password=locked)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            hint = "Give the key for which the certificate was asked, or have a new one issued (`cbrn access issue`)."
            raise CredentialsError(f"{key_named}: the private key is not that of the certificate", hint) from error
        hint = "Copy it anew from where it comes from, or have a new one issued (`cbrn access issue`)."
        raise CredentialsError(f"{certificate_file}: certificate or key is damaged ({error.reason})", hint) from error
