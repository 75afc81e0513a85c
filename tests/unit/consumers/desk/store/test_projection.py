"""Records into rows: whatever the order, the batches, the database; after a crash as if there had been none."""

import random
from datetime import timedelta

import pytest
from structlog.testing import capture_logs
from tests.builders.desk_content import content
from tests.builders.desk_store import START, Records, Told, desk_store

from cbrn_consumers.desk.store import ALL, Filters, ListState, StoreError
from cbrn_consumers.desk.store.tables import metadata
from cbrn_consumers.standing import State


def life(records):
    """Alerts and answers of two situations and two bodies."""
    at = START
    made = []
    for number in range(12):
        at += timedelta(minutes=1)
        name = f"KG-{number % 2}"
        changes = {"severity": "Extreme" if number > 5 else "Severe", "injured": number}
        changes |= {"message_type": "Cancel"} if number == 11 else {}
        made.append(records.alert("mes", situation=name, at=at, **changes))
        same = records.events[name]
        made.append(records.alert("moh", situation=name, at=at, event_id=same, role="support", **changes))
        if number % 3 == 0:
            made.append(records.receipt("moh", "accepted", situation=name, at=at + timedelta(seconds=9)))
    return made


async def test_a_row_says_where_its_body_stands_and_what_changed_since_it_answered(database_url, tmp_path):
    """The duty officer sees what is asked, by when, and what is new since the own answer."""
    store = desk_store(tmp_path, "moh", url=database_url)
    desk = Told(store)
    await desk.tell("moh", severity="Severe", injured=12, within=timedelta(minutes=20))
    await desk.answer("moh", "acknowledged", at=START + timedelta(minutes=3))
    quiet = await store.row("moh", "KG-2026-chlorine", START + timedelta(minutes=4))
    assert (quiet.state, quiet.due, quiet.changes) == (State.ACKNOWLEDGED, None, ())
    assert quiet.acknowledged_at == START + timedelta(minutes=3)
    await desk.tell("moh", severity="Extreme", injured=41, at=START + timedelta(minutes=5), message_type="Update")
    anew = await store.row("moh", "KG-2026-chlorine", START + timedelta(minutes=6))
    assert (anew.anew, anew.version, anew.due) == (True, 2, START + timedelta(minutes=25))
    assert [each["en"] for each in anew.changes] == ["severity: Severe → Extreme", "ill or injured: 12 → 41"]
    assert anew.facts["ky"].startswith("жабыркагандар: 41")
    await desk.tell("moh", severity="Extreme", injured=50, at=START + timedelta(minutes=7), message_type="Update")
    further = await store.row("moh", "KG-2026-chlorine", START + timedelta(minutes=8))
    said = [each["en"] for each in further.changes]
    assert said == ["severity: Severe → Extreme", "ill or injured: 12 → 50"], "since the answer, not the last message"
    late = await store.row("moh", "KG-2026-chlorine", START + timedelta(minutes=28))
    assert late.state is State.MISSING
    assert late.parties[0].state is State.MISSING
    await store.close()


async def test_what_changed_for_all_bodies_is_nobodys_role(database_url, tmp_path):
    """MES leads before and after: that the next message reached MoH first, in support, is no change of any role."""
    store = desk_store(tmp_path, "mes", all_bodies=True, url=database_url)
    desk = Told(store)
    await desk.tell("mes", severity="Severe", injured=12)
    records = [desk.records.alert("moh", role="support", severity="Extreme", injured=12, message_type="Update")]
    later = START + timedelta(seconds=1)
    same = desk.records.events["KG-2026-chlorine"]
    records.append(
        desk.records.alert("mes", severity="Extreme", injured=12, at=later, event_id=same, message_type="Update")
    )
    await store.take(records)
    row = await store.row(ALL, "KG-2026-chlorine", later)
    assert [each["en"] for each in row.changes] == ["severity: Severe → Extreme"]
    await store.close()


async def test_any_order_and_any_batches_come_to_the_same(database_url, tmp_path):
    """Kafka gives no order between topics: a row must not depend on which came first."""
    records = life(Records())
    store = desk_store(tmp_path, "mes", all_bodies=True, url=database_url)
    await store.take(records)
    first = content(store.database)
    assert len(first["situations"]) == 6
    shuffled = [each for each in records for _ in (1, 2)]
    random.Random(5).shuffle(shuffled)  # noqa: S311 - the same each time
    other = desk_store(tmp_path / "other", "mes", all_bodies=True)
    for start in range(0, len(shuffled), 7):
        await other.take(shuffled[start : start + 7])
    assert content(other.database) == first
    await store.close()
    await other.close()


async def test_what_is_only_taken_is_folded_later_to_the_same(database_url, tmp_path):
    """Far behind, records come first; another process may fold what one has taken."""
    records = life(Records())
    store = desk_store(tmp_path, "moh", url=database_url)
    mine = [each for each in records if ".moh." in each.topic]
    await store.take(mine, fold_now=False)
    assert (await store.page("moh")).total == 0
    await store.close()
    store = desk_store(tmp_path, "moh", url=database_url)
    assert {name for part in store.keeping.catch_up() for _, name in part} == {"KG-0", "KG-1"}
    other = desk_store(tmp_path / "other", "moh")
    await other.take(mine)
    assert content(store.database) == content(other.database)
    await store.close()
    await other.close()


async def test_a_transaction_that_is_cut_leaves_rows_records_and_offsets_of_one_moment(
    database_url, tmp_path, monkeypatch
):
    """The officer must not see an alert of which the database thinks that it has yet to be read, or the other way."""
    store = desk_store(tmp_path, "moh", url=database_url)
    records = [each for each in life(Records()) if ".moh." in each.topic]
    await store.take(records[:4])
    before = content(store.database)

    def cut(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(store.keeping, "_write", cut)
    with pytest.raises(KeyboardInterrupt):
        store.keeping.take(records[4:])
    assert content(store.database) == before
    assert store.keeping.positions() == {("cbrn.to.moh.alerts", 0): 3, ("cbrn.from.moh.receipts", 0): 1}
    monkeypatch.undo()
    await store.take(records[4:])
    other = desk_store(tmp_path / "other", "moh")
    await other.take(records)
    assert content(store.database) == content(other.database)
    await store.close()
    await other.close()


async def test_what_cannot_be_read_is_kept_and_told_of_once_and_stops_nothing(database_url, tmp_path):
    """One odd record must not keep the next alert from the officer."""
    store = desk_store(tmp_path, "moh", url=database_url)
    records = Records()
    made = [records.alert("moh", situation=f"KG-{number}") for number in range(3)]
    made[0].value = b"\x00not an event"
    made[1].key = b"\xff\x00" * 400
    odd = records.record("cbrn.from.moh.receipts", None, [], None, START)
    with capture_logs() as logs:
        await store.take([*made, odd])
        await store.take([*made, odd])
    assert [row.situation for row in (await store.page("moh", Filters(), START)).rows] == ["KG-2"]
    assert len(content(store.database)["records"]) == 4
    assert len({each["record"] for each in logs if "record" in each}) == len(
        [each for each in logs if "record" in each]
    )
    await store.close()


async def test_a_fold_that_fails_on_one_situation_leaves_its_row_and_holds_up_no_other(
    database_url, tmp_path, monkeypatch
):
    """A fault of this program over one situation must not blind the desk."""
    store = desk_store(tmp_path, "moh", url=database_url)
    desk = Told(store)
    await desk.tell("moh", situation="KG-odd", severity="Minor")
    from cbrn_consumers.desk.store import keeping  # noqa: PLC0415 - what is patched

    right = keeping.fold

    def failing(name, *given):
        if name == "KG-odd":
            raise ZeroDivisionError
        return right(name, *given)

    monkeypatch.setattr(keeping, "fold", failing)
    with capture_logs() as logs:
        await desk.tell("moh", situation="KG-odd", severity="Extreme")
        await desk.tell("moh", situation="KG-good")
    assert any("failed on a situation" in each["event"] for each in logs)
    found = (await store.page("moh", Filters(), START)).rows
    assert [(row.situation, row.severity) for row in found] == [("KG-good", "Severe"), ("KG-odd", "Minor")]
    await store.close()


async def test_a_topic_that_was_made_anew_is_forgotten_with_all_that_came_of_it(database_url, tmp_path):
    """Its offsets mean other records: what stood there must not be mixed with what stands there now."""
    store = desk_store(tmp_path, "moh", url=database_url)
    desk = Told(store)
    await desk.tell("moh")
    await desk.answer("moh")
    assert store.keeping.forget("cbrn.to.moh.alerts") == (("moh", "KG-2026-chlorine"),)
    assert (await store.page("moh", Filters(ListState.ALL), START)).total == 0
    assert store.keeping.positions() == {("cbrn.from.moh.receipts", 0): 1}
    assert [each.act for each in await store.log("moh")] == ["acknowledged"]
    desk.records.offsets.clear()
    await desk.tell("moh", event_id="e-1")
    assert (await store.row("moh", "KG-2026-chlorine", START)).state is State.ACKNOWLEDGED
    await store.close()


async def test_what_is_old_goes_and_what_is_not_stays(database_url, tmp_path):
    """A database that only grows would in some years be too slow to answer at night."""
    store = desk_store(tmp_path, "mes", all_bodies=True, url=database_url)
    desk = Told(store)
    await desk.tell("mes", "moh", situation="KG-old", at=START - timedelta(days=91))
    await desk.answer("moh", situation="KG-old", at=START - timedelta(days=91))
    await desk.tell("mes", situation="KG-new")
    gone = store.keeping.tidy(START - timedelta(days=90), START - timedelta(days=7))
    assert sorted(gone) == [(ALL, "KG-old"), ("mes", "KG-old"), ("moh", "KG-old")]
    assert [row.situation for row in (await store.page(ALL, Filters(), START)).rows] == ["KG-new"]
    assert await store.log(ALL) == []
    assert {row.situation for row in content(store.database)["records"]} == {"KG-new"}
    assert (await store.page(ALL, Filters(text="old"), START)).rows == ()
    await store.close()


async def test_a_database_is_only_shown_by_the_desk_whose_it_is(database_url, tmp_path):
    """A slip in a setting must not show one ministry what another is told."""
    await desk_store(tmp_path, "moh", url=database_url).close()
    for body, everything in (("mes", False), ("moh", True)):
        with pytest.raises(StoreError, match="is the desk's of moh"):
            desk_store(tmp_path, body, all_bodies=everything, url=database_url)
    await desk_store(tmp_path, "moh", url=database_url).close()


def test_the_migrated_database_is_as_the_tables_say(database_url, tmp_path):
    """What a program takes for a table's form is the form that the migrations have made."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 - only here
    from alembic.migration import MigrationContext  # noqa: PLC0415 - only here

    from cbrn_consumers.desk.store.database import FORM, VERSIONS  # noqa: PLC0415 - only here

    store = desk_store(tmp_path, "moh", url=database_url)
    ours = set(metadata.tables)

    def compared(thing, name, kind, _, other):
        del thing, other
        return name in ours if kind == "table" else name != "situations_found"

    with store.database.reading() as connection:
        options = {"version_table": VERSIONS, "include_object": compared, "compare_type": False}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == FORM.newest, "or each start would look for steps"
    store.database.close()


def test_an_address_that_is_none_is_said_with_what_to_write(tmp_path):
    """Whoever sets the desk up reads what to correct, and no traceback."""
    for url in ("nonsense", "oracle://a/b", "sqlite:////proc/none/desk.sqlite3"):
        with pytest.raises(StoreError, match="database"):
            desk_store(tmp_path, url=url)
