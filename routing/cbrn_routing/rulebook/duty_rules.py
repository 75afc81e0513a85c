"""Rules that raise duties: when this is the case, a framework asks the country to tell somebody, within a time.

What the framework asks for (article, clock, addressees) is the catalogue's (`cbrn_schemas.catalogue.frameworks`); a
rule says only in which cells it asks. Models only; `matcher` matches.
"""

from __future__ import annotations

from functools import cache, cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, StringConstraints, field_validator

from cbrn_routing.rulebook.language import Basis, Case, OneOrMany, Rule, RuleModel, Slug, Title, When
from cbrn_routing.rulebook.vocabulary import ANY, NONE
from cbrn_schemas.catalogue.frameworks import Clock, clock, clocks

if TYPE_CHECKING:
    from collections.abc import Mapping

ClockName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{2,32}/[a-z0-9-]{2,32}$")]
"""Framework and clock of the catalogue: `enc/notify`."""


class DutyRule(RuleModel):
    """One sentence of the book about the country's duties to others."""

    id: Slug
    title: Title
    clock: ClockName
    """The duty: framework and clock."""
    when: Annotated[tuple[When, ...], Field(min_length=1), OneOrMany()]
    """One condition, or a list of which any suffices."""
    also: Annotated[tuple[When, ...], OneOrMany()] = ()
    """Further conditions, all of which must hold."""
    unless: Annotated[tuple[When, ...], OneOrMany()] = ()
    """Cells taken out again: one condition, or a list of which any suffices."""
    possible: bool = False
    """The facts allow the duty but do not prove it: a person decides, and the officer is told so."""
    cases: tuple[Case, ...] = ()

    @field_validator("clock")
    @classmethod
    def _exists(cls, name: str) -> str:
        if name not in clocks():
            raise ValueError(f"no framework has the clock «{name}»: use one of {', '.join(sorted(clocks()))}")
        return name

    @property
    def obligation(self) -> Clock:
        """What the framework asks for."""
        return clock(self.clock)

    @cached_property
    def asked(self) -> Mapping[str, frozenset[str | bool]]:
        """Every facet for which the rule asks, with the values that it names.

        Of exceptions only «none», turned round: a rule that leaves out cells without neighbours asks for neighbours.
        """
        found: dict[str, set[str | bool]] = {}
        for when in (*self.when, *self.also):
            for facet, values in when.conditions().items():
                found.setdefault(facet, set()).update(ANY if value == NONE else value for value in values)
        for when in self.unless:
            for facet, values in when.conditions().items():
                if NONE in values:
                    found.setdefault(facet, set()).add(ANY)
        return MappingProxyType({facet: frozenset(values) for facet, values in found.items()})


class RuleFile(RuleModel):
    """A file of the rule book: named bases, rules in written order, duties, or several of them."""

    bases: dict[Slug, Basis] = Field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    duties: tuple[DutyRule, ...] = ()

    def ids(self) -> tuple[str, ...]:
        """List the ids of all rules, those of duties included."""
        return (*(rule.id for rule in self.rules), *(duty.id for duty in self.duties))


@cache
def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a rule file, for editors and for the published contract."""
    schema = RuleFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "CBRN rule file"}
