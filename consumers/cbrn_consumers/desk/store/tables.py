"""The tables, as SQLAlchemy knows them. Times are microseconds since 1970 (UTC), so that both databases order alike.

What changes here needs a migration (`migrations/versions`); a test compares the two.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

Number = BigInteger().with_variant(Integer(), "sqlite")
Name = Text().with_variant(Text(collation="C"), "postgresql")
"""Text in the order of its bytes, as SQLite has it."""

metadata = MetaData()

whose = Table("whose", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))
"""Realm, body and reach of the desk: another one's must not be shown."""

offsets = Table(
    "offsets",
    metadata,
    Column("topic", Name, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next", BigInteger, nullable=False),
)

records = Table(
    "records",
    metadata,
    Column("topic", Name, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("body", Name, nullable=False),
    Column("stream", Name, nullable=False),
    Column("situation", Name, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("timestamp", BigInteger, nullable=False),
    Column("headers", LargeBinary, nullable=False),
    Column("key", LargeBinary),
    Column("value", LargeBinary),
    Index("records_by_situation", "situation", "stream"),
    Index("records_by_time", "stream", "body", "at"),
    Index(
        "records_of_notices",
        "key",
        sqlite_where=text("stream = 'notices'"),
        postgresql_where=text("stream = 'notices'"),
    ),
)
"""What Kafka holds, raw."""

stale = Table("stale", metadata, Column("situation", Name, primary_key=True))
"""Situations of which records were taken that their rows do not show yet."""

situations = Table(
    "situations",
    metadata,
    Column("number", Number, Identity(), primary_key=True),
    Column("scope", Name, nullable=False),
    Column("situation", Name, nullable=False),
    Column("over", Boolean, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("age", BigInteger, nullable=False),
    Column("region", Name, nullable=False),
    Column("hazards", Name, nullable=False),
    Column("found_by", Text, nullable=False),
    Column("row", Text, nullable=False),
    UniqueConstraint("situation", "scope", name="situations_named"),
    Index("situations_listed", "scope", "over", "due", "rank", "age", "situation", "region", "hazards"),
)
"""One row a scope and situation. `due`, `rank` and `age` are its place in the list."""

asks = Table(
    "asks",
    metadata,
    Column("situation", Name, primary_key=True),
    Column("body", Name, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("since", BigInteger, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("severity", Text, nullable=False),
    Column("answered", BigInteger),
    Column("withdrawn", BigInteger),
    Index("asks_by_time", "since"),
)
"""Answers that were asked for, for monthly figures."""

acts = Table(
    "acts",
    metadata,
    Column("topic", Name, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("body", Name, nullable=False),
    Column("situation", Name, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("entry", Text, nullable=False),
    Index("acts_by_time", "at"),
    Index("acts_by_body", "body", "at"),
)
"""The log: what bodies answered and the bus itself said."""

readings = Table(
    "readings",
    metadata,
    Column("topic", Name, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Name, primary_key=True),
    Column("body", Name, nullable=False),
    Column("station", Name, nullable=False),
    Column("kind", Name, nullable=False),
    Column("place", Name, nullable=False),
    Column("severity", Text, nullable=False),
    Column("value", Float(53), nullable=False),
    Column("unit", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("readings_by_station", "body", "station", "name", "at"),
    Index("readings_by_time", "at"),
)
"""Numbers of the last days."""

NEVER: Final = 2**62
"""In the place of a due time: nothing is asked for."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """Return microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(micros: int) -> datetime:
    """Return the time of so many microseconds since 1970 (UTC)."""
    return _EPOCH + timedelta(microseconds=micros)
