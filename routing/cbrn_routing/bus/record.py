"""A consumed record: what anybody needs of it who decides by it."""

from __future__ import annotations

from typing import Any, Protocol


class Record(Protocol):
    """What is needed of a consumed record (aiokafka's ConsumerRecord has it)."""

    @property
    def topic(self) -> str:
        """Where it was read."""

    @property
    def partition(self) -> int:
        """Partition of the topic."""

    @property
    def offset(self) -> int:
        """Position in the partition."""

    @property
    def timestamp(self) -> int:
        """Milliseconds since 1970; 0 where it is not known any more."""

    @property
    def key(self) -> bytes | None:
        """Its key as it was written."""

    @property
    def value(self) -> bytes | None:
        """Its bytes."""

    @property
    def headers(self) -> Any:
        """Pairs of name and bytes."""
