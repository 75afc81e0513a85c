"""How a router comes by its book: proved in another process, taken whole or not at all, tried again where undecided."""

import asyncio
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from aiokafka import TopicPartition
from structlog.testing import capture_logs

from cbrn_routing.activation import (
    Posted,
    PrivateKey,
    RefusedBookError,
    Signature,
    Signer,
    Statement,
    Trust,
    activation_of,
    candidate,
    trust_lines,
)
from cbrn_routing.router import ProofUndecidedError
from cbrn_routing.router import in_force as rulebooks
from cbrn_routing.router import proof_process as proving
from cbrn_routing.router.in_force import Rulebooks
from cbrn_routing.rulebook import RuleBook
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
KEYS = PrivateKey.generate(), PrivateKey.generate()
SIGNERS = tuple(Signer(*who, key.public) for who, key in zip((("A", "mes"), ("B", "moh")), KEYS, strict=True))
TEXT = """
rules:
  - id: all
    title: {{ky: Эреже, ru: Правило, en: A rule}}
    basis: [{{instrument: enc, article: article 2, source: own, confidence: low}}]
    when: {{lane: [{lanes}]}}
    lead: {lead}
"""


def texts(lead="mes", lanes="incidents, monitoring"):
    return {"all.yaml": TEXT.format(lead=lead, lanes=lanes)}


def record(sequence, offset, **changes):
    book = texts(**changes)
    statement = Statement(Realm.REAL, sequence, RuleBook.from_texts(book).digest)
    signatures = [Signature(key=key.public, signature=key.sign(statement)) for key in KEYS]
    made = activation_of(book, statement, signatures, NOW)
    return Consumed(offset, made.key(), made.encoded())


@dataclass
class Consumed:
    """A record as aiokafka gives it."""

    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int = int(NOW.timestamp() * 1000)
    timestamp_type: int = 1


def candidate_of(one):
    return candidate(Posted.of(one.offset, NOW, one.key, one.value), Trust(SIGNERS), Realm.REAL)


async def test_a_book_that_passes_comes_back_from_the_other_process_as_it_is():
    """What is taken over is what was proved, not a second reading of the file."""
    book = await proving.proved_apart(candidate_of(record(1, 0)))
    assert book == RuleBook.from_texts(texts())
    assert book.digest == RuleBook.from_texts(texts()).digest


async def test_a_book_with_a_gap_is_refused_by_the_other_process():
    """With what the proof found, for the log."""
    with pytest.raises(RefusedBookError, match="the book fails its check") as caught:
        await proving.proved_apart(candidate_of(record(1, 0, lanes="incidents")))
    assert "cbrn rules check" in caught.value.hint


@pytest.mark.parametrize("program", ["import sys; sys.exit(3)", "pass", "import os; os.kill(os.getpid(), 9)"])
async def test_a_process_that_dies_has_not_said_no(monkeypatch, program):
    """Memory that ran out is no judgement on the book: it must not send the routers back to an older one."""
    monkeypatch.setattr(proving, "COMMAND", (sys.executable, "-c", program))
    with pytest.raises(ProofUndecidedError):
        await proving.proved_apart(candidate_of(record(1, 0)))


async def test_a_proof_that_hangs_is_given_up(monkeypatch):
    """Its process is killed; nothing of it is left."""
    monkeypatch.setattr(proving, "COMMAND", (sys.executable, "-c", "while True: pass"))
    monkeypatch.setattr(proving, "PROOF_WITHIN_S", 0.2)
    with pytest.raises(ProofUndecidedError, match="did not end"):
        await proving.proved_apart(candidate_of(record(1, 0)))


class Topic:
    """A partition as a reader sees it: what is there at the start, and what comes later."""

    def __init__(self, *records):
        self.records = list(records)
        self.readings = 0

    @asynccontextmanager
    async def assigned(self, *_, **__):
        self.readings += 1
        yield Reading(self.records), [TopicPartition("cbrn.bus.rulebook", 0)]


class Reading:
    def __init__(self, records):
        self._records = records
        self._next = 0

    async def getmany(self, partition, **_):
        await asyncio.sleep(0)
        found = self._records[self._next : self._next + 2]
        self._next += len(found)
        return {partition: found} if found else {}

    async def position(self, _):
        return self._next

    async def end_offsets(self, partitions):
        return dict.fromkeys(partitions, len(self._records))


class Follower:
    """A `Rulebooks` on a topic without a broker; books are proved by the function given."""

    def __init__(self, monkeypatch, folder, topic, prove):
        monkeypatch.setattr(rulebooks, "assigned", topic.assigned)
        monkeypatch.setattr(rulebooks, "PAUSES_S", (0.0,))
        signers = folder / "signers.toml"
        signers.write_text("".join(map(trust_lines, SIGNERS)))
        self.used = []
        self.books = Rulebooks(Settings(rulebook_signers=signers), lambda book: book, self.used.append, prove)

    @asynccontextmanager
    async def running(self):
        await self.books.caught_up(asyncio.Event())
        try:
            yield
        finally:
            await self.books.close()


async def load(one):
    return RuleBook.from_texts(one.activation.files)


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - nothing sets an event for it
            await asyncio.sleep(0)


async def test_of_the_history_only_the_book_in_force_is_proved(monkeypatch, tmp_path):
    """A router that starts must not prove ten years of books before its first alert."""
    proved = []

    async def prove(one):
        proved.append(one.activation.sequence)
        return await load(one)

    topic = Topic(*(record(number, number - 1) for number in range(1, 6)))
    follower = Follower(monkeypatch, tmp_path, topic, prove)
    async with follower.running():
        assert (proved, follower.books.in_force.sequence, len(follower.used)) == ([5], 5, 1)
        topic.records.append(record(6, 5, lead="moh"))
        await until(lambda: follower.books.in_force.sequence == 6)
        assert follower.used[-1] == RuleBook.from_texts(texts(lead="moh"))
        assert follower.books.in_force.signers == ("A (mes)", "B (moh)")


async def test_an_undecided_proof_is_tried_again_and_no_older_book_is_taken(monkeypatch, tmp_path):
    """Number 2 is in force on every other router: this one waits for it, and does not fall back to number 1."""
    asked = []

    async def prove(one):
        asked.append(one.activation.sequence)
        if len(asked) < 3:
            raise ProofUndecidedError("no memory")
        return await load(one)

    follower = Follower(monkeypatch, tmp_path, Topic(record(1, 0), record(2, 1)), prove)
    with capture_logs() as lines:
        async with follower.running():
            assert asked == [2, 2, 2]
            assert follower.books.in_force.sequence == 2
    assert sum("cannot be followed" in line["event"] for line in lines) == 2


async def test_a_refusal_is_told_once_however_often_the_topic_is_read(monkeypatch, tmp_path):
    """A log that repeats itself hides what is new in it."""
    undecided = iter((True, True, False))

    async def prove(one):
        if one.activation.sequence == 3:
            raise RefusedBookError("a gap", "Mend it.")
        if next(undecided):
            raise ProofUndecidedError("no memory")
        return await load(one)

    topic = Topic(Consumed(0, b"x", b"{}"), record(3, 1), record(2, 2))
    follower = Follower(monkeypatch, tmp_path, topic, prove)
    with capture_logs() as lines:
        async with follower.running():
            assert follower.books.in_force.sequence == 2
    assert topic.readings == 3
    assert sorted(line["offset"] for line in lines if line["event"].startswith("rule book refused")) == [0, 1]


async def test_a_stop_is_not_kept_waiting(monkeypatch, tmp_path):
    """A router that is told to stop while it waits for its book stops."""
    proving_now = asyncio.Event()

    async def prove(one):
        proving_now.set()
        await asyncio.Event().wait()

    follower = Follower(monkeypatch, tmp_path, Topic(record(1, 0)), prove)
    stopping = asyncio.Event()
    waiting = asyncio.create_task(follower.books.caught_up(stopping))
    async with asyncio.timeout(10):
        await proving_now.wait()
        stopping.set()
        await waiting
        await follower.books.close()
    assert follower.used == []
