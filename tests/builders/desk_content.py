"""All that a desk's database holds, to compare two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from cbrn_consumers.desk.store.tables import metadata

if TYPE_CHECKING:
    from cbrn_consumers.desk.store.database import Database

GIVEN = "number"
"""A database numbers rows in the order of writing."""


def content(database: Database) -> dict[str, list[Any]]:
    """All rows of all tables, in an order that does not depend on when they were written."""
    with database.reading() as connection:
        return {
            name: sorted(
                connection.execute(select(*(each for each in table.c if each.name != GIVEN or name == "asks")))
            )
            for name, table in metadata.tables.items()
        }
