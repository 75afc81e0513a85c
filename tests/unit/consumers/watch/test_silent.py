"""What the watch has found silent, read from its own memory by whoever looks."""

from datetime import UTC, datetime
from types import SimpleNamespace

from cbrn_consumers.watch import silent
from cbrn_consumers.watch.memory import WatchState
from cbrn_schemas.topics import Realm

AT = datetime(2026, 11, 27, 3, tzinfo=UTC)


async def read(monkeypatch, *records):
    async def read_all(_, topic):
        assert topic.endswith("state-watch")
        return [SimpleNamespace(partition=partition, key=key, value=value) for partition, key, value in records]

    monkeypatch.setattr(silent, "read_all", read_all)
    return await silent.read_silent(SimpleNamespace(realm=Realm.REAL))


def remembered(*names):
    state = WatchState(tuple)
    for name in names:
        state.note_silent(name, AT)
    return dict(state.record())[silent.SILENT_KEY]


async def test_the_latest_of_each_shard_counts(monkeypatch):
    """What was heard again is silent no more."""
    records = [
        (0, silent.SILENT_KEY, remembered("lane/incidents", "feed/moh")),
        (0, b"KG-2026-a", b"{}"),
        (1, silent.SILENT_KEY, remembered("clock/mes")),
        (0, silent.SILENT_KEY, remembered("feed/moh")),
    ]
    assert await read(monkeypatch, *records) == {"feed/moh": AT, "clock/mes": AT}


async def test_a_memory_that_cannot_be_read_tells_nothing(monkeypatch):
    """Of one shard; the others still do."""
    records = [(0, silent.SILENT_KEY, b"{"), (1, silent.SILENT_KEY, remembered("feed/moh"))]
    assert await read(monkeypatch, *records) == {"feed/moh": AT}
    assert await read(monkeypatch) == {}
