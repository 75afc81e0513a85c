"""Answers on a real broker: eight commands, the standing and the board, and a feed that acknowledges for its body."""

import asyncio
import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaProducer
from tests.builders.standing_bus import NAME, Bus

from cbrn_consumers import AlertFeed, NoFeedError, NoHandlerError
from cbrn_consumers.answering import Answers, receipt_for
from cbrn_consumers.standing.reader import read_situation, read_standings
from cbrn_schemas.receipt import SeenEvent, read_receipt, receipts_topic, record_of
from cbrn_schemas.records import rfc3339
from cbrn_schemas.topics import Realm, to_topic
from cbrn_schemas.unanswered import Unanswered, unanswered_record

pytestmark = pytest.mark.broker

BY = ("--by", "Дежурный Асанов")
WITHIN_S = 60


@pytest.fixture
async def bus(realm_of):
    settings = await realm_of("mes", "moh", "mia")
    producer = AIOKafkaProducer(**settings.connection())
    await producer.start()
    yield Bus(settings, producer)
    await producer.stop()


async def test_an_answer_says_what_was_answered_and_stands_on_the_bus(bus):
    """Event, version and headline; the broker's time; and everybody sees it."""
    await bus.tell("mes", "moh")
    latest = await bus.tell("mes", "moh", message_type="Update", references=["e-1"])
    found = await bus.json("ack", NAME, "--as", "moh", *BY, "--note", "Едем")
    assert found["event"] == {"source": "/mes", "id": latest}
    assert (found["act"], found["version"], found["versions"], found["text"]) == ("acknowledged", 2, 2, "Едем")
    assert found["headline"]
    topic = receipts_topic(bus.settings.realm, "moh")
    assert found["origin"]["topic"] == topic
    assert abs(datetime.fromisoformat(found["taken"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert await bus.states() == {"mes": "addressed", "moh": "acknowledged"}
    (again,) = (await bus.json("standing", NAME, "--body", "moh"))["parties"]
    assert [receipt["by"] for receipt in again["receipts"]] == [BY[1]]
    text = (await bus.cbrn("accept", NAME, "--as", "moh", *BY, "--lang", "ru")).stdout
    assert NAME in text
    assert latest in text


async def test_all_eight_are_given_and_the_last_weighty_one_stands(bus):
    """As a night goes: seen, taken, on the way, noted, handed over, done; and another declines."""
    await bus.tell("mes", "moh", "mia")
    for command, more, state in (
        ("seen", (), "seen"),
        ("ack", (), "acknowledged"),
        ("accept", (), "accepted"),
        ("enroute", (), "en-route"),
        ("note", ("--note", "Мост закрыт"), "en-route"),
        ("handover", ("--to", "Дежурная Бекова"), "en-route"),
        ("close", (), "closed"),
    ):
        found = await bus.json(command, NAME, "--as", "mes", *BY, *more)
        assert found["standing"]["state"] == state
    assert found["standing"]["in_hand_of"] == BY[1]
    await bus.json("decline", NAME, "--as", "mia", *BY, "--reason", "нет сил в районе")
    assert await bus.states() == {"mes": "closed", "mia": "declined", "moh": "addressed"}


async def test_what_cannot_be_answered_is_refused_and_nothing_is_written(bus):
    """What, where, what to do; a body is told nothing of what others were told."""
    await bus.tell("mes", "moh")
    await bus.tell("mes", name="KG-2026-secret")
    refused = await bus.json("ack", "KG-2026-clorine", "--as", "moh", *BY, status=2)
    assert "never told of a situation KG-2026-clorine" in refused["error"]
    assert refused["hint"] == f"Did you mean {NAME}?"
    never = await bus.cbrn("ack", "KG-2026-secret", "--as", "moh", *BY, status=2)
    assert "moh was never told" in never.stderr
    assert "mes" not in never.stderr
    reason = await bus.json("decline", NAME, "--as", "moh", *BY, status=2)
    assert (reason["where"], "--reason" in reason["hint"]) == ("reason", True)
    assert (await bus.json("handover", NAME, "--as", "moh", *BY, status=2))["where"] == "to"
    assert (await bus.json("note", NAME, "--as", "moh", *BY, status=2))["where"] == "text"
    assert (await bus.json("ack", NAME, "--as", "moh", "--by", "moh", status=2))["where"] == "by"
    read = await read_situation(bus.settings, NAME, ["moh"])
    assert read.standings.of(NAME).parties[0].answers == ()


async def test_a_body_that_got_only_the_watchs_alarm_answers_by_the_same_commands(bus):
    """It was never told of the situation itself; its answer is shown as what it is, not as one that does not count."""
    event = await bus.tell("moh")
    at = datetime.now(UTC)
    alarm = Unanswered(
        situation=NAME, body="moh", lacking="not-acknowledged", event=SeenEvent(source="/mes", id=event), due=at, at=at,
        level=4, step="crisis-centre", asked="mia", severity="Severe",
    )  # fmt: skip
    headers, value = unanswered_record(alarm, "unanswered-1", "lead", restricted=False)
    await bus.producer.send_and_wait(
        to_topic(bus.settings.realm, "mia", "alerts"), value, key=NAME.encode(), headers=headers
    )
    shown = (await bus.cbrn("show", NAME, "--body", "mia")).stdout
    assert f"ack {NAME} --as mia" in " ".join(shown.split())
    assert f"{NAME}" in (await bus.cbrn("inbox", "mia")).stdout
    found = await bus.json("accept", NAME, "--as", "mia", *BY)
    assert (found["act"], found["event"]["id"], found["standing"]) == ("accepted", event, None)
    standing = await bus.json("standing", NAME)
    assert [(one["body"], one["why"]) for one in standing["not_counted"]] == [("mia", "in-place")]
    assert "asked in another body's place: MIA" in (await bus.cbrn("standing", NAME, "--lang", "en")).stdout
    refused = await bus.cbrn("ack", NAME, "--as", "mes", *BY, status=2)
    assert "never told" in refused.stderr, "who was neither told nor asked"


async def test_after_the_close_a_body_answers_again_only_when_something_has_changed(bus):
    """Until then the command says who closed it."""
    await bus.tell("moh")
    await bus.json("close", NAME, "--as", "moh", *BY)
    closed = await bus.cbrn("accept", NAME, "--as", "moh", *BY, status=2)
    assert "moh has closed" in closed.stderr
    assert BY[1] in closed.stderr
    await bus.tell("moh", place="41711000", message_type="Update", references=["e-1"])
    anew = await bus.json("standing", NAME)
    (change,) = anew["parties"][0]["changed"]
    assert change["field"] == "place"
    found = await bus.json("ack", NAME, "--as", "moh", *BY)
    assert (found["standing"]["state"], found["standing"]["due"]) == ("acknowledged", None)


async def test_receipts_that_do_not_count_are_shown_apart_and_stop_nobody(bus):
    """By a body that was not told, in another's name, of another realm, under a wrong key, no receipt at all."""
    await bus.tell("moh")
    (alert,) = [(await read_situation(bus.settings, NAME, ["moh"])).latest]
    shared = {"realm": bus.settings.realm, "at": datetime.now(UTC), "by": BY[1]}
    await bus.write("mia", receipt_for(alert, "accepted", body="mia", **shared))
    await bus.write("mia", receipt_for(alert, "accepted", body="moh", **shared))
    await bus.write("moh", receipt_for(alert, "accepted", body="moh", **{**shared, "realm": Realm.REAL}))
    await bus.write("moh", receipt_for(alert, "accepted", body="moh", **shared), key=b"KG-other")
    await bus.write("moh", receipt_for(alert, "accepted", body="moh", **shared), value=b"{}")
    found = await bus.json("standing", NAME)
    assert [party["state"] for party in found["parties"]] == ["addressed"]
    assert [(one["body"], one["why"]) for one in found["not_counted"]] == [("mia", "not-told")]
    everything = (await read_standings(bus.settings)).warnings
    assert sum("speaks for moh" in one for one in everything) == 1
    assert sum("it was said in cbrn, and lies in cbrn-exercise" in one for one in everything) == 1
    assert sum("its key is not its situation" in one for one in everything) == 1
    await bus.json("ack", NAME, "--as", "moh", *BY)
    assert (await bus.states())["moh"] == "acknowledged"


async def test_the_board_names_who_is_missing_and_forgets_no_earlier_answer(bus):
    """An answer from before `--since` is an answer still."""
    await bus.tell("mes", "moh", within=timedelta(seconds=-1))
    await bus.json("ack", NAME, "--as", "mes", *BY)
    moment = rfc3339(datetime.now(UTC))
    await bus.tell("mes", "moh", message_type="Update", references=["e-1"])
    await bus.tell("mia", name="KG-2026-quiet", role="inform")
    (one,) = (await bus.json("board", "--since", moment))["situations"]
    assert (one["situation"], one["missing"], one["awaited"]) == (NAME, ["moh"], [])
    rows = list(csv.DictReader(io.StringIO((await bus.cbrn("board", "--csv")).stdout)))
    assert [(row["body"], row["state"]) for row in rows] == [("mes", "acknowledged"), ("moh", "missing")]
    assert (await bus.json("board", "--body", "mes"))["situations"] == []
    month = f"{datetime.now(UTC) + timedelta(hours=6):%Y-%m}"
    figures = (await bus.json("board", "--month", month))["figures"]
    assert {each["body"]: (each["asked"], each["late"], each["missing"]) for each in figures} == {
        "mes": (1, 1, 0),
        "moh": (1, 0, 1),
    }
    for lang in ("en", "ru", "ky"):
        assert NAME in (await bus.cbrn("board", "--lang", lang)).stdout


async def test_a_feed_delivers_acknowledges_and_declines_for_its_body(bus, tmp_path):
    """A ministry's own system answers in one line; tried again, its answer counts once."""
    settings = bus.settings.model_copy(update={"data_dir": tmp_path})
    feed, said, tries = AlertFeed("moh", name="desk", settings=settings), [], []

    @feed.handler
    async def told(alert):
        tries.append(alert.id)
        said.append(await alert.acknowledge(by="Duty desk program"))
        if alert.event.situation == "KG-2026-far":
            said.append(await alert.decline(by="Duty desk program", reason="not our region at all"))
        if len(tries) == 1:
            raise RuntimeError("the disk is full for a moment")

    await bus.tell("moh", "mes")
    await bus.tell("moh", name="KG-2026-far")
    async with feed, asyncio.timeout(WITHIN_S):
        while len(said) < 4:  # noqa: ASYNC110 - a feed has no event for what its handler did
            await asyncio.sleep(0.02)
    assert said[0].receipt.id == said[1].receipt.id
    assert await bus.states() == {"mes": "addressed", "moh": "acknowledged"}
    (party,) = (await read_situation(bus.settings, NAME, ["moh"])).standings.of(NAME).parties
    assert len(party.answers) == 1
    assert await bus.states("KG-2026-far") == {"moh": "declined"}


async def test_a_plain_function_answers_in_one_line_too(bus, tmp_path):
    """It runs in a thread, and has its answer on Kafka when it goes on; elsewhere it is told to await."""
    settings = bus.settings.model_copy(update={"data_dir": tmp_path})
    feed, said = AlertFeed("moh", name="desk", settings=settings), []

    @feed.handler
    def told(alert):
        said.append(feed.wait(alert.accept(by="Duty desk program", note="two crews")))

    await bus.tell("moh")
    async with feed, asyncio.timeout(WITHIN_S):
        while not said:  # noqa: ASYNC110 - a feed has no event for what its handler did
            await asyncio.sleep(0.02)
    assert said[0].receipt.text == "two crews"
    assert await bus.states() == {"moh": "accepted"}
    alert = (await read_situation(bus.settings, NAME, ["moh"])).latest
    with pytest.raises(NoHandlerError):
        feed.wait(alert.accept(by="Duty desk program"))
    with pytest.raises(NoFeedError):
        await alert.accept(by="Duty desk program")


async def test_what_a_program_has_taken_off_the_bus_is_delivered(bus, tmp_path):
    """Its group has committed past the alert; nobody has said a word yet."""
    settings = bus.settings.model_copy(update={"data_dir": tmp_path})
    feed, handled = AlertFeed("moh", name="desk", settings=settings), asyncio.Event()

    @feed.handler
    async def told(_alert):
        handled.set()

    await bus.tell("moh", "mes")
    async with feed:
        await asyncio.wait_for(handled.wait(), WITHIN_S)
    assert await bus.states() == {"mes": "addressed", "moh": "delivered"}


async def test_an_answer_reads_back_as_it_was_given(bus):
    """What a program in another language must write, too."""
    await bus.tell("moh")
    alert = (await read_situation(bus.settings, NAME, ["moh"])).latest
    async with Answers("moh", settings=bus.settings) as answers:
        given = await answers.decline(alert, by=BY[1], reason="нет сил в районе")
    (party,) = (await read_situation(bus.settings, NAME, ["moh"])).standings.of(NAME).parties
    (back,) = party.answers
    assert back == given
    _, headers, value = record_of(given.receipt)
    assert read_receipt(headers, value, bus.settings.realm, "moh") == given.receipt
