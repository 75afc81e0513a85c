"""What an auditor reads: each user, what it may do in words, as whom it can come, and what differs. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cbrn_deploy.provisioning.access.quotas import quota
from cbrn_deploy.provisioning.access.rights import process_of, rights, users
from cbrn_deploy.provisioning.access.words import limits, patterns, sentence
from cbrn_schemas.users import Principal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from cbrn_deploy.provisioning.access.difference import AccessDifference
    from cbrn_deploy.provisioning.access.known import Credential, Known
    from cbrn_deploy.provisioning.access.rights import Right
    from cbrn_deploy.provisioning.access.rule import Rule
    from cbrn_schemas.topics import Realm
    from cbrn_schemas.users import User


@dataclass(frozen=True, slots=True)
class Line:
    """One user."""

    user: User
    about: str
    words: str
    limits: str
    rights: Sequence[Right]
    credentials: Sequence[Credential]

    def as_json(self) -> dict[str, Any]:
        """Return plain values for machines."""
        return {
            "user": self.user.name,
            "may": self.words,
            "limits": quota(self.user),
            "rights": [right_json(each) for each in self.rights],
            "credentials": [credential_json(each) for each in self.credentials],
        }


def lines(realm: Realm, on: date, known: Known, body: str | None = None) -> list[Line]:
    """Return a line for each user of a realm, or for those of one body."""
    return [
        Line(
            user,
            process_of(user).about,
            sentence(user, held := rights(user, on)),
            limits(quota(user)),
            held,
            known.of(user),
        )
        for user in users(realm, on)
        if body is None or user.body == body
    ]


def of_body(found: AccessDifference, body: str | None) -> AccessDifference:
    """Keep what is about one body's principals."""
    if body is None:
        return found

    def wanted(name: str) -> bool:
        principal = Principal.found(name)
        return principal is not None and principal.user.body == body

    def only(rules: Iterable[Rule]) -> tuple[Rule, ...]:
        return tuple(rule for rule in rules if wanted(rule.principal))

    return replace(
        found,
        add=only(found.add),
        remove=only(found.remove),
        unknown=only(found.unknown),
        uncatalogued=only(found.uncatalogued),
        passwords=tuple(filter(wanted, found.passwords)),
        quotas={name: each for name, each in found.quotas.items() if wanted(name)},
        without_credential=tuple(user for user in found.without_credential if user.body == body),
        without_rights=tuple(filter(wanted, found.without_rights)),
    )


def changes(rules: Iterable[Rule]) -> list[tuple[str, str]]:
    """Return principals with what is said of each, by rules that are added or taken away."""
    grouped: dict[tuple[str, str], list[Right]] = {}
    for rule in rules:
        what = f"{'' if rule.allows else 'DENY '}{rule.right.operation} {rule.right.resource}"
        what += "" if rule.host == "*" else f" from {rule.host}"
        grouped.setdefault((rule.principal, what), []).append(rule.right)
    return [(principal, f"{what} {', '.join(patterns(some))}") for (principal, what), some in grouped.items()]


def as_json(found: AccessDifference) -> dict[str, Any]:
    """Return a difference as plain values for machines."""
    return {
        "add": [rule_json(each) for each in found.add],
        "remove": [rule_json(each) for each in found.remove],
        "passwords": list(found.passwords),
        "quotas": {name: {"present": p, "planned": q} for name, (p, q) in found.quotas.items()},
        "unknown": [rule_json(each) for each in found.unknown],
        "uncatalogued": [rule_json(each) for each in found.uncatalogued],
        "foreign": [rule_json(each) for each in found.foreign],
        "elsewhere": found.elsewhere,
        "without_credential": [user.name for user in found.without_credential],
        "without_rights": list(found.without_rights),
        "unchanged": found.unchanged,
    }


def right_json(right: Right) -> dict[str, Any]:
    """Return a right as plain values."""
    return {
        "resource": right.resource.value,
        "name": right.name,
        "prefixed": right.prefixed,
        "operation": right.operation.value,
    }


def rule_json(rule: Rule) -> dict[str, Any]:
    """Return a rule as plain values."""
    return {"principal": rule.principal, **right_json(rule.right), "host": rule.host, "allows": rule.allows}


def credential_json(one: Credential) -> dict[str, Any]:
    """Return a credential as plain values; never a secret."""
    return {
        "user": one.principal.user.name,
        "principal": one.principal.name,
        "kind": one.kind,
        "serial": one.serial,
        "until": None if one.until is None else one.until.isoformat(),
        "ends": None if one.ends is None else one.ends.isoformat(),
        "by": one.by,
        "reason": one.reason,
        "at": None if one.at is None else one.at.isoformat(),
    }
