"""What can go wrong while topics are provisioned.

ProvisioningError
├── ClusterUnreachableError   no broker answers
├── PartitionsDifferError     the realm's topics have another number of partitions: nothing was applied
└── TopicNotReadyError        the cluster refused a topic, or it did not come up in time

Each holds a `hint`: what to do.
"""

from __future__ import annotations


class ProvisioningError(Exception):
    """Base of the package's errors."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class ClusterUnreachableError(ProvisioningError):
    """No broker answers."""


class PartitionsDifferError(ProvisioningError):
    """The realm's topics, or some of them, have another number of partitions than planned; nothing was applied."""


class TopicNotReadyError(ProvisioningError):
    """The cluster refused a topic or a setting, or a topic did not come up in time."""
