"""The file of `cbrn run inbound`: partners with their terms, feeds, and the networks in which these may lie.

A feed's address may hold a token, so nobody but its owner, and its group, may read it.

    networks: [203.0.113.0/24]
    partners:
      kz:
        signature: required
        trusted: kz-signers.pem
        senders: [alerts@emer.example]
        meanings: [{scheme: KZ-EVENT, value: HIM, hazard: chemical}]
    feeds:
      - {name: kz-ru, partner: kz, address: "https://feed.example/kz/ru/atom.xml", every: 2m}
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from cbrn_producers.inbound.hazards import Meaning
from cbrn_producers.inbound.terms import Terms
from cbrn_producers.networks import are_networks, networks_of
from cbrn_routing.rulebook.language import Duration, seconds
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.documented import Documented
from cbrn_schemas.errors import BusError
from cbrn_schemas.events.base import Code, Hazard, Line
from cbrn_schemas.events.foreign import Concerned
from cbrn_schemas.private_file import PrivateFileError
from cbrn_schemas.private_yaml import read_private_yaml

if TYPE_CHECKING:
    from datetime import date
    from ipaddress import IPv4Network, IPv6Network
    from pathlib import Path

    from cbrn_routing.sharing import Signatures
    from cbrn_schemas.formats.signature import Trusted

FEEDS_MAX: Final = 100
Address = Annotated[str, StringConstraints(min_length=10, max_length=500, pattern=r"^https?://[^\s]+$")]


class InboundFileError(BusError, ValueError):
    """The file of partners and feeds cannot be used."""

    bad_input = True


class _Written(Documented):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CodeMeaning(_Written):
    """What one code of a partner means."""

    scheme: Line
    """Name of the list (CAP `valueName`), or `category` for a category of CAP."""
    value: Line
    hazard: Hazard
    identified: bool = True
    """False where it may be another hazard just as well."""
    concerns: Annotated[tuple[Concerned, ...], Field(max_length=4)] = ()


class Partner(_Written):
    """The terms on which a partner's documents are taken in."""

    signature: Literal["required", "optional"] = "optional"
    """Whether an unsigned document is set aside."""
    trusted: str | None = None
    """File with the certificates and public keys (PEM) of those who sign, beside this file."""
    allow_sha1: bool = False
    senders: Annotated[tuple[Line, ...], Field(max_length=100)] = ()
    """CAP senders that speak for the partner; left out: all whom its feeds bring."""
    profile: Literal["lenient", "strict"] = "lenient"
    meanings: Annotated[tuple[CodeMeaning, ...], Field(max_length=500)] = ()

    @model_validator(mode="after")
    def _signers(self) -> Self:
        if self.signature == "required" and self.trusted is None:
            raise ValueError("where signatures are required, `trusted` names the file of those who sign")
        return self


class FeedSource(_Written):
    """One feed."""

    name: Code
    partner: Code
    address: Address
    every: Duration = "2m"
    """How often it is asked; a feed that says Retry-After is asked later."""
    authorities: str | None = None
    """File with certificates (PEM) by which the server is known, beside this file; else the system's."""

    @field_validator("address")
    @classmethod
    def _is_address(cls, given: str) -> str:
        parts = urlsplit(given)
        if not parts.hostname or parts.username is not None:
            raise ValueError("an address has a host, and no user's name")
        return given

    @property
    def every_s(self) -> float:
        """Seconds from one look to the next."""
        return float(seconds(self.every))


class InboundFile(_Written):
    """The whole file."""

    partners: Annotated[dict[Code, Partner], Field(min_length=1, max_length=100)]
    feeds: Annotated[tuple[FeedSource, ...], Field(max_length=FEEDS_MAX)] = ()
    networks: Annotated[tuple[str, ...], Field(max_length=100), AfterValidator(are_networks)] = ()
    """Networks in which feeds may lie, such as 203.0.113.0/24; nothing else is connected to."""
    plain: bool = False
    """Whether feeds may come over `http`, where anybody between can write them."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        known = bodies()
        for code in (*self.partners, *(feed.partner for feed in self.feeds)):
            if code not in known or not known[code].is_abroad:
                raise ValueError(f"{code} is no partner abroad: a neighbour or organisation of the catalogue")
            if not known[code].publishes:
                raise ValueError(f"{code} only receives on this bus: what it sends has no topic (`cbrn bodies {code}`)")
        for feed in self.feeds:
            if feed.partner not in self.partners:
                raise ValueError(f"feed {feed.name}: {feed.partner} stands not under `partners`")
            if feed.address.startswith("http:") and not self.plain:
                raise ValueError(f"feed {feed.name}: only https, or say `plain: true`")
        if len({feed.name for feed in self.feeds}) < len(self.feeds):
            raise ValueError("two feeds have the same name")
        if self.feeds and not self.networks:
            raise ValueError("feeds need `networks`: to none that is not named there is a connection made")
        return self

    @property
    def allowed(self) -> list[IPv4Network | IPv6Network]:
        """The networks, read."""
        return networks_of(self.networks)


def read_file(path: Path) -> InboundFile:
    """Read the file.

    Raises:
        InboundFileError: it cannot be read, others may read it, or it says what cannot be; never with its values.
    """
    hint = "Correct it; docs/inbound.md has an example."
    try:
        return read_private_yaml(InboundFile, path, "file of partners", group_reads=True, hint=hint)
    except PrivateFileError as error:
        raise InboundFileError(str(error), error.hint) from None


def terms_of(
    file: InboundFile, folder: Path, agreements: Path | None = None, on: date | None = None
) -> dict[str, Terms]:
    """Return the terms of each partner, with the certificates of its signers.

    What an agreement in force on the day says of signatures counts before what the file says.

    Raises:
        InboundFileError, IdentityError, AgreementError: a file of certificates or an agreement cannot be read.
    """
    found = {code: _terms(code, partner, folder) for code, partner in file.partners.items()}
    if agreements is None or on is None:
        return found
    from cbrn_routing.sharing import Agreements  # noqa: PLC0415 - heavy, and not every installation has any

    known = Agreements.read(agreements)
    for code, terms in found.items():
        agreement = known.in_force(code, on)
        if agreement is not None:
            found[code] = _agreed(terms, agreement.signatures, agreements)
    return found


def _agreed(terms: Terms, signatures: Signatures, folder: Path) -> Terms:
    pem = b"\n".join(_bytes(folder / name) for name in signatures.certificates)
    trusted = _read_trusted(pem) if pem else terms.trusted
    return replace(terms, signature=signatures.demand, allow_sha1=signatures.allow_sha1, trusted=trusted)


def _terms(code: str, partner: Partner, folder: Path) -> Terms:
    return Terms(
        partner=code,
        signature=partner.signature,
        trusted=None if partner.trusted is None else _read_trusted(_bytes(folder / partner.trusted)),
        allow_sha1=partner.allow_sha1,
        senders=partner.senders,
        profile=partner.profile,
        meanings=tuple(Meaning(**_plain(one)) for one in partner.meanings),
    )


def _plain(meaning: CodeMeaning) -> dict[str, Any]:
    return meaning.model_dump()


def _read_trusted(pem: bytes) -> Trusted:
    from cbrn_schemas.formats.signature import Trusted  # noqa: PLC0415 - heavy, and not every partner signs

    return Trusted.from_pem(pem)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InboundFileError(f"{path} cannot be read: {error.strerror}", "Name a file of certificates.") from None
