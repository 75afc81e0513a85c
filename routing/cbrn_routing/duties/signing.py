"""A release signed with a person's own key: the keys and the trust file are those of rule books.

The statement names another purpose in its first line, so that a signature for one is worth nothing for the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from cbrn_routing.activation import signed_by
from cbrn_routing.rulebook.eras import local_day

if TYPE_CHECKING:
    from cbrn_routing.activation import PrivateKey, Signer, Statement, Trust
    from cbrn_schemas.duty import Released
    from cbrn_schemas.topics import Realm

DOMAIN: Final = "cbrn-alert-bus/duty-release/v1"
PURPOSE: Final = "release this draft"


@dataclass(frozen=True, slots=True)
class ReleaseStatement:
    """A draft of a duty, by its digest."""

    realm: Realm
    duty: str
    digest: str

    def encoded(self) -> bytes:
        """The bytes that are signed: five lines, each ended by a line feed. No value can hold a line break."""
        lines = (
            DOMAIN,
            f"realm: {self.realm.value}",
            f"duty: {self.duty}",
            f"draft: sha256:{self.digest}",
            f"purpose: {PURPOSE}",
        )
        return "".join(f"{line}\n" for line in lines).encode()


def sign_release(key: PrivateKey, statement: ReleaseStatement) -> tuple[str, str]:
    """Public key and signature, base64."""
    return key.public, key.sign(cast("Statement", statement))  # of a statement only its bytes are asked for


def signer_of(released: Released, realm: Realm, trust: Trust) -> Signer | None:
    """Whose valid signature a release carries; None for a name alone, an unknown key, or a signature that is wrong."""
    if released.key is None or released.signature is None:
        return None
    holder = trust.holder(released.key)
    statement = ReleaseStatement(realm, released.id, released.digest)
    if holder is None or not holder.valid_on(local_day(released.at)):
        return None
    return holder if signed_by(released.key, released.signature, cast("Statement", statement)) else None
