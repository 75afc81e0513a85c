"""Who may read which feeds: a file of readers, each with the digest of a token, its feeds, and its networks.

The file holds no token. A token is 256 random bits, so one round of SHA-256 keeps it: there is nothing to guess that a
slow digest would protect, as there is with a password, and each request must be checked. Every reader is compared with,
in a time that tells nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import structlog
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.types import Strict

from cbrn_consumers.feeds.document import PUBLIC_FEED
from cbrn_producers.networks import are_networks, networks_of
from cbrn_schemas.errors import BusError
from cbrn_schemas.events.model import Model
from cbrn_schemas.private_file import PrivateFileError, read_private, write_private
from cbrn_schemas.private_yaml import first_fault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_schemas.settings import Settings

TOKEN_BYTES: Final = 32
TOKEN_PREFIX: Final = "cbrn_feed_"  # noqa: S105 - what tokens begin with, so that a scanner of leaked secrets knows one
READERS_MAX: Final = 500
FEEDS_MAX: Final = 100
NETWORKS_MAX: Final = 50
FILE: Final = "feed-readers.json"

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Peer = IPv4Address | IPv6Address

log = structlog.get_logger(__name__)


class ReadersFileError(BusError):
    """The file of readers cannot be read, says what cannot be, or others may read it."""

    bad_input = True


class NoSuchReaderError(BusError):
    """A reader is named that there is not, or one that there is already."""

    bad_input = True


class Reader(Model):
    """Who may read."""

    model_config = ConfigDict(hide_input_in_errors=True)

    name: Name
    token: Digest
    """SHA-256 of its token."""
    feeds: Annotated[tuple[Name, ...], Field(min_length=1, max_length=FEEDS_MAX), Strict(strict=False)]
    networks: Annotated[
        tuple[str, ...], Field(max_length=NETWORKS_MAX), Strict(strict=False), AfterValidator(are_networks)
    ] = ()
    """Networks from which it reads; none: from everywhere."""
    added: datetime
    reason: Annotated[str, StringConstraints(max_length=500)] = ""

    def comes_from(self, peer: Peer | None) -> bool:
        """Tell whether it may read from there."""
        if not self.networks:
            return True
        return peer is not None and any(peer in one for one in networks_of(self.networks))


class _File(Model):
    model_config = ConfigDict(hide_input_in_errors=True)

    readers: Annotated[tuple[Reader, ...], Field(max_length=READERS_MAX), Strict(strict=False)] = ()


def readers_path(settings: Settings) -> Path:
    """Return where the file of readers is: as set, else in the data folder."""
    return settings.feed_readers or settings.data_dir / FILE


def digest_of(token: str) -> str:
    """Return what the file keeps of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


class Readers:
    """The readers in a file, read anew once it has changed. One that cannot be read leaves the former in force."""

    def __init__(self, path: Path) -> None:
        """Read it; a file that is not there names nobody.

        Raises:
            ReadersFileError: it cannot be used.
        """
        self.path = path
        self._stamp = self._stamped()
        self._known = read_readers(path)

    def __len__(self) -> int:
        return len(self._known)

    def look(self) -> None:
        """Take the file over as it is now."""
        stamp = self._stamped()
        if stamp == self._stamp:
            return
        try:
            self._known = read_readers(self.path)
        except ReadersFileError as error:
            hint = f"{error.hint} Until then those may read whom it named before."
            log.error("the file of readers cannot be used", error=str(error), hint=hint)  # noqa: TRY400 - a sentence
        self._stamp = stamp

    def of(self, token: str) -> Reader | None:
        """Return whose token it is; every reader is compared with, whether one was found or not."""
        given, found = digest_of(token), None
        for one in self._known:
            if hmac.compare_digest(given, one.token):
                found = one
        return found

    def _stamped(self) -> tuple[int, ...] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode


def read_readers(path: Path) -> tuple[Reader, ...]:
    """Read a file of readers.

    Raises:
        ReadersFileError: it cannot be read, others may read it, or it says what cannot be.
    """
    try:
        text = read_private(path, "file of readers")
    except FileNotFoundError:
        return ()
    except PrivateFileError as error:
        raise ReadersFileError(str(error), error.hint) from None
    try:
        found = _File.model_validate_json(text).readers
    except ValidationError as error:
        said = f"{path}: {first_fault(error)}"
        raise ReadersFileError(said, "Mend it, or write it anew with `cbrn feeds reader add`.") from None
    if len({one.name for one in found}) < len(found):
        raise ReadersFileError(f"{path} names a reader twice", "Take one of them out: `cbrn feeds reader remove`.")
    return found


def add_reader(
    path: Path, name: str, feeds: Iterable[str], networks: Iterable[str], *, reason: str, now: datetime
) -> tuple[Reader, str]:
    """Add a reader to the file; return it, and its token, which is kept nowhere.

    Raises:
        ReadersFileError: the file cannot be used, or would not be one with this reader.
        NoSuchReaderError: there is one of that name.
    """
    known = read_readers(path)
    if any(one.name == name for one in known):
        raise NoSuchReaderError(f"there is a reader {name}", "Remove it first, or choose another name.")
    token = TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    try:
        reader = Reader(
            name=name, token=digest_of(token), feeds=tuple(feeds), networks=tuple(networks), added=now, reason=reason
        )
        whole = _File(readers=(*known, reader))
    except ValidationError as error:
        raise ReadersFileError(
            f"no such reader can be: {first_fault(error)}",
            "Names have a-z, 0-9, full stops and hyphens; networks are 192.0.2.0/24.",
        ) from None
    _write(path, whole)
    return reader, token


def remove_reader(path: Path, name: str) -> None:
    """Take a reader out of the file: from the next second on its token opens nothing.

    Raises:
        ReadersFileError: the file cannot be used.
        NoSuchReaderError: there is none of that name.
    """
    known = read_readers(path)
    rest = tuple(one for one in known if one.name != name)
    if len(rest) == len(known):
        raise NoSuchReaderError(f"there is no reader {name}", "`cbrn feeds reader list` shows them.")
    _write(path, _File(readers=rest))


def _write(path: Path, whole: _File) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, json.dumps(whole.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n")


_BEARER: Final = re.compile(r"(?i:bearer) +([A-Za-z0-9_~+/.=-]{16,512}) *")
_BASIC: Final = re.compile(r"(?i:basic) +([A-Za-z0-9+/=]{4,1024}) *")


def token_in(authorization: str) -> str | None:
    """Return the token of an Authorization header: as a bearer's, or as the password of whatever user.

    Readers of feeds that people have know users and passwords, and no bearer tokens.
    """
    if bearer := _BEARER.fullmatch(authorization):
        return bearer[1]
    if basic := _BASIC.fullmatch(authorization):
        try:
            said = base64.b64decode(basic[1], validate=True).decode("utf-8")
        except ValueError:
            return None
        return said.partition(":")[2] or None
    return None


def may_read(reader: Reader | None, feed: str, peer: Peer | None) -> bool:
    """Tell whether somebody may read a feed; the public one everybody may."""
    if feed == PUBLIC_FEED:
        return True
    return reader is not None and feed in reader.feeds and reader.comes_from(peer)


def peer_of(text: str) -> Peer | None:
    """Read the address of whoever is connected; an IPv4 one that IPv6 only wraps is that one."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
