"""The first tables, and the search over them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
LISTED = ["scope", "over", "due", "rank", "age", "situation", "region", "hazards"]
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_FTS5 = """
CREATE VIRTUAL TABLE situations_found USING fts5(
  found_by, content='situations', content_rowid='number',
  tokenize='unicode61 remove_diacritics 0', detail='none', columnsize=0
);;
CREATE TRIGGER situations_found_new AFTER INSERT ON situations BEGIN
  INSERT INTO situations_found(rowid, found_by) VALUES (new.number, new.found_by);
END;;
CREATE TRIGGER situations_found_gone AFTER DELETE ON situations BEGIN
  INSERT INTO situations_found(situations_found, rowid, found_by) VALUES ('delete', old.number, old.found_by);
END;;
CREATE TRIGGER situations_found_changed AFTER UPDATE OF found_by ON situations
WHEN old.found_by <> new.found_by BEGIN
  INSERT INTO situations_found(situations_found, rowid, found_by) VALUES ('delete', old.number, old.found_by);
  INSERT INTO situations_found(rowid, found_by) VALUES (new.number, new.found_by);
END
"""
"""Statements, with two semicolons between: the database's search follows its table by itself."""
_GIN = "CREATE INDEX situations_found ON situations USING gin (array_to_tsvector(string_to_array(found_by, ' ')))"


def upgrade() -> None:
    """Make them."""
    op.create_table("whose", sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False))
    op.create_table(
        "offsets",
        sa.Column("topic", _NAME, primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True),
        sa.Column("next", sa.BigInteger, nullable=False),
    )
    op.create_table("stale", sa.Column("situation", _NAME, primary_key=True))
    _records()
    _situations()
    _log()
    _readings()
    search = _FTS5 if op.get_bind().dialect.name == "sqlite" else _GIN
    for statement in search.split(";;"):
        op.execute(sa.text(statement.replace(":", r"\:")))


def _place() -> list[sa.Column[object]]:
    return [
        sa.Column("topic", _NAME, primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("offset", sa.BigInteger, primary_key=True, autoincrement=False),
    ]


def _records() -> None:
    op.create_table(
        "records",
        *_place(),
        sa.Column("body", _NAME, nullable=False),
        sa.Column("stream", _NAME, nullable=False),
        sa.Column("situation", _NAME, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("timestamp", sa.BigInteger, nullable=False),
        sa.Column("headers", sa.LargeBinary, nullable=False),
        sa.Column("key", sa.LargeBinary),
        sa.Column("value", sa.LargeBinary),
    )
    op.create_index("records_by_situation", "records", ["situation", "stream"])
    op.create_index("records_by_time", "records", ["stream", "body", "at"])
    notices = sa.text("stream = 'notices'")
    op.create_index("records_of_notices", "records", ["key"], sqlite_where=notices, postgresql_where=notices)


def _situations() -> None:
    op.create_table(
        "situations",
        sa.Column("number", _NUMBER, sa.Identity(), primary_key=True),
        sa.Column("scope", _NAME, nullable=False),
        sa.Column("situation", _NAME, nullable=False),
        sa.Column("over", sa.Boolean, nullable=False),
        sa.Column("due", sa.BigInteger, nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("age", sa.BigInteger, nullable=False),
        sa.Column("region", _NAME, nullable=False),
        sa.Column("hazards", _NAME, nullable=False),
        sa.Column("found_by", sa.Text, nullable=False),
        sa.Column("row", sa.Text, nullable=False),
        sa.UniqueConstraint("situation", "scope", name="situations_named"),
    )
    op.create_index("situations_listed", "situations", LISTED)


def _log() -> None:
    op.create_table(
        "asks",
        sa.Column("situation", _NAME, primary_key=True),
        sa.Column("body", _NAME, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("due", sa.BigInteger, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("answered", sa.BigInteger),
        sa.Column("withdrawn", sa.BigInteger),
    )
    op.create_index("asks_by_time", "asks", ["since"])
    op.create_table(
        "acts",
        *_place(),
        sa.Column("body", _NAME, nullable=False),
        sa.Column("situation", _NAME, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("entry", sa.Text, nullable=False),
    )
    op.create_index("acts_by_time", "acts", ["at"])
    op.create_index("acts_by_body", "acts", ["body", "at"])


def _readings() -> None:
    op.create_table(
        "readings",
        *_place(),
        sa.Column("name", _NAME, primary_key=True),
        sa.Column("body", _NAME, nullable=False),
        sa.Column("station", _NAME, nullable=False),
        sa.Column("kind", _NAME, nullable=False),
        sa.Column("place", _NAME, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("value", sa.Float(53), nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("readings_by_station", "readings", ["body", "station", "name", "at"])
    op.create_index("readings_by_time", "readings", ["at"])
