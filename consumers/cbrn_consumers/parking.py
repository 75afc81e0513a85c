"""Where a feed puts an alert that its handler refuses: one file each, on the ministry's own disk.

So it is neither lost nor in the way. A body may write nothing on the bus but its own reports, hence a folder and not a
topic.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Self, cast

import msgspec

from cbrn_consumers.errors import ParkingError
from cbrn_schemas.records import rfc3339

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cbrn_routing.bus.record import Record
    from cbrn_schemas.envelope import Header

OFFSET_DIGITS: Final = 19
"""Digits of the largest Kafka offset (2^63 - 1): names of files sort as offsets do."""
ERROR_CHARACTERS_MAX: Final = 2000


class _Stored(msgspec.Struct):
    """What a file holds. Bytes are base64, as JSON wants it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]
    error: str
    attempts: int
    parked_at: str


@dataclass(frozen=True, slots=True)
class Parked:
    """A record that waits on disk; as good as the consumed one."""

    path: Path
    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header]
    """As they came; a content may be null, whatever the type says: Kafka allows it."""
    error: str
    """What the handler, or the reader, said last."""
    attempts: int
    parked_at: datetime

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the record in a file.

        Raises:
            ParkingError: the file cannot be read.
        """
        try:
            stored = msgspec.json.decode(path.read_bytes(), type=_Stored)
            moment = datetime.fromisoformat(stored.parked_at)
        except (OSError, ValueError, msgspec.DecodeError) as error:
            raise ParkingError(
                f"the parked alert {path} cannot be read: {error}", hint="Move the file away, and look into it by hand."
            ) from error
        return cls(
            path,
            stored.topic,
            stored.partition,
            stored.offset,
            stored.timestamp,
            stored.key,
            stored.value,
            cast("Sequence[Header]", stored.headers),
            stored.error,
            stored.attempts,
            moment,
        )


class Parking:
    """The folder of one feed. Files are for its owner's eyes only, since alerts may be restricted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def park(self, record: Record, *, error: str, attempts: int, now: datetime) -> Path:
        """Store a record so that it survives a loss of power; parking the same record again replaces it.

        Raises:
            ParkingError: it could not be stored.
        """
        stored = _Stored(
            record.topic,
            record.partition,
            record.offset,
            record.timestamp,
            record.key,
            record.value,
            [(name, None if content is None else bytes(content)) for name, content in record.headers],
            _storable(error),
            attempts,
            rfc3339(now),
        )
        path = self.folder / f"{record.topic}-{record.partition:03}-{record.offset:0{OFFSET_DIGITS}}.json"
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write_durably(path, msgspec.json.format(msgspec.json.encode(stored)))
        except OSError as fault:
            raise ParkingError(
                f"the alert cannot be parked in {self.folder}: {fault}",
                hint="Make room or mend the folder's rights, then start the feed again: the alert comes again.",
            ) from fault
        return path

    def files(self) -> list[Path]:
        """List the files of what waits, in the order in which it was received, partition by partition."""
        return sorted(self.folder.glob("*.json"))

    def parked(self) -> list[Parked]:
        """List what waits, in the order in which it was received, partition by partition.

        Raises:
            ParkingError: a file cannot be read.
        """
        return [Parked.read(path) for path in self.files()]

    def remove(self, parked: Parked) -> None:
        """Forget a record that has been handled.

        Raises:
            ParkingError: its file cannot be deleted.
        """
        try:
            parked.path.unlink(missing_ok=True)
        except OSError as fault:
            raise ParkingError(
                f"the parked alert {parked.path} was handled, but its file cannot be deleted: {fault}",
                hint="Mend the folder's rights or delete the file, or the alert is handled again at each start.",
            ) from fault


def _storable(error: str) -> str:
    """Make what was said last fit for JSON: a handler's words may hold half of a character."""
    return error[:ERROR_CHARACTERS_MAX].encode("utf-8", "backslashreplace").decode()


def _write_durably(path: Path, content: bytes) -> None:
    draft = path.with_suffix(".draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
