"""A rule and a quota as a cluster has them: whose, what, and by whom they can be told from others': pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cbrn_schemas.users import Principal

if TYPE_CHECKING:
    from cbrn_deploy.provisioning.access.rights import Right
    from cbrn_schemas.topics import Realm

ANY_HOST: Final = "*"
EVERYBODY: Final = "*"
"""Kafka's word for every principal."""


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """One rule of a cluster."""

    principal: str
    """Without Kafka's `User:` before it; another kind of principal with its own."""
    right: Right
    host: str = ANY_HOST
    allows: bool = True

    def is_ours(self, realm: Realm) -> bool:
        """Tell whether a plan of this realm has anything to say of it: it is about one of the realm's principals."""
        found = Principal.found(self.principal)
        return found is not None and found.user.realm is realm and not found.user.is_admin


Quota = dict[str, float]
"""Limits of one principal, by Kafka's names."""
