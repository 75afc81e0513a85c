"""The tables of the accounts' database. Times are whole milliseconds since 1970, UTC: the same in both databases.

The names begin with `account`, so that the tables can stand in the same PostgreSQL database as the desk's projection,
which can be thrown away at any time; these cannot: nothing in Kafka makes them again.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
VERSION_TABLE: Final = "account_version"
"""Of Alembic: own, beside the projection's."""

ACCOUNTS: Final = Table(
    "account",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("shown", String(200), nullable=False),
    Column("body", String(32), nullable=False),
    Column("role", String(16), nullable=False),
    Column("lang", String(2), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("password", String(256)),
    Column("issuer", String(256)),
    Column("subject", String(256)),
    UniqueConstraint("issuer", "subject"),
)

SESSIONS: Final = Table(
    "account_session",
    METADATA,
    Column("token_hash", String(64), primary_key=True),
    Column("id", String(16), nullable=False, unique=True),
    Column("account", String(16), ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("began", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("address", String(64), nullable=False),
    Column("agent", String(120), nullable=False),
)

ENTRIES: Final = Table(
    "account_entry",
    METADATA,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("act", String(32), nullable=False),
    Column("account", String(16)),  # no foreign key: an entry outlives what it speaks of
    Column("name", String(64), nullable=False),
    Column("by", String(200), nullable=False),
    Column("address", String(64), nullable=False),
    Column("note", String(200), nullable=False),
    Index(None, "at"),
    Index(None, "account", "act", "address", "at"),
)
"""Who signed in from where, who was refused and why, who changed whom: for auditors. Nothing secret."""

BEGUN: Final = Table(
    "account_begun",
    METADATA,
    Column("state_hash", String(64), primary_key=True),
    Column("verifier", String(128), nullable=False),
    Column("nonce", String(64), nullable=False),
    Column("next", String(512), nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""Sign-ins under way at the state's own provider; each is taken out once."""
