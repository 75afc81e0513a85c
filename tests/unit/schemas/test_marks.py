"""Marks: what sets an alert apart stands before whatever is said of it."""

import pytest
from tests.builders.golden import event
from tests.builders.inbox import alert

from cbrn_schemas.catalogue.words import word
from cbrn_schemas.marks import marks

LANGUAGES = ["ky", "ru", "en"]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("message_type", ["Alert", "Update", "Cancel"])
@pytest.mark.parametrize("status", ["Actual", "Exercise", "Test"])
def test_a_headline_says_that_it_is_an_exercise_an_update_or_an_all_clear(status, message_type, lang):
    """A ministry's own program prints the headline, and nothing else."""
    said = event("tailings-failure", status=status, message_type=message_type)
    expected = [] if status == "Actual" else [word("mark", status, lang)]
    expected += [] if message_type == "Alert" else [word("mark", message_type, lang)]
    assert alert(said).headline(lang) == " · ".join([*expected, said.texts[lang].headline])
    restricted = alert(said, restricted=True).headline(lang)
    assert restricted == " · ".join([*expected, word("ui", "restricted", lang), said.texts[lang].headline])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_reading_is_marked_only_as_an_exercise(lang):
    """It neither updates nor ends anything."""
    assert marks(event("gamma-dose-rate"), lang) == ()
    assert marks(event("gamma-dose-rate", status="Exercise"), lang) == (word("mark", "Exercise", lang),)
