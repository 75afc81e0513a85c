"""Why something waits, is over or does not count: a code and what belongs to it, said in the reader's language. Pure.

A record that holds codes can be read in each language for as long as it is kept; a sentence is of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field
from pydantic.types import Strict, StringConstraints

from cbrn_schemas.catalogue.words import word, words
from cbrn_schemas.duty import Word
from cbrn_schemas.events.model import Model

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_schemas.events.base import Language

GROUPS: Final = ("copy-why", "sharing")
"""Groups of words in which a reason is looked up, in this order."""
REMEDIES: Final = "copy-remedy"
VALUE_MAX: Final = 2_000


class Because(Model):
    """One reason."""

    code: Word
    values: dict[str, Annotated[str, StringConstraints(max_length=VALUE_MAX)]] = Field(default_factory=dict)
    """What stands in the sentence and is the same in every language: names, codes, digests."""

    def said(self, lang: Language) -> str:
        """Say it in words; a code without words as it is, with what belongs to it."""
        group = next((each for each in GROUPS if (each, self.code) in words()), None)
        if group is None:
            return " ".join((self.code, *self.values.values()))
        return self._filled(word(group, self.code, lang))

    def remedy(self, lang: Language) -> str:
        """Say what to do about it; empty where nothing can be done."""
        return self._filled(word(REMEDIES, self.code, lang)) if (REMEDIES, self.code) in words() else ""

    def _filled(self, sentence: str) -> str:
        # By hand: a value may hold braces, and a sentence of later ask for more.
        for name, value in self.values.items():
            sentence = sentence.replace(f"{{{name}}}", value)
        return sentence


Reasons = Annotated[tuple[Because, ...], Strict(strict=False)]


def said(reasons: Iterable[Because], lang: Language) -> str:
    """Say several reasons in one line."""
    return "; ".join(each.said(lang) for each in reasons)
