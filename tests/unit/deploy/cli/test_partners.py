"""`cbrn partners`: what a person reads before something leaves the country, and what is refused at once."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.builders.command_line import CliRunner
from tests.builders.partners import Desk, copy_of, outbound, write_agreement

from cbrn_consumers.partners.copies import find_copy
from cbrn_deploy.cli.main import app
from cbrn_deploy.cli.partners.screen import _what


@pytest.fixture
async def desk(tmp_path):
    desk = Desk(write_agreement(tmp_path / "agreements"))
    await desk.look(outbound("e-1"))
    await desk.decide("A. Asanova (mfa)", "e-1")
    desk.later(minutes=1)
    texts = {"ru": {"headline": "Отбой \u202e"}}
    await desk.look(outbound("e-9", situation="KG-2026-other"), outbound("e-2", message_type="Cancel", texts=texts))
    return desk


@pytest.fixture
def cbrn(desk, monkeypatch):
    async def held(settings, *, body, partner, over):
        del settings, body
        return [each for each in desk.copies.in_order() if (over or each.waits) and partner in {None, "kz"}]

    async def preview(settings, identifier, *, body):
        del settings, body
        return find_copy(desk.copies, identifier)

    monkeypatch.setattr("cbrn_consumers.partners.persons.held", held)
    monkeypatch.setattr("cbrn_consumers.partners.persons.preview", preview)
    monkeypatch.setattr("cbrn_consumers.partners.held", held, raising=False)
    monkeypatch.setattr("cbrn_consumers.partners.preview", preview, raising=False)
    monkeypatch.setattr("cbrn_deploy.cli.logs.configure_logs", lambda *_, **__: None)
    return lambda *arguments: CliRunner().invoke(app, ["partners", *arguments])


def test_the_list_begins_with_what_takes_back_what_a_partner_has(cbrn):
    """Whoever looks for a minute must have seen that."""
    lines = cbrn("list", "--lang", "en").stdout.splitlines()
    assert lines[0] == copy_of("e-2")
    assert lines[1].startswith("  takes back what the partner has got: decide on it first (kz/mes/minkush/e-1)")
    assert copy_of("e-1") not in lines
    told = [json.loads(line) for line in cbrn("list", "--all", "--json").stdout.splitlines()]
    assert [(each["id"], each["state"]) for each in told] == [
        (copy_of("e-2"), "waiting"),
        (copy_of("e-9"), "waiting"),
        (copy_of("e-1"), "released"),
    ]


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
def test_a_person_reads_all_that_the_partner_would_see_and_how_to_let_it_go(cbrn, desk, lang):
    """In the officer's language; nothing in it that a terminal would obey."""
    shown = desk.copy("e-2").shown
    said = cbrn("preview", copy_of("e-2"), "--lang", lang).stdout
    assert shown.digest[:12] in said
    assert f"partners release {copy_of('e-2')} --seen {shown.digest[:12]}" in said
    assert f"<identifier>{shown.named.id}</identifier>" in said
    assert '"state":"breached"' in said
    assert "where.site" in said
    assert "\u202e" not in said
    assert "cbrn standing KG-2026-minkush" in cbrn("show", "e-1", "--lang", lang).stdout


def test_each_document_is_given_to_the_byte(cbrn, desk):
    """It is compared with what the partner says that it got."""
    shown = desk.copy("e-2").shown
    assert cbrn("preview", copy_of("e-2"), "--document", "cap").stdout == shown.documents[0].text
    assert cbrn("preview", copy_of("e-2"), "--document", "event").stdout == shown.event
    assert cbrn("preview", copy_of("e-2"), "--document", "irix").exit_code == 2
    assert json.loads(cbrn("preview", copy_of("e-2"), "--json").stdout)["shown"]["event"] == shown.event


def test_what_cannot_leave_has_no_preview(cbrn, desk):
    """But a reason."""
    of_an_older_keeper = {"shown": None, "why": "above the ceiling", "because": ()}
    desk.copy("e-9").weighed = desk.copy("e-9").weighed.model_copy(update=of_an_older_keeper)
    refused = cbrn("preview", copy_of("e-9"))
    assert (refused.exit_code, "above the ceiling" in refused.stderr) == (1, True)


def test_a_name_without_a_key_decides_nothing(cbrn):
    """Before a broker is asked."""
    for arguments in (("release", "e-2", "--seen", "0" * 64), ("refuse", "e-2")):
        refused = cbrn(*arguments, "--reason", "call 17", "--body", "mfa")
        assert (refused.exit_code, "--key" in refused.stderr) == (2, True)
    assert not list(Path().glob("?*.cbrn"))


def test_what_has_left_asks_nobody_to_decide(desk):
    """A cancellation that has gone, too."""
    gone = replace(desk.copy("e-2"), end=desk.copy("e-1").end)
    assert "decide on it" in _what(desk.copy("e-2"), "en")
    assert "decide on it" not in _what(gone, "en")
