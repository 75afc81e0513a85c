"""What the command of activation refuses, says and knows, on a real broker."""

from __future__ import annotations

import asyncio
import logging

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from structlog.testing import capture_logs
from tests.builders.activation_bus import (
    GAP,
    REALM,
    RULE_BOOKS,
    SECOND,
    THIRD,
    answer_of,
    check_whole,
    digest_of,
    until,
)

from cbrn_routing.bus.read import read_all
from cbrn_schemas.topics import bus_topic

pytestmark = pytest.mark.broker


STATUS = bus_topic(REALM, "rulebook-status")


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    monkeypatch.setattr("cbrn_deploy.cli.logs.configure_logs", lambda *_, **__: None)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


async def test_the_command_refuses_what_the_routers_would_refuse(bus):
    """Each with its reason, status 1, and nothing written."""
    second, gap = bus.book("second", SECOND), bus.book("gap", GAP)
    first, other = bus.key_file(0), bus.key_file(1)
    stranger = bus.folder / "stranger.pem"
    made = await bus.cbrn("keygen", "--person", "C", "--body", "mes", "--out", stranger)
    assert "[[signer]]" in made.stdout
    assert stranger.stat().st_mode & 0o777 == 0o600
    assert b"ENCRYPTED" in stranger.read_bytes()
    for book, keys, why in (
        (second, (first,), "two different persons must sign"),
        (second, (first, first), "two different persons must sign"),
        (second, (first, stranger), "is not in the trust file"),
        (gap, (first, other), "the book fails its check"),
        (second, (), "two different persons must sign"),
    ):
        refused = await bus.cbrn("activate", book, *(part for key in keys for part in ("--key", key)))
        assert refused.exit_code == 1
        assert why in refused.stderr
    missing = await bus.cbrn("activate", bus.folder / "none", "--key", first)
    assert (missing.exit_code, "holds no rule files" in missing.stderr) == (2, True)
    assert await read_all(bus.settings, RULE_BOOKS) == []
    nothing = {"next": 1, "in_force": None, "history": [], "routers": []}
    assert answer_of(await bus.cbrn("active", "--json")) == nothing


async def test_the_history_says_who_put_what_into_force(bus):
    """Going back to an older book is one more entry, and an old number is refused."""
    both = ("--key", bus.key_file(0), "--key", bus.key_file(1))
    books = (bus.book("second", SECOND), bus.book("third", THIRD), digest_of(SECOND)[:10])
    for number, book in enumerate(books, start=1):
        done = await bus.cbrn("activate", book, *both, "--json")
        assert answer_of(done)["sequence"] == number, done.output
    assert (await bus.cbrn("activate", "0123456789", *both)).exit_code == 2
    again = await bus.cbrn("activate", books[0], *both, "--sequence", 3)
    assert (again.exit_code, "number 3 is not after number 3" in again.stderr) == (1, True)
    told = answer_of(await bus.cbrn("active", "--json"))
    assert [(row["sequence"], row["state"]) for row in told["history"]] == [
        (3, "signed"),
        (2, "earlier"),
        (1, "earlier"),
    ], "no router has said anything yet"
    assert told["in_force"]["digest"] == digest_of(SECOND)
    assert told["in_force"]["signed_by"] == ["Aigul (mes)", "Bakyt (moh)"]
    assert told["next"] == 4
    unknown = await bus.cbrn("active")
    assert "in force" not in unknown.stdout
    assert "what is in force is not known" in unknown.stderr
    async with bus.routing(instance="0"):
        await bus.heard("incidents/0")
        for lang, word in (("en", "in force"), ("ru", "действует"), ("ky", "күчүндө")):
            shown = (await bus.cbrn("active", "--lang", lang)).stdout
            assert word in shown
            assert digest_of(SECOND)[:12] in shown
            assert "incidents/0" in shown
        told = answer_of(await bus.cbrn("active", "--json"))
        assert (told["in_force"]["state"], told["in_force"]["in_force_with"]) == ("in-force", ["incidents/0"])
        (router,) = told["routers"]
        assert (router["router"], router["sequence"], router["silent"]) == ("incidents/0", 3, False)
    assert answer_of(await bus.cbrn("active", "--json"))["routers"] == [], "who leaves takes its report away"


async def test_a_book_that_every_router_refuses_is_not_called_in_force(bus):
    """The officer goes to bed believing that the ministry is told: by `activate`, and by `active` afterwards."""
    both = ("--key", bus.key_file(0), "--key", bus.key_file(1))
    blind = bus.settings.model_copy(update={"rulebook_signers": None})
    async with bus.routing(blind, instance="blind"):
        await bus.heard("incidents/blind")
        done = await bus.cbrn("activate", bus.book("second", SECOND), *both)
        assert done.exit_code == 1
        assert "not in force in cbrn-exercise as number 1" in done.stdout
        assert "incidents/blind  refused: nobody may put a rule book into force: there is no trust file" in done.stdout
        assert "Set CBRN_RULEBOOK_SIGNERS" in done.stdout
        assert "no router has taken the book" in done.stderr
        shown = await bus.cbrn("active")
        assert "in force" not in shown.stdout.partition("nobody may put")[0]
        told = answer_of(await bus.cbrn("active", "--json"))
        assert told["in_force"] is None
        assert [(row["state"], list(row["refused_by"])) for row in told["history"]] == [
            ("refused", ["incidents/blind"])
        ]
        async with bus.routing(instance="seeing"):
            await bus.heard("incidents/seeing")
            told = answer_of(await bus.cbrn("active", "--json"))
            assert told["in_force"]["in_force_with"] == ["incidents/seeing"]
            done = await bus.cbrn("activate", bus.book("third", THIRD), *both)
            assert (done.exit_code, "with 1 of 2 routers only" in done.stdout) == (0, True), done.output
            assert "incidents/seeing  taken" in done.stdout


async def test_on_a_bus_without_the_topic_routers_route_and_the_command_says_what_it_does_not_know(bus):
    """Provisioned by an older version: nothing is reported, and nothing stands still for it."""
    admin = AIOKafkaAdminClient(**bus.settings.connection())
    await admin.start()
    try:
        await admin.delete_topics([STATUS])
        while STATUS in await admin.list_topics():  # noqa: ASYNC110 - the broker has no event for it
            await asyncio.sleep(0.05)
    finally:
        await admin.close()
    both = ("--key", bus.key_file(0), "--key", bus.key_file(1))
    with capture_logs() as lines:
        async with bus.routing() as router:
            done = await bus.cbrn("activate", bus.book("second", SECOND), *both, "--json")
            told = answer_of(done)
            assert (done.exit_code, told["taken"], told["routers"]) == (0, None, None)
            await until(lambda: router.rulebooks.in_force.sequence == 1)
            await bus.publish(6)
            await check_whole(bus)
            assert "what is in force is not known" in (await bus.cbrn("active")).stderr
    said = [line["why"] for line in lines if line["event"].startswith("this router cannot report")]
    assert said == [f"missing topic: {STATUS}. Run `cbrn topics apply`."]


async def test_a_number_without_end_ends_nothing(bus):
    """A slip of the hand by two persons: router, signing and activation refuse it, and the next is taken."""
    far = bus.signed(THIRD, 9_999_999_999)
    book, key = bus.book("second", SECOND), bus.key_file(0)
    async with bus.routing() as router:
        with capture_logs() as lines:
            last = await bus.write(far.encoded(), far.key())
            await until(lambda: router.rulebooks.considered == last)
        (said,) = [line["why"] for line in lines if line["event"].startswith("rule book refused")]
        assert said == "number 9999999999 is more than 100 beyond number 0, the highest so far"
        signed = await bus.cbrn("sign", book, "--key", key, "--sequence", 9_999_999_999, "--out", bus.folder / "a.sig")
        assert (signed.exit_code, "more than 100 beyond number 0" in signed.stderr) == (1, True)
        assert not (bus.folder / "a.sig").exists()
        both = ("--key", key, "--key", bus.key_file(1))
        for number, status in ((101, 1), (100, 0)):
            done = await bus.cbrn("activate", book, *both, "--sequence", number)
            assert done.exit_code == status, done.output
        assert router.rulebooks.in_force.sequence == 100


async def test_signing_refuses_what_would_be_refused_and_overwrites_nothing(bus):
    """A draft with errors, a number in force; the signer's own key, the draft, another person's signature."""
    book, key, out = bus.book("second", SECOND), bus.key_file(0), bus.folder / "mine.sig"

    async def sign(draft, file, *more, number=1, by=key):
        return await bus.cbrn("sign", draft, "--key", by, "--sequence", number, "--out", file, *more)

    refused = await sign(bus.book("gap", GAP), out)
    assert (refused.exit_code, "the book fails its check" in refused.stderr, out.exists()) == (1, True, False)
    assert (await sign(book, out)).exit_code == 0
    assert (await sign(book, out, number=2)).exit_code == 0, "the same key over the same book: made anew"
    theirs = bus.folder / "theirs.sig"
    assert (await sign(book, theirs, by=bus.key_file(1))).exit_code == 0
    other = bus.book("third", THIRD)
    (bus.folder / "link.sig").symlink_to(key)
    for draft, file in (
        (book, key),
        (book, theirs),
        (other, out),
        (book, book / "all.yaml"),
        (book, bus.folder / "link.sig"),
    ):
        before = file.read_bytes()
        refused = await sign(draft, file)
        assert (refused.exit_code, "--out" in refused.stderr) == (1, True), refused.output
        assert file.read_bytes() == before
    assert (await sign(book, book / "more.yaml")).exit_code == 1, "it would become part of the draft"
    away = ("--bootstrap-servers", "127.0.0.1:1")
    refused = await sign(book, out, *away)
    assert (refused.exit_code, "--after N" in refused.stderr) == (1, True)
    assert (await sign(book, out, *away, "--after", 0)).exit_code == 0
    assert (await sign(book, out, *away, "--after", 1)).exit_code == 1, "number 1 is not after number 1"
