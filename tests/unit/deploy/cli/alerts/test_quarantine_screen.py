"""What the list of the quarantine says to whom."""

import pytest

from cbrn_consumers.quarantine import STRANGE, Item
from cbrn_consumers.quarantine.items import Answer
from cbrn_deploy.cli.alerts.quarantine import _print_item, _print_list, item_json
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.errors import Reason

HINT = "look at that line and column"


def item(reason, **changes):
    return Item(
        **{
            "id": "cbrn.from.mes.incidents/0/7",
            "reason": reason,
            "where": "value",
            "message": "reading stopped",
            "hint": HINT,
            "at": "2026-05-01T06:00:00.000Z",
            "topic": "cbrn.from.mes.incidents",
            "key": None,
            "headers": [],
            "value": b"{",
            **changes,
        }
    )


@pytest.mark.parametrize("show", [lambda one, lang: _print_list([one], lang), _print_item])
@pytest.mark.parametrize("reason", [*Reason, STRANGE])
@pytest.mark.parametrize("lang", ["ru", "ky"])
def test_the_remedy_is_in_the_readers_language(capsys, monkeypatch, show, reason, lang):
    """An officer in Naryn at 3 a.m. reads what to do in Kyrgyz; the exact words of the refusal stand behind it."""
    monkeypatch.setenv("COLUMNS", "300")
    show(item(str(reason)), lang)
    said = capsys.readouterr().out
    assert word("remedy", reason, lang) in said
    assert f"[en: {HINT}]" in said


def test_a_reason_of_a_newer_version_keeps_its_own_remedy(capsys, monkeypatch):
    """A missing translation hides nothing."""
    monkeypatch.setenv("COLUMNS", "300")
    _print_list([item("of-tomorrow")], "ky")
    assert f": {HINT}" in capsys.readouterr().out


def test_a_refused_decision_is_shown_with_what_to_do(capsys):
    """To whoever decided and did not wait, and to a machine."""
    refused = Answer("mes.1", "t/0/1", "A. Asanova (mes)", "2026-05-01T06:00:00Z", "no signature", "Sign it.")
    one = item("not-json", refused=(refused,))
    _print_item(one, "ky")
    said = capsys.readouterr().out
    assert "четке кагылды:" in said
    assert "mes.1: no signature. Sign it." in said
    assert item_json(one)["refused"][0]["hint"] == "Sign it."
