"""The pages' words: complete in three languages, taken from what the pages say, with the same places for values."""

import re

import pytest
from babel.messages.pofile import read_po
from tests import desk_words

from cbrn_consumers.desk.web.words import FOLDER, LANGUAGES, say

PLACES = re.compile(r"%\((\w+)\)s|\{\}|%%")


def catalogs():
    for path in sorted(FOLDER.glob("*.po")):
        with path.open("rb") as file:
            yield path, read_po(file)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_word_is_missing_and_none_is_a_guess(lang):
    """What stands untranslated is shown in English to somebody who reads none at 3 a.m."""
    missing = [
        f"{path.name}: {one.id}"
        for path, catalog in catalogs()
        if path.name.endswith(f".{lang}.po")
        for one in catalog
        if one.id and (one.fuzzy or not all([one.string] if isinstance(one.string, str) else one.string))
    ]
    assert not missing, "translate them; `uv run python -m tests.desk_words` has written where"


def test_values_stand_in_every_language():
    """A translation without its value would say «late» of nobody; one with another name fails the page."""
    for path, catalog in catalogs():
        for one in catalog:
            if not one.id:
                continue
            ids = [one.id] if isinstance(one.id, str) else list(one.id)
            strings = [one.string] if isinstance(one.string, str) else list(one.string)
            wanted = sorted(set(PLACES.findall(ids[-1])))
            assert all(sorted(set(PLACES.findall(string))) == wanted for string in strings), (path.name, one.id)


def test_the_files_hold_what_the_pages_say():
    """Else a new page would be English for good: `uv run python -m tests.desk_words` writes them again."""
    for room, messages in desk_words.said().items():
        for lang in LANGUAGES:
            path = FOLDER / f"{room}.{lang}.po"
            assert path.read_text(encoding="utf-8") == desk_words.text_of(room, lang, messages), path.name


def test_values_are_put_in():
    assert say("last heard %(time)s", "ru", time="03:12:07") == "связь на 03:12:07"
