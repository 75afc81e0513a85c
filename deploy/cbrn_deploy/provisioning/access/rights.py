"""What each user may do, as Kafka's rules: pure. It follows from the table of streams and the catalogue of bodies.

A body has two rules that say nearly all, readable at a glance: it writes whatever begins with `cbrn.from.<body>.` and
reads whatever begins with `cbrn.to.<body>.`. Every prefix ends with a dot, or `cbrn.from.mes` were `mes-cmc`'s, too.
Whoever needs less, and each of the bus's processes, has one rule a topic: a prefix cannot say `cbrn.from.*.incidents`,
and a router that might read everybody's silences, or write both lanes, would have more than it needs.

What no rule of a broker can say is held elsewhere: that an event's source is the body whose topic it came on, that its
realm is the topic's, what a record may contain (all by the router, which quarantines), who decides for a body (keys;
see docs/signatures.md), and that one program of a body leaves alone the groups of another (they are one body's).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from cbrn_deploy.provisioning.access.processes import ALL_OF_A_BODY, OF_A_BODY, OF_THE_BUS
from cbrn_schemas.catalogue.bodies import partners, publishers, receivers
from cbrn_schemas.streams import STREAMS, owners
from cbrn_schemas.topics import Lane, from_topic, to_topic
from cbrn_schemas.users import ADMINISTRATOR, User

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from cbrn_deploy.provisioning.access.processes import Process
    from cbrn_schemas.streams import Stream, Whose
    from cbrn_schemas.topics import Realm


class Resource(StrEnum):
    """What a rule is about, by Kafka's names."""

    TOPIC = "topic"
    GROUP = "group"
    TRANSACTIONAL_ID = "transactional-id"
    CLUSTER = "cluster"
    DELEGATION_TOKEN = "delegation-token"  # noqa: S105 - Kafka's name of a kind of resource
    USER = "user"


class Operation(StrEnum):
    """What a rule allows, by Kafka's names. READ and WRITE include DESCRIBE; ALTER_CONFIGS, DESCRIBE_CONFIGS."""

    READ = "read"
    WRITE = "write"
    CREATE = "create"
    DELETE = "delete"
    ALTER = "alter"
    DESCRIBE = "describe"
    DESCRIBE_CONFIGS = "describe-configs"
    ALTER_CONFIGS = "alter-configs"
    CLUSTER_ACTION = "cluster-action"
    IDEMPOTENT_WRITE = "idempotent-write"
    CREATE_TOKENS = "create-tokens"
    DESCRIBE_TOKENS = "describe-tokens"
    ALL = "all"


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One rule that allows one operation on one name, or on every name that begins with it."""

    resource: Resource
    name: str
    prefixed: bool
    operation: Operation

    def covers(self, name: str) -> bool:
        """Tell whether a name is meant."""
        return name.startswith(self.name) if self.prefixed else name == self.name


def users(realm: Realm, on: date) -> tuple[User, ...]:
    """Return every user of a realm that the catalogue implies, for bodies that exist on that day or begin after it."""
    telling, told, abroad = (kind(on, ahead=True) for kind in (publishers, receivers, partners))
    found = [User(realm, None, process) for process in OF_THE_BUS]
    for body in sorted({*telling, *told}):
        found.append(User(realm, body))
        if body in telling or body in abroad:
            found.append(User(realm, body, "gateway"))
        if body in told:
            found += [User(realm, body, process) for process in ("feed", "desk", "notify")]
    return tuple(found)


def process_of(user: User) -> Process:
    """Return what a user is on the bus. Raises KeyError for a person who gives rights: no rule is about that one."""
    if user.body is None:
        return OF_THE_BUS[user.process or ""]
    return ALL_OF_A_BODY if user.process is None else OF_A_BODY[user.process]


def rights(user: User, on: date) -> tuple[Right, ...]:
    """Return the rules for one user, in order; none for a person who gives rights, nor for a body that is no more."""
    if user == ADMINISTRATOR:
        return ()
    bodies = owners(on)
    if user.body is not None:
        bodies = {whose: tuple(body for body in some if body == user.body) for whose, some in bodies.items()}
        if not any(bodies.values()):
            return ()
    process = process_of(user)
    if process.abroad:
        bodies = {whose: tuple(body for body in some if body in bodies["partner"]) for whose, some in bodies.items()}
    found = {
        *_on_topics(user.realm, process, bodies),
        *_beside(user, process),
        *_heard(user.realm, process, owners(on)["partner"]),
    }
    if user.body is not None and user.process is None:
        found = set(_shortened(user.realm, user.body, found))
    return tuple(sorted(found))


def _on_topics(realm: Realm, process: Process, bodies: Mapping[Whose, tuple[str, ...]]) -> Iterator[Right]:
    for stream in STREAMS:
        for parties, operation in ((stream.readers, Operation.READ), (stream.writers, Operation.WRITE)):
            if parties & process.parties:
                for topic in _topics(stream, realm, process.lane, bodies):
                    yield Right(Resource.TOPIC, topic, prefixed=False, operation=operation)


def _topics(stream: Stream, realm: Realm, lane: Lane | None, bodies: Mapping[Whose, tuple[str, ...]]) -> Iterable[str]:
    """List a stream's topics, of one lane only where that is said: streams of a lane end with its name."""
    others = () if lane is None else tuple(end for each in Lane if each is not lane for end in (each, each.delivery))
    return (topic for topic in stream.topics(realm, bodies) if not topic.endswith(others))


def _beside(user: User, process: Process) -> Iterator[Right]:
    """Yield what is asked for beside topics."""

    def named(resource: Resource, names: Iterable[str], operation: Operation) -> Iterator[Right]:
        for name in names:
            full = f"{user.realm}.{name.format(body=user.body)}"
            yield Right(resource, full, prefixed=name.endswith("."), operation=operation)

    yield from named(Resource.GROUP, process.groups, Operation.READ)
    yield from named(Resource.GROUP, process.sees_groups, Operation.DESCRIBE)
    yield from named(Resource.TRANSACTIONAL_ID, process.transactional_ids, Operation.WRITE)
    for body in process.alarms:
        topic = to_topic(user.realm, body, "alerts")
        yield Right(Resource.TOPIC, topic, prefixed=False, operation=Operation.WRITE)
    if process.provisions:
        for operation in (Operation.CREATE, Operation.ALTER_CONFIGS, Operation.DESCRIBE):
            yield Right(Resource.TOPIC, f"{user.realm}.", prefixed=True, operation=operation)


def _heard(realm: Realm, process: Process, partners: Iterable[str]) -> Iterator[Right]:
    if process.hears_partners:
        for partner in partners:
            topic = from_topic(realm, partner, Lane.INCIDENTS)
            yield Right(Resource.TOPIC, topic, prefixed=False, operation=Operation.READ)


def _shortened(realm: Realm, body: str, found: Iterable[Right]) -> Iterator[Right]:
    """Replace what a body writes and is told, topic by topic, by the two rules that mean the same."""
    whole = (
        Right(Resource.TOPIC, f"{realm}.from.{body}.", prefixed=True, operation=Operation.WRITE),
        Right(Resource.TOPIC, f"{realm}.to.{body}.", prefixed=True, operation=Operation.READ),
    )
    for right in found:
        same = (
            each
            for each in whole
            if (each.resource, each.operation) == (right.resource, right.operation) and each.covers(right.name)
        )
        yield next(same, right)
