"""A rule and a quota as a cluster has them: whose, what, and by whom they can be told from others': pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.users import Principal

if TYPE_CHECKING:
    from cbrn_deploy.provisioning.access.rights import Right
    from cbrn_schemas.topics import Realm

ANY_HOST: Final = "*"


def ours(name: str, realm: Realm) -> Principal | None:
    """Return the principal of the realm that a name means: of the bus itself, or of a body of the catalogue.

    Whoever else is on the same cluster may have a name that looks like a body's code.
    """
    found = Principal.found(name)
    if found is None or found.user.realm is not realm or found.user.is_admin:
        return None
    return found if found.user.body is None or found.user.body in bodies() else None


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """One rule of a cluster."""

    principal: str
    """Without Kafka's `User:` before it; another kind of principal with its own."""
    right: Right
    host: str = ANY_HOST
    allows: bool = True


Quota = dict[str, float]
"""Limits of one principal, by Kafka's names."""
