"""The activation as it lies on `cbrn.bus.rulebook`: the book's own text, what was signed, and the signatures.

The YAML lies there as it was written, so that anyone with a Kafka reader can see what is in force, and the book of any
decision can be found again by its digest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from cbrn_routing.activation.errors import ActivationError, RecordError
from cbrn_routing.signing.statement import DIGEST, SEQUENCE_MAX, Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cbrn_schemas.topics import Realm

RECORD_BYTES_MAX: Final = 1_000_000
"""Under the topic's 1 MiB. The national book has about 0.1 MB."""
FILES_MAX: Final = 200
SIGNATURES_MAX: Final = 8

_FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.ya?ml$")]
_Base64 = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{20,100}={0,2}$")]


class Signature(BaseModel):
    """One person's signature. Whose key it is, the reader's own trust file says."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    key: _Base64
    """Public key, 32 bytes."""
    signature: _Base64
    """Over `Statement.encoded()`, 64 bytes."""


class Activation(BaseModel):
    """A rule book put into force by two persons."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    sequence: Annotated[int, Field(ge=1, le=SEQUENCE_MAX)]
    digest: Annotated[str, StringConstraints(pattern=f"^{DIGEST.pattern}$")]
    files: Annotated[dict[_FileName, str], Field(min_length=1, max_length=FILES_MAX)]
    """YAML by file name."""
    activated: AwareDatetime
    """What the activating machine's clock said. Nothing depends on it: the broker's time of the record counts."""
    signatures: Annotated[tuple[Signature, ...], Field(min_length=1, max_length=SIGNATURES_MAX)]

    def statement(self, realm: Realm) -> Statement:
        """Return what must have been signed for this realm."""
        return Statement(realm, self.sequence, self.digest)

    def key(self) -> bytes:
        """Return the record's key: the sequence number in ten digits."""
        return b"%010d" % self.sequence

    def encoded(self) -> bytes:
        """Return the record's value, in its one form."""
        return self.model_dump_json().encode()


def activation_of(
    files: Mapping[str, str], statement: Statement, signatures: Iterable[Signature], now: datetime
) -> Activation:
    """Make an activation to be written.

    Raises:
        RecordError: file names that no rule book has, or a book too large for a record.
    """
    try:
        made = Activation(
            sequence=statement.sequence,
            digest=statement.digest,
            files=dict(sorted(files.items())),
            activated=now.astimezone(UTC).replace(microsecond=0),
            signatures=tuple(signatures),
        )
    except ValidationError as error:
        raise _record_error(error) from None
    size = len(made.encoded())
    if size > RECORD_BYTES_MAX:
        raise RecordError(
            f"the book is too large for a record: {size} of {RECORD_BYTES_MAX} bytes",
            "Take comments and cases out of its files, or split long texts.",
        )
    return made


def parse_activation(key: bytes | None, value: bytes | None) -> Activation:
    """Read the activation in a record. Only the one form that `encoded` gives is accepted.

    So whatever any JSON reader makes of the bytes, it makes the same of them (no key twice, no other spelling).

    Raises:
        RecordError: it is none.
    """
    if value is None or len(value) > RECORD_BYTES_MAX:
        raise RecordError(
            f"the record is {'empty' if value is None else 'too large'}",
            "Only `cbrn rules activate` writes this topic.",
        )
    try:
        activation = Activation.model_validate_json(value)
    except ValidationError as error:
        raise _record_error(error) from None
    if activation.encoded() != value:
        raise RecordError("the record is not in canonical form", "Only `cbrn rules activate` writes this topic.")
    if key != activation.key():
        raise RecordError(
            f"the record's key {key!r} is not its sequence number", "Only `cbrn rules activate` writes this topic."
        )
    return activation


def _record_error(error: ValidationError) -> RecordError:
    first = error.errors(include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the whole"
    return RecordError(
        f"the record is no activation: {where}: {first['msg']}", "Only `cbrn rules activate` writes this topic."
    )


@dataclass(frozen=True, slots=True)
class Posted:
    """A record of the topic, read but not yet believed."""

    offset: int
    at: datetime
    """When the broker took it."""
    activation: Activation | None
    problem: ActivationError | None = None
    """Why it is no activation."""

    @classmethod
    def of(cls, offset: int, at: datetime, key: bytes | None, value: bytes | None) -> Posted:
        """Read what a record holds, or what is wrong with it."""
        try:
            return cls(offset, at, parse_activation(key, value))
        except RecordError as error:
            return cls(offset, at, None, error)
