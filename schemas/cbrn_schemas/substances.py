"""What a substance falls under: chemicals by CAS number here, diseases in `agents`, radionuclides in `nuclides`.

The treaties list families as well as single chemicals, and a family has no number. So a match proves «listed», and no
match proves nothing: a rule may rely on a trait that is there, never on one that is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from stdnum import casrn
from stdnum.exceptions import InvalidChecksum, ValidationError

from cbrn_schemas.agents import Agent, Ihr, agents, find_agent
from cbrn_schemas.nuclides import canonical_nuclide, d_values_Bq, is_nuclide, nuclides, source_category
from cbrn_schemas.tables import Confidence, listed, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "TRAITS",
    "Agent",
    "CasProblem",
    "Ihr",
    "Instrument",
    "Listing",
    "agents",
    "basel_wastes",
    "canonical_nuclide",
    "cas_problem",
    "d_values_Bq",
    "find_agent",
    "is_nuclide",
    "listings",
    "nuclides",
    "source_category",
    "substance_traits",
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


def substance_traits(cas: str) -> frozenset[str]:
    """What the chemical with this CAS number is known to fall under, of `TRAITS`; empty if nothing is known."""
    return _traits().get(cas, frozenset())


@cache
def listings() -> tuple[Listing, ...]:
    """Every line of the annexes, families included, in the order of the table."""
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
    """Categories of waste of the Basel Convention, Annexes I and II: `Y29` to its English name."""
    return MappingProxyType({row["code"]: row["name"] for row in read_table("basel_wastes.csv")})


@lru_cache(maxsize=4096)
def cas_problem(cas: str) -> CasProblem | None:
    """What is wrong with a CAS number, or None if its form and check digit are right."""
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
def _traits() -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for line in listings():
        if line.cas is not None:
            found[line.cas] = found.get(line.cas, frozenset()) | line.traits
    return found
