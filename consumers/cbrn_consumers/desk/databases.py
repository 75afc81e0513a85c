"""What the two databases of a desk have in common: how an address is read, and how tables come to their newest form.

The projection can be thrown away and accounts cannot, so each keeps its own engine, pragmas and errors; both may lie in
one PostgreSQL database, so each notes in a table of its own how far Alembic has brought it. No table stands here.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import column, inspect, select, table, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection

_DRIVERS: Final = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg", "sqlite": "sqlite"}
_LOCK: Final = 0x6362_726E  # «cbrn»
"""Of PostgreSQL: two desks that start at once bring the tables to their form one after the other."""
_CAUSE_CHARS_MAX: Final = 200


class NewerFormError(Exception):
    """The tables are in a form that this program does not know: a newer one has made them."""


class Form(NamedTuple):
    """In which form a database's tables are wanted."""

    package: str
    """Whose `migrations` hold the steps."""
    version_table: str
    """In which Alembic notes how far it is."""
    newest: str
    """The last of the steps; a test compares."""


def address_of(url: str) -> URL:
    """Read the address of a database, with the driver that this program brings.

    Raises:
        ArgumentError: it is none, or of a database that nothing here is written for. It never repeats the address,
            which may hold a password.
    """
    parsed = make_url(url)
    drivername = _DRIVERS.get(parsed.drivername.partition("+")[0])
    if drivername is None:
        raise ArgumentError("it is neither sqlite: nor postgresql:")
    return parsed.set(drivername=drivername)


def cause_of(error: Exception) -> str:
    """Return what a database said, in one line."""
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0][:_CAUSE_CHARS_MAX]


def renew(connection: Connection, form: Form) -> None:
    """Make or renew the tables, in the transaction of the connection; a second one waits, and finds them renewed.

    Raises:
        NewerFormError: a newer program has made them.
        SQLAlchemyError: the database refuses.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    if _version(connection, form) == form.newest:
        return
    from alembic import command  # noqa: PLC0415 - a quarter of a second, and seldom needed
    from alembic.config import Config  # noqa: PLC0415 - as above
    from alembic.util import CommandError  # noqa: PLC0415 - as above

    logging.getLogger("alembic").setLevel(logging.WARNING)  # each step it takes is no news to whoever adds an account
    config = Config()
    config.set_main_option("script_location", f"{form.package}:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, form.newest)
    except CommandError as error:
        raise NewerFormError(cause_of(error)) from error


def _version(connection: Connection, form: Form) -> str | None:
    if not inspect(connection).has_table(form.version_table):
        return None
    found: str | None = connection.scalar(select(column("version_num")).select_from(table(form.version_table)))
    return found
