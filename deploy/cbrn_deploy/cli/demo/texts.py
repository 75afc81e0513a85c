"""What the demo says, in the chosen language: its own sentences, and the catalogue's words and names."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from cbrn_producers.simulator.scenario import Words, load_yaml
from cbrn_routing.rulebook import UnknownRuleError, national_rulebook
from cbrn_schemas.catalogue.naming import body_name, place_name
from cbrn_schemas.catalogue.places import district
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.records import EARLIER_RECIPIENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cbrn_schemas.events.base import Language


@cache
def sentences() -> Mapping[str, Words]:
    """Return the demo's own sentences by key."""
    text = (resources.files("cbrn_deploy.cli.demo") / "texts.yaml").read_text(encoding="utf-8")
    return {key: Words.model_validate(words) for key, words in load_yaml(text).items()}


@dataclass(frozen=True, slots=True)
class Speech:
    """Everything that the demo can say in one language."""

    lang: Language

    def say(self, key: str, **values: object) -> str:
        """Return a sentence with its values filled in. KeyError where there is none: a test asks for all."""
        return sentences()[key].get(self.lang).format(**values)

    def words(self, words: Words) -> str:
        """Return a scenario's own text."""
        return words.get(self.lang)

    def label(self, group: str, code: str) -> str:
        """Return the catalogue's word for a code."""
        return word(group, code, self.lang)

    def body(self, code: str) -> str:
        """Return the short name of a body."""
        return body_name(code, self.lang)

    def bodies(self, codes: Iterable[str]) -> str:
        """Return short names, comma-separated."""
        return ", ".join(self.body(code) for code in codes)

    def place(self, code: str) -> str:
        """Name a district with its region, a region, or a country."""
        name = place_name(code, self.lang)
        if len(code) > len("41711") and code.isdigit():
            region = district(code).region
            return f"{name}, {place_name(region, self.lang)}" if region else name
        return name

    def rule(self, identifier: str) -> str:
        """Return the title of a rule or duty of the national book; of what is in no book: whoever got the original."""
        if identifier == EARLIER_RECIPIENT:
            return self.say("original")
        book = national_rulebook()
        for find in (book.rule, book.duty):
            with suppress(UnknownRuleError):
                text: str = getattr(find(identifier).title, self.lang)
                return text
        return identifier
