"""What a shard does about a batch that cannot be written: it looks for the record whose fault it is.

Each time a batch fails the next one is half as large, down to single records; one that fails by itself is set aside.
Errors of the broker, of the network and of the group are nobody's fault and never lead to that.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from aiokafka import errors
from aiokafka.errors import KafkaError

from cbrn_schemas.errors import InvalidEventError, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_routing.bus.record import Record
    from cbrn_routing.shards.member import Name
    from cbrn_schemas.envelope import Header

BATCH_RECORDS_MAX: Final = 2_000
"""Records handled at once where much has been left waiting: with 1,000 an event cost 7 % more, since a transaction has
its own price. By the national book they come to some 30 MB; see `Outbox.large` for larger ones."""
UNWRITABLE_MAX: Final = 10_000
"""Records known to be unwritable; each is met once more at the most, after a restart in place."""

_CODE: Final = (ValueError, TypeError, LookupError, ArithmeticError, struct.error, RecursionError, MemoryError)
"""What our own code or the client library raises over a record that it cannot lay out."""
_CIRCUMSTANCES: Final = (
    errors.ProducerFenced,
    errors.IllegalOperation,
    errors.IllegalStateError,
    errors.OutOfOrderSequenceNumber,
    errors.UnknownProducerId,
    errors.InvalidProducerEpoch,
    errors.InvalidTxnState,
    errors.InvalidProducerIdMapping,
    errors.ConcurrentTransactions,
    errors.TransactionCoordinatorFenced,
    errors.TransactionalIdAuthorizationFailed,
    errors.GroupAuthorizationFailedError,
    errors.ClusterAuthorizationFailedError,
    errors.SecurityDisabled,
    errors.UnknownMemberIdError,
    errors.IllegalGenerationError,
    errors.RebalanceInProgressError,
    errors.CommitFailedError,
    errors.ConsumerStoppedError,
    errors.ProducerClosed,
    errors.InvalidTimestampError,
)


def blames_the_batch(error: BaseException) -> bool:
    """Tell whether an error may be the fault of what was to be written."""
    if isinstance(error, KafkaError):
        return not error.retriable and not isinstance(error, _CIRCUMSTANCES)
    return isinstance(error, _CODE)


class Bare(NamedTuple):
    """A record of which only the place is left: even in quarantine its bytes could not be written."""

    topic: str
    partition: int
    offset: int
    key: bytes | None = None
    value: bytes | None = None
    headers: tuple[Header, ...] = ()
    timestamp: int = 0


class Caution:
    """How many records one shard takes at once, and which it has given up. It outlives a membership."""

    def __init__(self) -> None:
        self.records_max = BATCH_RECORDS_MAX
        self.unwritable: dict[Name, InvalidEventError] = {}
        self._bare: set[Name] = set()
        self._failed: Name | None = None
        """A record that has failed by itself once, with a broker that was well before and after."""

    @property
    def careful(self) -> bool:
        """Whether a batch has failed lately: then nothing is handled while another commits."""
        return self.records_max < BATCH_RECORDS_MAX

    def went_well(self) -> None:
        """Take more at once again."""
        self.records_max = min(2 * self.records_max, BATCH_RECORDS_MAX)

    def too_much(self) -> None:
        """Take less at once: what a slow broker does not finish in time, it may finish in parts."""
        self.records_max = max(self.records_max // 2, 1)

    def suspect(self, names: list[Name] | None, error: BaseException) -> bool:
        """Draw a conclusion from a batch of these records that failed; False where there is none to draw.

        None stands for records of which nothing is known but that they were not taken carefully.

        Call it only once the broker has shown that it is well: that the shard could be taken over anew.
        """
        if names is None:
            self.too_much()
            return True
        if not names:
            return False
        if len(names) > 1:
            self.records_max = len(names) // 2
            return True
        name = names[0]
        if name in self._bare:
            return False
        if name != self._failed:  # once may be chance
            self._failed, self.records_max = name, 1
            return True
        if len(self.unwritable) >= UNWRITABLE_MAX:
            self.unwritable.clear()
        if name in self.unwritable:
            self._bare.add(name)
        self.unwritable[name] = _unwritable(error, bare=name in self._bare)
        return True

    def seen(self, records: Iterable[Record]) -> list[Record]:
        """Return records as they are to be handled: of some only the place is left."""
        if not self._bare:
            return list(records)
        return [
            Bare(each.topic, each.partition, each.offset)
            if (each.topic, each.partition, each.offset) in self._bare
            else each
            for each in records
        ]


def _unwritable(error: BaseException, *, bare: bool) -> InvalidEventError:
    left_out = " Its bytes are left out here; they lie in the topic until its retention ends." if bare else ""
    return InvalidEventError(
        Reason.INTERNAL_ERROR,
        where="record",
        message=f"what is to be told about the record cannot be written: {type(error).__name__}: {error}"[:500],
        hint="Look for what is unusual about it (size, number of headers, names); mend it and publish it again under "
        f"the same id.{left_out}",
    )
