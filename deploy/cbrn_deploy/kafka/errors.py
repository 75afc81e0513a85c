"""What can go wrong with the embedded broker.

EmbeddedKafkaError
├── FetchError               a jar cannot be had, or is not the one in the lock file
├── PortInUseError           somebody else listens on the port
├── DataFolderInUseError     another broker works in this data folder
├── DataFolderMismatchError  the folder was made for another number of brokers
├── BrokerStartError         the broker ended or stayed silent while starting
└── BrokerControlError       a running broker did not do what it was told

Each holds a `hint`, the remedy, since it is read by somebody who wanted to use the bus and not to learn Kafka, and a
`log`, the end of the broker's log where there is one. Both are shown below the traceback, too.
"""

from __future__ import annotations

from cbrn_schemas.errors import BusError


class EmbeddedKafkaError(BusError):
    """Base of the package's errors."""

    def __init__(self, message: str, *, hint: str, log: str = "") -> None:
        super().__init__(message, hint)
        self.log = log
        self.add_note(hint)
        if log:
            self.add_note(log)


class FetchError(EmbeddedKafkaError):
    """A jar cannot be had, or is not the one in the lock file."""


class PortInUseError(EmbeddedKafkaError):
    """Somebody else listens on the port."""


class DataFolderInUseError(EmbeddedKafkaError):
    """Another broker works in this data folder."""


class DataFolderMismatchError(EmbeddedKafkaError):
    """The data folder was made for another number of brokers."""


class BrokerStartError(EmbeddedKafkaError):
    """The broker ended or stayed silent while starting."""


class BrokerControlError(EmbeddedKafkaError):
    """A running broker did not do what it was told."""
