"""The proof of the book in force: made once, away from the pages, never waited for."""

import asyncio
from datetime import UTC, date, datetime, timedelta

from tests.builders.desk_rules import DAY
from tests.builders.proof import rule, texts

from cbrn_consumers.desk.rulebook import Proof, Proofs
from cbrn_consumers.desk.rulebook.proofs import proved_apart
from cbrn_routing.rulebook import RuleBook

NOW = datetime(2026, 11, 27, 3, tzinfo=UTC)
BOOK = RuleBook.from_texts(texts([rule()]))


class Prover:
    """Proves when it is let to, and counts."""

    def __init__(self, answer="not provable"):
        self.answer, self.asked, self.let = answer, [], asyncio.Event()

    async def __call__(self, book, on):
        self.asked.append((book.digest, on))
        await self.let.wait()
        return self.answer


async def test_a_page_never_waits_and_the_proof_is_made_once():
    """However many look while it is made."""
    prover = Prover()
    proofs = Proofs(lambda: NOW, prover)
    assert [proofs.of(BOOK, DAY) for _ in range(3)] == [None, None, None]
    prover.let.set()
    made = await proofs.ready(BOOK, DAY)
    assert proofs.of(BOOK, DAY) is made
    assert made.at == NOW
    assert len(prover.asked) == 1


async def test_yesterdays_proof_stands_until_todays_is_made():
    """At midnight nobody is shown an empty page."""
    prover = Prover()
    proofs = Proofs(lambda: NOW, prover)
    prover.let.set()
    yesterday = await proofs.ready(BOOK, DAY)
    prover.let.clear()
    assert proofs.of(BOOK, DAY + timedelta(days=1)) is yesterday
    prover.let.set()
    assert await proofs.ready(BOOK, DAY + timedelta(days=1)) is not yesterday


async def test_what_cannot_be_proved_says_why():
    """It is not tried again with every page."""
    prover = Prover("too many cells")
    proofs = Proofs(lambda: NOW, prover)
    prover.let.set()
    made = await proofs.ready(BOOK, DAY)
    assert (made.proof, made.why_not) == (None, "too many cells")


async def test_a_desk_that_stops_ends_a_proof_under_way():
    """It must not wait for it."""
    proofs = Proofs(lambda: NOW, Prover())
    proofs.of(BOOK, DAY)
    await proofs.close()
    assert not [task for task in asyncio.all_tasks() if "Proofs" in repr(task.get_coro())]


async def test_a_book_is_proved_in_a_process_of_its_own():
    """The answer is the same as in this one; the book has its findings."""
    found = await proved_apart(BOOK, date(2026, 11, 23))
    assert isinstance(found, Proof)
    assert found.report.rulebook == BOOK.digest
    assert [section.hazard for section in found.shown.hazards] == ["chemical", "biological", "radiological", "nuclear"]
