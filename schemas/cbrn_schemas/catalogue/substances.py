"""What a substance falls under: chemicals by CAS number here, diseases in `agents`, radionuclides in `nuclides`.

The treaties list families as well as single chemicals, and a family has no number. So a match proves «listed», and no
match proves nothing: a rule may rely on a trait that is there, never on one that is not.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from stdnum import casrn
from stdnum.exceptions import InvalidChecksum, ValidationError

from cbrn_schemas.catalogue.agents import Agent, Ihr, agents, find_agent
from cbrn_schemas.catalogue.nuclides import canonical_nuclide, d_values_Bq, is_nuclide, nuclides, source_category
from cbrn_schemas.catalogue.tables import Confidence, listed, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "TRAITS",
    "Agent",
    "CasProblem",
    "CwcHint",
    "Ihr",
    "Instrument",
    "Listing",
    "agents",
    "basel_wastes",
    "canonical_nuclide",
    "cas_problem",
    "cwc_hint",
    "d_values_Bq",
    "find_agent",
    "is_nuclide",
    "listings",
    "listings_of",
    "nuclides",
    "source_category",
    "substance_traits",
    "un_number_traits",
]

TRAITS = frozenset({"cwc-scheduled", "rotterdam", "pop", "pcb", "pesticide"})
"""What `substance_traits` can say."""


class Instrument(StrEnum):
    """Treaty that lists chemicals."""

    CWC = "cwc"
    ROTTERDAM = "rotterdam"
    STOCKHOLM = "stockholm"


@dataclass(frozen=True, slots=True)
class Listing:
    """One line of a treaty's annex."""

    cas: str | None
    """None for a family, which a number cannot stand for."""
    instrument: Instrument
    entry: str
    """Schedule, part and number (`1.A.4`) or annex."""
    name: str
    traits: frozenset[str]
    """Of `TRAITS`; empty for a family and for a chemical that the entry exempts."""
    note: str
    source: str
    confidence: Confidence


class CasProblem(NamedTuple):
    """Why a CAS number is refused, and what to do about it."""

    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class CwcHint:
    """Why a chemical without a listed CAS number may be scheduled all the same."""

    hint: str
    """The UN number or the words of the name that gave it away."""
    entry: str
    """Schedule, part and number that it points to; a part alone where it points to no more."""
    confidence: Confidence


def listings_of(cas: str) -> tuple[Listing, ...]:
    """Find every line of the annexes that names this CAS number, in the order of the table."""
    return _listings_by_cas().get(cas, ())


@lru_cache(maxsize=4096)
def cwc_hint(cas: str | None, name: str | None, un_number: str | None) -> CwcHint | None:
    """Return what suggests that the Chemical Weapons Convention schedules the chemical, where its number does not.

    The families of the schedules are open lists, and reports name chemicals by everyday names: a hint is an answer
    («possibly scheduled»), never a proof. None for a number that is listed, as scheduled or as exempt.
    """
    if cas is not None and any(line.instrument is Instrument.CWC for line in listings_of(cas)):
        return None
    by_number, by_name = _hints()
    if un_number is not None and un_number in by_number:
        return by_number[un_number]
    if name is None:
        return None
    spellings = _spellings(name)
    return next((hint for pattern, hint in by_name if any(map(pattern.search, spellings))), None)


_TO_LATIN: Final = str.maketrans("авекмнорстухіј", "abekmhopctyxij")
_TO_CYRILLIC: Final = str.maketrans("abekmhopctyxij", "авекмнорстухіј")
"""Small letters that look alike in print, or whose capitals do."""


def _spellings(name: str) -> tuple[str, ...]:
    """Spell the name in small letters; where it mixes scripts, also with look-alikes taken for Latin, and for Cyrillic.

    `sаrin` with a Cyrillic а looks right to everybody who reads it: the keyboard was switched too late, or it was meant
    to slip through. So do letters with an invisible one between them.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    if folded.isascii():
        return (folded,)
    folded = "".join(letter for letter in folded if unicodedata.category(letter) != "Cf")
    if not any("a" <= letter <= "z" for letter in folded):
        return (folded,)
    return folded, folded.translate(_TO_LATIN), folded.translate(_TO_CYRILLIC)


def substance_traits(cas: str) -> frozenset[str]:
    """Return what the chemical with this CAS number is known to fall under, of `TRAITS`; empty if nothing is known."""
    return _traits().get(cas, frozenset())


@cache
def un_number_traits() -> Mapping[str, frozenset[str]]:
    """Read what a UN number says without a CAS number, of `TRAITS`: pesticides; polychlorinated and other biphenyls."""
    return MappingProxyType({row["number"]: frozenset(listed(row["traits"])) for row in read_table("un_numbers.csv")})


@cache
def listings() -> tuple[Listing, ...]:
    """Return every line of the annexes, families included, in the order of the table."""
    return tuple(
        Listing(
            cas=row["cas"] or None,
            instrument=Instrument(row["instrument"]),
            entry=row["entry"],
            name=row["name"],
            traits=frozenset(listed(row["traits"])),
            note=row["note"],
            source=row["source"],
            confidence=Confidence(row["confidence"]),
        )
        for row in read_table("listed_substances.csv")
    )


@cache
def basel_wastes() -> Mapping[str, str]:
    """Return categories of waste of the Basel Convention, Annexes I and II: `Y29` to its English name."""
    return MappingProxyType({row["code"]: row["name"] for row in read_table("basel_wastes.csv")})


@lru_cache(maxsize=4096)
def cas_problem(cas: str) -> CasProblem | None:
    """Tell what is wrong with a CAS number, or None if its form and check digit are right."""
    try:
        compact: str | None = casrn.validate(cas)
    except InvalidChecksum:
        number = casrn.compact(cas)
        right = casrn.calc_check_digit(number[:-1])
        return CasProblem(
            f"{number} is no CAS number: its check digit is {number[-1]}, and these digits ask for {right}",
            f"compare each digit with the label or the data sheet; if all others are right, it is {number[:-1]}{right}",
        )
    except ValidationError:
        compact = None
    if compact == cas:
        return None
    return CasProblem(
        f"{cas!r} is not written as a CAS number",
        f"write it as {compact}"
        if compact
        else "write two to seven digits, two digits and a check digit, as in 7782-50-5",
    )


@cache
def _listings_by_cas() -> Mapping[str, tuple[Listing, ...]]:
    found: dict[str, tuple[Listing, ...]] = {}
    for line in listings():
        if line.cas is not None:
            found[line.cas] = (*found.get(line.cas, ()), line)
    return found


@cache
def _hints() -> tuple[Mapping[str, CwcHint], tuple[tuple[re.Pattern[str], CwcHint], ...]]:
    """Return hints by UN number, and by whole words of a name; `*` in the table stands for any letters."""
    rows = read_table("cwc_hints.csv")
    made = {row["hint"]: CwcHint(row["hint"], row["entry"], Confidence(row["confidence"])) for row in rows}
    numbers = {row["hint"]: made[row["hint"]] for row in rows if row["kind"] == "un"}
    names = tuple((_words(row["hint"]), made[row["hint"]]) for row in rows if row["kind"] == "name")
    return numbers, names


def _words(hint: str) -> re.Pattern[str]:
    any_letters = r"\w*".join(map(re.escape, hint.split("*")))
    return re.compile(rf"(?<!\w){any_letters}(?!\w)")


@cache
def _traits() -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for line in listings():
        if line.cas is not None:
            found[line.cas] = found.get(line.cas, frozenset()) | line.traits
    return found
