"""What pages ask of the desk's database: the same answers of both databases."""

import asyncio
import json
from datetime import timedelta

import pytest
from tests.builders.desk_store import START, Records, Told, desk_store
from tests.builders.golden import example

from cbrn_consumers.alert import Origin
from cbrn_consumers.desk.store import ALL, Filters, ListState
from cbrn_consumers.situation import overview, sections
from cbrn_consumers.standing import State
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.events import parse_event
from cbrn_schemas.notice import Notice, NoticeOutcome
from cbrn_schemas.notice import record_of as notice_record
from cbrn_schemas.standing_record import PartyStands, SituationStands, standing_record, standing_topic
from cbrn_schemas.topics import Realm, to_topic

NOW = START + timedelta(minutes=30)


@pytest.fixture
async def desk(database_url, tmp_path):
    """The desk of a ministry, with nothing in it."""
    store = desk_store(tmp_path, "moh", url=database_url, clock=lambda: NOW)
    yield Told(store)
    await store.close()


@pytest.fixture
async def centre(database_url, tmp_path):
    """The desk of the crisis centre, which sees all bodies."""
    store = desk_store(tmp_path, "mes", all_bodies=True, url=database_url, clock=lambda: NOW)
    yield Told(store)
    await store.close()


async def names(desk, *filters, scope="moh", **more):
    return [row.situation for row in (await desk.store.page(scope, Filters(*filters, **more), NOW)).rows]


async def fill(desk):
    """One of each: late, due, grave, light, ended, closed."""
    tell = desk.tell
    await tell("moh", situation="KG-light", severity="Minor", role="inform", within=None, at=START)
    await tell("moh", situation="KG-grave", severity="Extreme", role="inform", within=None, at=START)
    await tell("moh", situation="KG-late", severity="Minor", within=timedelta(minutes=29), place="KG-J")
    await tell("moh", situation="KG-later", severity="Minor", within=timedelta(minutes=10))
    await tell("moh", situation="KG-due", severity="Extreme", within=timedelta(minutes=40), hazard="chemical")
    await tell("moh", situation="KG-over", severity="Extreme")
    await tell("moh", situation="KG-over", severity="Extreme", message_type="Cancel", at=START + timedelta(minutes=9))
    await tell("moh", situation="KG-closed", severity="Extreme")
    await desk.answer("moh", "closed", situation="KG-closed")


async def test_what_presses_most_stands_first_and_what_is_over_last(desk):
    """Rule 1: the first screen answers whether anything is unanswered, and then how bad it is."""
    await fill(desk)
    open_now = ["KG-later", "KG-late", "KG-due", "KG-grave", "KG-light"]
    assert await names(desk) == open_now
    assert await names(desk, ListState.ALL) == [*open_now, "KG-over", "KG-closed"]
    assert await names(desk, ListState.ENDED) == ["KG-over", "KG-closed"]
    assert await names(desk, ListState.ANSWER) == open_now[:3]
    assert await names(desk, ListState.LATE) == open_now[:2]
    page = await desk.store.page("moh", Filters(region="KG-J"), NOW)
    assert ([row.situation for row in page.rows], page.total) == (["KG-late"], 1)
    assert page[2:5] == (3, 2, 5)
    assert page.rows[0].state is State.MISSING
    assert await names(desk, hazard="radiological") == []
    assert await names(desk, hazard="chemical") == open_now
    ended = await desk.store.row("moh", "KG-over")
    assert (ended.ended, ended.ended_by, ended.ended_at) == (True, ended.publisher, START + timedelta(minutes=9))


async def test_pages_of_a_list_follow_one_another_without_a_gap_or_a_double(desk):
    """A list of thousands is read in parts."""
    await fill(desk)
    found, after = [], None
    while True:
        page = await desk.store.page("moh", Filters(ListState.ALL), NOW, limit=2, after=after)
        found += [row.situation for row in page.rows]
        assert page.total == 7
        if (after := page.after) is None:
            break
    assert found == await names(desk, ListState.ALL)
    for nonsense in ("", "x", "1.2.3", "a.b.c.d.e", "9" * 500, "1.2.3.4.'; drop table situations"):
        assert len((await desk.store.page("moh", Filters(ListState.ALL), NOW, after=nonsense)).rows) <= 7


async def test_of_much_that_is_found_no_more_is_counted_than_is_said(desk, monkeypatch):
    """To count 200,000 takes longer than to show 100 of them."""
    await fill(desk)
    monkeypatch.setattr("cbrn_consumers.desk.store.listing.COUNTED_MAX", 2)
    for filters in (Filters(ListState.ALL), Filters(text="KG")):
        page = await desk.store.page("moh", filters, NOW, limit=2)
        assert (len(page.rows), page.total, page.open) == (2, 3, 5)
    assert (await desk.store.page("moh", Filters(text="KG"), NOW)).total == 5, "all that is shown is counted"
    assert (await desk.store.page("moh", limit=2, now=NOW)).total == 5


TYPED = (
    *("Озгон", "өзгөн", "ozgon", "ОЗГ", "Узген", "хлор", "chlor утеч", "Өзгөн хлор", "KG-2026-oz", "2026 kg oz"),
    *("Ошская", "Ош облусу", "мчс", "ministry of emerg", "кара балта озгон"),
)
NOT_THERE = ("хлорка", "хлор нет", "zzz & yyy | !qqq", "a' OR 1=1 --", "NOT хлор", "found_by:хлор", "NEAR(хлор")


async def test_a_search_finds_it_however_it_is_typed(desk):
    """An officer's keyboard may lack ө, ү and ң, and the name may be known in another language."""
    await desk.tell("moh", situation="KG-2026-oz", place="41706255")
    await desk.tell("moh", kind="animal-disease", situation="KG-2027-cattle", place="41704220", publisher="moa")
    found = {wanted: await names(desk, text=wanted) for wanted in TYPED}
    assert found == {wanted: ["KG-2026-oz"] for wanted in TYPED}


async def test_a_substance_is_found_by_the_number_on_the_plate(desk):
    """What stands on a tanker is 1017, in any language; its name is only in that of whoever wrote."""
    await desk.tell("moh", kind="chemical-release", situation="KG-2026-cl")
    found = {wanted: await names(desk, text=wanted) for wanted in ("chlorine", "1017", "7782-50-5")}
    assert found == {wanted: ["KG-2026-cl"] for wanted in found}


async def test_a_search_for_what_is_not_there_finds_nothing_and_breaks_nothing(desk):
    """What is typed is never obeyed as a query; what asks for nothing leaves the list as it is."""
    await desk.tell("moh", situation="KG-2026-oz")
    for wanted in NOT_THERE:
        assert await names(desk, text=wanted) == [], wanted
    for nothing in ('"', "'", "*", "\0", "()", "%", " - "):
        assert await names(desk, text=nothing) == ["KG-2026-oz"], nothing


@pytest.mark.parametrize("text", ["\0", "KG-\0", "'", "\u202e", "%", "0" + 3 * f".{'9' * 19}" + ".\0"])
async def test_nothing_that_an_address_can_hold_breaks_a_question(desk, text):
    """PostgreSQL takes no NUL, and neither database a number of nineteen nines."""
    store = desk.store
    for asked in (Filters(ListState.ALL, text), Filters(ListState.ALL, "", text), Filters(ListState.ALL, "", "", text)):
        await store.page("moh", asked, NOW)
    await store.page("moh", Filters(ListState.ALL), NOW, after=text)
    assert await store.row("moh", text, NOW) is None
    assert await store.read("moh", text) is None
    assert await store.notices("moh", text) == []
    assert await store.readings("moh", text, text) == []


async def test_a_search_follows_what_changes(desk):
    """An update moves the place: it is found by the new one, and not by the old."""
    await desk.tell("moh", place="41706255")
    await desk.tell("moh", place="41708203", message_type="Update", at=NOW)
    assert await names(desk, text="озгон") == []
    assert await names(desk, text="аламудун") == ["KG-2026-chlorine"]


async def test_a_scope_sees_its_own_rows_and_the_centre_all_bodies_together(centre):
    """Another ministry's situation is not there, by list, row, search, log or by itself."""
    await centre.tell("mes", "moh", situation="KG-both")
    await centre.tell("mes", situation="KG-mes", at=START + timedelta(minutes=1))
    await centre.answer("moh", "accepted", situation="KG-both", at=START + timedelta(minutes=2))
    assert await names(centre) == ["KG-both"]
    assert await names(centre, text="kg") == ["KG-both"]
    assert await centre.store.row("moh", "KG-mes") is None
    assert await centre.store.read("moh", "KG-mes") is None
    assert set(await names(centre, scope=ALL)) == {"KG-both", "KG-mes"}
    row = await centre.store.row(ALL, "KG-both")
    assert [(each.body, each.state) for each in row.parties] == [("mes", State.MISSING), ("moh", State.ACCEPTED)]
    own = await centre.store.row("moh", "KG-both")
    assert [(each.body, each.by) for each in own.parties] == [("mes", None), ("moh", "Duty officer Asanov")]
    assert [each.body for each in await centre.store.log("mes")] == []
    assert [(each.body, each.act, each.answer) for each in await centre.store.log(ALL)] == [("moh", "accepted", True)]
    assert await centre.store.alarm_times("moh", START, NOW) == {"moh": [START]}
    assert (await centre.store.alarm_times(ALL, START, NOW))["mes"] == [START, START + timedelta(minutes=1)]
    figures = await centre.store.figures(ALL, START, NOW)
    assert [(each.body, each.asked, each.in_time, each.missing) for each in figures] == [
        ("mes", 2, 0, 2),
        ("moh", 1, 1, 0),
    ]
    assert [each.body for each in await centre.store.figures("moh", START, NOW)] == ["moh"]


async def test_all_that_a_desk_of_the_exercise_shows_is_an_exercise(tmp_path):
    """Whatever the sender wrote: nobody may drive out for it."""
    store = desk_store(tmp_path, realm=Realm.EXERCISE, clock=lambda: NOW)
    await Told(store).tell("moh", situation="KG-1")
    assert (await store.row("moh", "KG-1")).exercise
    await store.close()


async def test_of_a_restricted_situation_nobody_is_shown_the_others(centre):
    """Only named duty officers may know of it, and nobody by way of a list of who was told."""
    await centre.tell("mes", "moh", restricted=True)
    row = await centre.store.row("moh", "KG-2026-chlorine")
    assert (row.restricted, [each.body for each in row.parties]) == (True, ["moh"])


async def test_a_situation_is_laid_out_from_the_database_as_from_kafka(desk):
    """One way to say each thing: the page places what `sections` gives."""
    await desk.tell("moh", injured=2)
    await desk.answer("moh", "acknowledged")
    await desk.tell("moh", injured=3, message_type="Update", at=START + timedelta(minutes=1))
    read = await desk.store.read("moh", "KG-2026-chlorine")
    found = overview(read, "KG-2026-chlorine", NOW, body="moh")
    assert [version.told.at for version in found.versions] == [START, START + timedelta(minutes=1)]
    assert any("2 → 3" in row.text for section in sections(found, "en") for row in section.rows)


async def test_where_the_others_stand_is_shown_as_the_watch_has_told_it(desk):
    """A ministry may read no topic of another's; of what the watch said before nothing is kept."""
    await desk.tell("moh", role="support")
    topic, key = standing_topic(Realm.REAL, "moh"), b"KG-2026-chlorine"
    for state in ("addressed", "accepted"):
        both = tuple(PartyStands(body=body, role="lead", state=state, since=START) for body in ("mes", "moh"))
        stands = SituationStands(
            situation=key.decode(), event={"source": "/mes", "id": "e-1"}, at=START, ended=False, parties=both
        )
        await desk.store.take([desk.records.record(topic, key, *standing_record(stands), NOW)])
    row = await desk.store.row("moh", key.decode())
    assert [(each.body, each.state) for each in row.parties] == [("moh", State.MISSING), ("mes", State.ACCEPTED)]
    assert (await desk.store.read("moh", key.decode())).others.parties[0].reached is State.ACCEPTED
    assert len(await desk.store.records("moh", "standing")) == 1


async def test_what_officers_were_sent_stands_with_what_came_of_it(desk):
    """Whether the call reached anybody is known beside the alert."""
    common = {"realm": Realm.REAL, "body": "moh", "at": START}
    for number, situation in ((1, "KG-a"), (2, "KG-b")):
        notice = Notice(
            id=f"moh.n-{number}", post="duty", kind="email", channel="work", language="ru", severity="Severe",
            situation=situation, event={"source": "/mes", "id": "e-1"}, subject="Хлор", text="Хлор", **common,
        )  # fmt: skip
        outcome = NoticeOutcome(notice=notice.id, post="duty", channel="work", result="sent", attempt=1, **common)
        for said in (outcome, notice):
            key, headers, value = notice_record(said)
            await desk.store.take([desk.records.record("cbrn.from.moh.notices", key, headers, value, START)])
    (sent,) = await desk.store.notices("moh", "KG-a")
    assert (sent.notice.id, sent.at, [each.result for each in sent.outcomes]) == ("moh.n-1", START, ["sent"])
    assert await desk.store.notices("mes", "KG-a") == []


async def test_stations_show_their_latest_number_and_how_it_came_to_be(desk):
    """The Picture: which level a station has, and since when."""
    for minute, value in ((0, 0.2), (2, 0.9), (1, 0.4)):
        at = START + timedelta(minutes=minute)
        given = json.loads(json.dumps(example("gamma-dose-rate"))) | {
            "station": "minkush-gamma-1",
            "observed": at.isoformat().replace("+00:00", "Z"),
            "reading": {"value": value, "unit": "uSv/h"},
        }
        said = parse_event(json.dumps(given).encode())
        headers = binary_headers(
            id=f"m-{minute}", source="/mes", type="kg.cbrn.monitoring.gamma-dose-rate.v1", time="2026-11-27T03:00:00Z"
        )
        headers += [("cbrn_role", b"inform"), ("cbrn_place", b"41704220")]
        content = said.model_dump_json(exclude_none=True).encode()
        record = desk.records.record(
            to_topic(Realm.REAL, "moh", "monitoring"), b"minkush-gamma-1", headers, content, at
        )
        await desk.store.take([record])
    latest = {each.name: each for each in await desk.store.stations("moh")}
    (name,) = [name for name in latest if name.startswith("reading")]
    assert (latest[name].station, latest[name].value, latest[name].at) == (
        "minkush-gamma-1",
        0.9,
        START + timedelta(minutes=2),
    )
    assert [each.value for each in await desk.store.readings("moh", "minkush-gamma-1", name)] == [0.2, 0.4, 0.9]
    desk.store.keeping.tidy(START, START + timedelta(minutes=2))
    assert [each.value for each in await desk.store.readings("moh", "minkush-gamma-1", name)] == [0.9]


async def test_who_waits_for_a_record_is_told_when_it_is_there(desk):
    """A page that is shown after an answer has the answer; one whose record never comes is not waited for for ever."""
    record = Records().alert("moh")
    origin = Origin.of(record)
    waiting = asyncio.create_task(desk.store.wait_for(origin, 30))
    await asyncio.sleep(0)
    await desk.store.take([record])
    assert await waiting
    assert desk.store.heard(origin)
    assert not desk.store.heard(origin._replace(offset=origin.offset + 1)), "the next one is not there"
    desk.store.forget(origin.topic)
    assert not desk.store.heard(origin), "the topic was made anew: this offset means another record"
    assert not await desk.store.wait_for(origin._replace(offset=9), 0.01)
