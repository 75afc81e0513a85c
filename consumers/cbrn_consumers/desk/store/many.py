"""Many rows into a table by one statement: SQLAlchemy's own way costs as much as what the database does with them.

SQLite runs a short statement many times; PostgreSQL, to which each run is a message, takes whole columns as arrays.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, Boolean, Float, Integer, LargeBinary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Column, Connection, Table

_OF_ARRAY: Final = (
    (Boolean, "boolean"),
    (BigInteger, "bigint"),
    (Integer, "integer"),
    (Float, "float8"),
    (LargeBinary, "bytea"),
)


def put(connection: Connection, table: Table, keys: tuple[str, ...], rows: Sequence[dict[str, Any]]) -> None:
    """Add rows of the same columns, or write them over those with the same keys; without keys add what is new."""
    if not rows:
        return
    names = tuple(rows[0])
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_statement(table, names, keys, "VALUES " + _marks(names)), _tuples(rows, names))
        return
    if keys:  # one statement writes no row twice: the last is what stays
        rows = list({tuple(row[key] for key in keys): row for row in rows}.values())
    arrays = ", ".join(f"%s::{_type(table.c[name])}[]" for name in names)
    statement = _statement(table, names, keys, f"SELECT * FROM unnest({arrays})")  # noqa: S608 - names of our own tables
    connection.exec_driver_sql(statement, tuple([row[name] for row in rows] for name in names))


def _tuples(rows: Sequence[dict[str, Any]], names: tuple[str, ...]) -> list[tuple[Any, ...]]:
    return [tuple([row[name] for name in names]) for row in rows]


def _marks(names: tuple[str, ...]) -> str:
    return f"({', '.join('?' * len(names))})"


@cache
def _statement(table: Table, names: tuple[str, ...], keys: tuple[str, ...], given: str) -> str:
    written = f"INSERT INTO {table.name} ({_listed(names)}) {given} ON CONFLICT "
    if not keys:
        return written + "DO NOTHING"
    changed = ", ".join(f'"{name}" = excluded."{name}"' for name in names if name not in keys)
    return f"{written}({_listed(keys)}) DO UPDATE SET {changed}"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _type(column: Column[Any]) -> str:
    return next((name for kind, name in _OF_ARRAY if isinstance(column.type, kind)), "text")
