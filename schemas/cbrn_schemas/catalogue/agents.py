"""Diseases and their causes, of humans, animals and plants, with what each falls under (`data/agents.csv`)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from cbrn_schemas.catalogue.tables import Confidence, Row, flag, listed, read_table
from cbrn_schemas.catalogue.words import Names, fold

if TYPE_CHECKING:
    from collections.abc import Mapping


class Ihr(StrEnum):
    """Place in the decision instrument of the International Health Regulations (2005), Annex 2."""

    ALWAYS = "always"
    """One case is always notified."""
    CONSIDER = "consider"
    """The four questions are always asked."""
    NONE = "none"
    """Not named: the questions are asked where the event is serious, unusual or may spread."""


@dataclass(frozen=True, slots=True)
class Agent:
    """A disease, its cause, a pest or a toxin."""

    code: str
    names: Names
    human: bool
    animal: bool
    plant: bool
    zoonosis: bool
    """Passes between animals and people."""
    dangerous: bool
    """On the list of especially dangerous infections."""
    ihr: Ihr
    woah: bool
    """Listed by the World Organisation for Animal Health. Told at once only on a ground of article 1.1.3 of its
    Terrestrial Code; what is always there goes into the six-monthly report."""
    endemic: bool
    """The country always has it, so that one case more is no news abroad."""
    source: str
    confidence: Confidence
    """Of the flags."""
    confidence_ky: Confidence
    """Of the Kyrgyz name: `low` where it is our own translation."""
    aliases: tuple[str, ...]
    """Latin names of the cause, and abbreviations in use."""


@cache
def agents() -> Mapping[str, Agent]:
    """Return all agents by code, in the order of the table."""
    return MappingProxyType({row["code"]: _agent(row) for row in read_table("agents.csv")})


def find_agent(text: str) -> Agent | None:
    """Find the agent that `text` names by code, name or alias, in any language and spelling; else None."""
    return _by_name().get(fold(text))


@cache
def _by_name() -> Mapping[str, Agent]:
    index: dict[str, Agent] = {}
    for each in agents().values():
        for text in (each.code, *each.names, *each.aliases):
            holder = index.setdefault(fold(text), each)
            if holder is not each:
                raise ValueError(f"agents.csv: {text!r} names both {holder.code} and {each.code}")
    return index


def _agent(row: Row) -> Agent:
    return Agent(
        code=row["code"],
        names=Names(row["ky"], row["ru"], row["en"]),
        human=flag(row["human"]),
        animal=flag(row["animal"]),
        plant=flag(row["plant"]),
        zoonosis=flag(row["zoonosis"]),
        dangerous=flag(row["dangerous"]),
        ihr=Ihr(row["ihr"]),
        woah=flag(row["woah"]),
        endemic=flag(row["endemic"]),
        source=row["source"],
        confidence=Confidence(row["confidence"]),
        confidence_ky=Confidence(row["confidence_ky"]),
        aliases=listed(row["aliases"]),
    )
