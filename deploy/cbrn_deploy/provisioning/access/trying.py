"""What credentials may do, tried: the program connects with them, and the broker says of each thing what it allows.

The answers are the broker's own (`authorized operations` of metadata, KIP-430), so nothing is written and nothing read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cbrn_deploy.provisioning.access.errors import AccessError
from cbrn_deploy.provisioning.access.protocol import opened
from cbrn_deploy.provisioning.access.rights import Operation, Resource, rights
from cbrn_schemas.catalogue.bodies import receivers
from cbrn_schemas.streams import STREAMS, owners
from cbrn_schemas.topics import Realm
from cbrn_schemas.users import Principal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from cbrn_deploy.provisioning.access.rights import Right
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.users import User

TRIED: Final[Mapping[Resource, tuple[Operation, ...]]] = {
    Resource.TOPIC: (
        Operation.READ,
        Operation.WRITE,
        Operation.DESCRIBE,
        Operation.CREATE,
        Operation.DELETE,
        Operation.ALTER,
        Operation.ALTER_CONFIGS,
    ),
    Resource.GROUP: (Operation.READ, Operation.DESCRIBE, Operation.DELETE),
    Resource.CLUSTER: (Operation.CREATE, Operation.ALTER, Operation.DESCRIBE, Operation.CLUSTER_ACTION),
}
_INCLUDED: Final = {
    Operation.DESCRIBE: {Operation.READ, Operation.WRITE, Operation.DELETE, Operation.ALTER, Operation.DESCRIBE},
    Operation.DESCRIBE_CONFIGS: {Operation.ALTER_CONFIGS, Operation.DESCRIBE_CONFIGS},
}
"""What includes an operation, by Kafka's rules."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the broker said of one operation, and what was planned."""

    resource: Resource
    name: str
    operation: Operation
    may: bool
    planned: bool

    @property
    def as_planned(self) -> bool:
        """Whether both are the same."""
        return self.may == self.planned


def planned(held: Iterable[Right], resource: Resource, name: str, operation: Operation) -> bool:
    """Tell whether rights allow an operation, with what Kafka includes in each."""
    enough = {*_INCLUDED.get(operation, ()), operation}
    return any(right.resource is resource and right.covers(name) and right.operation in enough for right in held)


async def ask(settings: Settings, user: User, on: date, bodies: Iterable[str] | None = None) -> list[Answer]:
    """Ask what whoever `settings` let in may do, and hold it against what `user` should.

    Asked is of the topics of its own body and of two others, or of `bodies`; of groups; of the realm's other half.
    """
    asked = sorted(set(bodies if bodies is not None else _some_bodies(user, on)))
    held = rights(user, on)
    topics = sorted(_topics(asked, on))
    groups = [f"{realm}.{end}" for realm in Realm for end in (*_groups(asked), "bus.router.incidents", "bus.watch")]
    async with opened(settings) as cluster:
        on_topics = await cluster.topics(topics)
        on_groups = await cluster.groups(groups)
        on_cluster = await cluster.cluster()
    found = [*_answers(Resource.TOPIC, on_topics, held), *_answers(Resource.GROUP, on_groups, held)]
    return [*found, *_answers(Resource.CLUSTER, {"kafka-cluster": on_cluster}, held)]


def principal_of(settings: Settings, file: Path) -> Principal:
    """Say as whom a credentials file lets in.

    Raises:
        AccessError: it names nobody.
        UserNameError: it names none of the bus.
    """
    if settings.username is not None:
        return Principal.parse(settings.username)
    from cryptography import x509  # noqa: PLC0415 - wanted for certificates only

    own = settings.certificate_file
    certificates = [] if own is None else x509.load_pem_x509_certificates(own.read_bytes())
    names = [
        str(a.value) for one in certificates[:1] for a in one.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    ]
    if not names:
        raise AccessError(f"{file} names no user", "Ask for a new one: cbrn access issue.")
    return Principal.parse(names[0])


def _answers(resource: Resource, found: Mapping[str, frozenset[Operation]], held: Iterable[Right]) -> Iterator[Answer]:
    rights_held = list(held)
    for name, operations in found.items():
        for operation in TRIED[resource]:
            yield Answer(
                resource, name, operation, operation in operations, planned(rights_held, resource, name, operation)
            )


def _some_bodies(user: User, on: date) -> list[str]:
    others = [body for body in receivers(on, ahead=True) if body != user.body]
    alike = [body for body in others if user.body is not None and body.startswith(f"{user.body}-")]
    return [*([user.body] if user.body else []), *[*alike, *others][:2]]


def _topics(bodies: Iterable[str], on: date) -> Iterator[str]:
    wanted = set(bodies)
    whose = {each: tuple(wanted.intersection(some)) for each, some in owners(on).items()}
    for stream in STREAMS:
        for realm in Realm:
            yield from stream.topics(realm, whose)


def _groups(bodies: Iterable[str]) -> Iterator[str]:
    for body in bodies:
        yield f"to.{body}.notify"
        yield f"to.{body}.console"
