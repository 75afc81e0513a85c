"""What a cluster allows against what the catalogue, the table of streams and the live credentials imply: pure.

Both ways: what is missing, and what is too much. What others have on the same cluster is theirs: it is named where it
reaches into the realm, and taken away only by whoever has seen the list (`prune`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cbrn_deploy.provisioning.access.quotas import quota
from cbrn_deploy.provisioning.access.rights import Resource, rights, users
from cbrn_deploy.provisioning.access.rule import EVERYBODY, Rule
from cbrn_schemas.users import Principal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from cbrn_deploy.provisioning.access.known import Known
    from cbrn_deploy.provisioning.access.rights import Right
    from cbrn_deploy.provisioning.access.rule import Quota
    from cbrn_schemas.topics import Realm
    from cbrn_schemas.users import User


@dataclass(frozen=True, slots=True)
class Found:
    """A cluster as it is."""

    rules: frozenset[Rule]
    passwords: frozenset[str]
    quotas: Mapping[str, Quota] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AccessDifference:
    """All that `apply` would do, and what it would not."""

    add: tuple[Rule, ...]
    remove: tuple[Rule, ...]
    """Of our principals, in our realm: beyond what they may, or of a credential that is no more."""
    passwords: tuple[str, ...]
    """Of credentials that are no more."""
    quotas: Mapping[str, tuple[Quota, Quota]]
    """By principal: present and planned."""
    unknown: tuple[Rule, ...]
    """Of principals that are called as ours are and have no credential that is known, such as a certificate issued
    before there was a log. Left alone without `prune`."""
    foreign: tuple[Rule, ...]
    """Of others, and within the realm: they can read, write or refuse what is the bus's. Left alone without `prune`."""
    elsewhere: int
    """Rules that have nothing to do with the realm: never touched."""
    without_credential: tuple[User, ...]
    """Users that the catalogue implies, and as whom nobody can come."""
    without_rights: tuple[str, ...]
    """Principals with a credential, of whom the catalogue does not know the body: they may do nothing."""
    unchanged: int

    @property
    def empty(self) -> bool:
        """Whether nothing is to be done."""
        return not (self.add or self.remove or self.passwords or self.quotas)

    @property
    def prunable(self) -> tuple[Rule, ...]:
        """What only `prune` takes away."""
        return tuple(sorted({*self.unknown, *self.foreign}))


def difference(found: Found, known: Known, realm: Realm, on: date) -> AccessDifference:
    """Compare what should be with what is, for one realm."""
    implied = frozenset(users(realm, on))
    wanted = {
        Rule(name, right): None
        for name, one in known.live.items()
        if one.principal.user in implied
        for right in rights(one.principal.user, on)
    }.keys()
    ours = {rule for rule in found.rules if rule.is_ours(realm) and _reaches(rule.right, realm)}
    decided = {rule for rule in ours if rule.principal in known.live or rule.principal in known.gone}
    foreign = {rule for rule in found.rules - ours if _is_foreign_here(rule, realm)}
    holders = {one.principal.user for one in known.live.values()}
    return AccessDifference(
        add=tuple(sorted(wanted - found.rules)),
        remove=tuple(sorted(decided - wanted)),
        passwords=tuple(sorted(found.passwords & known.gone)),
        quotas=_quotas(found.quotas, known, implied, realm),
        unknown=tuple(sorted(ours - decided)),
        foreign=tuple(sorted(foreign)),
        elsewhere=len(found.rules - ours - foreign),
        without_credential=tuple(user for user in users(realm, on) if user not in holders),
        without_rights=tuple(name for name, one in known.live.items() if one.principal.user not in implied),
        unchanged=len(found.rules & wanted),
    )


def _quotas(
    present: Mapping[str, Quota], known: Known, implied: Collection[User], realm: Realm
) -> dict[str, tuple[Quota, Quota]]:
    planned = {name: quota(one.principal.user) for name, one in known.live.items() if one.principal.user in implied}
    ended: dict[str, Quota] = {name: {} for name in present if name in known.gone and _is_of(name, realm)}
    return {
        name: (present.get(name, {}), limits)
        for name, limits in sorted((planned | ended).items())
        if present.get(name, {}) != limits
    }


def _is_of(name: str, realm: Realm) -> bool:
    found = Principal.found(name)
    return found is not None and found.user.realm is realm


def _is_foreign_here(rule: Rule, realm: Realm) -> bool:
    """Tell whether somebody else's rule says something about the realm; `*` as a name means everything."""
    if rule.is_ours(realm) or not _reaches(rule.right, realm):
        return rule.principal == EVERYBODY and _reaches(rule.right, realm)
    found = Principal.found(rule.principal)
    return found is None or not found.user.is_admin


def _reaches(right: Right, realm: Realm) -> bool:
    if right.resource not in {Resource.TOPIC, Resource.GROUP, Resource.TRANSACTIONAL_ID}:
        return False
    whole = f"{realm}."
    return right.name == "*" or right.name.startswith(whole) or (right.prefixed and whole.startswith(right.name))
