"""A rule book may name a body that an installation adds: where it is known the book passes, where not it says so."""

from datetime import date

import pytest
from tests.builders import catalogue
from tests.builders.proof import addition, rule, texts

from cbrn_routing.activation import RefusedBookError
from cbrn_routing.activation.proving import load, prove
from cbrn_routing.rulebook import RuleBook

ON = date(2026, 11, 28)
FILES = texts([rule(), addition(inform=["gas-service"])])
DIGEST = RuleBook.from_texts(FILES).digest


@pytest.fixture
def folder(tmp_path):
    bodies = [catalogue.BODY | {"en": ""}]  # a name that is missing is no fault of a book
    return catalogue.write(tmp_path / "own", {"bodies.csv": bodies})


def test_where_the_folder_is_known_the_book_is_taken_with_the_same_digest(folder, monkeypatch):
    """A digest names the rules: it must be the same on every machine, whatever else it knows."""
    with catalogue.in_use(folder, monkeypatch):
        prove(load(FILES, DIGEST, ON), ON)


def test_where_it_is_not_the_book_is_refused_with_a_reason_that_helps():
    with pytest.raises(RefusedBookError) as refused:
        load(FILES, DIGEST, ON)
    assert "gas-service" in str(refused.value)
    assert "CBRN_CATALOGUE" in refused.value.hint


def test_a_body_without_topics_is_one_that_hears_nothing(folder, monkeypatch):
    """A router that left it out cannot tell it: it keeps the book in force, and says why."""
    monkeypatch.setenv("CBRN_CATALOGUE_WITHOUT_TOPICS", "gas-service")
    with catalogue.in_use(folder, monkeypatch), pytest.raises(RefusedBookError) as refused:
        prove(load(FILES, DIGEST, ON), ON)
    assert "receives nothing" in str(refused.value)
    assert "gas-service" in str(refused.value)
