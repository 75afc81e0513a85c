"""The credentials of a broker's own machine: `<data>/access/<user>.cbrn`, made from its authority when asked for.

Whoever may write the data folder owns the broker's files anyway, so it is given certificates without anybody's asking:
no password, and no call to a broker. What a user may do is another matter (`cbrn_deploy.provisioning`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from cbrn_deploy.authority.authority import Authority
from cbrn_deploy.authority.certificates import NAME, RequestError, certificate_pem
from cbrn_schemas.credentials import Credentials, CredentialsError, read_credentials, write_credentials
from cbrn_schemas.topics import Realm

if TYPE_CHECKING:
    from pathlib import Path

ADMIN: Final = "admin"
"""The user of persons who may do everything."""
SUFFIX: Final = ".cbrn"
_EXERCISE: Final = "exercise."


def access_folder(data_dir: Path) -> Path:
    """Name the folder in a bus's data where the authority of its broker and its machine's credentials lie."""
    return data_dir / "access"


@dataclass(frozen=True, slots=True)
class LocalAccess:
    """The folder of a local broker's authority, and of the credentials that its machine holds."""

    folder: Path

    @property
    def authority(self) -> Authority:
        """Its authority, made at first."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        return Authority.at(self.folder / "authority")

    def path(self, user: str) -> Path:
        """Name the file of a user.

        Raises:
            RequestError: it is no name of a user.
        """
        if not NAME.fullmatch(user):
            raise RequestError(f"{user!r} is no name of a user", "It has letters, digits and . _ ~ - only.")
        return self.folder / f"{user}{SUFFIX}"

    def principal(self, user: str) -> str | None:
        """Say as whom a user's file lets in; None where there is none with a certificate."""
        found = _read(self.path(user))
        return None if found is None else _common_name(found[1])

    def credentials(self, user: str, servers: str, principal: str | None = None) -> Path:
        """Return a user's credentials file for these servers (mutual TLS), made or brought up to date where needed.

        `principal` is as whom it is to let in: as the file does that is here, unless said, and at first as the user.
        """
        path, authority = self.path(user), self.authority
        principal = principal or self.principal(user) or user
        key, certificate = self._held(path, authority, principal)
        if not key:
            pem = authority.certificate(principal)
            key, certificate = pem.key, pem.certificate
        own = x509.load_pem_x509_certificate(certificate.encode())
        values = {"CBRN_BOOTSTRAP_SERVERS": servers, "CBRN_SECURITY_PROTOCOL": "SSL"}
        if user != ADMIN:
            values["CBRN_REALM"] = (Realm.EXERCISE if user.startswith(_EXERCISE) else Realm.REAL).value
        wanted = Credentials(
            values,
            key,
            certificate + authority.bundle,
            (f"Who holds this file acts as {principal}, until {own.not_valid_after_utc:%Y-%m-%d}. Keep it secret.",),
        )
        if not path.exists() or path.read_text(encoding="utf-8") != wanted.text():
            write_credentials(path, wanted)
        return path

    def bring_up_to_date(self, servers: str) -> None:
        """Write the servers and authorities of today into every file that is here and holds a certificate of ours."""
        for path in sorted(self.folder.glob(f"*{SUFFIX}")):
            if NAME.fullmatch(path.stem) and self._is_ours(path):
                self.credentials(path.stem, servers)

    @staticmethod
    def _is_ours(path: Path) -> bool:
        try:
            return bool(read_credentials(path).key)
        except CredentialsError:
            return False

    def _held(self, path: Path, authority: Authority, principal: str) -> tuple[str, str]:
        """Return a principal's key and certificate out of a file, where they are of use for half their time or more."""
        found = _read(path)
        if found is None:
            return "", ""
        (key, own), now = found, datetime.now(UTC)
        late = now > own.not_valid_before_utc + (own.not_valid_after_utc - own.not_valid_before_utc) / 2
        try:
            own.verify_directly_issued_by(authority.issuer.certificate)
        except (ValueError, InvalidSignature):  # of an older authority
            late = True
        return ("", "") if late or _common_name(own) != principal else (key, certificate_pem(own) + authority.bridge)


def _read(path: Path) -> tuple[str, x509.Certificate] | None:
    """Read a file's key and own certificate; None where it is not there, has none, or is damaged: it is made anew."""
    try:
        held = read_credentials(path)
        return (held.key, x509.load_pem_x509_certificates(held.certificates.encode())[0]) if held.key else None
    except (CredentialsError, ValueError):
        return None


def _common_name(certificate: x509.Certificate) -> str:
    return str(certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value)
