"""What an X.509 certificate says of itself, as far as a person needs it who is not let in: whose, from whom, how long.

An agency's program has no library for certificates, and Python itself tells of none that it has refused. Nothing is
verified here: that is TLS's business.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE_BYTES_MAX: Final = 1024 * 1024
"""Of a PEM file; an authority's bundle of the whole world has 200 kB."""
CERTIFICATE_BYTES_MAX: Final = 64 * 1024
BEGIN: Final = "-----BEGIN CERTIFICATE-----"
END: Final = "-----END CERTIFICATE-----"
_COMMON_NAME: Final = b"\x55\x04\x03"
_ALTERNATIVE_NAMES: Final = b"\x55\x1d\x11"
_SEQUENCE, _SET, _OID, _OCTETS, _UTC_TIME, _GENERALIZED_TIME = 0x30, 0x31, 0x06, 0x04, 0x17, 0x18
_VERSION, _EXTENSIONS, _DNS_NAME, _IP_ADDRESS = 0xA0, 0xA3, 0x82, 0x87
_LONG_FORM: Final = 0x80
_FIRST_OF_2000: Final = 50
"""RFC 5280, 4.1.2.5.1: years of two digits below it are of this century."""


@dataclass(frozen=True)
class Certificate:
    """One certificate's own words."""

    subject: str
    """The common name, the user's where it is a user's; empty where there is none."""
    issuer: str
    begins: datetime
    ends: datetime
    hosts: tuple[str, ...]
    """Names and addresses for which a server may show it."""

    def lapsed_at(self, now: datetime) -> bool:
        """Tell whether it is over."""
        return now > self.ends

    def starts_after(self, now: datetime) -> bool:
        """Tell whether its time has not come."""
        return now < self.begins


def in_pem(text: str) -> list[Certificate]:
    """Read the certificates in a file's text, in their order; keys and lines between the blocks are passed over.

    Raises:
        ValueError: a block is no certificate.
    """
    blocks = text.split(BEGIN)[1:]
    return [from_der(ssl.PEM_cert_to_DER_cert(BEGIN + block.partition(END)[0] + END)) for block in blocks]


def from_der(der: bytes) -> Certificate:
    """Read one certificate (RFC 5280, 4.1).

    Raises:
        ValueError: it is none, or a part that is needed here is not where it should be.
    """
    if len(der) > CERTIFICATE_BYTES_MAX:
        raise ValueError(f"a certificate has at most {CERTIFICATE_BYTES_MAX} bytes, not {len(der)}")
    try:
        parts = iter(_parts(_first(_first(der, _SEQUENCE), _SEQUENCE)))
        tag, _ = next(parts)
        if tag == _VERSION:
            next(parts)  # the serial number
        next(parts)  # how it is signed
        (_, issuer), (_, times), (_, subject), _key = (next(parts) for _ in range(4))
        begins, ends = (_moment(*part) for part in _parts(times))
        extensions = b"".join(value for tag, value in parts if tag == _EXTENSIONS)
        return Certificate(_common_name(subject), _common_name(issuer), begins, ends, tuple(_hosts(extensions)))
    except (StopIteration, RuntimeError, IndexError) as error:
        raise ValueError("this is no certificate") from error


def _parts(value: bytes) -> Iterator[tuple[int, bytes]]:
    """Split the content of a DER value into tags and contents."""
    at = 0
    while at < len(value):
        tag, length = value[at], value[at + 1]
        at += 2
        if length & _LONG_FORM:
            octets = length & ~_LONG_FORM
            length, at = int.from_bytes(value[at : at + octets], "big"), at + octets
        if at + length > len(value):
            raise ValueError("a certificate ends in the middle")
        yield tag, value[at : at + length]
        at += length


def _first(value: bytes, tag: int) -> bytes:
    found, content = next(_parts(value))
    if found != tag:
        raise ValueError("this is no certificate")
    return content


def _moment(tag: int, value: bytes) -> datetime:
    text = value.decode("ascii")
    if tag == _UTC_TIME:
        text = ("20" if int(text[:2]) < _FIRST_OF_2000 else "19") + text
    elif tag != _GENERALIZED_TIME:
        raise ValueError("a certificate's time is in another form than its standard's")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _common_name(name: bytes) -> str:
    """Return the last common name, which is the user's where there are several."""
    found = ""
    for _, relative in _parts(name):
        for _, pair in _parts(relative):
            (_, kind), (_, value) = list(_parts(pair))[:2]
            if kind == _COMMON_NAME:
                found = value.decode("utf-8", "replace")
    return found


def _hosts(extensions: bytes) -> Iterator[str]:
    for _, each in _parts(_first(extensions, _SEQUENCE) if extensions else b""):
        fields = list(_parts(each))
        if fields[0] != (_OID, _ALTERNATIVE_NAMES):
            continue
        for tag, value in _parts(_first(fields[-1][1], _SEQUENCE)):
            if tag == _DNS_NAME:
                yield value.decode("ascii", "replace")
            elif tag == _IP_ADDRESS:
                yield str(ip_address(value))
