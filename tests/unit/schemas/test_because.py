"""Reasons as codes: said in the reader's language, whatever stands in them."""

import re

import pytest

from cbrn_schemas.because import REMEDIES, Because, said
from cbrn_schemas.catalogue.words import words

HOLE = re.compile(r"\{\w+\}")


def test_a_reason_is_said_in_each_language_with_what_belongs_to_it():
    """An officer in Naryn decides of it, too."""
    reason = Because(code="no-agreement", values={"partner": "kz"})
    assert {lang: "kz" in reason.said(lang) for lang in ("en", "ru", "ky")} == dict.fromkeys(("en", "ru", "ky"), True)
    assert len({reason.said(lang) for lang in ("en", "ru", "ky")}) == 3


def test_what_an_agreement_says_is_said_in_its_own_words():
    """They are one list, with those of `rules check`."""
    assert said((Because(code="agreement", values={"agreement": "kz/1"}), Because(code="one-person")), "en") == (
        "agreement kz/1; waits for one person to release it"
    )


def test_a_code_that_this_version_does_not_know_is_shown_as_it_is():
    """A later version has written it: nothing is hidden for want of a word."""
    assert Because(code="moon-phase", values={"phase": "full"}).said("ru") == "moon-phase full"
    assert Because(code="moon-phase").remedy("ru") == ""


def test_braces_in_a_value_are_letters():
    """A person's reason may hold anything."""
    assert Because(code="reason", values={"reason": "see {0} and {copy}"}).said("en") == (
        "reason given: see {0} and {copy}"
    )


@pytest.mark.parametrize("code", sorted(code for group, code in words() if group in {"copy-why", REMEDIES}))
def test_every_language_asks_for_the_same_values(code):
    """What one tells and another does not, somebody would decide without."""
    for group in ("copy-why", REMEDIES):
        label = words().get((group, code))
        assert label is None or len({frozenset(HOLE.findall(text)) for text in label}) == 1
