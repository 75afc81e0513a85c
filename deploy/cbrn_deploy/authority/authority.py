"""The authority of a folder: made when it is first asked for, found again, renewed without anybody losing its way.

    authority.pem   key and certificate of the authority that signs
    bundle.pem      certificates of all that are trusted: the one that signs, then older ones until their end
    bridge.pem      the newer authority's certificates, signed by the older ones: shown along with what it signs, so
                    that a program that knows only the older one accepts what the newer one has signed
    lock            held while any of them is made

Whoever reads the folder can let himself in as anybody: it is 0700, its files 0600.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cbrn_deploy.authority.certificates import (
    Issuer,
    Pem,
    authority_name,
    certificate_pem,
    key_pem,
    leaf,
    new_issuer,
    new_key,
    requested_key,
    vouched_for,
)
from cbrn_schemas.errors import BusError
from cbrn_schemas.private_file import PRIVATE_MODE, read_private, write_private

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SIGNING, BUNDLE, BRIDGE, LOCK = "authority.pem", "bundle.pem", "bridge.pem", "lock"
LEAF_DAYS: Final = 730
"""A program reads its certificate when it starts; a broker gets a new one at each start."""
RENEW_WITHIN: Final = timedelta(days=3 * 365)
"""An authority that ends sooner is replaced, so that it outlives whatever it signs until then."""
_WHAT: Final = "authority's file"


class AuthorityError(BusError):
    """The files of an authority cannot be used."""


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority that signs, and the older ones that are trusted beside it."""

    folder: Path
    issuer: Issuer = field(repr=False)
    bundle: str
    """Certificates (PEM) that a client must trust: newest first."""
    bridge: str
    """Certificates (PEM) that lead from an older authority to the one that signs; empty where there is none."""

    @classmethod
    def at(cls, folder: Path, now: datetime | None = None) -> Authority:
        """Find the authority of a folder, or make it. Two processes that ask at once get the same.

        Raises:
            AuthorityError, PrivateFileError: its files are damaged, or open to others.
        """
        if (folder / SIGNING).exists():
            return cls._read(folder)
        with _locked(folder):
            if not (folder / SIGNING).exists():
                _write(folder, new_issuer(authority_name(secrets.token_hex(4)), now or datetime.now(UTC)), "", "")
            return cls._read(folder)

    def certificate(
        self, name: str, hosts: Iterable[str] = (), days: int = LEAF_DAYS, now: datetime | None = None
    ) -> Pem:
        """Make a key, and a certificate of the user `name`; with the addresses it answers at, of a broker."""
        key = new_key()
        made = leaf(self.issuer, key.public_key(), name, hosts, _for(days, now))
        return self._shown(made, key_pem(key))

    def sign(self, request: str, name: str, days: int = LEAF_DAYS, now: datetime | None = None) -> Pem:
        """Sign a request for a certificate (PEM), of which only the public key counts: who it is, is said here.

        Raises:
            RequestError: it is none, or its key will not do.
        """
        return self._shown(leaf(self.issuer, requested_key(request), name, (), _for(days, now)), "")

    def _shown(self, made: x509.Certificate, key: str) -> Pem:
        return Pem(key, certificate_pem(made) + self.bridge, f"{made.serial_number:x}", made.not_valid_after_utc)

    def renewed(self, now: datetime | None = None, *, within: timedelta = RENEW_WITHIN) -> Authority:
        """Replace an authority that ends soon; the older one stays trusted until its end, or until `without_older`."""
        now = now or datetime.now(UTC)
        with _locked(self.folder):
            found = self._read(self.folder)
            older = [each for each in _certificates(found.bundle)[1:] if each.not_valid_after_utc > now]
            if found.issuer.ends - now > within:
                if len(older) + 1 < len(_certificates(found.bundle)):
                    bridge = [each for each in _certificates(found.bridge) if each.not_valid_after_utc > now]
                    _write(self.folder, found.issuer, _pem(older), _pem(bridge))
                return self._read(self.folder)
            new = new_issuer(found.issuer.certificate.subject, now)
            bridges = [vouched_for(new, found.issuer, now), *_certificates(found.bridge)]
            _write(
                self.folder,
                new,
                _pem([found.issuer.certificate, *older]),
                _pem([each for each in bridges if each.not_valid_after_utc > now]),
            )
            return self._read(self.folder)

    def without_older(self) -> Authority:
        """Stop trusting older authorities, such as one whose key was stolen: what it has signed counts no more."""
        with _locked(self.folder):
            _write(self.folder, self._read(self.folder).issuer, "", "")
            return self._read(self.folder)

    @classmethod
    def _read(cls, folder: Path) -> Authority:
        try:
            signing = read_private(folder / SIGNING, _WHAT)
            key = serialization.load_pem_private_key(signing.encode(), None)
            certificate = x509.load_pem_x509_certificate(signing[signing.index("-----BEGIN CERTIFICATE") :].encode())
            bundle, bridge = (read_private(folder / name, _WHAT) for name in (BUNDLE, BRIDGE))
        except (ValueError, TypeError, FileNotFoundError) as error:
            raise AuthorityError(
                f"the authority in {folder} is damaged",
                "Bring the folder back from a backup; or move it away: a new one is made, and all credentials with it.",
            ) from error
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return cls(folder, Issuer(key, certificate), bundle, bridge)


def _write(folder: Path, issuer: Issuer, older: str, bridge: str) -> None:
    """Write the three files; the one that says that there is an authority comes last."""
    own = certificate_pem(issuer.certificate)
    write_private(folder / BUNDLE, own + older)
    write_private(folder / BRIDGE, bridge)
    write_private(folder / SIGNING, key_pem(issuer.key) + own)


def _for(days: int, now: datetime | None) -> tuple[datetime, datetime]:
    now = now or datetime.now(UTC)
    return now, now + timedelta(days=days)


def _certificates(pem: str) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(pem.encode()) if pem else []


def _pem(certificates: Iterable[x509.Certificate]) -> str:
    return "".join(map(certificate_pem, certificates))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    with os.fdopen(os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_MODE), "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
