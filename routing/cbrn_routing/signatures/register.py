"""Which keys may sign, folded from `<realm>.bus.keys` in the order of its offsets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from cbrn_routing.signatures.body_key import public_bytes
from cbrn_routing.signatures.errors import RegistrationError
from cbrn_routing.signatures.registration import BUS, Registration, Revocation, parse_record, signers_of

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from cbrn_routing.signing.trust import Trust
    from cbrn_schemas.topics import Realm


class Revoked(NamedTuple):
    """That a key may sign no more."""

    since: datetime
    reason: str
    at: datetime
    """When the broker took it."""
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RegisteredKey:
    """A key as two persons have registered it."""

    kid: str
    body: str
    system: str | None
    x: str
    valid_from: datetime
    valid_until: datetime
    registered: datetime
    """When the broker took it."""
    by: tuple[str, ...]
    public: Ed25519PublicKey
    revoked: Revoked | None = None

    def speaks_for(self, source: str) -> bool:
        """Tell whether it may sign events of a source: of its body, or of its body's one system."""
        if self.body == BUS:
            return True
        return source == f"/{self.body}/{self.system}" if self.system else source[1:].partition("/")[0] == self.body

    def state(self, now: datetime) -> str:
        """Say in a word whether it counts now."""
        if self.revoked is not None and self.revoked.since <= now:
            return "revoked"
        if now < self.valid_from:
            return "not-yet"
        return "valid" if now <= self.valid_until else "expired"


class KeyRegister:
    """The keys by id. `take` in the order of the topic; what does not count leaves it as it was."""

    def __init__(self, realm: Realm) -> None:
        self.keys: dict[str, RegisteredKey] = {}
        self._realm = realm
        self._revoked: dict[str, Revoked] = {}
        """Also of keys that were never registered: a key stolen before it was may not be registered afterwards."""

    def take(self, value: bytes | None, at: datetime, trust: Trust) -> Registration | Revocation:
        """Take in one record, which the broker took `at`.

        Raises:
            RegistrationError: it does not count, and why.
        """
        record = parse_record(value)
        by = tuple(map(str, signers_of(record, trust, self._realm, at)))
        if isinstance(record, Revocation):
            self._revoke(record, at, by)
        else:
            self._register(record, at, by)
        return record

    def _revoke(self, record: Revocation, at: datetime, by: tuple[str, ...]) -> None:
        """Note it; of several the earliest time counts: what is known to be stolen does not become good again."""
        before = self._revoked.get(record.kid)
        if before is not None and before.since <= record.since:
            return
        revoked = self._revoked[record.kid] = Revoked(record.since, record.reason, at, by)
        known = self.keys.get(record.kid)
        if known is not None:
            self.keys[record.kid] = replace(known, revoked=revoked)

    def _register(self, record: Registration, at: datetime, by: tuple[str, ...]) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - only who verifies needs it
            Ed25519PublicKey,
        )

        if record.kid in self._revoked:
            raise RegistrationError("the key was revoked", "Make a new one: `cbrn keys new`.")
        known = self.keys.get(record.kid)
        if known is not None and (known.body, known.system) != (record.body, record.system):
            raise RegistrationError(
                f"the key is registered for {known.body}{f'/{known.system}' if known.system else ''} already",
                "Each body and each system needs a key of its own.",
            )
        self.keys[record.kid] = RegisteredKey(
            record.kid,
            record.body,
            record.system,
            record.x,
            record.valid_from,
            record.valid_until,
            at,
            by,
            Ed25519PublicKey.from_public_bytes(public_bytes(record.x)),
        )
