"""The database made anew out of Kafka: what was in it is forgotten, a file that is broken is removed."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.engine import make_url

from cbrn_consumers.desk.store.database import Database, database_url
from cbrn_consumers.desk.store.errors import NotOursError, StoreError
from cbrn_consumers.desk.store.projection import Projection
from cbrn_consumers.desk.store.store import Store
from cbrn_consumers.desk.store.tables import metadata, records, situations
from cbrn_consumers.desk.store.tables import whose as whose_table

if TYPE_CHECKING:
    from cbrn_consumers.desk.store.database import Whose
    from cbrn_schemas.settings import Settings


class Rebuilt(NamedTuple):
    """What came of it."""

    situations: int
    records: int


async def rebuild(settings: Settings, whose: Whose) -> Rebuilt:
    """Build the desk's database anew; return once it holds all that Kafka does. No desk may use it meanwhile.

    Raises:
        StoreError: it is another desk's, or cannot be used at all.
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    url = database_url(settings, whose)
    await asyncio.to_thread(_empty, url, whose)
    store = await asyncio.to_thread(Store, url, whose)
    try:
        await Projection(store, settings).fill()
        with store.database.reading() as connection:
            counts = (
                connection.scalar(select(func.count()).select_from(table)) or 0 for table in (situations, records)
            )
            return Rebuilt(*counts)
    finally:
        await store.close()


def _empty(url: str, whose: Whose) -> None:
    try:
        database = Database(url, whose)
    except NotOursError:
        raise
    except StoreError:
        if not _remove(url):
            raise
        return
    try:
        with database.writing() as connection:
            for table in reversed(metadata.sorted_tables):
                if table is not whose_table:
                    connection.execute(delete(table))
    finally:
        database.close()


def _remove(url: str) -> bool:
    """Remove the file of a database that cannot be read; False where it is none in a file."""
    with suppress(Exception):
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database and Path(parsed.database).is_file():
            for ending in ("", "-wal", "-shm"):
                Path(f"{parsed.database}{ending}").unlink(missing_ok=True)
            return True
    return False
