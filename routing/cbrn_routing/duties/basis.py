"""Which facts raised a duty, with the event's own fields and values.

The matcher has decided; this only points at what it saw. A trait is shown by the fields from which it is derived.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import to_json

from cbrn_routing.field_traits import giving
from cbrn_routing.rulebook.vocabulary import ANY, SETS
from cbrn_schemas.catalogue.agents import agents
from cbrn_schemas.catalogue.citing import article_name
from cbrn_schemas.catalogue.naming import ISO_COUNTRY_LETTERS, place_name
from cbrn_schemas.catalogue.nuclides import d_values_Bq, source_category
from cbrn_schemas.catalogue.substances import TRAITS as SUBSTANCE_TRAITS
from cbrn_schemas.catalogue.substances import Instrument, cwc_hint, listings_of
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import amount
from cbrn_schemas.duty import Basis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cbrn_routing.decision import Decision, Facets
    from cbrn_routing.field_traits import Giving
    from cbrn_routing.rulebook import DutyRule
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.events.base import Language

Found = tuple[str, str]
"""A field of the event, dotted, and what it shows."""
_Fact = tuple[str, str, str, str]
"""Facet, value, field and what it shows: a `Basis`."""

FACTS_KEPT: Final = 4_096
"""Facts kept as JSON: hardly ever above 500 B, 2 MB."""

_TREATIES: Final = {
    Instrument.CWC: "CWC schedule",
    Instrument.ROTTERDAM: "Rotterdam Convention",
    Instrument.STOCKHOLM: "Stockholm Convention",
}
_OF_PLACE: Final = frozenset({"neighbours", "downstream", "border", "region"})
_GIVEN: Final = frozenset({"country", "status", "lane"})
"""Facets that are named by nearly every rule and say nothing of why."""
_OF_AGENT: Final = frozenset({
    "zoonosis", "dangerous-disease", "ihr-notifiable", "ihr-consider", "woah-listed", "laboratory-confirmed", "endemic",
})  # fmt: skip
_EVIDENCED: Final = frozenset({"substances", "agent", "sources", "ihr"})
"""Fields of which the evidence is more than what they say: the list that names it, the sum of A/D, the answers."""


def facts_of(rule: DutyRule, event: AnyEvent, decision: Decision) -> tuple[Basis, ...]:
    """Return the facts for which the rule asks and which the event and its place have, of all cells of the decision."""
    given = giving(event)
    found = (fact for cell in decision.cells for fact in _facts(seen_by(rule, cell), event, given))
    return tuple(map(_basis, dict.fromkeys(found)))


def facts_json(seen: Iterable[tuple[str, Any]], event: AnyEvent, given: Sequence[Giving]) -> bytes:
    """Write what `facts_of` returns for a decision of one cell, of which the rule has `seen_by` that."""
    return b"[%b]" % b",".join(map(_json, dict.fromkeys(_facts(seen, event, given))))


def _basis(fact: _Fact) -> Basis:
    facet, value, field, shown = fact
    return Basis(facet=facet, value=value, field=field, shown=shown)


@lru_cache(maxsize=FACTS_KEPT)
def _json(fact: _Fact) -> bytes:
    return to_json(_basis(fact))


def _facts(seen: Iterable[tuple[str, Any]], event: AnyEvent, given: Sequence[Giving]) -> Iterator[_Fact]:
    for facet, value in seen:
        if facet == "traits":
            shown = _of_trait(value, event, given)
            yield from [("traits", value, field, text) for field, text in shown] or [("traits", value, "", "")]
        else:
            yield facet, str(value), "" if facet in _OF_PLACE else facet, ""


def in_words(fact: Basis, lang: Language) -> str:
    """Say «scheduled by the Chemical Weapons Convention: sarin, CAS 107-44-8, CWC schedule 1.A.1»."""
    label = _value(fact, lang)
    name = word("facet", fact.facet, lang)
    said = label if fact.facet == "traits" else f"{name}: {label}"
    return said if fact.shown in {"", fact.value} else f"{said} ({_evidence(fact.shown, lang)})"


_PHRASES: Final = ("hint", "cwc", "rotterdam", "stockholm", "category", "ratio", "yes")
"""What the record says in English beside names and numbers, longest first. `basis` of the words has each in three
languages, with gaps."""
_BECQUERELS: Final = re.compile(r"(\d[\d.]*(?:e[+-]?\d+)?) Bq\b")


def _evidence(shown: str, lang: Language) -> str:
    """Say the evidence of a record, which is English, in another language. Names that a publisher gave stay."""
    for known in agents().values():
        if known.names.en == shown:
            return known.names.get(lang)
    text = _BECQUERELS.sub(lambda found: amount(float(found[1]), "Bq", lang), shown)
    for phrase in _PHRASES:
        text = _rephrased(text, phrase, lang)
    return ", ".join(_coded(part, lang) for part in text.split(", "))


def _rephrased(text: str, phrase: str, lang: Language) -> str:
    gaps = re.escape(word("basis", phrase, "en")).replace(r"\{\}", "([^,;«»]+?)")
    written = word("basis", phrase, lang)

    def filled(found: re.Match[str]) -> str:
        return written.format(*(article_name(gap, lang) for gap in found.groups()))

    return re.sub(rf"(?<!\w){gaps}(?=$|[,;:])", filled, text)


def _coded(part: str, lang: Language) -> str:
    """Say a country's or another code in words, whatever else as it is."""
    is_country = len(part) == ISO_COUNTRY_LETTERS and part.isupper()
    return place_name(part, lang) if is_country else word("value", part, lang)


_GROUPS: Final = {"traits": "trait"}
_PLACES: Final = frozenset({"region", "neighbours", "downstream"})
_TRUTHS: Final = {"True": "yes", "False": "no", "None": "unknown"}


def _value(fact: Basis, lang: Language) -> str:
    if fact.value in _TRUTHS:
        return word("facet", _TRUTHS[fact.value], lang)
    if fact.facet in _PLACES:
        return place_name(fact.value, lang)
    return word(_GROUPS.get(fact.facet, fact.facet), fact.value, lang)


def seen_by(rule: DutyRule, facets: Facets) -> tuple[tuple[str, Any], ...]:
    """Return each facet for which the rule asks, with each of the values in this cell that it names."""
    found: list[tuple[str, Any]] = []
    for facet, asked in rule.asked.items():
        if facet in _GIVEN:
            continue
        seen = getattr(facets, facet)
        if facet in SETS:
            anything = ANY in asked
            found += [(facet, value) for value in sorted(seen) if anything or value in asked]
        elif seen in asked:
            found.append((facet, seen))
    return tuple(found)


def _of_trait(trait: str, event: AnyEvent, given: Sequence[Giving]) -> list[Found]:
    listed = list(_evidence_of(trait, event))
    return listed + [
        (name, _plain(value))
        for name, value, traits in given
        if trait in traits and (name not in _EVIDENCED or not listed)
    ]


def _evidence_of(trait: str, event: AnyEvent) -> Iterator[Found]:
    if trait in SUBSTANCE_TRAITS:
        listed = list(_substances(event, lambda each: _listed(each.cas, each.name, trait)))
        yield from listed or _substances(event, _numbered)
    if trait == "cwc-possible":
        yield from _substances(event, _hinted)
    if trait in _OF_AGENT:
        yield from _agent(event, trait)
    if trait == "ihr-two-yes":
        yield from ((f"ihr.{name}", "yes") for name, answer in _answers(event) if answer)
    if trait.startswith("d-category-"):
        yield from _sources(event)


def _substances(event: AnyEvent, show: Callable[[Any], str]) -> Iterator[Found]:
    for index, substance in enumerate(getattr(event, "substances", ())):
        if text := show(substance):
            yield f"substances.{index}", text


@lru_cache(maxsize=FACTS_KEPT)
def _listed(cas: str | None, name: str | None, trait: str) -> str:
    lines = [line for line in listings_of(cas or "") if trait in line.traits]
    if not lines:
        return ""
    entries = dict.fromkeys(f"{_TREATIES[line.instrument]} {line.entry}" for line in lines)
    return f"{name or lines[0].name}, CAS {cas}, {', '.join(entries)}"


def _numbered(substance: Any) -> str:
    """Return name and UN number, for where no CAS number says so."""
    return f"{substance.name or ''} UN {substance.un_number}".strip() if substance.un_number else ""


def _hinted(substance: Any) -> str:
    hint = cwc_hint(substance.cas, substance.name, substance.un_number)
    if hint is None:
        return ""
    named = [substance.name, f"CAS {substance.cas}" if substance.cas else None]
    named.append(f"UN {substance.un_number}" if substance.un_number else None)
    return f"{', '.join(part for part in named if part)}: «{hint.hint}» points to CWC schedule {hint.entry}, not proven"


def _agent(event: AnyEvent, trait: str) -> Iterator[Found]:
    agent = getattr(event, "agent", None)
    if agent is not None:
        known = agents().get(agent.code)
        name = agent.code if known is None else known.names.en
        yield ("agent.confirmed" if trait == "laboratory-confirmed" else "agent.code"), name


def _answers(event: AnyEvent) -> Iterator[tuple[str, bool | None]]:
    asked = getattr(event, "ihr", None)
    if asked is not None:
        yield from ((name, getattr(asked, name)) for name in ("serious", "unusual", "spread", "restrictions"))


def _sources(event: AnyEvent) -> Iterator[Found]:
    sources = getattr(event, "sources", ())
    for index, source in enumerate(sources):
        stated = f", category {source.category} as stated" if source.category is not None else ""
        activity = f", {source.activity_Bq:g} Bq" if source.activity_Bq is not None else ""
        yield f"sources.{index}", f"{source.nuclide}{activity}{stated}"
    known = [(each.nuclide, each.activity_Bq) for each in sources if each.activity_Bq and each.nuclide in d_values_Bq()]
    if known:
        ratio = sum(activity / d_values_Bq()[nuclide] for nuclide, activity in known)
        yield "sources", f"sum of A/D {ratio:.3g}: category {source_category(known)}"


def _plain(value: Any) -> str:
    if value is True:
        return "yes"
    if isinstance(value, tuple):
        return ", ".join(map(_plain, value))
    if hasattr(value, "model_dump"):
        return ", ".join(part for part in value.model_dump(mode="json").values() if isinstance(part, str))
    return str(value)
