"""What a cluster allows against what the catalogue, the table of streams and the live credentials imply: pure.

Both ways: what is missing, and what is too much. What others have on the same cluster is theirs: it is named where it
reaches into the realm, and taken away only by whoever has seen the list (`prune`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from cbrn_deploy.provisioning.access.quotas import quota
from cbrn_deploy.provisioning.access.rights import Resource, rights, users
from cbrn_deploy.provisioning.access.rule import Rule, ours
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.users import Principal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from cbrn_deploy.provisioning.access.known import Known
    from cbrn_deploy.provisioning.access.rights import Right
    from cbrn_deploy.provisioning.access.rule import Quota
    from cbrn_schemas.topics import Realm
    from cbrn_schemas.users import User

CONNECT: Final = "connect-cluster-"
"""With this, and the name of its group, begins one transactional id of MirrorMaker: Kafka Connect has it so."""


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
    uncatalogued: tuple[Rule, ...]
    """Of live credentials, for a body that this catalogue does not know: whoever gave it has another catalogue folder,
    and taking the rules away would silence that body. Left alone without `prune`."""
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
        return tuple(sorted({*self.unknown, *self.foreign, *self.uncatalogued}))


def difference(found: Found, known: Known, realm: Realm, on: date) -> AccessDifference:
    """Compare what should be with what is, for one realm."""
    implied = frozenset(users(realm, on))
    wanted = {
        Rule(name, right): None
        for name, one in known.live.items()
        if one.principal.user in implied
        for right in rights(one.principal.user, on)
    }.keys()
    here = {rule for rule in found.rules if _reaches(rule.right, realm) and not _is_admins(rule)}
    decided = {rule for rule in here if rule.principal in known.live or rule.principal in known.gone}
    unknown = {rule for rule in here - decided if ours(rule.principal, realm) is not None}
    foreign = here - decided - unknown
    uncatalogued = {rule for rule in decided - wanted if _of_no_body_here(rule, known, realm)}
    holders = {one.principal.user for one in known.live.values()}
    return AccessDifference(
        add=tuple(sorted(wanted - found.rules)),
        remove=tuple(sorted(decided - wanted - uncatalogued)),
        passwords=tuple(sorted(found.passwords & known.gone)),
        quotas=_quotas(found.quotas, known, implied),
        unknown=tuple(sorted(unknown)),
        foreign=tuple(sorted(foreign)),
        uncatalogued=tuple(sorted(uncatalogued)),
        elsewhere=len(found.rules - here),
        without_credential=tuple(user for user in users(realm, on) if user not in holders),
        without_rights=tuple(name for name, one in known.live.items() if one.principal.user not in implied),
        unchanged=len(found.rules & wanted),
    )


def still_due(seen: AccessDifference, now: AccessDifference) -> AccessDifference:
    """Return what a person has seen and what differs still: what came up since, nobody has agreed to."""
    return replace(
        seen,
        add=tuple(sorted({*seen.add} & {*now.add})),
        remove=tuple(sorted({*seen.remove} & {*now.remove})),
        passwords=tuple(sorted({*seen.passwords} & {*now.passwords})),
        quotas={name: change for name, change in now.quotas.items() if name in seen.quotas},
        unknown=tuple(sorted({*seen.unknown} & {*now.unknown})),
        foreign=tuple(sorted({*seen.foreign} & {*now.foreign})),
    )


def _quotas(present: Mapping[str, Quota], known: Known, implied: Collection[User]) -> dict[str, tuple[Quota, Quota]]:
    planned = {name: quota(one.principal.user) for name, one in known.live.items() if one.principal.user in implied}
    ended: dict[str, Quota] = {name: {} for name in present if name in known.gone}
    return {
        name: (present.get(name, {}), limits)
        for name, limits in sorted((planned | ended).items())
        if present.get(name, {}) != limits
    }


def _of_no_body_here(rule: Rule, known: Known, realm: Realm) -> bool:
    """Tell whether a rule lets the bus, or a body itself, work for a body of which this catalogue knows nothing.

    A body that has ended is known: its row stays.
    """
    live = known.live.get(rule.principal)
    if live is None:
        return False
    user = live.principal.user
    if user.body is not None and user.body not in bodies():
        return True
    direction, _, rest = rule.right.name.removeprefix(f"{realm}.").partition(".")
    return user.body is None and direction in {"from", "to"} and rest.partition(".")[0] not in bodies()


def _is_admins(rule: Rule) -> bool:
    """Tell whether a rule is about who gives rights: the broker asks it for none."""
    found = Principal.found(rule.principal)
    return found is not None and found.user.is_admin


def _reaches(right: Right, realm: Realm) -> bool:
    if right.resource not in {Resource.TOPIC, Resource.GROUP, Resource.TRANSACTIONAL_ID}:
        return False
    whole, name = f"{realm}.", right.name.removeprefix(CONNECT)
    return name == "*" or name.startswith(whole) or (right.prefixed and whole.startswith(name))
