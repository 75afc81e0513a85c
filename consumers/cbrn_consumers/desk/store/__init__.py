"""The desk's database: what Kafka holds, kept so that a list of thousands is read at once. No page.

`Projection` reads the desk's topics and hands batches to the `Store`, which keeps records, rows and offsets in one
transaction and answers what pages ask. Nothing in it is the truth: it can be lost, and is filled again.
"""

from cbrn_consumers.desk.store.database import Whose, database_url
from cbrn_consumers.desk.store.errors import NotOursError, StoreError
from cbrn_consumers.desk.store.projection import Projection, topics_of
from cbrn_consumers.desk.store.rebuilding import Rebuilt, rebuild
from cbrn_consumers.desk.store.shown import (
    ALL,
    Entry,
    Filters,
    ListState,
    Noted,
    Page,
    Party,
    Pulse,
    Row,
    Sent,
    Station,
)
from cbrn_consumers.desk.store.store import Store

__all__ = [
    "ALL",
    "Entry",
    "Filters",
    "ListState",
    "NotOursError",
    "Noted",
    "Page",
    "Party",
    "Projection",
    "Pulse",
    "Rebuilt",
    "Row",
    "Sent",
    "Station",
    "Store",
    "StoreError",
    "Whose",
    "asked",
    "database_url",
    "rebuild",
    "topics_of",
]
