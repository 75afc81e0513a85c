"""What a command about duties says, and with which status it ends, after the clerk has applied a decision."""

from datetime import timedelta

import pytest
import typer
from tests.builders.duties import NOW, raised
from tests.builders.duty_states import TRUST, answer, put, release, state_of

from cbrn_consumers.deciding import Person
from cbrn_deploy.cli.duties.command import _conclude
from cbrn_deploy.cli.duties.screen import CLAIMS_MAX, print_duty, print_list
from cbrn_deploy.cli.invocation import Invocation
from cbrn_routing.duties import Verifier
from cbrn_routing.duties.drafts import draft
from cbrn_schemas.duty import Decided, Released

WHO = Person("A. Asanova (mes)", "mes")


def theft(verifier=None):
    """A duty that two persons must release."""
    state = state_of(raised("lost-source", "icsant-offence", stolen=True), verifier=verifier or Verifier(trust=TRUST))
    put(state, draft(state, NOW))
    return state


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("act", ["released", "answered"])
def test_a_word_that_counts_with_nobody_is_no_success(capsys, act, as_json):
    """A script that takes status 0 for «told» would never tell anybody."""
    state = theft(Verifier())
    release(state, "A. Asanova", NOW)
    answer(state, "A. Asanova", "received")
    with pytest.raises(typer.Exit) as ended:
        _conclude(Invocation(as_json=as_json), state, act, WHO, "done")
    assert ended.value.exit_code == 1
    said = capsys.readouterr()
    assert "done" not in said.out
    assert "stays «drafted»" in said.err
    assert "Missing: the signatures of 2 different persons" in said.err
    assert "CBRN_RULEBOOK_SIGNERS" in said.err


def test_the_first_of_two_is_a_success_that_says_what_is_missing(capsys):
    """What was asked for has come about; the duty is open all the same."""
    state = theft()
    release(state, "A. Asanova", NOW)
    _conclude(Invocation(), state, "released", WHO, "A has released it\n1 of 2 persons")
    assert capsys.readouterr().out == "A has released it\n1 of 2 persons\n"


def test_anothers_signature_does_not_make_a_name_count(capsys):
    """The state goes on by the other's word; this person's was no success."""
    state = theft()
    release(state, "B. Bekov", NOW)
    put(state, Released(id=state.id, at=NOW, by=WHO.name, digest=state.draft.digest))
    with pytest.raises(typer.Exit):
        _conclude(Invocation(), state, "released", WHO, "done")
    assert "a name alone, not signed" in capsys.readouterr().err


@pytest.mark.parametrize(("lang", "said"), [("en", "drafted"), ("ru", "проект готов"), ("ky", "долбоору даяр")])
def test_the_list_shows_apart_whose_word_does_not_count(capsys, monkeypatch, lang, said):
    """A body without a part in the duty must not seem to have moved it."""
    monkeypatch.setenv("COLUMNS", "300")
    state = theft()
    for number in range(5):
        by = f"N. {number} (moh)"
        put(state, Released(id=state.id, at=NOW + timedelta(seconds=number), by=by, digest=state.draft.digest))
    print_list([state], NOW, lang)
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith(f"  {said}")]
    assert [line.split("»: «")[1].split("»")[0] for line in lines if "»: «" in line] == [
        "N. 2 (moh)", "N. 3 (moh)", "N. 4 (moh)",
    ]  # fmt: skip
    assert "  … +2" in lines


def test_the_list_says_that_there_are_more_words_only_where_there_are(capsys):
    """«… +0» sends the officer to look for what is not there."""
    state = theft()
    for number in range(CLAIMS_MAX):
        put(state, Released(id=state.id, at=NOW, by=f"N. {number} (moh)", digest=state.draft.digest))
    print_list([state], NOW, "en")
    assert "…" not in capsys.readouterr().out


def test_a_refused_decision_is_shown_with_what_to_do(capsys):
    """Whoever decided, and did not wait for the answer, looks here."""
    state = theft()
    refused = {"outcome": "refused", "why": "another draft by now", "hint": "Read the new draft."}
    put(state, Decided(id=state.id, at=NOW, decision="mes.1", **refused))
    print_duty(state, "ru")
    assert "отклонён: mes.1: another draft by now. Read the new draft." in capsys.readouterr().out


def test_at_80_columns_what_goes_on_stays_indented(capsys, monkeypatch):
    """An id is found at the margin, and nothing else is."""
    monkeypatch.setenv("COLUMNS", "80")
    state = theft()
    print_list([state, state], NOW, "ky")
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if not line.startswith("  ")] == [state.id] * 2
    assert max(map(len, lines)) <= 80
