"""Why Kafka could not be read or written, whoever asked: the same three for producers, consumers and operators."""

from __future__ import annotations

from cbrn_schemas.errors import BusError


class BrokerUnreachableError(BusError, ConnectionError):
    """No broker answered in time, or it stopped answering."""

    hint = "Check the address (CBRN_BOOTSTRAP_SERVERS), that Kafka runs, and the certificate or password."


class NobodyListensError(BrokerUnreachableError):
    """None of the addresses accepts a connection."""

    hint = "Check the address (CBRN_BOOTSTRAP_SERVERS) and that Kafka runs; `cbrn up` starts one on this machine."


class UnknownTopicError(BusError, LookupError):
    """The topic does not exist, or the user may not see it."""

    hint = "Create the realm's topics with `cbrn topics apply`, or check body, realm and the user's rights."


class NotAuthorizedError(BusError, PermissionError):
    """The broker refused the user."""
