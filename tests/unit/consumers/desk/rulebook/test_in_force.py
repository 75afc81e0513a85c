"""Which book is shown: the one by which routers decide, as far as this desk may hear them."""

import asyncio
from datetime import UTC, datetime

import pytest
from tests.builders.proof import rule, texts

from cbrn_consumers.desk.rulebook import Books, Held
from cbrn_consumers.desk.rulebook.in_force import as_reported
from cbrn_consumers.rulebooks.finding import BookNotFoundError, FoundBook
from cbrn_routing.activation.status import Report, RulebookStatus
from cbrn_routing.bus.errors import BrokerUnreachableError
from cbrn_routing.rulebook import RuleBook, national_rulebook
from cbrn_schemas.settings import Settings

NOW = datetime(2026, 11, 27, 3, tzinfo=UTC)
OTHER = RuleBook.from_texts(texts([rule()]))
MODULE = "cbrn_consumers.desk.rulebook.in_force"


def _report(router, digest, *, heard=NOW):
    number = 0 if digest is None else 7
    taken = None if digest is None else NOW
    status = RulebookStatus(
        router=router, lane="incidents", sequence=number, digest=digest, considered=0, taken=taken, at=NOW
    )
    return Report(status, heard)


@pytest.fixture
def reported(monkeypatch):
    """What the routers report, and the book that lies on the bus."""
    reports = []

    async def read(_settings):
        return reports

    async def find(digest, _settings):
        assert OTHER.digest.startswith(digest)
        return FoundBook(OTHER, digest)

    monkeypatch.setattr(f"{MODULE}.read_reports", read)
    monkeypatch.setattr(f"{MODULE}.find_book", find)
    return reports


async def test_the_book_of_most_routers_is_shown_with_the_others_counted(reported):
    """Two that took the new book, and one that did not: whoever looks must see that."""
    reported += [_report("a", OTHER.digest), _report("b", OTHER.digest), _report("c", None)]
    held = await as_reported(Settings(), NOW)
    assert held.book.digest == OTHER.digest
    assert (held.heard, held.others, held.number, held.since) == (2, 1, 7, NOW)


async def test_where_no_router_was_heard_lately_the_shipped_book_is_shown_and_nothing_is_claimed(reported):
    """What one said an hour ago is no news of today."""
    reported.append(_report("a", OTHER.digest, heard=datetime(2026, 11, 27, 1, tzinfo=UTC)))
    assert await as_reported(Settings(), NOW) == Held(national_rulebook())


async def test_a_page_is_shown_at_once_and_the_routers_are_asked_behind_it():
    """Also where the bus does not answer: the shipped book stays."""
    asked = asyncio.Event()

    async def unreachable(_settings, _now):
        asked.set()
        raise BrokerUnreachableError("no broker", hint="")

    books = Books(Settings(), lambda: NOW, unreachable)
    assert books.current() == Held(national_rulebook())
    await asked.wait()
    await books.close()
    assert books.current() == Held(national_rulebook())
    await books.close()


async def test_a_book_that_decided_once_is_found_by_the_digits_on_the_alert(reported):
    """The national one needs no bus; another is read from it and kept."""
    books = Books(Settings(), lambda: NOW, as_reported)
    assert (await books.named(national_rulebook().digest[:12])).digest == national_rulebook().digest
    assert (await books.named(OTHER.digest[:12])).digest == OTHER.digest


async def test_a_book_that_cannot_be_read_here_is_none(monkeypatch):
    """A single body may not read the bus's books."""

    async def missing(digest, _settings):
        raise BookNotFoundError(f"no book {digest}", hint="")

    monkeypatch.setattr(f"{MODULE}.find_book", missing)
    books = Books(Settings(), lambda: NOW, as_reported)
    assert await books.named("0" * 12) is None
    assert await books.named("") is None


async def test_a_path_on_an_alert_is_no_book(tmp_path):
    """Whatever wrote the header: no file of this machine is opened for it."""
    (tmp_path / "book.yaml").write_text(texts([rule()])["0.yaml"], encoding="utf-8")
    assert await Books(Settings(), lambda: NOW, as_reported).named(str(tmp_path)) is None
