"""The pages' own words, from `words/<room>.<lang>.po`, read at start: no compiled file, nothing to build.

The words of the domain (roles, states, hazards) are not here: they stand in the catalogue's `words.csv`. A message is
an English sentence, with `%(name)s` for what is put into it and `%%` for a percent sign.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from cbrn_schemas.events.base import Language

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER: Final = Path(__file__).parent / "words"
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
"""Kyrgyz first."""
ROOMS: Final = ("core", "situations", "picture", "report", "rules", "watch", "partners", "people", "signing")
"""Whose words there may be: `core` for what every page has."""


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for words that are translated later
    """Mark words that are looked up where they are shown."""
    return message


@cache
def catalogue_of(lang: Language) -> Translations:
    """Return all rooms' words in a language."""
    whole = Translations()
    for path in _files(lang):
        with path.open("rb") as file:
            catalog = read_po(file, locale=lang)
        compiled = BytesIO()
        write_mo(compiled, catalog)
        compiled.seek(0)
        whole.merge(Translations(compiled))
    return whole


def _files(lang: Language) -> Iterable[Path]:
    return (path for room in ROOMS if (path := FOLDER / f"{room}.{lang}.po").exists())


def say(message: str, lang: Language, **values: object) -> str:
    """Write a message in a language, with what is put into it."""
    return str(catalogue_of(lang).gettext(message)) % values
