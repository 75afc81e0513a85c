"""The first form: accounts, sessions, entries, and sign-ins under way."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0001"
down_revision: Final = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "account",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("shown", sa.String(200), nullable=False),
        sa.Column("body", sa.String(32), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("lang", sa.String(2), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("must_change", sa.Boolean, nullable=False),
        sa.Column("password", sa.String(256)),
        sa.Column("issuer", sa.String(256)),
        sa.Column("subject", sa.String(256)),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("name", name="uq_account_name"),
        sa.UniqueConstraint("issuer", "subject", name="uq_account_issuer_subject"),
    )
    op.create_table(
        "account_session",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("account", sa.String(16), nullable=False),
        sa.Column("began", sa.BigInteger, nullable=False),
        sa.Column("seen", sa.BigInteger, nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("agent", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_account_session"),
        sa.UniqueConstraint("id", name="uq_account_session_id"),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name="fk_account_session_account", ondelete="CASCADE"),
    )
    op.create_index("ix_account_session_account", "account_session", ["account"])
    op.create_table(
        "account_entry",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("account", sa.String(16)),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_account_entry"),
    )
    op.create_index("ix_account_entry_at", "account_entry", ["at"])
    op.create_index("ix_account_entry_account_act_address_at", "account_entry", ["account", "act", "address", "at"])
    op.create_table(
        "account_begun",
        sa.Column("state_hash", sa.String(64), nullable=False),
        sa.Column("verifier", sa.String(128), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("next", sa.String(512), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name="pk_account_begun"),
    )


def downgrade() -> None:
    """Refuse: nothing makes accounts again that are dropped."""
    raise NotImplementedError("there is nothing before the first form of the accounts")
