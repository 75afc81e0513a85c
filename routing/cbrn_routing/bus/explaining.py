"""What an error of one of Kafka's clients means for the person who reads: who, what, where, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    UnknownTopicOrPartitionError,
)

from cbrn_routing.bus.aside import aside
from cbrn_routing.bus.diagnosis import look_at_topic, user_of, why_refused
from cbrn_routing.bus.errors import BrokerUnreachableError, NotAuthorizedError, UnknownTopicError
from cbrn_routing.bus.handshake import NO_LEADER, NONE, TOPIC_DENIED

if TYPE_CHECKING:
    from cbrn_schemas.errors import BusError
    from cbrn_schemas.settings import Settings

Act = Literal["read", "write"]
DENIED: Final = (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)


def explained(error: Exception, topic: str, settings: Settings, doing: Act = "read") -> BusError:
    """Say what a client's error means, as far as the error tells."""
    if isinstance(error, TopicAuthorizationFailedError):
        return denied(settings, doing, f"topic {_named(error) or topic}")
    if isinstance(error, GroupAuthorizationFailedError):
        return denied(settings, "use", f"group {_named(error)}".rstrip() + f", with which topic {topic} is read")
    if isinstance(error, TransactionalIdAuthorizationFailed):
        return denied(settings, "write under", f"transactional id {_named(error)}".rstrip() + f" to topic {topic}")
    if isinstance(error, ClusterAuthorizationFailedError):
        return denied(settings, "act on", "the cluster itself")
    if isinstance(error, UnknownTopicOrPartitionError):
        return unknown(_named(error) or topic, settings)
    detail = "" if isinstance(error, KafkaConnectionError) else f" ({error})"
    return BrokerUnreachableError(f"no broker at {settings.bootstrap_servers} let us in{detail}")


async def told(error: Exception, topic: str, settings: Settings, doing: Act = "read") -> BusError:
    """Say what a client's error means; where it only says that a connection ended, the broker is asked why."""
    if isinstance(error, DENIED):
        return explained(error, topic, settings, doing)
    if isinstance(error, UnknownTopicOrPartitionError):
        return await unseen(settings, _named(error) or topic, doing)
    if (refused := await why_refused(settings)) is not None:
        return refused
    if isinstance(error, TimeoutError):
        return BrokerUnreachableError(
            f"no answer from {settings.bootstrap_servers} in time",
            hint="Check that Kafka runs and is not overloaded, then try again.",
        )
    return explained(error, topic, settings, doing)


def denied(settings: Settings, doing: str, what: str, hint: str | None = None) -> NotAuthorizedError:
    """Say that a right is missing: whose, to do what, with what, where; `hint` where no rule of its own is to come."""
    return NotAuthorizedError(f"{user_of(settings)} may not {doing} {what} on {settings.bootstrap_servers}", hint)


def unknown(topic: str, settings: Settings) -> UnknownTopicError:
    """Say that a topic is not seen, for whatever reason."""
    return UnknownTopicError(
        f"topic {topic} does not exist on {settings.bootstrap_servers}, or this user may not see it"
    )


async def unseen(settings: Settings, topic: str, doing: Act = "read") -> BusError:
    """Say why a topic is not seen. A broker hides one from whoever has no right, unless it is asked for by name."""
    found = await aside(look_at_topic, settings, topic)
    code = NONE if found is None else found.topic
    if code == TOPIC_DENIED:
        return denied(settings, doing, f"topic {topic}")
    if code == NO_LEADER:
        return BrokerUnreachableError(
            f"topic {topic} on {settings.bootstrap_servers} is led by no broker: those that have it are away",
            "Look at the brokers' logs; nothing is lost, it goes on once one of them is back.",
        )
    return unknown(topic, settings)


def _named(error: Exception) -> str:
    """Return the topic or group that the client's error names, if it does."""
    found = error.args[0] if error.args else ""
    if isinstance(found, set | frozenset | list | tuple):
        found = ", ".join(sorted(map(str, found)))
    return str(found)
