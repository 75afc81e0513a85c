"""Signatures of a fetched batch, verified in threads while the batch before it commits.

A check takes some 70 us, as long as routing: so a record without a signature is only looked at, and cryptography lets
go of Python's lock while it computes. What was found travels with its record.
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from cbrn_routing.shards.placement import original
from cbrn_routing.signatures.verdict import judge
from cbrn_schemas.headers import SIGNATURE, Header
from cbrn_schemas.records import broker_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from cbrn_routing.bus.record import Record
    from cbrn_routing.signatures.register import RegisteredKey
    from cbrn_routing.signatures.verdict import Verdict

Place = TypeVar("Place")

WORKERS_MAX: Final = 4
AT_ONCE_MAX: Final = 2
"""So few are verified in place: a thread would cost as much."""


class Inspected(NamedTuple):
    """A record as it was fetched, and what its signature is worth."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    timestamp_type: int | None
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header]
    verdict: Verdict | None


class Inspector:
    """Verifies what is signed, by the keys of the moment."""

    def __init__(
        self, misplaced: str, keys: Callable[[], Mapping[str, RegisteredKey]], clock: Callable[[], datetime]
    ) -> None:
        self._misplaced = misplaced
        self._keys = keys
        self._clock = clock
        self._workers = max(1, min(WORKERS_MAX, os.cpu_count() or 1))
        self._pool: ThreadPoolExecutor | None = None

    async def inspect(self, fetched: dict[Place, list[Any]]) -> dict[Place, list[Any]]:
        """Return the same records in the same order, those that are signed with their verdict."""
        signed = [
            (records, position)
            for records in fetched.values()
            for position, record in enumerate(records)
            if _is_signed(record)
        ]
        if not signed:
            return fetched
        keys, now = self._keys(), self._clock()
        given = [records[position] for records, position in signed]
        if len(given) <= AT_ONCE_MAX:
            found = self._judged(given, keys, now)
        else:
            found = await self._apart(given, keys, now)
        for (records, position), inspected in zip(signed, found, strict=True):
            records[position] = inspected
        return fetched

    def close(self) -> None:
        """Let the threads go."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)

    async def _apart(self, given: list[Record], keys: Mapping[str, RegisteredKey], now: datetime) -> list[Inspected]:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="signatures")
        loop, size = asyncio.get_running_loop(), -(-len(given) // self._workers)
        parts = [given[begin : begin + size] for begin in range(0, len(given), size)]
        done = [loop.run_in_executor(self._pool, self._judged, part, keys, now) for part in parts]
        return [inspected for part in await asyncio.gather(*done) for inspected in part]

    def _judged(self, records: Sequence[Any], keys: Mapping[str, RegisteredKey], now: datetime) -> list[Inspected]:
        return [_inspected(record, self._verdict(record, keys, now)) for record in records]

    def _verdict(self, record: Any, keys: Mapping[str, RegisteredKey], now: datetime) -> Verdict | None:
        taken = broker_time(record.timestamp, record.timestamp_type, now)
        if record.topic != self._misplaced:
            return judge(record, taken, keys)
        try:
            return judge(original(record), taken, keys)
        except ValueError:
            return None  # no router has written it: it is set aside for that


def _is_signed(record: Any) -> bool:
    for header in record.headers:  # noqa: SIM110 - for every record; a generator costs three times as much
        if header[0] == SIGNATURE:
            return True
    return False


def _inspected(record: Any, verdict: Verdict | None) -> Inspected:
    return Inspected(
        record.topic,
        record.partition,
        record.offset,
        record.timestamp,
        record.timestamp_type,
        record.key,
        record.value,
        record.headers,
        verdict,
    )
