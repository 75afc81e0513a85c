"""Why Kafka could not be read or written, whoever asked: the same for producers, consumers and operators.

BusError
├── BrokerUnreachableError   nobody answered in time, or stopped answering
│   ├── NobodyListensError   none of the addresses accepts a connection
│   └── NotLetInError        somebody answers, and does not let us in: `refusal` says why
├── UnknownTopicError        the topic does not exist, or may not be seen
└── NotAuthorizedError       we are let in, and may not do this
"""

from __future__ import annotations

from enum import StrEnum

from cbrn_schemas.errors import BusError


class Refusal(StrEnum):
    """Why a broker does not let a client in."""

    PLAIN_FOR_TLS = "plain-for-tls"
    TLS_FOR_PLAIN = "tls-for-plain"
    NO_KAFKA = "no-kafka"
    TLS_VERSION = "tls-version"
    SERVER_UNTRUSTED = "server-untrusted"
    SERVER_NAME = "server-name"
    SERVER_EXPIRED = "server-expired"
    SERVER_NOT_YET = "server-not-yet"
    CERTIFICATE_WANTED = "certificate-wanted"
    CLIENT_UNTRUSTED = "client-untrusted"
    CLIENT_EXPIRED = "client-expired"
    CLIENT_NOT_YET = "client-not-yet"
    PASSWORD = "password"  # noqa: S105 - a reason, no password
    PASSWORD_WANTED = "password-wanted"  # noqa: S105 - as above
    NO_PASSWORD_HERE = "no-password-here"  # noqa: S105 - as above
    MECHANISM = "mechanism"
    NOT_READY = "not-ready"
    ELSEWHERE = "elsewhere"
    THROTTLED = "throttled"


PASSES_BY_ITSELF = frozenset({Refusal.NOT_READY, Refusal.THROTTLED})
"""A broker that starts, or a moment later: whoever has time tries again at once."""


class BrokerUnreachableError(BusError, ConnectionError):
    """No broker answered in time, or it stopped answering."""

    hint = "Check the address (CBRN_BOOTSTRAP_SERVERS), that Kafka runs, and the certificate or password."


class NobodyListensError(BrokerUnreachableError):
    """None of the addresses accepts a connection."""

    hint = "Check the address (CBRN_BOOTSTRAP_SERVERS) and that Kafka runs; `cbrn up` starts one on this machine."


class NotLetInError(BrokerUnreachableError):
    """A broker, or something else, answers and does not let this program in."""

    def __init__(self, refusal: Refusal, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.refusal = refusal

    @property
    def passes(self) -> bool:
        """Whether it may be over in a moment, without anybody doing something."""
        return self.refusal in PASSES_BY_ITSELF


class UnknownTopicError(BusError, LookupError):
    """The topic does not exist, or the user may not see it."""

    hint = "Create the realm's topics with `cbrn topics apply`, or check body, realm and the user's rights."


class NotAuthorizedError(BusError, PermissionError):
    """The broker refused the user."""

    hint = (
        "`cbrn access test FILE` tells what these credentials may do; `cbrn access plan` what is missing, "
        "`cbrn access apply` gives it."
    )
