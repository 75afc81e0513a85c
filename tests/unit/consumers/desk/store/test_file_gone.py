"""The file of a desk's database deleted or replaced while the desk runs: it is filled anew, and nothing is mixed."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.builders.desk_store import Records, desk_store

from cbrn_consumers.desk.store import StoreError
from cbrn_consumers.desk.store.errors import NotOursError


async def emptied(store, file):
    await asyncio.gather(*(store.row("moh", "KG-1") for _ in range(4)))  # connections that wait to be used again
    for each in file.parent.glob(f"{file.name}*"):
        each.unlink()


async def test_a_deleted_file_is_made_anew_and_filled_again(tmp_path):
    """Of connections old and new each would else see another database, and pages fail at random."""
    file, store, record = (
        tmp_path / "desk.sqlite3",
        desk_store(tmp_path, "moh"),
        Records().alert("moh", situation="KG-1"),
    )
    await store.take([record])
    await emptied(store, file)
    assert store.database.replaced
    with pytest.raises(StoreError):
        await store.row("moh", "KG-1")
    store.open_again()
    assert not store.heard(record)
    assert store.keeping.positions() == {}
    assert await store.row("moh", "KG-1") is None
    await store.take([record])
    found = await asyncio.gather(*(store.row("moh", "KG-1") for _ in range(12)))
    assert all(found)
    assert not store.database.replaced
    await store.close()


async def test_a_file_of_another_desk_in_its_place_is_not_written(tmp_path):
    """One ministry must not be shown what another is told."""
    file, store = tmp_path / "desk.sqlite3", desk_store(tmp_path, "moh")
    await emptied(store, file)
    (tmp_path / "other").mkdir()
    other = desk_store(tmp_path / "other", "mia")
    await other.close()
    (tmp_path / "other" / "desk.sqlite3").replace(file)
    with pytest.raises(NotOursError):
        store.open_again()
    assert store.database.replaced
    await store.close()


def test_offsets_that_cannot_be_read_are_a_fault_of_the_database(tmp_path):
    """Whoever follows Kafka waits for a database that is away, and does not end the desk."""
    store = desk_store(tmp_path, "moh")
    with ThreadPoolExecutor() as pool:
        pool.submit(store.database.close).result()
    (tmp_path / "desk.sqlite3").unlink()
    (tmp_path / "desk.sqlite3").mkdir()
    with pytest.raises(StoreError, match="does not answer"):
        store.keeping.positions()
