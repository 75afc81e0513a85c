"""Rights in words that an auditor reads at a glance: one line a user. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from cbrn_deploy.provisioning.access.rights import Operation, Resource

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cbrn_deploy.provisioning.access.rights import Right
    from cbrn_schemas.users import User

KIB: Final = 1024
MIB: Final = 1024 * KIB
_VERBS: Final[Mapping[Operation, str]] = {
    Operation.READ: "reads",
    Operation.WRITE: "writes",
    Operation.CREATE: "creates",
    Operation.ALTER_CONFIGS: "changes the settings of",
    Operation.DESCRIBE: "sees",
}
_OF_A_BODY: Final = re.compile(
    r"(?P<realm>cbrn(?:-exercise)?)\.(?P<way>from|to)\.(?P<body>[a-z0-9-]+)\.(?P<stream>[a-z-]+)"
)


def sentence(user: User, rights: Sequence[Right]) -> str:
    """Say what a user may do, and that it is all."""
    if user.is_admin:
        return "gives and takes rights; the brokers ask it for none"
    if not rights:
        return "nothing"
    return "; ".join([*_topics(user, rights), *_beside(rights), "nothing else"])


def limits(quota: Mapping[str, float]) -> str:
    """Say how much a principal may ask of a broker."""
    if not quota:
        return "no limits"
    said = {"producer_byte_rate": "writes", "consumer_byte_rate": "reads"}
    found = [f"{does} {_rate(quota[key])}" for key, does in said.items() if key in quota]
    found += [f"{quota['request_percentage']:g} % of a request thread"] if "request_percentage" in quota else []
    return "at most " + ", ".join(found)


def _rate(rate: float) -> str:
    return f"{rate / MIB:g} MiB/s" if rate >= MIB else f"{rate / KIB:g} KiB/s"


def _topics(user: User, rights: Iterable[Right]) -> Iterable[str]:
    held: dict[Operation, list[Right]] = defaultdict(list)
    for right in rights:
        if right.resource is Resource.TOPIC:
            held[right.operation].append(right)
    for operation in (Operation.WRITE, Operation.READ, Operation.CREATE, Operation.ALTER_CONFIGS, Operation.DESCRIBE):
        own = [right for right in held[operation] if operation is Operation.READ and _is_own(user, right)]
        other = [right for right in held[operation] if right not in own]
        if other:
            yield f"{_VERBS[operation]} {', '.join(patterns(other))}"
        if own:
            yield f"reads back its own {', '.join(right.name.rpartition('.')[2] for right in own)}"


def _is_own(user: User, right: Right) -> bool:
    return user.body is not None and right.name.startswith(f"{user.realm}.from.{user.body}.")


def _beside(rights: Sequence[Right]) -> Iterable[str]:
    for resource, operation, text in (
        (Resource.GROUP, Operation.READ, "reads in groups {}"),
        (Resource.GROUP, Operation.DESCRIBE, "sees how far groups {} have come"),
        (Resource.TRANSACTIONAL_ID, Operation.WRITE, "writes all or nothing under {}"),
    ):
        names = [right for right in rights if (right.resource, right.operation) == (resource, operation)]
        if names:
            yield text.format(", ".join(patterns(names)))


def patterns(rights: Iterable[Right]) -> list[str]:
    """Return names, a star for what may follow, and one line for a stream of many bodies."""
    found: dict[str, int] = defaultdict(int)
    single: dict[str, str] = {}
    for right in rights:
        if (of_body := _OF_A_BODY.fullmatch(right.name)) is None:
            found[f"{right.name}*" if right.prefixed else right.name] = 1
            continue
        star = f"{of_body['realm']}.{of_body['way']}.*.{of_body['stream']}"
        found[star] += 1
        single[star] = right.name
    return [
        name if name not in single else (single[name] if count == 1 else f"{name} ({count} bodies)")
        for name, count in sorted(found.items())
    ]
